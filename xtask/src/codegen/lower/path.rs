//! The vendors' path templates, in their two spellings.

/// A path whose parameters are all written `{name}`.
#[derive(Debug)]
pub struct Template {
    pub text: String,
    pub params: Vec<String>,
}

/// Reads `/a/:name/b` or `/a/{name}/b`. A slash may be at the end.
pub fn parse(path: &str) -> Result<Template, String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err(format!("`{path}` does not start with `/`"));
    };
    let mut template = Template { text: String::new(), params: Vec::new() };
    let (segments, end) = match rest.strip_suffix('/') {
        Some(segments) => (segments, "/"),
        None => (rest, ""),
    };
    for segment in segments.split('/') {
        template.text.push('/');
        let braced = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match segment.strip_prefix(':').or(braced) {
            Some(name) if name.chars().all(is_name) && !name.is_empty() => {
                if template.params.iter().any(|param| param == name) {
                    return Err(format!("the path has `{name}` twice"));
                }
                template.text.push_str(&format!("{{{name}}}"));
                template.params.push(name.to_owned());
            }
            // URL parsers drop `.` and `..`, and the call would reach another resource.
            None if segment.is_empty() => return Err(format!("`{path}` has an empty segment")),
            None if matches!(segment, "." | "..") => {
                return Err(format!("`{path}` has the segment `{segment}`"));
            }
            None if segment.chars().all(is_literal) => {
                template.text.push_str(segment);
            }
            _ => return Err(format!("`{segment}` is not a segment of a path")),
        }
    }
    template.text.push_str(end);
    Ok(template)
}

fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

fn is_literal(char: char) -> bool {
    is_name(char) || matches!(char, '-' | '.' | '~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let template = parse("/v1.0/a/:one/b-c/{two}").unwrap();
        assert_eq!(template.text, "/v1.0/a/{one}/b-c/{two}");
        assert_eq!(template.params, ["one", "two"]);
    }

    #[test]
    fn a_slash_at_the_end_stays() {
        for (path, text) in [("/a/b/", "/a/b/"), ("/a/:b/", "/a/{b}/"), ("/a/{b}/", "/a/{b}/")] {
            assert_eq!(parse(path).unwrap().text, text);
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for path in [
            "", "/", "//", "a", "/a//", "/a//b", "/a/:", "/a/:/", "/a/{b", "/a/x:y", "/a?b",
            "/:a/:a", "/a/./b", "/a/./", "/..",
        ] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
