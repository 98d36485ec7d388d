//! Configurations of other programs become cases that can be read and solved; models change their form.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use door::{code, run, stderr, stdout};
use esperance::cases::{Case, resolve};
use esperance::convert::deepbsde::{self, Method};
use serde_json::{Value, json};
use tempfile::tempdir;

/// A configuration such as the published ones: name, T, d, N, rates, boundaries, iterations.
fn published(name: &str) -> Value {
    let (total_time, dim, steps, rates, boundaries, iterations, y) = match name {
        "HJBLQ" => (1.0, 100, 20, json!([1e-2, 1e-2]), json!([1000]), 2000, [0.0, 1.0]),
        "AllenCahn" => (0.3, 100, 20, json!([5e-4, 5e-4]), json!([2000]), 4000, [0.3, 0.5]),
        "PricingDefaultRisk" => {
            (1.0, 100, 40, json!([8e-3, 8e-3]), json!([3000]), 6000, [40.0, 50.0])
        }
        "PricingDiffRate" => (0.5, 100, 20, json!([5e-3, 5e-3]), json!([2000]), 4000, [15.0, 18.0]),
        "BurgersType" => {
            (0.2, 50, 30, json!([1e-2, 1e-3, 1e-4]), json!([15000, 25000]), 30_000, [2.0, 4.0])
        }
        "QuadraticGradient" => (1.0, 100, 30, json!([5e-3, 5e-3]), json!([2000]), 4000, [2.0, 4.0]),
        "ReactionDiffusion" => (1.0, 100, 30, json!([1e-2, 1e-2]), json!([120]), 240, [0.0, 1.0]),
        _ => panic!("{name}"),
    };
    json!({
        "eqn_config": {
            "_comment": "a published equation",
            "eqn_name": name,
            "total_time": total_time,
            "dim": dim,
            "num_time_interval": steps,
        },
        "net_config": {
            "y_init_range": y,
            "num_hiddens": [dim + 10, dim + 10],
            "lr_values": rates,
            "lr_boundaries": boundaries,
            "num_iterations": iterations,
            "batch_size": 64,
            "valid_size": 256,
            "logging_frequency": 100,
            "dtype": "float64",
            "verbose": true,
        }
    })
}

const NAMES: [&str; 7] = [
    "HJBLQ",
    "AllenCahn",
    "PricingDefaultRisk",
    "PricingDiffRate",
    "BurgersType",
    "QuadraticGradient",
    "ReactionDiffusion",
];

fn converted(config: &Value) -> String {
    deepbsde::case("some/where/config.json", &config.to_string(), Method::Directions).unwrap()
}

#[test]
fn every_published_equation_becomes_a_case() {
    for name in NAMES {
        let config = published(name);
        let text = converted(&config);
        let case = Case::parse(name, "case.toml", &text).unwrap();
        let number = |section: &str, key: &str| {
            let value = &case.sections[section][key];
            value.as_float().unwrap_or_else(|| value.as_integer().unwrap() as f64)
        };
        assert_eq!(number("model", "dim"), config["eqn_config"]["dim"].as_f64().unwrap());
        assert_eq!(
            number("model", "horizon"),
            config["eqn_config"]["total_time"].as_f64().unwrap()
        );
        let steps = config["eqn_config"]["num_time_interval"].as_f64().unwrap();
        assert_eq!(number("problem", "steps"), steps);
        for (here, there) in [
            ("iterations", "num_iterations"),
            ("batch", "batch_size"),
            ("look", "valid_size"),
            ("look-every", "logging_frequency"),
        ] {
            assert_eq!(
                number("run", here),
                config["net_config"][there].as_f64().unwrap(),
                "{name}"
            );
        }
        assert_eq!(case.sections["run"]["precision"].as_str(), Some("f64"));
        for word in ["num_hiddens", "y_init_range", "the clip of the loss", "verbose"] {
            assert!(text.contains(word), "{word} in\n{text}");
        }
        assert!(!text.contains("Warning"), "{text}");
        assert!(text.contains("converted from config.json:"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 130), "{text}");
    }
}

