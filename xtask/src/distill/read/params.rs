//! Tables of parameters.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::cell::{self, Rules};
use super::facts::{Param, Ty};
use super::json::{self, Json, JsonKind};
use super::nest::{self, Flat};
use super::report::{RemarkKind, Report};
use super::table::{self, Row, Table};
use super::vocabulary::{self, Column, Mark, Place};
use super::{infer, maps, types, words};

/// The rows of a table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<(Option<Place>, Flat)>,
    /// The type of a row without a name, which stands for the whole.
    pub(super) root: Option<Ty>,
}

impl Rows {
    pub(super) fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
        self.root = self.root.take().or(other.root);
    }
}

pub(super) fn rows(table: &Table, report: &mut Report) -> Rows {
    let columns = table.columns();
    let mut rows = Rows::default();
    for row in &table.rows {
        if is_header(row, &columns) {
            continue;
        }
        let place = cell(row, &columns, Column::Place);
        let place = place.and_then(|cell| vocabulary::place(&words::key(cell)));
        match flat(row, &columns, report) {
            Ok(flat) => rows.rows.push((place, flat)),
            Err(Some(ty)) if rows.root.is_none() && rows.rows.is_empty() => rows.root = Some(ty),
            Err(_) if row.cells.iter().all(|cell| words::bare(cell).is_empty()) => {}
            Err(_) => report.add(RemarkKind::Row, row.line, "a row without a name; it is left out"),
        }
    }
    rows
}

fn cell<'a>(row: &'a Row, columns: &[Column], column: Column) -> Option<&'a str> {
    let at = columns.iter().position(|found| *found == column)?;
    row.cells.get(at).map(String::as_str)
}

/// Some pages print the header again.
fn is_header(row: &Row, columns: &[Column]) -> bool {
    let same = row
        .cells
        .iter()
        .zip(columns)
        .filter(|(cell, column)| table::column(cell) == **column && **column != Column::Other)
        .count();
    same >= 2 && same == columns.len()
}

/// The parameter of a row; without a name, its type.
fn flat(row: &Row, columns: &[Column], report: &mut Report) -> Result<Flat, Option<Ty>> {
    let cell = |column| cell(row, columns, column).unwrap_or_default();
    let types::Named { ty, model } = types::parse(cell(Column::Type));
    let name_cell = words::lines_of(cell(Column::Name));
    let (indent, name) = nest::indented(&name_cell);
    let (name, list) = clean_name(name, row.line, report);
    if name.is_empty() {
        return Err((ty != Ty::Unknown).then_some(ty));
    }
    let ty = if list && !matches!(ty, Ty::List(_)) { Ty::list(ty) } else { ty };
    let rules = cell::read(cell(Column::Text));
    let mut param = Param {
        required: required(row, columns, &name, &rules, report),
        name,
        ty,
        is_int64: types::is_int64(cell(Column::Type)),
        is_number: types::is_number(cell(Column::Type)),
        model,
        line: row.line,
        ..Param::default()
    };
    describe(&mut param, rules, report);
    if carries_token(&param) {
        // Its description names tokens among values and examples as well.
        param.gloss = words::gloss(&words::lines_of(cell(Column::Text)));
    }
    own_columns(&mut param, row, columns);
    Ok(Flat { indent, param })
}

/// Whether a parameter is the header of the access token.
pub(super) fn carries_token(param: &Param) -> bool {
    vocabulary::is_one_of(&param.name.to_lowercase(), vocabulary::TOKEN_HEADERS)
}

