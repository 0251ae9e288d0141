//! One card: numbers its updates and keeps to its rate.

use std::time::Duration;

use openplat_core::Error;
use tokio::time::{Instant, sleep_until};

use super::failure::{Pause, Retry, Verdict};
use super::template;
use crate::Client;
use crate::card::{
    CardData, CardDataRequired, CardType, UpdateCard, UpdateCardSettings,
    UpdateCardSettingsRequired,
};
use crate::card_element::{StreamText, StreamTextRequired};

/// The time between two updates. The platform allows 10 per second, which this stays below even if
/// updates arrive closer together than they were sent.
const BETWEEN_UPDATES: Duration = Duration::from_millis(120);
/// The age at which the streaming mode is switched on anew. It ends after 10 minutes.
const RENEWAL: Duration = Duration::from_secs(8 * 60);

/// An update, complete in itself, so that it can be repeated with another number.
pub(super) enum Update<'a> {
    Text { element_id: &'a str, content: &'a str },
    Settings(&'a str),
    Card(&'a str),
}

pub(super) struct Card {
    client: Client,
    id: String,
    /// The number of the last update, taken even if that failed: the platform may have seen it.
    sequence: i64,
    next_update: Instant,
    pub(super) renewal: Instant,
    /// The end, in the whole text, of what the platform accepted.
    pub(super) shown: usize,
    /// Whether the card may show another text than what the platform accepted.
    pub(super) is_unclear: bool,
    /// Whether the streaming mode was switched on again since the last text that was accepted.
    pub(super) reopened: bool,
    /// The time before which no text is sent, since updates fail.
    pub(super) paused_until: Option<Instant>,
    pause: Pause,
}

impl Card {
    /// A card whose streaming mode was switched on at `opened`, and which shows a text up to `shown`.
    pub(super) fn new(client: Client, id: String, opened: Instant, shown: usize) -> Self {
        Self {
            client,
            id,
            sequence: 0,
            next_update: opened,
            renewal: opened + RENEWAL,
            shown,
            is_unclear: false,
            reopened: false,
            paused_until: None,
            pause: Pause::default(),
        }
    }

    /// Waits until the card can be updated again.
    pub(super) async fn ready(&self) {
        sleep_until(self.next_update).await;
    }

    /// Sends an update once.
    pub(super) async fn update(&mut self, update: &Update<'_>) -> Result<(), Error> {
        self.ready().await;
        self.next_update = Instant::now() + BETWEEN_UPDATES;
        self.sequence += 1;
        let (card_id, sequence) = (self.id.as_str(), self.sequence);
        let client = &self.client;
        let call = match *update {
            Update::Text { element_id, content } => {
                let required = StreamTextRequired { card_id, element_id, content, sequence };
                StreamText::new(required).send(client)
            }
            Update::Settings(settings) => {
                let required = UpdateCardSettingsRequired { card_id, settings, sequence };
                UpdateCardSettings::new(required).send(client)
            }
            Update::Card(data) => {
                let card = CardData::new(CardDataRequired { kind: CardType::CardJson, data });
                UpdateCard::new(card_id, card, sequence).send(client)
            }
        };
        // Another attempt needs another number.
        let result = call.retries(false).await;
        self.is_unclear |= result.as_ref().is_err_and(may_be_executed);
        result
    }

    /// Sends an update until it is accepted or refused.
    pub(super) async fn update_with_retries(
        &mut self,
        update: &Update<'_>,
        mut retry: Retry<'_>,
    ) -> Result<(), Error> {
        loop {
            match self.update(update).await {
                Err(error) if retry.after(&error).await => {}
                result => return result,
            }
        }
    }

    /// Notes that the platform accepted the text up to `end`.
    pub(super) fn has_shown(&mut self, end: usize) {
        self.shown = end;
        self.is_unclear = false;
        self.reopened = false;
        self.paused_until = None;
        self.pause = Pause::default();
    }

    /// Puts off the next text after an error that passes.
    pub(super) fn put_off(&mut self, error: &Error) {
        self.paused_until = Some(Instant::now() + self.pause.next(error));
    }

    /// Switches the streaming mode on again.
    pub(super) async fn renew(&mut self) -> Result<(), Error> {
        let renewed = self.update(&Update::Settings(&template::streaming_settings())).await;
        let now = Instant::now();
        match &renewed {
            Ok(()) => {
                self.renewal = now + RENEWAL;
                self.reopened = true;
                self.paused_until = self.paused_until.map(|_| now);
            }
            Err(error) => self.renewal = now + self.pause.next(error),
        }
        renewed
    }
}

fn may_be_executed(error: &Error) -> bool {
    Verdict::of(error) == Verdict::Passing && !error.is_throttled() && !error.was_not_sent()
}
