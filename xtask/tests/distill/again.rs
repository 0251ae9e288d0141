//! Pages come to specs that are there: facts follow, our own text stays, and what changed is said.

use serde_json::json;

use super::fresh::{event, page, table};
use super::lab::Lab;

/// A page with a bit of everything.
fn dock() -> String {
    let query = table("查询参数", &["lang | string | 否 | 语言"]);
    let body = [
        "name | string | 是 | 名称",
        "kind | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
        "note | string | 否 | 备注",
        "owner | object | 否 | 所有者",
        "└ phone | string | 否 | 电话",
    ];
    let errors = "## 响应\n\n### 响应体示例\n\n```json\n{\"code\":0,\"msg\":\"ok\",\"data\":{\"dock_id\":\"d1\",\
                  \"settings\":\"{\\\"a\\\":1}\"}}\n```\n\n### 错误码\n\n| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n\
                  | --- | --- | --- | --- |\n| 400 | 7001 | bad | 检查 |\n";
    page("POST", "/docks", &format!("{query}{}{errors}", table("请求体", &body)))
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("pages/dock.md", dock());
    lab.distil();
    lab
}

const SPEC: &str = "specs/harbor/dock.create.json";

/// What distilling says after an edit of the page, and the spec then.
fn after(edits: &[(&str, &str)]) -> (Vec<String>, String) {
    let lab = lab();
    for (old, new) in edits {
        lab.edit("pages/dock.md", old, new);
    }
    (lab.distil().changes(), lab.read(SPEC))
}

#[test]
fn the_same_pages_change_nothing() {
    for (name, page) in [
        ("a.md", include_str!("../pages/crane_move.md")),
        ("b.txt", include_str!("../pages/ferry_book.txt")),
        ("c.md", include_str!("../pages/lighthouse.md")),
        ("d.md", &dock()),
        ("e.md", include_str!("../pages/squall_event.md")),
        ("f.md", include_str!("../pages/beacon_ticket_event.md")),
        ("g.md", include_str!("../pages/lever_callback.md")),
        ("h.md", include_str!("../pages/lever_old_callback.md")),
        ("i.md", include_str!("../pages/gale_event_en.md")),
        ("j.md", &ship()),
    ] {
        let lab = Lab::new();
        lab.write(&format!("pages/{name}"), page);
        lab.distil();
        let specs = lab.specs();
        let again = lab.distil();
        assert_eq!(again.changes(), [""; 0], "{name}");
        assert_eq!(again.out, "", "{name}");
        assert_eq!(lab.specs(), specs, "{name}");
    }
}

