//! Pages together with the machine-readable definition that the vendor's own tools use.

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::{Lab, Run};

fn update() -> String {
    let path = table("路径参数", &["dock_id | string | 是 | 码头"]);
    let query = table(
        "查询参数",
        &["lang | string | 否 | 语言<br>**可选值有**：<br>- `zh`：中<br>- `en`：英"],
    );
    let body = table(
        "请求体",
        &[
            "name | string | 是 | 名称",
            "level | int | 否 | 等级",
            "crew | object[] | 否 | 人员",
            "└ id | string | 是 | 编号",
            "└ age | int | 否 | 年龄",
        ],
    );
    let answer = table("响应体", &["dock | object | | 码头", "└ size | int | | 大小"]);
    page("PATCH", "/docks/:dock_id", &format!("{path}{query}{body}{answer}"))
}

/// What says of the page's operation what the page says.
fn method() -> Value {
    let member = |ty: &str, required: bool| json!({ "type": ty, "required": required });
    let crew = json!({ "id": member("string", true), "age": member("integer", false) });
    json!({
        "httpMethod": "PATCH",
        "path": "docks/{id_of_dock}",
        "parameters": {
            "dock_id": { "type": "string", "required": true, "location": "path" },
            "lang": {
                "type": "string", "required": false, "location": "query",
                "options": [{ "value": "zh", "description": "中" }, { "value": "en" }],
            },
        },
        "requestBody": {
            "name": member("string", true),
            "level": member("integer", false),
            "crew": { "type": "array", "required": false, "properties": crew },
        },
        "responseBody": {
            "dock": { "type": "object", "properties": { "size": member("integer", true) } },
        },
        "accessTokens": ["tenant"],
        "scopes": null,
    })
}

fn definition(method: &Value) -> Value {
    let other = json!({ "httpMethod": "GET", "path": "docks", "parameters": null });
    let docks = json!({ "methods": { "patch": method, "list": other } });
    json!({ "services": [{ "servicePath": "/open-apis/dock/v1", "resources": { "docks": docks } }] })
}

fn distil(definition: &Value) -> Run {
    let lab = Lab::new();
    lab.write("pages/dock.md", update());
    lab.write("pages/definition.json", definition.to_string());
    lab.distil()
}

/// What the report says of the definition.
fn differences(run: &Run) -> Vec<&str> {
    run.err.lines().filter(|line| line.contains("the vendor's definition")).collect()
}

#[test]
fn a_page_that_says_the_same_has_no_remark() {
    let plain = definition(&method());
    for definition in [json!({ "msg": "succeeded", "data": plain }), plain] {
        let run = distil(&definition);
        assert_eq!(differences(&run), [""; 0]);
        let said = "pages/definition.json:1: skipped: a definition of 2 operations";
        assert!(run.err.contains(said), "{}", run.err);
    }
}

#[test]
fn each_difference_is_said_with_the_line_of_the_page() {
    let page = update();
    let row = |name: &str| {
        let is_row = |line: &str| line.starts_with(&format!("| {name} |"));
        page.lines().position(is_row).unwrap() + 1
    };
    let url = page.lines().position(|line| line.contains("HTTP URL")).unwrap() + 1;
    let whole = json!(null);
    for (pointer, value, line, said) in [
        (
            "/requestBody/cargo",
            json!({ "type": "file", "required": true }),
            url,
            "has `body/cargo` (file, required), the page has not",
        ),
        (
            "/requestBody/tags",
            json!({ "type": "array" }),
            url,
            "has `body/tags` (list), the page has not",
        ),
        ("/requestBody/name", whole.clone(), row("name"), "has no `body/name`"),
        (
            "/requestBody/level/type",
            json!("string"),
            row("level"),
            "`body/level` is int on the page and string in",
        ),
        (
            "/requestBody/name/required",
            json!(false),
            row("name"),
            "`body/name` is required on the page and optional in",
        ),
        (
            "/requestBody/crew/properties/id/type",
            json!("boolean"),
            row("└ id"),
            "`body/crew/id` is string on the page and bool in",
        ),
        (
            "/requestBody/level/properties",
            json!({ "a": {}, "b": {} }),
            row("level"),
            "has `a`, `b` in `body/level`",
        ),
        (
            "/parameters/lang/options",
            json!([{ "value": "zh" }, { "value": "fr" }]),
            row("lang"),
            "lists `fr` for `query/lang` as well",
        ),
        ("/parameters/lang/location", json!("path"), row("lang"), "has no `query/lang`"),
        (
            "/responseBody/dock/properties/depth",
            json!({ "type": "number", "required": true }),
            url,
            "has `response/dock/depth` (float), the page has not",
        ),
        (
            "/accessTokens",
            json!(["tenant", "user"]),
            url,
            "the page accepts the tokens `tenant`, the vendor's definition `tenant, user`",
        ),
        ("/scopes", json!(["dock:write"]), url, "names the scope `dock:write` as well"),
    ] {
        let mut method = method();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = method.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value == whole {
            true => drop(parent.remove(key).unwrap()),
            false => drop(parent.insert(key.to_owned(), value)),
        }
        let run = distil(&definition(&method));
        let differences = differences(&run);
        let is_said = |found: &&&str| {
            found.contains(said) && found.starts_with(&format!("pages/dock.md:{line}: conflict: "))
        };
        assert!(differences.iter().any(|found| is_said(&found)), "{pointer}: {said}\n{}", run.err);
    }
}

#[test]
fn a_definition_in_another_form_is_named_without_its_words() {
    let run = distil(&json!({ "services": [{ "servicePath": ["secret"] }] }));
    let said =
        "pages/definition.json:1: skipped: a definition of operations in a form that is not known";
    assert!(run.err.contains(said) && !run.err.contains("secret"), "{}", run.err);
}
