//! The tables and figures of the experiment.

use std::collections::BTreeMap;

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Point, Scale, Table};
use metaplast_numbers::Estimate;
use metaplast_numbers::sorting::sort_by;

use super::questions::{
    PARTS, condition_question, conditions, courses, feature_sets, features_for, held_out_sets,
};
use crate::calibration::{expected_calibration_error, largest};
use crate::confusion::Confusion;
use crate::naming::{MERGED, is_merged};
use crate::statistics::RELEASED;
use crate::virtual_networks::{CONDITIONS, Condition, RuleClass};

/// Answers by the names of their questions.
pub(super) struct Answers<'a> {
    pub(super) all: BTreeMap<String, Measurement>,
    pub(super) classes: &'a [RuleClass],
}

impl Answers<'_> {
    /// Which networks were named right.
    pub(super) fn right(&self, question: &str) -> &[f64] {
        self.all
            .get(question)
            .map_or(&[], |answer| answer.series("right"))
    }

    /// The part that was named right, with its interval over networks.
    pub(super) fn accuracy(&self, question: &str) -> Option<Estimate> {
        Estimate::of(self.right(question), 0)
    }

    fn cell(&self, question: &str) -> Cell {
        Cell::mean(self.accuracy(question), 3)
    }

    /// Actual and named class, and probabilities, of each network with all features.
    fn main(&self) -> Vec<(usize, usize, &[f64])> {
        let answer = &self.all["observables: all"];
        let classes = self.classes.len();
        let pairs = answer.series("actual").iter().zip(answer.series("named"));
        let rows = answer.series("probabilities").chunks(classes);
        pairs
            .zip(rows)
            .map(|((&actual, &named), p)| (actual as usize, named as usize, p))
            .collect()
    }

    pub(super) fn tables(&self) -> Vec<Table> {
        vec![
            self.observables(),
            self.by_number_of_networks(),
            self.by_rule(),
            self.confusion(),
            self.certainty(),
            self.held_out(),
            self.robustness(),
            self.times(),
            self.statistics(),
        ]
    }

    fn observables(&self) -> Table {
        let forest = self.all.contains_key("forest: all");
        let headings = ["observables", "softmax regression", "random forest"];
        let headings = &headings[..if forest { 3 } else { 2 }];
        let title = "The part of networks whose rule is named, by what is seen of them";
        let mut table = Table::new("observables", title, headings.iter().copied());
        let mut add = |shown: &str, question: String, name: &str| {
            let mut row = vec![shown.into(), self.cell(&question)];
            if forest {
                row.push(self.cell(&format!("forest: {name}")));
            }
            table.row(row);
        };
        for (name, _) in feature_sets() {
            add(name, format!("observables: {name}"), name);
        }
        for name in ["relative", "raw"] {
            let shown = format!("layers as examples, pooled: {name}");
            add(&shown, format!("layers: {name}"), "");
        }
        add("labels shuffled", "observables: labels shuffled".into(), "");
        table.with_note(format!(
            "Five folds by network. Relative to time 0 unless raw. Chance is {:.3}.",
            1.0 / self.classes.len() as f64
        ))
    }

    fn by_number_of_networks(&self) -> Table {
        let title = "The part that is named, by the number of networks";
        let mut table = Table::new("networks", title, ["networks", "accuracy"]);
        for part in PARTS {
            let question = format!("networks: {part:.3}");
            let n = self.right(&question).len() as u64;
            if n > 0 {
                table.row([n.into(), self.cell(&question)]);
            }
        }
        table.with_note("All observables; a fifth of the networks is judged in turn by the others.")
    }

    fn by_rule(&self) -> Table {
        let main = self.main();
        let pairs = main.iter().map(|&(actual, named, _)| (actual, named));
        let confusion = Confusion::of(self.classes.len(), pairs);
        let headings = [
            "rule",
            "family",
            "recall",
            "balanced accuracy",
            "d′",
            "most often taken for",
        ];
        let mut table = Table::new(
            "rules",
            "How each rule is named, with all observables",
            headings,
        );
        for (k, class) in self.classes.iter().enumerate() {
            let of_class = main.iter().filter(|(actual, _, _)| *actual == k);
            let right: Vec<f64> = of_class
                .map(|(_, named, _)| f64::from(u8::from(*named == k)))
                .collect();
            let mut others = confusion.counts[k].clone();
            others[k] = -1.0;
            let other = largest(&others);
            let taken = match others[other] > 0.0 {
                true => format!("{} ({})", self.classes[other].name, others[other]),
                false => "–".into(),
            };
            table.row([
                class.name.clone().into(),
                class.family.to_string().into(),
                table.mean_of(&right, 3),
                Cell::number(confusion.balanced_accuracy(k), 3),
                Cell::number(confusion.d_prime(k), 3),
                taken.into(),
            ]);
        }
        table.with_note("d′ is clipped at ±5.")
    }

    fn confusion(&self) -> Table {
        let pairs = self.main();
        let pairs = pairs.iter().map(|&(actual, named, _)| (actual, named));
        let confusion = Confusion::of(self.classes.len(), pairs);
        let names = self.classes.iter().map(|class| class.name.clone());
        let headings: Vec<String> = ["actual".to_owned()].into_iter().chain(names).collect();
        let title = "Confusion: rows are actual rules, columns those that were named";
        let mut table = Table::new("confusion", title, headings);
        for (class, counts) in self.classes.iter().zip(&confusion.counts) {
            let counts = counts.iter().map(|&n| Cell::from(n as u64));
            table.row([Cell::from(class.name.clone())].into_iter().chain(counts));
        }
        table
    }

    fn certainty(&self) -> Table {
        let main = self.main();
        let title = "What the probabilities say, with all observables";
        let headings = [
            "of the networks",
            "part of all",
            "part of these that is right",
        ];
        let mut table = Table::new("certainty", title, headings);
        let mut add = |shown: &str, part: Option<Vec<f64>>, right: Vec<f64>| {
            let part = match part {
                Some(part) => table.mean_of(&part, 3),
                None => Cell::Nothing,
            };
            let right = table.mean_of(&right, 3);
            table.row([shown.into(), part, right]);
        };
        let truth = |holds: &dyn Fn(usize, usize, &[f64]) -> bool| -> Vec<f64> {
            let all = main
                .iter()
                .map(|&(a, n, p)| f64::from(u8::from(holds(a, n, p))));
            all.collect()
        };
        for (shown, least) in [("named with p > .9", 0.9), ("named with p > .7", 0.7)] {
            let sure = main.iter().filter(|(_, named, p)| p[*named] > least);
            let right = sure.map(|(a, n, _)| f64::from(u8::from(a == n))).collect();
            add(shown, Some(truth(&|_, n, p| p[n] > least)), right);
        }
        for (shown, rank) in [
            ("rule among the first two", 2),
            ("among the first three", 3),
        ] {
            let among = |actual: usize, _: usize, p: &[f64]| {
                p.iter().filter(|&&other| other > p[actual]).count() < rank
            };
            add(shown, None, truth(&among));
        }
        add(
            "family",
            None,
            truth(&|a, n, _| self.classes[a].family == self.classes[n].family),
        );
        add(
            "rule, with three pairs merged",
            None,
            truth(&|a, n, _| is_merged(self.classes, a, n)),
        );
        let p: Vec<f64> = main
            .iter()
            .flat_map(|(_, _, p)| p.iter().copied())
            .collect();
        let labels: Vec<usize> = main.iter().map(|(actual, _, _)| *actual).collect();
        let p = metaplast_tensor::Tensor::new([labels.len(), self.classes.len()], p);
        table.with_note(format!(
            "Expected calibration error of the probabilities in ten bins: {:.3}. The merged pairs: {}.",
            expected_calibration_error(&p, &labels, 10),
            MERGED.map(|group| group.join(" and ")).join("; ")
        ))
    }

    fn held_out(&self) -> Table {
        let title = "Trained without the networks that are judged";
        let headings = ["held out", "all", "family", "all, raw", "activity"];
        let mut table = Table::new("held-out", title, headings);
        let mut add = |shown: String, questions: &dyn Fn(&str) -> Vec<String>| {
            let right = |features: &str| -> Vec<f64> {
                let questions = questions(features);
                questions
                    .iter()
                    .flat_map(|q| self.right(q))
                    .copied()
                    .collect()
            };
            let cells = ["all", "all, raw", "activity"].map(|f| table.mean_of(&right(f), 3));
            let family: Vec<f64> = questions("all")
                .iter()
                .flat_map(|q| self.family_right(q))
                .collect();
            let family = table.mean_of(&family, 3);
            let [all, raw, activity] = cells;
            table.row([shown.into(), all, family, raw, activity]);
        };
        let sets = held_out_sets();
        for kind in ["architecture", "task", "batch", "β", "rates"] {
            let of_kind = |features: &str| -> Vec<String> {
                let asked = features_for(kind).contains(&features);
                let of_kind = sets.iter().filter(|(other, _, _)| asked && *other == kind);
                of_kind
                    .map(|(kind, name, _)| format!("held out: {kind} {name}, {features}"))
                    .collect()
            };
            if kind != "rates" {
                add(format!("each {kind} in turn"), &of_kind);
            }
            for (_, name, _) in sets.iter().filter(|(other, _, _)| *other == kind) {
                let one = |features: &str| -> Vec<String> {
                    let marked = format!("{kind} {name},");
                    let of_kind = of_kind(features).into_iter();
                    of_kind.filter(|q| q.contains(&marked)).collect()
                };
                add(format!("{kind} {name}"), &one);
            }
        }
        table
    }

    fn family_right(&self, question: &str) -> Vec<f64> {
        let Some(answer) = self.all.get(question) else {
            return Vec::new();
        };
        let Some(actual) = answer.get("actual") else {
            return Vec::new();
        };
        let family = |k: f64| self.classes[k as usize].family;
        let pairs = actual.iter().zip(answer.series("named"));
        pairs
            .map(|(&a, &n)| f64::from(u8::from(family(a) == family(n))))
            .collect()
    }

    fn robustness(&self) -> Table {
        let title = "Fewer units and noise, when the classifier is trained on all units without noise, or on networks seen alike";
        let headings = [
            "seen",
            "weights, trained on full",
            "weights, trained alike",
            "activity, trained on full",
            "activity, trained alike",
        ];
        let mut table = Table::new("robustness", title, headings);
        for condition in conditions() {
            let mut row = vec![Cell::from(CONDITIONS[condition].to_string())];
            for observable in ["weights", "activity"] {
                for alike in [false, true] {
                    let question = condition_question(observable, condition, alike);
                    row.push(self.cell(&question));
                }
            }
            table.row(row);
        }
        table.with_note(
            "Units of every layer and of the input; of k units, k² synapses. Noise in standard deviations of the layer's weights, or of its activity over units and probes, at time 0.",
        )
    }

    fn times(&self) -> Table {
        let title = "The part that is named, by the times that are seen";
        let mut table = Table::new("times", title, ["times", "weights", "activity"]);
        for (name, _) in courses() {
            let cell = |observable: &str| self.cell(&format!("times: {observable}, {name}"));
            table.row([name.into(), cell("weights"), cell("activity")]);
        }
        table.with_note("Time 0 is always seen; the first quarter is six of 21 times.")
    }

    fn statistics(&self) -> Table {
        let mut rows: Vec<(f64, String)> = Vec::new();
        for statistic in RELEASED {
            let accuracy = self.accuracy(&format!("statistic: {statistic}"));
            rows.push((accuracy.map_or(f64::NAN, |a| a.mean), statistic.to_string()));
        }
        sort_by(&mut rows, |a, b| b.0.total_cmp(&a.0));
        let title = "Each statistic alone, at eight times";
        let mut table = Table::new("statistics", title, ["statistic", "accuracy"]);
        for (_, statistic) in rows {
            let cell = self.cell(&format!("statistic: {statistic}"));
            table.row([statistic.into(), cell]);
        }
        table
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let across = Across::Numbers {
            label: "networks".into(),
            scale: Scale::Logarithmic,
        };
        let points = PARTS.iter().filter_map(|part| {
            let right = self.right(&format!("networks: {part:.3}"));
            Point::of(right.len() as f64, right)
        });
        let networks = Plot::new("All observables", across, "part named right")
            .between(0.0, 1.0)
            .with_curve(0, points)
            .with_reference(1.0 / self.classes.len() as f64, "chance");
        let units = [None, Some(40), Some(20), Some(10), Some(5)];
        let names = units.map(|k: Option<u64>| k.map_or("all".into(), |k| k.to_string()));
        let across = Across::Steps {
            label: "units of a layer".into(),
            names: names.to_vec(),
        };
        let mut degraded =
            Plot::new("Trained alike, without noise", across, "part named right").between(0.0, 1.0);
        for (series, observable) in ["weights", "activity"].into_iter().enumerate() {
            let points = (0..units.len()).filter_map(|k| {
                let condition = Condition {
                    units: units[k].map(|n| n as usize),
                    ..Condition::FULL
                };
                let condition = condition.nearest();
                let question = condition_question(observable, condition, condition > 0);
                Point::of(k as f64, self.right(&question))
            });
            degraded = degraded.with_curve(series + 1, points);
        }
        let method = "Points are means over networks, bands 98% bootstrap intervals over networks.";
        vec![
            Figure::new(
                "accuracy",
                "How many networks a classifier needs, and how many units",
                "More virtual experiments name rules better. Weights tell more than activity when all is seen; when few units are, that is turned round.",
            )
            .with_series(["all", "weights", "activity"])
            .with_plot(networks)
            .with_plot(degraded)
            .with_method(method),
        ]
    }
}
