//! A mixture of Gaussians: to tell from which cloud a point comes.

use metaplast_data::uniform_index;
use metaplast_plasticity::Output;
use metaplast_tensor::Tensor;
use rand::Rng;

use super::{Examples, SupervisedTask, SupervisedTaskError, one_hot};
use crate::normal::normal;

/// Telling from which of several Gaussian clouds a point comes: each cloud is as likely as the other,
/// its points lie about its centre with the same standard deviation in every direction.
///
/// ```
/// use metaplast_meta::tasks::{GaussianMixture, SupervisedTask};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let task = GaussianMixture::random(196, 10, 0.5, &mut rng)?;
/// let examples = task.draw(5, &mut rng);
/// assert_eq!((examples.inputs.dims(), examples.targets.dims()), (&[5, 196][..], &[5, 10][..]));
/// # Ok::<(), metaplast_meta::tasks::SupervisedTaskError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GaussianMixture {
    /// `[clouds, n_0]`
    centres: Tensor<f64>,
    sd: f64,
}

impl GaussianMixture {
    /// Clouds about these centres, `[clouds, n_0]`, with a standard deviation of 0 or more.
    ///
    /// # Errors
    /// When there is no centre or input, or a number cannot be.
    pub fn new(centres: Tensor<f64>, sd: f64) -> Result<Self, SupervisedTaskError> {
        let wrong = |what, wanted| Err(SupervisedTaskError::Number { what, wanted });
        if centres.rank() != 2 || centres.is_empty() {
            return wrong(
                "the centres of a mixture",
                "[clouds, inputs], at least 1 of each",
            );
        }
        if !centres.data().iter().all(|x| x.is_finite()) {
            return wrong("the centres of a mixture", "finite");
        }
        if !(sd >= 0.0 && sd.is_finite()) {
            return wrong("the standard deviation of a cloud", "0 or more");
        }
        Ok(GaussianMixture { centres, sd })
    }

    /// Centres whose coordinates are independent standard normal numbers.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn random(
        inputs: usize,
        clouds: usize,
        sd: f64,
        mut rng: &mut dyn Rng,
    ) -> Result<Self, SupervisedTaskError> {
        let numbers = (0..clouds * inputs).map(|_| normal(&mut rng)).collect();
        GaussianMixture::new(Tensor::new([clouds, inputs], numbers), sd)
    }

    /// The centres, `[clouds, n_0]`.
    #[must_use]
    pub fn centres(&self) -> &Tensor<f64> {
        &self.centres
    }
}

impl SupervisedTask for GaussianMixture {
    fn name(&self) -> &str {
        "gaussian-mixture"
    }

    fn inputs(&self) -> usize {
        self.centres.dims()[1]
    }

    fn outputs(&self) -> usize {
        self.centres.dims()[0]
    }

    fn output(&self) -> Output {
        Output::Softmax
    }

    fn draw(&self, count: usize, mut rng: &mut dyn Rng) -> Examples {
        let mut clouds = Vec::with_capacity(count);
        let mut inputs = Tensor::zeros([count, self.inputs()]);
        for row in inputs.data_mut().chunks_mut(self.inputs()) {
            let cloud = uniform_index(rng, self.outputs());
            clouds.push(cloud);
            for (x, centre) in row.iter_mut().zip(self.centres.row(cloud)) {
                *x = centre + self.sd * normal(&mut rng);
            }
        }
        Examples {
            inputs,
            targets: one_hot(&clouds, self.outputs()),
        }
    }
}
