//! The program `metaplast-mpi`; what it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(metaplast_mpi::run())
}
