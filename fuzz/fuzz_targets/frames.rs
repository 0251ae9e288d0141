#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| openplat_core::properties::frames(input));
