//! The streaming card over the mock, with a paused clock. The tests hold what arrives against the
//! documented rules. They are no evidence of what the platform does with it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use feishu_cardkit::card::{CreateCard, UpdateCard, UpdateCardSettings};
use feishu_cardkit::card_element::StreamText;
use feishu_cardkit::streaming::{ReceiveId, StreamError, Streamed, StreamingCard};
use feishu_cardkit::{Client, Error, ErrorCode, ErrorKind};
use feishu_im::message::{CreateMessage, ReplyMessage};
use futures_util::{Stream, StreamExt, stream};
use openplat_mock::{MockPlatform, Recorded, Reply};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

const MESSAGE: &str = "om_1";

struct Platform {
    mock: MockPlatform,
    client: Client,
}

/// An update of a card, as it arrived.
#[derive(Debug)]
struct Update {
    at: Duration,
    card: String,
    sequence: i64,
    kind: Kind,
}

#[derive(Debug, PartialEq)]
enum Kind {
    Text(String),
    /// The streaming mode, and the summary.
    Settings(Option<bool>, Option<String>),
    /// The text of a whole card, whose streaming mode is off.
    Card(String),
}

impl Platform {
    fn new() -> Self {
        let mock = MockPlatform::in_process();
        let client = Client::builder("cli_1", "secret").transport(mock.transport()).build();
        let count = AtomicUsize::new(0);
        mock.on::<CreateCard>().respond_with(move |_| {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            Reply::data(json!({ "card_id": format!("card{number}") }))
        });
        for route in [mock.on::<ReplyMessage>(), mock.on::<CreateMessage>()] {
            let count = AtomicUsize::new(1);
            route.respond_with(move |_| {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                Reply::data(json!({ "message_id": format!("om_{number}") }))
            });
        }
        mock.on::<StreamText>();
        mock.on::<UpdateCard>();
        mock.on::<UpdateCardSettings>();
        Self { mock, client: client.unwrap() }
    }

    fn card(&self) -> StreamingCard {
        StreamingCard::reply(&self.client, MESSAGE)
    }

    async fn stream(&self, chunks: impl Stream<Item = String>) -> Streamed {
        self.card().stream(chunks).await.unwrap()
    }

    fn updates(&self) -> Vec<Update> {
        let requests = self.mock.requests();
        requests
            .iter()
            .filter(|request| request.path_value("card_id").is_some())
            .map(update)
            .collect()
    }

    fn created(&self) -> Vec<Value> {
        let created = self.mock.requests_to::<CreateCard>();
        created.iter().map(|request| in_string(&request.json().unwrap()["data"])).collect()
    }

    /// The messages in the order of their arrival: the type, and the content.
    fn messages(&self) -> Vec<(String, Value)> {
        let read = |request: &Recorded| {
            let body = request.json().unwrap();
            (body["msg_type"].as_str().unwrap().to_owned(), in_string(&body["content"]))
        };
        self.mock.requests_to::<ReplyMessage>().iter().map(read).collect()
    }

    /// The last text of each card.
    fn texts(&self) -> Vec<String> {
        let updates = self.updates();
        let texts = self.created().into_iter().enumerate().map(|(index, card)| {
            let id = format!("card{}", index + 1);
            let updates = updates.iter().filter(|update| update.card == id).rev();
            let last = updates.filter_map(|update| match &update.kind {
                Kind::Text(text) | Kind::Card(text) => Some(text.clone()),
                Kind::Settings(..) => None,
            });
            last.take(1).next().unwrap_or_else(|| text_of(&card))
        });
        texts.collect()
    }

    /// Checks what holds for every card, however the text ended: numbers, rate and end.
    fn check(&self) {
        let updates = self.updates();
        for index in 0..self.created().len() {
            let id = format!("card{}", index + 1);
            let updates: Vec<_> = updates.iter().filter(|update| update.card == id).collect();
            let numbers: Vec<_> = updates.iter().map(|update| update.sequence).collect();
            assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "{id}");
            for (first, eleventh) in updates.iter().zip(updates.iter().skip(10)) {
                assert!(eleventh.at - first.at > Duration::from_secs(1), "{id}: {first:?}");
            }
            let last = updates.last().unwrap();
            assert!(matches!(last.kind, Kind::Settings(Some(false), _)), "{id}: {last:?}");
        }
    }
}

