//! The messages of a client over a long connection.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Response;
use serde_json::Value;
use tokio_websockets::{CloseCode, Error, Message};

use super::ack::{RecordedAck, WebhookError};
use super::frame::{CONTROL, DATA, Frame};
use super::hub::{Due, Hub, Post};
use super::webhook::json_of;
use crate::tokens::VendorId;

/// An acknowledgment as it was read, of either vendor.
struct Ack {
    message_id: String,
    code: i64,
    data: Option<Value>,
    headers: Vec<(String, String)>,
}

impl Hub {
    /// Takes in a message of the client's, and returns what is sent in return.
    pub(super) fn hear(
        &mut self,
        connection: usize,
        message: &Message,
        now: Duration,
    ) -> Option<Message> {
        self.changed.send_replace(());
        let from = self.connections.get_mut(connection)?;
        if let Some((code, _)) = message.as_close() {
            from.close_code = (code != CloseCode::NO_STATUS_RECEIVED).then_some(code.into());
            return None;
        }
        if message.is_ping() || message.is_pong() {
            from.pings += usize::from(message.is_ping());
            return None;
        }
        let result = match (from.peer.vendor, message.as_text()) {
            (VendorId::Feishu, None) => match Frame::decode(message.as_payload()) {
                Ok(frame) if frame.method == CONTROL => return self.pong(connection, &frame),
                Ok(frame) => self.feishu_ack(connection, frame),
                Err(reason) => Err(format!("a frame cannot be read: {reason}")),
            },
            (VendorId::DingTalk, Some(text)) => dingtalk_ack(text),
            (VendorId::Feishu, Some(_)) => Err("a text message was sent".to_owned()),
            (VendorId::DingTalk, None) => Err("a binary message was sent".to_owned()),
        };
        let result = result.and_then(|ack| self.record(connection, ack, now));
        if let (Err(violation), Some(from)) = (result, self.connections.get_mut(connection)) {
            from.violation(violation);
        }
        None
    }

    fn pong(&mut self, connection: usize, ping: &Frame) -> Option<Message> {
        let config = self.pong_config.as_ref().map(Value::to_string);
        let from = self.connections.get_mut(connection)?;
        if ping.header("type") != Some("ping") {
            from.violation("a control frame is not a ping");
            return None;
        }
        if ping.service != from.peer.service_id {
            from.violation("a ping names another service than the address does");
        }
        from.pings += 1;
        let pong = Frame {
            service: from.peer.service_id,
            method: CONTROL,
            headers: vec![("type".to_owned(), "pong".to_owned())],
            payload: config.unwrap_or_default().into_bytes(),
            ..Frame::default()
        };
        Some(Message::binary(pong.encode()))
    }

    fn feishu_ack(&self, connection: usize, frame: Frame) -> Result<Ack, String> {
        if frame.method != DATA {
            return Err("a frame has a method that is neither control nor data".to_owned());
        }
        let message_id = frame.header("message_id").unwrap_or_default().to_owned();
        if !self.is_echo(connection, &frame, &message_id) {
            return Err("an acknowledgment is not a copy of a frame that was sent".to_owned());
        }
        let payload: Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
        let code =
            payload["code"].as_i64().ok_or("the payload of an acknowledgment has no code")?;
        let data = match &payload["data"] {
            Value::Null => None,
            data => Some(base64_json(data).ok_or("the data of an answer is not JSON in Base64")?),
        };
        Ok(Ack { message_id, code, data, headers: frame.headers })
    }

    /// Whether a frame is, but for its payload and further headers, one that was sent over this
    /// connection.
    fn is_echo(&self, connection: usize, ack: &Frame, message_id: &str) -> bool {
        let Some(to) = self.connections.get(connection) else { return false };
        let deliveries = self.sent(message_id, connection);
        let mut sent = deliveries.filter_map(|index| self.deliveries.get(index)).flat_map(|sent| {
            sent.attempts.iter().flat_map(|attempt| sent.push.frames(&to.peer, attempt.first))
        });
        sent.any(|sent| {
            (sent.seq_id, sent.log_id, sent.service) == (ack.seq_id, ack.log_id, ack.service)
                && sent.log_id_new == ack.log_id_new
                && ack.headers.starts_with(&sent.headers)
        })
    }

