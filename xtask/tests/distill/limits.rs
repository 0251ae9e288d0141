//! Input that is no page, or no longer one.

use xtask::distill::{Page, read};

#[track_caller]
fn is_nothing(bytes: &[u8], word: &str) {
    match read("page", bytes).page {
        Page::Nothing { why } | Page::Unreadable { why, .. } => {
            assert!(why.contains(word), "{why}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_page_says_why() {
    is_nothing(b"", "empty");
    is_nothing(b" \n\n", "empty");
    is_nothing(&[0; 4096], "binary");
    is_nothing(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "binary");
    is_nothing(&vec![b'|'; 20 << 20], "too large");
    is_nothing("随便写点什么。".as_bytes(), "neither an HTTP URL nor a table of fields");
}

#[test]
fn a_page_that_is_cut_anywhere_keeps_what_comes_before() {
    let page = include_str!("../pages/crane_move.md");
    let end = page.find("### 请求体").unwrap();
    for cut in (end..page.len()).step_by(3) {
        let Page::Endpoint(endpoint) = read("page", &page.as_bytes()[..cut]).page else {
            panic!("cut at {cut}")
        };
        assert_eq!(endpoint.method, "PATCH");
        let names: Vec<_> = endpoint.query.iter().map(|param| param.name.as_str()).collect();
        assert_eq!(names, ["id_type", "speed", "dry_run"], "cut at {cut}");
    }
}

#[test]
fn deep_nesting_ends_in_no_overflow() {
    let mut page = String::from(
        "# T\n### 请求体\n| 基本 | |\n|---|---|\n| HTTP URL | https://api.dingtalk.com/v1.0/a/b |\n\n",
    );
    page.push_str("| 名称 | 类型 | 是否必填 |\n|---|---|---|\n");
    for depth in 0..2000 {
        page.push_str(&format!("| {}n{depth} | Object | 是 |\n", "└".repeat(depth)));
    }
    page.push_str(&format!("\n### 请求示例\n```\n{}\n```\n", "{\"a\":[".repeat(50_000)));
    let Page::Endpoint(endpoint) = read("page", page.as_bytes()).page else {
        panic!("no endpoint")
    };
    assert_eq!(count(&endpoint.body), 2000);
}

fn count(params: &[xtask::distill::Param]) -> usize {
    params.iter().map(|param| 1 + count(&param.fields)).sum()
}
