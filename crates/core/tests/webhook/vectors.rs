//! Requests that were tried on the platforms' own SDKs.

use http::HeaderMap;
use openplat_core::events::{FeishuWebhook, Incoming, Refusal};
use serde_json::{Value, json};

use crate::support::{body, headers, refusal};

#[derive(Debug, PartialEq)]
enum Outcome {
    Challenge,
    Event(&'static str),
    Callback(&'static str),
    Refused(Refusal),
}
use Outcome::{Callback, Challenge, Event, Refused};

const MESSAGE: Outcome = Event("im.message.receive_v1");

/// The SDKs that decide otherwise, and why they are wrong to.
type Differs = &'static [(&'static str, &'static str)];

const PYTHON: &str = "python_1_7_5";
const NODE: &str = "node_1_74_0";

const NO_TOKEN_CHECK: (&str, &str) = (NODE, "never compares the verification token");
const EMPTY_200: (&str, &str) = (NODE, "answers 200 to what it refused, which counts as delivered");
const CASE: (&str, &str) = (PYTHON, "looks headers up in the case of the documentation");

/// The names of all vectors, with what must become of each.
fn expected() -> Vec<(&'static str, Outcome, Differs)> {
    vec![
        ("challenge_plain", Challenge, &[]),
        ("challenge_plain_wrong_token", Refused(Refusal::Token), &[NO_TOKEN_CHECK]),
        ("challenge_encrypted_unsigned", Challenge, &[]),
        ("challenge_plain_while_key_set", Challenge, &[]),
        ("v2_plain_token_ok", MESSAGE, &[]),
        ("v2_plain_wrong_token", Refused(Refusal::Token), &[NO_TOKEN_CHECK]),
        (
            "v2_plain_no_credentials",
            MESSAGE,
            &[(PYTHON, "compares a token with one that is not configured")],
        ),
        ("v2_encrypted_signed", MESSAGE, &[]),
        ("v2_encrypted_bad_signature", Refused(Refusal::Signature), &[EMPTY_200]),
        (
            "v2_encrypted_no_signature_headers",
            Refused(Refusal::Unsigned("x-lark-request-timestamp")),
            &[EMPTY_200],
        ),
        ("v2_encrypted_lower_case_headers", MESSAGE, &[CASE]),
        (
            "v2_encrypted_upper_case_hex",
            MESSAGE,
            &[(PYTHON, "compares the digits of the signature as text")],
        ),
        (
            "v2_plain_while_key_set_signed",
            Refused(Refusal::NotEncrypted),
            &[(PYTHON, "does not insist on encryption"), (NODE, "neither")],
        ),
        ("v2_plain_while_key_set_unsigned", Refused(Refusal::NotEncrypted), &[EMPTY_200]),
        ("v2_encrypted_key_missing", Refused(Refusal::NoEncryptKey), &[]),
        ("v1_plain", Event("p2p_chat_create"), &[]),
        ("v1_plain_wrong_token", Refused(Refusal::Token), &[NO_TOKEN_CHECK]),
        ("v1_encrypted_signed", Event("p2p_chat_create"), &[]),
        ("card_action_trigger_encrypted", Callback("card.action.trigger"), &[]),
        ("card_action_trigger_plain", Callback("card.action.trigger"), &[]),
        ("old_card_sha1", Callback("card.action.trigger_v1"), &[]),
        ("old_card_bad_sha1", Refused(Refusal::Signature), &[EMPTY_200]),
        ("signature_over_raw_whitespace", MESSAGE, &[]),
    ]
}

fn webhook(config: &Value) -> FeishuWebhook {
    let mut builder = FeishuWebhook::builder();
    match (config["encrypt_key"].as_str().unwrap(), config["verification_token"].as_str().unwrap())
    {
        ("", "") => builder = builder.unprotected(),
        ("", token) => builder = builder.verification_token(token),
        (key, "") => builder = builder.encrypt_key(key),
        (key, token) => builder = builder.encrypt_key(key).verification_token(token),
    }
    builder.build().unwrap()
}

fn headers_of(request: &Value) -> HeaderMap {
    let pairs = request["headers"].as_object().unwrap();
    headers(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())))
}

#[test]
fn each_request_is_accepted_or_refused_as_documented() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/feishu.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let expected = expected();
    assert_eq!(cases.len(), expected.len());
    for (case, (name, outcome, differs)) in cases.iter().zip(expected) {
        assert_eq!(case["name"], name);
        let webhook = webhook(&case["config"]);
        let (headers, request) = (headers_of(&case["request"]), &case["request"]["body"]);
        let request = request.as_str().unwrap();
        match (webhook.receive(&headers, request.as_bytes()), &outcome) {
            (Incoming::Challenge(response), Challenge) => {
                assert_eq!(body(&response), json!({ "challenge": "ajls384kdjx98XX" }), "{name}");
            }
            (Incoming::Event(delivery), Event(kind)) => {
                assert_eq!(delivery.event().event_type(), *kind, "{name}");
                assert_eq!(body(&delivery.accept(())), json!({ "msg": "success" }), "{name}");
            }
            (Incoming::Callback(delivery), Callback(kind)) => {
                assert_eq!(delivery.event().event_type(), *kind, "{name}");
                assert_eq!(body(&delivery.accept(())), json!({}), "{name}");
            }
            (incoming, Refused(reason)) => assert_eq!(refusal(incoming), *reason, "{name}"),
            (incoming, _) => panic!("{name}: {incoming:?}"),
        }
        let accepts = !matches!(outcome, Refused(_));
        for sdk in [PYTHON, NODE] {
            let differs_here = (case[sdk]["status"] == 200) != accepts;
            let is_known = differs.iter().any(|(name, _)| *name == sdk);
            assert_eq!(differs_here, is_known, "{name}: {}", case[sdk]);
        }
    }
}

/// A 200 without a body tells nothing about what became of the event; a request of which the other
/// SDK wrote the digest anew does.
#[test]
fn the_body_is_signed_as_it_came() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/feishu.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == "signature_over_raw_whitespace").unwrap();
    let webhook = webhook(&case["config"]);
    let headers = headers_of(&case["request"]);
    let written_anew = case["request"]["body"].as_str().unwrap().replace("\": \"", "\":\"");
    let incoming = webhook.receive(&headers, written_anew.as_bytes());
    assert_eq!(refusal(incoming), Refusal::Signature);
}
