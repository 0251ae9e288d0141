//! Values by their names: enums, numbers and times, as they are set and as they are read.

use std::time::{Duration, UNIX_EPOCH};

use feishu_apaas::application_audit_log::{AuditLogEntry, AuditOsType, AuditStatus};
use feishu_apaas::user_task::{QueryUserTask, UserTaskSource, UserTaskState};
use feishu_im::chat_members::{CreateChatMembers, SucceedType};
use feishu_im::content::post::Element;
use feishu_im::message::{ContainerId, ListMessage, Message};
use feishu_im::message_reaction::{CreateMessageReaction, Emoji, ReactionType};
use feishu_im::pin::{ListPin, Pin};
use serde_json::{from_value, json, to_value};

use crate::in_process::{feishu, replying};

#[tokio::test]
async fn a_number_has_a_name_and_is_sent_as_a_number() {
    let request = CreateChatMembers::new("oc_1").succeed_type(SucceedType::AddAllPossible);
    assert_eq!(request, CreateChatMembers::new("oc_1").succeed_type(1));
    assert_ne!(request, CreateChatMembers::new("oc_1").succeed_type(7));
    let mock = replying::<CreateChatMembers>([]);
    request.send(&feishu(&mock)).await.unwrap();
    let target = &mock.requests()[0].target;
    assert!(target.ends_with("/members?succeed_type=1"), "{target}");
}

#[test]
fn every_emoji_of_the_vendor_has_a_name() {
    assert_eq!(Emoji::KNOWN.len(), 182);
    for name in Emoji::KNOWN {
        let emoji = Emoji::from(*name);
        assert!(!matches!(emoji, Emoji::Unknown(_)) && emoji.as_str() == *name, "{name}");
    }
    let reaction = |emoji: Emoji| CreateMessageReaction::new("om_1", ReactionType::new(emoji));
    assert_eq!(reaction(Emoji::ThumbsUp), reaction("THUMBSUP".into()));
    assert_eq!(to_value(ReactionType::new(Emoji::X18)).unwrap(), json!({ "emoji_type": "18X" }));
    assert_eq!(Element::emotion(Emoji::OnIt), Element::emotion("OnIt"));
}

/// An emoji that the vendor adds tomorrow.
#[test]
fn an_emoji_without_a_name_stays_what_it_is() {
    let sent = json!({ "emoji_type": "HoverCraft" });
    let reaction: ReactionType = from_value(sent.clone()).unwrap();
    assert!(matches!(reaction.emoji_type, Some(Emoji::Unknown(_))));
    assert_eq!(to_value(reaction).unwrap(), sent);
}

#[test]
fn codes_in_strings_have_names() {
    let entry = json!({ "status": "18002", "os_type": "14001", "op_time": "1724296657002" });
    let entry: AuditLogEntry = from_value(entry).unwrap();
    assert_eq!(entry.status, Some(AuditStatus::Failed));
    assert_eq!(entry.os_type, Some(AuditOsType::NotKnown));
    assert_eq!(entry.done_at(), Some(UNIX_EPOCH + Duration::from_millis(1_724_296_657_002)));
}

/// One list takes seconds, and the other milliseconds.
#[test]
fn a_time_is_sent_in_the_unit_of_the_field() {
    let time = UNIX_EPOCH + Duration::from_millis(1_609_073_151_345);
    let messages = || ListMessage::new(ContainerId::chat("oc_1"));
    assert_eq!(messages().start_time(time), messages().start_time("1609073151"));
    assert_eq!(messages().start_time(1_609_073_151), messages().start_time("1609073151"));
    let pins = || ListPin::new("oc_1");
    assert_eq!(pins().end_time(time), pins().end_time("1609073151345"));
    assert_eq!(pins().end_time(time), pins().end_time(1_609_073_151_345));
}

#[test]
fn a_number_in_a_string_is_set_from_a_number() {
    let tasks = || QueryUserTask::new("u");
    assert_eq!(tasks().limit(50).offset(0), tasks().limit("50").offset("0"));
    let typed = tasks().kind(UserTaskState::Archived).source(UserTaskSource::Copied);
    assert_eq!(typed, tasks().kind("archived").source("CCMe"));
}

#[test]
fn a_time_is_read_in_the_unit_of_the_field() {
    let time = UNIX_EPOCH + Duration::from_millis(1_609_073_151_345);
    let message =
        json!({ "message_id": "om_1", "create_time": "1609073151345", "update_time": "" });
    let message: Message = from_value(message).unwrap();
    assert_eq!((message.created_at(), message.updated_at()), (Some(time), None));
    let pin: Pin = from_value(json!({ "message_id": "om_1" })).unwrap();
    assert_eq!(pin.created_at(), None);
    let link: feishu_im::chat::LinkChatResponse =
        from_value(json!({ "expire_time": "1609296809" })).unwrap();
    assert_eq!(link.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(1_609_296_809)));
}
