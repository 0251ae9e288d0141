use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue};
use openplat_core::ErrorKind;
use openplat_core::events::{
    Answer, EventSchema, FeishuWebhook, FeishuWebhookBuilder, Incoming, Refusal,
};
use serde_json::{Value, json};

use crate::support::{KEY, Stopped, TOKEN, body, challenge, delivery, headers, refusal, signed};

const MESSAGE: &[u8] = br#"{"schema":"2.0","header":{"event_id":"e1","event_type":
    "im.message.receive_v1","app_id":"cli_1"},"event":{"message":{"message_id":"om_1"}}}"#;
const OLD_CARD: &[u8] =
    br#"{"open_id":"ou_1","open_message_id":"om_1","token":"c-1","action":{"tag":"button"}}"#;
const CHALLENGE: &[u8] = br#"{"challenge":"a\"b\\c","token":"x","type":"url_verification"}"#;

fn keyed() -> FeishuWebhookBuilder {
    FeishuWebhook::builder().encrypt_key(KEY)
}

fn tokened() -> FeishuWebhookBuilder {
    FeishuWebhook::builder().verification_token(TOKEN)
}

fn both() -> FeishuWebhook {
    keyed().verification_token(TOKEN).build().unwrap()
}

fn plain(webhook: &FeishuWebhook, json: Value) -> Incoming {
    webhook.receive(&HeaderMap::new(), json.to_string().as_bytes())
}

/// Sends what one webhook sealed to another.
fn pass(from: &FeishuWebhook, to: &FeishuWebhook, json: &[u8]) -> Incoming {
    let request = from.seal(json);
    to.receive(request.headers(), request.body())
}

