//! The files that refreshes wrote and that are not committed yet. With it, a refresh continues after a
//! check that failed, and takes no other changes for its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::checkout::Changed;

const PATH: &str = "target/refresh.json";

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The hashes of the files as they were written, by their paths; `None` for one that was removed.
    files: BTreeMap<String, Option<String>>,
    /// The hash of the list of sentences that was taken over.
    sentences: Option<String>,
}

impl Record {
    /// Reads the record of the files that are not committed. It is empty if none of them is as it was
    /// written: then the changes are committed or undone.
    pub fn read(root: &Path, uncommitted: &[Changed]) -> Self {
        let text = fs::read(root.join(PATH)).unwrap_or_default();
        // Without a record, no change counts as one of a refresh.
        let mut record: Self = serde_json::from_slice(&text).unwrap_or_default();
        record.files.retain(|path, _| uncommitted.iter().any(|file| file.path == *path));
        let mut files = record.files.iter();
        let is_alive = files.any(|(path, written)| hash(&root.join(path)) == *written);
        if is_alive { record } else { Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether a refresh wrote the file, which may have been edited since.
    pub fn has(&self, file: &Changed) -> bool {
        self.files.contains_key(&file.path)
    }

    /// Whether a list of sentences is as it was when a refresh took it over.
    pub fn has_taken(&self, sentences: &Path) -> bool {
        self.sentences.is_some() && self.sentences == hash(sentences)
    }

    /// Notes a file as it is now.
    pub fn add(&mut self, root: &Path, path: &str) {
        self.files.insert(path.to_owned(), hash(&root.join(path)));
    }

    /// Notes a file as it is about to be written; `None` if it is about to be removed.
    pub fn expect(&mut self, path: &str, text: Option<&str>) {
        self.files.insert(path.to_owned(), text.map(|text| hash_of(text.as_bytes())));
    }

    /// Notes that a list of sentences was taken over.
    pub fn take(&mut self, sentences: &Path) {
        self.sentences = hash(sentences);
    }

    /// Returns the files that were edited after they were written.
    pub fn edited(&self, root: &Path) -> Vec<&str> {
        let edited =
            self.files.iter().filter(|(path, written)| hash(&root.join(path)) != **written);
        edited.map(|(path, _)| path.as_str()).collect()
    }

    pub fn save(&self, root: &Path) -> Result<(), String> {
        let path = root.join(PATH);
        let save = || match self.files.is_empty() {
            true => match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            false => {
                fs::create_dir_all(root.join("target"))?;
                let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
                fs::write(&path, text)
            }
        };
        save().map_err(|error| format!("{PATH} cannot be written: {error}"))
    }
}

/// The hash of a file; `None` if there is none.
fn hash(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|bytes| hash_of(&bytes))
}

fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
