//! References between models.

use std::collections::HashSet;

use super::super::ir::{Api, Field, Kind, Model, Operation, Type, TypeDef};

/// Marks the models that callers build. It decides about constructor and setters alone: what a
/// model looks like depends on its own spec, so that a new use of it is no breaking change.
pub fn mark_sent(api: &mut Api) {
    let operations = api.modules.iter().flat_map(|module| &module.operations);
    let types = operations.flat_map(Operation::fields).map(|field| &field.ty);
    let answers = api.events.iter().filter_map(|event| event.answer.as_ref());
    let sent = reachable(api, types.chain(answers).filter_map(model_of), &model_below);
    for model in models_mut(api) {
        model.in_requests = sent.contains(&model.name);
    }
}

/// Boxes the fields through which a model would contain itself and so have no size.
pub fn box_cycles(api: &mut Api) {
    let models = api.type_defs().filter_map(TypeDef::as_model);
    let fields = models.flat_map(|model| model.fields.iter().map(move |field| (model, field)));
    let boxed: HashSet<(String, String)> = fields
        .filter(|(model, field)| leads_back(api, model, field, &model_within))
        .map(|(model, field)| (model.name.clone(), field.rust.clone()))
        .collect();
    for model in models_mut(api) {
        for field in &mut model.fields {
            field.boxed = boxed.contains(&(model.name.clone(), field.rust.clone()));
        }
    }
}

/// Whether a `model` could never be built, because the field requires another one first.
pub fn requires_itself(api: &Api, model: &Model, field: &Field) -> bool {
    leads_back(api, model, field, &|field| field.required.then(|| model_within(field)).flatten())
}

fn leads_back(api: &Api, model: &Model, field: &Field, step: &Step) -> bool {
    step(field).is_some_and(|first| reachable(api, [first], step).contains(&model.name))
}

/// The model to which a field leads, if that is of interest.
type Step = dyn Fn(&Field) -> Option<&str>;

/// The models that can be met on the way down from `first`, these included.
fn reachable<'a>(
    api: &'a Api,
    first: impl IntoIterator<Item = &'a str>,
    step: &Step,
) -> HashSet<String> {
    let mut pending: Vec<&str> = first.into_iter().collect();
    let mut seen = HashSet::new();
    while let Some(name) = pending.pop() {
        if let Some(model) = api.model(name)
            && seen.insert(name.to_owned())
        {
            pending.extend(model.fields.iter().filter_map(step));
        }
    }
    seen
}

/// The model of a field, in lists and maps as well.
fn model_below(field: &Field) -> Option<&str> {
    model_of(&field.ty)
}

fn model_of(ty: &Type) -> Option<&str> {
    let reference = ty.reference().filter(|reference| reference.kind == Kind::Model);
    reference.map(|reference| reference.name.as_str())
}

/// The model that a field holds itself, and not at the end of a list or map.
fn model_within(field: &Field) -> Option<&str> {
    matches!(field.ty.contents(), Type::Named(_)).then(|| model_below(field)).flatten()
}

fn models_mut(api: &mut Api) -> impl Iterator<Item = &mut Model> {
    let local = api.modules.iter_mut().flat_map(|module| &mut module.operations);
    let local = local.flat_map(|operation| &mut operation.types);
    let of_events = api.events.iter_mut().flat_map(|event| &mut event.types);
    let shared = api.types.iter_mut().chain(&mut api.event_types);
    let shared = shared.flat_map(|file| &mut file.types);
    shared.chain(local).chain(of_events).filter_map(|def| match def {
        TypeDef::Model(model) => Some(model),
        TypeDef::Enum(_) | TypeDef::Id(_) => None,
    })
}
