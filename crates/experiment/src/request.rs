//! What an experiment is given, and its measurements on all threads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::error::Error;
use crate::measurement::Measurement;
use crate::monitor::ExperimentMonitor;
use crate::part::Part;
use crate::settings::ExperimentSettings;
use crate::store::Store;

/// What messages call measurements.
const PIECES: &str = "measurements";

/// What an experiment is given.
///
/// Work goes to the threads of the rayon pool in which [`Experiment::run`](crate::Experiment::run) is
/// called.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Every setting that the experiment declared, with the value that was chosen.
    pub settings: &'a ExperimentSettings,
    /// Who follows it.
    pub monitor: &'a dyn ExperimentMonitor,
    /// Where finished measurements are kept.
    pub store: &'a dyn Store,
    /// A directory for what an experiment makes besides its measurements.
    pub directory: Option<&'a Path>,
    /// Whether the size is asked for that ends within a minute.
    pub quick: bool,
    /// Which part of the work is asked for.
    pub part: Part,
}

impl<'a> Request<'a> {
    /// With settings, somebody who follows, and a place for finished measurements.
    #[must_use]
    pub fn new(
        settings: &'a ExperimentSettings,
        monitor: &'a dyn ExperimentMonitor,
        store: &'a dyn Store,
    ) -> Self {
        Request {
            settings,
            monitor,
            store,
            directory: None,
            quick: false,
            part: Part::Whole,
        }
    }

    /// With a directory for what it makes besides its measurements.
    #[must_use]
    pub fn in_directory(self, directory: &'a Path) -> Self {
        Request {
            directory: Some(directory),
            ..self
        }
    }

    /// In the size that ends within a minute, if `quick`; the settings are already of that size.
    #[must_use]
    pub fn quickly(self, quick: bool) -> Self {
        Request { quick, ..self }
    }

    /// For a part of the work.
    #[must_use]
    pub fn of_part(self, part: Part) -> Self {
        Request { part, ..self }
    }

    /// The directory for what it makes besides its measurements; the working directory if none was
    /// named.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.directory.map_or_else(PathBuf::new, Path::to_owned)
    }

    /// Makes the measurements that are not kept from before, on all threads, and returns all in the
    /// order of `names`.
    ///
    /// Each is kept under its name once it is finished, together with the experiment's settings. With
    /// other settings nothing is measured, so that nothing that is there is lost; only `trials` may
    /// change, on which no measurement depends: more of them keep those that are there. What was
    /// changed or damaged is measured again. Names are short and fit to be shown: `strict, trial 3`.
    /// A measurement that takes long asks [`ExperimentMonitor::stop_requested`] from time to time and
    /// then returns [`Error::interrupted`].
    ///
    /// Of a [part](Part) only the shard's measurements are made, or none. Only when all are there does
    /// the experiment go on from here.
    ///
    /// # Errors
    /// [`Error::ShardEnded`] and [`Error::Missing`] when measurements of other shards are not there;
    /// [`Error::OtherSettings`] when what is kept belongs to other settings; [`Error::Setting`] when two
    /// have the same name, as from a list with a value twice; the first error in the order of `names`;
    /// [`Error::Interrupted`] when it was asked to stop.
    pub fn measure(
        &self,
        title: &str,
        names: &[String],
        measure: impl Fn(usize) -> Result<Measurement, Error> + Sync,
    ) -> Result<Vec<Measurement>, Error> {
        self.measure_missing(title, names, &measure)
    }

    /// [`measure`](Self::measure), compiled once and not for every experiment.
    fn measure_missing(
        &self,
        title: &str,
        names: &[String],
        measure: &(dyn Fn(usize) -> Result<Measurement, Error> + Sync),
    ) -> Result<Vec<Measurement>, Error> {
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                let reason = format!("there are two of {name}; name each value once");
                return Err(Error::setting(title, reason));
            }
        }
        let mut settings = self.settings.to_json();
        if let Some(settings) = settings.as_object_mut() {
            settings.remove("trials");
        }
        let mut kept: Vec<Option<Measurement>> = Vec::new();
        for name in names {
            let text = self.store.get(&file_name(name))?;
            let found = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let found = found.filter(|found| {
                found["name"] == json!(name) && found["checksum"] == json!(checksum(found))
            });
            if found
                .as_ref()
                .is_some_and(|found| found["settings"] != settings)
            {
                return Err(Error::OtherSettings);
            }
            kept.push(found.and_then(|found| Measurement::from_json(&found["measured"])));
        }
        let missing: Vec<usize> = (0..names.len()).filter(|&k| kept[k].is_none()).collect();
        if self.part == Part::Gather && !missing.is_empty() {
            return Err(Error::Missing {
                names: missing.iter().map(|&k| names[k].clone()).collect(),
                all: names.len(),
                pieces: PIECES,
            });
        }
        let mine = missing.iter().copied().filter(|&k| self.part.has(k));
        let todo: Vec<usize> = mine.collect();
        self.monitor.begin(todo.len() as u64, title);
        let done = AtomicUsize::new(names.len() - missing.len());
        let interrupted = || Error::Interrupted {
            done: done.load(Ordering::SeqCst),
            all: names.len(),
            pieces: PIECES,
        };
        let one = |&place: &usize| -> Result<Measurement, Error> {
            if self.monitor.stop_requested() {
                return Err(interrupted());
            }
            let measured = measure(place)?;
            let mut text = json!({
                "name": names[place],
                "settings": settings,
                "measured": measured.to_json(),
            });
            text["checksum"] = checksum(&text).into();
            self.store
                .put(&file_name(&names[place]), &format!("{text}\n"))?;
            done.fetch_add(1, Ordering::SeqCst);
            self.monitor.tick();
            Ok(measured)
        };
        let made: Vec<Result<Measurement, Error>> =
            todo.par_iter().with_max_len(1).map(one).collect();
        for (place, made) in todo.into_iter().zip(made) {
            kept[place] = Some(made.map_err(|error| match error {
                Error::Interrupted { .. } => interrupted(),
                error => error,
            })?);
        }
        let all: Option<Vec<Measurement>> = kept.into_iter().collect();
        all.ok_or_else(|| Error::ShardEnded {
            done: done.load(Ordering::SeqCst),
            all: names.len(),
            pieces: PIECES,
        })
    }
}

