use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object, each read on its own: whatever is wrong with one hides no other.
pub(crate) struct Members<'a> {
    members: Vec<(Key<'a>, &'a RawValue)>,
    is_whole: bool,
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Members<'a> {
    /// Reads an object as far as it is one.
    pub(crate) fn read(json: &'a [u8]) -> Self {
        let mut members = Vec::new();
        let mut json = serde_json::Deserializer::from_slice(json);
        let is_whole = Collect(&mut members).deserialize(&mut json).and_then(|()| json.end());
        Self { members, is_whole: is_whole.is_ok() }
    }

    /// Returns `true` if the text is an object from its beginning to its end.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns the names of the members that are not `null`.
    #[cfg(feature = "dingtalk")]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let present = self.members.iter().filter(|(_, value)| value.get() != "null");
        present.map(|(name, _)| &*name.0)
    }

    /// Returns a member that is not `null`, in whatever case its name is written. Of several, the
    /// last counts.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let find = |is_it: &dyn Fn(&str) -> bool| {
            self.members.iter().rev().find(|(key, _)| is_it(&key.0)).map(|(_, value)| *value)
        };
        let value =
            find(&|key| key == name).or_else(|| find(&|key| key.eq_ignore_ascii_case(name)));
        value.filter(|value| value.get() != "null")
    }

    /// Returns `true` if a name that is written exactly so appears more than once.
    #[cfg(feature = "feishu")]
    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.members.iter().filter(|(key, _)| key.0 == name).count() > 1
    }

    /// Returns the first of some members that is a text, or a number as text, and not empty.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| text(self.get(name)?))
    }

    /// Returns the first of some members that can be a code; see [`code`].
    pub(super) fn code(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| code(self.get(name)?))
    }

    /// Returns the members of a member, none if it is no object.
    pub(crate) fn object(&self, name: &str) -> Members<'a> {
        Members::read(self.get(name).map(RawValue::get).unwrap_or_default().as_bytes())
    }

    /// Returns the object as text, with this member added or replaced.
    #[cfg(all(feature = "feishu", feature = "events"))]
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let others = self.members.iter().filter(|(key, _)| !key.0.eq_ignore_ascii_case(name));
        let others = others.map(|(key, value)| (&*key.0, value.get()));
        let members = others.chain([(name, value)]);
        let members: Vec<_> =
            members.map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
        format!("{{{}}}", members.join(","))
    }

    /// Returns the items of a member, none if it is no list.
    pub(super) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        let list = self.get(name).and_then(|list| serde_json::from_str(list.get()).ok());
        list.unwrap_or_default()
    }
}

/// Returns a text, or a number as text, unless it is empty.
pub(super) fn text(value: &RawValue) -> Option<String> {
    let text = match serde_json::from_str(value.get()).ok()? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Returns a code in the form in which it is documented: `7`, `"7"`, `7.0` and `7e0` are all `7`.
fn code(value: &RawValue) -> Option<String> {
    let code = text(value)?.trim().to_owned();
    match code.parse::<f64>() {
        // Every whole number of this size has a form of its own.
        Ok(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Some((number as i64).to_string())
        }
        _ => Some(code),
    }
}

/// Keeps what was read before an error.
struct Collect<'c, 'a>(&'c mut Vec<(Key<'a>, &'a RawValue)>);

impl<'a> DeserializeSeed<'a> for Collect<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Collect<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_member_costs_itself() {
        let members = Members::read(br#"{"a":"x","deep":[[[1e999]]],"b":7,"a":" ","A":"y""#);
        assert!(!members.is_whole());
        assert_eq!(members.text(&["a"]), None);
        assert_eq!(members.text(&["c", "B"]).as_deref(), Some("7"));
        assert!(Members::read(br#"{"a":null}"#).get("a").is_none());
        assert!(Members::read(b"{} ").is_whole());
        for odd in [&b""[..], b"[]", b"\"x\"", b"{} {}", b"{", br#"{"a"}"#] {
            assert!(!Members::read(odd).is_whole());
        }
    }

    #[test]
    fn the_last_of_several_counts() {
        let members = Members::read(br#"{"a":1,"a":2,"B":3,"b":4,"C":5,"c\u0020":6}"#);
        let texts = ["a", "b", "B", "c", "C ", "d"].map(|name| members.text(&[name]));
        let texts = texts.each_ref().map(Option::as_deref);
        assert_eq!(texts, [Some("2"), Some("4"), Some("3"), Some("5"), Some("6"), None]);
    }

    #[cfg(all(feature = "feishu", feature = "events"))]
    #[test]
    fn another_member_leaves_the_others_as_they_are() {
        let members = Members::read(br#"{ "a\"" : [1.0, 1e999], "B":1, "b":2, "a\"":{} }"#);
        assert_eq!(members.with("b", "3"), r#"{"a\"":[1.0, 1e999],"a\"":{},"b":3}"#);
        assert_eq!(Members::read(b"{}").with("b", "3"), r#"{"b":3}"#);
    }

    #[test]
    fn a_code_has_one_form() {
        for (json, expected) in [
            ("0", Some("0")),
            ("-0.0", Some("0")),
            ("230001.0", Some("230001")),
            ("2.30001e5", Some("230001")),
            ("\" 230001 \"", Some("230001")),
            ("\"230001.0\"", Some("230001")),
            ("\"k_ec_000015\"", Some("k_ec_000015")),
            ("1.5", Some("1.5")),
            ("\"inf\"", Some("inf")),
            ("\"\"", None),
            ("true", None),
            ("null", None),
            ("{}", None),
            ("1e999", None),
        ] {
            let json = format!("{{\"code\":{json}}}");
            assert_eq!(Members::read(json.as_bytes()).code(&["code"]).as_deref(), expected);
        }
    }
}
