//! What is refused of models, each with its sentence, word for word.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod small;

use std::path::Path;

use atoms::interchange::{self, Document, Tensor, export, import};
use serde_json::{Value, json};

/// What is said of a small model with a change.
fn said(change: impl FnOnce(&mut Document)) -> String {
    let mut document = export::document(&small::potential()).unwrap();
    change(&mut document);
    import::potential(&document, None).map_or_else(|e| e.to_string(), |_| "it was read".to_owned())
}

/// A change of one place in the tree.
fn set(path: &str, value: Value) -> impl FnOnce(&mut Document) {
    move |document| {
        let (parent, key) = path.rsplit_once('/').unwrap();
        match document.tree.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            parent => parent[key] = value,
        }
    }
}

/// A change of the array that a place in the tree names.
fn array(path: &str, change: impl FnOnce(&mut Tensor)) -> impl FnOnce(&mut Document) {
    move |document| {
        let name = document.tree.pointer(path).unwrap().as_str().unwrap().to_owned();
        let k: usize = name.trim_start_matches("/variable_").parse().unwrap();
        change(&mut document.tensors[k]);
    }
}

/// The sentence about what is not there.
fn lacking(key: &str, what: &str) -> String {
    format!(
        "{key}: this model uses {what}, which is not supported. Supported are energy models with the \
         descriptor se_e2_a (se_a)."
    )
}

const D: &str = "/model/descriptor";
const F: &str = "/model/fitting";

#[test]
fn files_of_one_back_end() {
    let said = |name: &str| interchange::read(name, b"", None).unwrap_err().to_string();
    for end in ["pb", "pbtxt", "pth", "pt2", "pt", "savedmodel", "hlo", "json", "pdmodel"] {
        assert_eq!(
            said(&format!("a/m.{end}")),
            format!(
                "`.{end}` is a file of one back end of DeePMD-kit. Convert it: dp convert-backend \
                 a/m.{end} a/m.dp."
            )
        );
    }
    assert_eq!(
        said("a/model"),
        "`model` is not the name of a model. A model is a file of DeePMD-kit that ends in .dp or .yaml."
    );
}

#[test]
fn other_descriptors_fittings_and_models() {
    for name in ["se_e2_r", "se_r", "se_e3", "hybrid", "se_atten", "dpa1", "dpa2", "dpa3"] {
        let due = lacking("model.descriptor.type", &format!("the descriptor `{name}`"));
        assert_eq!(said(set(&format!("{D}/type"), json!(name))), due);
    }
    for name in ["dipole", "polar", "property", "dos"] {
        let due = lacking("model.fitting.type", &format!("the fitting `{name}`"));
        assert_eq!(said(set(&format!("{F}/type"), json!(name))), due);
    }
    for name in ["spin", "spin_ener", "linear_ener", "zbl", "pairtab", "frozen"] {
        let due = lacking("model.type", &format!("the model type `{name}`"));
        assert_eq!(said(set("/model/type", json!(name))), due);
    }
    for (key, value) in [
        ("use_srtab", json!("zbl.txt")),
        ("model_dict", json!({"a": {"type_map": ["O"]}})),
        ("modifier", json!({"type": "dipole_charge"})),
        ("spin", json!({"use_spin": [true]})),
    ] {
        let due = lacking(&format!("model_def_script.{key}"), &format!("`{key}`"));
        assert_eq!(said(set(&format!("/model_def_script/{key}"), value)), due);
    }
}

#[test]
fn options_that_change_the_model() {
    for (path, value) in [
        ("/model/atom_exclude_types", json!([0])),
        ("/model/pair_exclude_types", json!([[0, 1]])),
        ("/model/descriptor/env_protection", json!(0.01)),
        ("/model/descriptor/env_mat/protection", json!(0.01)),
        ("/model/descriptor/env_mat/use_exp_switch", json!(true)),
        ("/model/descriptor/spin", json!({"use_spin": [true]})),
        ("/model/fitting/spin", json!({"use_spin": [true]})),
        ("/model/fitting/numb_fparam", json!(2)),
        ("/model/fitting/numb_aparam", json!(1)),
        ("/model/fitting/dim_case_embd", json!(1)),
        ("/model/fitting/exclude_types", json!([1])),
        ("/model/fitting/mixed_types", json!(true)),
        ("/model/fitting/tot_ener_zero", json!(true)),
        ("/model/fitting/use_aparam_as_mask", json!(true)),
        ("/model/fitting/layer_name", json!(["shared", null])),
        ("/model/fitting/dim_out", json!(3)),
    ] {
        let key = path[1..].replace('/', ".");
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(said(set(path, value)), lacking(&key, &format!("`{name}`")));
    }
    // What says nothing is read.
    for (path, value) in [
        ("/model/atom_exclude_types", json!(null)),
        ("/model/fitting/atom_ener", json!([])),
        ("/model/fitting/layer_name", json!([null, null])),
        ("/model_def_script/modifier", json!(null)),
        ("/model_def_script/comment", json!("of no effect")),
    ] {
        assert_eq!(said(set(path, value)), "it was read", "{path}");
    }
}

