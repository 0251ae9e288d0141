//! The names that generated code leaves free, for code that creates names.

use super::{lower, naming};

/// Whether a type or an operation can have this name.
pub fn is_free_type(name: &str) -> bool {
    naming::is_pascal_case(name) && !lower::TAKEN.contains(&name)
}

/// Whether a field can have this name in Rust.
pub fn is_free_field(name: &str, in_model: bool) -> bool {
    let is_reserved =
        lower::RESERVED.contains(&name) || !in_model && lower::RESERVED_FOR_PAGES.contains(&name);
    naming::is_snake_case(name) && !is_reserved
}

/// Whether a module can have this name.
pub fn is_free_module(name: &str) -> bool {
    naming::is_snake_case(name) && !lower::NO_MODULES.contains(&name)
}

/// Whether the docs can be searched for a word, or for several.
pub fn is_alias(words: &str) -> bool {
    lower::is_searched(words)
}

/// Says what is wrong with the name of a crate, which its folder of specs has as well.
pub fn check_crate_name(name: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let is_good = name.split('-').all(is_word)
        && naming::is_identifier(&naming::crate_ident(name))
        && name.starts_with(|c: char| c.is_ascii_lowercase());
    is_good.then_some(()).ok_or_else(|| {
        format!(
            "`{name}` cannot be the name of a crate: use lower case words with `-` between them, \
             the platform first, such as `feishu-calendar`"
        )
    })
}

/// The parameters of a path as a vendor writes it, or what is wrong with it.
pub fn path_params(path: &str) -> Result<Vec<String>, String> {
    lower::path::parse(path).map(|template| template.params)
}
