//! What the specs say about the codes of cards.

use feishu_cardkit::ErrorKind;
use feishu_cardkit::card_element::StreamText;
use feishu_cardkit::openplat_core::Operation;

#[test]
fn codes_have_the_kind_that_decides_on_a_retry() {
    for (code, kind) in [
        ("200740", ErrorKind::Rejected),
        // Someone's click is being handled, which takes 3 seconds at most.
        ("200810", ErrorKind::Unavailable),
        ("200850", ErrorKind::Rejected),
        ("200860", ErrorKind::InvalidRequest),
        ("300120", ErrorKind::Unavailable),
        ("300309", ErrorKind::Rejected),
        ("300311", ErrorKind::PermissionDenied),
        ("300317", ErrorKind::InvalidRequest),
    ] {
        let meta = StreamText::META.code(code).unwrap_or_else(|| panic!("{code} is unknown"));
        assert_eq!(meta.kind(), kind, "{code}");
        assert!(!meta.advice().is_empty(), "{code}");
    }
}
