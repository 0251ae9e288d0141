//! Tables that list the fields of an object below its row without any mark, as Feishu's own Markdown
//! does. Of all trees that the rows can be, the cheapest is taken: a row costs the more, the less the
//! sample, and what the page says elsewhere, speak for its place.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::facts::{Param, Ty};
use super::json::{Json, JsonKind};
use super::known::Types;
use super::places::{self, Flat, MAX_DEPTH, Place};
use super::report::{RemarkKind, Report};

/// The number of trees that are kept from one row to the next, so that a later row can decide.
const MOST_TREES: usize = 16;

/// The weight of what speaks against a place.
type Cost = u32;

/// A field of an object that no sample shows.
const UNSHOWN: Cost = 2;
/// A field that all samples of its object leave out.
const LEFT_OUT: Cost = 5;
/// A field that another open object has, by its sample or its type.
const ELSEWHERE: Cost = 12;
/// A required field that a sample leaves out, one more field where all seem to be there, or an object
/// of a named type without any.
const UNLIKELY: Cost = 8;
/// A field of a type that is named after that of another open object.
const UNRELATED: Cost = 4;
/// A field that is usual behind the last one of another open object.
const UNUSUAL: Cost = 4;
/// A field that its type does not have, or two of one name.
const IMPOSSIBLE: Cost = 30;

/// A tree of the rows so far.
#[derive(Clone)]
struct Tree<'a> {
    cost: Cost,
    /// The objects whose rows may still follow, the innermost last.
    open: Vec<Rc<Object<'a>>>,
    /// The outermost object that a row of no sample goes into: the data of an envelope.
    floor: usize,
    /// The fields of the vendor's types of which all rows have been seen.
    types: Rc<HashMap<&'a str, Vec<&'a str>>>,
    /// Those of other pages.
    known: &'a Types,
    steps: Vec<Step>,
}

/// The place of a row.
#[derive(Clone)]
struct Step {
    level: usize,
    /// The row of its object, from 1; 0 for the outermost.
    parent: usize,
    /// Whether it is no guess.
    is_sure: bool,
    /// Whether it opens an object that no sample shows.
    is_unshown: bool,
    /// The row of another object that it can as well belong to.
    rival: Option<usize>,
}

#[derive(Clone)]
struct Object<'a> {
    /// From 1; 0 for the outermost.
    row: usize,
    /// All that samples show at its place.
    samples: Vec<&'a Json>,
    keys: HashSet<&'a str>,
    model: Option<&'a str>,
    fields: Vec<&'a str>,
    /// Whether the page says so of each field.
    requires_all: bool,
    /// Whether all samples leave out the last field.
    lacks: bool,
    /// The cost of having no field.
    if_empty: Cost,
}

impl<'a> Object<'a> {
    fn new(row: usize, samples: Vec<&'a Json>, model: Option<&'a str>, if_empty: Cost) -> Self {
        let entries = samples.iter().flat_map(|sample| sample.entries());
        let keys = entries.map(|(key, _)| key.as_str()).collect();
        Self {
            row,
            samples,
            keys,
            model,
            fields: Vec::new(),
            requires_all: true,
            lacks: false,
            if_empty,
        }
    }

    fn is_free(&self, name: &str) -> bool {
        !self.fields.contains(&name)
    }

    /// Whether the type of a row is named after that of the object: `dock.berth` after `dock`.
    fn is_related(&self, row: &Param) -> bool {
        let rest = self.model.zip(row.model.as_deref());
        let rest = rest.and_then(|(outer, inner)| inner.strip_prefix(outer));
        rest.is_some_and(|rest| rest.starts_with(['.', '_']))
    }

    /// Whether the fields seem to be all, so that a row is none of them: a pair has no third member,
    /// languages or URLs have no other neighbors, and required fields come first.
    fn is_whole(&self, row: &Param, known: &Types) -> bool {
        let has = |name: &str| self.fields.contains(&name);
        let is_pair = self.fields.len() == 2 && has("value") && (has("key") || has("lang"));
        let is_apart = |is: fn(&str) -> bool| {
            self.fields.len() > 1 && self.fields.iter().all(|field| is(field)) && !is(&row.name)
        };
        let is_optional = self.requires_all && self.fields.len() > 1 && row.required == Some(false);
        let is_unknown = self.model.is_some_and(|model| known.has(model, &row.name) == Some(false));
        is_unknown
            || is_pair
            || is_optional
            || is_apart(is_language)
            || is_apart(|name| name.ends_with("url"))
    }

