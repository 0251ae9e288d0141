//! From changed pages to a change for review, in one command.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use xtask::refresh::readme::{READMES, with_counts};

use super::fresh::{event, page, table};
use super::lab::{Lab, Run, workspace};

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A crane.\n\n## 0.3.1\n\n\
                         ### Added\n\n- The harbor.\n";
const README: &str = "| crate | operations | events |\n| [`harbor`](crates/harbor) | Docks | 1 | none |\n\
                      | other | 1 of 11 |\n| operations | 1, of one API |\n";
/// What a maintainer writes for each kind of sentence.
const SENTENCE: &str = "Is painted on the wall.";
const WORDS: &str = "pier, 码头";
const DOCK: &str = "specs/harbor/dock.create.json";
const SPEC: &str = "specs/harbor/dock.pin_note.json";

fn dock() -> String {
    page("POST", "/docks", &table("请求体", &["name | string | 是 | 名称"]))
}

/// The page of an operation that has no spec yet, with a code that is new.
fn pin_note() -> String {
    let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
    let body = table("请求体", &["text | string | 是 | 文字", "color | string | 否 | 颜色"]);
    let errors = "### 错误码\n\n| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n| --- | --- | --- | --- |\n\
                  | 400 | 7001 | TooManyNotes | 慢点 |\n";
    page("POST", "/docks/:dock_id/pin_note", &format!("{path}{body}{errors}"))
}

/// A checkout with one API of one operation, committed, and a Cargo that notes what it is asked for.
fn checkout() -> Lab {
    let lab = Lab::new();
    lab.write("Cargo.toml", "[workspace.package]\nversion = \"0.3.1\"\n");
    lab.write("crates/harbor/Cargo.toml", "[features]\nevents = []\n");
    lab.write("CHANGELOG.md", CHANGELOG);
    lab.write("README.md", README);
    lab.write("README.zh-CN.md", README);
    lab.write(".gitignore", "/target\n/pages\n/cargo*\n/left.json\n");
    lab.write(
        "cargo",
        "#!/bin/sh\necho \"$INSTA_UPDATE cargo $*\" >> \"$0.log\"\n\
         case \"$*\" in *\"$(cat \"$0.fails\")\"*) exit 1;; esac\n",
    );
    fs::set_permissions(lab.path("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    lab.write("cargo.fails", "nothing");
    lab.write("pages/dock.md", dock());
    for _ in 0..2 {
        let distill =
            ["distill", "pages", "--api", "harbor", "--write", "--sentences", "left.json"];
        let run = lab.xtask(&distill);
        assert!(run.ok, "{}", run.err);
        fill(&lab, "left.json");
    }
    lab.edit(DOCK, "  \"doc\"", "  \"aliases\": [\"pier\", \"码头\"],\n  \"doc\"");
    generate(&lab);
    lab.git(&["init", "--quiet"]);
    commit(&lab);
    lab
}

fn generate(lab: &Lab) {
    for command in ["codegen", "openapi"] {
        let run = lab.xtask(&[command]);
        assert!(run.ok, "{}", run.err);
    }
}

fn commit(lab: &Lab) {
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "--quiet", "-m", "harbor"]);
}

/// Writes the sentences that a file asks for.
fn fill(lab: &Lab, file: &str) {
    let mut gaps: Value = serde_json::from_str(&lab.read(file)).unwrap();
    for gap in gaps.as_array_mut().unwrap() {
        let is_words = gap["about"].as_str().unwrap().starts_with("aliases");
        gap["doc"] = if is_words { WORDS.into() } else { SENTENCE.into() };
    }
    lab.write(file, gaps.to_string());
}

