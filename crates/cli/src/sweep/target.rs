//! On what a sweep tries the rules that it found: classes that meta-training did not see, tasks of
//! another shape, other images.

use std::sync::Arc;

use metaplast_data::{Dataset, ImageForm, TaskSampler};
use metaplast_runs::Error;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};
use metaplast_runs::settings::network::check_fits;
use metaplast_runs::settings::{Choice, Config};
use serde::Deserialize;

use crate::flags::TaskClasses;

/// A `[[target]]` of a sweep file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// What tables call it.
    pub(crate) name: String,
    /// As `--data`; the run's own images when it is missing.
    data: Option<String>,
    #[serde(default = "all_classes")]
    classes: TaskClasses,
    /// As the run's when they are missing.
    ways: Option<u64>,
    shots: Option<u64>,
    queries: Option<u64>,
}

fn all_classes() -> TaskClasses {
    TaskClasses::All
}

/// Tasks on which a rule can be tried.
#[derive(Clone, Debug)]
pub(crate) struct TargetTasks {
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) sampler: TaskSampler,
    pub(crate) ways: u64,
}

/// Images that were opened, so that each set is opened once.
#[derive(Debug, Default)]
pub(crate) struct Opened(Vec<((DataSource, ImageForm), Arc<Dataset>)>);

impl Opened {
    /// The images of a source in a form.
    pub(crate) fn get(
        &mut self,
        source: DataSource,
        form: ImageForm,
    ) -> Result<Arc<Dataset>, Error> {
        let key = (source, form);
        if let Some((_, dataset)) = self.0.iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(dataset));
        }
        let dataset = Arc::new(key.0.open_in(&form)?);
        self.0.push((key, Arc::clone(&dataset)));
        Ok(dataset)
    }
}

impl Target {
    /// Tasks like the runs' own, from all classes of other images.
    pub(crate) fn on_data(data: &str) -> Self {
        let last = data.trim_end_matches('/').rsplit('/').next();
        Target {
            name: last.unwrap_or(data).to_owned(),
            data: Some(data.to_owned()),
            classes: TaskClasses::All,
            ways: None,
            shots: None,
            queries: None,
        }
    }

    /// The tasks for the rule of one run.
    pub(crate) fn prepare(&self, run: &Config, opened: &mut Opened) -> Result<TargetTasks, Error> {
        let origin = format!("target {:?}", self.name);
        let source = match &self.data {
            None => run.source.clone(),
            Some(data) => DataSource::new(data, GLYPHS_PER_CLASS, DATA_SEED)?.absolute(),
        };
        let own = source == run.source;
        let dataset = opened.get(source, run.form())?;
        check_fits(&run.architecture, &origin, &dataset)?;
        let inhabited = |c: &usize| !dataset.of_class(*c).is_empty();
        let classes = match self.classes {
            TaskClasses::All => (0..dataset.classes()).filter(inhabited).collect(),
            _ if !own => {
                let reason = "only the images that a rule was learned on have learned and held-out classes; leave `classes` out";
                return Err(Error::setting(origin, reason));
            }
            TaskClasses::Learned => run.tasks(&dataset)?.sampler.classes().to_vec(),
            TaskClasses::HeldOut => run.tasks(&dataset)?.held_out,
        };
        let number = |own: Option<u64>, usual: u64, key: &str| {
            Choice::new(own.unwrap_or(usual), format!("{origin}: {key}")).positive()
        };
        let ways = number(self.ways, run.ways, "ways")?;
        let sampler = TaskSampler::among(
            &dataset,
            classes,
            ways as usize,
            number(self.shots, run.shots, "shots")? as usize,
            number(self.queries, run.queries, "queries")? as usize,
            run.sampling,
        )
        .and_then(|sampler| match dataset.groups() {
            // Other images may have no groups.
            0 if !own => Ok(sampler),
            _ => sampler.with_grouping(run.grouping()),
        });
        Ok(TargetTasks {
            sampler: sampler.map_err(|error| Error::setting(origin, error.to_string()))?,
            dataset,
            ways,
        })
    }
}
