//! Feishu's frames: one binary message of the WebSocket is one message of Protocol Buffers, in the
//! old syntax, in which a required field is written even if it is zero.

use bytes::Bytes;

/// A frame. Texts are kept as bytes, so that what goes back is what came.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Frame {
    pub(crate) seq_id: u64,
    pub(crate) log_id: u64,
    pub(crate) service: i32,
    pub(crate) method: i32,
    pub(crate) headers: Vec<(Bytes, Bytes)>,
    pub(crate) payload_encoding: Option<Bytes>,
    pub(crate) payload_type: Option<Bytes>,
    pub(crate) payload: Option<Bytes>,
    pub(crate) log_id_new: Option<Bytes>,
}

/// The reason why bytes are not a frame. Never quotes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("it ends within a field")]
    Truncated,
    #[error("a number takes more than 64 bits")]
    Varint,
    #[error("a field has the wire type {0}, which is unknown or not the expected one")]
    WireType(u8),
    #[error("a required field is missing")]
    Missing,
    #[error("it has more than {MOST_HEADERS} headers")]
    Headers,
}

/// A header of two bytes takes some thirty times the space once it is read.
const MOST_HEADERS: usize = 100;

const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const BYTES: u8 = 2;
const FIXED_32: u8 = 5;

impl Frame {
    /// Reads a frame. What it holds is not copied.
    pub(crate) fn decode(bytes: Bytes) -> Result<Self, FrameError> {
        let mut frame = Self::default();
        let mut required = [false; 4];
        let mut rest = Reader(bytes);
        while let Some((number, wire_type)) = rest.tag()? {
            match number {
                1 => frame.seq_id = rest.number(wire_type)?,
                2 => frame.log_id = rest.number(wire_type)?,
                // A negative number is written with 64 bits.
                3 => frame.service = rest.number(wire_type)? as i32,
                4 => frame.method = rest.number(wire_type)? as i32,
                5 if frame.headers.len() == MOST_HEADERS => return Err(FrameError::Headers),
                5 => frame.headers.push(header(rest.bytes(wire_type)?)?),
                6 => frame.payload_encoding = Some(rest.bytes(wire_type)?),
                7 => frame.payload_type = Some(rest.bytes(wire_type)?),
                8 => frame.payload = Some(rest.bytes(wire_type)?),
                9 => frame.log_id_new = Some(rest.bytes(wire_type)?),
                _ => rest.skip(wire_type)?,
            }
            if let Some(seen) = (number as usize).checked_sub(1).and_then(|at| required.get_mut(at))
            {
                *seen = true;
            }
        }
        match required {
            [true, true, true, true] => Ok(frame),
            _ => Err(FrameError::Missing),
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(64 + self.payload.as_ref().map_or(0, Bytes::len));
        // A cast to a wider type extends the sign, as the format wants it.
        let numbers = [self.seq_id, self.log_id, self.service as u64, self.method as u64];
        for (number, value) in (1..).zip(numbers) {
            put_varint(&mut out, u64::from(tag(number, VARINT)));
            put_varint(&mut out, value);
        }
        for (key, value) in &self.headers {
            let mut header = Vec::with_capacity(8 + key.len() + value.len());
            put_bytes(&mut header, 1, key);
            put_bytes(&mut header, 2, value);
            put_bytes(&mut out, 5, &header);
        }
        let texts = [&self.payload_encoding, &self.payload_type, &self.payload, &self.log_id_new];
        for (number, text) in (6..).zip(texts) {
            if let Some(text) = text {
                put_bytes(&mut out, number, text);
            }
        }
        out.into()
    }

    pub(super) fn header(&self, key: &str) -> Option<&Bytes> {
        self.headers.iter().find_map(|(name, value)| (name == key.as_bytes()).then_some(value))
    }

    /// Returns the header as text, unless it is malformed.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        std::str::from_utf8(self.header(key)?).ok()
    }

    /// Returns the frame without its payload, in memory of its own: what is kept until an event has
    /// been handled shall not keep the whole event.
    pub(super) fn head(&self) -> Self {
        let head = Self { payload: None, ..self.clone() };
        Self::decode(head.encode()).unwrap_or(head)
    }
}

fn header(bytes: Bytes) -> Result<(Bytes, Bytes), FrameError> {
    let (mut key, mut value) = (None, None);
    let mut rest = Reader(bytes);
    while let Some((number, wire_type)) = rest.tag()? {
        match number {
            1 => key = Some(rest.bytes(wire_type)?),
            2 => value = Some(rest.bytes(wire_type)?),
            _ => rest.skip(wire_type)?,
        }
    }
    key.zip(value).ok_or(FrameError::Missing)
}

/// The bytes that are left to be read.
struct Reader(Bytes);