/// The environment in which the lab's Cargo is found.
fn environment(lab: &Lab) -> [(&'static str, PathBuf); 1] {
    let path = std::env::var("PATH").unwrap();
    [("PATH", format!("{}:{path}", lab.path("").display()).into())]
}

fn refresh(lab: &Lab, args: &[&str]) -> Run {
    lab.xtask_with(&environment(lab), &[&["refresh"], args].concat())
}

/// Runs it twice, with the sentences in between.
fn refreshed(lab: &Lab) -> Run {
    write_sentences(lab);
    refresh(lab, &["pages"])
}

fn write_sentences(lab: &Lab) {
    let asked = refresh(lab, &["pages"]);
    assert!(!asked.ok, "{}", asked.out);
    fill(lab, "target/sentences.json");
}

fn status(lab: &Lab) -> String {
    lab.git(&["status", "--porcelain", "--untracked-files=all"])
}

#[test]
fn a_page_with_a_new_operation_becomes_a_change_for_review() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    let asked = refresh(&lab, &["pages"]);
    assert!(!asked.ok && asked.out.is_empty(), "{}", asked.out);
    for said in ["sentences are missing", "operation dock.v1.dock.pin_note", "fill in each `doc`"] {
        assert!(asked.err.contains(said), "{}", asked.err);
    }
    assert_eq!(status(&lab), "", "nothing but the list of sentences is written");
    fill(&lab, "target/sentences.json");
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok, "{}", run.err);
    let check = lab.xtask(&["codegen", "--check"]);
    assert!(check.ok, "{}", check.err);
    let spec: Value = serde_json::from_str(&lab.read(SPEC)).unwrap();
    assert_eq!(spec["aliases"], serde_json::json!(["pier", "码头"]));
    assert_eq!(
        lab.read("CHANGELOG.md"),
        CHANGELOG.replacen(
            "- A crane.\n",
            "- A crane.\n- `harbor`: error codes: `7001` (`TooManyNotes`).\n\
             - `harbor`: `PinNoteDock` (`dock.v1.dock.pin_note`).\n",
            1
        )
    );
    let counted = "| [`harbor`](crates/harbor) | Docks | 2 | none |\n| other | 1 of 11 |\n\
                   | operations | 2, of one API |\n";
    assert!(lab.read("README.zh-CN.md").ends_with(counted), "{}", lab.read("README.zh-CN.md"));
    for line in [
        "2 pages read: 2 operations, 0 events, 0 passed over.",
        "## `harbor`: additive; 0.3.2 at least",
        "- Added: `PinNoteDock` (`dock.v1.dock.pin_note`)",
        "- Added: error codes: `7001` (`TooManyNotes`)",
        "- add `specs/harbor/dock.pin_note.json`",
        "- change `specs/harbor/api.json`",
        "- `cargo clippy --package harbor --all-targets --all-features -- -Dwarnings`: passed",
        "- [ ] Sentences: right, our own, and more than the name of the field; advice says what to do",
    ] {
        assert!(run.out.lines().any(|it| it == line), "{line}\n{}", run.out);
    }
    assert_eq!(
        lab.read("cargo.log"),
        " cargo xtask words\n\
         always cargo test --package xtask --test codegen digest::\n \
         cargo clippy --package harbor --all-targets --all-features -- -Dwarnings\n \
         cargo test --package harbor --all-features\n \
         cargo test --package openplat-tests --lib\n"
    );
}

#[test]
fn what_only_a_sample_shows_is_counted_with_the_command_that_lists_it() {
    let lab = checkout();
    let sample = "### 响应体示例\n\n```json\n{ \"code\": 0, \"data\": { \"id\": \"n1\" } }\n```\n";
    lab.write("pages/note.md", pin_note() + sample);
    let run = refreshed(&lab);
    let said = "; `cargo xtask distill pages/note.md --api harbor --verbose` lists them\n";
    assert!(run.ok && run.out.contains(said), "{}{}", run.err, run.out);
}

#[test]
fn a_second_run_changes_nothing() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    let first = refreshed(&lab);
    assert!(first.ok, "{}", first.err);
    let diff = || (status(&lab), lab.git(&["diff"]), lab.specs());
    let before = diff();
    let again = refresh(&lab, &["pages"]);
    assert!(again.ok && again.err.contains("nothing is left to write"), "{}", again.err);
    assert_eq!((again.out, diff()), (first.out, before), "what is not committed is tested again");
    commit(&lab);
    fs::remove_file(lab.path("cargo.log")).unwrap();
    let last = refresh(&lab, &["pages"]);
    assert!(last.ok && last.out.is_empty(), "{}", last.out);
    assert!(last.err.contains("the specs say what the 2 pages say; nothing was changed"));
    assert!(!lab.path("cargo.log").exists() && status(&lab).is_empty());
}

