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

/// Whether `name` can be declared in Rust: an identifier that is not a keyword.
pub fn is_identifier(name: &str) -> bool {
    name != "_" && syn::parse_str::<syn::Ident>(name).is_ok()
}

pub fn is_pascal_case(name: &str) -> bool {
    is_identifier(name) && name.to_upper_camel_case() == name
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
        assert!(!is_identifier("type") && !is_identifier("2fa") && !is_identifier(""));
    }
}
