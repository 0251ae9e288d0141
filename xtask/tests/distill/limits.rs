//! Input that is no page, or no longer one.

use xtask::distill::{Page, read};

#[track_caller]
fn is_nothing(bytes: &[u8], word: &str) {
    match read("page", bytes).page {
        Page::Nothing { why } | Page::Unreadable { why } => {
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
fn an_event_that_is_cut_anywhere_keeps_what_comes_before() {
    let page = include_str!("../pages/squall_event.md");
    let end = page.find("### 事件体").unwrap();
    let boundaries = (end..page.len()).filter(|at| page.is_char_boundary(*at));
    for cut in boundaries.step_by(7) {
        let Page::Event(event) = read("page", &page.as_bytes()[..cut]).page else {
            panic!("cut at {cut}")
        };
        assert_eq!(event.event_type, "harbor.squall.came_v1");
        assert_eq!(event.scopes.len(), 2, "cut at {cut}");
        if cut > page.find("quarter").unwrap() {
            assert_eq!(event.fields[0].name, "keeper", "cut at {cut}");
            assert_eq!(event.fields[0].fields[0].name, "badge", "cut at {cut}");
        }
    }
}

#[test]
fn tables_of_elements_end_wherever_they_are_broken() {
    let head = "## 事件\n<md-table>\n<tr><td>基本</td><td></td></tr>\n\
                <tr><td>事件类型</td><td>a.b</td></tr>\n</md-table>\n### 事件体\n";
    for table in [
        "<md-dt-table>".repeat(1000),
        format!("<md-dt-table>{}", "<md-dt-tr level=\"4000000000\"><md-dt-td>a".repeat(1000)),
        format!("<md-dt-table>{}</md-dt-table>", "<".repeat(100_000)),
        format!("<md-dt-table>{}", "</md-dt-td></md-dt-tr>".repeat(1000)),
        "<md-dt-table>\n## 事件\n".repeat(1000),
        "<md-code-json>\n{".to_owned(),
        "<table".to_owned(),
        "<md-dt-table></md-dt-table>".to_owned(),
    ] {
        let Page::Event(event) = read("page", format!("{head}{table}").as_bytes()).page else {
            panic!("no event")
        };
        assert_eq!(event.event_type, "a.b");
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
