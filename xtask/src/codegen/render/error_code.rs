//! The error codes of an API: an open enum for the caller, a table for the client.

use quote::quote;

use super::types::open_enum;
use super::{File, ident, in_crate};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{Api, Enum, Variant};

const DOC: &str = "The error codes that the documentation of this API names.

[`Error::code`](openplat_core::Error::code) returns the code of an error. The search of these docs
finds a variant by its code on the wire.";

pub fn file(api: &Api) -> File {
    let variants = api.codes.iter().map(|code| Variant {
        deprecated: None,
        rust: code.variant.clone(),
        value: code.code.clone(),
        doc: format!("`{}`: {}\n\n{}", code.code, code.doc, code.advice),
    });
    let codes = Enum {
        name: "ErrorCode".to_owned(),
        doc: String::new(),
        ignore_case: false,
        int: false,
        variants: variants.collect(),
        slips: Vec::new(),
    };
    let table = api.codes.iter().map(|code| {
        let (text, http, advice) = (&code.code, code.http, &code.advice);
        let kind = ident(&format!("{:?}", code.kind));
        let http = proc_macro2::Literal::u16_unsuffixed(http);
        quote!(CodeMeta::new(#text, #http, ErrorKind::#kind, #advice))
    });
    let kind = (!api.codes.is_empty()).then(|| quote!(, ErrorKind));
    let items = vec![
        Item::Tokens(quote!(
            use openplat_core::{ApiMeta, CodeMeta #kind};
        )),
        open_enum(&docs::lines(DOC), &codes),
        Item::Tokens(quote!(
            pub(crate) const API: ApiMeta = ApiMeta::new(CODES);
        )),
        Item::Tokens(quote!(const CODES: &[CodeMeta] = &[#(#table),*];)),
    ];
    in_crate(api, "error_code.rs", &format!("specs/{}/api.json", api.name), &[], items)
}
