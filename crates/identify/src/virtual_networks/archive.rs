//! All networks of a directory, some in each file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use metaplast_experiment::{ExperimentMonitor, Part};
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;
use rayon::prelude::*;
use thiserror::Error;

use super::plan::{NetworkPlan, STEPS, TIMES};
use super::record::NetworkRecord;
use super::rule_class::RuleClass;
use super::task::LearningTask;

/// Networks of a file.
const BLOCK: u64 = 30;
/// The file that says what the others are of.
const SETTINGS: &str = "networks.txt";

/// A directory of simulated networks: `networks.txt` says which, `networks-0000.npz` and so on hold the
/// statistics of weights (`weights.N`, `[times, conditions without probes, layers, 13]`), of activity and
/// activity change (`activity.N`, `[times, conditions, layers, 11]`) and behaviour (`behaviour.N`,
/// `[times, 2]`: loss and performance) of network N.
#[derive(Clone, Debug)]
pub struct Archive {
    directory: PathBuf,
    classes: Vec<RuleClass>,
    seed: u64,
    block: u64,
    part: Part,
}

/// Why there are no networks.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong, and the way out where there is one.
        reason: String,
    },
    /// It was asked to stop; the files that are finished stay.
    #[error("stopped after {done} of {all} networks")]
    Interrupted {
        /// Networks that are there.
        done: usize,
        /// All.
        all: usize,
    },
    /// A shard has simulated its files of networks.
    #[error("{done} of {all} networks are there")]
    ShardEnded {
        /// Networks that are there.
        done: usize,
        /// All.
        all: usize,
    },
    /// Networks were to be read that are not all there.
    #[error("{} of {all} files of networks are missing: {}", names.len(), names.join(", "))]
    Missing {
        /// The files that are missing.
        names: Vec<String>,
        /// The number of all.
        all: usize,
    },
    /// A network's weights grew without bounds at every rate that was tried.
    #[error("network {number} ({rule}): {reason}")]
    Network {
        /// Its number.
        number: u64,
        /// Its rule.
        rule: String,
        /// What happened.
        reason: String,
    },
}

