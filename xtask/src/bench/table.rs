//! The tables of `BENCHMARKS.md`, made of what is on record.

use std::collections::BTreeSet;

use super::figures::{Record, Run, number};

/// The file that shows them.
pub const DOCUMENT: &str = "BENCHMARKS.md";

/// A line of a table.
struct Row {
    what: &'static str,
    ours: &'static str,
    /// The figure that it is compared with.
    beside: Option<&'static str>,
    compared: Compared,
    /// The most that is wanted.
    target: Option<f64>,
}

#[derive(Clone, Copy)]
enum Compared {
    Ratio,
    Difference,
    /// In percent.
    Growth,
    /// With the target alone.
    Itself,
}

use Compared::{Difference, Growth, Itself, Ratio};

const fn row(
    what: &'static str,
    ours: &'static str,
    beside: &'static str,
    compared: Compared,
    most: f64,
) -> Row {
    Row { what, ours, beside: Some(beside), compared, target: Some(most) }
}

const fn alone(what: &'static str, ours: &'static str, target: Option<f64>) -> Row {
    Row { what, ours, beside: None, compared: Itself, target }
}

/// A line without a target.
const fn shown(what: &'static str, ours: &'static str, beside: &'static str) -> Row {
    Row { what, ours, beside: Some(beside), compared: Ratio, target: None }
}

/// A line about what the program `scale` prints.
macro_rules! scale {
    ($what:literal, $name:literal, $most:expr) => {
        row($what, concat!("scale ", $name), concat!("scale ", $name, " by hand"), Ratio, $most)
    };
}

