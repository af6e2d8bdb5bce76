//! Files of tensors: what is written is read back, and damaged files are refused without a panic.

use std::fmt::Debug;
use std::io::{Cursor, Write};

use metaplast_tensor::exchange::{Element, Error, Problem, npy, npz, safetensors};
use metaplast_tensor::{Shape, Tensor, tensor};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Tensors of any rank from 0 to 5, some empty, of any bits at all.
fn tensors<T: Element>(from_bits: fn(u64) -> T) -> impl Strategy<Value = Tensor<T>> {
    vec(0..4usize, 0..6).prop_flat_map(move |dims| {
        let shape = Shape::from(&dims[..]);
        vec(any::<u64>(), shape.len())
            .prop_map(move |bits| Tensor::new(&shape, bits.into_iter().map(from_bits).collect()))
    })
}

fn singles() -> impl Strategy<Value = Tensor<f32>> {
    tensors(|bits| f32::from_bits(bits as u32))
}

fn doubles() -> impl Strategy<Value = Tensor<f64>> {
    tensors(f64::from_bits)
}

/// The same shape and the same bits, of NaN too.
#[track_caller]
fn assert_same<T: Element>(a: &Tensor<T>, b: &Tensor<T>) {
    assert_eq!(a.shape(), b.shape());
    assert_eq!(npy::encode(a), npy::encode(b));
}

#[track_caller]
fn message<T: Debug>(result: Result<T, Error>) -> String {
    let message = result.unwrap_err().to_string();
    assert!(!message.contains(char::is_control), "{message:?}");
    message
}

/// A version 1 file with this header.
fn npy_file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

fn safetensors_file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

fn zip_file(name: &str, data: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    archive.start_file(name, options).unwrap();
    archive.write_all(data).unwrap();
    archive.finish().unwrap().into_inner()
}

/// Reads bytes as each format and type; only panics would show.
fn read_as_anything(bytes: &[u8]) {
    let _ = npy::decode::<f32>(bytes).map_err(|e| e.to_string());
    let _ = npy::decode::<f64>(bytes).map_err(|e| e.to_string());
    let _ = npz::decode_within::<f64>(bytes, 1 << 20).map_err(|e| e.to_string());
    let _ = safetensors::decode::<f32>(bytes).map_err(|e| e.to_string());
    let _ = safetensors::decode::<f64>(bytes).map_err(|e| e.to_string());
}

/// Names under which an archive may be unpacked.
fn stays_inside(name: &str) -> bool {
    !name.starts_with(['/', '\\']) && !name.contains("..") && !name.contains(':')
}

