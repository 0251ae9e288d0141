//! WebSocket from the platform's side, byte by byte.

use openplat_mock::MockPlatform;

use crate::line::{Line, soon};
use crate::raw::{Raw, masked};

#[tokio::test]
async fn frames_may_come_together_with_the_handshake() {
    let mock = MockPlatform::start().await.unwrap();
    let behind = [masked(0x89, b"1"), masked(0x89, b"2")].concat();
    let mut raw = Raw::open(&mock, &behind).await;
    raw.send(&masked(0x89, b"3")).await;
    for payload in [b"1", b"2", b"3"] {
        assert_eq!(soon(raw.frame()).await, Some((0x8a, payload.to_vec())));
    }
    assert_eq!(mock.connections()[0].pings(), 3);
}

#[tokio::test]
async fn a_message_in_pieces_is_one_message() {
    let mock = MockPlatform::start().await.unwrap();
    let mut raw = Raw::open(&mock, &[]).await;
    raw.send(&masked(0x01, "{\"name\": \"\u{fc}".as_bytes().split_last().unwrap().1)).await;
    raw.send(&masked(0x89, b"in between")).await;
    assert_eq!(soon(raw.frame()).await, Some((0x8a, b"in between".to_vec())));
    raw.send(&masked(0x80, b"\xbc\"}")).await;
    let connection = soon(mock.connection(0)).await;
    soon(mock.until(|_| connection.violations() == ["a text message was sent"])).await;
    assert!(connection.is_open());
}

#[tokio::test]
async fn broken_frames_end_the_connection_with_a_reason() {
    let mock = MockPlatform::start().await.unwrap();
    let large = [&[0x82, 0xff][..], &((64_u64 << 20) + 1).to_be_bytes()].concat();
    for (index, (bytes, code, reason)) in [
        (b"\x82\x01x".to_vec(), 1002_u16, "unexpected unmasked frame"),
        (masked(0xc2, b"compressed"), 1002, "invalid extension"),
        (masked(0x83, b"x"), 1002, "invalid opcode"),
        (masked(0x80, b"x"), 1002, "invalid opcode"),
        (masked(0x09, b"x"), 1002, "fragmented control frame"),
        (masked(0x88, b"\x03\xed"), 1002, "invalid close code"),
        (masked(0x81, b"\xff"), 1007, "invalid utf-8"),
        (large, 1009, "payload length of 67108865 exceeds the limit of 67108864"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut raw = Raw::open(&mock, &[]).await;
        raw.send(&bytes).await;
        let (first, payload) = soon(raw.frame()).await.unwrap();
        assert_eq!((first, &payload[..2]), (0x88, &code.to_be_bytes()[..]), "{reason}");
        assert_eq!(soon(raw.frame()).await, None);
        let connection = soon(mock.connection(index)).await;
        soon(mock.until(|_| !connection.is_open())).await;
        let violation = format!("the rules of WebSocket were broken: {reason}");
        assert_eq!(connection.violations(), [violation]);
        assert_eq!(connection.close_code(), None);
    }

    // An end in the middle of a frame is the network's affair.
    let mut raw = Raw::open(&mock, &[]).await;
    raw.send(b"\x82\x83").await;
    drop(raw);
    let connection = soon(mock.connection(8)).await;
    soon(mock.until(|_| !connection.is_open())).await;
    assert_eq!(connection.violations(), [""; 0]);
}

#[tokio::test]
async fn closing_takes_a_code_or_none() {
    let mock = MockPlatform::start().await.unwrap();
    for (index, (code, sent)) in
        [(1000, Some(1000_u16)), (4999, Some(4999)), (1005, None), (1006, None), (0, None)]
            .into_iter()
            .enumerate()
    {
        let mut raw = Raw::open(&mock, &[]).await;
        let connection = soon(mock.connection(index)).await;
        connection.close(code);
        let payload = sent.map(|code| code.to_be_bytes().to_vec()).unwrap_or_default();
        assert_eq!(soon(raw.frame()).await, Some((0x88, payload.clone())));
        raw.send(&masked(0x88, &payload)).await;
        assert_eq!(soon(raw.frame()).await, None);
        soon(mock.until(|_| !connection.is_open())).await;
        assert_eq!(connection.close_code(), sent);
        assert_eq!(connection.violations(), [""; 0]);
    }

    // What the client closes with is confirmed.
    let mut raw = Raw::open(&mock, &[]).await;
    raw.send(&masked(0x88, b"\x0f\xa1bye")).await;
    assert_eq!(soon(raw.frame()).await, Some((0x88, b"\x0f\xa1".to_vec())));
    assert_eq!(soon(raw.frame()).await, None);
    let connection = soon(mock.connection(5)).await;
    soon(mock.until(|_| !connection.is_open())).await;
    assert_eq!(connection.close_code(), Some(4001));
}

#[tokio::test]
async fn a_message_can_be_large() {
    for mock in [MockPlatform::start().await.unwrap(), MockPlatform::in_process()] {
        let mut line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(0)).await;
        let large = vec![7; 6 << 20];
        connection.send_binary(large.clone());
        assert_eq!(line.next().await.unwrap().unwrap().into_data(), large);
    }
}