/// The published method: the shipped case of the same recipe, but for its texts and its promises.
#[test]
fn exact_recipe_as_published() {
    let shipped = [
        "hjb-lqg-100d-paper",
        "allen-cahn-100d-paper",
        "default-risk-100d-paper",
        "different-rates-100d-paper",
        "burgers-50d-paper",
        "quadratic-gradient-100d-paper",
        "reaction-diffusion-100d-paper",
    ];
    for (name, ours) in NAMES.into_iter().zip(shipped) {
        let config = published(name);
        let text = deepbsde::case("config.json", &config.to_string(), Method::Published).unwrap();
        let case = Case::parse(name, "case.toml", &text).unwrap();
        let ours = esperance::cases::shipped::open(ours).unwrap();
        let (form, wanted) = (&case.sections["representation"], &ours.sections["representation"]);
        assert_eq!(form["kind"], wanted["kind"], "{name}");
        assert_eq!(form["start"], wanted["start"], "{name}");
        assert_eq!(case.sections["descent"]["clip"], ours.sections["descent"]["clip"], "{name}");
        assert_eq!(case.sections["problem"]["steps"], ours.sections["problem"]["steps"], "{name}");
        assert!(!text.contains("no counterpart here"), "{text}");
        let [found, wanted] = [case, ours].map(|case| resolve(case).unwrap());
        assert_eq!(found.run.iterations, wanted.run.iterations, "{name}");
        assert_eq!(found.run.precision, wanted.run.precision, "{name}");
        found.job().unwrap().forecast(&found.run).unwrap();
    }
    let mut turned = published("HJBLQ");
    turned["net_config"]["y_init_range"] = json!([1.0, 0.0]);
    let refused = deepbsde::case("c.json", &turned.to_string(), Method::Published);
    assert!(refused.unwrap_err().to_string().contains("net_config.y_init_range"));
}

#[test]
fn what_does_not_depend_on_u_can_be_solved() {
    for name in ["HJBLQ", "QuadraticGradient"] {
        let case = Case::parse(name, "case.toml", &converted(&published(name))).unwrap();
        let resolved = resolve(case).unwrap();
        assert_eq!(resolved.run.iterations, published(name)["net_config"]["num_iterations"]);
        resolved.job().unwrap().forecast(&resolved.run).unwrap();
    }
}

/// The same equations as the models of this program: formulas agree at a point.
#[test]
fn the_formulas_are_those_of_the_known_models() {
    use esperance::paths::known::{HjbLqg, QuadraticGradient};
    use esperance::paths::model::Equation;
    let posed = |name: &str| {
        let case = Case::parse(name, "case.toml", &converted(&published(name))).unwrap();
        resolve(case).unwrap().pose().unwrap().0.equation
    };
    let known: [(&str, Equation); 2] = [
        ("HJBLQ", (&HjbLqg::new(100, 1.0)).into()),
        ("QuadraticGradient", (&QuadraticGradient { dim: 100 }).into()),
    ];
    for (name, known) in known {
        let found = posed(name);
        let at = known.variables();
        let (x, z) = ([0.3; 100], [-0.2; 100]);
        let here = [(at.t, &[0.4][..]), (at.x, &x), (at.z, &z)];
        let value = |e: esperance::ground::formula::Expr| e.evaluate(&here)[0];
        assert!((value(found.source) - value(known.source)).abs() < 1e-13, "{name}");
        assert!((value(found.terminal) - value(known.terminal)).abs() < 1e-13, "{name}");
    }
}

