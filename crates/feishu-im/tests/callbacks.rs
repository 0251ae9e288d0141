//! From the use of a card or a link to the answer, and to the update after it.
#![cfg(feature = "events")]
#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use arbtest::arbtest;
use feishu_im::ErrorKind;
use feishu_im::card::UpdateCard;
use feishu_im::content::{Card, CardTemplate};
use feishu_im::events::{
    CardAction, CardActionAnswer, OldCardAction, RawEvent, Received, Toast, UrlPreviewAnswer,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[track_caller]
fn read<T: DeserializeOwned>(data: Value) -> T {
    RawEvent::new(Default::default(), data.to_string()).read().unwrap().value
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    dish: String,
    count: Option<u32>,
}

fn click(value: Value) -> (CardAction, OldCardAction) {
    let token = "c-295ee57216a5dc9de90fefd0aadb4b1d7d";
    let action = json!({ "tag": "button", "value": value });
    let new = json!({ "operator": { "open_id": "ou_1" }, "token": token, "action": action });
    (read(new), read(json!({ "open_id": "ou_1", "token": token, "action": action })))
}

#[test]
fn the_value_of_a_button_is_an_object_or_a_string() {
    let order = json!({ "dish": "rice", "count": "2" });
    for (value, expected) in [
        (order.clone(), order.clone()),
        (order.to_string().into(), order.clone()),
        (format!(" {order} ").into(), order.clone()),
        ("[1,2]".into(), json!([1, 2])),
        ("rice".into(), "rice".into()),
        ("{rice".into(), "{rice".into()),
        ("7".into(), "7".into()),
        ("true".into(), "true".into()),
        ("".into(), "".into()),
        (Value::Null, Value::Null),
        (7.into(), 7.into()),
    ] {
        let (new, old) = click(value.clone());
        assert_eq!((new.value(), old.value()), (expected.clone(), expected), "{value}");
    }
    let (new, old) = click(order.to_string().into());
    let expected = Order { dish: "rice".into(), count: Some(2) };
    assert_eq!(new.read_value::<Order>().unwrap().value, expected);
    assert_eq!(old.read_value::<Order>().unwrap().value, expected);
    assert_eq!(click("rice".into()).0.read_value::<String>().unwrap().value, "rice");
    let odd = click(json!({ "dish": "rice", "count": "secret-count" })).0;
    let read = odd.read_value::<Order>().unwrap();
    assert_eq!((read.value.count, read.warnings.len()), (None, 1));
    let none: CardAction = self::read(json!({}));
    assert_eq!((none.value(), none.open_id()), (Value::Null, None));
    let error = none.read_value::<Order>().unwrap_err().to_string();
    let quoting = click("secret words".into()).0.read_value::<Order>().unwrap_err().to_string();
    assert!(!error.is_empty() && !quoting.contains("secret"), "{quoting}");
    assert_eq!(new.open_id(), Some("ou_1"));
}

#[test]
fn a_form_is_read_as_a_type() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Form {
        dish: String,
        people: Option<u8>,
        days: Vec<String>,
        remind: bool,
    }
    let form = json!({ "dish": "rice", "people": "2", "days": ["mon"], "remind": true });
    let action: CardAction = read(json!({ "action": { "form_value": form } }));
    let expected =
        Form { dish: "rice".into(), people: Some(2), days: vec!["mon".into()], remind: true };
    assert_eq!(action.read_form::<Form>().unwrap().value, expected);
    let old: OldCardAction = read(json!({ "action": { "form_value": form } }));
    assert_eq!(old.read_form::<Form>().unwrap().value, expected);
    let empty: CardAction = read(json!({ "token": "c-1" }));
    let error = feishu_im::Error::from(empty.read_form::<Form>().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().ends_with("at `$`: the field `dish` is missing"), "{error}");
}

#[test]
fn a_card_is_updated_later_by_its_token() {
    let (new, old) = click(Value::Null);
    let card = || Card::new(json!({ "elements": [] }));
    let expected =
        UpdateCard::new("c-295ee57216a5dc9de90fefd0aadb4b1d7d", json!({ "elements": [] }));
    assert_eq!(new.late_update(card()), expected);
    assert_eq!(old.late_update(card()), expected);
}

#[track_caller]
fn is_json(value: &impl Serialize, expected: Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
}