    /// Whether a field of the name is usual behind the last one.
    fn goes_on_with(&self, name: &str, known: &Types) -> bool {
        let Some(last) = self.fields.last() else { return false };
        let is_pair = matches!(*last, "key" | "lang") && name == "value";
        is_pair || is_language(last) && is_language(name) || known.follows(name, last)
    }

    /// Whether all has been seen that samples show.
    fn is_complete(&self) -> bool {
        self.keys.iter().all(|key| !self.is_free(key))
    }
}

/// The tree of the rows. With `samples_are_whole`, an object whose sample is complete is taken to
/// have no more fields.
pub(super) fn tree(
    rows: Vec<Flat>,
    sample: Option<&Json>,
    samples_are_whole: bool,
    known: &Types,
    report: &mut Report,
) -> Vec<Param> {
    let rows: Vec<Param> = rows.into_iter().map(|row| row.param).collect();
    let root = Object::new(0, sample.map(objects).unwrap_or_default(), None, 0);
    let mut trees = vec![Tree {
        cost: 0,
        open: vec![Rc::new(root)],
        floor: 0,
        types: Rc::default(),
        known,
        steps: Vec::new(),
    }];
    for (at, row) in rows.iter().enumerate() {
        let places = trees.iter().enumerate().flat_map(|(index, tree)| {
            let has = tree.all_that_have(row);
            let levels = (0..tree.open.len()).rev();
            levels.map(move |level| {
                (tree.cost + tree.cost_at(level, row, &has, samples_are_whole), index, level)
            })
        });
        let mut places: Vec<_> = places.collect();
        places.sort_by_key(|(cost, ..)| *cost);
        let mut grown: Vec<Tree<'_>> = Vec::with_capacity(MOST_TREES);
        for (cost, index, level) in places {
            let tree = trees[index].with(level, cost, row, rows.get(at + 1));
            match grown.iter_mut().find(|cheaper| cheaper.goes_on_as(&tree)) {
                Some(cheaper) if samples_are_whole => cheaper.doubt(&tree),
                Some(_) => {}
                None => grown.push(tree),
            }
            if grown.len() == MOST_TREES {
                break;
            }
        }
        trees = grown;
    }
    for tree in &mut trees {
        tree.cost += tree.end(1);
    }
    trees.sort_by_key(|tree| tree.cost);
    let Some((cheapest, others)) = trees.split_first_mut() else { return rows };
    for other in others.iter().filter(|_| samples_are_whole) {
        cheapest.doubt(other);
    }
    build(&rows, &cheapest.steps, sample, report)
}

impl<'a> Tree<'a> {
    /// Whether the rows to come cost the same in another tree, which differs in closed objects alone.
    fn goes_on_as(&self, other: &Self) -> bool {
        self.open.len() == other.open.len()
            && self.floor == other.floor
            && self.open.iter().zip(&other.open).all(|(one, other)| one.fields == other.fields)
    }

    /// Notes which rows another tree, if it costs no more, has in other objects.
    fn doubt(&mut self, other: &Self) {
        if other.cost > self.cost {
            return;
        }
        for (step, other) in self.steps.iter_mut().zip(&other.steps) {
            if step.parent != other.parent && !step.is_sure {
                step.rival = step.rival.or(Some(other.parent));
            }
        }
    }

