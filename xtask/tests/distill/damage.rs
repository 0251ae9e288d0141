//! Pages in other encodings, and pages that were decoded wrongly before they were stored.

use encoding_rs::{Encoding, GBK, WINDOWS_1252, WINDOWS_1254};
use xtask::distill::{Page, Param, Reading, RemarkKind, read};

const OVERVIEW: &str = include_str!("../pages/lighthouse.md");
const ENDPOINT: &str = include_str!("../pages/crane_move.md");
const EVENT: &str = include_str!("../pages/squall_event.md");

/// Names, types, required flags, values and lines: what must survive any damage.
fn facts(reading: &Reading) -> Vec<String> {
    let mut out = Vec::new();
    match &reading.page {
        Page::Endpoint(endpoint) => {
            out.push(format!(
                "{} {} {:?} {:?}",
                endpoint.method, endpoint.url, endpoint.tokens, endpoint.scopes
            ));
            for params in [&endpoint.params, &endpoint.query, &endpoint.body, &endpoint.response] {
                walk(params, &mut out);
            }
            out.extend(
                endpoint.errors.iter().map(|error| format!("{:?} {}", error.http, error.code)),
            );
        }
        Page::Event(event) => {
            out.push(format!("{} {:?} {:?}", event.event_type, event.schema, event.scopes));
            walk(&event.fields, &mut out);
        }
        Page::Overview(overview) => walk(&overview.fields, &mut out),
        Page::Nothing { why } | Page::Unreadable { why } => panic!("nothing: {why}"),
    }
    out
}

fn walk(params: &[Param], out: &mut Vec<String>) {
    for param in params {
        let values: Vec<_> = param.values.iter().map(|value| &value.value).collect();
        out.push(format!(
            "{} {} {:?} {values:?} {:?} {}",
            param.name, param.ty, param.required, param.default, param.line
        ));
        walk(&param.fields, out);
    }
}

/// UTF-8 bytes read in a code page of one byte each and stored again; bytes in `lost` are dropped.
fn damaged(page: &str, encoding: Option<&'static Encoding>, lost: &[u8]) -> Vec<u8> {
    let bytes: Vec<u8> = page.bytes().filter(|byte| !lost.contains(byte)).collect();
    match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
        None => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
    .into_bytes()
}

#[track_caller]
fn survives(page: &str, bytes: &[u8], kind: RemarkKind) {
    let reading = read("page", bytes);
    assert_eq!(facts(&reading), facts(&read("page", page.as_bytes())));
    assert!(reading.remarks.iter().any(|remark| remark.kind == kind), "{:?}", reading.remarks);
}

#[test]
fn other_encodings_are_recognized() {
    for page in [OVERVIEW, ENDPOINT, EVENT] {
        let utf16 = |bom: bool| {
            page.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().into_iter().fold(
                if bom { vec![0xff, 0xfe] } else { Vec::new() },
                |mut bytes, byte| {
                    bytes.push(byte);
                    bytes
                },
            )
        };
        survives(page, &utf16(true), RemarkKind::Encoding);
        survives(page, &utf16(false), RemarkKind::Encoding);
        // GBK has no emoji.
        let page = page.replace('⚠', "!").replace('\u{fe0f}', "");
        survives(&page, &GBK.encode(&page).0, RemarkKind::Encoding);
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_change_nothing() {
    let page = format!("\u{feff}{}", ENDPOINT.replace('\n', "\r\n"));
    assert_eq!(read("page", page.as_bytes()), read("page", ENDPOINT.as_bytes()));
}

#[test]
fn text_that_was_decoded_wrongly_is_repaired() {
    for page in [OVERVIEW, ENDPOINT, EVENT] {
        for encoding in [Some(WINDOWS_1252), Some(WINDOWS_1254), None] {
            survives(page, &damaged(page, encoding, &[]), RemarkKind::Damage);
        }
    }
}

#[test]
fn names_and_values_survive_lost_bytes() {
    let lost_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
    let lost_1254 = [0x81, 0x8d, 0x8e, 0x8f, 0x90, 0x9d, 0x9e, 0xad];
    for page in [OVERVIEW, ENDPOINT, EVENT] {
        survives(page, &damaged(page, Some(WINDOWS_1252), &lost_1252), RemarkKind::Damage);
        survives(page, &damaged(page, Some(WINDOWS_1254), &lost_1254), RemarkKind::Damage);
    }
}

#[test]
fn values_survive_the_loss_of_what_separates_them() {
    let page = ENDPOINT.replace("速度，", "速度，枚举值：slow、fast<br>");
    let page = page.replace("speed | integer", "speed | string");
    survives(&page, &damaged(&page, Some(WINDOWS_1252), &[0x81]), RemarkKind::Damage);
}

#[test]
fn what_was_lost_is_said_with_its_line() {
    let page = OVERVIEW.replacen("# 灯塔概述", "# Lighthouses", 1);
    let reading = read("page", &damaged(&page, Some(WINDOWS_1254), &[0x81]));
    let lost = reading.remarks.iter().find(|remark| remark.message.contains("lost bytes")).unwrap();
    let first = page.lines().position(|line| line.bytes().any(|byte| byte == 0x81)).unwrap();
    assert_eq!(lost.line, first + 1);
    let Page::Overview(overview) = reading.page else { panic!("no overview") };
    assert_eq!(overview.fields[0].name, "light_id");
}

#[test]
fn accents_are_no_damage() {
    let page = OVERVIEW.replace("各语言名称", "Giáo viên, Ærø, garçon, naïve, Gr\u{fc}ße");
    let reading = read("page", page.as_bytes());
    assert!(reading.remarks.iter().all(|remark| remark.kind != RemarkKind::Damage));
    let Page::Overview(overview) = reading.page else { panic!("no overview") };
    assert_eq!(overview.fields[1].gloss, "Giáo viên, Ærø, garçon, naïve, Grüße");
}
