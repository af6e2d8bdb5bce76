//! Random forests, with the votes of their trees as probabilities.

use metaplast_numbers::streams::seed;
use metaplast_tensor::Tensor;
use rayon::prelude::*;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use thiserror::Error;

type Tree = RandomForestClassifier<f64, usize, DenseMatrix<f64>, Vec<usize>>;

/// A forest that could not be grown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("random forest: {0}")]
pub struct ForestError(String);

/// A random forest (Breiman 2001): trees on bootstrap samples, √features candidates at each split.
///
/// Each tree is a forest of one of `smartcore`, which tells no votes, with a seed of its own: the same
/// bits on any number of threads.
#[derive(Debug)]
pub struct RandomForest {
    trees: Vec<Tree>,
    classes: usize,
}

impl RandomForest {
    /// Grows `trees` trees on rows `[rows, features]` with their classes, on all threads.
    ///
    /// ```
    /// use metaplast_identify::RandomForest;
    /// use metaplast_tensor::Tensor;
    ///
    /// let x = Tensor::from_fn([20, 2], |at| (at[0] / 10) as f64 + 0.01 * at[1] as f64);
    /// let labels: Vec<usize> = (0..20).map(|k| k / 10).collect();
    /// let forest = RandomForest::fit(&x, &labels, 2, 25, 1)?;
    /// assert!(forest.votes(&x)?.row(19)[1] > 0.9);
    /// # Ok::<(), metaplast_identify::ForestError>(())
    /// ```
    ///
    /// # Errors
    /// When rows and classes do not fit, or there are none.
    pub fn fit(
        x: &Tensor<f64>,
        labels: &[usize],
        classes: usize,
        trees: usize,
        forest: u64,
    ) -> Result<Self, ForestError> {
        let features = x.dims().get(1).copied().unwrap_or(0);
        let (x, y) = (matrix(x)?, labels.to_vec());
        let candidates = (features as f64).sqrt().round().max(1.0) as usize;
        let grow = |k: u64| {
            let parameters = RandomForestClassifierParameters::default()
                .with_n_trees(1)
                .with_m(candidates)
                .with_seed(seed(&[forest, k, 0xf0e5]));
            Tree::fit(&x, &y, parameters).map_err(|error| ForestError(error.to_string()))
        };
        let trees: Result<Vec<Tree>, ForestError> =
            (0..trees as u64).into_par_iter().map(grow).collect();
        Ok(RandomForest {
            trees: trees?,
            classes,
        })
    }

    /// The part of the trees that names each class, for rows `[rows, features]`: `[rows, classes]`.
    ///
    /// # Errors
    /// When the rows have another number of features.
    pub fn votes(&self, x: &Tensor<f64>) -> Result<Tensor<f64>, ForestError> {
        let rows = matrix(x)?;
        let named: Result<Vec<Vec<usize>>, ForestError> = self
            .trees
            .par_iter()
            .map(|tree| {
                tree.predict(&rows)
                    .map_err(|error| ForestError(error.to_string()))
            })
            .collect();
        let mut votes = Tensor::zeros([x.dims()[0], self.classes]);
        let vote = 1.0 / self.trees.len() as f64;
        for of_tree in named? {
            for (row, class) in of_tree.into_iter().enumerate() {
                votes.row_mut(row)[class] += vote;
            }
        }
        Ok(votes)
    }
}

fn matrix(x: &Tensor<f64>) -> Result<DenseMatrix<f64>, ForestError> {
    let [rows, columns] = *x.dims() else {
        return Err(ForestError(format!("rows of shape {}", x.shape())));
    };
    DenseMatrix::new(rows, columns, x.data().to_vec(), false)
        .map_err(|error| ForestError(error.to_string()))
}
