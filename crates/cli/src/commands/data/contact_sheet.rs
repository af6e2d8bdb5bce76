//! Images side by side: one class in a row, with its number in front.

use metaplast_data::{ColorMode, Dataset, Orientation};

/// Dark pixels around every image.
const GAP: usize = 2;
/// Side of a pixel of a digit.
const DIGIT_SCALE: usize = 2;
const DIGIT_WIDTH: usize = 3;
const DIGIT_HEIGHT: usize = 5;
/// Gray of the numbers: less than the ink.
const LABEL_GRAY: u8 = 150;

/// The digits, three bits a line.
const DIGITS: [[u8; DIGIT_HEIGHT]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// An image of images, gray or in colour as they are.
pub(crate) struct ContactSheet {
    width: usize,
    height: usize,
    color_mode: ColorMode,
    /// Values of the pixels, line by line.
    pixels: Vec<u8>,
}

impl ContactSheet {
    /// The first `per_class` images of each of `classes`, upright.
    pub(crate) fn new(dataset: &Dataset, classes: &[usize], per_class: usize) -> Self {
        let (rows, cols) = match dataset.orientation() {
            Orientation::Upright => (dataset.rows(), dataset.cols()),
            Orientation::Transposed => (dataset.cols(), dataset.rows()),
        };
        let digits = classes.iter().max().map_or(1, |c| c.to_string().len());
        let label = digits * (DIGIT_WIDTH + 1) * DIGIT_SCALE + GAP;
        let line = rows.max(DIGIT_HEIGHT * DIGIT_SCALE) + GAP;
        let mut sheet = ContactSheet {
            width: GAP + label + per_class * (cols + GAP),
            height: GAP + classes.len() * line,
            color_mode: dataset.color_mode(),
            pixels: Vec::new(),
        };
        let values = sheet.color_mode.count();
        sheet.pixels = vec![0; sheet.width * sheet.height * values];
        for (place, &class) in classes.iter().enumerate() {
            let top = GAP + place * line;
            sheet.number(
                class,
                GAP,
                top + (line - GAP - DIGIT_HEIGHT * DIGIT_SCALE) / 2,
            );
            for (k, &image) in dataset.of_class(class).iter().take(per_class).enumerate() {
                let left = GAP + label + k * (cols + GAP);
                let upright = dataset.upright(image as usize);
                for (y, from) in upright.chunks(cols * values).enumerate() {
                    let at = ((top + y) * sheet.width + left) * values;
                    sheet.pixels[at..at + from.len()].copy_from_slice(from);
                }
            }
        }
        sheet
    }

    fn number(&mut self, n: usize, left: usize, top: usize) {
        for (place, digit) in n.to_string().bytes().enumerate() {
            let left = left + place * (DIGIT_WIDTH + 1) * DIGIT_SCALE;
            let lines = DIGITS[usize::from(digit - b'0')];
            for (y, x) in (0..DIGIT_HEIGHT * DIGIT_SCALE)
                .flat_map(|y| (0..DIGIT_WIDTH * DIGIT_SCALE).map(move |x| (y, x)))
            {
                let bit = DIGIT_WIDTH - 1 - x / DIGIT_SCALE;
                if lines[y / DIGIT_SCALE] >> bit & 1 == 1 {
                    let (values, at) = (self.color_mode.count(), (top + y) * self.width + left + x);
                    self.pixels[at * values..(at + 1) * values].fill(LABEL_GRAY);
                }
            }
        }
    }

    /// Pixels across.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// As a PNG of eight bits a value.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(match self.color_mode {
            ColorMode::Gray => png::ColorType::Grayscale,
            ColorMode::Rgb => png::ColorType::Rgb,
        });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}
