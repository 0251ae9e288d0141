//! The generated files as a whole: what is written, what is removed, what `--check` sees.

use std::path::Path;
use std::process::Command;

use quote::ToTokens;
use xtask::codegen;
use xtask::files::{self, Change};

use crate::workspace::Workspace;

const LINK_RS: &str = "crates/im/src/generated/chat/link.rs";

fn diffs(workspace: &Workspace) -> String {
    let outcome = codegen::plan(workspace.root(), &[]).unwrap();
    outcome.changes.iter().map(Change::diff).collect()
}

/// The lines that a diff adds and removes.
fn changed_lines(diff: &str) -> Vec<&str> {
    let is_change = |line: &&str| {
        line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
    };
    diff.lines().filter(is_change).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let workspace = Workspace::new();
    assert!(workspace.codegen() > 0);
    let first = workspace.files();
    assert_eq!(workspace.codegen(), 0);
    assert_eq!(workspace.files(), first);
}

#[test]
fn every_directory_gives_the_same_bytes() {
    let (one, other) = (Workspace::new(), Workspace::new());
    one.codegen();
    other.codegen();
    assert_eq!(one.files(), other.files());
}

#[test]
fn a_renamed_field_changes_the_lines_that_follow_from_it() {
    let workspace = Workspace::new();
    workspace.codegen();
    workspace.edit("specs/im/chat.link.json", "\"name\": \"note\"", "\"name\": \"memo\"");
    let diff = diffs(&workspace);
    assert!(!changed_lines(&diff).is_empty());
    for line in changed_lines(&diff) {
        assert!(line.contains("note") || line.contains("memo"), "{line}");
    }
    assert!(diff.contains("--- a/crates/im/src/generated/chat/link.rs"));
    assert!(diff.contains(r#".optional("memo", &self.memo)"#), "{diff}");
    workspace.codegen();
    assert!(workspace.read(LINK_RS).contains("pub fn memo(mut self"));
}

/// A new optional parameter must not change what programs match on in an answer.
#[test]
fn a_model_keeps_its_shape_when_an_operation_begins_to_send_it() {
    let workspace = Workspace::new();
    let card = r#"{ "types": [{ "name": "Card", "doc": "What a message shows.", "fields": [
        { "name": "id", "type": "string", "required": true, "doc": "What others refer to it by." },
        { "name": "size", "type": "int", "doc": "How wide it is, in pixels." },
        { "name": "lines", "type": "list<string>", "doc": "What it says, from top to bottom." },
        { "name": "notes", "type": "map<string>", "doc": "What is said about it, by author." }
    ] }] }"#;
    workspace.write("specs/im/types/card.json", card);
    workspace.edit(
        "specs/im/chat.link.json",
        "\"errors\"",
        "\"response_type\": \"Card\", \"errors\"",
    );
    workspace.codegen();
    let note = r#""name": "note", "type": "string""#;
    workspace.edit("specs/im/chat.link.json", note, &note.replace("string", "Card"));
    let outcome = codegen::plan(workspace.root(), &[]).unwrap();
    let change = outcome.changes.iter().find(|change| change.path.ends_with("types/card.rs"));
    let diff = change.unwrap().diff();
    assert!(changed_lines(&diff).iter().all(|line| line.starts_with('+')), "{diff}");
    assert!(diff.contains("pub fn new("), "{diff}");
}

#[test]
fn a_plan_writes_nothing() {
    let workspace = Workspace::new();
    let before = workspace.files();
    assert!(diffs(&workspace).contains("--- /dev/null"));
    assert_eq!(workspace.files(), before);
}