/// The name on the wire, and whether `[]` follows it.
fn clean_name(cell: &str, line: usize, report: &mut Report) -> (String, bool) {
    let cell = cell.trim().lines().next().unwrap_or_default();
    let linked = cell
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]("))
        .map_or(cell, |(text, _)| text);
    let name = words::bare(linked);
    let name = name.trim_matches(['~', '"', '“', '”']).trim();
    let first = name.split([' ', '\u{a0}', '（', '(', '，', ',', '：']).next().unwrap_or_default();
    let name = if words::is_identifier(first.trim_end_matches("[]")) && first.len() < name.len() {
        report.add(RemarkKind::Row, line, format!("treating `{first}` as the name in `{name}`"));
        first
    } else {
        name
    };
    let bare = name.trim_end_matches(':');
    match bare.strip_suffix("[]") {
        Some(bare) => (bare.to_owned(), true),
        None => (bare.to_owned(), false),
    }
}

fn required(
    row: &Row,
    columns: &[Column],
    name: &str,
    rules: &Rules,
    report: &mut Report,
) -> Option<bool> {
    let (text, turned) =
        match (cell(row, columns, Column::Required), cell(row, columns, Column::Optional)) {
            (Some(text), _) => (text, false),
            (None, Some(text)) => (text, true),
            (None, None) => {
                if rules.required {
                    report.add(
                        RemarkKind::Prose,
                        row.line,
                        format!("`{name}` is required, says its description"),
                    );
                }
                return rules.required.then_some(true);
            }
        };
    let said = table::is_required(text);
    if said.is_none() {
        let text = words::gloss(text);
        report.add(
            RemarkKind::Missing,
            row.line,
            format!("whether `{name}` is required cannot be read from `{text}`"),
        );
    }
    said.map(|said| said != turned)
}

fn describe(param: &mut Param, rules: Rules, report: &mut Report) {
    let scalar = matches!(param.ty.element(), Ty::String | Ty::Int | Ty::Float | Ty::Unknown);
    if is_json_text(param, &rules) && !rules.values.is_empty() {
        let message = format!("`{}`: treating the values as those of its JSON", param.name);
        report.add(RemarkKind::Guessed, param.line, message);
    } else if scalar && !rules.values.is_empty() {
        if rules.values_in_prose {
            let values: Vec<_> = rules.values.iter().map(|value| value.value.as_str()).collect();
            report.add(
                RemarkKind::Prose,
                param.line,
                format!(
                    "`{}`: the values {} are only in its description",
                    param.name,
                    values.join(", ")
                ),
            );
        }
        param.values = rules.values;
    }
    if let (Some(default), true) = (&rules.default, rules.default_in_prose) {
        report.add(
            RemarkKind::Prose,
            param.line,
            format!("`{}`: the default `{default}` is only in its description", param.name),
        );
    }
    param.default = rules
        .default
        .map(|default| if param.ty == Ty::Bool { default.to_lowercase() } else { default });
    param.example = rules.example;
    (param.min, param.max) = (rules.min, rules.max);
    (param.min_length, param.max_length) = (rules.min_length, rules.max_length);
    param.gloss = rules.gloss;
}

/// Whether a text holds JSON, so that values in its description are those of a member.
fn is_json_text(param: &Param, rules: &Rules) -> bool {
    let example = rules.example.as_deref().unwrap_or_default().trim_start();
    param.ty == Ty::String && example.starts_with(['{', '['])
}

/// Columns of their own take precedence over the description.
fn own_columns(param: &mut Param, row: &Row, columns: &[Column]) {
    let text = |column| {
        let text = words::gloss(&words::unescape(&words::lines_of(cell(row, columns, column)?)));
        let text = text.trim_matches('`').to_owned();
        let none = vocabulary::is_one_of(&text, vocabulary::NOTHING);
        (!none && !matches!(text.as_str(), "" | "/")).then_some(text)
    };
    param.example = text(Column::Example).or_else(|| param.example.take());
    param.default = text(Column::Default).or_else(|| param.default.take());
    param.max_length = text(Column::Length).and_then(|text| text.parse().ok()).or(param.max_length);
    if let Some(cell) =
        cell(row, columns, Column::Values).filter(|cell| !words::bare(cell).is_empty())
    {
        let rules = cell::read_announced(Mark::Range, cell);
        if !rules.values.is_empty() {
            param.values = rules.values;
        }
        param.min = rules.min.or(param.min.take());
        param.max = rules.max.or(param.max.take());
    }
}

