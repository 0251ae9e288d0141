//! Pages become specs where there were none: the exact text.

use super::lab::Lab;

#[track_caller]
fn specs(pages: &[(&str, &str)]) -> String {
    let lab = Lab::new();
    for (name, page) in pages {
        lab.write(&format!("pages/{name}"), page);
    }
    let run = lab.distil();
    let report: Vec<_> = run.err.lines().filter(|line| line.starts_with("pages/")).collect();
    format!("{}==> report\n{}\n", lab.specs(), report.join("\n"))
}

/// A page of Feishu's kind.
pub fn page(method: &str, path: &str, sections: &str) -> String {
    format!(
        "# Dock\n\nWords of the vendor.\n\n## 请求\n\n| 基本 | |\n| --- | --- |\n\
         | HTTP URL | https://open.feishu.cn/open-apis/dock/v1{path} |\n\
         | HTTP Method | {method} |\n\n### 请求头\n\n| 名称 | 类型 | 必填 | 描述 |\n\
         | --- | --- | --- | --- |\n| Authorization | string | 是 | `tenant_access_token` |\n\n\
         {sections}"
    )
}

/// A table of parameters under a heading; each row is `name | type | required | description`.
pub fn table(heading: &str, rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("| {row} |\n")).collect();
    format!("### {heading}\n\n| 名称 | 类型 | 必填 | 描述 |\n| --- | --- | --- | --- |\n{rows}\n")
}

#[test]
fn an_endpoint_of_feishu() {
    insta::assert_snapshot!(specs(&[("crane.md", include_str!("../pages/crane_move.md"))]));
}

#[test]
fn an_endpoint_of_dingtalk() {
    insta::assert_snapshot!(specs(&[("ferry.txt", include_str!("../pages/ferry_book.txt"))]));
}

#[test]
fn endpoints_of_dingtalks_old_api() {
    insta::assert_snapshot!(specs(&[
        ("beside.md", include_str!("../pages/mole_beside.md")),
        ("old.md", include_str!("../pages/mole_old_api.md")),
    ]));
}

#[test]
fn an_event() {
    insta::assert_snapshot!(specs(&[
        ("cargo.md", include_str!("../pages/cargo_event.md")),
        ("squall.md", include_str!("../pages/squall_event.md")),
    ]));
}

#[test]
fn an_event_that_a_sample_alone_shows() {
    let page = include_str!("../pages/beacon_ticket_event.md");
    insta::assert_snapshot!(specs(&[("beacon.md", page)]));
}

#[test]
fn a_callback_and_an_old_one() {
    insta::assert_snapshot!(specs(&[
        ("lever.md", include_str!("../pages/lever_callback.md")),
        ("old.md", include_str!("../pages/lever_old_callback.md")),
    ]));
}

/// A page of an event; each row is `name | type | description`.
pub fn event(id: &str, rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("| └ {row} |\n")).collect();
    format!(
        "# Ship\n\nWords of the vendor.\n\n## 事件\n\n| 基本 | |\n| --- | --- |\n\
         | 事件类型 | {id} |\n| 权限要求 | dock:ship |\n| 字段权限要求 | dock:crew |\n\n\
         ### 事件体\n\n| 名称 | 类型 | 描述 |\n| --- | --- | --- |\n| schema | string | 版本 |\n\
         | header | event_header | 头 |\n| event | \\- | \\- |\n{rows}\n\
         ### 事件体示例\n\n```json\n{{ \"schema\": \"2.0\", \"header\": {{ \"event_type\": \"{id}\" }},\n\
         \"event\": {{ \"name\": \"x\" }} }}\n```\n"
    )
}

#[test]
fn types_that_events_share_among_them_and_with_an_operation() {
    let crew = ["name | string | 名称", "crew | crew_member[] | 船员", "└ └ id | string | 标识"];
    let hull = ["name | string | 名称", "hull | hull | 船体", "└ └ depth | int | 吃水"];
    let body = table("请求体", &["hull | hull | 是 | 船体", "└ depth | int | 否 | 吃水"]);
    insta::assert_snapshot!(specs(&[
        ("1.md", &event("dock.ship.came_v1", &[&crew[..], &hull[1..]].concat())),
        ("2.md", &event("dock.ship.left_v1", &crew)),
        ("3.md", &page("POST", "/ships", &body)),
    ]));
}

#[test]
fn an_overview() {
    insta::assert_snapshot!(specs(&[("lighthouse.md", include_str!("../pages/lighthouse.md"))]));
}

#[test]
fn a_page_in_english_without_a_table_of_the_path() {
    insta::assert_snapshot!(specs(&[("tide.md", include_str!("../pages/tide_get.md"))]));
}

#[test]
fn an_answer_next_to_its_code() {
    insta::assert_snapshot!(specs(&[("buoy.md", include_str!("../pages/buoy_whole.md"))]));
}

#[test]
fn an_upload_and_a_download() {
    let body = ["file | file | 是 | 文件", "name | string | 是 | 名称"];
    let upload = page("POST", "/photos", &table("请求体", &body));
    let download =
        page("GET", "/photos/:photo_id", "## 响应\n\n### 响应体\n\n返回文件的二进制流。\n");
    insta::assert_snapshot!(specs(&[("down.md", &download), ("up.md", &upload)]));
}

