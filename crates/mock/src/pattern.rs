use std::cmp::Ordering;
use std::fmt;

use http::Method;

use crate::recorded::decode;

/// The method and the path template of a route.
///
/// Two templates that differ only in the names of their parameters are the same pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    method: Method,
    template: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Literal(&'a str),
    Parameter,
}

impl Pattern {
    pub(crate) fn new(method: Method, template: impl Into<String>) -> Self {
        Self { method, template: template.into() }
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.template.split('/').map(|segment| match parameter(segment) {
            Some(_) => Segment::Parameter,
            None => Segment::Literal(segment),
        })
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.method == other.method && self.segments().eq(other.segments())
    }

    /// The values of the path's parameters by name, decoded; `None` if a request to the path does
    /// not belong to the route.
    pub(crate) fn matches(&self, method: &Method, path: &str) -> Option<Vec<(String, String)>> {
        if self.method == *method { path_values(&self.template, path) } else { None }
    }

    /// Less is more specific: a literal comes before a parameter.
    pub(crate) fn cmp_specificity(&self, other: &Self) -> Ordering {
        self.segments().cmp(other.segments())
    }

    /// Counts the leading segments that the pattern has in common with a path.
    pub(crate) fn nearness(&self, path: &str) -> usize {
        let pairs = self.segments().zip(path.split('/'));
        pairs
            .take_while(|(segment, value)| match segment {
                Segment::Literal(literal) => literal == value,
                Segment::Parameter => true,
            })
            .count()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The values of a template's parameters in a path that matches it.
pub(crate) fn path_values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut values = Vec::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        match parameter(expected) {
            Some(name) if !segment.is_empty() => values.push((name.to_owned(), decode(segment))),
            None if segment == expected => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(template: &'static str) -> Pattern {
        Pattern::new(Method::GET, template)
    }

    #[test]
    fn a_parameter_is_one_segment_that_is_not_empty() {
        let link = pattern("/chats/{chat_id}/link");
        for path in ["/chats/oc_1/link", "/chats/a%2Fb/link", "/chats/{chat_id}/link"] {
            assert!(link.matches(&Method::GET, path).is_some(), "{path}");
        }
        for path in [
            "",
            "/",
            "/chats//link",
            "/chats/link",
            "/chats/a/b/link",
            "/chats/oc_1/link/",
            "/chats/oc_1/link/more",
            "/chats/oc_1",
            "chats/oc_1/link",
        ] {
            assert!(link.matches(&Method::GET, path).is_none(), "{path}");
        }
        assert!(link.matches(&Method::POST, "/chats/oc_1/link").is_none());
    }

    #[test]
    fn the_names_of_parameters_do_not_matter() {
        assert!(pattern("/a/{x}").is_same(&pattern("/a/{y}")));
        assert!(!pattern("/a/{x}").is_same(&pattern("/a/x")));
        assert!(!pattern("/a").is_same(&Pattern::new(Method::PUT, "/a")));
    }

    #[test]
    fn a_literal_is_more_specific_than_a_parameter() {
        let order = ["/a/b/c", "/a/b/{y}", "/a/{x}/c", "/a/{x}/{y}"].map(pattern);
        assert!(order.is_sorted_by(|a, b| a.cmp_specificity(b) == Ordering::Less));
    }
}