/// Of what was measured and with which settings (FNV-1a): a file that somebody has changed is none.
fn checksum(kept: &Value) -> String {
    format!(
        "{:016x}",
        hash(&format!("{}{}", kept["settings"], kept["measured"]))
    )
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A name for a file: letters, digits and a few signs, and a number that tells apart what they do not.
fn file_name(name: &str) -> String {
    let plain = name.chars().take(60).map(|c| match c {
        c if c.is_ascii_alphanumeric() || "-_.=".contains(c) => c,
        _ => '_',
    });
    format!(
        "{}-{:08x}.json",
        plain.collect::<String>(),
        hash(name) as u32
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::monitor::Silent;
    use crate::part::Shard;
    use crate::store::KeptInMemory;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|k| format!("trial {k}")).collect()
    }

    fn square(place: usize) -> Result<Measurement, Error> {
        Ok(Measurement::new().with("square", [(place * place) as f64]))
    }

    #[test]
    fn finished_measurements_are_neither_made_again_nor_replaced_by_those_of_other_settings() {
        let store = KeptInMemory::default();
        let settings = ExperimentSettings::new().trials_and_seed(3);
        let made = AtomicUsize::new(0);
        let measure = |place: usize| {
            made.fetch_add(1, Ordering::SeqCst);
            square(place)
        };
        let request = Request::new(&settings, &Silent, &store);
        let first = request.measure("squares", &names(3), measure).unwrap();
        let second = request.measure("squares", &names(4), measure).unwrap();
        assert_eq!(first[..], second[..3]);
        assert_eq!(made.load(Ordering::SeqCst), 4);
        let more = ExperimentSettings::new().trials_and_seed(5);
        let request = Request::new(&more, &Silent, &store);
        request.measure("squares", &names(5), measure).unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 5);
        let mut other = ExperimentSettings::new().trials_and_seed(4);
        other.choose("seed", "2").unwrap();
        let request = Request::new(&other, &Silent, &store);
        let refused = request.measure("squares", &names(4), measure);
        assert!(matches!(refused, Err(Error::OtherSettings)));
        assert_eq!(made.load(Ordering::SeqCst), 5);
        // What somebody changed is measured again.
        let file = file_name("trial 2");
        let text = store.get(&file).unwrap().unwrap();
        store.put(&file, &text.replace("[4.0]", "[5.0]")).unwrap();
        let request = Request::new(&settings, &Silent, &store);
        let third = request.measure("squares", &names(3), measure).unwrap();
        assert_eq!(third, first);
        assert_eq!(made.load(Ordering::SeqCst), 6);
        let twice = vec!["trial 1".to_owned(); 2];
        let error = request.measure("squares", &twice, measure).unwrap_err();
        assert_eq!(
            error.to_string(),
            "squares: there are two of trial 1; name each value once"
        );
    }

    struct Stop(AtomicBool);

    impl ExperimentMonitor for Stop {
        fn tick(&self) {
            self.0.store(true, Ordering::SeqCst);
        }

        fn stop_requested(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn what_was_finished_before_an_interruption_is_kept() {
        let store = KeptInMemory::default();
        let settings = ExperimentSettings::new();
        let stop = Stop(AtomicBool::new(false));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let request = Request::new(&settings, &stop, &store);
        let error = pool
            .install(|| request.measure("squares", &names(3), square))
            .unwrap_err();
        assert_eq!(error.to_string(), "stopped after 1 of 3 measurements");
        let request = Request::new(&settings, &Silent, &store);
        let all = request.measure("squares", &names(3), square).unwrap();
        let squares: Vec<f64> = all.iter().map(|m| m.number("square")).collect();
        assert_eq!(squares, [0.0, 1.0, 4.0]);
    }

    #[test]
    fn shards_leave_together_what_one_process_leaves() {
        let (settings, whole) = (ExperimentSettings::new(), KeptInMemory::default());
        let request = Request::new(&settings, &Silent, &whole);
        let expected = request.measure("squares", &names(5), square).unwrap();
        let store = KeptInMemory::default();
        let of_part = |part| {
            let request = Request::new(&settings, &Silent, &store).of_part(part);
            request.measure("squares", &names(5), square)
        };
        let shard = |number| of_part(Part::Shard(Shard::new(number, 3).unwrap()));
        let message = |measured: Result<_, Error>| measured.unwrap_err().to_string();
        assert_eq!(message(shard(2)), "2 of 5 measurements are there");
        assert_eq!(
            message(of_part(Part::Gather)),
            "3 of 5 measurements are missing: trial 0, trial 2, trial 3"
        );
        assert_eq!(message(shard(3)), "3 of 5 measurements are there");
        assert_eq!(shard(1).unwrap(), expected);
        assert_eq!(of_part(Part::Gather).unwrap(), expected);
        for name in names(5).iter().map(|name| file_name(name)) {
            assert_eq!(store.get(&name).unwrap(), whole.get(&name).unwrap());
        }
    }

    #[test]
    fn names_that_differ_in_strange_signs_have_files_of_their_own() {
        assert_ne!(file_name("a/b"), file_name("a:b"));
        assert!(file_name("η = 0.1, trial 3").starts_with("__=_0.1__trial_3-"));
    }
}
