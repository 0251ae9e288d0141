use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::members::members;

/// A line between messages, with a few words: `msg_type` `system`, as it is sent.
///
/// Only an app may send it, only to one person, and only with the permission
/// `im:message:send_sys_msg`. Clients older than 7.20 show the words alone.
///
/// ```
/// use feishu_im::content::{Content, Divider};
///
/// let content = Content::from(Divider::new("New session").translation("zh_CN", "新会话").roll_up());
/// assert_eq!(content.msg_type(), "system");
/// assert_eq!(
///     content.to_json_string(),
///     r#"{"type":"divider","params":{"divider_text":{"text":"New session","i18n_text":{"zh_CN":"新会话"}}},"options":{"need_rollup":true}}"#,
/// );
/// ```
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#e159cb73)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
#[non_exhaustive]
pub struct Divider {
    /// The words on the line.
    pub text: DividerText,
    /// Whether the messages above scroll out of sight.
    pub roll_up: bool,
}

impl Divider {
    /// Creates a line with the words for everyone who has no translation: up to 20 characters, or
    /// 10 Chinese ones, and not empty.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: DividerText { text: text.into(), i18n_text: BTreeMap::new(), extra: Map::new() },
            roll_up: false,
        }
    }

    /// Sets the words for people who use another language, such as `en_US`, `zh_CN` or `ja_JP`, in
    /// this case of letters. The same limits hold.
    pub fn translation(mut self, language: impl Into<String>, text: impl Into<String>) -> Self {
        self.text.i18n_text.insert(language.into(), text.into());
        self
    }

    /// Lets the messages above scroll out of sight.
    pub fn roll_up(mut self) -> Self {
        self.roll_up = true;
        self
    }
}

members! {
    /// The words on a [`Divider`].
    pub struct DividerText {
        /// The text for people for whose language there is no other text.
        text: String = always,
        /// Other texts, by language: `zh_CN` and so on when sent, `zh_cn` and so on when read.
        i18n_text: BTreeMap<String, String>,
    }
}

members! {
    /// A message of the platform itself in a chat: `msg_type` `system`, as it is read.
    ///
    /// ```
    /// use feishu_im::content::Content;
    ///
    /// let Content::System(system) = Content::parse(
    ///     "system",
    ///     r#"{"template":"{from_user} invited {to_chatters}","from_user":["Bot"],"to_chatters":["Tom"]}"#,
    /// ) else {
    ///     panic!("not a system message");
    /// };
    /// assert_eq!(system.to_chatters, ["Tom"]);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct System {
        /// The sentence, with variables in braces. Their values are in the fields of the same name,
        /// those of variables that are not documented in `extra`.
        template: String,
        /// The names of those who did it.
        from_user: Vec<String>,
        /// The names of those it was done to.
        to_chatters: Vec<String>,
        /// The words on a divider.
        divider_text: Option<DividerText>,
    }
}

/// A divider as it is sent. Takes nothing it does not know, so that reading loses nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    r#type: Type,
    params: Params,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Options>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    Divider,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    divider_text: DividerText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    need_rollup: bool,
}

impl From<Wire> for Divider {
    fn from(wire: Wire) -> Self {
        Self {
            text: wire.params.divider_text,
            roll_up: wire.options.is_some_and(|options| options.need_rollup),
        }
    }
}

impl From<Divider> for Wire {
    fn from(divider: Divider) -> Self {
        Self {
            r#type: Type::Divider,
            params: Params { divider_text: divider.text },
            options: divider.roll_up.then_some(Options { need_rollup: true }),
        }
    }
}
