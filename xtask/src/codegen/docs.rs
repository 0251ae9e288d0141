//! The words around the declarations.

use proc_macro2::TokenStream;
use quote::quote;

use super::ir::{Api, Code, Event, Field, Model, Operation, Part, Variant};

/// Lines of documentation as attributes, one a line.
pub fn attributes(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_str() {
        "" => quote!(#[doc = ""]),
        // rustfmt's form of a doc comment has a space before its text.
        line => {
            let line = format!(" {line}");
            quote!(#[doc = #line])
        }
    });
    quote!(#(#lines)*)
}

/// The same lines as comments, for text that is not laid out by prettyplease.
pub fn comments(lines: &[String], indent: &str) -> String {
    lines.iter().map(|line| format!("{}\n", format!("{indent}/// {line}").trim_end())).collect()
}

/// A sentence of a spec. Outside code it is plain text: what rustdoc would read as a tag or a
/// link is escaped.
pub fn paragraph(text: &str) -> Vec<String> {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| if index % 2 == 0 { escape(part) } else { part.into() });
    lines(&parts.collect::<Vec<_>>().join("`"))
}

/// Text that is Markdown already.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '<' | '>' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

pub fn model(model: &Model) -> Vec<String> {
    match &model.part {
        Some(Part::ResponseOf(operation)) => vec![format!("The response of [`{operation}`].")],
        Some(Part::AnswerTo(callback)) => vec![format!("The response to a [`{callback}`].")],
        None => paragraph(&model.doc),
    }
}

pub fn event(event: &Event, example: &[String], successor: Option<&str>) -> Vec<String> {
    let mut lines = paragraph(&event.doc);
    lines.push(String::new());
    lines.extend_from_slice(example);
    lines.push(String::new());
    lines.push(format!("`{}` ([documentation]({}))", event.id, event.source));
    let mut facts = Vec::new();
    if !event.scopes.is_empty() {
        facts.push(format!("- Scope: {}", codes(&event.scopes, " or ")));
    }
    if !event.field_scopes.is_empty() {
        facts.push(format!("- Scope of some fields: {}", codes(&event.field_scopes, ", ")));
    }
    facts.extend(event.answer.as_ref().map(|answer| match answer.reference() {
        Some(model) => format!("- Response: [`{}`]", model.name),
        None => "- Response: JSON of your own".to_owned(),
    }));
    facts.extend(successor.map(|name| format!("- Replaced by [`{name}`]")));
    if !facts.is_empty() {
        lines.push(String::new());
        lines.extend(facts);
    }
    lines
}

/// A reader sees the call first, then the facts, and the codes last.
pub fn operation(api: &Api, operation: &Operation, example: &[String]) -> Vec<String> {
    let mut lines = paragraph(&operation.doc);
    lines.extend(deprecation(operation.deprecated.as_deref()));
    lines.push(String::new());
    lines.extend_from_slice(example);
    lines.push(String::new());
    lines.push(format!(
        "`{} {}` ([documentation]({}))",
        operation.method.as_str(),
        operation.path,
        operation.source
    ));
    lines.push(String::new());
    lines.push(format!("- Operation: `{}`", operation.id));
    let tokens: Vec<_> = operation.tokens.iter().map(|token| token.meaning()).collect();
    lines.push(format!("- Token: {}", tokens.join(" or ")));
    if !operation.scopes.is_empty() {
        lines.push(format!("- Scope: {}", codes(&operation.scopes, " or ")));
    }
    if let Some(rate) = &operation.rate {
        lines.push(format!("- Rate limit: {}", paragraph(rate).join(" ")));
    }
    if !operation.lacks.is_empty() {
        lines.push(format!("- Not in this response: {}", codes(&operation.lacks, ", ")));
    }
    if operation.paging.is_some() {
        lines.push("- Paged: see [`pages`](Self::pages) and [`items`](Self::items)".to_owned());
    }
    let documented = documented(api, operation);
    if !documented.is_empty() {
        lines.push(String::new());
        lines.push("# Errors".to_owned());
        lines.push(String::new());
        lines.push(
            "In addition to the errors that any call can return (see \
             [`ErrorKind`](openplat_core::ErrorKind)), this operation documents these codes:"
                .to_owned(),
        );
        lines.push(String::new());
        lines.push("| code | HTTP | [`ErrorCode`](crate::ErrorCode) | meaning |".to_owned());
        lines.push("| --- | --- | --- | --- |".to_owned());
        lines.extend(documented.iter().map(|code| {
            format!(
                "| `{}` | {} | [`{variant}`](crate::ErrorCode::{variant}) | {} |",
                code.code,
                code.http,
                cell(&code.doc),
                variant = code.variant,
            )
        }));
    }
    lines
}

fn documented<'a>(api: &'a Api, operation: &Operation) -> Vec<&'a Code> {
    let find = |code: &String| api.codes.iter().find(|known| known.code == *code);
    operation.codes.iter().filter_map(find).collect()
}

