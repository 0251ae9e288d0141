//! The name of an operation of which only method and path are known.

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::codegen::{naming, rules};
use crate::distill::read::facts::Explored;

/// The names of an operation, made from its path.
#[derive(Debug, Clone, PartialEq)]
pub struct Names {
    /// Like the vendor's IDs, such as `im.v1.chat.link`.
    pub id: String,
    pub module: String,
    pub method: String,
    /// Of the service, where the ID has one: such as `v2`.
    pub version: Option<String>,
}

/// The names of an operation: those of the vendor's explorer, those in the address of its page if the
/// vendor builds that of them, or those that the vendor makes of such a path most often.
pub fn names(
    http_method: &str,
    path: &str,
    explored: Option<&Explored>,
    page: Option<&str>,
) -> Names {
    let segments: Vec<&str> = segments(path).collect();
    let (service, rest) = service(&segments);
    let told = explored.and_then(|explored| names_told(explored, &service));
    let told = told.or_else(|| page.and_then(|page| names_in(page, &service)));
    let (module, method) = told.unwrap_or_else(|| names_of(http_method, &service, rest));
    let module = safe(module, "api");
    let method = if naming::is_method(&method) { method } else { safe(method, "call") };
    let version = segments.iter().find(|segment| is_version(segment));
    let version = version.and_then(|version| version.split('.').next()).map(str::to_owned);
    Names { id: format!("{service}.{module}.{method}"), module, method, version }
}

