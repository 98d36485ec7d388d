//! What is known of the machine: its processor, its memory, what this process took.

use std::fs;

use ground::kernel::lane;
use serde::Serialize;

/// The machine of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    /// The processor's own name, where the system says it.
    pub(crate) cpu: Option<String>,
    /// Threads it runs at once.
    pub(crate) cores: usize,
    /// The architecture this program was built for.
    pub(crate) architecture: &'static str,
    /// The operating system.
    pub(crate) system: &'static str,
    /// The best vector instructions of the machine.
    pub(crate) vector: &'static str,
}

/// The machine this process runs on.
pub(crate) fn machine() -> Machine {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    Machine {
        cpu,
        cores: cores(),
        architecture: std::env::consts::ARCH,
        system: std::env::consts::OS,
        vector: lane::level_name(lane::common(lane::level())),
    }
}

/// What a run that asks for these instructions uses: all that is compiled for them, products apart.
pub(crate) fn vector(asked: frame::run::Vector) -> String {
    lane::level_name(asked.level()).to_owned()
}

/// Threads the machine runs at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Memory that can still be had, bytes, where the system says it.
pub(crate) fn available() -> Option<f64> {
    kilobytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:").map(|kb| kb * 1024.0)
}

/// The most memory this process has held, MB, where the system says it.
pub(crate) fn peak_mb() -> Option<f64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:").map(|kb| kb / 1024.0)
}

fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
