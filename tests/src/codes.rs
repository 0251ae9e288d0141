//! What the specs say about the error codes of their APIs. Core knows none of these codes.

use feishu_apaas::application_object::OqlQueryObjects;
use feishu_im::ErrorKind;
use feishu_im::message::CreateMessage;
use feishu_im::openplat_core::Operation;

#[test]
fn codes_of_messages_have_the_kind_that_decides_on_a_retry() {
    for (code, kind) in [
        ("230006", ErrorKind::Configuration),
        ("230020", ErrorKind::Throttled),
        ("230027", ErrorKind::PermissionDenied),
        ("230047", ErrorKind::Throttled),
        ("230048", ErrorKind::Throttled),
        ("230049", ErrorKind::Unavailable),
        ("231015", ErrorKind::Unavailable),
        ("231205", ErrorKind::PermissionDenied),
        ("232001", ErrorKind::InvalidRequest),
        ("232019", ErrorKind::Throttled),
        ("232039", ErrorKind::Unavailable),
        ("232068", ErrorKind::Unavailable),
        ("232073", ErrorKind::Unavailable),
        ("232096", ErrorKind::Unavailable),
        ("234019", ErrorKind::Unavailable),
        ("99992351", ErrorKind::InvalidRequest),
        ("99992354", ErrorKind::InvalidRequest),
        ("99992361", ErrorKind::InvalidRequest),
    ] {
        let meta = CreateMessage::META.code(code).unwrap_or_else(|| panic!("{code} is unknown"));
        assert_eq!(meta.kind(), kind, "{code}");
        assert!(!meta.advice().is_empty(), "{code}");
    }
}

#[test]
fn codes_of_apaas_have_the_kind_that_decides_on_a_retry() {
    for (code, kind) in
        [("2320001", ErrorKind::InvalidRequest), ("2320002", ErrorKind::Unavailable)]
    {
        assert_eq!(OqlQueryObjects::META.code(code).unwrap().kind(), kind, "{code}");
    }
}

/// Each of these sent somebody the wrong way before.
#[test]
fn advice_names_the_way_out() {
    for (code, words) in [
        // Parallel sends meet it although the app has a bot.
        ("230006", "retry with the same `uuid`"),
        ("230099", "`ErrCode:`"),
        ("231001", "`SMILE`"),
        ("231205", "upload it again"),
        ("234001", "`GetMessageResource`"),
        ("234001", "Folders"),
        ("234003", "the ID of the merged forward"),
        ("99992354", "`omt_`"),
        ("99992361", "`union_id`"),
    ] {
        let advice = CreateMessage::META.code(code).unwrap().advice();
        assert!(advice.contains(words), "{code}: {advice}");
    }
}
