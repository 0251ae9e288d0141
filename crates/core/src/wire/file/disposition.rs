//! The name of a file in the header of a response: decoded, and not trusted.

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use percent_encoding::percent_decode_str;

use super::{charset, name};

/// Returns the name in `Content-Disposition` (RFC 6266), made fit to be the name of a file in a
/// folder.
pub(crate) fn file_name(headers: &HeaderMap) -> Option<String> {
    // Some servers leave the type in front of the parameters out.
    let header = format!(";{}", charset::decode(headers.get(CONTENT_DISPOSITION)?.as_bytes()));
    let mut plain = None;
    for (key, value) in parameters(&header) {
        match key.as_str() {
            // The parameter that names its encoding has precedence, wherever it stands.
            "filename*" => {
                if let Some(name) = extended(&value).and_then(usable) {
                    return Some(name);
                }
            }
            "filename" => plain = plain.or_else(|| usable(charset::decode_escapes(&value))),
            _ => {}
        }
    }
    plain
}

fn usable(decoded: String) -> Option<String> {
    name::clean(&charset::repair(decoded))
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
        // A parameter without a value ends where the next one begins.
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

/// `UTF-8''%E7%BE%A4.pdf` (RFC 8187), or `%E7%BE%A4.pdf` from servers that forget the encoding.
fn extended(value: &str) -> Option<String> {
    let (charset, encoded) = match value.split_once('\'') {
        Some((charset, rest)) => (charset, rest.split_once('\'')?.1),
        None => ("UTF-8", Some(value).filter(|value| value.contains('%'))?),
    };
    let bytes: Vec<u8> = percent_decode_str(encoded).collect();
    charset::decode_as(charset, &bytes)
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
            (r#"filename="a.pdf""#, "a.pdf"),
            (r#"attachment; filename*=%E7%BE%A4.pdf; filename="x""#, "群.pdf"),
        ] {
            assert_eq!(name(header).as_deref(), Some(expected), "{header}");
        }
        for header in ["attachment", "attachment; filename=", "; =", "x; y", "", ";;;=\""] {
            assert_eq!(name(header), None, "{header}");
        }
    }

    #[test]
    fn a_name_is_decoded_and_never_a_path() {
        for (header, expected) in [
            (r#"a; filename="%E6%B5%8B%E8%AF%95.pdf""#, "测试.pdf"),
            (r#"a; filename="=?UTF-8?B?5rWL6K+V?=.pdf""#, "测试.pdf"),
            (r#"a; filename="=?UTF-8?Q?..=2F..=2Fx?=""#, "x"),
            (r#"a; filename="..%2F..%5Cx""#, "x"),
            ("a; filename=\"æµ‹è¯•.pdf\"", "测试.pdf"),
            (r#"a; filename*=UTF-8''%C3%A7%C2%BE%C2%A4.pdf"#, "群.pdf"),
            // Two escapes deep: this parameter is decoded once, as it says.
            (r#"a; filename*=UTF-8''100%2541.pdf"#, "100%41.pdf"),
            (r#"a; filename*=iso-8859-1'en'%E9.pdf"#, "é.pdf"),
            (r#"a; filename*=x-none''%E9.pdf; filename="e.pdf""#, "e.pdf"),
            (r#"a; filename="../../etc/passwd""#, "passwd"),
            (r#"a; filename="..\\..\\boot.ini""#, "boot.ini"),
            (r#"a; filename*=UTF-8''..%2F..%2Fetc%2Fx"#, "x"),
            (r#"a; filename*=UTF-8''a%00b%0A.txt"#, "ab.txt"),
        ] {
            assert_eq!(name(header).as_deref(), Some(expected), "{header}");
        }
        assert_eq!(name(r#"a; filename="..""#), None);
    }

    #[cfg(feature = "gbk")]
    #[test]
    fn a_name_in_gbk_is_decoded() {
        let header = b"a; filename=\"\xb2\xe2\xca\xd4.pdf\"";
        let value = http::HeaderValue::from_bytes(header).unwrap();
        let headers = HeaderMap::from_iter([(CONTENT_DISPOSITION, value)]);
        assert_eq!(file_name(&headers).as_deref(), Some("测试.pdf"));
        assert_eq!(name("a; filename*=GBK''%B2%E2.pdf").as_deref(), Some("测.pdf"));
    }

    #[test]
    fn every_header_gives_a_name_that_is_safe_or_none() {
        arbtest::arbtest(|input| {
            for start in ["", "a; filename=\"", "a; filename=\"=?utf-8?q?", "a; filename*=UTF-8''"]
            {
                let header = [start.as_bytes(), input.arbitrary::<&[u8]>()?].concat();
                let Ok(value) = http::HeaderValue::from_bytes(&header) else { continue };
                let headers = HeaderMap::from_iter([(CONTENT_DISPOSITION, value)]);
                if let Some(name) = file_name(&headers) {
                    assert_eq!(name::clean(&name).as_ref(), Some(&name));
                }
            }
            Ok(())
        });
    }
}
