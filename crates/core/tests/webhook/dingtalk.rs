use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openplat_core::events::{
    Answer, DingTalkWebhook, DingTalkWebhookBuilder, EventSchema, Incoming, Listener, RawEvent,
    Refusal, Webhook,
};
use openplat_core::{
    BoxFuture, Client, DingTalk, Error, ErrorKind, Token, TokenKey, TokenStore, TokenStoreError,
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::support::{Stopped, body, challenge, delivery, refusal};

const TOKEN: &str = "123456";
const KEY: &str = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij";
const OTHER_KEY: &str = "1234567890123456789012345678901234567890123";
const RECEIVER: &str = "suite4xxxxxxxxxxxxxxx";
const EVENT: &[u8] =
    br#"{"EventType":"user_add_org","TimeStamp":"43535463645","CorpId":"corp","UserId":["u1"]}"#;

fn builder() -> DingTalkWebhookBuilder {
    DingTalkWebhook::builder(TOKEN, KEY, RECEIVER)
}

fn webhook() -> DingTalkWebhook {
    builder().build().unwrap()
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/dingtalk.json")).unwrap()
}

/// Receives what a response holds, as its receiver does: it has the form of a request.
fn opened(webhook: &DingTalkWebhook, response: &Value) -> Incoming {
    let text = |name: &str| response[name].as_str().unwrap();
    let query = format!(
        "msg_signature={}&timestamp={}&nonce={}",
        text("msg_signature"),
        text("timeStamp"),
        text("nonce")
    );
    webhook.receive(&query, json!({ "encrypt": text("encrypt") }).to_string().as_bytes())
}

#[test]
fn the_documented_check_of_a_suites_url_is_answered_with_its_random_text() {
    let vector = &vectors()["vendor_vector"];
    let text = |name: &str| vector[name].as_str().unwrap();
    let webhook =
        DingTalkWebhook::builder(text("token"), text("encoding_aes_key"), text("receiver"))
            .build()
            .unwrap();
    let body = json!({ "encrypt": text("encrypt") }).to_string();
    for name in ["msg_signature", "signature"] {
        let query = format!(
            "{name}={}&timestamp={}&nonce={}",
            text("signature"),
            text("timestamp"),
            text("nonce")
        );
        let response = challenge(webhook.receive(&query, body.as_bytes()));
        assert_eq!(plain_text(&response), "LPIdSnlF");
    }
}

/// Decrypts a response by hand.
fn plain_text(response: &http::Response<bytes::Bytes>) -> String {
    use aes::Aes256;
    use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    let reply = body(response);
    let members: Vec<_> = reply.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["encrypt", "msg_signature", "nonce", "timeStamp"]);
    let text = |name: &str| reply[name].as_str().unwrap();
    let mut parts = [TOKEN, text("timeStamp"), text("nonce"), text("encrypt")];
    parts.sort_unstable();
    let digest = Sha1::digest(parts.concat());
    let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text("msg_signature"), signature);
    // The last character of this key has bits that are not zero.
    let key = BASE64_STANDARD.decode(format!("{}g=", &KEY[..42])).unwrap();
    let cipher = Aes256::new(&Array::try_from(&key[..]).unwrap());
    let data = BASE64_STANDARD.decode(text("encrypt")).unwrap();
    assert_eq!(data.len() % 32, 0);
    let before = [&key[..16], &data].concat();
    let plain: Vec<u8> = data
        .chunks(16)
        .zip(before.chunks(16))
        .flat_map(|(block, before)| {
            let mut block = Array::try_from(block).unwrap();
            cipher.decrypt_block(&mut block);
            block.iter().zip(before).map(|(one, other)| one ^ other).collect::<Vec<_>>()
        })
        .collect();
    let length = usize::try_from(u32::from_be_bytes(plain[16..20].try_into().unwrap())).unwrap();
    let padding = usize::from(plain[plain.len() - 1]);
    assert!((1..=32).contains(&padding));
    assert_eq!(&plain[20 + length..plain.len() - padding], RECEIVER.as_bytes());
    String::from_utf8(plain[20..20 + length].to_vec()).unwrap()
}

#[test]
fn our_own_vectors_are_read() {
    let vectors = vectors();
    let query = |vector: &Value| {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let query = format!(
            "msg_signature={}&timestamp={}&nonce={}",
            text("msg_signature"),
            text("timestamp"),
            text("nonce")
        );
        (query, json!({ "encrypt": text("encrypt") }).to_string())
    };
    let [success, check_url] = vectors["own_vectors"].as_array().unwrap().as_slice() else {
        panic!()
    };
    let (query_of_check, body_of_check) = query(check_url);
    let response = challenge(webhook().receive(&query_of_check, body_of_check.as_bytes()));
    assert_eq!(plain_text(&response), "success");
    // A response is no event, but decrypts to the end.
    let (query, body) = query(success);
    let refused = refusal(webhook().receive(&query, body.as_bytes()));
    assert_eq!(refused, Refusal::Malformed("the event has no type".to_owned()));
}

