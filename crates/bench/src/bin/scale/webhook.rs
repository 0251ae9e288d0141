//! Events that are pushed to a webhook, signed and encrypted.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use dingtalk_convfile::events::DingTalkWebhook;
use feishu_im::events::{Event, FeishuWebhook, Listener, MessageReceived, RawEvent, Webhook};
use http::{Request, Response};
use openplat_bench::{Outcome, figure, process_nanos};
use serde::Deserialize;
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::runtime::Builder;

const EVENTS: usize = 100_000;
/// The number of events that are made before they are received, which alone is measured.
const BATCH: usize = 1_000;

const ENCRYPT_KEY: &str = "kudryavka";
const TOKEN: &str = "123456";
const AES_KEY: &str = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ig";
const APP_KEY: &str = "suite4xxxxxxxxxxxxxxx";

pub fn run(vendor: &str, side: &str) -> Outcome {
    let is_ours = side == "ours";
    match vendor {
        "feishu" => {
            let webhook = FeishuWebhook::builder().encrypt_key(ENCRYPT_KEY).build()?;
            let seal = |id| webhook.seal(&message(id));
            match is_ours {
                true => ours::<Event, _>(&webhook, seal, |event| {
                    matches!(event, Event::MessageReceived(_))
                }),
                false => by_hand(seal, &mut ByHand::default(), ByHand::feishu),
            }
        }
        _ => {
            let webhook = DingTalkWebhook::builder(TOKEN, AES_KEY, APP_KEY).build()?;
            let seal = |id| webhook.seal(&change(id));
            match is_ours {
                true => ours::<RawEvent, _>(&webhook, seal, |event| {
                    event.event_type() == "user_add_org"
                }),
                false => by_hand(seal, &mut ByHand::default(), ByHand::dingtalk),
            }
        }
    }
}

/// An event of Feishu as it is documented.
fn message(id: usize) -> Vec<u8> {
    let user = json!({
        "open_id": "ou_84aad35d084aa403a838cf73ee18467",
        "union_id": "on_8ed6aa67826108097d9ee143816345",
        "user_id": "e33ggbyz",
    });
    json!({
        "schema": "2.0",
        "header": {
            "event_id": format!("5e3702a84e847582be8db7fb{id:08}"),
            "event_type": "im.message.receive_v1",
            "create_time": "1608725989000",
            "token": "rvaYgkND1GOiu5MM0E1rncYC6PLtF7JV",
            "app_id": "cli_9f5343c580712544",
            "tenant_key": "2ca1d211f64f6438",
        },
        "event": {
            "sender": {
                "sender_id": user,
                "sender_type": "user",
                "tenant_key": "736588c9260f175e",
            },
            "message": {
                "message_id": "om_5ce6d572455d361153b7cb51da133945",
                "root_id": "om_5ce6d572455d361153b7cb5xxfsdfsdfdsf",
                "parent_id": "om_5ce6d572455d361153b7cb5xxfsdfsdfdsf",
                "create_time": "1609073151345",
                "update_time": "1687343654666",
                "chat_id": "oc_5ce6d572455d361153b7xx51da133945",
                "thread_id": "omt_d4be107c616",
                "chat_type": "group",
                "message_type": "text",
                "content": r#"{"text":"@_user_1 hello"}"#,
                "mentions": [
                    { "key": "@_user_1", "id": user, "name": "Tom", "tenant_key": "736588c9260f175e" },
                ],
                "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Lark/6.7.5",
            },
        },
    })
    .to_string()
    .into_bytes()
}

/// An event of DingTalk as it is documented.
fn change(id: usize) -> Vec<u8> {
    json!({
        "EventType": "user_add_org",
        "TimeStamp": format!("43535463{id:06}"),
        "UserId": ["efefef", "111111"],
        "CorpId": "ding9f50b15bccd16741",
    })
    .to_string()
    .into_bytes()
}

/// Prints the events that one core receives in a second.
fn measured(
    seal: impl Fn(usize) -> Request<Bytes>,
    mut receive: impl FnMut(Request<Bytes>) -> Outcome<Response<Bytes>>,
) -> Outcome {
    let mut nanos = 0;
    for start in (0..EVENTS).step_by(BATCH) {
        let requests: Vec<_> = (start..start + BATCH).map(&seal).collect();
        let before = process_nanos()?;
        for request in requests {
            let response = receive(request)?;
            if !response.status().is_success() {
                return Err(format!("an event got {}", response.status()).into());
            }
        }
        nanos += process_nanos()? - before;
    }
    figure("events_per_core_second", EVENTS as u64 * 1_000_000_000 / nanos);
    Ok(())
}

fn ours<E: feishu_im::events::EventSet + Send + 'static, W: Webhook>(
    webhook: &W,
    seal: impl Fn(usize) -> Request<Bytes>,
    is_expected: fn(&E) -> bool,
) -> Outcome {
    let listener = Listener::new(move |event: E| async move {
        match is_expected(&event) {
            true => Ok(()),
            false => Err("another event arrived"),
        }
    });
    let runtime = Builder::new_current_thread().enable_all().build()?;
    measured(seal, |request| Ok(runtime.block_on(listener.serve(webhook, request))))
}

fn by_hand(
    seal: impl Fn(usize) -> Request<Bytes>,
    state: &mut ByHand,
    receive: fn(&mut ByHand, Request<Bytes>) -> Outcome<String>,
) -> Outcome {
    measured(seal, |request| Ok(Response::new(receive(state, request)?.into())))
}

