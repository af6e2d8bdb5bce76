//! npy, npz and safetensors.

use metaplast_tensor::exchange::{Error, npy, npz, safetensors};
use metaplast_tensor::{Tensor, tensor};

use super::{Diet, MIB, damage};

fn one_line<T>(read: Result<T, Error>) -> bool {
    if let Err(error) = &read {
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
    read.is_ok()
}

fn tensors() -> [Tensor<f32>; 2] {
    [
        tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        Tensor::zeros([0, 2]),
    ]
}

#[test]
fn npy_files() {
    let column_major = b"\x93NUMPY\x01\x00\x46\x00{'descr': '>f8', 'fortran_order': True, 'shape': (1,2), }             \n";
    let mut column_major = column_major.to_vec();
    column_major[8] = (column_major.len() - 10) as u8;
    column_major.extend([0; 16]);
    let diet = Diet {
        seeds: &[
            npy::encode(&tensors()[0]),
            npy::encode(&tensors()[1]),
            column_major,
        ],
        words: &[
            b"'shape': (",
            b"'descr': '<f8'",
            b"'fortran_order': True",
            b"0,",
            b"9223372036854775807,",
            b"18446744073709551616",
            b"\x93NUMPY\x02\x00",
            b"}",
            b"()",
        ],
        flat: MIB,
        per_byte: 64,
    };
    damage("npy", &diet, |input| one_line(npy::decode::<f64>(input)));
}

#[test]
fn npz_archives() {
    let [a, b] = tensors();
    let stored = npz::encode([("a", &a), ("b/c", &b)]).unwrap();
    let diet = Diet {
        seeds: &[stored, npz::encode([("w", &a)]).unwrap()],
        words: &[
            b"PK\x03\x04",
            b"PK\x01\x02",
            b"PK\x05\x06",
            b"PK\x06\x06",
            b"\x08\x00",
            b".npy",
            b"../",
        ],
        // The library reads ahead by fixed amounts, and by the number of entries.
        flat: MIB,
        per_byte: 2000,
    };
    damage("npz", &diet, |input| {
        one_line(npz::decode_within::<f64>(input, 1 << 20))
    });
}

#[test]
fn safetensors_files() {
    let [a, b] = tensors();
    let diet = Diet {
        seeds: &[safetensors::encode([("a", &a), ("b", &b)]).unwrap()],
        words: &[
            b"\"dtype\":\"F64\"",
            b"\"shape\":[",
            b"\"data_offsets\":[",
            b"18446744073709551615",
            b"{",
            b"}",
            b"\"__metadata__\":{}",
            b",",
            b"\\u0000",
        ],
        flat: MIB,
        per_byte: 256,
    };
    damage("safetensors", &diet, |input| {
        one_line(safetensors::decode::<f64>(input))
    });
}

#[test]
fn names_that_leave_the_archive_are_refused() {
    let a = tensor![1.0f32];
    for name in ["../a", "/a", "a/../../b", "\\a", "a\\..\\b", "C:a"] {
        let written = npz::encode([(name, &a)]);
        assert!(written.is_err(), "{name:?}");
    }
    // What another program wrote under such a name.
    let sound = npz::encode([("aaaa", &a)]).unwrap();
    let mut hostile = sound;
    for at in 0..hostile.len() - 4 {
        if &hostile[at..at + 4] == b"aaaa" {
            hostile[at..at + 4].copy_from_slice(b"../a");
        }
    }
    let error = npz::decode::<f32>(&hostile).unwrap_err().to_string();
    assert!(error.contains("../a"), "{error}");
}