/// Renames fields of a response that its sample does not have to those that it has instead.
pub(super) fn rename(fields: &mut [Param], sample: Option<&Json>, report: &mut Report) {
    let samples: Vec<&Json> = sample.into_iter().collect();
    rename_all(fields, &infer::objects(&samples), report);
}

fn rename_all(fields: &mut [Param], objects: &[&Json], report: &mut Report) {
    let shown = |name: &str| objects.iter().any(|object| object.get(name).is_some());
    let mut known: HashSet<String> = fields.iter().map(|field| field.name.clone()).collect();
    let keys = || objects.iter().flat_map(|object| object.entries()).map(|(key, _)| key);
    for field in fields.iter_mut() {
        let alike = keys().find(|key| !known.contains(*key) && is_alike(key, &field.name));
        if let Some(key) = alike.filter(|_| !shown(&field.name)) {
            known.insert(key.clone());
            let message =
                format!("`{}` is called `{key}` in the sample; that is taken", field.name);
            report.add(RemarkKind::Conflict, field.line, message);
            field.name.clone_from(key);
        }
        let inner = objects.iter().filter_map(|object| object.get(&field.name)).collect::<Vec<_>>();
        rename_all(&mut field.fields, &within(&field.ty, &inner), report);
    }
}

/// Whether two names differ in capitals, underscores or a plural alone.
fn is_alike(a: &str, b: &str) -> bool {
    let stem = |name: &str| {
        let name = name.replace('_', "").to_lowercase();
        name.strip_suffix('s').map(str::to_owned).unwrap_or(name)
    };
    stem(a) == stem(b)
}

/// Makes lists of the objects of a named type of which the outline of a request has several.
pub(super) fn open_lists(fields: &mut [Param], outline: Option<&Json>, report: &mut Report) {
    for field in fields {
        let shown = outline.and_then(nest::object).and_then(|outline| outline.get(&field.name));
        let is_list = shown.is_some_and(|shown| matches!(shown.kind, JsonKind::Array(_)));
        if is_list && field.ty == Ty::Object && field.model.is_some() {
            field.ty = Ty::list(Ty::Object);
            let message = format!("treating `{}` as a list, as in the sample", field.name);
            report.add(RemarkKind::GuessedType, field.line, message);
        }
        open_lists(&mut field.fields, shown, report);
    }
}

/// Compares fields with a sample: fills in types that the table leaves open, and says what differs.
pub(super) fn compare(fields: &mut [Param], sample: Option<&Json>, report: &mut Report) {
    let samples: Vec<&Json> = sample.into_iter().collect();
    compare_all(fields, &infer::objects(&samples), report);
}

/// The same with all objects of the type.
fn compare_all(fields: &mut [Param], objects: &[&Json], report: &mut Report) {
    let mut shown: HashMap<&str, Vec<&Json>> = HashMap::new();
    let mut order = Vec::new();
    for (key, value) in objects.iter().flat_map(|object| object.entries()) {
        let values = shown.entry(key.as_str()).or_default();
        if values.is_empty() {
            order.push((key.as_str(), value.line));
        }
        values.push(value);
    }
    for field in fields.iter_mut() {
        let inner = shown.get(field.name.as_str()).map_or(&[][..], Vec::as_slice);
        complete(field, inner, report);
        compare_all(&mut field.fields, &within(&field.ty, inner), report);
    }
    let known: HashSet<_> = fields.iter().map(|field| field.name.as_str()).collect();
    for (key, line) in order {
        if !known.is_empty() && !key.is_empty() && !known.contains(key) {
            let message = format!("the sample has `{key}`, the table has not");
            report.add(RemarkKind::Conflict, line, message);
        }
    }
}

