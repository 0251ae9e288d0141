//! What an operation is called, where only its method and path are known.

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::codegen::{naming, rules};

/// The names of an operation, made from its path.
#[derive(Debug, Clone, PartialEq)]
pub struct Names {
    /// Like the vendor's ids, e.g. `im.v1.chat.link`.
    pub id: String,
    pub module: String,
    pub method: String,
}

/// `GET /open-apis/im/v1/chats/:chat_id/members` is `im.v1.chat_member.list`.
pub fn names(http_method: &str, path: &str) -> Names {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (service, rest) = service(&segments);
    let literals: Vec<&str> = rest.iter().copied().filter(|segment| !is_param(segment)).collect();
    let (resources, action) = match rest.last() {
        Some(last) if is_action(last, &literals) => {
            (&literals[..literals.len() - 1], last.to_snake_case())
        }
        last => (&literals[..], verb(http_method, last.is_some_and(|last| is_param(last)))),
    };
    let module = resources.iter().map(|name| singular(&name.to_snake_case()));
    let module = module.collect::<Vec<_>>().join("_");
    let module = if module.is_empty() { service.to_snake_case() } else { module };
    let (module, method) = (safe(module, "api"), safe(action, "call"));
    Names { id: format!("{service}.{module}.{method}"), module, method }
}

/// What vendors put before the resources, and the rest.
fn service<'s>(segments: &'s [&'s str]) -> (String, &'s [&'s str]) {
    match segments {
        ["open-apis", service, version, rest @ ..] if is_version(version) => {
            (format!("{}.{version}", word(service)), rest)
        }
        ["open-apis", service, rest @ ..] => (word(service), rest),
        [version, service, rest @ ..] if is_version(version) => {
            (format!("{}_{}", word(service), version.trim_start_matches('v')), rest)
        }
        [first, rest @ ..] if !is_param(first) => (word(first), rest),
        rest => ("api".to_owned(), rest),
    }
}

/// An id has letters, digits, `.`, `_` and `-`.
fn word(segment: &str) -> String {
    segment.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect()
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v');
    digits.is_some_and(|digits| digits.starts_with(|char: char| char.is_ascii_digit()))
}

fn is_param(segment: &str) -> bool {
    segment.starts_with([':', '{'])
}

/// A path without the names of its parameters.
pub fn anonymous(path: &str) -> String {
    let segments = path.trim_end_matches('/').split('/');
    let segments =
        segments.map(|segment| if segment.starts_with([':', '{']) { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the last segment says what is done, rather than to what.
fn is_action(last: &str, literals: &[&str]) -> bool {
    !is_param(last) && literals.len() > 1 && (!last.ends_with('s') || last.ends_with("ss"))
}

fn verb(http_method: &str, has_id: bool) -> String {
    let verb = match (http_method, has_id) {
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", _) => "delete",
        _ => "create",
    };
    verb.to_owned()
}

/// Of an English noun.
pub fn singular(name: &str) -> String {
    let ends_in_s = |ending: &str| name.ends_with(ending);
    if let Some(stem) = name.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    if ["ss", "us", "is", "news", "has", "as"].iter().any(|ending| ends_in_s(ending)) {
        return name.to_owned();
    }
    let es = ["sses", "xes", "ches", "shes"].iter().any(|ending| ends_in_s(ending));
    let stem = if es { name.strip_suffix("es") } else { name.strip_suffix('s') };
    stem.filter(|stem| !stem.is_empty()).unwrap_or(name).to_owned()
}

/// A name that can be that of a module or a file.
fn safe(name: String, otherwise: &str) -> String {
    let name: String = name.to_snake_case();
    if naming::is_snake_case(&name) && rules::is_free_module(&name) {
        return name;
    }
    let name = format!("{otherwise}_{name}").to_snake_case();
    if naming::is_snake_case(&name) { name } else { otherwise.to_owned() }
}

/// A name in PascalCase that is made of words, whatever they are made of.
pub fn pascal(words: &str) -> String {
    let name = words.to_upper_camel_case();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_upper_camel_case();
    match naming::is_pascal_case(&name) {
        true => name,
        false => format!("Type{name}").to_upper_camel_case(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_named_by_resource_and_verb() {
        for (method, path, id) in [
            ("POST", "/open-apis/im/v1/chats/:chat_id/link", "im.v1.chat.link"),
            ("GET", "/open-apis/im/v1/chats", "im.v1.chat.list"),
            ("GET", "/open-apis/im/v1/chats/:chat_id", "im.v1.chat.get"),
            ("POST", "/open-apis/im/v1/chats/:chat_id/members", "im.v1.chat_member.create"),
            ("DELETE", "/open-apis/x/v2/policies/:id", "x.v2.policy.delete"),
            ("GET", "/open-apis/bot/v3/info", "bot.v3.info.list"),
            (
                "POST",
                "/v1.0/convFile/conversations/files/send",
                "convFile_1.0.conversation_file.send",
            ),
            ("PUT", "/v1.0/todo/users/{unionId}/tasks/{taskId}", "todo_1.0.user_task.update"),
            ("POST", "/topapi/v2/user/get", "topapi.v2_user.get"),
            ("GET", "/{x}", "api.api.get"),
        ] {
            assert_eq!(names(method, path).id, id, "{method} {path}");
        }
    }

    #[test]
    fn names_can_be_declared() {
        for path in ["/open-apis/a/v1/types/:id/move", "/v1.0/2fa/9/8", "/", "/open-apis/é/é"] {
            let Names { module, method, .. } = names("GET", path);
            assert!(naming::is_snake_case(&module) && naming::is_method(&method), "{path}");
        }
        for words in ["", "type", "9 lives", "群", "a-b_c", "Self"] {
            assert!(naming::is_pascal_case(&pascal(words)), "{words}: {}", pascal(words));
        }
        assert_eq!(singular("statuses"), "statuse");
    }
}