    /// Whether each open object has a field of the row's name that is yet to come.
    fn all_that_have(&self, row: &Param) -> Vec<Option<bool>> {
        let has = |object: &Rc<Object<'_>>| {
            self.has(object, &row.name).filter(|_| object.is_free(&row.name))
        };
        self.open.iter().map(has).collect()
    }

    /// Returns the cost of a row in the object at the level, and of ending those inside it.
    fn cost_at(
        &self,
        level: usize,
        row: &Param,
        has: &[Option<bool>],
        samples_are_whole: bool,
    ) -> Cost {
        let Some(object) = self.open.get(level) else { return IMPOSSIBLE };
        let is_of_any =
            |has: Option<&[Option<bool>]>| has.unwrap_or_default().contains(&Some(true));
        let mut cost = self.end(level + 1);
        if is_of_any(has.get(level + 1..)) {
            cost += ELSEWHERE;
        }
        if level < self.floor {
            return cost + if is_of_any(has.get(level..=level)) { UNSHOWN } else { IMPOSSIBLE };
        }
        if is_of_any(has.get(level..=level)) {
            return cost + if self.contradicts(object, row) { ELSEWHERE } else { 0 };
        }
        if is_of_any(has.get(self.floor..level)) {
            cost += ELSEWHERE;
        }
        if !object.is_related(row) && self.open.iter().any(|object| object.is_related(row)) {
            cost += UNRELATED;
        }
        let follows = |object: &Object<'_>| object.goes_on_with(&row.name, self.known);
        if !follows(object) && self.open[self.floor..].iter().any(|object| follows(object)) {
            cost += UNUSUAL;
        }
        let is_last = || samples_are_whole && object.is_complete();
        cost + match has.get(level).copied().flatten() {
            Some(_) => IMPOSSIBLE,
            None if !object.is_free(&row.name) => IMPOSSIBLE,
            None if object.keys.is_empty() && object.is_whole(row, self.known) => {
                UNSHOWN + UNLIKELY
            }
            None if object.keys.is_empty() => UNSHOWN,
            None if level > self.floor && is_last() => UNLIKELY,
            // Samples that leave out one field often leave out the next.
            None if object.lacks => UNSHOWN + 1,
            None if row.required == Some(true) => UNLIKELY,
            None if is_last() => UNLIKELY - 1,
            None => LEFT_OUT,
        }
    }

    /// Whether an object has a field of the name; `None` if neither its sample nor its type says it.
    fn has(&self, object: &Object<'_>, name: &str) -> Option<bool> {
        let is_known = |model| self.known.has(model, name) == Some(true);
        if object.keys.contains(name) || object.model.is_some_and(is_known) {
            return Some(true);
        }
        let fields = object.model.and_then(|model| self.types.get(model))?;
        Some(fields.contains(&name))
    }

    /// Whether samples of the row in the object show fields that its type does not have.
    fn contradicts(&self, object: &Object<'_>, row: &Param) -> bool {
        let Some(model) = row.model.as_deref() else { return false };
        let lacks = |name: &str| match self.types.get(model) {
            Some(fields) => !fields.contains(&name),
            None => self.known.has(model, name) == Some(false),
        };
        let shown = object.samples.iter().filter_map(|sample| sample.get(&row.name));
        let mut entries = shown.flat_map(objects).flat_map(|sample| sample.entries());
        entries.any(|(key, _)| lacks(key))
    }

    /// Returns the cost of ending the objects from the level on.
    fn end(&self, level: usize) -> Cost {
        let open = self.open.get(level..).unwrap_or_default();
        open.iter().filter(|object| object.fields.is_empty()).map(|object| object.if_empty).sum()
    }

    /// The tree with one more row.
    fn with(&self, level: usize, cost: Cost, row: &'a Param, next: Option<&Param>) -> Self {
        let mut tree = self.clone();
        tree.cost = cost;
        let is_shown = self.open.get(level).and_then(|object| self.has(object, &row.name));
        let is_only = level == self.floor && level + 1 == self.open.len();
        tree.steps.push(Step {
            level,
            parent: self.open.get(level).map_or(0, |object| object.row),
            is_sure: is_only || is_shown == Some(true),
            is_unshown: false,
            rival: None,
        });
        for object in tree.open.drain(level + 1..) {
            let model = object.model.filter(|model| !tree.types.contains_key(model));
            if let Some(model) = model.filter(|_| !object.fields.is_empty()) {
                Rc::make_mut(&mut tree.types).insert(model, object.fields.clone());
            }
        }
        tree.floor = tree.floor.min(level);
        let is_data = level == 0 && tree.is_data(row);
        if let Some(object) = tree.opened(level, row, is_data, next) {
            if let Some(step) = tree.steps.last_mut() {
                step.is_unshown = object.keys.is_empty();
            }
            tree.open.push(Rc::new(object));
            if is_data {
                tree.floor = level + 1;
            }
        }
        if let Some(object) = tree.open.get_mut(level).map(Rc::make_mut) {
            object.fields.push(&row.name);
            object.requires_all &= row.required == Some(true);
            object.lacks = !object.keys.is_empty() && !object.keys.contains(row.name.as_str());
        }
        tree
    }

    /// The object that a row opens at the level.
    fn opened(
        &self,
        level: usize,
        row: &'a Param,
        is_data: bool,
        next: Option<&Param>,
    ) -> Option<Object<'a>> {
        if level + 1 >= MAX_DEPTH {
            return None;
        }
        let shown: Vec<&'a Json> =
            self.open[level].samples.iter().filter_map(|sample| sample.get(&row.name)).collect();
        let samples = inner(&row.ty, &shown, next);
        let is_object = samples.iter().any(|sample| sample.len() > 0);
        // A list of texts has no fields, whatever its type is called.
        let is_scalar = samples.is_empty() && shown.iter().any(|sample| !places::is_empty(sample));
        let opens = is_data
            || places::opens(row) && !is_scalar
            || places::may_open(row) && is_object
            || shown.is_empty() && next.is_some_and(|next| self.is_member(row, next));
        let model = row.model.as_deref();
        let if_empty = if model.is_some() || is_object { UNLIKELY } else { 0 };
        opens.then(|| Object::new(self.steps.len(), samples, model, if_empty))
    }

    /// Whether all rows below belong to this one: an envelope holds nothing else behind its data.
    fn is_data(&self, row: &Param) -> bool {
        let has = |name: &str| self.open[0].fields.contains(&name);
        let is_last = match row.name.as_str() {
            "data" => has("code"),
            "event" => has("header") || has("uuid"),
            _ => false,
        };
        is_last && places::may_open(row)
    }

    /// Whether a row is known as a field of the type of another: from the rows above with that
    /// type, or by a name derived from it, as `enum_name` is.
    fn is_member(&self, of: &Param, row: &Param) -> bool {
        let Some(model) = of.model.as_deref() else { return false };
        if let Some(is_member) = self.known.has(model, &row.name) {
            return is_member;
        }
        match self.types.get(model) {
            Some(known) => known.contains(&row.name.as_str()),
            None => row.name.strip_prefix(model).is_some_and(|rest| rest == "_name"),
        }
    }
}