/// Returns the samples of the values in a map, or of the objects themselves.
fn within<'s>(ty: &Ty, samples: &[&'s Json]) -> Vec<&'s Json> {
    let objects = infer::objects(samples);
    match ty {
        Ty::List(of) => within(of, &objects),
        Ty::Map(of) => within(of, &maps::values(&objects)),
        _ => objects,
    }
}

/// Fills in what the row of a field leaves open, and says where its samples differ.
fn complete(field: &mut Param, samples: &[&Json], report: &mut Report) {
    open_map(field, report);
    if !field.fields.is_empty() && !samples.is_empty() {
        open_by_sample(field, samples, report);
    }
    if !field.fields.is_empty() {
        field.ty = match std::mem::take(&mut field.ty) {
            Ty::Map(_) if is_no_map(&field.fields, samples) => Ty::Object,
            ty => with_object(ty, field.model.is_some()),
        };
        if matches!(field.ty, Ty::String | Ty::Int | Ty::Float | Ty::Bool) {
            report.add(
                RemarkKind::Conflict,
                field.line,
                format!("`{}` is {}, but has fields", field.name, field.ty),
            );
        }
        let list = samples.iter().find(|sample| matches!(sample.kind, JsonKind::Array(_)));
        if let (Ty::Object, Some(list)) = (&field.ty, list) {
            report.add(
                RemarkKind::Conflict,
                field.line,
                format!(
                    "`{}` is an object in the table and a list in the sample; see line {}",
                    field.name, list.line
                ),
            );
        }
        return;
    }
    let own = field
        .example
        .as_deref()
        .and_then(|example| json::parse(example, field.line))
        .map(|parsed| parsed.value);
    // If there is a sample of the whole, the cell of a text has it without its quotes.
    let is_text = *field.ty.element() == Ty::String;
    let own = own.as_ref();
    let own = own.filter(|own| samples.is_empty() || !is_text && nest::object(own).is_some());
    let samples: Vec<&Json> = samples.iter().copied().chain(own).collect();
    let samples = samples.as_slice();
    if field.is_number && is_whole(field, samples) {
        let message = format!("treating `{}` as whole numbers, as in the sample", field.name);
        report.add(RemarkKind::GuessedType, field.line, message);
        field.ty = whole(std::mem::take(&mut field.ty));
    }
    if !samples.is_empty() {
        if field.model.is_some() && samples.iter().any(|sample| nest::object(sample).is_some()) {
            field.ty = with_object(std::mem::take(&mut field.ty), true);
        }
        check_values(field, samples, report);
        if is_open(&field.ty) || is_named_scalar(field, samples) {
            guess(field, samples, report);
        } else if field.is_int64 && samples.iter().all(|sample| is_number_in_text(sample)) {
            let message = format!("treating `{}` as text, as in the sample", field.name);
            report.add(RemarkKind::GuessedType, field.line, message);
            field.ty = Ty::String;
        } else if let Some(sample) = samples.iter().find(|s| !infer::agrees(&field.ty, s)) {
            let message = format!(
                "`{}` is {} in the table and {} in the sample on line {}",
                field.name,
                field.ty,
                infer::of(sample),
                sample.line
            );
            report.add(RemarkKind::Conflict, field.line, message);
        } else if *field.ty.element() == Ty::Object
            && !matches!(field.ty, Ty::Map(_))
            && samples.iter().any(|sample| nest::object(sample).is_some())
        {
            show(field, samples, report);
        } else if matches!(field.ty, Ty::Map(_)) {
            widen_map(field, samples, report);
        }
    }
    if !field.ty.holds_fields() {
        field.model = None;
    }
    if is_open(&field.ty) {
        report.add(
            RemarkKind::GuessedType,
            field.line,
            format!("`{}`: the page does not say of which type it is", field.name),
        );
    }
}

