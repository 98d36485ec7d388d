//! What was odd in a file: each sentence once, with the number of frames it is about.

/// Sentences in the order they were first said.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Vec<(String, usize)>);

impl Notes {
    /// Says it of one more frame.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(said, _)| *said == text) {
            Some((_, count)) => *count += 1,
            None => self.0.push((text, 1)),
        }
    }

    /// Says it of one more frame, with numbers that are kept from the first.
    pub(super) fn say_once(&mut self, begin: &str, rest: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|(said, _)| said.starts_with(begin)) {
            Some((_, count)) => *count += 1,
            None => self.0.push((format!("{begin}{}", rest()), 1)),
        }
    }

    /// The sentences: `2 frames: …`.
    pub(super) fn sentences(self) -> Vec<String> {
        let sentence = |(text, count): (String, usize)| match count {
            1 => format!("1 frame: {text}"),
            count => format!("{count} frames: {text}"),
        };
        self.0.into_iter().map(sentence).collect()
    }
}
