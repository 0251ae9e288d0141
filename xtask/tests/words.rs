//! The phrases that `cargo xtask words` finds, and the budget that it compares with.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use xtask::words::{BUDGET, check};

/// A checkout of these files.
fn checkout(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let init = Command::new("git").args(["init", "--quiet"]).current_dir(&root).status();
    assert!(init.unwrap().success());
    for (file, text) in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn found(file: &str, text: &str) -> String {
    let root = checkout(&[(BUDGET, "{}"), (file, text)]);
    check(root.path(), false).err().unwrap_or_default()
}

fn budget(root: &Path) -> String {
    fs::read_to_string(root.join(BUDGET)).unwrap()
}

#[test]
fn a_phrase_is_named_with_its_line_and_the_better_word() {
    let error =
        found("crates/core/src/lib.rs", "\n/// Fine.\n///\n/// Sent in place of it.\nfn x() {}");
    assert!(error.contains("`in-place-of` in crates: 1 found, 0 allowed"), "{error}");
    assert!(error.contains("better: \"instead of\""), "{error}");
    assert!(error.contains("crates/core/src/lib.rs:4: Sent in place of it."), "{error}");
}

/// Each with the words that it allows.
#[test]
fn phrases_are_told_from_words_that_are_fine() {
    for (phrase, bad, fine) in [
        ("question-start", "What the chat is called.", "What is a chat?"),
        ("id-lowercase", "The id of the chat.", "The `id` and the ID of `chat.id`."),
        ("id-lowercase", "All ids (user id).", "The user_id."),
        ("clipped", "A port that is none is refused.", "There is none, or there are none."),
        ("outside-of", "It is outside of it.", "It is outside it."),
    ] {
        let name = format!("`{phrase}`");
        assert!(found("README.md", bad).contains(&name), "{bad}");
        assert!(!found("README.md", fine).contains(&name), "{fine}");
    }
}

#[test]
fn a_phrase_is_found_in_all_texts() {
    for (file, text) in [
        ("crates/core/src/lib.rs", "fn x() {} // sent in place of it"),
        ("crates/core/src/lib.rs", "// sent in place\n// of it"),
        ("crates/core/src/lib.rs", "const X: &str = \"sent in \\\n    place of {it}\";"),
        ("crates/core/src/lib.rs", "const X: char = '\"'; // sent in place of it"),
        ("crates/core/examples/x.rs", "//! Sent **in place** of it."),
        ("xtask/src/lib.rs", "/// - Sent in place of it."),
        ("specs/feishu-im/x.json", r#"{ "doc": "Sent in place of it." }"#),
        ("docs/说明.md", "Sent in place of it."),
        ("docs/x.md", "| a | sent in place of it |\n| --- | --- |\n"),
        ("README.md", "- Sent in [place\n  of](it)\n"),
    ] {
        assert!(found(file, text).contains("`in-place-of`"), "{file}: {text}");
    }
}

#[test]
fn code_and_what_tests_read_is_left_out() {
    for (file, text) in [
        (
            "crates/core/src/lib.rs",
            "/// See `in place of`.\n///\n/// ```\n/// in place of\n/// ```\n",
        ),
        ("crates/core/src/lib.rs", "/// In place.\nfn x() {}\n/// Of it.\nfn y() {}"),
        ("crates/core/src/lib.rs", "// @generated\n/// In place of it.\n"),
        ("crates/core/src/lib.rs", "const X: &str = r#\"in place of \" it\"#;"),
        ("crates/core/src/lib.rs", r#"const X: &[u8] = b"a\" \"in place of it\"";"#),
        ("crates/core/src/lib.rs", "const X: &str = r##\"a\"# \"in place of it\"##;"),
        ("crates/core/src/lib.rs", "const X: &[u8] = br#\"a\" \"in place of it\"#;"),
        ("crates/core/tests/x.rs", "// in place of it"),
        ("xtask/tests/pages/x.md", "In place of it."),
        ("specs/feishu-im/x.json", r#"{ "example": "in place of it" }"#),
        ("README.md", "```sh\nin place of\n```\n"),
    ] {
        assert_eq!(found(file, text), "", "{file}: {text}");
    }
}

#[test]
fn the_budget_falls_and_never_rises() {
    let two = r#"{ "markdown": { "in-place-of": 2, "outside-of": 1 } }"#;
    let root = checkout(&[(BUDGET, two), ("README.md", "In place of it.")]);
    let error = check(root.path(), false).unwrap_err();
    assert!(error.contains("cargo xtask words --accept"), "{error}");
    assert_eq!(budget(root.path()), two);

    check(root.path(), true).unwrap();
    assert_eq!(
        budget(root.path()).split_whitespace().collect::<String>(),
        r#"{"markdown":{"in-place-of":1}}"#
    );

    fs::write(root.path().join("SECURITY.md"), "In place of it.").unwrap();
    let error = check(root.path(), true).unwrap_err();
    assert!(error.contains("2 found, 1 allowed"), "{error}");
    assert!(budget(root.path()).contains(": 1"));
}