impl Archive {
    /// Networks of these rules in a directory, which is made with the first of them; all follow from
    /// `seed`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, classes: Vec<RuleClass>, seed: u64) -> Self {
        Archive {
            directory: directory.into(),
            classes,
            seed,
            block: BLOCK,
            part: Part::Whole,
        }
    }

    /// For a part of the work: of a shard every N-th file is simulated from the I-th on, and none to
    /// gather.
    #[must_use]
    pub fn of_part(self, part: Part) -> Self {
        Archive { part, ..self }
    }

    /// With so many networks in a file instead of 30.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    #[track_caller]
    pub fn in_files_of(self, block: u64) -> Self {
        assert!(block > 0, "archive: files of 0 networks");
        Archive { block, ..self }
    }

    /// The rules, in the order of their numbers.
    #[must_use]
    pub fn classes(&self) -> &[RuleClass] {
        &self.classes
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The first `networks` networks, whose rules come in turn: those that are there are read, the others
    /// simulated on all threads of the rayon pool and kept. The same bits on any number of threads, and
    /// however often it was stopped.
    ///
    /// # Errors
    /// [`ArchiveError::ShardEnded`] when a shard has done its share, since it has no use for the networks,
    /// and [`ArchiveError::Missing`] when those to gather are not there. When the directory holds networks
    /// of other rules or another seed, a file cannot be read or written, a network cannot learn, or it was asked to stop.
    pub fn networks(
        &self,
        networks: u64,
        monitor: &dyn ExperimentMonitor,
    ) -> Result<Vec<NetworkRecord>, ArchiveError> {
        self.check_settings()?;
        let blocks: Vec<u64> = (0..networks.div_ceil(self.block)).collect();
        let mut found = Vec::new();
        for &block in &blocks {
            found.push(self.read(block)?);
        }
        let size = |block: u64| self.block.min(networks - block * self.block);
        let missing: Vec<u64> = blocks
            .iter()
            .copied()
            .filter(|&block| {
                let there = found[block as usize].as_ref().map_or(0, Vec::len);
                (there as u64) < size(block)
            })
            .collect();
        let there: u64 = blocks
            .iter()
            .filter(|b| !missing.contains(b))
            .map(|&b| size(b))
            .sum();
        if self.part == Part::Gather && !missing.is_empty() {
            let name = |&block: &u64| {
                self.path(block)
                    .file_name()
                    .map(|name| name.display().to_string())
            };
            return Err(ArchiveError::Missing {
                names: missing.iter().filter_map(name).collect(),
                all: blocks.len(),
            });
        }
        let missing: Vec<u64> = missing
            .into_iter()
            .filter(|&block| self.part.has(block as usize))
            .collect();
        let done = AtomicUsize::new(there as usize);
        monitor.begin(missing.iter().map(|&block| size(block)).sum(), "networks");
        let images = LearningTask::images();
        let interrupted = || ArchiveError::Interrupted {
            done: done.load(Ordering::SeqCst),
            all: networks as usize,
        };
        // Blocks one after the other, each on all threads, so that little is lost when it stops.
        for block in missing {
            let numbers: Vec<u64> =
                (block * self.block..block * self.block + size(block)).collect();
            let one = |&number: &u64| {
                if monitor.stop_requested() {
                    return Err(interrupted());
                }
                let plan = NetworkPlan::draw(&self.classes, number, self.seed);
                let rule = &self.classes[plan.class];
                let record = NetworkRecord::simulate(&plan, rule, &images);
                monitor.tick();
                record.map_err(|error| ArchiveError::Network {
                    number,
                    rule: rule.name.clone(),
                    reason: error.to_string(),
                })
            };
            let records: Vec<Result<NetworkRecord, ArchiveError>> =
                numbers.par_iter().with_max_len(1).map(one).collect();
            let records = records.into_iter().collect::<Result<Vec<_>, _>>();
            let records = records.map_err(|error| match error {
                ArchiveError::Interrupted { .. } => interrupted(),
                error => error,
            })?;
            self.write(block, &records)?;
            done.fetch_add(records.len(), Ordering::SeqCst);
            found[block as usize] = Some(records);
        }
        if let Part::Shard(_) = self.part {
            return Err(ArchiveError::ShardEnded {
                done: done.into_inner(),
                all: networks as usize,
            });
        }
        let mut all: Vec<NetworkRecord> = found.into_iter().flatten().flatten().collect();
        all.truncate(networks as usize);
        Ok(all)
    }

    /// What the networks follow from, as text.
    fn settings(&self) -> String {
        let names: Vec<&str> = self
            .classes
            .iter()
            .map(|class| class.name.as_str())
            .collect();
        format!(
            "seed = {}\nrules = {}\ntasks = {}\ntimes = {TIMES}\nsteps = {STEPS}\nnetworks of a file = {}\nform = 2\n",
            self.seed,
            names.join(", "),
            LearningTask::ALL.map(LearningTask::name).join(", "),
            self.block
        )
    }

    fn check_settings(&self) -> Result<(), ArchiveError> {
        let path = self.directory.join(SETTINGS);
        match fs::read_to_string(&path) {
            Ok(text) if text == self.settings() => Ok(()),
            Ok(_) => Err(ArchiveError::File {
                path,
                reason: "these are networks of other rules or tasks, or of another seed or version; name another directory, or remove this one"
                    .into(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.directory).map_err(|error| file(&self.directory, error))?;
                write_whole(&path, self.settings().as_bytes())
            }
            Err(error) => Err(file(&path, error)),
        }
    }

    fn path(&self, block: u64) -> PathBuf {
        self.directory.join(format!("networks-{block:04}.npz"))
    }

    /// The networks of a block; none where there is no file, or one that does not hold them.
    fn read(&self, block: u64) -> Result<Option<Vec<NetworkRecord>>, ArchiveError> {
        let path = self.path(block);
        if !path.is_file() {
            return Ok(None);
        }
        let Ok(mut arrays) = npz::read::<f32>(&path) else {
            // Half of a file, from a full disk: it is made again.
            return Ok(None);
        };
        let mut records = Vec::new();
        for number in block * self.block..(block + 1) * self.block {
            let take = |kind: &str| arrays.remove(&format!("{kind}.{number}"));
            let parts = ["weights", "activity", "behaviour"].map(take);
            let [Some(weights), Some(activity), Some(behaviour)] = parts else {
                break;
            };
            let plan = NetworkPlan::draw(&self.classes, number, self.seed);
            let parts = [weights, activity, behaviour].map(Tensor::into_data);
            let Some(record) = NetworkRecord::of_parts(plan, parts) else {
                return Ok(None);
            };
            records.push(record);
        }
        Ok(Some(records))
    }

    fn write(&self, block: u64, records: &[NetworkRecord]) -> Result<(), ArchiveError> {
        let path = self.path(block);
        let mut arrays: Vec<(String, Tensor<f32>)> = Vec::new();
        for (record, number) in records.iter().zip(block * self.block..) {
            let [weights, activity] = NetworkRecord::dims(record.layers());
            let weights = Tensor::new(weights, record.weights.clone());
            let activity = Tensor::new(activity, record.activity.clone());
            let behaviour = Tensor::new([TIMES, 2], record.behaviour.clone());
            arrays.push((format!("weights.{number}"), weights));
            arrays.push((format!("activity.{number}"), activity));
            arrays.push((format!("behaviour.{number}"), behaviour));
        }
        let bytes = npz::encode(arrays.iter().map(|(name, array)| (name, array)));
        let bytes = bytes.map_err(|error| ArchiveError::File {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write_whole(&path, &bytes)
    }
}

fn file(path: &Path, error: std::io::Error) -> ArchiveError {
    ArchiveError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// A file as a whole or not at all, also where several processes write the same one.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let attempt = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    attempt.map_err(|error| {
        let _ = fs::remove_file(&beside);
        file(path, error)
    })
}
