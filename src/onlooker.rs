//! Who looks on while a case is solved: a terminal, a notebook, nobody.

/// Is told how far a run is, and may ask it to stop. It never changes a number.
pub trait Onlooker: Send {
    /// `made` of `of` moves of the descent; `loss` is the last training value.
    fn moves(&mut self, made: u64, of: u64, loss: Option<f64>);

    /// `done` of `of` parts of a stage of the answer.
    fn stage(&mut self, what: &str, done: usize, of: usize);

    /// Something that should be known, in a sentence.
    fn say(&mut self, sentence: &str);

    /// Whether the run should save and leave.
    fn asks_to_stop(&self) -> bool;

    /// There is nothing more to look at.
    fn end(&mut self) {}
}

/// Nobody.
impl Onlooker for () {
    fn moves(&mut self, _: u64, _: u64, _: Option<f64>) {}

    fn stage(&mut self, _: &str, _: usize, _: usize) {}

    fn say(&mut self, _: &str) {}

    fn asks_to_stop(&self) -> bool {
        false
    }
}