#[test]
fn sentences_are_not_lost_when_others_are_missing() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    assert!(!refresh(&lab, &["pages", "--sentences", "left.json"]).ok);
    fill(&lab, "left.json");
    lab.edit("left.json", WORDS, "pier");
    let run = refresh(&lab, &["pages", "--sentences", "left.json"]);
    let missing = "error: 1 sentence is missing:\n  aliases of dock.v1.dock.pin_note";
    assert!(!run.ok && run.err.contains(missing), "{}", run.err);
    assert_eq!(lab.read("left.json").matches(SENTENCE).count(), 6, "{}", lab.read("left.json"));
    lab.edit("left.json", "\"pier\"", "\"quay， 码头\"");
    let run = refresh(&lab, &["pages", "--sentences", "left.json"]);
    assert!(run.ok, "{}", run.err);
    assert!(lab.read(SPEC).contains(r#""aliases": ["quay", "码头"]"#), "{}", lab.read(SPEC));
}

#[test]
fn changes_that_are_not_committed_are_in_no_danger() {
    for path in [DOCK, "crates/harbor/Cargo.toml", "CHANGELOG.md"] {
        let lab = checkout();
        lab.write("pages/note.md", pin_note());
        let mine = lab.read(path) + "\n";
        lab.write(path, &mine);
        let run = refresh(&lab, &["pages"]);
        assert!(!run.ok && run.err.contains("commit or stash them"), "{}", run.err);
        assert!(run.err.contains(&format!("\n  {path}\n")), "{}", run.err);
        assert_eq!((status(&lab), lab.read(path)), (format!(" M {path}\n"), mine));
    }
}

#[test]
fn a_failed_check_leaves_the_changes_and_shows_the_way_back() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    lab.write("cargo.fails", "clippy");
    let run = refreshed(&lab);
    let failed =
        "error: `cargo clippy --package harbor --all-targets --all-features -- -Dwarnings` failed";
    assert!(!run.ok && run.err.contains(failed), "{}", run.err);
    assert!(run.out.contains("-Dwarnings`: **failed**\n"), "{}", run.out);
    assert!(
        run.out.contains("`cargo test --package openplat-tests --lib`: not run"),
        "{}",
        run.out
    );
    assert!(lab.path("target/sentences.json").is_file(), "nothing is lost on the way back");
    // A change by hand does not keep it from going on.
    lab.edit(SPEC, "Is painted", "Was painted");
    let run = refresh(&lab, &["pages"]);
    let edited = format!("To go back instead, with what you changed since in {SPEC}:\n");
    assert!(!run.ok && run.err.contains(&edited), "{}", run.err);
    lab.write("cargo.fails", "nothing");
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok && lab.read(SPEC).contains("Was painted"), "{}", run.err);
    assert!(lab.xtask(&["codegen", "--check"]).ok);
    assert!(!lab.path("target/sentences.json").exists());
}

/// Runs the commands that a failed refresh shows.
fn go_back(lab: &Lab, run: &Run) {
    let (_, back) = run.err.trim_end().rsplit_once("\n  ").unwrap();
    for command in back.split(" && ") {
        lab.git(&command.split(' ').skip(1).collect::<Vec<_>>());
    }
}

