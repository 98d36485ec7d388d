//! Small tables whose samples are written down, and recipes that do not fit.

use super::*;

/// Points (i, 10 i) with label i mod 3.
fn table(n: usize) -> Table {
    let x = (0..n).flat_map(|i| [i as f64, 10.0 * i as f64]).collect();
    let numbers = (0..n).map(|i| (i % 3) as f64).collect();
    let labels = Some(Labels { outputs: 1, numbers, words: Vec::new() });
    Table { shape: vec![2], x, labels, ..Table::default() }
}

const PLAIN: Recipe = Recipe {
    features: Features::Divided(1.0),
    target: Target::Value,
    held: Held::Every(5),
    train: None,
    noise: Noise::Absent,
};

fn split(recipe: Recipe, table: &Table) -> Split {
    recipe.split(table, &Stream::new(1)).unwrap()
}

#[test]
fn exact_every_fifth_and_the_first() {
    let all = split(PLAIN, &table(12));
    assert_eq!(all.test_rows, [0, 5, 10]);
    assert_eq!(all.train_rows, [1, 2, 3, 4, 6, 7, 8, 9, 11]);
    assert_eq!(all.test.y, [0.0, 2.0, 1.0]);
    let few =
        split(Recipe { train: Some(2), features: Features::Divided(4.0), ..PLAIN }, &table(12));
    assert_eq!(few.train.x, [0.25, 2.5, 0.5, 5.0]);
    assert_eq!(few.test.x, [0.0, 0.0, 1.25, 12.5, 2.5, 25.0]);
    assert_eq!(few.train.y, [1.0, 2.0]);
}

#[test]
fn exact_standardised_by_the_points_trained_on() {
    // Rows 1, 2, 3, 4: mean 2.5, variance 1.25 with 1/n.
    let recipe = Recipe { features: Features::Standardised, train: Some(4), ..PLAIN };
    let found = split(recipe, &table(12));
    let s = 1.25_f64.sqrt();
    for (k, &row) in found.test_rows.iter().enumerate() {
        let due = (row as f64 - 2.5) / s;
        for v in found.test.point(k) {
            assert!((v - due).abs() < 1e-14 * due.abs());
        }
    }
    let mut still = table(12);
    for x in still.x.iter_mut().step_by(2) {
        *x = 0.1;
    }
    let found = split(recipe, &still);
    assert!(found.train.x.iter().step_by(2).all(|&x| x == 0.0));
    assert_eq!((found.scaling.shift[0], found.scaling.divisor[0]), (0.1, 1.0));
}

#[test]
fn invariant_a_share_is_drawn_by_its_seed_alone() {
    let recipe = |seed| Recipe { held: Held::Share { share: 0.25, seed }, ..PLAIN };
    let found = split(recipe(3), &table(40));
    assert_eq!((found.train.n(), found.test.n()), (30, 10));
    let mut rows = [&found.train_rows[..], &found.test_rows].concat();
    rows.sort_unstable();
    assert_eq!(rows, (0..40).collect::<Vec<_>>());
    assert!(found.test_rows.is_sorted() && !found.train_rows.is_sorted());
    assert_eq!(recipe(3).split(&table(40), &Stream::new(9)).unwrap(), found);
    assert_ne!(split(recipe(4), &table(40)).test_rows, found.test_rows);
    for (k, &row) in found.train_rows.iter().enumerate() {
        assert_eq!(found.train.point(k)[0], row as f64);
        assert_eq!(found.train.value(k)[0], (row % 3) as f64);
    }
}

#[test]
fn statistical_each_point_is_held_as_often() {
    let n = 2000;
    let mut held = [0_usize; 10];
    for seed in 0..n {
        let recipe = Recipe { held: Held::Share { share: 0.3, seed }, ..PLAIN };
        split(recipe, &table(10)).test_rows.iter().for_each(|&i| held[i] += 1);
    }
    let stderr = (n as f64 * 0.3 * 0.7).sqrt();
    assert!(held.iter().all(|&h| (h as f64 - 0.3 * n as f64).abs() < 5.0 * stderr), "{held:?}");
}

