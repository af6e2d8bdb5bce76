//! Shapes of images in arrays and tables: from the number of values to rows, columns and colour mode.

use crate::{ColorMode, ImageSize};

/// The size and colour mode of images of so many values: of the size that is asked for, if it has as
/// many, or else square.
pub(crate) fn of_values(
    values: usize,
    asked: Option<ImageSize>,
) -> Result<(ImageSize, ColorMode), String> {
    let asked = asked.map(|size| (size, size.rows * size.cols));
    for mode in ColorMode::ALL {
        let pixels = values / mode.count();
        if pixels == 0 || pixels * mode.count() != values {
            continue;
        }
        if let Some((size, _)) = asked.filter(|&(_, n)| n == pixels) {
            return Ok((size, mode));
        }
    }
    // No number is a square and three times a square.
    for mode in ColorMode::ALL {
        let side = (values / mode.count()).isqrt();
        if side > 0 && side * side * mode.count() == values {
            return Ok((ImageSize::square(side), mode));
        }
    }
    Err(format!(
        "{values} values make no square image, gray or in colour; say by the image size how many rows and columns they are, like 32x24"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_found_and_other_sizes_asked_for() {
        let found = |values, asked: Option<&str>| {
            let asked = asked.map(|size| size.parse().unwrap());
            let (size, mode) = of_values(values, asked).ok()?;
            Some((size.to_string(), mode))
        };
        assert_eq!(found(784, None), Some(("28".into(), ColorMode::Gray)));
        assert_eq!(found(2352, None), Some(("28".into(), ColorMode::Rgb)));
        assert_eq!(found(1, None), Some(("1".into(), ColorMode::Gray)));
        assert_eq!(found(3, None), Some(("1".into(), ColorMode::Rgb)));
        assert_eq!(found(6, Some("2x3")), Some(("2x3".into(), ColorMode::Gray)));
        assert_eq!(found(6, Some("1x2")), Some(("1x2".into(), ColorMode::Rgb)));
        // Another size is for resampling.
        assert_eq!(found(784, Some("14")), Some(("28".into(), ColorMode::Gray)));
        assert_eq!(found(6, None), None);
        assert_eq!(found(0, None), None);
    }
}
