//! Chains: layers one after the other, v̂_l = f_l(v̂_(l−1); θ_l) with v̂_0 = x.

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use crate::error::PredictiveError;
use crate::layer::probe::{Fault, probe};
use crate::layer::{Layer, Wanted};
use crate::loss::{Loss, Target};

/// Layers one after the other, each with its own parameters.
///
/// Where one layer ends and the next begins decides where beliefs live, and changes what Strict
/// inference gives; it does not change the chain's outputs.
///
/// ```
/// use metaplast_predictive::{Activation, Chain, Dense};
/// use metaplast_tensor::{Random, tensor};
///
/// let mut random = Random::new(1);
/// let mut chain = Chain::of([
///     Dense::<f64>::random(2, 8, &mut random).then(Activation::Tanh),
///     Dense::random(8, 3, &mut random),
/// ]);
/// assert_eq!(chain.predict(&tensor![[0.5, -0.5], [1.0, 2.0]])?.dims(), [2, 3]);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
#[derive(Default)]
pub struct Chain<T: Scalar> {
    links: Vec<Link<T>>,
}

/// A layer, and whether it is known to be a function of rows.
struct Link<T: Scalar> {
    layer: Box<dyn Layer<T>>,
    probed: bool,
}

impl<T: Scalar> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.links.iter().map(|link| &link.layer))
            .finish()
    }
}

impl<T: Scalar> Chain<T> {
    /// No layers yet.
    #[must_use]
    pub fn new() -> Self {
        Chain { links: Vec::new() }
    }

    /// Layers of one type; [`then`](Self::then) takes any.
    #[must_use]
    pub fn of(layers: impl IntoIterator<Item = impl Layer<T> + 'static>) -> Self {
        layers.into_iter().fold(Self::new(), Self::then)
    }

    /// The same with one more layer.
    #[must_use]
    pub fn then(self, layer: impl Layer<T> + 'static) -> Self {
        self.then_boxed(Box::new(layer))
    }

    /// The same with one more layer, chosen at run time.
    #[must_use]
    pub fn then_boxed(mut self, layer: Box<dyn Layer<T>>) -> Self {
        let probed = layer.is_trusted();
        self.links.push(Link { layer, probed });
        self
    }

    /// The number of layers L.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The parameters of layer l, counted from 1.
    ///
    /// # Panics
    /// When there is no such layer.
    #[must_use]
    #[track_caller]
    pub fn parameters(&self, layer: usize) -> &[Tensor<T>] {
        self.links[layer - 1].layer.parameters()
    }

    /// The same, to be changed in place.
    ///
    /// # Panics
    /// When there is no such layer.
    #[track_caller]
    pub fn parameters_mut(&mut self, layer: usize) -> &mut [Tensor<T>] {
        self.links[layer - 1].layer.parameters_mut()
    }

    /// All parameters, first layer first, as an
    /// [optimiser](metaplast_autodiff::optim::Optimizer::step) takes them.
    pub fn all_parameters_mut(&mut self) -> impl Iterator<Item = &mut Tensor<T>> {
        let layers = self.links.iter_mut();
        layers.flat_map(|link| link.layer.parameters_mut())
    }

    /// The outputs of a batch: the forward pass, at which beliefs rest where there is no target.
    ///
    /// # Errors
    /// When the input does not fit a layer, or a layer is no function of rows.
    pub fn predict(&mut self, input: &Tensor<T>) -> Result<Tensor<T>, PredictiveError> {
        let mut values = vec![input.clone()];
        self.pass(&mut values, Wanted::Input, Wanted::Input)?;
        Ok(values.pop().expect("a chain has layers"))
    }