/// DingTalk calls `/topapi/v2/user/get` of its old API `dingtalk.oapi.v2.user.get`. The last word of such
/// a path says what is done.
pub fn names_of_old(path: &str) -> Option<Names> {
    let words = segments(path.strip_prefix("/topapi").unwrap_or(path));
    let words: Vec<String> = words.filter(|segment| !is_param(segment)).map(word).collect();
    let unversioned: Vec<_> = words.iter().filter(|word| !is_version(word)).collect();
    let (last, resources) = unversioned.split_last()?;
    let resources: Vec<_> = resources.iter().map(|name| singular(&snake(name))).collect();
    let module = safe(resources.join("_"), "api");
    let method = snake(last);
    let method = if naming::is_method(&method) { method } else { safe(method, "call") };
    let version = words.iter().find(|word| is_version(word)).cloned();
    Some(Names { id: format!("dingtalk.oapi.{}", words.join(".")), module, method, version })
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The explorer calls `chat_members` and `me_join` `chat.members` and `me_join`. A page can link to
/// another operation too, whose service may be another.
fn names_told(explored: &Explored, service: &str) -> Option<(String, String)> {
    let (module, method) = (snake(&explored.resource), snake(&explored.method));
    let is_named = naming::is_snake_case(&module) && naming::is_method(&method);
    (explored.service == service && is_named).then_some((module, method))
}

/// `.../reference/im-v1/chat-members/me_join` names `chat_members` and `me_join`.
fn names_in(page: &str, service: &str) -> Option<(String, String)> {
    let page = page.split(['?', '#']).next()?.trim_end_matches('/').trim_end_matches(".md");
    let mut parts = page.rsplit('/');
    let (method, resource, home) = (parts.next()?, parts.next()?, parts.next()?);
    // In menus of guides, pages are named after their titles.
    let is_menu = page.contains("/server-docs/") || method.contains('-');
    let is_meant = home == service.replace('.', "-") && !is_menu;
    let (module, method) = (snake(resource), snake(method));
    (is_meant && naming::is_snake_case(&module) && naming::is_method(&method))
        .then_some((module, method))
}

/// Of `GET /chats/:chat_id/members`: `chat_member` and `list`.
fn names_of(http_method: &str, service: &str, rest: &[&str]) -> (String, String) {
    let mut literals: Vec<String> =
        rest.iter().filter(|segment| !is_param(segment)).map(|segment| snake(segment)).collect();
    let method = match rest {
        [.., last] if is_action(http_method, rest) => {
            literals.pop();
            snake(last)
        }
        [.., last] => verb(http_method, is_param(last) || !is_plural(last)),
        [] => verb(http_method, false),
    };
    let mut resources: Vec<String> = Vec::new();
    for resource in literals.iter().map(|name| singular(name)) {
        // The tabs of a chat are `chat_tab` whether the path calls them that or not.
        let is_named = |owner: &mut String| resource.starts_with(&format!("{owner}_"));
        resources.pop_if(is_named);
        resources.push(resource);
    }
    let module = resources.join("_");
    (if module.is_empty() { service.to_snake_case() } else { module }, method)
}

/// Splits a path into what vendors put before the resources, and the rest.
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

/// The service of a path, whatever its version: `im` of `/open-apis/im/v1/chats`.
pub fn family(path: &str) -> String {
    let segments: Vec<&str> = segments(path).collect();
    let version = |segment: &&str| is_version(segment) || *segment == "open-apis";
    segments.into_iter().find(|segment| !version(segment)).map(word).unwrap_or_default()
}

/// Returns a segment as a part of an ID, which has letters, digits, `.`, `_` and `-`.
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

/// Whether the last segment says what is done, rather than to what. Something of one thing that is
/// read or changed is a thing itself, what is posted to it is done to it.
fn is_action(http_method: &str, rest: &[&str]) -> bool {
    let [before @ .., last] = rest else { return false };
    if is_param(last) || before.iter().all(|segment| is_param(segment)) {
        return false;
    }
    let is_of_one = before.last().is_some_and(|segment| is_param(segment));
    let name = snake(last);
    let first = name.split('_').next().unwrap_or_default();
    VERBS.contains(&first) || !is_plural(last) && (http_method == "POST" || !is_of_one)
}

/// The verbs that the last segment of a path can begin with.
const VERBS: [&str; 67] = [
    "add",
    "apply",
    "approve",
    "batch",
    "bind",
    "call",
    "cancel",
    "check",
    "close",
    "complete",
    "convert",
    "copy",
    "create",
    "delete",
    "disable",
    "download",
    "enable",
    "end",
    "execute",
    "export",
    "finish",
    "forward",
    "get",
    "import",
    "invite",
    "invoke",
    "join",
    "link",
    "list",
    "match",
    "me",
    "merge",
    "modify",
    "move",
    "notify",
    "patch",
    "preview",
    "publish",
    "push",
    "put",
    "query",
    "read",
    "recover",
    "reject",
    "release",
    "remove",
    "reply",
    "reset",
    "resolve",
    "resume",
    "revert",
    "save",
    "search",
    "send",
    "set",
    "sort",
    "start",
    "stop",
    "submit",
    "subscribe",
    "terminate",
    "transfer",
    "unbind",
    "unsubscribe",
    "update",
    "upload",
    "urgent",
];

fn is_plural(segment: &str) -> bool {
    let name = snake(segment);
    singular(&name) != name
}

/// In snake_case, where a letter alone is no word: `oToMessages` is `oto_messages`.
fn snake(segment: &str) -> String {
    let name = segment.to_snake_case();
    match name.split_once('_') {
        Some((letter, rest)) if letter.len() == 1 => format!("{letter}{rest}"),
        _ => name,
    }
}

fn verb(http_method: &str, is_one: bool) -> String {
    let verb = match (http_method, is_one) {
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", _) => "delete",
        _ => "create",
    };
    verb.to_owned()
}

/// Plurals that follow no rule, or that vendors made up.
const PLURALS: [(&str, &str); 4] =
    [("medias", "media"), ("datas", "data"), ("aliases", "alias"), ("statuses", "status")];

/// Of an English noun.
pub fn singular(name: &str) -> String {
    for (plural, singular) in PLURALS {
        if let Some(words) = name.strip_suffix(plural) {
            return format!("{words}{singular}");
        }
    }
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

/// Returns the name of a type after its field.
pub fn type_name(field: &str) -> String {
    pascal(&singular(field))
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
            ("GET", "/open-apis/bot/v3/info", "bot.v3.info.get"),
            (
                "POST",
                "/v1.0/convFile/conversations/files/send",
                "convFile_1.0.conversation_file.send",
            ),
            ("PUT", "/v1.0/todo/users/{unionId}/tasks/{taskId}", "todo_1.0.user_task.update"),
            ("GET", "/{x}", "api.api.get"),
            ("GET", "/open-apis/x/v1/docks/:dock_id/public", "x.v1.dock_public.get"),
            ("PATCH", "/open-apis/x/v1/docks/:dock_id/public", "x.v1.dock_public.patch"),
            ("PATCH", "/open-apis/x/v1/docks/:dock_id/me_join", "x.v1.dock.me_join"),
            ("POST", "/open-apis/x/v1/docks/:dock_id/move", "x.v1.dock.move"),
            ("POST", "/open-apis/x/v1/docks/:dock_id/sort_cranes", "x.v1.dock.sort_cranes"),
            ("POST", "/open-apis/x/v1/docks/:dock_id/dock_cranes", "x.v1.dock_crane.create"),
            ("POST", "/open-apis/x/v1/medias/upload_all", "x.v1.media.upload_all"),
            ("GET", "/open-apis/x/v1/harbor_info", "x.v1.harbor_info.get"),
            ("POST", "/v1.0/robot/oToMessages/batchSend", "robot_1.0.oto_message.batch_send"),
        ] {
            assert_eq!(names(method, path, None, None).id, id, "{method} {path}");
        }
    }

    #[test]
    fn operations_of_an_old_api_are_named_as_the_vendor_names_them() {
        for (path, id, module, method) in [
            ("/topapi/v2/user/get", "dingtalk.oapi.v2.user.get", "user", "get"),
            (
                "/user/getUseridByUnionid",
                "dingtalk.oapi.user.getUseridByUnionid",
                "user",
                "get_userid_by_unionid",
            ),
            (
                "/topapi/v2/department/listsub",
                "dingtalk.oapi.v2.department.listsub",
                "department",
                "listsub",
            ),
            (
                "/topapi/message/corpconversation/asyncsend_v2",
                "dingtalk.oapi.message.corpconversation.asyncsend_v2",
                "message_corpconversation",
                "asyncsend_v2",
            ),
            ("/gettoken", "dingtalk.oapi.gettoken", "api", "gettoken"),
            ("/topapi/types/move", "dingtalk.oapi.types.move", "api_type", "move"),
        ] {
            let names = names_of_old(path).unwrap();
            assert_eq!((&*names.id, &*names.module, &*names.method), (id, module, method));
        }
        let path = "/x/openapi/v2/hull/upload";
        assert_eq!(names("POST", path, None, None).id, "x.openapi_v2_hull.upload");
    }

    #[test]
    fn the_address_of_a_page_names_its_operation() {
        let path = "/open-apis/x/v1/docks/:dock_id/members";
        for (page, id) in [
            ("https://a.cn/document/u/reference/x-v1/dock-members/get", "x.v1.dock_members.get"),
            ("https://a.cn/document/u/x-v1/dock-top_notice/get.md?a=b", "x.v1.dock_top_notice.get"),
            ("https://a.cn/document/server-docs/x-v1/dock-members/get", "x.v1.dock_member.list"),
            ("https://a.cn/document/u/reference/y-v1/dock-members/get", "x.v1.dock_member.list"),
            ("https://a.cn/document/", "x.v1.dock_member.list"),
        ] {
            assert_eq!(names("GET", path, None, Some(page)).id, id, "{page}");
            let [service, resource, method] =
                ["x.v1", "dock.members", "countAll"].map(str::to_owned);
            let mut explored = Explored { service, resource, method };
            let told = names("GET", path, Some(&explored), Some(page));
            assert_eq!(told.id, "x.v1.dock_members.count_all");
            explored.service = "y.v1".to_owned();
            assert_eq!(names("GET", path, Some(&explored), Some(page)).id, id, "{page}");
        }
    }

    #[test]
    fn names_can_be_declared() {
        for path in ["/open-apis/a/v1/types/:id/move", "/v1.0/2fa/9/8", "/", "/open-apis/é/é"] {
            let Names { module, method, .. } = names("GET", path, None, None);
            assert!(naming::is_snake_case(&module) && naming::is_method(&method), "{path}");
        }
        for words in ["", "type", "9 lives", "群", "a-b_c", "Self"] {
            assert!(naming::is_pascal_case(&pascal(words)), "{words}: {}", pascal(words));
        }
        assert_eq!(singular("statuses"), "status");
    }
}
