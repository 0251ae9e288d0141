//! From bytes to text: encodings, and text that was decoded wrongly and stored again.

use std::borrow::Cow;
use std::sync::LazyLock;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1254};

use super::report::{RemarkKind, Report};
use super::vocabulary;

/// Pages have some tens of kilobytes.
const MAX_BYTES: usize = 8 << 20;

/// Fewer broken sequences than this are an accident and no sign of another encoding.
const FEW: usize = 3;

/// The text of a page with `\n` as its line ends, or why there is none.
pub(super) fn decode(bytes: &[u8], report: &mut Report) -> Result<String, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!(
            "too large for a page: {} MB, at most {} MB are read",
            bytes.len() >> 20,
            MAX_BYTES >> 20
        ));
    }
    let text = unify_line_ends(decoded(bytes, report)?);
    if text.trim().is_empty() {
        return Err("empty".into());
    }
    Ok(repair(text, report))
}

fn decoded<'a>(bytes: &'a [u8], report: &mut Report) -> Result<Cow<'a, str>, String> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        if encoding != UTF_8 {
            report.add(RemarkKind::Encoding, 1, format!("read as {}", encoding.name()));
        }
        return with(encoding, &bytes[length..], report);
    }
    if bytes.contains(&0) {
        let encoding = utf16(bytes).ok_or("binary: it contains zero bytes")?;
        report.add(
            RemarkKind::Encoding,
            1,
            format!("read as {}, although it has no byte order mark", encoding.name()),
        );
        return with(encoding, bytes, report);
    }
    if is_binary(bytes) {
        return Err("binary: it contains control characters".into());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => not_utf8(bytes, report),
    }
}

/// GBK is a part of GB18030. A broken or cut page in UTF-8 has few broken sequences; one in GBK
/// has almost as many as it has Chinese characters.
fn not_utf8<'a>(bytes: &'a [u8], report: &mut Report) -> Result<Cow<'a, str>, String> {
    let utf8 = String::from_utf8_lossy(bytes);
    let broken = losses(&utf8);
    let whole = utf8.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
    if broken <= FEW || broken * 4 < whole {
        return with(UTF_8, bytes, report);
    }
    let (gbk, _) = GB18030.decode_without_bom_handling(bytes);
    if losses(&gbk) * 4 > broken {
        return Err("neither UTF-8 nor GBK nor UTF-16".into());
    }
    report.add(RemarkKind::Encoding, 1, "read as GBK");
    with(GB18030, bytes, report)
}

fn with<'a>(
    encoding: &'static Encoding,
    bytes: &'a [u8],
    report: &mut Report,
) -> Result<Cow<'a, str>, String> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    if is_binary(text.as_bytes()) {
        return Err("binary: it contains control characters".into());
    }
    let broken = losses(&text);
    if broken > 0 {
        let line = 1 + text.chars().take_while(|c| *c != '\u{fffd}').filter(|c| *c == '\n').count();
        report.add(
            RemarkKind::Encoding,
            line,
            format!("not all of it is {}: {broken} characters cannot be read", encoding.name()),
        );
    }
    Ok(text)
}

fn losses(text: &str) -> usize {
    text.chars().filter(|c| *c == '\u{fffd}').count()
}

fn is_binary(bytes: &[u8]) -> bool {
    let control = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    bytes.iter().filter(control).count() > bytes.len() / 100
}

/// Returns the byte order of UTF-16: the zero bytes of line ends, pipes and letters are all on one
/// side.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros =
        |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = if odd > even { UTF_16LE } else { UTF_16BE };
    let clear = even.min(odd) * 20 <= even.max(odd);
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    (clear && !broken && text.contains('\n')).then_some(encoding)
}

fn unify_line_ends(text: Cow<'_, str>) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.into_owned()
    }
}

/// Repairs text of which the UTF-8 bytes were read as windows-1254, windows-1252 or latin-1.
/// Twice, because pages pass through several hands.
fn repair(text: String, report: &mut Report) -> String {
    let once = repair_once(text, report);
    repair_once(once, report)
}

fn repair_once(text: String, report: &mut Report) -> String {
    if count_hits(&text) < FEW {
        return text;
    }
    let mut out = Repaired::default();
    let mut first_lost = None;
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let lost = out.lost.len();
        // Chinese text cannot come out of these code pages, so such a line was not damaged.
        if line.chars().any(|c| c >= '\u{2e80}' && c != '\u{fffd}') {
            out.keep(line)
        } else {
            out.repair(line)
        }
        if out.lost.len() > lost && first_lost.is_none() {
            first_lost = Some(index + 1);
        }
    }
    let known = out.restore_known_words();
    let lost = out.lost.len() - known;
    report.add(
        RemarkKind::Damage,
        1,
        format!("the text was UTF-8 that something had read as {}; repaired", code_page(&text)),
    );
    if lost > 0 {
        let line = first_lost.unwrap_or(1);
        let message =
            format!("from here on, {lost} characters have lost bytes; they are replaced by U+FFFD");
        report.add(RemarkKind::Damage, line, message);
    }
    out.chars.into_iter().collect()
}

fn code_page(text: &str) -> &'static str {
    if text.contains(['ğ', 'ı', 'ş', 'Ğ', 'İ', 'Ş']) {
        "windows-1254"
    } else if text.contains(['€', '™', '‹', '›', '“', '”', '„', 'œ', 'Œ', 'Š', 'š', 'Ÿ', '…', '‡'])
    {
        "windows-1252"
    } else {
        "latin-1"
    }
}

