//! Additions of states and matrices to states, and factors of their elements, against the same program with matrices as variables,
//! forward mode and finite differences.

use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
use metaplast_autodiff::{Dual, FactorTerm, Rewind, State, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};
use proptest::prelude::*;

const ROWS: usize = 3;
const COLS: usize = 4;

/// Steps of a weight matrix W and two traces E and F, which are added to one another.
#[derive(Clone, Debug)]
struct Program {
    steps: Vec<Step>,
    /// Whether E decays so much that undoing alone would lose its digits.
    fast: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// `E ← (1 − k) E + y xᵀ`
    Trace,
    /// `F ← F + c E`
    Second,
    /// `W ← W + c E`
    AddTrace,
    /// `W ← W + c F`
    AddSecond,
    /// `E ← E + c W`
    AddWeights,
    /// `W ← W + c W³`, element by element
    Cubes,
    /// `W ← (1 − k) W`
    Decay,
    /// `W ← (1 + c y xᵀ) ⊙ W`
    Factors,
    /// `E ← ((1 − k) − 2 c y xᵀ + k x' 1ᵀ) ⊙ E`, with factors about zero
    WideFactors,
}

fn programs() -> impl Strategy<Value = Program> {
    let step = prop_oneof![
        3 => Just(Step::Trace),
        1 => Just(Step::Second),
        2 => Just(Step::AddTrace),
        1 => Just(Step::AddSecond),
        1 => Just(Step::AddWeights),
        1 => Just(Step::Cubes),
        1 => Just(Step::Decay),
        2 => Just(Step::Factors),
        1 => Just(Step::WideFactors),
    ];
    (prop::collection::vec(step, 1..12), any::<bool>())
        .prop_map(|(steps, fast)| Program { steps, fast })
}

fn vector(len: usize, from: usize) -> Tensor<f64> {
    Tensor::from_fn([len], |i| (1.3 * (from + i[0]) as f64 + 0.4).sin())
}

fn start() -> Tensor<f64> {
    Tensor::from_fn([ROWS, COLS], |i| {
        (0.9 * (COLS * i[0] + i[1]) as f64).cos() * 0.5
    })
}

/// A matrix as a state, or as a variable that is replaced.
#[derive(Clone, Copy)]
enum Matrix<'t, T: Scalar> {
    State(State<'t, T>),
    Variable(Var<'t, T>),
}

impl<'t, T: Scalar> Matrix<'t, T> {
    fn matvec(self, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.matvec(x),
            Matrix::Variable(w) => w.matvec(x),
        }
    }

    fn read(self) -> Var<'t, T> {
        match self {
            Matrix::State(state) => state.read(),
            Matrix::Variable(w) => w,
        }
    }

    fn update(&mut self, decay: Var<'t, T>, u: Var<'t, T>, v: Var<'t, T>) {
        match self {
            Matrix::State(state) => state.rank_k_update(Some(decay), &[u], &[v]),
            Matrix::Variable(w) => {
                *w = *w - *w * decay + u.reshape([ROWS, 1]) * v.reshape([1, COLS])
            }
        }
    }

    fn scale(&mut self, decay: Option<Var<'t, T>>, terms: &[[Var<'t, T>; 3]]) {
        match self {
            Matrix::State(state) => {
                let terms = terms.iter().map(|&[coefficient, left, right]| FactorTerm {
                    coefficient,
                    left,
                    right,
                });
                state.scale(decay, &terms.collect::<Vec<_>>());
            }
            Matrix::Variable(w) => {
                let before = *w;
                if let Some(decay) = decay {
                    *w -= before * decay;
                }
                for &[c, u, v] in terms {
                    *w += before * (u.reshape([ROWS, 1]) * v.reshape([1, COLS])) * c;
                }
            }
        }
    }

    fn add(&mut self, c: Var<'t, T>, other: Self) {
        match (&mut *self, other) {
            (Matrix::State(state), Matrix::State(other)) => state.add_scaled(c, other),
            (Matrix::Variable(w), Matrix::Variable(other)) => *w += other * c,
            _ => unreachable!("all are of one kind"),
        }
    }

    fn add_matrix(&mut self, c: Var<'t, T>, matrix: Var<'t, T>) {
        match self {
            Matrix::State(state) => state.add_matrix(c, matrix),
            Matrix::Variable(w) => *w += matrix * c,
        }
    }
}

