//! The statistics by name, in the order of the release.

use std::fmt;

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observable {
    /// A layer's weights.
    Weights,
    /// A layer's activity.
    Activity,
    /// How much a layer's outputs move with its inputs.
    ActivityChange,
}

/// The form in which numbers enter a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// |v|.
    Absolute,
    /// v.
    Raw,
    /// v².
    Square,
}

/// What a statistic says of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatisticKind {
    /// Σv / N.
    Mean,
    /// The middle element.
    Median,
    /// √Σv².
    Norm,
    /// The element at a quarter from the top.
    ThirdQuartile,
    /// Σ(v − mean)² / N.
    Variance,
}

/// A statistic of one observable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statistic {
    /// Of what.
    pub observable: Observable,
    /// In which form.
    pub form: Form,
    /// What it says.
    pub kind: StatisticKind,
}

impl Statistic {
    /// Whether it cannot be negative.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.form != Form::Raw || matches!(self.kind, StatisticKind::Norm | StatisticKind::Variance)
    }
}

impl fmt::Display for Observable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Observable::Weights => "weights",
            Observable::Activity => "activity",
            Observable::ActivityChange => "activity change",
        })
    }
}

/// `weights, absolute, third quartile`
impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Absolute => "absolute",
            Form::Raw => "raw",
            Form::Square => "square",
        };
        let kind = match self.kind {
            StatisticKind::Mean => "mean",
            StatisticKind::Median => "median",
            StatisticKind::Norm => "norm",
            StatisticKind::ThirdQuartile => "third quartile",
            StatisticKind::Variance => "variance",
        };
        write!(f, "{}, {form}, {kind}", self.observable)
    }
}

const fn statistic(observable: Observable, form: Form, kind: StatisticKind) -> Statistic {
    Statistic {
        observable,
        form,
        kind,
    }
}

/// The 24 statistics that are always finite, in the order of the released code of Nayebi et al. 2020.
pub const RELEASED: [Statistic; 24] = {
    use Form::{Absolute, Raw, Square};
    use Observable::{Activity, ActivityChange, Weights};
    use StatisticKind::{Mean, Median, Norm, ThirdQuartile, Variance};
    [
        statistic(Weights, Absolute, Mean),
        statistic(Weights, Absolute, Median),
        statistic(Weights, Absolute, Norm),
        statistic(Weights, Absolute, ThirdQuartile),
        statistic(Weights, Absolute, Variance),
        statistic(Weights, Raw, Mean),
        statistic(Weights, Raw, Median),
        statistic(Weights, Raw, Norm),
        statistic(Weights, Raw, ThirdQuartile),
        statistic(Weights, Raw, Variance),
        statistic(Weights, Square, Mean),
        statistic(Weights, Square, Median),
        statistic(Weights, Square, ThirdQuartile),
        statistic(Activity, Absolute, Mean),
        statistic(Activity, Absolute, Median),
        statistic(Activity, Absolute, Norm),
        statistic(Activity, Absolute, ThirdQuartile),
        statistic(Activity, Raw, Mean),
        statistic(Activity, Raw, Median),
        statistic(Activity, Raw, Norm),
        statistic(Activity, Raw, ThirdQuartile),
        statistic(ActivityChange, Absolute, Mean),
        statistic(ActivityChange, Raw, Mean),
        statistic(ActivityChange, Square, Mean),
    ]
};
