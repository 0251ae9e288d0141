//! Cards as the platform documents them, and the limits that it documents.

use feishu_card::{
    Align, Button, ButtonStyle, Card, CardBuilder, CardErrorKind, CardWidth, CollapsiblePanel,
    Column, ColumnSet, Divider, Element, FlexMode, Form, Header, HeaderTemplate, Image, Input,
    MarkdownText, MultiSelect, PlainText, Select, Table, TableColumn,
};
use serde_json::{Value, json};

#[track_caller]
fn has(builder: CardBuilder, elements: Value) {
    let card = builder.build().map(Card::into_json);
    assert_eq!(card.as_ref().map(|card| &card["body"]["elements"]), Ok(&elements));
}

#[test]
fn a_card_has_the_documented_frame() {
    let header = Header::new("Build")
        .subtitle("main")
        .template(HeaderTemplate::Green)
        .tag("passed", "green")
        .icon("chat-forbidden_outlined");
    let card = Card::builder()
        .header(header)
        .summary("Build passed")
        .width(CardWidth::Fill)
        .config("streaming_mode", true)
        .link("https://example.com")
        .element(PlainText::new("1 < 2").text_size("notation").text_color("grey"))
        .elements([MarkdownText::new("*ok*").align(Align::Center).element_id("status")]);
    assert_eq!(
        card.build().unwrap().into_json(),
        json!({
            "schema": "2.0",
            "config": {
                "summary": { "content": "Build passed" },
                "width_mode": "fill",
                "streaming_mode": true,
            },
            "card_link": { "url": "https://example.com" },
            "header": {
                "title": { "tag": "plain_text", "content": "Build" },
                "subtitle": { "tag": "plain_text", "content": "main" },
                "template": "green",
                "text_tag_list": [{
                    "tag": "text_tag",
                    "text": { "tag": "plain_text", "content": "passed" },
                    "color": "green",
                }],
                "icon": { "tag": "standard_icon", "token": "chat-forbidden_outlined" },
            },
            "body": { "elements": [
                {
                    "tag": "div",
                    "text": {
                        "tag": "plain_text",
                        "content": "1 < 2",
                        "text_size": "notation",
                        "text_color": "grey",
                    },
                },
                {
                    "tag": "markdown",
                    "content": "*ok*",
                    "text_align": "center",
                    "element_id": "status",
                },
            ] },
        }),
    );
}

#[test]
fn buttons_columns_panels_and_images_are_as_documented() {
    let button = Button::new("Go")
        .style(ButtonStyle::PrimaryFilled)
        .callback(json!({ "id": 1 }))
        .open_url("https://example.com")
        .confirm("Sure?", "It cannot be undone.")
        .disabled(false);
    let columns = ColumnSet::new()
        .flex_mode(FlexMode::Stretch)
        .column(Column::new().weight(2).element(Image::new("img_v3_1", "").title("Chart")))
        .column(Column::new().width("100px").element(button));
    let panel = CollapsiblePanel::new("More").expanded(true).element(Divider::new().margin("4px"));
    let plain = |content: &str| json!({ "tag": "plain_text", "content": content });
    has(
        Card::builder().element(columns).element(panel),
        json!([
            {
                "tag": "column_set",
                "flex_mode": "stretch",
                "columns": [
                    {
                        "tag": "column",
                        "width": "weighted",
                        "weight": 2,
                        "elements": [{
                            "tag": "img",
                            "img_key": "img_v3_1",
                            "alt": plain(""),
                            "title": plain("Chart"),
                        }],
                    },
                    {
                        "tag": "column",
                        "width": "100px",
                        "elements": [{
                            "tag": "button",
                            "text": plain("Go"),
                            "type": "primary_filled",
                            "behaviors": [
                                { "type": "callback", "value": { "id": 1 } },
                                { "type": "open_url", "default_url": "https://example.com" },
                            ],
                            "confirm": {
                                "title": plain("Sure?"),
                                "text": plain("It cannot be undone."),
                            },
                            "disabled": false,
                        }],
                    },
                ],
            },
            {
                "tag": "collapsible_panel",
                "header": { "title": plain("More") },
                "expanded": true,
                "elements": [{ "tag": "hr", "margin": "4px" }],
            },
        ]),
    );
}

