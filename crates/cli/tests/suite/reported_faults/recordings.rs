//! Recordings as NumPy makes them, and arrays in which learning left no trace.

use std::io::{Cursor, Write};

use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::common::Sandbox;

/// A `.npy` file of these numbers.
fn npy(descr: &str, shape: &[usize], data: Vec<u8>) -> Vec<u8> {
    let shape: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let shape = shape.concat();
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(data);
    bytes
}

fn floats(shape: &[usize], values: &[f64]) -> Vec<u8> {
    npy(
        "<f8",
        shape,
        values.iter().flat_map(|x| x.to_le_bytes()).collect(),
    )
}

fn whole(shape: &[usize], values: &[i64]) -> Vec<u8> {
    npy(
        "<i8",
        shape,
        values.iter().flat_map(|x| x.to_le_bytes()).collect(),
    )
}

fn archive(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, data) in entries {
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Numbers between −0.5 and 0.5 that only look random.
fn numbers(n: usize, salt: usize) -> Vec<f64> {
    let number = |k: usize| ((k * 7919 + salt * 104_729) % 1009) as f64 / 1009.0 - 0.5;
    (0..n).map(number).collect()
}

/// `W x` of a matrix with `x.len()` columns.
fn product(w: &[f64], x: &[f64]) -> Vec<f64> {
    let rows = w.chunks(x.len());
    rows.map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum())
        .collect()
}

/// `W += θ (y xᵀ − y yᵀ W)`, Oja's rule of one layer, F9.
fn learn_by_oja(w: &mut [f64], x: &[f64], theta: f64) {
    let y = product(w, x);
    let old = w.to_vec();
    for (i, &yi) in y.iter().enumerate() {
        for (j, &xj) in x.iter().enumerate() {
            let back: f64 = y
                .iter()
                .enumerate()
                .map(|(k, y)| y * old[k * x.len() + j])
                .sum();
            w[i * x.len() + j] += theta * yi * (xj - back);
        }
    }
}

#[test]
fn whole_numbers_are_read_as_labels_and_times() {
    const THETA: f64 = 0.05;
    let (steps, inputs, outputs) = (20, 5, 3);
    let x = numbers(steps * inputs, 1);
    let first = numbers(outputs * inputs, 2);
    let labels: Vec<i64> = (0..steps as i64).map(|t| t * t % 3).collect();
    let mut w = first.clone();
    for (x, &label) in x.chunks(inputs).zip(&labels) {
        // ΔW = −θ e xᵀ with e = softmax(W x) − onehot(label), F0.
        let z: Vec<f64> = product(&w, x).iter().map(|z| z.exp()).collect();
        let sum: f64 = z.iter().sum();
        for (i, row) in w.chunks_mut(inputs).enumerate() {
            let e = z[i] / sum - f64::from(u8::from(i as i64 == label));
            row.iter_mut().zip(x).for_each(|(w, x)| *w -= THETA * e * x);
        }
    }
    let place = Sandbox::new();
    let file = archive(&[
        ("inputs", floats(&[1, steps, inputs], &x)),
        ("labels", whole(&[1, steps], &labels)),
        ("W0.1", floats(&[1, outputs, inputs], &first)),
        ("W.1", floats(&[1, 1, outputs, inputs], &w)),
        ("times", whole(&[1], &[steps as i64])),
    ]);
    place.write("r.npz", file);
    let said = place.succeed(&["fit", "r.npz", "--terms", "0", "--out", "f"]);
    let theta: f64 = place
        .read("f/fit.csv")
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    assert!((theta - THETA).abs() < 1e-9, "{said}");
}

/// R² as it is printed, and whether each θ lies in its interval.
fn fitted(place: &Sandbox, more: &[&str]) -> (f64, String) {
    let fit = [
        "fit", "r.npz", "--terms", "9", "--output", "linear", "--out", "f",
    ];
    let said = place.succeed(&[&fit[..], more].concat());
    let line = said.lines().find_map(|line| line.strip_prefix("R² = "));
    let r_squared = line.unwrap().split(' ').next().unwrap().parse().unwrap();
    for row in place.read("f/fit.csv").lines().skip(1) {
        let cells: Vec<Option<f64>> = row.split(',').skip(1).map(|x| x.parse().ok()).collect();
        if let [Some(theta), Some(low), Some(high)] = cells[..] {
            assert!(low <= theta && theta <= high, "{row}: {said}");
        }
    }
    (r_squared, said)
}

#[test]
fn rounding_of_a_layer_that_does_not_learn_is_no_learning() {
    let (steps, n) = (60, [6, 5, 3]);
    let x = numbers(steps * n[0], 3);
    let first = [numbers(n[1] * n[0], 4), numbers(n[2] * n[1], 5)];
    let mut w = first[1].clone();
    let (mut hidden, mut outputs) = (Vec::new(), Vec::new());
    for x in x.chunks(n[0]) {
        let z = product(&first[0], x);
        let y: Vec<f64> = z.iter().map(|z| (10.0 * z).exp().ln_1p() / 10.0).collect();
        outputs.extend(product(&w, &y));
        learn_by_oja(&mut w, &y, 0.01);
        hidden.extend(y);
    }
    let single = |dims: &[usize], values: &[f64]| -> Tensor<f32> {
        Tensor::new(dims, values.iter().map(|&x| x as f32).collect())
    };
    let arrays = [
        ("inputs", single(&[steps, n[0]], &x)),
        ("W0.1", single(&[n[1], n[0]], &first[0])),
        ("W0.2", single(&[n[2], n[1]], &first[1])),
        ("W.2", single(&[1, n[2], n[1]], &w)),
        ("times", single(&[1], &[steps as f64])),
        ("y.1", single(&[steps, n[1]], &hidden)),
        ("y.2", single(&[steps, n[2]], &outputs)),
    ];
    let place = Sandbox::new();
    let file = npz::encode(arrays.iter().map(|(name, array)| (name, array)));
    place.write("r.npz", file.unwrap());
    let (r_squared, said) = fitted(&place, &["--theta-scope", "per-layer"]);
    assert!(r_squared > 0.999, "{said}");
    assert!(
        said.contains("activity of layer 1 changed by no more than the rounding"),
        "{said}"
    );
}

#[test]
fn an_activity_before_any_update_is_left_out() {
    let (inputs, units) = (30, 4);
    let x = numbers(inputs, 6);
    let first = numbers(units * inputs, 7);
    let y = product(&first, &x);
    let mut w = first.clone();
    learn_by_oja(&mut w, &x, 0.01);
    // The last digits of another order of additions.
    let y: Vec<f64> = y.iter().map(|y| y * (1.0 + 2.0 * f64::EPSILON)).collect();
    let place = Sandbox::new();
    let file = archive(&[
        ("inputs", floats(&[1, 1, inputs], &x)),
        ("W0.1", floats(&[1, units, inputs], &first)),
        ("W.1", floats(&[1, 1, units, inputs], &w)),
        ("y.1", floats(&[1, 1, units], &y)),
    ]);
    place.write("r.npz", file);
    let (r_squared, said) = fitted(&place, &[]);
    assert!(r_squared > 0.999_999, "{said}");
    assert!(said.contains("left out of R²"), "{said}");
}
