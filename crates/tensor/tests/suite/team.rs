//! Kernels that a team shares give the bits of one thread, whatever the shapes and the number of threads.

use metaplast_tensor::kernels::fused::{
    OuterProducts, Projection, ReverseProducts, ReverseUpdate, project, reverse_update,
};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Random, Scalar, Team};
use proptest::prelude::*;

/// A matrix, some of its rows, and outer products that fit.
#[derive(Clone, Copy, Debug)]
struct Case {
    rows: usize,
    cols: usize,
    terms: usize,
    pending: usize,
    /// Of three rows, so many are chosen; all without a list where it is `None`.
    chosen: Option<u64>,
    /// Which of the choices are made that a kernel leaves.
    flags: [bool; 5],
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (0..70usize, 1..90usize, 1..6usize, 0..6usize);
    let rest = (prop::option::of(0..4u64), any::<[bool; 5]>(), any::<u64>());
    (sizes, rest).prop_map(
        |((rows, cols, terms, pending), (chosen, flags, seed))| Case {
            rows,
            cols,
            terms,
            pending,
            chosen,
            flags,
            seed,
        },
    )
}

/// Numbers of a case.
struct Numbers<T> {
    case: Case,
    list: Vec<u32>,
    value: PaddedMatrix<T>,
    adjoint: PaddedMatrix<T>,
    /// Right vectors of the terms, and one more.
    vectors: PaddedMatrix<T>,
    us: Vec<Vec<T>>,
    pending: PaddedMatrix<T>,
    pending_us: Vec<Vec<T>>,
}

impl<T: Scalar> Numbers<T> {
    fn new(case: Case) -> Self {
        let Case {
            rows, cols, terms, ..
        } = case;
        let mut random = Random::new(case.seed);
        let mut numbers = |count: usize| -> Vec<T> {
            let number = |_| T::from_f64(2.0 * random.uniform() - 1.0);
            (0..count).map(number).collect()
        };
        let mut matrix = |rows: usize| {
            let mut matrix = PaddedMatrix::new();
            matrix.assign(rows, cols, &numbers(rows * cols));
            matrix
        };
        let (value, mut adjoint) = (matrix(rows), matrix(rows));
        let (vectors, mut pending) = (matrix(terms + 1), matrix(case.pending));
        if case.seed.is_multiple_of(4) {
            // What is added zero times shows.
            adjoint.assign(rows, cols, &vec![-T::ZERO; rows * cols]);
            (0..case.pending).for_each(|k| pending.assign_row(k, &vec![T::ONE / T::ZERO; cols]));
        }
        let us = (0..terms).map(|_| numbers(rows)).collect();
        let pending_us = (0..case.pending).map(|k| match k {
            // Often zero in many rows.
            0 => numbers(rows)
                .into_iter()
                .map(|x| if x < T::from_f64(0.3) { T::ZERO } else { x })
                .collect(),
            _ => numbers(rows),
        });
        let pending_us = pending_us.collect();
        let share = case.chosen.unwrap_or(3);
        let list = (0..rows as u32).filter(|&i| (u64::from(i) * 7 + case.seed % 5) % 3 < share);
        Numbers {
            case,
            list: list.collect(),
            value,
            adjoint,
            vectors,
            us,
            pending,
            pending_us,
        }
    }