    /// Fills `values` with v̂_0 to v̂_L; v̂_0, the input, is there already. The last call of each layer
    /// is then that at v̂, with `first` wanted of the first layer and `wanted` of the others.
    pub(crate) fn pass(
        &mut self,
        values: &mut Vec<Tensor<T>>,
        first: Wanted,
        wanted: Wanted,
    ) -> Result<(), PredictiveError> {
        if self.is_empty() {
            return Err(PredictiveError::NoLayers);
        }
        let rows = match *values[0].dims() {
            [rows, _, ..] if rows > 0 && !values[0].is_empty() => rows,
            _ => {
                let shape = values[0].shape().clone();
                return Err(PredictiveError::NoRows { shape });
            }
        };
        values.resize_with(self.len() + 1, || Tensor::zeros([0]));
        for (i, link) in self.links.iter_mut().enumerate() {
            let layer = i + 1;
            let (before, after) = values.split_at_mut(layer);
            let (input, output) = (&before[i], &mut after[0]);
            link.layer.accepts(input.shape()).map_err(|wanted| {
                let found = input.shape().clone();
                PredictiveError::Input {
                    layer,
                    wanted,
                    found,
                }
            })?;
            let wanted = if i == 0 { first } else { wanted };
            link.layer.forward(input, output, wanted);
            if output.dims().first() != Some(&rows) {
                let found = output.shape().clone();
                return Err(PredictiveError::Rows { layer, rows, found });
            }
            if !link.probed {
                probe(&mut *link.layer, input, output).map_err(|fault| match fault {
                    Fault::NotAFunction => PredictiveError::NotAFunction { layer },
                    Fault::RowsInteract => PredictiveError::RowsInteract { layer },
                })?;
                link.probed = rows > 1;
                link.layer.forward(input, output, wanted);
            }
        }
        Ok(())
    }

    /// Layer l's terms of the energy at these beliefs v_0 to v_(L−1):
    /// `½‖f_l(v_(l−1)) − v_l‖²` for l < L, then `𝓛(f_L(v_(L−1)))`.
    ///
    /// # Errors
    /// When beliefs or targets do not fit, or the input does not fit a layer.
    pub fn energy(
        &mut self,
        beliefs: &[Tensor<T>],
        target: &Target<T>,
        loss: Loss,
    ) -> Result<Vec<f64>, PredictiveError> {
        let mut values = vec![
            beliefs
                .first()
                .cloned()
                .unwrap_or_else(|| Tensor::zeros([0])),
        ];
        self.pass(&mut values, Wanted::Input, Wanted::Input)?;
        self.check_beliefs(beliefs, &values)?;
        let (mut energies, mut output) = (Vec::new(), Tensor::zeros([0]));
        for layer in 1..=self.len() {
            let input = &beliefs[layer - 1];
            self.layer(layer).forward(input, &mut output, Wanted::Input);
            energies.push(match layer == values.len() - 1 {
                true => loss.of(&output, target)?.0.to_f64(),
                false => 0.5 * (&output - &beliefs[layer]).norm().to_f64().powi(2),
            });
        }
        Ok(energies)
    }

    /// Refuses beliefs v_0 to v_(L−1) that have not the shapes of `values`.
    pub(crate) fn check_beliefs(
        &self,
        beliefs: &[Tensor<T>],
        values: &[Tensor<T>],
    ) -> Result<(), PredictiveError> {
        for (layer, value) in values[..self.len()].iter().enumerate() {
            let found = beliefs.get(layer).map(|belief| belief.shape().clone());
            if found.as_ref() != Some(value.shape()) {
                return Err(PredictiveError::Beliefs {
                    layer,
                    wanted: value.shape().clone(),
                    found,
                });
            }
        }
        Ok(())
    }

    /// Layer l, counted from 1.
    pub(crate) fn layer(&mut self, layer: usize) -> &mut dyn Layer<T> {
        &mut *self.links[layer - 1].layer
    }

    /// Zeros for the gradient of each parameter.
    pub(crate) fn zero_gradients(&self) -> Vec<Vec<Tensor<T>>> {
        let zeros = |x: &Tensor<T>| Tensor::zeros(x.shape().clone());
        let layers = self.links.iter();
        layers
            .map(|link| link.layer.parameters().iter().map(zeros).collect())
            .collect()
    }
}
