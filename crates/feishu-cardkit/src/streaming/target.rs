//! The place where messages go.

use feishu_im::content::Content;
use feishu_im::message::{CreateMessage, Message, ReceiveId, ReplyMessage};
use openplat_core::{Call, Error, ErrorKind};

use crate::Client;

pub(super) enum Target {
    Reply { message_id: String, in_thread: bool },
    Chat(ReceiveId),
}

impl Target {
    /// Sends a message, once under the same `key`, and returns its ID unless the platform keeps it
    /// to itself.
    pub(super) async fn send(
        &self,
        client: &Client,
        content: &Content,
        key: &str,
    ) -> Result<Option<String>, Error> {
        let unreadable = |sent: &Result<_, Error>| {
            sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::Decode)
        };
        let mut sent = self.call(client, content, key).await;
        // Either a proxy responded with a page of its own, which the second attempt corrects, or the
        // platform responded with a success without an ID.
        if unreadable(&sent) {
            sent = self.call(client, content, key).await;
        }
        if unreadable(&sent) {
            return Ok(None);
        }
        Ok(Some(sent?.message_id))
    }

    fn call(&self, client: &Client, content: &Content, key: &str) -> Call<Message> {
        let content = content.clone();
        match self {
            Self::Reply { message_id, in_thread } => {
                let reply = ReplyMessage::with_content(message_id, content).uuid(key);
                match in_thread {
                    true => reply.reply_in_thread(true).send(client),
                    false => reply.send(client),
                }
            }
            Self::Chat(receive_id) => {
                CreateMessage::with_content(receive_id.clone(), content).uuid(key).send(client)
            }
        }
    }
}