    fn rows(&self) -> Rows<'_> {
        match self.case.chosen {
            Some(_) => Rows::List(&self.list),
            None => Rows::Range(0..self.case.rows),
        }
    }

    /// All that every kernel computes, one after the other.
    fn compute(&self) -> Vec<u64> {
        let Case {
            rows, terms, flags, ..
        } = self.case;
        let [decays, projects, undo, inner, fewer] = flags;
        let keep = if decays { T::from_f64(0.9) } else { T::ONE };
        let us: Vec<&[T]> = self.us.iter().map(Vec::as_slice).collect();
        let pending_us: Vec<&[T]> = self.pending_us.iter().map(Vec::as_slice).collect();
        let (vs, pending_vs): (Vec<_>, Vec<_>) =
            ((0..terms).collect(), (0..self.case.pending).collect());
        let mut found = Vec::new();
        let mut note = |numbers: &[T]| {
            let bits = |x: &T| match x.to_f64() {
                x if x.is_nan() => u64::MAX,
                x => x.to_bits(),
            };
            found.extend(numbers.iter().map(bits));
        };

        let mut out = vec![vec![T::ONE; rows]; terms];
        let mut into: Vec<&mut [T]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        self.value.dots(self.rows(), &self.vectors, &vs, &mut into);
        out.iter().for_each(|out| note(out));

        let mut sums = self.vectors.clone();
        self.value.add_rows(self.rows(), &us, &mut sums, &vs);
        note(&sums.to_vec());

        let mut value = self.value.clone();
        value.update(self.rows(), keep, &us, &self.vectors, &vs);
        note(&value.to_vec());
        value.undo(self.rows(), keep, &us, &self.vectors, &vs);
        note(&value.to_vec());

        let outer = OuterProducts {
            us: &us,
            vectors: &self.vectors,
            vs: &vs,
        };
        let projection = Projection {
            scale: T::from_f64(0.3),
            term: self.case.seed as usize % terms,
        };
        let mut projected = vec![T::ONE; rows];
        project(
            &mut value,
            self.rows(),
            keep,
            outer,
            projection,
            terms,
            &mut projected,
        );
        note(&projected);
        note(&value.to_vec());

        let (mut adjoint, mut lefts) = (self.adjoint.clone(), vec![T::ONE; terms * rows]);
        let step = ReverseUpdate {
            rows: self.rows(),
            scale: keep,
            pending: OuterProducts {
                us: &pending_us,
                vectors: &self.pending,
                vs: &pending_vs,
            },
            terms: outer,
            wanted: if fewer { terms - 1 } else { terms },
            keep,
            undo,
            projection: projects.then_some(projection),
            inner,
        };
        let products = ReverseProducts {
            lefts: &mut lefts,
            rights: &mut sums,
            projected: &mut projected,
        };
        let inner = reverse_update(&mut value, &mut adjoint, &step, products);
        note(&[inner]);
        note(&lefts);
        note(&projected);
        note(&sums.to_vec());
        note(&value.to_vec());
        note(&adjoint.to_vec());
        found
    }
}

thread_local! {
    /// Teams of 1 to 5 threads that share matrices of any size.
    static TEAMS: Vec<Team> = (1..=5).map(|n| Team::new(n).unwrap().with_least(0)).collect();
}

proptest! {
    #[test]
    fn shared_kernels_have_the_bits_of_one_thread(case in cases()) {
        let (single, double) = (Numbers::<f32>::new(case), Numbers::<f64>::new(case));
        let alone = (single.compute(), double.compute());
        TEAMS.with(|teams| {
            for team in teams {
                let together = team.lead(|| (single.compute(), double.compute()));
                prop_assert!(together == alone, "{} threads", team.threads());
            }
            Ok(())
        })?;
    }
}

/// A team outlives what panics in its work, and the panic reaches the thread that leads.
#[test]
fn a_panic_in_a_part_is_passed_on() {
    let team = Team::new(3).unwrap().with_least(0);
    let mut w = PaddedMatrix::new();
    w.assign(30, 20, &[1.0; 600]);
    let mut x = PaddedMatrix::new();
    x.assign(1, 20, &[1.0; 20]);
    let products = |rows: Rows<'_>| {
        let mut y = [0.0; 30];
        w.dots(rows, &x, &[0], &mut [&mut y]);
        y
    };
    // The last row is not there.
    let list: Vec<u32> = (1..31).collect();
    let failed = || team.lead(|| products(Rows::List(&list)));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(failed));
    assert!(panic.is_err());
    assert_eq!(team.lead(|| products(Rows::Range(0..30))), [20.0; 30]);
}

/// Threads that lead one team at the same time work, and so do teams within teams.
#[test]
fn a_busy_team_leaves_its_leader_alone() {
    let team = Team::new(2).unwrap().with_least(0);
    let case = Case {
        rows: 50,
        cols: 70,
        terms: 3,
        pending: 2,
        chosen: None,
        flags: [true; 5],
        seed: 1,
    };
    let numbers = Numbers::<f32>::new(case);
    let alone = numbers.compute();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let inner = Team::new(1).unwrap();
                    assert!(team.lead(|| inner.lead(|| numbers.compute())) == alone);
                    assert!(team.lead(|| numbers.compute()) == alone);
                }
            });
        }
    });
}
