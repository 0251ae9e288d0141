//! The task that brings the text to the platform.

use feishu_im::content::{Card as CardContent, CardEntity, Content, Text};
use openplat_core::Error;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::Streamed;
use super::card::{Card, Update};
use super::failure::{Retry, Verdict};
use super::split::{self, Context};
use super::target::Target;
use super::template::{self, Template};
use crate::Client;
use crate::card::{CardType, CreateCard, CreateCardRequired};

/// The most characters of a summary.
const LONGEST_SUMMARY: usize = 50;

pub(super) struct Worker {
    client: Client,
    target: Target,
    template: Template,
    /// The content of the card before there is any text.
    placeholder: String,
    summary: Option<String>,
    /// The IDs of those whom the text may mention.
    mentions: Vec<String>,
    /// The whole text so far. It has ended when its sender is gone.
    text: watch::Receiver<String>,
    /// The card in streaming mode, if there is one.
    card: Option<Card>,
    /// The place in the whole text where this card begins, or else the next one.
    start: usize,
    /// The context at `start`.
    context: Context,
    /// The reason why there is no further card.
    stop: Option<Stop>,
    streamed: Streamed,
}

enum Stop {
    Refused,
    /// The platform could not be reached, so that no one knows what it has executed.
    Unclear(Error),
}

/// The text of one card.
struct Part {
    text: String,
    end: usize,
    is_blank: bool,
    is_last: bool,
}

enum Step {
    Show,
    Renew,
    Finish,
}

impl Worker {
    pub(super) fn new(
        client: Client,
        target: Target,
        template: Template,
        placeholder: String,
        summary: Option<String>,
        mentions: Vec<String>,
        text: watch::Receiver<String>,
    ) -> Self {
        Self {
            client,
            target,
            template,
            placeholder,
            summary,
            mentions,
            text,
            card: None,
            start: 0,
            context: Context::default(),
            stop: None,
            streamed: Streamed::default(),
        }
    }

    /// Runs until the text has ended. Only the end of the runtime can cancel it.
    pub(super) async fn run(mut self) -> Result<Streamed, Error> {
        if !self.placeholder.is_empty() {
            let text = self.placeholder.clone();
            self.open(&Part { text, end: 0, is_blank: false, is_last: true }).await;
        }
        loop {
            match self.next().await {
                Step::Show => self.show().await,
                Step::Renew => self.renew().await,
                Step::Finish => return self.finish().await,
            }
        }
    }

    async fn next(&mut self) -> Step {
        if self.text.has_changed().is_err() {
            return Step::Finish;
        }
        let card = self.card.as_ref().filter(|_| self.stop.is_none());
        let timer = card.map(|card| match card.paused_until {
            Some(retry) if retry < card.renewal => (retry, Step::Show),
            _ => (card.renewal, Step::Renew),
        });
        let changed = self.text.changed();
        let changed = match timer {
            None => changed.await,
            // Chunks that come without a break must not keep a timer from being looked at.
            Some((at, step)) if at <= Instant::now() => return step,
            Some((at, step)) => match timeout_at(at, changed).await {
                Ok(changed) => changed,
                Err(_) => return step,
            },
        };
        if changed.is_ok() { Step::Show } else { Step::Finish }
    }

    /// Shows the newest text, on further cards if it has outgrown this one.
    async fn show(&mut self) {
        while self.stop.is_none() {
            if let Some(card) = &self.card {
                if card.paused_until.is_some_and(|until| until > Instant::now()) {
                    break;
                }
                card.ready().await;
            }
            // Text that has come is part of what follows. Text that comes later is a change.
            self.text.mark_unchanged();
            let part = self.part();
            match &self.card {
                _ if part.is_blank => break,
                None => self.open(&part).await,
                Some(_) if !part.is_last => self.seal(&part).await,
                Some(card) if card.shown == part.end => break,
                Some(_) => return self.stream(&part).await,
            }
        }
    }

    /// Returns the text of this card, or else of the next one.
    fn part(&self) -> Part {
        let whole = self.text.borrow();
        let rest = whole.get(self.start..).unwrap_or_default();
        let length = split::cut(rest, &self.context, self.template.room());
        let (shown, rest) = rest.split_at(length);
        Part {
            text: split::render(shown, &self.context, !rest.is_empty(), &self.mentions),
            end: self.start + length,
            is_blank: shown.trim().is_empty(),
            is_last: rest.is_empty(),
        }
    }

    /// Creates a card with this text and sends it.
    async fn open(&mut self, part: &Part) {
        let data = self.template.streaming(&part.text).to_string();
        let required = CreateCardRequired { kind: CardType::CardJson, data: &data };
        let request = CreateCard::new(required);
        let mut retry = Retry::new(&self.text);
        let (id, opened) = loop {
            let opened = Instant::now();
            // A card that is created twice and sent once is seen once.
            match request.send(&self.client).idempotent(true).await {
                Ok(created) => break (created.card_id, opened),
                Err(error) if retry.after(&error).await => {}
                Err(error) => return self.fail(error),
            }
        };
        match self.send(CardContent::from(CardEntity::new(&id)).into(), &id).await {
            Ok(()) => {
                self.streamed.card_ids.push(id.clone());
                self.card = Some(Card::new(self.client.clone(), id, opened, part.end));
            }
            Err(error) => self.fail(error),
        }
    }

    async fn send(&mut self, content: Content, key: &str) -> Result<(), Error> {
        let mut retry = Retry::new(&self.text);
        let message_id = loop {
            match self.target.send(&self.client, &content, key).await {
                Err(error) if retry.after(&error).await => {}
                sent => break sent?,
            }
        };
        self.streamed.message_ids.extend(message_id);
        Ok(())
    }

