//! Files that are there as a whole or not at all.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// Writes a file under a temporary name beside it, then gives it its own.
pub(crate) fn write_whole(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let attempt = fs::write(&temporary, contents).and_then(|()| fs::rename(&temporary, path));
    attempt.map_err(|cause| {
        let _ = fs::remove_file(&temporary);
        Error::io(path, "write", cause)
    })
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::io(path, "read", cause))?;
    String::from_utf8(bytes).map_err(|_| Error::File {
        path: path.into(),
        line: None,
        reason: "not a text file in UTF-8; name a TOML file".into(),
    })
}