proptest! {
    #[test]
    fn npy_gives_back_what_it_got(a in singles(), b in doubles()) {
        assert_same(&npy::decode(&npy::encode(&a)).unwrap(), &a);
        assert_same(&npy::decode(&npy::encode(&b)).unwrap(), &b);
        prop_assert_eq!((npy::encode(&a).len() - 4 * a.len()) % 64, 0);
    }

    #[test]
    fn named_tensors_come_back(
        a in btree_map(".*", singles(), 0..4),
        b in btree_map("[a-z./]{0,8}", doubles(), 0..4),
    ) {
        let (mut a, mut b) = (a, b);
        a.retain(|name, _| stays_inside(name));
        b.retain(|name, _| stays_inside(name));
        let zipped = npz::decode::<f32>(&npz::encode(&a).unwrap()).unwrap();
        let safe = safetensors::decode::<f32>(&safetensors::encode(&a).unwrap()).unwrap();
        prop_assert_eq!(zipped.len(), a.len());
        prop_assert_eq!(safe.len(), a.len());
        for (name, a) in &a {
            assert_same(&zipped[name], a);
            assert_same(&safe[name], a);
        }
        let zipped = npz::decode::<f64>(&npz::encode(&b).unwrap()).unwrap();
        let safe = safetensors::decode::<f64>(&safetensors::encode(&b).unwrap()).unwrap();
        for (name, b) in &b {
            assert_same(&zipped[name], b);
            assert_same(&safe[name], b);
        }
    }

    #[test]
    fn damaged_files_do_not_panic(
        a in doubles(),
        cut in any::<prop::sample::Index>(),
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let named = [("a", &a), ("b", &a)];
        for mut bytes in [
            npy::encode(&a),
            npz::encode(named).unwrap(),
            safetensors::encode(named).unwrap(),
        ] {
            for (at, byte) in &flips {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            read_as_anything(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            read_as_anything(&bytes);
        }
    }

    #[test]
    fn strange_headers_do_not_panic(text in "[{}()'\",: 0-9a-zA-Z<>_\\[\\]]{0,60}", noise in vec(any::<u8>(), 0..60)) {
        read_as_anything(&npy_file(&text, &noise));
        read_as_anything(&safetensors_file(&text, &noise));
        read_as_anything(&noise);
    }
}

#[test]
fn the_bytes_of_a_npy_file() {
    let bytes = npy::encode(&tensor![1.5f32, -2.0]);
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert_eq!(&bytes[10..10 + header.len()], header.as_bytes());
    assert_eq!(bytes[127], b'\n');
    assert_eq!(bytes[128..], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
}

#[test]
fn both_orders_of_bytes_and_of_elements() {
    let data: Vec<u8> = (1..=6u8).flat_map(|x| f32::from(x).to_be_bytes()).collect();
    let header = r#"{"shape": (2, 3), "fortran_order": True, "descr": ">f4"}"#;
    let expected = tensor![[1.0f32, 3.0, 5.0], [2.0, 4.0, 6.0]];
    let read: Tensor<f32> = npy::decode(&npy_file(header, &data)).unwrap();
    assert_eq!(read, expected);
    let empty = "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 0, 2)}\n";
    let empty = npy::decode::<f64>(&npy_file(empty, &[])).unwrap();
    assert_eq!(empty.dims(), [3, 0, 2]);
}

#[test]
fn long_headers_are_of_version_2() {
    let long = Tensor::<f32>::ones(&[1; 40_000][..]);
    let bytes = npy::encode(&long);
    assert_eq!(bytes[6..8], [2, 0]);
    assert_eq!(npy::decode::<f32>(&bytes).unwrap().rank(), 40_000);
}

#[test]
fn f32_is_widened_and_f64_is_not_rounded() {
    let single = tensor![0.1f32];
    let double = tensor![0.1f64];
    let widened: Tensor<f64> = npy::decode(&npy::encode(&single)).unwrap();
    assert_eq!(widened, single.cast());
    let refused = message(npy::decode::<f32>(&npy::encode(&double)));
    assert_eq!(
        refused,
        "holds f64, which f32 would round: read it as f64 and cast it"
    );
    let safe = safetensors::encode([("x", &double)]).unwrap();
    let refused = message(safetensors::decode::<f32>(&safe));
    assert!(refused.starts_with("tensor `x`: holds f64"), "{refused}");
}

#[test]
fn other_types_are_named() {
    let header = "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }";
    let refused = message(npy::decode::<f64>(&npy_file(header, &[0; 8])));
    assert!(
        refused.starts_with("holds complex numbers (<c8), not numbers"),
        "{refused}"
    );
    let header = r#"{"n":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]}}"#;
    let refused = message(safetensors::decode::<f64>(&safetensors_file(header, &[0])));
    assert!(
        refused.starts_with("tensor `n`: holds F8_E5M2, not f64"),
        "{refused}"
    );
}

#[test]
fn sizes_that_lie_are_refused_before_memory_is_taken() {
    for shape in [
        "(99999999999,)",
        "(4294967296, 4294967296)",
        "(9223372036854775807, 9223372036854775807, 0)",
        "(99999999999999999999999,)",
        "(-1,)",
    ] {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let refused = message(npy::decode::<f64>(&npy_file(&header, &[0; 16])));
        assert!(refused.contains("damaged"), "{refused}");
    }
    // Offsets that overflow once the length of the header is added.
    let n = usize::MAX / 8;
    let mut entries: Vec<String> = (0..8)
        .map(|i| {
            let (from, to) = (i * n, (i + 1) * n);
            format!(r#""{i}":{{"dtype":"U8","shape":[{n}],"data_offsets":[{from},{to}]}}"#)
        })
        .collect();
    let last = 8 * n;
    entries.push(format!(
        r#""z":{{"dtype":"U8","shape":[7],"data_offsets":[{last},{}]}}"#,
        last + 7
    ));
    let file = safetensors_file(&format!("{{{}}}", entries.join(",")), &[]);
    let refused = message(safetensors::decode::<f64>(&file));
    assert!(refused.contains("the header speaks of"), "{refused}");
}

#[test]
fn packed_arrays_are_read_up_to_the_limit() {
    let a = Tensor::<f32>::zeros([1000, 100]);
    let packed = zip_file("a.npy", &npy::encode(&a));
    assert!(packed.len() < 2000);
    assert_eq!(npz::decode::<f32>(&packed).unwrap()["a"], a);
    let bomb = npz::decode_within::<f32>(&packed, 10_000).unwrap_err();
    assert!(matches!(
        bomb.problem(),
        Problem::TooLarge { limit: 10_000, .. }
    ));
    assert_eq!(bomb.tensor(), Some("a"));
}

#[test]
fn archives_of_other_things_are_refused() {
    let refused = message(npz::decode::<f32>(&zip_file("notes\n.txt", b"hello")));
    assert!(
        refused.contains(r"the entry `notes\n.txt` is no .npy file"),
        "{refused}"
    );
}

#[test]
fn names_the_format_cannot_hold_are_refused() {
    let a = tensor![1.0];
    let refused = message(safetensors::encode([("__metadata__", &a)]));
    assert!(refused.contains("is reserved by the format"), "{refused}");
    let refused = message(safetensors::encode([("a", &a), ("a", &a)]));
    assert!(refused.contains("is used twice"), "{refused}");
    let long = "x".repeat(70_000);
    assert!(message(npz::encode([(&long, &a)])).contains("is too long"));
}

#[test]
fn files_and_their_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let a = tensor![[1.0, 2.0], [3.0, 4.0]];

    npy::write(path("a.npy"), &a).unwrap();
    assert_eq!(npy::read::<f64>(path("a.npy")).unwrap(), a);
    npz::write(path("a.npz"), [("a", &a)]).unwrap();
    assert_eq!(npz::read::<f64>(path("a.npz")).unwrap()["a"], a);
    safetensors::write(path("a.st"), [("a", &a)]).unwrap();
    assert_eq!(safetensors::read::<f64>(path("a.st")).unwrap()["a"], a);

    let large = npy::read_within::<f64>(path("a.npy"), 100).unwrap_err();
    assert!(matches!(
        large.problem(),
        Problem::TooLarge {
            bytes: 160,
            limit: 100
        }
    ));
    assert_eq!(large.path(), Some(&*path("a.npy")));
    assert!(npz::read_within::<f64>(path("a.npz"), 100).is_err());
    assert!(safetensors::read_within::<f64>(path("a.st"), 10).is_err());

    let missing = message(npy::read::<f64>(path("b.npy")));
    assert!(missing.contains("b.npy: cannot be read ("), "{missing}");
    let nowhere = message(npy::write(path("no/a.npy"), &a));
    assert!(nowhere.contains("a.npy: cannot be written ("), "{nowhere}");
    let wrong = message(safetensors::read::<f64>(path("a.npy")));
    assert!(
        wrong.contains("a.npy: damaged or of another format"),
        "{wrong}"
    );
}
