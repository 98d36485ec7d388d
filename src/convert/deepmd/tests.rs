//! Inputs of DeePMD-kit as cases: what each key becomes.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use ground::kernel::update::AdamForm;
use serde_json::json;

use super::*;
use crate::cases::descent::{DescentSection, Descents};

/// The example of DeePMD-kit, water, word for word.
const WATER: &str = r#"{"model":{"type_map":["O","H"],
  "descriptor":{"type":"se_e2_a","sel":[46,92],"rcut_smth":0.50,"rcut":6.00,"neuron":[25,50,100],"resnet_dt":false,"axis_neuron":16,"type_one_side":true,"precision":"float64","seed":1},
  "fitting_net":{"neuron":[240,240,240],"resnet_dt":true,"precision":"float64","seed":1}},
 "learning_rate":{"type":"exp","decay_steps":5000,"start_lr":0.001,"stop_lr":3.51e-8},
 "loss":{"type":"ener","start_pref_e":0.02,"limit_pref_e":1,"start_pref_f":1000,"limit_pref_f":1,"start_pref_v":0,"limit_pref_v":0},
 "training":{"training_data":{"systems":["../data/data_0/","../data/data_1/","../data/data_2/"],"batch_size":"auto"},
  "validation_data":{"systems":["../data/data_3"],"batch_size":1,"numb_btch":3},
  "numb_steps":1000000,"seed":10,"disp_file":"lcurve.out","disp_freq":100,"save_freq":1000}}"#;

/// The same as a case.
const CASE: &str = r#"
[case]
version = 1
title = "Deep Potential, from input.json"

[model]
kind = "atoms"
species = ["O", "H"]

[problem]
kind = "force-matching"
data = ["../data/data_0/", "../data/data_1/", "../data/data_2/"]
validation = ["../data/data_3"]
batch = { auto = 32 }
weights = { energy = { from = 0.02, to = 1.0 }, force = { from = 1000.0, to = 1.0 } }
single-weights = true

[representation]
kind = "deep-potential"
cutoff = 6.0
smooth-from = 0.5
selection = [46, 92]
embedding = [25, 50, 100]
embedding-steps = false
axis = 16
one-sided = true
activation = "tanh"
mean-free = false
fitting = [240, 240, 240]
fitting-steps = true
fitting-activation = "tanh"

[descent]
kind = "adam"
rate = { from = 0.001, to = 3.51e-8, law = "exponential", every = 5000 }
beta1 = 0.9
beta2 = 0.999
eps = 1e-8
form = "tensorflow"
clip = inf

[run]
look-every = 100
iterations = 1000000
look = 3
seed = 10
precision = "f64"
"#;

/// A small input with other values at some pointers; null takes a key away.
fn input(changes: &[(&str, Json)]) -> Json {
    let mut whole = json!({
        "model": { "type_map": ["O", "H"], "descriptor": { "type": "se_a" }, "fitting_net": {} },
        "learning_rate": { "start_lr": 1e-3, "stop_lr": 1e-5 },
        "loss": {},
        "training": { "training_data": { "systems": ["a", "b"] }, "numb_steps": 2400 },
    });
    for (path, value) in changes {
        let mut at = &mut whole;
        for key in path.split('.') {
            at = &mut at[key];
        }
        *at = value.clone();
    }
    whole
}

fn changed(changes: &[(&str, Json)]) -> Converted {
    case_of(&input(changes).to_string(), "input.json", Format::Json, None).unwrap()
}

