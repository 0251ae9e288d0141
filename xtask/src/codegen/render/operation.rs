//! One operation: the request, how it is encoded, and the types that only it uses.

use std::str::FromStr;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use super::{
    Construction, File, construction, field_type, ident, imports, in_crate, type_items, value_type,
};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{Api, Field, Module, Operation};

pub fn file(api: &Api, module: &Module, operation: &Operation) -> File {
    let fields: Vec<&Field> = operation.fields().collect();
    let Construction { required, new, setters } = construction(&operation.name, &fields);
    let types = operation.fields().map(|field| &field.ty).chain(&operation.output);
    let mut items = imports(Some(core_import(api, operation)), types, &operation.types);
    items.push(Item::Tokens(declaration(api, operation)));
    items.extend(required.map(Item::Tokens));
    items.push(Item::Tokens(methods(operation, &new, &setters)));
    items.push(Item::Tokens(implementation(api, operation)));
    let name = ident(&operation.name);
    if operation.accepts_app() {
        items.push(Item::Tokens(quote!(impl AcceptsAppToken for #name {})));
    }
    if operation.accepts_user() {
        items.push(Item::Tokens(quote!(impl AcceptsUserToken for #name {})));
    }
    items.extend(operation.types.iter().flat_map(type_items));
    let path = format!("{}/{}.rs", module.name, operation.file);
    in_crate(api, &path, &operation.spec_path, &[], &items)
}

fn core_import(api: &Api, operation: &Operation) -> TokenStream {
    let app = operation.accepts_app().then(|| quote!(AcceptsAppToken,));
    let user = operation.accepts_user().then(|| quote!(AcceptsUserToken,));
    let vendor = ident(&format!("{:?}", api.vendor));
    quote! {
        use openplat_core::{
            #app #user Call, #vendor, Method, Operation, OperationMeta, Parts, Sender
        };
    }
}

fn declaration(api: &Api, operation: &Operation) -> TokenStream {
    let docs = docs::attributes(&docs::operation(api, operation));
    let (name, id) = (ident(&operation.name), &operation.id);
    let fields = operation.fields().map(|field| {
        let (name, ty) = (ident(&field.rust), field_type(field));
        quote!(#name: #ty)
    });
    let default = operation.fields().all(|field| !field.required).then(|| quote!(, Default));
    // rustdoc refuses an alias that says nothing new.
    let alias = (operation.id != operation.name).then(|| quote!(#[doc(alias = #id)]));
    quote! {
        #docs
        #alias
        #[derive(Debug, Clone #default)]
        #[must_use = "a request does nothing until it is sent and awaited"]
        pub struct #name { #(#fields),* }
    }
}

fn output(operation: &Operation) -> TokenStream {
    operation.output.as_ref().map_or_else(|| quote!(()), value_type)
}

fn methods(operation: &Operation, new: &TokenStream, setters: &TokenStream) -> TokenStream {
    let (name, output) = (ident(&operation.name), output(operation));
    quote! {
        impl #name {
            #new
            #setters
            #[doc = " Makes the call through a client; await it for the answer."]
            pub fn send(&self, client: &impl Sender<Self>) -> Call<#output> {
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
    let example = operation.response_example.as_ref().map(|example| {
        let example = json_literal(example);
        quote!(#[cfg(feature = "examples")] const EXAMPLE: Option<&'static str> = Some(#example);)
    });
    let encode = encode(operation);
    // An operation that sends nothing but its method and path has no parts to fill.
    let parts = if encode.is_empty() { quote!(_parts) } else { quote!(parts) };
    quote! {
        impl Operation for #name {
            type Vendor = #vendor;
            type Output = #output;
            const META: &'static OperationMeta =
                &OperationMeta::new(#id, Method::#method, #template)
                    #idempotent
                    .api(&crate::generated::error_code::API);
            #example

            fn encode(&self, #parts: &mut Parts) { #encode }
        }
    }
}

fn encode(operation: &Operation) -> TokenStream {
    let params = operation.params.iter().map(|field| {
        let name = ident(&field.rust);
        quote!(parts.path(&self.#name);)
    });
    let query = operation.query.iter().map(|field| {
        let (name, wire) = (ident(&field.rust), &field.wire);
        match field.dedupe {
            true => quote!(parts.dedupe_query(#wire, &self.#name);),
            false => quote!(parts.query(#wire, &self.#name);),
        }
    });
    let body = operation.body.as_ref().map(|fields| {
        let fields = fields.iter().map(|field| {
            let (name, wire) = (ident(&field.rust), &field.wire);
            match (field.required, field.dedupe) {
                (true, _) => quote!(.field(#wire, &self.#name)),
                (false, true) => quote!(.dedupe(#wire, &self.#name)),
                (false, false) => quote!(.optional(#wire, &self.#name)),
            }
        });
        quote!(parts.body() #(#fields)*;)
    });
    quote!(#(#params)* #(#query)* #body)
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
