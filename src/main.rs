//! The command.

fn main() -> std::process::ExitCode {
    esperance::run(std::env::args_os().map(|word| word.to_string_lossy().into_owned()))
}
