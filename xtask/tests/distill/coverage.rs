//! Which pages have specs, and which specs have pages.

use serde_json::{Value, json};

use super::fresh::{event, page, table};
use super::lab::Lab;

/// Two operations and an event with their pages, and an operation without one.
fn lab() -> Lab {
    let lab = Lab::new();
    let body = table("请求体", &["name | string | 是 | 名称"]);
    lab.write("pages/create.md", page("POST", "/docks", &body));
    lab.write("pages/list.md", page("GET", "/docks", ""));
    lab.write("pages/ship.md", event("dock.ship.came_v1", &["name | string | 名称"]));
    lab.write("pages/delete.md", page("DELETE", "/docks", ""));
    lab.distil();
    std::fs::remove_file(lab.path("pages/delete.md")).unwrap();
    // Its crate is for tests.
    lab.write("specs/toy/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.write(
        "specs/toy/dock.get.json",
        lab.read("specs/harbor/dock.list.json").replace("/dock/", "/toy/"),
    );
    lab.edit("specs/toy/api.json", r#""modules": {}"#, r#""modules": { "dock": "Toys." }"#);
    lab.write("crates/toy/Cargo.toml", "[package]\npublish = false\n");
    lab
}

fn counts(json: &Value) -> Value {
    json["crates"].clone()
}

/// The standing of each page.
fn standings(json: &Value) -> Vec<(&str, &str)> {
    let pages = json["pages"].as_array().unwrap().iter();
    pages.map(|page| (page["page"].as_str().unwrap(), page["standing"].as_str().unwrap())).collect()
}

#[test]
fn each_spec_and_each_page_has_its_counterpart_or_none() {
    let lab = lab();
    lab.write("pages/again.md", page("POST", "/docks", ""));
    lab.write("pages/guide.md", "# How to build\n\nWith stones.\n");
    lab.write("pages/new.md", page("POST", "/docks/:dock_id/pin_note", ""));
    lab.write("pages/other.md", page("POST", "/x", "").replace("/dock/v1/x", "/quay/v1/x"));
    lab.write("pages/picture.md", [0, 1, 2, 0xff]);
    let run = lab.xtask(&["coverage", "pages", "--json"]);
    assert!(run.ok, "{}", run.err);
    let json = run.json();
    assert_eq!(
        counts(&json),
        json!([{
            "crate": "harbor",
            "operations": { "specs": 3, "with_page": 2, "without_spec": 1 },
            "events": { "specs": 1, "with_page": 1, "without_spec": 0 },
        }])
    );
    let mut said = standings(&json);
    said.sort_unstable();
    assert_eq!(
        said,
        [
            ("pages/again.md", "covered"),
            ("pages/create.md", "repeated"),
            ("pages/guide.md", "other"),
            ("pages/list.md", "covered"),
            ("pages/new.md", "no_spec"),
            ("pages/other.md", "no_spec"),
            ("pages/picture.md", "unreadable"),
            ("pages/ship.md", "covered"),
        ]
    );
    let specs = json["specs"].as_array().unwrap();
    let without: Vec<_> = specs.iter().filter(|spec| spec["page"].is_null()).collect();
    assert_eq!(
        without,
        [
            &json!({ "crate": "harbor", "spec": "dock.delete", "describes": "DELETE /open-apis/dock/v1/docks" })
        ]
    );
    let run = lab.xtask(&["coverage", "pages"]);
    assert!(run.ok, "{}", run.err);
    for line in [
        "crate     operations  with page  no spec  events  with page  no spec",
        "harbor             3          2        1       1          1        0",
        "no crate           0          0        1       0          0        0",
        "all                3          2        2       1          1        0",
        "Specs without a page (1):",
        "  specs/harbor/dock.delete.json: DELETE /open-apis/dock/v1/docks: NO REASON IS GIVEN",
        "Pages without a spec (2):",
        "  pages/new.md: POST /open-apis/dock/v1/docks/:dock_id/pin_note: NO REASON IS GIVEN",
        "Pages that describe neither an operation nor an event (1):",
        "Pages that cannot be read (1):",
    ] {
        assert!(run.out.lines().any(|it| it == line), "{line}\n{}", run.out);
    }
    let check = lab.xtask(&["coverage", "pages", "--check"]);
    let said = "error: 1 spec has no page, 2 pages have no spec, 1 page cannot be read\n";
    assert!(!check.ok && check.err.starts_with(said), "{}", check.err);
    assert_eq!(check.out, run.out);
    let wrong = lab.xtask(&["coverage", "pages", "--api", "haven"]);
    assert!(!wrong.ok && wrong.out.is_empty(), "{}", wrong.out);
    assert!(wrong.err.contains("unknown API `haven`"), "{}", wrong.err);
}

#[test]
fn a_reason_is_enough_for_the_check() {
    let lab = lab();
    lab.write("pages/tide.md", page("GET", "/tide", ""));
    assert!(!lab.xtask(&["coverage", "pages", "--check"]).ok);
    lab.write(
        "specs/harbor/fixups.json",
        r#"[{ "page": "DELETE /open-apis/dock/v1/docks", "differs": "no page", "why": "It is secret." }]"#,
    );
    lab.write(
        "specs/fixups.json",
        r#"[{ "page": "GET /open-apis/dock/v1/tide", "differs": "no spec", "why": "Nobody asks." }]"#,
    );
    let run = lab.xtask(&["coverage", "pages", "--check"]);
    assert!(run.ok, "{}", run.err);
    for line in [
        "  specs/harbor/dock.delete.json: DELETE /open-apis/dock/v1/docks: It is secret.",
        "  pages/tide.md: GET /open-apis/dock/v1/tide: Nobody asks.",
    ] {
        assert!(run.out.lines().any(|it| it == line), "{line}\n{}", run.out);
    }
}

/// Pages of one service are no reason to miss those of another.
#[test]
fn crates_that_no_page_is_about_are_not_checked() {
    let lab = lab();
    let quay = r#"{ "vendor": "feishu", "modules": { "dock": "Quays." }, "errors": {} }"#;
    lab.write("specs/quay/api.json", quay);
    lab.write(
        "specs/quay/dock.get.json",
        lab.read("specs/toy/dock.get.json").replace("/toy/", "/quay/"),
    );
    let fixup = r#"[{ "page": "DELETE /open-apis/dock/v1/docks", "differs": "no page", "why": "Secret." }]"#;
    lab.write("specs/harbor/fixups.json", fixup);
    let run = lab.xtask(&["coverage", "pages", "--check"]);
    assert!(run.ok && run.out.contains("\nNo page is about quay\n"), "{}{}", run.err, run.out);
    assert!(!run.out.contains("specs/quay"), "{}", run.out);
}

#[test]
fn the_page_of_an_operation_that_moved_is_still_its_page() {
    let lab = lab();
    lab.edit("pages/create.md", "/dock/v1/docks", "/dock/v1/docks/build");
    let json = lab.xtask(&["coverage", "pages", "--json"]).json();
    assert!(standings(&json).iter().all(|(_, standing)| *standing == "covered"), "{json:#}");
}
