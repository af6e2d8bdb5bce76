//! Faults that users of other libraries reported and that were found here: each test is named after
//! what it shows.

use metaplast_tensor::exchange::{npy, npz, safetensors};
use metaplast_tensor::{Tensor, tensor};

/// A `.npy` file of version 1.
fn npy_file(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(data);
    bytes
}

fn safetensors_file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

/// A weight in f32 and the counter of batches that PyTorch stores beside it.
fn mixed(counter: i64) -> Vec<u8> {
    let header = r#"{"bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"bn.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut data: Vec<u8> = [1.5f32, -2.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    data.extend(counter.to_le_bytes());
    safetensors_file(header, &data)
}

#[test]
fn whole_numbers_of_every_size_are_read() {
    let cases: [(&str, &[u8], f64); 12] = [
        ("|i1", &[0xfe], -2.0),
        ("|u1", &[0xfe], 254.0),
        ("|b1", &[1], 1.0),
        ("<i2", &[0xfe, 0xff], -2.0),
        (">i2", &[0xff, 0xfe], -2.0),
        ("<u2", &[0xfe, 0xff], 65534.0),
        ("<i4", &[0xfe, 0xff, 0xff, 0xff], -2.0),
        ("<u4", &[0xfe, 0xff, 0xff, 0xff], 4_294_967_294.0),
        (
            "<i8",
            &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            -2.0,
        ),
        (">i8", &[0, 0, 0, 0, 0, 0, 1, 0], 256.0),
        ("<u8", &[7, 0, 0, 0, 0, 0, 0, 0], 7.0),
        (">u8", &[0, 0, 0, 0, 0, 0, 0, 7], 7.0),
    ];
    for (descr, data, value) in cases {
        let read: Tensor<f64> = npy::decode(&npy_file(descr, "(1,)", data)).unwrap();
        assert_eq!(read, tensor![value], "{descr}");
    }
}

#[test]
fn a_whole_number_that_the_type_would_round_is_refused_with_the_number() {
    let file = npy_file("<i8", "(1,)", &16_777_217i64.to_le_bytes());
    assert_eq!(
        npy::decode::<f32>(&file).unwrap_err().to_string(),
        "holds 16777217 (i64), which f32 would round: read it as f64, or only the others"
    );
    assert_eq!(npy::decode::<f64>(&file).unwrap(), tensor![16_777_217.0]);
    let file = npy_file("<u8", "(1,)", &u64::MAX.to_le_bytes());
    let refused = npy::decode::<f64>(&file).unwrap_err().to_string();
    assert!(
        refused.contains("18446744073709551615 (u64), which f64 would round"),
        "{refused}"
    );
}

#[test]
fn half_precision_is_widened() {
    let data: Vec<u8> = [0x3c00u16, 0xc100, 0x3555]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let read: Tensor<f32> = npy::decode(&npy_file("<f2", "(3,)", &data)).unwrap();
    assert_eq!(read, tensor![1.0f32, -2.5, 0.333_251_95]);
    let header = r#"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}}"#;
    let file = safetensors_file(header, &[0x00, 0x3c, 0xc0, 0x3f]);
    let read = safetensors::decode::<f32>(&file).unwrap();
    assert_eq!(
        (&read["h"], &read["b"]),
        (&tensor![1.0f32], &tensor![1.5f32])
    );
}

#[test]
fn a_weight_beside_a_counter_is_read() {
    let read = safetensors::decode::<f32>(&mixed(100)).unwrap();
    assert_eq!(read["bn.weight"], tensor![1.5f32, -2.0]);
    assert_eq!(read["bn.num_batches_tracked"].data(), [100.0]);
}

#[test]
fn tensors_are_read_by_name_whatever_the_others_hold() {
    let file = mixed(i64::MAX);
    assert!(safetensors::decode::<f32>(&file).is_err());
    let read = safetensors::decode_only::<f32>(&file, |name| name == "bn.weight").unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read["bn.weight"], tensor![1.5f32, -2.0]);

    let double = npz::encode([("w", &tensor![0.1]), ("x", &tensor![0.5])]).unwrap();
    assert!(npz::decode::<f32>(&double).is_err());
    assert!(
        npz::decode_only::<f32>(&double, |_| false)
            .unwrap()
            .is_empty()
    );
    let read = npz::decode_only::<f64>(&double, |name| name == "x").unwrap();
    assert_eq!(read["x"], tensor![0.5]);
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_left_there() {
    let endless = "/dev/zero";
    let refused = [
        npy::read::<f64>(endless).map(|_| ()),
        npz::read::<f64>(endless).map(|_| ()),
        safetensors::read::<f64>(endless).map(|_| ()),
    ];
    for refused in refused {
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains("its first bytes are those of something else"),
            "{said}"
        );
    }
}

#[test]
fn a_type_that_is_not_read_is_told_in_words() {
    for (descr, words) in [
        ("|O", "holds Python objects (|O), not numbers"),
        ("<U5", "holds text (<U5), not numbers"),
        (
            "<f16",
            "holds numbers of a size that is not read (<f16), not numbers",
        ),
    ] {
        let refused = npy::decode::<f64>(&npy_file(descr, "(1,)", &[0; 16])).unwrap_err();
        assert!(refused.to_string().starts_with(words), "{refused}");
    }
}
