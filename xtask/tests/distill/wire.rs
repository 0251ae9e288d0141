//! What pages say about the wire that is rare: a GET with a body, a path with a slash at its end,
//! and whose token DingTalk wants.

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::Lab;

/// The only operation of the page, and what is said of it.
#[track_caller]
fn drafted(page: &str) -> (Value, String) {
    let lab = Lab::new();
    lab.write("pages/page.md", page);
    let run = lab.distil();
    let operations = lab.xtask(&["operations", "--json"]).json();
    assert_eq!(operations.as_array().unwrap().len(), 1, "{}", run.err);
    (operations[0].clone(), run.err)
}

fn names(members: &Value) -> Vec<&str> {
    members.as_array().unwrap().iter().map(|member| member["name"].as_str().unwrap()).collect()
}

#[test]
fn a_get_has_the_body_of_its_page() {
    let query = table("查询参数", &["page_size | int | 否 | 数量"]);
    let body = table("请求体", &["ids | string[] | 是 | 标识", "kind | string | 否 | 种类"]);
    let sample = "### 请求体示例\n\n```json\n{ \"ids\": [\"d1\"], \"kind\": \"wet\" }\n```\n";
    let page = page("GET", "/docks", &format!("{query}{body}{sample}"));
    let (operation, said) = drafted(&page);
    assert_eq!(names(&operation["query"]), ["page_size"]);
    assert_eq!(names(&operation["body"]), ["ids", "kind"]);
    assert_eq!(operation["body"][0]["required"], true);
    assert!(said.contains("guess: a GET with a body, as the page has it"), "{said}");
}

#[test]
fn a_get_whose_headers_speak_of_a_form_has_no_body_for_it() {
    let form = "### 请求头\n\n| 名称 | 类型 | 必填 | 描述 |\n| --- | --- | --- | --- |\n\
                | Content-Type | string | 是 | multipart/form-data |\n\n";
    let (operation, _) = drafted(&page("GET", "/docks", form));
    assert_eq!((&operation["body"], &operation["multipart"]), (&json!([]), &json!(false)));
}

#[test]
fn a_body_that_a_get_shows_without_a_table_is_said() {
    let sample = "### 请求体示例\n\n```json\n{ \"ids\": [\"d1\"] }\n```\n";
    let (operation, said) = drafted(&page("GET", "/docks", sample));
    assert_eq!(operation["body"], json!([]));
    assert!(said.contains("missing: the page shows a body of a GET"), "{said}");
}

/// A spec from before GETs had bodies keeps its parameters until they are taken out by hand.
#[test]
fn a_body_comes_to_a_get_whose_spec_has_none() {
    let lab = Lab::new();
    let rows = ["ids | string[] | 是 | 标识"];
    lab.write("pages/page.md", page("GET", "/docks", &table("查询参数", &rows)));
    lab.distil();
    lab.write("pages/page.md", page("GET", "/docks", &table("请求体", &rows)));
    let run = lab.xtask(&["drift", "pages", "--api", "harbor"]);
    let moved = [
        "breaking: dock.list query/ids: field - list<string> (not on the page)",
        "breaking: dock.list body/ids: field + required list<string>",
    ];
    assert_eq!(run.changes(), moved);
    lab.distil();
    let spec: Value = serde_json::from_str(&lab.read("specs/harbor/dock.list.json")).unwrap();
    assert_eq!(names(&spec["query"]), ["ids"]);
    assert_eq!((names(&spec["body"]), &spec["body"][0]["rust"]), (vec!["ids"], &json!("body_ids")));
}

#[test]
fn a_slash_at_the_end_of_a_path_stays() {
    for path in ["/docks/", "/docks/:dock_id/"] {
        let (operation, _) = drafted(&page("POST", path, ""));
        assert_eq!(operation["path"], format!("/open-apis/dock/v1{path}"));
    }
}

#[test]
fn a_page_with_the_slash_is_that_of_a_spec_without_it() {
    let lab = Lab::new();
    lab.write("pages/page.md", page("POST", "/docks", ""));
    lab.distil();
    let before = lab.specs();
    lab.write("pages/page.md", page("POST", "/docks/", ""));
    lab.distil();
    assert_eq!(lab.specs(), before);
}

/// A page of DingTalk's kind, for these kinds of apps, with this about the token.
fn dingtalk(apps: &str, about_token: &str) -> String {
    format!(
        "# 查询码头\n\n查询。\n\n## 请求\n\n### 基本信息\n\n| 基本信息 | |\n| --- | --- |\n\
         | HTTP URL | https://api.dingtalk.com/v1.0/harbour/docks |\n| HTTP Method | GET |\n\
         | 支持的应用类型 | {apps} |\n\n### 请求头\n\n| 名称 | 类型 | 是否必填 | 描述 |\n\
         | --- | --- | --- | --- |\n| x-acs-dingtalk-access-token | String | 是 | {about_token} |\n"
    )
}

#[test]
fn what_is_nested_in_a_query_of_dingtalk_is_json_in_a_string() {
    let rows =
        ["ids | Array of String | 是 | 标识", "by | Object | 否 | 条件", "size | Long | 否 | 大小"];
    let page = dingtalk("appType-企业内部应用", "凭证。") + "\n" + &table("查询参数", &rows);
    let (operation, said) = drafted(&page);
    let query = operation["query"].as_array().unwrap();
    let types: Vec<_> = query.iter().map(|field| &field["type"]).collect();
    assert_eq!(types, ["string", "string", "int"], "{said}");
    assert!(
        said.contains("`ids` (list<string>) is in the query; treating it as a string of JSON"),
        "{said}"
    );
}

#[test]
fn the_token_of_dingtalk_is_the_users_where_the_page_says_so() {
    let of_app = "企业内部应用，用[企业内部应用的accessToken](app.md)。";
    let of_corp = "第三方企业应用，用[授权企业的accessToken](corp.md)。";
    let of_user = "第三方个人应用，用[用户token](user.md)。";
    let by_code = "第三方企业应用，用authCode换来的用户token。";
    let personal = "appType-第三方个人应用";
    let internal = "appType-企业内部应用";
    for (apps, about_token, tokens) in [
        (internal, of_app.to_owned(), json!(["app"])),
        (internal, format!("凭证： - {of_app} - {of_corp}"), json!(["app"])),
        (internal, "凭证，用[用户token](https://a.b/orgapp/user)。".to_owned(), json!(["user"])),
        (personal, of_user.to_owned(), json!(["user"])),
        (personal, format!("凭证： - {of_app} - {of_corp} - {of_user}"), json!(["app", "user"])),
        (internal, format!("凭证。 - {of_app} - {by_code}"), json!(["app", "user"])),
        (internal, by_code.to_owned(), json!(["user"])),
        (internal, "调用服务端API的应用凭证。".to_owned(), json!(["app"])),
        (internal, "凭证。".to_owned(), json!(["app"])),
        (personal, "凭证。".to_owned(), json!(["user"])),
        (personal, of_app.to_owned(), json!(["app"])),
        (internal, "The access token of an internal app.".to_owned(), json!(["app"])),
        (internal, "Call Obtain user token.".to_owned(), json!(["user"])),
    ] {
        let (operation, said) = drafted(&dingtalk(apps, &about_token));
        assert_eq!(operation["tokens"], tokens, "{about_token}");
        let names: Vec<_> =
            tokens.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let remark = format!("are taken from a description: {}", names.join(", "));
        assert!(said.contains(&remark), "{said}");
    }
}