#[test]
fn models_that_contradict_themselves() {
    for (path, value, due) in [
        (
            "/model/descriptor/env_mat/rcut",
            json!(9.0),
            "model.descriptor.env_mat.rcut: found 9. model.descriptor.rcut is ",
        ),
        (
            "/model/descriptor/type_map",
            json!(["H", "O"]),
            "model.descriptor.type_map: found H, O. model.type_map is O, H: they are the same names.",
        ),
        (
            "/model/fitting/type_map",
            json!(["O"]),
            "model.fitting.type_map: found O. model.type_map is O, H: they are the same names.",
        ),
        (
            "/model/descriptor/embeddings/networks/0/layers/0/activation_function",
            json!("relu"),
            "model.descriptor.embeddings.networks[0].layers[0].activation_function: found `relu`. \
             model.descriptor.activation_function is `",
        ),
        (
            "/model/fitting/activation_function",
            json!("softplus"),
            "model.fitting.nets.networks[0].layers[0].activation_function: found `",
        ),
    ] {
        let found = said(set(path, value));
        assert!(found.starts_with(due), "{found}");
    }
    let mut document = export::document(&small::potential()).unwrap();
    set("/model/descriptor/@version", json!(9))(&mut document);
    let found = import::potential(&document, None).unwrap().warnings;
    let due = "model.descriptor.@version: version 9 is not known here (2 and before are): read as \
               version 2";
    assert!(found.iter().any(|text| text == due), "{found:?}");
}

#[test]
fn keys_that_are_misspelt() {
    let rename = |parent: &'static str, from: &'static str, to: &'static str| {
        said(move |document: &mut Document| {
            let map = document.tree.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            let value = map.remove(from).unwrap();
            if !to.is_empty() {
                map.insert(to.to_owned(), value);
            }
        })
    };
    assert_eq!(
        rename("/model", "descriptor", "descripto"),
        "model.descriptor: this key is missing; the nearest that is there is `descripto`."
    );
    assert_eq!(rename("/model/fitting", "type", ""), "model.fitting.type: this key is missing.");
    assert_eq!(
        rename("/model/descriptor", "rcut_smth", ""),
        "model.descriptor.rcut_smth: this key is missing."
    );
    assert_eq!(
        rename("/model/descriptor", "rcut", "rcutt"),
        "model.descriptor.rcutt: this key is not known here; did you mean `rcut`? It may change what the \
         model computes; without it the model is read."
    );
    assert_eq!(
        rename("", "model", "modle"),
        "model: this key is missing; the nearest that is there is `modle`."
    );
}

#[test]
fn numbers_that_do_not_fit() {
    for (path, value, due) in [
        ("exclude_types", json!([[0, 2]]), ".exclude_types: there is no species 2."),
        ("sel", json!([0, 0]), ".sel: there is room for no neighbour."),
        ("sel", json!([u64::MAX, 1]), ".sel: these are too many."),
        (
            "axis_neuron",
            json!(7),
            ".axis_neuron: found 7. It is at least 1 and at most 6, the last width.",
        ),
        (
            "rcut",
            json!(0.25),
            ".rcut_smth: the switch goes from 0.5 to 0.25. rcut_smth is at least 0 and less than rcut.",
        ),
        (
            "precision",
            json!("bfloat16"),
            ".precision: this model uses the precision `bfloat16`. Supported are float64 and float32.",
        ),
        (
            "neuron",
            json!([3, 7]),
            ".embeddings: its layers are [[1, 3], [3, 6]]. Needed are layers from 1 through [3, 7].",
        ),
        (
            "embeddings/networks/0/layers/0/activation_function",
            json!("silut:3.0"),
            ".embeddings.networks[0].layers[0]: this model uses the activation `silut:3.0`. Supported \
             are tanh, sigmoid, softplus, relu, gelu, silu and linear.",
        ),
        (
            "embeddings/ndim",
            json!(2),
            ".embeddings: 2 networks of 2 indices over 2 species. Needed are 2 of 1 indices over 2 \
             species.",
        ),
        ("embeddings/networks", json!([]), ".embeddings: there are no networks."),
        ("embeddings/networks/1", json!(null), ".embeddings.networks[1]: it is missing."),
    ] {
        let due = format!("model.descriptor{due}");
        assert_eq!(said(set(&format!("{D}/{path}"), value)), due);
    }
    assert_eq!(
        said(set(&format!("{D}/sel"), json!([5]))),
        "model.type_map: sel has 1 numbers and the fitting 2 species for the type map [\"O\", \"H\"]."
    );
    assert_eq!(
        said(set(&format!("{F}/atom_ener"), json!([1.0, 2.0, 3.0]))),
        "model.fitting.atom_ener: 3 energies for 2 species."
    );
}