#[test]
fn what_a_maintainer_wrote_stays() {
    let lab = lab();
    let edits = [
        ("  \"doc\": \"\",\n", "  \"aliases\": [\"pier\", \"码头\"],\n  \"doc\": \"\",\n"),
        (r#""examples": {"#, r#""examples": { "rust": ["let dock = CreateDock::new(\"A\");"],"#),
        (
            r#""name": "name", "type": "string", "doc": """#,
            r#""name": "name", "rust": "title", "type": "string", "doc": "What is painted on it.""#,
        ),
        (
            r#""name": "settings", "type": "string""#,
            r#""name": "settings", "type": "string<json>""#,
        ),
        (
            r#""name": "owner", "type": "Owner", "doc": """#,
            r#""name": "owner", "type": "Person", "doc": "Who pays.""#,
        ),
        (r#""name": "Owner""#, r#""name": "Person""#),
        (
            r#""name": "note", "type": "string", "doc": """#,
            r#""doc": "A key.", "name": "note", "type": "string""#,
        ),
    ];
    for (old, new) in edits {
        lab.edit(SPEC, old, new);
    }
    let before = lab.read(SPEC);
    assert_eq!(lab.distil().changes(), [""; 0]);
    assert_eq!(lab.read(SPEC), before);
    lab.edit("pages/dock.md", "note | string | 否", "note | string | 是");
    lab.edit("pages/dock.md", "└ phone", "└ mail | string | 否 | 信 |\n| └ phone");
    assert_eq!(
        lab.distil().changes(),
        [
            "breaking: dock.create body/note: required optional -> required",
            "additive: dock.create body/owner/mail: field + string",
        ]
    );
    let after = lab.read(SPEC);
    let lost: Vec<_> =
        before.lines().filter(|line| !after.contains(line.trim_end_matches(','))).collect();
    assert_eq!(lost, [r#"    { "doc": "A key.", "name": "note", "type": "string" },"#]);
    assert!(
        after.contains(r#""doc": "A key.", "required": true, "name": "note", "type": "string""#),
        "{after}"
    );
    assert!(after.contains(r#"{ "name": "mail", "type": "string", "doc": "" }"#), "{after}");
}

/// Nor do the fields that a page shows of it make a type.
#[test]
fn an_object_that_is_a_record_stays_one() {
    let lab = Lab::new();
    lab.write("pages/dock.md", dock().replace("| └ phone | string | 否 | 电话 |\n", ""));
    lab.distil();
    lab.edit(SPEC, r#""name": "owner", "type": "json""#, r#""name": "owner", "type": "record""#);
    lab.edit(
        SPEC,
        r#""name": "settings", "type": "string""#,
        r#""name": "settings", "type": "string<record>""#,
    );
    let before = lab.read(SPEC);
    assert_eq!(lab.distil().changes(), [""; 0]);
    assert_eq!(lab.read(SPEC), before);
    lab.write("pages/dock.md", dock());
    assert_eq!(lab.distil().changes(), [""; 0]);
}

#[test]
fn a_type_that_was_shared_stays_shared() {
    let lab = lab();
    let text = lab.read(SPEC);
    let at = text.find("    {\n      \"name\": \"Owner\"").unwrap();
    let end = at + text[at..].find("\n    }").unwrap() + 6;
    let owner = text[at..end].to_owned();
    lab.write("specs/harbor/types/people.json", format!("{{\n  \"types\": [\n{owner}\n  ]\n}}\n"));
    let rest = text.replacen(&format!(",\n{owner}"), "", 1);
    assert_ne!(rest, text);
    lab.write(SPEC, rest);
    lab.edit("pages/dock.md", "└ phone", "└ mail | string | 否 | 信 |\n| └ phone");
    assert_eq!(lab.distil().changes(), ["additive: dock.create body/owner/mail: field + string"]);
    assert!(lab.read("specs/harbor/types/people.json").contains("mail"));
    assert!(!lab.read(SPEC).contains("mail"));
}

#[test]
fn each_kind_of_change_is_said_and_made() {
    let cases = [
        (
            ("| name | string | 是", "| name | string | 否"),
            "breaking: dock.create body/name: required required -> optional",
            r#""name": "name", "type": "string", "doc": "" }"#,
        ),
        (
            ("lang | string", "lang | int"),
            "breaking: dock.create query/lang: type string -> int",
            r#""name": "lang", "type": "int""#,
        ),
        (
            (
                "lang | string | 否 | 语言 |\n",
                "lang | string | 否 | 语言 |\n| zone | string | 否 | 区 |\n",
            ),
            "additive: dock.create query/zone: field + string",
            r#""name": "zone""#,
        ),
        (
            (
                "lang | string | 否 | 语言 |\n",
                "lang | string | 否 | 语言 |\n| zone | string | 是 | 区 |\n",
            ),
            "breaking: dock.create query/zone: field + required string",
            r#""name": "zone""#,
        ),
        (
            ("- `dry`：干", "- `dry`：干<br>- `dusty`：灰"),
            "additive: dock.create body/kind: value + dusty",
            r#""value": "dusty""#,
        ),
        (
            (
                "| 400 | 7001 | bad | 检查 |\n",
                "| 400 | 7001 | bad | 检查 |\n| 429 | 7002 | slow | 等 |\n",
            ),
            "additive: dock.create errors: code + 7002",
            r#""errors": ["7001", "7002"]"#,
        ),
        (
            ("`tenant_access_token`", "`tenant_access_token` 或 `user_access_token`"),
            "additive: dock.create tokens: token + user",
            r#""tokens": ["tenant", "user"]"#,
        ),
        (
            ("`tenant_access_token`", "`user_access_token`"),
            "breaking: dock.create tokens: token - tenant (not on the page)",
            r#""tokens": ["user"]"#,
        ),
    ];
    for (edit, said, made) in cases {
        let (changes, spec) = after(&[edit]);
        assert!(changes.iter().any(|change| *change == said), "{said}: {changes:?}");
        assert!(spec.contains(made), "{made}: {spec}");
        if !said.contains("tenant") {
            assert_eq!(changes.len(), 1, "{changes:?}");
        }
    }
}

#[test]
fn what_the_page_lists_no_more_is_kept_and_said() {
    for (line, said, kept) in [
        (
            "| note | string | 否 | 备注 |\n",
            "breaking: dock.create body/note: field - string (not on the page)",
            r#""name": "note""#,
        ),
        (
            "<br>- `dry`：干",
            "breaking: dock.create body/kind: value - dry (not on the page)",
            r#""value": "dry""#,
        ),
    ] {
        let (changes, spec) = after(&[(line, "")]);
        assert_eq!(changes, [said]);
        assert!(spec.contains(kept), "{spec}");
    }
}

#[test]
fn a_new_field_is_named_apart_from_those_elsewhere() {
    let (changes, spec) = after(&[(
        "lang | string | 否 | 语言 |\n",
        "lang | string | 否 | 语言 |\n| note | string | 否 | 另 |\n",
    )]);
    assert_eq!(changes, ["additive: dock.create query/note: field + string"]);
    assert!(spec.contains(r#""name": "note", "rust": "query_note""#), "{spec}");
}

#[test]
fn a_sample_that_contradicts_the_page_is_left_out_once_and_for_all() {
    let lab = Lab::new();
    let body = table(
        "请求体",
        &[
            "kind | string | 否 | 类型<br>**示例值**：\"odd\"<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
        ],
    );
    lab.write("pages/dock.md", page("POST", "/docks", &body));
    let first = lab.distil();
    assert!(
        first.err.contains("pages/dock.md:1: conflict: left out: the example `odd`"),
        "{}",
        first.err
    );
    assert!(!lab.read(SPEC).contains("odd"));
    assert_eq!(lab.distil().changes(), [""; 0]);
}

const FIXUPS: &str = r#"[{ "page": "POST /open-apis/dock/v1/docks", "find": "undefined[]", "row": "names", "replace": "string[]", "why": "Lost." }]"#;

#[test]
fn a_fixup_corrects_the_page_until_the_vendor_does() {
    let lab = Lab::new();
    lab.write(
        "pages/dock.md",
        page("POST", "/docks", &table("请求体", &["names | undefined[] | 是 | 名称"])),
    );
    lab.write("specs/harbor/api.json", r#"{ "vendor": "feishu", "modules": {}, "errors": {} }"#);
    lab.write("specs/harbor/fixups.json", FIXUPS);
    let run = lab.distil();
    assert!(!run.err.contains("guessed type"), "{}", run.err);
    assert!(lab.read(SPEC).contains(r#""type": "list<string>""#));
    lab.edit("pages/dock.md", "undefined[]", "string[]");
    let before = lab.specs();
    let run = lab.xtask(&["distill", "pages", "--api", "harbor", "--write"]);
    assert!(
        !run.ok
            && run.err.contains("pages/dock.md")
            && run.err.contains("remove it from fixups.json"),
        "{}",
        run.err
    );
    assert_eq!(lab.specs(), before);
    lab.write("specs/harbor/fixups.json", FIXUPS.replace("find", "fnid"));
    let run = lab.xtask(&["distill", "pages", "--api", "harbor", "--write"]);
    assert!(!run.ok && run.err.contains("fixups.json:1:"), "{}", run.err);
}

#[test]
fn drift_is_said_and_fails() {
    let lab = lab();
    let run = lab.xtask(&["drift", "pages"]);
    assert!(run.ok && run.out.is_empty(), "{}{}", run.out, run.err);
    lab.edit("pages/dock.md", "| name | string | 是", "| name | string | 否");
    lab.edit("pages/dock.md", "note | string", "zone | string");
    let specs = lab.specs();
    let run = lab.xtask(&["drift", "pages"]);
    assert!(!run.ok);
    assert_eq!(run.changes().len(), 3, "{}", run.out);
    assert!(run.err.ends_with("in 3 places, 2 of them breaking\n"), "{}", run.err);
    let json = lab.xtask(&["drift", "pages", "--api", "harbor", "--json"]);
    assert!(!json.ok);
    assert_eq!(
        json.json()[0],
        json!({ "file": "dock.create", "at": "body/name", "what": "required",
                "from": "required", "to": "optional", "effect": "breaking" })
    );
    assert_eq!(lab.specs(), specs);
}

#[test]
fn drift_says_which_pages_describe_no_operation_of_ours() {
    let lab = lab();
    lab.write("pages/other.md", page("GET", "/ships", ""));
    let alone = lab.xtask(&["drift", "pages"]);
    assert!(!alone.ok, "{}", alone.err);
    let said = ["additive: ship.list : operation + dock.v1.ship.list"];
    assert_eq!(alone.changes(), said);
    assert!(
        alone
            .err
            .contains("pages/other.md:1: skipped: no spec describes GET /open-apis/dock/v1/ships"),
        "{}",
        alone.err
    );
    let named = lab.xtask(&["drift", "pages", "--api", "harbor"]);
    assert!(!named.ok);
    assert_eq!(named.changes(), said);
}

/// A page of an event with a bit of everything, and of the response to it.
fn ship() -> String {
    let rows = [
        "name | string | 名称",
        "kind | string | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
        "note | string | 备注",
        "owner | ship_owner | 所有者",
        "└ └ phone | string | 电话",
    ];
    let answer = ["bell | string | 是 | 铃", "light | string | 否 | 灯"];
    let event = event("dock.ship.came_v1", &rows);
    format!("{event}\n{}", table("响应回调的结构体", &answer))
}

const EVENT: &str = "specs/harbor/events/dock.ship.came_v1.json";

fn event_lab() -> Lab {
    let lab = Lab::new();
    lab.write("pages/ship.md", ship());
    lab.distil();
    lab
}

#[test]
fn each_kind_of_change_of_an_event_is_said_and_made() {
    let file = "events/dock.ship.came_v1";
    let cases = [
        (
            ("| └ note", "| └ flag | string | 旗 |\n| └ note"),
            "additive: {file} fields/flag: field + string",
            r#""name": "flag""#,
        ),
        (
            ("└ └ phone", "└ └ mail | string | 信 |\n| └ └ phone"),
            "additive: {file} fields/owner/mail: field + string",
            r#""name": "mail""#,
        ),
        (
            ("note | string", "note | int"),
            "breaking: {file} fields/note: type string -> int",
            r#""name": "note", "type": "int""#,
        ),
        (
            ("| └ note | string | 备注 |\n", ""),
            "breaking: {file} fields/note: field - string (not on the page)",
            r#""name": "note""#,
        ),
        (
            ("└ └ phone", "└ └ mail"),
            "breaking: {file} fields/owner/phone: field - string (not on the page)",
            r#""name": "phone""#,
        ),
        (
            ("- `dry`：干", "- `dry`：干<br>- `dusty`：灰"),
            "additive: {file} fields/kind: value + dusty",
            r#""value": "dusty""#,
        ),
        (
            ("<br>- `dry`：干", ""),
            "breaking: {file} fields/kind: value - dry (not on the page)",
            r#""value": "dry""#,
        ),
        (
            ("| dock:ship |", "| dock:ship dock:sea |"),
            "additive: {file} scopes: scope + dock:sea",
            r#""scopes": ["dock:ship", "dock:sea"]"#,
        ),
        (
            ("| dock:crew |", "| dock:mate |"),
            "additive: {file} field_scopes: scope - dock:crew (not on the page)",
            r#""field_scopes": ["dock:mate"]"#,
        ),
        (
            ("bell | string | 是", "bell | string | 否"),
            "breaking: {file} answer/bell: required required -> optional",
            r#"{ "name": "bell", "type": "string", "doc": "" }"#,
        ),
        (
            ("| light | string", "| lamp | string | 是 | 新灯 |\n| light | string"),
            "breaking: {file} answer/lamp: field + required string",
            r#""name": "lamp""#,
        ),
        (
            (r#""name": "x""#, r#""name": "x", "owner": { "phone": "1" }"#),
            "additive: {file} example: sample another -> the page's",
            r#""owner": { "phone": "1" }"#,
        ),
        (
            (r#""name": "x""#, r#""name": "x", "mast": 1"#),
            "additive: {file} fields/mast: field + int",
            r#""name": "mast", "type": "int""#,
        ),
    ];
    for ((old, new), said, made) in cases {
        let lab = event_lab();
        lab.edit("pages/ship.md", old, new);
        let said = said.replace("{file}", file);
        let drift = lab.xtask(&["drift", "pages"]);
        assert!(!drift.ok, "{said}");
        let changes = lab.distil().changes();
        assert!(changes.contains(&said), "{said}: {changes:?}");
        assert_eq!(drift.changes(), changes);
        let spec = lab.read(EVENT);
        assert!(spec.contains(made), "{made}: {spec}");
        let again = lab.distil().changes();
        let is_kept = |change: &String| change.contains("(not on the page)");
        assert!(again.iter().all(is_kept), "{again:?}");
    }
}

#[test]
fn another_envelope_breaks() {
    let lab = event_lab();
    lab.edit("pages/ship.md", "| schema | string | 版本 |\n", "| uuid | string | 标识 |\n");
    lab.edit("pages/ship.md", "| header | event_header | 头 |\n", "");
    lab.edit(
        "pages/ship.md",
        r#""header": { "event_type": "dock.ship.came_v1" }"#,
        r#""uuid": "u""#,
    );
    let changes = lab.distil().changes();
    let said = "breaking: events/dock.ship.came_v1 schema: type 2.0 -> 1.0";
    assert!(changes.iter().any(|change| change == said), "{changes:?}");
    assert!(lab.read(EVENT).contains(r#""schema": "1.0""#));
}

#[test]
fn what_a_maintainer_wrote_about_an_event_stays() {
    let lab = event_lab();
    let edits = [
        (r#""rust": "ShipCame""#, r#""rust": "ShipArrived""#),
        (r#""name": "note", "type": "string""#, r#""name": "note", "type": "string<json>""#),
        (
            r#""name": "owner", "type": "ShipOwner", "doc": """#,
            r#""name": "owner", "type": "Person", "doc": "Who pays.""#,
        ),
        (r#""name": "ShipOwner""#, r#""name": "Person""#),
        (
            r#""name": "phone", "type": "string", "doc": """#,
            r#""name": "phone", "type": "string", "doc": "The number to call.", "sensitive": true"#,
        ),
        (r#""event": { "name": "x" }"#, r#""event": { "name": "our own", "note": "{}" }"#),
        (
            r#""schema": "2.0","#,
            r#""schema": "2.0",
  "dedupe": "/name","#,
        ),
    ];
    for (old, new) in edits {
        lab.edit(EVENT, old, new);
    }
    let before = lab.read(EVENT);
    assert_eq!(lab.distil().changes(), [""; 0]);
    assert_eq!(lab.read(EVENT), before);
}

#[test]
fn what_a_page_is_known_to_lack_is_no_drift_until_it_lists_it() {
    const FIXUPS: &str = r#"[
        { "page": "dock.ship.came_v1", "lacks": "fields/owner/phone", "why": "It comes." },
        { "page": "dock.ship.came_v1", "lacks": "fields/kind=dry", "why": "It comes." },
        { "page": "dock.ship.came_v1", "lacks": "field_scopes=dock:crew", "why": "It is needed." }
    ]"#;
    let lab = event_lab();
    let before = lab.read(EVENT);
    lab.write("specs/harbor/fixups.json", FIXUPS);
    lab.edit("pages/ship.md", "└ └ phone", "└ └ mail");
    lab.edit("pages/ship.md", "<br>- `dry`：干", "");
    lab.edit("pages/ship.md", "| dock:crew |", "| dock:mate |");
    let file = "events/dock.ship.came_v1";
    let said = [
        format!("additive: {file} field_scopes: scope + dock:mate"),
        format!("additive: {file} fields/owner/mail: field + string"),
    ];
    assert_eq!(lab.xtask(&["drift", "pages"]).changes(), said);
    assert_eq!(lab.distil().changes(), said);
    let after = lab.read(EVENT);
    for kept in [r#""name": "phone""#, r#""value": "dry""#, r#"["dock:mate", "dock:crew"]"#] {
        assert!(after.contains(kept), "{after}");
    }
    lab.write(EVENT, &before);
    lab.write("pages/ship.md", ship());
    let run = lab.xtask(&["drift", "pages"]);
    assert!(
        !run.ok
            && run.err.contains("misses `fields/owner/phone`")
            && run.err.contains("remove it from fixups.json"),
        "{}",
        run.err
    );
    lab.write("specs/harbor/fixups.json", r#"[{ "page": "dock.ship.came_v1", "why": "None." }]"#);
    let run = lab.xtask(&["drift", "pages"]);
    assert!(!run.ok && run.err.contains("needs either `find`, with `replace`, or `lacks`"));
}

#[test]
fn a_fixup_names_the_page_of_an_event_by_its_type() {
    let lab = event_lab();
    lab.write(
        "specs/harbor/fixups.json",
        r#"[{ "page": "dock.ship.came_v1", "find": "int", "row": "note", "replace": "string", "why": "It is text." }]"#,
    );
    lab.edit("pages/ship.md", "note | string", "note | int");
    assert_eq!(lab.xtask(&["drift", "pages"]).changes(), [""; 0]);
}

#[test]
fn drift_of_events_is_one_list_with_that_of_operations() {
    let lab = event_lab();
    lab.write("pages/dock.md", dock());
    lab.distil();
    lab.edit("pages/ship.md", "note | string", "note | int");
    lab.edit("pages/dock.md", "lang | string", "lang | int");
    let json = lab.xtask(&["drift", "pages", "--json"]);
    assert!(!json.ok);
    assert_eq!(
        json.json(),
        json!([
            { "file": "dock.create", "at": "query/lang", "what": "type",
              "from": "string", "to": "int", "effect": "breaking" },
            { "file": "events/dock.ship.came_v1", "at": "fields/note", "what": "type",
              "from": "string", "to": "int", "effect": "breaking" },
        ])
    );
    lab.write("pages/other.md", event("dock.ship.sank_v1", &["name | string | 名称"]));
    let run = lab.xtask(&["drift", "pages/other.md"]);
    assert!(
        !run.ok && run.err.contains("skipped: no spec describes the event dock.ship.sank_v1"),
        "{}",
        run.err
    );
    let named = lab.xtask(&["drift", "pages/other.md", "--api", "harbor"]);
    assert_eq!(named.changes(), ["additive: events/dock.ship.sank_v1 : event + dock.ship.sank_v1"]);
}

#[test]
fn one_event_has_one_page() {
    let lab = event_lab();
    lab.write("pages/again.md", ship());
    let run = lab.distil();
    assert!(run.err.contains("describes the event dock.ship.came_v1 as well"), "{}", run.err);
}

#[test]
fn two_versions_of_an_event_have_two_names() {
    let lab = event_lab();
    lab.write("pages/newer.md", ship().replace("came_v1", "came_v2"));
    lab.distil();
    assert!(lab.read(EVENT).contains(r#""rust": "ShipCame""#));
    let newer = lab.read(&EVENT.replace("v1", "v2"));
    assert!(newer.contains(r#""rust": "ShipCameEvent""#), "{newer}");
}

#[test]
fn events_are_feishus() {
    let lab = Lab::new();
    lab.write("pages/ferry.txt", include_str!("../pages/ferry_book.txt"));
    lab.write("pages/ship.md", ship());
    let run = lab.distil();
    assert!(run.err.contains("a page of another vendor than that of `harbor`"), "{}", run.err);
    assert!(!lab.path(EVENT).exists());
}

#[test]
fn a_spec_takes_the_address_of_its_page_once_there_is_one() {
    let lab = event_lab();
    lab.write("pages/dock.md", dock());
    lab.distil();
    for (page, spec) in [("dock", SPEC), ("ship", EVENT)] {
        assert!(lab.read(spec).contains(r#""source": "https://open.feishu.cn/document/""#));
        let page = format!("pages/{page}.md");
        let text = lab.read(&page);
        for address in
            ["https://open.feishu.cn/document/harbor/one", "https://open.feishu.cn/document/two"]
        {
            lab.write(&page, format!("---\nurl: {address}\n---\n\n{text}"));
            assert_eq!(lab.xtask(&["drift", "pages"]).changes(), [""; 0]);
            lab.distil();
            let kept = r#""source": "https://open.feishu.cn/document/harbor/one""#;
            assert!(lab.read(spec).contains(kept), "{}", lab.read(spec));
        }
    }
}

#[test]
fn a_guide_is_no_model_of_what_shares_one_field_with_it() {
    let lab = lab();
    let spec = lab.read(SPEC);
    let guide = "# Words\n\n## 字段说明\n\n| 名称 | 类型 | 描述 |\n| --- | --- | --- |\n\
                 | phone | string | 电话<br>**示例值**：\"123\" |\n";
    lab.write("pages/words.md", guide);
    assert_eq!(lab.distil().changes(), [""; 0]);
    assert_eq!(lab.read(SPEC), spec);
    let specs = lab.specs();
    assert_eq!(lab.distil().changes(), [""; 0]);
    assert_eq!(lab.specs(), specs);
}

#[test]
fn a_new_operation_is_named_as_its_spec_names_it() {
    let lab = Lab::new();
    lab.write("pages/1.md", page("POST", "/ships", ""));
    lab.write("pages/2.md", page("POST", "/ship", ""));
    let said = lab.distil().changes();
    assert_eq!(said[1], "additive: ship.create_post : operation + dock.v1.ship.create_post");
    assert!(lab.read("specs/harbor/ship.create_post.json").contains("dock.v1.ship.create_post"));
}

#[test]
fn a_parameter_is_the_enum_that_it_is_in_the_other_operations() {
    let lab = Lab::new();
    let values =
        "user_id_type | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干";
    let plain = "user_id_type | string | 否 | 类型";
    let write = |lab: &Lab, name: &str, row: &str| {
        let page = page("POST", &format!("/{name}s"), &table("查询参数", &[row]));
        lab.write(&format!("pages/{name}.md"), page);
    };
    let is_enum = |lab: &Lab| lab.read("specs/harbor/dredger.create.json").contains("UserIdType");
    write(&lab, "barge", values);
    write(&lab, "dredger", plain);
    lab.distil();
    assert!(!is_enum(&lab), "one operation is no rule");

    let lab = Lab::new();
    write(&lab, "barge", values);
    write(&lab, "crane", values);
    lab.distil();
    write(&lab, "dredger", plain);
    let said = lab.distil().changes();
    let is_said = |line: &String| {
        line.ends_with("query/user_id_type: type string -> UserIdType, as elsewhere")
    };
    assert!(is_enum(&lab) && said.iter().any(is_said), "{said:?}");
    assert_eq!(lab.distil().changes(), [""; 0]);
}
