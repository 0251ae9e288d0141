//! The nesting of rows: by marks before the name, by dots in it, or by a sample.

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};
use super::known::Types;
pub(super) use super::places::{Flat, MAX_DEPTH, object};
use super::places::{Place, insert, is_empty, may_open, opens};
use super::report::{RemarkKind, Report};
use super::unmarked;

/// Splits a name cell into the width of its indentation and the name.
pub(super) fn indented(cell: &str) -> (usize, &str) {
    let mut width = 0;
    let mut marked = false;
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        width += match c {
            '\u{2003}' | '\u{3000}' | '\t' => 4,
            '\u{2002}' => 2,
            ' ' | '\u{a0}' if marked => 0,
            ' ' | '\u{a0}' | '\u{200b}' | '\u{feff}' => usize::from(c == ' ' || c == '\u{a0}'),
            '∟' | '└' | '├' | '│' | '┗' | '┣' | '┃' | '─' | '━' | '↳' | '»' | '›' | '·' | '•'
            | '>' | '＞' | '⌞' | '˪' | '|' | '+' | '→' | '┕' | '╰' | 'ㄴ' | '↘' => {
                marked = true;
                4
            }
            '-' | '–' | '—' | '*'
                if rest[c.len_utf8()..].starts_with([' ', '-', '–', '—', '\u{a0}']) || marked =>
            {
                marked = true;
                4
            }
            '-' | '–' => {
                marked = true;
                4
            }
            _ => break,
        };
        rest = &rest[c.len_utf8()..];
    }
    // One or two spaces are padding.
    (if width <= 2 { 0 } else { width }, rest.trim())
}

/// The facts that can show the nesting of unmarked rows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Evidence<'a> {
    /// Such tables have no inner rows without a mark.
    Marks,
    /// Inner rows are those that the sample has inside and only there.
    Sample(Option<&'a Json>),
    /// The table lists inner rows after outer ones. Without a sample it has to be guessed which.
    Flattened(Option<&'a Json>),
    /// The same, as another table of the page shows, so that every container has some. Other pages
    /// may have shown those of the types.
    Unmarked(Option<&'a Json>, &'a Types),
}

impl<'a> Evidence<'a> {
    fn sample(self) -> Option<&'a Json> {
        match self {
            Self::Marks => None,
            Self::Sample(sample) | Self::Flattened(sample) | Self::Unmarked(sample, _) => sample,
        }
    }
}

/// Builds the tree.
pub(super) fn tree(mut rows: Vec<Flat>, evidence: Evidence<'_>, report: &mut Report) -> Vec<Param> {
    let sample = evidence.sample();
    let base = rows.iter().map(|row| row.indent).min().unwrap_or(0);
    for row in &mut rows {
        row.indent -= base;
    }
    let tree = if rows.iter().any(|row| row.indent > 0) {
        by_indent(rows, report)
    } else if has_inner_rows(&rows, evidence) {
        let samples_are_whole = !matches!(evidence, Evidence::Flattened(_));
        let known = match evidence {
            Evidence::Unmarked(_, types) => types,
            _ => &Types::default(),
        };
        unmarked::tree(rows, sample, samples_are_whole, known, report)
    } else {
        if matches!(evidence, Evidence::Sample(_)) {
            doubt_flat(&rows, sample, report);
        }
        rows.into_iter().map(|row| row.param).collect()
    };
    let tree = by_dots(tree, sample, report);
    without_duplicates(tree, report)
}

fn by_indent(rows: Vec<Flat>, report: &mut Report) -> Vec<Param> {
    let mut tree = Vec::new();
    let mut open: Vec<(usize, Place)> = Vec::new();
    for row in rows {
        while open.last().is_some_and(|(indent, _)| *indent >= row.indent)
            || open.len() >= MAX_DEPTH
        {
            open.pop();
        }
        let parent = open.last().map(|(_, place)| place.clone()).unwrap_or_default();
        if parent.is_empty() && row.indent > 0 {
            report.add(
                RemarkKind::GuessedNesting,
                row.param.line,
                format!("`{}` is indented, but nothing is above it", row.param.name),
            );
        }
        let place = insert(&mut tree, &parent, row.param);
        open.push((row.indent, place));
    }
    tree
}

