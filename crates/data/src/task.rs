//! Few-shot tasks.

use std::fmt;
use std::str::FromStr;

use rand::Rng;

use crate::grouping::{groups_of, pools};
use crate::random::{draw_to_front, uniform_index};
use crate::{DataError, Dataset, Grouping};

/// One image of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    /// Index for [`Dataset::image`].
    pub image: usize,
    /// Class in the numbering of the data set, not of the task.
    pub label: usize,
}

/// A few-shot task: learn from the support set, be judged on the query set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The classes in the order drawn.
    pub classes: Vec<usize>,
    /// Images to learn from, in the shuffled order of presentation.
    pub support: Vec<Sample>,
    /// Images to be judged on, class by class.
    pub query: Vec<Sample>,
}

/// How the images of a task are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// Distinct classes; support and query images drawn afresh in every task
    /// from all images of the class, without replacement, so they never overlap.
    #[default]
    Fresh,
    /// As the authors' program does: the first `shots` images of a class, in
    /// the order of the file, are its support in every task and the next
    /// `queries` its query images; classes are drawn with replacement, and a
    /// class drawn twice brings its images twice.
    Paper,
}

impl Sampling {
    /// Both.
    pub const ALL: [Sampling; 2] = [Sampling::Fresh, Sampling::Paper];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sampling::Fresh => "fresh",
            Sampling::Paper => "paper",
        }
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Sampling {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let known = Sampling::ALL.into_iter().find(|way| way.name() == text);
        known.ok_or_else(|| DataError::UnknownSampling(text.into()))
    }
}

/// Draws tasks from a data set, checked beforehand so that drawing cannot fail.
///
/// ```
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let dataset = Dataset::glyphs(6, 1);
/// // Hold the digits out: tasks of letters only.
/// let sampler = TaskSampler::new(&dataset, 5, 4, 2, Sampling::Fresh)?
///     .with_classes((10..47).collect())?;
/// let task = sampler.sample(&dataset, &mut Xoshiro256PlusPlus::seed_from_u64(1));
/// assert!(task.classes.iter().all(|&c| c >= 10));
/// # Ok::<(), metaplast_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TaskSampler {
    ways: usize,
    shots: usize,
    queries: usize,
    sampling: Sampling,
    grouping: Grouping,
    classes: Vec<usize>,
    /// The sets of classes of which a task stays within one.
    pools: Vec<Vec<usize>>,
    /// What is remembered of the data set, to check classes given later.
    dataset: String,
    images: usize,
    known: Vec<(String, usize)>,
    /// The group of each class, if they have any.
    groups: Vec<usize>,
}

impl TaskSampler {
    /// Tasks of `ways` classes, with `shots` support and `queries` query
    /// images of each, from all classes that have any images.
    ///
    /// # Errors
    ///
    /// If one of the three numbers is 0, there are fewer than `ways` classes,
    /// or a class has fewer than `shots + queries` images.
    pub fn new(
        dataset: &Dataset,
        ways: usize,
        shots: usize,
        queries: usize,
        sampling: Sampling,
    ) -> Result<Self, DataError> {
        let inhabited = (0..dataset.classes()).filter(|&c| !dataset.of_class(c).is_empty());
        let classes = inhabited.collect();
        Self::among(dataset, classes, ways, shots, queries, sampling)
    }

    /// As [`new`](Self::new), from the given classes only; others may have too few images.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and if a class does not exist or stands twice in the list.
    pub fn among(
        dataset: &Dataset,
        classes: Vec<usize>,
        ways: usize,
        shots: usize,
        queries: usize,
        sampling: Sampling,
    ) -> Result<Self, DataError> {
        for (what, n) in [("ways", ways), ("shots", shots), ("queries", queries)] {
            if n == 0 {
                return Err(DataError::EmptyTask { what });
            }
        }
        let known = |c| (dataset.class_name(c).to_owned(), dataset.of_class(c).len());
        let sampler = TaskSampler {
            ways,
            shots,
            queries,
            sampling,
            grouping: Grouping::default(),
            classes: Vec::new(),
            pools: Vec::new(),
            dataset: dataset.name().to_owned(),
            images: dataset.len(),
            known: (0..dataset.classes()).map(known).collect(),
            groups: groups_of(dataset),
        };
        sampler.with_classes(classes)
    }

