//! One gradient by each method, beside one of backpropagation of the same net on one tape.
//!
//! ```text
//! cargo bench -p metaplast-predictive --bench gradient
//! ```
//!
//! Criterion measures each by itself. After that the same gradients are taken in turns, on one thread,
//! and a table shows medians over backpropagation's, beside the arithmetic floor: the multiply-adds
//! that a method cannot do without, over those of backpropagation.

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use metaplast_autodiff::{Key, Mark, Tape};
use metaplast_predictive::{
    Activation, Chain, Dense, FixedPrediction, Loss, Method, Strict, Target,
};
use metaplast_tensor::{Random, Tensor};

struct Net {
    name: &'static str,
    sizes: &'static [usize],
    batch: usize,
}

const NETS: [Net; 2] = [
    Net {
        name: "784-300-300-300-10, batch 64",
        sizes: &[784, 300, 300, 300, 10],
        batch: 64,
    },
    Net {
        name: "784-170-130-100-70-47, batch 1",
        sizes: &[784, 170, 130, 100, 70, 47],
        batch: 1,
    },
];

/// Weights and biases of each layer.
type Parameters = Vec<[Tensor<f64>; 2]>;

impl Net {
    fn parameters(&self) -> Parameters {
        let mut random = Random::new(1);
        let mut layer = |n: &[usize]| {
            let bound = 1.0 / (n[0] as f64).sqrt();
            let mut uniform = |dims: &[usize]| Tensor::uniform(dims, -bound, bound, &mut random);
            [uniform(&[n[1], n[0]]), uniform(&[n[1]])]
        };
        self.sizes.windows(2).map(&mut layer).collect()
    }

    fn chain(&self) -> Chain<f64> {
        let parameters = self.parameters();
        let last = parameters.len() - 1;
        let layers = parameters.into_iter().enumerate();
        Chain::of(layers.map(|(l, [w, b])| {
            let activation = if l == last {
                Activation::Identity
            } else {
                Activation::Tanh
            };
            Dense::new(w).bias(b).then(activation)
        }))
    }

    fn batch(&self) -> (Tensor<f64>, Vec<usize>) {
        let x = Tensor::uniform([self.batch, self.sizes[0]], 0.0, 1.0, &mut Random::new(2));
        (
            x,
            (0..self.batch)
                .map(|i| i % self.sizes[self.sizes.len() - 1])
                .collect(),
        )
    }

    /// Multiply-adds of a gradient by Strict inference of n iterations over those of backpropagation.
    fn strict_floor(&self, n: f64) -> f64 {
        let products = self.sizes.windows(2).map(|n| (n[0] * n[1]) as f64);
        let products: Vec<_> = products.collect();
        let (all, above): (f64, f64) = (products.iter().sum(), products[1..].iter().sum());
        (2.0 * all + 2.0 * n * above) / (2.0 * all + above)
    }
}

/// The net on one tape, which keeps the parameters from call to call.
struct Backprop {
    tape: Tape<f64>,
    parameters: Vec<[Key; 2]>,
    start: Mark,
}

impl Backprop {
    fn new(parameters: &Parameters) -> Self {
        let tape = Tape::new();
        let keys = parameters
            .iter()
            .map(|[w, b]| [tape.var(w).key(), tape.var(b).key()]);
        let parameters = keys.collect();
        let start = tape.mark();
        Backprop {
            tape,
            parameters,
            start,
        }
    }

    fn gradients(&self, x: &Tensor<f64>, labels: &[usize]) -> Vec<[Tensor<f64>; 2]> {
        self.tape.cut(self.start);
        let last = self.parameters.len() - 1;
        let mut y = self.tape.constant(x);
        for (l, &[w, b]) in self.parameters.iter().enumerate() {
            y = y.matmul_transposed(self.tape.at(w)) + self.tape.at(b);
            y = if l == last { y } else { y.tanh() };
        }
        let gradients = y.softmax_cross_entropy(labels).backward();
        let wrt = |keys: &[Key; 2]| keys.map(|key| gradients.wrt(self.tape.at(key)));
        self.parameters.iter().map(wrt).collect()
    }
}

fn methods() -> Vec<Method> {
    vec![
        Method::Exact,
        FixedPrediction::new(0.1, 20).into(),
        FixedPrediction::new(0.1, 20).iterated().into(),
        Strict::as_released(0.1, 20).into(),
        Strict::new(0.1, 20).into(),
    ]
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Medians in turns, so that what slows the machine slows all of them.
fn table(net: &Net, rounds: usize) {
    let (x, labels) = net.batch();
    let (backprop, mut chain) = (Backprop::new(&net.parameters()), net.chain());
    let target = Target::Classes(labels.clone());
    let methods = methods();
    let mut times = vec![Vec::new(); methods.len() + 1];
    for _ in 0..rounds {
        let begin = Instant::now();
        black_box(backprop.gradients(&x, &labels));
        times[0].push(begin.elapsed().as_secs_f64());
        for (method, times) in methods.iter().zip(&mut times[1..]) {
            let begin = Instant::now();
            black_box(
                method
                    .infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY)
                    .unwrap(),
            );
            times.push(begin.elapsed().as_secs_f64());
        }
    }
    let backprop = median(&mut times[0]);
    println!(
        "\n{}: backpropagation on a tape {:.3} ms",
        net.name,
        1e3 * backprop
    );
    for (method, times) in methods.iter().zip(&mut times[1..]) {
        let floor = match method {
            Method::Strict(strict) => {
                format!(", floor {:.2}", net.strict_floor(strict.iterations as f64))
            }
            _ => String::new(),
        };
        println!("{:6.2} ×  {method}{floor}", median(times) / backprop);
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    for net in &NETS {
        let mut group = criterion.benchmark_group(net.name);
        let (x, labels) = net.batch();
        let backprop = Backprop::new(&net.parameters());
        group.bench_function("backpropagation on a tape", |b| {
            b.iter(|| backprop.gradients(&x, &labels));
        });
        let (mut chain, target) = (net.chain(), Target::Classes(labels.clone()));
        for method in methods() {
            group.bench_function(method.to_string(), |b| {
                b.iter(|| {
                    method
                        .infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY)
                        .unwrap()
                });
            });
        }
    }
    criterion.final_summary();
    let once = std::env::args().any(|argument| argument == "--test");
    for net in &NETS {
        table(net, if once { 1 } else { 101 });
    }
}
