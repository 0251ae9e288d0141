//! The other side, for tests.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;

use super::signature::sign;
use super::{Config, PADDING};
use crate::base::{Secret, random};
use crate::events::envelope::{Envelope, parse};
use crate::events::event::EventSchema;
use crate::events::webhook::crypto::Key;
use crate::events::webhook::post;
use crate::vendor::Members;

/// The kinds of bodies that the platform sends in different ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Challenge,
    V2,
    V1,
    Card,
    Unknown,
}

impl Kind {
    fn of(json: &[u8]) -> Self {
        match parse(json) {
            Ok(Envelope::Challenge { .. }) => Self::Challenge,
            Ok(Envelope::Event { event, .. }) => match event.header().schema {
                EventSchema::V2 => Self::V2,
                EventSchema::Card => Self::Card,
                _ => Self::V1,
            },
            _ => Self::Unknown,
        }
    }
}

impl Config {
    pub(super) fn seal(&self, json: &[u8]) -> Request<Bytes> {
        let kind = Kind::of(json);
        let json = match self.tokens.first() {
            Some(token) => with_token(json, kind, token),
            None => json.to_vec(),
        };
        let key = self.keys.first().filter(|_| kind != Kind::Card);
        let body = Bytes::from(match key {
            Some(key) => encrypted(&key.key, json),
            None => json,
        });
        let mut request = post(body.clone());
        let (headers, now) = (request.headers_mut(), self.clock.now());
        match (kind, key, self.tokens.first()) {
            // Not covered by a signature.
            (Kind::Challenge, ..) => {}
            (Kind::Card, _, Some(token)) => sign::<Sha1>(headers, token, &body, now),
            (_, Some(key), _) => sign::<Sha256>(headers, &key.secret, &body, now),
            (_, None, _) => {}
        }
        request
    }
}

/// Puts the verification token into the place that the kind of body has for one.
fn with_token(json: &[u8], kind: Kind, token: &Secret) -> Vec<u8> {
    let token = Value::from(token.expose()).to_string();
    let body = Members::read(json);
    match kind {
        Kind::V2 => body.with("header", &body.object("header").with("token", &token)).into_bytes(),
        Kind::V1 | Kind::Challenge => body.with("token", &token).into_bytes(),
        Kind::Card | Kind::Unknown => json.to_vec(),
    }
}

fn encrypted(key: &Key, json: Vec<u8>) -> Vec<u8> {
    let iv = random();
    let data = [&iv[..], &key.encrypt(iv, json, PADDING)].concat();
    serde_json::json!({ "encrypt": BASE64_STANDARD.encode(data) }).to_string().into_bytes()
}
