//! What is no page, and what cannot be read or written: an error with its file, and nothing done.

use std::fs::File;
use std::os::unix::fs::symlink;

use xtask::distill::command::{run, task::Written};

use super::fresh::{page, table};
use super::lab::Lab;

const DISTIL: [&str; 5] = ["distill", "pages", "--api", "harbor", "--write"];

#[track_caller]
fn refused(lab: &Lab, args: &[&str], said: &str) {
    let run = lab.xtask(args);
    assert!(!run.ok && run.err.contains(said), "{}{}", run.out, run.err);
    let writes = args[0] == "distill";
    assert_eq!(run.err.contains("nothing was written"), writes, "{}", run.err);
    assert_eq!(lab.specs(), "");
}

/// The others are read and written, but the run fails.
#[track_caller]
fn read_without(lab: &Lab, said: &str) {
    let run = lab.xtask(&DISTIL);
    assert!(!run.ok && run.err.contains(said), "{}{}", run.out, run.err);
    assert!(run.err.contains("error: 1 page cannot be read"), "{}", run.err);
    assert!(lab.specs().contains("==> harbor/dock.list.json"), "{}", lab.specs());
}

#[test]
fn one_bad_file_keeps_no_other_from_being_read() {
    for (bytes, said) in [
        (&b""[..], "pages/bad.md:1: unreadable: empty"),
        (&[0; 4096], "pages/bad.md:1: unreadable: binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "pages/bad.md:1: unreadable: binary"),
    ] {
        let lab = Lab::new();
        lab.write("pages/good.md", page("GET", "/docks", ""));
        lab.write("pages/bad.md", bytes);
        read_without(&lab, said);
    }
}

#[test]
fn a_file_of_100_mb_is_no_page() {
    let lab = Lab::new();
    lab.write("pages/good.md", page("GET", "/docks", ""));
    File::create(lab.path("pages/huge.md")).unwrap().set_len(100 << 20).unwrap();
    read_without(&lab, "pages/huge.md:1: unreadable: larger than");
}

#[test]
fn failures_are_json_as_well() {
    let lab = Lab::new();
    lab.write("pages/bad.md", "");
    let distil = ["distill", "pages", "--api", "harbor", "--json"];
    let run = lab.xtask(&distil);
    assert!(!run.ok);
    assert_eq!(run.json()["pages"][0]["unreadable"], true);
    assert_eq!(run.json()["summary"]["unreadable"], 1);
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab.write("specs/harbor/api.json", "{");
    for args in
        [&distil[..], &["drift", "pages", "--json"], &["distill", "x", "--api", "y", "--json"]]
    {
        let run = lab.xtask(args);
        let json = run.json();
        let error = json["error"].as_str().unwrap();
        assert!(!run.ok && run.err.contains(error), "{}{}", run.out, run.err);
    }
}

#[test]
fn guesses_from_a_sample_are_counted() {
    let lab = Lab::new();
    let sample =
        "## 响应\n\n### 响应体示例\n\n```json\n{\"code\":0,\"data\":{\"a\":1,\"b\":\"x\"}}\n```\n";
    let rows: Vec<String> = (0..30).map(|n| format!("x{n} | undefined | 是 | 某")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let page = page("POST", "/docks", &format!("{}{sample}", table("请求体", &rows)));
    lab.write("pages/dock.md", page);
    let run = lab.xtask(&DISTIL);
    assert!(
        run.err.contains("pages/dock.md:1: 2 types are taken from a sample alone"),
        "{}",
        run.err
    );
    let lines = run.err.lines().filter(|line| line.starts_with("pages/dock.md:"));
    assert_eq!(lines.count(), 22, "{}", run.err);
    assert!(run.err.contains("further places are not certain; `--verbose`"), "{}", run.err);
    let all = lab.xtask(&[&DISTIL[..], &["--verbose"]].concat());
    assert!(all.err.contains("treating `b` as string, as in the sample"), "{}", all.err);
    assert!(all.err.contains("x29") && !all.err.contains("lists them"), "{}", all.err);
}

#[test]
fn a_path_that_is_not_there() {
    let lab = Lab::new();
    refused(
        &lab,
        &["distill", "nowhere.md", "--api", "harbor", "--write"],
        "nowhere.md:1: cannot be read",
    );
    std::fs::create_dir(lab.path("pages")).unwrap();
    refused(&lab, &DISTIL, "there are no pages");
}

#[test]
fn a_link_in_a_folder_leads_to_no_other_folder() {
    let lab = Lab::new();
    lab.write("pages/good.md", page("GET", "/docks", ""));
    for link in ["one", "two"] {
        symlink(".", lab.path(&format!("pages/{link}"))).unwrap();
    }
    let run = lab.xtask(&DISTIL);
    for link in ["pages/one", "pages/two"] {
        let said = format!("{link}:1: unreadable: a link to a folder");
        assert!(!run.ok && run.err.contains(&said), "{}", run.err);
    }
    assert!(run.err.contains("pages read                3"), "{}", run.err);
    symlink("pages", lab.path("named")).unwrap();
    let run = lab.xtask(&["drift", "named"]);
    assert!(run.err.contains("named/one:1: unreadable: a link to a folder"), "{}", run.err);
    assert!(run.out.is_empty(), "a link that is named is followed: {}", run.out);
}

#[test]
fn an_api_that_is_not_there_is_not_taken_for_an_empty_one() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab.distil();
    for command in ["drift", "coverage"] {
        let run = lab.xtask(&[command, "pages", "--api", "harbro"]);
        let said = "error: unknown API `harbro`; available: `harbor`\n";
        assert!(!run.ok && run.err.starts_with(said), "{}{}", run.out, run.err);
        assert!(!run.err.contains("nothing was written"), "{}", run.err);
    }
}

#[test]
fn hidden_folders_among_the_specs_are_no_apis() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab.distil();
    lab.write("specs/.idea/workspace.xml", "");
    for command in ["drift", "coverage"] {
        let run = lab.xtask(&[command, "pages"]);
        assert!(run.ok, "{}", run.err);
    }
}

