//! The episode that benches run: the paper's network 784-170-130-100-70-47, 250 online steps, 50
//! query images, f32, on generated glyphs of which a third or less than a fifth of the pixels is
//! not zero.

// Each bench uses some of this.
#![allow(dead_code)]

use metaplast::data::{Dataset, Parts, Sampling, Task, TaskSampler};
use metaplast::meta::gradient::{Ask, EpisodeRunner, GradientMode, Outcome};
use metaplast::meta::seeds::{EpisodeKey, Purpose};
use metaplast::meta::{self, Model, Start};
use metaplast::plasticity::{Architecture, Feedback, Preset, Rule};

/// How much of an image is ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// The glyphs as they are drawn, a third of whose pixels is not zero, as in EMNIST.
    Third,
    /// Their brightest pixels, 18% of each image.
    Eighteen,
}

impl Ink {
    pub(crate) const ALL: [Ink; 2] = [Ink::Third, Ink::Eighteen];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Ink::Third => "33%",
            Ink::Eighteen => "18%",
        }
    }
}

/// The start and the task.
const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

/// The rules and feedbacks that benches compare.
pub(crate) fn rules() -> [(&'static str, Preset, Feedback); 5] {
    [
        ("bio", Preset::Bio, Feedback::fixed()),
        ("pool", Preset::Pool, Feedback::fixed()),
        ("fa", Preset::Fa, Feedback::fixed()),
        ("bp_detached", Preset::Bp, Feedback::symmetric()),
        ("bp_attached", Preset::Bp, Feedback::attached()),
    ]
}

/// The model of one rule, with θ near where meta-training ends; a term beside F0, F2 and F9 starts
/// from zero.
pub(crate) fn model(preset: Preset, feedback: Feedback) -> Model {
    let rule = Rule::preset(preset);
    let value = |&number: &usize| match number {
        0 => 1e-2,
        2 => -3e-2,
        9 => 5e-3,
        _ => 0.0,
    };
    let theta: Vec<f64> = preset.terms().iter().map(value).collect();
    Model {
        architecture: Architecture::paper(),
        feedback,
        rule: rule.with_theta(&theta),
    }
}

/// Images and one task of five classes.
pub(crate) struct Work {
    pub(crate) dataset: Dataset,
    pub(crate) task: Task,
}

impl Work {
    pub(crate) fn new(ink: Ink) -> Self {
        let glyphs = Dataset::glyphs(60, 1);
        let dataset = match ink {
            Ink::Third => glyphs,
            Ink::Eighteen => brightest(&glyphs, 0.18),
        };
        let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh).expect("60 = 50 + 10");
        let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));
        Work { dataset, task }
    }

    /// An episode that can be run again and again, each support image once unless told otherwise.
    pub(crate) fn episode(
        &self,
        model: Model,
        steps: Option<u64>,
        mode: GradientMode,
    ) -> Episode<'_> {
        Episode {
            work: self,
            steps,
            start: Start::draw(&model, KEY),
            model,
            runner: EpisodeRunner::new(mode),
        }
    }

    /// The share of pixels of the support images that are not zero, and the share of inputs that
    /// some support or query image of the task uses.
    pub(crate) fn nonzero(&self) -> (f64, f64) {
        let pixels = self.dataset.pixels_per_image();
        let mut used = vec![false; pixels];
        let mut inked = 0;
        for (k, sample) in self.task.support.iter().chain(&self.task.query).enumerate() {
            for (used, &q) in used.iter_mut().zip(self.dataset.image(sample.image)) {
                *used |= q > 0;
                inked += usize::from(q > 0 && k < self.task.support.len());
            }
        }
        let share = |n: usize, of: usize| n as f64 / of as f64;
        (
            share(inked, pixels * self.task.support.len()),
            share(used.iter().filter(|&&used| used).count(), pixels),
        )
    }
}

/// A runner with everything an episode needs.
pub(crate) struct Episode<'a> {
    pub(crate) work: &'a Work,
    pub(crate) model: Model,
    pub(crate) steps: Option<u64>,
    pub(crate) start: Start<f32>,
    pub(crate) runner: EpisodeRunner<f32>,
}

impl Episode<'_> {
    /// Value, or value and gradient, without diagnostics.
    pub(crate) fn run(&mut self, gradient: bool) -> Outcome {
        let ask = Ask {
            gradient,
            diagnostics: false,
        };
        let Work { dataset, task } = self.work;
        let episode = meta::Episode::new(&self.model, KEY, dataset, task).with_steps(self.steps);
        self.runner.run_from(&episode, &self.start, ask)
    }
}

/// The same images with all but this share of their pixels set to zero, the brightest kept.
fn brightest(dataset: &Dataset, share: f64) -> Dataset {
    let size = dataset.pixels_per_image();
    let keep = (share * size as f64).round() as usize;
    let mut pixels = Vec::with_capacity(dataset.len() * size);
    for i in 0..dataset.len() {
        let image = dataset.image(i);
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by_key(|&p| std::cmp::Reverse(image[p]));
        let mut thin = vec![0; size];
        for &p in &order[..keep] {
            thin[p] = image[p];
        }
        pixels.extend(thin);
    }
    let parts = Parts {
        name: "thin glyphs".into(),
        rows: dataset.rows(),
        cols: dataset.cols(),
        color_mode: dataset.color_mode(),
        pixels,
        labels: (0..dataset.len())
            .map(|i| dataset.label(i) as u32)
            .collect(),
        class_names: (0..dataset.classes())
            .map(|c| dataset.class_name(c).to_owned())
            .collect(),
        orientation: dataset.orientation(),
    };
    Dataset::from_parts(parts).expect("as many images as before")
}
