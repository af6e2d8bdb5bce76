//! Deviations that are known from elsewhere, each of eleven seeds.
//!
//! Recomputed from the published result files of the article and of its replication (ReScience C
//! 7(1) #11), whose own "±" is a mean spread inside runs and not between seeds.

use crate::published::{PublishedTask, Variant};
use crate::rule::Algorithm;

/// What is known of an algorithm on a task by the rules of a variant, or by the authors' where it was not
/// published, and by whose rules it is.
pub(super) fn known(task: PublishedTask, algorithm: Algorithm, variant: Variant) -> String {
    let (whose, variant) = match variant {
        Variant::Authors | Variant::Steady => ("authors", Variant::Authors),
        Variant::Modified => ("modified", Variant::Modified),
    };
    format!("{whose} {}", deviation(task, algorithm, variant))
}

fn deviation(task: PublishedTask, algorithm: Algorithm, variant: Variant) -> &'static str {
    use Algorithm::{Force, Rmhl, Supertrex};
    let two = task == PublishedTask::Arm { segments: 2 };
    let three = task == PublishedTask::Arm { segments: 3 };
    match (task, algorithm, variant) {
        (PublishedTask::Drawing, Force, Variant::Authors) => ".0034 (.0013–.0054)",
        (PublishedTask::Drawing, Rmhl, Variant::Authors) => ".168 (.139–.223)",
        (PublishedTask::Drawing, Supertrex, Variant::Authors) => ".0056 (.0020–.0094)",
        (PublishedTask::Drawing, Force, Variant::Modified) => ".0035",
        (PublishedTask::Drawing, Rmhl, Variant::Modified) => ".201",
        (PublishedTask::Drawing, Supertrex, Variant::Modified) => ".0041",
        (_, Rmhl, Variant::Authors) if two => ".759 (.55–1.27)",
        (_, Supertrex, Variant::Authors) if two => ".0106 (.0065–.0237)",
        (_, Rmhl, Variant::Modified) if two => ".697",
        (_, Supertrex, Variant::Modified) if two => ".0099",
        (_, Rmhl, Variant::Authors) if three => ".846 (.61–1.39)",
        (_, Supertrex, Variant::Authors) if three => "2 of 11 finish: .008, .025",
        (_, Rmhl, Variant::Modified) if three => ".839",
        (_, Supertrex, Variant::Modified) if three => ".067, median .024",
        (PublishedTask::CostlyArm, Rmhl, Variant::Authors) => ".850 (.39–1.23)",
        (PublishedTask::CostlyArm, Supertrex, Variant::Authors) => {
            ".881: five at .18–.32, six at .85–1.71"
        }
        (PublishedTask::CostlyArm, Rmhl, Variant::Modified) => ".849",
        (PublishedTask::CostlyArm, Supertrex, Variant::Modified) => ".140, median .067",
        _ => "did not run it",
    }
}

/// Mean deviations of the modified port by the number of segments, by SUPERTREX.
pub(super) const BY_SEGMENTS: [(usize, &str); 5] = [
    (2, ".0099"),
    (3, ".057"),
    (5, ".141"),
    (10, ".417"),
    (15, ".550"),
];
