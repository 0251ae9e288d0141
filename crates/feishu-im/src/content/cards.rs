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
        Card::new(card.into_json()).into()
    }
}
