//! The subcommands: each file holds the arguments of one and what it does. [`commands!`] is the list.

mod data;
mod evaluate;
mod fit;
mod gradcheck;
mod meta_train;
mod report;
mod reproduce;
mod simulate;
mod soak;
mod sweep;
mod verify;

use clap::Subcommand;

use crate::error::Error;

/// A subcommand `NAME` for each `module::Name`: `Name` holds its arguments, `module::run` does it.
macro_rules! commands {
    ($(#[$meta:meta])* $enum:ident: $($module:ident::$name:ident,)*) => {
        $(#[$meta])*
        #[derive(Debug, Subcommand)]
        pub(crate) enum $enum {
            $(
                #[allow(missing_docs, reason = "the arguments describe the command")]
                $name(Box<$module::$name>),
            )*
        }

        impl $enum {
            /// Runs the command.
            pub(crate) fn run(&self) -> Result<(), Error> {
                match self {
                    $($enum::$name(arguments) => $module::run(arguments),)*
                }
            }
        }
    };
}
use commands;

commands! {
    /// What to do, in the order shown to users.
    Command:
    meta_train::MetaTrain,
    evaluate::Evaluate,
    simulate::Simulate,
    fit::Fit,
    sweep::Sweep,
    reproduce::Reproduce,
    report::Report,
    gradcheck::Gradcheck,
    verify::Verify,
    soak::Soak,
    data::Data,
}
