//! A digest of each API: one line for each operation, field, value and code. It is what a reviewer
//! reads first when the documentation changed.

use std::fmt::Write;
use std::path::Path;

use insta::assert_snapshot;
use xtask::codegen;
use xtask::codegen::ir::{Api, Field, Operation, Presence, TypeDef};

#[test]
fn digests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for api in codegen::lower(root).unwrap() {
        assert_snapshot!(api.name.clone(), digest(&api));
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
    for code in &api.codes {
        writeln!(text, "code {} {} {} {:?}", code.code, code.variant, code.http, code.kind)
            .unwrap();
    }
    text
}

fn add_operation(text: &mut String, module: &str, operation: &Operation) {
    let Operation { id, name, path, tokens, scopes, codes, .. } = operation;
    let method = operation.method.as_str();
    writeln!(text, "{module}::{name} = {id}: {method} {path} {tokens:?} {scopes:?}").unwrap();
    if let Some(idempotent) = operation.idempotent {
        writeln!(text, "  idempotent {idempotent}").unwrap();
    }
    operation.params.iter().for_each(|field| add_field(text, "path", field));
    operation.query.iter().for_each(|field| add_field(text, "query", field));
    operation.body.iter().flatten().for_each(|field| add_field(text, "body", field));
    let output = operation.output.as_ref().map_or("nothing".to_owned(), |ty| ty.spec_name());
    writeln!(text, "  answers {output}").unwrap();
    writeln!(text, "  documents {}", codes.join(" ")).unwrap();
    operation.types.iter().for_each(|def| add_type(text, module, def));
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
    }
}

fn add_field(text: &mut String, place: &str, field: &Field) {
    let Field { rust, wire, .. } = field;
    let renamed = if rust == wire { String::new() } else { format!(" = {wire:?}") };
    let required = if field.required { " required" } else { "" };
    let always =
        if field.presence == Presence::Always && place == "field" { " always" } else { "" };
    let (spec, ty) = (field.ty.spec_name(), codegen::rust_type(field));
    writeln!(text, "  {place} {rust}{renamed}: {spec}{required}{always} as {ty}").unwrap();
}
