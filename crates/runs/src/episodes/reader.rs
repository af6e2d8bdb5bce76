//! Reads `episodes.csv` back, as [`crate::episodes_csv`] writes it.

use std::fs::File;
use std::path::Path;

use csv::StringRecord;
use metaplast_report::Episode;

use crate::episodes_csv::Columns;
use crate::error::Error;

/// The episodes of one trial.
pub(crate) struct TrialRows {
    pub(crate) number: u64,
    pub(crate) episodes: Vec<Episode>,
}

/// Reads the episodes of a run, trial by trial.
pub(crate) fn read_episodes(path: &Path, of: &Columns) -> Result<Vec<TrialRows>, Error> {
    let file = File::open(path).map_err(|cause| Error::io(path, "read", cause))?;
    let at = |line: usize, reason: String| Error::File {
        path: path.into(),
        line: Some(line),
        reason,
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let header = of.header();
    let columns: Vec<&str> = header.trim_end().split(',').collect();
    let mut trials: Vec<TrialRows> = Vec::new();
    let mut line = 0;
    for record in reader.records() {
        line += 1;
        let row = record.map_err(|error| at(line, unreadable(&error)))?;
        if line == 1 {
            check_header(&row, &columns).map_err(|reason| at(line, reason))?;
            continue;
        }
        let (trial, number, episode) =
            parse(&row, &columns, of).map_err(|reason| at(line, reason))?;
        match trials.last_mut() {
            Some(last) if last.number == trial => last.episodes.push(episode),
            _ => trials.push(TrialRows {
                number: trial,
                episodes: vec![episode],
            }),
        }
        let last = trials.last().expect("one was just pushed");
        let expected = last.episodes.len() as u64 - 1;
        if number != expected {
            let reason = format!(
                "episode {number} of trial {trial} where {expected} was expected; rows are missing or out of order, repeat the run"
            );
            return Err(at(line, reason));
        }
    }
    if trials.is_empty() {
        let reason = "there are no episodes in it; wait for the first, or repeat the run";
        return Err(at(line.max(1), reason.into()));
    }
    Ok(trials)
}

fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not text in UTF-8; name a run directory".into(),
        _ => format!("{error}; repeat the run"),
    }
}

fn check_header(row: &StringRecord, columns: &[&str]) -> Result<(), String> {
    let mut pairs = columns.iter().enumerate();
    let wrong = pairs.find(|(place, name)| row.get(*place) != Some(**name));
    let Some((place, name)) = wrong else {
        return match row.get(columns.len()) {
            None => Ok(()),
            Some(more) => Err(format!(
                "column {more:?} is not one of a run with the terms and layers in config.toml"
            )),
        };
    };
    let found = row.get(place).unwrap_or("");
    Err(format!(
        "column {} is {found:?} where the terms and layers in config.toml need {name:?}; name a directory that meta-train wrote",
        place + 1
    ))
}

fn parse(
    row: &StringRecord,
    columns: &[&str],
    of: &Columns,
) -> Result<(u64, u64, Episode), String> {
    if row.len() != columns.len() {
        return Err(format!(
            "{} of {} fields; the row was cut off or damaged, go on with the run by meta-train --resume, or delete it and what follows",
            row.len(),
            columns.len()
        ));
    }
    let (terms, layers) = (of.terms.len(), of.layers);
    let wrong =
        |place: usize, what: &str| format!("{}: {:?} is not {what}", columns[place], &row[place]);
    let whole = |place: usize| {
        let number = row[place].parse::<u64>();
        number.map_err(|_| wrong(place, "a whole number"))
    };
    let number = |place: usize| {
        let number = row[place].parse::<f64>();
        number.map_err(|_| wrong(place, "a number"))
    };
    let numbers = |from: usize, n: usize| (from..from + n).map(number).collect();
    let angles = 5 + terms;
    let orthonormality = angles + layers - 1;
    let last = orthonormality + 2 * layers;
    let diverged = row[last].parse::<bool>();
    // The weight norms are checked though nothing is drawn of them.
    let norms: Result<Vec<f64>, String> = numbers(orthonormality + layers, layers);
    norms?;
    let episode = Episode {
        meta_loss: number(2)?,
        cross_entropy: number(3)?,
        accuracy: number(4)?,
        theta: numbers(5, terms)?,
        angles: numbers(angles, layers - 1)?,
        orthonormality: numbers(orthonormality, layers)?,
        diverged: diverged.map_err(|_| wrong(last, "true or false"))?,
    };
    Ok((whole(0)?, whole(1)?, episode))
}
