//! Words of a shell.

use std::path::Path;

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=:@%".contains(c);
    if path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

/// The command that resumes a run.
pub(crate) fn resume_command(directory: &Path) -> String {
    format!("metaplast meta-train --resume {}", quoted(directory))
}
