//! From the use of a card or a link to the response.

use openplat_core::__private::read;
use openplat_core::Strictness;
use openplat_core::events::{Answer, DecodeError, Read};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    CallbackCard, CallbackCardType, CardAction, CardActionAnswer, ElementAction, InlinePreview,
    OldCardAction, Toast, ToastType, UrlPreviewAnswer,
};
use crate::card::{UpdateCard, json};
use crate::content::{Card, SentAs};

impl CardAction {
    /// Returns the open ID of the user who used the card, which starts with `ou_`.
    pub fn open_id(&self) -> Option<&str> {
        self.operator.as_ref()?.open_id.as_deref()
    }
}

/// Both callbacks of cards carry the same action and the same kind of token.
macro_rules! card_actions {
    ($($name:ident)*) => {$(
        impl $name {
            /// Returns the value that the card gives to the element that was used; `null` if it
            /// gives none. JSON in a string is returned as the object or list that it is, any
            /// other string as it stands.
            pub fn value(&self) -> Value {
                self.action.as_ref().map(ElementAction::plain_value).unwrap_or_default()
            }

            /// Reads [`value`](Self::value) as a type, by the rules for responses.
            ///
            /// # Errors
            ///
            /// Fails if the value lacks what `T` cannot exist without.
            pub fn read_value<T: DeserializeOwned>(&self) -> Result<Read<T>, DecodeError> {
                read(self.value().to_string().as_bytes(), Strictness::Lenient)
            }

            /// Reads the fields of a submitted form as a type, by the rules for responses. The
            /// fields are named as the elements of the form are.
            ///
            /// # Errors
            ///
            /// Fails if the form lacks what `T` cannot exist without.
            pub fn read_form<T: DeserializeOwned>(&self) -> Result<Read<T>, DecodeError> {
                let fields = self.action.iter().flat_map(|action| action.form_value.clone());
                let form: Value = fields.collect();
                read(form.to_string().as_bytes(), Strictness::Lenient)
            }

            /// Creates an update of the card, to be sent after the callback was answered: within 30
            /// minutes, and at most twice. If the card is not shared, use
            /// [`UpdateCard::with_card_for`].
            ///
            /// A handler spawns a task for it and returns: the callback is answered a moment later.
            /// An update that comes too soon fails as unavailable, and is retried if the call is
            /// `.idempotent(true)`. Nothing waits for the task when the connection shuts down.
            pub fn late_update(&self, card: impl SentAs<Card>) -> UpdateCard {
                UpdateCard::with_card(self.token.as_deref().unwrap_or_default(), card)
            }
        }
    )*};
}

card_actions! { CardAction OldCardAction }

impl ElementAction {
    fn plain_value(&self) -> Value {
        let value = self.value.clone().unwrap_or_default();
        let text = value.as_str().map(str::trim_ascii_start).unwrap_or_default();
        // A number or a word in a string stays one.
        let inner = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok());
        inner.flatten().unwrap_or(value)
    }
}

impl OldCardAction {
    /// Creates the response that replaces the card.
    pub fn answer_card(&self, card: impl SentAs<Card>) -> Answer {
        Answer::json(&card.into())
    }

    /// Creates the response that shows a toast and leaves the card as it is.
    pub fn answer_toast(&self, toast: Toast) -> Answer {
        Answer::json(&CardActionAnswer::from(toast))
    }
}

impl Toast {
    /// Creates a neutral notice.
    pub fn info(text: impl Into<String>) -> Self {
        Self::new().kind(ToastType::Info).content(text)
    }

    /// Creates a notice that an action succeeded.
    pub fn success(text: impl Into<String>) -> Self {
        Self::new().kind(ToastType::Success).content(text)
    }

    /// Creates a notice that an action needs care.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::new().kind(ToastType::Warning).content(text)
    }

    /// Creates a notice that an action failed.
    pub fn error(text: impl Into<String>) -> Self {
        Self::new().kind(ToastType::Error).content(text)
    }

    /// Adds the text in the language of a locale, such as `zh_cn`.
    pub fn locale(mut self, locale: impl Into<String>, text: impl Into<String>) -> Self {
        self.i18n.insert(locale.into(), text.into());
        self
    }
}

impl From<Toast> for CardActionAnswer {
    fn from(toast: Toast) -> Self {
        Self::new().toast(toast)
    }
}

impl CardActionAnswer {
    /// Creates the response that replaces the card. Add a notice with [`toast`](Self::toast).
    ///
    /// ```
    /// use feishu_im::content::CardTemplate;
    /// use feishu_im::events::{CardActionAnswer, Toast};
    ///
    /// let toast = Toast::success("Saved").locale("zh_cn", "已保存");
    /// let card = CardTemplate::new("AAqigYkzabcef").variable("state", "saved");
    /// let answer = CardActionAnswer::with_card(card).toast(toast);
    /// assert_eq!(
    ///     serde_json::to_string(&answer)?,
    ///     concat!(
    ///         r#"{"toast":{"type":"success","content":"Saved","i18n":{"zh_cn":"已保存"}},"#,
    ///         r#""card":{"type":"template","data":{"template_id":"AAqigYkzabcef","#,
    ///         r#""template_variable":{"state":"saved"}}}}"#,
    ///     ),
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn with_card(card: impl SentAs<Card>) -> Self {
        Self::new().card(card.into().into())
    }
}

impl UrlPreviewAnswer {
    /// Creates the response that shows a title instead of the link.
    pub fn with_title(title: impl Into<String>) -> Self {
        Self::new().inline(InlinePreview::new().title(title))
    }

    /// Creates the response that shows a card below the message.
    pub fn with_card(card: impl SentAs<Card>) -> Self {
        Self::new().card(card.into().into())
    }
}

impl InlinePreview {
    /// Adds the title in the language of a locale, such as `zh_cn`.
    pub fn locale(mut self, locale: impl Into<String>, title: impl Into<String>) -> Self {
        self.i18n_title.insert(locale.into(), title.into());
        self
    }
}

impl From<Card> for CallbackCard {
    fn from(card: Card) -> Self {
        match card {
            Card::Json(json) => Self::new(CallbackCardType::Raw, json),
            Card::Template(template) => Self::new(CallbackCardType::Template, json(&template)),
            // Not documented for answers; the platform says so itself.
            Card::Entity(entity) => Self::new("card", json(&entity)),
        }
    }
}