fn update(request: &Recorded) -> Update {
    let body = request.json().unwrap();
    let kind = if let Some(text) = body["content"].as_str() {
        Kind::Text(text.to_owned())
    } else if body["settings"].is_string() {
        let settings = in_string(&body["settings"]);
        let summary = settings["config"]["summary"]["content"].as_str();
        Kind::Settings(settings["config"]["streaming_mode"].as_bool(), summary.map(str::to_owned))
    } else {
        let card = in_string(&body["card"]["data"]);
        assert_eq!(card["config"]["streaming_mode"], false);
        Kind::Card(text_of(&card))
    };
    Update {
        at: request.received_at(),
        card: request.path_value("card_id").unwrap().to_owned(),
        sequence: body["sequence"].as_i64().unwrap(),
        kind,
    }
}

fn in_string(value: &Value) -> Value {
    serde_json::from_str(value.as_str().unwrap()).unwrap()
}

fn text_of(card: &Value) -> String {
    card["body"]["elements"][0]["content"].as_str().unwrap().to_owned()
}

/// Chunks that come one after the other, `pause` apart.
fn chunks(count: usize, pause: Duration) -> impl Stream<Item = String> {
    stream::iter(0..count).then(move |number| async move {
        sleep(pause).await;
        format!("word{number} ")
    })
}

fn words(count: usize) -> String {
    (0..count).map(|number| format!("word{number} ")).collect()
}

/// Waits for what a task does after a handle or a future was dropped.
async fn settle() {
    sleep(Duration::from_secs(300)).await;
}

const FAST: Duration = Duration::from_millis(5);

#[tokio::test(start_paused = true)]
async fn two_thousand_chunks_become_few_updates() {
    let platform = Platform::new();
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(2000)]);
    let updates = platform.updates();
    assert!((60..=100).contains(&updates.len()), "{} updates in ten seconds", updates.len());
    for Update { at, kind, .. } in updates {
        let Kind::Text(text) = kind else { break };
        let newest = (at.as_millis() / FAST.as_millis() - 1).min(1999);
        assert!(text.contains(&format!("word{newest} ")), "the text at {at:?} is old");
    }
    assert_eq!(
        (streamed.message_ids, streamed.card_ids),
        (vec!["om_2".into()], vec!["card1".into()])
    );
    assert!(streamed.problems.is_empty());
    assert_eq!(
        platform.messages(),
        [("interactive".to_owned(), json!({ "type": "card", "data": { "card_id": "card1" } }))]
    );
    let [card] = &platform.created()[..] else { panic!("one card") };
    assert_eq!(card["config"]["streaming_mode"], true);
}

#[tokio::test(start_paused = true)]
async fn a_slow_platform_gets_one_update_at_a_time_with_the_newest_text() {
    let platform = Platform::new();
    let slow = || Reply::example().delay(Duration::from_secs(3));
    platform.mock.on::<StreamText>().respond(slow());
    platform.stream(chunks(2000, FAST)).await;
    platform.check();
    let updates = platform.updates();
    let starts: Vec<_> = updates.iter().map(|update| update.at).collect();
    assert!(
        starts.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(3)),
        "{starts:?}"
    );
    assert_eq!(updates.len(), 6, "four during the ten seconds, the last text, the end");
    assert_eq!(platform.texts(), [words(2000)]);
}

