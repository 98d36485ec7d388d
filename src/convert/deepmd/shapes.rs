//! The sections of a training input: which keys they have, which of them are read.
//!
//! The names, other names and defaults are those of DeePMD-kit 3.2 and, where it still reads them, of
//! version 2.

/// The keys of a section.
#[derive(Debug)]
pub(super) struct Shape {
    /// Where it stands: `training.training_data`.
    pub(super) path: &'static str,
    /// Keys that are read, each with its other names.
    pub(super) read: &'static [&'static [&'static str]],
    /// Keys that change nothing of a training here.
    pub(super) idle: &'static [&'static str],
    /// Keys that would change it and are not supported.
    pub(super) lacks: &'static [Lack],
}

/// An option that is not supported.
#[derive(Debug)]
pub(super) struct Lack {
    /// The key.
    pub(super) key: &'static str,
    /// The value that asks for nothing, as JSON. Empty: false, zero, and what holds nothing.
    pub(super) fine: &'static str,
    /// What to do instead.
    pub(super) way: &'static str,
}

const fn lack(key: &'static str, way: &'static str) -> Lack {
    Lack { key, fine: "", way }
}

const fn unless(key: &'static str, fine: &'static str, way: &'static str) -> Lack {
    Lack { key, fine, way }
}

const TASKS: &str =
    "Several tasks are trained with DeePMD-kit; here give one model, one input a task";
const FRAME: &str = "Models with parameters of a frame or an atom are trained with DeePMD-kit";
const MSE: &str = "Remove it: the loss is a mean of squares";
const TRAINED: &str = "All parameters are trained here; write true, or remove it";

/// All of them.
pub(super) static ALL: [&Shape; 10] = [
    &TOP,
    &MODEL,
    &DESCRIPTOR,
    &FITTING,
    &RATE,
    &OPTIMIZER,
    &LOSS,
    &TRAINING,
    &TRAINING_DATA,
    &VALIDATION_DATA,
];

/// The input itself.
pub(super) static TOP: Shape = Shape {
    path: "",
    read: &[&["model"], &["learning_rate"], &["optimizer"], &["loss"], &["training"]],
    idle: &[],
    lacks: &[
        lack("nvnmd", "Models for that hardware are trained with DeePMD-kit"),
        lack("validating", "Remove it: validation is training.validation_data here"),
    ],
};

pub(super) static MODEL: Shape = Shape {
    path: "model",
    read: &[&["type"], &["type_map"], &["descriptor"], &["fitting_net"], &["data_stat_protect"]],
    idle: &[
        "data_stat_nbatch",
        "data_bias_nsample",
        "info",
        "model_branch_alias",
        "srtab_add_bias",
        "smin_alpha",
        "sw_rmin",
        "sw_rmax",
    ],
    lacks: &[
        lack("model_dict", TASKS),
        lack("shared_dict", TASKS),
        lack("use_srtab", "Models with a table at short distances are trained with DeePMD-kit"),
        lack("pair_exclude_types", "Write model.descriptor.exclude_types, or remove it"),
        lack("atom_exclude_types", "Remove it: every atom has an energy here"),
        lack("preset_out_bias", "Write model.fitting_net.atom_ener, or remove it"),
        lack("type_embedding", "Remove it: se_e2_a has a network for each species"),
        lack("modifier", "Models with long-range charges are trained with DeePMD-kit"),
        lack("compress", "Remove it: models are made fast when they are used"),
        lack("spin", "Models with spins are trained with DeePMD-kit"),
        lack("finetune_head", TASKS),
    ],
};

pub(super) static DESCRIPTOR: Shape = Shape {
    path: "model.descriptor",
    read: &[
        &["type"],
        &["sel"],
        &["rcut"],
        &["rcut_smth"],
        &["neuron"],
        &["axis_neuron", "n_axis_neuron"],
        &["activation_function"],
        &["resnet_dt"],
        &["type_one_side"],
        &["precision"],
        &["exclude_types"],
        &["set_davg_zero"],
        &["seed"],
    ],
    idle: &[],
    lacks: &[
        unless("trainable", "true", TRAINED),
        lack("env_protection", "Remove it: no two atoms may stand in one place"),
        lack("spin", "Models with spins are trained with DeePMD-kit"),
    ],
};

pub(super) static FITTING: Shape = Shape {
    path: "model.fitting_net",
    read: &[
        &["type"],
        &["neuron", "n_neuron"],
        &["activation_function"],
        &["resnet_dt"],
        &["precision"],
        &["atom_ener"],
        &["rcond"],
        &["seed"],
    ],
    idle: &[],
    lacks: &[
        unless("trainable", "true", TRAINED),
        lack("numb_fparam", FRAME),
        lack("numb_aparam", FRAME),
        lack("default_fparam", FRAME),
        lack("dim_case_embd", TASKS),
        lack("layer_name", "Remove it: no two networks share a layer here"),
        lack("use_aparam_as_mask", FRAME),
    ],
};

