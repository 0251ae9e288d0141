//! From an app's credentials to a WebSocket: the request for a URL, and the handshake with it.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use http::{HeaderMap, Request, Uri, header};
use percent_encoding::percent_decode_str;
use sha1::{Digest, Sha1};
use tokio_websockets::{ClientBuilder, Limits, WebSocketStream};

use super::protocol::{Open, Protocol, Unopened};
use crate::base::{Secret, random};
use crate::channel::Channel;
use crate::error::{ApiError, Error, ErrorKind};
use crate::vendor::Data;
use crate::wire::{Body, JSON, Reply, Socket};

pub(super) type WebSocket = WebSocketStream<Socket>;

/// The longest that each of the two requests may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The most bytes of a message. Feishu splits events that are longer than this by far. So much
/// memory can be reserved by the announcement of a message alone: the library has no option for a
/// smaller first reservation, and none of it is touched before bytes arrive.
const LONGEST_MESSAGE: usize = 8 * 1024 * 1024;

/// Opens a connection.
pub(super) async fn open(
    channel: &Channel,
    protocol: &mut dyn Protocol,
) -> Result<WebSocket, Unopened> {
    let request = protocol.open(&channel.app);
    let asking = format!("POST {}", request.path);
    let uri = url(channel, protocol, request).await.map_err(|unopened| during(asking, unopened))?;
    let opened = handshake(channel, protocol, uri).await;
    opened.map_err(|unopened| during("WebSocket handshake".to_owned(), unopened))
}

fn during(operation: String, unopened: Unopened) -> Unopened {
    unopened.map(|error| error.with_operation(operation).with_attempts(1))
}

/// Asks for the URL, which holds the credentials of a single connection.
async fn url(
    channel: &Channel,
    protocol: &mut dyn Protocol,
    request: Open,
) -> Result<Uri, Unopened> {
    let base_url = &channel.exchange.base_url;
    // A response may echo the secret, and one that is not understood may hold the URL.
    let masked = |error: Error| error.without_excerpt().masking(&[channel.app.secret.expose()]);
    let (data, api) = match ask(channel, request).await {
        Ok(response) => response,
        Err(error) => return Err(protocol.not_opened(masked(error), base_url)),
    };
    let url = protocol.opened(&data.json);
    url.and_then(|url| check(&url, base_url.starts_with("http://")))
        .map_err(|error| protocol.not_opened(masked(error.with_api(api)), base_url))
}

async fn ask(channel: &Channel, request: Open) -> Result<(Data, ApiError), Error> {
    let exchange = &channel.exchange;
    let Open { path, headers, body } = request;
    let mut request = exchange.request(http::Method::POST, path, body.into(), Some(JSON))?;
    request.headers_mut().extend(headers);
    let reply = exchange.send(request, channel.attempt_timeout.min(TIMEOUT)).await?;
    let data = channel.platform.read_data(&reply)?;
    let api = ApiError {
        status: reply.status.as_u16(),
        log_id: exchange.log_id(&reply.headers),
        ..ApiError::default()
    };
    Ok((data, api))
}

/// Checks the URL that the platform names. The platform chooses the host: the app sends it nothing
/// but what the URL itself contains.
fn check(url: &Secret, may_be_plain: bool) -> Result<Uri, Error> {
    let refuse = |reason: &str| {
        let detail = format!("the URL that the platform names for the connection {reason}");
        Err(Error::new(ErrorKind::Decode).with_detail(detail))
    };
    let Ok(uri) = url.expose().parse::<Uri>() else { return refuse("is not valid") };
    match uri.scheme_str() {
        Some("wss") => {}
        Some("ws") if may_be_plain => {}
        Some("ws") => return refuse("is not encrypted, unlike the base URL"),
        _ => return refuse("is not a WebSocket URL"),
    }
    match uri.authority() {
        Some(authority) if !authority.host().is_empty() && !authority.as_str().contains('@') => {
            Ok(uri)
        }
        _ => refuse("does not name a host and nothing else"),
    }
}

/// Returns what of a URL may be shown: scheme and host.
fn origin(uri: &Uri) -> String {
    format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())
}

async fn handshake(
    channel: &Channel,
    protocol: &mut dyn Protocol,
    uri: Uri,
) -> Result<WebSocket, Unopened> {
    let origin = origin(&uri);
    let secrets = secrets(&uri);
    let told = |error: Error| {
        let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
        error.without_excerpt().masking(&secrets).in_context(&format!("connecting to {origin}"))
    };
    let key = BASE64_STANDARD.encode(random::<16>());
    let upgraded = upgrade(channel, uri, &key).await;
    let (head, socket) = upgraded.map_err(|error| Unopened::by_kind(told(error)))?;
    let Some(socket) = socket else {
        let reply = Reply {
            status: head.status,
            headers: head.headers,
            body: Bytes::new(),
            received_at: channel.exchange.clock.now(),
        };
        // No body is read: the status says enough to whom the headers say nothing.
        let error = channel.platform.check(&reply).err().unwrap_or_else(no_websocket);
        return Err(protocol.refused(&reply.headers, error).map(told));
    };
    if !is_confirmed(&head.headers, &key) {
        return Err(Unopened::Stubborn(told(no_websocket())));
    }
    tracing::info!(%origin, app_id = channel.app.id, "a long connection was opened");
    let limits = Limits::default().max_payload_len(Some(LONGEST_MESSAGE));
    Ok(ClientBuilder::new().limits(limits).take_over(socket))
}

async fn upgrade(
    channel: &Channel,
    uri: Uri,
    key: &str,
) -> Result<(http::response::Parts, Option<Socket>), Error> {
    let request = Request::get(uri)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, key)
        .body(Body::default())
        .map_err(|error| Error::new(ErrorKind::InvalidRequest).with_cause(&error))?;
    match tokio::time::timeout(TIMEOUT, channel.exchange.transport.upgrade(request)).await {
        Ok(upgraded) => Ok(upgraded?),
        Err(_) => Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the handshake did not finish within {TIMEOUT:?}"))),
    }
}

fn no_websocket() -> Error {
    Error::new(ErrorKind::Transfer).with_detail(
        "the response is not that of a WebSocket server, or names an extension that was not \
         requested; a proxy may be in the way",
    )
}

/// Returns `true` if the response is one to this request, and to nothing more than it.
fn is_confirmed(headers: &HeaderMap, key: &str) -> bool {
    let accept = Sha1::new()
        .chain_update(key)
        .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        .finalize();
    let accept = BASE64_STANDARD.encode(accept);
    headers.get(header::SEC_WEBSOCKET_ACCEPT).is_some_and(|it| it.as_bytes() == accept.as_bytes())
        && !headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS)
        && !headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL)
}

/// Returns what a text about the handshake must not quote: the query, and each value in it that is
/// long enough to be a secret, encoded as they are in the URL and decoded.
fn secrets(uri: &Uri) -> Vec<String> {
    let query = uri.query().unwrap_or_default();
    let values = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1));
    let values = values.filter(|value| value.len() >= 8);
    std::iter::once(query).chain(values).flat_map(forms).collect()
}

/// Returns the forms in which a server may quote a part of a query: in some, a plus is a space.
fn forms(part: &str) -> [String; 3] {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    [part.to_owned(), decode(part), decode(&part.replace('+', " "))]
}
