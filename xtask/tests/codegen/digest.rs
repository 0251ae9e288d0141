//! A digest of each API: one line for each operation, field, value and code. It is what a reviewer
//! reads first when the documentation changed.

use std::fmt::Write;
use std::path::Path;

use insta::assert_snapshot;
use xtask::codegen;
use xtask::codegen::ir::{Api, Body, Event, Field, Operation, PagingBy, Place, Presence, TypeDef};

#[test]
fn digests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for api in codegen::lower(root).unwrap() {
        assert_snapshot!(api.name.clone(), digest(&api));
    }
}

/// Who knows the platform's console or its documentation knows Chinese words.
#[test]
fn what_is_published_is_found_by_chinese_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let is_chinese = |alias: &String| !alias.is_ascii();
    for api in codegen::lower(root).unwrap().iter().filter(|api| api.name != "showcase") {
        let operations = api.modules.iter().flat_map(|module| &module.operations);
        let operations = operations.map(|operation| (&operation.id, &operation.aliases));
        let events = api.events.iter().map(|event| (&event.id, &event.aliases));
        for (id, aliases) in operations.chain(events) {
            assert!(aliases.iter().any(is_chinese), "{id} has no alias in Chinese: {aliases:?}");
        }
    }
}

fn digest(api: &Api) -> String {
    let mut text = String::new();
    for module in &api.modules {
        for operation in &module.operations {
            add_operation(&mut text, &module.name, operation);
        }
    }
    for file in &api.types {
        file.types.iter().for_each(|def| add_type(&mut text, "types", def));
    }
    api.events.iter().for_each(|event| add_event(&mut text, event));
    for file in &api.event_types {
        file.types.iter().for_each(|def| add_type(&mut text, "events", def));
    }
    for code in &api.codes {
        writeln!(text, "code {} {} {} {:?}", code.code, code.variant, code.http, code.kind)
            .unwrap();
    }
    text
}

fn add_aliases(text: &mut String, aliases: &[String]) {
    if !aliases.is_empty() {
        writeln!(text, "  found by {}", aliases.join(", ")).unwrap();
    }
}

fn add_operation(text: &mut String, module: &str, operation: &Operation) {
    let Operation { id, name, path, tokens, scopes, codes, .. } = operation;
    let method = operation.method.as_str();
    writeln!(text, "{module}::{name} = {id}: {method} {path} {tokens:?} {scopes:?}").unwrap();
    add_aliases(text, &operation.aliases);
    if let Some(idempotent) = operation.idempotent {
        writeln!(text, "  idempotent {idempotent}").unwrap();
    }
    for (place, field) in operation.parts() {
        let place = match (place, &operation.body) {
            (Place::Path, _) => "path",
            (Place::Query, _) => "query",
            (Place::Body, Some(Body::Form(_))) => "form",
            (Place::Body, _) => "body",
        };
        add_field(text, place, field);
    }
    let output = operation.output.as_ref().map_or("nothing".to_owned(), |ty| ty.spec_name());
    let place = if operation.whole_body { " beside the code" } else { "" };
    writeln!(text, "  answers {output}{place}").unwrap();
    if !operation.lacks.is_empty() {
        writeln!(text, "  lacks {}", operation.lacks.join(" ")).unwrap();
    }
    if let Some(paging) = &operation.paging {
        let (request, by) = match &paging.by {
            PagingBy::Token { request, .. } => (request, "token"),
            PagingBy::Offset { request, .. } => (request, "offset"),
        };
        writeln!(text, "  pages of {} by the {by} {}", paging.items.wire, request.wire).unwrap();
    }
    writeln!(text, "  documents {}", codes.join(" ")).unwrap();
    operation.types.iter().for_each(|def| add_type(text, module, def));
    text.push('\n');
}

fn add_event(text: &mut String, event: &Event) {
    let Event { id, name, scopes, field_scopes, .. } = event;
    let schema = event.schema.as_str();
    writeln!(text, "events::{name} = {id} in {schema} {scopes:?} {field_scopes:?}").unwrap();
    add_aliases(text, &event.aliases);
    if let Some(dedupe) = &event.dedupe {
        writeln!(text, "  once by {dedupe}").unwrap();
    }
    if let Some(answer) = &event.answer {
        writeln!(text, "  is answered with {}", answer.spec_name()).unwrap();
    }
    if let Some(successor) = &event.replaced_by {
        writeln!(text, "  replaced by {successor}").unwrap();
    }
    event.types.iter().for_each(|def| add_type(text, "events", def));
    text.push('\n');
}

fn add_type(text: &mut String, module: &str, def: &TypeDef) {
    match def {
        TypeDef::Model(model) => {
            writeln!(text, "{module}::{}", model.name).unwrap();
            model.fields.iter().for_each(|field| add_field(text, "field", field));
        }
        TypeDef::Enum(def) => {
            let case = if def.ignore_case { " in any case" } else { "" };
            writeln!(text, "{module}::{}{case}", def.name).unwrap();
            for variant in &def.variants {
                writeln!(text, "  value {} = {:?}", variant.rust, variant.value).unwrap();
            }
        }
        TypeDef::Id(id) => {
            writeln!(text, "{module}::{} with its {}", id.name, id.types.name).unwrap();
        }
    }
}

fn add_field(text: &mut String, place: &str, field: &Field) {
    let Field { rust, wire, .. } = field;
    let renamed = if rust == wire { String::new() } else { format!(" = {wire:?}") };
    let required = if field.required { " required" } else { "" };
    let sensitive = if field.sensitive { " sensitive" } else { "" };
    let nullable = if field.nullable { " nullable" } else { "" };
    let of = field.type_of.as_ref().map_or(String::new(), |id| format!(" of {id}"));
    let always =
        if field.presence == Presence::Always && place == "field" { " always" } else { "" };
    let (spec, ty) = (field.ty.spec_name(), codegen::rust_type(field));
    let marks = [required, always, nullable, sensitive, &of].concat();
    writeln!(text, "  {place} {rust}{renamed}: {spec}{marks} as {ty}").unwrap();
}
