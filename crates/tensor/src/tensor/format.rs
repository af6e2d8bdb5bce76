//! Formatting: nested brackets, a line for each row, the middle of long axes left out.

use std::fmt;

use super::Tensor;
use crate::Scalar;

/// Longer axes show this many entries at both ends.
const EDGE: usize = 4;

/// The numbers, with the formatter's precision: `{:.3}` prints three decimals.
///
/// ```
/// use metaplast_tensor::tensor;
/// let a = tensor![[1.0, 2.5], [3.0, 4.0]];
/// assert_eq!(format!("{a:.1}"), "[[1.0, 2.5],\n [3.0, 4.0]]");
/// ```
impl<T: Scalar> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_axis(f, self.dims(), &self.data, 0)
    }
}

/// The number type, the shape, and the numbers as they display.
impl<T: Scalar> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor<{}>{}", T::NAME, self.shape)?;
        let separator = if self.rank() > 1 { "\n" } else { " " };
        f.write_str(separator)?;
        fmt::Display::fmt(self, f)
    }
}

fn write_axis<T: Scalar>(
    f: &mut fmt::Formatter<'_>,
    dims: &[usize],
    data: &[T],
    depth: usize,
) -> fmt::Result {
    let Some((&extent, rest)) = dims.split_first() else {
        return fmt::Display::fmt(&data[0], f);
    };
    let width: usize = rest.iter().product();
    f.write_str("[")?;
    for i in 0..extent {
        let hidden = extent > 2 * EDGE + 1 && (EDGE..extent - EDGE).contains(&i);
        if hidden && i > EDGE {
            continue;
        }
        if i > 0 {
            write_separator(f, rest.len(), depth)?;
        }
        if hidden {
            f.write_str("…")?;
        } else {
            write_axis(f, rest, &data[i * width..][..width], depth + 1)?;
        }
    }
    f.write_str("]")
}

fn write_separator(f: &mut fmt::Formatter<'_>, inner: usize, depth: usize) -> fmt::Result {
    if inner == 0 {
        return f.write_str(", ");
    }
    f.write_str(",")?;
    for _ in 0..inner {
        f.write_str("\n")?;
    }
    write!(f, "{:1$}", "", depth + 1)
}
