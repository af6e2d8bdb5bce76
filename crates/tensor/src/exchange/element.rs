//! Element types that files hold, and those that they are read into.

use super::{Error, Problem};
use crate::Scalar;

/// A number type into which files are read and from which they are written: `f32` or `f64`.
///
/// ```
/// use metaplast_tensor::exchange::Element;
///
/// fn bytes_each<T: Element>() -> usize {
///     std::mem::size_of::<T>()
/// }
/// assert_eq!(bytes_each::<f32>(), 4);
/// ```
pub trait Element: Scalar + private::Sealed {
    #[doc(hidden)]
    const KIND: Kind;

    #[doc(hidden)]
    fn push(self, bytes: &mut Vec<u8>);

    /// The number of these bits.
    #[doc(hidden)]
    fn of_bits(bits: u64) -> Self;

    /// The number, if this type holds it as it is.
    #[doc(hidden)]
    fn exactly(number: f64) -> Option<Self>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A number type in a file.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    /// IEEE 754's binary16.
    F16,
    /// The upper half of an `f32`.
    BF16,
    F32,
    F64,
}

impl Kind {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::BF16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type in NumPy's spelling, where the first character, the byte order, is gone.
    pub(super) fn of_numpy(letters: &str) -> Option<Self> {
        Some(match letters {
            "b1" | "?" => Self::Bool,
            "i1" => Self::I8,
            "u1" => Self::U8,
            "i2" => Self::I16,
            "u2" => Self::U16,
            "i4" => Self::I32,
            "u4" => Self::U32,
            "i8" => Self::I64,
            "u8" => Self::U64,
            "f2" => Self::F16,
            "f4" => Self::F32,
            "f8" => Self::F64,
            _ => return None,
        })
    }
}

impl Element for f32 {
    const KIND: Kind = Kind::F32;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn of_bits(bits: u64) -> Self {
        f32::from_bits(bits as u32)
    }

    fn exactly(number: f64) -> Option<Self> {
        let rounded = number as f32;
        (f64::from(rounded) == number || number.is_nan()).then_some(rounded)
    }
}

impl Element for f64 {
    const KIND: Kind = Kind::F64;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn of_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }

    fn exactly(number: f64) -> Option<Self> {
        Some(number)
    }
}

/// The numbers, unless `T` may not hold all of them as they are.
pub(super) fn decode<T: Element>(
    kind: Kind,
    big_endian: bool,
    bytes: &[u8],
) -> Result<Vec<T>, Error> {
    let words = words(kind.bytes(), big_endian, bytes);
    if kind == T::KIND {
        return Ok(words.map(T::of_bits).collect());
    }
    // By its type and not number by number: whether a file can be read must not hang on whether
    // its numbers happen to be short.
    if (kind, T::KIND) == (Kind::F64, Kind::F32) {
        return Err(Error::new(Problem::Type {
            found: kind.name().to_owned(),
            wanted: T::NAME,
        }));
    }
    let rounded = |number: String| {
        Error::new(Problem::Rounded {
            number,
            found: kind.name(),
            wanted: T::NAME,
        })
    };
    let whole = |n: i128| {
        let exact = (n as f64) as i128 == n;
        let found = exact.then(|| T::exactly(n as f64)).flatten();
        found.ok_or_else(|| rounded(n.to_string()))
    };
    let number = |bits: u64| {
        let x = match kind {
            Kind::I64 => return whole(i128::from(bits as i64)),
            Kind::U64 => return whole(i128::from(bits)),
            Kind::Bool => f64::from(u8::from(bits != 0)),
            Kind::I8 => f64::from(bits as i8),
            Kind::I16 => f64::from(bits as i16),
            Kind::I32 => f64::from(bits as i32),
            Kind::U8 | Kind::U16 | Kind::U32 => bits as f64,
            Kind::F16 => f64_of_f16(bits as u16),
            Kind::BF16 => f64::from(f32::from_bits((bits as u32) << 16)),
            Kind::F32 => f64::from(f32::from_bits(bits as u32)),
            Kind::F64 => f64::from_bits(bits),
        };
        T::exactly(x).ok_or_else(|| rounded(x.to_string()))
    };
    words.map(number).collect()
}

/// The bits of numbers of so many bytes, with zeros above.
fn words(each: usize, big_endian: bool, bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes.chunks_exact(each).map(move |chunk| {
        let mut wide = [0; 8];
        wide[..each].copy_from_slice(chunk);
        if big_endian {
            wide[..each].reverse();
        }
        u64::from_le_bytes(wide)
    })
}

/// The value of a binary16: a sign, 5 bits of exponent above −15, 10 bits of fraction.
fn f64_of_f16(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    let size = match i32::from(bits >> 10 & 0x1f) {
        // Subnormal numbers have no leading 1.
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    match bits >> 15 {
        0 => size,
        _ => -size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_the_values_of_ieee_754() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x7bff, 65504.0),
            (0x0001, 2f64.powi(-24)),
            (0x0400, 2f64.powi(-14)),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(f64_of_f16(bits), value, "{bits:#x}");
        }
        assert!(f64_of_f16(0x7e00).is_nan() && f64_of_f16(0x8000).is_sign_negative());
    }
}
