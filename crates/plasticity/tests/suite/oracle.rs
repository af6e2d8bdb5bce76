//! The model in plain f64 loops, written from the paper's formulas and nothing else.

/// Beyond this value of βz softplus is the identity.
const SWITCH: f64 = 20.0;

/// `[rows, cols]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) data: Vec<f64>,
}

impl Matrix {
    pub(crate) fn from_fn(
        rows: usize,
        cols: usize,
        mut f: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for i in 0..rows {
            for j in 0..cols {
                data.push(f(i, j));
            }
        }
        Matrix { rows, cols, data }
    }

    pub(crate) fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.cols + j]
    }

    pub(crate) fn times(&self, x: &[f64]) -> Vec<f64> {
        let row = |i| (0..self.cols).map(|j| self.at(i, j) * x[j]).sum();
        (0..self.rows).map(row).collect()
    }

    pub(crate) fn transposed_times(&self, x: &[f64]) -> Vec<f64> {
        let column = |j| (0..self.rows).map(|i| self.at(i, j) * x[i]).sum();
        (0..self.cols).map(column).collect()
    }

    /// `self + factor · other`
    pub(crate) fn plus(&self, factor: f64, other: &Matrix) -> Matrix {
        Matrix::from_fn(self.rows, self.cols, |i, j| {
            self.at(i, j) + factor * other.at(i, j)
        })
    }

    pub(crate) fn largest(&self) -> f64 {
        self.data.iter().fold(0.0, |m, w| m.max(w.abs()))
    }
}

pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// What a plasticity term sees of one layer.
pub(crate) struct Layer<'a> {
    pub(crate) w: &'a Matrix,
    pub(crate) y_pre: &'a [f64],
    pub(crate) e_pre: &'a [f64],
    pub(crate) y: &'a [f64],
    pub(crate) e: &'a [f64],
}

impl Layer<'_> {
    /// `F^r` as the paper writes it, entry by entry.
    pub(crate) fn term(&self, r: usize) -> Matrix {
        let Layer {
            w,
            y_pre,
            e_pre,
            y,
            e,
        } = *self;
        // y_lᵀ W_l e_(l−1) and y_(l−1)ᵀ W_lᵀ e_l
        let y_w_e = dot(y, &w.times(e_pre));
        let y_wt_e = dot(y_pre, &w.transposed_times(e));
        let sum: f64 = y.iter().sum();
        Matrix::from_fn(w.rows, w.cols, |i, j| match r {
            0 => -e[i] * y_pre[j],
            1 => -y[i] * e_pre[j],
            2 => -e[i] * e_pre[j],
            3 => -w.at(i, j),
            4 => -e_pre[j],
            5 => -e[i] * sum * y_pre[j],
            6 => -y[i] * y_w_e * e_pre[j],
            7 => -e[i] * y_w_e * y_pre[j],
            8 => -y[i] * y_wt_e * e_pre[j],
            9 => y[i] * y_pre[j] - (0..w.rows).map(|k| y[i] * y[k] * w.at(k, j)).sum::<f64>(),
            _ => unreachable!("ten terms"),
        })
    }

    /// `W + Σ_r θ_r F^r`
    pub(crate) fn updated(&self, theta: &[f64; 10]) -> Matrix {
        let used = (0..10).filter(|&r| theta[r] != 0.0);
        used.fold(self.w.clone(), |w, r| w.plus(theta[r], &self.term(r)))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) x: Vec<f64>,
    pub(crate) label: usize,
}

/// Activity and teaching signals for one sample: `y_0..y_L`, `z_1..z_L`, `e_0..e_L`.
pub(crate) struct Signals {
    pub(crate) y: Vec<Vec<f64>>,
    pub(crate) z: Vec<Vec<f64>>,
    pub(crate) e: Vec<Vec<f64>>,
}

