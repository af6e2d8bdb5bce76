//! `metaplast meta-train` with the episodes of each meta-batch on the ranks of MPI.
//!
//! ```text
//! mpirun -n 64 metaplast-mpi meta-train --meta-batch 256 --out runs/wide
//! ```
//!
//! Rank 0 is the command: it moves θ, writes the run directory and is asked to stop. For each step it
//! broadcasts θ, every rank runs one contiguous block of the episodes, and their outcomes are gathered in
//! the order of the ranks, which is that of the episodes. Nothing is summed on the way, so the files are
//! those of `metaplast meta-train`, byte for byte, on any number of ranks. A rank is one thread. When a rank
//! is lost, MPI ends the job; `--resume` goes on from the last checkpoint.

pub mod exchange;
mod leader;
mod member;
pub mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mpi::Threading;
use mpi::topology::Communicator;
use signal_hook::consts::{SIGINT, SIGTERM};

/// What a rank does that was started with the arguments of its process; returns the code with which that
/// ends, which is the command's on rank 0.
#[must_use]
pub fn run() -> u8 {
    // Episodes run on the thread that talks to MPI; on rank 0 the training has another.
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else {
        eprintln!("error: MPI does not start; run the program by mpirun or srun");
        return 1;
    };
    let world = universe.world();
    if world.rank() == exchange::LEADER {
        return leader::lead(&world);
    }
    // mpirun passes signals on to every rank; what they mean is for rank 0 to say.
    let heard = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, heard.clone());
    }
    member::follow(&world);
    0
}