impl Reader {
    fn tag(&mut self) -> Result<Option<(u32, u8)>, FrameError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = u32::try_from(self.varint()?).map_err(|_| FrameError::Varint)?;
        Ok(Some((tag >> 3, (tag & 7) as u8)))
    }

    fn varint(&mut self) -> Result<u64, FrameError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(*self.take(1)?.first().ok_or(FrameError::Truncated)?);
            let bits = byte & 0x7f;
            if bits << shift >> shift != bits {
                return Err(FrameError::Varint);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(FrameError::Varint)
    }

    fn take(&mut self, length: u64) -> Result<Bytes, FrameError> {
        match usize::try_from(length) {
            Ok(length) if length <= self.0.len() => Ok(self.0.split_to(length)),
            _ => Err(FrameError::Truncated),
        }
    }

    fn number(&mut self, wire_type: u8) -> Result<u64, FrameError> {
        match wire_type {
            VARINT => self.varint(),
            _ => Err(FrameError::WireType(wire_type)),
        }
    }

    fn bytes(&mut self, wire_type: u8) -> Result<Bytes, FrameError> {
        if wire_type != BYTES {
            return Err(FrameError::WireType(wire_type));
        }
        let length = self.varint()?;
        self.take(length)
    }

    /// Passes over a field that is not known.
    fn skip(&mut self, wire_type: u8) -> Result<(), FrameError> {
        match wire_type {
            VARINT => self.varint().map(drop),
            FIXED_64 => self.take(8).map(drop),
            BYTES => self.bytes(wire_type).map(drop),
            FIXED_32 => self.take(4).map(drop),
            _ => Err(FrameError::WireType(wire_type)),
        }
    }
}

const fn tag(number: u32, wire_type: u8) -> u32 {
    number << 3 | wire_type as u32
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_varint(out, u64::from(tag(number, BYTES)));
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Bytes {
        let hex: String = hex.split_whitespace().collect();
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    fn decode(hex: &str) -> Result<Frame, FrameError> {
        Frame::decode(bytes(hex))
    }

    const PING: &str = "0800 1000 18f6818010 2000 2a0c 0a0474797065 120470696e67";

    #[test]
    fn a_required_zero_is_written() {
        let frame = decode(PING).unwrap();
        assert_eq!((frame.seq_id, frame.log_id, frame.method), (0, 0, 0));
        assert_eq!(frame.service, 33_554_678);
        assert_eq!(frame.text("type"), Some("ping"));
        assert_eq!(frame.encode(), bytes(PING));
    }

    /// Frames of the official clients, sent to a server that recorded them.
    #[test]
    fn every_recorded_frame_is_written_as_it_was_read() {
        let captures = [
            include_str!("../../../tests/connection/captures/python.json"),
            include_str!("../../../tests/connection/captures/node.json"),
        ];
        let records = captures.into_iter().flat_map(|capture| capture.split("\"hex\": \"").skip(1));
        let frames: Vec<_> =
            records.map(|record| bytes(record.split('"').next().unwrap())).collect();
        assert_eq!(frames.len(), 55);
        for recorded in frames {
            assert_eq!(Frame::decode(recorded.clone()).unwrap().encode(), recorded);
        }
    }

    #[test]
    fn each_field_is_read_as_it_was_written() {
        let text = |text| Some(Bytes::from_static(text));
        let frame = Frame {
            seq_id: 1,
            log_id: u64::MAX,
            service: 3,
            method: -4,
            headers: vec![("key".into(), "value".into()), ("".into(), "".into())],
            payload_encoding: text(b"gzip"),
            payload_type: text(b"json"),
            payload: text(b"{}"),
            log_id_new: text(b""),
        };
        let encoded = frame.encode();
        assert!(Frame::decode(encoded.clone()).unwrap() == frame);
        let fields = "0801 10ffffffffffffffffff01 1803 20fcffffffffffffffff01 \
                      2a0c 0a036b6579 120576616c7565 2a04 0a00 1200 \
                      3204677a6970 3a046a736f6e 42027b7d 4a00";
        assert_eq!(encoded, bytes(fields));
    }

    #[test]
    fn a_negative_number_takes_ten_bytes() {
        let frame = Frame { service: -1, method: i32::MIN, ..Frame::default() };
        let encoded = frame.encode();
        assert_eq!(encoded, bytes("0800 1000 18ffffffffffffffffff01 2080808080f8ffffffff01",));
        assert!(Frame::decode(encoded).unwrap() == frame);
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let frame =
            decode("0800 1000 1800 2000 5001 59 0000000000000000 62 02 ffff 6d 00000000").unwrap();
        assert!(frame == Frame::default());
        for group in ["0800 1000 1800 2000 53", "0800 1000 1800 2000 54", "0800 1000 1800 2000 56"]
        {
            assert!(matches!(decode(group), Err(FrameError::WireType(_))), "{group}");
        }
    }

    #[test]
    fn what_is_no_frame_says_why() {
        for (hex, error) in [
            ("", FrameError::Missing),
            ("0800 1000 1800", FrameError::Missing),
            ("0800 1000 1800 2000 2a02 0a00", FrameError::Missing),
            ("0800 1000 1800 20", FrameError::Truncated),
            ("0800 1000 1800 2000 4205 00", FrameError::Truncated),
            ("0800 1000 1800 2000 42 ffffffffffffffffff01 00", FrameError::Truncated),
            ("08 ffffffffffffffffff02", FrameError::Varint),
            ("08 80808080808080808080 01", FrameError::Varint),
            ("8080808080 01", FrameError::Varint),
            ("0a00 1000 1800 2000", FrameError::WireType(2)),
            ("0800 1000 1800 2000 2800", FrameError::WireType(0)),
        ] {
            assert_eq!(decode(hex).err(), Some(error), "{hex}");
        }
        let many = format!("0800 1000 1800 2000 {}", "2a04 0a00 1200".repeat(MOST_HEADERS + 1));
        assert_eq!(decode(&many).err(), Some(FrameError::Headers));
    }

    #[test]
    fn a_head_holds_no_payload() {
        let mut frame = decode(PING).unwrap();
        frame.payload = Some(Bytes::from(vec![0; 1000]));
        let head = frame.head();
        assert_eq!(head.encode(), bytes(PING));
    }
}
