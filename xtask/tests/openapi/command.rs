//! The documents as files.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask::codegen::{Error, Outcome};
use xtask::files::{self, slashes};
use xtask::openapi;

const API: &str = r#"{ "vendor": "feishu", "modules": { "chat": "Chats." }, "errors": {} }"#;

struct Workspace(TempDir);

impl Workspace {
    /// A workspace with two published APIs, and one that is not.
    fn new() -> Self {
        let workspace = Self(TempDir::new().unwrap());
        let manifest =
            "[workspace.package]\nversion = \"4.5.6\"\nlicense = \"MIT OR Apache-2.0\"\n";
        workspace.write("Cargo.toml", manifest);
        for (name, manifest) in [
            ("im", "[package]\ndescription = \"Chats of all kinds: typed\"\n"),
            ("mail", "[package]\n"),
            ("mock", "[package]\npublish = false\n"),
        ] {
            workspace.write(&format!("crates/{name}/Cargo.toml"), manifest);
            workspace.write(&format!("specs/{name}/api.json"), API);
        }
        workspace.write("openapi/README.md", "# Documents\n");
        workspace
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, contents: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn plan(&self, apis: &[&str]) -> Result<Outcome, Error> {
        let apis: Vec<_> = apis.iter().map(|name| (*name).to_owned()).collect();
        openapi::plan(self.root(), &apis, None)
    }

    /// Runs a task with one more option, or without.
    fn xtask(&self, args: &[&str], option: Option<&str>) -> Output {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask.arg("--root").arg(self.root()).args(args).args(option).output().unwrap()
    }

    /// Writes the documents, and returns what changed.
    fn generate(&self) -> Vec<String> {
        let outcome = self.plan(&[]).unwrap();
        files::apply(self.root(), &outcome.changes).unwrap();
        outcome.changes.iter().map(|change| change.to_string().trim().to_owned()).collect()
    }
}

#[test]
fn what_is_published_has_a_document() {
    let workspace = Workspace::new();
    assert_eq!(workspace.generate(), ["add openapi/im.json", "add openapi/mail.json"]);
    let im: serde_json::Value = serde_json::from_str(&workspace.read("openapi/im.json")).unwrap();
    assert_eq!((&im["openapi"], &im["info"]["version"]), (&"3.1.0".into(), &"4.5.6".into()));
    assert_eq!(im["info"]["summary"], "Chats of all kinds");
    assert_eq!(im["info"]["license"]["identifier"], "MIT OR Apache-2.0");
    assert_eq!(workspace.generate(), [""; 0]);
}

#[test]
fn a_document_of_an_api_that_is_gone_is_removed_and_nothing_else() {
    let workspace = Workspace::new();
    workspace.generate();
    std::fs::remove_dir_all(workspace.root().join("specs/mail")).unwrap();
    // It may be gone for good only if all are generated.
    assert!(workspace.plan(&["im"]).unwrap().changes.is_empty());
    let changes = workspace.plan(&[]).unwrap().changes;
    assert!(changes[0].diff().starts_with("--- a/openapi/mail.json\n+++ /dev/null\n"));
    assert_eq!(workspace.generate(), ["remove openapi/mail.json"]);
    assert_eq!(workspace.read("openapi/README.md"), "# Documents\n");
    workspace.write("openapi/notes.json", "{}");
    let error = workspace.plan(&[]).unwrap_err().to_string();
    assert!(error.contains("`openapi/notes.json`") && error.contains("move it"), "{error}");
}

#[test]
fn a_document_that_was_edited_is_a_change() {
    let workspace = Workspace::new();
    workspace.generate();
    let edited = workspace.read("openapi/im.json").replace("4.5.6", "9.9.9");
    workspace.write("openapi/im.json", &edited);
    let changes = workspace.plan(&["im"]).unwrap().changes;
    assert!(changes[0].diff().contains("-    \"version\": \"9.9.9\""), "{}", changes[0].diff());
    assert!(workspace.plan(&["mail"]).unwrap().changes.is_empty());
}

#[test]
fn an_api_that_is_unknown_or_not_published_is_an_error() {
    let workspace = Workspace::new();
    for name in ["mock", "imm"] {
        let error = workspace.plan(&[name]).unwrap_err().to_string();
        assert_eq!(error, format!("unknown API `{name}`; available: `im` or `mail`"));
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error() {
    for (path, text, said) in [
        ("crates/im/Cargo.toml", "[package", "crates/im/Cargo.toml: TOML parse error"),
        ("Cargo.toml", "[workspace.package]\nversion = 4\n", "no `workspace.package.version`"),
    ] {
        let workspace = Workspace::new();
        workspace.write(path, text);
        let error = workspace.plan(&[]).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn documents_elsewhere_leave_what_is_there() {
    let workspace = Workspace::new();
    let out = workspace.root().join("some/where");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("old.json"), "{\n  \"openapi\": \"3.1.0\"\n}\n").unwrap();
    let outcome = openapi::plan(workspace.root(), &[], Some(&out)).unwrap();
    files::apply(&out, &outcome.changes).unwrap();
    let entries = std::fs::read_dir(&out).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["im.json", "mail.json", "old.json"]);
    assert!(!workspace.root().join("openapi/im.json").exists());
    assert!(openapi::plan(workspace.root(), &[], Some(&out)).unwrap().changes.is_empty());

    std::fs::write(out.join("im.json"), "{ \"by\": \"hand\" }").unwrap();
    let error = openapi::plan(workspace.root(), &[], Some(&out)).unwrap_err().to_string();
    assert!(error.contains("`im.json`") && error.contains("was not generated"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let workspace = Workspace::new();
    workspace.write("file", "");
    let out = workspace.root().join("file");
    let error = openapi::plan(workspace.root(), &[], Some(&out)).unwrap_err().to_string();
    assert!(error.starts_with(&format!("`{}` is not a folder", slashes(&out))), "{error}");
    let out = out.join("folder");
    let outcome = openapi::plan(workspace.root(), &[], Some(&out)).unwrap();
    let error = files::apply(&out, &outcome.changes).unwrap_err().to_string();
    assert!(error.contains(&format!("`{}/target`", slashes(&out))), "{error}");
}

#[test]
fn one_document_is_counted_as_one() {
    let workspace = Workspace::new();
    for (option, end) in [
        (None, "1 generated file, 1 changed\n"),
        (Some("--check"), "1 generated file is up to date\n"),
    ] {
        let output = workspace.xtask(&["openapi", "im"], option);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.ends_with(end), "{text}");
    }
}

#[test]
fn nothing_was_written_is_said_where_something_would_have_been() {
    let workspace = Workspace::new();
    std::fs::write(workspace.root().join("specs/im/api.json"), "{").unwrap();
    for task in ["codegen", "openapi"] {
        for (option, end) in
            [(None, "\n\n1 fault\n\nnothing was written\n"), (Some("--check"), "\n\n1 fault\n")]
        {
            let output = workspace.xtask(&[task], option);
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(text.ends_with(end), "{task}: {text}");
        }
    }
}
