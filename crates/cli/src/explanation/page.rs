//! An explanation as tables, figures and sentences.

use metaplast_experiment::{Across, Cell, Figure, Plot, Results, Scale, Table};
use metaplast_numbers::digits::significant;
use metaplast_plasticity::Rule;

use super::averages::ExplanationAverages;

/// What to say of it.
pub(crate) fn results(rule: &Rule, averages: &ExplanationAverages<'_>) -> Results {
    let mut results = Results::new()
        .with_table(terms(rule, averages))
        .with_table(layers(rule, averages))
        .with_figure(movement(rule, averages))
        .with_figure(shares(rule, averages));
    for layer in 0..averages.layers() {
        results.findings.extend(finding(rule, averages, layer));
    }
    results.findings.extend(beside_weights(rule));
    results
}

/// That units change as well, which no part of the weights tells.
fn beside_weights(rule: &Rule) -> Option<String> {
    let memories = rule.memories().iter().map(|memory| memory.name());
    let units: Vec<&str> = memories
        .filter(|name| ["bias", "gain"].contains(name))
        .collect();
    let named = match units.as_slice() {
        [] => return None,
        names => names.join(" and "),
    };
    Some(format!(
        "The rule changes the {named} of units as well; that is not among the terms, which move weights alone."
    ))
}

fn terms(rule: &Rule, averages: &ExplanationAverages<'_>) -> Table {
    let headings = [
        "layer",
        "term",
        "what",
        "size",
        "path / size",
        "share of ΔW",
    ];
    let note = "Size: Frobenius norm of the sum of the term's parts over the episode. Path / size: how much \
                further the parts went one by one; 1 where all point one way. Share: projection on the whole \
                change; shares of a layer add up to 1, and a negative one pulls against it.";
    let mut table = Table::new("terms", "What each term moved", headings).with_note(note);
    for layer in 0..averages.layers() {
        for (place, term) in rule.terms().iter().enumerate() {
            table.row([
                Cell::Count(layer as u64 + 1),
                term.symbol().into(),
                term.formula().into(),
                Cell::mean(averages.of(layer, |l| l.terms[place].size), 3),
                Cell::mean(
                    averages.of(layer, |l| l.terms[place].path / l.terms[place].size),
                    3,
                ),
                Cell::mean(averages.of(layer, |l| l.terms[place].share), 3),
            ]);
        }
    }
    table
}

fn layers(rule: &Rule, averages: &ExplanationAverages<'_>) -> Table {
    let headings = ["layer", "‖ΔW‖", "cancelled", "most opposed", "cosine"];
    let note = "Cancelled: 1 − ‖ΔW‖ / Σ of the terms' sizes, the part of their movement that terms undo between \
                them. Most opposed: the two terms whose parts have the most negative cosine, if there are two \
                whose interval is below 0.";
    let mut table = Table::new("layers", "Where terms cancel", headings).with_note(note);
    for layer in 0..averages.layers() {
        let (pair, cosine) = match averages.most_opposed(layer) {
            None => (Cell::Nothing, None),
            Some((a, b, cosine)) => {
                let pair = format!(
                    "{} and {}",
                    rule.terms()[a].symbol(),
                    rule.terms()[b].symbol()
                );
                (pair.into(), Some(cosine))
            }
        };
        table.row([
            Cell::Count(layer as u64 + 1),
            Cell::mean(averages.of(layer, |l| l.change), 3),
            Cell::mean(averages.of(layer, |l| l.cancelled()), 2),
            pair,
            Cell::mean(cosine, 2),
        ]);
    }
    table
}

fn finding(rule: &Rule, averages: &ExplanationAverages<'_>, layer: usize) -> Option<String> {
    let share = |place: usize| averages.of(layer, |l| l.terms[place].share);
    let shares = (0..rule.terms().len()).filter_map(|place| Some((place, share(place)?.mean)));
    let (most, part) = shares.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let cancelled = averages.of(layer, |l| l.cancelled())?.mean;
    let percent = |x: f64| format!("{}%", significant(100.0 * x, 3));
    let mut text = format!(
        "In layer {} {} makes {} of the change",
        layer + 1,
        rule.terms()[most].symbol(),
        percent(part)
    );
    if rule.terms().len() > 1 {
        text += &format!(
            "; the terms cancel {} of their movement",
            percent(cancelled)
        );
    }
    Some(text + ".")
}

fn figure(rule: &Rule, id: &str, title: &str, explanation: &str, net: Option<&str>) -> Figure {
    let symbols = rule.terms().iter().map(|term| term.symbol().to_owned());
    Figure::new(id, title, explanation)
        .with_series(symbols.chain(net.map(str::to_owned)))
        .with_method(
            "Each point is a stretch of steps that ends there. Line: mean over the tasks. Band: 98% bootstrap \
             interval of that mean (500 resamples); a single task has none.",
        )
}

fn steps() -> Across {
    Across::Numbers {
        label: "online step".into(),
        scale: Scale::Linear,
    }
}

fn movement(rule: &Rule, averages: &ExplanationAverages<'_>) -> Figure {
    let text = "How far each term moved the weights of a layer in a stretch of steps, and how far all of them \
                together did. Where the whole lies below the terms, these undo each other.";
    let title = "Movement by each term";
    let mut figure = figure(rule, "movement", title, text, Some("all together"));
    for layer in 0..averages.layers() {
        let mut plot = Plot::new(
            format!("Layer {}", layer + 1),
            steps(),
            "‖ΣθF‖ in a stretch",
        );
        for place in 0..rule.terms().len() {
            plot = plot.with_curve(place, averages.course(layer, |l| l.terms[place].size));
        }
        let all = averages.course(layer, |l| l.change);
        figure = figure.with_plot(plot.with_curve(rule.terms().len(), all));
    }
    figure
}

fn shares(rule: &Rule, averages: &ExplanationAverages<'_>) -> Figure {
    let text = "Which part of the change of a layer's weights in a stretch of steps each term made: the projection \
                of its part on the change. The lines of a panel add up to 1; below 0 a term pulls against what \
                the others do.";
    let mut figure = figure(rule, "shares", "Share of the change", text, None);
    for layer in 0..averages.layers() {
        let mut plot = Plot::new(format!("Layer {}", layer + 1), steps(), "share of ΔW")
            .with_reference(0.0, "");
        for place in 0..rule.terms().len() {
            plot = plot.with_curve(place, averages.course(layer, |l| l.terms[place].share));
        }
        figure = figure.with_plot(plot);
    }
    figure
}
