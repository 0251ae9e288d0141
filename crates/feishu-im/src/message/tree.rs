//! Merged forwards: the messages in a message.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::{Content, GetMessageResponse, Message, Text};
use crate::content::markdown::one_line;

/// Merged forwards within merged forwards are followed up to this depth; what is deeper is shown at
/// this depth.
const MOST_LEVELS: usize = 10;

/// A message, with those in it if it is a merged forward.
///
/// ```no_run
/// use feishu_im::message::{GetMessage, MessageTree};
///
/// # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
/// fn count(tree: &MessageTree<'_>) -> usize {
///     1 + tree.messages.iter().map(count).sum::<usize>()
/// }
///
/// let forward = GetMessage::new("om_dc13264520392913993dd051dba21dcf")
///     .with_sender_name(true)
///     .send(&feishu)
///     .await?;
/// println!("{} messages", forward.trees().iter().map(count).sum::<usize>());
/// println!("{}", forward.to_text());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MessageTree<'a> {
    /// The message itself.
    pub message: &'a Message,
    /// The messages that were forwarded as this one, in the order in which they were sent.
    pub messages: Vec<MessageTree<'a>>,
}

impl MessageTree<'_> {
    /// Returns the message as plain text; see [`GetMessageResponse::to_text`].
    pub fn to_text(&self) -> String {
        self.render(&Message::to_text, &|sender, text| format!("- {sender}: {text}"))
    }

    /// Returns the message as Markdown; see [`GetMessageResponse::to_markdown`].
    pub fn to_markdown(&self) -> String {
        self.render(&Message::to_markdown, &|sender, text| {
            let sender = Content::from(Text::new(sender)).to_markdown(&[]);
            format!("- {sender}:\n\n{text}")
        })
    }

    fn render(
        &self,
        text: &dyn Fn(&Message) -> String,
        item: &dyn Fn(&str, &str) -> String,
    ) -> String {
        let mut rendered = text(self.message);
        for tree in &self.messages {
            let item = item(&sender(tree.message), &tree.render(text, item));
            for (index, line) in item.lines().enumerate() {
                let indent = if index == 0 || line.is_empty() { "" } else { "  " };
                // Writing to a string does not fail.
                let _ = write!(rendered, "\n{indent}{line}");
            }
        }
        rendered
    }
}

/// Returns the name of the sender, or else the ID.
fn sender(message: &Message) -> String {
    let sender = message.sender.as_ref();
    let name = sender.and_then(|sender| sender.sender_name.as_deref());
    let id = sender.and_then(|sender| sender.id.as_deref());
    let known = [name, id].into_iter().flatten().find(|name| !name.trim().is_empty());
    one_line(known.unwrap_or("unknown"))
}

impl GetMessageResponse {
    /// Returns the message with those in it, if it is a merged forward.
    ///
    /// The platform returns the messages of all merged forwards within each other in one list, from
    /// which this makes the tree. There is one tree, unless the platform leaves out a merged
    /// forward: the messages in that one are trees of their own. Every message is in one tree, and
    /// in one place. Beyond 10 levels, messages are side by side.
    pub fn trees(&self) -> Vec<MessageTree<'_>> {
        let mut within: HashMap<&str, Vec<&Message>> = HashMap::new();
        let ids: HashSet<_> = self.items.iter().map(|item| item.message_id.as_str()).collect();
        let mut roots = Vec::new();
        for item in &self.items {
            let upper = item.upper_message_id.as_deref().filter(|id| ids.contains(id));
            match upper.filter(|upper| *upper != item.message_id) {
                Some(upper) => within.entry(upper).or_default().push(item),
                None => roots.push(item),
            }
        }
        let mut trees: Vec<_> = roots.into_iter().map(|root| tree(root, &mut within, 1)).collect();
        // The remaining messages form cycles, which no root leads to.
        for upper in self.items.iter().filter_map(|item| item.upper_message_id.as_deref()) {
            for message in within.remove(upper).unwrap_or_default() {
                trees.push(tree(message, &mut within, 1));
            }
        }
        trees
    }

    /// Returns the message as plain text. Below a merged forward stand the messages in it, with the
    /// names of their senders:
    ///
    /// ```
    /// use feishu_im::message::GetMessageResponse;
    ///
    /// let forward: GetMessageResponse = serde_json::from_str(r#"{"items":[
    ///     {"message_id":"om_1","msg_type":"merge_forward",
    ///      "body":{"content":"Merged and Forwarded Message"}},
    ///     {"message_id":"om_2","upper_message_id":"om_1","msg_type":"text",
    ///      "sender":{"id":"ou_1","sender_name":"Tom"},
    ///      "body":{"content":"{\"text\":\"Lunch?\"}"}}]}"#)?;
    /// assert_eq!(forward.to_text(), "[merged forward]\n- Tom: Lunch?");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// Without [`with_sender_name`](super::GetMessage::with_sender_name), the IDs of senders stand
    /// for their names.
    pub fn to_text(&self) -> String {
        let texts: Vec<_> = self.trees().iter().map(MessageTree::to_text).collect();
        texts.join("\n")
    }

    /// Returns the message as Markdown, and the messages in a merged forward as a list; see
    /// [`to_text`](Self::to_text).
    pub fn to_markdown(&self) -> String {
        let texts: Vec<_> = self.trees().iter().map(MessageTree::to_markdown).collect();
        texts.join("\n\n")
    }
}

/// Takes what is in a message out of `within`.
fn tree<'a>(
    message: &'a Message,
    within: &mut HashMap<&'a str, Vec<&'a Message>>,
    level: usize,
) -> MessageTree<'a> {
    let mut messages = within.remove(message.message_id.as_str()).unwrap_or_default();
    if level == MOST_LEVELS {
        let mut read = 0;
        while let Some(message) = messages.get(read) {
            let deeper = within.remove(message.message_id.as_str());
            messages.extend(deeper.unwrap_or_default());
            read += 1;
        }
    }
    messages.sort_by_key(|message| message.create_time.as_ref()?.parse::<u64>().ok());
    let messages = messages.into_iter().map(|message| tree(message, within, level + 1)).collect();
    MessageTree { message, messages }
}