#[test]
fn a_callback_is_answered_with_a_toast_a_card_or_both() {
    let toast = || Toast::success("Saved").locale("zh_cn", "已保存").locale("ja_jp", "保存済み");
    let toast_json = json!({
        "type": "success", "content": "Saved", "i18n": { "zh_cn": "已保存", "ja_jp": "保存済み" },
    });
    is_json(&CardActionAnswer::from(toast()), json!({ "toast": toast_json }));
    for (toast, kind) in
        [(Toast::info("x"), "info"), (Toast::warning("x"), "warning"), (Toast::error("x"), "error")]
    {
        is_json(&toast, json!({ "type": kind, "content": "x" }));
    }
    let card = json!({ "schema": "2.0", "body": { "elements": [] } });
    let raw = json!({ "type": "raw", "data": card });
    is_json(&CardActionAnswer::with_card(Card::new(card.clone())), json!({ "card": raw }));
    let template = || CardTemplate::new("AAqigYkzabcef").version("1.0.0");
    let template_json = json!({
        "type": "template",
        "data": { "template_id": "AAqigYkzabcef", "template_version_name": "1.0.0" },
    });
    let both = CardActionAnswer::with_card(template()).toast(toast());
    is_json(&both, json!({ "toast": toast_json, "card": template_json }));
    is_json(&CardActionAnswer::new(), json!({}));

    let received = Received::new(Default::default(), click(Value::Null).0);
    let answer = received.answer(Toast::info("x"));
    let expected = r#"{"toast":{"type":"info","content":"x"}}"#;
    assert_eq!(answer.as_json().map(|json| &json[..]), Some(expected.as_bytes()));
    let old = click(Value::Null).1;
    assert_eq!(old.answer_toast(Toast::info("x")), answer);
    let answer = old.answer_card(Card::new(card.clone()));
    assert_eq!(answer.as_json().map(|json| json.to_vec()), Some(card.to_string().into_bytes()));
    let answer = old.answer_card(template());
    let read: Value = serde_json::from_slice(answer.as_json().unwrap()).unwrap();
    assert_eq!(read, template_json);
}

#[test]
fn a_link_is_previewed_by_a_title_a_card_or_both() {
    let answer = UrlPreviewAnswer::with_title("Tides");
    is_json(&answer, json!({ "inline": { "title": "Tides" } }));
    let inline = answer.inline.clone().unwrap().locale("zh_cn", "潮汐").image_key("img_1");
    let both = UrlPreviewAnswer::with_card(CardTemplate::new("AAqigYkzabcef")).inline(inline);
    is_json(
        &both,
        json!({
            "inline": { "title": "Tides", "i18n_title": { "zh_cn": "潮汐" }, "image_key": "img_1" },
            "card": { "type": "template", "data": { "template_id": "AAqigYkzabcef" } },
        }),
    );
}

#[test]
fn debug_shows_neither_values_nor_tokens() {
    const SECRET: &str = "hush-hush";
    let token = json!({ "token": SECRET, "action": {
        "value": SECRET, "option": SECRET, "options": [SECRET], "input_value": SECRET,
        "form_value": { "field": SECRET },
    }});
    let action: CardAction = read(token.clone());
    let old: OldCardAction = read(token);
    let card = || Card::new(json!({ "header": { "title": SECRET } }));
    let answer = CardActionAnswer::with_card(card()).toast(Toast::info(SECRET).locale("a", SECRET));
    let preview = UrlPreviewAnswer::with_title(SECRET).card(card().into());
    let update = action.late_update(card());
    for shown in [
        format!("{action:?} {old:?}"),
        format!("{answer:?} {preview:?}"),
        format!("{:?} {:?}", old.answer_toast(Toast::info(SECRET)), old.answer_card(card())),
        format!("{update:?}"),
        format!("{:?}", Received::new(Default::default(), action)),
    ] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn no_value_is_too_strange_to_be_read() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert!(click(deep.into()).0.value().is_string());
    arbtest(|input| {
        let text: String = input.arbitrary()?;
        for text in [text.clone(), format!("{{{text}"), format!("[\"{text}\"]")] {
            let (new, old) = click(text.into());
            assert_eq!(new.value(), old.value());
            let _ = (new.read_value::<Order>().is_ok(), new.read_form::<Order>().is_ok());
        }
        Ok(())
    });
}