#[test]
fn the_name_of_an_api_is_no_path() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    for name in ["../escape", "harbor/../../escape", "/escape", ".", "", "Harbor", "har bor", "9"] {
        let said = format!("`{name}` cannot be the name of a crate");
        refused(&lab, &["distill", "pages", "--write", "--api", name], &said);
        refused(&lab, &["drift", "pages", "--api", name], &said);
        assert!(!lab.path("escape").exists());
    }
}

#[test]
fn specs_with_faults_are_named_and_left_alone() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab.write("specs/harbor/api.json", "{ \"vendor\": \"feishu\",\n  \"modules\": {}, }");
    let before = lab.specs();
    let run = lab.xtask(&DISTIL);
    assert!(!run.ok && run.err.contains("api.json:2:"), "{}", run.err);
    assert!(!run.err.contains("error: error: "), "{}", run.err);
    assert_eq!(lab.specs(), before);
}

#[test]
fn a_folder_that_cannot_be_made() {
    let lab = Lab::new();
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    lab.write("file", "");
    let run = lab.xtask(&["distill", "pages", "--api", "harbor", "--write", "--out", "file/specs"]);
    assert!(!run.ok && run.err.contains("file/specs/harbor"), "{}", run.err);
    assert_eq!(lab.read("file"), "");
}

#[test]
fn a_spec_that_cannot_be_written_keeps_the_others_from_being_written() {
    let lab = Lab::new();
    lab.write("specs/harbor/dock.list.json/in_the_way", "");
    let specs = ["harbor/api.json", "harbor/dock.list.json"];
    let specs = specs.map(|path| Written { path: path.to_owned(), text: "{}".to_owned() });
    let error = run::write(&lab.path("specs"), &specs).unwrap_err().to_string();
    assert!(error.contains("specs/harbor/dock.list.json` is not a regular file"), "{error}");
    assert!(error.ends_with("\n\nnothing was written"), "{error}");
    assert_eq!(lab.specs(), "==> harbor/dock.list.json/in_the_way\n");
}

