//! Predictive coding on chains of dense layers, in double precision.

use metaplast_predictive::{
    Activation, Agreement, Chain, Dense, ErrorsAt, FixedPrediction, Inference, Loss, Method,
    Strict, Target,
};
use metaplast_tensor::Tensor;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, to_array};
use crate::errors::{value, without_lock};

/// Weights `[outputs, inputs]`, a bias or none, and the name of the activation behind them.
type LayerParts<'py> = (
    Bound<'py, PyAny>,
    Option<PyReadonlyArray1<'py, f64>>,
    String,
);
/// The method's name, step size and number of iterations.
type MethodParts = (String, f64, usize);

fn chain(layers: &[LayerParts<'_>]) -> PyResult<Chain<f64>> {
    let mut chain = Chain::new();
    for (number, (weights, bias, activation)) in layers.iter().enumerate() {
        let what = format!("layer {}", number + 1);
        let weights = matrix::<f64>(weights, &what)?;
        let outputs = weights.dims()[0];
        let mut layer = Dense::new(weights);
        if let Some(bias) = bias {
            let bias: Vec<f64> = bias.as_array().to_vec();
            if bias.len() != outputs {
                let got = bias.len();
                return Err(value(format!(
                    "{what}: a bias of {got}, but {outputs} outputs"
                )));
            }
            layer = layer.bias(Tensor::new([outputs], bias));
        }
        let activation: Activation = activation
            .parse()
            .map_err(|error| value(format!("{what}: {error}")))?;
        chain = chain.then(layer.then(activation));
    }
    Ok(chain)
}

fn method(parts: &MethodParts) -> PyResult<Method> {
    let &(ref name, eta, iterations) = parts;
    Ok(match &name[..] {
        "exact" => Method::Exact,
        "zero-divergence" => Method::ZeroDivergence,
        "fixed-prediction" => FixedPrediction::new(eta, iterations).into(),
        "strict" => Strict::new(eta, iterations).keep_energies().into(),
        "as-released" => Strict::as_released(eta, iterations).keep_energies().into(),
        "as-published" => Strict::as_published(eta, iterations).keep_energies().into(),
        other => {
            return Err(value(format!(
                "method: {other}; choose exact, fixed-prediction, strict, as-released, as-published or zero-divergence"
            )));
        }
    })
}

fn loss(name: &str) -> PyResult<Loss> {
    match name {
        "cross-entropy" => Ok(Loss::CROSS_ENTROPY),
        "mean-square" => Ok(Loss::MEAN_SQUARE),
        "half-square" => Ok(Loss::HALF_SQUARE),
        other => Err(value(format!(
            "loss: {other}; choose cross-entropy, mean-square or half-square"
        ))),
    }
}

fn target(classes: Option<Vec<i64>>, values: Option<Bound<'_, PyAny>>) -> PyResult<Target<f64>> {
    if let Some(values) = values {
        return Ok(Target::Values(matrix(&values, "y")?));
    }
    let classes = classes.unwrap_or_default().into_iter();
    let classes: Result<Vec<usize>, i64> = classes
        .map(|class| usize::try_from(class).map_err(|_| class))
        .collect();
    let classes = classes.map_err(|class| value(format!("y: class {class} is negative")))?;
    Ok(Target::Classes(classes))
}

/// Beliefs, errors and gradients by a method, as a dictionary.
#[pyfunction]
pub(crate) fn predictive_infer<'py>(
    py: Python<'py>,
    layers: Vec<LayerParts<'py>>,
    x: Bound<'py, PyAny>,
    classes: Option<Vec<i64>>,
    values: Option<Bound<'py, PyAny>>,
    method: MethodParts,
    loss: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let mut chain = chain(&layers)?;
    let x = matrix::<f64>(&x, "x")?;
    let target = target(classes, values)?;
    let (method, loss) = (self::method(&method)?, self::loss(loss)?);
    let inference = without_lock(py, || method.infer(&mut chain, &x, &target, loss))?;
    let Inference {
        loss,
        predictions,
        beliefs,
        errors,
        gradients,
        energies,
        iterations,
        unrest,
        errors_at,
        ..
    } = inference.map_err(value)?;
    let arrays = |tensors: Vec<Tensor<f64>>| {
        let arrays: PyResult<Vec<_>> = tensors
            .into_iter()
            .map(|tensor| to_array(py, tensor))
            .collect();
        arrays
    };
    let gradients: PyResult<Vec<_>> = gradients.into_iter().map(arrays).collect();
    let found = PyDict::new(py);
    found.set_item("loss", loss)?;
    found.set_item("predictions", arrays(predictions)?)?;
    found.set_item("beliefs", arrays(beliefs)?)?;
    found.set_item("errors", arrays(errors)?)?;
    found.set_item("gradients", gradients?)?;
    found.set_item("energies", energies)?;
    found.set_item("iterations", iterations)?;
    found.set_item("unrest", unrest)?;
    found.set_item("errors_are_final", errors_at == ErrorsAt::Final)?;
    Ok(found)
}

/// Relative error, cosine and angle in degrees of a gradient with a reference, both flat.
#[pyfunction]
pub(crate) fn agreement(
    gradient: PyReadonlyArray1<'_, f64>,
    reference: PyReadonlyArray1<'_, f64>,
) -> PyResult<(f64, f64, f64)> {
    let vector = |array: &PyReadonlyArray1<'_, f64>| {
        let data = array.as_array().to_vec();
        Tensor::new([data.len()], data)
    };
    let (gradient, reference) = (vector(&gradient), vector(&reference));
    if gradient.len() != reference.len() {
        return Err(value(format!(
            "a gradient of {} numbers, a reference of {}",
            gradient.len(),
            reference.len()
        )));
    }
    let agreement = Agreement::of(&gradient, &reference);
    Ok((agreement.relative_error, agreement.cosine, agreement.angle))
}
