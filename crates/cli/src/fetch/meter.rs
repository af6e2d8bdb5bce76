//! How far a download is: a bar on a terminal, a line for each file elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use metaplast_data::text::escaped_lines;

use crate::terminal::output::complain;
use crate::terminal::progress::has_bars;

/// Shows the progress of one file.
pub(crate) struct Meter {
    /// `None` where there is no terminal.
    bar: Option<ProgressBar>,
    silent: bool,
    name: String,
}

impl Meter {
    pub(crate) fn new(silent: bool, name: &str) -> Self {
        let bar = (!silent && has_bars()).then(|| {
            let bar = ProgressBar::no_length();
            bar.set_prefix(name.to_owned());
            bar
        });
        Meter {
            bar,
            silent,
            name: name.into(),
        }
    }

    /// `here` bytes are there already, of `all` if that is known.
    pub(crate) fn begin(&self, here: u64, all: Option<u64>) {
        match &self.bar {
            Some(bar) => {
                let template = match all {
                    Some(_) => {
                        "{prefix}  {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left"
                    }
                    None => "{prefix}  {bytes}  {bytes_per_sec}",
                };
                let style = ProgressStyle::with_template(template).expect("the template is right");
                bar.set_style(style.progress_chars("━━╌"));
                bar.set_length(all.unwrap_or(0));
                bar.set_position(here);
                bar.reset_eta();
            }
            None => {
                let all = all.map_or("size unknown".to_owned(), |all| format!("{all} bytes"));
                let from = match here {
                    0 => String::new(),
                    n => format!(", going on behind {n}"),
                };
                self.say(&format!("{}: {all}{from}", self.name));
            }
        }
    }

    pub(crate) fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    /// Says something besides the progress.
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            _ if self.silent => {}
            Some(bar) => bar.println(&*escaped_lines(text)),
            None => complain(text),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
