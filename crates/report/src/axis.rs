//! Axes: limits, ticks and their labels.

use metaplast_experiment::Scale;
use metaplast_numbers::digits::at_place;

/// An axis with its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    /// Values and what is written at them.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// About this many ticks.
const TICKS: f64 = 5.0;
/// Characters that fit below a small panel.
const LINE: usize = 38;

impl Axis {
    /// From exactly `low` to `high`, with a tick at every multiple of a round number between.
    pub(crate) fn exact(low: f64, high: f64) -> Self {
        let step = match (low, high) {
            // Degrees.
            (0.0, 90.0 | 120.0 | 150.0 | 180.0) => 30.0,
            _ => round_step((high - low) / TICKS),
        };
        let ticks = multiples(low, high, step);
        Axis {
            scale: Scale::Linear,
            low,
            high,
            ticks,
        }
    }

    /// That holds `low` and `high`, widened to ticks.
    pub(crate) fn around(scale: Scale, low: f64, high: f64) -> Self {
        match scale {
            Scale::Linear => {
                let (low, high) = apart(low, high);
                let step = round_step((high - low) / TICKS);
                let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
                Axis {
                    scale,
                    low,
                    high,
                    ticks: multiples(low, high, step),
                }
            }
            Scale::Logarithmic => {
                let (low, high) = (low.log10().floor() as i32, high.log10().ceil() as i32);
                let high = high.max(low + 1);
                let every = 1 + (high - low) / 6;
                let ticks = (low..=high).filter(|power| (power - low) % every == 0);
                Axis {
                    scale,
                    low: f64::from(low),
                    high: f64::from(high),
                    ticks: ticks.map(|p| (10f64.powi(p), power_of_ten(p))).collect(),
                }
            }
        }
    }

    /// With a name at each of 0, 1, 2, …; of many long ones some are left out.
    pub(crate) fn steps(names: &[String]) -> Self {
        let characters: usize = names.iter().map(|name| name.chars().count() + 2).sum();
        let every = characters.div_ceil(LINE).max(1);
        let named = names.iter().enumerate().step_by(every);
        Axis {
            scale: Scale::Linear,
            low: -0.4,
            high: names.len() as f64 - 0.6,
            ticks: named.map(|(k, name)| (k as f64, name.clone())).collect(),
        }
    }

    /// Where a value lies between the ends: 0 at the low one, 1 at the high one.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.log10(),
        };
        (value - self.low) / (self.high - self.low)
    }
}

/// Two ends that differ.
fn apart(low: f64, high: f64) -> (f64, f64) {
    if high - low > 1e-9 * low.abs().max(high.abs()).max(1e-9) {
        return (low, high);
    }
    let half = 0.5 * low.abs().max(1e-3);
    (low - half, high + half)
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let rounds = [1.0, 2.0, 5.0, 10.0];
    let fits = rounds
        .into_iter()
        .find(|r| r * power >= step * (1.0 - 1e-9));
    fits.unwrap_or(10.0) * power
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<(f64, String)> {
    let place = step.log10().floor() as i32;
    let first = (low / step - 1e-6).ceil() as i64;
    let last = (high / step + 1e-6).floor() as i64;
    let tick = |k: i64| {
        let value = k as f64 * step;
        (value, at_place(value, place.min(0)))
    };
    (first..=last).map(tick).collect()
}

fn power_of_ten(power: i32) -> String {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match power {
        0 => "1".into(),
        1 => "10".into(),
        2 => "100".into(),
        _ => {
            let digits = power.to_string();
            let digits = digits.chars().map(|c| match c.to_digit(10) {
                Some(digit) => SUPERSCRIPTS[digit as usize],
                None => '⁻',
            });
            "10".chars().chain(digits).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let axis = Axis::around(Scale::Linear, -0.052, 0.0);
        assert_eq!(labels(&axis), ["−0.06", "−0.04", "−0.02", "0.00"]);
        assert_eq!(labels(&Axis::exact(0.0, 599.0)), ["0", "200", "400"]);
        let axis = Axis::around(Scale::Logarithmic, 30.0, 2000.0);
        assert_eq!(labels(&axis), ["10", "100", "10³", "10⁴"]);
        assert!((axis.place(100.0) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(
            labels(&Axis::around(Scale::Logarithmic, 1e-5, 1e-5))[0],
            "10⁻⁵"
        );
    }

    #[test]
    fn a_single_value_has_room() {
        for value in [0.0, 3.0, -1e-9] {
            let axis = Axis::around(Scale::Linear, value, value);
            assert!(
                axis.place(value) > 0.0 && axis.place(value) < 1.0,
                "{value}"
            );
        }
    }

    #[test]
    fn of_many_long_names_some_are_left_out() {
        let names = |n: usize| -> Vec<String> { (0..n).map(|k| format!("value {k}")).collect() };
        assert_eq!(labels(&Axis::steps(&names(2))), ["value 0", "value 1"]);
        assert_eq!(labels(&Axis::steps(&names(6))).len(), 3);
        let axis = Axis::steps(&names(1));
        assert_eq!(axis.place(0.0), 0.5);
    }
}
