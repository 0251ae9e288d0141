//! A card that is written while its text is being made.
//!
//! ```no_run
//! use feishu_cardkit::streaming::StreamingCard;
//! # use futures_util::Stream;
//!
//! # async fn run(
//! #     feishu: feishu_cardkit::Client,
//! #     tokens: impl Stream<Item = String>,
//! # ) -> Result<(), feishu_cardkit::Error> {
//! StreamingCard::reply(&feishu, "om_...").stream(tokens).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The first chunk creates a card in streaming mode and sends it. From then on the card is updated
//! with the newest text, at most 9 times per second and never with two updates at a time. At the
//! end, the card shows the whole text, and its streaming mode is off: after the last chunk, and also
//! after an error of the stream, or if the future or the [writer](CardWriter) is dropped.
//!
//! | what happens | what the card does |
//! | --- | --- |
//! | a rate limit, a timeout, a lost connection | sends the newest text later, with growing pauses |
//! | 8 minutes are over | switches the streaming mode on again, which ends after 10 minutes |
//! | the text outgrows the card: 28 KB of a request, or 4 tables | ends it between two paragraphs if possible, and continues in the next card; blocks of code and tables that continue are valid on both |
//! | the text has a table | replaces the card as a whole before the end, since tables that are streamed may not look like tables |
//! | the platform refuses the text | replaces the card as a whole at the end, or sends the rest as a message |
//! | the platform refuses cards | sends the text as one message at the end |
//!
//! No part of the text is sent in two messages. If the platform cannot be reached at the end, each
//! of the last requests is sent 6 times, with pauses of about half a minute in all; then the error is
//! returned.
//!
//! The text is Markdown in the dialect of cards. An image is named by its `image_key`; any other
//! becomes a link. A link that leads to no web page becomes text. Words in angle brackets are tags if
//! the platform has them, and else are shown. The text mentions only those who are
//! [allowed](StreamingCard::mention). A card in streaming mode cannot be forwarded, and its buttons
//! cannot change it.
//!
//! The app needs a scope for sending messages and `cardkit:card:write`.

mod card;
mod dialect;
mod failure;
mod split;
mod target;
mod template;
mod worker;

use std::fmt;
use std::pin::pin;

use futures_util::{Stream, StreamExt};
use openplat_core::{Error, ErrorKind};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use feishu_im::message::ReceiveId;

use crate::Client;
use target::Target;
use template::Template;
use worker::Worker;

/// A card that is about to be written. See the [module](self).
#[must_use = "a card does nothing until a text is streamed to it"]
pub struct StreamingCard {
    client: Client,
    target: Target,
    card: Option<(Value, String)>,
    placeholder: String,
    summary: Option<String>,
    mentions: Vec<String>,
}

impl StreamingCard {
    /// Creates a card that is sent as a reply to a message. If the message is in a thread, so is the
    /// card.
    pub fn reply(client: &Client, message_id: impl Into<String>) -> Self {
        Self::new(client, Target::Reply { message_id: message_id.into(), in_thread: false })
    }

    /// Creates a card that is sent as a reply to a message, in a thread below it.
    pub fn reply_in_thread(client: &Client, message_id: impl Into<String>) -> Self {
        Self::new(client, Target::Reply { message_id: message_id.into(), in_thread: true })
    }

    /// Creates a card that is sent to a chat or a user.
    pub fn to(client: &Client, receive_id: ReceiveId) -> Self {
        Self::new(client, Target::Chat(receive_id))
    }

    fn new(client: &Client, target: Target) -> Self {
        let client = client.clone();
        Self {
            client,
            target,
            card: None,
            placeholder: String::new(),
            summary: None,
            mentions: Vec::new(),
        }
    }

    /// Sets the JSON of the card, of schema 2.0, which consists of the text alone by default.
    /// `element_id` names the element for the text, with the tag `markdown` or `plain_text`; its
    /// `content` is replaced. `config.streaming_config` can set how fast clients show the text.
    ///
    /// The card can have 24,000 bytes in a request, where each quotation mark takes two, and 180
    /// elements, texts included. What `feishu_card::Card::from_json` refuses is refused before anything is
    /// sent. If the text outgrows the card, the next card has the same JSON.
    pub fn card(mut self, json: impl Into<Value>, element_id: impl Into<String>) -> Self {
        self.card = Some((json.into(), element_id.into()));
        self
    }

    /// Sets a text that the card shows before there is any other. The card is then sent at once, and
    /// not only when the first chunk comes.
    pub fn placeholder(mut self, text: impl Into<String>) -> Self {
        self.placeholder = text.into();
        self
    }

