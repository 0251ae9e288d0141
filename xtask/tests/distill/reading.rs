//! Small things that a page says, and what is said of those that specs have no place for.

use xtask::distill::{Endpoint, Page, Param, Reading, RemarkKind, read};

use crate::fresh::{page, table};

fn reading(sections: &str) -> Reading {
    read("page.md", page("POST", "/hulls", sections).as_bytes())
}

#[test]
fn headers_of_a_response_are_not_left_out_without_a_line() {
    let rows = ["code | int | 是 | 码", "msg | string | 是 | 文"];
    let headers = table("响应头", &["X-Tide | string | 是 | 潮", "X-Wind | int | 否 | 风"]);
    let reading = reading(&format!("## 响应\n\n{headers}{}", table("响应体", &rows)));
    let is_said = |message: &str| message.ends_with("left out: X-Tide, X-Wind");
    let remarks = &reading.remarks;
    let mut rows = remarks.iter().filter(|remark| remark.kind == RemarkKind::Row);
    assert!(rows.any(|remark| is_said(&remark.message)), "{remarks:?}");
}

#[test]
fn numbers_of_64_bits_in_a_list_of_types() {
    let body = table("请求体", &["hull | object | 是 | 体", "total | int64 | 是 | 数"]);
    let types = "**类型额外说明**:\n\n- **hull** 类型说明:\n\n  基本属性:\n\n   \
                 depth: int64 <br> width: integer <br>\n";
    let sample = r#"{ "hull": { "depth": "12", "width": 3 }, "total": "5" }"#;
    let reading = reading(&format!("{body}{types}\n### 请求体示例\n\n```json\n{sample}\n```\n"));
    let Page::Endpoint(endpoint) = &reading.page else { panic!("{:?}", reading.page) };
    let hull = &endpoint.body[0].fields;
    let types = [&hull[0], &hull[1], &endpoint.body[1]].map(|field| field.ty.to_string());
    assert_eq!(types, ["string", "int", "string"], "{:?}", reading.remarks);
}