#[test]
fn faults_leave_the_tree_as_it_was() {
    let workspace = Workspace::new();
    workspace.codegen();
    workspace.edit("specs/im/chat.link.json", "\"name\": \"note\"", "\"name\": \"memo\"");
    workspace.write("specs/im/chat.get.json", "{");
    let before = workspace.files();
    workspace.faults();
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_tree_as_it_was() {
    let workspace = Workspace::new();
    let outcome = codegen::plan(workspace.root(), &[]).unwrap();
    // The last of all, so that everything else could have been written before.
    let last = outcome.changes.last().unwrap().path.join("in_the_way");
    workspace.write(last.to_str().unwrap(), "");
    let before = workspace.files();
    let error = files::apply(workspace.root(), &outcome.changes).unwrap_err().to_string();
    assert!(error.starts_with("`tests/src/generated/mod.rs` is not a regular file"), "{error}");
    assert!(error.ends_with("nothing was written"), "{error}");
    assert_eq!(workspace.files(), before);
    let error = codegen::plan(workspace.root(), &[]).unwrap_err().to_string();
    assert!(error.starts_with("`tests/src/generated/mod.rs` is not a regular file"), "{error}");
}

#[test]
fn a_file_where_a_folder_belongs_is_named() {
    let workspace = Workspace::new();
    workspace.write("crates/im/src/generated", "");
    let error = codegen::plan(workspace.root(), &[]).unwrap_err().to_string();
    assert!(error.starts_with("`crates/im/src/generated` is not a folder"), "{error}");
}

/// New contents wait where a killed process may leave them, and not in the tree.
#[test]
fn contents_that_cannot_be_prepared_leave_the_tree_as_it_was() {
    let workspace = Workspace::new();
    workspace.write("target", "a file where the folder belongs");
    let before = workspace.entries();
    let outcome = codegen::plan(workspace.root(), &[]).unwrap();
    let error = files::apply(workspace.root(), &outcome.changes).unwrap_err().to_string();
    assert!(error.contains("/target`") && error.ends_with("nothing was written"), "{error}");
    assert_eq!(workspace.entries(), before);
}

#[test]
fn a_failure_half_way_says_what_was_done() {
    let workspace = Workspace::new();
    workspace.codegen();
    let stale = "crates/gone/src/generated/mod.rs";
    workspace.write(stale, workspace.read(LINK_RS));
    workspace.edit("specs/im/chat.link.json", "\"note\"", "\"memo\"");
    let outcome = codegen::plan(workspace.root(), &[]).unwrap();
    std::fs::remove_file(workspace.root().join(stale)).unwrap();
    let error = files::apply(workspace.root(), &outcome.changes).unwrap_err().to_string();
    let (problem, done) = error.split_once("\n\n").unwrap();
    assert!(problem.starts_with("cannot remove `crates/gone/src/generated/mod.rs`"), "{error}");
    assert!(done.contains("change crates/im/src/generated/chat/link.rs"), "{error}");
    assert!(!done.contains("gone") && !done.contains("nothing was written"), "{error}");
}

/// A link may lead out of the tree.
#[cfg(unix)]
#[test]
fn a_link_among_generated_files_is_refused() {
    let workspace = Workspace::new();
    workspace.codegen();
    workspace.write("elsewhere/mod.rs", workspace.read(LINK_RS));
    let link = workspace.root().join("crates/im/src/generated/user");
    std::os::unix::fs::symlink(workspace.root().join("elsewhere"), link).unwrap();
    let error = codegen::plan(workspace.root(), &[]).unwrap_err().to_string();
    assert!(error.contains("generated/user` is not a regular file"), "{error}");
}

#[test]
fn stale_files_are_found_and_removed() {
    let workspace = Workspace::new();
    workspace.codegen();
    let stale = "crates/im/src/generated/user/get.rs";
    workspace.write(stale, workspace.read(LINK_RS));
    workspace.write("crates/gone/src/generated/mod.rs", workspace.read(LINK_RS));
    assert!(diffs(&workspace).contains("--- a/crates/im/src/generated/user/get.rs\n+++ /dev/null"));
    assert_eq!(workspace.codegen(), 2);
    assert!(!workspace.root().join("crates/im/src/generated/user").exists());
    assert!(!workspace.root().join("crates/gone/src/generated").exists());
}

#[test]
fn a_file_that_was_not_generated_is_not_removed() {
    let workspace = Workspace::new();
    workspace.codegen();
    workspace.write("crates/im/src/generated/by_hand.rs", "fn mine() {}");
    let error = codegen::plan(workspace.root(), &[]).unwrap_err().to_string();
    assert!(error.contains("by_hand.rs") && error.contains("was not generated"), "{error}");
}

#[test]
fn one_crate_can_be_generated_alone() {
    let workspace = Workspace::new();
    workspace.write("crates/mail/Cargo.toml", "");
    let mail = workspace.read("specs/im/api.json").replace("\"chat\": \"Chats.\"", "");
    workspace.write("specs/mail/api.json", mail);
    let outcome = codegen::plan(workspace.root(), &["im".to_owned()]).unwrap();
    let paths: Vec<_> = outcome.changes.iter().map(|change| change.path.as_path()).collect();
    assert!(paths.contains(&Path::new(LINK_RS)));
    assert!(paths.iter().all(|path| !path.starts_with("crates/mail")), "{paths:?}");
    let error = codegen::plan(workspace.root(), &["mial".to_owned()]).unwrap_err().to_string();
    assert_eq!(error, "unknown API `mial`; available: `im` or `mail`");
}

/// The generator must not depend on the code that it generates: with all of it gone, it still
/// builds, and restores every file.
#[test]
#[ignore = "compiles the generator again, which takes minutes; CI runs it"]
fn deleted_code_is_restored_by_a_generator_built_without_it() {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let copy = tempfile::TempDir::new().unwrap();
    for part in ["Cargo.toml", "Cargo.lock", ".cargo", "crates", "specs", "tests", "xtask"] {
        copy_without_generated(&original.join(part), &copy.path().join(part));
    }
    let target = original.join("target/apart/restored");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["xtask", "codegen"])
        .current_dir(copy.path())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let committed = codegen::generate(original, &[]).unwrap();
    assert!(committed.len() > 30);
    for file in committed {
        let restored = std::fs::read_to_string(copy.path().join(&file.path)).unwrap();
        assert_eq!(restored, file.contents, "{}", file.path.display());
    }
}