pub(super) static RATE: Shape = Shape {
    path: "learning_rate",
    read: &[
        &["type"],
        &["start_lr"],
        &["stop_lr"],
        &["stop_lr_ratio"],
        &["decay_steps"],
        &["decay_rate"],
        &["smooth"],
        &["warmup_steps"],
        &["warmup_ratio"],
        &["warmup_start_factor"],
        &["decay_phase_ratio"],
        &["decay_type"],
    ],
    idle: &["scale_by_worker"],
    lacks: &[],
};

pub(super) static OPTIMIZER: Shape = Shape {
    path: "optimizer",
    read: &[&["type"], &["adam_beta1"], &["adam_beta2"]],
    idle: &[],
    lacks: &[lack("weight_decay", "Remove it: parameters are not drawn to zero here")],
};

pub(super) static LOSS: Shape = Shape {
    path: "loss",
    read: &[
        &["type"],
        &["start_pref_e"],
        &["limit_pref_e"],
        &["start_pref_f"],
        &["limit_pref_f"],
        &["start_pref_v"],
        &["limit_pref_v"],
        &["start_pref_ae"],
        &["limit_pref_ae"],
        &["intensive_ener_virial"],
    ],
    idle: &["huber_delta", "use_default_pf"],
    lacks: &[
        lack("start_pref_h", "Remove it: Hessians are not fitted here"),
        lack("limit_pref_h", "Remove it: Hessians are not fitted here"),
        lack("start_pref_pf", "Remove it: all atoms count alike here"),
        lack("limit_pref_pf", "Remove it: all atoms count alike here"),
        lack("start_pref_gf", "Remove it: generalised forces are not fitted here"),
        lack("limit_pref_gf", "Remove it: generalised forces are not fitted here"),
        lack("numb_generalized_coord", "Remove it: generalised forces are not fitted here"),
        lack("relative_f", "Remove it: errors of forces count as they are"),
        lack("enable_atom_ener_coeff", "Remove it: energies of atoms are summed as they are"),
        lack("use_huber", MSE),
        unless("loss_func", "\"mse\"", "Write \"mse\": the loss is a mean of squares"),
        lack("f_use_norm", MSE),
    ],
};

pub(super) static TRAINING: Shape = Shape {
    path: "training",
    read: &[
        &["training_data"],
        &["validation_data"],
        &["numb_steps", "stop_batch", "num_steps", "num_step", "numb_step"],
        &["numb_epoch", "num_epoch", "num_epochs", "numb_epochs"],
        &["seed"],
        &["disp_file"],
        &["disp_freq"],
        &["save_freq"],
        &["save_ckpt"],
        &["gradient_max_norm"],
        &["tensorboard"],
        &["profiling"],
        &["enable_profiler"],
        &["numb_test"],
    ],
    idle: &[
        "stat_file",
        "stat_file_mode",
        "save_dir",
        "max_ckpt_keep",
        "ckpt_keep_ratio",
        "ema_decay",
        "ema_ckpt_keep",
        "disp_training",
        "time_training",
        "disp_avg",
        "profiling_file",
        "tensorboard_log_dir",
        "tensorboard_freq",
        "zero_stage",
        "neighbor_graph_method",
        "enable_compile",
        "enable_tf32",
        "kf_blocksize",
        "kf_start_pref_e",
        "kf_limit_pref_e",
        "kf_start_pref_f",
        "kf_limit_pref_f",
    ],
    lacks: &[
        lack("data_dict", TASKS),
        lack("model_prob", TASKS),
        lack("num_epoch_dict", TASKS),
        lack("enable_ema", "Remove it: the parameters of the last iteration are the result"),
        lack(
            "change_bias_after_training",
            "Remove it: energies of species are trained with the rest",
        ),
        lack("mixed_precision", "Write model.descriptor.precision and model.fitting_net.precision"),
        unless("acc_freq", "1", "Remove it, and raise training.training_data.batch_size"),
        unless("opt_type", "\"Adam\"", "Write \"Adam\""),
    ],
};

pub(super) static TRAINING_DATA: Shape = Shape {
    path: "training.training_data",
    read: &[
        &["systems"],
        &["batch_size"],
        &["auto_prob", "auto_prob_style"],
        &["sys_probs", "sys_weights"],
    ],
    idle: &[],
    lacks: DATA_LACKS,
};

pub(super) static VALIDATION_DATA: Shape = Shape {
    path: "training.validation_data",
    read: &[
        &["systems"],
        &["batch_size"],
        &["auto_prob", "auto_prob_style"],
        &["sys_probs", "sys_weights"],
        &["numb_btch", "numb_batch"],
    ],
    idle: &[],
    lacks: DATA_LACKS,
};

const DATA_LACKS: &[Lack] = &[
    lack("rglob_patterns", "Write the folders to `systems`; each is searched"),
    lack("min_pair_dist", "Remove the frames whose atoms are too near beforehand"),
    unless("set_prefix", "\"set\"", "Call the folders of frames set.000, set.001 and so on"),
];