impl Program {
    /// The loss, from two numbers k and c and the first weights.
    fn run<'t, T: Scalar>(
        &self,
        tape: &'t Tape<T>,
        theta: &[Var<'t, T>],
        mut matrices: [Matrix<'t, T>; 3],
    ) -> Var<'t, T> {
        let mut loss = tape.constant(&Tensor::scalar(T::ZERO));
        for (t, &step) in self.steps.iter().enumerate() {
            loss += self.step(tape, theta, &mut matrices, step, t);
        }
        loss + matrices[2].read().sin().sum()
    }

    /// One step; its share of the loss.
    fn step<'t, T: Scalar>(
        &self,
        tape: &'t Tape<T>,
        theta: &[Var<'t, T>],
        [w, e, f]: &mut [Matrix<'t, T>; 3],
        step: Step,
        t: usize,
    ) -> Var<'t, T> {
        let [k, c] = [theta[0], theta[1]];
        let constant = |x: Tensor<f64>| tape.constant(&x.map(T::from_f64));
        let x = constant(vector(COLS, t));
        let y = w.matvec(x).tanh();
        match step {
            Step::Trace => e.update(if self.fast { k * 2.0 + 0.3 } else { k }, y, x),
            Step::Second => f.add(c, *e),
            Step::AddTrace => w.add(c * y.sum(), *e),
            Step::AddSecond => w.add(c, *f),
            Step::AddWeights => e.add(c, *w),
            Step::Cubes => w.add_matrix(c, w.read().powi(3)),
            Step::Decay => w.update(k, y * c, x),
            Step::Factors => w.scale(None, &[[c, y, x]]),
            Step::WideFactors => {
                let wide = k * (if self.fast { 8.0 } else { 1.0 });
                let (other, ones) = (
                    constant(vector(ROWS, t + 9)),
                    constant(Tensor::ones([COLS])),
                );
                e.scale(Some(k), &[[c * -2.0, y, x], [wide, other, ones]]);
            }
        }
        (y * constant(vector(ROWS, 50 + t))).sum()
    }

    /// Loss and gradients of k, c and the first weights.
    fn gradients(&self, states: bool, rewind: Rewind) -> Vec<f64> {
        let tape = Tape::<f64>::new();
        tape.set_rewind(rewind);
        let theta = [tape.scalar(0.2), tape.scalar(0.15)];
        let zeros = Tensor::zeros([ROWS, COLS]);
        if states {
            let w = tape.state_with_gradient(&start());
            let [e, f] = [(); 2].map(|()| tape.state(&zeros));
            let loss = self.run(&tape, &theta, [w, e, f].map(Matrix::State));
            let gradients = loss.backward();
            let rewound = |state: State<'_, f64>, first: Tensor<f64>| {
                let back = state.rewound_value();
                let pairs = back.data().iter().zip(first.data());
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            // States that nothing changed have no first value to go back to.
            if self.steps.iter().any(|step| {
                !matches!(
                    step,
                    Step::Trace | Step::Second | Step::AddWeights | Step::WideFactors
                )
            }) {
                assert!(rewound(w, start()) < 1e-12);
            }
            if self
                .steps
                .iter()
                .any(|step| matches!(step, Step::Trace | Step::AddWeights | Step::WideFactors))
            {
                assert!(rewound(e, zeros) < 1e-12);
            }
            let own = theta.iter().map(|&p| gradients.wrt(p).item());
            let own: Vec<f64> = own.collect();
            [&[loss.item()], &own[..], gradients.wrt_state(w).data()].concat()
        } else {
            let w = tape.var(&start());
            let [e, f] = [(); 2].map(|()| tape.constant(&zeros));
            let loss = self.run(&tape, &theta, [w, e, f].map(Matrix::Variable));
            let gradients = loss.backward();
            let own: Vec<f64> = theta.iter().map(|&p| gradients.wrt(p).item()).collect();
            [&[loss.item()], &own[..], gradients.wrt(w).data()].concat()
        }
    }
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    let size = b.iter().map(|x| x.abs()).fold(1.0, f64::max);
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * size, "{a} and {b}");
    }
}

