//! The contents of files before they were changed, so that nothing stays half written.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Files relative to the root of the workspace; `None` for one that was not there.
#[derive(Default)]
pub struct Before(BTreeMap<PathBuf, Option<Vec<u8>>>);

impl Before {
    /// Remembers a file that is about to be changed.
    pub fn keep(&mut self, root: &Path, path: &Path) -> Result<(), String> {
        let bytes = match fs::read(root.join(path)) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
        };
        self.0.entry(path.to_owned()).or_insert(bytes);
        Ok(())
    }

    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Puts everything back, and says whether that worked.
    pub fn restore(&self, root: &Path) -> String {
        let failed: Vec<String> = self
            .0
            .iter()
            .filter_map(|(path, bytes)| {
                let error = restore(&root.join(path), bytes.as_deref()).err()?;
                Some(format!("{}: {error}", path.display()))
            })
            .collect();
        match failed.as_slice() {
            [] if self.0.is_empty() => "nothing was written".to_owned(),
            [] => "all files are as before".to_owned(),
            failed => format!(
                "these files could not be put back; `git restore` does it:\n{}",
                failed.join("\n")
            ),
        }
    }
}

fn restore(path: &Path, bytes: Option<&[u8]>) -> io::Result<()> {
    match bytes {
        Some(bytes) => {
            // The folder is removed with its last generated file.
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, bytes)
        }
        None => match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}
