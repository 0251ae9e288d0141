//! One type for what has one name and one shape, in one API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fresh::{page, table};
use super::lab::Lab;

/// A page with a sample of the response.
fn answering(page: &str, data: &str) -> String {
    format!(
        "{page}\n## 响应\n\n### 响应体示例\n\n```json\n{{\"code\":0,\"msg\":\"ok\",\"data\":{data}}}\n```\n"
    )
}

fn lab(pages: &[(&str, &str)]) -> Lab {
    let lab = Lab::new();
    for (name, page) in pages {
        lab.write(&format!("pages/{name}"), page);
    }
    lab.distil();
    lab
}

/// Every type of the specs, by its name, with its fields or values as the specs write them.
fn types(lab: &Lab) -> BTreeMap<String, Vec<String>> {
    let mut types = BTreeMap::new();
    for file in lab.specs().split("==> ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        let spec: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        for ty in spec["types"].as_array().into_iter().flatten() {
            let parts = ty["fields"].as_array().or(ty["values"].as_array()).unwrap();
            let parts = parts.iter().map(|part| match part["value"].as_str() {
                Some(value) => value.to_owned(),
                None => {
                    let mark = if part["required"] == true { "!" } else { "" };
                    format!(
                        "{}{mark}: {}",
                        part["name"].as_str().unwrap(),
                        part["type"].as_str().unwrap()
                    )
                }
            });
            types.insert(ty["name"].as_str().unwrap().to_owned(), parts.collect());
        }
    }
    types
}

