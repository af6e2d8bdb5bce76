//! Lines on standard output and standard error, without a panic when nobody reads them.

use std::io::{self, Write};

use crate::error::Error;

/// Prints text, which ends its own lines, on standard output.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    write(text).map_err(Error::Output)
}

/// The same for who has errors of its own.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a line on standard output.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    print(&format!("{text}\n"))
}

/// Prints a line on standard error; there is nobody left to tell when that fails.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