#[test]
fn invariant_noise_belongs_to_the_row() {
    let noisy = Recipe { target: Target::OneHot, noise: Noise::Replaced(0.4), ..PLAIN };
    let clean = split(Recipe { noise: Noise::Absent, ..noisy }, &table(100));
    let all = split(noisy, &table(100));
    let few = split(Recipe { train: Some(20), ..noisy }, &table(100));
    assert_eq!(few.train, all.train.first(20));
    assert_eq!(all.test, clean.test);
    let differ = (0..80).filter(|&k| all.train.value(k) != clean.train.value(k)).count();
    assert_eq!((differ, clean.replaced), (all.replaced, 0));
    assert!((10..60).contains(&differ));
    let drawn = split(Recipe { held: Held::Share { share: 0.2, seed: 0 }, ..noisy }, &table(100));
    for (k, row) in drawn.train_rows.iter().enumerate() {
        if let Some(same) = all.train_rows.iter().position(|r| r == row) {
            assert_eq!(drawn.train.value(k), all.train.value(same));
        }
    }
    let other = noisy.split(&table(100), &Stream::new(2)).unwrap();
    assert_ne!(other.train.y, all.train.y);
}

#[test]
fn statistical_normal_noise_of_values() {
    let sigma = 0.5;
    let noisy = split(Recipe { noise: Noise::Gaussian(sigma), ..PLAIN }, &table(20_000));
    let clean = split(PLAIN, &table(20_000));
    assert_eq!(noisy.test, clean.test);
    let by: Vec<f64> = noisy.train.y.iter().zip(&clean.train.y).map(|(a, b)| a - b).collect();
    let squares: Vec<f64> = by.iter().map(|b| b * b).collect();
    assert!(ground::estimate::Estimate::of(&by).deviation(0.0) < 5.0);
    assert!(ground::estimate::Estimate::of(&squares).deviation(sigma * sigma) < 5.0);
}

#[test]
fn two_tables_with_words() {
    let words = |numbers: &[f64], words: &[&str]| {
        let words = words.iter().map(ToString::to_string).collect();
        let labels = Some(Labels { outputs: 1, numbers: numbers.to_vec(), words });
        Table { shape: vec![1], x: vec![1.0; numbers.len()], labels, ..Table::default() }
    };
    let recipe = Recipe { target: Target::OneHot, ..PLAIN };
    let train = words(&[0.0, 1.0, 2.0], &["ant", "bee", "cat"]);
    let found = recipe.pair(&train, &words(&[1.0, 0.0], &["ant", "cat"]), &Stream::new(0)).unwrap();
    assert_eq!((found.train.n(), found.test.n()), (3, 2));
    assert_eq!(found.test.y, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    let said = |test: &Table| recipe.pair(&train, test, &Stream::new(0)).unwrap_err().to_string();
    assert_eq!(
        said(&words(&[0.0], &["bees"])),
        "label: `bees` is no class of the points to train on; did you mean `bee`? Classes are ant, bee, cat."
    );
    assert_eq!(
        said(&words(&[0.0], &[])),
        "label: the labels of one file are words, those of the other numbers. Both are words or both are numbers."
    );
    let mut wide = words(&[0.0], &["ant"]);
    (wide.shape, wide.x) = (vec![2], vec![0.0, 0.0]);
    assert_eq!(said(&wide), "numbers a point: 1 to train on, 2 to test on. Both are of one shape.");
}

#[test]
fn what_is_wrong_is_said() {
    let said = |recipe: Recipe, table: &Table| {
        recipe.split(table, &Stream::new(0)).unwrap_err().to_string()
    };
    assert_eq!(
        said(Recipe { train: Some(10), ..PLAIN }, &table(12)),
        "train: 10 points to train on. There are 9."
    );
    assert_eq!(
        said(Recipe { held: Held::Every(1), ..PLAIN }, &table(12)),
        "held: one in 1 of 12 points is for testing. One in two or fewer, of two points or more."
    );
    assert_eq!(
        said(Recipe { held: Held::Share { share: 1.0, seed: 0 }, ..PLAIN }, &table(12)),
        "held: a share of 1 of 12 points is for testing. One point or more is tested on, and one or more trained on."
    );
    assert_eq!(
        said(Recipe { held: Held::Share { share: f64::NAN, seed: 0 }, ..PLAIN }, &table(12)),
        "held: a share of NaN of 12 points is for testing. One point or more is tested on, and one or more trained on."
    );
    assert_eq!(
        said(Recipe { features: Features::Divided(0.0), ..PLAIN }, &table(12)),
        "features: coordinates divided by 0. The number is finite and not 0."
    );
    let bare = Table { labels: None, ..table(12) };
    assert_eq!(
        said(PLAIN, &bare),
        "label: the points have no labels. Say which column or array has them, or give the file that does."
    );
}
