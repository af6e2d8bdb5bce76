//! The program `metaplast`; what it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(metaplast_cli::run(std::env::args_os()))
}
