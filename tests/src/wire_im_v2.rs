//! The requests of im v2, compared with what the vendor's SDK for Python (lark_oapi 1.7.5) sent to a
//! server on the same machine.

use feishu_im::Client;
use feishu_im::app_feed_card::{
    AppFeedCard, AppFeedCardField, AppFeedCardUpdate, CreateAppFeedCard, DeleteAppFeedCards,
    FeedButton, FeedButtonAction, FeedButtonStyle, FeedButtonText, FeedButtonUrl, FeedButtons,
    FeedLink, FeedNotify, FeedStatusLabel, FeedStatusLabelType, UpdateAppFeedCards,
    UserAppFeedCard,
};
use feishu_im::chat::{
    ChatSearchFilter, ChatSearchOrder, ChatSearchType, SearchChatV2, UserIdType,
};
use feishu_im::chat_button::UpdateChatButton;
use feishu_im::feed_card::{PatchBotFeedCard, PatchFeedCard, PatchFeedCardRequired};
use feishu_im::tag::{
    BindTags, BindTagsRequired, CreateTag, GetBoundTags, GetBoundTagsRequired, NewTag, PatchTag,
    TagBizType, TagI18nName, TagPatch, UnbindTags, UnbindTagsRequired,
};
use feishu_im::url_preview::UpdateUrlPreviews;
use openplat_core::{Feishu, Operation};
use openplat_mock::MockPlatform;
use serde_json::{Value, json};

use crate::tested::Tested;

/// Asserts what the operation puts on the wire. The order of a query's parameters means nothing.
async fn sends<O>(operation: O, method: &str, target: &str, body: Value)
where
    O: Operation<Vendor = Feishu> + openplat_core::AcceptsAppToken,
{
    let mock = MockPlatform::start().await.unwrap();
    let client =
        Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url()).build().unwrap();
    let route = mock.on::<O>();
    openplat_core::Sender::call(&client, &operation).await.unwrap();
    let [request] = &route.requests()[..] else { panic!("one request expected") };
    assert_eq!(request.method, method);
    assert_eq!(parts(&request.target), parts(target));
    assert_eq!(request.json().unwrap_or(Value::Null), body);
    let json = (!body.is_null()).then_some("application/json; charset=utf-8");
    assert_eq!(request.header("content-type"), json);
}

fn parts(target: &str) -> (&str, Vec<&str>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.sort_unstable();
    (path, pairs)
}

fn text(words: &str) -> FeedButtonText {
    FeedButtonText::new().text(words)
}

fn names() -> [TagI18nName; 1] {
    [TagI18nName::new().locale("zh_cn").name("标签")]
}

#[tokio::test]
async fn a_card_in_the_feed_with_everything() {
    let button = FeedButton::new()
        .multi_url(FeedButtonUrl::new().url("https://example.com/"))
        .action_type(FeedButtonAction::UrlPage)
        .text(text("T"))
        .button_type(FeedButtonStyle::Plain)
        .action_map([("foo", "bar")]);
    let label = FeedStatusLabel::new().text("L").label_type(FeedStatusLabelType::Primary);
    let notify =
        FeedNotify::new().close_notify(true).custom_sound_text("S").with_custom_sound(true);
    let card = AppFeedCard::new()
        .biz_id("b1")
        .title("主标题")
        .preview("P")
        .time_sensitive(false)
        .status_label(label)
        .buttons(FeedButtons::new().buttons([button]))
        .link(FeedLink::new().link("https://example.com/"))
        .notify(notify);
    let create = CreateAppFeedCard::new().user_id_type(UserIdType::OpenId);
    let body = json!({
        "app_feed_card": {
            "biz_id": "b1",
            "title": "主标题",
            "preview": "P",
            "status_label": { "text": "L", "type": "primary" },
            "buttons": { "buttons": [{
                "multi_url": { "url": "https://example.com/" },
                "action_type": "url_page",
                "text": { "text": "T" },
                "button_type": "default",
                "action_map": { "foo": "bar" },
            }] },
            "link": { "link": "https://example.com/" },
            "time_sensitive": false,
            "notify": {
                "close_notify": true, "custom_sound_text": "S", "with_custom_sound": true,
            },
        },
        "user_ids": ["ou_1"],
    });
    let target = "/open-apis/im/v2/app_feed_card?user_id_type=open_id";
    sends(create.app_feed_card(card).user_ids(["ou_1"]), "POST", target, body).await;
}

#[tokio::test]
async fn cards_in_the_feed_are_changed_and_removed_at_one_path() {
    let target = "/open-apis/im/v2/app_feed_card/batch?user_id_type=open_id";
    let change = AppFeedCardUpdate::new()
        .app_feed_card(AppFeedCard::new().biz_id("b1").title("Done"))
        .user_id("ou_1")
        .update_fields([AppFeedCardField::Title]);
    let update = UpdateAppFeedCards::new().user_id_type(UserIdType::OpenId).feed_cards([change]);
    let body = json!({ "feed_cards": [{
        "app_feed_card": { "biz_id": "b1", "title": "Done" },
        "user_id": "ou_1",
        "update_fields": ["1"],
    }] });
    sends(update, "PUT", target, body).await;

    let card = UserAppFeedCard::new().biz_id("b1").user_id("ou_1");
    let delete = DeleteAppFeedCards::new().user_id_type(UserIdType::OpenId).feed_cards([card]);
    let body = json!({ "feed_cards": [{ "biz_id": "b1", "user_id": "ou_1" }] });
    sends(delete, "DELETE", target, body).await;
}

