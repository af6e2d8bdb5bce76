//! Parts of one's own, meta-trained together by the ordinary trainer: a plasticity term that no
//! expression can say, a feedback pathway that learns, and a meta-optimiser whose state goes into
//! checkpoints.
//!
//! Each is one `impl`. The term and the pathway are written once for every number type, so that they
//! run with and without a gradient, in reverse and in forward mode. None needs a derivative.
//!
//! ```text
//! cargo run --release --example 08_own_parts
//! ```

use std::ops::ControlFlow;

use metaplast::autodiff::Var;
use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::Model;
use metaplast::meta::optimizer::{MetaOptimizer, OptimizerKind, OptimizerState, UnfitOptimizer};
use metaplast::meta::train::{EpisodeRecord, Observer, TrainSettings, Trainer, TrialState};
use metaplast::plasticity::{
    Architecture, BackwardPass, Coefficient, CustomTerm, Feedback, FeedbackPathway, LayerSignals,
    LayerUpdate, Locality, Number, OnlineStep, Rule, Storage, Term, pool,
};

/// `F = −sign(e_l) y_(l−1)ᵀ`: a synapse learns which way its unit is wrong, but not by how much.
struct SignOfError;

impl<T: Number> CustomTerm<T> for SignOfError {
    fn symbol(&self) -> &str {
        "sign"
    }

    fn name(&self) -> &str {
        "sign of the error"
    }

    fn formula(&self) -> &str {
        "−sign(e_l) y_(l−1)ᵀ"
    }

    fn locality(&self) -> Locality {
        Locality::Synapse
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        let error = layer.post_error();
        let sign = |e: &T| if *e < T::ZERO { -T::ONE } else { T::ONE };
        let signs: Vec<T> = error.with(|e| e.iter().map(sign).collect());
        let signs = error
            .tape()
            .constant_with(signs.len(), |x| x.copy_from_slice(&signs));
        update.outer(theta.minus, signs, layer.pre());
    }
}

/// Random feedback weights that get the updates of the forward weights, `B_l ← B_l − θ_0 e_l y_(l−1)ᵀ`
/// (Amit 2019, "updated random feedback").
#[derive(Debug)]
struct UpdatedRandom;

impl<T: Number> FeedbackPathway<T> for UpdatedRandom {
    fn name(&self) -> &str {
        "updated-random"
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        for layer in 0..step.layers() {
            if let Some(theta) = step.coefficient_of(&pool()[0], layer) {
                step.update(layer, |update| {
                    update.outer(theta.minus, step.error(layer), step.pre(layer));
                });
            }
        }
    }
}

/// Lion (Chen et al. 2023): moves by the sign of a running mean of gradients.
struct Lion {
    rate: f64,
    mean: Vec<f64>,
}

impl MetaOptimizer for Lion {
    fn step(&mut self, theta: &mut [f64], _loss: f64, gradient: &[f64]) -> Vec<f64> {
        let moved = theta.iter_mut().zip(&mut self.mean).zip(gradient);
        let moved = moved.map(|((theta, mean), g)| {
            let direction = 0.9 * *mean + 0.1 * g;
            *mean = 0.99 * *mean + 0.01 * g;
            if direction == 0.0 {
                return 0.0;
            }
            *theta -= self.rate * direction.signum();
            self.rate / direction.abs()
        });
        moved.collect()
    }

    fn save(&self) -> OptimizerState {
        let state = OptimizerState::new().with("rate", self.rate);
        state.with("mean", self.mean.clone())
    }

    fn restore(&mut self, state: &OptimizerState, n: usize) -> Result<(), UnfitOptimizer> {
        self.rate = state.number("rate")?;
        self.mean = state.numbers("mean", n)?;
        Ok(())
    }
}

/// Prints every tenth episode, and keeps the trial's state after `pause` of them, where it stops.
struct Printer {
    pause: Option<u64>,
    kept: Option<TrialState>,
}

impl Observer for Printer {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        if record.episode.is_multiple_of(10) {
            let (episode, query) = (record.episode, &record.query);
            let [f0, sign] = record.theta[..] else {
                unreachable!("a rule of two terms")
            };
            let right = 100.0 * query.accuracy;
            let loss = query.cross_entropy;
            println!("{episode:>7}{loss:>13.3}{right:>7.0}%{f0:>10.4}{sign:>12.5}");
        }
        ControlFlow::Continue(())
    }

    fn checkpoint(&mut self, state: &TrialState) -> ControlFlow<()> {
        if self.pause != Some(state.episodes()) {
            return ControlFlow::Continue(());
        }
        self.kept = Some(state.clone());
        ControlFlow::Break(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(30, 1);
    let sampler = TaskSampler::new(&dataset, 5, 20, 10, Sampling::Fresh)?;
    let sign = Term::custom(SignOfError)?;
    let model = Model {
        architecture: Architecture::new(vec![784, 60, 47])?,
        feedback: Feedback::new(UpdatedRandom),
        rule: Rule::new([pool()[0].clone(), sign])?.with_theta(&[1e-3, 0.0]),
    };
    let lion = OptimizerKind::own("lion", |beginning| {
        Box::new(Lion {
            rate: beginning.rate,
            mean: vec![0.0; beginning.coefficients],
        })
    });
    let settings = TrainSettings::new(model)
        .with_episodes(60)
        .with_optimizer(lion)
        .with_rate(3e-4);
    let trainer = Trainer::new(&settings, &dataset, &sampler);

    println!("episode   query loss   right   θ of F0   θ of sign");
    let mut printer = Printer {
        pause: Some(30),
        kept: None,
    };
    let stopped = trainer.run_from(trainer.begin_all(1), &mut printer);
    assert!(stopped[0].is_err(), "the observer asked to stop");

    // What remains of the first half is one state, which can be written as text and read back.
    let kept = printer.kept.take().expect("the state after 30 episodes");
    let state: TrialState = toml::from_str(&toml::to_string(&kept)?)?;
    state.check(&settings)?;
    let mean = &toml::Value::try_from(&state)?["optimizer"]["lion"]["mean"];
    println!("-- checkpoint; the optimiser's running mean is {mean} --");
    printer.pause = None;
    let result = trainer.run_from(vec![state], &mut printer).remove(0)?;
    println!(
        "learned: {}",
        settings.model.rule.clone().with_theta(&result.theta)
    );

    // An uninterrupted run ends with the same bits.
    let whole = trainer.run_trial(0, &mut |_| ControlFlow::Continue(()))?;
    assert_eq!(whole, result);
    Ok(())
}
