//! Names in the encodings that servers use without saying so, and what goes wrong with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

/// Decodes bytes of unknown encoding as the first of UTF-8, GBK and Latin-1 that fits.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    // Bytes of three make an ideograph in UTF-8 and hardly ever occur in GBK: a name that was cut
    // in the middle of a character.
    let cut = String::from_utf8_lossy(bytes);
    if cut.chars().any(is_ideograph) {
        return cut.into_owned();
    }
    gbk(bytes).unwrap_or_else(|| latin_1(bytes))
}

/// Decodes bytes of an encoding that was named.
pub(super) fn decode_as(charset: &str, bytes: &[u8]) -> Option<String> {
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" => Some(decode(bytes)),
        "iso-8859-1" | "latin1" | "windows-1252" => Some(latin_1(bytes)),
        "gbk" | "gb2312" | "gb18030" => gbk(bytes),
        _ => None,
    }
}

/// Undoes encodings that do not belong in a plain parameter: the encoded words of mails
/// (RFC 2047) and the percent-encoding of URLs.
pub(super) fn decode_escapes(name: &str) -> String {
    encoded_words(name).or_else(|| percent_encoded(name)).unwrap_or_else(|| name.to_owned())
}

/// Repairs a name whose UTF-8 was read as another encoding and written again, once or twice:
/// `ç¾¤` is `群`.
pub(super) fn repair(name: String) -> String {
    let mut name = name;
    while let Some(repaired) = misread(&name) {
        name = repaired;
    }
    name
}

fn encoded_words(text: &str) -> Option<String> {
    let mut decoded = String::new();
    // The words of one encoding are decoded together: a character can begin in one of them and
    // end in the next.
    let mut run: Option<(&str, Vec<u8>)> = None;
    let mut rest = text;
    while let Some((before, charset, bytes, after)) = encoded_word(rest) {
        rest = after;
        match &mut run {
            // Nothing but the space that separates two words.
            Some((previous, run)) if *previous == charset && before.trim().is_empty() => {
                run.extend(bytes);
            }
            _ => {
                flush(&mut decoded, run.take())?;
                decoded.push_str(before);
                run = Some((charset, bytes));
            }
        }
    }
    flush(&mut decoded, Some(run?))?;
    decoded.push_str(rest);
    Some(decoded)
}

fn flush(decoded: &mut String, run: Option<(&str, Vec<u8>)>) -> Option<()> {
    if let Some((charset, bytes)) = run {
        decoded.push_str(&decode_as(charset, &bytes)?);
    }
    Some(())
}

/// Finds the next `=?UTF-8?B?576k?=`: what comes before, its encoding, its bytes, what follows.
fn encoded_word(text: &str) -> Option<(&str, &str, Vec<u8>, &str)> {
    let (before, word) = text.split_once("=?")?;
    let (charset, word) = word.split_once('?')?;
    let (encoding, word) = word.split_once('?')?;
    let (payload, after) = word.split_once("?=")?;
    // A language may follow the encoding (RFC 2231).
    let charset = charset.split('*').next().unwrap_or_default();
    let bytes = match encoding {
        "B" | "b" => STANDARD.decode(payload).ok()?,
        "Q" | "q" => {
            // The same as percent-encoding but for its signs.
            let escaped = payload.replace('%', "%25").replace('=', "%").replace('_', " ");
            percent_decode_str(&escaped).collect()
        }
        _ => return None,
    };
    Some((before, charset, bytes, after))
}

