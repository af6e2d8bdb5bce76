//! The experiment `identify-recordings`.

use std::sync::{Mutex, PoisonError};

use metaplast_experiment::{
    About, Cell, Error, Experiment, ExperimentSettings, Measurement, Part, Request, Results, Table,
};
use metaplast_numbers::digits::significant;
use metaplast_numbers::statistics::mean;

use super::simulated::SimulatedNetworks;
use crate::naming::{NamingSettings, RecordedPart, RuleNamer, SeenRecording, is_merged, record};
use crate::virtual_networks::{Condition, LearningTask, NetworkPlan, RuleClass};

/// Recordings of networks that no classifier has seen: are they named right as often as their answers
/// promise?
#[derive(Clone, Copy, Debug)]
pub struct IdentifyRecordings;

impl Experiment for IdentifyRecordings {
    fn about(&self) -> About {
        About::new("identify-recordings", "Does an answer keep its promise?")
            .asking(
                "A recording of a fresh network is named with a probability. Over many recordings of every rule, how often is the name right, and is that as often as the probabilities say? How often is the rule among those that are not excluded?",
            )
            .published("Nothing: Nayebi et al. 2020 name networks of their own data set alone.")
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let settings = ExperimentSettings::new()
            .whole(
                "recordings",
                if quick { 1 } else { 40 },
                "recordings of each rule",
            )
            .whole("units", 20, "units of each layer that are recorded")
            .number("noise", 0.3, "noise of recordings, in standard deviations")
            .whole("probes", 32, "probes in which activity is recorded");
        SimulatedNetworks::settings(settings, quick)
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let each = settings.whole_within("recordings", 1..=100_000)?;
        let units = settings.whole_within("units", 1..=1000)? as usize;
        let probes = settings.whole_within("probes", 1..=1000)? as usize;
        let noise = settings.get_number("noise");
        if !(0.0..=100.0).contains(&noise) {
            return Err(Error::setting("noise", "give a number from 0 to 100"));
        }
        let SimulatedNetworks {
            classes, records, ..
        } = SimulatedNetworks::open(request)?;
        let names: Vec<String> = (0..each)
            .flat_map(|k| {
                classes
                    .iter()
                    .map(move |class| format!("{} {k}", class.name))
            })
            .collect();
        let images = LearningTask::images();
        let part = RecordedPart {
            condition: Condition {
                units: Some(units),
                noise,
                probes: Some(probes),
            },
            ..RecordedPart::default()
        };
        let naming = NamingSettings::new(classes.len());
        // One for each kind of recordings.
        let namers: Mutex<Vec<RuleNamer<'_>>> = Mutex::default();
        // Shards simulate the networks that are learned from.
        let request = request.of_part(Part::Whole);
        let measured = request.measure("recordings", &names, |place| {
            let class = &classes[place % classes.len()];
            let number = (place / classes.len()) as u64;
            // Other networks than those of the archive.
            let seed = settings.seed() ^ 0xa00;
            let plan = NetworkPlan::draw(std::slice::from_ref(class), number, seed);
            let recorded = record(&plan, class, &images, &part);
            let Ok(recording) = recorded else {
                return Ok(Measurement::new());
            };
            let seen = SeenRecording::of(&recording);
            let mut namers = namers.lock().unwrap_or_else(PoisonError::into_inner);
            if !namers.iter().any(|namer| namer.fits(&seen)) {
                let trained = RuleNamer::train(&seen, &records, &classes, &naming);
                namers.push(trained.map_err(Error::other)?);
            }
            let namer = namers.iter().find(|namer| namer.fits(&seen));
            let namer = namer.expect("one was trained for it");
            let truth = place % classes.len();
            let (named, recall) = (namer.name(&seen), namer.recall(truth).mean);
            drop(namers);
            let holds = |holds: bool| [f64::from(u8::from(holds))];
            Ok(Measurement::new()
                .with("p", [named.posterior[named.named]])
                .with("right", holds(named.named == truth))
                .with("merged", holds(is_merged(&classes, named.named, truth)))
                .with("family", holds(classes[named.named].family == class.family))
                .with("kept", holds(named.not_excluded.contains(&truth)))
                .with("possible", [named.not_excluded.len() as f64])
                .with("promised", [named.accuracy.mean])
                .with("recall", [recall]))
        })?;
        Ok(told(&classes, &measured))
    }
}

fn told(classes: &[RuleClass], measured: &[Measurement]) -> Results {
    let of = |measurements: &[&Measurement], name: &str| -> Vec<f64> {
        let each = measurements.iter().filter_map(|m| m.get(name));
        each.map(|values| values[0]).collect()
    };
    let headings = [
        "rule",
        "recordings",
        "named right",
        "networks of the rule that are",
        "mean probability of the name",
        "right with three pairs merged",
        "family right",
        "rule not excluded at 0.1",
        "rules not excluded",
    ];
    let title = "Recordings of each rule";
    let mut by_rule = Table::new("recordings", title, headings);
    let mut add = |name: &str, some: &[&Measurement]| {
        let count = of(some, "p").len() as u64;
        let cells = [
            "right", "recall", "p", "merged", "family", "kept", "possible",
        ]
        .map(|what| by_rule.mean_of(&of(some, what), 3));
        by_rule.row(
            [Cell::from(name), Cell::from(count)]
                .into_iter()
                .chain(cells),
        );
    };
    for (k, class) in classes.iter().enumerate() {
        let some: Vec<&Measurement> = measured.iter().skip(k).step_by(classes.len()).collect();
        add(&class.name, &some);
    }
    let all: Vec<&Measurement> = measured.iter().collect();
    add("all", &all);
    let headings = [
        "probability of the name",
        "recordings",
        "mean probability",
        "named right",
    ];
    let mut by_p = Table::new("promises", "What is promised and what is kept", headings);
    for (low, high) in [(0.0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0)] {
        let within = |m: &&&Measurement| m.get("p").is_some_and(|p| p[0] > low && p[0] <= high);
        let some: Vec<&Measurement> = all.iter().filter(within).copied().collect();
        let (p, right) = (of(&some, "p"), of(&some, "right"));
        let cells = [by_p.mean_of(&p, 3), by_p.mean_of(&right, 3)];
        let first = [
            Cell::from(format!("{low} to {high}")),
            Cell::from(p.len() as u64),
        ];
        by_p.row(first.into_iter().chain(cells));
    }
    let digits = |values: &[f64]| significant(mean(values), 3);
    let right = by_rule.mean_of(&of(&all, "right"), 3).to_text();
    let finding = format!(
        "Recordings are named right in {right} of the cases; their answers promise {} by their probabilities and {} by the accuracy on networks seen alike. The rule is not excluded in {} of the cases, where 0.9 is promised.",
        digits(&of(&all, "p")),
        digits(&of(&all, "promised")),
        digits(&of(&all, "kept")),
    );
    Results::new()
        .with_table(by_rule)
        .with_table(by_p)
        .with_finding(finding)
}
