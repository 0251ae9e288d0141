//! The envelopes in which Feishu sends events, over HTTP and over the long connection.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::event::{EventHeader, EventSchema, RawEvent};
use crate::base::Secret;
use crate::vendor::Members;

/// The type of an older card callback, which has no envelope that could name it.
pub(super) const OLD_CARD: &str = "card.action.trigger_v1";

/// The kinds of bodies.
#[derive(Debug)]
pub(super) enum Envelope {
    /// An envelope that is encrypted, in Base64.
    Encrypted(String),
    /// The question whether the URL belongs to the app.
    Challenge { challenge: String, token: Option<Secret> },
    /// An event or a callback. An older card callback never has a verification token: its `token`
    /// is the one that updates the card.
    Event { event: RawEvent, token: Option<Secret> },
}

/// The reason why a body is not an envelope. Never quotes the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EnvelopeError {
    #[error("the body is not an object of JSON")]
    Malformed,
    #[error("the envelope has the member `{0}` more than once")]
    Repeated(&'static str),
    #[error("the body is neither an event nor a callback")]
    Unknown,
    #[error("the event has no type")]
    Untyped,
}

/// The members that decide what a body is and who vouches for it. Whoever read the body before, a
/// gateway for instance, may have taken another one of two.
const DECISIVE: [&str; 9] =
    ["encrypt", "schema", "header", "event", "type", "token", "challenge", "event_type", "action"];

/// Reads a body, which may be hostile. Whatever its token allows is for the caller to decide.
pub(super) fn parse(json: &[u8]) -> Result<Envelope, EnvelopeError> {
    let body = Members::read(json);
    if !body.is_whole() {
        return Err(EnvelopeError::Malformed);
    }
    check_repetitions(&body)?;
    if body.get("encrypt").is_some() {
        return Ok(Envelope::Encrypted(body.text(&["encrypt"]).unwrap_or_default()));
    }
    // First of all: no other token may count for a body of schema 2.0.
    if body.get("schema").is_some() {
        return v2(&body);
    }
    match (body.text(&["type"]).as_deref(), body.text(&["challenge"])) {
        (Some("url_verification"), Some(challenge)) => {
            Ok(Envelope::Challenge { challenge, token: token(&body) })
        }
        _ if body.get("event").is_some() => v1(&body),
        _ if body.get("open_id").or(body.get("action")).is_some() => Ok(old_card(&body, json)),
        _ => Err(EnvelopeError::Unknown),
    }
}

fn check_repetitions(members: &Members<'_>) -> Result<(), EnvelopeError> {
    let repeated = DECISIVE.into_iter().find(|name| members.repeats(name));
    repeated.map_or(Ok(()), |name| Err(EnvelopeError::Repeated(name)))
}

fn v2(body: &Members<'_>) -> Result<Envelope, EnvelopeError> {
    let header = body.object("header");
    check_repetitions(&header)?;
    let event_header = EventHeader {
        id: header.text(&["event_id"]),
        event_type: header.text(&["event_type"]).ok_or(EnvelopeError::Untyped)?,
        schema: EventSchema::V2,
        create_time: header.text(&["create_time"]),
        app_id: header.text(&["app_id"]),
        tenant_key: header.text(&["tenant_key"]),
    };
    Ok(event(event_header, body, token(&header)))
}

fn v1(body: &Members<'_>) -> Result<Envelope, EnvelopeError> {
    let inner = body.object("event");
    let header = EventHeader {
        id: body.text(&["uuid"]),
        event_type: inner.text(&["type"]).ok_or(EnvelopeError::Untyped)?,
        schema: EventSchema::V1,
        create_time: body.text(&["ts"]),
        app_id: inner.text(&["app_id"]),
        tenant_key: inner.text(&["tenant_key"]),
    };
    Ok(event(header, body, token(body)))
}

fn event(header: EventHeader, body: &Members<'_>, token: Option<Secret>) -> Envelope {
    let data = body.get("event").map_or("{}", RawValue::get);
    let event = RawEvent::new(header, Bytes::copy_from_slice(data.as_bytes()));
    Envelope::Event { event, token }
}

fn old_card(body: &Members<'_>, json: &[u8]) -> Envelope {
    let header = EventHeader {
        tenant_key: body.text(&["tenant_key"]),
        ..EventHeader::new(EventSchema::Card, OLD_CARD)
    };
    let event = RawEvent::new(header, Bytes::copy_from_slice(json));
    Envelope::Event { event, token: None }
}

