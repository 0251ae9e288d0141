//! The name of a file, as a server gives it: read from a header, and not trusted.

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use percent_encoding::percent_decode;

/// The longest name that common file systems take, in bytes.
const LONGEST: usize = 255;

/// The name in `Content-Disposition` (RFC 6266), made fit to be the name of a file in a folder.
pub(crate) fn file_name(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(CONTENT_DISPOSITION)?.as_bytes();
    let mut plain = None;
    for (name, value) in parameters(&String::from_utf8_lossy(header)) {
        match name.as_str() {
            // The one that says its encoding goes before the other, wherever it stands.
            "filename*" => {
                if let Some(name) = extended(&value).as_deref().and_then(safe) {
                    return Some(name);
                }
            }
            "filename" => plain = plain.or_else(|| safe(&value)),
            _ => {}
        }
    }
    plain
}

/// `; name=value; name="quoted \" value"`, names in lower case.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let Some((name, value)) = after.split_once('=') else { break };
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim().to_owned(), &value[end..])
            }
        };
        // What has no value ends where the next one begins.
        let name = name.rsplit(';').next().unwrap_or_default();
        found.push((name.trim().to_ascii_lowercase(), value));
        rest = after;
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.char_indices();
    while let Some((index, char)) = chars.next() {
        match char {
            '"' => return (text, &quoted[index + 1..]),
            // `\"` and `\\` alone: some servers put a path of Windows here as it is.
            '\\' if quoted[index + 1..].starts_with(['"', '\\']) => {
                text.extend(chars.next().map(|(_, char)| char));
            }
            char => text.push(char),
        }
    }
    (text, "")
}

/// `UTF-8''%E7%BE%A4.pdf` (RFC 8187).
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let decoded = percent_decode(encoded.as_bytes());
    charset.eq_ignore_ascii_case("utf-8").then(|| decoded.decode_utf8_lossy().into_owned())
}

/// A name that stays in its folder, is not hidden there, and that every system accepts.
fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let allowed = |char: char| match char {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        char => char,
    };
    let name: String =
        last.chars().filter(|char| !char.is_control() && !is_unseen(*char)).map(allowed).collect();
    let name = name.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let name = shorten(name);
    let stem = name.split('.').next().unwrap_or_default();
    let name = if is_device(stem) { format!("_{name}") } else { name };
    (!name.is_empty()).then_some(name)
}

/// What is not shown, or changes the order in which the rest is: `x\u{202e}fdp.exe` seems to end
/// in `.pdf`.
fn is_unseen(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Cuts the middle out of a name that is too long, since its end says what it is.
fn shorten(name: &str) -> String {
    if name.len() < LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension = if extension.len() < 32 { extension } else { "" };
    let limit = LONGEST - 2 - extension.len();
    let end = (0..=limit.min(stem.len())).rev().find(|end| stem.is_char_boundary(*end));
    let stem = &stem[..end.unwrap_or_default()];
    if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") }
}

/// What Windows takes for a device, whatever folder and extension it is given.
fn is_device(stem: &str) -> bool {
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|number| {
            matches!(number, "¹" | "²" | "³") || matches!(number.as_bytes(), [b'0'..=b'9'])
        })
    });
    numbered || matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(header: &str) -> Option<String> {
        let value = http::HeaderValue::from_bytes(header.as_bytes()).unwrap();
        file_name(&HeaderMap::from_iter([(CONTENT_DISPOSITION, value)]))
    }

    #[test]
    fn a_name_is_read_in_all_its_forms() {
        for (header, expected) in [
            (r#"attachment; filename="a b.pdf""#, "a b.pdf"),
            (r#"attachment;filename=a.pdf;size=3"#, "a.pdf"),
            (r#"attachment; filename="a\"b.pdf"; x=y"#, "a_b.pdf"),
            (r#"attachment; filename="x.pdf"; filename*=UTF-8''%E7%BE%A4.pdf"#, "群.pdf"),
            (r#"attachment; filename*=utf-8'zh'%E7%BE%A4.pdf; filename=x"#, "群.pdf"),
            (r#"attachment; filename*=broken; filename="x;y.pdf""#, "x;y.pdf"),
            (r#"ATTACHMENT; FILENAME="群.pdf""#, "群.pdf"),
            (r#"attachment; filename="unclosed.pdf"#, "unclosed.pdf"),
            (r#"attachment;; flag; filename="a.pdf""#, "a.pdf"),
        ] {
            assert_eq!(name(header).as_deref(), Some(expected), "{header}");
        }
        for header in ["attachment", "attachment; filename=", "; =", "x; y", "", ";;;=\""] {
            assert_eq!(name(header), None, "{header}");
        }
    }

    #[test]
    fn a_name_is_never_a_path() {
        for (header, expected) in [
            (r#"a; filename="../../etc/passwd""#, Some("passwd")),
            (r#"a; filename="..\\..\\boot.ini""#, Some("boot.ini")),
            (r#"a; filename="C:\dir\x.txt""#, Some("x.txt")),
            (r#"a; filename*=UTF-8''..%2F..%2Fetc%2Fx"#, Some("x")),
            (r#"a; filename*=UTF-8''a%00b%0A.txt"#, Some("ab.txt")),
            (r#"a; filename=".bashrc""#, Some("bashrc")),
            (r#"a; filename="nul.txt""#, Some("_nul.txt")),
            (r#"a; filename="com1""#, Some("_com1")),
            (r#"a; filename="COM³.txt""#, Some("_COM³.txt")),
            (r#"a; filename="nul .txt""#, Some("_nul .txt")),
            (r#"a; filename="com12""#, Some("com12")),
            (r#"a; filename="a:b?.txt. ""#, Some("a_b_.txt")),
            ("a; filename=\"x\u{202e}fdp.exe\"", Some("xfdp.exe")),
            (r#"a; filename="..""#, None),
            (r#"a; filename="/""#, None),
        ] {
            assert_eq!(name(header).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn a_name_has_a_length_that_file_systems_take() {
        let long = name(&format!("a; filename=\"{}.pdf\"", "群".repeat(200))).unwrap();
        assert!(long.len() <= LONGEST && long.ends_with("群.pdf"), "{long}");
        let long = name(&format!("a; filename=\"{}\"", "x.".repeat(2000))).unwrap();
        assert!(long.len() <= LONGEST, "{long}");
    }
}
