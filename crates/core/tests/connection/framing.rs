//! The frames of the WebSocket itself, written and read by hand.

use std::collections::HashSet;
use std::time::Duration;

use openplat_core::events::connection::{Connection, State};
use openplat_core::{Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};

use crate::support::{
    Accepted, Frame, Masked, Platform, config, endpoint, event, ping, platform, ws_frame,
};

const MESSAGE: u8 = 0x82;
const MIB: usize = 1024 * 1024;

/// A platform whose clients ping each ten seconds, and connect again soon.
fn quick() -> (Platform, Accepted) {
    let (platform, accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    (platform, accepted)
}

impl Accepted {
    async fn bytes(&mut self) -> DuplexStream {
        self.raw().await.0.into_inner()
    }
}

/// Waits until the connection is lost, and returns the reason.
async fn lost(connection: &Connection) -> Error {
    let mut control = connection.control();
    loop {
        if let Some(State::Waiting { error, .. }) = control.changed().await {
            return error;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_frame_has_a_mask_of_its_own() {
    let (platform, mut accepted) = quick();
    let _connection = platform.connect();
    let mut io = accepted.bytes().await;
    let mut masks = HashSet::new();
    for _ in 0..20 {
        let frame = Masked::read(&mut io).await;
        assert_eq!((frame.first, Frame::decode(&frame.payload)), (MESSAGE, ping()));
        masks.insert(frame.mask);
        let pong = ws_frame(MESSAGE, &[]);
        io.write_all(&pong).await.unwrap();
    }
    assert_eq!(masks.len(), 20, "{masks:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_in_pieces_is_joined_around_a_ping() {
    let (platform, mut accepted) = quick();
    let mut connection = platform.connect();
    let mut io = accepted.bytes().await;
    let bytes = event("e1").encode();
    let (head, rest) = bytes.split_at(100);
    let (middle, tail) = rest.split_at(50);
    for frame in [(0x02, head), (0x89, b"hb"), (0x00, middle), (0x00, b""), (0x80, tail)] {
        io.write_all(&ws_frame(frame.0, frame.1)).await.unwrap();
    }
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().header().id.as_deref(), Some("e1"));
    assert_eq!(Masked::read(&mut io).await.first, MESSAGE);
    let pong = Masked::read(&mut io).await;
    assert_eq!((pong.first, &*pong.payload), (0x8a, &b"hb"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_close_is_read_and_replied_to_with_its_code() {
    for code in [1000_u16, 1001, 1008, 1011, 3000, 4999] {
        let (platform, mut accepted) = quick();
        let connection = platform.connect();
        let mut io = accepted.bytes().await;
        let payload = [&code.to_be_bytes(), &b"topsecret"[..]].concat();
        io.write_all(&ws_frame(0x88, &payload)).await.unwrap();
        let error = lost(&connection).await;
        let text = error.to_string();
        assert!(text.contains(&format!("the platform closed it with code {code}")), "{text}");
        assert!(!format!("{error:?}").contains("topsecret"), "{error:?}");
        assert_eq!(Masked::read(&mut io).await.first, MESSAGE);
        let reply = Masked::read(&mut io).await;
        assert_eq!((reply.first, &*reply.payload), (0x88, &code.to_be_bytes()[..]));
        assert_eq!(io.read(&mut [0]).await.unwrap(), 0, "nothing follows");
    }
    let (platform, mut accepted) = quick();
    let connection = platform.connect();
    let mut io = accepted.bytes().await;
    io.write_all(&ws_frame(0x88, b"")).await.unwrap();
    assert!(lost(&connection).await.to_string().contains("code 1005"));
    Masked::read(&mut io).await;
    assert_eq!(Masked::read(&mut io).await.payload, b"");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_rules_ends_the_connection_in_our_words() {
    let no_message = (ErrorKind::Transfer, "invalid WebSocket message");
    let no_code = (ErrorKind::Transfer, "with an invalid close code");
    let too_long = (ErrorKind::LimitExceeded, "too long");
    let length = |length: u64| [&[MESSAGE, 127][..], &length.to_be_bytes()].concat();
    let half = vec![b'x'; 5 * MIB];
    for (bytes, (kind, words)) in [
        // Compressed, or of an extension that nobody asked for.
        (ws_frame(0xc2, b"topsecret"), no_message),
        (ws_frame(0xa2, b"topsecret"), no_message),
        (ws_frame(0x92, b"topsecret"), no_message),
        // Masked.
        (vec![MESSAGE, 0x81, 1, 2, 3, 4, b'x'], no_message),
        // Of no known kind.
        (ws_frame(0x83, b"topsecret"), no_message),
        (ws_frame(0x8b, b"topsecret"), no_message),
        // The rest of nothing, and one message within another.
        (ws_frame(0x80, b"topsecret"), no_message),
        ([ws_frame(0x02, b"topsecret"), ws_frame(MESSAGE, b"topsecret")].concat(), no_message),
        // Pings in pieces, and long ones.
        (ws_frame(0x09, b"topsecret"), no_message),
        (ws_frame(0x89, &[b'x'; 126]), no_message),
        (ws_frame(0x81, b"topsecret \xff"), no_message),
        (ws_frame(0x88, b"\x03"), no_message),
        (ws_frame(0x88, b"\x03\xe8\xff"), no_message),
        (ws_frame(0x88, &1006_u16.to_be_bytes()), no_code),
        (ws_frame(0x88, &999_u16.to_be_bytes()), no_code),
        (ws_frame(0x88, &5000_u16.to_be_bytes()), no_code),
        // Nothing is read, or set aside, before the length is judged.
        (length(8 * MIB as u64 + 1), too_long),
        (length(u64::MAX), too_long),
        ([ws_frame(0x02, &half), ws_frame(0x80, &half)].concat(), too_long),
    ] {
        let (platform, mut accepted) = quick();
        let connection = platform.connect();
        let mut io = accepted.bytes().await;
        let shown = &bytes[..bytes.len().min(20)];
        // May be cut short where the client has seen enough.
        let _ = io.write_all(&bytes).await;
        let start = Instant::now();
        let error = lost(&connection).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "{shown:x?}");
        assert_eq!(error.kind(), kind, "{shown:x?}: {error}");
        assert!(error.to_string().contains(words), "{shown:x?}: {error}");
        assert!(!format!("{error:?}").contains("topsecret"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_off_ends_the_connection() {
    let length = [&[MESSAGE, 127][..], &(8 * MIB as u64).to_be_bytes()].concat();
    for (bytes, words) in [
        (&[][..], "without a close frame"),
        (&[MESSAGE], "early"),
        (&ws_frame(MESSAGE, b"topsecret")[..6], "early"),
        (&length, "early"),
        (&ws_frame(0x02, b"topsecret"), "without a close frame"),
    ] {
        let (platform, mut accepted) = quick();
        let connection = platform.connect();
        let mut io = accepted.bytes().await;
        io.write_all(bytes).await.unwrap();
        drop(io);
        let error = lost(&connection).await;
        assert_eq!(error.kind(), ErrorKind::Transfer, "{error}");
        assert!(error.to_string().contains(&format!("the platform closed it {words}")), "{error}");
        assert!(!format!("{error:?}").contains("topsecret"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_pings_and_reads_nothing_is_given_up() {
    let (platform, mut accepted) = quick();
    let connection = platform.connect();
    let mut io = accepted.bytes().await;
    let (ping, mut pings) = (ws_frame(0x89, &[b'x'; 125]), 0);
    let start = Instant::now();
    while let Ok(Ok(())) = timeout(Duration::from_secs(1), io.write_all(&ping)).await {
        pings += 1;
        assert!(pings < 5000, "the replies pile up");
    }
    let error = lost(&connection).await;
    assert_eq!((error.kind(), start.elapsed().as_secs()), (ErrorKind::Timeout, 10), "{error}");
    assert!(error.to_string().contains("nothing could be sent"), "{error}");
}