#[test]
fn types_that_pages_share_or_that_have_one_name() {
    let berth =
        ["berth | object | 是 | 泊位", "└ id | string | 是 | 泊位", "└ depth | int | 否 | 水深"];
    let other = ["berth | object | 是 | 泊位", "└ color | string | 否 | 颜色"];
    let one = page("POST", "/berths", &table("请求体", &berth));
    let same = page("PUT", "/berths/:berth_id", &table("请求体", &berth));
    let clash = page("POST", "/berths/search", &table("请求体", &other));
    insta::assert_snapshot!(specs(&[("1.md", &one), ("2.md", &same), ("3.md", &clash)]));
}

#[test]
fn names_and_values_that_rust_cannot_have() {
    let path = table("路径参数", &["id | string | 是 | 标识"]);
    let body = [
        "id | string | 是 | 标识，和路径里的不同",
        "type | string | 否 | 类型<br>**可选值有**：<br>- `+1`：加<br>- `-1`：减<br>- `1`：一<br>- `unknown`：未知<br>- `self`：自己",
        "kind | string | 否 | 种",
        "a.b | string | 否 | 点",
        "a_b | string | 否 | 线",
        "$ref | string | 否 | 引用",
        "send | string | 否 | 发送",
        "名字 | string | 否 | 中文",
        "2nd | int | 否 | 第二<br>**可选值有**：<br>- `1`：一<br>- `2`：二",
        "string | object | 否 | 对象",
        "└ new | string | 否 | 新",
        "└ self | string | 否 | 自己",
    ];
    let page = page("POST", "/a/:id/b/c", &format!("{path}{}", table("请求体", &body)));
    insta::assert_snapshot!(specs(&[("names.md", &page)]));
}

#[test]
fn a_body_with_a_list_of_objects() {
    insta::assert_snapshot!(specs(&[("list.txt", include_str!("../pages/device_batch.md"))]));
}

#[test]
fn a_get_with_a_body_and_a_page_of_another_vendor() {
    let query = table("查询参数", &["key | string | 否 | 键"]);
    let body = table("请求体", &["key | string | 是 | 键", "limit | int | 是 | 数量"]);
    let get = page("GET", "/keys", &format!("{query}{body}"));
    insta::assert_snapshot!(specs(&[
        ("get.md", &get),
        ("other.txt", include_str!("../pages/device_batch.md")),
    ]));
}

#[test]
fn pages_that_lead_to_one_name_or_one_operation() {
    let pages = [
        ("1.md", page("POST", "/ships", "")),
        ("2.md", page("POST", "/ship", "")),
        ("3.md", page("POST", "/ships/", "")),
        ("4.md", page("GET", "/a/b/c/d", "")),
    ];
    let pages: Vec<_> = pages.iter().map(|(name, page)| (*name, page.as_str())).collect();
    insta::assert_snapshot!(specs(&pages));
}

#[test]
fn operations_are_called_as_the_sdks_call_them() {
    let sample = |call: &str| {
        format!("### Python SDK\n\n```python\nresponse = client.{call}(request)\n```\n")
    };
    let newer = |page: String| page.replace("/dock/v1/", "/dock/v2/");
    let lab = Lab::new();
    for (name, page) in [
        ("1.md", page("POST", "/ships/:ship_id/raw", &sample("dock.v1.ship_hull.raw"))),
        ("2.md", page("GET", "/ships/:ship_id", &sample("other.v1.boat.find"))),
        // Another version is told by its module, and has the ID that the vendor gives it.
        ("3.md", newer(page("GET", "/ships/:ship_id", ""))),
        ("4.md", newer(page("GET", "/ship", ""))),
    ] {
        lab.write(&format!("pages/{name}"), &page);
    }
    let run = lab.distil();
    assert_eq!(
        run.changes(),
        [
            "additive: ship_hull.raw : operation + dock.v1.ship_hull.raw",
            "additive: ship.get : operation + dock.v1.ship.get",
            "additive: ship_v2.get : operation + dock.v2.ship.get",
            "additive: ship.get_get : operation + dock.v2.ship.get_get",
        ]
    );
    let specs = lab.specs();
    for id in
        ["dock.v1.ship_hull.raw", "dock.v1.ship.get", "dock.v2.ship.get", "dock.v2.ship.get_get"]
    {
        assert!(specs.contains(&format!("\"id\": \"{id}\"")), "{id}: {specs}");
    }
}

#[test]
fn no_sentence_of_the_vendor_is_in_a_spec() {
    for page in [
        include_str!("../pages/crane_move.md"),
        include_str!("../pages/ferry_book.txt"),
        include_str!("../pages/squall_event.md"),
        include_str!("../pages/lever_callback.md"),
    ] {
        let lab = Lab::new();
        lab.write("pages/page.md", page);
        let run = lab.xtask(&["distill", "pages", "--api", "harbor", "--write", "--gloss"]);
        let specs = lab.specs();
        let sentences: Vec<_> =
            run.err.lines().filter_map(|line| line.strip_prefix("    ")).collect();
        assert!(sentences.len() > 5, "{}", run.err);
        for sentence in sentences.iter().filter(|sentence| !sentence.is_ascii()) {
            assert!(!specs.contains(sentence), "{sentence}");
        }
    }
}
