//! Ways to the meta-gradient by name: `reverse`, `gram`, `forward`, `truncated:50`, `es:16:0.0001`.

use metaplast_meta::gradient::{Evolution, GradientMode, Unroll};

use super::choice::Choice;
use crate::error::Error;

/// A way, without what a reverse sweep keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    Reverse,
    Gram,
    Forward,
    Truncated(u64),
    Evolution(Evolution),
}

/// For help texts and completions.
pub(super) const EXAMPLES: [&str; 5] =
    ["reverse", "gram", "forward", "truncated:50", "es:16:0.0001"];

impl Way {
    pub(super) fn read(choice: &Choice<String>) -> Result<Self, Error> {
        let unknown = || {
            choice.wrong(format!(
                "unknown gradient `{}`; choose reverse, gram, forward, truncated:STEPS, like truncated:50, or es:PAIRS:SIGMA, like es:16:0.0001",
                choice.value
            ))
        };
        let mut words = choice.value.split(':').map(str::trim);
        let name = words.next().unwrap_or_default();
        let numbers: Vec<&str> = words.collect();
        let positive = |text: &str| text.parse().ok().filter(|&n: &u64| n > 0);
        match (name, &numbers[..]) {
            ("reverse", []) => Ok(Way::Reverse),
            ("gram", []) => Ok(Way::Gram),
            ("forward", []) => Ok(Way::Forward),
            ("truncated", [steps]) => positive(steps).map(Way::Truncated).ok_or_else(unknown),
            ("es", numbers) if numbers.len() <= 2 => {
                let usual = Evolution::default();
                let pairs = match numbers.first() {
                    None => Some(usual.pairs),
                    Some(pairs) => pairs.parse().ok().filter(|n| (1..=MOST_PAIRS).contains(n)),
                };
                let sigma = match numbers.get(1) {
                    None => Some(usual.sigma),
                    Some(sigma) => sigma
                        .parse()
                        .ok()
                        .filter(|s: &f64| *s > 0.0 && s.is_finite()),
                };
                let found = pairs.zip(sigma);
                let found = found.map(|(pairs, sigma)| Way::Evolution(Evolution { pairs, sigma }));
                found.ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Way::Reverse => "reverse".to_owned(),
            Way::Gram => "gram".to_owned(),
            Way::Forward => "forward".to_owned(),
            Way::Truncated(steps) => format!("truncated:{steps}"),
            Way::Evolution(Evolution { pairs, sigma }) => format!("es:{pairs}:{sigma}"),
        }
    }

    /// With what a reverse sweep keeps.
    pub(super) fn mode(self, unroll: Unroll) -> GradientMode {
        match self {
            Way::Reverse => GradientMode::Reverse(unroll),
            Way::Gram => GradientMode::Gram,
            Way::Forward => GradientMode::Forward,
            Way::Truncated(steps) => GradientMode::Truncated(steps),
            Way::Evolution(evolution) => GradientMode::Evolution(evolution),
        }
    }
}

/// More pairs for each episode are a typing error.
const MOST_PAIRS: u32 = 1 << 20;

/// A way to the gradient by its name, as `--gradient` takes it.
///
/// # Errors
/// When it is none.
pub fn gradient_mode(choice: &Choice<String>) -> Result<GradientMode, Error> {
    Ok(Way::read(choice)?.mode(Unroll::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let choice = Choice::new(text.to_owned(), "--gradient");
        Way::read(&choice).ok().map(Way::name)
    }

    #[test]
    fn ways_are_read_back() {
        for name in EXAMPLES.iter().chain(&["es:2:1.5"]) {
            assert_eq!(read(name).as_deref(), Some(*name));
        }
        assert_eq!(read("es").as_deref(), Some("es:16:0.0001"));
        assert_eq!(read("es:8").as_deref(), Some("es:8:0.0001"));
        for text in [
            "",
            "backward",
            "truncated",
            "truncated:0",
            "es:0",
            "es:1:0",
            "es:1:-1",
            "es:1:inf",
            "es:1:1:1",
            "reverse:1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
