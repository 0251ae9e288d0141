//! Objects whose keys are data stay maps, and every entry of a sample counts.

use super::fresh::{page, table};
use super::lab::Lab;

/// A page with samples of the request and of the response's data.
fn with_samples(page: &str, request: Option<&str>, data: Option<&str>) -> String {
    let request = request.map(|body| format!("### 请求体示例\n\n```json\n{body}\n```\n\n"));
    let data = data.map(|data| {
        format!("## 响应\n\n### 响应体示例\n\n```json\n{{\"code\":0,\"msg\":\"ok\",\"data\":{data}}}\n```\n")
    });
    format!("{page}\n{}{}", request.unwrap_or_default(), data.unwrap_or_default())
}

/// The spec of the only page, and what the report says.
fn spec(page: &str) -> (String, String) {
    let lab = Lab::new();
    lab.write("pages/1.md", page);
    let run = lab.distil();
    let again = lab.distil();
    assert_eq!(again.changes(), [""; 0], "a second run changes something");
    (lab.specs(), run.err)
}

#[track_caller]
fn check(page: &str, fields: &[(&str, &str)]) {
    let (specs, report) = spec(page);
    for (name, ty) in fields {
        let field = format!(r#""name": "{name}", "type": "{ty}""#);
        assert!(specs.contains(&field), "no {field} in\n{specs}\n{report}");
    }
}

const RECORD: &str = r#"{"fields": {"Text": "a", "Number": 1, "People": [{"id": "ou_x"}]}}"#;

#[test]
fn the_values_of_a_map_are_of_all_types_that_its_sample_shows() {
    let body = table("请求体", &["fields | map | 是 | 列"]);
    let page = with_samples(&page("POST", "/records", &body), Some(RECORD), None);
    check(&page, &[("fields", "map<json>")]);
    let (specs, _) = spec(&page);
    assert!(specs.contains(r#""Number": 1"#), "the sample is left out:\n{specs}");
}

#[test]
fn one_type_where_all_values_of_the_sample_agree() {
    let body = table("请求体", &["labels | map | 否 | 标", "hulls | map | 否 | 船体"]);
    let sample =
        r#"{"labels": {"a": "x", "b": "y"}, "hulls": {"a": {"depth": 1}, "b": {"width": 2}}}"#;
    let page = with_samples(&page("POST", "/ships", &body), Some(sample), None);
    check(
        &page,
        &[("labels", "map<string>"), ("hulls", "map<Hull>"), ("depth", "int"), ("width", "int")],
    );
}

#[test]
fn all_objects_of_a_list_count() {
    let rows = ["records | object[] | 是 | 行", "└ fields | map | 是 | 列"];
    let sample = r#"{"records": [{"fields": {"a": "x"}}, {"fields": {"a": 1}}]}"#;
    let page = with_samples(&page("POST", "/records", &table("请求体", &rows)), Some(sample), None);
    check(&page, &[("fields", "map<json>")]);
}

#[test]
fn a_sample_that_contradicts_the_values_of_a_map_widens_them() {
    let body = table("请求体", &["fields | map<string, string> | 是 | 列"]);
    let page = with_samples(&page("POST", "/records", &body), Some(RECORD), None);
    check(&page, &[("fields", "map<json>")]);
    let (specs, report) = spec(&page);
    assert!(specs.contains(r#""Number": 1"#), "the sample is left out:\n{specs}");
    assert!(
        report.contains("`fields` is map<string> in the table, and has int in the sample"),
        "{report}"
    );
}

#[test]
fn columns_of_a_response_are_no_fields() {
    let data = r#"{"record": {"record_id": "r", "fields": {"人力": 3, "任务": [{"id": "x"}], "on": true}}}"#;
    let page = with_samples(&page("GET", "/records/:record_id", ""), None, Some(data));
    check(&page, &[("record_id", "string"), ("fields", "map<json>")]);
    let (specs, _) = spec(&page);
    assert!(!specs.contains(r#""name": "人力""#) && !specs.contains(r#""name": "on""#), "{specs}");
}

#[test]
fn ids_as_keys_of_a_response_are_no_fields() {
    let data = r#"{"agents": {"ou_aaa": {"name": "x"}, "ou_bbb": {"name": "y", "age": 1}}}"#;
    let page = with_samples(&page("GET", "/agents", ""), None, Some(data));
    check(&page, &[("agents", "map<Agent>"), ("name", "string"), ("age", "int")]);
}

#[test]
fn what_the_request_calls_a_map_is_one_in_the_response() {
    let body = table("请求体", &["props | map<string, string> | 否 | 属性"]);
    let data = r#"{"ship": {"props": {"color": "red", "berths": 2}, "name": "a"}}"#;
    let page = with_samples(&page("POST", "/ships", &body), None, Some(data));
    check(&page, &[("props", "map<string>"), ("props", "map<json>"), ("name", "string")]);
    let (specs, _) = spec(&page);
    assert!(!specs.contains(r#""name": "color""#), "{specs}");
}

#[test]
fn translations_keep_their_fields() {
    let data = r#"{"i18n_name": {"zh_cn": "a", "en_us": "b", "ja-JP": "c"}}"#;
    let page = with_samples(&page("GET", "/names", ""), None, Some(data));
    check(&page, &[("zh_cn", "string"), ("en_us", "string"), ("ja-JP", "string")]);
}

#[test]
fn numbers_of_64_bits_are_text_where_the_sample_has_them_as_text() {
    let rows = ["since | int64 | 是 | 起", "until | int64 | 否 | 止", "size | int | 否 | 量"];
    let sample = r#"{"since": "1609296809", "until": 1609296809, "size": "20"}"#;
    let page = with_samples(&page("POST", "/logs", &table("请求体", &rows)), Some(sample), None);
    check(&page, &[("since", "string"), ("until", "int"), ("size", "int")]);
}

#[test]
fn numbers_of_64_bits_in_a_list_of_parameters() {
    let body = "### 请求体\n\n- since (int64, required): 起\n- size (int, optional): 量\n";
    let sample = r#"{"since": "1609296809", "size": "20"}"#;
    let page = with_samples(&page("POST", "/logs", body), Some(sample), None);
    check(&page, &[("since", "string"), ("size", "int")]);
}
