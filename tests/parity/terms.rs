//! Each plasticity term alone, on given signals of one layer.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{LayerSignals, Number, Rule};
use metaplast_tensor::Tensor;
use serde_json::Value;

use crate::expected::{field, numbers};
use crate::fixture::expected_list;
use crate::ledger::{Ledger, Tolerances};

/// Updates weights by each term of the file with θ = 1 and compares the change of the weights.
pub(crate) fn check<T: Number>(
    name: &str,
    file: &Value,
    tolerances: Tolerances,
    ledger: &mut Ledger,
) -> Result<(), String> {
    let vector = |key: &str| -> Result<Tensor<T>, String> {
        let data = numbers(field(file, key)?)?;
        Ok(Tensor::from(data).cast())
    };
    let (pre, post) = (vector("y_prev")?, vector("y_l")?);
    let (pre_error, post_error) = (vector("e_prev")?, vector("e_l")?);
    let weights: Vec<f64> = numbers(field(file, "W")?)?;
    let shape = [post.len(), pre.len()];
    let weights = Tensor::try_new(shape, weights).map_err(|error| format!("`W`: {error}"))?;

    for (term, expected) in expected_list(file, "F")?.iter().enumerate() {
        let rule = Rule::from_pool(&[term]).map_err(|error| error.to_string())?;
        let tape = Tape::<T>::new();
        let state = tape.state(&weights.cast().transpose());
        let signals = LayerSignals::new(
            state,
            (tape.constant(&pre), tape.constant(&pre_error)),
            (tape.constant(&post), tape.constant(&post_error)),
        );
        rule.with_theta(&[1.0])
            .bind_constant(&tape)
            .update(&signals);
        let change = &state.value().transpose().cast() - &weights;
        let error = expected
            .error(change.data())
            .map_err(|message| format!("`F`: {message}"))?;
        ledger.compare(name, &format!("F[{term}]"), error, tolerances.tensor);
    }
    Ok(())
}