#[tokio::test]
async fn chats_at_the_top_of_the_feed() {
    let body = json!({ "time_sensitive": true, "user_ids": ["ou_1"] });
    let group = PatchFeedCard::new(PatchFeedCardRequired {
        feed_card_id: "oc_1",
        user_id_type: UserIdType::OpenId,
        time_sensitive: true,
        user_ids: &["ou_1"],
    });
    let target = "/open-apis/im/v2/feed_cards/oc_1?user_id_type=open_id";
    sends(group, "PATCH", target, body.clone()).await;

    let bot = PatchBotFeedCard::new(UserIdType::OpenId, true, ["ou_1"]);
    let target = "/open-apis/im/v2/feed_cards/bot_time_sentive?user_id_type=open_id";
    sends(bot, "PATCH", target, body).await;
}

#[tokio::test]
async fn the_buttons_of_a_chat() {
    let button = FeedButton::new().action_type(FeedButtonAction::Webhook).text(text("T"));
    let update = UpdateChatButton::new("oc_1")
        .user_id_type(UserIdType::OpenId)
        .user_ids(["ou_1"])
        .buttons(FeedButtons::new().buttons([button]));
    let body = json!({
        "user_ids": ["ou_1"],
        "chat_id": "oc_1",
        "buttons": { "buttons": [{ "action_type": "webhook", "text": { "text": "T" } }] },
    });
    sends(update, "PUT", "/open-apis/im/v2/chat_button?user_id_type=open_id", body).await;
}

#[tokio::test]
async fn tags() {
    let new = NewTag::new().tag_type("tenant").name("n").i18n_names(names());
    let names_on_the_wire = json!([{ "locale": "zh_cn", "name": "标签" }]);
    let body = json!({
        "create_tag": { "tag_type": "tenant", "name": "n", "i18n_names": names_on_the_wire },
    });
    sends(CreateTag::new(new), "POST", "/open-apis/im/v2/tags", body).await;

    let patch = TagPatch::new().id("7").name("n").i18n_names(names());
    let body = json!({ "patch_tag": { "id": "7", "name": "n", "i18n_names": names_on_the_wire } });
    sends(PatchTag::new("7").patch_tag(patch), "PATCH", "/open-apis/im/v2/tags/7", body).await;
}

#[tokio::test]
async fn tags_on_a_chat() {
    let target = "/open-apis/im/v2/biz_entity_tag_relation";
    let body = json!({ "tag_biz_type": "chat", "biz_entity_id": "oc_1", "tag_ids": ["7"] });
    let (tag_biz_type, biz_entity_id) = (TagBizType::Chat, "oc_1");
    let required = BindTagsRequired { tag_biz_type: tag_biz_type.clone(), biz_entity_id };
    let bind = BindTags::new(required).tag_ids(["7"]);
    sends(bind, "POST", target, body.clone()).await;
    let required = UnbindTagsRequired { tag_biz_type: tag_biz_type.clone(), biz_entity_id };
    let unbind = UnbindTags::new(required).tag_ids(["7"]);
    sends(unbind, "PUT", target, body).await;
    let target = format!("{target}?tag_biz_type=chat&biz_entity_id=oc_1");
    let bound = GetBoundTags::new(GetBoundTagsRequired { tag_biz_type, biz_entity_id });
    sends(bound, "GET", &target, Value::Null).await;
}

#[tokio::test]
async fn previews_of_links() {
    let update = UpdateUrlPreviews::new(["p"]).open_ids(["ou_1"]);
    let body = json!({ "preview_tokens": ["p"], "open_ids": ["ou_1"] });
    sends(update, "POST", "/open-apis/im/v2/url_previews/batch_update", body).await;
}

#[tokio::test]
async fn a_search_for_chats() {
    let filter = ChatSearchFilter::new()
        .search_types([ChatSearchType::Private])
        .member_ids(["ou_1"])
        .is_manager(true);
    let search = SearchChatV2::new()
        .page_size(10)
        .page_token("t")
        .user_id_type(UserIdType::OpenId)
        .query("q")
        .filter(filter)
        .sorter(ChatSearchOrder::CreateTimeDesc);
    let body = json!({
        "query": "q",
        "filter": { "search_types": ["private"], "member_ids": ["ou_1"], "is_manager": true },
        "sorter": "create_time_desc",
    });
    let target = "/open-apis/im/v2/chats/search?page_size=10&page_token=t&user_id_type=open_id";
    sends(search, "POST", target, body).await;
}
