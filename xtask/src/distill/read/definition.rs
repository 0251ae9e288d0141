//! The machine-readable definition of some of Feishu's operations, which the vendor's own tools use.
//! Pages are compared with it; no spec is made of it, since it has neither codes nor samples.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::facts::{Endpoint, NamedValue, Param, Token, Ty};
use super::report::{Remark, RemarkKind};
use super::vocabulary;

/// An operation as the vendor's tools know it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// In upper case.
    #[serde(rename = "httpMethod")]
    pub method: String,
    /// The whole path, its parameters as `{name}`.
    pub path: String,
    parameters: Option<Members>,
    request_body: Option<Members>,
    response_body: Option<Members>,
    access_tokens: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
}

type Members = BTreeMap<String, Member>;

#[derive(Debug, Deserialize)]
struct Member {
    #[serde(rename = "type", default)]
    ty: String,
    /// Of a parameter: `path` or `query`.
    location: Option<String>,
    #[serde(default)]
    required: bool,
    /// The documented values.
    options: Option<Vec<Choice>>,
    /// The members of the object, or of the objects in the list.
    properties: Option<Members>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    value: String,
}

#[derive(Deserialize)]
struct File {
    services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    service_path: String,
    #[serde(default)]
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    methods: BTreeMap<String, Operation>,
}

/// Reads the operations of a definition, in the envelope it is sent with or without; `None` if the
/// file is something else, or why it cannot be read.
pub fn read(bytes: &[u8]) -> Option<Result<Vec<Operation>, String>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('{') {
        return None;
    }
    let mut file: serde_json::Value = serde_json::from_str(text).ok()?;
    let file = match file.get_mut("data") {
        Some(data) => data.take(),
        None => file,
    };
    file.get("services")?;
    // The error may quote the vendor.
    let file = File::deserialize(file)
        .map_err(|_| "a definition of operations in a form that is not known".to_owned());
    Some(file.map(operations))
}

fn operations(file: File) -> Vec<Operation> {
    let resources = file.services.into_iter().flat_map(|service| {
        let path = service.service_path.trim_end_matches('/').to_owned();
        service.resources.into_values().map(move |resource| (path.clone(), resource))
    });
    let operations = resources.flat_map(|(service, resource)| {
        resource.methods.into_values().map(move |operation| Operation {
            path: format!("{service}/{}", operation.path.trim_start_matches('/')),
            ..operation
        })
    });
    operations.collect()
}

impl Operation {
    /// Says where a page of the operation differs.
    pub fn compare(&self, page: &Endpoint) -> Vec<Remark> {
        let mut remarks = Comparison { line: page.line, remarks: Vec::new() };
        let none = Members::new();
        let parameters = self.parameters.as_ref().unwrap_or(&none);
        for (place, fields) in [("path", &page.params), ("query", &page.query)] {
            let is_here = |member: &Member| member.location.as_deref() == Some(place);
            let members = parameters.iter().filter(|(_, member)| is_here(member));
            remarks.members(place, fields, &members.collect(), true);
        }
        if !page.body_list {
            let members = self.request_body.as_ref().unwrap_or(&none);
            remarks.members("body", &page.body, &members.iter().collect(), true);
        }
        if let Some(members) = &self.response_body {
            remarks.members("response", &page.response, &members.iter().collect(), false);
        }
        remarks.tokens(page, self.access_tokens.as_deref().unwrap_or_default());
        remarks.scopes(page, self.scopes.as_deref().unwrap_or_default());
        remarks.remarks
    }
}

struct Comparison {
    /// Of what the page does not have.
    line: usize,
    remarks: Vec<Remark>,
}

impl Comparison {
    fn say(&mut self, line: usize, message: String) {
        self.remarks.push(Remark { line, kind: RemarkKind::Conflict, message });
    }

