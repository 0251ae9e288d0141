//! What specs changed since a revision, by crate, with what it means for programs.

use serde_json::json;
use xtask::changelog::{Changelog, specs};

use super::fresh::{event, page, table};
use super::lab::Lab;

const DOCK: &str = "specs/harbor/dock.create.json";

/// A repository with the specs of one API, in version 0.3.1.
fn lab() -> Lab {
    let lab = Lab::new();
    let rows = [
        "name | string | 是 | 名称",
        "note | string | 否 | 备注",
        "kind | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
        "owner | object | 否 | 所有者",
        "└ phone | string | 否 | 电话",
        "place | object | 否 | 位置",
        "└ size | int | 是 | 大小",
        "└ name | string | 是 | 名称",
        "└ next | string | 否 | 下一个",
    ];
    lab.write("pages/dock.md", page("POST", "/docks", &table("请求体", &rows)));
    let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
    lab.write("pages/get.md", page("GET", "/docks/:dock_id", &path));
    lab.write("pages/ship.md", event("dock.ship.came_v1", &["name | string | 名称"]));
    lab.distil();
    lab.write("Cargo.toml", "[workspace.package]\nversion = \"0.3.1\"\n");
    lab.git(&["init", "--quiet"]);
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "--quiet", "-m", "specs"]);
    lab
}

type Edit = fn(&Lab);

#[test]
fn each_kind_of_change_has_its_effect() {
    let cases: [(Edit, &str, &str); 16] = [
        (
            |lab| lab.edit(DOCK, r#"{ "name": "note", "type": "string", "doc": "" },"#, ""),
            "`dock.create` body/note: field - string",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#"{ "name": "note","#,
                    r#"{ "name": "zone", "type": "int", "doc": "" }, { "name": "note","#,
                )
            },
            "`dock.create` body/zone: field + int",
            "additive; 0.3.2",
        ),
        (
            |lab| {
                lab.edit(DOCK, r#"{ "name": "note","#, r#"{ "name": "zone", "type": "int", "doc": "", "required": true }, { "name": "note","#)
            },
            "`dock.create` body/zone: field + required int",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#""name": "note", "type": "string""#,
                    r#""name": "note", "type": "string", "rust": "remark""#,
                )
            },
            "`dock.create` body/note/rust: name note -> remark",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#""name": "note", "type": "string""#,
                    r#""name": "note", "type": "int""#,
                )
            },
            "`dock.create` body/note: type string -> int",
            "breaking; 0.4.0",
        ),
        (
            |lab| lab.edit(DOCK, r#""value": "dry""#, r#""value": "dusty""#),
            "`types/Kind` values: value - dry",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#"{ "name": "phone""#,
                    r#"{ "name": "mail", "type": "string", "doc": "" }, { "name": "phone""#,
                )
            },
            "`types/Owner` mail: field + string",
            "additive; 0.3.2",
        ),
        (
            |lab| lab.edit(DOCK, r#"["tenant"]"#, r#"["user"]"#),
            "`dock.create` tokens: token - tenant",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#""method": "POST""#,
                    r#""deprecated": "Use another.", "method": "POST""#,
                )
            },
            "`dock.create` deprecated: deprecated + Use another.",
            "additive; 0.3.2",
        ),
        (
            |lab| lab.edit(DOCK, r#""method": "POST""#, r#""idempotent": true, "method": "POST""#),
            "`dock.create` idempotent: retry by the method -> idempotent",
            "additive; 0.3.2",
        ),
        (
            |lab| lab.edit(DOCK, r#""name": "note","#, r#""name": "note", "dedupe": true,"#),
            "`dock.create` body/note: retry + idempotency key",
            "additive; 0.3.2",
        ),
        (
            |lab| {
                let (size, name) = (
                    r#"{ "name": "size", "type": "int", "doc": "", "required": true }"#,
                    r#"{ "name": "name", "type": "string", "doc": "", "required": true }"#,
                );
                let (old, new) = ([size, name], [name, size]);
                lab.edit(DOCK, &old.join(",\n        "), &new.join(",\n        "));
            },
            "`types/Place` new: name size, name -> name, size",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#"{ "name": "next", "type": "string""#,
                    r#"{ "name": "next", "type": "Place""#,
                )
            },
            "`types/Place` next: type string -> Place boxed",
            "breaking; 0.4.0",
        ),
        (
            |lab| std::fs::rename(lab.path(DOCK), lab.path("specs/harbor/dock.make.json")).unwrap(),
            "`dock.create`: operation - dock.v1.dock.create",
            "breaking; 0.4.0",
        ),
        (
            |lab| {
                std::fs::remove_file(lab.path("specs/harbor/events/dock.ship.came_v1.json"))
                    .unwrap()
            },
            "`events/dock.ship.came_v1`: event - dock.ship.came_v1",
            "breaking; 0.4.0",
        ),
        (|lab| lab.edit("Cargo.toml", "0.3.1", "7.0.0"), "", ""),
    ];
    for (edit, said, verdict) in cases {
        let lab = lab();
        edit(&lab);
        let run = lab.xtask(&["changes", "HEAD"]);
        assert!(run.ok, "{}", run.err);
        assert!(run.out.contains(said), "{said}: {}", run.out);
        match verdict {
            "" => assert_eq!(run.out, ""),
            verdict => assert!(
                run.out.starts_with(&format!("## `harbor`: {verdict} at least\n")),
                "{}",
                run.out
            ),
        }
    }
}

