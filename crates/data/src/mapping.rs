//! EMNIST's mapping files: which character a label stands for.

use std::path::Path;

use crate::DataError;

/// Names of classes 0, 1, ... from the text of a mapping file.
///
/// A line is a label and one or more character codes (EMNIST Letters gives
/// capital and small letter). A label without a line is named by its number.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Vec<String>, DataError> {
    let mut names: Vec<Option<String>> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let (label, name) = parse_line(line).map_err(|reason| DataError::Mapping {
            path: path.into(),
            line: i + 1,
            reason,
        })?;
        if names.len() <= label {
            names.resize(label + 1, None);
        }
        if names[label].replace(name).is_some() {
            return Err(DataError::Mapping {
                path: path.into(),
                line: i + 1,
                reason: format!("label {label} has a line already"),
            });
        }
    }
    if names.is_empty() {
        return Err(DataError::Mapping {
            path: path.into(),
            line: 1,
            reason: "the file is empty".into(),
        });
    }
    let numbered = |(c, name): (usize, Option<String>)| name.unwrap_or_else(|| c.to_string());
    Ok(names.into_iter().enumerate().map(numbered).collect())
}

fn parse_line(line: &str) -> Result<(usize, String), String> {
    let mut words = line.split_whitespace();
    let label = words.next().expect("blank lines are skipped");
    let label: u8 = label
        .parse()
        .map_err(|_| format!("{label:?} is no label"))?;
    let mut name = String::new();
    for word in words {
        let character = word.parse().ok().and_then(char::from_u32);
        match character {
            Some(c) if !c.is_control() => name.push(c),
            _ => return Err(format!("{word:?} is no code of a visible character")),
        }
    }
    if name.is_empty() {
        return Err("no character code after the label".into());
    }
    Ok((label.into(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        parse(text, Path::new("mapping.txt")).map_err(|e| e.to_string())
    }

    #[test]
    fn names_come_from_codes_and_gaps_are_numbered() {
        assert_eq!(
            names("0 48\n1 65\r\n\n3 66 98\n").unwrap(),
            ["0", "A", "2", "Bb"]
        );
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, reason) in [
            ("0 48\nx 65\n", 2, "\"x\" is no label"),
            ("0 48\n\n256 65\n", 3, "\"256\" is no label"),
            ("0\n", 1, "no character code after the label"),
            (
                "0 48\n1 -7\n",
                2,
                "\"-7\" is no code of a visible character",
            ),
            ("0 7\n", 1, "\"7\" is no code of a visible character"),
            ("0 48\n0 49\n", 2, "label 0 has a line already"),
            ("\n\n", 1, "the file is empty"),
        ] {
            let message = names(text).unwrap_err();
            let start = format!("mapping.txt: line {line}: {reason}; ");
            assert!(message.starts_with(&start), "{message}");
            assert!(!message.contains('\n'));
        }
    }
}