/// A name in which every `%` begins an escape, and the escapes make text.
fn percent_encoded(text: &str) -> Option<String> {
    let is_escape = |text: &str| {
        text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let mut pieces = text.split('%').skip(1).peekable();
    pieces.peek()?;
    if !pieces.all(is_escape) {
        return None;
    }
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    String::from_utf8(bytes).or_else(|error| gbk(error.as_bytes()).ok_or(())).ok()
}

fn misread(text: &str) -> Option<String> {
    let shorter = |bytes: Vec<u8>| {
        let repaired = String::from_utf8(bytes).ok()?;
        (repaired.chars().count() < text.chars().count()).then_some(repaired)
    };
    let windows_1252: Option<_> = text.chars().map(windows_1252_byte).collect();
    windows_1252.and_then(shorter).or_else(|| {
        let repaired = gbk_bytes(text).and_then(shorter)?;
        repaired.chars().all(|char| char.is_ascii() || is_ideograph(char)).then_some(repaired)
    })
}

fn is_ideograph(char: char) -> bool {
    matches!(char, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ff5e}')
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The byte that reads as `char` in windows-1252. Programs take the encoding for Latin-1, so that
/// the bytes that it leaves open read as control characters.
fn windows_1252_byte(char: char) -> Option<u8> {
    /// From 0x80 on; zero where the encoding is open.
    const HIGH: [u16; 32] = [
        0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
        0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
        0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
    ];
    let code = u32::from(char);
    let high = HIGH.iter().position(|high| u32::from(*high) == code && code != 0);
    match high {
        Some(index) => u8::try_from(0x80 + index).ok(),
        None => u8::try_from(code).ok(),
    }
}

/// Decodes bytes that are GBK without a doubt: every one of them, to characters that names have.
#[cfg(feature = "gbk")]
fn gbk(bytes: &[u8]) -> Option<String> {
    let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes)?;
    let is_expected = |char: char| match char {
        '\u{e000}'..='\u{f8ff}' => false,
        char => char.is_ascii() || u32::from(char) >= 0xa0,
    };
    text.chars().all(is_expected).then(|| text.into_owned())
}

#[cfg(feature = "gbk")]
fn gbk_bytes(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, has_unmappable) = encoding_rs::GBK.encode(text);
    (!has_unmappable).then(|| bytes.into_owned())
}

#[cfg(not(feature = "gbk"))]
fn gbk(_: &[u8]) -> Option<String> {
    None
}

#[cfg(not(feature = "gbk"))]
fn gbk_bytes(_: &str) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_without_a_named_encoding_are_decoded() {
        assert_eq!(decode("群.pdf".as_bytes()), "群.pdf");
        assert_eq!(decode(b"caf\xe9.pdf"), "café.pdf");
        assert_eq!(decode(b"\xe7\xbe\xa4\xe7\xbe.pdf"), "群\u{fffd}.pdf");
    }

    #[cfg(feature = "gbk")]
    #[test]
    fn gbk_is_decoded_where_it_is_certain() {
        assert_eq!(decode(b"\xb2\xe2\xca\xd4.pdf"), "测试.pdf");
        assert_eq!(decode_as("GB2312", b"\xb2\xe2").as_deref(), Some("测"));
        assert_eq!(decode_escapes("%B2%E2%CA%D4.pdf"), "测试.pdf");
        assert_eq!(decode_escapes("=?gbk?Q?=B2=E2?=.pdf"), "测.pdf");
        assert_eq!(repair("娴嬭瘯.pdf".to_owned()), "测试.pdf");
        for name in ["测试文件.pdf", "模板.docx", "联通.txt", "洹水.pdf"] {
            assert_eq!(repair(name.to_owned()), name);
        }
    }

    #[test]
    fn escapes_are_decoded() {
        for (escaped, name) in [
            ("%E6%B5%8B%E8%AF%95.pdf", "测试.pdf"),
            ("%e6%b5%8b%20a.pdf", "测 a.pdf"),
            ("=?UTF-8?B?5rWL6K+VLnBkZg==?=", "测试.pdf"),
            ("=?utf-8?q?=E6=B5=8B_100%?=.pdf", "测 100%.pdf"),
            ("=?utf-8?b?5rU=?= =?utf-8?b?iw==?=.pdf", "测.pdf"),
            ("=?utf-8?Q?a?= b =?iso-8859-1*en?Q?=E9?=", "a b é"),
        ] {
            assert_eq!(decode_escapes(escaped), name, "{escaped}");
        }
        for name in [
            "100%.pdf",
            "100%zz.pdf",
            "50% a%20b.pdf",
            "%",
            "=?x",
            "=?utf-8?B?***?=",
            "=?x-none?Q?a?=",
            "a=?b?c?d?=",
        ] {
            assert_eq!(decode_escapes(name), name);
        }
    }

    #[test]
    fn utf_8_that_was_read_as_another_encoding_is_repaired() {
        for name in ["测试.pdf", "é.pdf", "報告 –.docx", "🎉.png"] {
            let latin = latin_1(name.as_bytes());
            assert_eq!(repair(latin.clone()), name);
            assert_eq!(repair(latin_1(latin.as_bytes())), name);
        }
        assert_eq!(repair("æµ‹è¯•.pdf".to_owned()), "测试.pdf");
        for name in ["Größe.pdf", "naïve café.pdf", "æµ测.pdf", "plain.pdf", "€.pdf", ""] {
            assert_eq!(repair(name.to_owned()), name);
        }
    }
}
