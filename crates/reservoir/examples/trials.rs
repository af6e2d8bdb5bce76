//! Trials of a published task from many seeds, and a table of what they come to.
//!
//! `cargo run --release -p metaplast-reservoir --example trials -- TASK ALGORITHM VARIANT SEEDS [KEY=NUMBER …]`
//! with a task of 1, 3 or 2:SEGMENTS and seeds like 1..11. Without a number stand `f64` for runs in double
//! precision, `free` for a free test, and `output_mean` to measure movement from the running mean of the
//! output by the authors' rules too.

use std::time::Instant;

use metaplast_numbers::Estimate;
use metaplast_reservoir::{
    Algorithm, CostReference, DeviationMeter, PublishedTask, PublishedTrial, Test,
};
use metaplast_tensor::Scalar;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, algorithm, variant, seeds, changes @ ..] = &arguments[..] else {
        eprintln!("TASK ALGORITHM VARIANT SEEDS [KEY=NUMBER …]");
        std::process::exit(2);
    };
    let task = match task.split_once(':') {
        Some((_, segments)) => PublishedTask::Arm {
            segments: segments.parse().expect("segments"),
        },
        None if task == "1" => PublishedTask::Drawing,
        None => PublishedTask::CostlyArm,
    };
    let algorithm = Algorithm::ALL
        .into_iter()
        .find(|known| known.to_string().eq_ignore_ascii_case(algorithm))
        .expect("an algorithm");
    let (first, last) = seeds.split_once("..").expect("seeds like 1..11");
    let seeds = first.parse::<u64>().expect("a seed")..=last.parse().expect("a seed");

    println!("# {}", arguments.join(" "));
    println!(
        "seed deviation distance rms cost seconds | distance a period; gate open %; last |W1| |W2|"
    );
    let (mut done, mut good) = (Vec::new(), 0);
    for seed in seeds {
        let mut trial = PublishedTrial::<f64>::new(task, algorithm, seed)
            .with_variant(variant.parse().unwrap_or_else(|error| panic!("{error}")));
        for change in changes {
            set(&mut trial, change);
        }
        let (line, deviation) = if changes.iter().any(|change| change == "f64") {
            measure(&trial)
        } else {
            measure(&trial.with_precision::<f32>())
        };
        println!("{seed} {line}");
        good += usize::from(deviation.is_some_and(|deviation| deviation <= 0.1));
        done.extend(deviation);
    }
    let mean = Estimate::of(&done, 0).map_or("none".into(), |estimate| {
        let interval = estimate.interval.map_or(String::new(), |interval| {
            format!(" ({:.4} to {:.4})", interval.low, interval.high)
        });
        format!("{:.4}{interval}", estimate.mean)
    });
    println!(
        "# finished {}, mean deviation {mean}, at most .10: {good}",
        done.len()
    );
}

/// What a trial comes to, and its deviation where it did not diverge.
fn measure<T: Scalar>(trial: &PublishedTrial<T>) -> (String, Option<f64>) {
    let start = Instant::now();
    let (mut distances, mut open) = (Vec::new(), Vec::new());
    let (mut sum, mut gates, mut steps) = (0.0, (0.0, 0), 0);
    let mut simulation = trial.simulation();
    let mut meter = DeviationMeter::new((trial.learning * trial.steps) as u64);
    let result = simulation.run(&trial.schedule(), |step| {
        meter.observe(&step);
        sum += step.squared_distance.to_f64().sqrt();
        if let Some(gate) = step.gate {
            gates = (gates.0 + gate.to_f64(), gates.1 + 1);
        }
        steps += 1;
        if steps % trial.steps == 0 {
            distances.push(format!("{:.3}", sum / trial.steps as f64));
            if gates.1 > 0 {
                open.push(format!("{:.0}", 100.0 * gates.0 / f64::from(gates.1)));
            }
            (sum, gates) = (0.0, (0.0, 0));
        }
    });
    let state = simulation.state();
    let norm = |w: &[T]| {
        let squares = w.iter().map(|w| w.to_f64() * w.to_f64());
        squares.sum::<f64>().sqrt()
    };
    let details = format!(
        "{:.1} | {}; {}; {:.3} {:.3}",
        start.elapsed().as_secs_f64(),
        distances.join(" "),
        open.join(" "),
        norm(&state.w1),
        norm(&state.w2)
    );
    match result {
        Ok(()) => {
            let d = meter.deviation().expect("a test");
            let line = format!(
                "{:.4} {:.4} {:.4} {:.5} {details}",
                d.published, d.mean_distance, d.rms_distance, d.mean_cost
            );
            (line, Some(d.published))
        }
        Err(error) => (format!("{error}; {details}"), None),
    }
}

fn set(trial: &mut PublishedTrial<f64>, change: &str) {
    match change {
        "f64" => return,
        "free" => return trial.test = Test::Free,
        "output_mean" => return trial.rule.cost_reference = CostReference::OutputMean,
        _ => {}
    }
    let (key, number) = change.split_once('=').expect("KEY=NUMBER");
    let number: f64 = number.parse().expect("a number");
    let c = &mut trial.rule.coefficients;
    let steadiness = &mut trial.rule.steadiness;
    match key {
        "rate" => c.rate = number,
        "power" => c.power = number,
        "exploration" => c.exploration_factor = number,
        "exploration_power" => c.exploration_power = number,
        "lambda_m" => c.error_weight = number,
        "lambda_z" => c.output_weight = number,
        "gain" => c.mastery_gain = number,
        "threshold" => c.threshold = number,
        "slope" => c.slope = number,
        "explore_max" => steadiness.exploration_limit = Some(number),
        "row2" => steadiness.exploratory_row_limit = Some(number),
        "row1" => steadiness.mastery_row_limit = Some(number),
        "clip" => steadiness.deviation_limit = Some(number),
        "phi_max" => steadiness.modulation_limit = Some(number),
        "regularisation" => trial.rule.regularisation = number,
        "steps" => trial.steps = number as usize,
        "units" => trial.units = number as usize,
        _ => panic!("no {key}"),
    }
}