/// The webhook of a careful developer: signature, cipher, types and deduplication.
#[derive(Default)]
struct ByHand {
    seen: HashSet<String>,
}

#[derive(Deserialize)]
struct Encrypted {
    encrypt: String,
}

#[derive(Deserialize)]
struct Envelope {
    header: Header,
    event: MessageReceived,
}

#[derive(Deserialize)]
struct Header {
    event_id: String,
    event_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    event_type: String,
}

impl ByHand {
    fn feishu(&mut self, request: Request<Bytes>) -> Outcome<String> {
        let (headers, body) = (request.headers(), request.body());
        let header = |name| {
            let value = headers.get(name).ok_or("a header is missing")?;
            Outcome::Ok(value.to_str()?)
        };
        let digest = Sha256::new()
            .chain_update(header("x-lark-request-timestamp")?)
            .chain_update(header("x-lark-request-nonce")?)
            .chain_update(ENCRYPT_KEY)
            .chain_update(body)
            .finalize();
        if hex(&digest) != header("x-lark-signature")? {
            return Err("the signature is wrong".into());
        }
        let sealed: Encrypted = serde_json::from_slice(body)?;
        let data = BASE64_STANDARD.decode(sealed.encrypt)?;
        let (iv, data) = data.split_first_chunk().ok_or("there is no first block")?;
        let plain = decrypt(&Sha256::digest(ENCRYPT_KEY).into(), *iv, data)?;
        let envelope: Envelope = serde_json::from_slice(&plain)?;
        let is_message = envelope.header.event_type == "im.message.receive_v1";
        if self.seen.insert(envelope.header.event_id) && is_message {
            drop(envelope.event);
        }
        Ok(r#"{"msg":"success"}"#.to_owned())
    }

    fn dingtalk(&mut self, request: Request<Bytes>) -> Outcome<String> {
        let query = request.uri().query().unwrap_or_default();
        let parameter = |name| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|pair| pair.0 == name).map(|pair| pair.1).ok_or("a parameter is missing")
        };
        let (timestamp, nonce) = (parameter("timestamp")?, parameter("nonce")?);
        let sealed: Encrypted = serde_json::from_slice(request.body())?;
        if sign(timestamp, nonce, &sealed.encrypt) != parameter("msg_signature")? {
            return Err("the signature is wrong".into());
        }
        let key = aes_key()?;
        let plain = decrypt(&key, first_half(&key), &BASE64_STANDARD.decode(sealed.encrypt)?)?;
        let (length, rest) = plain.get(16..).and_then(<[u8]>::split_first_chunk).ok_or("short")?;
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (message, receiver) = rest.split_at_checked(length).ok_or("the length is wrong")?;
        if receiver != APP_KEY.as_bytes() {
            return Err("the event is for another app".into());
        }
        let change: Change = serde_json::from_slice(message)?;
        if self.seen.insert(hex(&Sha256::digest(message))) && change.event_type.is_empty() {
            return Err("the event has no type".into());
        }
        confirm()
    }
}

fn confirm() -> Outcome<String> {
    let key = aes_key()?;
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().to_string();
    let length = 7_u32.to_be_bytes();
    let random = format!("{:016}", fastrand::u64(..10_000_000_000_000_000));
    let plain = [random.as_bytes(), &length, b"success", APP_KEY.as_bytes()].concat();
    let encrypt = BASE64_STANDARD.encode(encrypt(&key, first_half(&key), plain));
    let signature = sign(&timestamp, &random, &encrypt);
    let response = json!({
        "msg_signature": signature,
        "timeStamp": timestamp,
        "nonce": random,
        "encrypt": encrypt,
    });
    Ok(response.to_string())
}

fn sign(timestamp: &str, nonce: &str, encrypt: &str) -> String {
    let mut texts = [TOKEN, timestamp, nonce, encrypt];
    texts.sort_unstable();
    hex(&Sha1::digest(texts.concat()))
}

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Text takes whatever is written.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn aes_key() -> Outcome<[u8; 32]> {
    let key = BASE64_STANDARD.decode(format!("{AES_KEY}="))?;
    key.try_into().map_err(|_| "the key has another length".into())
}

fn first_half(key: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|index| key[index])
}

fn decrypt(key: &[u8; 32], mut iv: [u8; 16], data: &[u8]) -> Outcome<Vec<u8>> {
    let cipher = Aes256::new(&Array::from(*key));
    let mut plain = Vec::with_capacity(data.len());
    for block in data.as_chunks().0 {
        let mut mixed = Array::from(*block);
        cipher.decrypt_block(&mut mixed);
        plain.extend(mixed.iter().zip(iv).map(|(one, other)| one ^ other));
        iv = *block;
    }
    let padding = plain.last().copied().ok_or("there is nothing")?;
    plain.truncate(plain.len().checked_sub(padding.into()).ok_or("the padding is wrong")?);
    Ok(plain)
}

fn encrypt(key: &[u8; 32], mut iv: [u8; 16], mut plain: Vec<u8>) -> Vec<u8> {
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, padding as u8);
    let cipher = Aes256::new(&Array::from(*key));
    for block in plain.as_chunks_mut::<16>().0 {
        let mut mixed = Array::from(std::array::from_fn(|index| block[index] ^ iv[index]));
        cipher.encrypt_block(&mut mixed);
        iv = mixed.into();
        *block = iv;
    }
    plain
}