/// One key of the case, as TOML writes it.
fn key(changes: &[(&str, Json)], section: &str, name: &str) -> String {
    let case = changed(changes);
    case.sections[section].get(name).map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

#[test]
fn the_example_word_for_word() {
    let case = case_of(WATER, "deep/input.json", Format::Json, None).unwrap();
    assert_eq!(case.sections, CASE.parse::<Table>().unwrap());
    assert_eq!(case.notes, Vec::<String>::new());
    assert_eq!(case.curve, Output { file: "lcurve.out".to_owned(), every: 100 });
    assert_eq!(case.checkpoint, Output { file: "model.ckpt".to_owned(), every: 1000 });
    assert_eq!(case.epochs, None);
}

#[test]
fn comments_and_other_formats_change_nothing() {
    let whole: Json = serde_json::from_str(WATER).unwrap();
    let mut commented = whole.clone();
    for pointer in ["", "/model", "/model/descriptor", "/training/training_data", "/loss"] {
        let at = commented.pointer_mut(pointer).unwrap();
        at["_comment"] = json!({ "any": ["thing"] });
    }
    let yaml = "model:\n  _c: any\n  type_map: [O, H]\n  descriptor:\n    type: se_e2_a\n    sel: [46, 92]\n    \
                rcut_smth: 0.50\n    rcut: 6.00\n    neuron: [25, 50, 100]\n    resnet_dt: false\n    \
                axis_neuron: 16\n    type_one_side: true\n    precision: float64\n  fitting_net:\n    \
                neuron: [240, 240, 240]\n    precision: float64\nlearning_rate: {start_lr: 0.001, \
                stop_lr: 3.51e-8}\nloss: {}\ntraining:\n  training_data:\n    systems: [../data/data_0/, \
                ../data/data_1/, ../data/data_2/]\n  validation_data: {systems: [../data/data_3], \
                batch_size: 1, numb_btch: 3}\n  numb_steps: 1000000\n  seed: 10\n  disp_freq: 100\n";
    let of = |text: &str, format| case_of(text, "input.json", format, None).unwrap();
    let plain = of(WATER, Format::Json);
    assert_eq!(of(&commented.to_string(), Format::Json), plain);
    assert_eq!(of(yaml, Format::Yaml), plain);
    assert_eq!(Format::of("deep/input.YAML"), Format::Yaml);
    assert_eq!(Format::of("input.json"), Format::Json);
}

#[test]
fn defaults_are_those_of_there() {
    let case = changed(&[]);
    let form = &case.sections["representation"];
    assert_eq!(form["selection"].as_str(), Some("auto"));
    assert_eq!(form["embedding"].to_string(), "[10, 20, 40]");
    assert_eq!(form["fitting"].to_string(), "[120, 120, 120]");
    assert_eq!(
        [form["axis"].as_integer(), form["one-sided"].as_bool().map(i64::from)],
        [Some(4), Some(0)]
    );
    let problem = &case.sections["problem"];
    assert_eq!(problem["held-out"].as_float(), Some(0.0));
    assert_eq!(problem["batch"].to_string(), "{ auto = 32 }");
    assert_eq!(case.sections["run"]["precision"].as_str(), Some("f64"));
    assert_eq!(case.sections["run"].get("look"), None);
    assert_eq!(case.curve.every, 1000);
}

#[test]
fn batches_and_systems() {
    let [data, held] = ["training.training_data", "training.validation_data"];
    let batch = |value: Json| key(&[(&format!("{data}.batch_size"), value)], "problem", "batch");
    assert_eq!(batch(json!(4)), "{ frames = 4 }");
    assert_eq!(batch(json!([1, 2])), "{ frames = [1, 2] }");
    assert_eq!(batch(json!("auto:128")), "{ auto = 128 }");
    let folder = key(&[(&format!("{data}.systems"), json!("all"))], "problem", "data");
    assert_eq!(folder, "\"all\"");
    let share =
        |word: Json| key(&[(&format!("{data}.auto_prob"), word)], "problem", "probabilities");
    assert_eq!(share(json!("prob_sys_size")), "nothing");
    assert_eq!(share(json!("prob_uniform")), "[0.5, 0.5]");
    assert_eq!(share(json!("prob_sys_size;0:1:1;1:2:3")), "[0.25, 0.75]");
    let given = [(&*format!("{data}.sys_weights"), json!([0.1, 0.9]))];
    assert_eq!(key(&given, "problem", "probabilities"), "[0.1, 0.9]");
    let look = |batch: Json, batches: Json| {
        let section = json!({ "systems": "c", "batch_size": batch, "numb_batch": batches });
        key(&[(held, section)], "run", "look")
    };
    assert_eq!(look(json!(4), json!(5)), "20");
    assert_eq!(look(json!("auto"), json!(5)), "5");
    assert_eq!(look(json!("auto"), Json::Null), "1");
    assert_eq!(key(&[(held, Json::Null)], "problem", "held-out"), "0.0");
}

#[test]
fn rates_fall_as_there() {
    let rate = |changes: &[(&str, Json)]| key(changes, "descent", "rate");
    // Not below the number of steps: 100, or about a hundredth of fewer.
    let exponential = "from = 0.001, to = 0.00001, law = \"exponential\"";
    assert_eq!(rate(&[]), format!("{{ {exponential}, every = 100 }}"));
    let [steps, start] = ["learning_rate.decay_steps", "learning_rate.start_lr"];
    assert_eq!(rate(&[(steps, json!(24))]), format!("{{ {exponential}, every = 24 }}"));
    let short = rate(&[("training.numb_steps", json!(1009))]);
    assert_eq!(short, format!("{{ {exponential}, every = 11 }}"));
    let kept = [(steps, json!(5000)), ("learning_rate.decay_rate", json!(0.9))];
    assert_eq!(rate(&kept), format!("{{ {exponential}, every = 5000, ratio = 0.9 }}"));
    assert_eq!(rate(&[("learning_rate.smooth", json!(true))]), format!("{{ {exponential} }}"));
    let warm = [
        ("learning_rate.warmup_ratio", json!(0.5)),
        ("learning_rate.warmup_start_factor", json!(0.2)),
    ];
    let warmed = "{ from = 0.001, to = 0.00001, warm-up = 1200, warm-up-from = 0.2, law = \"exponential\", \
                  every = 100 }";
    assert_eq!(rate(&warm), warmed);
    let kind = |name: &str| ("learning_rate.type", json!(name));
    assert_eq!(rate(&[kind("cosine")]), "{ from = 0.001, to = 0.00001, law = \"cosine\" }");
    let plateau =
        "{ from = 0.001, to = 0.00001, law = \"plateau\", last = 0.3, tail = \"inverse\" }";
    assert_eq!(rate(&[kind("wsd"), ("learning_rate.decay_phase_ratio", json!(0.3))]), plateau);
    let whole =
        [("learning_rate.stop_lr", Json::Null), ("learning_rate.stop_lr_ratio", json!(0.5))];
    assert!(
        rate(&[&whole[..], &[(start, json!(1))]].concat()).starts_with("{ from = 1.0, to = 0.5")
    );
}

#[test]
fn steps_from_outside_come_first() {
    let text = input(&[]).to_string();
    let case = case_of(&text, "input.json", Format::Json, Some(100)).unwrap();
    assert_eq!(case.sections["run"]["iterations"].as_integer(), Some(100));
    assert_eq!(case.sections["descent"]["rate"]["every"].as_integer(), Some(2));
    let epochs = [("training.numb_steps", Json::Null), ("training.num_epoch", json!(2.5))];
    let text = input(&epochs).to_string();
    let case = case_of(&text, "input.json", Format::Json, None).unwrap();
    assert_eq!((case.epochs, case.sections["run"].get("iterations")), (Some(2.5), None));
    let case = case_of(&text, "input.json", Format::Json, Some(100)).unwrap();
    assert_eq!(case.epochs, None);
    assert_eq!(case.sections["run"]["iterations"].as_integer(), Some(100));
}

#[test]
fn models_and_losses() {
    let form = |changes: &[(&str, Json)], name: &str| key(changes, "representation", name);
    let [d, f] = ["model.descriptor", "model.fitting_net"];
    assert_eq!(form(&[(&format!("{d}.sel"), json!("auto:1.2"))], "selection"), "\"auto:1.2\"");
    assert_eq!(
        form(&[(&format!("{d}.exclude_types"), json!([[0, 1]]))], "exclude"),
        "[[\"O\", \"H\"]]"
    );
    assert_eq!(
        form(&[(&format!("{d}.activation_function"), json!("gelu_tf"))], "activation"),
        "\"gelu-tanh\""
    );
    let energies = [(&*format!("{f}.atom_ener"), json!([-432.5, null]))];
    assert_eq!(form(&energies, "atom-energies"), "{ O = -432.5 }");
    assert_eq!(form(&[(&format!("{f}.n_neuron"), json!([8, 1e1]))], "fitting"), "[8, 10]");
    let single =
        ["descriptor", "fitting_net"].map(|s| (format!("model.{s}.precision"), json!("float32")));
    let single = single.each_ref().map(|(path, value)| (path.as_str(), value.clone()));
    assert_eq!(key(&single, "run", "precision"), "\"f32\"");
    let loss = [
        ("loss.start_pref_v", json!(0.02)),
        ("loss.limit_pref_v", json!(1)),
        ("loss.limit_pref_f", json!(1000)),
    ];
    let weights = "{ energy = { from = 0.02, to = 1.0 }, force = 1000.0, virial = { from = 0.02, to = 1.0 } }";
    assert_eq!(key(&loss, "problem", "weights"), weights);
    assert_eq!(
        key(&[("loss.intensive_ener_virial", json!(true))], "problem", "per-atom"),
        "\"n2\""
    );
    assert_eq!(key(&[("training.gradient_max_norm", json!(5))], "descent", "clip"), "5.0");
    // Options that ask for nothing.
    let idle = [
        ("model.spin", json!(null)),
        ("model.descriptor.trainable", json!(true)),
        ("loss.use_huber", json!(false)),
        ("model.fitting_net.trainable", json!([true, true])),
        ("training.acc_freq", json!(1)),
        ("training.max_ckpt_keep", json!(9)),
    ];
    assert_eq!(changed(&idle), changed(&[]));
}

#[test]
fn notes_where_a_user_would_be_surprised() {
    let notes = |changes: &[(&str, Json)]| changed(changes).notes;
    assert!(notes(&[]).is_empty());
    let found = notes(&[("learning_rate.decay_steps", json!(5000))]);
    assert_eq!(
        found,
        [
            "learning_rate.decay_steps = 5000 is not below the 2400 steps: 100 is taken in its place, as there."
        ]
    );
    assert_eq!(
        notes(&[("learning_rate.stop_lr", json!(1e-12))]),
        [
            "learning_rate falls from 0.001 to 1e-12: it is below a thousandth of its start for 57% of the \
          run, where little is learned."
        ]
    );
    assert_eq!(
        notes(&[("model.descriptor.seed", json!(7))]),
        [
            "model.descriptor.seed = 7 has no effect: all random numbers come from training.seed, which is not \
          given."
        ]
    );
    assert_eq!(
        notes(&[("learning_rate.stop_lr", Json::Null)]),
        ["learning_rate.stop_lr is not given: it is 5e-8, as there."]
    );
    assert!(
        notes(&[("training.tensorboard", json!(true)), ("training.numb_test", json!(4))]).len()
            == 2
    );
}

/// The goldens, where they are at hand.
fn goldens() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/deeppot_golden");
    if folder.is_dir() {
        return Some(folder);
    }
    let _unheard = writeln!(std::io::stderr(), "left out: {} is not there", folder.display());
    None
}

