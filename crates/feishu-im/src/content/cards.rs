use super::{Card, Content};

/// Takes a card that was built and checked by `feishu-card`.
///
/// ```
/// use feishu_im::feishu_card::{Card, MarkdownText};
/// use feishu_im::message::{CreateMessage, ReceiveId};
///
/// let card = Card::builder().element(MarkdownText::new("All is **well**")).build()?;
/// let request = CreateMessage::with_content(ReceiveId::chat("oc_1"), card);
/// # Ok::<(), feishu_im::feishu_card::CardError>(())
/// ```
impl From<feishu_card::Card> for Content {
    fn from(card: feishu_card::Card) -> Self {
        Card::from(card).into()
    }
}

/// Takes a card that was built and checked by `feishu-card`, for responses to clicks and updates of
/// cards.
impl From<feishu_card::Card> for Card {
    fn from(card: feishu_card::Card) -> Self {
        Self::new(card.into_json())
    }
}

#[cfg(feature = "markdown")]
impl From<feishu_card::markdown::Post> for Content {
    fn from(post: feishu_card::markdown::Post) -> Self {
        Self::parse("post", &post.to_json_string())
    }
}

/// Takes a message that `feishu-card` made of Markdown.
///
/// ```
/// use feishu_im::feishu_card::Markdown;
/// use feishu_im::message::{CreateMessage, ReceiveId};
///
/// let converted = Markdown::new("# Done\n\n- all **214** tests passed").messages();
/// for part in converted.parts {
///     let request = CreateMessage::with_content(ReceiveId::chat("oc_1"), part);
/// }
/// ```
#[cfg(feature = "markdown")]
impl From<feishu_card::markdown::Message> for Content {
    fn from(message: feishu_card::markdown::Message) -> Self {
        use feishu_card::markdown::Message;

        match message {
            Message::Card(card) => card.into(),
            Message::Post(post) => post.into(),
        }
    }
}
