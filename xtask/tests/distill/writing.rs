//! What a maintainer still has to write and to check, and how little that is.

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::Lab;

/// A page whose answer is this data.
fn answering(method: &str, path: &str, params: &str, data: &Value) -> String {
    let answer = json!({ "code": 0, "msg": "ok", "data": data });
    let answer = format!("### 响应体示例\n\n```json\n{answer:#}\n```\n");
    page(method, path, &format!("{params}\n## 响应\n\n{answer}"))
}

/// The pages of the one operation that the page describes, and what is said of it.
#[track_caller]
fn pages(page: &str) -> (Value, Vec<String>) {
    let lab = Lab::new();
    lab.write("pages/dock.md", page);
    let run = lab.distil();
    let spec: Value = serde_json::from_str(&lab.read("specs/harbor/dock.list.json")).unwrap();
    let said = run.err.lines().filter(|line| line.contains("`pages`") || line.contains("a page"));
    (spec["pages"].clone(), said.map(str::to_owned).collect())
}

#[test]
fn pages_are_drafted_where_names_say_how_to_get_to_the_next() {
    let token =
        table("查询参数", &["page_token | string | 否 | 标记", "page_size | int | 否 | 大小"]);
    let list = json!({ "items": [{ "id": "d1" }], "page_token": "t", "has_more": true });
    let (drafted, said) = pages(&answering("GET", "/docks", &token, &list));
    let expected = json!({
        "items": "items", "token": "page_token", "next": "page_token", "more": "has_more"
    });
    assert_eq!(drafted, expected);
    assert_eq!(
        said,
        ["pages/dock.md:9: guess: `pages` of `items` are drafted from the names `page_token` and \
          `page_token`; check that they lead from one page to the next"]
    );
    let list = json!({ "docks": [{ "id": "d1" }], "next_page_token": "t" });
    let (drafted, _) = pages(&answering("GET", "/docks", &token, &list));
    let expected = json!({ "items": "docks", "token": "page_token", "next": "next_page_token" });
    assert_eq!(drafted, expected);
    let offset = table("查询参数", &["offset | int | 否 | 跳过", "limit | int | 否 | 数量"]);
    let list = json!({ "docks": [{ "id": "d1" }], "total": 7 });
    let (drafted, said) = pages(&answering("GET", "/docks", &offset, &list));
    assert_eq!(drafted, json!({ "items": "docks", "offset": "offset", "total": "total" }));
    assert_eq!(said.len(), 1);
}

#[test]
fn pages_that_cannot_be_drafted_are_said() {
    let token = table("查询参数", &["page_token | string | 否 | 标记"]);
    let required = token.replace("否", "是");
    let list = json!({ "docks": [{ "id": "d1" }], "page_token": "t" });
    let two = json!({ "docks": [{ "id": "d1" }], "ships": ["s"], "page_token": "t" });
    let no_token = json!({ "docks": [{ "id": "d1" }] });
    for (params, data, why) in [
        (&required, &list, "it is no optional string"),
        (&token, &two, "the response has 2 lists"),
        (&token, &no_token, "no field of the response has the token of the next one"),
    ] {
        let (drafted, said) = pages(&answering("GET", "/docks", params, data));
        assert_eq!(drafted, Value::Null);
        let expected = format!("pages/dock.md:9: guess: `page_token` asks for a page, but {why}");
        assert_eq!(said, [expected]);
    }
}

#[test]
fn pages_that_a_maintainer_took_out_stay_out() {
    let lab = Lab::new();
    let token = table("查询参数", &["page_token | string | 否 | 标记"]);
    let list = json!({ "items": [{ "id": "d1" }], "page_token": "t" });
    lab.write("pages/dock.md", answering("GET", "/docks", &token, &list));
    lab.distil();
    let mut spec: Value = serde_json::from_str(&lab.read("specs/harbor/dock.list.json")).unwrap();
    spec.as_object_mut().unwrap().remove("pages").unwrap();
    lab.write("specs/harbor/dock.list.json", spec.to_string());
    let run = lab.distil();
    assert!(!run.err.contains("`pages`"), "{}", run.err);
    assert_eq!(lab.read("specs/harbor/dock.list.json"), spec.to_string());
}

const WRITE: [&str; 7] =
    ["distill", "pages", "--api", "harbor", "--write", "--sentences", "left.json"];