proptest! {
    #[test]
    fn added_states_have_the_gradients_of_variables(program in programs()) {
        let plain = program.gradients(false, Rewind::Undo);
        for rewind in [Rewind::Undo, Rewind::Snapshot { every: 1 }, Rewind::Snapshot { every: 2 }] {
            assert_close(&program.gradients(true, rewind), &plain, 1e-12);
        }
    }

    #[test]
    fn added_states_agree_with_forward_mode_and_differences(program in programs()) {
        let parameters = [Tensor::scalar(0.2), Tensor::scalar(0.15)];
        let report = gradcheck(&parameters, Tolerance::default(), |theta| {
            let tape = theta[0].tape();
            let w = tape.state(&start().map(Dual::constant));
            let zeros = Tensor::zeros([ROWS, COLS]);
            let [e, f] = [(); 2].map(|()| tape.state(&zeros));
            program.run(tape, theta, [w, e, f].map(Matrix::State))
        });
        prop_assert!(report.passed, "{report}");
    }

    #[test]
    fn added_states_have_one_gradient_in_segments_of_any_length(
        program in programs(),
        every in 1usize..5,
    ) {
        let zeros = Tensor::zeros([ROWS, COLS]);
        let from = Start {
            states: vec![start(), zeros.clone(), zeros],
            vectors: Vec::new(),
            theta: vec![Tensor::scalar(0.2), Tensor::scalar(0.15)],
        };
        let outcome = |policy| {
            let step = |now: &mut Moment<'_, f64>, t: usize| {
                let mut matrices = [0, 1, 2].map(|k| Matrix::State(now.states[k]));
                let loss = program.step(now.tape, &now.theta, &mut matrices, program.steps[t], t);
                now.add_loss(loss);
            };
            let end = |now: &mut Moment<'_, f64>| now.add_loss(now.states[2].read().sin().sum());
            scan(step, end, &from, program.steps.len(), policy)
        };
        let whole = outcome(Policy::StoreAll);
        let parts = outcome(Policy::Every { steps: every });
        let numbers = |tensors: &[Tensor<f64>]| {
            tensors.iter().flat_map(|t| t.data().to_vec()).collect::<Vec<f64>>()
        };
        assert_close(&numbers(&parts.theta), &numbers(&whole.theta), 1e-12);
        assert_close(&numbers(&parts.states), &numbers(&whole.states), 1e-12);
        let plain = program.gradients(false, Rewind::Undo);
        assert_close(&numbers(&whole.theta), &plain[1..3], 1e-12);
    }
}

#[test]
fn a_detached_state_is_added_as_a_constant() {
    use metaplast_tensor::tensor;
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(2.0);
    let (w, e) = (tape.state(&tensor![[1.0]]), tape.state(&tensor![[0.0]]));
    let one = tape.constant(&tensor![1.0]);
    e.rank_k_update(None, &[one * rate], &[one]);
    w.add_scaled(rate, e.detached());
    let loss = w.matvec(one).sum();
    assert_eq!(loss.item(), 5.0);
    assert_eq!(loss.backward().wrt(rate).item(), 2.0);
}

#[test]
#[should_panic(expected = "state.add_scaled: states of shapes [1, 2] and [2, 1]")]
fn states_of_two_shapes_are_not_added() {
    let tape = Tape::<f64>::new();
    let (w, e) = (
        tape.state(&Tensor::zeros([1, 2])),
        tape.state(&Tensor::zeros([2, 1])),
    );
    w.add_scaled(tape.scalar(1.0), e);
}

#[test]
fn an_addition_that_is_cut_away_leaves_the_recording_as_it_was() {
    let tape = Tape::<f64>::new();
    let rate = tape.scalar(0.5);
    let (w, e) = (tape.state(&start()), tape.state(&start()));
    w.add_scaled(rate, e);
    let mark = tape.mark();
    w.add_scaled(rate, e);
    tape.cut(mark);
    let kept = tape.rows().iter().filter(|row| row.updates).count();
    assert_eq!(kept, 1);
}

#[test]
#[should_panic(expected = "state.scale: state of shape [1, 2], coefficient of shape []")]
fn factors_of_another_shape_are_refused() {
    let tape = Tape::<f64>::new();
    let w = tape.state(&Tensor::zeros([1, 2]));
    let one = tape.constant(&Tensor::ones([1]));
    let term = FactorTerm {
        coefficient: tape.scalar(1.0),
        left: one,
        right: one,
    };
    w.scale(None, &[term]);
}

#[test]
fn a_factor_of_zero_is_undone_from_a_copy() {
    let tape = Tape::<f64>::new();
    let w = tape.state_with_gradient(&start());
    let ones = [ROWS, COLS].map(|len| tape.constant(&Tensor::ones([len])));
    let coefficient = tape.scalar(-1.0);
    let term = FactorTerm {
        coefficient,
        left: ones[0],
        right: ones[1],
    };
    w.scale(None, &[term]);
    assert_eq!(w.value(), Tensor::zeros([ROWS, COLS]));
    let gradients = w.read().sum().backward();
    assert_eq!(w.rewound_value(), start());
    assert_close(
        &[gradients.wrt(coefficient).item()],
        &[start().sum()],
        1e-15,
    );
}