#[test]
fn what_is_sealed_is_received() {
    for webhook in [both(), keyed().build().unwrap(), tokened().build().unwrap()] {
        let delivery = delivery(pass(&webhook, &webhook, MESSAGE));
        let header = delivery.event().header();
        assert_eq!((header.id.as_deref(), header.app_id.as_deref()), (Some("e1"), Some("cli_1")));
        assert_eq!(delivery.event().data(), r#"{"message":{"message_id":"om_1"}}"#);
        let v1 = br#"{"type":"event_callback","uuid":"u","event":{"type":"message"}}"#;
        let v1 = self::delivery(pass(&webhook, &webhook, v1));
        assert_eq!(v1.event().header().schema, EventSchema::V1);
        let response = challenge(pass(&webhook, &webhook, CHALLENGE));
        assert_eq!(body(&response), json!({ "challenge": "a\"b\\c" }));
    }
    for webhook in [both(), tokened().build().unwrap()] {
        assert_eq!(delivery(pass(&webhook, &webhook, OLD_CARD)).event().data(), OLD_CARD);
    }
}

#[test]
fn what_is_sealed_is_what_the_platform_sends() {
    let webhook = both();
    let request = webhook.seal(MESSAGE);
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/"));
    assert_eq!(request.headers()["content-type"], "application/json;charset=utf-8");
    let envelope: Value = serde_json::from_slice(request.body()).unwrap();
    let members: Vec<_> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(members, ["encrypt"]);
    assert_ne!(request.body(), webhook.seal(MESSAGE).body(), "each message has a start of its own");
    assert!(!webhook.seal(CHALLENGE).headers().contains_key("x-lark-signature"));
    assert_eq!(webhook.seal(OLD_CARD).body(), OLD_CARD);
    assert_eq!(webhook.seal(OLD_CARD).headers()["x-lark-signature"].len(), 40);
    let plain = tokened().build().unwrap();
    let sealed: Value = serde_json::from_slice(plain.seal(MESSAGE).body()).unwrap();
    assert_eq!(sealed["header"]["token"], TOKEN);
    for json in ["no envelope", "{ }", r#"{ "schema": "2.0", "event": {} }"#] {
        assert_eq!(plain.seal(json.as_bytes()).body(), json);
    }
}

#[test]
fn of_several_secrets_either_is_accepted() {
    let old = both();
    let new = keyed().encrypt_key("another key").verification_token(TOKEN);
    let between = FeishuWebhook::builder()
        .encrypt_key("another key")
        .encrypt_key(KEY)
        .verification_token("another")
        .verification_token(TOKEN)
        .build()
        .unwrap();
    let newest = FeishuWebhook::builder()
        .encrypt_key("another key")
        .verification_token("another")
        .build()
        .unwrap();
    for (json, reason) in [(MESSAGE, Refusal::Undecryptable), (OLD_CARD, Refusal::Signature)] {
        delivery(pass(&old, &between, json));
        delivery(pass(&newest, &between, json));
        assert_eq!(refusal(pass(&old, &newest, json)), reason);
    }
    challenge(pass(&old, &between, CHALLENGE));
    challenge(pass(&newest, &between, CHALLENGE));
    assert_eq!(refusal(pass(&old, &newest, CHALLENGE)), Refusal::Undecryptable);
    delivery(pass(&newest, &new.verification_token("another").build().unwrap(), MESSAGE));
}

#[test]
fn the_token_counts_beside_the_signature() {
    let other_token = keyed().verification_token("other").build().unwrap();
    for json in [MESSAGE, CHALLENGE] {
        assert_eq!(refusal(pass(&other_token, &both(), json)), Refusal::Token);
    }
    let no_token = keyed().build().unwrap();
    assert_eq!(refusal(pass(&no_token, &both(), CHALLENGE)), Refusal::Token);
}

/// The envelope need not have one. Nothing but a signature makes up for that.
#[test]
fn an_event_that_is_signed_needs_no_token() {
    let unsigned = tokened().build().unwrap();
    for token in [json!(null), json!(""), json!(" ")] {
        let header = json!({ "event_type": "a", "token": token });
        let body = json!({ "schema": "2.0", "header": header }).to_string();
        let v1 =
            json!({ "type": "event_callback", "token": token, "event": { "type": "message" } });
        for body in [body, v1.to_string()] {
            let sealed = keyed().build().unwrap().seal(body.as_bytes());
            delivery(both().receive(sealed.headers(), sealed.body()));
            let not_signed = both().receive(&HeaderMap::new(), sealed.body());
            assert_eq!(refusal(not_signed), Refusal::Unsigned("x-lark-request-timestamp"));
            let signed = signed(KEY, "1700000000", body.as_bytes());
            assert_eq!(refusal(unsigned.receive(&signed, body.as_bytes())), Refusal::Token);
        }
    }
}

#[test]
fn a_body_of_schema_2_has_no_other_token_than_that_of_its_header() {
    let event = json!({ "type": "message" });
    for (header, is_wrong) in [
        (json!({ "event_type": "a" }), false),
        (json!({ "event_type": "a", "token": "bad" }), true),
    ] {
        let body = json!({
            "schema": "2.0", "header": header, "token": TOKEN, "event": event,
            "type": "url_verification", "challenge": "c",
        });
        assert_eq!(refusal(plain(&tokened().build().unwrap(), body.clone())), Refusal::Token);
        let sealed = keyed().build().unwrap().seal(body.to_string().as_bytes());
        match both().receive(sealed.headers(), sealed.body()) {
            Incoming::Event(_) => assert!(!is_wrong),
            other => assert_eq!(refusal(other), Refusal::Token),
        }
    }
}

#[test]
fn the_token_of_a_card_is_not_compared() {
    let webhook = tokened().build().unwrap();
    let new = json!({
        "schema": "2.0", "header": { "event_type": "card.action.trigger", "token": TOKEN },
        "event": { "token": "c-1" },
    });
    assert!(matches!(plain(&webhook, new), Incoming::Callback(_)));
    let swapped = json!({
        "schema": "2.0", "header": { "event_type": "card.action.trigger", "token": "c-1" },
        "event": { "token": TOKEN },
    });
    assert_eq!(refusal(plain(&webhook, swapped)), Refusal::Token);
    // An older one whose token is right proves nothing: the signature is missing.
    let old = json!({ "open_id": "ou_1", "token": TOKEN, "action": {} });
    let unsigned = Refusal::Unsigned("x-lark-request-timestamp");
    assert_eq!(refusal(plain(&webhook, old.clone())), unsigned);
    assert_eq!(refusal(plain(&keyed().build().unwrap(), old)), Refusal::NoVerificationToken);
    // SHA-256 with the encrypt key is no signature of an older card callback.
    let incoming = both().receive(&signed(KEY, "1700000000", OLD_CARD), OLD_CARD);
    assert_eq!(refusal(incoming), Refusal::Signature);
}

#[test]
fn with_a_key_nothing_but_the_check_of_the_url_comes_in_plain() {
    let body = json!({ "schema": "2.0", "header": { "event_type": "a", "token": TOKEN } });
    let body = body.to_string();
    let incoming = both().receive(&signed(KEY, "1700000000", body.as_bytes()), body.as_bytes());
    assert_eq!(refusal(incoming), Refusal::NotEncrypted);
    let body = json!({ "type": "url_verification", "token": TOKEN, "challenge": "c" });
    challenge(plain(&both(), body.clone()));
    challenge(plain(&keyed().build().unwrap(), body));
    let sealed = keyed().build().unwrap().seal(MESSAGE);
    let incoming = tokened().build().unwrap().receive(sealed.headers(), sealed.body());
    let refused = refusal(incoming);
    assert_eq!(refused, Refusal::NoEncryptKey);
    assert!(refused.to_string().contains("`encrypt_key`"));
}

/// Encrypts and signs anything with the right key, with the padding that is given.
fn encrypted(plain: &[u8], padding: &[u8]) -> Incoming {
    use aes::Aes256;
    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
    use sha2::{Digest, Sha256};

    let cipher = Aes256::new(&Sha256::digest(KEY));
    let mut data = vec![3; 16];
    for block in [plain, padding].concat().chunks(16) {
        let before = data.len() - 16;
        let mut mixed = Array::from_fn(|index| block[index] ^ data[before + index]);
        cipher.encrypt_block(&mut mixed);
        data.extend(mixed);
    }
    received(&data)
}

fn padded(plain: &[u8]) -> Incoming {
    let missing = 16 - plain.len() % 16;
    encrypted(plain, &vec![missing as u8; missing])
}

fn received(data: &[u8]) -> Incoming {
    let body = json!({ "encrypt": BASE64_STANDARD.encode(data) }).to_string();
    let webhook = keyed().build().unwrap();
    webhook.receive(&signed(KEY, "1700000000", body.as_bytes()), body.as_bytes())
}

#[test]
fn all_that_can_go_wrong_while_decrypting_is_one_error() {
    delivery(padded(MESSAGE));
    for plain in [
        &b"my salary"[..],
        b"",
        b"{\"event\":{\"type\":\"\xff\"}}",
        br#"{"encrypt":"AAEC"}"#,
        br#"{"schema":"2.0"}"#,
        // Sent by no platform.
        OLD_CARD,
        &[b"x", MESSAGE].concat(),
        &[MESSAGE, b"x"].concat(),
        &[b"\xef\xbb\xbf", MESSAGE].concat(),
    ] {
        assert_eq!(refusal(padded(plain)), Refusal::Undecryptable, "{plain:?}");
    }
    let whole = &MESSAGE[..MESSAGE.len() / 16 * 16];
    for padding in [[0; 16], [17; 16], [255; 16], *b"fifteen and one\x0f"] {
        assert_eq!(refusal(encrypted(whole, &padding)), Refusal::Undecryptable, "{padding:?}");
    }
    let spaces = |event: &[u8]| [event, &b" ".repeat(16 - event.len() % 16)[..]].concat();
    delivery(encrypted(&spaces(MESSAGE), &[16; 16]));
    let unequal = std::array::from_fn::<u8, 16, _>(|index| 1 + index as u8);
    assert_eq!(refusal(encrypted(&spaces(MESSAGE), &unequal)), Refusal::Undecryptable);
    let cut = [&spaces(MESSAGE)[..], &[32; 32]].concat();
    assert_eq!(refusal(encrypted(&cut, &[])), Refusal::Undecryptable, "a padding of DingTalk's");
    for length in [0, 1, 15, 16, 17, 31, 33, 47] {
        assert_eq!(refusal(received(&vec![7; length])), Refusal::Undecryptable, "{length}");
    }
    let texts = ["", "A", "====", "AAEC AAEC", "AAEC-_", "ä", "\u{0}"].map(|text| json!(text));
    for encrypt in texts.into_iter().chain([json!(1), json!(["AAEC"]), json!({})]) {
        let body = json!({ "encrypt": encrypt }).to_string();
        let headers = signed(KEY, "1700000000", body.as_bytes());
        let incoming = keyed().build().unwrap().receive(&headers, body.as_bytes());
        assert_eq!(refusal(incoming), Refusal::Undecryptable, "{encrypt}");
    }
}

#[test]
fn no_bit_of_a_request_can_be_changed() {
    let webhook = both();
    let request = webhook.seal(MESSAGE);
    let body = request.body().to_vec();
    for at in 0..body.len() {
        let mut changed = body.clone();
        changed[at] ^= 1;
        refusal(webhook.receive(request.headers(), &changed));
    }
    for name in ["x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce"] {
        let mut changed = request.headers().clone();
        let value = changed[name].to_str().unwrap();
        let last = if value.ends_with('0') { "1" } else { "0" };
        let value = format!("{}{last}", &value[..value.len() - 1]);
        changed.insert(name, value.parse().unwrap());
        assert_eq!(refusal(webhook.receive(&changed, &body)), Refusal::Signature, "{name}");
        changed.insert(name, HeaderValue::from_static(""));
        assert_eq!(refusal(webhook.receive(&changed, &body)), Refusal::Signature, "{name}");
        changed.insert(name, HeaderValue::from_bytes(b"\xe4\xbd").unwrap());
        assert_eq!(refusal(webhook.receive(&changed, &body)), Refusal::Unsigned(name));
        changed.insert(name, request.headers()[name].clone());
        changed.append(name, request.headers()[name].clone());
        assert_eq!(refusal(webhook.receive(&changed, &body)), Refusal::Unsigned(name));
        changed.remove(name);
        assert_eq!(refusal(webhook.receive(&changed, &body)), Refusal::Unsigned(name));
    }
}

#[test]
fn a_signature_in_capitals_is_one() {
    let webhook = both();
    for json in [MESSAGE, OLD_CARD] {
        let request = webhook.seal(json);
        let mut headers = request.headers().clone();
        let signature = headers["x-lark-signature"].to_str().unwrap().to_uppercase();
        headers.insert("x-lark-signature", signature.parse().unwrap());
        delivery(webhook.receive(&headers, request.body()));
    }
}

#[test]
fn the_check_of_a_url_needs_the_token_alone() {
    let webhook = both();
    let sealed = webhook.seal(CHALLENGE);
    challenge(webhook.receive(&headers([("x-lark-signature", "00")]), sealed.body()));
    let wrong = json!({ "type": "url_verification", "token": "bad", "challenge": "c" });
    assert_eq!(refusal(plain(&webhook, wrong)), Refusal::Token);
    let missing = json!({ "type": "url_verification", "challenge": "c" });
    assert_eq!(refusal(plain(&webhook, missing)), Refusal::Token);
}

#[test]
fn a_time_window_is_kept_on_both_sides() {
    let at = |now| {
        let webhook = keyed().verification_token(TOKEN).clock(Stopped(now));
        webhook.max_age(Duration::from_secs(300)).build().unwrap()
    };
    for json in [MESSAGE, OLD_CARD] {
        for now in [9_700, 10_000, 10_300] {
            delivery(pass(&at(10_000), &at(now), json));
        }
        for now in [9_699, 10_301, 0] {
            assert_eq!(refusal(pass(&at(10_000), &at(now), json)), Refusal::Stale);
        }
        delivery(pass(&at(10_000), &both(), json));
    }
    let body = keyed().build().unwrap().seal(MESSAGE).into_body();
    let webhook = keyed().max_age(Duration::MAX).clock(Stopped(10_000)).build().unwrap();
    delivery(webhook.receive(&signed(KEY, "10000", &body), &body));
    for timestamp in ["", "soon", "-1", "1e4", "10000.5", "18446744073709551615", " 10000"] {
        let incoming = webhook.receive(&signed(KEY, timestamp, &body), &body);
        assert_eq!(refusal(incoming), Refusal::Stale, "{timestamp}");
    }
}

#[test]
fn a_body_that_no_platform_sends_is_refused() {
    let too_deep = "[".repeat(100_000);
    let webhooks = [
        both(),
        tokened().build().unwrap(),
        FeishuWebhook::builder().unprotected().build().unwrap(),
    ];
    for webhook in webhooks {
        for body in [
            &b""[..],
            b"null",
            b"my salary",
            b"[]",
            b"{}",
            b"\xef\xbb\xbf{\"open_id\":\"ou_1\",\"action\":{}}",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
            b"{\"open_id\":\"\xff\",\"action\":{}}",
            br#"{"schema":"2.0","header":{"token":"vtok","event_type":"a"},"header":{}}"#,
            br#"{"schema":"2.0","header":{"token":"vtok","token":"vtok","event_type":"a"}}"#,
            br#"{"schema":"2.0","header":{"token":"vtok"}}"#,
            b"event=message",
            too_deep.as_bytes(),
        ] {
            let reason = refusal(webhook.receive(&HeaderMap::new(), body));
            assert!(matches!(reason, Refusal::Malformed(_)), "{reason:?} for {body:?}");
            assert!(!reason.to_string().contains("salary"));
        }
    }
}

#[test]
fn odd_facts_and_unknown_events_come_in() {
    let webhook = tokened().build().unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(
        r#"{{"schema":2.0,"header":{{"event_type":"made.up_v9","event_id":17,"token":"vtok",
        "create_time":123456789012345678901234567890e99,"app_id":{{}}}},"event":{deep}}}"#
    );
    let delivery = delivery(webhook.receive(&HeaderMap::new(), body.as_bytes()));
    assert_eq!(delivery.event().event_type(), "made.up_v9");
    assert_eq!(delivery.event().header().id.as_deref(), Some("17"));
    assert_eq!(delivery.event().header().app_id, None);
    assert_eq!(delivery.accept(()).status(), 200);
}