/// Puts the rows where they lie, says where nothing shows it, and leaves out those that can as well
/// lie elsewhere.
fn build(rows: &[Param], steps: &[Step], sample: Option<&Json>, report: &mut Report) -> Vec<Param> {
    let vague = vague(steps);
    let mut tree: Vec<Param> = Vec::new();
    // Each with its samples, and whether it has been said that they show none of its rows.
    let samples = sample.map(objects).unwrap_or_default();
    let mut open: Vec<(Option<Place>, Vec<&Json>, bool)> = vec![(Some(Vec::new()), samples, false)];
    for (at, (row, step)) in rows.iter().zip(steps).enumerate() {
        open.truncate(step.level + 1);
        let Some((place, samples, is_said)) = open.last_mut() else { continue };
        let Some(place) = place.clone().filter(|_| step.rival.is_none()) else {
            open.push((None, Vec::new(), false));
            continue;
        };
        let is_shown = samples.iter().any(|sample| sample.len() > 0);
        match places::at(&tree, &place) {
            _ if step.is_sure => {}
            Some(parent) if !is_shown => {
                if !std::mem::replace(is_said, true) {
                    let message =
                        "treating the rows below as its fields: no sample shows where they belong";
                    report.add(RemarkKind::GuessedNesting, parent.line, message);
                }
            }
            parent => {
                let parent = parent.map_or("the body", |parent| parent.name.as_str());
                let message = format!(
                    "treating `{}` as a field of `{parent}`: no sample shows where it belongs",
                    row.name
                );
                report.add(RemarkKind::GuessedNesting, row.line, message);
            }
        }
        let shown: Vec<&Json> = samples.iter().filter_map(|sample| sample.get(&row.name)).collect();
        let samples = inner(&row.ty, &shown, rows.get(at + 1));
        if vague.contains(&(at + 1)) {
            let ty = row.ty.clone().of_json();
            places::insert(&mut tree, &place, Param { ty, model: None, ..row.clone() });
            open.push((None, Vec::new(), false));
        } else {
            let place = places::insert(&mut tree, &place, row.clone());
            open.push((Some(place), samples, false));
        }
    }
    remark_left_out(rows, steps, &vague, report);
    tree
}

