//! The form of a token in Redis: encrypted, so that reading Redis is not enough to act as the app.
//!
//! A value is a version byte, a nonce, and the ciphertext with its tag. The plaintext is the time of
//! issue, the time of expiry, and the token.

use std::time::{Duration, SystemTime};

use openplat_core::Token;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SystemRandom, generate};
use zeroize::Zeroizing;

/// Values of before this version were text that began with a digit.
const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + NONCE_LEN;

/// Encrypts `token` so that only [`open`] with the same key and place reads it.
///
/// Fails if the operating system provides no random numbers.
pub(crate) fn seal(key: &[u8; 32], place: &str, token: &Token) -> Result<Vec<u8>, Unspecified> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let value = token.value().expose().as_bytes();
    // In one piece from the start: a buffer that grows leaves copies of the token behind.
    let mut sealed =
        Vec::with_capacity(HEADER_LEN + 16 + value.len() + CHACHA20_POLY1305.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&nanoseconds(token.issued_at()).to_be_bytes());
    sealed.extend_from_slice(&nanoseconds(token.expires_at()).to_be_bytes());
    sealed.extend_from_slice(value);
    let (_, plaintext) = sealed.split_at_mut(HEADER_LEN);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(key)?.seal_in_place_separate_tag(nonce, Aad::from(place), plaintext)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Decrypts what [`seal`] returned. Returns `None` for anything else, such as a value of another
/// version, encrypted with another key, or copied from another place.
pub(crate) fn open(key: &[u8; 32], place: &str, value: &[u8]) -> Option<Token> {
    let (version, value) = value.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (nonce, ciphertext) = value.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plaintext = cipher(key).ok()?.open_in_place(nonce, Aad::from(place), &mut buffer).ok()?;
    let (issued_at, plaintext) = plaintext.split_first_chunk()?;
    let (expires_at, token) = plaintext.split_first_chunk()?;
    Some(Token::new(std::str::from_utf8(token).ok()?, time(*issued_at)?, time(*expires_at)?))
}

/// Returns random bytes of the operating system. A generator of the process would repeat itself in
/// a fork or a copy of the machine.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Unspecified>
where
    [u8; N]: ring::rand::RandomlyConstructable,
{
    Ok(generate(&SystemRandom::new())?.expose())
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new)
}

/// Reaches until the year 2554.
fn nanoseconds(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX)
}

fn time(nanoseconds: [u8; 8]) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(u64::from_be_bytes(nanoseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const PLACE: &str = "https://host cli_1 0123 tenant";

    fn token() -> Token {
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        Token::new("t-secret", at(1_700_000_000_123), at(1_700_007_200_123))
    }

    #[test]
    fn a_token_is_opened_as_it_was_sealed() {
        let opened = open(&KEY, PLACE, &seal(&KEY, PLACE, &token()).unwrap()).unwrap();
        assert_eq!(opened.value().expose(), "t-secret");
        assert_eq!(opened.issued_at(), token().issued_at());
        assert_eq!(opened.expires_at(), token().expires_at());
    }

    #[test]
    fn a_sealed_token_is_unreadable_and_never_the_same() {
        let sealed = [(); 100].map(|()| seal(&KEY, PLACE, &token()).unwrap());
        for value in &sealed {
            assert!(!value.windows(4).any(|part| b"t-secret".windows(4).any(|of| of == part)));
            assert_eq!(sealed.iter().filter(|other| *other == value).count(), 1);
        }
    }

    #[test]
    fn only_the_same_key_and_place_open_a_token() {
        let sealed = seal(&KEY, PLACE, &token()).unwrap();
        assert!(open(&[8; 32], PLACE, &sealed).is_none());
        assert!(open(&KEY, "https://host cli_1 0123 app", &sealed).is_none());
    }

    #[test]
    fn a_value_that_was_changed_or_cut_is_no_token() {
        let sealed = seal(&KEY, PLACE, &token()).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&KEY, PLACE, &changed).is_none(), "byte {at}");
            assert!(open(&KEY, PLACE, &sealed[..at]).is_none(), "{at} bytes");
        }
        // As versions before this one wrote it.
        assert!(open(&KEY, PLACE, b"1700000000123 t-1").is_none());
    }

    #[test]
    fn times_that_cannot_be_written_become_the_nearest_that_can() {
        let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        let in_a_thousand_years = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 * 31_536_000);
        let sealed = seal(&KEY, PLACE, &Token::new("t", before_1970, in_a_thousand_years)).unwrap();
        let opened = open(&KEY, PLACE, &sealed).unwrap();
        assert_eq!(opened.issued_at(), SystemTime::UNIX_EPOCH);
        assert!(
            opened.expires_at() > SystemTime::UNIX_EPOCH + Duration::from_secs(500 * 31_536_000)
        );
    }
}
