//! Events and callbacks.

use super::super::diagnostic::Diagnostic;
use super::super::document::Document;
use super::super::ir::{Event, Field, Home, Kind, Model, Part, Reference, Type, TypeDef};
use super::super::load::Sourced;
use super::super::naming;
use super::super::source::Pointer;
use super::super::spec::{self, EventSchema, Vendor};
use super::operation::is_scalar;
use super::{Lowering, Position, Presence, stem};
use crate::files::slashes;

/// The variants that every enum of events has.
const VARIANTS: [&str; 2] = ["Unknown", "Unreadable"];

/// The type that core gives to what comes without an envelope.
const CARD: &str = "card.action.trigger_v1";

impl<'a> Lowering<'a> {
    pub(super) fn events(&mut self) -> Vec<Event> {
        let specs = self.specs;
        specs.events.events.iter().map(|file| self.event(file)).collect()
    }

    fn event(&mut self, file: &'a Sourced<spec::Event>) -> Event {
        let Sourced { spec, document } = file;
        let root = Pointer::default();
        self.check_event_name(spec, document);
        self.check_event_schema(spec, document);
        self.check_replaced_by(spec, document);
        self.check_dedupe_pointer(spec, document);
        let doc = self.doc_of(&spec.rust, &spec.doc, document, &root);
        let fields = self.members(&spec.fields, document, "fields");
        for field in fields.iter().filter(|field| field.nullable) {
            let pointer = root.join("fields").join(field.index);
            self.report_never_sent(field, &spec.rust, document, &pointer);
        }
        let mut types = vec![TypeDef::Model(Model {
            name: spec.rust.clone(),
            doc: doc.clone(),
            part: None,
            fields,
            in_requests: false,
            example: None,
        })];
        let answer = self.answer(spec, document, &mut types);
        types.extend(self.type_defs(&spec.types, document));
        Event {
            spec_path: slashes(&document.path),
            file: naming::field(&spec.rust),
            id: spec.id.clone(),
            name: spec.rust.clone(),
            aliases: self.aliases(&spec.aliases, [&spec.rust, &spec.id], document),
            doc,
            source: self.source(&spec.source, document),
            schema: spec.schema,
            scopes: spec.scopes.clone(),
            field_scopes: spec.field_scopes.clone(),
            replaced_by: spec.replaced_by.clone(),
            dedupe: spec.dedupe.clone(),
            answer,
            types,
            example: spec.example.clone(),
            answers: Vec::new(),
        }
    }

    fn check_event_name(&mut self, spec: &spec::Event, document: &Document) {
        let root = Pointer::default();
        let is_known = self.check_id(&spec.id, document) && !document.is_doubtful(&root.join("id"));
        if is_known && stem(document) != spec.id {
            let message = format!("describes `{}`, which is not its name", spec.id);
            let hint = format!("name the file `{}.json`, or correct the `id`", spec.id);
            self.diagnostics.push(Diagnostic::file(&document.path, message).hint(hint));
        }
        let place = document.value(&root.join("rust"));
        let is_free = !VARIANTS.contains(&spec.rust.as_str());
        if naming::is_pascal_case(&spec.rust) && is_free {
            self.claim(&spec.rust, format!("the event of {}", slashes(&document.path)), place);
        } else {
            let message = format!("`{}` cannot be the Rust name of an event", spec.rust);
            let hint = "name it in PascalCase, other than `Unknown` and `Unreadable`";
            self.report(place, message, hint);
        }
    }

    fn check_event_schema(&mut self, spec: &spec::Event, document: &Document) {
        let root = Pointer::default();
        let api = &self.specs.api;
        let vendor_is_known = !api.document.is_doubtful(&root.join("vendor"));
        if vendor_is_known && api.spec.vendor != Vendor::Feishu {
            let message = format!("`{}` is an envelope of Feishu", spec.schema.as_str());
            let hint = "the specs describe events of Feishu; those of DingTalk are read as JSON";
            self.report(document.value(&root.join("schema")), message, hint);
        }
        if spec.schema == EventSchema::Card && spec.id != CARD {
            let message = format!("`{}` cannot be recognized without an envelope", spec.id);
            let hint = format!("only `{CARD}` comes without one; correct the `schema` or the `id`");
            self.report(document.value(&root.join("schema")), message, hint);
        }
    }