#[test]
fn sentences_alone_are_a_patch_and_a_crate_is_one_line() {
    let lab = lab();
    lab.edit(DOCK, r#""doc": """#, r#""doc": "Builds a dock.""#);
    let run = lab.xtask(&["changes", "HEAD"]);
    assert_eq!(
        run.out, "## `harbor`: sentences and samples alone; 0.3.2 at least\n\n",
        "{}",
        run.err
    );
    lab.write("specs/quay/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    let json = lab.xtask(&["changes", "HEAD", "--json"]).json();
    assert_eq!(
        json,
        json!([
            { "crate": "harbor", "verdict": "patch", "version": "0.3.2", "changes": [] },
            { "crate": "quay", "verdict": "additive", "version": "0.3.2", "changes": [
                { "file": "", "at": "", "what": "crate", "to": "quay", "effect": "additive" },
            ] },
        ])
    );
}

#[test]
fn the_checkout_stays_as_it_is() {
    let lab = lab();
    lab.edit(DOCK, r#""doc": """#, r#""doc": "Builds a dock.""#);
    let specs = lab.specs();
    lab.git(&["add", "-A"]);
    assert!(lab.xtask(&["changes", "HEAD"]).ok);
    assert_eq!(lab.specs(), specs);
    lab.git(&["diff", "--quiet"]);
}

#[test]
fn revisions_and_specs_that_cannot_be_read() {
    let lab = lab();
    for revision in ["nowhere", "--output=x", "HEAD:Cargo.toml"] {
        let run = lab.xtask(&["changes", "--", revision]);
        assert!(!run.ok && run.err.starts_with("error: "), "{revision}: {}", run.err);
        assert_eq!(run.out, "");
    }
    lab.write("specs/quay/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.edit(DOCK, r#""body""#, r#""bdoy""#);
    let run = lab.xtask(&["changes", "HEAD", "--json"]);
    assert!(!run.ok && run.err.contains("dock.create.json"), "{}", run.err);
    assert_eq!(run.json()[0]["crate"], "quay");
}

/// Each kind of change, as the changelog says it.
#[test]
fn changes_are_entries_that_name_what_programs_name() {
    let cases: [(Edit, &str); 13] = [
        (
            |lab| lab.edit(DOCK, r#"{ "name": "note", "type": "string", "doc": "" },"#, ""),
            "### Removed\n\n- **Breaking:** `harbor`: `CreateDock` (`dock.v1.dock.create`): field `note`.",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#"{ "name": "note","#,
                    r#"{ "name": "zone", "type": "int", "doc": "" }, { "name": "note","#,
                )
            },
            "### Added\n\n- `harbor`: `CreateDock` (`dock.v1.dock.create`): field `zone`.",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#""name": "note", "type": "string""#,
                    r#""name": "note", "type": "int""#,
                )
            },
            "### Changed\n\n- **Breaking:** `harbor`: `CreateDock` (`dock.v1.dock.create`): the type of \
             `note` is `int` instead\n  of `string`.",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#""name": "note", "type": "string""#,
                    r#""name": "note", "type": "string", "deprecated": "Use `name`.""#,
                )
            },
            "### Deprecated\n\n- `harbor`: `CreateDock` (`dock.v1.dock.create`): `note` deprecated.",
        ),
        (
            |lab| lab.edit(DOCK, r#""doc": """#, r#""doc": "", "deprecated": "Use others.""#),
            "### Deprecated\n\n- `harbor`: `CreateDock` (`dock.v1.dock.create`): deprecated.",
        ),
        (
            |lab| lab.edit(DOCK, r#""value": "dry""#, r#""value": "dusty""#),
            "### Added\n\n- `harbor`: `Kind`: value `dusty`.\n\n### Removed\n\n- **Breaking:** `harbor`: \
             `Kind`: value `dry`.",
        ),
        (
            |lab| {
                std::fs::remove_file(lab.path("specs/harbor/events/dock.ship.came_v1.json"))
                    .unwrap()
            },
            "### Removed\n\n- **Breaking:** `harbor`: event `ShipCame` (`dock.ship.came_v1`).\n\
             - **Breaking:** `harbor`: `ShipCame`: type (`model`).",
        ),
        (
            |lab| {
                lab.edit("specs/harbor/api.json", r#""modules""#, r#""errors": { "7": { "name": "Full", "http": 400, "kind": "rejected", "doc": "", "advice": "" } }, "modules""#)
            },
            "### Added\n\n- `harbor`: error codes: `7` (`Full`).",
        ),
        (
            |lab| {
                lab.edit(
                    DOCK,
                    r#"{ "name": "name", "type": "string", "doc": "", "required": true }"#,
                    r#"{ "name": "name", "type": "string", "doc": "" }"#,
                )
            },
            "### Changed\n\n- **Breaking:** `harbor`: `CreateDock` (`dock.v1.dock.create`): `name` is \
             optional instead of\n  required.",
        ),
        (
            |lab| lab.edit(DOCK, r#"{ "name": "kind", "type": "Kind", "doc": "" },"#, ""),
            "### Removed\n\n- **Breaking:** `harbor`: `CreateDock` (`dock.v1.dock.create`): field `kind`.",
        ),
        (
            |lab| {
                let code = |kind| format!(r#"{{ "http": 400, "kind": "{kind}", "advice": "" }}"#);
                let codes = |text: &str| format!(r#"{{ "codes": {{ {text} }} }}"#);
                let path = "specs/feishu.codes.json";
                lab.write(path, codes(&format!(r#""7": {}"#, code("rejected"))));
                lab.git(&["add", "-A"]);
                lab.git(&["commit", "--quiet", "--amend", "--no-edit"]);
                let both = format!(r#""7": {}, "8": {}"#, code("throttled"), code("throttled"));
                lab.write(path, codes(&both));
            },
            "### Added\n\n- `openplat-core`: error codes of any operation of Feishu: code `8`.\n\n\
             ### Changed\n\n- `openplat-core`: error codes of any operation of Feishu: the kind of `7` is \
             `Throttled` instead of\n  `Rejected`.",
        ),
        (
            // A crate that only tests use.
            |lab| {
                let manifest = "[package]\nname = \"harbor\"\npublish = false\n";
                lab.write("crates/harbor/Cargo.toml", manifest);
                lab.edit(DOCK, r#""value": "dry""#, r#""value": "dusty""#);
            },
            "",
        ),
        (
            |lab| {
                lab.write(
                    "specs/quay/api.json",
                    r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#,
                )
            },
            "### Added\n\n- `quay`: the crate.",
        ),
    ];
    for (edit, entries) in cases {
        let lab = lab();
        edit(&lab);
        let found = xtask::changes::since(&lab.path(""), "HEAD").unwrap();
        let mut changelog = Changelog::parse("## Unreleased\n").unwrap();
        assert!(specs::record(&found.crates, &mut changelog, None).is_empty());
        assert_eq!(changelog.unreleased(), entries, "{:?}", found.faults);
        // Whatever is there already is not said again.
        assert!(specs::record(&found.crates, &mut changelog, None).is_empty());
        assert_eq!(changelog.unreleased(), entries);
    }
}

#[test]
fn an_entry_by_hand_on_a_code_of_a_platform_takes_the_place_of_the_generated_one() {
    let lab = lab();
    let code = |kind| format!(r#"{{ "http": 400, "kind": "{kind}", "advice": "" }}"#);
    let codes = |text: &str| {
        lab.write("specs/feishu.codes.json", format!(r#"{{ "codes": {{ {text} }} }}"#))
    };
    codes(&format!(r#""7": {}"#, code("rejected")));
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "--quiet", "-m", "codes"]);
    codes(&format!(r#""7": {}, "8": {}"#, code("throttled"), code("throttled")));
    let found = xtask::changes::since(&lab.path(""), "HEAD").unwrap();
    let by_hand =
        "## Unreleased\n\n### Changed\n\n- `openplat-core`: `7` is throttled now, and so is `8`.\n";
    let mut changelog = Changelog::parse(by_hand).unwrap();
    let left_out = specs::record(&found.crates, &mut changelog, None);
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert_eq!(changelog.unreleased(), by_hand.trim_start_matches("## Unreleased\n\n").trim_end());
}