/// The sections of the document: the name of their markers, and what the second column is.
#[rustfmt::skip]
const SECTIONS: [(&str, &str, &[Row]); 7] = [
    ("call", "by hand", &[
        row("`feishu-im`: instructions", "im instructions", "raw instructions", Ratio, 1.05),
        row("`feishu-im`: allocations", "im allocations", "raw allocations", Difference, 3.0),
        row("`feishu-im`: processor time, µs", "im cpu_us", "im cpu_us by hand", Ratio, 1.05),
        row("`dingtalk-convfile`: instructions", "ding instructions", "raw-ding instructions", Ratio, 1.05),
        row("`dingtalk-convfile`: allocations", "ding allocations", "raw-ding allocations", Difference, 3.0),
        row("`dingtalk-convfile`: processor time, µs", "ding cpu_us", "ding cpu_us by hand", Ratio, 1.05),
        row("100 messages decoded: instructions", "decode instructions", "raw-decode instructions", Ratio, 1.1),
    ]),
    ("tasks", "one task", &[
        row("processor time", "tasks sixteen_ns", "tasks one_ns", Ratio, 1.5),
    ]),
    ("weight", "by hand", &[
        row("`feishu-im`: crates", "im crates", "raw crates", Difference, 10.0),
        row("`feishu-im`: binary", "im bytes", "raw bytes", Growth, 5.0),
        row("`feishu-im`: build, s", "im build_seconds", "raw build_seconds", Difference, 10.0),
        row("`feishu-apaas`: crates", "apaas crates", "raw crates", Difference, 10.0),
        row("`feishu-apaas`: binary", "apaas bytes", "raw bytes", Growth, 5.0),
        row("`feishu-apaas`: build, s", "apaas build_seconds", "raw build_seconds", Difference, 10.0),
        row("`dingtalk-convfile`: crates", "ding crates", "raw crates", Difference, 10.0),
        row("`dingtalk-convfile`: binary", "ding bytes", "raw bytes", Growth, 5.0),
        row("`dingtalk-convfile`: build, s", "ding build_seconds", "raw build_seconds", Difference, 10.0),
        alone("each further operation of `feishu-im`: binary", "im-many bytes_per_operation", Some(12e3)),
        alone("each further operation of `feishu-im`: build, s", "im-many build_seconds_per_operation", Some(0.2)),
    ]),
    ("lines", "", &[
        alone("`feishu-im`", "feishu-im lines_per_operation", None),
        alone("`feishu-apaas`", "feishu-apaas lines_per_operation", None),
        alone("`feishu-cardkit`", "feishu-cardkit lines_per_operation", None),
        alone("`dingtalk-convfile`", "dingtalk-convfile lines_per_operation", None),
        alone("`dingtalk-storage`", "dingtalk-storage lines_per_operation", None),
    ]),
    ("maintenance", "", &[
        alone("`codegen` of this tree, processor s", "codegen cpu_seconds", Some(0.3)),
        alone("`codegen` of 3,619 operations, processor s", "codegen-3600 cpu_seconds", Some(5.0)),
        alone("`cargo xtask codegen` in all, s", "codegen wall_seconds", Some(1.0)),
        alone("`cargo test --workspace`, all built, s", "tests wall_seconds", Some(60.0)),
        alone("`cargo test --workspace` in a new clone, s", "clone wall_seconds", Some(300.0)),
    ]),
    ("scale", "by hand", &[
        scale!("10,000 calls in flight: resident memory of one", "in-flight/10000/resident_bytes", 1.1),
        scale!("10,000 calls in flight: heap of one", "in-flight/10000/heap_bytes", 1.1),
        scale!("200 MB up from a path: time", "transfer/up-from-path/wall_ns", 1.05),
        scale!("200 MB up from a stream: time", "transfer/up-from-stream/wall_ns", 1.05),
        scale!("200 MB down in pieces: time", "transfer/down/wall_ns", 1.05),
        scale!("200 MB down to a file: time", "transfer/down-to-file/wall_ns", 1.05),
        alone("200 MB up from a path: memory", "scale transfer/up-from-path/grown_bytes", Some(16e6)),
        alone("200 MB up from a stream: memory", "scale transfer/up-from-stream/grown_bytes", Some(16e6)),
        alone("200 MB down in pieces: memory", "scale transfer/down/grown_bytes", Some(16e6)),
        alone("200 MB down to a file: memory", "scale transfer/down-to-file/grown_bytes", Some(16e6)),
        shown("webhook of Feishu: events per core-second", "scale webhook/feishu/events_per_core_second", "scale webhook/feishu/events_per_core_second by hand"),
        shown("webhook of DingTalk: events per core-second", "scale webhook/dingtalk/events_per_core_second", "scale webhook/dingtalk/events_per_core_second by hand"),
        shown("idle long connection: processor time per minute", "scale idle/60/cpu_ns_per_minute", "scale idle/60/cpu_ns_per_minute by hand"),
        shown("idle long connection: threads", "scale idle/60/threads", "scale idle/60/threads by hand"),
    ]),
    ("hyper", "by hand", &[
        row("`feishu-im`: instructions", "im-hyper instructions", "raw instructions", Ratio, 0.75),
        row("`feishu-im`: allocations", "im-hyper allocations", "raw allocations", Difference, 0.0),
        row("`feishu-im`: processor time, µs", "im-hyper cpu_us", "im-hyper cpu_us by hand", Ratio, 0.8),
        alone("`feishu-im`: crates", "im-hyper crates", Some(80.0)),
        row("`feishu-im`: binary", "im-hyper bytes", "raw bytes", Growth, 0.0),
        row("`feishu-im`: build, s", "im-hyper build_seconds", "raw build_seconds", Difference, 10.0),
    ]),
];

/// Puts what is on record between the markers of the document.
pub fn fill(document: &str, record: &Record) -> Result<String, String> {
    let mut document = document.to_owned();
    for (name, beside, rows) in SECTIONS {
        document = replace(&document, name, &section(beside, rows, record))?;
    }
    replace(&document, "peers", &peers(record))
}

fn replace(document: &str, name: &str, text: &str) -> Result<String, String> {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    document
        .split_once(&start)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)))
        .map(|(before, after)| format!("{before}{start}\n{text}\n{end}{after}"))
        .ok_or_else(|| format!("{DOCUMENT} has no markers for `{name}`"))
}

fn section(beside: &str, rows: &[Row], record: &Record) -> String {
    let mut table =
        format!("| | ours | {beside} | compared | target |\n| --- | --: | --: | --: | --: |\n");
    for row in rows {
        table += &line(row, record);
    }
    table
        + "\n"
        + &sources(rows.iter().flat_map(|row| [Some(row.ours), row.beside]).flatten(), record)
}