#[test]
fn a_body_has_a_limit() {
    let webhook = tokened().max_body_bytes(200).build().unwrap();
    let event = |length: usize| {
        let header = json!({ "event_type": "a", "token": TOKEN });
        let body = json!({ "schema": "2.0", "header": header, "event": "" }).to_string();
        let fill = " ".repeat(length - body.len());
        webhook.receive(&HeaderMap::new(), (body + &fill).as_bytes())
    };
    delivery(event(200));
    assert_eq!(refusal(event(201)), Refusal::TooLarge { limit: 200 });
    let webhook = tokened().build().unwrap();
    let incoming = webhook.receive(&HeaderMap::new(), &vec![b' '; 2 * 1024 * 1024 + 1]);
    assert_eq!(refusal(incoming), Refusal::TooLarge { limit: 2 * 1024 * 1024 });
}

#[test]
fn callbacks_are_told_from_events() {
    let webhook = both();
    for (event_type, is_callback) in [
        ("card.action.trigger", true),
        ("url.preview.get", true),
        ("card.action.trigger_v1", false),
        ("im.message.receive_v1", false),
    ] {
        let json = json!({ "schema": "2.0", "header": { "event_type": event_type } }).to_string();
        let incoming = pass(&webhook, &webhook, json.as_bytes());
        assert_eq!(matches!(incoming, Incoming::Callback(_)), is_callback, "{event_type}");
    }
    assert!(matches!(pass(&webhook, &webhook, OLD_CARD), Incoming::Callback(_)));
    let v1 = br#"{"type":"event_callback","event":{"type":"card.action.trigger"}}"#;
    assert!(matches!(pass(&webhook, &webhook, v1), Incoming::Event(_)));
}

