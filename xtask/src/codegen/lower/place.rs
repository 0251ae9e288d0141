//! The types and marks that a field may have, and the place that it is sent in.

use super::super::document::Document;
use super::super::ir::{Counts, Kind, Type};
use super::super::naming;
use super::super::source::Pointer;
use super::super::spec;
use super::{Lowering, Position, RESERVED, limits};

/// A field whose type is known, and where it stands.
struct Placed<'f> {
    spec: &'f spec::Field,
    ty: &'f Type,
    position: Position,
    document: &'f Document,
    pointer: &'f Pointer,
}

impl Lowering<'_> {
    /// Reports a type or a mark that has no meaning where the field stands.
    pub(super) fn check_place(
        &mut self,
        spec: &spec::Field,
        ty: &Type,
        position: Position,
        document: &Document,
        pointer: &Pointer,
    ) {
        let field = Placed { spec, ty, position, document, pointer };
        self.check_always(&field);
        self.check_default(&field);
        self.check_file(&field);
        self.check_id_and_type(&field);
        self.check_url(&field);
        self.check_dedupe(&field);
        self.check_nullable(&field);
        self.check_limits(&field);
        self.check_counts(&field);
    }

    fn report_key(&mut self, field: &Placed<'_>, key: &str, message: String, hint: &str) {
        let place = field.document.key(&field.pointer.join(key));
        self.report(place, message, hint);
    }

    fn report_type(&mut self, field: &Placed<'_>, message: String, hint: &str) {
        let place = field.document.value(&field.pointer.join("type"));
        self.report(place, message, hint);
    }

    fn check_always(&mut self, field: &Placed<'_>) {
        let name = &field.spec.name;
        let has_no_default = |ty: &Type| matches!(ty, Type::Named(_));
        if field.spec.always && field.position != Position::Model {
            let message = format!("`always` says nothing about `{name}`");
            let hint = "it is for responses; a parameter that must be sent is `required`";
            self.report_key(field, "always", message, hint);
        } else if field.spec.always
            && matches!(field.ty, Type::Text(inner) if has_no_default(inner))
        {
            let message = format!("`{name}` has no value if the string is empty");
            let hint = "vendors send an empty string instead of JSON; drop `always`";
            self.report_key(field, "always", message, hint);
        }
    }

    fn check_default(&mut self, field: &Placed<'_>) {
        if field.spec.required && field.spec.default.is_some() {
            let message = format!("`{}` is required and has a default", field.spec.name);
            let hint =
                "a default is what the vendor assumes when nothing is sent; drop one of the two";
            self.report_key(field, "default", message, hint);
        }
    }

    fn check_file(&mut self, field: &Placed<'_>) {
        if *field.ty != Type::File {
            return;
        }
        if field.position != Position::Body {
            let message = "a file cannot be sent here".to_owned();
            let hint = "files are fields of a `body`, which is then sent as a form; a response \
                        that is a file has `\"response_type\": \"file\"`";
            self.report_type(field, message, hint);
        }
        let samples = [("example", &field.spec.example), ("default", &field.spec.default)];
        for (key, _) in samples.into_iter().filter(|(_, sample)| sample.is_some()) {
            let hint = "a spec cannot contain a file; drop the key";
            self.report_key(field, key, format!("a file has no `{key}`"), hint);
        }
    }

    fn check_id_and_type(&mut self, field: &Placed<'_>) {
        if field.position != Position::Model {
            return;
        }
        if is_id(field.ty) {
            let message = "an ID that travels with its type is not allowed here".to_owned();
            let hint = "it is a field of a request; in a model or a response the ID is a `string`, \
                        and its type a field of its own";
            self.report_type(field, message, hint);
        }
        if field.spec.type_of.is_some() {
            let message = format!("`type_of` says nothing about `{}`", field.spec.name);
            self.report_key(field, "type_of", message, "it is for fields of a request; drop it");
        }
    }

    fn check_url(&mut self, field: &Placed<'_>) {
        let hint = match field.position {
            Position::Path => "a path parameter is a string, a number, a bool or an enum",
            Position::Query => {
                "a query parameter is a string, a number, a bool, an enum, or a list of these"
            }
            Position::Body | Position::Model => return,
        };
        // For a file, this fault was reported already.
        if *field.ty != Type::File && !fits_url(field.ty, field.position) {
            let message = format!("`{}` cannot be sent in the URL", field.spec.ty);
            self.report_type(field, message, hint);
        }
    }

    fn check_dedupe(&mut self, field: &Placed<'_>) {
        let may_dedupe = matches!(field.position, Position::Query | Position::Body)
            && *field.ty == Type::String
            && !field.spec.required;
        if field.spec.dedupe && !may_dedupe {
            let message = format!("`{}` cannot be an idempotency key", field.spec.name);
            let hint = "an idempotency key is an optional string in the query or the body";
            self.report_key(field, "dedupe", message, hint);
        }
    }

    fn check_nullable(&mut self, field: &Placed<'_>) {
        let spec = field.spec;
        let is_sent_always = spec.required || spec.always || spec.dedupe || spec.type_of.is_some();
        let may_be_null = matches!(field.position, Position::Body | Position::Model)
            && !is_sent_always
            && !is_id(field.ty)
            && !matches!(field.ty, Type::File | Type::Json | Type::Text(_));
        if spec.nullable && !may_be_null {
            let message = format!("`{}` cannot be cleared with `null`", spec.name);
            let hint = "that is for optional members of JSON bodies, other than `json`, JSON in a \
                        string, and an ID with its type";
            self.report_key(field, "nullable", message, hint);
        }
    }

    fn check_counts(&mut self, field: &Placed<'_>) {
        let spec = field.spec;
        let is_time = spec.counts.is_some_and(|counts| counts != Counts::Items);
        let may_count = *field.ty == Type::String || *field.ty == Type::Int && is_time;
        if spec.counts.is_some() && !may_count {
            let message = format!("`counts` says nothing about `{}`", spec.name);
            let hint = "it is for a string that holds a number, and for an `int` that is a time";
            self.report_key(field, "counts", message, hint);
        }
        let Some(accessor) = &spec.accessor else { return };
        let is_name = naming::is_snake_case(accessor) && !RESERVED.contains(&accessor.as_str());
        if !is_time || field.position != Position::Model || !is_name {
            let message = format!("`{}` cannot be read by `{accessor}`", spec.name);
            let hint = "an accessor is a method such as `created_at`, for a field of a model that \
                        `counts` seconds or milliseconds";
            self.report_key(field, "accessor", message, hint);
        }
    }

    fn check_limits(&mut self, field: &Placed<'_>) {
        let spec = field.spec;
        let has_range = limits::has_range(field.ty);
        let has_length = limits::Of::ty(field.ty) != limits::Of::Nothing;
        for (key, is_there, fits) in [
            ("min", spec.min.is_some(), has_range),
            ("max", spec.max.is_some(), has_range),
            ("min_length", spec.min_length.is_some(), has_length),
            ("max_length", spec.max_length.is_some(), has_length),
        ] {
            if is_there && !fits {
                let hint = "numbers, and strings that hold one, have `min` and `max`; strings and \
                            lists have `min_length` and `max_length`";
                self.report_key(field, key, format!("`{}` has no `{key}`", spec.ty), hint);
            }
        }
        for (key, leaves_nothing) in [
            ("min", limits::leave_nothing(spec.min, spec.max)),
            ("min_length", limits::leave_nothing(spec.min_length, spec.max_length)),
        ] {
            if leaves_nothing {
                let message = format!("the limits of `{}` allow no value", spec.name);
                let hint = "the least is greater than the greatest; correct one of them";
                self.report_key(field, key, message, hint);
            }
        }
    }
}

/// Whether it is an ID that travels with its type.
pub(super) fn is_id(ty: &Type) -> bool {
    matches!(ty, Type::Named(reference) if reference.kind == Kind::Id)
}

pub(super) fn fits_url(ty: &Type, position: Position) -> bool {
    match ty {
        Type::String | Type::Int | Type::Float | Type::Bool => true,
        Type::Named(reference) => reference.kind != Kind::Model,
        Type::List(item) => position == Position::Query && fits_url(item, Position::Path),
        Type::Text(_) => position == Position::Query,
        Type::Map(_) | Type::Json | Type::Record | Type::File => false,
    }
}
