//! Confusion matrices and what follows from them.

use crate::normal::normal_quantile;

/// How often each actual class was called each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Rows are actual classes, columns those that were named.
    pub counts: Vec<Vec<f64>>,
}

impl Confusion {
    /// The greatest d′, and minus the least.
    pub const MOST_D_PRIME: f64 = 5.0;

    /// Of pairs of the actual class and the one that was named.
    ///
    /// ```
    /// use metaplast_identify::Confusion;
    ///
    /// let confusion = Confusion::of(2, [(0, 0), (0, 0), (1, 0), (1, 1)]);
    /// assert_eq!(confusion.accuracy(), 0.75);
    /// assert_eq!(confusion.recall(1), 0.5);
    /// assert_eq!(confusion.balanced_accuracy(0), 0.75); // all of class 0, half of the rest
    /// assert_eq!(confusion.d_prime(0), 5.0);
    /// ```
    ///
    /// # Panics
    /// When a class is not below `classes`.
    #[must_use]
    #[track_caller]
    pub fn of(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut counts = vec![vec![0.0; classes]; classes];
        for (actual, named) in pairs {
            assert!(
                actual < classes && named < classes,
                "confusion: class {actual} named {named} of {classes}"
            );
            counts[actual][named] += 1.0;
        }
        Confusion { counts }
    }

    /// The counts of several splits together.
    ///
    /// # Panics
    /// When their classes differ in number.
    #[must_use]
    #[track_caller]
    pub fn pooled(all: &[Confusion]) -> Self {
        let classes = all.first().map_or(0, |first| first.counts.len());
        let mut pooled = Confusion::of(classes, []);
        for confusion in all {
            assert_eq!(confusion.counts.len(), classes, "pooled: classes");
            for (sums, row) in pooled.counts.iter_mut().zip(&confusion.counts) {
                sums.iter_mut().zip(row).for_each(|(sum, n)| *sum += n);
            }
        }
        pooled
    }

    fn all(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    fn of_class(&self, class: usize) -> f64 {
        self.counts[class].iter().sum()
    }

    /// The part that was named right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.counts.len()).map(|class| self.counts[class][class]);
        right.sum::<f64>() / self.all()
    }

    /// The part of a class that was named right: hits, sensitivity.
    #[must_use]
    pub fn recall(&self, class: usize) -> f64 {
        self.counts[class][class] / self.of_class(class)
    }

    /// The part of other classes that was named this one.
    #[must_use]
    pub fn false_alarms(&self, class: usize) -> f64 {
        let named: f64 = self.counts.iter().map(|row| row[class]).sum();
        (named - self.counts[class][class]) / (self.all() - self.of_class(class))
    }

    /// (Sensitivity + specificity) / 2 of a class against the rest.
    #[must_use]
    pub fn balanced_accuracy(&self, class: usize) -> f64 {
        (self.recall(class) + 1.0 - self.false_alarms(class)) / 2.0
    }

    /// d′ = z(hits) − z(false alarms) of a class, with z the quantile of the normal distribution, clipped
    /// at ±[5](Self::MOST_D_PRIME).
    #[must_use]
    pub fn d_prime(&self, class: usize) -> f64 {
        let d = normal_quantile(self.recall(class)) - normal_quantile(self.false_alarms(class));
        d.clamp(-Self::MOST_D_PRIME, Self::MOST_D_PRIME)
    }
}
