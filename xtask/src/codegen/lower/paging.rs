//! The pagination of operations.

use super::super::diagnostic::one_of;
use super::super::document::Document;
use super::super::ir::{Api, Field, Operation, Paging, PagingBy, Presence, Type};
use super::super::load::Sourced;
use super::super::source::Pointer;
use super::super::spec;
use super::Lowering;
use crate::files::slashes;

impl Lowering<'_> {
    /// Finds the fields that `pages` names. Only possible when all types are there.
    pub(super) fn page(&mut self, api: &mut Api) {
        let specs = self.specs;
        // With another fault, the fields of a response are not certain.
        if specs.share_doubts(self.diagnostics) {
            return;
        }
        for Sourced { spec, document } in &specs.endpoints {
            let Some(pages) = &spec.pages else { continue };
            if self.diagnostics.concern(&document.path) {
                continue;
            }
            let path = slashes(&document.path);
            let is_meant = |operation: &&Operation| operation.spec_path == path;
            let mut operations = api.modules.iter().flat_map(|module| &module.operations);
            let Some(operation) = operations.find(is_meant) else { continue };
            let paging = self.paging(api, operation, pages, document);
            let mut operations = api.modules.iter_mut().flat_map(|module| &mut module.operations);
            if let Some(operation) = operations.find(|operation| operation.spec_path == path) {
                operation.paging = paging;
            }
        }
    }

    fn paging(
        &mut self,
        api: &Api,
        operation: &Operation,
        pages: &spec::Pages,
        document: &Document,
    ) -> Option<Paging> {
        let Some(answer) = answer_fields(api, operation) else {
            let message = "the response has no fields that lead to a next page".to_owned();
            let hint = "`pages` is for responses that are a model: with `response`, or with a \
                        model as `response_type`";
            self.report(document.key(&Pointer::default().join("pages")), message, hint);
            return None;
        };
        let request: Vec<&Field> = operation.fields().collect();
        let mut find = |key: &str, name: &String, fields: &[&Field], fits: &Fits| {
            self.page_field(key, name, fields, fits, document)
        };
        let items = find("items", &pages.items, &answer, &LIST);
        let more = pages.more.as_ref().map(|more| find("more", more, &answer, &BOOL));
        let flag = pages.flag.as_ref().map(|flag| find("flag", flag, &request, &FLAG));
        let by = match (&pages.token, &pages.next, &pages.offset, &pages.total) {
            (Some(token), Some(next), None, None) => {
                let request = find("token", token, &request, &TOKEN);
                let next = find("next", next, &answer, &STRING);
                PagingBy::Token { request: request?, next: next? }
            }
            (None, None, Some(offset), total) => {
                let request = find("offset", offset, &request, &NUMBER);
                let total = total.as_ref().map(|total| find("total", total, &answer, &NUMBER));
                PagingBy::Offset { request: request?, total: total.flatten() }
            }
            _ => {
                let message = "it is not clear how to get to the next page".to_owned();
                let hint = "name either `token` and `next`, or `offset` and possibly `total`";
                self.report(document.key(&Pointer::default().join("pages")), message, hint);
                return None;
            }
        };
        let items = items?;
        let item = list_item(&items.ty)?.clone();
        Some(Paging { items, item, more: more.flatten(), flag: flag.flatten(), by })
    }

    fn page_field(
        &mut self,
        key: &str,
        name: &str,
        fields: &[&Field],
        fits: &Fits,
        document: &Document,
    ) -> Option<Field> {
        let place = || document.value(&Pointer::default().join("pages").join(key));
        match fields.iter().find(|field| field.wire == name) {
            Some(field) if (fits.test)(field) && !field.nullable => Some((*field).clone()),
            Some(field) => {
                let also = match field {
                    Field { required: true, .. } => ", and required",
                    Field { nullable: true, .. } => ", and nullable",
                    _ => "",
                };
                let message = format!("`{name}` is of the type `{}`{also}", field.ty.spec_name());
                self.report(place(), message, format!("`{key}` has to be {}", fits.meaning));
                None
            }
            None => {
                let known = one_of(fields.iter().map(|field| field.wire.as_str()));
                let message = format!("unknown field `{name}`");
                self.report(
                    place(),
                    message,
                    format!("`{key}` is {}; available: {known}", fits.meaning),
                );
                None
            }
        }
    }
}

/// The requirement of a field for its part in pagination.
struct Fits {
    meaning: &'static str,
    test: fn(&Field) -> bool,
}

const LIST: Fits = Fits {
    meaning: "a list in the response",
    test: |field| list_item(&field.ty).is_some() && field.presence != Presence::Optional,
};
const BOOL: Fits = Fits { meaning: "a bool in the response", test: |field| field.ty == Type::Bool };
const FLAG: Fits = Fits {
    meaning: "an optional bool in the request",
    test: |field| field.ty == Type::Bool && !field.required,
};
const STRING: Fits =
    Fits { meaning: "a string in the response", test: |field| field.ty == Type::String };
const TOKEN: Fits = Fits {
    meaning: "an optional string in the request",
    test: |field| field.ty == Type::String && !field.required,
};
const NUMBER: Fits = Fits {
    meaning: "an int, or a string that holds one",
    test: |field| matches!(field.ty, Type::Int | Type::String),
};

/// Returns the fields of a response that is a model.
fn answer_fields<'a>(api: &'a Api, operation: &Operation) -> Option<Vec<&'a Field>> {
    let Some(Type::Named(reference)) = &operation.output else { return None };
    Some(api.model(&reference.name)?.fields.iter().collect())
}

/// Returns the type of the items of a list, also of one that is JSON in a string.
fn list_item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(item) => Some(item),
        Type::Text(inner) => list_item(inner),
        _ => None,
    }
}
