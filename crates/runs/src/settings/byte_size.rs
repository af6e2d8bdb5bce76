//! Sizes of memory as people write them: `64MB`, `1 GiB`, `500000`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// Units in lower case and their bytes.
const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
        let unit = unit.trim().to_ascii_lowercase();
        let unit = UNITS.iter().find(|(name, _)| *name == unit);
        let bytes = number.parse().ok().zip(unit);
        let bytes = bytes.and_then(|(number, (_, unit)): (u64, _)| number.checked_mul(*unit));
        bytes.map(ByteSize).ok_or_else(|| {
            let hint = match text.contains('=') {
                true => "; what a rule keeps from step to step is given by --remember",
                false => "",
            };
            format!(
                "`{text}` is no size; give a whole number of bytes, kB, MB or GB, like 64MB{hint}"
            )
        })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ByteSize(bytes) = *self;
        let text = match bytes {
            0..1000 => format!("{bytes} B"),
            1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
            1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
            _ => format!("{:.1} GB", bytes as f64 / 1e9),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<ByteSize>().map(|ByteSize(bytes)| bytes);
        assert_eq!(read("64MB"), Ok(64_000_000));
        assert_eq!(read(" 64 mb "), Ok(64_000_000));
        assert_eq!(read("1GiB"), Ok(1 << 30));
        assert_eq!(read("500000"), Ok(500_000));
        for text in ["", "MB", "-1MB", "1.5GB", "64 M B", "3XB", "99999999999GB"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_with_one_decimal() {
        let shown = |bytes| ByteSize(bytes).to_string();
        assert_eq!(shown(999), "999 B");
        assert_eq!(shown(64_000_000), "64.0 MB");
        assert_eq!(shown(2_500), "2.5 kB");
    }
}
