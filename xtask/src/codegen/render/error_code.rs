//! The error codes of an API: an open enum for the caller, a table for the client. Those of a
//! platform are a table.

use std::path::{Path, PathBuf};

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::types::open_enum;
use super::{File, ident, in_crate};
use crate::codegen::docs;
use crate::codegen::emit::{self, Item};
use crate::codegen::ir::{Api, Enum, ErrorKind, Variant, Vendor};
use crate::codegen::load::codes_file;

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
    let table = api.codes.iter().map(|code| meta(&code.code, code.http, code.kind, &code.advice));
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

/// Returns the table of each platform in the transport crate. All APIs of a platform have the same
/// common codes.
pub fn common(apis: &[Api]) -> Vec<File> {
    let of = |vendor: Vendor| apis.iter().find(|api| api.vendor == vendor);
    let apis = Vendor::ALL.into_iter().filter_map(of);
    apis.filter(|api| !api.common_codes.is_empty()).map(common_of).collect()
}

fn common_of(api: &Api) -> File {
    let codes = api.common_codes.iter();
    let table = codes.map(|code| meta(&code.code, code.http, code.kind, &code.advice));
    let items = vec![
        Item::Tokens(quote!(
            use crate::error::ErrorKind;
        )),
        Item::Tokens(quote!(
            use crate::meta::CodeMeta;
        )),
        Item::Tokens(quote! {
            /// The codes that any operation can respond with, sorted. Those of an API are in its crate.
            pub(super) const COMMON_CODES: &[CodeMeta] = &[#(#table),*];
        }),
    ];
    let origin = codes_file(Path::new("specs"), api.vendor).display().to_string();
    File {
        path: PathBuf::from(format!("crates/core/src/vendor/{}/codes.rs", api.vendor.as_str())),
        contents: emit::file(&origin, &[], items),
    }
}

fn meta(code: &str, http: u16, kind: ErrorKind, advice: &str) -> TokenStream {
    let http = Literal::u16_unsuffixed(http);
    let kind = ident(&format!("{kind:?}"));
    quote!(CodeMeta::new(#code, #http, ErrorKind::#kind, #advice))
}
