//! The part of images that a chain names rightly.

use metaplast_tensor::Scalar;

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::images::{ClassImages, Labelled};
use crate::nets::Net;

/// Images that are named at once.
const BATCH: usize = 256;

/// The part of images whose largest output is that of their class; of equal outputs none is largest.
///
/// # Errors
/// When the chain does not fit the images.
pub fn accuracy<T: Scalar>(
    chain: &mut Chain<T>,
    images: &ClassImages,
    labelled: &Labelled,
    net: Net,
) -> Result<f64, PredictiveError> {
    let mut right = 0;
    let batches = labelled.images.chunks(BATCH);
    for (chosen, classes) in batches.zip(labelled.classes.chunks(BATCH)) {
        let outputs = chain.predict(&images.rows(chosen, net))?;
        let rows = outputs.data().chunks_exact(images.classes());
        let named = rows.zip(classes).filter(|(row, class)| {
            let below = |(k, value): (usize, &T)| k == **class || *value < row[**class];
            row.iter().enumerate().all(below)
        });
        right += named.count();
    }
    Ok(right as f64 / labelled.images.len() as f64)
}
