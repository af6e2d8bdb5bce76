//! Meta-training on a thread of its own, which tells the interpreter's by a channel how it goes.
//!
//! The interpreter polls, so that an interruption is heard between two polls; when nobody listens any more
//! the training stops, with a checkpoint.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use metaplast_meta::gradient::Outcome;
use metaplast_meta::train::{EpisodeRecord, Location};
use metaplast_runs::rule::rule_name;
use metaplast_runs::settings::{Config, Settings};
use metaplast_runs::train::{self, EPISODES_PER_CHECKPOINT, Execution, RunEnd, RunExecutor};
use metaplast_runs::{directory, threads};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{diverged, of_run, value, without_lock};
use crate::session::{OutcomeParts, outcome};
use crate::telling::{Asking, Ended, Failure, Message, Teller};

/// The settings of a text, and what is not for the run itself: threads and checkpoints.
pub(crate) fn config(text: &str) -> PyResult<(Config, Settings)> {
    let settings = Settings::parse(text, Path::new("settings"));
    let settings = settings.map_err(|error| of_run(&error))?;
    let libraries = metaplast_cli::libraries::all();
    let config = Config::resolve_with(&settings, &Settings::default(), None, &libraries);
    Ok((config.map_err(|error| of_run(&error))?, settings))
}

/// What runs, and in which way.
enum Task {
    Start {
        config: Box<Config>,
        out: Option<PathBuf>,
    },
    Resume {
        directory: PathBuf,
        episodes: Option<u64>,
    },
}

/// A meta-training that runs.
#[pyclass(frozen, module = "metaplast._metaplast")]
pub(crate) struct Training {
    messages: Mutex<Option<Receiver<Message>>>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
    replies: Mutex<Vec<Option<Sender<Vec<Outcome>>>>>,
}

#[pymethods]
impl Training {
    /// Begins by settings, or goes on with a run in a directory.
    #[new]
    fn new(
        settings: &str,
        out: Option<PathBuf>,
        resume: Option<PathBuf>,
        remote: bool,
    ) -> PyResult<Self> {
        let (config, settings) = config(settings)?;
        let checkpoint_every = match settings.checkpoint_every {
            Some(0) => return Err(value("checkpoint_every: 0 makes no sense; give at least 1")),
            Some(every) => every,
            None => EPISODES_PER_CHECKPOINT,
        };
        for (name, given) in [
            ("threads", settings.threads),
            ("episode_threads", settings.episode_threads),
        ] {
            if given == Some(0) {
                return Err(value(format!("{name}: 0 threads; choose 1 to 1024")));
            }
        }
        let task = match resume {
            Some(directory) => Task::Resume {
                directory,
                episodes: settings.episodes,
            },
            None => Task::Start {
                config: Box::new(config),
                out: out.or(settings.out),
            },
        };
        let (sender, messages) = sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let work = {
            let stop = stop.clone();
            move || {
                run(
                    task,
                    [settings.threads, settings.episode_threads],
                    remote,
                    checkpoint_every,
                    &sender,
                    &stop,
                )
            }
        };
        let thread = std::thread::Builder::new()
            .name("metaplast".into())
            .spawn(work);
        let thread = thread.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Training {
            messages: Mutex::new(Some(messages)),
            stop,
            thread: Mutex::new(Some(thread)),
            replies: Mutex::new(Vec::new()),
        })
    }

    /// The next message as `(kind, contents)`; none when so many seconds have passed without one.
    fn poll<'py>(
        &self,
        py: Python<'py>,
        seconds: f64,
    ) -> PyResult<Option<(&'static str, Bound<'py, PyDict>)>> {
        let wait = Duration::from_secs_f64(seconds.clamp(0.0, 3600.0));
        let received = without_lock(py, || {
            let messages = self.messages.lock();
            let messages = messages.as_ref().map(|messages| messages.as_ref());
            match messages {
                Ok(Some(messages)) => messages.recv_timeout(wait),
                _ => Err(RecvTimeoutError::Disconnected),
            }
        })?;
        match received {
            Ok(message) => self.told(py, message).map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(PyRuntimeError::new_err("the training has ended"))
            }
        }
    }

    /// Answers a message `wanted`; none asks the training to stop.
    fn reply(&self, ticket: usize, outcomes: Option<Vec<OutcomeParts>>) -> PyResult<()> {
        let mut replies = self.replies.lock().map_err(value)?;
        let sender = replies.get_mut(ticket).and_then(Option::take);
        let sender =
            sender.ok_or_else(|| value(format!("ticket {ticket} was answered already")))?;
        if let Some(outcomes) = outcomes {
            // A training that was stopped meanwhile does not listen any more.
            let _ = sender.send(outcomes.into_iter().map(outcome).collect());
        }
        Ok(())
    }

    /// Asks for an end after the meta-batches that are under way; what was done is saved.
    fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Ok(mut replies) = self.replies.lock() {
            replies.clear();
        }
    }

    /// Waits for the end, after [`stop`](Self::stop) or the last message.
    fn join(&self, py: Python<'_>) -> PyResult<()> {
        without_lock(py, || {
            if let Ok(mut messages) = self.messages.lock() {
                // Whoever sends now learns that nobody listens.
                messages.take();
            }
            let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
            if let Some(thread) = thread {
                let _ = thread.join();
            }
        })
    }
}