fn token(members: &Members<'_>) -> Option<Secret> {
    members.text(&["token"]).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (RawEvent, Option<Secret>) {
        match parse(json.as_bytes()) {
            Ok(Envelope::Event { event, token }) => (event, token),
            other => panic!("{other:?}"),
        }
    }

    fn error(json: impl AsRef<[u8]>) -> EnvelopeError {
        parse(json.as_ref()).unwrap_err()
    }

    #[test]
    fn an_event_of_schema_2_has_its_facts_in_its_header() {
        let (event, token) = read(
            r#" {"schema":"2.0","header":{"event_id":"e1","token":"vtok","create_time":"1603977298000000",
            "event_type":"im.message.receive_v1","tenant_key":"t","app_id":"cli_x"},"event":{ "a" : [1.0]}}"#,
        );
        assert_eq!(
            *event.header(),
            EventHeader {
                id: Some("e1".to_owned()),
                event_type: "im.message.receive_v1".to_owned(),
                schema: EventSchema::V2,
                create_time: Some("1603977298000000".to_owned()),
                app_id: Some("cli_x".to_owned()),
                tenant_key: Some("t".to_owned()),
            }
        );
        assert_eq!(event.data(), r#"{ "a" : [1.0]}"#);
        assert_eq!(token, Some("vtok".into()));
    }

    #[test]
    fn an_event_of_schema_1_has_them_in_two_places() {
        let (event, token) = read(
            r#"{"ts":"1502199207.7171419","uuid":"bc44","token":"vtok","type":"event_callback",
            "event":{"type":"p2p_chat_create","app_id":"cli_x","tenant_key":"t"}}"#,
        );
        assert_eq!(
            *event.header(),
            EventHeader {
                id: Some("bc44".to_owned()),
                event_type: "p2p_chat_create".to_owned(),
                schema: EventSchema::V1,
                create_time: Some("1502199207.7171419".to_owned()),
                app_id: Some("cli_x".to_owned()),
                tenant_key: Some("t".to_owned()),
            }
        );
        assert!(event.data().starts_with(br#"{"type":"p2p_chat_create""#));
        assert_eq!(token, Some("vtok".into()));
    }

    #[test]
    fn an_older_card_callback_is_its_own_data_and_has_no_verification_token() {
        let json = r#"{"open_id":"ou_1","tenant_key":"t","token":"c-1","action":{"tag":"button"}}"#;
        let (event, token) = read(json);
        assert_eq!((event.event_type(), event.header().schema), (OLD_CARD, EventSchema::Card));
        assert_eq!((&event.header().id, event.header().tenant_key.as_deref()), (&None, Some("t")));
        assert_eq!((event.data(), token), (&Bytes::from_static(json.as_bytes()), None));
    }

    #[test]
    fn what_is_encrypted_comes_before_all_else_and_a_challenge_last() {
        for (encrypt, expected) in [("\"AAEC\"", "AAEC"), ("\"\"", ""), ("[]", "")] {
            let encrypted = parse(format!(r#"{{"schema":"2.0","encrypt":{encrypt}}}"#).as_bytes());
            assert!(matches!(encrypted, Ok(Envelope::Encrypted(text)) if text == expected));
        }
        let challenge = parse(br#"{"challenge":"a\"b","token":"vtok","type":"url_verification"}"#);
        let Ok(Envelope::Challenge { challenge, token }) = challenge else { panic!() };
        assert_eq!((challenge.as_str(), token), ("a\"b", Some("vtok".into())));
    }

    #[test]
    fn a_body_of_schema_2_has_no_token_but_that_of_its_header() {
        for json in [
            r#"{"schema":"2.0","token":"vtok","header":{"event_type":"a"}}"#,
            r#"{"schema":"2.0","token":"vtok","type":"url_verification","challenge":"c","header":{"event_type":"a"}}"#,
            r#"{"schema":null,"schema_":1,"token":"","event":{"type":"a","token":"vtok"}}"#,
        ] {
            assert_eq!(read(json).1, None, "{json}");
        }
    }

    #[test]
    fn facts_of_another_type_are_read_or_left_out() {
        let (event, token) = read(
            r#"{"schema":2,"header":{"event_id":null,"event_type":"a","create_time":1603977298000,
            "app_id":{"x":1},"tenant_key":"","token":1234567890}}"#,
        );
        let header = EventHeader::new(EventSchema::V2, "a");
        let create_time = Some("1603977298000".to_owned());
        assert_eq!(*event.header(), EventHeader { create_time, ..header });
        assert_eq!(event.data(), "{}");
        assert_eq!(token, Some("1234567890".into()));
    }

    #[test]
    fn a_body_that_is_no_envelope_is_an_error() {
        for json in [
            &b""[..],
            b"null",
            b"[\"AAEC\"]",
            b"\"my salary\"",
            b"{\"encrypt\":\"my salary",
            b"\xef\xbb\xbf{\"encrypt\":\"AAEC\"}",
            b"\x1f\x8b\x08\x00",
            b"{\"event\":{\"type\":\"\xff\"}}",
            b"{\"encrypt\":\"AAEC\"} {}",
        ] {
            assert_eq!(error(json), EnvelopeError::Malformed, "{json:?}");
        }
        for json in
            ["{}", r#"{"encrypt":null}"#, r#"{"type":"url_verification"}"#, r#"{"token":1}"#]
        {
            assert_eq!(error(json), EnvelopeError::Unknown, "{json}");
        }
        for json in [
            r#"{"schema":"2.0"}"#,
            r#"{"schema":"2.0","header":["e1","a"]}"#,
            r#"{"schema":"2.0","header":{"event_type":true}}"#,
            r#"{"type":"event_callback","event":"a"}"#,
        ] {
            assert_eq!(error(json), EnvelopeError::Untyped, "{json}");
        }
    }

    #[test]
    fn of_two_members_that_decide_neither_counts() {
        for (json, name) in [
            (r#"{"encrypt":"AAEC","encrypt":"AAED"}"#, "encrypt"),
            (r#"{"schema":"2.0","header":{"event_type":"a"},"header":{}}"#, "header"),
            (r#"{"schema":"2.0","header":{"token":"a","event_type":"a","token":"b"}}"#, "token"),
            (r#"{"token":"a","event":{"type":"a"},"\u0065vent":{"type":"b"}}"#, "event"),
        ] {
            assert_eq!(error(json), EnvelopeError::Repeated(name), "{json}");
        }
        let (event, _) = read(r#"{"schema":"2.0","header":{"event_type":"a"},"x":1,"x":2}"#);
        assert_eq!(event.event_type(), "a");
    }

    #[test]
    fn the_depth_of_the_data_is_no_matter_here() {
        let depth = 200_000;
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let data = format!("{open}1e999{close}");
        let (event, _) =
            read(&format!(r#"{{"schema":"2.0","header":{{"event_type":"a"}},"event":{data}}}"#));
        assert_eq!(event.data(), &data);
    }
}