#[test]
fn a_response_is_the_answer_or_says_that_all_is_well() {
    struct Unwritable;
    impl serde::Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("my salary"))
        }
    }

    let webhook = both();
    let toast = json!({ "toast": { "content": "done" } });
    for json in [MESSAGE, OLD_CARD] {
        let received = || delivery(pass(&webhook, &webhook, json));
        let response = received().accept(Answer::json(&toast));
        assert_eq!((response.status().as_u16(), body(&response)), (200, toast.clone()));
        for failed in [received().fail(), received().accept(Answer::json(&Unwritable))] {
            assert_eq!(failed.status(), 500);
            assert_eq!(body(&failed), json!({ "msg": "failed" }));
        }
    }
}

#[test]
fn a_webhook_that_protects_nothing_has_to_be_asked_for() {
    let build = |builder: FeishuWebhookBuilder| builder.build().unwrap_err();
    let error = build(FeishuWebhook::builder());
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`unprotected`"), "{error}");
    for (builder, detail) in [
        (keyed().encrypt_key(""), "the encrypt key is empty"),
        (tokened().verification_token(""), "the verification token is empty"),
        (FeishuWebhook::builder().unprotected().encrypt_key(""), "the encrypt key is empty"),
        (keyed().encrypt_key("s3cret\n"), "the encrypt key begins or ends with whitespace"),
        (tokened().verification_token(" s3cret"), "begins or ends with whitespace"),
    ] {
        let error = build(builder);
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(text.contains(detail) && !text.contains("s3cret"), "{text}");
    }
    let open = FeishuWebhook::builder().unprotected().build().unwrap();
    delivery(open.receive(&HeaderMap::new(), MESSAGE));
    delivery(open.receive(&HeaderMap::new(), OLD_CARD));
    // Secrets count all the same.
    let webhook = tokened().unprotected().build().unwrap();
    assert_eq!(refusal(webhook.receive(&HeaderMap::new(), MESSAGE)), Refusal::Token);
    let webhook = keyed().unprotected().build().unwrap();
    let reason = refusal(webhook.receive(&HeaderMap::new(), OLD_CARD));
    assert_eq!(reason, Refusal::NoVerificationToken);
}

#[test]
fn nothing_shows_a_secret() {
    let builder =
        || FeishuWebhook::builder().encrypt_key("k3y-s3cret").verification_token("t0k-s3cret");
    let webhook = builder().build().unwrap();
    let private = br#"{"schema":"2.0","header":{"event_type":"a"},"event":{"text":"my salary"}}"#;
    let received = pass(&webhook, &webhook, private);
    let refused = pass(&both(), &webhook, private);
    let challenged = pass(&webhook, &webhook, CHALLENGE);
    let delivery = delivery(pass(&webhook, &webhook, private));
    let shown = format!(
        "{:?} {webhook:?} {received:?} {refused:?} {challenged:?} {delivery:?} {:#?}",
        builder(),
        delivery.event(),
    );
    for secret in ["s3cret", "salary", KEY, TOKEN] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("encrypt_keys: 1"), "{shown}");
}