fn is_dotted(name: &str) -> bool {
    let whole = |part: &str| {
        !part.is_empty()
            && part
                .trim_end_matches("[]")
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    name.contains('.') && name.split('.').all(whole)
}

/// `a.b` and `a[].b` belong to `a`, which may have no row of its own.
fn by_dots(rows: Vec<Param>, sample: Option<&Json>, report: &mut Report) -> Vec<Param> {
    let mut tree: Vec<Param> = Vec::new();
    for param in rows {
        // The dot can be a part of the name.
        let literal = sample.is_some_and(|sample| sample.get(&param.name).is_some());
        if literal || !is_dotted(&param.name) || param.name.split('.').count() > MAX_DEPTH {
            tree.push(param);
            continue;
        }
        let parts: Vec<String> = param.name.split('.').map(str::to_owned).collect();
        let (name, parents) = parts
            .split_last()
            .map_or((param.name.as_str(), &[][..]), |(name, parents)| (name, parents));
        let mut level = &mut tree;
        for part in parents {
            let bare = part.trim_end_matches("[]");
            let found = level.iter().position(|field| field.name == bare);
            let index = found.unwrap_or_else(|| {
                report.add(
                    RemarkKind::GuessedNesting,
                    param.line,
                    format!("`{bare}` has no row of its own; it is taken from `{}`", param.name),
                );
                let ty = if part.ends_with("[]") { Ty::list(Ty::Object) } else { Ty::Object };
                level.push(Param {
                    name: bare.to_owned(),
                    ty,
                    line: param.line,
                    ..Param::default()
                });
                level.len() - 1
            });
            level = &mut level[index].fields;
        }
        let name = name.to_owned();
        level.push(Param { name, ..param });
    }
    tree
}

/// Whether some of the rows must be fields of others, although nothing marks them.
fn has_inner_rows(rows: &[Flat], evidence: Evidence<'_>) -> bool {
    let dotted = rows.iter().any(|row| is_dotted(&row.param.name));
    if dotted || !rows.iter().any(|row| may_open(&row.param)) {
        return false;
    }
    let inside = |sample: &Json| {
        rows.iter().any(|row| {
            sample.get(&row.param.name).is_none() && is_inside(sample, &row.param.name, 0)
        })
    };
    let mut seen = std::collections::HashSet::new();
    let mut repeats = || rows.iter().any(|row| !seen.insert(row.param.name.as_str()));
    match evidence {
        Evidence::Marks => false,
        Evidence::Sample(sample) => sample.and_then(object).is_some_and(inside),
        Evidence::Flattened(sample) => {
            let shown = sample.and_then(object).filter(|sample| !is_empty(sample));
            shown.is_none_or(|sample| inside(sample) || repeats())
        }
        Evidence::Unmarked(..) => true,
    }
}

/// Whether the rows are those of a response whose data are listed below `data` without a mark.
pub(super) fn is_unmarked_answer(rows: &[Flat]) -> bool {
    let at = |name: &str| rows.iter().position(|row| row.param.name == name);
    let marked = rows.iter().any(|row| row.indent != rows[0].indent);
    let data = at("data").filter(|data| *data + 1 < rows.len() && may_open(&rows[*data].param));
    !marked && data.is_some() && at("code") < data && at("code").is_some()
}

/// Whether a row must be a field of a container above it that the sample leaves out: a sample has all
/// required fields, and no two fields of one object have one name.
pub(super) fn is_unmarked_body(rows: &[Flat], sample: Option<&Json>) -> bool {
    let Some(sample) = sample.and_then(object).filter(|sample| !is_empty(sample)) else {
        return false;
    };
    let is_left_out = |param: &Param| opens(param) && sample.get(&param.name).is_none();
    let marked = rows.iter().any(|row| row.indent != rows[0].indent);
    let inner = rows.iter().skip_while(|row| !is_left_out(&row.param)).skip(1).any(|row| {
        let is_twice = rows.iter().filter(|other| other.param.name == row.param.name).count() > 1;
        let is_lacking = row.param.required == Some(true) && sample.get(&row.param.name).is_none();
        is_twice || is_lacking && !opens(&row.param)
    });
    !marked && inner
}

/// Reports containers of a named type that stay without fields because neither a mark nor a sample
/// shows any; such a type has fields, and the rows below may be they.
fn doubt_flat(rows: &[Flat], sample: Option<&Json>, report: &mut Report) {
    if sample.and_then(object).is_some_and(|sample| !is_empty(sample)) {
        return;
    }
    let above = rows.split_last().map_or(&[][..], |(_, above)| above);
    for Flat { param, .. } in above {
        if opens(param) && param.model.is_some() {
            report.add(
                RemarkKind::GuessedNesting,
                param.line,
                format!(
                    "`{}` is taken to have no fields: no mark and no sample shows whether the \
                     rows below are its own",
                    param.name
                ),
            );
        }
    }
}

fn is_inside(sample: &Json, name: &str, depth: usize) -> bool {
    match &sample.kind {
        JsonKind::Object(entries) => entries
            .iter()
            .any(|(key, value)| depth > 0 && key == name || is_inside(value, name, depth + 1)),
        JsonKind::Array(items) => items.iter().any(|item| is_inside(item, name, depth)),
        _ => false,
    }
}

/// Keeps the first of two fields with one name, and says so.
pub(super) fn without_duplicates(fields: Vec<Param>, report: &mut Report) -> Vec<Param> {
    let mut kept: Vec<Param> = Vec::with_capacity(fields.len());
    let mut index = std::collections::HashMap::new();
    for mut field in fields {
        field.fields = without_duplicates(std::mem::take(&mut field.fields), report);
        match index.get(&field.name) {
            None => {
                index.insert(field.name.clone(), kept.len());
                kept.push(field);
            }
            Some(first) => {
                let first: &mut Param = &mut kept[*first];
                let same = first.ty == field.ty
                    && first.required == field.required
                    && first.values == field.values;
                let what = if same {
                    "is listed twice"
                } else {
                    "is listed twice, with other facts; the first is kept"
                };
                let kind = if same { RemarkKind::Duplicate } else { RemarkKind::Conflict };
                report.add(
                    kind,
                    field.line,
                    format!("`{}` {what}, see line {}", field.name, first.line),
                );
                // Each of two tables may show other fields of one object.
                let fields = std::mem::take(&mut first.fields).into_iter().chain(field.fields);
                first.fields = without_duplicates(fields.collect(), report);
            }
        }
    }
    kept
}
