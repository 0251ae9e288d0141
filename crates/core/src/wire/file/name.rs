//! Names of files that every file system takes, in whatever folder, whoever chose them.

use std::iter;

/// The longest name that common file systems accept, in bytes.
const LONGEST: usize = 255;
/// The longest ending, in bytes and without its dot.
const LONGEST_ENDING: usize = 16;
/// After this many names that are taken, numbers are drawn instead of counted.
const MOST_COUNTED: u32 = 100;

/// Returns `name` as one segment of a path: visible, of a length and of characters that every file
/// system accepts, and without a meaning of its own. `None` if nothing visible is left.
pub(super) fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|char| !is_unseen(*char)).map(allowed).collect();
    let name = name.trim_start_matches(|char: char| char == '.' || char.is_whitespace());
    let name = trim_end(name);
    if name.is_empty() {
        return None;
    }
    let (stem, ending) = split(name);
    let name = shorten(stem, ending);
    if !is_reserved(&name) {
        return Some(name);
    }
    let (stem, ending) = split(&name);
    Some(shorten(&format!("_{stem}"), ending))
}

/// Appends the ending of a media type to a name that has none.
pub(super) fn with_ending(name: &str, media_type: Option<&str>) -> String {
    match media_type.and_then(ending_of) {
        Some(ending) if split(name).1.is_empty() => shorten(name, &format!(".{ending}")),
        _ => name.to_owned(),
    }
}

/// Returns `report.pdf`, `report-1.pdf`, `report-2.pdf` and so on, without end.
pub(super) fn alternatives(name: &str) -> impl Iterator<Item = String> {
    let (stem, ending) = split(name);
    let counted = 1..=MOST_COUNTED;
    let drawn = iter::repeat_with(|| fastrand::u32(MOST_COUNTED..));
    let numbered =
        counted.chain(drawn).map(move |number| shorten(stem, &format!("-{number}{ending}")));
    iter::once(name.to_owned()).chain(numbered)
}

/// Replaces characters that cannot be in a name, or mean something to a file system.
fn allowed(char: char) -> char {
    match char {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | char::REPLACEMENT_CHARACTER => '_',
        char => char,
    }
}

/// Whether a character is not shown, or changes the order in which the rest is shown:
/// `x\u{202e}fdp.exe` seems to end in `.pdf`.
///
/// These are control characters, Unicode's `Default_Ignorable_Code_Point`, separators of lines,
/// annotations, the empty pattern of Braille, and noncharacters.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || u32::from(char) & 0xfffe == 0xfffe
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Windows drops dots and spaces at the end.
fn trim_end(name: &str) -> &str {
    name.trim_end_matches(|char: char| char == '.' || char.is_whitespace())
}

/// Joins `stem`, without its end if need be, and `ending` to no more than [`LONGEST`] bytes.
fn shorten(stem: &str, ending: &str) -> String {
    let room = LONGEST.saturating_sub(ending.len());
    if stem.len() <= room {
        return format!("{stem}{ending}");
    }
    let end = (0..=room).rev().find(|end| stem.is_char_boundary(*end)).unwrap_or_default();
    format!("{}{ending}", trim_end(&stem[..end]))
}

/// Splits a name before its ending, which is empty or begins with a dot. A number is no ending:
/// `v1.2`.
fn split(name: &str) -> (&str, &str) {
    let is_ending = |text: &str| {
        text.len() <= LONGEST_ENDING
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let Some((stem, _)) = name.rsplit_once('.').filter(|(_, ending)| is_ending(ending)) else {
        return (name, "");
    };
    let stem = stem.strip_suffix(".tar").unwrap_or(stem);
    name.split_at(stem.len())
}

/// Whether programs give the name a meaning: as an option, a device, or settings of the folder.
fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default().trim_end();
    name.starts_with('-')
        || is_device(stem)
        || matches!(lower.as_str(), "desktop.ini" | "autorun.inf" | "thumbs.db")
}

/// Whether Windows takes the name for a device, whatever folder and ending it is given.
fn is_device(stem: &str) -> bool {
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|number| {
            matches!(number, "¹" | "²" | "³") || matches!(number.as_bytes(), [b'0'..=b'9'])
        })
    });
    numbered || matches!(stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$")
}