/// The descent of a case.
fn adam(case: &Converted) -> frame::Adam {
    let mut keys = case.sections["descent"].as_table().unwrap().clone();
    keys.remove("kind");
    let section = DescentSection::Adam(Value::Table(keys).try_into().unwrap());
    let iterations = case.sections["run"]["iterations"].as_integer().unwrap().unsigned_abs();
    let Descents::Adam(adam) = section.of(iterations).unwrap() else { panic!("another descent") };
    adam
}

#[test]
fn rates_agree_at_every_step() {
    let Some(folder) = goldens() else { return };
    let text = std::fs::read_to_string(folder.join("lr_schedules.json")).unwrap();
    let all: Vec<Json> = serde_json::from_str(&text).unwrap();
    for set in all {
        let mut options = set["options"].clone();
        let n = options.as_object_mut().unwrap().remove("num_steps").unwrap();
        let case = changed(&[("learning_rate", options), ("training.numb_steps", n.clone())]);
        let adam = adam(&case);
        let rows = set["step"].as_array().unwrap().iter().zip(set["lr"].as_array().unwrap());
        for (step, rate) in rows {
            let (step, rate) = (step.as_u64().unwrap(), rate.as_f64().unwrap());
            let off = (adam.rate.at(step, n.as_u64().unwrap()) - rate).abs() / adam.rate.start();
            assert!(off <= f64::EPSILON, "{}: step {step}: {off:e} of the start", set["options"]);
        }
    }
}

#[test]
fn inputs_that_were_trained() {
    let Some(folder) = goldens() else { return };
    let names =
        ["input_a1", "input_a2", "input_a3", "input_twoside", "train/input"].map(str::to_owned);
    let water = std::fs::read_dir(folder.join("water_training")).unwrap();
    let water = water.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let water =
        water.filter_map(|name| Some(format!("water_training/{}", name.strip_suffix(".json")?)));
    let mut seen = 0;
    for name in names.into_iter().chain(water) {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let case = case_of(&text, "input.json", Format::Json, None)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let precision = case.sections["run"]["precision"].as_str().unwrap();
        assert_eq!(precision, if name.starts_with("water") { "f32" } else { "f64" }, "{name}");
        assert_eq!(adam(&case).form, AdamForm::TensorFlow);
        seen += 1;
    }
    assert!(seen >= 11, "{seen} inputs");
    for (name, key) in [("zbl", "model.use_srtab"), ("loc_frame", "model.descriptor.type")] {
        let text = std::fs::read_to_string(folder.join(format!("{name}/input.json"))).unwrap();
        let said = case_of(&text, "input.json", Format::Json, None).unwrap_err().to_string();
        assert!(said.starts_with(&format!("input.json: {key}: ")), "{said}");
    }
}
