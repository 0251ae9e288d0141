//! Tables that list inner rows without a mark, as the vendor's own export does.

use xtask::distill::{Page, Param, Reading, RemarkKind, read, read_all};

/// A page whose answer has the rows, each as `name | type`.
fn page(rows: &[&str], sample: &str) -> String {
    let rows: String = rows.iter().map(|row| format!("{row} | 文\n")).collect();
    format!(
        "# 查询\n\n## 请求\n名称 | 值\n---|---\n\
         HTTP URL | https://open.feishu.cn/open-apis/tug/v1/jobs\nHTTP Method | GET\n\n\
         ## 响应\n\n### 响应体\n\n名称 | 类型 | 描述\n---|---|---\n\
         code | int | 码\nmsg | string | 文\ndata | \\- | \\-\n{rows}\n\
         ### 响应体示例\n```json\n{sample}\n```\n"
    )
}

#[track_caller]
fn check(rows: &[&str], sample: &str, expected: &str) {
    let reading = read("page.md", page(rows, sample).as_bytes());
    assert_eq!(tree(&response(&reading)), expected, "{rows:?}");
}

#[track_caller]
fn response(reading: &Reading) -> Vec<Param> {
    let Page::Endpoint(endpoint) = &reading.page else { panic!("{:?}", reading.page) };
    endpoint.response.clone()
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
    check(&["id | string", "trace | string"], sample, "data(id) trace");
}

#[test]
fn rows_behind_a_list_that_its_sample_completes() {
    let rows = ["ropes | rope[]", "key | string", "length | int", "note | string", "at | string"];
    let sample = r#"{ "code": 0, "data": { "ropes": [{ "key": "a", "length": 2 }] } }"#;
    check(&rows, sample, "ropes(key length) note at");
}

#[test]
fn an_object_of_no_sample_ends_where_the_sample_goes_on() {
    let rows = ["hull | hull", "depth | int", "width | int", "id | string", "crew | int"];
    let sample = r#"{ "code": 0, "data": { "id": "1", "crew": 3 } }"#;
    check(&rows, sample, "hull(depth width) id crew");
}

#[test]
fn a_name_that_two_objects_have() {
    let rows = ["jobs | job[]", "id | string", "tug | tug", "id | string", "name | string"];
    let sample = r#"{ "code": 0, "data": { "jobs": [{ "id": "1", "tug": {}, "name": "x" }] } }"#;
    check(&rows, sample, "jobs(id tug(id) name)");
}