    async fn stream(&mut self, part: &Part) {
        let Some(card) = &mut self.card else { return };
        let element_id = self.template.element_id();
        let Err(error) = card.update(&Update::Text { element_id, content: &part.text }).await
        else {
            return card.has_shown(part.end);
        };
        match Verdict::of(&error) {
            Verdict::Passing | Verdict::Stale => card.put_off(&error),
            Verdict::Closed if !card.reopened => {
                card.put_off(&error);
                card.renewal = Instant::now();
            }
            _ => self.fail(error),
        }
    }

    async fn renew(&mut self) {
        let Some(card) = &mut self.card else { return };
        if let Err(error) = card.renew().await
            && Verdict::of(&error) == Verdict::Refused
        {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: Error) {
        self.stop = Some(match Verdict::of(&error) {
            Verdict::Passing => Stop::Unclear(error),
            _ => {
                self.streamed.problems.push(error);
                Stop::Refused
            }
        });
    }

    /// Shows the last text of the card and ends its streaming mode. Nothing is sent to the card
    /// afterwards; what the platform has not accepted is left for the next card or message.
    async fn seal(&mut self, part: &Part) {
        let Some(mut card) = self.card.take() else { return };
        let text = if part.is_blank { &self.placeholder } else { &part.text };
        let summary = self.summary.clone().unwrap_or_else(|| summary_of(text));
        if card.shown != part.end
            && !part.is_blank
            && let Err(error) = self.show_last(&mut card, part, &summary).await
        {
            let is_refused = Verdict::of(&error) != Verdict::Passing;
            self.fail(error);
            if is_refused && card.is_unclear {
                self.restore(&mut card, &summary).await;
            }
        }
        // Tables that were streamed were seen in the field without their lines until the card was
        // replaced.
        let has_table = split::has_table(&self.text_until(card.shown), &self.context);
        if has_table && self.stop.is_none() {
            self.restore(&mut card, &summary).await;
        }
        self.close(&mut card, &summary).await;
        self.go_on(card.shown);
    }

    /// Shows the last text of the card: on its own, or with the whole card if the text alone is
    /// refused.
    async fn show_last(
        &mut self,
        card: &mut Card,
        part: &Part,
        summary: &str,
    ) -> Result<(), Error> {
        if self.stop.is_none() {
            let element_id = self.template.element_id();
            let update = Update::Text { element_id, content: &part.text };
            match card.update_with_retries(&update, Retry::new(&self.text)).await {
                Ok(()) => {
                    card.has_shown(part.end);
                    return Ok(());
                }
                Err(error) if Verdict::of(&error) == Verdict::Passing => return Err(error),
                Err(error) => self.streamed.problems.push(error),
            }
        }
        let data = self.template.finished(&part.text, summary).to_string();
        card.update_with_retries(&Update::Card(&data), Retry::new(&self.text)).await?;
        card.has_shown(part.end);
        Ok(())
    }

    async fn close(&mut self, card: &mut Card, summary: &str) {
        let settings = template::finished_settings(summary);
        let closed =
            card.update_with_retries(&Update::Settings(&settings), Retry::new(&self.text)).await;
        let Err(error) = closed else { return };
        let is_refused = Verdict::of(&error) != Verdict::Passing;
        self.streamed.problems.push(error);
        if is_refused {
            self.restore(card, summary).await;
        }
    }

    /// Replaces the whole card by one with the text that was accepted and without streaming mode.
    async fn restore(&mut self, card: &mut Card, summary: &str) {
        let text = match card.shown - self.start {
            0 => self.placeholder.clone(),
            _ => split::render(&self.text_until(card.shown), &self.context, true, &self.mentions),
        };
        let data = self.template.finished(&text, summary).to_string();
        let retry = Retry::new(&self.text);
        let restored = card.update_with_retries(&Update::Card(&data), retry).await;
        self.streamed.problems.extend(restored.err());
    }

    /// Lets the next card begin at `start`.
    fn go_on(&mut self, start: usize) {
        self.context = self.context.after(&self.text_until(start));
        self.start = start;
    }

    /// Returns the text from the beginning of the card.
    fn text_until(&self, end: usize) -> String {
        self.text.borrow().get(self.start..end).unwrap_or_default().to_owned()
    }

    async fn finish(mut self) -> Result<Streamed, Error> {
        loop {
            let part = self.part();
            if self.card.is_some() {
                self.seal(&part).await;
            } else if part.is_blank {
                return Ok(self.streamed);
            } else {
                match self.stop.take() {
                    None => self.open(&part).await,
                    Some(Stop::Refused) => return self.send_rest().await,
                    Some(Stop::Unclear(error)) => return Err(error),
                }
            }
        }
    }

    /// Sends what no card shows as a message.
    async fn send_rest(mut self) -> Result<Streamed, Error> {
        // The caller's card may be what was refused.
        self.template = Template::plain();
        loop {
            let part = self.part();
            if part.is_blank {
                return Ok(self.streamed);
            }
            let card = self.template.finished(&part.text, "");
            if let Err(error) = self.send(CardContent::new(card).into(), &random_key()).await {
                if Verdict::of(&error) == Verdict::Passing {
                    return Err(error);
                }
                self.streamed.problems.push(error);
                self.send(Text::new(&part.text).into(), &random_key()).await?;
            }
            self.go_on(part.end);
        }
    }
}

fn random_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Returns the first line that says something, without marks of Markdown.
fn summary_of(text: &str) -> String {
    let is_mark = |char: char| char.is_whitespace() || "#>*-_`|~:".contains(char);
    let lines = text.lines().map(|line| line.trim_matches(is_mark));
    let line = lines.into_iter().find(|line| !line.is_empty()).unwrap_or_default();
    line.replace("**", "").chars().take(LONGEST_SUMMARY).collect()
}
