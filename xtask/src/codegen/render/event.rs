//! The events of an API: a file for each, and the enum that a handler takes.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::value::json_literal;
use super::{
    File, example, export, ident, imports, in_crate, leads_to, type_items, types, value_type,
};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{Api, Event, EventSchema, Home, TypeDef, Vendor};

/// The files below `events`, none if the API has no events.
pub fn files(api: &Api) -> Vec<File> {
    if api.events.is_empty() {
        return Vec::new();
    }
    let mut files = vec![module(api)];
    files.extend(api.events.iter().map(|event| file(api, event)));
    if !api.event_types.is_empty() {
        files.push(types::module(api, &api.event_types, "events/types"));
        let shared = api.event_types.iter();
        files.extend(shared.map(|file| types::file(api, file, "events/types")));
    }
    files
}

/// The types that a program finds among the events.
pub fn names(api: &Api) -> BTreeSet<String> {
    let own = api.events.iter().flat_map(|event| &event.types);
    let shared = api.event_types.iter().flat_map(|file| &file.types);
    let own = own.chain(shared).map(|def| def.name().to_owned());
    let shared = shared_names(api).into_iter().filter(|name| api.type_def(name).is_some());
    own.chain(["Event".to_owned()]).chain(shared).collect()
}

/// Returns the names that the events take from `types`.
fn shared_names(api: &Api) -> BTreeSet<String> {
    let own = api.events.iter().flat_map(|event| &event.types);
    let shared = api.event_types.iter().flat_map(|file| &file.types);
    let fields = own.chain(shared).filter_map(TypeDef::as_model).flat_map(|model| &model.fields);
    let answers = api.events.iter().filter_map(|event| event.answer.as_ref());
    leads_to(api, fields.map(|field| &field.ty).chain(answers))
}

fn module(api: &Api) -> File {
    let names = || api.events.iter().map(|event| ident(&event.file));
    let mut items: Vec<Item> = names().map(|file| Item::Tokens(quote!(mod #file;))).collect();
    let types = (!api.event_types.is_empty()).then(|| ident("types"));
    items.extend(types.iter().map(|types| Item::Tokens(quote!(mod #types;))));
    let events = api.events.iter();
    items.extend(events.map(|event| export(&event.file, &event.name, &event.id, &event.aliases)));
    let with_types = api.events.iter().filter(|event| event.types.len() > 1);
    let files = with_types.map(|event| ident(&event.file)).chain(types);
    items.extend(files.map(|file| Item::Tokens(quote!(pub use self::#file::*;))));
    let shared = shared_names(api);
    if !shared.is_empty() {
        let names = shared.iter().map(|name| ident(name));
        items.push(Item::Tokens(quote!(pub use crate::generated::types::{#(#names),*};)));
    }
    items.push(Item::Tokens(receivers(api.vendor)));
    items.push(event_enum(api));
    let docs = ["The events and callbacks of this API, and what receives them.".to_owned()];
    let origin = format!("specs/{}/events", api.name);
    in_crate(api, "events/mod.rs", &origin, &docs, items)
}

/// Re-exports what receives events of one vendor: core has the other vendor's names too as soon as
/// one program talks to both.
fn receivers(vendor: Vendor) -> TokenStream {
    let webhook = match vendor {
        Vendor::Feishu => quote!(FeishuWebhook, FeishuWebhookBuilder,),
        Vendor::DingTalk => quote!(DingTalkWebhook, DingTalkWebhookBuilder,),
    };
    quote! {
        #[cfg(feature = "long-connection")]
        pub use openplat_core::events::connection;
        pub use openplat_core::events::{
            Answer, Callback, Claim, DecodeError, EventHeader, EventMeta, EventSchema, EventSet,
            #webhook Handler, HandlerError, Incoming, Listener, MemorySeen, Outcome, RawEvent, Read,
            Received, Refusal, Seen, SeenError, Unreadable, Webhook, WebhookDelivery,
        };
    }
}

/// The call of the macro is laid out here: no formatter looks inside of macros.
fn event_enum(api: &Api) -> Item {
    let mut text = String::from("openplat_core::events! {\n");
    text.push_str("    /// An event or a callback of this API.\n    pub enum Event {\n");
    let schemas = [EventSchema::V2, EventSchema::Card, EventSchema::V1];
    let of = |schema| api.events.iter().filter(move |event| event.schema == schema);
    for event in schemas.into_iter().flat_map(of) {
        // The payload has the rest.
        let summary = event.doc.split("\n\n").next().unwrap_or_default();
        let mut docs = docs::paragraph(summary);
        docs.extend([String::new(), format!("`{}`", event.id)]);
        text.push_str(&docs::comments(&docs, "        "));
        let schema = match event.schema {
            EventSchema::V2 => "V2",
            EventSchema::V1 => "V1",
            EventSchema::Card => "Card",
        };
        let dedupe = event.dedupe.iter().map(|pointer| format!(", by {pointer:?}"));
        let (name, id) = (&event.name, &event.id);
        text.push_str(&format!("        {name}({name}) = {schema} {id:?}"));
        text.extend(dedupe);
        text.push_str(";\n");
    }
    text.push_str("    }\n}\n");
    Item::Text(text)
}

fn file(api: &Api, event: &Event) -> File {
    let callback = event.answer.as_ref().map(|_| {
        quote!(
            use openplat_core::events::Callback;
        )
    });
    let mut items = imports(callback, event.answer.iter(), &event.types);
    let successor = event.replaced_by.as_ref().and_then(|id| {
        let successor = api.events.iter().find(|other| other.id == *id)?;
        Some(format!("super::{}", successor.name))
    });
    let docs = docs::attributes(&docs::event(
        event,
        &example::event_lines(api, event),
        successor.as_deref(),
    ));
    for def in &event.types {
        match def {
            TypeDef::Model(model) if model.name == event.name => {
                items.extend(types::model(api, model, &docs));
                items.extend(implementations(event));
            }
            def => items.extend(type_items(api, def)),
        }
    }
    in_crate(api, &format!("events/{}.rs", event.file), &event.spec_path, &[], items)
}

fn implementations(event: &Event) -> Vec<Item> {
    let name = ident(&event.name);
    let callback = event.answer.as_ref().map(|answer| {
        let answer = value_type(answer);
        quote!(impl Callback for #name { type Answer = #answer; })
    });
    let example = event.example.as_ref().map(|example| {
        let example = json_literal(example);
        quote! {
            #[cfg(feature = "examples")]
            impl #name {
                #[doc = " A sample of the event, with its envelope."]
                pub const EXAMPLE: &'static str = #example;
            }
        }
    });
    [callback, example].into_iter().flatten().map(Item::Tokens).collect()
}

/// Returns the module of a type that is not in the same file.
pub fn home(home: Home) -> Option<proc_macro2::TokenStream> {
    match home {
        Home::Local => None,
        Home::Types => Some(quote!(crate::generated::types)),
        Home::Events => Some(quote!(crate::generated::events::types)),
    }
}
