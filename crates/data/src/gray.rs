//! Gray values of decoded pictures: colours, transparency and depths on their way to 8 bits, without
//! losing the ink.

/// Samples of each pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    pub(crate) fn count(self) -> usize {
        match self {
            Channels::Gray => 1,
            Channels::GrayAlpha => 2,
            Channels::Rgb => 3,
            Channels::Rgba => 4,
        }
    }

    fn has_alpha(self) -> bool {
        matches!(self, Channels::GrayAlpha | Channels::Rgba)
    }
}

/// Gray values below this range show nothing where colours differ by more than [`COLOURED`].
const FLAT: u8 = 16;
const COLOURED: u8 = 64;

/// Sixteen-bit samples, most significant byte first, as eight bits: the upper ones of those that the
/// picture uses. Cameras and microscopes write 8, 10, 12 or 14 bits into 16.
pub(crate) fn narrowed(samples: &[u8], channels: Channels) -> Vec<u8> {
    let wide = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
    let is_alpha = |k: usize| channels.has_alpha() && k % channels.count() == channels.count() - 1;
    let values = || samples.chunks_exact(2).map(wide).enumerate();
    let shift = |alpha: bool| {
        let peak = values()
            .filter(|&(k, _)| is_alpha(k) == alpha)
            .map(|(_, x)| x)
            .max();
        // Of 65,536 even steps a whole number of bits is in use.
        let bits = u16::BITS - peak.unwrap_or(0).leading_zeros();
        bits.next_multiple_of(2).max(8) - 8
    };
    let (colour, alpha) = (shift(false), shift(true));
    values()
        .map(|(k, x)| (x >> if is_alpha(k) { alpha } else { colour }) as u8)
        .collect()
}

/// Gray values of 8-bit samples, or what became of the ink.
///
/// Where the colour of all that can be seen is the same, alpha is the ink, dark on white. Where most
/// of a picture is transparent, that is its paper: light ink on it becomes dark, so that it does not
/// vanish. All else is seen over white.
pub(crate) fn to_gray(samples: Vec<u8>, channels: Channels) -> Result<Vec<u8>, &'static str> {
    let n = channels.count();
    if channels == Channels::Gray {
        return Ok(samples);
    }
    let gray_of = |pixel: &[u8]| match channels {
        Channels::Gray | Channels::GrayAlpha => pixel[0],
        Channels::Rgb | Channels::Rgba => luma(pixel),
    };
    let pixels = || samples.chunks_exact(n);
    let gray: Vec<u8> = match channels.has_alpha() {
        false => pixels().map(gray_of).collect(),
        true => {
            let seen = || pixels().filter(|pixel| pixel[n - 1] > 0);
            let first = seen().next().map(|pixel| &pixel[..n - 1]);
            let one_colour = seen().all(|pixel| Some(&pixel[..n - 1]) == first);
            let differs = pixels().any(|pixel| pixel[n - 1] != samples[n - 1]);
            let paper = pixels().filter(|pixel| pixel[n - 1] < 128).count();
            let light = {
                let weighed =
                    |pixel: &[u8]| i64::from(pixel[n - 1]) * (i64::from(gray_of(pixel)) - 127);
                2 * paper > pixels().len() && seen().map(weighed).sum::<i64>() > 0
            };
            let gray = |pixel: &[u8]| {
                let (gray, alpha) = (gray_of(pixel), pixel[n - 1]);
                match (one_colour && differs, light) {
                    (true, _) => 255 - alpha,
                    // Over black, with the light ink made dark.
                    (false, true) => over_white(255 - gray, alpha),
                    (false, false) => over_white(gray, alpha),
                }
            };
            pixels().map(gray).collect()
        }
    };
    let range = |values: &mut dyn Iterator<Item = u8>| {
        let ends = values.fold((255, 0), |(low, high), x| (x.min(low), x.max(high)));
        u8::saturating_sub(ends.1, ends.0)
    };
    let visible = || pixels().filter(|pixel| !channels.has_alpha() || pixel[n - 1] > 127);
    let colours = n - usize::from(channels.has_alpha());
    let coloured = (0..colours)
        .map(|c| range(&mut visible().map(|pixel| pixel[c])))
        .max();
    if coloured > Some(COLOURED) && range(&mut gray.iter().copied()) < FLAT {
        return Err(
            "its colours are equally bright, so that hardly anything is left of it in gray; draw it in black on white",
        );
    }
    Ok(gray)
}

/// Brightness by Rec. 601.
pub(crate) fn luma(rgb: &[u8]) -> u8 {
    let [r, g, b] = [0, 1, 2].map(|k| u32::from(rgb[k]));
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

pub(crate) fn over_white(gray: u8, alpha: u8) -> u8 {
    let (gray, alpha) = (u32::from(gray), u32::from(alpha));
    ((gray * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_of_one_colour_is_told_by_alpha() {
        for colour in [0, 255, 128] {
            let samples = vec![colour, 0, colour, 255, colour, 51];
            assert_eq!(to_gray(samples, Channels::GrayAlpha), Ok(vec![255, 0, 204]));
        }
        // Without anything transparent it is a plain picture.
        assert_eq!(
            to_gray(vec![9, 255, 9, 255], Channels::GrayAlpha),
            Ok(vec![9, 9])
        );
    }

    #[test]
    fn light_ink_on_transparent_paper_stays() {
        let samples = vec![0, 0, 0, 0, 0, 0, 255, 255, 200, 255];
        let gray = to_gray(samples, Channels::GrayAlpha).unwrap();
        assert_eq!(gray, [255, 255, 255, 0, 55]);
        // White paper with a transparent corner is seen over white.
        let samples = vec![0, 0, 255, 255, 255, 255, 255, 255, 30, 255];
        let gray = to_gray(samples, Channels::GrayAlpha).unwrap();
        assert_eq!(gray, [255, 255, 255, 255, 30]);
    }

    #[test]
    fn colours_that_are_equally_bright_are_refused() {
        let red_on_green = vec![255, 0, 0, 0, 130, 0, 0, 130, 0];
        assert!(to_gray(red_on_green, Channels::Rgb).is_err());
        let red_on_white = vec![255, 0, 0, 255, 255, 255];
        assert_eq!(to_gray(red_on_white, Channels::Rgb), Ok(vec![76, 255]));
    }

    #[test]
    fn the_upper_bits_in_use_are_kept() {
        let wide =
            |values: &[u16]| -> Vec<u8> { values.iter().flat_map(|x| x.to_be_bytes()).collect() };
        assert_eq!(
            narrowed(&wide(&[0, 255, 128]), Channels::Gray),
            [0, 255, 128]
        );
        assert_eq!(
            narrowed(&wide(&[0, 4095, 2048]), Channels::Gray),
            [0, 255, 128]
        );
        assert_eq!(
            narrowed(&wide(&[0, 65535, 300]), Channels::Gray),
            [0, 255, 1]
        );
        let with_alpha = wide(&[255, 65535, 10, 0]);
        assert_eq!(
            narrowed(&with_alpha, Channels::GrayAlpha),
            [255, 255, 10, 0]
        );
    }
}