#[test]
fn a_page_in_a_pipe() {
    let lab = Lab::new();
    let run = lab.piped(&["distill", "-", "--api", "harbor"], page("GET", "/docks", "").as_bytes());
    assert!(run.ok && run.out.contains("==> harbor/dock.list.json <=="), "{}{}", run.out, run.err);
    assert_eq!(lab.specs(), "");
    let empty = lab.piped(&["distill", "-", "--api", "harbor"], b"");
    assert!(!empty.ok && empty.err.contains("-:1: unreadable: empty"), "{}", empty.err);
}

#[test]
fn rows_that_do_not_fit_are_said_with_their_line() {
    let lab = Lab::new();
    let body = table("请求体", &["name | string | 是 | 名称", "note"]);
    let page = page("POST", "/docks", &body);
    let line = page.lines().position(|line| line == "| note |").unwrap() + 1;
    lab.write("pages/dock.md", page);
    let run = lab.distil();
    assert!(run.err.contains(&format!("pages/dock.md:{line}: ")), "{}", run.err);
}

#[test]
fn a_page_that_is_cut_in_half_says_what_is_missing() {
    let lab = Lab::new();
    let page = include_str!("../pages/crane_move.md");
    let half = page.lines().count() / 2;
    let half: Vec<_> = page.lines().take(half).collect();
    lab.write("pages/crane.md", half.join("\n"));
    let run = lab.distil();
    assert!(
        run.err.lines().any(|line| line.starts_with("pages/crane.md:") && line.contains("missing")),
        "{}",
        run.err
    );
}

#[test]
fn a_page_without_an_operation_is_skipped_and_said() {
    let lab = Lab::new();
    lab.write("pages/text.md", "# A guide\n\nJust words.\n");
    lab.write("pages/dock.md", page("GET", "/docks", ""));
    let run = lab.distil();
    assert!(run.err.contains("pages/text.md:1: skipped: "), "{}", run.err);
    assert!(run.err.contains("skipped                   1"), "{}", run.err);
}

#[test]
fn a_guide_before_other_pages_does_not_decide_on_the_platform() {
    let lab = Lab::new();
    lab.write("pages/1.md", "# A guide\n\nJust words.\n");
    lab.write("pages/2.txt", include_str!("../pages/ferry_book.txt"));
    lab.distil();
    let api = lab.read("specs/harbor/api.json");
    assert!(api.contains(r#""vendor": "dingtalk""#), "{api}");
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let lab = Lab::new();
    lab.write(
        "pages/dock.md",
        page("POST", "/docks", &table("请求体", &["x | undefined | 是 | 某"])),
    );
    let json = lab.xtask(&["distill", "pages", "--api", "harbor", "--json"]).json();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["changes", "files", "pages", "summary"]);
    assert_eq!(json["summary"]["endpoints"], 1);
    assert_eq!(json["pages"][0]["spec"], "dock.create");
    let remarks = json["pages"][0]["remarks"].as_array().unwrap();
    assert!(remarks.iter().any(|remark| remark["kind"] == "guessed_type"), "{json:#}");
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    assert_eq!(lab.specs(), "");
}

#[test]
fn a_pipe_gets_neither_colors_nor_a_progress_bar() {
    let lab = Lab::new();
    for number in 0..30 {
        let body = table("请求体", &["x | undefined | 是 | 某"]);
        lab.write(&format!("pages/{number}.md"), page("POST", &format!("/docks/{number}"), &body));
    }
    for args in
        [&DISTIL[..], &["distill", "pages", "--api", "harbor", "--gloss"], &["drift", "pages"]]
    {
        let run = lab.xtask(args);
        for text in [run.out, run.err] {
            assert!(!text.contains(['\u{1b}', '\r']), "{text}");
        }
    }
}