#[test]
fn forms_and_menus_are_as_documented() {
    let form = Form::new("leave")
        .element(Input::new("why").label("Why").max_length(80).multiline().required(true))
        .element(Select::new().name("kind").placeholder("Kind").option("Sick", "s"))
        .element(MultiSelect::new("days").option("Mon", "1").selected(["1"]))
        .element(Button::new("Send").submit("send"))
        .element(Button::new("Clear").reset("clear"));
    let menu = Select::new().option("A", "a").initial_option("a").callback(json!({ "menu": 1 }));
    let plain = |content: &str| json!({ "tag": "plain_text", "content": content });
    has(
        Card::builder().element(form).element(menu),
        json!([
            {
                "tag": "form",
                "name": "leave",
                "elements": [
                    {
                        "tag": "input",
                        "name": "why",
                        "label": plain("Why"),
                        "max_length": 80,
                        "input_type": "multiline_text",
                        "required": true,
                    },
                    {
                        "tag": "select_static",
                        "name": "kind",
                        "placeholder": plain("Kind"),
                        "options": [{ "text": plain("Sick"), "value": "s" }],
                    },
                    {
                        "tag": "multi_select_static",
                        "name": "days",
                        "options": [{ "text": plain("Mon"), "value": "1" }],
                        "selected_values": ["1"],
                    },
                    {
                        "tag": "button",
                        "text": plain("Send"),
                        "name": "send",
                        "form_action_type": "submit",
                    },
                    {
                        "tag": "button",
                        "text": plain("Clear"),
                        "name": "clear",
                        "form_action_type": "reset",
                    },
                ],
            },
            {
                "tag": "select_static",
                "options": [{ "text": plain("A"), "value": "a" }],
                "initial_option": "a",
                "behaviors": [{ "type": "callback", "value": { "menu": 1 } }],
            },
        ]),
    );
}

#[test]
fn tables_are_as_documented() {
    let columns = [
        TableColumn::text("who", "Who").width("120px"),
        TableColumn::date("when", "When", "YYYY-MM-DD").align(Align::Right),
    ];
    let table = Table::new(columns)
        .row([("who", json!("Tom")), ("when", json!(1_699_341_315_000_u64))])
        .page_size(10)
        .auto_height();
    has(
        Card::builder().element(table),
        json!([{
            "tag": "table",
            "columns": [
                { "name": "who", "display_name": "Who", "data_type": "text", "width": "120px" },
                {
                    "name": "when",
                    "display_name": "When",
                    "data_type": "date",
                    "date_format": "YYYY-MM-DD",
                    "horizontal_align": "right",
                },
            ],
            "rows": [{ "who": "Tom", "when": 1_699_341_315_000_u64 }],
            "page_size": 10,
            "row_height": "auto",
            "row_max_height": "999px",
        }]),
    );
}

fn nested(levels: usize) -> Element {
    let leaf = Element::from(Divider::new());
    (0..levels).fold(leaf, |inner, _| CollapsiblePanel::new("more").element(inner).into())
}

fn table(columns: usize) -> Table {
    Table::new((0..columns).map(|at| TableColumn::text(format!("c{at}"), "")))
}

fn form(name: &str) -> Form {
    Form::new(name).element(Button::new("Send").submit(format!("send_{name}")))
}

fn one(element: impl Into<Element>) -> CardBuilder {
    Card::builder().element(element)
}

#[test]
fn what_is_at_the_limit_passes() {
    let texts = (0..199).map(|_| MarkdownText::new("a"));
    let cards = [
        Card::builder(),
        Card::builder().elements(texts).element(Divider::new()),
        one(nested(5)),
        Card::builder().elements((0..5).map(|_| table(50))),
        one(MarkdownText::new("a").element_id("a2345678901234567_90")),
        one(MarkdownText::new("a".repeat(30 * 1024 - 120))),
        one(Button::new("字".repeat(100))),
        one(form("a")).element(form("b")),
        one(Input::new("a")).element(Input::new("a")),
        one(form("a").element(Divider::new())),
    ];
    for card in cards {
        card.build().unwrap();
    }
}