/// Two operations that take the same name, with an error of the same message.
fn docks() -> Lab {
    let lab = Lab::new();
    let body = ["name | string | 是 | 码头的名字", "depth | int | 否 | 水深"];
    let errors = "### 错误码\n\n| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n| --- | --- | --- | --- |\n\
                  | 400 | 7001 | TooManyRequest | 慢点 |\n";
    for (file, method, path, rows) in
        [("1.md", "POST", "/docks", &body[..]), ("2.md", "PATCH", "/docks/:dock_id", &body[..1])]
    {
        let sections = format!("{}{errors}", table("请求体", rows));
        lab.write(&format!("pages/{file}"), page(method, path, &sections));
    }
    lab
}

/// What is left to write, and where.
fn left(lab: &Lab) -> Vec<(String, Vec<String>)> {
    let gaps: Value = serde_json::from_str(&lab.read("left.json")).unwrap();
    let gaps = gaps.as_array().unwrap().iter().map(|gap| {
        let places = serde_json::from_value(gap["places"].clone()).unwrap();
        (gap["about"].as_str().unwrap().to_owned(), places)
    });
    gaps.collect()
}

/// Writes a sentence into the file for each that it asks for.
fn answer(lab: &Lab, sentence: &str) {
    let mut gaps: Value = serde_json::from_str(&lab.read("left.json")).unwrap();
    for gap in gaps.as_array_mut().unwrap() {
        gap["doc"] = sentence.into();
    }
    lab.write("left.json", gaps.to_string());
}