/// The rows of objects that nothing shows, and of which nothing tells where they end: they hold any
/// JSON.
fn vague(steps: &[Step]) -> HashSet<usize> {
    let sure: HashSet<usize> =
        steps.iter().filter(|step| step.is_sure).map(|step| step.parent).collect();
    let is_unshown = |row: &usize| {
        let step = row.checked_sub(1).and_then(|at| steps.get(at));
        step.is_some_and(|step| step.is_unshown) && !sure.contains(row)
    };
    let pairs = steps.iter().filter_map(|step| Some([step.parent, step.rival?]));
    pairs.flatten().filter(is_unshown).collect()
}

/// Says which rows are left out, for each object that holds any JSON, and for each two that the rows
/// can belong to.
fn remark_left_out(rows: &[Param], steps: &[Step], vague: &HashSet<usize>, report: &mut Report) {
    let mut left_out: BTreeMap<(usize, Option<usize>), Vec<&Param>> = BTreeMap::new();
    for (row, step) in rows.iter().zip(steps) {
        let of_vague = [Some(step.parent), step.rival].into_iter().flatten();
        let mut of_vague = of_vague.filter(|object| vague.contains(object));
        let objects = match (of_vague.next(), step.rival) {
            (Some(object), _) => (object, None),
            (None, Some(rival)) => (step.parent.min(rival), Some(step.parent.max(rival))),
            (None, None) => continue,
        };
        left_out.entry(objects).or_default().push(row);
    }
    let row = |object: usize| object.checked_sub(1).and_then(|at| rows.get(at));
    let name = |object| row(object).map_or("the body".to_owned(), |row| format!("`{}`", row.name));
    for ((object, rival), rows) in left_out {
        let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
        let names = names.join(", ");
        let first = rows.first().map_or(0, |row| row.line);
        let (line, message) = match rival {
            None => (
                row(object).map_or(first, |row| row.line),
                format!(
                    "{} holds any JSON: no sample shows which of these rows are its fields: {names}",
                    name(object)
                ),
            ),
            Some(rival) => (
                first,
                format!(
                    "left out, as no sample shows whether fields of {} or of {}: {names}",
                    name(object),
                    name(rival)
                ),
            ),
        };
        report.add(RemarkKind::GuessedNesting, line, message);
    }
}

/// `zh_cn`
fn is_language(name: &str) -> bool {
    name.len() == 5 && matches!(name.as_bytes()[2], b'_' | b'-')
}

/// Returns the samples of the fields of a value of the type: those of the values in a map, unless
/// the next row is one of its keys.
fn inner<'a>(ty: &Ty, shown: &[&'a Json], next: Option<&Param>) -> Vec<&'a Json> {
    let objects: Vec<&Json> = shown.iter().flat_map(|sample| objects(sample)).collect();
    let is_key = |object: &&&Json| next.is_some_and(|next| object.get(&next.name).is_some());
    if !matches!(ty, Ty::Map(_)) || objects.iter().any(|object| is_key(&object)) {
        return objects;
    }
    let values = objects.iter().flat_map(|object| object.entries());
    values.flat_map(|(_, value)| self::objects(value)).collect()
}

/// Samples show nothing new after that many.
const MOST_SAMPLES: usize = 200;

/// The objects in a sample, also in lists.
fn objects(sample: &Json) -> Vec<&Json> {
    match &sample.kind {
        JsonKind::Object(_) => vec![sample],
        JsonKind::Array(items) => items.iter().flat_map(objects).take(MOST_SAMPLES).collect(),
        _ => Vec::new(),
    }
}