    fn check_replaced_by(&mut self, spec: &spec::Event, document: &Document) {
        let Some(id) = &spec.replaced_by else { return };
        let mut others = self.specs.events.events.iter();
        if *id == spec.id || !others.any(|other| other.spec.id == *id) {
            let place = document.value(&Pointer::default().join("replaced_by"));
            let message = format!("unknown event `{id}`");
            self.report(place, message, "name the `id` of another event of this API");
        }
    }

    /// A key that leads nowhere would let every repetition through.
    fn check_dedupe_pointer(&mut self, spec: &'a spec::Event, document: &Document) {
        let Some(pointer) = &spec.dedupe else { return };
        let root = Pointer::default();
        if document.is_doubtful(&root.join("fields")) || document.is_doubtful(&root.join("types")) {
            return;
        }
        let mut steps = pointer.split('/');
        let mut fields = Some(&spec.fields);
        let mut found = None;
        let is_absolute = steps.next() == Some("");
        for step in steps {
            found = fields.into_iter().flatten().find(|field| field.name == step);
            let ty = found.and_then(|field| self.types.get(field.ty.as_str()));
            fields = ty.and_then(|declared| declared.spec.fields.as_ref());
        }
        if !is_absolute || !found.is_some_and(|field| matches!(field.ty.as_str(), "string" | "int"))
        {
            let place = document.value(&root.join("dedupe"));
            let message = format!("`{pointer}` leads to no field that could be a key");
            let hint = "write a JSON pointer to a `string` or an `int` of the payload, such as \
                        `/message/message_id`";
            self.report(place, message, hint);
        }
    }

    /// The fields of a model that an event declares on its own.
    fn members(
        &mut self,
        fields: &'a [spec::Field],
        document: &'a Document,
        key: &str,
    ) -> Vec<Field> {
        let pointer = Pointer::default().join(key);
        let fields = self.fields(fields, document, &pointer, Position::Model);
        self.check_struct(&[(pointer, &fields)], document);
        fields
    }

    fn answer(
        &mut self,
        spec: &'a spec::Event,
        document: &'a Document,
        types: &mut Vec<TypeDef>,
    ) -> Option<Type> {
        let root = Pointer::default();
        if let (Some(_), Some(_)) = (&spec.answer, &spec.answer_type) {
            let place = document.key(&root.join("answer_type"));
            let message = "the answer is given twice".to_owned();
            self.report(place, message, "keep either `answer` or `answer_type`");
        }
        if let Some(text) = &spec.answer_type {
            let pointer = root.join("answer_type");
            let ty = self.ty(text, document, &pointer)?;
            if is_scalar(&ty) {
                let message = format!("`{text}` cannot be the whole of an answer");
                let hint = "name a model, or `json` if programs build the answer themselves";
                self.report(document.value(&pointer), message, hint);
            }
            return Some(ty);
        }
        let fields = spec.answer.as_ref()?;
        let name = format!("{}Answer", spec.rust);
        let place = document.key(&root.join("answer"));
        self.claim(&name, format!("the answer to `{}`", spec.rust), place.clone());
        let fields = self.members(fields, document, "answer");
        self.claim_required(&name, fields.iter(), place);
        for field in fields.iter().filter(|field| field.presence == Presence::Always) {
            let pointer = root.join("answer").join(field.index).join("always");
            let message = format!("`always` says nothing about `{}`", field.wire);
            let hint = "an answer is sent: a field that must be set is `required`";
            self.report(document.key(&pointer), message, hint);
        }
        types.push(TypeDef::Model(Model {
            name: name.clone(),
            doc: String::new(),
            part: Some(Part::AnswerTo(spec.rust.clone())),
            fields,
            in_requests: true,
            example: None,
        }));
        Some(Type::Named(Reference { name, kind: Kind::Model, home: Home::Local }))
    }
}
