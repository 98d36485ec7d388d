//! x
use ground::kernel::lane::{Real, Row, level_named};
use ground::kernel::network::{Activation, Network};
fn time<T: Real>(name: &str, widths: Vec<usize>, activation: Activation) {
    let level = level_named(name).unwrap();
    let network = Network { widths, activation };
    let theta: Vec<T> = (0..network.len()).map(|i| T::of(0.2 * (i as f64).sin())).collect();
    let input = vec![T::Row::splat(T::of(0.3)); network.widths[0]];
    let mut cache = vec![T::Row::default(); network.cache_rows()];
    let mut output = vec![T::Row::default(); *network.widths.last().unwrap()];
    let mut best = f64::MAX;
    for _ in 0..20000 { let t = std::time::Instant::now();
      for _ in 0..20 { network.forward(level, &theta, std::hint::black_box(&input), &mut cache, &mut output); }
      best = best.min(t.elapsed().as_nanos() as f64 / 20.0); }
    println!("{name} {:?} {:?} {best} ns, fma floor {}", network.widths, activation, network.flops() as f64 / 2.0 / if name == "avx512" { 7.0 } else { 3.5 });
}
fn main() {
    for name in ["avx512", "avx2"] {
    for a in [Activation::Tanh, Activation::Identity] { time::<f32>(name, vec![8, 32, 32, 6], a); time::<f64>(name, vec![8, 32, 32, 6], a);}
    time::<f32>(name, vec![32, 32], Activation::Identity); time::<f32>(name, vec![8, 32], Activation::Identity); time::<f32>(name, vec![32, 6], Activation::Identity);
    }
}