#[test]
fn a_type_named_after_that_of_the_object_around_it() {
    let rows = ["gear | gear", "winch | winch", "load | int", "rope | gear.rope", "length | int"];
    check(&rows, r#"{ "code": 0 }"#, "gear(winch(load) rope(length))");
}

#[test]
fn a_type_of_one_name_has_the_same_fields_again() {
    let rows = [
        "head | cargo",
        "weight | int",
        "seal | string",
        "tail | cargo",
        "weight | int",
        "seal | string",
        "total | int",
    ];
    let sample = r#"{ "code": 0, "data": { "head": { "weight": 1, "seal": "a" }, "total": 2 } }"#;
    check(&rows, sample, "head(weight seal) tail(weight seal) total");
}

#[test]
fn objects_that_are_called_files_and_values_of_several_types() {
    let rows = ["files | file[]", "url | string", "size | int", "remark | union", "id | string"];
    let sample = r#"{ "code": 0, "data": { "files": [{ "url": "u", "size": 1 }], "id": "1" } }"#;
    check(&rows, sample, "files(url size) remark id");
    let reading = read("page.md", page(&rows, sample).as_bytes());
    let types = response(&reading).into_iter().map(|field| field.ty.to_string());
    assert_eq!(types.collect::<Vec<_>>(), ["list<object>", "json", "string"]);
}

#[test]
fn the_types_of_one_page_tell_the_nesting_of_another() {
    let one = page(
        &["hull | hull", "depth | int", "width | int", "flag | string"],
        r#"{ "code": 0, "data": { "hull": { "depth": 1, "width": 2 }, "flag": "x" } }"#,
    );
    let other = page(
        &["hull | hull", "depth | int", "width | int", "note | string", "id | string"],
        r#"{ "code": 0, "data": {} }"#,
    );
    let pages = [("1.md".to_owned(), other.into_bytes()), ("2.md".to_owned(), one.into_bytes())];
    let readings = read_all(&pages).0;
    assert_eq!(tree(&response(&readings[0])), "hull(depth width) note id");
    assert_eq!(tree(&response(&readings[1])), "hull(depth width) flag");
    let remarks = &readings[1].remarks;
    assert!(remarks.iter().all(|remark| remark.kind != RemarkKind::GuessedNesting), "{remarks:?}");
}

#[test]
fn a_later_row_decides_where_an_earlier_one_belongs() {
    let rows = ["tug | tug", "id | string", "name | string", "id | string", "name | string"];
    let sample = r#"{ "code": 0, "data": { "id": "1", "name": "x" } }"#;
    check(&rows, sample, "tug(id name) id name");
}

#[test]
fn a_field_that_pages_show_behind_another_follows_it() {
    let whole = page(
        &["crane | crane", "id | string", "name | string", "tug | string"],
        r#"{ "code": 0, "data": { "crane": { "id": "1", "name": "x" }, "tug": "t" } }"#,
    );
    let rows = ["jobs | job[]", "id | string", "name | string", "flag | string"];
    let thin = page(&rows, r#"{ "code": 0, "data": { "jobs": [{ "id": "1" }], "flag": "x" } }"#);
    let alone = read("page.md", thin.as_bytes());
    assert_eq!(tree(&response(&alone)), "jobs(id) name flag");
    let pages = [("1.md".to_owned(), thin.into_bytes()), ("2.md".to_owned(), whole.into_bytes())];
    let readings = read_all(&pages).0;
    assert_eq!(tree(&response(&readings[0])), "jobs(id name) flag");
}

#[test]
fn a_sample_with_fields_that_the_type_of_the_row_does_not_have() {
    let rows = [
        "head | cargo[]",
        "weight | int",
        "seal | string",
        "hold | hold",
        "deck | int",
        "cargos | cargo[]",
        "weight | int",
        "seal | string",
        "spare | spare",
        "note | string",
        "cargos | freight[]",
        "port | string",
    ];
    let sample = r#"{ "code": 0, "data": { "head": [{ "weight": 1, "seal": "a" }],
        "hold": {}, "cargos": [{ "port": "p" }] } }"#;
    let expected = "head(weight seal) hold(deck cargos(weight seal) spare(note)) cargos(port)";
    check(&rows, sample, expected);
}

#[test]
fn an_object_of_which_nothing_tells_where_it_ends_holds_any_json() {
    let rows = ["hulls | hull[]", "depth | int", "width | int", "flag | string"];
    let page = page(&rows, r#"{ "code": 0 }"#);
    let reading = read("page.md", page.as_bytes());
    let fields = response(&reading);
    assert_eq!(tree(&fields), "hulls");
    assert_eq!(fields[0].ty.to_string(), "list<json>");
    let messages: Vec<_> = reading.remarks.iter().map(|remark| &remark.message).collect();
    let expected = "`hulls` holds any JSON: no sample shows which of these rows are its fields: \
                    `depth`, `width`, `flag`";
    assert!(messages.iter().any(|message| *message == expected), "{messages:?}");
}

#[test]
fn a_row_that_is_as_likely_in_another_object_is_left_out() {
    let rows = ["hull | hull", "depth | int", "width | int", "flag | string"];
    let sample = r#"{ "code": 0, "data": { "hull": { "depth": 1, "keel": 2 }, "flag": "x" } }"#;
    check(&rows, sample, "hull(depth) flag");
    let reading = read("page.md", page(&rows, sample).as_bytes());
    let messages: Vec<_> = reading.remarks.iter().map(|remark| &remark.message).collect();
    let expected = "left out, as no sample shows whether fields of `data` or of `hull`: `width`";
    assert!(messages.iter().any(|message| *message == expected), "{messages:?}");
}
