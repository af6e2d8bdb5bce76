//! Time of a step's exchange between ranks at the paper's size: θ out, outcomes back, no episodes between.
//!
//! ```text
//! cargo build --release --example exchange
//! mpirun -n 2 target/release/examples/exchange
//! ```

use std::time::Instant;

use metaplast_meta::gradient::Outcome;
use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_mpi::exchange::{LEADER, broadcast, gather};
use metaplast_mpi::words::{Batch, batches, of_batches, outcomes, put_outcome};
use mpi::topology::Communicator;

/// Terms of the pool.
const TERMS: usize = 10;
/// Layers of the network.
const LAYERS: usize = 5;
/// Episodes of a rank in a step.
const EPISODES: u64 = 4;
const STEPS: u32 = 10_000;

fn main() {
    let universe = mpi::initialize().expect("MPI starts");
    let world = universe.world();
    let values = |n: usize| vec![0.1; n];
    let outcome = Outcome::new(
        QueryScore {
            cross_entropy: 1.0,
            accuracy: 0.5,
        },
        Some(values(TERMS)),
        Some(Diagnostics {
            angles: values(LAYERS + 1),
            orthonormality: values(LAYERS),
            weight_norms: values(LAYERS),
        }),
    );
    let batch = Batch {
        trial: 0,
        episodes: 0..EPISODES * world.size() as u64,
        theta: values(TERMS),
    };
    let mut seconds = Vec::new();
    for _ in 0..STEPS {
        let begin = Instant::now();
        let sent = if world.rank() == LEADER {
            of_batches(std::slice::from_ref(&batch))
        } else {
            Vec::new()
        };
        let received = batches(&broadcast(&world, sent));
        assert_eq!(received[0].theta.len(), TERMS);
        let mut words = Vec::new();
        for _ in 0..EPISODES {
            put_outcome(&mut words, &outcome);
        }
        let gathered = outcomes(&gather(&world, &words));
        seconds.push(begin.elapsed().as_secs_f64());
        if world.rank() == LEADER {
            assert_eq!(gathered.len() as u64, batch.episodes.end);
        }
    }
    seconds.sort_by(f64::total_cmp);
    if world.rank() == LEADER {
        let at = |share: usize| 1e6 * seconds[seconds.len() * share / 100];
        println!(
            "{} ranks: a step's exchange takes {:.1} µs in the median, {:.1} µs in 99 of 100",
            world.size(),
            at(50),
            at(99)
        );
    }
}
