//! How names on the wire become names in Rust.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// A Rust name for the wire name of a field or parameter.
pub fn field(wire: &str) -> String {
    wire.to_snake_case()
}

/// A Rust name for the value of an enum.
pub fn variant(value: &str) -> String {
    value.to_upper_camel_case()
}

/// The name of an operation: the verb before what it acts on, as in `LinkChat`.
pub fn operation(module: &str, method: &str) -> String {
    format!("{}{}", method.to_upper_camel_case(), module.to_upper_camel_case())
}

/// The crate's name as an identifier.
pub fn crate_ident(name: &str) -> String {
    name.to_snake_case()
}

/// A module for the method of an operation, which may be a keyword as in `chat.move.json`.
pub fn module(method: &str) -> String {
    if is_identifier(method) { method.to_owned() } else { format!("{method}_") }
}

/// Whether `name` can be declared in Rust: an identifier that is not a keyword.
pub fn is_identifier(name: &str) -> bool {
    // syn knows the keywords of the edition 2021.
    !matches!(name, "_" | "gen") && syn::parse_str::<syn::Ident>(name).is_ok()
}

/// Whether a file `<module>.<method>.json` can name this method.
pub fn is_method(method: &str) -> bool {
    method.to_snake_case() == method && is_identifier(&module(method))
}

pub fn is_pascal_case(name: &str) -> bool {
    // Between digits, since heck does not take the `P` of `V1P2pChat` for the start of a word.
    let mut parts = name.split(|char: char| char.is_ascii_digit());
    is_identifier(name)
        && name.starts_with(char::is_uppercase)
        && parts.all(|part| part.to_upper_camel_case().get(1..) == part.get(1..))
}

pub fn is_snake_case(name: &str) -> bool {
    is_identifier(name) && name.to_snake_case() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rust() {
        assert_eq!(field("openConversationId"), "open_conversation_id");
        assert_eq!(field("i18n_names"), "i18n_names");
        assert_eq!(variant("all_members"), "AllMembers");
        assert_eq!(variant("FOLDER"), "Folder");
        assert_eq!(variant("paramError.spaceId"), "ParamErrorSpaceId");
        assert_eq!(operation("chat_members", "me_join"), "MeJoinChatMembers");
        assert_eq!((module("link").as_str(), module("move").as_str()), ("link", "move_"));
        assert!(is_pascal_case("V1P2pChat") && is_pascal_case("LinkChat"));
        assert!(!["linkChat", "Link_Chat", "HTTPLink", "V1_Chat"].into_iter().any(is_pascal_case));
        assert!(
            is_method("link") && is_method("move") && !is_method("2fa") && !is_method("meJoin")
        );
        assert!(
            !is_identifier("type")
                && !is_identifier("gen")
                && !is_identifier("2fa")
                && !is_identifier("")
        );
    }
}