    /// Sets what the list of chats shows of the card at the end. Defaults to the first line of the
    /// text, of at most 50 characters.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = Some(text.into());
        self
    }

    /// Lets the text mention a user by this ID, or everyone by `all`: with `<at id=ou_1></at>`. Any
    /// other mention is shown as text, so that what an assistant wrote notifies no one by chance.
    ///
    /// A mention notifies only in the text with which a card or a message is sent.
    pub fn mention(mut self, id: impl Into<String>) -> Self {
        self.mentions.push(id.into());
        self
    }

    /// Writes the chunks, one after the other, and waits until the card is finished.
    ///
    /// If the future is dropped, the card is finished with the text so far, by a task.
    ///
    /// # Errors
    ///
    /// Returns the error because of which the text is not complete on the platform, and the errors
    /// of [`start`](Self::start).
    pub async fn stream<S>(self, chunks: S) -> Result<Streamed, Error>
    where
        S: Stream,
        S::Item: AsRef<str>,
    {
        let text = self.start()?;
        let mut chunks = pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            text.push(chunk);
        }
        text.finish().await
    }

    /// Writes the chunks of a stream that can fail. After an error, the card is finished with the
    /// text so far.
    ///
    /// # Errors
    ///
    /// Returns [`StreamError::Chunks`] if the stream fails, and [`StreamError::Card`] with the
    /// errors of [`stream`](Self::stream).
    pub async fn try_stream<S, T, E>(self, chunks: S) -> Result<Streamed, StreamError<E>>
    where
        S: Stream<Item = Result<T, E>>,
        T: AsRef<str>,
    {
        let text = self.start().map_err(StreamError::Card)?;
        let mut chunks = pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) => text.push(chunk),
                Err(error) => {
                    return Err(StreamError::Chunks { error, card: text.finish().await });
                }
            }
        }
        text.finish().await.map_err(StreamError::Card)
    }

    /// Starts a task that sends and updates the card, on the current Tokio runtime, and returns the
    /// writer that feeds it.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidRequest`] if the JSON of the card is unsuitable, and
    /// [`ErrorKind::Configuration`] outside a Tokio runtime.
    pub fn start(self) -> Result<CardWriter, Error> {
        let template = match self.card {
            Some((json, element_id)) => Template::new(json, &element_id)?,
            None => Template::plain(),
        };
        let runtime = Handle::try_current().map_err(|_| {
            let detail = "a card can be streamed only within a Tokio runtime";
            Error::builder(ErrorKind::Configuration).detail(detail).build()
        })?;
        let (sender, text) = watch::channel(String::new());
        let worker = Worker::new(
            self.client,
            self.target,
            template,
            self.placeholder,
            self.summary,
            self.mentions,
            text,
        );
        Ok(CardWriter { text: sender, task: runtime.spawn(worker.run()) })
    }
}

impl fmt::Debug for StreamingCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingCard").finish_non_exhaustive()
    }
}

/// The writing end of a card.
///
/// If the writer is dropped, a task finishes the card with the text so far. The task lives as long
/// as the runtime: if the runtime ends before, the platform ends the streaming mode after at most 10
/// minutes.
#[must_use = "the card is finished when its writer is dropped"]
pub struct CardWriter {
    text: watch::Sender<String>,
    task: JoinHandle<Result<Streamed, Error>>,
}

impl CardWriter {
    /// Adds to the text. Returns at once; the card follows.
    pub fn push(&self, chunk: impl AsRef<str>) {
        let chunk = chunk.as_ref();
        self.text.send_if_modified(|text| {
            text.push_str(chunk);
            !chunk.is_empty()
        });
    }

    /// Ends the text, and waits until the card shows the whole of it and its streaming mode is off.
    ///
    /// # Errors
    ///
    /// Returns the error because of which the text is not complete on the platform.
    pub async fn finish(self) -> Result<Streamed, Error> {
        drop(self.text);
        self.task.await.unwrap_or_else(|_| {
            let detail = "the runtime ended the task before the card was finished";
            Err(Error::builder(ErrorKind::Transfer).detail(detail).build())
        })
    }
}

impl fmt::Debug for CardWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardWriter").finish_non_exhaustive()
    }
}

/// The outcome of a text that is complete on the platform.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Streamed {
    /// The IDs of the messages that were sent, in order. Empty if there was no text.
    pub message_ids: Vec<String>,
    /// The IDs of the cards that were sent, in order.
    pub card_ids: Vec<String>,
    /// The errors that were worked around: refused updates, a refused card for which a message was
    /// sent, a streaming mode that could not be ended. Usually empty. Errors that passed are not
    /// among them.
    pub problems: Vec<Error>,
}

/// The reason why a stream of chunks did not become a whole text. Converts to an [`Error`]: that of
/// the card if there is one, and otherwise [`ErrorKind::File`], without the text of the stream's
/// error.
#[non_exhaustive]
pub enum StreamError<E> {
    /// The stream of chunks failed.
    Chunks {
        /// The error of the stream.
        error: E,
        /// The outcome for the text before it.
        card: Result<Streamed, Error>,
    },
    /// The text is not complete on the platform.
    Card(Error),
}

impl<E: fmt::Display> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunks { error, card: Ok(_) } => {
                write!(f, "the stream of chunks failed: {error}")
            }
            Self::Chunks { error, card: Err(card) } => {
                write!(f, "the stream of chunks failed: {error}; the card is incomplete: {card}")
            }
            Self::Card(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display> fmt::Debug for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E: fmt::Display> std::error::Error for StreamError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Chunks { card: Err(error), .. } | Self::Card(error) => error.source(),
            Self::Chunks { .. } => None,
        }
    }
}

impl<E> From<StreamError<E>> for Error {
    fn from(error: StreamError<E>) -> Self {
        match error {
            StreamError::Card(error) | StreamError::Chunks { card: Err(error), .. } => error,
            // The text of the stream's error can hold anything.
            StreamError::Chunks { card: Ok(card), .. } => Self::builder(ErrorKind::File)
                .attempts(u32::from(!card.message_ids.is_empty()))
                .detail("the stream of chunks failed")
                .build(),
        }
    }
}
