//! From the IR to the files of a crate. Pure and total: the same IR gives the same bytes, and
//! nothing here can fail.

mod error_code;
mod event;
mod example;
mod operation;
mod tests;
mod types;
mod value;

use std::collections::BTreeSet;
use std::iter;
use std::path::PathBuf;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub use self::error_code::common as common_codes;
pub use self::example::{code as operation_example, event_code as event_example, shown_answer};
use super::emit::{self, Item};
use super::ir::{
    Api, Counts, Field, Home, Kind, Model, Module, Operation, Presence, Type, TypeDef, needs_names,
    required_name,
};
use super::{docs, naming, parallel};

/// A file to be written, relative to the root of the workspace.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub contents: String,
}

/// The files of an API's crate, below `crates/<name>/src/generated`.
pub fn api(api: &Api) -> Vec<File> {
    let mut files = vec![root(api), error_code::file(api)];
    if !api.types.is_empty() {
        files.push(types::module(api, &api.types, "types"));
        files.extend(api.types.iter().map(|file| types::file(api, file, "types")));
    }
    for module in &api.modules {
        files.push(module_file(api, module));
        let operations = &module.operations;
        files.extend(parallel::map(operations, |op| operation::file(api, module, op)));
    }
    files.extend(event::files(api));
    files.push(tests::file(api));
    files
}

