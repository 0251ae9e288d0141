//! The sources of the names in the vendor's SDKs: the link of its page into the explorer, and the
//! calls in its samples.

use super::facts::Explored;

/// How a link into the explorer begins, up to its parameters.
const LINK: &str = "api_explore_config?";

/// How a sample calls an operation.
const CALL: &str = "client.";

pub(super) fn find(text: &str) -> Option<Explored> {
    linked(text).or_else(|| called(text))
}

/// `...?project=im&version=v1&resource=chat.members&method=me_join`. Links of events have no method.
fn linked(text: &str) -> Option<Explored> {
    let parts = text.split(LINK).skip(1);
    let mut links = parts.filter_map(|rest| rest.split([')', ' ', '"', '\n']).next());
    links.find_map(|link| {
        let link = link.replace("&amp;", "&");
        let value = |key: &str| {
            let mut pairs = link.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, value)| *name == key && is_name(value)).map(|(_, value)| value)
        };
        Some(Explored {
            service: format!("{}.{}", value("project")?, value("version")?),
            resource: value("resource")?.to_owned(),
            method: value("method")?.to_owned(),
        })
    })
}

/// `client.im.v1.chat_members.me_join(request)` in Python, `client.im.v1.chatMembers.meJoin({` in
/// JavaScript. Languages that write `client.Im.V1` also drop the underscores of the service.
fn called(text: &str) -> Option<Explored> {
    let mut calls = text.split(CALL).skip(1).filter_map(|rest| rest.split_once('('));
    calls.find_map(|(call, _)| {
        let parts: Vec<&str> = call.split('.').collect();
        let [service, version, resource, method] = parts[..] else { return None };
        let is_plain = service.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let is_version =
            version.strip_prefix('v').is_some_and(|number| number.parse::<u8>().is_ok());
        (is_plain && is_version && parts.iter().all(|part| is_name(part))).then(|| Explored {
            service: format!("{service}.{version}"),
            resource: resource.to_owned(),
            method: method.trim_end_matches('_').to_owned(),
        })
    })
}

fn is_name(value: &str) -> bool {
    let is_letter = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_');
    !value.is_empty() && value.chars().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_link_of_an_operation_counts() {
        let page = "# Dock\n\nText {try}(url=/api/tools/api_explore/api_explore_config?project=dock\
                    &version=v1&resource=dock&event=built).\nOr {it}(url=/x/api_explore_config?\
                    project=dock&amp;version=v1&amp;resource=dock.crane&amp;method=lift)\n";
        let found = find(page).unwrap();
        assert_eq!(
            (found.service.as_str(), found.resource.as_str(), found.method.as_str()),
            ("dock.v1", "dock.crane", "lift")
        );
        let sample = "client := lark.NewClient()\nclient.Dock.V1.Dock.Lift(\nclient.close(a)\n\
                      client.dock.v1.crane.lift_(request)\nclient.dock.v1.crane.lower(request)";
        let Explored { service, resource, method } = find(sample).unwrap();
        assert_eq!([service, resource, method], ["dock.v1", "crane", "lift"]);
        for text in [
            "client.dock.v1.",
            "client.dock.v1.crane.lift",
            "client.a.b.c.d(",
            "client.(",
            "",
            "api_explore_config?",
            "api_explore_config?project=a&version=&resource=b",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
