//! Requests compared with those of an official SDK. The expectations were recorded from the Python
//! SDK, lark-oapi 1.7.5, over loopback.

#![allow(deprecated, reason = "what is deprecated has to work as well")]

use feishu_cardkit::Client;
use feishu_cardkit::card::*;
use feishu_cardkit::card_element::*;
use openplat_mock::MockPlatform;
use openplat_mock::http::Method;
use serde_json::{Value, json};

const CARD: &str = r#"{"schema":"2.0","body":{"elements":[{"tag":"markdown","element_id":"md_1","content":"半"}]}}"#;

/// Checks the only request that `$operation` sends.
macro_rules! sends {
    ($operation:ty: $request:expr, $method:ident $path:literal $body:expr) => {{
        let mock = MockPlatform::in_process();
        mock.on::<$operation>().data(json!({ "card_id": "73" }));
        let client = Client::builder("cli_1", "secret").transport(mock.transport()).build();
        $request.send(&client.unwrap()).await.unwrap();
        let [request] = &mock.requests()[..] else { panic!("one request expected") };
        assert_eq!(request.method, Method::$method);
        assert_eq!(request.target, concat!("/open-apis/cardkit/v1/cards", $path));
        let media_type = "application/json; charset=utf-8";
        assert_eq!(request.header("content-type"), Some(media_type));
        let body: Value = $body;
        assert_eq!(request.json().unwrap(), body);
    }};
}

#[tokio::test]
async fn a_card_is_created_from_json_in_a_string() {
    let required = CreateCardRequired { kind: CardType::CardJson, data: CARD };
    sends!(CreateCard: CreateCard::new(required), POST "" json!({
        "type": "card_json", "data": CARD
    }));
}

#[tokio::test]
async fn a_card_is_replaced() {
    let card = CardData::new(CardDataRequired { kind: CardType::CardJson, data: CARD });
    sends!(UpdateCard: UpdateCard::new("73", card, 1).uuid("u"), PUT "/73" json!({
        "card": { "type": "card_json", "data": CARD }, "uuid": "u", "sequence": 1
    }));
}

#[tokio::test]
async fn settings_are_changed() {
    let settings = r#"{"config":{"streaming_mode":false}}"#;
    let required = UpdateCardSettingsRequired { card_id: "73", settings, sequence: 2 };
    let request = UpdateCardSettings::new(required).uuid("u");
    sends!(UpdateCardSettings: request, PATCH "/73/settings" json!({
        "settings": settings, "uuid": "u", "sequence": 2
    }));
}

#[tokio::test]
async fn a_card_is_changed_in_several_places_at_once() {
    let actions = r#"[{"action":"delete_elements","params":{"element_ids":["md_1"]}}]"#;
    let required = BatchUpdateCardRequired { card_id: "73", sequence: 3, actions };
    let request = BatchUpdateCard::new(required).uuid("u");
    sends!(BatchUpdateCard: request, POST "/73/batch_update" json!({
        "uuid": "u", "sequence": 3, "actions": actions
    }));
}

#[tokio::test]
async fn a_message_leads_to_its_card() {
    sends!(ConvertCardId: ConvertCardId::new("om_1"), POST "/id_convert" json!({
        "message_id": "om_1"
    }));
}

#[tokio::test]
async fn elements_are_added() {
    let elements = r#"[{"tag":"hr"}]"#;
    let position = ElementPosition::InsertAfter;
    let required = CreateCardElementRequired { card_id: "73", position, sequence: 4, elements };
    let request = CreateCardElement::new(required).target_element_id("md_1").uuid("u");
    sends!(CreateCardElement: request, POST "/73/elements" json!({
        "type": "insert_after", "target_element_id": "md_1", "uuid": "u", "sequence": 4,
        "elements": elements
    }));
}

#[tokio::test]
async fn an_element_is_replaced() {
    let element = r#"{"tag":"hr"}"#;
    let (card_id, element_id) = ("73", "md_1");
    let required = UpdateCardElementRequired { card_id, element_id, element, sequence: 5 };
    let request = UpdateCardElement::new(required).uuid("u");
    sends!(UpdateCardElement: request, PUT "/73/elements/md_1" json!({
        "uuid": "u", "element": element, "sequence": 5
    }));
}

#[tokio::test]
async fn members_of_an_element_are_changed() {
    let partial_element = r#"{"content":"半"}"#;
    let (card_id, element_id) = ("73", "md_1");
    let required = PatchCardElementRequired { card_id, element_id, partial_element, sequence: 6 };
    let request = PatchCardElement::new(required).uuid("u");
    sends!(PatchCardElement: request, PATCH "/73/elements/md_1" json!({
        "partial_element": partial_element, "uuid": "u", "sequence": 6
    }));
}

#[tokio::test]
async fn a_text_is_streamed() {
    let (card_id, element_id, content) = ("73", "md_1", "半 done");
    let required = StreamTextRequired { card_id, element_id, content, sequence: 7 };
    let request = StreamText::new(required).uuid("u");
    sends!(StreamText: request, PUT "/73/elements/md_1/content" json!({
        "uuid": "u", "content": content, "sequence": 7
    }));
}

#[tokio::test]
async fn an_element_is_deleted_with_a_body() {
    let required = DeleteCardElementRequired { card_id: "73", element_id: "md_1", sequence: 8 };
    let request = DeleteCardElement::new(required).uuid("u");
    sends!(DeleteCardElement: request, DELETE "/73/elements/md_1" json!({
        "uuid": "u", "sequence": 8
    }));
}
