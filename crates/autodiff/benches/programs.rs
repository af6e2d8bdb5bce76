//! Whole programs: a transformer block, a convolutional net and a neural differential equation, as the
//! examples of these names write them, one thread.
//!
//! ```text
//! cargo bench -p metaplast-autodiff --bench programs        # ours alone: median of a step
//! python crates/autodiff/benches/peers/programs.py          # in turns with PyTorch and JAX
//! ```
//!
//! A step of the nets is loss, gradients and an update by Adam, in `f32`; one of the equation is the
//! loss and its gradients over a hundred thousand steps of Runge and Kutta, in `f64`. Weights and
//! data come from a generator that the peers have as well.

use std::hint::black_box;
use std::time::{Duration, Instant};

use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Scalar, Tensor};

#[allow(dead_code, reason = "the example has more")]
#[path = "../examples/12_transformer.rs"]
mod transformer;

#[allow(dead_code, reason = "the example has more")]
#[path = "../examples/13_convolutional_net.rs"]
mod convolutional_net;

#[allow(dead_code, reason = "the example has more")]
#[path = "../examples/14_neural_ode.rs"]
mod neural_ode;

/// Letters of the transformer's alphabet.
const LETTERS: usize = 32;

/// Numbers without a pattern that matters, the same as in `programs.py`.
struct Numbers(u64);

impl Numbers {
    /// In [0, 1).
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }

    /// In [−size, size).
    fn tensor<T: Scalar>(&mut self, shape: &[usize], size: f64) -> Tensor<T> {
        Tensor::from_fn(shape, |_| T::from_f64(size * (2.0 * self.next() - 1.0)))
    }

    /// Whole numbers in [0, most).
    fn whole(&mut self, count: usize, most: usize) -> Vec<usize> {
        (0..count)
            .map(|_| (self.next() * most as f64) as usize)
            .collect()
    }
}

/// One step, which returns its loss.
type Turn = Box<dyn FnMut() -> f64>;

/// Steps of Adam on one tape.
fn training<F>(mut w: Vec<Tensor<f32>>, rate: f64, loss: F) -> Turn
where
    F: for<'t> Fn(&[Var<'t, f32>]) -> Var<'t, f32> + 'static,
{
    let (tape, mut adam) = (Tape::new(), Adam::new(rate));
    Box::new(move || {
        tape.reset();
        let vars: Vec<_> = w.iter().map(|w| tape.var(w)).collect();
        let loss = loss(&vars);
        let gradients = loss.backward();
        let gradients: Vec<_> = vars.iter().map(|&x| gradients.wrt(x)).collect();
        adam.step(&mut w, &gradients);
        f64::from(loss.item())
    })
}

fn transformer() -> Turn {
    use transformer::{BATCH, TIME, WIDTH as D, loss};
    let mut numbers = Numbers(1);
    let square = [D, D];
    let shapes = [
        [LETTERS, D],
        [TIME, D],
        square,
        square,
        square,
        square,
        [D, 4 * D],
        [4 * D, D],
        [D, LETTERS],
    ];
    let w = shapes.map(|shape| numbers.tensor(&shape, (3.0 / D as f64).sqrt()));
    let [tokens, targets] = [(); 2].map(|()| numbers.whole(BATCH * TIME, LETTERS));
    training(w.into(), 3e-3, move |w| loss(w, &tokens, &targets))
}

fn convolutional_net() -> Turn {
    const BATCH: usize = 64;
    let mut numbers = Numbers(2);
    let shapes: [&[usize]; 10] = [
        &[6, 1, 5, 5],
        &[6, 1, 1],
        &[16, 6, 5, 5],
        &[16, 1, 1],
        &[256, 120],
        &[120],
        &[120, 84],
        &[84],
        &[84, 10],
        &[10],
    ];
    let w = shapes.map(|shape| numbers.tensor(shape, 0.1));
    let images = numbers.tensor(&[BATCH, 1, 28, 28], 1.0);
    let classes = numbers.whole(BATCH, 10);
    training(w.into(), 1e-3, move |w| {
        let images = w[0].tape().constant(&images);
        convolutional_net::net(w, images).softmax_cross_entropy(&classes)
    })
}

fn neural_ode() -> Turn {
    let mut numbers = Numbers(3);
    let w = [&[16, 2][..], &[16], &[2, 16]].map(|shape| numbers.tensor(shape, 0.5));
    let data = numbers.tensor(&[neural_ode::STEPS / neural_ode::EVERY, 2], 1.0);
    Box::new(move || {
        let outcome = neural_ode::loss(&w, &data);
        let size: f64 = outcome.theta.iter().map(|g| (g * g).sum()).sum();
        // The gradients count as well where the two sides are compared.
        outcome.loss + size.sqrt()
    })
}

/// A name, and what begins the program.
type Program = (&'static str, fn() -> Turn);

const PROGRAMS: [Program; 3] = [
    ("transformer", transformer),
    ("convolutional_net", convolutional_net),
    ("neural_ode", neural_ode),
];

/// Answers every line by a step, after the losses of the first three.
fn serve(mut step: Turn) {
    let losses: Vec<String> = (0..3).map(|_| step().to_string()).collect();
    println!("{}", losses.join(" "));
    for _ in std::io::stdin().lines() {
        black_box(step());
        println!("done");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name] = &arguments[..]
        && flag == "--serve"
    {
        let program = PROGRAMS.iter().find(|(known, _)| known == name);
        return serve(program.expect("one of the programs").1());
    }
    let once = arguments.iter().any(|argument| argument == "--test");
    for (name, program) in PROGRAMS {
        let mut step = program();
        let count = if once { 1 } else { 11 };
        let mut times: Vec<Duration> = (0..count)
            .map(|_| {
                let begin = Instant::now();
                black_box(step());
                begin.elapsed()
            })
            .collect();
        times.sort();
        println!("{name:18} {:9.2?}", times[times.len() / 2]);
    }
}