#[test]
fn the_way_back_is_complete_and_spares_what_others_changed() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    lab.write("cargo.fails", "clippy");
    let failed = refreshed(&lab);
    go_back(&lab, &failed);
    assert_eq!(status(&lab), "");

    // The sentences are not asked for again.
    let failed = refresh(&lab, &["pages"]);
    assert!(failed.err.contains("-Dwarnings` failed"), "{}", failed.err);
    lab.git(&["add", "-A"]);
    go_back(&lab, &failed);
    assert_eq!(status(&lab), "", "staged changes are undone as well");

    // Code by hand that a change asks for does not keep it from going on, and is not undone.
    assert!(!refresh(&lab, &["pages"]).ok);
    lab.write("crates/harbor/src/by_hand.rs", "");
    let failed = refresh(&lab, &["pages"]);
    assert!(failed.err.contains("-Dwarnings` failed"), "{}", failed.err);
    go_back(&lab, &failed);
    assert_eq!(status(&lab), "?? crates/harbor/src/by_hand.rs\n");
    fs::remove_file(lab.path("crates/harbor/src/by_hand.rs")).unwrap();

    // What it writes depends on the specs, so those of others would be taken for its own.
    assert!(!refresh(&lab, &["pages"]).ok);
    lab.edit(DOCK, "Is painted", "Was painted");
    let run = refresh(&lab, &["pages"]);
    assert!(run.err.starts_with("error: 1 file has changes that are not"), "{}", run.err);
    assert!(run.err.contains(&format!("\n  {DOCK}\n")), "{}", run.err);
}

#[test]
fn changes_of_others_are_not_tested_again_nor_recorded() {
    let lab = checkout();
    lab.edit(DOCK, "  \"doc\"", "  \"rust\": \"ErectDock\",\n  \"doc\"");
    lab.write("crates/harbor/src/by_hand.rs", "");
    let before = (status(&lab), lab.git(&["diff"]));
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok && run.out.is_empty(), "{}{}", run.err, run.out);
    assert!(
        run.err.contains("the specs say what the 1 page says; nothing was changed"),
        "{}",
        run.err
    );
    assert_eq!((status(&lab), lab.git(&["diff"])), before);
    assert!(!lab.path("cargo.log").exists());
}

#[test]
fn nothing_stays_half_written() {
    let lab = checkout();
    lab.write("CHANGELOG.md", "# Changelog\n");
    commit(&lab);
    lab.write("pages/note.md", pin_note());
    let run = refreshed(&lab);
    assert!(!run.ok && run.err.contains("CHANGELOG.md has no line `## Unreleased`"), "{}", run.err);
    assert!(run.err.contains("all files are as before"), "{}", run.err);
    assert_eq!(status(&lab), "");
    fs::remove_file(lab.path("target/sentences.json")).unwrap();
    fs::remove_file(lab.path("pages/note.md")).unwrap();
    lab.write("CHANGELOG.md", CHANGELOG);
    lab.edit("crates/harbor/Cargo.toml", "events = []", "");
    commit(&lab);
    lab.write("pages/ship.md", event("dock.ship.came_v1", &["name | string | 名称"]));
    let run = refreshed(&lab);
    assert!(!run.ok && run.err.contains("needs a feature of its crate"), "{}", run.err);
    assert_eq!(status(&lab), "");
}

/// Returns a checkout with the page of a new operation, all of whose sentences are written.
fn ready() -> Lab {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    write_sentences(&lab);
    lab
}

/// Returns that checkout after a run that was killed: the specs and the code are written, but not the
/// document, which is longer.
fn killed() -> Lab {
    let lab = ready();
    let size = lab.read("openapi/harbor.json").len() as u64;
    lab.xtask_killed_at(size.div_ceil(512), &["refresh", "pages"]);
    assert!(lab.path(SPEC).is_file() && !lab.xtask(&["openapi", "--check"]).ok);
    lab
}

#[test]
fn a_write_that_fails_takes_back_those_before_it() {
    let lab = ready();
    // The folder goes with its only file.
    let gone = "crates/harbor/src/generated/gone/mod.rs";
    lab.write(gone, lab.read("crates/harbor/src/generated/mod.rs"));
    commit(&lab);
    // Room for the specs and the code, but not for the document, which is longer.
    let size = lab.read("openapi/harbor.json").len() as u64;
    let run = lab.xtask_with_small_files(size.div_ceil(512), &["refresh", "pages"]);
    assert!(!run.ok && run.err.contains("openapi/harbor.json"), "{}", run.err);
    assert!(run.err.ends_with("\n\nall files are as before\n"), "{}", run.err);
    assert!(
        !run.err.contains("nothing") && !run.err.contains("run the command again"),
        "{}",
        run.err
    );
    assert_eq!(status(&lab), "");
}

