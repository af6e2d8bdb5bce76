//! Text from outside: read up to a limit, and shown without what a terminal would obey.
//!
//! ```
//! use metaplast_data::text::escaped;
//!
//! assert_eq!(escaped("two\nlines, \u{1b}[31mred"), r"two\nlines, \u{1b}[31mred");
//! ```

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Rules, settings, sweeps and lists longer than this are refused: 64 MiB, which hold the rules of
/// 100,000 trials.
pub const MOST_BYTES: u64 = 1 << 26;
/// Tables of episodes, and checkpoints, longer than this are refused: 4 GiB.
pub const MOST_TABLE_BYTES: u64 = 1 << 32;

/// The text with control characters, line breaks and marks that change the direction of writing
/// spelled out, so that it stays on its line and changes nothing around it.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_obeyed(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    plain.into()
}

/// [`escaped`] line by line: for text of several lines that has something from outside in it.
#[must_use]
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_obeyed(c)) {
        return text.into();
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(escaped).collect();
    lines.join("\n").into()
}

/// Whether a terminal, or whoever lays text out, does something at this character instead of showing
/// it.
fn is_obeyed(c: char) -> bool {
    let separates_lines = matches!(c, '\u{2028}' | '\u{2029}');
    let directs =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || separates_lines || directs
}

/// All bytes of a file that is not longer than `most`; a file without an end, such as `/dev/zero`, is
/// left there.
///
/// # Errors
/// When the operating system refuses, or the file is longer.
pub fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_long = || {
        let reason = format!("longer than {most} bytes, the most that is read");
        io::Error::new(ErrorKind::FileTooLarge, reason)
    };
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve(length as usize)?;
    let mut left = file.take(most + 1);
    let mut piece = vec![0; 1 << 16];
    loop {
        let n = match left.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes.try_reserve(n)?;
        bytes.extend_from_slice(&piece[..n]);
    }
    match bytes.len() as u64 > most {
        true => Err(too_long()),
        false => Ok(bytes),
    }
}

/// What a user may do about what the operating system said; nothing where its words say it all.
#[must_use]
pub fn way_out(cause: &io::Error) -> &'static str {
    match cause.kind() {
        ErrorKind::NotFound => "; check the path",
        ErrorKind::PermissionDenied => "; check its permissions",
        ErrorKind::FileTooLarge => "; check that it is the file that is meant",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; free some space",
        ErrorKind::IsADirectory => "; name a file",
        ErrorKind::NotADirectory => "; name a path below a directory",
        ErrorKind::ReadOnlyFilesystem => "; name a place that can be written",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_left_alone() {
        assert!(matches!(escaped("θ₀ − 1, ü, 你"), Cow::Borrowed(_)));
        assert_eq!(escaped("\u{202e}evil\t\u{2028}"), r"\u{202e}evil\t\u{2028}");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(escaped_lines("a\u{7}\nb\r\n"), "a\\u{7}\nb\\r\n");
    }

    #[test]
    fn files_are_read_up_to_the_limit() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read_up_to(&path, 100).unwrap(), [7; 100]);
        let refused = read_up_to(&path, 99).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
        if cfg!(unix) {
            assert!(read_up_to(Path::new("/dev/zero"), 1 << 20).is_err());
        }
    }
}
