//! A program of the user as a measurement: one number, or one JSON object, of a run.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frame::{ErrorBudget, Forecast, Term, Watch};
use ground::stream::Stream;
use ground::{Error, Result};
use lab::answer::Measured;
use lab::experiment::Experiment;
use serde_json::{Map, Value};

/// The key of the program.
const KEY: &str = "model.command";

/// The time between two looks at whether it has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// How long what it wrote is waited for once it has ended.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// A program with its arguments, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The program, then its arguments.
    pub(crate) words: Vec<String>,
    /// The folder it runs in; empty for where we are.
    pub(crate) folder: PathBuf,
    /// What it reads on stdin: one JSON object.
    pub(crate) stdin: Value,
    /// The longest time it may take.
    pub(crate) limit: Option<Duration>,
}

impl Program {
    /// What it is called in sentences.
    fn name(&self) -> String {
        format!("`{}`", self.words.join(" "))
    }

    fn start(&self) -> Result<Child> {
        let (program, arguments) = self.words.split_first().ok_or_else(|| {
            Error::input(KEY, "the list is empty").allowed("Write the program, then its arguments")
        })?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        // A group of its own, so that what it starts can be ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|e| {
            Error::input(KEY, format!("`{program}` cannot be started: {e}"))
                .allowed("Write a program that is found in PATH, or its path")
        })
    }

    /// Runs it to its end: what it said on stdout.
    fn said(&self, watch: &mut dyn Watch) -> Result<String> {
        let mut child = self.start()?;
        let (out, err) = (reading(child.stdout.take()), reading(child.stderr.take()));
        let stdin = child.stdin.take();
        let text = self.stdin.to_string();
        // A program need not read what it is given; a full pipe must not stop us.
        let writing = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                let _unread = stdin.write_all(text.as_bytes());
            }
        });
        let status = self.ended(&mut child, watch)?;
        drop(writing);
        let (out, err) = (text_of(&out), text_of(&err));
        if status.success() {
            return Ok(out);
        }
        let how = status
            .code()
            .map_or("was killed".to_owned(), |code| format!("ended with exit code {code}"));
        let last = err.lines().rev().find(|line| !line.trim().is_empty());
        let last =
            last.map_or_else(String::new, |line| format!("; stderr ends with: {}", line.trim()));
        Err(Error::input(KEY, format!("{} {how}{last}", self.name()))
            .allowed("It has to end with exit code 0"))
    }

    /// Waits for its end, or puts one to it.
    fn ended(&self, child: &mut Child, watch: &mut dyn Watch) -> Result<ExitStatus> {
        let began = Instant::now();
        let io = |e: std::io::Error| Error::io(self.name(), e);
        loop {
            if let Some(status) = child.try_wait().map_err(io)? {
                return Ok(status);
            }
            let late = self.limit.filter(|limit| began.elapsed() >= *limit);
            let stopped = watch.stage("command", 0, 1).is_break();
            if late.is_some() || stopped {
                end_with_all(child);
                child.wait().map_err(io)?;
            }
            if stopped {
                return Err(Error::Interrupted { at: 0 });
            }
            if let Some(limit) = late {
                let seconds = limit.as_secs_f64();
                return Err(Error::input(
                    "run.time-limit",
                    format!("{} had not ended after {seconds} s", self.name()),
                )
                .allowed("Give it more time"));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// What it said, as records.
    fn measured(&self, said: &str) -> Result<Measured> {
        let wrong = |found: String| {
            Error::input(KEY, format!("{} {found}", self.name())).allowed(
                "The last line of its stdout has to be a number, or all of it one JSON object such as \
                 {\"value\": 0.25, \"stderr\": 0.01}",
            )
        };
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).map(str::trim);
        let Some(last) = last else { return Err(wrong("printed nothing".to_owned())) };
        let value =
            serde_json::from_str::<Value>(said.trim()).or_else(|_| serde_json::from_str(last));
        let number = last.parse::<f64>().ok();
        let measured = match (value, number) {
            (Ok(Value::Object(object)), _) => Some(of_object(&object).ok_or_else(|| {
                wrong("printed several numbers and none that is called value".to_owned())
            })?),
            (_, Some(number)) => Some(Measured::of("value").number("value", number, f64::NAN)),
            _ => None,
        };
        let measured = measured.ok_or_else(|| {
            let shown: String = last.chars().take(60).collect();
            wrong(format!("printed no number: its last line is `{shown}`"))
        })?;
        match measured.trouble() {
            Some(name) => Err(wrong(format!("printed a {name} that is not finite"))),
            None => Ok(measured),
        }
    }
}

/// The records of an object: its numbers and words; `value` first, with `stderr` as its error.
fn of_object(object: &Map<String, Value>) -> Option<Measured> {
    let number = |value: &Value| match value {
        Value::Number(number) => Some((number.as_f64()?, f64::NAN)),
        Value::Object(inner) => {
            let stderr = inner.get("stderr").and_then(Value::as_f64).unwrap_or(f64::NAN);
            Some((inner.get("value")?.as_f64()?, stderr))
        }
        _ => None,
    };
    let first = ["value", "answer"].into_iter().find(|name| object.contains_key(*name));
    let mut numbers = object.iter().filter(|(key, v)| *key != "stderr" && number(v).is_some());
    let only = numbers.next().filter(|_| numbers.next().is_none());
    let first = first.or_else(|| only.map(|(key, _)| key.as_str()))?;
    let (value, own) = number(object.get(first)?)?;
    let stderr = object.get("stderr").and_then(Value::as_f64).unwrap_or(own);
    let mut measured = Measured::of(first).number(first, value, stderr);
    for (name, value) in object.iter().filter(|(name, _)| *name != first && *name != "stderr") {
        measured = match (number(value), value) {
            (Some((value, stderr)), _) => measured.number(name, value, stderr),
            (None, Value::String(word)) => measured.word(name, word.clone()),
            _ => measured,
        };
    }
    Some(measured)
}

/// Ends a program and what it has started.
fn end_with_all(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        let _gone =
            Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
    let _gone = child.kill();
}

/// What came of a pipe so far, and whether that is all.
type Pipe = Arc<Mutex<(Vec<u8>, bool)>>;

/// Reads a pipe beside us, so that it never fills up.
fn reading(pipe: Option<impl Read + Send + 'static>) -> Pipe {
    let all = Pipe::default();
    let kept = Arc::clone(&all);
    std::thread::spawn(move || {
        let mut part = [0; 1 << 14];
        if let Some(mut pipe) = pipe {
            while let Ok(n @ 1..) = pipe.read(&mut part) {
                if let Ok(mut kept) = kept.lock() {
                    kept.0.extend_from_slice(&part[..n]);
                }
            }
        }
        if let Ok(mut kept) = kept.lock() {
            kept.1 = true;
        }
    });
    all
}

/// What a program that has ended wrote. What it left running in the background may hold its pipe open: nobody
/// waits for that.
fn text_of(pipe: &Pipe) -> String {
    let until = Instant::now() + AFTER_THE_END;
    loop {
        let Ok(kept) = pipe.lock() else { return String::new() };
        if kept.1 || Instant::now() >= until {
            return String::from_utf8_lossy(&kept.0).into_owned();
        }
        drop(kept);
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// A program says what it says: its error is its own.
fn budget(measured: &Measured) -> ErrorBudget {
    let unknown = || Term::Unknown { why: "the program does not say".to_owned() };
    let stderr = frame::Answer::headline(measured).stderr;
    ErrorBudget {
        estimation: if stderr.is_finite() {
            Term::Measured {
                size: stderr,
                how: "the standard error that the program prints".to_owned(),
            }
        } else {
            unknown()
        },
        optimisation: unknown(),
        discretisation: unknown(),
        approximation: unknown(),
    }
}

impl Experiment for Program {
    fn forecast(&self) -> Result<Forecast> {
        let facts = vec![("command".to_owned(), self.words.join(" "))];
        Ok(Forecast { facts, bytes: 0.0, operations: 1.0, cites: Vec::new() })
    }

    fn measure(&self, _: &Stream, watch: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let measured = self.measured(&self.said(watch)?)?;
        let error = budget(&measured);
        Ok((measured, error))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use frame::Answer;

    use super::*;

    fn program(script: &str) -> Program {
        let words = ["sh", "-c", script].map(str::to_owned).to_vec();
        let stdin = serde_json::json!({ "m": 16, "seed": 3 });
        Program { words, folder: PathBuf::new(), stdin, limit: Some(Duration::from_secs(20)) }
    }

    fn measured(script: &str) -> Result<Measured> {
        let program = program(script);
        program.measured(&program.said(&mut ())?)
    }

    #[test]
    fn a_number_or_an_object_is_taken() {
        assert_eq!(measured("echo hello; echo 0.25").unwrap().headline().mean, 0.25);
        assert_eq!(measured("echo 1e-3").unwrap().headline().mean, 1e-3);
        let found =
            measured(r#"echo '{"error": 2.5, "value": 1.5, "stderr": 0.1, "why": "x"}'"#).unwrap();
        assert_eq!((found.headline().mean, found.headline().stderr), (1.5, 0.1));
        assert_eq!(found.get("error").map(|e| e.mean), Some(2.5));
        let found = measured("echo '{\"rate\": 0.5, \"why\": \"x\"}'").unwrap();
        assert_eq!(found.headline().mean, 0.5);
    }

    #[test]
    fn what_is_no_number_is_said() {
        for (script, sentence) in [
            ("exit 3", "ended with exit code 3. It has to end"),
            ("echo oh >&2; exit 1", "stderr ends with: oh"),
            ("true", "printed nothing"),
            ("echo done", "its last line is `done`"),
            ("echo nan", "printed a value that is not finite"),
            ("echo '[1, 2]'", "printed no number"),
            ("kill -9 $$", "was killed"),
            ("cat", "none that is called value"),
        ] {
            let said = measured(script).unwrap_err().to_string();
            assert!(said.contains(sentence), "{script}: {said}");
        }
        let none = Program { words: vec!["no-such-program".to_owned()], ..program("") };
        let said = none.said(&mut ()).unwrap_err().to_string();
        assert!(said.contains("`no-such-program` cannot be started"), "{said}");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let slow = Program { limit: Some(Duration::from_millis(50)), ..program("exec sleep 60") };
        let began = Instant::now();
        let said = slow.said(&mut ()).unwrap_err().to_string();
        assert!(said.starts_with("run.time-limit: ") && said.contains("had not ended"), "{said}");
        let behind = measured("sleep 60 & echo 3").unwrap();
        assert_eq!(behind.headline().mean, 3.0);
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn much_output_does_not_stop_it() {
        let found = measured("yes 1234567 | head -c 1000000; echo; echo 7").unwrap();
        assert_eq!(found.headline().mean, 7.0);
    }
}
