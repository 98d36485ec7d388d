//! Benchmarks live in `benches/`, one question a file; `README.md` holds the measured figures.
