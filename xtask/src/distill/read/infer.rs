//! The types of what a JSON sample shows.

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};
use super::report::{RemarkKind, Report};

/// The fields of a sample object. Every type is a guess.
pub(super) fn fields(sample: &Json, report: &mut Report) -> Vec<Param> {
    let fields = merged(std::slice::from_ref(&sample));
    remark(&fields, "", report);
    fields
}

fn remark(fields: &[Param], path: &str, report: &mut Report) {
    for field in fields {
        let path =
            if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        report.add(
            RemarkKind::Sampled,
            field.line,
            format!("`{path}` is taken for {}, as in the sample", field.ty),
        );
        remark(&field.fields, &path, report);
    }
}

/// Whether an object in a sample has keys that name no field, since people choose them.
pub(super) fn has_free_keys(sample: &Json) -> bool {
    objects(&[sample]).iter().any(|object| match &object.kind {
        JsonKind::Object(entries) => entries.iter().any(|(key, _)| key.contains(' ')),
        _ => false,
    })
}

/// The objects in a sample, however deep in lists.
fn objects<'a>(samples: &[&'a Json]) -> Vec<&'a Json> {
    let mut objects = Vec::new();
    for sample in samples {
        match &sample.kind {
            JsonKind::Object(_) => objects.push(*sample),
            JsonKind::Array(items) => {
                objects.extend(self::objects(&items.iter().collect::<Vec<_>>()))
            }
            _ => {}
        }
    }
    objects
}

/// The fields of several samples of one type, in the order in which they first appear.
fn merged(samples: &[&Json]) -> Vec<Param> {
    let mut order: Vec<(&str, Vec<&Json>)> = Vec::new();
    let mut index = std::collections::HashMap::new();
    for object in objects(samples) {
        let JsonKind::Object(entries) = &object.kind else { continue };
        for (key, value) in entries {
            let at = *index.entry(key.as_str()).or_insert_with(|| {
                order.push((key, Vec::new()));
                order.len() - 1
            });
            order[at].1.push(value);
        }
    }
    order.into_iter().map(|(key, values)| param(key, &values)).collect()
}

fn param(name: &str, values: &[&Json]) -> Param {
    let ty = values.iter().map(|value| of(value)).reduce(widest).unwrap_or(Ty::Json);
    let fields = if *ty.element() == Ty::Object { merged(values) } else { Vec::new() };
    // An object of which nothing is known can hold anything.
    let ty = if fields.is_empty() { with_json(ty) } else { ty };
    Param {
        name: name.to_owned(),
        ty,
        fields,
        line: values.first().map_or(0, |value| value.line),
        gloss: values.iter().find_map(|value| value.comment.clone()).unwrap_or_default(),
        ..Param::default()
    }
}

fn with_json(ty: Ty) -> Ty {
    match ty {
        Ty::Object | Ty::Unknown => Ty::Json,
        Ty::List(of) => Ty::list(with_json(*of)),
        Ty::Map(of) => Ty::map(with_json(*of)),
        ty => ty,
    }
}

/// The type of one sample.
pub(super) fn of(sample: &Json) -> Ty {
    match &sample.kind {
        JsonKind::Null => Ty::Unknown,
        JsonKind::Bool(_) => Ty::Bool,
        JsonKind::Number(number) if number.is_f64() => Ty::Float,
        JsonKind::Number(_) => Ty::Int,
        JsonKind::String(_) => Ty::String,
        JsonKind::Object(_) => Ty::Object,
        JsonKind::Array(items) => {
            Ty::list(items.iter().map(of).reduce(widest).unwrap_or(Ty::Unknown))
        }
    }
}

/// The type that has both.
fn widest(a: Ty, b: Ty) -> Ty {
    match (a, b) {
        (a, b) if a == b => a,
        (Ty::Unknown, known) | (known, Ty::Unknown) => known,
        (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) => Ty::Float,
        (Ty::List(a), Ty::List(b)) => Ty::list(widest(*a, *b)),
        _ => Ty::Json,
    }
}

/// Whether a sample can be of the type. Numbers as text and text as numbers are a matter of taste
/// that answers need not agree on, so `strict` is for requests alone.
pub(super) fn agrees(ty: &Ty, sample: &Json) -> bool {
    match (ty, &sample.kind) {
        (Ty::Unknown | Ty::Json | Ty::File, _) | (_, JsonKind::Null) => true,
        (Ty::String, JsonKind::String(_))
        | (Ty::Bool, JsonKind::Bool(_))
        | (Ty::Float, JsonKind::Number(_)) => true,
        (Ty::Int, JsonKind::Number(number)) => !number.is_f64(),
        (Ty::Object | Ty::Map(_), JsonKind::Object(_)) => true,
        (Ty::List(of), JsonKind::Array(items)) => items.iter().all(|item| agrees(of, item)),
        _ => false,
    }
}
