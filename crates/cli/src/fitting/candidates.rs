//! Candidates on the command line: which terms a rule may have, and how they did.

use std::fmt::Write;
use std::path::Path;

use metaplast_meta::fit::piecewise::{AloneFit, PiecewiseFit, Rivals};
use metaplast_numbers::sorting::sort_by;
use metaplast_plasticity::digits::significant;
use metaplast_plasticity::terms::candidate_terms;
use metaplast_plasticity::{Memory, Term};
use metaplast_runs::settings::candidates::read_candidates;

use crate::error::Error;
use crate::libraries;
use crate::terminal::table::table;

/// Stands for the built-in list.
pub(crate) const GRAMMAR: &str = "grammar";

/// Candidates that the terminal shows beside the chosen ones.
const SHOWN: usize = 5;
/// Rivals of a term that are named one by one.
const NAMED: usize = 6;

/// The terms that `--candidates` names.
pub(crate) fn named(which: &Path, memories: &[Memory]) -> Result<Vec<Term>, Error> {
    if which == Path::new(GRAMMAR) {
        return Ok(candidate_terms());
    }
    let signals = Memory::signals(memories);
    Ok(read_candidates(which, &signals, &libraries::all().terms)?)
}

/// `candidates.csv`.
pub(crate) fn csv(candidates: &[Term], found: &PiecewiseFit) -> Result<String, Error> {
    let failed = |error: csv::Error| Error::Failed(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let layers = found.model.rule.layers();
    let theta = |layer: usize| match layers {
        None => "theta".to_owned(),
        Some(_) => format!("theta_l{}", layer + 1),
    };
    let each = layers.unwrap_or(1);
    let head = ["candidate", "expression"].map(str::to_owned).into_iter();
    let head = head.chain((0..each).map(theta));
    let last = ["r_squared", "chosen", "same_as", "close_to"].map(str::to_owned);
    writer.write_record(head.chain(last)).map_err(failed)?;
    for (k, (term, alone)) in candidates.iter().zip(&found.alone).enumerate() {
        let of = |which: fn(&Rivals) -> &Vec<usize>| {
            let rivals = found
                .rivals
                .iter()
                .filter(|rivals| which(rivals).contains(&k));
            let symbols = rivals.map(|rivals| candidates[rivals.chosen].symbol());
            symbols.collect::<Vec<_>>().join(" ")
        };
        let theta = (0..each).map(|l| {
            alone
                .theta
                .get(l)
                .map_or(String::new(), |t| format!("{t:?}"))
        });
        let row = [term.symbol().to_owned(), expression(term)]
            .into_iter()
            .chain(theta);
        let last = [
            format!("{:?}", alone.r_squared),
            found.chosen.contains(&k).to_string(),
            of(|rivals| &rivals.same),
            of(|rivals| &rivals.close),
        ];
        writer.write_record(row.chain(last)).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::Failed(error.to_string()))?;
    Ok(String::from_utf8(bytes).expect("text was written"))
}

/// What the terminal shows before the joint fit.
pub(crate) fn summary(candidates: &[Term], found: &PiecewiseFit) -> String {
    let mut best: Vec<usize> = (0..candidates.len()).collect();
    sort_by(&mut best, |&a, &b| {
        let of = |k: usize| found.alone[k].r_squared;
        of(b).total_cmp(&of(a)).then(a.cmp(&b))
    });
    let mut rows = vec![
        ["candidate", "term", "R² alone", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (rank, k) in best.into_iter().enumerate() {
        let chosen = found.chosen.contains(&k);
        if rank >= SHOWN && !chosen {
            continue;
        }
        let AloneFit {
            r_squared, theta, ..
        } = &found.alone[k];
        rows.push(vec![
            candidates[k].symbol().to_owned(),
            expression(&candidates[k]),
            match theta.is_empty() {
                true => "no trace".into(),
                false => significant(*r_squared, 3),
            },
            (if chosen { "chosen" } else { "" }).to_owned(),
        ]);
    }
    let mut text = table(&rows);
    let _ = writeln!(
        text,
        "{} of {} candidates chosen: {} sets compared in {} rounds, on {} of the recorded numbers\n",
        found.chosen.len(),
        candidates.len(),
        found.sets,
        found.rounds,
        found.elements
    );
    text
}

/// Which candidates would do in the place of a chosen one.
pub(crate) fn rivals_in_words(candidates: &[Term], found: &PiecewiseFit) -> String {
    let listed = |list: &[usize]| {
        let named = list.iter().take(NAMED);
        let named = named.map(|&k| {
            format!(
                "{} ({})",
                candidates[k].symbol(),
                expression(&candidates[k])
            )
        });
        let mut named: Vec<String> = named.collect();
        if list.len() > NAMED {
            named.push(format!("{} more", list.len() - NAMED));
        }
        match named.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => named.concat(),
        }
    };
    let mut text = String::new();
    for Rivals {
        chosen,
        same,
        close,
        ..
    } in &found.rivals
    {
        let symbol = candidates[*chosen].symbol();
        if !same.is_empty() {
            let _ = writeln!(
                text,
                "{symbol} cannot be told in these recordings from {}",
                listed(same)
            );
        }
        if !close.is_empty() {
            let _ = writeln!(
                text,
                "in the place of {symbol} nearly as well, to first order: {}",
                listed(close)
            );
        }
    }
    text
}

fn expression(term: &Term) -> String {
    term.expression()
        .unwrap_or_else(|| term.formula().to_owned())
}
