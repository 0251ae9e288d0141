//! What pages say otherwise than specs: each kind of change, with what it means for programs.

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::Lab;

const OWNER: [&str; 4] = [
    "owner | owner | 否 | 所有者",
    "└ name | string | 否 | 名称",
    "└ phone | string | 否 | 电话",
    "kind | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
];

/// Two pages that share a model and an enum, and one whose answer is a table.
fn lab() -> Lab {
    let lab = Lab::new();
    let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
    let answer = [
        "code | int | 是 | 错误码",
        "msg | string | 是 | 描述",
        "data | object | 是 | 数据",
        "└ name | string | 是 | 名称",
        "└ depth | int | 是 | 水深",
    ];
    let answer = format!("## 响应\n\n{}", table("响应体", &answer));
    lab.write("pages/create.md", page("POST", "/docks", &table("请求体", &OWNER)));
    let update = format!("{path}{}", table("请求体", &OWNER));
    lab.write("pages/update.md", page("PUT", "/docks/:dock_id", &update));
    lab.write("pages/get.md", page("GET", "/docks/:dock_id", &format!("{path}{answer}")));
    lab.distil();
    lab
}

/// What drift says after an edit, which is what distilling says as well; and it fails.
#[track_caller]
fn after(page: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let lab = lab();
    assert_eq!(lab.xtask(&["drift", "pages"]).changes(), [""; 0]);
    for (old, new) in edits {
        lab.edit(page, old, new);
    }
    let drift = lab.xtask(&["drift", "pages"]);
    assert!(!drift.ok);
    let json = lab.xtask(&["drift", "pages", "--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), drift.changes().len());
    assert_eq!(lab.distil().changes(), drift.changes());
    drift.changes()
}

#[test]
fn values_of_an_enum_that_operations_share() {
    let (old, new) = ("<br>- `dry`：干", "<br>- `dusty`：灰");
    assert_eq!(
        after("pages/create.md", &[(old, new)]),
        [
            "additive: dock.create body/kind: value + dusty",
            "breaking: dock.create body/kind: value - dry (not on the page)",
        ]
    );
}

/// An enum that a maintainer made of the numbers of a page, or left without sentences.
#[test]
fn values_that_a_maintainer_named() {
    let rows = [
        "state | int | 否 | 状态<br>**可选值有**：<br>- `1`：开<br>- `2`：关",
        "kind | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
    ];
    let lab = Lab::new();
    lab.write("pages/create.md", page("POST", "/docks", &table("请求体", &rows)));
    lab.distil();
    let file = "specs/harbor/dock.create.json";
    let mut spec: Value = serde_json::from_str(&lab.read(file)).unwrap();
    spec["body"][0]["type"] = json!("DockState");
    spec["body"][0].as_object_mut().unwrap().remove("values");
    spec["types"][0]["values"] = json!([{ "value": "wet" }, { "value": "dry" }]);
    let open = json!({ "value": "1", "rust": "Open", "doc": "Boats come in." });
    let closed = json!({ "value": "2", "rust": "Closed", "doc": "No boat comes in." });
    let state = json!({ "name": "DockState", "doc": "", "int": true, "values": [open, closed] });
    spec["types"].as_array_mut().unwrap().push(state);
    lab.write(file, spec.to_string());
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/create.md", "<br>- `2`：关", "<br>- `3`：满");
    lab.edit("pages/create.md", "- `dry`：干", "- `dry`：干<br>- `dusty`：灰");
    assert_eq!(
        lab.distil().changes(),
        [
            "additive: dock.create body/state: value + 3",
            "breaking: dock.create body/state: value - 2 (not on the page)",
            "additive: dock.create body/kind: value + dusty",
        ]
    );
    let spec: Value = serde_json::from_str(&lab.read(file)).unwrap();
    assert_eq!(spec["types"][0]["values"][2], json!({ "value": "dusty" }));
    let new = json!({ "value": "3", "rust": "Value3", "doc": "" });
    assert_eq!(spec["types"][1]["values"][2], new);
}

/// A flag counts nothing.
#[test]
fn a_time_that_became_something_else() {
    let lab = Lab::new();
    let since = table("请求体", &["since | string | 否 | 起始时间"]);
    lab.write("pages/create.md", page("POST", "/docks", &since));
    lab.distil();
    let file = "specs/harbor/dock.create.json";
    let mut spec: Value = serde_json::from_str(&lab.read(file)).unwrap();
    spec["body"][0]["counts"] = json!("milliseconds");
    lab.write(file, spec.to_string());
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/create.md", "since | string", "since | boolean");
    let changes = lab.distil().changes();
    assert_eq!(changes, ["breaking: dock.create body/since: type string -> bool"]);
    let spec: Value = serde_json::from_str(&lab.read(file)).unwrap();
    assert_eq!((&spec["body"][0]["type"], spec["body"][0].get("counts")), (&json!("bool"), None));
}

#[test]
fn members_of_a_model_that_operations_share() {
    assert_eq!(
        after("pages/update.md", &[("phone | string", "phone | int")]),
        ["breaking: dock.update body/owner/phone: type string -> int"]
    );
    assert_eq!(
        after("pages/update.md", &[("└ phone", "└ mail")]),
        [
            "additive: dock.update body/owner/mail: field + string",
            "breaking: dock.update body/owner/phone: field - string (not on the page)",
        ]
    );
}

#[test]
fn answers_that_a_table_describes() {
    assert_eq!(
        after("pages/get.md", &[("depth | int", "depth | string")]),
        ["breaking: dock.get response/depth: type int -> string"]
    );
    assert_eq!(
        after("pages/get.md", &[("| └ depth | int | 是 | 水深 |\n", "")]),
        ["breaking: dock.get response/depth: field - int (not on the page)"]
    );
}

#[test]
fn operations_that_the_page_advises_against() {
    let deprecated = [("# Dock", "# Dock（不推荐）")];
    assert_eq!(
        after("pages/get.md", &deprecated),
        ["additive: dock.get deprecated: deprecated + by the title"]
    );
    let lab = lab();
    lab.edit("pages/get.md", "# Dock", "# Dock（不推荐）");
    lab.distil();
    assert!(lab.read("specs/harbor/dock.get.json").contains(r#""deprecated": """#));
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/get.md", "（不推荐）", "");
    assert_eq!(
        lab.xtask(&["drift", "pages"]).changes(),
        ["additive: dock.get deprecated: deprecated - by the title (not on the page)"]
    );
}

#[test]
fn parameters_of_a_path_that_are_called_otherwise() {
    let lab = lab();
    lab.edit("pages/get.md", ":dock_id", ":id");
    lab.edit("pages/get.md", "| dock_id |", "| id |");
    let drift = lab.xtask(&["drift", "pages"]);
    let said = ["breaking: dock.get params/dock_id: name dock_id -> id"];
    assert_eq!(drift.changes(), said, "{}", drift.err);
    assert_eq!(lab.distil().changes(), said);
    let spec = lab.read("specs/harbor/dock.get.json");
    assert!(spec.contains("/docks/:id\"") && spec.contains(r#"{ "name": "id""#), "{spec}");
    assert_eq!(lab.distil().changes(), [""; 0]);
}

#[test]
fn bodies_and_answers_of_another_kind() {
    assert_eq!(
        after("pages/create.md", &[(&table("请求体", &OWNER), "")]),
        [
            "breaking: dock.create body/owner: field - Owner (not on the page)",
            "breaking: dock.create body/kind: field - Kind (not on the page)",
        ]
    );
    let list = "### 请求体示例\n\n```json\n[{ \"kind\": \"wet\" }]\n```\n\n### 请求体";
    let said = drift("pages/create.md", &[("### 请求体", list)]);
    assert_eq!(said, ["breaking: dock.create body: type object -> list<object>"]);
    let file = "### 响应体\n\n返回文件的二进制流。\n";
    let lab = lab();
    let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
    lab.write("pages/get.md", page("GET", "/docks/:dock_id", &format!("{path}## 响应\n\n{file}")));
    assert_eq!(
        lab.xtask(&["drift", "pages"]).changes(),
        ["breaking: dock.get response: type object -> file"]
    );
}

/// What drift says about pages of which one was edited.
#[track_caller]
fn drift(page: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let lab = lab();
    for (old, new) in edits {
        lab.edit(page, old, new);
    }
    let specs = lab.specs();
    let run = lab.xtask(&["drift", "pages"]);
    assert!(!run.ok);
    assert_eq!(lab.xtask(&["drift", "pages", "--api", "harbor"]).changes(), run.changes());
    let json = lab.xtask(&["drift", "pages", "--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), run.changes().len());
    assert_eq!(lab.specs(), specs);
    run.changes()
}

#[test]
fn operations_of_another_method_or_path() {
    assert_eq!(
        drift("pages/update.md", &[("| HTTP Method | PUT |", "| HTTP Method | PATCH |")]),
        ["breaking: dock.update method: method PUT -> PATCH"]
    );
    let path = "/open-apis/dock/v1/docks";
    let edits = [("dock/v1/docks", "dock/v2/docks"), ("phone | string", "phone | int")];
    assert_eq!(
        drift("pages/create.md", &edits),
        [
            format!("breaking: dock.create path: path {path} -> /open-apis/dock/v2/docks"),
            "breaking: dock.create body/owner/phone: type string -> int".to_owned(),
        ]
    );
}

#[test]
fn the_address_of_a_page_says_whose_it_is() {
    let lab = Lab::new();
    let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
    for method in ["GET", "DELETE"] {
        let address = format!("url: https://open.feishu.cn/document/harbor/{method}");
        let page = page(method, "/docks/:dock_id", &path);
        lab.write(&format!("pages/{method}.md"), format!("---\n{address}\n---\n\n{page}"));
    }
    lab.distil();
    lab.edit("pages/DELETE.md", "| HTTP Method | DELETE |", "| HTTP Method | GET |");
    for pages in ["pages", "pages/DELETE.md"] {
        let run = lab.xtask(&["drift", pages]);
        assert_eq!(run.changes(), ["breaking: dock.delete method: method DELETE -> GET"]);
        assert!(run.err.contains("is that of another page"), "{}", run.err);
    }
}

#[test]
fn operations_without_a_page_and_pages_without_an_operation() {
    let lab = lab();
    lab.write("pages/ships.md", page("GET", "/ships", ""));
    std::fs::remove_file(lab.path("pages/get.md")).unwrap();
    let run = lab.xtask(&["drift", "pages"]);
    let said = [
        "breaking: dock.get : operation - dock.v1.dock.get (no page describes it)",
        "additive: ship.list : operation + dock.v1.ship.list",
    ];
    assert_eq!(run.changes(), said);
    assert!(!run.ok && run.err.ends_with("in 2 places, 1 of them breaking\n"), "{}", run.err);
    // Whoever names a file asks for that file.
    let one = lab.xtask(&["drift", "pages/create.md"]);
    assert!(one.ok && one.changes().is_empty(), "{}", one.err);
    std::fs::remove_file(lab.path("pages/create.md")).unwrap();
    let few = lab.xtask(&["drift", "pages"]);
    assert_eq!(few.changes(), said[1..], "most pages are elsewhere");
}

const DEPARTURES: &str = r#"[
  { "page": "POST /open-apis/dock/v1/docks", "lacks": ["body/owner/phone", "body/kind=dry"], "why": "Seen in the field." },
  { "page": "PUT /open-apis/dock/v1/docks/:dock_id", "differs": ["body/kind: type string -> int", "body/hull: field + string"], "why": "A mistake." },
  { "page": "GET /open-apis/dock/v1/docks/:dock_id", "differs": "no page", "why": "It is elsewhere." }
]"#;
const OF_NONE: &str =
    r#"[{ "page": "GET /open-apis/dock/v1/ships", "differs": "no spec", "why": "Not yet." }]"#;

/// Pages that depart from the specs, which is accepted.
fn departed() -> Lab {
    let lab = lab();
    lab.write("specs/harbor/fixups.json", DEPARTURES);
    lab.write("specs/fixups.json", OF_NONE);
    lab.edit("pages/create.md", "| └ phone | string | 否 | 电话 |\n", "");
    lab.edit("pages/create.md", "<br>- `dry`：干", "");
    lab.edit("pages/update.md", "kind | string", "hull | string | 否 | 船体 |\n| kind | int");
    lab.write("pages/ships.md", page("GET", "/ships", ""));
    std::fs::remove_file(lab.path("pages/get.md")).unwrap();
    lab
}

#[test]
fn departures_with_a_reason_are_no_drift() {
    let lab = departed();
    let run = lab.xtask(&["drift", "pages"]);
    assert!(run.ok && run.out.is_empty(), "{}{}", run.out, run.err);
    assert_eq!(lab.xtask(&["drift", "pages", "--json"]).json(), serde_json::json!([]));
    let specs = lab.specs();
    std::fs::remove_file(lab.path("pages/ships.md")).unwrap();
    lab.distil();
    assert_eq!(lab.specs(), specs);
}

type Edit = fn(&Lab);

#[test]
fn departures_that_are_none_any_more_fail() {
    let cases: [(Edit, &str); 6] = [
        (
            |lab| {
                let fixups = r#"[{ "page": "GET /open-apis/dock/v1/docks/:dock_id", "differs": "no page", "why": "It is elsewhere." },
                    { "page": "POST /open-apis/dock/v1/docks", "lacks": ["body/owner/phone", "body/kind=dry"], "why": "Seen." },
                    { "page": "PUT /open-apis/dock/v1/docks/:dock_id", "find": "int", "row": "kind", "replace": "string", "why": "A mistake." },
                    { "page": "PUT /open-apis/dock/v1/docks/:dock_id", "differs": "body/hull: field + string", "why": "A mistake." }]"#;
                lab.write("specs/harbor/fixups.json", fixups);
                lab.edit("pages/update.md", "kind | int", "kind | string");
            },
            "additive: PUT /open-apis/dock/v1/docks/:dock_id fixups: fix-up - int (no longer applies)",
        ),
        (
            |lab| lab.edit("pages/create.md", "：湿", "：湿<br>- `dry`：干"),
            "additive: dock.create fixups: fix-up - body/kind=dry (no longer applies)",
        ),
        (
            |lab| lab.edit("pages/update.md", "kind | int", "kind | string"),
            "additive: dock.update fixups: fix-up - body/kind: type string -> int (no longer applies)",
        ),
        (
            |lab| {
                let path = table("路径参数", &["dock_id | string | 是 | 标识"]);
                lab.write("pages/get.md", page("GET", "/docks/:dock_id", &path));
            },
            "additive: dock.get fixups: fix-up - no page (no longer applies)",
        ),
        (
            |lab| std::fs::remove_file(lab.path("specs/harbor/dock.get.json")).unwrap(),
            "additive: GET /open-apis/dock/v1/docks/:dock_id fixups: fix-up - no page (no longer applies)",
        ),
        (
            |lab| {
                lab.write("specs/fixups.json", "[]");
                lab.distil();
                lab.write("specs/fixups.json", OF_NONE);
            },
            "additive: ship.list fixups: fix-up - no spec (no longer applies)",
        ),
    ];
    for (change, said) in cases {
        let lab = departed();
        change(&lab);
        let run = lab.xtask(&["drift", "pages"]);
        assert!(!run.ok, "{said}");
        assert_eq!(run.changes(), [said], "{}", run.err);
        assert!(run.err.contains("remove it from fixups.json"), "{}", run.err);
    }
}

/// What the client does by itself is no drift; what is documented about the rest is.
#[test]
fn operations_of_an_old_api() {
    let lab = Lab::new();
    let page = include_str!("../pages/mole_old_api.md");
    lab.write("pages/old.md", page);
    lab.distil();
    assert!(lab.xtask(&["drift", "pages"]).ok);
    let row = "| access\\_token | String | 是 | 6d1bxxxx | 调用该接口的应用凭证。 |\n";
    assert!(page.contains(row));
    lab.write("pages/old.md", page.replace(row, ""));
    assert_eq!(lab.xtask(&["drift", "pages"]).changes(), [""; 0]);
    lab.write("pages/old.md", page.replace("| language | String | 否", "| language | String | 是"));
    let drift = lab.xtask(&["drift", "pages"]);
    let required = "breaking: mole_comment.list query/language: required optional -> required";
    assert_eq!((drift.ok, drift.changes()), (false, vec![required.to_owned()]));
}
