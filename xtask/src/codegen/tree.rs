//! The generated files as a whole: what differs from the disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::emit::HEADER;
use super::render::File;
use crate::files::{self, Change, check_target, slashes};

/// A problem with a file of the tree, apart from its contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    File(#[from] files::Error),
    #[error(
        "`{0}` is among generated files but was not generated: move it out of the folder, or \
         delete it"
    )]
    Foreign(String),
}

/// The files that a command generates.
pub struct Kind {
    /// How each of them starts.
    pub start: &'static str,
    /// Others may lie next to them, which are not replaced; those without this extension are not looked
    /// at. `None` if there must be no others.
    pub extension: Option<&'static str>,
}

/// The code of the crates and their tests.
pub const CODE: Kind = Kind { start: HEADER, extension: None };

/// Returns the changes below `root` after which it has `files`, and no others of their kind in
/// `folders`.
pub fn changes(
    root: &Path,
    files: &[File],
    folders: &[PathBuf],
    kind: &Kind,
) -> Result<Vec<Change>, Error> {
    if root.metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(files::Error::NotAFolder(slashes(root)).into());
    }
    let mut wanted: BTreeMap<&Path, &str> =
        files.iter().map(|file| (file.path.as_path(), file.contents.as_str())).collect();
    for path in wanted.keys() {
        check_target(root, path)?;
    }
    let mut present = Vec::new();
    for folder in folders {
        list(root, folder, &mut present)?;
    }
    present
        .retain(|path| kind.extension.is_none_or(|kind| path.extension() == Some(kind.as_ref())));
    // Files outside the folders, such as the schema, are looked up one by one.
    let outside = wanted.keys().filter(|path| !folders.iter().any(|dir| path.starts_with(dir)));
    present.extend(outside.filter(|path| root.join(path).exists()).map(|path| path.to_path_buf()));
    let mut changes = Vec::new();
    for path in present {
        let bytes = std::fs::read(root.join(&path)).map_err(files::Error::io("read", &path))?;
        let new = wanted.remove(path.as_path());
        let may_be_foreign = new.is_none() || kind.extension.is_some();
        if may_be_foreign && !bytes.starts_with(kind.start.as_bytes()) {
            return Err(Error::Foreign(slashes(&path)));
        }
        if new.is_none_or(|new| new.as_bytes() != bytes) {
            let old = String::from_utf8_lossy(&bytes).into_owned();
            changes.push(Change { path, old: Some(old), new: new.map(str::to_owned) });
        }
    }
    changes.extend(wanted.into_iter().map(|(path, new)| Change {
        path: path.to_owned(),
        old: None,
        new: Some(new.to_owned()),
    }));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn list(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), files::Error> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(files::Error::io("list", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(files::Error::io("list", folder))?;
        let path = folder.join(entry.file_name());
        let kind = entry.file_type().map_err(files::Error::io("list", &path))?;
        match kind {
            kind if kind.is_dir() => list(root, &path, found)?,
            kind if kind.is_file() => found.push(path),
            // Not even a link: it may lead out of the tree.
            _ => return Err(files::Error::NotAFile(slashes(&path))),
        }
    }
    Ok(())
}
