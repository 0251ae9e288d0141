//! Tests of the generated code, derived from the specs: every operation is called through the
//! typed API, and what reaches the server is compared with what the spec says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::value::json_literal;
use super::value::{Scope, Style};
use super::{File, ident};
use crate::codegen::emit::{self, Item};
use crate::codegen::ir::{
    Api, Event, EventSchema, Field, Model, Operation, Presence, SampleCall, SentBody, Type, TypeDef,
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
        let scope = Scope { api, module: &module.name, style: Style::Test };
        for operation in &module.operations {
            items.push(Item::Tokens(operation_tests(&scope, operation)));
        }
    }
    let types = Scope { api, module: "types", style: Style::Test };
    let shared = api.types.iter().flat_map(|file| &file.types);
    items.extend(shared.filter_map(|def| types.example_test(def)).map(Item::Tokens));
    let events = Scope { api, module: "events", style: Style::Test };
    items.extend(api.events.iter().map(|event| Item::Tokens(event_tests(&events, event))));
    let shared = api.event_types.iter().flat_map(|file| &file.types);
    items.extend(shared.filter_map(|def| events.example_test(def)).map(Item::Tokens));
    let name = naming::crate_ident(&api.name);
    File {
        path: PathBuf::from(format!("tests/src/generated/{name}.rs")),
        contents: emit::file(&format!("specs/{}", api.name), &[], items),
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
    let response = response_test(scope, operation);
    let examples = operation.types.iter().filter_map(|def| scope.example_test(def));
    quote! {
        mod #name {
            use super::{check, sdk};
            #(#calls)*
            #response
            #(#examples)*
        }
    }
}

/// One for all calls of an operation, since they get the same response.
fn response_test(scope: &Scope<'_>, operation: &Operation) -> Option<TokenStream> {
    operation.response_example.as_ref()?;
    let output = operation.output.as_ref().and_then(Type::reference);
    let output = output.and_then(|reference| scope.api.model(&reference.name));
    let (operation, always) = (scope.path(&operation.name), always(scope.api, output));
    Some(quote! {
        #[tokio::test]
        async fn response() {
            check::response::<#operation>(#always).await;
        }
    })
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

/// Returns the texts in the sample of an event that `Debug` must not show.
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

/// Returns the texts in a call, or in the documented response, that `Debug` must not show.
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
    /// Names of fields, and what others hold: an ID in a private value may appear there as well.
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
}
