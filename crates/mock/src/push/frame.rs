//! The frames of Feishu's long connection, read and written apart from the client's own code, so
//! that an error in one is not repeated in the other.

use std::str;

/// Control frames: pings and pongs.
pub(super) const CONTROL: i32 = 0;
/// Events and their acknowledgments.
pub(super) const DATA: i32 = 1;

/// A message of the type `pbbp2.Frame`, by the numbers of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// 1
    pub(super) seq_id: u64,
    /// 2
    pub(super) log_id: u64,
    /// 3
    pub(super) service: i32,
    /// 4
    pub(super) method: i32,
    /// 5
    pub(super) headers: Vec<(String, String)>,
    /// 8
    pub(super) payload: Vec<u8>,
    /// 9
    pub(super) log_id_new: String,
}

const VARINT: u64 = 0;
const BYTES: u64 = 2;

impl Frame {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }

    /// Writes the four required fields even where they are zero; proto2 wants them.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // A negative number is sign-extended to 64 bits.
        let numbers = [self.seq_id, self.log_id, self.service as u64, self.method as u64];
        for (field, number) in (1..).zip(numbers) {
            write_varint(&mut out, field << 3 | VARINT);
            write_varint(&mut out, number);
        }
        for (name, value) in &self.headers {
            let mut header = Vec::new();
            write_bytes(&mut header, 1, name.as_bytes());
            write_bytes(&mut header, 2, value.as_bytes());
            write_bytes(&mut out, 5, &header);
        }
        if !self.payload.is_empty() {
            write_bytes(&mut out, 8, &self.payload);
        }
        if !self.log_id_new.is_empty() {
            write_bytes(&mut out, 9, self.log_id_new.as_bytes());
        }
        out
    }

    /// Reads a frame, or says what is wrong with it.
    pub(super) fn decode(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let mut frame = Self::default();
        let mut numbers = [None; 4];
        while !bytes.is_empty() {
            match read_field(&mut bytes)? {
                (field @ 1..=4, Value::Number(number)) => {
                    if let Some(slot) = numbers.get_mut(field as usize - 1) {
                        *slot = Some(number);
                    }
                }
                (5, Value::Bytes(header)) => frame.headers.push(read_header(header)?),
                (8, Value::Bytes(payload)) => frame.payload = payload.to_vec(),
                (9, Value::Bytes(id)) => frame.log_id_new = text(id)?,
                (1..=9, Value::Number(_)) => return Err("a field has the wrong wire type"),
                _ => {}
            }
        }
        let [Some(seq_id), Some(log_id), Some(service), Some(method)] = numbers else {
            return Err("one of SeqID, LogID, service and method is missing");
        };
        (frame.seq_id, frame.log_id) = (seq_id, log_id);
        (frame.service, frame.method) = (service as i32, method as i32);
        Ok(frame)
    }
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn read_field<'a>(bytes: &mut &'a [u8]) -> Result<(u64, Value<'a>), &'static str> {
    let key = read_varint(bytes)?;
    let value = match key & 7 {
        VARINT => Value::Number(read_varint(bytes)?),
        BYTES => {
            let length = read_varint(bytes)?;
            let length = usize::try_from(length).map_err(|_| "a length is out of range")?;
            let (value, rest) = bytes.split_at_checked(length).ok_or("a field is cut off")?;
            *bytes = rest;
            Value::Bytes(value)
        }
        _ => return Err("a wire type is neither a number nor bytes"),
    };
    Ok((key >> 3, value))
}

fn read_varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number is cut off")?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number is longer than 64 bits")
}

fn read_header(mut bytes: &[u8]) -> Result<(String, String), &'static str> {
    let (mut name, mut value) = (None, None);
    while !bytes.is_empty() {
        match read_field(&mut bytes)? {
            (1, Value::Bytes(bytes)) => name = Some(text(bytes)?),
            (2, Value::Bytes(bytes)) => value = Some(text(bytes)?),
            _ => {}
        }
    }
    name.zip(value).ok_or("a header lacks its name or its value")
}

fn text(bytes: &[u8]) -> Result<String, &'static str> {
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| "a text is not UTF-8")
}

fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    write_varint(out, field << 3 | BYTES);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// The first frame of the official clients, recorded.
    const PING: &str = "0800100018f68180102000 2a0c0a0474797065120470696e67";

    /// The acknowledgment of an event by the official Python client, recorded.
    const ACK: &str = "08e90710d93618f681801020012a0d0a047479706512056576656e742a100a0a6d657373616765\
                       5f696412026d322a080a0373756d1201332a080a037365711201312a100a0874726163655f69641\
                       204742d6d322a1a0a0974696d657374616d70120d313630393037333135313334352a1a0a0b696e\
                       7374616e63655f6964120b696e73742d6f70617175652a0b0a0662697a5f7274120130420d7b226\
                       36f6465223a203230307d4a066c6f672d6d32";

    #[test]
    fn recorded_frames_are_read_and_written() {
        let ping = bytes(&PING.replace(' ', ""));
        let frame = Frame::decode(&ping).unwrap();
        assert_eq!((frame.service, frame.method), (33_554_678, CONTROL));
        assert_eq!(frame.header("type"), Some("ping"));
        assert_eq!(frame.encode(), ping);

        let ack = bytes(ACK);
        let frame = Frame::decode(&ack).unwrap();
        assert_eq!((frame.seq_id, frame.log_id, frame.method), (1001, 7001, DATA));
        assert_eq!((frame.header("seq"), frame.header("biz_rt")), (Some("1"), Some("0")));
        assert_eq!((&frame.payload[..], &*frame.log_id_new), (&br#"{"code": 200}"#[..], "log-m2"));
        assert_eq!(frame.encode(), ack);
        for end in 0..ack.len() {
            let _ = Frame::decode(&ack[..end]);
        }
    }

    #[test]
    fn a_negative_service_takes_ten_bytes() {
        let frame = Frame { service: -2, ..Frame::default() };
        assert_eq!(frame.encode()[4..], bytes("18feffffffffffffffff012000"));
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn a_frame_that_is_not_one_is_refused() {
        for (hex, reason) in [
            ("", "one of SeqID, LogID, service and method is missing"),
            ("080010001800", "one of SeqID, LogID, service and method is missing"),
            ("08001000180020002a020a00", "a header lacks its name or its value"),
            ("0a00", "one of SeqID, LogID, service and method is missing"),
            ("2800", "a field has the wrong wire type"),
            ("4a01ff", "a text is not UTF-8"),
            ("4205ff", "a field is cut off"),
            ("08ffffffffffffffffffff01", "a number is longer than 64 bits"),
            ("0d00000000", "a wire type is neither a number nor bytes"),
        ] {
            assert_eq!(Frame::decode(&bytes(hex)), Err(reason), "{hex}");
        }
    }
}