/// The byte that a character was made from. The three code pages never disagree about that.
fn byte_of(c: char) -> Option<u8> {
    static TABLE: LazyLock<Vec<(char, u8)>> = LazyLock::new(|| {
        let bytes = 0x80..=0xff_u8;
        let mut table: Vec<_> = [WINDOWS_1252, WINDOWS_1254]
            .into_iter()
            .flat_map(|page| {
                bytes.clone().filter_map(move |byte| {
                    let bytes = [byte];
                    let text = page.decode_without_bom_handling(&bytes).0;
                    text.chars().next().map(|c| (c, byte))
                })
            })
            .chain(bytes.clone().map(|byte| (char::from(byte), byte)))
            .collect();
        table.sort_unstable();
        table.dedup_by_key(|entry| entry.0);
        table
    });
    if c.is_ascii() {
        return None;
    }
    TABLE.binary_search_by_key(&c, |entry| entry.0).ok().map(|at| TABLE[at].1)
}

fn sequence_length(lead: u8) -> Option<usize> {
    match lead {
        0xc2..=0xdf => Some(2),
        0xe0..=0xef => Some(3),
        0xf0..=0xf4 => Some(4),
        _ => None,
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Returns the number of characters that look like whole sequences of three bytes or more.
fn count_hits(text: &str) -> usize {
    let (mut hits, mut missing) = (0, 0);
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) if is_continuation(byte) && missing > 0 => {
                missing -= 1;
                hits += usize::from(missing == 0);
            }
            Some(byte) => {
                missing = sequence_length(byte)
                    .filter(|length| *length > 2)
                    .map_or(0, |length| length - 1)
            }
            None => missing = 0,
        }
    }
    hits
}

/// Text with the places where characters were lost, and the bytes that are left of them.
#[derive(Default)]
struct Repaired {
    chars: Vec<char>,
    lost: Vec<(usize, Vec<u8>)>,
}

impl Repaired {
    fn push(&mut self, c: char) {
        self.chars.push(c);
    }

    fn keep(&mut self, line: &str) {
        self.chars.extend(line.chars());
    }

    fn lose(&mut self, bytes: &[u8]) {
        self.lost.push((self.chars.len(), bytes.to_vec()));
        self.chars.push('\u{fffd}');
    }

    fn repair(&mut self, line: &str) {
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(lead) = byte_of(c) else {
                self.push(c);
                continue;
            };
            let Some(length) = sequence_length(lead) else {
                self.push(c);
                continue;
            };
            let mut bytes = vec![lead];
            while bytes.len() < length {
                match chars.peek().copied().and_then(byte_of) {
                    Some(byte) if is_continuation(byte) => bytes.push(byte),
                    _ => break,
                }
                chars.next();
            }
            match std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
                Some(whole) => self.push(whole),
                None if bytes.len() == 1 && length == 2 => self.push(c),
                None => self.lose(&bytes),
            }
        }
    }

    /// The words that pages of this kind are built from can be told by what is left of them.
    /// Returns how many characters were restored.
    fn restore_known_words(&mut self) -> usize {
        let lost = std::mem::take(&mut self.lost);
        let mut restored = 0;
        for index in 0..lost.len() {
            let at = lost[index].0;
            if self.chars[at] != '\u{fffd}' {
                continue;
            }
            if let Some((start, word)) = vocabulary::each(vocabulary::RESTORABLE)
                .find_map(|word| Some((self.fits(word, at, &lost)?, word)))
            {
                for (offset, c) in word.chars().enumerate() {
                    restored += usize::from(self.chars[start + offset] == '\u{fffd}');
                    self.chars[start + offset] = c;
                }
            }
        }
        self.lost = lost;
        restored
    }

    /// Returns the start of the word, if it covers the position `at` and all of it fits.
    fn fits(&self, word: &str, at: usize, lost: &[(usize, Vec<u8>)]) -> Option<usize> {
        let length = word.chars().count();
        (0..length).filter_map(|offset| at.checked_sub(offset)).find(|start| {
            let all =
                word.chars().enumerate().all(|(offset, c)| match self.chars.get(start + offset) {
                    Some('\u{fffd}') => lost
                        .binary_search_by_key(&(start + offset), |entry| entry.0)
                        .is_ok_and(|found| is_left_of(&lost[found].1, c)),
                    Some(found) => *found == c,
                    None => false,
                });
            all && (length > 1 || self.is_alone(*start))
        })
    }

    /// Whether the character is alone in its cell.
    fn is_alone(&self, at: usize) -> bool {
        let before = self.chars[..at].iter().rev().find(|c| **c != ' ');
        let after = self.chars[at + 1..].iter().find(|c| **c != ' ');
        before == Some(&'|') && after == Some(&'|')
    }
}

/// Whether the bytes can be what is left of the character.
fn is_left_of(bytes: &[u8], c: char) -> bool {
    let mut buffer = [0; 4];
    let mut left = bytes.iter().peekable();
    for byte in c.encode_utf8(&mut buffer).bytes() {
        if left.peek() == Some(&&byte) {
            left.next();
        } else if !matches!(byte, 0x80..=0xa0 | 0xad) {
            return false;
        }
    }
    left.peek().is_none()
}
