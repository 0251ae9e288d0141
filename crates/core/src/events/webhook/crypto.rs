//! AES-256-CBC with the padding of PKCS#7, of which DingTalk has a form with blocks of 32.

use std::iter;

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const BLOCK: usize = 16;

pub(super) type Iv = [u8; BLOCK];

/// A key of AES-256.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> Aes256 {
        Aes256::new(&Array::from(*self.0))
    }

    /// Returns the first half of the key, which DingTalk takes for the first block.
    #[cfg(feature = "dingtalk")]
    pub(super) fn first_half(&self) -> Iv {
        std::array::from_fn(|index| self.0[index])
    }

    /// Pads to a multiple of `padding`, which is one of the 16 bytes of a block, and encrypts.
    pub(super) fn encrypt(&self, mut iv: Iv, mut plain: Vec<u8>, padding: u8) -> Vec<u8> {
        let width = usize::from(padding);
        let missing = padding - (plain.len() % width) as u8;
        plain.resize(plain.len() + usize::from(missing), missing);
        let cipher = self.cipher();
        for block in plain.as_chunks_mut::<BLOCK>().0 {
            let mut mixed = Array::from(xor(block, &iv));
            cipher.encrypt_block(&mut mixed);
            iv = mixed.into();
            *block = iv;
        }
        plain
    }

    /// Decrypts and removes the padding, of at most `padding` bytes.
    pub(super) fn decrypt(&self, iv: Iv, data: &[u8], padding: u8) -> Option<Vec<u8>> {
        let (blocks, []) = data.as_chunks::<BLOCK>() else { return None };
        let mut mixed: Vec<_> = blocks.iter().map(|block| Array::from(*block)).collect();
        self.cipher().decrypt_blocks(&mut mixed);
        let mut plain = Vec::with_capacity(data.len());
        for (block, before) in mixed.into_iter().zip(iter::once(&iv).chain(blocks)) {
            plain.extend(xor(&block.into(), before));
        }
        let length = unpadded_len(&plain, padding)?;
        plain.truncate(length);
        Some(plain)
    }
}

fn xor(one: &Iv, other: &Iv) -> Iv {
    std::array::from_fn(|index| one[index] ^ other[index])
}

fn unpadded_len(plain: &[u8], padding: u8) -> Option<usize> {
    let count = *plain.last()?;
    let length = plain.len().checked_sub(usize::from(count))?;
    let is_padding = (1..=padding).contains(&count);
    (is_padding && plain.iter().skip(length).all(|&byte| byte == count)).then_some(length)
}

/// Returns a digest in the form of a signature.
pub(super) fn hex(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Returns `true` if the signature is this digest, after the same time wherever they differ.
pub(super) fn is_signature(signature: &str, digest: &[u8]) -> bool {
    hex(digest).as_bytes().ct_eq(signature.to_ascii_lowercase().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_documented_vector_is_decrypted() {
        let key = Key::new(Sha256::digest("test key").into());
        let data = BASE64_STANDARD.decode("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=").unwrap();
        let (iv, data) = data.split_first_chunk().unwrap();
        assert_eq!(key.decrypt(*iv, data, 16).unwrap(), b"hello world");
        assert_eq!(key.encrypt(*iv, b"hello world".to_vec(), 16), data);
    }

    #[test]
    fn what_is_encrypted_is_decrypted() {
        let key = Key::new([7; 32]);
        for padding in [16, 32] {
            for length in 0..100 {
                let plain: Vec<u8> = (0..length).collect();
                let data = key.encrypt([9; 16], plain.clone(), padding);
                assert_eq!(data.len() % usize::from(padding), 0);
                assert_eq!(key.decrypt([9; 16], &data, padding), Some(plain));
            }
        }
    }

    #[test]
    fn a_padding_is_whole_and_not_too_long() {
        for (plain, padding, length) in [
            (&[1, 2, 3, 1][..], 16, Some(3)),
            (&[16; 16], 16, Some(0)),
            (&[17; 32], 16, None),
            (&[17; 32], 32, Some(15)),
            (&[33; 48], 32, None),
            (&[0; 16], 16, None),
            (&[1, 3, 2, 3], 16, None),
            (&[3, 3], 16, None),
            (&[], 16, None),
        ] {
            assert_eq!(unpadded_len(plain, padding), length, "{plain:?}");
        }
        assert_eq!(Key::new([7; 32]).decrypt([9; 16], &[1; 17], 16), None);
        assert_eq!(Key::new([7; 32]).decrypt([9; 16], &[], 16), None);
    }

    #[test]
    fn a_signature_is_read_in_either_case() {
        assert!(is_signature("0aff", &[10, 255]) && is_signature("0AFF", &[10, 255]));
        for other in ["0afe", "0aff0", "0af", "", " 0aff", "0x0aff"] {
            assert!(!is_signature(other, &[10, 255]), "{other}");
        }
    }
}
