//! Bias and noise of estimates of the meta-gradient, beside the exact ones of the same episodes.

/// How far estimates are from the exact gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bias {
    /// The cosine of the angle between the mean estimate and the mean exact gradient.
    pub cosine: f64,
    /// The length of the mean estimate over that of the mean exact gradient.
    pub length: f64,
    /// The length of the mean difference over that of the mean exact gradient. Of estimates without bias it
    /// is what remains of the noise, `noise / √episodes`.
    pub bias: f64,
    /// The root mean square of what is left of the differences without their mean, over the length of the
    /// mean exact gradient.
    pub noise: f64,
}

impl Bias {
    /// Of `estimates` of `exact` gradients, one of each for each episode; coefficients are weighed by
    /// `units`, so that those with large and with small effects count alike.
    ///
    /// ```
    /// use metaplast_meta::gradient::Bias;
    ///
    /// let exact = [vec![1.0, 0.0], vec![3.0, 0.0]];
    /// let half = [vec![0.5, 0.0], vec![1.5, 0.0]];
    /// let bias = Bias::of(&exact, &half, &[1.0, 1.0]);
    /// assert_eq!((bias.cosine, bias.length, bias.bias, bias.noise), (1.0, 0.5, 0.5, 0.25));
    /// ```
    ///
    /// # Panics
    /// When there is not an estimate for each exact gradient, or no gradient.
    #[must_use]
    #[track_caller]
    pub fn of(exact: &[Vec<f64>], estimates: &[Vec<f64>], units: &[f64]) -> Self {
        assert_eq!(exact.len(), estimates.len(), "bias: gradients, estimates");
        assert!(!exact.is_empty(), "bias: no gradients");
        let weighed = |gradient: &Vec<f64>| -> Vec<f64> {
            let pairs = gradient.iter().zip(units);
            pairs.map(|(g, unit)| g * unit).collect()
        };
        let exact: Vec<Vec<f64>> = exact.iter().map(weighed).collect();
        let estimates: Vec<Vec<f64>> = estimates.iter().map(weighed).collect();
        let pairs = estimates.iter().zip(&exact);
        let apart: Vec<Vec<f64>> = pairs.map(|(a, b)| minus(a, b)).collect();
        let (true_mean, mean, bias) = (mean(&exact), mean(&estimates), mean(&apart));
        let squares = apart
            .iter()
            .map(|d| dot(&minus(d, &bias), &minus(d, &bias)));
        let noise = (squares.sum::<f64>() / apart.len() as f64).sqrt();
        let size = length(&true_mean);
        Bias {
            cosine: dot(&mean, &true_mean) / (length(&mean) * size),
            length: length(&mean) / size,
            bias: length(&bias) / size,
            noise: noise / size,
        }
    }
}

fn mean(gradients: &[Vec<f64>]) -> Vec<f64> {
    let mut mean = vec![0.0; gradients[0].len()];
    for gradient in gradients {
        for (mean, g) in mean.iter_mut().zip(gradient) {
            *mean += g / gradients.len() as f64;
        }
    }
    mean
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