pub fn field(field: &Field) -> Vec<String> {
    let mut lines = paragraph(&field.doc);
    if field.dedupe {
        lines.push(String::new());
        lines.push(
            "If unset or empty, a random key is generated and reused for every attempt of the call."
                .to_owned(),
        );
    }
    if !field.values.is_empty() {
        lines.push(String::new());
        lines.extend(
            field
                .values
                .iter()
                .map(|(value, doc)| format!("- `{value}`: {}", paragraph(doc).join(" "))),
        );
    }
    let mut facts = field.limits.clone();
    facts.extend(field.default.iter().map(|default| format!("Default: `{default}`.")));
    if !facts.is_empty() {
        lines.push(String::new());
        lines.push(facts.join(" "));
    }
    lines.extend(deprecation(field.deprecated.as_deref()));
    lines
}

/// The setter that clears a field.
pub fn clear(field: &Field) -> Vec<String> {
    vec![format!(
        "Sends `null` for [`{name}`](Self::{name}), which clears it. What is not set stays as it is.",
        name = field.rust
    )]
}

/// The docs of a method that returns a time of a response or an event.
pub fn accessor(field: &Field) -> Vec<String> {
    vec![format!(
        "Returns `{}` as a time, or `None` if the field is absent or holds no time.",
        field.rust
    )]
}

pub fn variant(variant: &Variant) -> Vec<String> {
    let mut lines = paragraph(&variant.doc);
    lines.extend(deprecation(variant.deprecated.as_deref()));
    lines
}

fn deprecation(sentence: Option<&str>) -> Vec<String> {
    let Some(sentence) = sentence else { return Vec::new() };
    let mut lines = vec![String::new()];
    lines.extend(paragraph(&format!("Deprecated: {sentence}")));
    lines
}

/// A constructor that takes the required values one after the other.
pub fn constructor(name: &str, required: &[&Field]) -> Vec<String> {
    if required.is_empty() {
        return vec![format!("Creates `{name}` with nothing set.")];
    }
    let mut lines = vec![format!("Creates `{name}` with its required values."), String::new()];
    lines.extend(arguments(required));
    lines
}

/// A constructor that takes the required values by their names.
pub fn constructor_of_names(name: &str) -> Vec<String> {
    vec![format!("Creates `{name}` with its required values, each given by name.")]
}

/// The struct of the required values.
pub fn required_values(name: &str) -> Vec<String> {
    vec![
        format!("The required values of [`{name}`], given by name so that no two can be swapped."),
        "There are no defaults, so that none can be forgotten.".to_owned(),
    ]
}

fn arguments(fields: &[&Field]) -> Vec<String> {
    let items = fields.iter().flat_map(|field| {
        let mut lines = self::field(field).into_iter();
        let first = format!("- `{}`: {}", field.rust, lines.next().unwrap_or_default());
        std::iter::once(first).chain(lines.map(|line| format!("  {line}").trim_end().to_owned()))
    });
    items.collect()
}

fn codes(list: &[String], separator: &str) -> String {
    list.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(separator)
}

fn cell(text: &str) -> String {
    paragraph(text).join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_keeps_its_brackets() {
        let lines = paragraph("A <b>, [c] or d\\e.  \nNot `<b>` or `[c]`, but list<d>.");
        assert_eq!(lines, [r"A \<b\>, \[c\] or d\\e.", r"Not `<b>` or `[c]`, but list\<d\>."]);
    }
}
