//! The text of a spec file: items that belong together are on one line, as a person would write
//! them. Text that a person wrote and that has not changed keeps its layout to the byte, so that a
//! diff shows the facts that changed and nothing else.

use jsonc_parser::ast::{ObjectProp, ObjectPropName, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;
use serde_json::Value;

/// The widest line; longer items take several lines, unless they are rows of a table.
const WIDTH: usize = 100;

/// A spec file, as near to `old` as what it says allows.
pub fn file(spec: &impl Serialize, old: Option<&str>) -> String {
    let text = serde_json::to_string(spec).unwrap_or_default();
    let before = old.and_then(parse);
    let layout = Layout { old: old.unwrap_or_default() };
    match parse(&text) {
        Some(new) => format!("{}\n", layout.root(&new, before.as_ref())),
        None => text,
    }
}

fn parse(text: &str) -> Option<Node<'_>> {
    parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).ok()?.value
}

/// A node to write, and the node that it replaces.
type Before<'n, 'o> = Option<&'n Node<'o>>;

struct Layout<'o> {
    /// The file as it was.
    old: &'o str,
}

impl<'o> Layout<'o> {
    fn root(&self, node: &Node<'_>, old: Before<'_, 'o>) -> String {
        self.block(node, old, 0, |name, value, old| match value {
            Node::Object(_) if name == "errors" => {
                self.block(value, old, 1, |_, value, old| self.flat(value, old))
            }
            value => self.inner(name, value, old, 1),
        })
    }

    fn inner(&self, key: &str, node: &Node<'_>, old: Before<'_, 'o>, depth: usize) -> String {
        if let Some(kept) = self.kept(node, old) {
            return kept.to_owned();
        }
        match node {
            Node::Object(object) if object.properties.is_empty() => "{}".to_owned(),
            Node::Object(_) if key == "pages" || fits(node) => self.flat(node, old),
            Node::Object(_) => self.block(node, old, depth, |name, value, old| {
                self.inner(name, value, old, depth + 1)
            }),
            Node::Array(array) if array.elements.iter().all(|one| !is_compound(one)) => {
                self.flat(node, old)
            }
            Node::Array(array) => {
                let is_table = array.elements.iter().all(|row| member(row, "doc").is_some());
                let pad = "  ".repeat(depth + 1);
                let elements = array.elements.iter().enumerate().map(|(index, element)| {
                    let old = old.and_then(|old| counterpart(old, element, index));
                    let text = match () {
                        () if key == "types" => self.of_type(element, old, depth + 1),
                        () if is_table => self.row(element, old),
                        () => self.inner("", element, old, depth + 1),
                    };
                    format!("{pad}{text}")
                });
                let elements = elements.collect::<Vec<_>>().join(",\n");
                format!("[\n{elements}\n{}]", "  ".repeat(depth))
            }
            scalar => flat_scalar(scalar),
        }
    }

    /// A type goes over several lines, however short it is.
    fn of_type(&self, node: &Node<'_>, old: Before<'_, 'o>, depth: usize) -> String {
        let kept = self.kept(node, old).map(str::to_owned);
        kept.unwrap_or_else(|| {
            self.block(node, old, depth, |name, value, old| self.inner(name, value, old, depth + 1))
        })
    }

    /// A field or a value, on one line.
    fn row(&self, node: &Node<'_>, old: Before<'_, 'o>) -> String {
        self.kept(node, old).map_or_else(|| self.flat(node, old), str::to_owned)
    }

    fn block<'n>(
        &self,
        node: &'n Node<'_>,
        old: Before<'_, 'o>,
        depth: usize,
        member_text: impl Fn(&str, &'n Node<'_>, Before<'_, 'o>) -> String,
    ) -> String {
        let properties = ordered(node, old);
        if properties.is_empty() {
            return "{}".to_owned();
        }
        let pad = "  ".repeat(depth + 1);
        let members = properties.into_iter().map(|property| {
            let name = name(&property.name);
            let old = old.and_then(|old| member(old, name));
            format!("{pad}{}: {}", quoted(name), member_text(name, &property.value, old))
        });
        format!("{{\n{}\n{}}}", members.collect::<Vec<_>>().join(",\n"), "  ".repeat(depth))
    }

    /// On one line.
    fn flat(&self, node: &Node<'_>, old: Before<'_, 'o>) -> String {
        match node {
            Node::Object(_) => {
                let members = ordered(node, old).into_iter().map(|property| {
                    let name = name(&property.name);
                    let old = old.and_then(|old| member(old, name));
                    format!("{}: {}", quoted(name), self.flat(&property.value, old))
                });
                match members.collect::<Vec<_>>().join(", ").as_str() {
                    "" => "{}".to_owned(),
                    members => format!("{{ {members} }}"),
                }
            }
            Node::Array(array) => {
                let elements = array.elements.iter().enumerate().map(|(index, element)| {
                    self.flat(element, old.and_then(|old| counterpart(old, element, index)))
                });
                format!("[{}]", elements.collect::<Vec<_>>().join(", "))
            }
            scalar => flat_scalar(scalar),
        }
    }

    /// Returns the previous text, if it has the same meaning.
    fn kept(&self, node: &Node<'_>, old: Before<'_, 'o>) -> Option<&'o str> {
        let old = old.filter(|old| value(old) == value(node))?;
        self.old.get(old.start()..old.end())
    }
}

