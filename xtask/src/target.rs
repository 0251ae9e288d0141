//! The folder of what is built.

use std::io::ErrorKind;
use std::path::{self, Path, PathBuf};
use std::{env, fs};

/// Returns the target folder of a workspace.
pub fn target(root: &Path) -> PathBuf {
    let folder = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    // The programs that are told of it run in other folders.
    path::absolute(&folder).unwrap_or(folder)
}

/// Removes a folder, if it exists.
pub fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