#[tokio::test(start_paused = true)]
async fn the_end_has_a_summary_inside_of_config() {
    let platform = Platform::new();
    let text = ["\n## **Result** of the build\n\n", "All tests have passed."];
    platform.card().stream(stream::iter(text)).await.unwrap();
    let updates = platform.updates();
    let summary = Some("Result of the build".to_owned());
    assert_eq!(updates.last().unwrap().kind, Kind::Settings(Some(false), summary));

    let platform = Platform::new();
    platform.card().summary("Passed").stream(stream::iter(text)).await.unwrap();
    let updates = platform.updates();
    assert_eq!(
        updates.last().unwrap().kind,
        Kind::Settings(Some(false), Some("Passed".to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn no_text_is_no_card() {
    let platform = Platform::new();
    let streamed = platform.stream(stream::iter(["".to_owned(), " \n".to_owned()])).await;
    assert!(streamed.message_ids.is_empty());
    assert_eq!(platform.mock.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_is_shown_at_once_and_replaced() {
    let platform = Platform::new();
    let text = platform.card().placeholder("Thinking").start().unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(text_of(&platform.created()[0]), "Thinking");
    text.push("Here it is.");
    text.finish().await.unwrap();
    assert_eq!(platform.texts(), ["Here it is."]);

    // Without any text, it stays.
    let platform = Platform::new();
    platform.card().placeholder("Thinking").start().unwrap().finish().await.unwrap();
    platform.check();
    let updates = platform.updates();
    assert_eq!(updates.len(), 1);
    assert_eq!(updates[0].kind, Kind::Settings(Some(false), Some("Thinking".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_finishes_the_card() {
    let platform = Platform::new();
    let text = platform.card().start().unwrap();
    for _ in 0..50 {
        text.push("word ");
        sleep(FAST).await;
    }
    drop(text);
    settle().await;
    platform.check();
    assert_eq!(platform.texts(), ["word ".repeat(50)]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_finishes_the_card() {
    let platform = Platform::new();
    let endless = chunks(usize::MAX, FAST);
    timeout(Duration::from_millis(1_002), platform.card().stream(endless)).await.unwrap_err();
    settle().await;
    platform.check();
    assert_eq!(platform.texts(), [words(200)]);
    let sent = platform.mock.requests().len();
    settle().await;
    assert_eq!(platform.mock.requests().len(), sent, "nothing is sent after the end");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_stream_finishes_the_card() {
    let platform = Platform::new();
    let chunks = stream::iter([Ok("Half"), Err("no more tokens"), Ok("lost")]);
    let error = platform.card().try_stream(chunks).await.unwrap_err();
    assert_eq!(error.to_string(), "the stream of chunks failed: no more tokens");
    let StreamError::Chunks { card: Ok(streamed), .. } = &error else { panic!("{error:?}") };
    assert_eq!(streamed.card_ids, ["card1"]);
    platform.check();
    assert_eq!(platform.texts(), ["Half"]);
    let error = Error::from(error);
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 1));
    assert!(!error.is_retryable() && !error.was_not_sent(), "{error:?}");
    assert!(error.to_string().ends_with(": the stream of chunks failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_stream_does_not_hide_that_of_the_card() {
    let platform = Platform::new();
    platform.mock.on::<CreateCard>().when(|_| true).respond(Reply::refuse());
    let chunks = stream::iter([Ok("Half"), Err("no more tokens")]);
    let error = platform.card().try_stream(chunks).await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.starts_with("the stream of chunks failed: no more tokens"), "{shown}");
    assert!(shown.contains("the card is incomplete: "), "{shown}");
    let StreamError::Chunks { card: Err(card), .. } = &error else { panic!("{error:?}") };
    let card = format!("{card:?}");
    assert_eq!(format!("{:?}", Error::from(error)), card);
}

#[tokio::test(start_paused = true)]
async fn a_refused_text_is_shown_with_the_whole_card() {
    let platform = Platform::new();
    let texts = platform.mock.on::<StreamText>().example().times(3);
    texts.error("300313");
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    let updates = platform.updates();
    assert_eq!(updates.len(), 6, "three texts, a refused one, the card, the end");
    assert_eq!(updates[4].kind, Kind::Card(words(2000)));
    assert_eq!(platform.messages().len(), 1);
    assert_eq!(codes(&streamed), [ErrorCode::ElementNotUpdated]);
}

#[tokio::test(start_paused = true)]
async fn what_a_card_refuses_is_sent_as_a_message_and_nothing_twice() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().example().times(3).error("11310");
    platform.mock.on::<UpdateCard>().error("11310");
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    let messages = platform.messages();
    assert_eq!(messages.len(), 2);
    let shown = platform.updates().into_iter().filter_map(|update| match update.kind {
        Kind::Text(text) => Some(text),
        _ => None,
    });
    // The fourth text was refused.
    let shown = shown.take(3).last().unwrap();
    assert_eq!(shown + &text_of(&messages[1].1), words(2000));
    assert_eq!(streamed.message_ids, ["om_2", "om_3"]);
    assert_eq!(streamed.problems.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_may_have_arrived_is_taken_back_before_the_rest_is_sent() {
    let platform = Platform::new();
    let texts = platform.mock.on::<StreamText>().example().times(1);
    texts.respond(Reply::stall()).times(1).error("11310");
    platform.mock.on::<UpdateCard>().error("11310").times(1).example();
    platform.stream(chunks(3000, FAST)).await;
    platform.check();
    let messages = platform.messages();
    assert_eq!(platform.texts().concat() + &text_of(&messages[1].1), words(3000));
}

#[tokio::test(start_paused = true)]
async fn numbers_of_another_program_end_in_a_message() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().error("300317");
    platform.mock.on::<UpdateCard>().error("300317");
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    let messages = platform.messages();
    assert_eq!(text_of(&platform.created()[0]) + &text_of(&messages[1].1), words(2000));
    assert_eq!(codes(&streamed), vec![ErrorCode::SequenceNotRising; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_card_becomes_one_message() {
    let platform = Platform::new();
    platform.mock.on::<CreateCard>().when(|_| true).error("99991672");
    let streamed = platform.stream(chunks(2000, FAST)).await;
    let messages = platform.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].0.as_str(), text_of(&messages[0].1)), ("interactive", words(2000)));
    assert_eq!(platform.updates().len(), 0);
    assert_eq!((streamed.message_ids.len(), streamed.card_ids.len()), (1, 0));
    assert_eq!(streamed.problems[0].kind(), ErrorKind::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn where_no_card_can_be_sent_the_message_is_plain_text() {
    let platform = Platform::new();
    let replies = platform.mock.on::<ReplyMessage>();
    replies.when_json("/msg_type", "interactive").error("230099");
    let streamed = platform.stream(chunks(10, FAST)).await;
    let messages = platform.messages();
    let types: Vec<_> = messages.iter().map(|(msg_type, _)| msg_type.as_str()).collect();
    assert_eq!(types, ["interactive", "interactive", "text"]);
    assert_eq!(messages[2].1, json!({ "text": words(10) }));
    let sent = platform.mock.requests_to::<ReplyMessage>();
    let keys: HashSet<_> =
        sent.iter().map(|reply| reply.json().unwrap()["uuid"].to_string()).collect();
    assert_eq!(keys.len(), 3, "the platform may remember a key of what it refused");
    assert_eq!((streamed.message_ids.len(), streamed.problems.len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_skips_texts_and_loses_none() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().example().times(2).error("99991400").times(3).example();
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(2000)]);
    assert!(streamed.problems.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_at_the_end_delays_it() {
    let platform = Platform::new();
    platform.mock.on::<UpdateCardSettings>().error("99991400").times(4).example();
    platform.stream(chunks(10, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(10)]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_costs_no_text() {
    let platform = Platform::new();
    for route in [
        platform.mock.on::<StreamText>(),
        platform.mock.on::<CreateCard>(),
        platform.mock.on::<ReplyMessage>(),
        platform.mock.on::<UpdateCardSettings>(),
    ] {
        let lost = route.when({
            let count = AtomicUsize::new(0);
            move |_| (1..=3).contains(&count.fetch_add(1, Ordering::Relaxed))
        });
        lost.respond(Reply::reset());
    }
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(2000)]);
    assert!(streamed.problems.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_cannot_be_reached_is_an_error() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().respond(Reply::refuse());
    let error = platform.card().stream(chunks(2000, FAST)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    platform.check();
    assert_eq!(platform.messages().len(), 1, "nobody knows what the platform has executed");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_may_have_been_sent_keeps_its_key() {
    let platform = Platform::new();
    let replies = platform.mock.on::<ReplyMessage>();
    let count = AtomicUsize::new(0);
    let lost = replies.when(move |_| count.fetch_add(1, Ordering::Relaxed) < 7);
    lost.respond(Reply::stall());
    platform.stream(chunks(300, Duration::from_secs(1))).await;
    platform.check();
    let replies = platform.mock.requests_to::<ReplyMessage>();
    let keys: Vec<_> = replies.iter().map(|reply| reply.json().unwrap()["uuid"].clone()).collect();
    assert_eq!(keys, ["card1"; 8]);
}

#[tokio::test(start_paused = true)]
async fn the_streaming_mode_is_renewed_before_ten_minutes_are_over() {
    let platform = Platform::new();
    // There is always a newer text when an update is over, and then there is none for long.
    let slow = Reply::example().delay(Duration::from_secs(5));
    platform.mock.on::<StreamText>().respond(slow);
    let busy = chunks(1_500, Duration::from_secs(1));
    let pause = stream::once(async {
        sleep(Duration::from_secs(25 * 60)).await;
        "end".to_owned()
    });
    let started = Instant::now();
    platform.stream(busy.chain(pause)).await;
    assert!(started.elapsed() > Duration::from_secs(49 * 60));
    platform.check();
    let updates = platform.updates();
    let opened = updates.iter().filter(|update| update.kind == Kind::Settings(Some(true), None));
    let mut last = Duration::ZERO;
    let mut renewed = 0;
    for update in opened.chain(updates.last()) {
        assert!(update.at - last < Duration::from_secs(600), "{update:?}");
        last = update.at;
        renewed += 1;
    }
    assert!(renewed > 6);
}

#[tokio::test(start_paused = true)]
async fn the_streaming_mode_is_as_old_as_the_card() {
    let platform = Platform::new();
    let lost = platform.mock.on::<ReplyMessage>().when(|_| true);
    lost.respond(Reply::refuse()).times(100);
    platform.stream(chunks(60, Duration::from_secs(10))).await;
    platform.check();
    let sent = platform.mock.requests_to::<ReplyMessage>().last().unwrap().received_at();
    assert!(sent > Duration::from_secs(180), "{sent:?}");
    let updates = platform.updates();
    let renewed = updates.iter().find(|update| update.kind == Kind::Settings(Some(true), None));
    assert!(renewed.unwrap().at < Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn a_streaming_mode_that_ended_is_switched_on_again() {
    for code in ["200850", "300309"] {
        let platform = Platform::new();
        platform.mock.on::<StreamText>().example().times(2).error(code).times(1).example();
        let streamed = platform.stream(chunks(2000, FAST)).await;
        platform.check();
        let updates = platform.updates();
        assert_eq!(updates[3].kind, Kind::Settings(Some(true), None), "{code}");
        assert!(matches!(updates[4].kind, Kind::Text(_)), "{code}");
        assert_eq!(platform.texts(), [words(2000)]);
        assert!(streamed.problems.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_streaming_mode_that_stays_off_is_not_asked_for_without_end() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().error("300309");
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.updates().len(), 5, "text, on, text, card, off");
    assert_eq!(platform.texts(), [words(2000)]);
    assert_eq!(codes(&streamed), [ErrorCode::StreamingClosed]);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_not_accepted_is_not_used_again() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().error("300317").times(2).example();
    let streamed = platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(2000)]);
    assert!(streamed.problems.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_in_use_is_updated_later() {
    let platform = Platform::new();
    platform.mock.on::<StreamText>().error("200810").times(2).example();
    platform.stream(chunks(2000, FAST)).await;
    platform.check();
    assert_eq!(platform.texts(), [words(2000)]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_refused_is_made_with_the_whole_card() {
    let platform = Platform::new();
    platform.mock.on::<UpdateCardSettings>().error("300122");
    let streamed = platform.stream(chunks(10, FAST)).await;
    let updates = platform.updates();
    assert_eq!(updates.last().unwrap().kind, Kind::Card(words(10)));
    assert_eq!(codes(&streamed), [ErrorCode::SettingsNotUpdated]);
}

#[tokio::test(start_paused = true)]
async fn a_long_text_goes_on_in_the_next_card() {
    let platform = Platform::new();
    let line = "这是一行，带“引号”和\"quotes\"。\n";
    let code = format!("```rust\n{}```\n", "let a = \"\\\\\";\n".repeat(3_000));
    let text = format!("{}\n{code}\n{}", line.repeat(900), line.repeat(900));
    let pieces: Vec<char> = text.chars().collect();
    let pieces = pieces.chunks(200).map(|piece| piece.iter().collect::<String>());
    let started = stream::iter(pieces.collect::<Vec<_>>()).then(|piece| async {
        sleep(FAST).await;
        piece
    });
    let streamed = platform.stream(started).await;
    platform.check();
    assert!(streamed.problems.is_empty());
    assert!(streamed.card_ids.len() > 5);
    assert_eq!(streamed.message_ids.len(), streamed.card_ids.len());

    let mut whole = String::new();
    for part in platform.texts() {
        let card = json!({ "schema": "2.0", "body": { "elements": [{ "content": part }] } });
        assert!(card.to_string().len() < 29_000);
        assert_eq!(part.matches("```").count() % 2, 0, "a block of code is whole");
        whole.push_str(&part);
    }
    let rejoined = whole.replace("```rust\n", "").replace("```", "");
    assert_eq!(rejoined, text.replace("```rust\n", "").replace("```", ""));
    // Each card is sealed before the next one is created.
    let requests = platform.mock.requests();
    let creations =
        requests.iter().enumerate().filter(|(_, request)| request.path().ends_with("/cards"));
    for (at, _) in creations.skip(1) {
        let before = update(&requests[at - 1]);
        assert!(matches!(before.kind, Kind::Settings(Some(false), _)), "{before:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fifth_table_goes_on_in_the_next_card() {
    let platform = Platform::new();
    let table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n";
    platform.stream(stream::iter([table.repeat(9)])).await;
    platform.check();
    let texts = [table.repeat(4), table.repeat(4), table.to_owned()];
    assert_eq!(platform.texts(), texts);
    // Each card is replaced, so that its tables look like tables, and then closed.
    let updates = platform.updates();
    let replaced = updates.iter().filter_map(|update| match &update.kind {
        Kind::Card(text) => Some(text),
        _ => None,
    });
    assert!(replaced.eq(&texts));
    assert_eq!(updates.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_chunk_larger_than_a_card_is_divided() {
    let platform = Platform::new();
    let text = "字".repeat(30_000);
    platform.stream(stream::iter([text.clone()])).await;
    platform.check();
    assert!(platform.texts().len() > 3);
    assert_eq!(platform.texts().concat(), text);
}

#[tokio::test(start_paused = true)]
async fn a_card_of_the_caller_keeps_what_it_has() {
    let platform = Platform::new();
    let card = json!({
        "schema": "2.0",
        "config": { "streaming_config": { "print_step": { "default": 5 } } },
        "header": { "title": { "tag": "plain_text", "content": "Build" } },
        "body": { "elements": [
            { "tag": "column_set", "columns": [{ "tag": "column", "elements": [
                { "tag": "markdown", "element_id": "log", "content": "old" }
            ] }] },
            { "tag": "hr" },
        ] },
    });
    let chat =
        StreamingCard::to(&platform.client, ReceiveId::chat("oc_1")).card(card.clone(), "log");
    chat.stream(stream::iter(["new"])).await.unwrap();
    let mut expected = card;
    expected["config"]["streaming_mode"] = json!(true);
    expected["body"]["elements"][0]["columns"][0]["elements"][0]["content"] = json!("new");
    assert_eq!(platform.created(), [expected]);
    let sent = platform.mock.requests_to::<CreateMessage>();
    assert_eq!(sent[0].query_value("receive_id_type").as_deref(), Some("chat_id"));
}

#[tokio::test(start_paused = true)]
async fn a_card_that_cannot_be_streamed_is_refused_before_anything_is_sent() {
    let platform = Platform::new();
    let text = |id: &str| json!({ "tag": "markdown", "element_id": id, "content": "" });
    let card = |elements: Vec<Value>| json!({ "schema": "2.0", "body": { "elements": elements } });
    let many = (0..181).map(|number| text(&format!("e{number}"))).collect();
    let large = json!({ "tag": "markdown", "content": "x".repeat(25_000) });
    let mut not_shared = card(vec![text("a")]);
    not_shared["config"]["update_multi"] = json!(false);
    for (card, words) in [
        (json!({ "elements": [text("a")] }), "schema 2.0"),
        (card(vec![text("b")]), "`element_id` `a`"),
        (
            card(vec![json!({ "tag": "img", "element_id": "a", "img_key": "img_1" })]),
            "`markdown` or `plain_text`",
        ),
        (card(many), "181 elements"),
        (
            card(vec![text("a"), text("b"), text("b")]),
            "body.elements[2] (markdown): the element ID",
        ),
        (not_shared, "`update_multi` cannot be false"),
        (card(vec![text("a"), large]), "at most 24000 bytes"),
    ] {
        let error = platform.card().card(card, "a").start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(platform.mock.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_card_can_begin_a_thread() {
    let platform = Platform::new();
    let card = StreamingCard::reply_in_thread(&platform.client, MESSAGE);
    card.stream(stream::iter(["text"])).await.unwrap();
    let reply = &platform.mock.requests_to::<ReplyMessage>()[0];
    assert_eq!(reply.json().unwrap()["reply_in_thread"], true);
    assert_eq!(reply.path_value("message_id"), Some(MESSAGE));
}

#[test]
fn a_card_needs_a_runtime() {
    let platform = Platform::new();
    let error = platform.card().start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test(start_paused = true)]
async fn a_success_without_an_id_is_a_message_that_was_sent() {
    let platform = Platform::new();
    let replies = platform.mock.on::<ReplyMessage>().when(|_| true);
    replies.data(json!({ "body": {} }));
    let streamed = platform.stream(chunks(10, FAST)).await;
    platform.check();
    assert_eq!((streamed.message_ids.len(), streamed.card_ids.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_the_text() {
    let platform = Platform::new();
    let card = platform.card().placeholder("hunter2").summary("hunter2");
    assert!(!format!("{card:?}").contains("hunter2"));
    let text = card.start().unwrap();
    text.push("hunter2");
    assert!(!format!("{text:?}").contains("hunter2"));
    platform.mock.on::<StreamText>().error_message("300313", "hunter3");
    let streamed = text.finish().await.unwrap();
    assert!(!format!("{streamed:?}").contains("hunter2"));
}

fn codes(streamed: &Streamed) -> Vec<ErrorCode> {
    streamed.problems.iter().filter_map(Error::code).collect()
}

#[tokio::test(start_paused = true)]
async fn a_text_that_ends_where_the_card_does_goes_on_in_the_next_one() {
    let platform = Platform::new();
    // Each update shows whole lines, and so all that the card has room for when the next one comes.
    let line = format!("{}\n", "x".repeat(99));
    let text = platform.card().start().unwrap();
    for _ in 0..400 {
        text.push(&line);
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(platform.texts().concat(), line.repeat(400), "the card keeps up with the text");
    text.finish().await.unwrap();
    platform.check();
    assert_eq!(platform.texts().concat(), line.repeat(400));
}

#[tokio::test(start_paused = true)]
async fn the_text_mentions_only_those_who_are_allowed() {
    let platform = Platform::new();
    // A card that is sent with a mention notifies: the first one, each further one, the last message.
    let chunks = ["<at id=ou_1></at> ", "<at id=a", "ll></at> ", "`<at id=all></at>` "];
    let long = "x ".repeat(14_000);
    let chunks = chunks.into_iter().chain([&*long, "<at id=ou_2></at>"]);
    platform.card().mention("ou_1").stream(stream::iter(chunks)).await.unwrap();
    platform.check();
    let mut shown = platform.texts().concat();
    shown.extend(platform.created().iter().map(text_of));
    assert!(shown.contains("<at id=ou_1></at>"));
    assert!(shown.contains("<\u{200d}at id=all>") && shown.contains("<\u{200d}at id=ou_2>"));
    assert!(!shown.contains("<at id=all") && !shown.contains("<at id=ou_2"));
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_hours() {
    let platform = Platform::new();
    let hour = Duration::from_secs(3_600);
    let throttled = Reply::error("99991400").header("x-ogw-ratelimit-reset", "3600");
    platform.mock.on::<StreamText>().respond(throttled);
    let started = Instant::now();
    platform.card().placeholder("Thinking").stream(stream::iter(["text"])).await.unwrap_err();
    assert!(started.elapsed() < hour / 6, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn words_after_a_long_space_arrive() {
    let platform = Platform::new();
    let space = " \n".repeat(20_000);
    let text = ["first", &space, "second", &space, "third"];
    platform.card().placeholder("Thinking").stream(stream::iter(text)).await.unwrap();
    platform.check();
    let shown = platform.texts().concat();
    assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), ["first", "second", "third"]);
}
