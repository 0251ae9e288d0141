//! Changes of files that belong together: shown, or made.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use similar::TextDiff;
use tempfile::TempDir;

/// A problem with a file, apart from its contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} `{path}`: {source}")]
    Io { action: &'static str, path: String, source: io::Error },
    #[error("`{0}` is not a regular file, and one belongs there: move it away")]
    NotAFile(String),
    #[error("`{0}` is not a folder, and one belongs there: move it away")]
    NotAFolder(String),
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = slashes(path);
        move |source| Self::Io { action, path, source }
    }
}

/// The reason why not all changes were made, and those that were.
#[derive(Debug, thiserror::Error)]
#[error("{source}\n\n{}", progress(.done))]
pub struct Interrupted {
    pub source: Error,
    done: Vec<String>,
}

fn progress(done: &[String]) -> String {
    match done {
        [] => "nothing was written".to_owned(),
        done => format!(
            "this was done before, and nothing else:\n{}\n\nrun the command again",
            done.join("\n")
        ),
    }
}

/// A file whose contents on disk are not what they should be.
#[derive(Debug)]
pub struct Change {
    pub path: PathBuf,
    /// `None` if the file is missing.
    pub old: Option<String>,
    /// `None` if the file is to be removed.
    pub new: Option<String>,
}

/// Whether a file can be at `path`: it is free, or a regular file is there.
pub(crate) fn check_target(root: &Path, path: &Path) -> Result<(), Error> {
    let folders =
        path.ancestors().skip(1).filter_map(|dir| Some((dir, root.join(dir).metadata().ok()?)));
    for (folder, metadata) in folders {
        if !metadata.is_dir() {
            return Err(Error::NotAFolder(slashes(folder)));
        }
    }
    match root.join(path).symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => Err(Error::NotAFile(slashes(path))),
        _ => Ok(()),
    }
}

/// Makes the changes, with new contents prepared below `target`, which is on the file system of the
/// tree and not a part of it.
pub fn apply(root: &Path, changes: &[Change]) -> Result<(), Interrupted> {
    apply_from(&root.join("target"), root, changes)
}

/// Makes the changes. New contents are written to a folder in `staging` first, so that a full disk or
/// a killed process leaves the tree as it was.
pub fn apply_from(staging: &Path, root: &Path, changes: &[Change]) -> Result<(), Interrupted> {
    let (mut folders, mut done) = (Vec::new(), Vec::new());
    let is_new = !staging.exists();
    let made = make(staging, root, changes, &mut folders, &mut done);
    if is_new {
        // It stays if anything else is in it by now.
        drop(std::fs::remove_dir(staging));
    }
    made.map_err(|source| {
        if done.is_empty() {
            folders.iter().rev().for_each(|folder| drop(std::fs::remove_dir(root.join(folder))));
        }
        Interrupted { source, done }
    })
}

/// Makes the changes, noting the folders that are new and the changes that are done.
fn make<'a>(
    staging: &Path,
    root: &Path,
    changes: &'a [Change],
    folders: &mut Vec<&'a Path>,
    done: &mut Vec<String>,
) -> Result<(), Error> {
    for change in changes {
        check_target(root, &change.path)?;
    }
    let (written, removed): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.new.is_some());
    let staged = stage(staging, &written)?;
    for change in &written {
        make_folders(root, &change.path, folders)?;
    }
    for (index, change) in written.into_iter().enumerate() {
        let file = staged.path().join(index.to_string());
        std::fs::rename(file, root.join(&change.path)).map_err(Error::io("write", &change.path))?;
        done.push(change.to_string());
    }
    for change in removed {
        remove(root, &change.path)?;
        done.push(change.to_string());
    }
    Ok(())
}

/// Writes the new contents, in their order, to a hidden folder of its own.
fn stage(staging: &Path, changes: &[&Change]) -> Result<TempDir, Error> {
    let make = || {
        std::fs::create_dir_all(staging)?;
        tempfile::Builder::new().prefix(".staged-").tempdir_in(staging)
    };
    let folder = make().map_err(Error::io("create a folder in", staging))?;
    for (index, change) in changes.iter().enumerate() {
        let new = change.new.as_deref().unwrap_or_default();
        std::fs::write(folder.path().join(index.to_string()), new)
            .map_err(Error::io("prepare", &change.path))?;
    }
    Ok(folder)
}

fn make_folders<'a>(root: &Path, path: &'a Path, made: &mut Vec<&'a Path>) -> Result<(), Error> {
    let folders: Vec<_> = path.ancestors().skip(1).collect();
    for folder in folders.into_iter().rev().filter(|folder| !root.join(folder).is_dir()) {
        std::fs::create_dir(root.join(folder)).map_err(Error::io("create the folder", folder))?;
        made.push(folder);
    }
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

/// Shows what happens to the file, as a line of a list.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match (&self.old, &self.new) {
            (None, _) => "add",
            (_, None) => "remove",
            _ => "change",
        };
        write!(f, "{verb:>6} {}", slashes(&self.path))
    }
}

impl Change {
    /// Returns the change as a unified diff.
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

/// Returns a path as it is written on all systems.
pub fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
