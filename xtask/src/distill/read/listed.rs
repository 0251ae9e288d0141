//! Parameters that no table holds: lists of them, and texts in which each cell has a line.

use super::facts::{Param, Ty};
use super::places::Flat;
use super::{cell, table, types, words};

/// The parameters in a text, whose first line is `line`; none if it is something else.
pub(super) fn rows(text: &str, line: usize) -> Vec<Flat> {
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(index, text)| (line + index, text.trim()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let starts: Vec<(usize, Param, usize)> = (0..lines.len())
        .filter_map(|at| start(&lines[at..]).map(|(param, length)| (at, param, length)))
        .collect();
    let ends = starts.iter().skip(1).map(|(at, ..)| *at).chain([lines.len()]);
    let rows = starts.iter().zip(ends).map(|((at, param, length), end)| {
        let rest = lines.get(at + length..end).unwrap_or_default();
        let rest: Vec<&str> = rest.iter().map(|(_, text)| *text).collect();
        let rules = cell::read(&format!("{}\n{}", param.gloss, rest.join("\n")));
        let param = Param {
            gloss: rules.gloss,
            example: rules.example,
            default: rules.default,
            values: rules.values,
            min: rules.min,
            max: rules.max,
            min_length: rules.min_length,
            max_length: rules.max_length,
            ..param.clone()
        };
        Flat { indent: 0, param }
    });
    rows.collect()
}

/// The parameter that begins with the first line, and how many lines are its cells.
fn start(lines: &[(usize, &str)]) -> Option<(Param, usize)> {
    let (line, first) = *lines.first()?;
    let param = |name: &str, ty: &str, required: Option<bool>, gloss: &str| {
        let is_int64 = types::is_int64(ty);
        let types::Named { ty, model } = types::parse(ty);
        let (name, gloss) = (name.to_owned(), gloss.to_owned());
        let is_param = words::is_identifier(&name) && ty != Ty::Unknown;
        is_param.then(|| Param {
            name,
            ty,
            is_int64,
            model,
            required,
            gloss,
            line,
            ..Param::default()
        })
    };
    if let Some(item) = first.strip_prefix(['-', '*']) {
        let (name, rest) = item.split_once(['(', '（'])?;
        let (facts, gloss) = rest.split_once([')', '）'])?;
        let (ty, required) = facts.rsplit_once([',', '，', '、'])?;
        let required = Some(table::is_required(required)?);
        let gloss = gloss.trim_start_matches([':', '：', ' ']);
        return Some((param(&words::bare(name), ty, required, gloss)?, 1));
    }
    let [(_, ty), (_, required), ..] = lines.get(1..)? else { return None };
    let required = Some(table::is_required(required)?);
    Some((param(first, ty, required, "")?, 3))
}

/// The first line of a text that may be about a parameter although none was found: it has a type.
pub(super) fn first_unread(text: &str) -> Option<usize> {
    let is_type = |word: &str| {
        let word = word.to_ascii_lowercase();
        matches!(
            word.as_str(),
            "string" | "int" | "integer" | "boolean" | "bool" | "object" | "array"
        )
    };
    text.lines().position(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).any(is_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let rows = rows(text, 1).into_iter().map(|Flat { param, .. }| {
            let required = if param.required == Some(true) { "required" } else { "optional" };
            let example = param.example.unwrap_or_default();
            format!("{}: {} {required} {example} {}", param.name, param.ty, param.line)
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn parameters_are_found_without_a_table() {
        check(
            "user_id_type\nstring\n可选\n示例值:\nopen_id\n\nlimit\ninteger\n必需\n数量\n",
            &["user_id_type: string optional open_id 1", "limit: int required  7"],
        );
        check(
            "- none\n- file_id (String, required): the file\n* `tags` (string[], 选填)：标签",
            &["file_id: string required  2", "tags: list<string> optional  3"],
        );
        for text in
            ["无", "See user_id (of the app) for more.", "a\nb\nc", "limit\ninteger", "- a (b)"]
        {
            check(text, &[]);
        }
    }
}
