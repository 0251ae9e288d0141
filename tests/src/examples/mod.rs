//! The example programs, against the platform on this machine. Each is a module here; its `main` is
//! not called.

mod cards;
mod dingtalk;
mod echo_bot;
mod files;
mod listed;
mod login;
mod messages;
mod records;
mod webhooks;

#[path = "../../../crates/feishu-im/examples"]
#[allow(dead_code, reason = "`main` is not called")]
mod im {
    pub(super) mod card_button;
    pub(super) mod echo_bot;
    pub(super) mod files;
    pub(super) mod group_bot;
    pub(super) mod login;
    pub(super) mod raw_call;
    pub(super) mod share_link;
    pub(super) mod typed_error;
    pub(super) mod unit_test;
}

#[path = "../../../crates/feishu-cardkit/examples"]
#[allow(dead_code, reason = "`main` is not called")]
mod cardkit {
    pub(super) mod streaming_card;
}

#[path = "../../../crates/feishu-apaas/examples"]
#[allow(dead_code, reason = "`main` is not called")]
mod apaas {
    pub(super) mod records;
    pub(super) mod two_crates;
}

#[path = "../../../crates/dingtalk-convfile/examples"]
#[allow(dead_code, reason = "`main` is not called")]
mod convfile {
    pub(super) mod send_link;
    pub(super) mod send_local_file;
}

#[path = "../../examples"]
#[allow(dead_code, reason = "`main` is not called")]
mod servers {
    pub(super) mod webhook_axum;
    pub(super) mod webhook_hyper;
}