#[test]
fn what_is_sealed_is_received_and_answered() {
    let webhook = webhook();
    let request = webhook.seal(EVENT);
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/"));
    let delivery = delivery(webhook.open(&request));
    let header = delivery.event().header();
    assert_eq!(header.schema, EventSchema::DingTalkHttp);
    assert_eq!(header.event_type, "user_add_org");
    assert_eq!(header.create_time.as_deref(), Some("43535463645"));
    assert_eq!(header.tenant_key.as_deref(), Some("corp"));
    assert_eq!(header.app_id.as_deref(), Some(RECEIVER));
    assert_eq!(delivery.event().data(), EVENT);
    let failed = self::delivery(webhook.open(&request)).fail();
    assert_eq!((failed.status().as_u16(), body(&failed)), (500, json!({ "msg": "failed" })));
    let response = delivery.accept(());
    assert_eq!((response.status().as_u16(), plain_text(&response)), (200, "success".to_owned()));
    let answered = self::delivery(webhook.open(&request)).accept(Answer::json(&json!({ "a": 1 })));
    assert_eq!(plain_text(&answered), "success", "an event takes no other answer");
    assert_ne!(body(&response)["encrypt"], body(&answered)["encrypt"]);
}

#[test]
fn an_event_is_of_the_suite_that_it_names_or_of_its_receiver() {
    let app_id = |receiver, event: Value| {
        let webhook = DingTalkWebhook::builder(TOKEN, KEY, receiver)
            .or("another token", KEY, "another app")
            .build()
            .unwrap();
        let delivery = delivery(webhook.open(&webhook.seal(event.to_string().as_bytes())));
        delivery.event().header().app_id.clone()
    };
    let named = json!({ "EventType": "suite_ticket", "SuiteKey": "suite1", "SuiteTicket": "t" });
    assert_eq!(app_id("suite2", named).as_deref(), Some("suite1"));
    let unnamed = json!({ "EventType": "a", "CorpId": "corp" });
    assert_eq!(app_id("app", unnamed.clone()).as_deref(), Some("app"));
    assert_eq!(app_id("corp", unnamed), None, "an organization is no app");
}

#[tokio::test]
async fn the_ticket_of_another_suite_is_not_kept() {
    let store = Arc::new(Tickets::default());
    let client = Client::<DingTalk>::builder("suite1", "secret").token_store(store.clone());
    let listener = Listener::new(|_: RawEvent| ready(Ok::<(), Error>(())));
    let listener = listener.client(&client.build().unwrap());
    let webhook = DingTalkWebhook::builder(TOKEN, KEY, "corp").build().unwrap();
    for (event, kept) in [
        (json!({ "SuiteKey": "suite2", "SuiteTicket": "ticket-2", "CorpId": "corp" }), 0),
        (json!({ "SuiteTicket": "ticket-3", "CorpId": "corp" }), 0),
        (json!({ "SuiteKey": "suite1", "SuiteTicket": "ticket-1", "CorpId": "corp" }), 1),
    ] {
        let mut event = event;
        event["EventType"] = json!("suite_ticket");
        let request = webhook.seal(event.to_string().as_bytes());
        assert_eq!(listener.serve(&webhook, request).await.status(), 200);
        assert_eq!(store.0.load(Ordering::Relaxed), kept, "{event}");
    }
}

/// Counts the tickets that it is given.
#[derive(Default)]
struct Tickets(AtomicUsize);

impl TokenStore for Tickets {
    fn get<'a>(&'a self, _: &'a TokenKey) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        Box::pin(ready(Ok(None)))
    }

    fn put<'a>(&'a self, _: &'a TokenKey, _: Token) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(Ok(())))
    }
}

