//! Words of a shell, and paths in sentences.

use std::path::{Path, PathBuf};

use metaplast_data::text::escaped;
use metaplast_runs::Error;

/// A path as one word of a shell, for commands to be copied. Where it holds control characters or
/// bytes that are not UTF-8, these are spelled out as bash, zsh and ksh understand them: `$'a\xff'`.
pub(crate) fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let text = match str::from_utf8(bytes) {
        Ok(text) if escaped(text) == text => text,
        _ => return spelled_out(bytes),
    };
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn spelled_out(bytes: &[u8]) -> String {
    let mut word = String::from("$'");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => word.extend(['\\', c]),
                c if escaped(c.encode_utf8(&mut [0; 4])) == c.to_string() => word.push(c),
                c => {
                    let mut buffer = [0; 4];
                    word += &in_hexadecimal(c.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
        word += &in_hexadecimal(chunk.invalid());
    }
    word + "'"
}

fn in_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// A path in a sentence: on its line, whatever it is called.
pub(crate) fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

/// Refuses two names of one file or directory, which would count twice.
pub(crate) fn check_distinct(paths: &[PathBuf]) -> Result<(), Error> {
    let mut seen: Vec<(PathBuf, &PathBuf)> = Vec::new();
    for path in paths {
        // What is not there is told where it is read.
        let Ok(there) = path.canonicalize() else {
            continue;
        };
        if let Some((_, other)) = seen.iter().find(|(known, _)| *known == there) {
            let reason = format!("the same as {}; name each once", other.display());
            return Err(Error::setting(path.display().to_string(), reason));
        }
        seen.push((there, path));
    }
    Ok(())
}

/// The command that resumes a run.
pub(crate) fn resume_command(directory: &Path) -> String {
    format!("metaplast meta-train --resume {}", quoted(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_one_word_that_a_shell_reads_back() {
        for (path, word) in [
            ("runs/a-1", "runs/a-1"),
            ("it's", r"'it'\''s'"),
            ("two\nlines' \u{1b}ü", r"$'two\x0alines\' \x1bü'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_spelled_out() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"out\xff/ru\xc3n"));
        assert_eq!(quoted(path), r"$'out\xff/ru\xc3n'");
    }
}
