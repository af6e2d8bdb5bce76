//! Laws that hold for any numbers.

use metaplast_autodiff::SOFTPLUS_SWITCH;
use metaplast_autodiff::operators::jacobian;
use metaplast_identify::statistics::change::activity_change;
use metaplast_identify::statistics::{Form, Summary, activity, median, third_quartile, weights};
use metaplast_identify::{Conformal, balanced_split, grouped_folds};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Elements as the definition says: sorted descending, at round((N − 1)(1 − q/100)).
    #[test]
    fn percentiles_are_elements(mut values in prop::collection::vec(-5.0f64..5.0, 1..60)) {
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round_ties_even() as usize];
        prop_assert_eq!(median(&mut values), at(0.5));
        prop_assert_eq!(third_quartile(&mut values), at(0.25));
        let summary = Summary::of(&mut values);
        prop_assert_eq!((summary.median, summary.third_quartile), (at(0.5), at(0.25)));
    }

    /// The order of units does not matter, but for rounding.
    #[test]
    fn statistics_do_not_see_the_order_of_units(
        seed in 0u64..1000,
        (examples, units, inputs) in (1usize..4, 1usize..12, 1usize..9),
    ) {
        let mut random = Random::new(seed);
        let y = Tensor::<f64>::normal([examples, units], 0.3, 1.0, &mut random);
        let w = Tensor::<f64>::normal([units, inputs], 0.0, 1.0, &mut random);
        let order = random.permutation(units);
        let (y2, w2) = (y.index_select(1, &order), w.index_select(0, &order));
        let close = |a: f64, b: f64| !a.is_finite() || (a - b).abs() <= 1e-9 * a.abs().max(1.0);
        for form in [Form::Absolute, Form::Raw, Form::Square] {
            let (a, b) = (weights::summary(w.data(), form), weights::summary(w2.data(), form));
            prop_assert!(close(a.mean, b.mean) && a.median == b.median);
            prop_assert!(close(a.norm, b.norm) && close(a.variance, b.variance));
            let by_input = |w: &Tensor<f64>| weights::norms_by_input(w.data(), inputs, form);
            for (a, b) in by_input(&w).into_iter().zip(by_input(&w2)) {
                prop_assert!(close(a, b));
            }
            let both = activity::by_example(y.data(), units, form).into_iter()
                .zip(activity::by_example(y2.data(), units, form));
            for (a, b) in both {
                prop_assert!(close(a.mean, b.mean) && a.third_quartile == b.third_quartile);
            }
        }
        let (c, c2) = (
            activity_change(y.data(), w.data(), units),
            activity_change(y2.data(), w2.data(), units),
        );
        prop_assert!(c.iter().zip(&c2).all(|(a, b)| close(*a, *b)));
    }

    /// Activity change is the sum of the layer's Jacobian over outputs and inputs, per output unit.
    #[test]
    fn activity_change_is_the_sum_of_the_tapes_jacobian(
        seed in 0u64..1000,
        (units, inputs) in (1usize..6, 1usize..6),
        beta in 0.5f64..10.0,
    ) {
        let mut random = Random::new(seed);
        let w = Tensor::<f64>::normal([units, inputs], 0.0, 1.0, &mut random);
        let x = Tensor::<f64>::normal([inputs], 0.0, 1.0, &mut random);
        let layer = jacobian(|x| x.tape().constant(&w.cast()).matvec(x).softplus(beta), &x);
        // Far from zero the tape's softplus is the identity.
        let slopes = w.matvec(&x).map(|z| match beta * z > SOFTPLUS_SWITCH {
            true => 1.0,
            false => 1.0 / (1.0 + (-beta * z).exp()),
        });
        let c = activity_change(slopes.data(), w.data(), units)[0];
        let sum: f64 = layer.data().iter().sum();
        prop_assert!((c - sum / units as f64).abs() < 1e-9, "{} {}", c, sum / units as f64);
    }

    /// No network is in two folds, and folds are balanced.
    #[test]
    fn folds_and_splits_are_balanced(
        classes in prop::collection::vec(0usize..5, 1..80),
        folds in 1usize..7,
        seed: u64,
    ) {
        let of_each = grouped_folds(&classes, folds, seed);
        prop_assert_eq!(of_each.len(), classes.len());
        for class in 0..5 {
            let count = |fold: usize| {
                let members = of_each.iter().zip(&classes);
                members.filter(|(f, c)| **f == fold && **c == class).count()
            };
            let counts: Vec<usize> = (0..folds).map(count).collect();
            let (most, least) = (counts.iter().max().unwrap(), counts.iter().min().unwrap());
            prop_assert!(most - least <= 1);
        }
        let training = balanced_split(&classes, 0.75, seed);
        for class in 0..5 {
            let of_class = || classes.iter().zip(&training).filter(|(c, _)| **c == class);
            let inside = of_class().filter(|(_, t)| **t).count();
            prop_assert_eq!(inside, of_class().count() * 3 / 4);
        }
    }

    /// A new row among exchangeable ones has each rank equally often.
    #[test]
    fn conformal_p_values_count_scores(scores in prop::collection::vec(0.0f64..1.0, 1..30), new in 0.0f64..1.0) {
        let rows: Vec<f64> = scores.iter().flat_map(|s| [1.0 - s, *s]).collect();
        let calibration = Conformal::of(&Tensor::new([scores.len(), 2], rows), &vec![0; scores.len()]);
        let p = calibration.p_values(&[1.0 - new, new])[0];
        let above = scores.iter().filter(|&&s| 1.0 - (1.0 - s) >= 1.0 - (1.0 - new)).count();
        prop_assert_eq!(p, (1 + above) as f64 / (1 + scores.len()) as f64);
    }

    /// By class and across folds each class is compared with its own rows, by the fold's own probabilities.
    #[test]
    fn conformal_p_values_by_class_count_rows_of_the_class(
        rows in prop::collection::vec((0.0f64..1.0, 0usize..2, 0usize..3), 1..30),
        new in prop::collection::vec(0.0f64..1.0, 3),
    ) {
        let data = rows.iter().flat_map(|(p, _, _)| [*p, 1.0 - p]).collect();
        let [labels, folds] = [|r: &(f64, usize, usize)| r.1, |r: &(f64, usize, usize)| r.2]
            .map(|of| rows.iter().map(of).collect::<Vec<usize>>());
        let p = Tensor::new([rows.len(), 2], data);
        let conformal = Conformal::by_class(&p, &labels, &folds);
        let of_folds: Vec<f64> = new.iter().flat_map(|p| [*p, 1.0 - p]).collect();
        let found = conformal.p_values_across_folds(&Tensor::new([3, 2], of_folds));
        for (class, &found) in found.iter().enumerate() {
            let score = |p: f64| 1.0 - if class == 0 { p } else { 1.0 - p };
            let own = || rows.iter().filter(|row| row.1 == class);
            let above = own().filter(|row| score(row.0) >= score(new[row.2])).count();
            let expected = (1 + above) as f64 / (1 + own().count()) as f64;
            prop_assert_eq!(found, expected);
        }
        // Of one fold it is the same as without folds.
        let alone = Conformal::by_class(&p, &labels, &vec![0; rows.len()]);
        let row = [new[0], 1.0 - new[0]];
        prop_assert_eq!(
            alone.p_values(&row),
            alone.p_values_across_folds(&Tensor::new([1, 2], row.to_vec()))
        );
    }
}
