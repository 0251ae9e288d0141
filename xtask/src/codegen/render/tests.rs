//! Tests of the generated code, derived from the specs: every operation is called through the
//! typed API, and what reaches the server is compared with what the spec says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::operation::json_literal;
use super::{File, ident, is_text, is_text_list, value_type};
use crate::codegen::emit::{self, Item};
use crate::codegen::ir::{
    Api, Event, EventSchema, Field, Kind, Model, Operation, Presence, SampleCall, SentBody, Type,
    TypeDef, needs_names, required_name,
};
use crate::codegen::naming;

pub fn file(api: &Api) -> File {
    let sdk = ident(&naming::crate_ident(&api.name));
    let uses = [
        quote!(use #sdk as sdk;),
        quote!(
            use crate::check;
        ),
    ];
    let mut items: Vec<Item> = uses.into_iter().map(Item::Tokens).collect();
    for module in &api.modules {
        let scope = Scope { api, module: Some(&module.name) };
        for operation in &module.operations {
            items.push(Item::Tokens(operation_tests(&scope, operation)));
        }
    }
    let types = Scope { api, module: None };
    let shared = api.types.iter().flat_map(|file| &file.types);
    items.extend(shared.filter_map(|def| types.example_test(def)).map(Item::Tokens));
    let events = Scope { api, module: Some("events") };
    items.extend(api.events.iter().map(|event| Item::Tokens(event_tests(&events, event))));
    let shared = api.event_types.iter().flat_map(|file| &file.types);
    items.extend(shared.filter_map(|def| events.example_test(def)).map(Item::Tokens));
    let name = naming::crate_ident(&api.name);
    File {
        path: PathBuf::from(format!("tests/src/generated/{name}.rs")),
        contents: emit::file(&format!("specs/{}", api.name), &[], &items),
    }
}

/// The members that are always there in a model and in those that it leads to.
fn always(api: &Api, model: Option<&Model>) -> TokenStream {
    let mut pending: Vec<&Model> = model.into_iter().collect();
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    while let Some(model) = pending.pop() {
        if !seen.insert(&model.name) {
            continue;
        }
        let references = model.fields.iter().filter_map(|field| field.ty.reference());
        pending.extend(references.filter_map(|reference| api.model(&reference.name)));
        let always = model.fields.iter().filter(|field| field.presence == Presence::Always);
        names.extend(always.map(|field| &field.wire));
    }
    let names = names.into_iter();
    quote!(&[#(#names),*])
}

fn operation_tests(scope: &Scope<'_>, operation: &Operation) -> TokenStream {
    // Unlike `<module>_<file>`, the name of an operation is unique in an API.
    let name = ident(&format!("{}_calls", naming::field(&operation.name)));
    let calls = operation.calls.iter().map(|call| call_test(scope, operation, call));
    let examples = operation.types.iter().filter_map(|def| scope.example_test(def));
    quote! {
        mod #name {
            use super::{check, sdk};
            #(#calls)*
            #(#examples)*
        }
    }
}

fn call_test(scope: &Scope<'_>, operation: &Operation, call: &SampleCall) -> TokenStream {
    let (name, target) = (ident(call.name), &call.target);
    let request = scope.request(operation, &call.values);
    let request = match call.follows_page {
        false => request,
        true => quote!(check::turned(#request).await),
    };
    let body = match &call.body {
        Some(SentBody::Json(body)) => {
            let body = json_literal(body);
            quote!(check::Body::Json(#body))
        }
        Some(SentBody::Form(fields)) => {
            let fields = fields.iter().map(|(name, text)| quote!((#name, #text)));
            quote!(check::Body::Form(&[#(#fields),*]))
        }
        None => quote!(check::Body::None),
    };
    let (as_app, as_user) = match operation.is_download() {
        false => (quote!(sends_as_app), quote!(sends_as_user)),
        true => (quote!(downloads_as_app), quote!(downloads_as_user)),
    };
    let output = operation.output.as_ref().and_then(Type::reference);
    let output = output.and_then(|reference| scope.api.model(&reference.name));
    let always = always(scope.api, output);
    let private = private_in_call(scope.api, operation, call).into_iter();
    let private = quote!(&[#(#private),*]);
    let as_app =
        operation.accepts_app().then(|| quote!(check::#as_app(&operation, &expected).await;));
    let as_user =
        operation.accepts_user().then(|| quote!(check::#as_user(&operation, &expected).await;));
    quote! {
        #[tokio::test]
        async fn #name() {
            let operation = #request;
            let expected = check::Expected {
                target: #target,
                body: #body,
                always: #always,
                private: #private,
            };
            #as_app
            #as_user
        }
    }
}

fn event_tests(scope: &Scope<'_>, event: &Event) -> TokenStream {
    let test = ident(&format!("{}_event", event.file));
    let decodes = event.example.as_ref().map(|example| {
        let (schema, name) = (ident(&format!("{:?}", event.schema)), ident(&event.name));
        let (id, example) = (&event.id, json_literal(example));
        let always = always(scope.api, event.payload());
        let is_callback = event.answer.is_some();
        let private = private_in_event(scope.api, event).into_iter();
        let dedupe = event.dedupe.as_ref().map_or_else(|| quote!(None), |it| quote!(Some(#it)));
        quote! {
            #[test]
            fn decodes() {
                let sample = check::Sample {
                    schema: sdk::events::EventSchema::#schema,
                    event_type: #id,
                    is_callback: #is_callback,
                    envelope: #example,
                    dedupe: #dedupe,
                    always: #always,
                    private: &[#(#private),*],
                };
                check::event(&sample, |event| match event {
                    sdk::events::Event::#name(received) => Some(*received),
                    _ => None,
                });
            }
        }
    });
    let answers = event.answers.iter().enumerate().map(|(index, answer)| {
        let test = ident(["answers", "answers_with_the_least"][index.min(1)]);
        let name = ident(&event.name);
        let ty = event.answer.as_ref().unwrap_or(&Type::Json);
        let (value, sent) = (scope.typed(ty, &answer.set), json_literal(&answer.sent));
        quote! {
            #[test]
            fn #test() {
                check::answer::<sdk::events::#name>(&#value, #sent);
            }
        }
    });
    let examples = event.types.iter().filter_map(|def| scope.example_test(def));
    quote! {
        mod #test {
            use super::{check, sdk};
            #decodes
            #(#answers)*
            #(#examples)*
        }
    }
}

/// What the sample of an event holds that `Debug` must not show.
fn private_in_event(api: &Api, event: &Event) -> BTreeSet<String> {
    let data = event.example.as_ref().map(|example| match event.schema {
        EventSchema::Card => example,
        EventSchema::V1 | EventSchema::V2 => &example["event"],
    });
    let mut texts = Texts { api, private: BTreeSet::new(), shown: BTreeSet::new() };
    if let (Some(data), Some(payload)) = (data, event.payload()) {
        texts.of_model(payload, data);
    }
    texts.finish()
}

/// What a call sends, or the documented answer holds, that `Debug` must not show.
fn private_in_call(api: &Api, operation: &Operation, call: &SampleCall) -> BTreeSet<String> {
    let mut texts = Texts { api, private: BTreeSet::new(), shown: BTreeSet::new() };
    for (field, value) in operation.fields().zip(&call.values) {
        value.iter().for_each(|value| texts.of_field(field, value));
    }
    let output = operation.output.as_ref().and_then(Type::reference);
    let output = output.and_then(|reference| api.model(&reference.name));
    if let (Some(model), Some(data)) = (output, operation.data(api.vendor)) {
        texts.of_model(model, &data);
    }
    texts.finish()
}

struct Texts<'a> {
    api: &'a Api,
    private: BTreeSet<String>,
    /// Names of fields, and what others hold: an ID in a private value may stand there as well.
    shown: BTreeSet<String>,
}

impl Texts<'_> {
    fn of_model(&mut self, model: &Model, value: &Value) {
        for element in value.as_array().into_iter().flatten() {
            self.of_model(model, element);
        }
        for field in &model.fields {
            value.get(&field.wire).iter().for_each(|value| self.of_field(field, value));
        }
    }

    fn of_field(&mut self, field: &Field, value: &Value) {
        self.shown.insert(field.rust.clone());
        let below = field.ty.reference().and_then(|reference| self.api.model(&reference.name));
        match below {
            _ if field.sensitive => texts_in(value, &mut self.private),
            Some(model) => self.of_model(model, value),
            None => texts_in(value, &mut self.shown),
        }
    }

    fn finish(self) -> BTreeSet<String> {
        let Self { mut private, shown, .. } = self;
        private.retain(|text| !text.is_empty() && !shown.iter().any(|shown| shown.contains(text)));
        private
    }
}

fn texts_in(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|value| texts_in(value, texts)),
        Value::Object(members) => members.values().for_each(|value| texts_in(value, texts)),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(value) if !value.is_string() => texts_in(&value, texts),
            _ => drop(texts.insert(text.clone())),
        },
        _ => {}
    }
}

/// Where names are looked up.
struct Scope<'a> {
    api: &'a Api,
    module: Option<&'a str>,
}

impl Scope<'_> {
    fn example_test(&self, def: &TypeDef) -> Option<TokenStream> {
        let TypeDef::Model(model @ Model { example: Some(example), .. }) = def else {
            return None;
        };
        let test = ident(&format!("{}_example", naming::field(&model.name)));
        let (ty, example) = (self.path(&model.name), json_literal(example));
        let always = always(self.api, Some(model));
        Some(quote! {
            #[tokio::test]
            async fn #test() {
                check::decodes::<#ty>(#example, #always).await;
            }
        })
    }

    /// A type as a program names it that makes the call; modules have the shared types as well.
    fn path(&self, name: &str) -> TokenStream {
        let module = ident(self.module.unwrap_or("types"));
        let name = ident(name);
        quote!(sdk::#module::#name)
    }

    fn request(&self, operation: &Operation, values: &[Option<Value>]) -> TokenStream {
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
            (_, Value::String(text)) if is_text(ty) => quote!(#text),
            (Type::List(item), Value::Array(values)) if !values.is_empty() => {
                let values = values.iter().map(|value| match is_text(item) {
                    true => self.argument(item, value),
                    false => self.typed(item, value),
                });
                quote!([#(#values),*])
            }
            (Type::Map(item), Value::Object(members)) if !members.is_empty() => {
                // All values of an array have one type, which that of nested arrays depends on.
                let members = members.iter().map(|(key, value)| {
                    let value = match is_text(item) {
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

    /// A value in a struct of required values.
    fn named(&self, field: &Field, value: &Value) -> TokenStream {
        match (&field.ty, value) {
            (Type::String, Value::String(text)) if field.counts.is_some() => quote!(#text.into()),
            (Type::String, Value::String(text)) => quote!(#text),
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
                quote!(std::collections::BTreeMap<String, #value>)
            }
            Type::Text(inner) => self.stored(inner),
            Type::Named(reference) => self.path(&reference.name),
            ty => value_type(ty),
        }
    }

    /// A value of exactly the type that is stored.
    fn typed(&self, ty: &Type, value: &Value) -> TokenStream {
        match (ty, value) {
            (Type::Text(inner), value) => self.typed(inner, value),
            (Type::File, value) => {
                let text = value.as_str().unwrap_or_default();
                quote!(sdk::openplat_core::Upload::from(#text.as_bytes()))
            }
            (Type::Named(reference), Value::String(text)) if reference.kind == Kind::Enum => {
                let path = self.path(&reference.name);
                quote!(#path::from(#text))
            }
            (Type::Named(reference), Value::Number(_)) if reference.kind == Kind::IntEnum => {
                let path = self.path(&reference.name);
                let number = self.typed(&Type::Int, value);
                quote!(#path::from(#number))
            }
            (Type::Named(reference), value) if reference.kind == Kind::Id => {
                let path = self.path(&reference.name);
                let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
                let (id_type, id) = (part("type"), part("id"));
                quote!(#path::new(#id_type, #id))
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
                quote!(std::collections::BTreeMap::<String, #item>::new())
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
                quote!(std::collections::BTreeMap::from([#(#members),*]))
            }
            (Type::String, Value::String(text)) => quote!(String::from(#text)),
            (Type::Int, Value::Number(number)) => {
                let number = Literal::i64_unsuffixed(number.as_i64().unwrap_or_default());
                quote!(#number)
            }
            (Type::Float, Value::Number(number)) => {
                let number = Literal::f64_unsuffixed(number.as_f64().unwrap_or_default());
                quote!(#number)
            }
            (Type::Bool, Value::Bool(value)) => quote!(#value),
            _ => {
                let json = json_literal(value);
                quote!(check::json(#json))
            }
        }
    }
}