#[test]
fn each_limit_is_checked_and_placed() {
    use CardErrorKind::*;
    let column = |element: Element| ColumnSet::new().column(Column::new().element(element));
    let text = |id: &str| MarkdownText::new("a").element_id(id);
    let menu = Select::new().option("A", "a").option("B", "a");
    let many = (0..101).map(|_| PlainText::new("a"));
    let title = ["a", "b", "c", "d"].iter().fold(Header::new(""), |it, tag| it.tag(*tag, "red"));
    let unknown_row = table(1).row([("c1", "")]);
    let unnamed = Table::new([TableColumn::text("", "")]);
    let id_of_text = json!({ "tag": "div", "text": { "tag": "plain_text", "element_id": "a" } });
    let cases = [
        (one(Element::json(json!({}))), Component, "body.elements[0]"),
        (one(Element::json(json!([]))), Component, "body.elements[0]"),
        (one(Element::json(json!({"tag":"note"}))), OldComponent, "body.elements[0]"),
        (one(Element::json(json!({"tag":"img","img_key":""}))), NoImageKey, "body.elements[0]"),
        (Card::builder().config("update_multi", false), NotShared, ""),
        (Card::builder().header(title), TooManyTags, ""),
        (one(MarkdownText::new("\"".repeat(8_000))), TooLarge, ""),
        (one(MarkdownText::new("字".repeat(10_240))), TooLarge, ""),
        (Card::builder().elements(many), TooManyElements, ""),
        (
            one(nested(6)),
            TooDeep,
            "body.elements[0].elements[0].elements[0].elements[0].elements[0].elements[0].elements[0]",
        ),
        (one(text("1a")), ElementId, "body.elements[0]"),
        (one(text("a-b")), ElementId, "body.elements[0]"),
        (one(text("")), ElementId, "body.elements[0]"),
        (one(text("a23456789012345678901")), ElementId, "body.elements[0]"),
        (one(text("a")).element(text("a")), DuplicateElementId, "body.elements[1]"),
        (one(text("a")).element(Element::json(id_of_text)), DuplicateElementId, "body.elements[1]"),
        (
            one(text("a")).element(ColumnSet::new().column(Column::new().element_id("a"))),
            DuplicateElementId,
            "body.elements[1].columns[0]",
        ),
        (Card::builder().elements((0..6).map(|_| table(1))), TooManyTables, "body.elements[5]"),
        (one(table(51)), TooManyColumns, "body.elements[0]"),
        (one(unnamed), ColumnName, "body.elements[0]"),
        (one(unknown_row), UnknownColumn, "body.elements[0]"),
        (one(table(1).page_size(11)), PageSize, "body.elements[0]"),
        (one(column(table(1).into())), NotAtRoot, "body.elements[0].columns[0].elements[0]"),
        (one(column(form("a").into())), NotAtRoot, "body.elements[0].columns[0].elements[0]"),
        (one(form("a").element(table(1))), NotInForm, "body.elements[0].elements[1]"),
        (one(MultiSelect::new("a")), OnlyInForm, "body.elements[0]"),
        (one(Form::new("a")), NoSubmit, "body.elements[0]"),
        (one(Form::new("a").element(Button::new("x").reset("b"))), NoSubmit, "body.elements[0]"),
        (one(form("")), NoName, "body.elements[0]"),
        (one(form("a").element(Select::new())), NoName, "body.elements[0].elements[1]"),
        (
            one(form("a").element(column(Input::new("").into()))),
            NoName,
            "body.elements[0].elements[1].columns[0].elements[0]",
        ),
        (one(form("a").element(Input::new("a"))), DuplicateName, "body.elements[0].elements[1]"),
        (one(menu), DuplicateOption, "body.elements[0]"),
        (one(Button::new("字".repeat(101))), ButtonText, "body.elements[0]"),
    ];
    for (card, kind, at) in cases {
        let error = card.build().unwrap_err();
        assert_eq!((error.kind(), error.at()), (kind, at));
    }
}

#[test]
fn only_schema_2_is_a_card() {
    for card in [
        json!({}),
        json!([]),
        json!({ "elements": [] }),
        json!({ "schema": "1.0", "body": { "elements": [] } }),
        json!({ "schema": "2.0", "elements": [] }),
        json!({ "schema": "2.0", "body": { "elements": {} } }),
    ] {
        assert_eq!(Card::from_json(card).unwrap_err().kind(), CardErrorKind::Schema);
    }
}

/// Requests carry a card as a string, which is what the platform measures.
#[test]
fn the_size_is_that_of_the_card_in_a_request() {
    let text = "say \"hi\" \\ \n\t\u{1} 字 😀";
    let card = one(MarkdownText::new(text)).header(Header::new(text)).build().unwrap();
    let string = serde_json::to_string(&card.to_json_string()).unwrap();
    assert_eq!(card.size().bytes, string.len() - 2);
}

#[test]
fn an_error_quotes_no_words_of_the_card() {
    let error = one(MarkdownText::new("secret".repeat(6_000))).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid card: larger than 30 KiB in a request. Shorten it, or send several cards.",
    );
}