/// Whether all numbers that the page shows are whole, and it shows any.
fn is_whole(field: &Param, samples: &[&Json]) -> bool {
    let example = field.example.as_deref().unwrap_or_default();
    match infer::of_all(samples).element() {
        Ty::Int => true,
        Ty::Json | Ty::Unknown => example.parse::<i64>().is_ok(),
        Ty::String => samples.iter().all(|sample| is_number_in_text(sample)),
        _ => false,
    }
}

/// The type with integers for other numbers.
fn whole(ty: Ty) -> Ty {
    match ty {
        Ty::Float => Ty::Int,
        Ty::List(of) => Ty::list(whole(*of)),
        ty => ty,
    }
}

/// `"1609296809"`
fn is_number_in_text(sample: &Json) -> bool {
    matches!(&sample.kind, JsonKind::String(text) if text.parse::<i64>().is_ok())
}

/// Takes over what samples show of a field.
fn show(field: &mut Param, samples: &[&Json], report: &mut Report) {
    let shown = infer::shown(&field.name, samples);
    if shown.ty != field.ty {
        report.add(
            RemarkKind::Sampled,
            field.line,
            format!("treating `{}` as {}, as in the sample", field.name, shown.ty),
        );
    }
    infer::remark(&shown.fields, "", report);
    (field.ty, field.fields) = (shown.ty, shown.fields);
}

/// A map whose values in the sample are of other types than the table says can hold anything.
fn widen_map(field: &mut Param, samples: &[&Json], report: &mut Report) {
    let Ty::Map(value) = &field.ty else { return };
    let shown = maps::values(&infer::objects(samples));
    if let Some(other) = shown.iter().find(|shown| !infer::agrees(value, shown)) {
        let message = format!(
            "`{}` is {} in the table, and has {} in the sample on line {}; anything is assumed",
            field.name,
            field.ty,
            infer::of(other),
            other.line
        );
        report.add(RemarkKind::Conflict, field.line, message);
        field.ty = Ty::map(Ty::Json);
    }
}

/// Some tables have a row for the keys of a map and one for its values.
fn open_map(field: &mut Param, report: &mut Report) {
    let is_map = matches!(field.ty, Ty::Map(_));
    let [key, value] = field.fields.as_mut_slice() else { return };
    if !is_map || (key.name.as_str(), value.name.as_str()) != ("key", "value") {
        return;
    }
    if !key.values.is_empty() {
        let keys: Vec<_> = key.values.iter().map(|key| key.value.as_str()).collect();
        let message =
            format!("`{}` has the keys {}, which no spec lists", field.name, keys.join(", "));
        report.add(RemarkKind::Prose, key.line, message);
    }
    field.ty = Ty::map(std::mem::take(&mut value.ty));
    field.fields = std::mem::take(&mut value.fields);
}

/// Tables leave out that a field is a list of objects, or has one for each key that is data. The
/// latter list the fields of the values, or one row for the keys above those.
fn open_by_sample(field: &mut Param, samples: &[&Json], report: &mut Report) {
    let shown = infer::of_all(samples);
    let objects = infer::objects(samples);
    let has = |objects: &[&Json], fields: &[Param]| {
        fields.iter().any(|field| objects.iter().any(|object| object.get(&field.name).is_some()))
    };
    let is_object = matches!(field.ty, Ty::Unknown | Ty::Object);
    let ty = if is_object && maps::are_keys_data(&objects) && !has(&objects, &field.fields) {
        let values = maps::values(&objects);
        let inner = infer::objects(&values);
        if let [key] = field.fields.as_mut_slice()
            && has(&inner, &key.fields)
        {
            field.fields = std::mem::take(&mut key.fields);
        } else if !has(&inner, &field.fields) {
            return;
        }
        maps::of_values(shown, infer::of_all(&values))
    } else if field.ty == Ty::Unknown && *shown.element() == Ty::Object {
        shown
    } else {
        return;
    };
    if ty != Ty::Object {
        let message = format!("treating `{}` as {ty}, as in the sample", field.name);
        report.add(RemarkKind::Sampled, field.line, message);
    }
    field.ty = ty;
}