    /// The same tasks, from the given classes only: to hold some out for testing.
    ///
    /// # Errors
    ///
    /// As [`among`](Self::among).
    pub fn with_classes(mut self, classes: Vec<usize>) -> Result<Self, DataError> {
        let mut seen = vec![false; self.known.len()];
        for &class in &classes {
            let wrong = |reason: String| DataError::ClassList {
                dataset: self.dataset.clone(),
                class,
                reason,
            };
            let Some((class_name, images)) = self.known.get(class) else {
                let last = self.known.len() - 1;
                return Err(wrong(format!("does not exist; choose from 0 to {last}")));
            };
            if std::mem::replace(&mut seen[class], true) {
                return Err(wrong(
                    "stands twice in the list of classes; name it once".into(),
                ));
            }
            if *images < self.shots.saturating_add(self.queries) {
                return Err(DataError::TooFewImages {
                    dataset: self.dataset,
                    class,
                    class_name: class_name.clone(),
                    images: *images,
                    shots: self.shots,
                    queries: self.queries,
                });
            }
        }
        if self.ways > classes.len() {
            return Err(DataError::TooFewClasses {
                dataset: self.dataset,
                ways: self.ways,
                classes: classes.len(),
            });
        }
        self.classes = classes;
        let grouping = self.grouping;
        self.with_grouping(grouping)
    }

    /// The same tasks, of classes of one group or of any.
    ///
    /// ```
    /// use metaplast_data::{Dataset, Grouping, Sampling, TaskSampler};
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let kind = |c| if c < 10 { "digit" } else { "letter" };
    /// let dataset = Dataset::glyphs(6, 1).with_groups(&(0..47).map(kind).collect::<Vec<_>>());
    /// let sampler = TaskSampler::new(&dataset, 5, 4, 2, Sampling::Fresh)?
    ///     .with_grouping(Grouping::Within)?;
    /// let task = sampler.sample(&dataset, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    /// let digits = task.classes.iter().filter(|&&c| c < 10).count();
    /// assert!(digits == 0 || digits == 5);
    /// # Ok::<(), metaplast_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If tasks are to be drawn within groups and classes are in none, or no group has enough of them.
    pub fn with_grouping(mut self, grouping: Grouping) -> Result<Self, DataError> {
        let pools = pools(grouping, &self.groups, self.classes.clone(), self.ways);
        self.pools = pools.map_err(|reason| DataError::Groups {
            dataset: self.dataset.clone(),
            reason,
        })?;
        self.grouping = grouping;
        Ok(self)
    }

    /// Classes of a task.
    pub fn ways(&self) -> usize {
        self.ways
    }

    /// Support images of each class.
    pub fn shots(&self) -> usize {
        self.shots
    }

    /// Query images of each class.
    pub fn queries(&self) -> usize {
        self.queries
    }

    /// How images are chosen.
    pub fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// Whether the classes of a task are of one group or of any.
    pub fn grouping(&self) -> Grouping {
        self.grouping
    }

    /// The classes that tasks are drawn from; within groups, also those of groups that are too small.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// Draws a task; the same generator state gives the same task on every machine.
    ///
    /// # Panics
    ///
    /// If `dataset` is not the one the sampler was made for.
    pub fn sample<R: Rng>(&self, dataset: &Dataset, rng: &mut R) -> Task {
        assert!(
            dataset.name() == self.dataset && dataset.len() == self.images,
            "a sampler for data set {:?} ({} images) was given {:?} ({} images)",
            self.dataset,
            self.images,
            dataset.name(),
            dataset.len()
        );
        let classes = self.draw_classes(rng);
        let mut support = Vec::with_capacity(self.ways * self.shots);
        let mut query = Vec::with_capacity(self.ways * self.queries);
        for &label in &classes {
            let mut pool = dataset.of_class(label).to_vec();
            if self.sampling == Sampling::Fresh {
                draw_to_front(rng, &mut pool, self.shots + self.queries);
            }
            let sample = |&image: &u32| Sample {
                image: image as usize,
                label,
            };
            let (shots, rest) = pool.split_at(self.shots);
            support.extend(shots.iter().map(sample));
            query.extend(rest[..self.queries].iter().map(sample));
        }
        let n = support.len();
        draw_to_front(rng, &mut support, n);
        Task {
            classes,
            support,
            query,
        }
    }

    fn draw_classes<R: Rng>(&self, rng: &mut R) -> Vec<usize> {
        let pool = match &self.pools[..] {
            [all] => all,
            several => &several[uniform_index(rng, several.len())],
        };
        match self.sampling {
            Sampling::Fresh => {
                let mut classes = pool.clone();
                draw_to_front(rng, &mut classes, self.ways);
                classes.truncate(self.ways);
                classes
            }
            Sampling::Paper => (0..self.ways)
                .map(|_| pool[uniform_index(rng, pool.len())])
                .collect(),
        }
    }
}
