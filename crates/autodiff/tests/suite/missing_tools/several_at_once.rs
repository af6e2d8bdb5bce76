//! Hessians over several tensors, and gradients for each sample.

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hessian, hvp, per_sample_grad};
use metaplast_tensor::{Random, Scalar, Tensor};

use super::{close, random};

fn loss<'t, T: Scalar>(w: &[Var<'t, T>]) -> Var<'t, T> {
    let x = w[0].tape().constant(&random(&[5, 3], 9).cast());
    (x.matmul(w[0]) + w[1]).tanh().matmul(w[2]).square().sum()
}

#[test]
fn a_hessian_over_several_tensors_has_the_blocks_that_products_have() {
    // 12, 4 and 4 elements: 20 columns, over the ends of sweeps and of tensors.
    let w = [random(&[3, 4], 1), random(&[4], 2), random(&[4, 1], 3)];
    let blocks = hessian(loss, &w);
    for j in 0..3 {
        for place in 0..w[j].len() {
            let mut v = w.each_ref().map(|w| Tensor::zeros(w.shape()));
            v[j].data_mut()[place] = 1.0;
            let product = hvp(loss, &w, &v);
            for i in 0..3 {
                let width = w[j].len();
                let column =
                    Tensor::from_fn([w[i].len()], |k| blocks[i][j].data()[k[0] * width + place]);
                close(&column, &product[i].clone().reshape([w[i].len()]), 1e-14);
            }
        }
    }
    assert_eq!(blocks[0][2].dims(), [3, 4, 4, 1]);
}

#[test]
fn gradients_of_samples_add_up_to_that_of_the_batch() {
    let mut random = Random::new(4);
    let w = [
        Tensor::<f64>::normal([3, 2], 0.0, 1.0, &mut random),
        Tensor::normal([2], 0.0, 1.0, &mut random),
    ];
    let x = Tensor::normal([7, 3], 0.0, 1.0, &mut random);
    let y = Tensor::normal([7, 2], 0.0, 1.0, &mut random);
    let each = per_sample_grad(
        |w, row| {
            (row[0].unsqueeze(0).matmul(w[0]).squeeze(0) + w[1] - row[1])
                .square()
                .sum()
        },
        &w,
        &[x.clone(), y.clone()],
    );
    let all = grad(
        |w| {
            let constant = |x: &Tensor<f64>| w[0].tape().constant(x);
            (constant(&x).matmul(w[0]) + w[1] - constant(&y))
                .square()
                .sum()
        },
        &w,
    );
    for (each, all) in each.iter().zip(&all) {
        assert_eq!(each.dims()[0], 7);
        close(&each.sum_axis(0, false), all, 1e-13);
    }
}
