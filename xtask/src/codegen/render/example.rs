//! The example on the page of an operation: a doc test, so that the compiler reads it.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use serde_json::Value;

use super::ident;
use super::value::{JSON, Scope, Style};
use crate::codegen::ir::{Api, Field, Module, Operation, Presence, Type, Vendor};
use crate::codegen::naming;

/// How long JSON may be on one line.
const WIDTH: usize = 60;

/// The lines of the example; none for an operation that the vendor advises against.
pub fn lines(api: &Api, module: &Module, operation: &Operation) -> Vec<String> {
    if operation.deprecated.is_some() {
        return Vec::new();
    }
    let (sdk, client) = (naming::crate_ident(&api.name), client(api.vendor));
    let token = if operation.accepts_app() { "" } else { ", token: &str" };
    let mut lines = vec![
        "```no_run".to_owned(),
        format!("# async fn run({client}: {sdk}::Client{token}) -> Result<(), {sdk}::Error> {{"),
    ];
    match operation.example_code.as_slice() {
        [] => lines.extend(generated_lines(api, module, operation)),
        code => lines.extend_from_slice(code),
    }
    lines.extend(["# Ok(())", "# }", "```"].map(str::to_owned));
    lines
}

/// Returns the name of a client in examples.
fn client(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Feishu => "feishu",
        Vendor::DingTalk => "dingtalk",
    }
}

