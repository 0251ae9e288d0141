//! The words around the declarations.

use proc_macro2::TokenStream;
use quote::quote;

use super::ir::{Api, Code, Field, Operation};

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

/// A paragraph, with what it holds of Markdown's own characters kept as it is meant.
pub fn paragraph(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

pub fn operation(api: &Api, operation: &Operation) -> Vec<String> {
    let mut lines = paragraph(&operation.doc);
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
        lines.push(format!("- Rate limit: {rate}"));
    }
    let documented = documented(api, operation);
    if !documented.is_empty() {
        lines.push(String::new());
        lines.push("# Errors".to_owned());
        lines.push(String::new());
        lines.push("Beside the errors of any call, these codes are documented:".to_owned());
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
            "Filled in for you if you set none, with one value for all attempts of a call."
                .to_owned(),
        );
    }
    if let Some(default) = &field.default {
        lines.push(String::new());
        lines.push(format!("Default: `{default}`."));
    }
    lines
}

/// The arguments of a constructor.
pub fn arguments<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Vec<String> {
    let items = fields.into_iter().flat_map(|field| {
        let mut lines = paragraph(&field.doc).into_iter();
        let first = format!("- `{}`: {}", field.rust, lines.next().unwrap_or_default());
        std::iter::once(first).chain(lines.map(|line| format!("  {line}").trim_end().to_owned()))
    });
    items.collect()
}

fn codes(list: &[String], separator: &str) -> String {
    list.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(separator)
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
