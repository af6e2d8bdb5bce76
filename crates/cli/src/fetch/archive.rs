//! Taking files out of a zip archive.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use metaplast_runs::Error;
use metaplast_runs::data::digest::Digest;
use metaplast_runs::data::published::base_name;
use metaplast_runs::directory::file::sync_directory;
use zip::ZipArchive;
use zip::result::ZipError;

/// A file in an archive that is larger than this, unpacked, is refused.
const MOST_BYTES: u64 = 1 << 28;

/// Takes `members` out of an archive into a directory, each under the last piece of its name here.
///
/// Names that the archive gives are only compared, so that nothing is written elsewhere. All files
/// get their names at the end, once every one of them is whole.
pub(crate) fn unpack(
    archive: &Path,
    members: &[String],
    directory: &Path,
) -> Result<Vec<(String, Digest)>, Error> {
    let staged: Vec<PathBuf> = members
        .iter()
        .map(|member| directory.join(format!(".{}.partial", base_name(member))))
        .collect();
    let attempt = || {
        let file = File::open(archive).map_err(|cause| Error::io(archive, "read", cause))?;
        let mut zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| damaged(archive, &error.to_string()))?;
        let pairs = members.iter().zip(&staged);
        let mut sums = Vec::new();
        for (member, staged) in pairs.clone() {
            copy_out(&mut zip, archive, member, staged)?;
            sums.push((base_name(member).to_owned(), Digest::of_file(staged)?));
        }
        for (member, staged) in pairs {
            let path = directory.join(base_name(member));
            fs::rename(staged, &path).map_err(|cause| Error::io(&path, "write", cause))?;
        }
        sync_directory(archive).map_err(|cause| Error::io(directory, "write", cause))?;
        Ok(sums)
    };
    attempt().inspect_err(|_| {
        for staged in &staged {
            let _ = fs::remove_file(staged);
        }
    })
}

fn copy_out(
    zip: &mut ZipArchive<BufReader<File>>,
    archive: &Path,
    member: &str,
    staged: &Path,
) -> Result<(), Error> {
    let entry = zip.by_name(member).map_err(|error| match error {
        ZipError::FileNotFound => damaged(archive, &format!("holds no {member}")),
        other => damaged(archive, &format!("{member}: {other}")),
    })?;
    let too_large = || {
        let reason = format!("{member} unpacks to more than {MOST_BYTES} bytes");
        damaged(archive, &reason)
    };
    if entry.size() > MOST_BYTES {
        return Err(too_large());
    }
    let mut file = File::create(staged).map_err(|cause| Error::io(staged, "write", cause))?;
    let mut entry = entry.take(MOST_BYTES + 1);
    let (mut all, mut piece) = (0, vec![0; 1 << 16]);
    loop {
        let n = match entry.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(damaged(archive, &format!("{member}: {cause}"))),
        };
        all += n as u64;
        if all > MOST_BYTES {
            return Err(too_large());
        }
        file.write_all(&piece[..n])
            .map_err(|cause| Error::io(staged, "write", cause))?;
    }
    file.sync_all()
        .map_err(|cause| Error::io(staged, "write", cause))
}

fn damaged(archive: &Path, reason: &str) -> Error {
    Error::File {
        path: archive.into(),
        line: None,
        reason: format!(
            "{reason}; delete the archive and fetch it again, or name a mirror by --from URL"
        ),
    }
}