fn generated_lines(api: &Api, module: &Module, operation: &Operation) -> Vec<String> {
    let scope = Scope { api, module: &module.name, style: Style::Docs };
    let call = scope.request(operation, &operation.example_values);
    let client = ident(client(api.vendor));
    let client = match operation.accepts_app() {
        true => quote!(&#client),
        false => quote!(&#client.as_user(token)),
    };
    let statements = statements(api, operation, &call, &client);
    let imports = imports(api, module, operation, &statements);
    let mut lines = layout(&quote!(#(#imports)* #statements));
    let is_import =
        |line: &String| ["use ", "    ", "}"].iter().any(|start| line.starts_with(start));
    let end = lines.iter().position(|line| !is_import(line)).unwrap_or_default();
    lines.insert(end, String::new());
    lines
}

fn statements(
    api: &Api,
    operation: &Operation,
    call: &TokenStream,
    client: &TokenStream,
) -> TokenStream {
    if operation.paging.is_some() {
        return quote! {
            let mut items = #call.items(#client);
            while let Some(item) = items.next().await {
                let item = item?;
                println!("{item:?}");
            }
        };
    }
    match &operation.output {
        None => quote!(#call.send(#client).await?;),
        Some(Type::File) => quote! {
            let download = #call.send(#client).await?;
            download.save_in("downloads").await?;
        },
        Some(output) => {
            let shown = match shown_field(api, output) {
                Some(field) => {
                    let name = ident(&field.rust);
                    quote!(println!("{}", response.#name);)
                }
                None => quote!(println!("{response:?}");),
            };
            quote!(let response = #call.send(#client).await?; #shown)
        }
    }
}

/// The field of a response that a program would want first: an ID that is always there.
fn shown_field<'a>(api: &'a Api, output: &Type) -> Option<&'a Field> {
    let Type::Named(reference) = output else { return None };
    let model = api.model(&reference.name)?;
    let mut fields = model.fields.iter().filter(|field| !field.sensitive);
    fields.find(|field| field.presence == Presence::Always && field.ty == Type::String)
}

/// Everything that the code names.
fn imports(
    api: &Api,
    module: &Module,
    operation: &Operation,
    code: &TokenStream,
) -> Vec<TokenStream> {
    let mut names = BTreeSet::new();
    collect(code.clone(), &mut names);
    let (sdk, path) = (ident(&naming::crate_ident(&api.name)), ident(&module.name));
    let types = names.iter().filter(|name| is_type(api, operation, name));
    let types: Vec<_> = types.map(|name| ident(name)).collect();
    let types = match types.as_slice() {
        [name] => quote!(use #sdk::#path::#name;),
        names => quote!(use #sdk::#path::{#(#names),*};),
    };
    let imports = [
        names.contains("Upload").then(|| quote!(use #sdk::Upload;)),
        names.contains("Record").then(|| quote!(use #sdk::Record;)),
        Some(types),
        names.contains(JSON).then(|| {
            quote!(
                use serde_json::json;
            )
        }),
        names.contains("BTreeMap").then(|| {
            quote!(
                use std::collections::BTreeMap;
            )
        }),
    ];
    imports.into_iter().flatten().collect()
}

/// Whether a program finds this name in the module of the operation.
fn is_type(api: &Api, operation: &Operation, name: &str) -> bool {
    let is_declared = |name: &str| operation.name == name || api.type_def(name).is_some();
    is_declared(name) || name.strip_suffix("Required").is_some_and(is_declared)
}

/// The first names of all paths.
fn collect(code: TokenStream, names: &mut BTreeSet<String>) {
    // One stands before the value of a field, two within a path.
    let mut colons = 0;
    for token in code {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Ident(ident) if colons < 2 => {
                names.insert(ident.to_string());
                colons = 0;
            }
            TokenTree::Group(group) => {
                collect(group.stream(), names);
                colons = 0;
            }
            _ => colons = 0,
        }
    }
}

fn layout(statements: &TokenStream) -> Vec<String> {
    let function = quote!(async fn run() { #statements });
    let Ok(file) = syn::parse2::<syn::File>(function) else {
        return vec![statements.to_string()];
    };
    let text = prettyplease::unparse(&file);
    let lines: Vec<&str> = text.lines().collect();
    let body = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    let body = body.iter().map(|line| line.strip_prefix("    ").unwrap_or(line));
    let body = outdent(body.collect()).join("\n");
    with_json(&body).lines().map(str::to_owned).collect()
}

/// The lines as rustfmt indents them, once where a call is chained to what ends a block.
/// prettyplease indents such a block twice.
fn outdent(mut lines: Vec<&str>) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    for start in 1..lines.len() {
        let (before, block) = lines.split_at_mut(start);
        let outer = before.last().map_or(0, |line| indent(line));
        if block.first().is_some_and(|line| indent(line) == outer + 8) {
            let block = block.iter_mut().take_while(|line| indent(line) > outer);
            block.for_each(|line| *line = line.strip_prefix("    ").unwrap_or(line));
        }
    }
    lines
}

/// The text with each `json!(r"..")` laid out. If one is not JSON, the example does not compile.
fn with_json(text: &str) -> String {
    let start = format!("{JSON}!(");
    let mut parts = text.split(start.as_str());
    let mut laid_out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let line = laid_out.rsplit('\n').next().unwrap_or_default();
        let indent = " ".repeat(line.len() - line.trim_start().len());
        let Some((value, rest)) = parse(part.trim_start()) else {
            laid_out.push_str(&format!("compile_error!(\"not JSON\") + {start}{part}"));
            continue;
        };
        let (end, rest) = rest.trim_start().split_at_checked(1).unwrap_or_default();
        // prettyplease has broken the line for the raw string.
        let rest = match rest.trim_start() {
            call if call.starts_with(".to_string()") => call,
            _ => rest,
        };
        laid_out.push_str(&format!("{start}{}{end}{rest}", json(&value, &indent)));
    }
    laid_out
}

/// The value of the raw string at the beginning of a text, and what follows it.
fn parse(text: &str) -> Option<(Value, &str)> {
    let (hashes, text) = text.strip_prefix('r')?.split_once('"')?;
    let (literal, rest) = text.split_once(&format!("\"{hashes}"))?;
    Some((serde_json::from_str(literal).ok()?, rest))
}

fn json(value: &Value, indent: &str) -> String {
    let inner = format!("{indent}    ");
    let members: Vec<String> = match value {
        Value::Array(elements) => elements.iter().map(|element| json(element, &inner)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name:?}: {}", json(value, &inner)))
            .collect(),
        // Rust escapes other characters than JSON.
        Value::String(text) => return format!("{text:?}"),
        Value::Number(number) if number.as_i64().is_some_and(|it| i32::try_from(it).is_err()) => {
            return format!("{number}_i64");
        }
        scalar => return scalar.to_string(),
    };
    let (open, space, close) = if value.is_array() { ("[", "", "]") } else { ("{", " ", "}") };
    let line = members.join(", ");
    if members.is_empty() {
        format!("{open}{close}")
    } else if line.len() <= WIDTH && !line.contains('\n') {
        format!("{open}{space}{line}{space}{close}")
    } else {
        let lines: String = members.iter().map(|member| format!("{inner}{member},\n")).collect();
        format!("{open}\n{lines}{indent}{close}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_where_it_is_long() {
        let short =
            with_json(r##"    send(json!(r#"{"a":[1,"\"\u001f"],"b":{},"c":2147483648}"#))"##);
        let expected = r#"    send(json!({ "a": [1, "\"\u{1f}"], "b": {}, "c": 2147483648_i64 }))"#;
        assert_eq!(short, expected);
        let long = with_json(&format!(
            "    send(\n        json!(\n            r\"[{}1]\"\n        ),\n",
            "1000,".repeat(12)
        ));
        let lines = "            1000,\n".repeat(12);
        assert_eq!(
            long,
            format!("    send(\n        json!([\n{lines}            1,\n        ]),\n")
        );
    }

    #[test]
    fn what_is_not_json_does_not_compile() {
        for argument in [r#"r"{""#, "None"] {
            let laid_out = with_json(&format!("send(json!({argument}))"));
            assert!(laid_out.contains("compile_error!"), "{laid_out}");
        }
    }
}
