//! `cargo xtask release`, in a small workspace of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

const MANIFEST: &str = r#"[workspace]
resolver = "3"
members = ["crates/*"]

[workspace.package]
version = "0.1.0" # of all crates
edition = "2024"
license = "MIT"
description = "Ships"
repository = "https://example.com/harbor"

[workspace.dependencies]
harbor-core = { path = "crates/core", version = "0.1.0", registry = "harbor" }
"#;

const CORE: &str = r#"[package]
name = "harbor-core"
version.workspace = true
edition.workspace = true
license.workspace = true
description.workspace = true
repository.workspace = true
publish = ["harbor"]
"#;

const HARBOR: &str = r#"[package]
name = "harbor"
version.workspace = true
edition.workspace = true
license.workspace = true
description.workspace = true
repository.workspace = true
publish = ["harbor"]

[dependencies]
harbor-core.workspace = true
"#;

const TOOL: &str = r#"[package]
name = "tool"
version.workspace = true
edition.workspace = true
publish = false

[target.'cfg(unix)'.dependencies]
core = { package = "harbor-core", version = "=0.1.0", path = "../core" } # exactly
"#;

const README: &str = "\
# harbor

```toml
[dependencies]
harbor = \"0.1\"
harbor-core = { version = \"0.1.0\", default-features = false }
other-harbor = \"0.1\"
```

    cargo add harbor@0.1.0
";

const CODE: &str = "\
//! ```toml
//! harbor = { features = [], version = \"=0.1\" }
//! ```

pub const TEXT: &str = r#\"harbor = \"0.1\"\"#;
";

const DOCUMENT: &str = r#"{
  "openapi": "3.1.0",
  "info": {
    "title": "harbor",
    "version": "0.1.0"
  },
  "example": { "version": "0.1.0" }
}
"#;

const API: &str = r#"{
  "vendor": "feishu",
  "modules": { "dock": "Docks." },
  "errors": { "1": { "name": "Full", "http": 400, "kind": "rejected", "doc": "The dock is full.", "advice": "Wait." } }
}
"#;

const DOCK: &str = r#"{
  "id": "dock.v1.dock.delete",
  "aliases": ["fill"],
  "doc": "Fills a dock.",
  "source": "https://open.feishu.cn/dock",
  "method": "DELETE",
  "path": "/open-apis/dock/v1/docks/:dock_id",
  "tokens": ["tenant"],
  "params": [{ "name": "dock_id", "type": "string", "doc": "Given by the pier.", "example": "1" }],
  "errors": ["1"],
  "examples": { "response": { "code": 0, "msg": "success", "data": {} } }
}
"#;

const CHANGELOG: &str = "\
# Changelog

## Unreleased

### Fixed

- `harbor`: ships that sank.

## 0.1.0 - 2026-01-31

- Everything.
";

struct Harbor(TempDir);

/// What a run printed.
struct Run {
    ok: bool,
    out: String,
    err: String,
}

impl Harbor {
    /// A workspace without a release.
    fn new() -> Self {
        let harbor = Self(TempDir::new().unwrap());
        harbor.write(".gitignore", "/target\n/index\n");
        harbor.write("Cargo.toml", MANIFEST);
        harbor.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- Everything.\n");
        harbor.write("crates/core/Cargo.toml", CORE);
        harbor.write("crates/core/src/lib.rs", "pub fn depth() {}\n");
        harbor.write("crates/harbor/Cargo.toml", HARBOR);
        harbor.write("crates/harbor/README.md", README);
        harbor.write("crates/harbor/src/lib.rs", CODE);
        harbor.write("crates/tool/Cargo.toml", TOOL);
        harbor.write("crates/tool/src/lib.rs", "");
        harbor.write("openapi/harbor.json", DOCUMENT);
        harbor.write("specs/harbor/api.json", API);
        harbor.write("specs/harbor/dock.delete.json", DOCK);
        harbor.write(
            "index/config.json",
            r#"{ "dl": "file:///nowhere", "api": "http://127.0.0.1:1" }"#,
        );
        harbor.git(&["init", "--quiet", "--initial-branch", "main", "index"]);
        harbor.git(&["-C", "index", "add", "config.json"]);
        harbor.git(&["-C", "index", "commit", "--quiet", "--message", "an empty registry"]);
        harbor.git(&["init", "--quiet", "--initial-branch", "main"]);
        let lock = harbor.command("cargo").args(["generate-lockfile"]).output().unwrap();
        assert!(lock.status.success(), "{}", String::from_utf8_lossy(&lock.stderr));
        harbor.commit("feat: a harbor");
        harbor
    }