/// The ending that files of a media type have.
fn ending_of(media_type: &str) -> Option<&'static str> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(match essence.as_str() {
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/bmp" | "image/x-ms-bmp" => "bmp",
        "image/tiff" => "tiff",
        "image/heic" => "heic",
        "image/heif" => "heif",
        "image/avif" => "avif",
        "image/svg+xml" => "svg",
        "image/x-icon" | "image/vnd.microsoft.icon" => "ico",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/mp4" | "audio/x-m4a" => "m4a",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        "audio/3gpp" | "video/3gpp" => "3gp",
        "audio/ogg" => "ogg",
        "audio/opus" => "opus",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "video/mp4" => "mp4",
        "video/mpeg" => "mpeg",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        "video/x-msvideo" => "avi",
        "video/x-matroska" => "mkv",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/markdown" => "md",
        "text/xml" | "application/xml" => "xml",
        "application/json" | "text/json" => "json",
        "message/rfc822" => "eml",
        "application/pdf" | "application/x-pdf" => "pdf",
        "application/rtf" | "text/rtf" => "rtf",
        "application/zip" | "application/x-zip-compressed" => "zip",
        "application/gzip" | "application/x-gzip" => "gz",
        "application/x-tar" => "tar",
        "application/x-7z-compressed" => "7z",
        "application/vnd.android.package-archive" => "apk",
        "application/vnd.rar" | "application/x-rar-compressed" => "rar",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;

    use super::*;

    /// Checks what holds for the name of every file that is saved.
    fn assert_is_safe(name: &str) {
        assert!((1..=LONGEST).contains(&name.len()), "{name:?}");
        assert!(!name.contains(['/', '\\', ':', '"', '<', '>', '|', '?', '*']), "{name:?}");
        assert!(!name.chars().any(is_unseen), "{name:?}");
        assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
        assert!(name.chars().any(|char| !char.is_whitespace()), "{name:?}");
        assert!(!is_reserved(name), "{name:?}");
        // One component, and a normal one, for the operating system as well.
        let mut components = std::path::Path::new(name).components();
        assert!(matches!(components.next(), Some(std::path::Component::Normal(_))), "{name:?}");
        assert_eq!(components.next(), None, "{name:?}");
    }

    #[test]
    fn a_saved_name_is_one_visible_segment() {
        const PIECES: [&str; 16] = [
            "con",
            "conin$",
            "desktop.ini",
            "lpt1",
            "-",
            ".",
            " ",
            "/",
            "\\",
            "\u{202e}",
            "\u{3164}",
            "\u{e0041}",
            "群",
            ".tar.gz",
            ".pdf",
            "\u{85}",
        ];
        arbtest(|input| {
            let mut pieces = String::new();
            for _ in 0..input.int_in_range(0..=6)? {
                pieces.push_str(input.choose(&PIECES)?);
            }
            let long = pieces.repeat(input.int_in_range(0..=60)?);
            for name in [input.arbitrary::<String>()?, pieces, long] {
                let Some(name) = clean(&name) else { continue };
                assert_is_safe(&name);
                assert_eq!(clean(&name).as_deref(), Some(&*name));
                for media_type in [None, Some("image/png"), Some("x")] {
                    let name = with_ending(&name, media_type);
                    alternatives(&name).take(3).for_each(|name| assert_is_safe(&name));
                }
            }
            Ok(())
        });
    }

    #[test]
    fn what_hides_or_acts_is_taken_out() {
        for (given, expected) in [
            ("../../etc/passwd", Some("passwd")),
            (r"C:\dir\x.txt", Some("x.txt")),
            ("a\0b\n\u{85}.txt", Some("ab.txt")),
            (".bashrc", Some("bashrc")),
            (". .a", Some("a")),
            ("nul.txt", Some("_nul.txt")),
            ("com1", Some("_com1")),
            ("COM³.txt", Some("_COM³.txt")),
            ("nul .txt", Some("_nul .txt")),
            ("com12", Some("com12")),
            ("CONIN$", Some("_CONIN$")),
            ("conout$.log", Some("_conout$.log")),
            ("-rf", Some("_-rf")),
            ("Desktop.ini", Some("_Desktop.ini")),
            ("a:b?.txt. ", Some("a_b_.txt")),
            ("x\u{202e}fdp.exe", Some("xfdp.exe")),
            ("a\u{ad}b\u{61c}c\u{180e}d\u{2028}e\u{3164}f\u{e0041}", Some("abcdef")),
            ("\u{61c}", None),
            ("\u{3164}.\u{2800}", None),
            ("\u{3000}\u{a0}", None),
            ("..", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(clean(given).as_deref(), expected, "{given:?}");
        }
    }

    #[test]
    fn an_ending_is_given_to_a_name_that_has_none() {
        for (name, media_type, expected) in [
            ("download", "image/png", "download.png"),
            ("download", "Image/JPEG; q=1", "download.jpg"),
            ("v1.2", "application/pdf", "v1.2.pdf"),
            ("第1.章节", "text/plain; charset=utf-8", "第1.章节.txt"),
            ("a.jpeg", "image/png", "a.jpeg"),
            ("song.mp3", "application/octet-stream", "song.mp3"),
            ("download", "application/octet-stream", "download"),
            ("download", "", "download"),
        ] {
            assert_eq!(with_ending(name, Some(media_type)), expected);
        }
        assert_eq!(with_ending("download", None), "download");
    }

    #[test]
    fn alternatives_keep_the_ending() {
        let second = |name| alternatives(name).nth(1);
        assert_eq!(second("report.pdf").as_deref(), Some("report-1.pdf"));
        assert_eq!(second("a.tar.gz").as_deref(), Some("a-1.tar.gz"));
        assert_eq!(second("v1.2").as_deref(), Some("v1.2-1"));
        let long = format!("{}.pdf", "x".repeat(251));
        assert_eq!(second(&long).unwrap(), format!("{}-1.pdf", "x".repeat(249)));
        assert!(alternatives("a").nth(1000).unwrap().len() > 4);
    }

    #[test]
    fn a_name_has_a_length_that_file_systems_accept() {
        let long = clean(&format!("{}.pdf", "群".repeat(200))).unwrap();
        assert!(long.len() > LONGEST - 5 && long.ends_with("群.pdf"), "{long}");
    }
}