#[test]
fn a_run_that_is_killed_is_continued() {
    let lab = killed();
    lab.write("cargo.fails", "clippy");
    let failed = refresh(&lab, &["pages"]);
    assert!(failed.err.contains("-Dwarnings` failed"), "{}", failed.err);
    assert!(failed.err.contains("To go back instead:"), "{}", failed.err);
    assert!(lab.xtask(&["codegen", "--check"]).ok && lab.xtask(&["openapi", "--check"]).ok);
    assert!(lab.read("CHANGELOG.md").contains("`PinNoteDock`"), "{}", lab.read("CHANGELOG.md"));
    go_back(&lab, &failed);
    assert_eq!(status(&lab), "", "what the killed run wrote is undone as well");
}

/// What a killed run wrote is told from what was edited since.
#[test]
fn a_run_that_is_killed_edited_nothing() {
    let lab = killed();
    // The document as it is if the run is killed right after its last write.
    assert!(lab.xtask(&["openapi"]).ok);
    lab.write("cargo.fails", "clippy");
    let failed = refresh(&lab, &["pages"]);
    assert!(failed.err.contains("To go back instead:"), "{}", failed.err);
    go_back(&lab, &failed);
    assert_eq!(status(&lab), "");
}

#[test]
fn a_summary_that_cannot_be_printed_is_an_error() {
    let lab = checkout();
    let limits = "名称<br>**数据校验规则**：长度范围 `1` ～ `50` 字符 |\n";
    lab.edit("pages/dock.md", "名称 |\n", limits);
    for fails in ["nothing", "clippy"] {
        lab.write("cargo.fails", fails);
        let run = lab.xtask_onto_a_full_disk(&environment(&lab), &["refresh", "pages"]);
        assert!(
            !run.ok && run.err.contains("\nerror: the output cannot be written: "),
            "{}",
            run.err
        );
        assert!(lab.read("cargo.log").contains("cargo xtask words"), "{}", lab.read("cargo.log"));
        let hint = "-Dwarnings` failed, see above\n\nFix what it shows";
        assert_eq!(run.err.contains(hint), fails == "clippy", "{}", run.err);
    }
}

#[test]
fn a_second_refresh_of_an_operation_has_its_own_entry() {
    let lab = checkout();
    for field in ["size", "depth"] {
        let row = format!("| {field} | int | 否 | 大小 |\n| name |");
        lab.write("pages/dock.md", dock().replacen("| name |", &row, 1));
        let run = refreshed(&lab);
        assert!(run.ok, "{}", run.err);
        let entry = format!("- `harbor`: `CreateDock` (`dock.v1.dock.create`): field `{field}`.\n");
        assert!(lab.read("CHANGELOG.md").contains(&entry), "{}", lab.read("CHANGELOG.md"));
        commit(&lab);
    }
}

#[test]
fn an_entry_by_hand_takes_the_place_of_one_that_is_shown() {
    let lab = checkout();
    lab.write("pages/note.md", pin_note());
    lab.write("cargo.fails", "clippy");
    assert!(!refreshed(&lab).ok);
    let (generated, own) = ("`PinNoteDock` (`dock.v1.dock.pin_note`)", "notes, by `dock.pin_note`");
    lab.edit("CHANGELOG.md", generated, own);
    let run = refresh(&lab, &["pages"]);
    let left_out = format!("about the same:\n- `harbor`: {generated}.\n");
    assert!(run.err.contains(&left_out), "{}", run.err);
    let changelog = lab.read("CHANGELOG.md");
    assert!(changelog.contains(own) && !changelog.contains(generated), "{changelog}");
}

