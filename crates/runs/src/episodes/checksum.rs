//! Checksums of rows: whether the rows of a trial are those that were written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crc32fast::Hasher;

/// The CRC-32 of rows behind those with the checksum `before`, which is 0 of none.
pub(super) fn with_rows(before: u32, rows: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(before);
    hasher.update(rows);
    hasher.finalize()
}

/// The CRC-32 of `bytes` bytes of a file.
pub(super) fn of_file(path: &Path, begin: u64, bytes: u64) -> io::Result<u32> {
    if bytes == 0 {
        return Ok(0);
    }
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(begin))?;
    let mut reader = BufReader::new(file.take(bytes));
    let mut hasher = Hasher::new();
    loop {
        let piece = reader.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(piece);
        reader.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_one_by_one_have_the_checksum_of_the_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("rows");
        std::fs::write(&path, "head\na,1\nb,2\n").unwrap();
        let one_by_one = with_rows(with_rows(0, b"a,1\n"), b"b,2\n");
        assert_eq!(of_file(&path, 5, 8).unwrap(), one_by_one);
        assert_eq!(of_file(&path, 5, 0).unwrap(), 0);
    }
}
