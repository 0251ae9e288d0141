//! The example on the page of an operation or an event: a doc test, so that the compiler reads it.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use serde_json::{Map, Value};

use super::ident;
use super::value::{JSON, Scope, Style};
use crate::codegen::ir::{Api, Event, Field, Module, Operation, Presence, Type, Vendor};
use crate::codegen::naming;

/// How long JSON may be on one line.
const WIDTH: usize = 60;

/// The lines of the doc test of an operation.
pub fn lines(api: &Api, module: &Module, operation: &Operation) -> Vec<String> {
    let (sdk, client) = (naming::crate_ident(&api.name), client(api.vendor));
    let token = if operation.accepts_app() { "" } else { ", token: &str" };
    let mut lines = vec!["```no_run".to_owned()];
    if operation.deprecated.is_some() {
        lines.push("# #[allow(deprecated)]".to_owned());
    }
    lines.push(format!(
        "# async fn run({client}: {sdk}::Client{token}) -> Result<(), {sdk}::Error> {{"
    ));
    lines.extend(code(api, module, operation));
    lines.extend(["# Ok(())", "# }", "```"].map(str::to_owned));
    lines
}

/// The lines of it that a reader sees.
pub fn code(api: &Api, module: &Module, operation: &Operation) -> Vec<String> {
    match operation.example_code.as_slice() {
        [] => generated_lines(api, module, operation),
        code => code.to_vec(),
    }
}

/// The lines of the doc test of an event.
pub fn event_lines(api: &Api, event: &Event) -> Vec<String> {
    let mut lines = vec!["```no_run".to_owned()];
    lines.extend(event_code(api, event));
    lines.push("```".to_owned());
    lines
}

/// A handler that reads one field of the event, or answers the callback.
pub fn event_code(api: &Api, event: &Event) -> Vec<String> {
    let (sdk, name) = (ident(&naming::crate_ident(&api.name)), ident(&event.name));
    let (work, result) = match &event.answer {
        Some(answer) => {
            let answer = example_answer(api, event, answer);
            (
                quote!(let answer = #answer; return Ok(event.answer(answer));),
                quote!(Answer::default()),
            )
        }
        None => (show(api, event), quote!(())),
    };
    let statements = quote! {
        let listener = Listener::new(|event| async move {
            if let Event::#name(event) = event { #work }
            Ok::<_, #sdk::Error>(#result)
        });
    };
    let mut names = BTreeSet::new();
    collect(statements.clone(), &mut names);
    let own = ["Answer", "Event", "Listener"];
    let types = names.iter().filter(|name| own.contains(&name.as_str()) || is_declared(api, name));
    let types = types.map(|name| ident(name));
    let json = names.contains(JSON).then(json_import);
    with_gap(layout(&quote!(use #sdk::events::{#(#types),*}; #json #statements)))
}

/// The response to a callback.
fn example_answer(api: &Api, event: &Event, ty: &Type) -> TokenStream {
    let scope = Scope { api, module: "events", style: Style::Docs };
    let answer = event.answers.first().map(|answer| shown_answer(api, ty, &answer.set));
    scope.typed(ty, &answer.unwrap_or_else(|| Value::Object(Map::new())))
}

/// Returns, of a whole response to a callback, what is required and the simple values of the first
/// field.
pub fn shown_answer(api: &Api, ty: &Type, whole: &Value) -> Value {
    let model_of = |ty: &Type| ty.reference().and_then(|model| api.model(&model.name));
    let mut answer = whole.clone();
    let fields = model_of(ty).map_or(&[][..], |model| &model.fields);
    let first = fields.first().map(|first| &first.wire);
    retain(&mut answer, fields, |name, _| Some(name) == first);
    for field in fields {
        let inner = model_of(&field.ty).zip(answer.get_mut(&field.wire));
        if let Some((model, value)) = inner {
            retain(value, &model.fields, |_, value| !value.is_array() && !value.is_object());
        }
    }
    answer
}

/// Keeps the members of an object that are required or shown.
fn retain(value: &mut Value, fields: &[Field], is_shown: impl Fn(&String, &Value) -> bool) {
    let is_required =
        |name: &String| fields.iter().any(|field| field.required && field.wire == *name);
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, value| is_required(name) || is_shown(name, value));
    }
}

/// Prints what a program would want first of an event.
fn show(api: &Api, event: &Event) -> TokenStream {
    let fields = event.payload().map_or(&[][..], |payload| &payload.fields);
    let part = fields.iter().find(|field| field.presence == Presence::Always);
    let id = part.and_then(|part| Some((part, shown_field(api, &part.ty)?)));
    if let Some((part, field)) = id {
        let (part, field) = (ident(&part.rust), ident(&field.rust));
        return quote!(println!("{}", event.#part.#field););
    }
    // The program knows the type of the event.
    let shown = || fields.iter().filter(|field| !field.sensitive && field.rust != "kind");
    match shown().find(|field| field.ty == Type::String).or_else(|| shown().next()) {
        Some(field) => {
            let name = ident(&field.rust);
            quote!(println!("{:?}", event.#name);)
        }
        None => quote!(println!("{:?}", event.header);),
    }
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
    with_gap(layout(&quote!(#(#imports)* #statements)))
}

/// Separates the imports from the rest.
fn with_gap(mut lines: Vec<String>) -> Vec<String> {
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
        names.contains(JSON).then(json_import),
        names.contains("BTreeMap").then(|| {
            quote!(
                use std::collections::BTreeMap;
            )
        }),
    ];
    imports.into_iter().flatten().collect()
}

fn json_import() -> TokenStream {
    quote!(
        use serde_json::json;
    )
}

/// Whether a program finds this name in the module of the operation.
fn is_type(api: &Api, operation: &Operation, name: &str) -> bool {
    let is_own = |name: &str| operation.name == name;
    is_own(name) || name.strip_suffix("Required").is_some_and(is_own) || is_declared(api, name)
}

/// Whether this is a type of the API, or the struct of what one requires.
fn is_declared(api: &Api, name: &str) -> bool {
    let is_type = |name: &str| api.type_def(name).is_some();
    is_type(name) || name.strip_suffix("Required").is_some_and(is_type)
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