#[test]
fn a_picture_among_the_pages_is_passed_over_and_said() {
    let lab = checkout();
    lab.write("pages/dock.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok && run.err.contains("pages/dock.png:1: "), "{}", run.err);
    lab.write("pages/note.md", pin_note());
    lab.write("pages/README.md", "# Pages\n\nOf the harbor.\n");
    let run = refreshed(&lab);
    for said in [
        "- `pages/dock.png` (no page): ",
        "- `pages/README.md` (no operation or event): ",
        "\n4 pages read: 2 operations, 0 events, 2 passed over.\n",
    ] {
        assert!(run.ok && run.out.contains(said), "{said}\n{}{}", run.err, run.out);
    }
}

#[test]
fn a_page_that_cannot_be_taken_over_is_no_page_that_the_specs_repeat() {
    let lab = checkout();
    let no_method = pin_note().replace("| HTTP Method | POST |\n", "");
    lab.write("pages/note.md", no_method);
    let run = refresh(&lab, &["pages"]);
    let said = "the page does not say the HTTP method; correct the page, or leave it out";
    assert!(!run.ok && run.err.contains(said), "{}", run.err);
    let url = "https://open.feishu.cn/open-apis/dock/v1/docks/:dock_id/pin_note";
    assert!(pin_note().contains(url), "{}", pin_note());
    lab.write("pages/note.md", pin_note().replace(url, ""));
    let run = refresh(&lab, &["pages"]);
    let said = "pages/note.md:1: skipped: ";
    assert!(run.ok && run.err.contains(said), "{}", run.err);
    assert!(run.err.contains("the specs say what the 1 page says;"), "{}", run.err);
    let run = refresh(&lab, &["pages/note.md"]);
    let said = "error: no page has an operation or an event to take over; nothing was written";
    assert!(!run.ok && run.err.contains(said), "{}", run.err);
}

#[test]
fn a_page_of_no_api_needs_a_place_first() {
    let lab = checkout();
    let quay = page("POST", "/docks", "").replace("/dock/v1/docks", "/quay/v1/quays");
    lab.write("pages/quay.md", &quay);
    let run = refresh(&lab, &["pages"]);
    let said = "pages/quay.md: no spec describes POST /open-apis/quay/v1/quays";
    assert!(!run.ok && run.err.contains(said), "{}", run.err);
    assert!(run.err.contains("cargo xtask new-api NAME --vendor VENDOR"), "{}", run.err);
    let run = refresh(&lab, &["pages", "--api", "feishu-quay"]);
    let said = "unknown API `feishu-quay`; available: `harbor`";
    assert!(!run.ok && run.err.contains(said), "{}", run.err);
    let advice = "\n  cargo xtask new-api feishu-quay --vendor VENDOR\n";
    assert!(run.err.contains(advice), "{}", run.err);
    assert_eq!(status(&lab), "");
    // With its place, it takes its own page and leaves those of others alone.
    lab.write("specs/quay/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.write("crates/quay/Cargo.toml", "");
    generate(&lab);
    commit(&lab);
    for _ in 0..2 {
        let run = refresh(&lab, &["pages", "--api", "quay"]);
        if !run.ok {
            fill(&lab, "target/sentences.json");
        }
    }
    assert!(lab.path("specs/quay/quay.create.json").is_file());
    assert!(!status(&lab).contains("harbor"), "{}", status(&lab));
}

#[test]
fn a_page_without_a_spec_on_purpose_is_passed_over() {
    let lab = checkout();
    lab.write("pages/quay.md", page("GET", "/docks/:dock_id/tide", ""));
    lab.write(
        "specs/fixups.json",
        r#"[{ "page": "GET /open-apis/dock/v1/docks/:dock_id/tide", "differs": "no spec", "why": "Nobody asks." }]"#,
    );
    commit(&lab);
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok && run.err.contains("nothing was changed"), "{}", run.err);
}

#[test]
fn apis_with_sentences_of_the_same_place_keep_them_apart() {
    let lab = checkout();
    lab.write("specs/quay/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.write("crates/quay/Cargo.toml", "");
    generate(&lab);
    commit(&lab);
    let quay = page("POST", "/docks", "").replace("/dock/v1/docks", "/quay/v1/docks");
    lab.write("quay/dock.md", &quay);
    for _ in 0..2 {
        if !refresh(&lab, &["quay", "--api", "quay"]).ok {
            fill(&lab, "target/sentences.json");
        }
    }
    fs::remove_dir_all(lab.path("quay")).unwrap();
    commit(&lab);
    let size = "请求体\n\n| 名称 | 类型 | 必填 | 描述 |\n| --- | --- | --- | --- |\n| size | int | 否 | 大小 |\n";
    lab.write("pages/dock.md", format!("{}### {size}", page("POST", "/docks", "")));
    lab.write("pages/quay.md", format!("{quay}### {size}"));
    let run = refresh(&lab, &["pages"]);
    assert!(!run.ok && run.err.contains("2 sentences are missing"), "{}", run.err);
    lab.edit("target/sentences.json", r#""doc": """#, r#""doc": "Is long in the harbor.""#);
    lab.edit("target/sentences.json", r#""doc": """#, r#""doc": "Is long on the quay.""#);
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok, "{}", run.err);
    assert!(lab.read(DOCK).contains("Is long in the harbor."));
    assert!(lab.read("specs/quay/dock.create.json").contains("Is long on the quay."));
    assert!(run.out.contains("## `quay`") && run.out.contains("## `harbor`"), "{}", run.out);
}

#[test]
fn what_is_left_out_is_said_of_the_page_of_its_own_api() {
    let lab = checkout();
    lab.write("specs/quay/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.write("crates/quay/Cargo.toml", "");
    generate(&lab);
    commit(&lab);
    let quay =
        |path: &str, sections: &str| page("POST", path, sections).replace("/dock/v1/", "/quay/v1/");
    lab.write("pages/quay.md", quay("/ships", ""));
    for _ in 0..2 {
        if !refresh(&lab, &["pages", "--api", "quay"]).ok {
            fill(&lab, "target/sentences.json");
        }
    }
    commit(&lab);
    // Both APIs have a `dock.create` now.
    let kind = "kind | string | 否 | 类型<br>**示例值**：\"odd\"<br>**可选值有**：<br>- `wet`：湿";
    lab.write("pages/quay.md", quay("/docks", &table("请求体", &[kind])));
    let run = refreshed(&lab);
    assert!(run.ok, "{}", run.err);
    let line =
        "- `pages/quay.md:1`: conflict: left out: the example `odd` is not one of the values";
    assert!(run.out.lines().any(|it| it.starts_with(line)), "{}", run.out);
}

#[test]
fn the_address_of_a_page_is_filled_in_where_nothing_else_differs() {
    let lab = checkout();
    lab.write("pages/ship.md", event("dock.ship.came_v1", &["name | string | 名称"]));
    let run = refreshed(&lab);
    assert!(run.ok, "{}", run.err);
    commit(&lab);
    for (page, spec) in [("dock", DOCK), ("ship", "specs/harbor/events/dock.ship.came_v1.json")] {
        let address = format!("https://open.feishu.cn/document/harbor/{page}");
        let page = format!("pages/{page}.md");
        lab.write(&page, format!("---\nurl: {address}\n---\n\n{}", lab.read(&page)));
        let run = refresh(&lab, &["pages"]);
        assert!(run.ok && lab.read(spec).contains(&address), "{}{}", run.err, lab.read(spec));
        commit(&lab);
    }
}

#[test]
fn an_operation_that_moved_takes_its_spec_along() {
    let lab = checkout();
    let address = "---\nurl: https://open.feishu.cn/document/harbor/dock\n---\n\n";
    lab.write("pages/dock.md", format!("{address}{}", dock()));
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok, "{}", run.err);
    commit(&lab);
    lab.edit("pages/dock.md", "/dock/v1/docks", "/dock/v1/piers");
    let run = refresh(&lab, &["pages"]);
    assert!(run.ok, "{}", run.err);
    let line = "- Changed, **breaking**: `CreateDock` (`dock.v1.dock.create`): the path is \
                `/open-apis/dock/v1/piers` instead of `/open-apis/dock/v1/docks`";
    assert!(run.out.lines().any(|it| it == line), "{}", run.out);
    assert!(run.out.contains("## `harbor`: breaking; 0.4.0 at least"), "{}", run.out);
    assert!(run.out.contains("- [ ] Each breaking change"), "{}", run.out);
    let entry =
        "### Changed\n\n- **Breaking:** `harbor`: `CreateDock` (`dock.v1.dock.create`): the path";
    assert!(lab.read("CHANGELOG.md").contains(entry), "{}", lab.read("CHANGELOG.md"));
}

#[test]
fn an_event_and_a_fact_that_no_compiler_sees() {
    let lab = checkout();
    lab.write("pages/ship.md", event("dock.ship.came_v1", &["name | string | 名称"]));
    let limits = "名称<br>**数据校验规则**：长度范围 `1` ～ `50` 字符<br>**示例值**：west |\n";
    lab.edit("pages/dock.md", "名称 |\n", limits);
    let run = refreshed(&lab);
    assert!(run.ok, "{}", run.err);
    for line in [
        "- Added: event `ShipCame` (`dock.ship.came_v1`)",
        "- `dock.create` body/name: limit + max_length 50",
        "- add `specs/harbor/events/dock.ship.came_v1.json`",
    ] {
        assert!(run.out.lines().any(|it| it == line), "{line}\n{}", run.out);
    }
    assert!(!lab.read(DOCK).contains("west"), "samples stay");
    assert!(lab.read("README.md").contains("| Docks | 1 | 1 |"), "{}", lab.read("README.md"));
}

#[test]
fn an_operation_that_its_page_advises_against_needs_a_successor() {
    let lab = checkout();
    lab.edit("pages/dock.md", "# Dock", "# Dock（旧）");
    let run = refreshed(&lab);
    assert!(run.ok, "{}", run.err);
    let line = "- Deprecated: `CreateDock` (`dock.v1.dock.create`): deprecated";
    assert!(run.out.lines().any(|it| it == line), "{}", run.out);
    assert!(lab.read("CHANGELOG.md").contains("### Deprecated"), "{}", lab.read("CHANGELOG.md"));
}

/// The READMEs of this workspace count what its specs define.
#[test]
fn readmes_count_what_there_is() {
    let apis = xtask::codegen::lower(&workspace()).unwrap();
    let mut empty = xtask::codegen::lower(&workspace()).unwrap();
    empty.iter_mut().for_each(|api| api.modules.clear());
    for readme in READMES {
        let text = fs::read_to_string(workspace().join(readme)).unwrap();
        let counted = with_counts(&text, &apis);
        let wrong = text.lines().zip(counted.lines()).find(|(is, should_be)| is != should_be);
        assert_eq!(wrong, None, "{readme}");
        assert_ne!(with_counts(&text, &empty), text, "{readme} counts nothing");
    }
}

#[test]
#[ignore = "compiles a workspace, which takes minutes; CI runs it"]
fn one_command_leads_from_a_page_to_a_green_tree() {
    let lab = Lab::new();
    lab.copy_workspace();
    lab.git(&["init", "--quiet"]);
    commit(&lab);
    lab.write("pages/pin_note.md", include_str!("../refresh/pin_note.md"));
    lab.write("left.json", include_str!("../refresh/sentences.json"));
    let environment = [
        ("CARGO", env!("CARGO").into()),
        ("CARGO_TARGET_DIR", workspace().join("target/apart/new-api")),
        // As for the other test with this folder, so that both use what one has built.
        ("RUSTFLAGS", "-D warnings".into()),
    ];
    let run = lab.xtask_with(&environment, &["refresh", "pages", "--sentences", "left.json"]);
    assert!(run.ok, "{}{}", run.err, run.out);
    assert!(run.out.contains("- Added: `PinNoteChat` (`im.v1.chat.pin_note`)"), "{}", run.out);
    assert!(!run.out.contains("failed") && !run.out.contains("not run"), "{}", run.out);
    assert!(run.err.contains("test generated::feishu_im::"), "{}", run.err);
    let check = lab.xtask(&["codegen", "--check"]);
    assert!(check.ok, "{}", check.err);
}
