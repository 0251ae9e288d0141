//! What a maintainer still has to write and to check, and how little that is.

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::Lab;

/// A page whose answer is this data.
fn answering(method: &str, path: &str, params: &str, data: &Value) -> String {
    let answer = json!({ "code": 0, "msg": "ok", "data": data });
    let answer = format!("### 响应体示例\n\n```json\n{answer:#}\n```\n");
    page(method, path, &format!("{params}\n## 响应\n\n{answer}"))
}

/// The pages of the one operation that the page describes, and what is said of it.
#[track_caller]
fn pages(page: &str) -> (Value, Vec<String>) {
    let lab = Lab::new();
    lab.write("pages/dock.md", page);
    let run = lab.distil();
    let spec: Value = serde_json::from_str(&lab.read("specs/harbor/dock.list.json")).unwrap();
    let said = run.err.lines().filter(|line| line.contains("`pages`") || line.contains("a page"));
    (spec["pages"].clone(), said.map(str::to_owned).collect())
}

#[test]
fn pages_are_drafted_where_names_say_how_to_get_to_the_next() {
    let token =
        table("查询参数", &["page_token | string | 否 | 标记", "page_size | int | 否 | 大小"]);
    let list = json!({ "items": [{ "id": "d1" }], "page_token": "t", "has_more": true });
    let (drafted, said) = pages(&answering("GET", "/docks", &token, &list));
    let expected = json!({
        "items": "items", "token": "page_token", "next": "page_token", "more": "has_more"
    });
    assert_eq!(drafted, expected);
    assert_eq!(
        said,
        ["pages/dock.md:9: guess: `pages` of `items` are drafted from the names `page_token` and \
          `page_token`; check that they lead from one page to the next"]
    );
    let list = json!({ "docks": [{ "id": "d1" }], "next_page_token": "t" });
    let (drafted, _) = pages(&answering("GET", "/docks", &token, &list));
    let expected = json!({ "items": "docks", "token": "page_token", "next": "next_page_token" });
    assert_eq!(drafted, expected);
    let offset = table("查询参数", &["offset | int | 否 | 跳过", "limit | int | 否 | 数量"]);
    let list = json!({ "docks": [{ "id": "d1" }], "total": 7 });
    let (drafted, said) = pages(&answering("GET", "/docks", &offset, &list));
    assert_eq!(drafted, json!({ "items": "docks", "offset": "offset", "total": "total" }));
    assert_eq!(said.len(), 1);
}

#[test]
fn pages_that_cannot_be_drafted_are_said() {
    let token = table("查询参数", &["page_token | string | 否 | 标记"]);
    let required = token.replace("否", "是");
    let list = json!({ "docks": [{ "id": "d1" }], "page_token": "t" });
    let two = json!({ "docks": [{ "id": "d1" }], "ships": ["s"], "page_token": "t" });
    let no_token = json!({ "docks": [{ "id": "d1" }] });
    for (params, data, why) in [
        (&required, &list, "it is no optional string"),
        (&token, &two, "the answer holds 2 lists"),
        (&token, &no_token, "no field of the answer holds the token of the next one"),
    ] {
        let (drafted, said) = pages(&answering("GET", "/docks", params, data));
        assert_eq!(drafted, Value::Null);
        let expected = format!("pages/dock.md:9: guess: `page_token` asks for a page, but {why}");
        assert_eq!(said, [expected]);
    }
}

#[test]
fn pages_that_a_maintainer_took_out_stay_out() {
    let lab = Lab::new();
    let token = table("查询参数", &["page_token | string | 否 | 标记"]);
    let list = json!({ "items": [{ "id": "d1" }], "page_token": "t" });
    lab.write("pages/dock.md", answering("GET", "/docks", &token, &list));
    lab.distil();
    let mut spec: Value = serde_json::from_str(&lab.read("specs/harbor/dock.list.json")).unwrap();
    spec.as_object_mut().unwrap().remove("pages").unwrap();
    lab.write("specs/harbor/dock.list.json", spec.to_string());
    let run = lab.distil();
    assert!(!run.err.contains("`pages`"), "{}", run.err);
    assert_eq!(lab.read("specs/harbor/dock.list.json"), spec.to_string());
}
