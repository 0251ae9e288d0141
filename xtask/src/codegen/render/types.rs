//! Models and open enums.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Construction, File, construction, counted, debug, deprecated, field_type, ident, imports,
    in_crate, is_option, type_items,
};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{Api, Enum, Field, Id, IdVariant, Model, Presence, Type, TypesFile};

/// The root of a folder of types.
pub fn module(api: &Api, files: &[TypesFile], folder: &str) -> File {
    let names: Vec<_> = files.iter().map(|file| ident(&file.name)).collect();
    let modules = names.iter().map(|name| Item::Tokens(quote!(mod #name;)));
    let uses = names.iter().map(|name| Item::Tokens(quote!(pub use self::#name::*;)));
    let users = if folder == "types" { "operations" } else { "events" };
    let docs = [format!("The models and enums that several {users} share.")];
    let origin = format!("specs/{}/{folder}", api.name);
    let items: Vec<_> = modules.chain(uses).collect();
    in_crate(api, &format!("{folder}/mod.rs"), &origin, &docs, items)
}

pub fn file(api: &Api, file: &TypesFile, folder: &str) -> File {
    let mut items = imports(None, std::iter::empty(), &file.types);
    items.extend(file.types.iter().flat_map(|def| type_items(api, def)));
    in_crate(api, &format!("{folder}/{}.rs", file.name), &file.spec_path, &[], items)
}

pub fn model(api: &Api, model: &Model, docs: &TokenStream) -> Vec<Item> {
    let name = ident(&model.name);
    let fields = model.fields.iter().map(|field| {
        let (docs, name) = (docs::attributes(&docs::field(field)), ident(&field.rust));
        let (serde, ty) = (serde_attribute(field), field_type(field));
        quote!(#docs #serde pub #name: #ty)
    });
    let default = has_default(api, model).then(|| quote!(Default,));
    let all: Vec<&Field> = model.fields.iter().collect();
    let (derive, debug) = debug(&quote!(#name), &all, is_option);
    let declaration = quote! {
        #docs
        #[derive(#derive Clone, #default PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct #name { #(#fields),* }
    };
    let mut items = vec![Item::Tokens(declaration)];
    items.extend(debug.map(Item::Tokens));
    if model.in_requests {
        let Construction { required, new, setters } = construction(&model.name, &all, None);
        items.extend(required.into_iter().map(Item::Tokens));
        items.push(Item::Tokens(quote!(impl #name { #new #setters })));
    }
    let accessors: Vec<_> = model.fields.iter().filter_map(accessor).collect();
    if !accessors.is_empty() {
        items.push(Item::Tokens(quote!(impl #name { #(#accessors)* })));
    }
    items
}

/// Returns the accessor of a time whose unit is in the spec.
fn accessor(field: &Field) -> Option<TokenStream> {
    let (accessor, name) = (ident(field.accessor.as_ref()?), ident(&field.rust));
    let (ty, deprecated) = (counted(field)?, deprecated(field.deprecated.as_deref()));
    let value = match (&field.ty, field.presence) {
        (Type::String, Presence::Always) => quote!(self.#name.as_str()),
        (Type::String, _) => quote!(self.#name.as_deref()?),
        (_, Presence::Always) => quote!(self.#name),
        _ => quote!(self.#name?),
    };
    let docs = docs::attributes(&docs::accessor(field));
    Some(quote! {
        #docs
        #deprecated
        pub fn #accessor(&self) -> Option<std::time::SystemTime> {
            #ty::from(#value).to_system_time()
        }
    })
}

/// Tests start from the default of a response. There is none for an enum that is always there.
fn has_default(api: &Api, model: &Model) -> bool {
    let always = model.fields.iter().filter(|field| field.presence == Presence::Always);
    always.map(|field| field.ty.contents()).all(|ty| match ty {
        Type::Named(reference) => {
            api.model(&reference.name).is_some_and(|model| has_default(api, model))
        }
        _ => true,
    })
}

fn serde_attribute(field: &Field) -> Option<TokenStream> {
    let wire = &field.wire;
    let rename = (field.rust != field.wire).then(|| quote!(rename = #wire));
    let text = matches!(field.ty, Type::Text(_)).then(|| quote!(with = "openplat_core::json_text"));
    let absent = match field.presence {
        Presence::Always => None,
        // The code that reads the JSON has to know that it may be absent.
        Presence::Optional if text.is_some() => {
            Some(quote!(default, skip_serializing_if = "Option::is_none"))
        }
        Presence::Optional => Some(quote!(skip_serializing_if = "Option::is_none")),
        // A server that requires a list wants to see an empty one as well.
        Presence::Empty if field.required => Some(quote!(default)),
        Presence::Empty => {
            let is_empty = match field.ty.contents() {
                Type::Map(_) => "BTreeMap::is_empty",
                Type::Record => "openplat_core::Record::is_empty",
                _ => "Vec::is_empty",
            };
            Some(quote!(default, skip_serializing_if = #is_empty))
        }
    };
    // In a map of free JSON, `null` is a value like any other.
    let map = matches!(&field.ty, Type::Map(value) if **value != Type::Json && !field.nullable)
        .then(|| quote!(deserialize_with = "openplat_core::map::deserialize"));
    let parts: Vec<_> = rename.into_iter().chain(text).chain(map).chain(absent).collect();
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}

/// Renders an ID and its type in one value, so that neither is sent without the other.
pub fn id(id: &Id) -> Vec<Item> {
    let (docs, name) = (docs::attributes(&docs::paragraph(&id.doc)), ident(&id.name));
    let types = ident(&id.types.name);
    let constructors = id.variants.iter().map(|variant| {
        let IdVariant { variant, constructor } = variant;
        let docs = docs::attributes(&docs::variant(variant));
        let deprecated = deprecated(variant.deprecated.as_deref());
        let (constructor, variant) = (ident(constructor), ident(&variant.rust));
        quote! {
            #docs
            #deprecated
            pub fn #constructor(id: impl Into<String>) -> Self {
                Self::new(#types::#variant, id)
            }
        }
    });
    let declaration = quote! {
        #docs
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct #name { id_type: #types, id: String }
    };
    let methods = quote! {
        impl #name {
            #[doc = " Creates an ID whose type is known only at run time."]
            pub fn new(id_type: impl Into<#types>, id: impl Into<String>) -> Self {
                Self { id_type: id_type.into(), id: id.into() }
            }
            #(#constructors)*
            #[doc = " Returns the type of the ID."]
            pub fn id_type(&self) -> &#types { &self.id_type }
            #[doc = " Returns the ID without its type."]
            pub fn as_str(&self) -> &str { &self.id }
        }
    };
    vec![Item::Tokens(declaration), Item::Tokens(methods)]
}

/// The call of the macro is laid out here: no formatter looks inside of macros.
pub fn open_enum(docs: &[String], def: &Enum) -> Item {
    let kind = if def.int { "int_enum" } else { "string_enum" };
    let mut text = format!("openplat_core::{kind}! {{\n");
    if def.ignore_case {
        text.push_str("    ignore_case\n");
    }
    text.push_str(&docs::comments(docs, "    "));
    text.push_str(&format!("    pub enum {} {{\n", def.name));
    for variant in &def.variants {
        text.push_str(&docs::comments(&docs::variant(variant), "        "));
        if !def.int && is_news(&variant.rust, &variant.value) {
            text.push_str(&format!("        #[doc(alias = {:?})]\n", variant.value));
        }
        let value = match def.int {
            true => variant.value.clone(),
            false => format!("{:?}", variant.value),
        };
        text.push_str(&format!("        {} = {value},\n", variant.rust));
    }
    text.push_str("    }\n}\n");
    Item::Text(text)
}

/// Whether who met a value would not find its name: a search ignores case and underscores. rustdoc
/// refuses some characters in an alias.
fn is_news(name: &str, value: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || "._-".contains(char);
    value.chars().all(is_word) && !value.replace('_', "").eq_ignore_ascii_case(name)
}
