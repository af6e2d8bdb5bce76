//! Names of IDX files: which of a pair a file is, and what the pair is called.
//!
//! The published names are `NAME-images-idx3-ubyte` and `NAME-labels-idx1-ubyte`; others write them
//! `NAME-images.idx3-ubyte`, as the archives of MNIST unpack on some systems, or in capitals. Each may
//! end in `.gz`.

/// Which file of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Images,
    Labels,
}

/// What a file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdxName<'a> {
    /// What the pair is called.
    pub(crate) pair: &'a str,
    pub(crate) side: Side,
    /// Whether it ends in `.gz`.
    pub(crate) packed: bool,
}

impl<'a> IdxName<'a> {
    /// Reads a file's name; `None` when it is no name of an IDX file.
    pub(crate) fn read(file: &'a str) -> Option<Self> {
        let plain = without_ending(file, ".gz");
        let packed = plain.is_some();
        let plain = plain.unwrap_or(file);
        [
            ("images", "idx3", Side::Images),
            ("labels", "idx1", Side::Labels),
        ]
        .into_iter()
        .find_map(|(word, rank, side)| {
            let rest = without_ending(plain, "ubyte")?.strip_suffix(SEPARATORS)?;
            let rest = without_ending(rest, rank)?.strip_suffix(SEPARATORS)?;
            let pair = without_ending(rest, word)?;
            Some(IdxName {
                pair: pair.strip_suffix(SEPARATORS).unwrap_or(pair),
                side,
                packed,
            })
        })
    }
}

const SEPARATORS: [char; 3] = ['-', '.', '_'];

/// `text` without `ending`, which is in small letters and may be in any in the text.
fn without_ending<'a>(text: &'a str, ending: &str) -> Option<&'a str> {
    let (start, end) = text.split_at_checked(text.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_pair_is_read() {
        let read = |file| IdxName::read(file).map(|name| (name.pair, name.side, name.packed));
        for (file, pair, packed) in [
            ("train-images-idx3-ubyte", "train", false),
            ("train-images.idx3-ubyte", "train", false),
            ("t10k-images.idx3-ubyte.GZ", "t10k", true),
            ("TRAIN-IMAGES-IDX3-UBYTE.gz", "TRAIN", true),
            ("emnist-x-images_idx3.ubyte", "emnist-x", false),
            ("images-idx3-ubyte", "", false),
        ] {
            assert_eq!(read(file), Some((pair, Side::Images, packed)), "{file}");
        }
        let labels = read("train-labels.idx1-ubyte");
        assert_eq!(labels, Some(("train", Side::Labels, false)));
        for file in [
            "",
            "train-images",
            "train-images-idx1-ubyte",
            "é-idx3-ubyte",
            "ubyte",
        ] {
            assert_eq!(read(file), None, "{file}");
        }
    }
}
