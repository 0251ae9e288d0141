//! Every kind of change of a page: what `drift --json` says of it, its effect, and whether it fails.

use std::fmt::Write as _;

use serde_json::Value;

use super::fresh::{event, page, table};
use super::lab::Lab;

/// A page before and after an edit.
struct Edit {
    kind: &'static str,
    page: &'static str,
    from: &'static str,
    to: &'static str,
    said: &'static [&'static str],
}

macro_rules! edits {
    ($($kind:literal: $page:literal, $from:literal => $to:literal, [$($said:literal),* $(,)?];)*) => {
        &[$(Edit { kind: $kind, page: $page, from: $from, to: $to, said: &[$($said),*] }),*]
    };
}

const PATH: [&str; 1] = ["dock_id | string | 是 | 标识"];

const OWNER: [&str; 6] = [
    "owner | owner | 否 | 所有者",
    "└ name | string | 是 | 名称",
    "└ phone | string | 否 | 电话",
    "kind | string | 否 | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
    "depth | int | 否 | 水深<br>**默认值**：`3`<br>**取值范围**：`1` ～ `9`",
    "state | int | 否 | 状态<br>**可选值有**：<br>- `1`：开<br>- `2`：关",
];

fn errors(rows: &str) -> String {
    let head = "| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n| --- | --- | --- | --- |\n";
    format!("\n### 错误码\n\n{head}{rows}\n")
}

fn answer(sample: &str) -> String {
    format!("### 响应体示例\n\n```json\n{sample}\n```\n")
}