    /// A workspace after its first release, with something that is not released.
    fn released() -> Self {
        let harbor = Self::new();
        harbor.git(&["tag", "--annotate", "--message", "0.1.0", "v0.1.0"]);
        harbor.write("CHANGELOG.md", CHANGELOG);
        harbor.commit("docs: what is new");
        harbor
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces `old`, which must be there, by `new`.
    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} holds no {old:?}");
        self.write(path, &text.replacen(old, new, 1));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env_remove("CLICOLOR_FORCE");
        // Of its own, so that the registry is a folder and nothing is left in that of the user.
        let index = format!("file://{}", self.path("index").display());
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_REGISTRIES_HARBOR_INDEX", index);
        command.env("CARGO_HOME", self.path("target/cargo"));
        let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/bin").into();
        let path = env::var_os("PATH").unwrap();
        let path = env::join_paths(env::split_paths(&path).chain([tools])).unwrap();
        command.env("PATH", path);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Harbor");
            command.env(format!("GIT_{who}_EMAIL"), "harbor@example.com");
        }
        command
    }

    fn git(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command("git").args(args).output().unwrap();
        assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// A commit that changes a crate.
    fn commit_code(&self, message: &str) {
        let code = self.read("crates/harbor/src/lib.rs");
        self.write("crates/harbor/src/lib.rs", &format!("{code}// {message}\n"));
        self.commit(message);
    }

    fn release(&self, args: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_xtask"));
        command.arg("--root").arg(self.0.path()).arg("release").args(args);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { ok: status.success(), out: text(stdout), err: text(stderr) }
    }

    /// Runs a command of git in the checkout once the release is committed beside it.
    fn meanwhile(&self, command: &str) {
        let root = self.0.path().display();
        let hook = format!(
            "#!/bin/sh\nunset GIT_DIR GIT_INDEX_FILE\ncd {root}\n\
             [ -e .git/done ] || {{ touch .git/done; git {command}; }}\n"
        );
        self.write(".git/hooks/post-commit", &hook);
    }

    /// Everything that a release may change.
    fn state(&self) -> [String; 5] {
        [
            self.git(&["status", "--porcelain"]),
            self.git(&["for-each-ref"]),
            self.git(&["symbolic-ref", "HEAD"]),
            self.git(&["worktree", "list"]),
            self.git(&["diff"]),
        ]
    }

    /// Runs a release that has to fail, and returns what it says.
    fn refuse(&self, version: &str) -> String {
        let before = self.state();
        let run = self.release(&[version]);
        assert!(!run.ok, "{}", run.out);
        assert!(run.err.contains("error: ") && run.err.ends_with("\n\nnothing was changed\n"));
        assert_eq!(self.state(), before, "{}", run.err);
        run.err
    }

    /// Returns the changelog that a release would have, which cannot be made: this is no `main`.
    fn changelog(&self, version: &str) -> String {
        self.git(&["switch", "--quiet", "--create", "side"]);
        let run = self.release(&[version, "--dry-run"]);
        assert!(run.err.starts_with("error: releases are made on `main`, and this is `side`"));
        self.git(&["switch", "--quiet", "main"]);
        self.git(&["branch", "--quiet", "--delete", "--force", "side"]);
        let (_, text) = run.out.split_once("its part of the changelog:\n\n").unwrap();
        text.trim_end().to_owned()
    }
}

