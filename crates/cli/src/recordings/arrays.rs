//! The arrays of a file, asked for by name and shape.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use metaplast_plasticity::digits::exact;
use metaplast_runs::Error;
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

/// What a file of recordings holds, for one trajectory or several.
pub(super) struct Arrays<'p> {
    path: &'p Path,
    tensors: BTreeMap<String, Tensor<f64>>,
    /// The extent of the first axis of arrays that differ between trajectories; none in a file of one
    /// trajectory that lacks this axis.
    pub(super) trajectories: Option<usize>,
}

impl<'p> Arrays<'p> {
    pub(super) fn read(path: &'p Path) -> Result<Self, Error> {
        let tensors = npz::read::<f64>(path).map_err(|error| {
            let array = error.tensor().map(|name| format!("array `{name}`: "));
            Error::File {
                path: path.into(),
                line: None,
                reason: format!("{}{}", array.unwrap_or_default(), error.problem()),
            }
        })?;
        let mut arrays = Arrays {
            path,
            tensors,
            trajectories: None,
        };
        for name in arrays.tensors.keys() {
            if !is_known(name) {
                return Err(arrays.wrong(
                    name,
                    "unknown; the arrays are inputs, labels, targets, times, and W0.l, W.l, B.l, y.l and e.l with the layer's number for l",
                ));
            }
        }
        let inputs = arrays.needed("inputs", "give the input of each step")?;
        arrays.trajectories = match inputs.dims() {
            [_, _] => None,
            &[trajectories, _, _] => Some(trajectories),
            _ => {
                let reason = format!(
                    "has shape {}; it needs [steps, units] or [trajectories, steps, units]",
                    inputs.shape()
                );
                return Err(arrays.wrong("inputs", reason));
            }
        };
        Ok(arrays)
    }

    /// Number of trajectories.
    pub(super) fn len(&self) -> usize {
        self.trajectories.unwrap_or(1)
    }

    /// An error about an array.
    pub(super) fn wrong(&self, name: &str, reason: impl Display) -> Error {
        Error::File {
            path: self.path.into(),
            line: None,
            reason: format!("array `{name}`: {reason}"),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// An array as it is.
    pub(super) fn get(&self, name: &str) -> Option<&Tensor<f64>> {
        self.tensors.get(name)
    }

    /// An array as it is, or an error with the way out.
    pub(super) fn needed(&self, name: &str, way_out: &str) -> Result<&Tensor<f64>, Error> {
        let tensor = self.tensors.get(name);
        tensor.ok_or_else(|| self.wrong(name, format!("missing; {way_out}")))
    }

    /// An array of one value for each trajectory, cut into their parts of shape `dims`.
    pub(super) fn of_each(&self, name: &str, dims: &[usize]) -> Result<Vec<Tensor<f64>>, Error> {
        let tensor = self.needed(name, "")?;
        let wanted: Vec<usize> = self.trajectories.into_iter().chain(dims.to_vec()).collect();
        if tensor.dims() != wanted {
            return Err(self.wrong(
                name,
                format!("has shape {}; it needs {wanted:?}", tensor.shape()),
            ));
        }
        let parts = tensor.data().chunks(dims.iter().product::<usize>().max(1));
        Ok(parts.map(|part| Tensor::new(dims, part.to_vec())).collect())
    }

    /// The same, where one value may also stand for all trajectories.
    pub(super) fn of_each_or_all(
        &self,
        name: &str,
        dims: &[usize],
        way_out: &str,
    ) -> Result<Vec<Tensor<f64>>, Error> {
        let tensor = self.needed(name, way_out)?;
        match tensor.dims() == dims {
            true => Ok(vec![tensor.clone(); self.len()]),
            false => self.of_each(name, dims),
        }
    }

    /// Refuses an array with an element that is not finite; NaN may stand for what was not measured.
    pub(super) fn check_finite(&self, name: &str, nan_allowed: bool) -> Result<(), Error> {
        let data = self.get(name).map_or(&[][..], Tensor::data);
        let wrong = |x: &f64| !(x.is_finite() || nan_allowed && x.is_nan());
        match data.iter().find(|x| wrong(x)) {
            None => Ok(()),
            Some(x) => Err(self.wrong(name, format!("holds {x}; give finite numbers"))),
        }
    }

    /// The elements of an array as whole numbers below `end`.
    pub(super) fn whole(
        &self,
        name: &str,
        values: &[f64],
        end: usize,
    ) -> Result<Vec<usize>, Error> {
        let number = |&x: &f64| match x >= 0.0 && x < end as f64 && x.fract() == 0.0 {
            true => Ok(x as usize),
            false => Err(self.wrong(
                name,
                format!(
                    "holds {}; give whole numbers from 0 to {}",
                    exact(x),
                    end - 1
                ),
            )),
        };
        values.iter().map(number).collect()
    }
}

fn is_known(name: &str) -> bool {
    match name.split_once('.') {
        None => ["inputs", "labels", "targets", "times"].contains(&name),
        Some(("e", "0")) => true,
        Some((kind, layer)) => {
            ["W0", "W", "B", "y", "e"].contains(&kind) && layer_number(layer).is_some()
        }
    }
}

/// A layer's number, from 1, as it stands in a name.
pub(super) fn layer_number(text: &str) -> Option<usize> {
    let number = text.parse().ok().filter(|&number: &usize| number > 0)?;
    // Only as it would be printed: no sign, no leading zero.
    (number.to_string() == text).then_some(number)
}