/// Two operations that share an enum and a model, one whose answer is a table and one whose answer
/// is a sample, a list, an upload and a download, three events and a callback.
fn feishu() -> Lab {
    let lab = Lab::new();
    let path = table("路径参数", &PATH);
    let query = ["lang | string | 否 | 语言", "zone | string | 是 | 区"];
    let name = ["name | string | 是 | 名称", "note | string | 否 | 备注"];
    let body = [&name[..], &OWNER].concat();
    let sample = answer(
        r#"{ "code": 0, "msg": "ok", "data": { "dock": { "id": "d1", "tags": ["a"], "count": 2 } } }"#,
    );
    let codes = errors("| 400 | 7001 | bad | 检查 |\n| 400 | 7002 | worse | 检查 |\n");
    let create = format!(
        "{}{}## 响应\n\n{sample}{codes}",
        table("查询参数", &query),
        table("请求体", &body)
    );
    let facts = "| HTTP Method | POST |\n| 接口频率限制 | 1000 次/分钟、50 次/秒 |\n| 权限要求 | dock:dock dock:read |";
    let create = page("POST", "/docks", &create).replace("| HTTP Method | POST |", facts);
    lab.write("pages/create.md", create);
    let update = format!("{path}{}", table("请求体", &OWNER));
    lab.write("pages/update.md", page("PUT", "/docks/:dock_id", &update));
    let rows = [
        "code | int | 是 | 错误码",
        "msg | string | 是 | 描述",
        "data | object | 是 | 数据",
        "└ name | string | 是 | 名称",
        "└ depth | int | 是 | 水深",
        "└ tags | string[] | 是 | 标签",
        "└ crew | crew | 是 | 船员",
        "└ └ phone | string | 是 | 电话",
        "└ light | string | 是 | 灯<br>**可选值有**：<br>- `red`：红<br>- `green`：绿",
    ];
    let get = format!("{path}## 响应\n\n{}", table("响应体", &rows));
    lab.write("pages/get.md", page("GET", "/docks/:dock_id", &get));
    let sample = answer(r#"{ "code": 0, "msg": "ok", "data": { "docks": [{ "id": "d1" }] } }"#);
    let query = ["depth | int | 否 | 水深", "color | string | 否 | 颜色"];
    let list = format!("{}## 响应\n\n{sample}", table("查询参数", &query));
    lab.write("pages/list.md", page("GET", "/docks", &list));
    lab.write("pages/delete.md", page("DELETE", "/docks/:dock_id", &path));
    let form = table("请求体", &["file | file | 是 | 文件", "name | string | 否 | 名称"]);
    lab.write("pages/photo.md", page("POST", "/photos", &form));
    let file = "## 响应\n\n### 响应体\n\n返回文件的二进制流。\n";
    let path = table("路径参数", &["photo_id | string | 是 | 标识"]);
    lab.write("pages/photo_get.md", page("GET", "/photos/:photo_id", &format!("{path}{file}")));
    lab.write("pages/beacon.md", include_str!("../pages/beacon_ticket_event.md"));
    let rows = [
        "name | string | 名称",
        "kind | string | 类型<br>**可选值有**：<br>- `wet`：湿<br>- `dry`：干",
        "owner | ship_owner | 所有者",
        "└ └ phone | string | 电话",
    ];
    lab.write("pages/came.md", event("dock.ship.came_v1", &rows));
    lab.write("pages/left.md", event("dock.ship.left_v1", &["name | string | 名称"]));
    let answer = ["bell | string | 是 | 铃", "lamp | string | 否 | 灯"];
    let asked = event("dock.ship.asked_v1", &["name | string | 名称"]);
    lab.write("pages/asked.md", format!("{asked}\n{}", table("响应回调的结构体", &answer)));
    lab
}

const FEISHU: &[Edit] = edits! {
    "sentences": "create.md", "| 名称 |\n| note | string | 否 | 备注 |" => "| 新的名称 |\n| note | string | 否 | 另一个备注 |", [];
    "an optional parameter": "create.md", "| lang | string" => "| berth | string | 否 | 泊位 |\n| lang | string",
        ["additive: dock.create query/berth: field + string"];
    "a required parameter": "create.md", "| lang | string" => "| berth | string | 是 | 泊位 |\n| lang | string",
        ["breaking: dock.create query/berth: field + required string"];
    "a parameter is gone": "create.md", "| lang | string | 否 | 语言 |\n" => "",
        ["breaking: dock.create query/lang: field - string"];
    "a parameter is renamed": "create.md", "| lang |" => "| locale |",
        ["additive: dock.create query/locale: field + string",
         "breaking: dock.create query/lang: field - string"];
    "a parameter has another type": "create.md", "lang | string" => "lang | int",
        ["breaking: dock.create query/lang: type string -> int"];
    "a parameter becomes required": "create.md", "lang | string | 否" => "lang | string | 是",
        ["breaking: dock.create query/lang: required optional -> required"];
    "a parameter becomes optional": "create.md", "zone | string | 是" => "zone | string | 否",
        ["breaking: dock.create query/zone: required required -> optional"];
    "an optional field": "create.md", "| note |" => "| hull | string | 否 | 船体 |\n| note |",
        ["additive: dock.create body/hull: field + string"];
    "a required field": "create.md", "| note |" => "| hull | string | 是 | 船体 |\n| note |",
        ["breaking: dock.create body/hull: field + required string"];
    "a field is gone": "create.md", "| note | string | 否 | 备注 |\n" => "",
        ["breaking: dock.create body/note: field - string"];
    "a field is renamed": "create.md", "| note |" => "| remark |",
        ["additive: dock.create body/remark: field + string",
         "breaking: dock.create body/note: field - string"];
    "a field has another type": "create.md", "note | string" => "note | string[]",
        ["breaking: dock.create body/note: type string -> list<string>"];
    "a field becomes required": "create.md", "note | string | 否" => "note | string | 是",
        ["breaking: dock.create body/note: required optional -> required"];
    "a field becomes optional": "create.md", "| name | string | 是" => "| name | string | 否",
        ["breaking: dock.create body/name: required required -> optional"];
    "a member of a shared model": "update.md", "| └ phone" => "| └ mail | string | 否 | 信 |\n| └ phone",
        ["additive: dock.update body/owner/mail: field + string"];
    "a member of a shared model is gone": "update.md", "| └ phone | string | 否 | 电话 |\n" => "",
        ["breaking: dock.update body/owner/phone: field - string"];
    "a member of a shared model has another type": "update.md", "phone | string" => "phone | int",
        ["breaking: dock.update body/owner/phone: type string -> int"];
    "a member of a shared model becomes required": "update.md", "phone | string | 否" => "phone | string | 是",
        ["breaking: dock.update body/owner/phone: required optional -> required"];
    "an object becomes a list": "update.md", "owner | owner |" => "owner | owner[] |",
        ["breaking: dock.update body/owner: type object -> list<object>"];
    "values of a text": "create.md", "| 备注 |" => "| 备注<br>**可选值有**：<br>- `a`：甲<br>- `b`：乙 |",
        ["additive: dock.create body/note: type string -> enum"];
    "a value of a shared enum": "create.md", "- `dry`：干" => "- `dry`：干<br>- `dusty`：灰",
        ["additive: dock.create body/kind: value + dusty"];
    "a value of a shared enum is gone": "create.md", "<br>- `dry`：干" => "",
        ["breaking: dock.create body/kind: value - dry"];
    "a value of a shared enum is renamed": "create.md", "- `dry`：干" => "- `dusty`：灰",
        ["additive: dock.create body/kind: value + dusty",
         "breaking: dock.create body/kind: value - dry"];
    "a value of a number": "create.md", "- `2`：关" => "- `2`：关<br>- `3`：坏",
        ["additive: dock.create body/state: value + 3"];
    "a value of a number is gone": "create.md", "<br>- `2`：关" => "",
        ["breaking: dock.create body/state: value - 2"];
    "a default": "create.md", "**默认值**：`3`" => "**默认值**：`4`",
        ["breaking: dock.create body/depth: default 3 -> 4"];
    "a narrower limit": "create.md", "～ `9`" => "～ `7`",
        ["breaking: dock.create body/depth: limit max 9 -> max 7"];
    "a wider limit": "create.md", "～ `9`" => "～ `99`",
        ["additive: dock.create body/depth: limit max 9 -> max 99"];
    "a rate limit": "create.md", "1000 次/分钟" => "100 次/分钟",
        ["additive: dock.create rate: rate 1000/min, 50/s -> 100/min, 50/s"];
    "a token": "get.md", "`tenant_access_token`" => "`tenant_access_token` 或 `user_access_token`",
        ["additive: dock.get tokens: token + user"];
    "a token is gone": "get.md", "`tenant_access_token`" => "`user_access_token`",
        ["additive: dock.get tokens: token + user",
         "breaking: dock.get tokens: token - tenant"];
    "a scope": "create.md", "dock:dock dock:read" => "dock:dock dock:read dock:write",
        ["additive: dock.create scopes: scope + dock:write"];
    "a scope is gone": "create.md", "dock:dock dock:read" => "dock:dock",
        ["additive: dock.create scopes: scope - dock:read"];
    "a code": "create.md", "| 400 | 7002" => "| 429 | 7003 | slow | 等 |\n| 400 | 7002",
        ["additive: dock.create errors: code + 7003"];
    "a code is gone": "create.md", "| 400 | 7002 | worse | 检查 |\n" => "",
        ["additive: dock.create errors: code - 7002"];
    "a code has another status": "create.md", "| 400 | 7002" => "| 429 | 7002",
        ["additive: dock.create errors/7002: code HTTP 400 -> HTTP 429"];
    "a deprecation": "get.md", "# Dock" => "# Dock（不推荐）",
        ["additive: dock.get deprecated: deprecated + by the title"];
    "a parameter of the path is renamed": "delete.md", "dock_id" => "id",
        ["breaking: dock.delete params/dock_id: name dock_id -> id"];
    "a parameter of the path has another type": "delete.md", "dock_id | string" => "dock_id | int",
        ["breaking: dock.delete params/dock_id: type string -> int"];
    "another method": "update.md", "| PUT |" => "| PATCH |",
        ["breaking: dock.update method: method PUT -> PATCH"];
    "the method of an operation that is there": "list.md", "| GET |" => "| POST |",
        ["breaking: dock.list method: method GET -> POST"];
    "another path": "create.md", "dock/v1/docks" => "dock/v2/docks",
        ["breaking: dock.create path: path /open-apis/dock/v1/docks -> /open-apis/dock/v2/docks"];
    "a body becomes a list": "photo.md", "| file | file | 是 | 文件 |\n" => "",
        ["breaking: photo.create body/file: field - file"];
    "a field of an answer by table": "get.md", "| └ name" => "| └ mast | int | 是 | 桅 |\n| └ name",
        ["additive: dock.get response/mast: field + int"];
    "a field of an answer by table is gone": "get.md", "| └ depth | int | 是 | 水深 |\n" => "",
        ["breaking: dock.get response/depth: field - int"];
    "a field of an answer by table has another type": "get.md", "depth | int" => "depth | string",
        ["breaking: dock.get response/depth: type int -> string"];
    "a member of an answer by table": "get.md", "| └ └ phone | string" => "| └ └ phone | int",
        ["breaking: dock.get response/crew/phone: type string -> int"];
    "a value in an answer by table": "get.md", "- `green`：绿" => "- `white`：白",
        ["additive: dock.get response/light: value + white",
         "breaking: dock.get response/light: value - green"];
    "a field of an answer by sample": "create.md", r#""id": "d1""# => r#""id": "d1", "mast": 1"#,
        ["additive: dock.create response/dock/mast: field + int"];
    "a field of an answer by sample is gone": "create.md", r#", "count": 2"# => "",
        ["breaking: dock.create response/dock/count: field - int"];
    "a field of an answer by sample is renamed": "create.md", r#""count""# => r#""number""#,
        ["additive: dock.create response/dock/number: field + int",
         "breaking: dock.create response/dock/count: field - int"];
    "a field of an answer by sample has another type": "create.md", r#""count": 2"# => r#""count": "2""#,
        ["breaking: dock.create response/dock/count: type int -> string"];
    "a list in an answer by sample": "create.md", r#"["a"]"# => r#""a""#,
        ["breaking: dock.create response/dock/tags: type list<string> -> string"];
    "an answer by sample is empty": "list.md", r#""docks": [{ "id": "d1" }]"# => "",
        ["breaking: dock.list response/docks: field - list<ListDockDock>"];
    "no sample of an answer": "list.md", "### 响应体示例" => "### 其他", [];
    "another sample of an answer": "create.md", r#""d1""# => r#""d2""#, [];
    "a file becomes fields": "photo_get.md", "返回文件的二进制流。" => "### 响应体示例\n\n```json\n{ \"code\": 0, \"data\": { \"url\": \"x\" } }\n```",
        ["breaking: photo.get response: type file -> object"];
    "a field of an event": "came.md", "| └ name" => "| └ flag | string | 旗 |\n| └ name",
        ["additive: events/dock.ship.came_v1 fields/flag: field + string"];
    "a field of an event is gone": "came.md", "| └ owner | ship_owner | 所有者 |\n| └ └ └ phone | string | 电话 |\n" => "",
        ["breaking: events/dock.ship.came_v1 fields/owner: field - ShipOwner"];
    "a member of an event has another type": "came.md", "phone | string" => "phone | int",
        ["breaking: events/dock.ship.came_v1 fields/owner/phone: type string -> int"];
    "a value in an event is renamed": "came.md", "- `dry`：干" => "- `dusty`：灰",
        ["additive: events/dock.ship.came_v1 fields/kind: value + dusty",
         "breaking: events/dock.ship.came_v1 fields/kind: value - dry"];
    "a scope of an event": "came.md", "| dock:ship |" => "| dock:ship dock:sea |",
        ["additive: events/dock.ship.came_v1 scopes: scope + dock:sea"];
    "a scope of an event's fields": "came.md", "| dock:crew |" => "| dock:mate |",
        ["additive: events/dock.ship.came_v1 field_scopes: scope - dock:crew",
         "additive: events/dock.ship.came_v1 field_scopes: scope + dock:mate"];
    "a field of a response to a callback": "asked.md", "| lamp |" => "| horn | string | 是 | 号 |\n| lamp |",
        ["breaking: events/dock.ship.asked_v1 answer/horn: field + required string"];
    "a field of a response to a callback is gone": "asked.md", "| lamp | string | 否 | 灯 |\n" => "",
        ["breaking: events/dock.ship.asked_v1 answer/lamp: field - string"];
    "a field of an event by sample": "beacon.md", r#""lamp_id": "l1""# => r#""lamp_id": "l1", "color": "red""#,
        ["additive: events/beacon_ticket example: sample another -> the page's",
         "additive: events/beacon_ticket fields/lamps/color: field + string"];
    "a field of an event by sample is gone": "beacon.md", r#""lamps": [ { "lamp_id": "l1" /* 灯 */ } ],"# => "",
        ["breaking: events/beacon_ticket fields/lamps: field - list<Lamp>"];
    "a field of an event by sample has another type": "beacon.md", r#""bt_0003""# => "3",
        ["breaking: events/beacon_ticket fields/beacon_ticket: type string -> int"];
    "an outdated event": "came.md", "# Ship" => "# Ship（旧）",
        ["additive: events/dock.ship.came_v1 deprecated: deprecated + by the title"];
    "an event of another type": "left.md", "dock.ship.left_v1" => "dock.ship.left_v2",
        ["breaking: events/dock.ship.left_v1: event - dock.ship.left_v1",
         "additive: events/dock.ship.left_v2: event + dock.ship.left_v2"];
};

/// An operation of DingTalk, as its pages are.
fn dingtalk() -> Lab {
    let lab = Lab::new();
    lab.write("pages/ferry.txt", include_str!("../pages/ferry_book.txt"));
    lab.write(
        "pages/crew.txt",
        include_str!("../pages/ferry_book.txt").replace("/users/{unionId}/bookings", "/crews"),
    );
    lab.write("pages/pilots.txt", include_str!("../pages/pilot_lower.txt"));
    lab
}

const DINGTALK: &[Edit] = edits! {
    "sentences": "ferry.txt", "操作者" => "谁", [];
    "an optional parameter": "ferry.txt", "| operatorId" => "| pierId | String | 否 | 码头。 |\n| operatorId",
        ["additive: user_booking.create query/pierId: field + string"];
    "a parameter becomes required": "ferry.txt", "operatorId | String | 否" => "operatorId | String | 是",
        ["breaking: user_booking.create query/operatorId: required optional -> required"];
    "a parameter is gone": "ferry.txt", "| operatorId | String | 否 | 操作者。 |\n" => "",
        ["breaking: user_booking.create query/operatorId: field - string"];
    "a required field": "ferry.txt", "| route |" => "| price | Long | 是 | 价格。 |\n| route |",
        ["breaking: user_booking.create body/price: field + required int"];
    "a field has another type": "ferry.txt", "| remark | String" => "| remark | Integer",
        ["breaking: user_booking.create body/remark: type string -> int"];
    "a field is renamed": "ferry.txt", "remark" => "note",
        ["additive: user_booking.create body/note: field + string",
         "breaking: user_booking.create body/remark: field - string"];
    "a value of a number is gone": "ferry.txt", " - 2:二等" => "",
        ["breaking: user_booking.create body/seats/class: value - 2"];
    "a narrower limit": "pilots.txt", "Maximum: 40" => "Maximum: 30",
        ["breaking: port_pilot.list body/filter/limit: limit max 40 -> max 30"];
    "a default": "pilots.txt", "Default: 20" => "Default: 10",
        ["breaking: port_pilot.list body/filter/limit: default 20 -> 10"];
    "a scope": "ferry.txt", "permission-qyapi_ferry-渡轮" => "permission-qyapi_boat-船",
        ["additive: user_booking.create scopes: scope - qyapi_ferry",
         "additive: user_booking.create scopes: scope + qyapi_boat"];
    "a code": "ferry.txt", "| 500 | systemError" => "| 400 | paramError.seat | %s | 座位 |\n| 500 | systemError",
        ["additive: user_booking.create errors: code + paramError.seat"];
    "a code is gone": "ferry.txt", "| 500 | systemError | %s | 系统错误 |\n" => "",
        ["additive: user_booking.create errors: code - systemError"];
    "a deprecation": "ferry.txt", "预订渡轮" => "预订渡轮（旧）",
        ["additive: user_booking.create deprecated: deprecated + by the title"];
    "a parameter of the path is renamed": "ferry.txt", "{unionId}" => "{userId}",
        ["breaking: user_booking.create params/unionId: name unionId -> userId"];
    "another method": "ferry.txt", "| HTTP Method | POST |" => "| HTTP Method | PUT |",
        ["breaking: user_booking.create method: method POST -> PUT"];
    "another path": "ferry.txt", "v1.0/ferry/users" => "v2.0/ferry/users",
        ["breaking: user_booking.create path: path /v1.0/ferry/users/{unionId}/bookings -> /v2.0/ferry/users/{unionId}/bookings"];
    "a new operation": "crew.txt", "/v1.0/ferry/crews" => "/v1.0/harbour/yachts/search",
        ["additive: yacht.search: operation + harbour_1.0.yacht.search",
         "breaking: crew.create: operation - ferry_1.0.crew.create"];
    "a field of an answer": "ferry.txt", "| booking |" => "| seats | Integer | 座位。 |\n| booking |",
        ["additive: user_booking.create response/seats: field + int"];
    "a field of an answer is gone": "ferry.txt", "| total | Long | 总价,单位分。 |\n" => "",
        ["breaking: user_booking.create response/total: field - int"];
    "a field of an answer has another type": "ferry.txt", "| total | Long" => "| total | String",
        ["breaking: user_booking.create response/total: type int -> string"];
    "a value in an answer is renamed": "ferry.txt", "PAID" => "SETTLED",
        ["additive: user_booking.create response/booking/state: value + SETTLED",
         "breaking: user_booking.create response/booking/state: value - PAID"];
};

/// What is wrong about an edit.
fn check(lab: &Lab, edit: &Edit) -> Result<(), String> {
    let page = format!("pages/{}", edit.page);
    let text = lab.read(&page);
    assert!(text.contains(edit.from), "{}: {page} lacks {:?}", edit.kind, edit.from);
    lab.write(&page, text.replace(edit.from, edit.to));
    let run = lab.xtask(&["drift", "pages", "--json"]);
    lab.write(&page, text);
    let mut said: Vec<String> = run.json().as_array().unwrap().iter().map(line).collect();
    said.sort();
    let mut expected = edit.said.to_vec();
    expected.sort_unstable();
    match said == expected && run.ok == expected.is_empty() {
        true => Ok(()),
        false => Err(format!("{}: {said:#?}{}", edit.kind, run.err)),
    }
}

fn line(change: &Value) -> String {
    let text = |key: &str| change[key].as_str().unwrap_or_default();
    let place = format!("{} {}", text("file"), text("at"));
    let difference = match (change["from"].as_str(), change["to"].as_str()) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (Some(from), None) => format!("- {from}"),
        (None, to) => format!("+ {}", to.unwrap_or_default()),
    };
    format!("{}: {}: {} {difference}", text("effect"), place.trim_end(), text("what"))
}

fn check_all(lab: Lab, edits: &[Edit]) {
    lab.distil();
    let specs = lab.specs();
    let same = lab.xtask(&["drift", "pages"]);
    assert!(same.ok && same.out.is_empty(), "{}{}", same.out, same.err);
    let mut wrong = String::new();
    for edit in edits {
        if let Err(why) = check(&lab, edit) {
            let _ = writeln!(wrong, "{why}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(lab.specs(), specs);
}

#[test]
fn each_kind_of_change_of_a_page_of_feishu() {
    check_all(feishu(), FEISHU);
}

#[test]
fn each_kind_of_change_of_a_page_of_dingtalk() {
    check_all(dingtalk(), DINGTALK);
}
