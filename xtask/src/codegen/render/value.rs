//! Values of a spec as expressions of Rust.

use std::str::FromStr;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::{ident, is_text, is_text_list, value_type};
use crate::codegen::ir::{
    Api, Field, Kind, Operation, Reference, Type, TypeDef, needs_names, required_name,
};
use crate::codegen::lower::plain;

/// The scope that names are looked up in, and their reader.
pub struct Scope<'a> {
    pub api: &'a Api,
    pub module: &'a str,
    pub style: Style,
}

/// The reader of the code.
#[derive(Clone, Copy, PartialEq)]
pub enum Style {
    /// The compiler: whole paths, and values as they are in the spec.
    Test,
    /// People: short names, and the names of values.
    Docs,
}

/// The macro that builds JSON in the docs. No formatter looks inside of a macro, so its argument is
/// a raw string until it is laid out.
pub const JSON: &str = "json";

impl Scope<'_> {
    /// A type as a program names it that makes the call; modules have the shared types as well.
    pub fn path(&self, name: &str) -> TokenStream {
        let (module, name) = (ident(self.module), ident(name));
        match self.style {
            Style::Test => quote!(sdk::#module::#name),
            Style::Docs => quote!(#name),
        }
    }

    pub fn request(&self, operation: &Operation, values: &[Option<Value>]) -> TokenStream {
        let fields: Vec<_> = operation.fields().zip(values).collect();
        self.construct(&operation.name, &fields)
    }

    /// `Type::new(required).optional(value)`.
    fn construct(&self, name: &str, fields: &[(&Field, &Option<Value>)]) -> TokenStream {
        let path = self.path(name);
        let null = Value::Null;
        let required: Vec<_> = fields
            .iter()
            .filter(|(field, _)| field.required)
            .map(|(field, value)| (*field, value.as_ref().unwrap_or(&null)))
            .collect();
        let arguments = if needs_names(required.iter().map(|(field, _)| *field)) {
            let names = self.path(&required_name(name));
            let values = required.iter().map(|(field, value)| {
                let (name, value) = (ident(&field.rust), self.named(field, value));
                quote!(#name: #value)
            });
            quote!(#names { #(#values),* })
        } else {
            let values = required.iter().map(|(field, value)| self.argument(&field.ty, value));
            quote!(#(#values),*)
        };
        let setters = fields.iter().filter(|(field, _)| !field.required);
        let setters = setters.filter_map(|(field, value)| {
            let value = value.as_ref()?;
            if field.nullable && value.is_null() {
                let clear = ident(&field.clear_name());
                return Some(quote!(.#clear()));
            }
            let (name, value) = (ident(&field.rust), self.argument(&field.ty, value));
            Some(quote!(.#name(#value)))
        });
        quote!(#path::new(#arguments) #(#setters)*)
    }

    /// A value where a constructor or setter takes `impl Into` or `impl IntoIterator`.
    fn argument(&self, ty: &Type, value: &Value) -> TokenStream {
        match (ty, value) {
            (Type::Text(inner), value) => self.argument(inner, value),
            (_, Value::String(text)) if self.is_literal(ty) => {
                self.json_text(text).unwrap_or_else(|| quote!(#text))
            }
            (Type::List(item), Value::Array(values)) if !values.is_empty() => {
                let values = values.iter().map(|value| match self.is_literal(item) {
                    true => self.argument(item, value),
                    false => self.typed(item, value),
                });
                quote!([#(#values),*])
            }
            (Type::Map(item), Value::Object(members)) if !members.is_empty() => {
                // All values of an array have one type, which that of nested arrays depends on.
                let members = members.iter().map(|(key, value)| {
                    let value = match self.is_literal(item) {
                        true => self.argument(item, value),
                        false => self.typed(item, value),
                    };
                    quote!((#key, #value))
                });
                quote!([#(#members),*])
            }
            _ => self.typed(ty, value),
        }
    }

    /// Whether a value is written as its text, wherever that is taken.
    fn is_literal(&self, ty: &Type) -> bool {
        *ty == Type::String || self.style == Style::Test && is_text(ty)
    }

    /// A value in a struct of required values.
    fn named(&self, field: &Field, value: &Value) -> TokenStream {
        match (&field.ty, value) {
            (Type::String, Value::String(text)) if field.counts.is_some() => quote!(#text.into()),
            (Type::String, Value::String(text)) => match self.json_text(text) {
                Some(text) => quote!(&#text),
                None => quote!(#text),
            },
            (ty, Value::Array(values)) if is_text_list(ty) => {
                let values = values.iter().filter_map(Value::as_str);
                quote!(&[#(#values),*])
            }
            (ty, value) => self.typed(ty, value),
        }
    }

    /// The type that is stored for a value.
    fn stored(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::List(item) => {
                let item = self.stored(item);
                quote!(Vec<#item>)
            }
            Type::Map(value) => {
                let value = self.stored(value);
                let map = self.map();
                quote!(#map<String, #value>)
            }
            Type::Text(inner) => self.stored(inner),
            Type::Named(reference) => self.path(&reference.name),
            ty => value_type(ty),
        }
    }

    /// A value of exactly the type that is stored.
    pub fn typed(&self, ty: &Type, value: &Value) -> TokenStream {
        match (ty, value) {
            (Type::Text(inner), value) => self.typed(inner, value),
            (Type::File, value) => {
                let text = value.as_str().unwrap_or_default();
                match self.style {
                    Style::Test => quote!(sdk::openplat_core::Upload::from(#text.as_bytes())),
                    Style::Docs => quote!(Upload::from_path(#text)),
                }
            }
            (Type::Named(reference), Value::String(_) | Value::Number(_))
                if matches!(reference.kind, Kind::Enum | Kind::IntEnum) =>
            {
                self.enum_value(reference, value)
            }
            (Type::Named(reference), value) if reference.kind == Kind::Id => {
                self.id(reference, value)
            }
            (Type::Named(reference), Value::Object(members)) => {
                let model = self.api.model(&reference.name);
                let fields = model.map_or(&[][..], |model| &model.fields);
                let values: Vec<_> =
                    fields.iter().map(|field| members.get(&field.wire).cloned()).collect();
                let fields: Vec<_> = fields.iter().zip(&values).collect();
                self.construct(&reference.name, &fields)
            }
            // Nothing else tells the compiler of what an empty list or map is empty.
            (Type::List(item), Value::Array(values)) if values.is_empty() => {
                let item = self.stored(item);
                quote!(Vec::<#item>::new())
            }
            (Type::Map(item), Value::Object(members)) if members.is_empty() => {
                let item = self.stored(item);
                let map = self.map();
                quote!(#map::<String, #item>::new())
            }
            (Type::List(item), Value::Array(values)) => {
                let values = values.iter().map(|value| self.typed(item, value));
                quote!(Vec::from([#(#values),*]))
            }
            (Type::Map(item), Value::Object(members)) => {
                let members = members.iter().map(|(key, value)| {
                    let value = self.typed(item, value);
                    quote!((String::from(#key), #value))
                });
                let map = self.map();
                quote!(#map::from([#(#members),*]))
            }
            (Type::String, Value::String(text)) => {
                self.json_text(text).unwrap_or_else(|| quote!(String::from(#text)))
            }
            (Type::Int, Value::Number(number)) => {
                let number = Literal::i64_unsuffixed(number.as_i64().unwrap_or_default());
                quote!(#number)
            }
            (Type::Float, Value::Number(number)) => {
                let number = Literal::f64_unsuffixed(number.as_f64().unwrap_or_default());
                quote!(#number)
            }
            (Type::Bool, Value::Bool(value)) => quote!(#value),
            (Type::Record, value) if self.style == Style::Docs => {
                let json = self.json(value);
                quote!(Record::new(&#json)?)
            }
            _ => self.json(value),
        }
    }

    fn json(&self, value: &Value) -> TokenStream {
        let json = json_literal(value);
        match self.style {
            Style::Test => quote!(check::json(#json)),
            Style::Docs => {
                let json_macro = ident(JSON);
                quote!(#json_macro!(#json))
            }
        }
    }

    /// Returns the JSON in a string, which people read more easily without the quotes.
    fn json_text(&self, text: &str) -> Option<TokenStream> {
        let value: Value = serde_json::from_str(text).ok().filter(|_| self.style == Style::Docs)?;
        let is_compound = value.is_array() || value.is_object();
        let json = is_compound.then(|| self.json(&value))?;
        Some(quote!(#json.to_string()))
    }

    fn map(&self) -> TokenStream {
        match self.style {
            Style::Test => quote!(std::collections::BTreeMap),
            Style::Docs => quote!(BTreeMap),
        }
    }

    fn enum_value(&self, reference: &Reference, value: &Value) -> TokenStream {
        let path = self.path(&reference.name);
        let known = match self.api.type_def(&reference.name) {
            Some(TypeDef::Enum(def)) if self.style == Style::Docs => {
                let text = plain(value);
                def.variants.iter().find(|variant| def.is_same(&variant.value, &text))
            }
            _ => None,
        };
        match (known, value) {
            (Some(variant), _) => {
                let variant = ident(&variant.rust);
                quote!(#path::#variant)
            }
            (None, Value::String(text)) => quote!(#path::from(#text)),
            (None, number) => {
                let number = self.typed(&Type::Int, number);
                quote!(#path::from(#number))
            }
        }
    }

    fn id(&self, reference: &Reference, value: &Value) -> TokenStream {
        let path = self.path(&reference.name);
        let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id_type, id) = (part("type"), part("id"));
        let def = self.api.type_def(&reference.name).and_then(TypeDef::as_id);
        let mut variants = def.into_iter().flat_map(|def| &def.variants);
        match variants.find(|of| self.style == Style::Docs && of.variant.value == id_type) {
            Some(of) => {
                let constructor = ident(&of.constructor);
                quote!(#path::#constructor(#id))
            }
            None => quote!(#path::new(#id_type, #id)),
        }
    }
}

/// JSON as a raw string, so that a reader sees JSON and not backslashes.
pub fn json_literal(value: &Value) -> Literal {
    let json = value.to_string();
    let hashes =
        (1..).map(|count| "#".repeat(count)).find(|hashes| !json.contains(&format!("\"{hashes}")));
    let hashes = hashes.unwrap_or_default();
    Literal::from_str(&format!("r{hashes}\"{json}\"{hashes}"))
        .unwrap_or_else(|_| Literal::string(&json))
}
