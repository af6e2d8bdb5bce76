//! Element types that files hold.

use crate::Scalar;

/// A number type that files can hold: `f32` or `f64`.
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

    /// The numbers, unless they may not fit into this type.
    #[doc(hidden)]
    fn decode(kind: Kind, big_endian: bool, bytes: &[u8]) -> Option<Vec<Self>>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    F32,
    F64,
}

impl Kind {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

macro_rules! numbers {
    ($float:ident, $big_endian:expr, $bytes:expr) => {
        $bytes.as_chunks().0.iter().map(|&b| match $big_endian {
            true => $float::from_be_bytes(b),
            false => $float::from_le_bytes(b),
        })
    };
}

impl Element for f32 {
    const KIND: Kind = Kind::F32;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn decode(kind: Kind, big_endian: bool, bytes: &[u8]) -> Option<Vec<Self>> {
        match kind {
            Kind::F32 => Some(numbers!(f32, big_endian, bytes).collect()),
            Kind::F64 => None,
        }
    }
}

impl Element for f64 {
    const KIND: Kind = Kind::F64;

    fn push(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn decode(kind: Kind, big_endian: bool, bytes: &[u8]) -> Option<Vec<Self>> {
        Some(match kind {
            Kind::F32 => numbers!(f32, big_endian, bytes).map(f64::from).collect(),
            Kind::F64 => numbers!(f64, big_endian, bytes).collect(),
        })
    }
}