/// Drivers of u at a point, against the published formulas written out by hand.
#[test]
fn exact_drivers_of_u() {
    use esperance::ground::formula::{Constant, Scope, Shape, parse};
    let (d, t, u) = (4, 0.25, 55.0);
    let (x, z) = ([90.0, 100.0, 110.0, 95.0], [1.0, 2.0, -0.5, 3.0]);
    let driver = |name: &str, u: f64, horizon: f64| {
        let mut config = published(name);
        config["eqn_config"]["dim"] = json!(d);
        config["eqn_config"]["total_time"] = json!(horizon);
        let case = Case::parse(name, "case.toml", &converted(&config)).unwrap();
        let model = &case.sections["model"];
        let mut scope = Scope { dim: Some(d), ..Scope::new() };
        for (key, shape) in [("t", Shape::Scalar), ("u", Shape::Scalar)] {
            scope = scope.variable(key, shape);
        }
        for key in ["x", "z"] {
            scope = scope.variable(key, Shape::Vector(d));
        }
        scope = scope.constant("d", Constant::Number(d as f64));
        scope = scope.constant("T", Constant::Number(horizon));
        let constants = model.get("constants").and_then(|c| c.as_table());
        for (key, value) in constants.into_iter().flatten() {
            scope = scope.constant(key, Constant::Number(value.as_float().unwrap()));
        }
        let formula = parse(model["source"].as_str().unwrap(), &scope).unwrap();
        let variable = |key: &str, shape| esperance::ground::formula::Expr::variable(key, shape);
        let (number, vector) = (Shape::Scalar, Shape::Vector(d));
        formula.evaluate(&[
            (variable("t", number), &[t]),
            (variable("u", number), &[u]),
            (variable("x", vector), &x),
            (variable("z", vector), &z),
        ])[0]
    };
    let close = |found: f64, due: f64| assert!((found - due).abs() < 1e-12, "{found} for {due}");
    let sum: f64 = z.iter().sum();
    close(driver("AllenCahn", 0.5, 0.3), 0.5 - 0.125);
    // Q = 0.2 − 0.009 (u − 50) between 50 and 70.
    for (u, q) in [(40.0, 0.2), (u, 0.155), (80.0, 0.02)] {
        close(driver("PricingDefaultRisk", u, 1.0), -(1.0 / 3.0) * q * u - 0.02 * u);
    }
    for u in [20.0, 30.0] {
        let borrowed = (sum / 0.2 - u).max(0.0);
        let due = -0.04 * u - 0.02 / 0.2 * sum + 0.02 * borrowed;
        close(driver("PricingDiffRate", u, 0.5), due);
    }
    close(driver("BurgersType", 0.4, 0.2), (0.4 - 6.0 / 8.0) * sum);
    let wave = (x.iter().sum::<f64>() / 2.0).sin() * (-0.375_f64).exp();
    close(driver("ReactionDiffusion", 1.7, 1.0), (1.7 - 1.6 - wave).powi(2).min(1.0));
}

#[test]
fn rates_change_where_they_do_there() {
    let case = Case::parse("b", "b.toml", &converted(&published("BurgersType"))).unwrap();
    let rate = case.sections["descent"]["rate"].to_string();
    assert!(rate.contains("[15001, 25001]") && rate.contains("[0.01, 0.001, 0.0001]"), "{rate}");
    let mut one = published("HJBLQ");
    one["net_config"]["lr_values"] = json!([1e-3]);
    one["net_config"]["lr_boundaries"] = json!([]);
    let case = Case::parse("h", "h.toml", &converted(&one)).unwrap();
    assert_eq!(case.sections["descent"]["rate"].as_float(), Some(1e-3));
}