fn copy_without_generated(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    if from.ends_with("generated") {
        return;
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy_without_generated(&from.join(&name), &to.join(&name));
    }
}

#[test]
fn sentences_that_are_not_written_yet_are_counted_and_cannot_land() {
    let workspace = Workspace::new();
    workspace.edit("specs/im/chat.link.json", "\"What to say.\"", "\"\"");
    workspace.edit("specs/im/chat.link.json", "\"For 7 days.\"", "\"\"");
    assert_eq!(codegen::plan(workspace.root(), &[]).unwrap().undescribed.len(), 2);
    let xtask = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("--root")
            .arg(workspace.root())
            .args(args)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (ok, text) = xtask(&["codegen"]);
    assert!(ok && text.contains("2 sentences are missing"), "{text}");
    assert!(text.contains("specs/im/chat.link.json:13"), "{text}");
    let (ok, text) = xtask(&["codegen", "--check"]);
    assert!(!ok && text.contains("2 sentences are missing"), "{text}");
}

/// What is written by hand must not hide what is generated.
#[test]
fn every_public_path_is_held_to_what_is_generated() {
    let workspace = Workspace::new();
    let card = r#"{ "types": [{ "name": "Card", "doc": "What a message shows.", "fields": [
        { "name": "id", "type": "string", "doc": "What others refer to it by." }
    ] }] }"#;
    workspace.write("specs/im/types/card.json", card);
    let note = r#""name": "note", "type": "string""#;
    workspace.edit("specs/im/chat.link.json", note, &note.replace("string", "Card"));
    workspace.codegen();
    let root = workspace.read("crates/im/src/generated/mod.rs");
    let (_, paths) = root.split_once("lead_here! {").unwrap();
    let paths: Vec<_> = paths.split_whitespace().collect();
    assert_eq!(paths.join(" "), "chat { Card LinkChat Period } types { Card } }");
}