    fn members(
        &mut self,
        place: &str,
        fields: &[Param],
        members: &BTreeMap<&String, &Member>,
        is_sent: bool,
    ) {
        for (name, member) in members {
            if fields.iter().all(|field| field.name != **name) {
                // It does not say what a list holds.
                let ty = member.ty().to_string().replace("<unknown>", "");
                let required = if member.required && is_sent { ", required" } else { "" };
                let message = format!(
                    "the vendor's definition has `{place}/{name}` ({ty}{required}), the page has not"
                );
                self.say(self.line, message);
            }
        }
        for field in fields {
            match members.get(&field.name) {
                Some(member) => self.member(place, field, member, is_sent),
                None => {
                    let name = &field.name;
                    let message = format!("the vendor's definition has no `{place}/{name}`");
                    self.say(field.line, message);
                }
            }
        }
    }

    fn member(&mut self, place: &str, field: &Param, member: &Member, is_sent: bool) {
        let place = format!("{place}/{}", field.name);
        let ty = member.ty();
        if !agree(&field.ty, &ty) {
            let message = format!(
                "`{place}` is {} on the page and {ty} in the vendor's definition",
                field.ty
            );
            self.say(field.line, message);
        }
        if is_sent && field.required.is_some_and(|required| required != member.required) {
            let (page, other) =
                if member.required { ("optional", "required") } else { ("required", "optional") };
            let message =
                format!("`{place}` is {page} on the page and {other} in the vendor's definition");
            self.say(field.line, message);
        }
        self.values(&place, field, member);
        match &member.properties {
            // Of a map, or of what is wrong altogether.
            Some(members) if field.fields.is_empty() && !members.is_empty() => {
                let names: Vec<_> = members.keys().map(String::as_str).collect();
                let names = names.join("`, `");
                let message = format!("the vendor's definition has `{names}` in `{place}`");
                self.say(field.line, message);
            }
            Some(members) => {
                self.members(&place, &field.fields, &members.iter().collect(), is_sent);
            }
            None => {}
        }
    }

    fn values(&mut self, place: &str, field: &Param, member: &Member) {
        let choices = member.options.as_deref().unwrap_or_default();
        let is_listed = |choice: &&Choice| {
            let same = |value: &NamedValue| value.value == choice.value;
            field.values.iter().any(same)
        };
        let unlisted: Vec<_> = choices.iter().filter(|choice| !is_listed(choice)).collect();
        if !unlisted.is_empty() {
            let values: Vec<_> = unlisted.iter().map(|choice| choice.value.as_str()).collect();
            let values = values.join("`, `");
            let message = format!("the vendor's definition lists `{values}` for `{place}` as well");
            self.say(field.line, message);
        }
    }

    fn tokens(&mut self, page: &Endpoint, names: &[String]) {
        let is_missing = |token: &Token| !names.iter().any(|name| name == token.name());
        let more = names.iter().any(|name| page.tokens.iter().all(|token| token.name() != name));
        if !names.is_empty() && (more || page.tokens.iter().any(is_missing)) {
            let here: Vec<_> = page.tokens.iter().map(|token| token.name()).collect();
            let (here, there) = (here.join(", "), names.join(", "));
            let message =
                format!("the page accepts the tokens `{here}`, the vendor's definition `{there}`");
            self.say(self.line, message);
        }
    }

    fn scopes(&mut self, page: &Endpoint, scopes: &[String]) {
        for scope in scopes.iter().filter(|scope| !page.scopes.contains(scope)) {
            let message = format!("the vendor's definition names the scope `{scope}` as well");
            self.say(self.line, message);
        }
    }
}

impl Member {
    fn ty(&self) -> Ty {
        let object = if self.properties.is_some() { Ty::Object } else { Ty::Unknown };
        match vocabulary::ty(&self.ty.to_lowercase()) {
            Some(Ty::List(_)) => Ty::list(object),
            ty => ty.unwrap_or(object),
        }
    }
}

/// Whether two types can be one, where the definition knows neither maps nor what lists hold.
fn agree(page: &Ty, defined: &Ty) -> bool {
    match (page, defined) {
        (Ty::Unknown | Ty::Json, _) | (_, Ty::Unknown | Ty::Json) => true,
        (Ty::Map(_), Ty::Object) => true,
        (Ty::List(page), Ty::List(defined)) => agree(page, defined),
        (page, defined) => page == defined,
    }
}