#[test]
fn keys_that_are_not_known_are_warned_of() {
    let mut config = published("HJBLQ");
    config["net_config"]["seed"] = json!(3);
    config["eqn_config"]["lambda"] = json!("two\nlines");
    config["more"] = json!({ "a": 1 });
    let text = converted(&config);
    for line in [
        "# Warning: these keys are not known and were left out:",
        "#   eqn_config.lambda = \"two\\nlines\"",
        "#   net_config.seed = 3",
        "#   more = {\"a\":1}",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    resolve(Case::parse("h", "h.toml", &text).unwrap()).unwrap();
}

#[test]
fn sentences_name_the_key() {
    let said = |change: fn(&mut Value)| {
        let mut config = published("HJBLQ");
        change(&mut config);
        deepbsde::case("c.json", &config.to_string(), Method::Directions).unwrap_err().to_string()
    };
    assert_eq!(
        said(|c| c["eqn_config"]["eqn_name"] = json!("AlenCahn")),
        "c.json: eqn_config.eqn_name: unknown equation \"AlenCahn\"; did you mean `AllenCahn`? Known \
         here: HJBLQ, AllenCahn, PricingDefaultRisk, PricingDiffRate, BurgersType, \
         QuadraticGradient, ReactionDiffusion."
    );
    assert_eq!(
        said(|c| c["eqn_config"]["dim"] = json!(0)),
        "c.json: eqn_config.dim: this is 0. Write a whole number, 1 or more."
    );
    assert_eq!(
        said(|c| c["eqn_config"]["total_time"] = Value::Null),
        "c.json: eqn_config.total_time: missing key. The equation is not known without it."
    );
    assert_eq!(
        said(|c| c["net_config"]["lr_boundaries"] = json!([1, 2])),
        "c.json: net_config.lr_values: 2 values for 2 boundaries. Give one value more than boundaries."
    );
    assert_eq!(
        said(|c| c["net_config"]["lr_values"] = json!(["fast"])),
        "c.json: net_config.lr_values: this is [\"fast\"]. Write a list of numbers."
    );
    assert_eq!(
        said(|c| c["net_config"]["dtype"] = json!("float16")),
        "c.json: net_config.dtype: this is \"float16\". Write \"float64\" or \"float32\"."
    );
    assert_eq!(
        said(|c| *c = json!([1])),
        "c.json: eqn_config: missing key. A configuration of the Deep BSDE code has the objects \
         eqn_config and net_config."
    );
    let broken =
        deepbsde::case("c.json", "{ \"eqn_config\": ", Method::Directions).unwrap_err().to_string();
    assert!(broken.starts_with("c.json: this is not JSON: "), "{broken}");
}

#[test]
fn the_command_prints_or_writes_and_never_overwrites() {
    let here = tempdir().unwrap();
    let config = serde_json::to_string(&published("QuadraticGradient")).unwrap();
    std::fs::write(here.path().join("config.json"), config).unwrap();
    let printed = run(here.path(), &["convert", "deepbsde", "config.json"]);
    assert_eq!(code(&printed), 0, "{}", stderr(&printed));
    let words = ["convert", "deepbsde", "config.json", "--out", "case.toml"];
    let written = run(here.path(), &words);
    assert_eq!((code(&written), stdout(&written)), (0, String::new()));
    let text = std::fs::read_to_string(here.path().join("case.toml")).unwrap();
    assert_eq!(stdout(&printed), text);
    assert_eq!(code(&run(here.path(), &["check", "case.toml"])), 0);
    let again = run(here.path(), &words);
    assert_eq!(code(&again), 2);
    assert_eq!(
        stderr(&again).trim(),
        "case.toml: --out: this file is there already. Choose another --out."
    );
    let output = run(here.path(), &["convert", "deepbsd", "config.json"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "`deepbsd` is no program known here; did you mean `deepbsde`? Known here: deepbsde, deepmd."
    );
    let output = run(here.path(), &["convert", "deepbsde", "nowhere.json"]);
    assert_eq!(
        stderr(&output).trim(),
        "nowhere.json: there is no such file. Give a configuration in JSON."
    );
}

/// A small potential as DeePMD-kit keeps it.
fn potential() -> esperance::atoms::Potential {
    use esperance::atoms::form::network::Skip;
    use esperance::atoms::form::{DeepPotential, Empty, Network, Statistics, Switch};
    use esperance::frame::{Precision, Representation};
    use esperance::ground::{kernel::network::Activation, stream::Stream};
    let network = |widths: &[usize], skip| Network::new(widths, Activation::Tanh, skip, true);
    let form = DeepPotential {
        species: vec!["O".into(), "H".into()],
        switch: Switch::new(0.5, 4.3).unwrap(),
        selection: vec![20, 40],
        one_sided: true,
        embedding: network(&[1, 4, 8], Skip::Doubling),
        axis: 2,
        fitting: network(&[16, 5, 5], Skip::Equal).with_output(),
        statistics: vec![Statistics { mean: 0.0, radial: 0.2, angular: 0.1 }; 2],
        bias: vec![-1.0, -2.0],
        from_vacuum: vec![false; 2],
        excluded: Vec::new(),
        empty: Empty::Silent,
    };
    let theta = form.init(Precision::F64, &Stream::new(1)).unwrap();
    esperance::atoms::Potential { form, theta, precision: Precision::F64, nearest: Some(0.75) }
}

#[test]
fn models_change_their_form() {
    use esperance::atoms::interchange::{read, write};
    let here = tempdir().unwrap();
    let bytes = write("a.dp", &potential()).unwrap();
    std::fs::write(here.path().join("a.dp"), &bytes).unwrap();
    let said = run(here.path(), &["convert", "deepmd", "a.dp", "--out", "b.yaml"]);
    assert_eq!((code(&said), stdout(&said)), (0, String::new()), "{}", stderr(&said));
    let warning = "a.dp: rcut 4.3 and rcut_smth 0.5 are not numbers of single precision";
    assert!(stderr(&said).starts_with(warning), "{}", stderr(&said));
    assert_eq!(code(&run(here.path(), &["convert", "deepmd", "b.yaml", "--out", "c.dp"])), 0);
    let (first, last) = (
        read("a.dp", &bytes, None).unwrap().potential,
        read("c.dp", &std::fs::read(here.path().join("c.dp")).unwrap(), None).unwrap().potential,
    );
    assert_eq!((&first.form, first.nearest), (&last.form, last.nearest));
    assert_eq!(first.theta.flat(), last.theta.flat());
    assert_eq!(bytes, std::fs::read(here.path().join("c.dp")).unwrap());
}

#[test]
fn sentences_about_models() {
    let here = tempdir().unwrap();
    std::fs::write(here.path().join("a.dp"), write_model()).unwrap();
    std::fs::write(here.path().join("a.pb"), "").unwrap();
    std::fs::write(here.path().join("there.yaml"), "").unwrap();
    let said = |words: &[&str]| {
        let output = run(here.path(), &[&["convert", "deepmd"], words].concat());
        assert_eq!(code(&output), 2);
        stderr(&output).trim().to_owned()
    };
    assert_eq!(
        said(&["a.dp"]),
        "--out: a model is not printed. Name a new file that ends in .dp or .yaml."
    );
    assert_eq!(
        said(&["a.pb", "--out", "b.dp"]),
        "a.pb: `.pb` is a file of one back end of DeePMD-kit. Convert it: dp convert-backend a.pb a.dp."
    );
    assert_eq!(
        said(&["a.dp", "--out", "a.pb"]),
        "a.pb: --out: this is not the name of a model. Choose a name that ends in .dp or .yaml."
    );
    assert_eq!(
        said(&["a.dp", "--out", "there.yaml"]).lines().last().unwrap(),
        "there.yaml: --out: this file is there already. Choose another --out."
    );
    assert_eq!(
        said(&["b.dp", "--out", "c.yaml"]),
        "b.dp: there is no such file. Give a model of DeePMD-kit, .dp or .yaml."
    );
    assert_eq!(
        said(&["a.dp", "--published", "--out", "c.yaml"]),
        "--published: this is about deepbsde only."
    );
    assert!(said(&["there.yaml", "--out", "c.yaml"]).starts_with("there.yaml: "));
}

fn write_model() -> Vec<u8> {
    esperance::atoms::interchange::write("a.dp", &potential()).unwrap()
}
