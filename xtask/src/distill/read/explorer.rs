//! The link of a page into the vendor's explorer, which names the operation as the SDKs do.

use super::facts::Explored;

/// How such a link begins, up to its parameters.
const LINK: &str = "api_explore_config?";

/// `...?project=im&version=v1&resource=chat.members&method=me_join`. Links of events have no method.
pub(super) fn find(text: &str) -> Option<Explored> {
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
        for text in ["", "api_explore_config?", "api_explore_config?project=a&version=&resource=b"]
        {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
