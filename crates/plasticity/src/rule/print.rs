//! Rules as maths.

use std::fmt;

use crate::digits::in_maths;
use crate::rule::Rule;

/// The rule as maths, for instance `ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ`. Terms whose
/// coefficients are 0 are left out, and counted at the end.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ΔW_l =")?;
        if self.layers().is_some() {
            self.fmt_per_layer(f)?;
            return self.fmt_memories(f);
        }
        let terms = self.terms().iter().zip(self.theta());
        let moving = terms.filter(|(_, theta)| **theta != 0.0);
        let mut written = 0;
        for (place, (term, &theta)) in moving.enumerate() {
            written += 1;
            let several = is_sum(term.formula());
            // Most formulas start with a minus, which goes into the coefficient.
            let (value, formula) = match term.formula().strip_prefix('−') {
                Some(rest) if !several => (-theta, rest),
                _ => (theta, term.formula()),
            };
            let sign = match (place, value < 0.0) {
                (0, false) => "",
                (0, true) => "−",
                (_, false) => "+ ",
                (_, true) => "− ",
            };
            let (open, close) = if several { ("(", ")") } else { ("", "") };
            write!(f, " {sign}{} {open}{formula}{close}", in_maths(value.abs()))?;
        }
        self.fmt_left_out(f, written)?;
        self.fmt_memories(f)
    }
}

fn is_sum(formula: &str) -> bool {
    [" − ", " + "].iter().any(|sign| formula.contains(sign))
}

impl Rule {
    /// `[0.01, 0.02]_l e_l y_(l−1)ᵀ + …`: of each bracket layer l's.
    fn fmt_per_layer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let theta = self.theta().chunks(self.layers().unwrap_or(1));
        let terms = self.terms().iter().zip(theta);
        let moving = terms.filter(|(_, theta)| theta.iter().any(|&theta| theta != 0.0));
        let mut written = 0;
        for (place, (term, theta)) in moving.enumerate() {
            written += 1;
            let several = is_sum(term.formula());
            let (sign, formula) = match term.formula().strip_prefix('−') {
                Some(rest) if !several => (-1.0, rest),
                _ => (1.0, term.formula()),
            };
            let values: Vec<String> = theta.iter().map(|theta| in_maths(sign * theta)).collect();
            let plus = if place > 0 { "+ " } else { "" };
            let (open, close) = if several { ("(", ")") } else { ("", "") };
            write!(f, " {plus}[{}]_l {open}{formula}{close}", values.join(", "))?;
        }
        self.fmt_left_out(f, written)
    }

    /// ` (2 more terms with coefficient 0)`
    fn fmt_left_out(&self, f: &mut fmt::Formatter<'_>, written: usize) -> fmt::Result {
        let left_out = self.terms().len() - written;
        let (zero, more) = match written {
            0 => (" 0", ""),
            _ => ("", "more "),
        };
        match left_out {
            0 => Ok(()),
            1 => write!(f, "{zero} (1 {more}term with coefficient 0)"),
            n => write!(f, "{zero} ({n} {more}terms with coefficient 0)"),
        }
    }

    /// `; m ← m + k (y_l − m), k = 0.1`
    fn fmt_memories(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for memory in self.memories() {
            write!(f, "; {} ← {}", memory.name(), memory.formula())?;
        }
        let values = self.theta()[self.term_coefficients()..].chunks(self.layers().unwrap_or(1));
        for (constant, values) in self.constants().iter().zip(values) {
            let values: Vec<String> = values.iter().map(|&value| in_maths(value)).collect();
            match self.layers() {
                None => write!(f, ", {} = {}", constant.name(), values[0])?,
                Some(_) => write!(f, ", {} = [{}]_l", constant.name(), values.join(", "))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Memory, Preset, Rule, Term};

    #[test]
    fn a_rule_reads_as_maths() {
        let rule = Rule::preset(Preset::Bio).with_theta(&[0.012, -0.055, 0.005]);
        assert_eq!(
            rule.to_string(),
            "ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ + 0.005 (y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l)"
        );
    }

    #[test]
    fn terms_whose_coefficients_are_zero_are_counted_and_not_written() {
        let bio = |theta: &[f64]| Rule::preset(Preset::Bio).with_theta(theta).to_string();
        assert_eq!(
            bio(&[0.0, -0.055, 0.0]),
            "ΔW_l = 0.055 e_l e_(l−1)ᵀ (2 more terms with coefficient 0)"
        );
        assert_eq!(bio(&[0.0; 3]), "ΔW_l = 0 (3 terms with coefficient 0)");
        let each = Rule::preset(Preset::Bio).per_layer(2);
        assert_eq!(
            each.with_theta(&[0.0, 0.0, 0.0, 0.5, 0.0, 0.0]).to_string(),
            "ΔW_l = [0, −0.5]_l e_l e_(l−1)ᵀ (2 more terms with coefficient 0)"
        );
    }

    #[test]
    fn a_rule_with_memories_reads_as_maths() {
        let threshold = [Memory::parse("m = m + k * (y .* y - m)", &[]).unwrap()];
        let bcm = Term::parse_with("bcm = y .* (y - m) * y_pre^T", &Memory::signals(&threshold));
        let rule = Rule::new([bcm.unwrap()]).unwrap();
        let rule = rule.with_memories(threshold).unwrap();
        assert_eq!(
            rule.clone().with_theta(&[0.01, 0.05]).to_string(),
            "ΔW_l = 0.01 ((y_l ⊙ (y_l − m)) y_(l−1)ᵀ); m ← m + k (y_l ⊙ y_l − m), k = 0.05"
        );
        let each = rule.per_layer(2).with_theta(&[0.01, 0.02, 0.05, 0.1]);
        assert!(each.to_string().ends_with(", k = [0.05, 0.1]_l"), "{each}");
    }

    #[test]
    fn a_rule_with_coefficients_for_each_layer_reads_as_maths() {
        let rule = Rule::preset(Preset::Oja).per_layer(2);
        let rule = rule.with_theta(&[0.01, 0.02, -0.005, 0.0]);
        assert_eq!(
            rule.to_string(),
            "ΔW_l = [−0.01, −0.02]_l e_l y_(l−1)ᵀ + [−0.005, 0]_l (y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l)"
        );
        let again = rule.clone().per_layer(3);
        assert_eq!(again.theta(), [0.01, 0.01, 0.01, -0.005, -0.005, -0.005]);
        let error = rule.try_with_theta(&[0.01, 0.02]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 terms in 2 layers but 2 coefficients; give one per term and layer"
        );
    }
}
