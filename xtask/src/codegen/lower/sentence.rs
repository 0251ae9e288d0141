//! Checks that a sentence is one, and that it says more than the name.

use heck::ToSnakeCase;

/// Words that say nothing by themselves.
const EMPTY: [&str; 24] = [
    "a", "an", "and", "are", "as", "by", "for", "has", "have", "in", "is", "it", "its", "of", "on",
    "or", "that", "the", "this", "to", "value", "what", "which", "with",
];

/// The advice on a text that is not a sentence.
pub const HINT: &str =
    "say in English, in our own words, what it stands for, and end with a period";

/// Returns what is wrong with a sentence.
pub fn problem(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("missing sentence")
    } else if text.chars().any(is_han) {
        Some("this sentence is not in English")
    } else if text.split('`').step_by(2).any(|text| text.contains("://")) {
        Some("a URL outside backticks")
    } else if !text.trim_end().ends_with(['.', '!', '?', ':', '`']) {
        Some("this is not a whole sentence")
    } else {
        None
    }
}

fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Whether a sentence is made of the words of a name only.
pub fn says_only(name: &str, sentence: &str) -> bool {
    let name: Vec<String> = words(&name.to_snake_case()).collect();
    let mut words = words(sentence).peekable();
    words.peek().is_some()
        && words.all(|word| {
            EMPTY.contains(&word.as_str()) || name.iter().any(|own| is_form(own, &word))
        })
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether two words differ in their ending alone, as `file` and `files` do.
fn is_form(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    one == other
        || long
            .strip_prefix(short.trim_end_matches(['e', 'y']))
            .is_some_and(|ending| matches!(ending, "s" | "es" | "ies" | "d" | "ed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_other_words_is_no_sentence() {
        for (name, sentence) in [
            ("chat_id", "The id of the chat."),
            ("fileName", "File names."),
            ("user_id_list", "The list of user ids"),
            ("deleted", "Is deleted."),
        ] {
            assert!(says_only(name, sentence), "{sentence}");
        }
        for (name, sentence) in [
            ("chat_id", "The chat to share; ids of chats start with `oc_`."),
            ("share_link", "The URL that opens the chat for whoever follows it."),
            ("name", ""),
        ] {
            assert!(!says_only(name, sentence), "{sentence}");
        }
    }
}