#[test]
fn arrays_that_do_not_fit() {
    let weights = |k: usize| format!("{D}/embeddings/networks/{k}/layers/1/@variables/w");
    let [davg, dstd] = ["davg", "dstd"].map(|name| format!("{D}/@variables/{name}"));
    let key = "model.descriptor";
    assert_eq!(
        said(array(&weights(1), |w| w.numbers[3] = f64::NAN)),
        format!("{key}.embeddings.networks[1].layers[1].w: a number is not finite.")
    );
    assert_eq!(
        said(array(&weights(1), |w| w.shape = vec![6, 3])),
        format!("{key}.embeddings.networks[1].layers[1].w: its shape is [6, 3]. Needed is [3, 6].")
    );
    assert_eq!(
        said(array(&weights(0), |w| w.shape = vec![6, 3])),
        format!(
            "{key}.embeddings: its layers are [[1, 3], [6, 3]]. Needed are layers from 1 through [3, 6]."
        )
    );
    assert_eq!(
        said(array(&weights(0), |w| w.shape = vec![18])),
        format!(
            "{key}.embeddings.networks[0].layers[1].w: its shape is [18]. Needed are two sides."
        )
    );
    assert_eq!(
        said(set(&davg, json!("/variable_0999"))),
        format!("{key}.davg: `/variable_0999` is no array of this file.")
    );
    assert_eq!(
        said(array(&davg, |t| t.shape = vec![2, 4, 5])),
        format!("{key}.davg: its shape is [2, 4, 5]. Needed is [2, 5, 4].")
    );
    assert_eq!(
        said(array(&davg, |t| t.numbers[4] = 0.5)),
        lacking("model.descriptor.davg", "statistics that differ from slot to slot")
    );
    let directions = "the statistics of the three directions differ, or a scale is not positive";
    for change in [0.0, -1.0] {
        let due = format!("{key}.dstd: {directions}.");
        assert_eq!(said(array(&dstd, |t| t.numbers.fill(change))), due);
    }
    assert_eq!(
        said(array("/model/@variables/out_std", |t| t.numbers[0] = 2.0)),
        lacking("model.out_std", "scaled outputs")
    );
}

#[test]
fn keys() {
    for (path, key) in [(D, "model.descriptor"), (F, "model.fitting"), ("/model", "model")] {
        assert_eq!(
            said(set(&format!("{path}/novelty"), json!(1))),
            format!(
                "{key}.novelty: this key is not known here. It may change what the model computes; \
                 without it the model is read."
            )
        );
    }
    let without = |path: &'static str, key: &'static str| {
        said(move |document| {
            let object = document.tree.pointer_mut(path).unwrap().as_object_mut().unwrap();
            object.shift_remove(key).unwrap();
        })
    };
    assert_eq!(without("", "model"), "model: this key is missing.");
    assert_eq!(without("/model/descriptor", "rcut"), "model.descriptor.rcut: this key is missing.");
    assert_eq!(
        said(|document| document.tree = json!([1])),
        "this file holds no model. A model has the keys model, backend."
    );
}

#[test]
fn files_that_are_cut() {
    let part = |name: &str, from_end: usize| {
        let bytes = interchange::write(name, &small::potential()).unwrap();
        let cut = &bytes[..bytes.len() - from_end];
        interchange::read(name, cut, None).unwrap_err().to_string()
    };
    assert_eq!(
        part("m.dp", 10),
        "this is not a .dp file: it has no text `json`. A model is what `dp convert-backend` writes to \
         a .dp file."
    );
    let cut = part("m.yaml", 10);
    assert!(cut.starts_with("this is not YAML: error: line "), "{cut}");
    assert!(
        cut.ends_with(". A model is what `dp convert-backend` writes to a .yaml file."),
        "{cut}"
    );
    let text = b"backend: NumPy\nmodel: {w: {'@class': np.ndarray, value: [[1.0], [2.0, 3.0]]}}\n";
    assert_eq!(
        interchange::read("m.yaml", text, None).unwrap_err().to_string(),
        "model.w: an array is ragged or holds something but numbers."
    );
}

/// Real models, where they are at hand.
#[test]
fn models_of_the_program() {
    let folder = "../../../shared/data/deeppot_golden/variants";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for (file, name) in
        [("e2r", "se_r"), ("e3", "se_e3"), ("hybrid", "hybrid"), ("hybrid3", "hybrid")]
    {
        let file = format!("{file}.dp");
        let Ok(bytes) = std::fs::read(folder.join(&file)) else {
            println!("left out: {} has no {file}", folder.display());
            continue;
        };
        let due = lacking("model.descriptor.type", &format!("the descriptor `{name}`"));
        assert_eq!(interchange::read(&file, &bytes, None).unwrap_err().to_string(), due);
    }
}