/// The vendor gives its events no ID, and sends them again.
#[test]
fn an_event_is_known_by_its_content() {
    let webhook = webhook();
    let id =
        |event: &[u8]| delivery(webhook.open(&webhook.seal(event))).event().header().id.clone();
    let digest = "sha256:26fd214de6f1a528680e7c73a466acdacc5bff23661550c244beddb010da5f71";
    assert_eq!(id(EVENT).unwrap(), digest);
    assert_eq!(id(EVENT), id(EVENT), "each time it is encrypted in another way");
    assert_ne!(id(EVENT), id(br#"{"EventType":"user_add_org","TimeStamp":"43535463646"}"#));
}

#[test]
fn a_time_window_is_kept_on_both_sides() {
    let at = |now| builder().clock(Stopped(now));
    let open = |signed, webhook: DingTalkWebhookBuilder| {
        webhook.build().unwrap().open(&at(signed).build().unwrap().seal(EVENT))
    };
    let window = Duration::from_secs(300);
    for signed in [1_699_999_700, 1_700_000_000, 1_700_000_300] {
        delivery(open(signed, at(1_700_000_000).max_age(window)));
    }
    for signed in [1_699_999_699, 1_700_000_301, 0] {
        assert_eq!(refusal(open(signed, at(1_700_000_000).max_age(window))), Refusal::Stale);
        delivery(open(signed, at(1_700_000_000)));
    }
    delivery(open(1_700_000_000, at(1_800_000_000).max_age(Duration::MAX)));
}

/// Of the vendor's own examples, one has milliseconds and the other one seconds.
#[test]
fn the_time_of_a_request_is_read_in_either_unit() {
    let vectors = vectors();
    for (name, signed) in [("vendor_vector", 1_445_827_045), ("vendor_vector_2", 1_614_767_836)] {
        let text = |member: &str| vectors[name][member].as_str().unwrap();
        let receive = |now| {
            let (token, key) = (text("token"), text("encoding_aes_key"));
            let webhook = DingTalkWebhook::builder(token, key, text("receiver"))
                .max_age(Duration::from_secs(10))
                .clock(Stopped(now));
            let query = format!(
                "msg_signature={}&timestamp={}&nonce={}",
                text("signature"),
                text("timestamp"),
                text("nonce")
            );
            let body = json!({ "encrypt": text("encrypt") }).to_string();
            webhook.build().unwrap().receive(&query, body.as_bytes())
        };
        assert_eq!(refusal(receive(signed + 20)), Refusal::Stale);
        match receive(signed) {
            Incoming::Challenge(_) => {}
            // The second example is a response.
            other => assert!(matches!(refusal(other), Refusal::Malformed(_))),
        }
    }
    for timestamp in ["soon", "-1", "1e4", "1700000000000.5", ""] {
        let webhook = builder().max_age(Duration::MAX).build().unwrap();
        let request = webhook.seal(EVENT);
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let mut parts = [TOKEN, timestamp, "n", body["encrypt"].as_str().unwrap()];
        parts.sort_unstable();
        let digest = Sha1::digest(parts.concat());
        let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let query = format!("msg_signature={signature}&timestamp={timestamp}&nonce=n");
        assert_eq!(refusal(webhook.receive(&query, request.body())), Refusal::Stale);
    }
}

#[test]
fn checks_of_a_url_are_answered() {
    let webhook = webhook();
    for (event, answer) in [
        (json!({ "EventType": "check_url" }), "success"),
        (json!({ "EventType": "check_create_suite_url", "Random": "LPIdSnlF" }), "LPIdSnlF"),
        (json!({ "EventType": "check_update_suite_url", "Random": "aX\"1" }), "aX\"1"),
    ] {
        let incoming = webhook.open(&webhook.seal(event.to_string().as_bytes()));
        assert_eq!(plain_text(&challenge(incoming)), answer);
    }
    let incoming = webhook.open(&webhook.seal(br#"{"EventType":"check_create_suite_url"}"#));
    assert!(matches!(refusal(incoming), Refusal::Malformed(_)));
}

#[test]
fn a_response_is_sealed_for_whom_the_request_came() {
    let other = DingTalkWebhook::builder("another token", OTHER_KEY, "corp").build().unwrap();
    let either = builder().or("another token", OTHER_KEY, "corp").build().unwrap();
    for from in [&webhook(), &other] {
        let response = delivery(either.open(&from.seal(EVENT))).accept(());
        let refused = refusal(opened(from, &body(&response)));
        assert_eq!(refused, Refusal::Malformed("the event has no type".to_owned()), "it decrypts");
    }
    // One token, two keys.
    let other = DingTalkWebhook::builder(TOKEN, OTHER_KEY, RECEIVER).build().unwrap();
    let either = builder().or(TOKEN, OTHER_KEY, RECEIVER).build().unwrap();
    for from in [&webhook(), &other] {
        delivery(either.open(&from.seal(EVENT)));
    }
    assert_eq!(refusal(webhook().open(&other.seal(EVENT))), Refusal::Undecryptable);
}

#[test]
fn a_request_of_others_is_refused() {
    let webhook = webhook();
    let from = |token, key, receiver| {
        DingTalkWebhook::builder(token, key, receiver).build().unwrap().seal(EVENT)
    };
    let refused = |request| refusal(webhook.open(&request));
    assert_eq!(refused(from("654321", KEY, RECEIVER)), Refusal::Signature);
    assert_eq!(refused(from(TOKEN, KEY, "another")), Refusal::Receiver);
    assert_eq!(refused(from(TOKEN, OTHER_KEY, RECEIVER)), Refusal::Undecryptable);
    for event in [&b"my salary"[..], b"", b"[]", b"{}", b"{\"EventType\":\"a\"", b"\xff"] {
        let reason = refused(webhook.seal(event));
        assert_eq!(reason, Refusal::Malformed("the event has no type".to_owned()));
    }
}

#[test]
fn the_query_is_read_as_it_came() {
    let webhook = webhook();
    let request = webhook.seal(EVENT);
    let query = request.uri().query().unwrap();
    delivery(webhook.receive(&format!("a=b&&c&{query}&nonce2=x"), request.body()));
    delivery(webhook.receive(&query.replace('-', "%2D"), request.body()));
    let signature = query.split(['=', '&']).nth(1).unwrap();
    delivery(webhook.receive(&query.replace(signature, &signature.to_uppercase()), request.body()));
    for name in ["timestamp", "nonce"] {
        let twice = webhook.receive(&format!("{query}&{name}=1"), request.body());
        assert_eq!(refusal(twice), Refusal::Unsigned(name));
        let missing = webhook.receive(&query.replace(name, "x"), request.body());
        assert_eq!(refusal(missing), Refusal::Unsigned(name));
        let not_a_text = query.replace(&format!("{name}="), &format!("{name}=%FF"));
        let not_a_text = webhook.receive(&not_a_text, request.body());
        assert_eq!(refusal(not_a_text), Refusal::Unsigned(name));
    }
    for query in ["", "msg_signature=", "timestamp=1&nonce=2"] {
        let reason = refusal(webhook.receive(query, request.body()));
        assert!(matches!(reason, Refusal::Unsigned(_)), "{reason:?}");
    }
    for body in [&b""[..], b"{}", b"[]", b"{\"encrypt\":{}}", b"\x1f\x8b", b"encrypt=AAEC"] {
        let reason = refusal(webhook.receive(query, body));
        assert!(matches!(reason, Refusal::Malformed(_)), "{reason:?} for {body:?}");
    }
    let large = vec![b' '; 2 * 1024 * 1024 + 1];
    let reason = refusal(webhook.receive(query, &large));
    assert_eq!(reason, Refusal::TooLarge { limit: 2 * 1024 * 1024 });
}

#[test]
fn a_body_has_a_limit() {
    let request = webhook().seal(EVENT);
    let length = request.body().len();
    delivery(builder().max_body_bytes(length).build().unwrap().open(&request));
    let limit = length - 1;
    let refused = refusal(builder().max_body_bytes(limit).build().unwrap().open(&request));
    assert_eq!(refused, Refusal::TooLarge { limit });
}

#[test]
fn no_bit_of_a_request_can_be_changed() {
    let webhook = webhook();
    let request = webhook.seal(EVENT);
    let query = request.uri().query().unwrap();
    for at in 0..request.body().len() {
        let mut changed = request.body().to_vec();
        changed[at] ^= 1;
        refusal(webhook.receive(query, &changed));
    }
}

#[test]
fn secrets_that_cannot_be_right_are_refused() {
    for (builder, detail) in [
        (DingTalkWebhook::builder("", KEY, RECEIVER), "the token is empty"),
        (DingTalkWebhook::builder("s3cret ", KEY, RECEIVER), "the token begins or ends with"),
        (DingTalkWebhook::builder(TOKEN, "", RECEIVER), "the encoding AES key is empty"),
        (DingTalkWebhook::builder(TOKEN, "s3cret", RECEIVER), "is not 43 characters of Base64"),
        (DingTalkWebhook::builder(TOKEN, format!("{KEY}="), RECEIVER), "is not 43 characters"),
        (DingTalkWebhook::builder(TOKEN, format!("{KEY}\n"), RECEIVER), "key begins or ends with"),
        (DingTalkWebhook::builder(TOKEN, KEY, ""), "the receiver is empty"),
        (builder().or(TOKEN, KEY, " s3cret"), "the receiver begins or ends with"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(text.contains(detail) && !text.contains("s3cret"), "{text}");
    }
}

#[test]
fn nothing_shows_a_secret() {
    let builder = || DingTalkWebhook::builder("t0k-s3cret", KEY, "dingapp");
    let webhook = builder().build().unwrap();
    let private = br#"{"EventType":"a","text":"my salary"}"#;
    let delivery = delivery(webhook.open(&webhook.seal(private)));
    let refused = webhook.receive("", b"");
    let shown = format!("{:?} {webhook:?} {delivery:?} {refused:?}", builder());
    for secret in ["s3cret", KEY, "salary"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("dingapp"), "{shown}");
}