impl Drop for Training {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Training {
    fn told<'py>(
        &self,
        py: Python<'py>,
        message: Message,
    ) -> PyResult<(&'static str, Bound<'py, PyDict>)> {
        let contents = PyDict::new(py);
        let kind = match message {
            Message::Begun { settings } => {
                contents.set_item("settings", settings)?;
                "begun"
            }
            Message::Note(text) => {
                contents.set_item("text", text)?;
                "note"
            }
            Message::Episode(record) => {
                fill(&contents, &record)?;
                "episode"
            }
            Message::Wanted {
                trial,
                episodes,
                theta,
                reply,
            } => {
                let mut replies = self.replies.lock().map_err(value)?;
                replies.push(Some(reply));
                contents.set_item("ticket", replies.len() - 1)?;
                contents.set_item("trial", trial)?;
                contents.set_item("first", episodes.start)?;
                contents.set_item("end", episodes.end)?;
                contents.set_item("theta", theta)?;
                "wanted"
            }
            Message::Ended(Ok(ended)) => {
                contents.set_item("directory", ended.directory)?;
                contents.set_item("finished", ended.finished)?;
                "ended"
            }
            Message::Ended(Err(failure)) => {
                return Err(match failure.gave_up {
                    Some((episode, location)) => {
                        let message = failure.error.to_string();
                        diverged(py, message, Some(episode), location.as_ref())
                    }
                    None => of_run(&failure.error),
                });
            }
        };
        Ok((kind, contents))
    }
}

fn fill(contents: &Bound<'_, PyDict>, record: &EpisodeRecord) -> PyResult<()> {
    contents.set_item("trial", record.trial)?;
    contents.set_item("episode", record.episode)?;
    contents.set_item("theta", &record.theta)?;
    contents.set_item("meta_loss", record.meta_loss)?;
    contents.set_item("loss", record.query.cross_entropy)?;
    contents.set_item("accuracy", record.query.accuracy)?;
    contents.set_item("angles", &record.diagnostics.angles)?;
    contents.set_item("orthonormality", &record.diagnostics.orthonormality)?;
    contents.set_item("weight_norms", &record.diagnostics.weight_norms)?;
    contents.set_item("diverged", record.diverged)?;
    let location = record.divergence.as_ref().map(|divergence| {
        let Location {
            step, layer, term, ..
        } = &divergence.location;
        (*step, *layer, term.clone())
    });
    contents.set_item("divergence", location)
}

/// What the thread does.
fn run(
    task: Task,
    [n_threads, episode_threads]: [Option<u64>; 2],
    remote: bool,
    checkpoint_every: u64,
    sender: &SyncSender<Message>,
    stop: &Arc<AtomicBool>,
) {
    let mut monitor = Teller {
        sender: sender.clone(),
        stop: stop.clone(),
        gave_up: None,
    };
    let asking = Asking(Mutex::new(sender.clone()));
    let executor: Option<&dyn RunExecutor> = if remote { Some(&asking) } else { None };
    let pool = match (remote, &task) {
        (false, _) => threads::pool_of_teams(n_threads, episode_threads),
        (true, Task::Start { config, .. }) => threads::waiting(config.trials),
        // Its trials are not known yet.
        (true, Task::Resume { .. }) => threads::waiting(u64::MAX),
    };
    let libraries = metaplast_cli::libraries::all();
    let ended = pool.and_then(|pool| {
        let mut train = |how: &dyn Fn(Execution<'_>) -> Result<RunEnd, metaplast_runs::Error>| {
            let execution = Execution::new(&pool, &mut monitor)
                .with_executor(executor)
                .with_checkpoint_every(checkpoint_every)
                .with_libraries(&libraries);
            how(execution)
        };
        match task {
            Task::Start { config, out } => {
                let name = rule_name(&config.rule, &config.feedback);
                directory::in_chosen(out.as_deref(), &name, |out| {
                    let end = train(&|execution| train::start(&config, out.clone(), execution))?;
                    Ok((end, out))
                })
            }
            Task::Resume {
                directory,
                episodes,
            } => {
                let end = train(&|execution| match episodes {
                    Some(episodes) => train::extend(&directory, episodes, execution),
                    None => train::resume(&directory, execution),
                })?;
                Ok((end, directory))
            }
        }
    });
    let message = match ended {
        Ok((end, directory)) => Ok(Ended {
            directory,
            finished: matches!(end, RunEnd::Finished(_)),
        }),
        Err(error) => Err(Failure {
            error,
            gave_up: monitor.gave_up.take(),
        }),
    };
    let _ = sender.send(Message::Ended(message));
}
