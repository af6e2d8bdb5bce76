//! Flags that spread the independent pieces of a command's work over processes and machines.

use clap::Args;
use metaplast_experiment::{Part, Shard};
use metaplast_runs::settings::{heading, whole};

/// Which part of the work, or a script that has all parts done.
#[derive(Args, Debug)]
pub(crate) struct PartFlags {
    /// Do only shard I of N, every N-th piece of the work from the I-th on, and write no results; shards
    /// share --out and may run at the same time, on several machines (see docs/cluster.md)
    #[arg(long, value_name = "I/N", conflicts_with_all = ["gather", "slurm"], help_heading = heading::EXECUTION)]
    shard: Option<Shard>,
    /// Do none of the work: write the results of what shards left, or say what is missing
    #[arg(long, conflicts_with = "slurm", help_heading = heading::EXECUTION)]
    gather: bool,
    /// Print a script that has SLURM do the work in N tasks, then gather, and do nothing else [default
    /// N: one for each run or trial, 8 where there are neither]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0", value_parser = whole, help_heading = heading::EXECUTION)]
    slurm: Option<u64>,
}

impl PartFlags {
    /// Which part of the work.
    pub(crate) fn part(&self) -> Part {
        match self.shard {
            Some(shard) => Part::Shard(shard),
            None if self.gather => Part::Gather,
            None => Part::Whole,
        }
    }

    /// The number of tasks of a script, if one is asked for; where no number is given, that of the
    /// `pieces` that the work is known to have.
    pub(crate) fn tasks(&self, pieces: Option<u64>) -> Option<u64> {
        let given = |tasks| {
            if tasks == 0 {
                pieces.unwrap_or(8).max(1)
            } else {
                tasks
            }
        };
        self.slurm.map(given)
    }
}