#[track_caller]
fn check(lab: &Lab, expected: &[(&str, &[&str])]) {
    let types = types(lab);
    let found: Vec<_> = types
        .iter()
        .map(|(name, parts)| (name.as_str(), parts.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    let expected: Vec<_> = expected.iter().map(|(name, parts)| (*name, parts.to_vec())).collect();
    assert_eq!(found, expected);
    let again = lab.distil();
    assert_eq!(again.changes(), [""; 0], "a second run changes something");
    assert_eq!(again.out, "");
}

const TIME: [&str; 2] = ["└ date | string | 否 | 日期", "└ zone | string | 否 | 时区"];

/// A body with a moment under two names, of one type of the vendor.
fn voyage() -> String {
    let start = ["start | moment | 是 | 开始", TIME[0], TIME[1]];
    let end = ["end | moment | 否 | 结束", TIME[0], TIME[1]];
    page("POST", "/voyages", &table("请求体", &[start, end].concat()))
}

#[test]
fn a_type_of_the_vendor_under_two_names() {
    check(&lab(&[("1.md", &voyage())]), &[("Moment", &["date: string", "zone: string"])]);
}

#[test]
fn an_answer_beside_the_request_wherever_it_is_read_first() {
    let data = r#"{"voyage":{"start":{"date":"a","zone":"b"},"end":{"zone":"b","date":"a"}}}"#;
    let get = answering(&page("GET", "/voyages/:voyage_id", ""), data);
    let moment: (&str, &[&str]) = ("Moment", &["date: string", "zone: string"]);
    let voyage: (&str, &[&str]) = ("Voyage", &["start: Moment", "end: Moment"]);
    check(&lab(&[("1.md", &self::voyage()), ("2.md", &get)]), &[moment, voyage]);
}

#[test]
fn what_a_request_requires_is_known_of_the_answers_type_too() {
    let data = r#"{"crew":[{"id":"a","rank":1}]}"#;
    let get = answering(&page("GET", "/crews", ""), data);
    let rows =
        ["crew | object[] | 是 | 船员", "└ id | string | 是 | 标识", "└ rank | int | 否 | 级"];
    let post = page("POST", "/crews", &table("请求体", &rows));
    let lax =
        ["crew | object[] | 是 | 船员", "└ id | string | 否 | 标识", "└ rank | int | 否 | 级"];
    let patch = page("PATCH", "/crews/:crew_id", &table("请求体", &lax));
    check(
        &lab(&[("1.md", &get), ("2.md", &post), ("3.md", &patch)]),
        &[("Crew", &["id!: string", "rank: int"]), ("PatchCrewCrew", &["id: string", "rank: int"])],
    );
}

/// Pages whose responses show these samples.
fn samples(data: &[&str]) -> Lab {
    let lab = Lab::new();
    for (number, data) in data.iter().enumerate() {
        let page = answering(&page("GET", &format!("/q{number}"), ""), data);
        lab.write(&format!("pages/{number}.md"), page);
    }
    lab.distil();
    lab
}

#[test]
fn samples_show_parts_of_one_type() {
    let few = r#"{"ship":{"id":"a","cost":1,"crew":[]}}"#;
    let more = r#"{"ships":[{"id":"a","cost":1.5,"flag":"c","crew":[{"name":"x"}]}]}"#;
    for data in [[few, more], [more, few]] {
        let lab = samples(&data);
        let ship = &types(&lab)["Ship"];
        let expected = ["cost: float", "crew: list<Crew>", "flag: string", "id: string"];
        let mut found = ship.clone();
        found.sort();
        assert_eq!(found, expected);
        check(
            &lab,
            &[
                ("Crew", &["name: string"]),
                ("Ship", &ship.iter().map(String::as_str).collect::<Vec<_>>()),
            ],
        );
    }
}

#[test]
fn what_two_places_of_a_sample_show_of_a_type_is_put_together() {
    let first = r#"{"first":{"ship":{"id":"a"}},"last":{"ship":{"id":"a"}}}"#;
    let more = r#"{"first":{"ship":{"id":"a","hull":{"depth":1}}},"last":{"ship":{"id":"a","hull":{"width":1}}}}"#;
    check(
        &samples(&[first, more]),
        &[
            ("First", &["ship: Ship"]),
            ("Hull", &["depth: int", "width: int"]),
            ("Last", &["ship: Ship"]),
            ("Ship", &["id: string", "hull: Hull"]),
        ],
    );
}

#[test]
fn a_sample_shows_a_part_of_what_a_request_describes() {
    let rows = [
        "ship | object | 是 | 船",
        "└ id | string | 是 | 标识",
        "└ flag | string | 否 | 旗",
        "└ depth | int | 否 | 深",
    ];
    let post = page("POST", "/ships", &table("请求体", &rows));
    let get = |data| answering(&page("GET", "/ships", ""), data);
    let part = get(r#"{"ship":{"id":"a","depth":1}}"#);
    let ship: (&str, &[&str]) = ("Ship", &["id!: string", "flag: string", "depth: int"]);
    check(&lab(&[("1.md", &post), ("2.md", &part)]), &[ship]);
    let turned: (&str, &[&str]) = ("Ship", &["id!: string", "depth: int", "flag: string"]);
    check(&lab(&[("1.md", &part), ("2.md", &post)]), &[turned]);
    // What only the vendor sends is no field of what a client sends.
    let beyond = get(r#"{"ship":{"id":"a","depth":1,"built":"b"}}"#);
    let answer: (&str, &[&str]) = ("ListShipShip", &["id: string", "depth: int", "built: string"]);
    check(&lab(&[("1.md", &post), ("2.md", &beyond)]), &[answer, ship]);
}

#[test]
fn samples_with_little_in_common_stay_apart() {
    let found = |data: &[&str]| types(&samples(data)).len();
    let ship = r#"{"ship":{"id":"a","name":"b"}}"#;
    assert_eq!(found(&[ship, r#"{"ship":{"id":"a","size":1,"flag":"c"}}"#]), 2);
    assert_eq!(found(&[ship, r#"{"ship":{"id":1,"name":"b","flag":"c"}}"#]), 2);
    // Everything can be called an item.
    let items = r#"{"items":[{"id":"a","name":"b"}]}"#;
    assert_eq!(found(&[items, r#"{"items":[{"id":"a","name":"b","flag":"c"}]}"#]), 2);
}

#[test]
fn unrelated_things_of_one_shape_stay_apart() {
    let rows = [
        "owner | object | 否 | 船东",
        "└ id | string | 否 | 标识",
        "└ name | string | 否 | 名称",
        "port | object | 否 | 港口",
        "└ id | string | 否 | 标识",
        "└ name | string | 否 | 名称",
    ];
    check(
        &lab(&[("1.md", &page("POST", "/ships", &table("请求体", &rows)))]),
        &[("Owner", &["id: string", "name: string"]), ("Port", &["id: string", "name: string"])],
    );
}

#[test]
fn the_same_deep_inside_of_many() {
    let block = |name: &str| {
        format!(
            "{name} | block | 否 | 块 |\n| └ text | rich | 否 | 文 |\n| └ └ elements | element[] | 否 | 段 |\n\
             | └ └ └ link | link | 否 | 链 |\n| └ └ └ └ url | string | 是 | 址"
        )
    };
    let blocks: Vec<String> = (0..20).map(|n| block(&format!("part_{n}"))).collect();
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
    let one = page("POST", "/sheets", &table("请求体", &blocks));
    let other = page("POST", "/sheets/:sheet_id/parts", &table("请求体", &blocks[..3]));
    check(
        &lab(&[("1.md", &one), ("2.md", &other)]),
        &[
            ("Block", &["text: Rich"]),
            ("Element", &["link: Link"]),
            ("Link", &["url!: string"]),
            ("Rich", &["elements: list<Element>"]),
        ],
    );
}

#[test]
fn enums_of_the_same_values_in_any_order() {
    let kind = |values: [&str; 2]| {
        let row = format!(
            "kind | string | 否 | 类<br>**可选值有**：<br>- `{}`：一<br>- `{}`：二",
            values[0], values[1]
        );
        table("请求体", &[&row])
    };
    let pages = [
        ("1.md", page("POST", "/a", &kind(["wet", "dry"]))),
        ("2.md", page("POST", "/b", &kind(["dry", "wet"]))),
        ("3.md", page("POST", "/c", &kind(["dry", "old"]))),
    ];
    let pages: Vec<_> = pages.iter().map(|(name, page)| (*name, page.as_str())).collect();
    check(&lab(&pages), &[("CreateCKind", &["dry", "old"]), ("Kind", &["wet", "dry"])]);
}

#[test]
fn limits_that_differ_are_the_wider_ones_and_samples_the_first() {
    let rows = |max: u32, sample: &str| {
        let id = format!(
            "└ id | string | 否 | 标识<br>**示例值**：\"{sample}\"<br>**数据校验规则**：<br>- 长度范围：`1` ～ `{max}` 字符"
        );
        table("请求体", &["crew | object | 否 | 船员", &id])
    };
    let pages = [
        ("1.md", page("POST", "/a", &rows(10, "x"))),
        ("2.md", page("POST", "/b", &rows(20, "y"))),
    ];
    let pages: Vec<_> = pages.iter().map(|(name, page)| (*name, page.as_str())).collect();
    let lab = lab(&pages);
    check(&lab, &[("Crew", &["id: string"])]);
    let shared = lab.read("specs/harbor/types/a.json");
    assert!(
        shared.contains(r#""max_length": 20"#) && shared.contains(r#""example": "x""#),
        "{shared}"
    );
}

#[test]
fn names_stay_when_a_page_is_added() {
    let rows = ["hull | object | 否 | 船体", "└ depth | int | 否 | 深"];
    let other = ["hull | object | 否 | 船体", "└ color | string | 否 | 色"];
    let lab = lab(&[("2.md", &page("POST", "/ships", &table("请求体", &rows)))]);
    lab.write("pages/1.md", page("POST", "/boats", &table("请求体", &other)));
    lab.write("pages/3.md", page("POST", "/rafts", &table("请求体", &other)));
    lab.distil();
    check(&lab, &[("CreateBoatHull", &["color: string"]), ("Hull", &["depth: int"])]);
}

#[test]
fn a_type_that_a_maintainer_renamed_is_found_by_its_field() {
    let rows = ["owner | object | 否 | 船东", "└ phone | string | 否 | 电话"];
    let lab = lab(&[("1.md", &page("POST", "/ships", &table("请求体", &rows)))]);
    lab.edit("specs/harbor/ship.create.json", r#""type": "Owner""#, r#""type": "Person""#);
    lab.edit("specs/harbor/ship.create.json", r#""name": "Owner""#, r#""name": "Person""#);
    lab.write("pages/2.md", page("POST", "/boats", &table("请求体", &rows)));
    lab.distil();
    check(&lab, &[("Person", &["phone: string"])]);
}

#[test]
fn an_object_inside_of_its_own_kind_is_of_one_type() {
    let rows = [
        "menu | object | 是 | 单",
        "└ entries | entry[] | 否 | 项",
        "└ └ name | string | 是 | 名",
        "└ └ entries | entry[] | 否 | 项",
        "└ └ └ name | string | 是 | 名",
        "└ └ └ entries | entry[] | 否 | 项",
        "└ └ └ └ name | string | 是 | 名",
    ];
    let data = r#"{"root":{"id":"a","children":[{"id":"b","children":[{"id":"c","children":[]}]},{"id":"d"}]}}"#;
    let post = page("POST", "/menus", &table("请求体", &rows));
    let get = answering(&page("GET", "/trees", ""), data);
    check(
        &lab(&[("1.md", &post), ("2.md", &get)]),
        &[
            ("Entry", &["name!: string", "entries: list<Entry>"]),
            ("Menu", &["entries: list<Entry>"]),
            ("Root", &["id: string", "children: list<Root>"]),
        ],
    );
}

#[test]
fn a_type_that_the_page_names_again_without_its_rows() {
    let rows =
        ["filter | filter | 否 | 滤", "└ field | string | 否 | 列", "└ inner | filter[] | 否 | 内"];
    check(
        &lab(&[("1.md", &page("POST", "/views", &table("请求体", &rows)))]),
        &[("Filter", &["field: string", "inner: list<Filter>"])],
    );
}

#[test]
fn what_only_looks_like_a_recursion_is_none() {
    let rows = [
        "hull | object | 否 | 船体",
        "└ depth | int | 否 | 深",
        "└ width | int | 否 | 宽",
        "└ door | object | 否 | 门",
        "└ └ depth | int | 否 | 深",
        "└ └ width | int | 否 | 宽",
        "└ hull | object | 否 | 内",
        "└ └ depth | int | 是 | 深",
    ];
    check(
        &lab(&[("1.md", &page("POST", "/ships", &table("请求体", &rows)))]),
        &[
            ("Door", &["depth: int", "width: int"]),
            ("Hull", &["depth: int", "width: int", "door: Door", "hull: HullHull"]),
            ("HullHull", &["depth!: int"]),
        ],
    );
}

#[test]
fn what_one_type_lost_is_said_once_no_place_has_it() {
    let lab = lab(&[("1.md", &voyage())]);
    lab.edit("pages/1.md", "| └ zone | string | 否 | 时区 |\n", "");
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/1.md", "| └ zone | string | 否 | 时区 |\n", "");
    assert_eq!(
        lab.distil().changes(),
        [
            "breaking: voyage.create body/start/zone: field - string (not on the page)",
            "breaking: voyage.create body/end/zone: field - string (not on the page)",
        ]
    );
    lab.edit(
        "pages/1.md",
        "| └ date | string | 否 | 日期 |\n",
        "| └ date | string | 否 | 日期 |\n| └ era | int | 否 | 纪 |\n",
    );
    let added = "additive: voyage.create body/start/era: field + int";
    assert!(lab.distil().changes().contains(&added.to_owned()));
    let specs = lab.specs();
    lab.distil();
    assert_eq!(lab.specs(), specs);
}

#[test]
fn what_one_type_lost_is_said_the_same_of_a_body_that_has_a_name() {
    let lab = lab(&[("1.md", &voyage())]);
    let file = "specs/harbor/voyage.create.json";
    let mut spec: Value = serde_json::from_str(&lab.read(file)).unwrap();
    let body = spec.as_object_mut().unwrap().remove("body").unwrap();
    spec["body_type"] = "Voyage".into();
    let whole = json!({ "name": "Voyage", "doc": "", "fields": body });
    spec["types"].as_array_mut().unwrap().push(whole);
    lab.write(file, spec.to_string());
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/1.md", "| └ zone | string | 否 | 时区 |\n", "");
    assert_eq!(lab.distil().changes(), [""; 0]);
    lab.edit("pages/1.md", "| └ zone | string | 否 | 时区 |\n", "");
    assert_eq!(lab.distil().changes().len(), 2);
}