#[test]
#[ignore = "compiles packages; CI runs it"]
fn a_release_is_a_commit_and_a_tag() {
    let harbor = Harbor::released();
    harbor.commit_code("feat(harbor): lighthouses");
    let head = harbor.git(&["rev-parse", "HEAD"]);
    let run = harbor.release(&["0.2.0", "--dry-run"]);
    assert!(run.ok, "{}", run.err);
    assert!(run.out.contains("0.2.0 can be released; nothing was changed"), "{}", run.out);
    assert_eq!(harbor.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(harbor.git(&["tag", "--list"]), "v0.1.0\n");
    assert_eq!(harbor.git(&["status", "--porcelain"]), "");

    let run = harbor.release(&["0.2.0"]);
    assert!(run.ok, "{}", run.err);
    assert_eq!(harbor.git(&["status", "--porcelain"]), "");
    assert_eq!(harbor.git(&["rev-parse", "HEAD~1"]), head);
    assert_eq!(harbor.git(&["rev-parse", "main"]), harbor.git(&["rev-parse", "v0.2.0^{commit}"]));
    assert_eq!(harbor.git(&["log", "-1", "--format=%s"]), "chore(release): 0.2.0\n");
    assert_eq!(harbor.git(&["worktree", "list"]).lines().count(), 1);
    let section =
        "### Added\n\n- `harbor`: lighthouses.\n\n### Fixed\n\n- `harbor`: ships that sank.\n";
    let tag = harbor.git(&["tag", "--list", "v0.2.0", "--format=%(objecttype) %(contents)"]);
    assert_eq!(tag.trim_end(), format!("tag 0.2.0\n\n{section}").trim_end());
    let changelog = harbor.read("CHANGELOG.md");
    assert!(changelog.contains("## Unreleased\n\n## 0.2.0 - 20"), "{changelog}");
    assert!(changelog.contains(&format!("\n\n{section}\n## 0.1.0 - 2026-01-31\n")), "{changelog}");
    for next in ["git push --atomic origin main v0.2.0", "cargo publish --workspace"] {
        assert!(run.out.contains(next), "{}", run.out);
    }
    // What leads back does.
    for line in run.out.lines().rev().take(2).collect::<Vec<_>>().into_iter().rev() {
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        harbor.git(&words);
    }
    assert_eq!(harbor.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(harbor.git(&["tag", "--list"]), "v0.1.0\n");
}

#[test]
#[ignore = "compiles packages; CI runs it"]
fn the_first_release_is_what_somebody_wrote() {
    let harbor = Harbor::new();
    harbor.commit_code("feat: more");
    let run = harbor.release(&["0.1.0"]);
    assert!(run.ok, "{}", run.err);
    let changelog = harbor.read("CHANGELOG.md");
    assert!(changelog.starts_with("# Changelog\n\n## Unreleased\n\n## 0.1.0 - 20"), "{changelog}");
    assert!(changelog.ends_with("\n\n- Everything.\n"), "{changelog}");
    let files = harbor.git(&["show", "--format=", "--name-only"]);
    assert_eq!(files, "CHANGELOG.md\n");
    assert_eq!(harbor.git(&["tag", "--list"]), "v0.1.0\n");
}

#[test]
#[ignore = "compiles packages; CI runs it"]
fn whatever_fails_leaves_all_as_it_was() {
    type Edit = fn(&Harbor);
    let cases: [(Edit, &str); 5] = [
        (
            // A file that is not in the package.
            |harbor| {
                let code = "pub const TEXT: &str = include_str!(\"../../../CHANGELOG.md\");\n";
                harbor.write("crates/core/src/lib.rs", code);
                harbor.commit("fix(core): a text");
            },
            "--locked` failed",
        ),
        (|harbor| harbor.write(".git/hooks/pre-commit", "#!/bin/sh\necho no >&2\nexit 1\n"), "no"),
        (|harbor| drop(harbor.git(&["tag", "v0.2.0/beta"])), "v0.2.0"),
        (
            // The branch moves on meanwhile.
            |harbor| harbor.meanwhile("commit --quiet --allow-empty -m more --no-verify"),
            "fast-forward",
        ),
        (
            |harbor| harbor.meanwhile("switch --quiet --create side"),
            "releases are made on `main`, and this is `side`",
        ),
    ];
    for (edit, said) in cases {
        let harbor = Harbor::released();
        edit(&harbor);
        for hook in ["pre-commit", "post-commit"].map(|hook| harbor.path(".git/hooks").join(hook)) {
            #[cfg(unix)]
            if hook.exists() {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let before = harbor.git(&["for-each-ref", "refs/tags"]);
        let run = harbor.release(&["0.2.0"]);
        assert!(!run.ok && run.err.contains(said), "{said}: {}{}", run.out, run.err);
        assert!(run.err.ends_with("\n\nnothing was changed\n"), "{}", run.err);
        assert_eq!(harbor.git(&["for-each-ref", "refs/tags"]), before);
        assert_eq!(harbor.git(&["status", "--porcelain"]), "", "{said}");
        assert_eq!(harbor.git(&["worktree", "list"]).lines().count(), 1);
        assert!(!harbor.git(&["log", "--branches", "--format=%s"]).contains("release"), "{said}");
    }
}

#[test]
#[ignore = "compiles documentation; CI runs it"]
#[expect(clippy::print_stdout, reason = "says that nothing was compared")]
fn what_is_broken_needs_a_higher_version() {
    let harbor = Harbor::released();
    let tool = harbor.command("cargo").args(["semver-checks", "--version"]).output().unwrap();
    if !tool.status.success() {
        println!("skipped: there is no cargo-semver-checks; `.ci/run` installs it after a release");
        return;
    }
    harbor.write("crates/core/src/lib.rs", "");
    harbor.write("crates/pier/Cargo.toml", &HARBOR.replace("\"harbor\"\nv", "\"pier\"\nv"));
    harbor.write("crates/pier/src/lib.rs", "");
    harbor.git(&["add", "--all"]);
    let lock = harbor.command("cargo").args(["generate-lockfile"]).output().unwrap();
    assert!(lock.status.success(), "{}", String::from_utf8_lossy(&lock.stderr));
    harbor.commit("refactor(core): less");
    let before = harbor.state();
    let run = harbor.release(&["0.1.1"]);
    let all = format!("{}{}", run.out, run.err);
    assert!(!run.ok && all.contains("depth"), "{all}");
    assert!(all.contains("`pier` is new since v0.1.0"), "{all}");
    assert!(run.err.ends_with(" failed\n\nnothing was changed\n"), "{all}");
    assert_eq!(harbor.state(), before);

    // It may break, and what does is said.
    let run = harbor.release(&["0.2.0", "--dry-run"]);
    let all = format!("{}{}", run.out, run.err);
    assert!(run.ok && all.contains("depth"), "{all}");
    assert!(all.contains("0.2.0 may break programs, so this does not end it"), "{all}");
}

#[test]
fn what_an_interrupt_left_is_removed() {
    let harbor = Harbor::released();
    let copy = harbor.path("target/next-release").display().to_string();
    harbor.git(&["worktree", "add", "--quiet", "--detach", &copy]);
    assert!(!harbor.changelog("0.2.0").is_empty());
    harbor.git(&["worktree", "add", "--quiet", "--detach", &copy]);
    fs::remove_dir_all(&copy).unwrap();
    assert!(!harbor.changelog("0.2.0").is_empty());
    assert_eq!(harbor.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_release_that_cannot_be_made_says_why_and_changes_nothing() {
    let harbor = Harbor::released();
    for text in ["0.2", "0.2.0-rc.1", "0.2.0+1", "later", "", "00.2.0"] {
        let error = harbor.refuse(text);
        assert!(error.contains(&format!("`{text}` is no version of three numbers")), "{error}");
    }
    assert!(harbor.refuse("0.1.0").contains("the tag v0.1.0 exists"));
    let error = harbor.refuse("0.0.9");
    assert!(error.contains("0.0.9 is lower than the last release, 0.1.0"), "{error}");

    harbor.write("crates/harbor/src/new.rs", "");
    let error = harbor.refuse("0.2.0");
    assert!(error.contains("not committed:\n?? crates/harbor/src/new.rs"), "{error}");
    harbor.commit("feat(harbor): new");

    // A clone without tags knows of no release.
    harbor.git(&["tag", "--delete", "v0.1.0"]);
    assert!(harbor.refuse("0.1.1").contains("run `git fetch --tags`"));
    harbor.git(&["tag", "v0.1.0", "HEAD~2"]);

    harbor.git(&["config", "user.useConfigOnly", "true"]);
    let mut command = harbor.command(env!("CARGO_BIN_EXE_xtask"));
    command.env_remove("GIT_COMMITTER_NAME").env_remove("GIT_COMMITTER_EMAIL");
    command.arg("--root").arg(harbor.0.path()).args(["release", "0.2.0"]);
    let error = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(error.starts_with("error: git has no name for the commit: Committer"), "{error}");

    // All at once.
    harbor.git(&["switch", "--quiet", "--create", "side"]);
    harbor.edit("CHANGELOG.md", "Unreleased", "Next");
    harbor.edit("Cargo.toml", "version = \"0.1.0\" #", "version = \"0.3.0\" #");
    let error = harbor.refuse("v0.2.0");
    for why in [
        "not committed:\n M CHANGELOG.md\n M Cargo.toml",
        "releases are made on `main`, and this is `side`",
        "0.2.0 is lower than the version in `Cargo.toml`, 0.3.0",
    ] {
        assert!(error.contains(why), "{error}");
    }
    harbor.git(&["reset", "--quiet", "--hard"]);
    harbor.edit("CHANGELOG.md", "Unreleased", "Next");
    harbor.commit("docs: next");
    assert!(harbor.refuse("0.2.0").contains("no line `## Unreleased`"));
}

#[test]
fn a_version_is_as_high_as_the_changes_ask_for() {
    let harbor = Harbor::released();
    harbor.edit("specs/harbor/dock.delete.json", "\"tokens\": [", "\"tokens\": [\"user\", ");
    harbor.commit("feat(harbor): users fill docks");
    assert!(!harbor.changelog("0.1.1").is_empty());

    harbor.edit("specs/harbor/dock.delete.json", "\"tokens\": [\"user\", ", "\"tokens\": [");
    harbor.edit("specs/harbor/dock.delete.json", "dock_id", "pier_id");
    harbor.edit("specs/harbor/dock.delete.json", "\"dock_id", "\"pier_id");
    harbor.commit("feat(harbor): piers");
    let error = harbor.refuse("0.1.1");
    let why = "0.1.1 is too low: these changes break programs, and ask for 0.2.0:\n- the specs of \
        `harbor`, such as dock.delete path: path";
    assert!(error.contains(why), "{error}");

    // Announced, and in a crate that is published.
    let harbor = Harbor::released();
    harbor.commit("feat(tool)!: another tool");
    assert!(!harbor.changelog("0.1.1").is_empty());
    harbor.commit_code("refactor(harbor)!: other names");
    let error = harbor.refuse("0.1.1");
    let why =
        "these changes break programs, and ask for 0.2.0:\n- `refactor(harbor)!: other names`";
    assert!(error.contains(&format!("0.1.1 is too low: {why}\n")), "{error}");
    // The verdict is said where the version is high enough, too.
    harbor.write("crates/harbor/src/new.rs", "");
    let run = harbor.release(&["0.2.0", "--dry-run"]);
    assert!(run.out.starts_with(&format!("{why}\n\n0.2.0 changes:\n")), "{}", run.out);
    assert!(!run.err.contains("too low"), "{}", run.err);

    // After 1.0, what is added needs the number in the middle.
    let harbor = Harbor::released();
    harbor.release(&["1.0.0", "--only-version"]);
    harbor.commit("chore: 1.0");
    harbor.git(&["tag", "v1.0.0"]);
    harbor.commit_code("feat(harbor): more");
    let error = harbor.refuse("1.0.1");
    assert!(error.contains("these changes add to the crates, and ask for 1.1.0"), "{error}");
}

#[test]
fn a_commit_that_does_not_say_its_type_needs_an_entry() {
    let harbor = Harbor::released();
    harbor.commit("Merge what is no crate");
    harbor.commit_code("feat(core): deep water");
    assert!(!harbor.changelog("0.2.0").is_empty());
    harbor.commit_code("Revert \"feat(core): deep water\"");
    harbor.commit_code("Shallow water");
    harbor.commit_code("fix(core): waves");
    let error = harbor.refuse("0.2.0");
    let why = "have no type, such as `fix: `, so say in CHANGELOG.md what they changed, and commit that:\n\
               - Revert \"feat(core): deep water\"\n- Shallow water\n\nnothing";
    assert!(error.contains(why), "{error}");

    harbor.edit("CHANGELOG.md", "- `harbor`:", "- Shallow water.\n- `harbor`:");
    harbor.commit("docs: shallow water");
    let changelog = harbor.changelog("0.2.0");
    assert!(changelog.contains("- Shallow water.\n"), "{changelog}");
    assert!(!changelog.contains("Revert"), "{changelog}");
}

#[test]
fn the_changelog_has_what_nobody_wrote() {
    let harbor = Harbor::released();
    harbor.commit_code("feat(core): deep water");
    harbor.commit_code("fix: a leak.");
    harbor.commit_code("perf(pumps): half the power");
    harbor.commit_code("refactor(core)!: `depth` is `Depth`");
    harbor.commit_code("docs(core): deeper");
    harbor.commit("feat(tool): not for users");
    let spec = DOCK.replace("delete", "create").replace("/:dock_id", "/:dock_id/new");
    harbor.write("specs/harbor/dock.create.json", &spec);
    harbor.edit("specs/harbor/dock.delete.json", "\"tokens\": [", "\"tokens\": [\"user\", ");
    harbor.commit("specs: docks");
    harbor.edit("CHANGELOG.md", "- `harbor`:", "- Storms, at last.\n- `harbor`:");
    harbor.commit_code("fix(harbor): storms");
    assert_eq!(
        harbor.changelog("0.2.0"),
        "\
### Added

- `harbor`: `CreateDock` (`dock.v1.dock.create`).
- `harbor`: `DeleteDock` (`dock.v1.dock.delete`): token `user`.
- `harbor-core`: deep water.

### Changed

- pumps: half the power.
- **Breaking:** `harbor-core`: `depth` is `Depth`.

### Fixed

- Storms, at last.
- `harbor`: ships that sank.
- a leak."
    );

    harbor.edit(
        "CHANGELOG.md",
        "- Storms",
        "- `harbor`: users fill docks (`dock.v1.dock.delete`).\n- Storms",
    );
    harbor.commit("docs: docks");
    let changelog = harbor.changelog("0.2.0");
    assert_eq!(changelog.matches("token `user`").count(), 1, "{changelog}");
    assert!(changelog.contains("dock.create`)."), "{changelog}");
    let left_out = "not added, since entries of CHANGELOG.md are about the same:\n\
                    - `harbor`: `DeleteDock` (`dock.v1.dock.delete`): token `user`.";
    assert!(changelog.ends_with(left_out), "{changelog}");

    // That entry does not say that anything breaks.
    harbor.edit("specs/harbor/dock.delete.json", "dock_id", "pier_id");
    harbor.edit("specs/harbor/dock.delete.json", "\"dock_id", "\"pier_id");
    harbor.commit("specs: piers");
    let changelog = harbor.changelog("0.2.0");
    let breaking = "- **Breaking:** `harbor`: `DeleteDock` (`dock.v1.dock.delete`): the path is";
    assert!(changelog.contains(breaking) && changelog.ends_with(left_out), "{changelog}");
}

#[test]
fn the_version_is_set_wherever_it_is_named() {
    let harbor = Harbor::released();
    let run = harbor.release(&["0.12.3", "--only-version"]);
    assert!(run.ok, "{}", run.err);
    let changed = [
        "Cargo.lock",
        "Cargo.toml",
        "crates/harbor/README.md",
        "crates/harbor/src/lib.rs",
        "crates/tool/Cargo.toml",
        "openapi/harbor.json",
    ];
    assert_eq!(run.out, changed.map(|path| format!("change {path}\n")).concat());
    let run = harbor.release(&["0.12.3", "--only-version"]);
    assert_eq!(run.out, "the version is 0.12.3 already\n");
    assert_eq!(
        harbor.git(&["diff", "--name-only"]),
        changed.map(|path| format!("{path}\n")).concat()
    );

    let manifest = MANIFEST.replace("0.1.0", "0.12.3");
    assert_eq!(harbor.read("Cargo.toml"), manifest);
    assert_eq!(harbor.read("crates/tool/Cargo.toml"), TOOL.replace("0.1.0", "0.12.3"));
    let readme =
        README.replace("\nharbor = \"0.1\"", "\nharbor = \"0.12\"").replace("0.1.0", "0.12.3");
    assert_eq!(harbor.read("crates/harbor/README.md"), readme);
    let document = DOCUMENT.replacen("0.1.0", "0.12.3", 1);
    assert_eq!(harbor.read("openapi/harbor.json"), document);
    let code = CODE.replace("\"=0.1\"", "\"=0.12\"");
    assert_eq!(harbor.read("crates/harbor/src/lib.rs"), code);
    // The lock is what Cargo makes of it.
    let locked = ["metadata", "--locked", "--format-version", "1"];
    let metadata = harbor.command("cargo").args(locked).output().unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    assert_eq!(harbor.read("Cargo.lock").matches("version = \"0.12.3\"").count(), 3);

    let before = harbor.git(&["diff"]);
    let run = harbor.release(&["0.0.9", "--only-version"]);
    assert!(run.err.contains("0.0.9 is lower than the last release, 0.1.0"), "{}", run.err);
    assert_eq!(harbor.git(&["diff"]), before);

    harbor.edit("crates/core/Cargo.toml", "version.workspace = true", "version = \"7.0.0\"");
    let before = harbor.git(&["diff"]);
    let run = harbor.release(&["0.13.0", "--only-version"]);
    assert!(run.err.contains("`harbor-core` has a version of its own"), "{}", run.err);
    assert_eq!(harbor.git(&["diff"]), before);
}