/// Programs build responses and compare requests in their tests, and keep IDs in sets and maps.
#[test]
fn every_type_has_the_traits_that_programs_need() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut models, mut requests, mut ids) = (0, 0, 0);
    for item in codegen::generate(root, &[]).unwrap().iter().flat_map(structs) {
        let name = item.ident.to_string();
        let derives = derives(&item);
        let has = |name: &str| derives.iter().any(|derived| derived == name);
        if item.attrs.iter().any(|attr| attr.path().is_ident("must_use")) {
            requests += 1;
            let fields = item.fields.to_token_stream().to_string();
            let is_upload = fields.split_whitespace().any(|token| token == "Upload");
            assert_eq!(has("PartialEq"), !is_upload, "{name}");
        } else if has("Deserialize") {
            models += 1;
            assert!(has("Default") && has("PartialEq"), "{name}");
        } else if !name.ends_with("Required") {
            ids += 1;
            assert!(has("Eq") && has("Hash"), "{name}");
        }
    }
    assert!(models > 100 && requests > 100 && ids > 1, "{models} {requests} {ids}");
}

/// The structs that the crates declare.
fn structs(file: &codegen::File) -> Vec<syn::ItemStruct> {
    if !file.path.starts_with("crates") {
        return Vec::new();
    }
    let items = syn::parse_file(&file.contents).unwrap().items.into_iter();
    let structs = items.filter_map(|item| match item {
        syn::Item::Struct(item) => Some(item),
        _ => None,
    });
    structs.collect()
}

/// The traits that a struct derives.
fn derives(item: &syn::ItemStruct) -> Vec<String> {
    let mut traits = Vec::new();
    for attr in item.attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        attr.parse_nested_meta(|meta| {
            traits.extend(meta.path.get_ident().map(ToString::to_string));
            Ok(())
        })
        .unwrap();
    }
    traits
}

#[test]
fn values_of_a_number_stand_in_its_docs() {
    let workspace = Workspace::new();
    let note = r#""name": "note", "type": "string""#;
    let level = r#""name": "level", "type": "int", "values": [{ "value": -1, "doc": "The lowest of all." }]"#;
    workspace.edit("specs/im/chat.link.json", note, level);
    workspace.codegen();
    let code = workspace.read(LINK_RS);
    assert!(code.contains("`-1`") && code.contains("The lowest of all."), "{code}");
    workspace.edit("specs/im/chat.link.json", "\"int\"", "\"string\"");
    assert!(workspace.faults().contains("`level` is not a number"));
}

const CODES: &str = r#"{
  "codes": {
    "99991663": { "http": 400, "kind": "unauthenticated", "doc": "The token is wrong.", "advice": "Get another." },
    "1642": { "http": 500, "kind": "unavailable", "advice": "Wait." }
  }
}
"#;

#[test]
fn codes_of_a_platform_become_a_sorted_table() {
    let workspace = Workspace::new();
    workspace.codegen();
    workspace.write("specs/feishu.codes.json", CODES);
    assert_eq!(workspace.codegen(), 1);
    let table = workspace.read("crates/core/src/vendor/feishu/codes.rs");
    let rows = table.lines().map(str::trim).filter(|line| line.starts_with("CodeMeta::new("));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            r#"CodeMeta::new("1642", 500, ErrorKind::Unavailable, "Wait."),"#,
            r#"CodeMeta::new("99991663", 400, ErrorKind::Unauthenticated, "Get another."),"#,
        ]
    );
    workspace.edit("specs/feishu.codes.json", "Wait.", "Wait a day.");
    assert_eq!(workspace.codegen(), 1);
}

#[test]
fn codes_of_a_platform_are_checked() {
    for (old, new, fault) in [
        ("\"unavailable\"", "\"broken\"", "`broken` is not one of the values"),
        ("\"1642\"", "\"99991663\"", "duplicate key `99991663`"),
        ("Get another.", "Get another", "this is not a whole sentence"),
        ("The token is wrong.", "", "missing sentence"),
        ("\"http\": 500", "\"http\": 0", "0 is not within 100..=599"),
        (", \"advice\": \"Wait.\"", "", "missing key `advice`"),
    ] {
        let workspace = Workspace::new();
        workspace.write("specs/feishu.codes.json", CODES);
        workspace.edit("specs/feishu.codes.json", old, new);
        let faults = workspace.faults();
        assert!(faults.contains(fault) && faults.contains("feishu.codes.json:"), "{faults}");
        assert_eq!(faults.matches("error").count(), 1, "{faults}");
    }
    let workspace = Workspace::new();
    workspace.write("specs/pigeon.codes.json", CODES);
    assert!(workspace.faults().contains("belongs to no API"));
}