#[test]
fn values_of_json_in_a_text_are_not_those_of_the_text() {
    let values = "**可选值有**：<br>- `raise`：升<br>- `lower`：降<br>";
    let row = |name: &str, example: &str| {
        format!("{name} | string | 是 | 帆 {values}**示例值**：{example}")
    };
    let rows = [row("orders", r#"[{"do":"raise"}]"#), row("order", "raise")];
    let reading = reading(&table("请求体", &rows.each_ref().map(String::as_str)));
    let Page::Endpoint(endpoint) = &reading.page else { panic!("{:?}", reading.page) };
    let counts = [0, 1].map(|index| endpoint.body[index].values.len());
    assert_eq!(counts, [0, 2], "{:?}", reading.remarks);
}

#[test]
fn an_object_that_the_sample_leaves_empty_keeps_the_others_in_their_places() {
    let rows = ["lower", "turn", "raise"].map(|name| format!("{name} | object | 否 | 帆"));
    let types = ["lower_order", "turn_order", "raise_order"].map(|name| {
        let own = name.strip_suffix("_order").unwrap_or(name);
        format!("- **{name}** 类型说明:\n\n  基本属性:\n\n   speed: int <br> {own}_by: int <br>\n")
    });
    let sample = r#"{ "lower": {}, "turn": { "speed": 1 }, "raise": { "speed": 2 } }"#;
    let reading = reading(&format!(
        "{}**类型额外说明**:\n\n{}\n### 请求体示例\n\n```json\n{sample}\n```\n",
        table("请求体", &rows.each_ref().map(String::as_str)),
        types.concat(),
    ));
    let Page::Endpoint(endpoint) = &reading.page else { panic!("{:?}", reading.page) };
    let order = |own| ["speed".to_owned(), format!("{own}_by")];
    let names = |field: &Param| field.fields.iter().map(|inner| inner.name.clone()).collect();
    let fields: Vec<Vec<String>> = endpoint.body.iter().map(names).collect();
    assert_eq!(fields, ["lower", "turn", "raise"].map(order), "{:?}", reading.remarks);
}

fn endpoint(reading: &Reading) -> &Endpoint {
    match &reading.page {
        Page::Endpoint(endpoint) => endpoint,
        page => panic!("{page:?}"),
    }
}

/// Each field with its type and those below it.
fn tree(fields: &[Param]) -> String {
    let fields = fields.iter().map(|field| match tree(&field.fields).as_str() {
        "" => format!("{}: {}", field.name, field.ty),
        inner => format!("{}: {} ({inner})", field.name, field.ty),
    });
    fields.collect::<Vec<_>>().join(", ")
}

/// The fields of a response with a table and a sample of its data.
#[track_caller]
fn check_response(rows: &[&str], sample: &str, expected: &str) {
    let rows: String = rows.iter().map(|row| format!("| {row} | 帆 |\n")).collect();
    let reading = reading(&format!(
        "## 响应\n\n### 响应体\n\n| 参数 | 类型 | 说明 |\n| --- | --- | --- |\n| code | int | 码 |\n\
         | msg | string | 文 |\n| data | - | - |\n{rows}\n### 响应体示例\n\n```json\n\
         {{\"code\": 0, \"msg\": \"\", \"data\": {sample}}}\n```\n"
    ));
    assert_eq!(tree(&endpoint(&reading).response), expected, "{:?}", reading.remarks);
}

#[test]
fn rows_without_a_type_are_what_their_sample_shows() {
    let rows = ["∟berths | /", "&emsp;∟hull | -", "&emsp;&emsp;∟id | string"];
    let berths = r#"{"berths": [{"hull": {"id": "h"}}]}"#;
    check_response(&rows, berths, "berths: list<object> (hull: object (id: string))");
    // The page says it.
    let rows = ["∟berths | object", "&emsp;∟id | string"];
    check_response(&rows, r#"{"berths": [{"id": "h"}]}"#, "berths: object (id: string)");
}

#[test]
fn objects_with_a_key_for_each_id() {
    let sample = r#"{"busy": {
        "berth_7a3fd81c09b2e41f": [{"from": "1", "by": {"name": "A"}}],
        "berth_5d09ad4f6896e020": [{"from": "2"}]
    }}"#;
    let expected = "busy: map<list<object>> (from: string, by: object (name: string))";
    let rows = ["∟busy | -", "&emsp;∟berth_id | string", "&emsp;&emsp;∟from | string"];
    let by = ["&emsp;&emsp;∟by | -", "&emsp;&emsp;&emsp;∟name | string"];
    check_response(&[&rows[..], &by].concat(), sample, expected);
    // Or without a row for the key.
    let rows = ["∟busy | -", "&emsp;∟from | string", "&emsp;∟by | -", "&emsp;&emsp;∟name | string"];
    check_response(&rows, sample, expected);
}

#[test]
fn a_field_of_a_response_is_called_as_in_its_sample() {
    let rows = ["∟mooredHull | object[]", "&emsp;∟hull_id | string", "∟total | int"];
    let sample = r#"{"mooredHulls": [{"hullId": "1"}], "total": 1}"#;
    check_response(&rows, sample, "mooredHulls: list<object> (hullId: string), total: int");
    // Both exist.
    let rows = ["∟hull | string", "∟hulls | string[]"];
    check_response(&rows, r#"{"hulls": ["1"]}"#, "hull: string, hulls: list<string>");
}

#[test]
fn numbers_are_whole_where_all_examples_are() {
    let rows = ["∟a | Number", "∟b | number[]", "∟c | Number", "∟d | number(float)"];
    let sample = r#"{"a": "12", "b": [1, 2], "c": 1.5, "d": 1}"#;
    check_response(&rows, sample, "a: int, b: list<int>, c: float, d: float");
}

#[test]
fn tokens_that_a_description_lists_as_values() {
    let page = page("POST", "/hulls", "").replace(
        "`tenant_access_token`",
        "可选值：<br>- tenant_access_token：应用的凭证。示例值：\"Bearer t-7f\"<br>\
         - user_access_token：用户的凭证。示例值：\"Bearer u-7f\"",
    );
    let reading = read("page.md", page.as_bytes());
    let tokens: Vec<_> = endpoint(&reading).tokens.iter().map(|token| token.name()).collect();
    assert_eq!(tokens, ["tenant", "user"], "{:?}", reading.remarks);
}

#[test]
fn a_token_that_the_first_table_names() {
    let row = "| HTTP Method | POST |\n| 凭证要求 | user_access_token |\n";
    let page = page("POST", "/hulls", "").replace("| HTTP Method | POST |\n", row);
    let reading = read("page.md", page.as_bytes());
    let tokens: Vec<_> = endpoint(&reading).tokens.iter().map(|token| token.name()).collect();
    assert_eq!(tokens, ["user"], "{:?}", reading.remarks);
}

#[test]
fn code_of_dingtalks_old_api_shows_what_is_inside_of_what() {
    let page = "# 泊位\n\n## **请求**\n\n| **基本信息** | |\n| --- | --- |\n\
        | HTTP URL | https://oapi.dingtalk.com/topapi/mole/berth |\n| HTTP Method | POST |\n\n\
        ### **请求体**\n\n| 名称 | 类型 | 是否必填 | 示例值 | 描述 |\n| --- | --- | --- | --- | --- |\n\
        | param | BerthParam | 是 |  | 参 |\n| tides | TideVo | 否 |  | 潮 |\n\
        | height | Number | 是 | 2 | 高 |\n| berth\\_id | String | 是 | b1 | 泊 |\n\n\
        ### **请求示例**\n\ncurl\n\n```\ncurl -X POST \"https://oapi.dingtalk.com/topapi/mole/berth\" \\\n\
        -d 'param=null'\n```\n\nPHP\n\n```\n$req = new OapiMoleBerthRequest;\n$param = new BerthParam;\n\
        $tides = new TideVo;\n$tides->height=\"2\";\n$param->tides = array($tides);\n\
        $param->berth_id=\"b1\";\n$req->setParam($param);\n```\n";
    let reading = read("page.md", page.as_bytes());
    let expected = "param: object (tides: list<object> (height: int), berth_id: string)";
    assert_eq!(tree(&endpoint(&reading).body), expected, "{:?}", reading.remarks);
}

#[test]
fn two_tables_of_one_body_are_two_forms_of_it() {
    let big = ["kind | string | 是 | 类", "masts | int | 是 | 桅", "flag | string | 否 | 旗"];
    let small = ["kind | string | 是 | 类", "oars | int | 是 | 桨"];
    let sections = format!("{}{}", table("大船请求体", &big), table("小船请求体", &small));
    let reading = reading(&sections);
    let body = &endpoint(&reading).body;
    let required: Vec<_> =
        body.iter().map(|field| (field.name.as_str(), field.required == Some(true))).collect();
    let expected = [("kind", true), ("masts", false), ("flag", false), ("oars", false)];
    assert_eq!(required, expected, "{:?}", reading.remarks);
}

#[test]
fn an_operation_of_a_host_that_is_no_platform() {
    let page = page("POST", "/hulls", "");
    let page = page.replace("open.feishu.cn/open-apis/dock/v1", "www.feishu.cn/dock/openapi/v1");
    let reading = read("page.md", page.as_bytes());
    let is_said =
        |message: &str| message.contains("cannot work") && message.contains("www.feishu.cn");
    let remarks = &reading.remarks;
    assert!(remarks.iter().any(|remark| is_said(&remark.message)), "{remarks:?}");
}

#[test]
fn a_row_behind_another_is_read() {
    let rows = "| &emsp;∟a | object | 帆 |\n\
                | &emsp;&emsp;∟b | string | 风 | ∟c | int | 浪 |\n\
                | &emsp;&emsp;∟d | int | 潮 |\n";
    let reading = reading(&format!(
        "## 响应\n\n### 响应体\n\n| 参数 | 类型 | 说明 |\n| --- | --- | --- |\n\
         | code | int | 码 |\n| msg | string | 文 |\n| data | - | - |\n{rows}"
    ));
    let expected = "a: object (b: string, c: int, d: int)";
    assert_eq!(tree(&endpoint(&reading).response), expected, "{:?}", reading.remarks);
}