    /// The deliveries of a message over a connection.
    fn sent(&self, message_id: &str, connection: usize) -> impl Iterator<Item = usize> {
        let deliveries = self.by_message.get(message_id).map(|all| &all[..]).unwrap_or_default();
        deliveries.iter().copied().filter(move |index| {
            let delivery = self.deliveries.get(*index);
            delivery.is_some_and(|delivery| delivery.attempt_over(connection).is_some())
        })
    }

    fn record(&mut self, connection: usize, ack: Ack, now: Duration) -> Result<(), String> {
        let sent: Vec<_> = self.sent(&ack.message_id, connection).collect();
        let is_open = |index: &&usize| {
            let delivery = self.deliveries.get(**index);
            delivery.is_some_and(|delivery| delivery.acks.len() < delivery.attempts.len())
        };
        let Some(index) = sent.iter().find(is_open).or(sent.last()).copied() else {
            return Err("an acknowledgment names no message that came over this connection".into());
        };
        let attempt = self.deliveries.get(index).and_then(|it| it.attempt_over(connection));
        let after = now.saturating_sub(attempt.map_or(now, |attempt| attempt.at));
        self.settle(index, RecordedAck::new(connection, ack.code, ack.data, ack.headers, after));
        Ok(())
    }

    /// Takes in what ended a connection, unless that is the end of its bytes.
    pub(super) fn broke_off(&mut self, connection: usize, error: &Error) {
        let Some(from) = self.connections.get_mut(connection) else { return };
        if !matches!(error, Error::Io(_)) {
            from.violation(format!("the rules of WebSocket were broken: {error}"));
        }
    }

    pub(super) fn heard(
        &mut self,
        connection: usize,
        post: &Post,
        response: Result<Response<Bytes>, WebhookError>,
        now: Duration,
    ) {
        self.changed.send_replace(());
        let Some(from) = self.connections.get_mut(connection) else { return };
        let response = match response {
            Ok(response) => response,
            Err(error) => return from.violation(error.to_string()),
        };
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let (code, data) = (response.status().as_u16().into(), json_of(&response));
        let after = now.saturating_sub(post.at);
        let ack = RecordedAck::new(connection, code, data, headers.collect(), after);
        self.settle(post.delivery, ack);
    }

    fn settle(&mut self, index: usize, ack: RecordedAck) {
        let Some(delivery) = self.deliveries.get_mut(index) else { return };
        let wants_again = ack.data.as_ref().is_some_and(|data| data["status"] == "LATER");
        if ack.code == 200 && !wants_again && ack.after <= delivery.push.deadline() {
            self.pending -= usize::from(!delivery.is_accepted);
            delivery.is_accepted = true;
            if let Some(due) = delivery.due.take() {
                self.agenda.remove(&(due, Due::Delivery(index)));
            }
        }
        delivery.acks.push(self.acks.len());
        self.acks.push(ack);
    }
}

fn base64_json(data: &Value) -> Option<Value> {
    let json = BASE64_STANDARD.decode(data.as_str()?).ok()?;
    serde_json::from_slice(&json).ok()
}

fn dingtalk_ack(text: &str) -> Result<Ack, String> {
    let ack: Value = serde_json::from_str(text).unwrap_or_default();
    let code = ack["code"].as_i64().ok_or("an acknowledgment has no code")?;
    let headers = ack["headers"].as_object().ok_or("an acknowledgment has no headers")?;
    let headers = headers.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), value)
    });
    let message_id = ack["headers"]["messageId"].as_str().unwrap_or_default().to_owned();
    let data = ack["data"].as_str().and_then(|data| serde_json::from_str(data).ok());
    let data = data.ok_or("the data of an acknowledgment is not JSON in a string")?;
    Ok(Ack { message_id, code, data: Some(data), headers: headers.collect() })
}