fn line(row: &Row, record: &Record) -> String {
    let ours = record.get(row.ours);
    let beside = row.beside.and_then(|name| record.get(name));
    let compared = match (row.compared, ours, beside) {
        (Itself, Some(ours), _) => Some(ours),
        (Ratio, Some(ours), Some(beside)) => Some(ours / beside),
        (Difference, Some(ours), Some(beside)) => Some(ours - beside),
        (Growth, Some(ours), Some(beside)) => Some((ours / beside - 1.0) * 100.0),
        _ => None,
    };
    let form = |value: f64| match row.compared {
        Ratio => format!("{value:.2} ×"),
        Difference => format!("{:+}", (value * 10.0).round() / 10.0),
        Growth => format!("{value:+.1} %"),
        Itself => show(row.ours, value),
    };
    let compared = compared.map(|value| match row.target.is_some_and(|most| value > most) {
        true => format!("**{}**", form(value)),
        false if beside.is_none() => String::new(),
        false => form(value),
    });
    let target = row.target.map(|most| format!("≤ {}", form(most)));
    let show = |name: &str, value: Option<f64>| value.map(|value| show(name, value));
    let cells = [
        Some(row.what.to_owned()),
        show(row.ours, ours),
        row.beside.and_then(|name| show(name, beside)),
        compared,
        target,
    ];
    format!("| {} |\n", cells.map(Option::unwrap_or_default).join(" | "))
}

/// Says with which commands the figures were measured, when and where.
fn sources<'a>(names: impl Iterator<Item = &'a str>, record: &Record) -> String {
    let sources: BTreeSet<_> = names
        .filter_map(|name| record.find(name))
        .map(|(command, Run { date, machine, versions, .. }, _)| {
            format!("`{command}`, {date}: {machine}; {versions}.\n")
        })
        .collect();
    match sources.is_empty() {
        true => "Not measured yet.\n".to_owned(),
        false => sources.into_iter().collect::<Vec<_>>().join("\n"),
    }
}

/// SDKs of others, by the names that their figures have.
pub const PEERS: [&str; 6] =
    ["dingtalk-sdk", "lark-channel", "feishu-sdk", "openlark", "dingding", "larksuite-oapi-sdk-rs"];

/// Everything that makes a warm call, with its name in tables and plots.
pub fn callers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = [
        ("raw", "by hand, Feishu"),
        ("raw-ding", "by hand, DingTalk"),
        ("im", "feishu-im"),
        ("ding", "dingtalk-convfile"),
        ("im-hyper", "feishu-im, hyper"),
    ];
    ours.into_iter().chain(PEERS.map(|name| (name, name)))
}

fn peers(record: &Record) -> String {
    let measures = ["instructions", "allocations", "crates", "bytes", "build_seconds"];
    let mut table =
        "| | instructions | allocations | crates | binary | build, s |\n| --- | --: | --: | --: | --: | --: |\n"
            .to_owned();
    let mut names = Vec::new();
    for (subject, title) in callers() {
        let cells = measures.map(|measure| {
            let name = format!("{subject} {measure}");
            let cell = record.get(&name).map(|value| show(&name, value)).unwrap_or_default();
            names.push(name);
            cell
        });
        if cells.iter().any(|cell| !cell.is_empty()) {
            table += &format!("| {title} | {} |\n", cells.join(" | "));
        }
    }
    table + "\n" + &sources(names.iter().map(String::as_str), record)
}

/// Writes a figure as people read it.
pub fn show(name: &str, value: f64) -> String {
    if name.contains("bytes") {
        return match value {
            1e6.. => format!("{:.2} MB", value / 1e6),
            _ => format!("{:.1} KB", value / 1e3),
        };
    }
    if name.contains("_ns") {
        return match value {
            1e5.. => format!("{} ms", grouped(value / 1e6)),
            _ => format!("{} ns", grouped(value)),
        };
    }
    grouped(value)
}

/// Writes a number with a comma between thousands.
fn grouped(value: f64) -> String {
    let number = number(value).to_string();
    let (whole, rest) = number
        .split_once('.')
        .map_or((&*number, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let digits = whole.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = digits.map(String::from_utf8_lossy).collect();
    groups.join(",") + &rest
}
