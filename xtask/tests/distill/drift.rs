//! What pages say otherwise than specs: each kind of change, with what it means for programs.

use super::fresh::{page, table};
use super::lab::Lab;

const OWNER: [&str; 3] = [
    "owner | owner | 否 | 所有者",
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