pub(crate) fn signals(w: &[Matrix], b: &[Matrix], beta: f64, sample: &Sample) -> Signals {
    let layers = w.len();
    let (mut y, mut z) = (vec![sample.x.clone()], Vec::new());
    for l in 0..layers {
        z.push(w[l].times(&y[l]));
        y.push(if l + 1 < layers {
            z[l].iter().map(|&z| softplus(beta, z)).collect()
        } else {
            softmax(&z[l])
        });
    }
    let mut error = y[layers].clone();
    error[sample.label] -= 1.0;
    let mut e = vec![error];
    for l in (0..layers).rev() {
        let back = b[l].transposed_times(&e[0]);
        let slope = y[l].iter().map(|y| 1.0 - (-beta * y).exp());
        e.insert(
            0,
            back.iter()
                .zip(slope)
                .map(|(back, slope)| back * slope)
                .collect(),
        );
    }
    Signals { y, z, e }
}

fn softplus(beta: f64, z: f64) -> f64 {
    if beta * z > SWITCH {
        z
    } else {
        (beta * z).exp().ln_1p() / beta
    }
}

fn softmax(z: &[f64]) -> Vec<f64> {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all: Vec<f64> = z.iter().map(|z| (z - largest).exp()).collect();
    let sum: f64 = all.iter().sum();
    all.iter().map(|x| x / sum).collect()
}

/// Through which matrices errors travel back.
#[derive(Clone, Copy)]
pub(crate) enum Feedback<'a> {
    Fixed(&'a [Matrix]),
    /// The weights of the moment.
    Weights,
    /// Matrices for each step, whatever becomes of the weights.
    Frozen(&'a [Vec<Matrix>]),
}

/// What an episode leaves.
pub(crate) struct Outcome {
    /// The weights before each step, and the last ones.
    pub(crate) trajectory: Vec<Vec<Matrix>>,
    pub(crate) loss: f64,
    /// For every hidden unit in every step and query whether it is beyond softplus' switch.
    pub(crate) beyond: Vec<bool>,
}

impl Outcome {
    pub(crate) fn weights(&self) -> &[Matrix] {
        &self.trajectory[self.trajectory.len() - 1]
    }

    /// Whether nothing has exploded.
    pub(crate) fn is_tame(&self) -> bool {
        let tame = |w: &Matrix| w.largest() < 5.0;
        self.loss < 15.0 && self.trajectory.iter().flatten().all(tame)
    }
}

/// Learns the support samples one by one and returns the mean cross-entropy of the queries.
pub(crate) fn episode(
    start: &[Matrix],
    feedback: Feedback<'_>,
    beta: f64,
    theta: &[f64; 10],
    support: &[Sample],
    query: &[Sample],
) -> Outcome {
    let mut trajectory = vec![start.to_vec()];
    let mut beyond = Vec::new();
    let mut note = |signals: &Signals| {
        let hidden = &signals.z[..signals.z.len() - 1];
        beyond.extend(hidden.iter().flatten().map(|z| beta * z > SWITCH));
    };
    for (step, sample) in support.iter().enumerate() {
        let w = &trajectory[step];
        let b = match feedback {
            Feedback::Fixed(b) => b,
            Feedback::Weights => w,
            Feedback::Frozen(steps) => &steps[step],
        };
        let s = signals(w, b, beta, sample);
        note(&s);
        let layer = |l: usize| Layer {
            w: &w[l],
            y_pre: &s.y[l],
            e_pre: &s.e[l],
            y: &s.y[l + 1],
            e: &s.e[l + 1],
        };
        let next = (0..w.len()).map(|l| layer(l).updated(theta)).collect();
        trajectory.push(next);
    }
    let last = &trajectory[support.len()];
    let losses = query.iter().map(|sample| {
        let s = signals(last, last, beta, sample);
        note(&s);
        let z = &s.z[last.len() - 1];
        let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = z.iter().map(|z| (z - largest).exp()).sum();
        largest + sum.ln() - z[sample.label]
    });
    let loss = losses.sum::<f64>() / query.len() as f64;
    Outcome {
        trajectory,
        loss,
        beyond,
    }
}
