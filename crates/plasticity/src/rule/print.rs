//! Rules as maths.

use std::fmt;

use crate::digits::in_maths;
use crate::rule::Rule;

/// The rule as maths, for instance `ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ΔW_l =")?;
        if self.layers().is_some() {
            return self.fmt_per_layer(f);
        }
        for (place, (term, &theta)) in self.terms().iter().zip(self.theta()).enumerate() {
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
        Ok(())
    }
}

fn is_sum(formula: &str) -> bool {
    [" − ", " + "].iter().any(|sign| formula.contains(sign))
}

impl Rule {
    /// `[0.01, 0.02]_l e_l y_(l−1)ᵀ + …`: of each bracket layer l's.
    fn fmt_per_layer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let theta = self.theta().chunks(self.layers().unwrap_or(1));
        for (place, (term, theta)) in self.terms().iter().zip(theta).enumerate() {
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Preset, Rule};

    #[test]
    fn a_rule_reads_as_maths() {
        let rule = Rule::preset(Preset::Bio).with_theta(&[0.012, -0.055, 0.005]);
        assert_eq!(
            rule.to_string(),
            "ΔW_l = −0.012 e_l y_(l−1)ᵀ + 0.055 e_l e_(l−1)ᵀ + 0.005 (y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l)"
        );
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
