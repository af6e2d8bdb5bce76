//! Recordings as the bytes of a file.

use metaplast_meta::fit::{Recording, Teaching};
use metaplast_runs::Error;
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

/// The bytes of a file of trajectories of one network, which all record the same: labels, first
/// weights, feedback weights, and traces, in f32.
pub(crate) fn encode(recordings: &[Recording]) -> Result<Vec<u8>, Error> {
    let mut arrays: Vec<(String, Tensor<f32>)> = Vec::new();
    let mut put = |name: String, of: &dyn Fn(&Recording) -> Option<Tensor<f64>>| {
        let parts: Option<Vec<_>> = recordings.iter().map(of).collect();
        if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
            arrays.push((name, stacked(&parts)));
        }
    };
    put("inputs".into(), &|r| Some(r.inputs.clone()));
    put("labels".into(), &|r| match &r.teaching {
        Teaching::Labels(labels) => {
            let labels: Vec<f64> = labels.iter().map(|&label| label as f64).collect();
            Some(Tensor::new([labels.len()], labels))
        }
        _ => None,
    });
    let layers = recordings
        .first()
        .map_or(0, |r| r.start.weights.transposed().len());
    for l in 0..layers {
        put(format!("W0.{}", l + 1), &|r| {
            Some(r.start.weights.transposed()[l].transpose())
        });
        put(format!("B.{}", l + 1), &|r| {
            let feedback = r.start.feedback.as_ref();
            feedback.map(|b| b.transposed()[l].transpose())
        });
        put(format!("W.{}", l + 1), &|r| {
            let trace = r.traces.weights.get(l).and_then(Option::as_ref);
            trace.map(|trace| trace.values.clone())
        });
        put(format!("y.{}", l + 1), &|r| {
            r.traces.activity.get(l).cloned().flatten()
        });
    }
    // All trajectories and layers were recorded at the same times.
    let first = recordings.first().and_then(|r| r.traces.weights.first());
    if let Some(trace) = first.and_then(Option::as_ref) {
        let times: Vec<f32> = trace.times.iter().map(|&time| time as f32).collect();
        arrays.push(("times".into(), Tensor::new([times.len()], times)));
    }
    npz::encode(arrays.iter().map(|(name, array)| (name, array)))
        .map_err(|error| Error::Failed(error.to_string()))
}

/// Tensors of one shape along a new first axis.
fn stacked(parts: &[Tensor<f64>]) -> Tensor<f32> {
    let dims: Vec<usize> = [parts.len()]
        .iter()
        .chain(parts[0].dims())
        .copied()
        .collect();
    let data = parts.iter().flat_map(|part| part.data());
    Tensor::new(&dims[..], data.map(|&x| x as f32).collect())
}
