//! The other side, for tests.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use serde_json::value::{RawValue, to_raw_value};
use sha1::Sha1;
use sha2::Sha256;

use super::signature::sign;
use super::{Config, PADDING};
use crate::base::random;
use crate::events::envelope::{Envelope, parse};
use crate::events::event::EventSchema;
use crate::events::webhook::crypto::Key;
use crate::events::webhook::post;

type Object = BTreeMap<String, Box<RawValue>>;

/// The kinds of bodies that the platform sends in different ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Challenge,
    V2,
    Card,
    Other,
}

impl Kind {
    fn of(json: &[u8]) -> Self {
        match parse(json) {
            Ok(Envelope::Challenge { .. }) => Self::Challenge,
            Ok(Envelope::Event { event, .. }) => match event.header().schema {
                EventSchema::V2 => Self::V2,
                EventSchema::Card => Self::Card,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl Config {
    pub(super) fn seal(&self, json: &[u8]) -> Request<Bytes> {
        let kind = Kind::of(json);
        let json = self.with_token(json, kind).unwrap_or_else(|| json.to_vec());
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

    /// Returns an envelope with the verification token in the place that its kind has for one.
    fn with_token(&self, json: &[u8], kind: Kind) -> Option<Vec<u8>> {
        let token = to_raw_value(self.tokens.first()?.expose()).ok()?;
        let mut body: Object = serde_json::from_slice(json).ok()?;
        match kind {
            Kind::Card => return None,
            Kind::V2 => {
                let mut header: Object = serde_json::from_str(body.get("header")?.get()).ok()?;
                header.insert("token".to_owned(), token);
                body.insert("header".to_owned(), to_raw_value(&header).ok()?);
            }
            Kind::Challenge | Kind::Other => {
                body.insert("token".to_owned(), token);
            }
        }
        serde_json::to_vec(&body).ok()
    }
}

fn encrypted(key: &Key, json: Vec<u8>) -> Vec<u8> {
    let iv = random();
    let data = [&iv[..], &key.encrypt(iv, json, PADDING)].concat();
    serde_json::json!({ "encrypt": BASE64_STANDARD.encode(data) }).to_string().into_bytes()
}