#[test]
fn what_means_the_same_is_written_once() {
    let lab = docks();
    let run = lab.xtask(&WRITE);
    assert!(run.ok, "{}", run.err);
    assert!(run.err.contains("sentences to write        8"), "{}", run.err);
    let gaps = left(&lab);
    let name = gaps.iter().find(|(about, _)| about == "field name").unwrap();
    assert_eq!(name.1, ["dock.create body/name", "dock.patch body/name"]);
    let gaps: Value = serde_json::from_str(&lab.read("left.json")).unwrap();
    let code = gaps.as_array().unwrap().iter().find(|gap| gap["about"] == "code TooManyRequest");
    assert_eq!(code.unwrap()["gloss"], json!(["TooManyRequest"]));
    answer(&lab, "Is painted on the wall.");
    let run = lab.xtask(&WRITE);
    assert!(run.ok, "{}", run.err);
    assert_eq!(left(&lab), []);
    let specs = lab.specs();
    assert!(!specs.contains(r#""doc": """#) && !specs.contains(r#""advice": """#), "{specs}");
    assert_eq!(specs.matches("Is painted on the wall.").count(), 9, "{specs}");
    assert!(lab.xtask(&WRITE).ok);
    assert_eq!((lab.specs(), left(&lab)), (specs, vec![]));
}

#[test]
fn what_is_described_in_the_same_words_takes_the_sentence_that_is_there() {
    let lab = docks();
    assert!(lab.xtask(&WRITE).ok);
    answer(&lab, "Is painted on the wall.");
    assert!(lab.xtask(&WRITE).ok);
    let body = table("请求体", &["name | string | 是 | 码头的名字", "note | string | 否 | 备注"]);
    lab.write("pages/3.md", page("POST", "/ships", &body));
    assert!(lab.xtask(&WRITE).ok);
    let about: Vec<_> = left(&lab).into_iter().map(|(about, _)| about).collect();
    assert_eq!(about, ["module ship", "operation dock.v1.ship.create", "field note"]);
}

#[test]
fn members_that_mean_the_same_everywhere_come_from_the_glossary() {
    let lab = docks();
    let glossary = json!({
        "request/name": "Is painted on the wall.",
        "depth": "How deep the water is, in meters.",
        "code TooManyRequest": "Too many calls came at once.",
        "height": "Of no use here.",
    });
    lab.write("specs/glossary.json", glossary.to_string());
    assert!(lab.xtask(&WRITE).ok);
    let about: Vec<_> = left(&lab).into_iter().map(|(about, _)| about).collect();
    assert!(!about.iter().any(|about| about.starts_with("field name")), "{about:?}");
    assert!(about.contains(&"advice TooManyRequest".to_owned()), "{about:?}");
    let specs = lab.read("specs/harbor/dock.create.json") + &lab.read("specs/harbor/api.json");
    for sentence in glossary.as_object().unwrap().values().take(3) {
        let is_used = sentence != "Of no use here.";
        assert_eq!(specs.contains(sentence.as_str().unwrap()), is_used, "{specs}");
    }
    let operations = lab.xtask(&["operations", "--json"]);
    assert!(operations.ok, "{}", operations.err);
    let elsewhere = [&WRITE[..5], &["--out", "elsewhere"]].concat();
    assert!(lab.xtask(&elsewhere).ok);
    let specs = lab.read("elsewhere/harbor/dock.create.json");
    assert!(specs.contains("How deep the water is, in meters."), "{specs}");
}

#[test]
fn what_the_glossary_says_of_a_request_does_not_spread_to_a_type_in_the_next_run() {
    let lab = Lab::new();
    let rows =
        ["token | string | 否 | 标记", "dock | object | 否 | 码头", "└ token | string | 否 | 标记"];
    lab.write("pages/1.md", page("POST", "/docks", &table("请求体", &rows)));
    lab.write("specs/glossary.json", r#"{ "request/token": "Left out for the first page." }"#);
    assert!(lab.xtask(&WRITE).ok);
    let specs = lab.specs();
    assert_eq!(specs.matches(r#""doc": "Left out for the first page.""#).count(), 1, "{specs}");
    assert!(lab.xtask(&WRITE).ok);
    assert_eq!(lab.specs(), specs);
}

#[test]
fn sentences_that_do_not_pass_change_nothing() {
    let lab = docks();
    assert!(lab.xtask(&WRITE).ok);
    answer(&lab, "no sentence");
    let before = (lab.specs(), lab.read("left.json"));
    let run = lab.xtask(&WRITE);
    assert!(!run.ok && run.err.contains("this is not a whole sentence"), "{}", run.err);
    assert!(run.err.contains("nothing was written"), "{}", run.err);
    assert_eq!((lab.specs(), lab.read("left.json")), before);
}

#[test]
fn sentences_for_places_that_need_none_are_not_lost() {
    let lab = docks();
    assert!(lab.xtask(&WRITE).ok);
    let gap = json!([{ "about": "", "places": ["dock.create body/width"], "doc": "Is wide." }]);
    lab.write("left.json", gap.to_string());
    let run = lab.xtask(&WRITE);
    assert!(!run.ok && run.err.contains("dock.create body/width"), "{}", run.err);
    assert_eq!(lab.read("left.json"), gap.to_string());
    lab.write("left.json", "[{]");
    let run = lab.xtask(&WRITE);
    assert!(!run.ok && run.err.contains("left.json:1: "), "{}", run.err);
}

#[test]
fn what_is_left_is_shown_with_the_words_of_the_vendor() {
    let run = docks().xtask(&["distill", "pages", "--api", "harbor", "--gloss"]);
    let said = "field name: dock.create body/name, dock.patch body/name\n    码头的名字\n";
    assert!(run.err.contains(said), "{}", run.err);
}

#[test]
fn the_glossary_passes_wherever_it_is_used() {
    let lab = Lab::new();
    let glossary = include_str!("../../../specs/glossary.json");
    lab.write("specs/glossary.json", glossary);
    let glossary: Value = serde_json::from_str(glossary).unwrap();
    let keys = || glossary.as_object().unwrap().keys();
    let of = |role: &str| {
        let names = keys().filter_map(|key| key.strip_prefix(role).or(Some(key.as_str())));
        let rows = names.filter(|name| !name.contains(['/', ' ', '=']));
        rows.map(|name| format!("{name} | string | 否 | 某"))
            .collect::<std::collections::BTreeSet<_>>()
    };
    let request = of("request/");
    let request: Vec<&str> = request.iter().map(String::as_str).collect();
    let answer = of("answer/");
    let names = answer.iter().filter_map(|row| row.split_once(' '));
    let sample: Value = names.map(|(name, _)| (name.to_owned(), json!("x"))).collect();
    let codes = keys().filter_map(|key| key.strip_prefix("code ")).enumerate();
    let codes: String =
        codes.map(|(at, name)| format!("| 400 | 70{at:02} | {name} | 某 |\n")).collect();
    let errors = "| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n| --- | --- | --- | --- |";
    let page = answering("POST", "/docks", &table("请求体", &request), &sample)
        + &format!("\n### 错误码\n\n{errors}\n{codes}");
    lab.write("pages/dock.md", page);
    let run = lab.xtask(&WRITE);
    assert!(run.ok, "{}", run.err);
    let about: Vec<_> = left(&lab).into_iter().map(|(about, _)| about).collect();
    assert_eq!(about, ["module dock", "operation dock.v1.dock.create"]);
}
