//! Small things that a page says, and what is said of those that specs have no place for.

use xtask::distill::{Reading, RemarkKind, read};

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
