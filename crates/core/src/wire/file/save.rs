//! Downloads that become files on disk.

use std::fs::{self, File};
use std::io::{self, ErrorKind::AlreadyExists};
use std::path::{Path, PathBuf};

use super::download::Download;
use super::name;
use crate::base::uuid;
use crate::error::Error;

/// The choice of [`Download::if_exists`]: what to do about a file that has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum IfExists {
    /// Saves under another name: `report-1.pdf`, `report-2.pdf` and so on.
    #[default]
    Rename,
    /// Replaces the file once the download is complete.
    Replace,
    /// Fails before anything is transferred. If the name is taken only later, the download is not
    /// thrown away but saved under another name.
    Fail,
}

/// After this many names that are taken, something else is wrong with the folder.
const MOST_NAMES: usize = 1000;

impl Download {
    /// Sets what [`save_in`](Self::save_in) does if the folder holds a file of the same name.
    /// Defaults to [`IfExists::Rename`].
    pub fn if_exists(mut self, choice: IfExists) -> Self {
        self.if_exists = choice;
        self
    }

    /// Saves the contents as the file `path`, which is replaced if it exists, and returns the
    /// number of bytes.
    ///
    /// The contents are written to a temporary file in the folder of `path`, which takes its name
    /// at the end: a download that fails leaves `path` as it was, and nothing else behind.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`chunk`](Self::chunk), and [`ErrorKind::File`] if the file cannot be
    /// written, before anything is transferred where that can be told.
    ///
    /// [`ErrorKind::File`]: crate::ErrorKind::File
    pub async fn save_as(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        can_be_replaced(path).await.map_err(|error| self.not_saved(path, error))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (file, size) = self.save_aside(folder).await?;
        file.rename(path).map_err(|error| self.not_saved(path, error))?;
        Ok(size)
    }

    /// Saves the contents in `folder`, which is created if it does not exist, and returns the path.
    /// Otherwise as [`save_as`](Self::save_as).
    ///
    /// The file gets its [name](Self::file_name), or `download` if it has none. A name without an
    /// ending gets that of the media type: `download.png`. If the name is taken, the file gets
    /// another one, unless [`if_exists`](Self::if_exists) says otherwise. No file is ever replaced
    /// by accident, even if several programs save in one folder at once.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`save_as`](Self::save_as).
    pub async fn save_in(mut self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let folder = folder.as_ref();
        let name = self.file_name().unwrap_or_else(|| "download".to_owned());
        let name = name::with_ending(&name, self.content_type());
        let path = folder.join(&name);
        tokio::fs::create_dir_all(folder).await.map_err(|error| self.not_saved(folder, error))?;
        let checked = match self.if_exists {
            IfExists::Rename => Ok(()),
            IfExists::Replace => can_be_replaced(&path).await,
            IfExists::Fail => match tokio::fs::symlink_metadata(&path).await {
                Ok(_) => Err(AlreadyExists.into()),
                Err(_) => Ok(()),
            },
        };
        checked.map_err(|error| self.not_saved(&path, error))?;
        let (file, _) = self.save_aside(folder).await?;
        let saved = match self.if_exists {
            IfExists::Replace => file.rename(&path).map(|()| path.clone()),
            IfExists::Rename | IfExists::Fail => file.name_as_new(folder, &name),
        };
        saved.map_err(|error| self.not_saved(&path, error))
    }

    /// Writes the contents to a file that vanishes unless it is given a name.
    async fn save_aside(&mut self, folder: &Path) -> Result<(Aside, u64), Error> {
        let not_written = |download: &Self, error| {
            download.local(format!("the file cannot be written in {folder:?}"), error)
        };
        let (aside, file) = Aside::new_in(folder).map_err(|error| not_written(self, error))?;
        let mut file = tokio::fs::File::from_std(file);
        let size = self.copy_to(&mut file, not_written).await?;
        file.sync_all().await.map_err(|error| not_written(self, error))?;
        Ok((aside, size))
    }

    fn not_saved(&self, path: &Path, error: io::Error) -> Error {
        self.local(format!("the file cannot be saved as {path:?}"), error)
    }
}

/// Finds out before the transfer that it would be in vain: nothing replaces a folder, and not
/// every name is possible.
async fn can_be_replaced(path: &Path) -> io::Result<()> {
    match tokio::fs::symlink_metadata(path).await {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// A file under a name of its own, which is removed with this value.
struct Aside(PathBuf);

impl Aside {
    /// Creates the file. No one can guess its name, and whatever has that name is left alone.
    fn new_in(folder: &Path) -> io::Result<(Self, File)> {
        // The process may change its current folder before the file gets its name.
        let path = std::path::absolute(folder.join(format!(".download-{}.part", uuid())))?;
        let file = File::create_new(&path)?;
        Ok((Self(path), file))
    }

    /// Gives the file the name `path`, and replaces the file that has it.
    fn rename(&self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }

    /// Gives the file the first name that is free, and returns its path. A name that another
    /// program takes at the same time is left to it.
    fn name_as_new(&self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        for name in name::alternatives(name).take(MOST_NAMES) {
            let path = folder.join(name);
            let named = match fs::hard_link(&self.0, &path) {
                Err(error) if error.kind() != AlreadyExists => self.claim(&path),
                linked => linked,
            };
            match named {
                Err(error) if error.kind() == AlreadyExists => {}
                named => return named.map(|()| path),
            }
        }
        Err(AlreadyExists.into())
    }

    /// Takes a name with an empty file and replaces that one: some file systems cannot link.
    /// Others do not come here, since a program that watches the folder would see the empty file.
    fn claim(&self, path: &Path) -> io::Result<()> {
        File::create_new(path)?;
        self.rename(path).inspect_err(|_| drop(fs::remove_file(path)))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // A file that was renamed is no longer here; one that was linked has its other name.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file_in(folder: &Path) -> Aside {
        let (aside, mut file) = Aside::new_in(folder).unwrap();
        file.write_all(b"new").unwrap();
        aside
    }

    #[test]
    fn many_that_save_at_once_replace_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let save = || file_in(folder.path()).name_as_new(folder.path(), "a.txt").unwrap();
        let mut paths = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| [(); 20].map(|()| save()))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 160);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 160);
        assert!(paths.iter().all(|path| fs::read(path).unwrap() == b"new"));
    }

    #[test]
    fn a_name_is_claimed_where_files_cannot_be_linked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        file_in(folder.path()).claim(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::write(&path, "old").unwrap();
        let error = file_in(folder.path()).claim(&path).unwrap_err();
        assert_eq!(error.kind(), AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_empty_path_is_the_current_folder() {
        let (aside, _) = Aside::new_in(Path::new("")).unwrap();
        let current = std::env::current_dir().unwrap();
        assert_eq!(aside.0.parent(), Some(current.as_path()));
    }

    #[test]
    fn a_file_without_a_name_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let aside = file_in(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(aside);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_a_name_that_is_taken_or_replaced_and_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (elsewhere, link) = (folder.path().join("elsewhere"), folder.path().join("a.txt"));
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let named = file_in(folder.path()).name_as_new(folder.path(), "a.txt").unwrap();
        assert_eq!(named, folder.path().join("a-1.txt"));
        file_in(folder.path()).rename(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        assert!(!elsewhere.exists());
    }
}
