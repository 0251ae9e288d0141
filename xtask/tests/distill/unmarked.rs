//! Tables that list inner rows without a mark, as the vendor's own export does.

use xtask::distill::{Page, Param, read};

/// The tree of an answer, one row a line; each row is `name | type | text`.
#[track_caller]
fn check(rows: &[&str], sample: &str, expected: &str) {
    let rows: String = rows.iter().map(|row| format!("{row} | 文\n")).collect();
    let page = format!(
        "# 查询\n\n## 请求\n名称 | 值\n---|---\n\
         HTTP URL | https://open.feishu.cn/open-apis/tug/v1/jobs\nHTTP Method | GET\n\n\
         ## 响应\n\n### 响应体\n\n名称 | 类型 | 描述\n---|---|---\n\
         code | int | 码\nmsg | string | 文\ndata | \\- | \\-\n{rows}\n\
         ### 响应体示例\n```json\n{sample}\n```\n"
    );
    let Page::Endpoint(endpoint) = read("page.md", page.as_bytes()).page else { panic!("{page}") };
    assert_eq!(tree(&endpoint.response), expected, "{rows}");
}

/// `a b(c d)`
fn tree(fields: &[Param]) -> String {
    let one = |field: &Param| match tree(&field.fields) {
        inner if inner.is_empty() => field.name.clone(),
        inner => format!("{}({inner})", field.name),
    };
    fields.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_sample_that_has_a_row_outside_the_data() {
    let sample = r#"{ "code": 0, "data": { "id": "1" }, "trace": "t" }"#;
    check(&["id | string", "trace | string", "name | string"], sample, "data(id name) trace");
}
