//! Forms that samples show: a `multipart/form-data` body as it is sent, or `curl` with its fields.

use super::facts::{Param, Ty};
use super::words;

/// More fields than any form has, and more headers than any part of one.
const MOST: usize = 100;

/// The fields of the form in the text, whose first line is `line`.
pub(super) fn fields(text: &str, line: usize) -> Vec<Param> {
    let mut fields: Vec<Param> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (index, text) in lines.iter().enumerate() {
        let (_, below) = lines.split_at(index + 1);
        for (name, value) in part(text, below).into_iter().chain(options(text)) {
            if fields.len() < MOST
                && words::is_identifier(&name)
                && fields.iter().all(|field| field.name != name)
            {
                let ty = if value.is_some() { Ty::String } else { Ty::File };
                let example = value.filter(|value| !value.is_empty());
                fields.push(Param { name, ty, example, line: line + index, ..Param::default() });
            }
        }
    }
    fields
}

/// The name and the value of a field; a file has none.
type Field = (String, Option<String>);

/// `Content-Disposition: form-data; name="kind"`, further headers, an empty line, and the value.
fn part(line: &str, below: &[&str]) -> Option<Field> {
    let rest = line.trim().strip_prefix("Content-Disposition:")?;
    let rest = rest.trim_start().strip_prefix("form-data")?;
    let attribute = |name: &str| {
        let parts = rest.split(';').filter_map(|part| part.trim().split_once('='));
        let value = parts.filter(|(key, _)| key.trim() == name).map(|(_, value)| value).next()?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let headers = below.iter().take(MOST).take_while(|line| !line.trim().is_empty());
    let is_binary = headers.clone().any(|line| line.to_lowercase().contains("octet-stream"));
    let value = below.get(headers.count() + 1).map_or("", |line| line.trim());
    let value = if value.starts_with("--") { "" } else { value };
    let is_file = is_binary || attribute("filename").is_some();
    Some((attribute("name")?, (!is_file).then(|| value.to_owned())))
}

/// `-F 'kind="photo"' --form 'photo=@"/a/b.png"'`
fn options(line: &str) -> Vec<Field> {
    let option = |word: &'static str| {
        line.match_indices(word).filter(|(at, _)| {
            let before = line[..*at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        })
    };
    let ends = option("-F ").chain(option("--form ")).map(|(at, word)| at + word.len());
    ends.filter_map(|end| argument(line[end..].trim_start())).collect()
}

fn argument(text: &str) -> Option<Field> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    let argument = match quote {
        Some(quote) => text[1..].split(quote).next()?,
        None => text.split_whitespace().next()?,
    };
    let (name, value) = argument.split_once('=')?;
    let value = value.trim_matches('"');
    Some((name.to_owned(), (!value.starts_with('@')).then(|| value.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let fields = fields(text, 1).into_iter().map(|field| {
            let example = field.example.unwrap_or_default();
            format!("{}: {} {example} {}", field.name, field.ty, field.line)
        });
        assert_eq!(fields.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn forms_are_read_as_they_are_sent_and_as_curl_takes_them() {
        check(
            "---a\nContent-Disposition: form-data; name=\"kind\";\n\nphoto\n---a\n\
             Content-Disposition: form-data; name=\"empty\"\n\n---a\n\
             Content-Disposition: form-data; name=\"image\";\n\
             Content-Type: application/octet-stream\n\nbytes\n---a--",
            &["kind: string photo 2", "empty: string  6", "image: file  9"],
        );
        check(
            "curl -X POST 'https://a/b' -H 'x: y' \\\n-F 'kind=\"photo\"' -F image=@/a/b.png \\\n\
             --form 'kind=\"again\"' --form \"size=3\" --form 'a b=c'",
            &["kind: string photo 2", "image: file  2", "size: string 3 3"],
        );
        check("printf -F; a-F b=c; -F", &[]);
    }
}
