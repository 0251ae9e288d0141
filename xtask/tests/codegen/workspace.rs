//! A workspace of its own for each test, with one small API in it.

use std::path::Path;

use tempfile::TempDir;
use xtask::codegen::diagnostic::SHOWN;
use xtask::codegen::{self, Error};
use xtask::files;

pub const API: &str = r#"{
  "vendor": "feishu",
  "modules": { "chat": "Chats." },
  "errors": {
    "232009": { "name": "ChatDissolved", "http": 400, "kind": "rejected", "doc": "The chat is gone.", "advice": "Use another one." }
  }
}
"#;

pub const LINK: &str = r#"{
  "id": "im.v1.chat.link",
  "doc": "Creates a link to a chat.",
  "source": "https://example.com/link",
  "method": "POST",
  "path": "/open-apis/im/v1/chats/:chat_id/link",
  "tokens": ["tenant", "user"],
  "params": [
    { "name": "chat_id", "type": "string", "doc": "The chat to share." }
  ],
  "body": [
    { "name": "period", "type": "Period", "doc": "How long it works." },
    { "name": "note", "type": "string", "doc": "What to say." }
  ],
  "errors": ["232009"],
  "types": [
    {
      "name": "Period",
      "doc": "How long a link works.",
      "values": [{ "value": "week", "doc": "For 7 days." }]
    }
  ]
}
"#;

pub const MOVED: &str = r#"{
  "id": "chat_moved",
  "rust": "ChatMoved",
  "doc": "A chat has a new place.",
  "source": "https://example.com/moved",
  "schema": "2.0",
  "scopes": ["im:chat"],
  "dedupe": "/place/number",
  "fields": [
    { "name": "place", "type": "Place", "doc": "The new one." },
    { "name": "reason", "type": "string", "doc": "Why it was moved." }
  ],
  "types": [
    {
      "name": "Place",
      "doc": "Where a chat is.",
      "fields": [
        { "name": "number", "type": "string", "doc": "The house on the street." },
        { "name": "floors", "type": "list<string>", "doc": "From bottom to top." }
      ]
    }
  ],
  "example": {
    "schema": "2.0",
    "header": { "event_type": "chat_moved" },
    "event": { "place": { "number": "7" }, "reason": "noise" }
  }
}
"#;

pub struct Workspace(TempDir);

impl Workspace {
    /// A workspace whose specs have no faults.
    pub fn new() -> Self {
        let workspace = Self::empty();
        workspace.write("specs/im/api.json", API);
        workspace.write("specs/im/chat.link.json", LINK);
        workspace
    }

    /// A workspace with one event, and no operations.
    pub fn with_events() -> Self {
        let workspace = Self::empty();
        workspace.write("crates/im/Cargo.toml", "[features]\nevents = []\n");
        workspace.write("specs/im/api.json", API);
        workspace.write("specs/im/events/chat_moved.json", MOVED);
        workspace
    }

    /// A workspace with a crate `im` and no specs.
    pub fn empty() -> Self {
        let workspace = Self(TempDir::new().unwrap());
        workspace.write("crates/im/Cargo.toml", "");
        workspace
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Replaces `old`, which must be there, by `new`.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} holds no {old:?}");
        self.write(path, text.replacen(old, new, 1));
    }

    /// Generates, and says how many files changed.
    pub fn codegen(&self) -> usize {
        let outcome = codegen::plan(self.root(), &[]).unwrap();
        files::apply(self.root(), &outcome.changes).unwrap();
        outcome.changes.len()
    }

    /// What a maintainer reads about faults in the specs.
    pub fn faults(&self) -> String {
        match codegen::plan(self.root(), &[]) {
            Err(Error::Specs(faults)) => faults.render(false, SHOWN),
            other => panic!("the specs were accepted: {other:?}"),
        }
    }

    /// Every file below the root with its contents, sorted.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = self.entries().into_iter();
        let files = entries.filter(|path| self.root().join(path).is_file());
        files.map(|path| (path.clone(), std::fs::read(self.root().join(path)).unwrap())).collect()
    }

    /// Every file and folder below the root, sorted.
    pub fn entries(&self) -> Vec<String> {
        let mut entries = Vec::new();
        let mut pending = vec![self.root().to_owned()];
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                entries.push(path.strip_prefix(self.root()).unwrap().display().to_string());
                if path.is_dir() {
                    pending.push(path);
                }
            }
        }
        entries.sort();
        entries
    }
}