/// The members, those that were there before in their old order.
fn ordered<'n, 'a>(node: &'n Node<'a>, old: Before<'_, '_>) -> Vec<&'n ObjectProp<'a>> {
    let Node::Object(object) = node else { return Vec::new() };
    let mut members: Vec<&ObjectProp<'_>> = object.properties.iter().collect();
    let Some(Node::Object(old)) = old else { return members };
    let place = |wanted: &str| old.properties.iter().position(|old| name(&old.name) == wanted);
    // A new item follows the item that it follows in a new file.
    let mut last = 0;
    let places: Vec<usize> = members
        .iter()
        .map(|member| {
            last = place(name(&member.name)).unwrap_or(last);
            last
        })
        .collect();
    let mut places = places.into_iter();
    members.sort_by_cached_key(|_| places.next());
    members
}

/// Returns the previous node of an element: the one with its name, or otherwise with its index.
fn counterpart<'n, 'o>(
    old: &'n Node<'o>,
    element: &Node<'_>,
    index: usize,
) -> Option<&'n Node<'o>> {
    let Node::Array(array) = old else { return None };
    let key = ["name", "value"].into_iter().find(|key| member(element, key).is_some());
    match key {
        Some(key) => {
            let wanted = member(element, key).map(value);
            array.elements.iter().find(|old| member(old, key).map(value) == wanted)
        }
        None => array.elements.get(index),
    }
}

/// Whether an object is short, and plain enough to be read on one line.
fn fits(node: &Node<'_>) -> bool {
    let Node::Object(object) = node else { return false };
    let length = |node: &Node<'_>| Layout { old: "" }.flat(node, None).chars().count();
    let is_plain = |value: &Node<'_>| !is_compound(value) || length(value) < WIDTH / 2;
    length(node) <= WIDTH && object.properties.iter().all(|p| is_plain(&p.value))
}

fn is_compound(node: &Node<'_>) -> bool {
    matches!(node, Node::Object(_) | Node::Array(_))
}

fn flat_scalar(node: &Node<'_>) -> String {
    match node {
        Node::StringLit(text) => quoted(&text.value),
        Node::NumberLit(number) => number.value.to_owned(),
        Node::BooleanLit(value) => value.value.to_string(),
        Node::NullKeyword(_) | Node::Object(_) | Node::Array(_) => "null".to_owned(),
    }
}

fn member<'n, 'a>(node: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    let Node::Object(object) = node else { return None };
    let property = object.properties.iter().find(|property| name(&property.name) == key)?;
    Some(&property.value)
}

fn name<'n>(name: &'n ObjectPropName<'_>) -> &'n str {
    match name {
        ObjectPropName::String(text) => &text.value,
        ObjectPropName::Word(word) => word.value,
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn value(node: &Node<'_>) -> Value {
    serde_json::from_str(&Layout { old: "" }.flat(node, None)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::spec;

    const OLD: &str = r#"{
  "doc": "Moves a crane.",
  "id": "x.crane.move",
  "source": "https://example.com",
  "method": "POST", "path": "/open-apis/x/v1/cranes",
  "tokens": ["tenant"],
  "body": [
    { "doc": "How fast.", "name": "speed", "type": "int" },
    { "name": "far", "required": true, "type": "int", "doc": "How far." }
  ],
  "errors": [
    "1"
  ],
  "examples": { "request": {
      "speed": 3, "far": 1
  } }
}
"#;

    fn edited(edit: impl Fn(&mut spec::Endpoint)) -> Vec<String> {
        let mut spec = serde_json::from_str(OLD).unwrap();
        edit(&mut spec);
        let new = file(&spec, Some(OLD));
        let diff = similar::TextDiff::from_lines(OLD, &new);
        let changes = diff.iter_all_changes();
        let changes = changes.filter(|change| change.tag() != similar::ChangeTag::Equal);
        changes.map(|change| format!("{}{}", change.tag(), change.value().trim_end())).collect()
    }

    #[test]
    fn only_the_line_of_a_change_is_laid_out_anew() {
        // Two members on one line are not how we write them; the line is put right.
        let always = [
            r#"-  "method": "POST", "path": "/open-apis/x/v1/cranes","#,
            r#"+  "method": "POST","#,
        ];
        let always = always.map(str::to_owned);
        let path = r#"+  "path": "/open-apis/x/v1/cranes","#.to_owned();
        let plain = [&always[..], &[path]].concat();
        assert_eq!(edited(|_| {}), plain);
        let changed = edited(|spec| spec.body.as_mut().unwrap()[0].required = true);
        let line = [
            r#"-    { "doc": "How fast.", "name": "speed", "type": "int" },"#,
            r#"+    { "doc": "How fast.", "required": true, "name": "speed", "type": "int" },"#,
        ];
        assert_eq!(changed, [plain.clone(), line.map(str::to_owned).to_vec()].concat());
        let changed = edited(|spec| spec.errors.push("2".to_owned()));
        let lines = [r#"-  "errors": ["#, r#"-    "1""#, "-  ],", r#"+  "errors": ["1", "2"],"#];
        assert_eq!(changed, [plain, lines.map(str::to_owned).to_vec()].concat());
    }
}