/// `tests/src/generated/mod.rs`.
pub fn tests_root(apis: &[Api]) -> File {
    let modules = apis.iter().map(|api| {
        let name = ident(&naming::crate_ident(&api.name));
        Item::Tokens(quote!(mod #name;))
    });
    File {
        path: PathBuf::from("tests/src/generated/mod.rs"),
        contents: emit::file("specs", &[], modules.collect()),
    }
}

fn root(api: &Api) -> File {
    let mut items: Vec<_> = api
        .modules
        .iter()
        .map(|module| {
            let name = ident(&module.name);
            Item::Tokens(quote!(pub mod #name;))
        })
        .collect();
    items.push(Item::Tokens(quote!(
        pub(crate) mod error_code;
    )));
    if !api.types.is_empty() {
        items.push(Item::Tokens(quote!(
            pub mod types;
        )));
    }
    if !api.events.is_empty() {
        items.push(Item::Tokens(quote!(
            #[cfg(feature = "events")]
            pub mod events;
        )));
    }
    items.push(Item::Text(paths(api)));
    in_crate(api, "mod.rs", &format!("specs/{}", api.name), &[], items)
}

const PATHS: &str = "\
/// Compiles only if each public path leads to what is generated. A module or a type written by hand
/// hides a generated one of its name from a glob without a word, unless it re-exports that one.
macro_rules! lead_here {
    ($($module:ident { $($name:ident)* })*) => {$($(
        const _: fn(&$module::$name) -> &crate::$module::$name = |same| same;
    )*)*};
}
";

/// Holds the public path of each type to what is generated.
fn paths(api: &Api) -> String {
    let modules = api.modules.iter().map(|module| (module.name.as_str(), type_names(api, module)));
    let shared = api.types.iter().flat_map(|file| &file.types);
    let shared = ("types", shared.map(|def| def.name().to_owned()).collect());
    let mut text = format!("{PATHS}\nlead_here! {{\n");
    for (module, names) in modules.chain([shared]).filter(|(_, names)| !names.is_empty()) {
        text.push_str(&in_module(module, &names));
    }
    text.push_str("}\n");
    if !api.events.is_empty() {
        let events = in_module("events", &event::names(api));
        text.push_str(&format!("\n#[cfg(feature = \"events\")]\nlead_here! {{\n{events}}}\n"));
    }
    text
}

fn in_module(module: &str, names: &BTreeSet<String>) -> String {
    let names: String = names.iter().map(|name| format!("        {name}\n")).collect();
    format!("    {module} {{\n{names}    }}\n")
}

/// The types that a program finds in a module. What a type requires is declared next to it.
fn type_names(api: &Api, module: &Module) -> BTreeSet<String> {
    let own = module.operations.iter().flat_map(|operation| {
        let types = operation.types.iter().map(TypeDef::name);
        types.chain([operation.name.as_str()])
    });
    let shared = shared_names(api, module).into_iter();
    let shared = shared.filter(|name| api.type_def(name).is_some());
    own.map(str::to_owned).chain(shared).collect()
}

fn module_file(api: &Api, module: &Module) -> File {
    let mut items: Vec<_> = module
        .operations
        .iter()
        .map(|operation| {
            let file = ident(&operation.file);
            Item::Tokens(quote!(mod #file;))
        })
        .collect();
    let operations = &module.operations;
    items.extend(operations.iter().map(|operation| {
        export(&operation.file, &operation.name, &operation.id, &operation.aliases)
    }));
    items.extend(operations.iter().filter(|operation| has_types(operation)).map(|operation| {
        let file = ident(&operation.file);
        Item::Tokens(quote!(pub use self::#file::*;))
    }));
    let shared = shared_names(api, module);
    if !shared.is_empty() {
        let names = shared.iter().map(|name| ident(name));
        items.push(Item::Tokens(quote!(pub use crate::generated::types::{#(#names),*};)));
    }
    let path = format!("{}/mod.rs", module.name);
    let origin = format!("specs/{}", api.name);
    in_crate(api, &path, &origin, &docs::paragraph(&module.doc), items)
}

/// Returns the names that a module takes from `types`: all that its operations lead to. A type that
/// moves there because another operation needs it as well keeps its path.
fn shared_names(api: &Api, module: &Module) -> BTreeSet<String> {
    let operations = &module.operations;
    let fields = operations.iter().flat_map(Operation::parts).map(|(_, field)| &field.ty);
    let outputs = operations.iter().filter_map(|operation| operation.output.as_ref());
    leads_to(api, fields.chain(outputs))
}

/// Returns those of all types that these lead to that are in `types`.
fn leads_to<'a>(api: &'a Api, first: impl Iterator<Item = &'a Type>) -> BTreeSet<String> {
    let mut pending: Vec<&Type> = first.collect();
    let mut seen = BTreeSet::new();
    let mut names = BTreeSet::new();
    while let Some(ty) = pending.pop() {
        let Some(reference) = ty.reference().filter(|reference| seen.insert(&reference.name))
        else {
            continue;
        };
        let model = api.model(&reference.name);
        pending.extend(model.iter().flat_map(|model| &model.fields).map(|field| &field.ty));
        if reference.home == Home::Types {
            names.insert(reference.name.clone());
            names.extend(
                model.filter(|model| has_required(model)).map(|model| required_name(&model.name)),
            );
        }
    }
    names
}

/// Whether there is a struct next to the model that names what it requires.
fn has_required(model: &Model) -> bool {
    model.in_requests && needs_names(model.fields.iter().filter(|field| field.required))
}

fn in_crate(api: &Api, path: &str, origin: &str, docs: &[String], items: Vec<Item>) -> File {
    File {
        path: PathBuf::from(format!("crates/{}/src/generated/{path}", api.name)),
        contents: emit::file(origin, docs, items),
    }
}

fn ident(name: &str) -> Ident {
    format_ident!("{name}")
}

/// The imports of a file: `own`, and what the types of its fields and its own models need.
fn imports<'a>(
    own: Option<TokenStream>,
    types: impl Iterator<Item = &'a Type>,
    defs: &'a [TypeDef],
) -> Vec<Item> {
    let types: Vec<&Type> = types.chain(defs.iter().flat_map(field_types)).collect();
    let map = types.iter().any(|ty| has_map(ty)).then(|| {
        quote!(
            use std::collections::BTreeMap;
        )
    });
    let serde = defs.iter().any(|def| matches!(def, TypeDef::Model(_)));
    let serde = serde.then(|| {
        quote!(
            use serde::{Deserialize, Serialize};
        )
    });
    let ids = defs.iter().filter_map(TypeDef::as_id).map(|id| &id.types);
    let elsewhere = |home: Home| {
        let references = types.iter().filter_map(|ty| ty.reference()).chain(ids.clone());
        let names = references.filter(|reference| reference.home == home);
        let names = names.map(|reference| reference.name.as_str());
        let names: BTreeSet<&str> =
            names.filter(|name| defs.iter().all(|def| def.name() != *name)).collect();
        let path = event::home(home).filter(|_| !names.is_empty())?;
        let names = names.into_iter().map(ident);
        Some(quote!(use #path::{#(#names),*};))
    };
    let all = [map, own, serde, elsewhere(Home::Events), elsewhere(Home::Types)];
    all.into_iter().flatten().map(Item::Tokens).collect()
}

fn field_types(def: &TypeDef) -> impl Iterator<Item = &Type> {
    let fields = match def {
        TypeDef::Model(model) => model.fields.as_slice(),
        TypeDef::Enum(_) | TypeDef::Id(_) => &[],
    };
    fields.iter().map(|field| &field.ty)
}

fn has_map(ty: &Type) -> bool {
    match ty {
        Type::Map(_) => true,
        Type::List(item) | Type::Text(item) => has_map(item),
        _ => false,
    }
}

/// The Rust type of a value.
fn value_type(ty: &Type) -> TokenStream {
    match ty {
        Type::String => quote!(String),
        Type::Int => quote!(i64),
        Type::Float => quote!(f64),
        Type::Bool => quote!(bool),
        Type::Json => quote!(serde_json::Value),
        Type::Record => quote!(openplat_core::Record),
        Type::File => quote!(Upload),
        Type::Text(inner) => value_type(inner),
        Type::List(item) => {
            let item = value_type(item);
            quote!(Vec<#item>)
        }
        Type::Map(value) => {
            let value = value_type(value);
            quote!(BTreeMap<String, #value>)
        }
        Type::Named(reference) => {
            let name = ident(&reference.name);
            quote!(#name)
        }
    }
}

/// The Rust type of a field as text, for a reader of the digest.
pub fn rust_type(field: &Field) -> String {
    field_type(field).to_string().replace(' ', "").replace(',', ", ")
}

fn field_type(field: &Field) -> TokenStream {
    let ty = value_type(&field.ty);
    let ty = if field.boxed { quote!(Box<#ty>) } else { ty };
    match field.presence {
        Presence::Optional if field.nullable => quote!(Option<Option<#ty>>),
        Presence::Optional => quote!(Option<#ty>),
        Presence::Always | Presence::Empty => ty,
    }
}

/// Whether an absent value is `None`.
fn is_option(field: &Field) -> bool {
    field.presence == Presence::Optional
}

/// The parameter type of a constructor or setter, and the expression that converts `value` to what
/// is stored.
struct Argument {
    ty: TokenStream,
    convert: TokenStream,
}

fn argument(ty: &Type, value: TokenStream) -> Argument {
    let stored = value_type(ty);
    match ty {
        Type::Text(inner) => argument(inner, value),
        _ if is_text(ty) || *ty == Type::File => {
            Argument { ty: quote!(impl Into<#stored>), convert: quote!(#value.into()) }
        }
        Type::List(item) if is_text(item) => {
            let item = value_type(item);
            Argument {
                ty: quote!(impl IntoIterator<Item = impl Into<#item>>),
                convert: quote!(#value.into_iter().map(Into::into).collect()),
            }
        }
        Type::List(item) => {
            let item = value_type(item);
            Argument {
                ty: quote!(impl IntoIterator<Item = #item>),
                convert: quote!(#value.into_iter().collect()),
            }
        }
        Type::Map(item) => {
            let item = argument(item, quote!(value));
            let (ty, convert) = (item.ty, item.convert);
            Argument {
                ty: quote!(impl IntoIterator<Item = (impl Into<String>, #ty)>),
                convert: quote!(
                    #value.into_iter().map(|(key, value)| (key.into(), #convert)).collect()
                ),
            }
        }
        _ => Argument { ty: stored, convert: value },
    }
}

/// Returns what a constructor or setter takes for a field: a number or a time in addition to its
/// text.
fn field_argument(field: &Field, value: TokenStream) -> Argument {
    match counted_text(field) {
        Some(ty) => Argument {
            convert: quote!(Into::<#ty>::into(#value).into()),
            ty: quote!(impl Into<#ty>),
        },
        None => argument(&field.ty, value),
    }
}

/// The type that takes the number of a string.
fn counted_text(field: &Field) -> Option<TokenStream> {
    counted(field).filter(|_| field.ty == Type::String)
}

/// The type that knows what the number of a field counts.
fn counted(field: &Field) -> Option<TokenStream> {
    Some(match field.counts? {
        Counts::Seconds => quote!(openplat_core::Seconds),
        Counts::Milliseconds => quote!(openplat_core::Millis),
        Counts::Items => quote!(openplat_core::NumberText),
    })
}

/// A string or an enum: whatever is taken as what converts to it.
fn is_text(ty: &Type) -> bool {
    match ty {
        Type::String => true,
        Type::Named(reference) => matches!(reference.kind, Kind::Enum | Kind::IntEnum),
        _ => false,
    }
}

/// The constructor of a struct, its setters, and the struct that names its required values.
struct Construction {
    required: Vec<TokenStream>,
    new: TokenStream,
    setters: TokenStream,
}

fn construction(name: &str, fields: &[&Field], deprecated: Option<&str>) -> Construction {
    let deprecated = self::deprecated(deprecated);
    let (required, optional): (Vec<&Field>, Vec<&Field>) =
        fields.iter().copied().partition(|field| field.required);
    let setters = optional.iter().map(|field| setter(field));
    let setters = quote!(#(#setters)*);
    if needs_names(required.iter().copied()) {
        let new = new_from_names(name, fields, &required, deprecated);
        return Construction { required: required_struct(name, &required), new, setters };
    }
    let parameters = required.iter().map(|field| {
        let (name, ty) = (ident(&field.rust), field_argument(field, quote!()).ty);
        quote!(#name: #ty)
    });
    let values = fields.iter().map(|field| {
        let name = ident(&field.rust);
        let value = field_argument(field, quote!(#name)).convert;
        initialiser(field, value)
    });
    let docs = docs::attributes(&docs::constructor(name, &required));
    let new = quote! {
        #docs
        #deprecated
        pub fn new(#(#parameters),*) -> Self { Self { #(#values),* } }
    };
    Construction { required: Vec::new(), new, setters }
}

fn initialiser(field: &Field, value: TokenStream) -> TokenStream {
    let (name, value) = (ident(&field.rust), boxed(field, value));
    match (field.required, field.presence) {
        (true, Presence::Optional) => quote!(#name: Some(#value)),
        (true, _) if value.to_string() == field.rust => quote!(#name),
        (true, _) => quote!(#name: #value),
        (false, Presence::Optional) => quote!(#name: None),
        (false, _) => quote!(#name: Default::default()),
    }
}

fn boxed(field: &Field, value: TokenStream) -> TokenStream {
    if field.boxed { quote!(Box::new(#value)) } else { value }
}

fn new_from_names(
    name: &str,
    fields: &[&Field],
    required: &[&Field],
    deprecated: Option<TokenStream>,
) -> TokenStream {
    let required_struct = ident(&required_name(name));
    let lifetime = borrows(required).then(|| quote!(<'_>));
    let values = fields.iter().map(|field| {
        let name = ident(&field.rust);
        let value = match &field.ty {
            _ if counted_text(field).is_some() => quote!(required.#name.into()),
            Type::String => quote!(required.#name.to_owned()),
            ty if is_text_list(ty) => {
                quote!(required.#name.iter().copied().map(Into::into).collect())
            }
            _ => quote!(required.#name),
        };
        initialiser(field, value)
    });
    let docs = docs::attributes(&docs::constructor_of_names(name));
    quote! {
        #docs
        #deprecated
        pub fn new(required: #required_struct #lifetime) -> Self { Self { #(#values),* } }
    }
}

fn is_text_list(ty: &Type) -> bool {
    matches!(ty, Type::List(item) if **item == Type::String)
}

/// Whether the struct of required values has something to borrow.
fn borrows(required: &[&Field]) -> bool {
    let is_text = |field: &Field| field.ty == Type::String && counted_text(field).is_none();
    required.iter().any(|field| is_text(field) || is_text_list(&field.ty))
}

fn required_struct(name: &str, required: &[&Field]) -> Vec<TokenStream> {
    let struct_name = ident(&required_name(name));
    let fields = required.iter().map(|field| {
        let (docs, name) = (docs::attributes(&docs::field(field)), ident(&field.rust));
        let ty = counted_text(field).unwrap_or_else(|| match &field.ty {
            Type::String => quote!(&'a str),
            ty if is_text_list(ty) => quote!(&'a [&'a str]),
            ty => value_type(ty),
        });
        quote!(#docs pub #name: #ty)
    });
    let docs = docs::attributes(&docs::required_values(name));
    let lifetime = borrows(required).then(|| quote!(<'a>));
    let any = borrows(required).then(|| quote!(<'_>));
    let (derive, debug) = debug(&quote!(#struct_name #any), required, |_| false);
    let declaration = quote! {
        #docs
        #[derive(#derive Clone)]
        pub struct #struct_name #lifetime { #(#fields),* }
    };
    std::iter::once(declaration).chain(debug).collect()
}

/// `Debug` of a struct with these fields: derived, or written out if one of them is masked.
fn debug(
    ty: &TokenStream,
    fields: &[&Field],
    is_option: impl Fn(&Field) -> bool,
) -> (Option<TokenStream>, Option<TokenStream>) {
    if !fields.iter().any(|field| field.sensitive) {
        return (Some(quote!(Debug,)), None);
    }
    let name = ty.to_string();
    let name = name.split(' ').next().unwrap_or_default();
    let fields = fields.iter().map(|field| {
        let (text, name) = (&field.rust, ident(&field.rust));
        // Whether it is there is no secret.
        let value = match field.sensitive {
            false => quote!(self.#name),
            true if is_option(field) => quote!(self.#name.as_ref().map(|_| openplat_core::Masked)),
            true => quote!(openplat_core::Masked),
        };
        quote!(.field(#text, &#value))
    });
    let implementation = quote! {
        impl std::fmt::Debug for #ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#name) #(#fields)* .finish()
            }
        }
    };
    (None, Some(implementation))
}

fn setter(field: &Field) -> TokenStream {
    let (docs, name) = (docs::attributes(&docs::field(field)), ident(&field.rust));
    let Argument { ty, convert } = field_argument(field, quote!(value));
    let convert = boxed(field, convert);
    let stored = match field.presence {
        Presence::Optional if field.nullable => quote!(Some(Some(#convert))),
        Presence::Optional => quote!(Some(#convert)),
        _ => convert,
    };
    let deprecated = deprecated(field.deprecated.as_deref());
    let clear = field.nullable.then(|| clear(field));
    quote! {
        #docs
        #deprecated
        pub fn #name(mut self, value: #ty) -> Self {
            self.#name = #stored;
            self
        }
        #clear
    }
}

/// The setter that sends `null`.
fn clear(field: &Field) -> TokenStream {
    let name = ident(&field.rust);
    let clear = ident(&field.clear_name());
    let docs = docs::attributes(&docs::clear(field));
    quote! {
        #docs
        pub fn #clear(mut self) -> Self {
            self.#name = Some(None);
            self
        }
    }
}

fn deprecated(note: Option<&str>) -> Option<TokenStream> {
    note.map(|note| quote!(#[deprecated(note = #note)]))
}

/// Exports the type of a file, with the words that its docs are found by. They are put here, since the
/// rustdoc of Rust 1.95 loses those of a type whose module is private.
fn export(file: &str, name: &str, id: &str, aliases: &[String]) -> Item {
    let aliases = iter::once(id).chain(aliases.iter().map(String::as_str));
    // rustdoc refuses an alias that is the name.
    let aliases = aliases.filter(|alias| *alias != name);
    let aliases: String = aliases.map(|alias| format!("#[doc(alias = {alias:?})]\n")).collect();
    Item::Text(format!("{aliases}pub use self::{file}::{name};\n"))
}

/// Whether the file of an operation has other types as well.
fn has_types(operation: &Operation) -> bool {
    !operation.types.is_empty() || needs_names(operation.fields().filter(|field| field.required))
}

fn type_items(api: &Api, def: &TypeDef) -> Vec<Item> {
    match def {
        TypeDef::Id(id) => types::id(id),
        TypeDef::Model(model) => types::model(api, model, &docs::attributes(&docs::model(model))),
        TypeDef::Enum(def) => vec![types::open_enum(&docs::paragraph(&def.doc), def)],
    }
}
