//! Lists of subcommands: an enum of their arguments, and what each of them does.

/// A subcommand `NAME` for each `module::Name`: `Name` holds its arguments, `module::run` does it. Where
/// `Name` is taken for something else, `as` gives the name of the subcommand.
macro_rules! commands {
    ($(#[$meta:meta])* $enum:ident: $($module:ident::$name:ident $(as $command:literal)?,)*) => {
        $(#[$meta])*
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum $enum {
            $(
                #[allow(missing_docs, reason = "the arguments describe the command")]
                $(#[command(name = $command)])?
                $name(Box<$module::$name>),
            )*
        }

        impl $enum {
            /// Runs the command.
            pub(crate) fn run(&self) -> Result<(), $crate::error::Error> {
                match self {
                    $($enum::$name(arguments) => $module::run(arguments),)*
                }
            }
        }
    };
}
pub(crate) use commands;
