//! JSON whose objects keep the order in which their members were added.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Value(Value),
    List(Vec<Node>),
    Object(Object),
}

/// An object of JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Vec<(String, Node)>);

impl Object {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    pub fn with_if_some(self, name: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn with_if_true(self, name: &str, value: bool) -> Self {
        self.with_if_some(name, value.then_some(true))
    }

    /// Adds a list, an object or a text, unless it is empty.
    pub fn with_if_any(self, name: &str, value: impl Into<Node>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Node::Value(value) => value.as_str() == Some(""),
            Node::List(items) => items.is_empty(),
            Node::Object(object) => object.is_empty(),
        };
        if is_empty { self } else { self.with(name, value) }
    }

    /// Adds the members of another object.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl<K: Into<String>, V: Into<Node>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<T: Into<Node>> FromIterator<T> for Node {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Node>, const N: usize> From<[T; N]> for Node {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

macro_rules! values {
    ($($type:ty)*) => {$(
        impl From<$type> for Node {
            fn from(value: $type) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}

values! { Value &str String bool i64 u64 u32 u16 f64 }

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The media type of most bodies.
pub const JSON: &str = "application/json";

/// Returns a reference to one of the components of a document.
pub fn reference(kind: &str, name: &str) -> Object {
    Object::new().with("$ref", format!("#/components/{kind}/{name}"))
}

/// Returns the schema of a type of JSON with a description.
pub fn described(ty: &str, description: &str) -> Object {
    Object::new().with("type", ty).with("description", description)
}

/// Returns the content of a request or response.
pub fn content(media_type: &str, schema: Object, example: Option<Node>) -> Object {
    let media = Object::new().with("schema", schema).with_if_some("example", example);
    Object::new().with("content", Object::new().with(media_type, media))
}
