//! The generated files as a whole: what differs from the disk, shown or written.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::diagnostic::slashes;
use super::emit::HEADER;
use super::render::File;

/// What is wrong with a file of the tree, apart from its contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} `{path}`: {source}")]
    Io { action: &'static str, path: String, source: io::Error },
    #[error(
        "`{0}` lies among generated files but was not generated: move it out of the folder, or \
         delete it"
    )]
    Foreign(String),
}

impl Error {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = slashes(path);
        move |source| Self::Io { action, path, source }
    }
}

/// A file whose contents on disk are not what they should be.
#[derive(Debug)]
pub struct Change {
    pub path: PathBuf,
    /// `None` if the file is missing.
    old: Option<String>,
    /// `None` if nothing generates the file any more.
    new: Option<String>,
}

/// What has to change below `root` so that it holds `files`, and nothing else in `folders`.
pub fn changes(root: &Path, files: &[File], folders: &[PathBuf]) -> Result<Vec<Change>, Error> {
    let mut wanted: BTreeMap<&Path, &str> =
        files.iter().map(|file| (file.path.as_path(), file.contents.as_str())).collect();
    let mut present = Vec::new();
    for folder in folders {
        list(root, folder, &mut present)?;
    }
    // Files outside of the folders, such as the schema, are looked up one by one.
    let outside = wanted.keys().filter(|path| !folders.iter().any(|dir| path.starts_with(dir)));
    present.extend(outside.filter(|path| root.join(path).exists()).map(|path| path.to_path_buf()));
    let mut changes = Vec::new();
    for path in present {
        let bytes = std::fs::read(root.join(&path)).map_err(Error::io("read", &path))?;
        let old = String::from_utf8_lossy(&bytes).into_owned();
        let new = wanted.remove(path.as_path());
        if new.is_none() && !old.starts_with(HEADER) {
            return Err(Error::Foreign(slashes(&path)));
        }
        if new.is_none_or(|new| new.as_bytes() != bytes) {
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

fn list(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    for entry in entries {
        let path = folder.join(entry.map_err(Error::io("list", folder))?.file_name());
        if root.join(&path).is_dir() {
            list(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Makes the changes. New contents are written beside their targets first, so that a full disk or
/// a missing right leaves the tree as it was.
pub fn apply(root: &Path, changes: &[Change]) -> Result<(), Error> {
    let mut staged = Vec::new();
    for change in changes {
        let Some(new) = &change.new else { continue };
        let target = root.join(&change.path);
        let folder = target.parent().unwrap_or(root);
        let stage = || -> io::Result<_> {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().tempfile_in(folder)?;
            file.write_all(new.as_bytes())?;
            readable_by_all(file.as_file())?;
            Ok(file)
        };
        let file = stage().map_err(Error::io("write", &change.path))?;
        staged.push((target, file));
    }
    for (target, file) in staged {
        file.persist(&target).map_err(|error| Error::io("write", &target)(error.error))?;
    }
    for change in changes.iter().filter(|change| change.new.is_none()) {
        remove(root, &change.path)?;
    }
    Ok(())
}

/// Temporary files are private on Unix; files of a source tree are not.
fn readable_by_all(file: &std::fs::File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    let _ = file;
    Ok(())
}

/// Removes a file and the folders that it leaves empty.
fn remove(root: &Path, path: &Path) -> Result<(), Error> {
    std::fs::remove_file(root.join(path)).map_err(Error::io("remove", path))?;
    let folders = path.ancestors().skip(1).take_while(|dir| !dir.ends_with("src"));
    for folder in folders {
        // A folder that is not empty stays.
        if std::fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

impl Change {
    /// One word for what happens to the file.
    pub fn verb(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "add",
            (_, None) => "remove",
            _ => "change",
        }
    }

    /// The change as a unified diff.
    pub fn diff(&self) -> String {
        let path = slashes(&self.path);
        let (old, new) = (self.old.as_deref(), self.new.as_deref());
        let header = |prefix: &str, side: Option<&str>| match side {
            Some(_) => format!("{prefix}/{path}"),
            None => "/dev/null".to_owned(),
        };
        TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default())
            .unified_diff()
            .header(&header("a", old), &header("b", new))
            .to_string()
    }
}