/// Values that samples show and the list of values does not.
fn check_values(field: &Param, samples: &[&Json], report: &mut Report) {
    let mut seen = HashSet::new();
    for sample in samples.iter().flat_map(|sample| items(sample)) {
        let shown = match &sample.kind {
            JsonKind::String(text) => text.clone(),
            JsonKind::Number(number) => number.to_string(),
            _ => continue,
        };
        let listed = field.values.iter().any(|value| value.value == shown);
        if !field.values.is_empty() && !listed && seen.insert(shown.clone()) {
            let message = format!(
                "`{}`: the sample has `{shown}`, which is none of the values on line {}",
                field.name, field.line
            );
            report.add(RemarkKind::Conflict, sample.line, message);
        }
    }
}

/// Returns the elements of a list, at any depth, or the sample itself.
fn items(sample: &Json) -> Vec<&Json> {
    match &sample.kind {
        JsonKind::Array(list) => list.iter().flat_map(items).collect(),
        _ => vec![sample],
    }
}

/// Some pages name the type of a text or number, as if it were an object.
fn is_named_scalar(field: &Param, samples: &[&Json]) -> bool {
    let is_object = |sample: &&Json| nest::object(sample).is_some();
    field.ty == Ty::Object && field.model.is_some() && !samples.iter().any(is_object)
}

fn is_open(ty: &Ty) -> bool {
    *ty.element() == Ty::Unknown
}

fn guess(field: &mut Param, samples: &[&Json], report: &mut Report) {
    let found = infer::of_all(samples);
    let fits = match (&field.ty, &found) {
        (Ty::Unknown | Ty::Object, _) => true,
        (Ty::List(_), Ty::List(_)) => true,
        (Ty::Map(_), Ty::Object) => {
            return guess_map(field, samples, report);
        }
        _ => false,
    };
    if !fits {
        let message = format!(
            "`{}` is {} in the table and {found} in the sample on line {}",
            field.name,
            field.ty,
            samples.first().map_or(0, |sample| sample.line)
        );
        report.add(RemarkKind::Conflict, field.line, message);
        return;
    }
    if !is_open(&found) {
        show(field, samples, report);
    }
}

/// All values of a map count.
fn guess_map(field: &mut Param, samples: &[&Json], report: &mut Report) {
    let values = maps::values(&infer::objects(samples));
    if is_open(&infer::of_all(&values)) || values.is_empty() {
        return;
    }
    let shown = infer::shown(&field.name, &values);
    report.add(
        RemarkKind::Sampled,
        field.line,
        format!("treating the values of `{}` as {}, as in the sample", field.name, shown.ty),
    );
    infer::remark(&shown.fields, "", report);
    (field.ty, field.fields) = (Ty::map(shown.ty), shown.fields);
}

/// Whether the sample has the fields themselves where the page calls the object a map.
fn is_no_map(fields: &[Param], samples: &[&Json]) -> bool {
    let shown = infer::objects(samples);
    let has = |name: &str| shown.iter().any(|shown| shown.get(name).is_some());
    fields.iter().any(|field| has(&field.name))
}

/// A type with fields is an object, or contains objects. A text or a file is one if its type has a
/// name.
fn with_object(ty: Ty, is_named: bool) -> Ty {
    match ty {
        Ty::Unknown | Ty::Json => Ty::Object,
        Ty::String | Ty::File if is_named => Ty::Object,
        Ty::List(of) => Ty::list(with_object(*of, is_named)),
        Ty::Map(of) => Ty::map(with_object(*of, is_named)),
        ty => ty,
    }
}

/// A sample as the value that goes into a spec.
pub(super) fn value(sample: &Json) -> Value {
    sample.to_value()
}
