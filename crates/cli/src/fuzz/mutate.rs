//! Damage of every kind.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// Bytes that mean something to many formats.
const BYTES: [u8; 10] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'[', b'{', b'\n', b'-'];
/// Numbers at the edges of their types.
const NUMBERS: [u64; 8] = [
    0,
    1,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Damages `seed` one to eight times into `out`; `words` are pieces that the format knows.
pub(super) fn mutate(
    rng: &mut Xoshiro256PlusPlus,
    seed: &[u8],
    words: &[&[u8]],
    out: &mut Vec<u8>,
) {
    out.clear();
    out.extend_from_slice(seed);
    // Much damage is seen at once; a little goes deeper.
    let times = if rng.random() {
        1
    } else {
        rng.random_range(2..=8)
    };
    for _ in 0..times {
        once(rng, words, out);
    }
}

fn once(rng: &mut Xoshiro256PlusPlus, words: &[&[u8]], out: &mut Vec<u8>) {
    let place = rng.random_range(0..=out.len());
    let end = (place + rng.random_range(0..=16)).min(out.len());
    match rng.random_range(0..10) {
        0 => {
            if let Some(byte) = out.get_mut(place) {
                *byte ^= 1 << rng.random_range(0..8);
            }
        }
        1 => {
            if let Some(byte) = out.get_mut(place) {
                *byte = BYTES[rng.random_range(0..BYTES.len())];
            }
        }
        2 => out.insert(place, rng.random()),
        3 => drop(out.drain(place..end)),
        4 => out.truncate(place),
        5 => {
            let piece = out[place..end].to_vec();
            let times = rng.random_range(1..=40);
            out.splice(place..place, piece.repeat(times));
        }
        6 => {
            let number = NUMBERS[rng.random_range(0..NUMBERS.len())];
            let bytes = match rng.random_range(0..4) {
                0 => number.to_le_bytes().to_vec(),
                1 => number.to_be_bytes().to_vec(),
                2 => (number as u32).to_le_bytes().to_vec(),
                _ => (number as u32).to_be_bytes().to_vec(),
            };
            let end = (place + bytes.len()).min(out.len());
            out.splice(place..end, bytes);
        }
        7 => {
            // A piece from elsewhere.
            let from = rng.random_range(0..=out.len());
            let to = (from + rng.random_range(0..=64)).min(out.len());
            let piece = out[from..to].to_vec();
            out.splice(place..end, piece);
        }
        _ if words.is_empty() => {}
        8 => {
            let word = words[rng.random_range(0..words.len())];
            out.splice(place..place, word.iter().copied());
        }
        _ => {
            let word = words[rng.random_range(0..words.len())];
            out.splice(place..end, word.iter().copied());
        }
    }
}
