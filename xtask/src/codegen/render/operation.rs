//! One operation: the request, how it is encoded, and the types that only it uses.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::value::json_literal;
use super::{
    Construction, File, construction, debug, example, field_type, ident, imports, in_crate,
    is_option, type_items, value_type,
};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{
    Api, Body, Field, Kind, Module, Operation, Paging, PagingBy, Presence, Type,
};

pub fn file(api: &Api, module: &Module, operation: &Operation) -> File {
    let fields: Vec<&Field> = operation.fields().collect();
    let Construction { required, new, setters } =
        construction(&operation.name, &fields, operation.deprecated.as_deref());
    let item = operation.paging.as_ref().map(|paging| &paging.item);
    let types = operation.fields().map(|field| &field.ty).chain(&operation.output).chain(item);
    let mut items = imports(Some(core_import(api, operation)), types, &operation.types);
    let (derive, debug) = debug(&ident(&operation.name).to_token_stream(), &fields, is_option);
    let example = example::lines(api, module, operation);
    items.push(Item::Tokens(declaration(api, operation, &example, derive)));
    items.extend(debug.into_iter().chain(required).map(Item::Tokens));
    items.push(Item::Tokens(methods(operation, &new, &setters)));
    items.push(Item::Tokens(implementation(api, operation)));
    let name = ident(&operation.name);
    if operation.accepts_app() {
        items.push(Item::Tokens(quote!(impl AcceptsAppToken for #name {})));
    }
    if operation.accepts_user() {
        items.push(Item::Tokens(quote!(impl AcceptsUserToken for #name {})));
    }
    items.extend(operation.paging.as_ref().map(|paging| Item::Tokens(paged(operation, paging))));
    items.extend(operation.types.iter().flat_map(|def| type_items(api, def)));
    let path = format!("{}/{}.rs", module.name, operation.file);
    in_crate(api, &path, &operation.spec_path, &[], items)
}

fn core_import(api: &Api, operation: &Operation) -> TokenStream {
    let is_upload = operation.fields().any(|field| field.ty == Type::File);
    let has_text = operation.parts().any(|(_, field)| matches!(field.ty, Type::Text(_)));
    let paging = operation.paging.as_ref();
    let has_total =
        paging.is_some_and(|paging| matches!(paging.by, PagingBy::Offset { total: Some(_), .. }));
    let vendor = format!("{:?}", api.vendor);
    let names = [
        (true, &["Call", &vendor, "Method", "Operation", "OperationMeta", "Parts"][..]),
        (operation.accepts_app(), &["AcceptsAppToken"]),
        (operation.accepts_user(), &["AcceptsUserToken"]),
        (operation.is_download(), &["Download"]),
        (is_upload, &["Upload"]),
        (has_text, &["JsonText"]),
        (paging.is_some(), &["Items", "Paged", "Pages", "Turn"]),
        (!operation.rates.is_empty(), &["Rate"]),
        (has_total, &["Offset"]),
    ];
    let names = names.into_iter().filter(|(is_used, _)| *is_used);
    let names: BTreeSet<&str> = names.flat_map(|(_, names)| names).copied().collect();
    let names = names.into_iter().map(ident);
    quote!(use openplat_core::{#(#names),*};)
}

fn declaration(
    api: &Api,
    operation: &Operation,
    example: &[String],
    derive: Option<TokenStream>,
) -> TokenStream {
    let docs = docs::attributes(&docs::operation(api, operation, example));
    let name = ident(&operation.name);
    let fields = operation.fields().map(|field| {
        let (name, ty) = (ident(&field.rust), field_type(field));
        quote!(#name: #ty)
    });
    let default = operation.fields().all(|field| !field.required).then(|| quote!(, Default));
    // A stream cannot be compared.
    let eq = operation.fields().all(|field| field.ty != Type::File).then(|| quote!(, PartialEq));
    quote! {
        #docs
        #[derive(#derive Clone #default #eq)]
        #[must_use = "a request does nothing until it is sent and awaited"]
        pub struct #name { #(#fields),* }
    }
}

fn output(operation: &Operation) -> TokenStream {
    match &operation.output {
        None => quote!(()),
        Some(Type::File) => quote!(Download),
        Some(ty) => value_type(ty),
    }
}

fn methods(operation: &Operation, new: &TokenStream, setters: &TokenStream) -> TokenStream {
    let (name, output) = (ident(&operation.name), output(operation));
    let pages = operation.paging.as_ref().map(|paging| {
        let flag = paging.flag.as_ref().map(|flag| ident(&flag.rust));
        let request = match flag {
            Some(flag) => quote!(&self.clone().#flag(true)),
            None => quote!(self),
        };
        quote! {
            #[doc = " Returns the pages of the response, beginning with the page that the request asks for."]
            pub fn pages(&self, client: &impl openplat_core::Sender<Self>) -> Pages<Self> {
                Pages::new(#request, client)
            }
            #[doc = " Returns the items of all pages, beginning with the page that the request asks for."]
            pub fn items(&self, client: &impl openplat_core::Sender<Self>) -> Items<Self> {
                self.pages(client).items()
            }
        }
    });
    quote! {
        impl #name {
            #new
            #setters
            #pages
            #[doc = " Prepares the call; await it to send the request and get the response."]
            pub fn send(&self, client: &impl openplat_core::Sender<Self>) -> Call<#output> {
                client.call(self)
            }
        }
    }
}

fn implementation(api: &Api, operation: &Operation) -> TokenStream {
    let (name, output) = (ident(&operation.name), output(operation));
    let vendor = ident(&format!("{:?}", api.vendor));
    let (id, template) = (&operation.id, &operation.template);
    let method = ident(&format!("{:?}", operation.method));
    let idempotent = operation.idempotent.map(|value| quote!(.idempotent(#value)));
    let rates = operation.rates.iter().map(|(calls, seconds)| {
        let (calls, seconds) = (Literal::u32_unsuffixed(*calls), Literal::u32_unsuffixed(*seconds));
        quote!(Rate::new(#calls, #seconds))
    });
    let rates = (!operation.rates.is_empty()).then(|| quote!(.rates(&[#(#rates),*])));
    let downloads = operation.is_download().then(|| quote!(.downloads()));
    let whole_body = operation.whole_body.then(|| quote!(.whole_body()));
    let example = operation.response_example.as_ref().map(|example| {
        let example = json_literal(example);
        quote!(#[cfg(feature = "examples")] const EXAMPLE: Option<&'static str> = Some(#example);)
    });
    let encode = encode(operation);
    // An operation that sends nothing but its method and path has no parts to fill.
    let parts = if encode.is_empty() { quote!(_parts) } else { quote!(parts) };
    // Inline, so that a program compiles this for the operations that it sends, and not for all.
    quote! {
        impl Operation for #name {
            type Vendor = #vendor;
            type Output = #output;
            const META: &'static OperationMeta =
                &OperationMeta::new(#id, Method::#method, #template)
                    #idempotent
                    #downloads
                    #whole_body
                    #rates
                    .api(&crate::generated::error_code::API);
            #example

            #[inline]
            fn encode(&self, #parts: &mut Parts) { #encode }
        }
    }
}

fn encode(operation: &Operation) -> TokenStream {
    let params = operation.params.iter().map(|field| {
        let value = sent(operation, field);
        quote!(parts.path(#value);)
    });
    let query = operation.query.iter().map(|field| {
        let (value, wire) = (sent(operation, field), &field.wire);
        match dedupe_limit(field) {
            Some(limit) => quote!(parts.dedupe_query(#wire, #value, #limit);),
            None => quote!(parts.query(#wire, #value);),
        }
    });
    let body = operation.body.as_ref().map(|body| match body {
        Body::Whole(field) => {
            let name = ident(&field.rust);
            quote!(parts.whole_body(&self.#name);)
        }
        Body::Object(fields) => {
            let fields = fields.iter().map(|field| body_field(operation, field));
            quote!(parts.body() #(#fields)*;)
        }
        Body::Form(fields) => {
            let fields = fields.iter().map(|field| form_field(operation, field));
            quote!(parts.form() #(#fields)*;)
        }
    });
    quote!(#(#params)* #(#query)* #body)
}

fn body_field(operation: &Operation, field: &Field) -> TokenStream {
    let (value, wire) = (sent(operation, field), &field.wire);
    match (stored(operation, field).required, dedupe_limit(field)) {
        (true, _) => quote!(.field(#wire, #value)),
        (false, Some(limit)) => quote!(.dedupe(#wire, #value, #limit)),
        (false, None) => quote!(.optional(#wire, #value)),
    }
}

fn form_field(operation: &Operation, field: &Field) -> TokenStream {
    let (value, wire) = (sent(operation, field), &field.wire);
    match (field.ty == Type::File, field.required) {
        (true, true) => quote!(.file(#wire, #value)),
        (true, false) => quote!(.optional_file(#wire, #value)),
        _ => quote!(.field(#wire, #value)),
    }
}

/// How long an idempotency key can be; `None` for any other field.
fn dedupe_limit(field: &Field) -> Option<TokenStream> {
    field.dedupe.then(|| match field.length.1 {
        Some(limit) => Literal::u64_unsuffixed(limit).to_token_stream(),
        None => quote!(usize::MAX),
    })
}

/// Returns the field that a caller sets: for the type of an ID, that of the ID.
fn stored<'a>(operation: &'a Operation, field: &'a Field) -> &'a Field {
    let id = field.type_of.as_ref();
    id.and_then(|id| operation.fields().find(|field| field.rust == *id)).unwrap_or(field)
}

/// Returns what is sent for a field: what is stored, as JSON in a string, or a part of an ID.
fn sent(operation: &Operation, field: &Field) -> TokenStream {
    let stored = stored(operation, field);
    let name = ident(&stored.rust);
    if stored.ty.reference().is_some_and(|reference| reference.kind == Kind::Id) {
        let part = ident(if field.type_of.is_some() { "id_type" } else { "as_str" });
        let ty = value_type(&stored.ty);
        return match stored.required {
            true => quote!(self.#name.#part()),
            false => quote!(&self.#name.as_ref().map(#ty::#part)),
        };
    }
    match (&field.ty, field.required) {
        (Type::Text(_), true) => quote!(&JsonText(&self.#name)),
        (Type::Text(_), false) => quote!(&self.#name.as_ref().map(JsonText)),
        _ => quote!(&self.#name),
    }
}

fn paged(operation: &Operation, paging: &Paging) -> TokenStream {
    let (name, output, item) =
        (ident(&operation.name), output(operation), value_type(&paging.item));
    let items = ident(&paging.items.rust);
    let more = paging.more.as_ref().map_or_else(
        || quote!(None),
        |field| {
            let name = ident(&field.rust);
            match field.presence {
                Presence::Always => quote!(Some(page.#name)),
                _ => quote!(page.#name),
            }
        },
    );
    // The number of items that could not be read matters to those who count.
    let (skipped, turn) = match &paging.by {
        PagingBy::Token { request, next } => {
            let (request, name) = (ident(&request.rust), ident(&next.rust));
            let next = match next.presence {
                Presence::Always => quote!(Some(&page.#name)),
                _ => quote!(page.#name.as_deref()),
            };
            (quote!(_), quote!(Turn::by_token(&mut self.#request, #next, #more)))
        }
        PagingBy::Offset { request, total } => {
            let request = ident(&request.rust);
            let total = total.as_ref().map_or_else(
                || quote!(None),
                |field| {
                    let name = ident(&field.rust);
                    quote!(page.#name.get())
                },
            );
            let count = quote!(page.#items.len() + skipped);
            let turn = quote!(Turn::by_offset(&mut self.#request, #count, #total, #more));
            (quote!(skipped), turn)
        }
    };
    quote! {
        impl Paged for #name {
            type Item = #item;
            fn turn(&mut self, page: &#output, #skipped: usize) -> Turn { #turn }
            fn into_items(page: #output) -> Vec<#item> { page.#items }
        }
    }
}
