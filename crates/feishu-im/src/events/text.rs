//! The words of a message, as a person wrote them.

use crate::content::Content;
use crate::content::render::{Mentioned, Renderer};

/// Returns the words of a text or a post, without the mention of the bot.
pub(super) fn of_content(content: &Content, mentions: &[Mentioned<'_>]) -> Option<String> {
    let mut words = words(mentions);
    match content {
        Content::Text(text) => words.markup(&text.text, Renderer::push),
        Content::Post(post) => {
            words.lines(post.body());
            let title = post.body().title.as_deref().unwrap_or_default();
            return Some(below(title, &words.finish()));
        }
        _ => return None,
    }
    Some(words.finish())
}

/// Returns the words of a text of schema 1.0, which names people in tags. `without_bot` says that
/// the platform has left out the mention of the bot.
pub(super) fn of_tagged(text: &str, without_bot: bool) -> String {
    let mut words = words(&[]);
    words.says_who_is_bot = without_bot;
    words.markup(text, Renderer::push);
    words.finish()
}

/// Returns `true` if a text or a post mentions all members.
pub(super) fn mentions_all(content: &Content) -> bool {
    let mut words = words(&[]);
    match content {
        Content::Text(text) => words.markup(&text.text, Renderer::push),
        Content::Post(post) => words.lines(post.body()),
        _ => {}
    }
    words.mentions_all
}

/// Puts the title of a post above its text.
pub(super) fn below(title: &str, text: &str) -> String {
    format!("{}\n{text}", title.trim()).trim().to_owned()
}

fn words<'a>(mentions: &'a [Mentioned<'a>]) -> Renderer<'a> {
    let mut words = Renderer::new(mentions);
    words.only_words = true;
    words
}
