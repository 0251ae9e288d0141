//! From a message that comes in to what it says, and to the reply.
#![cfg(feature = "events")]
#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use feishu_im::bot::{Bot, BotInfo};
use feishu_im::content::{Content, Text};
use feishu_im::events::{MessageReceived, RawEvent, V1Message};
use feishu_im::message::{GetMessage, Message, ReplyMessage};
use feishu_im::message_reaction::{CreateMessageReaction, Emoji, ReactionType};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[track_caller]
fn read<T: DeserializeOwned>(data: Value) -> T {
    RawEvent::new(Default::default(), data.to_string()).read().unwrap().value
}

/// The second user is a bot, if the platform says who is one.
fn message(msg_type: &str, content: &Value, types: [Option<&str>; 3]) -> MessageReceived {
    let [first, second, third] = types;
    read(json!({
        "sender": { "sender_id": { "open_id": "ou_sender" }, "sender_type": "user" },
        "message": {
            "message_id": "om_1",
            "chat_type": "group",
            "message_type": msg_type,
            "content": content.to_string(),
            "mentions": [
                { "key": "@_user_1", "id": { "open_id": "ou_1" }, "name": "Ann", "mentioned_type": first },
                { "key": "@_user_2", "id": { "open_id": "ou_2", "user_id": "u2" }, "name": "Pilot", "mentioned_type": second },
                { "key": "@_user_10", "id": { "open_id": "ou_10" }, "name": "Tom", "mentioned_type": third },
            ],
        },
    }))
}

const KNOWN: [Option<&str>; 3] = [Some("user"), Some("bot"), Some("user")];
const UNKNOWN: [Option<&str>; 3] = [None, None, None];

#[track_caller]
fn says(types: [Option<&str>; 3], text: &str, expected: &str) {
    let message = message("text", &json!({ "text": text }), types);
    assert_eq!(message.text().as_deref(), Some(expected), "{text:?}");
}

#[test]
fn the_mention_of_a_bot_is_left_out_of_the_text() {
    for (text, expected) in [
        ("@_user_2 hello", "hello"),
        ("@_user_2hello", "hello"),
        ("  @_user_2   hello", "hello"),
        ("@_user_2\u{a0}hello", "hello"),
        ("@_user_2\nhello", "hello"),
        ("hello @_user_2", "hello"),
        ("hello @_user_2 world", "hello world"),
        ("hello @_user_2\nworld", "hello\nworld"),
        ("hello @_user_2  \nworld", "hello\nworld"),
        ("hello\n@_user_2 world", "hello\nworld"),
        ("hello@_user_2 world", "hello world"),
        ("你好@_user_2世界", "你好世界"),
        ("@_user_2 @_user_2 hello", "hello"),
        ("@_user_2", ""),
        ("", ""),
        ("two  spaces  @_user_2  stay", "two  spaces stay"),
        ("hello  @_user_2, @_user_2  world", "hello , world"),
        ("hello@_user_2", "hello"),
        ("hello\n  @_user_2 world", "hello\nworld"),
        ("hello @_user_2\r\nworld", "hello\r\nworld"),
        ("@_user_2 @_user_1 hello", "@Ann hello"),
        ("@_user_1 @_user_2 hello", "@Ann hello"),
        ("@_user_2 /help", "/help"),
        (r#"<at user_id="ou_2">Pilot</at> hello"#, "hello"),
        (r#"<at user_id="u2">Pilot</at> hello"#, "hello"),
        (r#"<at user_id="@_user_2"></at> hello"#, "hello"),
    ] {
        says(KNOWN, text, expected);
    }
    says([None, Some("app"), None], "hi @_user_2 there", "hi there");
}

#[test]
fn other_mentions_become_names() {
    for (text, expected) in [
        ("ask @_user_1", "ask @Ann"),
        ("ask @_user_10 or @_user_1", "ask @Tom or @Ann"),
        ("ask @_user_1and @_user_10.", "ask @Annand @Tom."),
        ("@_user_100 @_user_3 @_user_ @_user @_ @", "@_user_100 @_user_3 @_user_ @_user @_ @"),
        ("@_all lunch", "@all lunch"),
        ("@_allies @_all_ @_all!", "@_allies @_all_ @all!"),
        (r#"ask <at user_id="ou_10">x</at>"#, "ask @Tom"),
        (r#"ask <at user_id="ou_9">@Eve</at>!"#, "ask @Eve!"),
        (r#"<at user_id="ou_9">Eve</at> hi"#, "@Eve hi"),
        ("ask <at id=ou_9></at>", "ask @ou_9"),
        ("ask <at open_id='ou_9' />!", "ask @ou_9!"),
        (r#"<at user_id="all"></at> lunch"#, "@all lunch"),
        (r#"<at user_id="all">所有人</at> lunch"#, "@所有人 lunch"),
    ] {
        says(KNOWN, text, expected);
    }
}

#[test]
fn the_longest_placeholder_counts() {
    let mentions: Vec<_> = ["@_user_a", "@_user_a.b", "@_user_1", "@_user_1b"]
        .map(|key| json!({ "key": key, "name": key.len(), "mentioned_type": "user" }))
        .into();
    let message: MessageReceived = read(json!({ "message": {
        "message_id": "om_1", "message_type": "text", "mentions": mentions,
        "content": r#"{"text":"@_user_a.b @_user_a.c @_user_ab @_user_1b @_user_1c"}"#,
    }}));
    assert_eq!(message.text().as_deref(), Some("@10 @8.c @_user_ab @9 @8c"));
}

#[test]
fn what_only_looks_like_a_mention_stays() {
    for text in [
        "<at user_id=\"ou_1\">",
        "<at user_id=\"ou_1\">Ann</b>",
        "<at>Ann</at>",
        "<at user_id=\"\">Ann</at>",
        "<at name=\"Ann\">Ann</at>",
        "<atom id=\"1\">x</at>",
        "<at user_id=\"ou_1\"<at",
        "1 < 2 @ 3 > 2",
        "a@b.example",
        "<\u{200B}at user_id=\"ou_1\">Ann<\u{200B}/at>",
        "&lt;at user_id=\"ou_1\"&gt;",
        "C:\\new \\n",
    ] {
        says(KNOWN, text, text);
    }
}

#[test]
fn without_types_the_mention_at_the_very_beginning_is_that_of_the_bot() {
    for (text, expected) in [
        ("@_user_1 hello", "hello"),
        ("\n @_user_1 hello", "hello"),
        ("@_user_10 @_user_1 hello", "@Ann hello"),
        ("hello @_user_1", "hello @Ann"),
        ("@_all hello", "@all hello"),
        ("@_all @_user_1 hello", "@all @Ann hello"),
        (r#"<at user_id="ou_9">Eve</at> hello"#, "hello"),
        ("@_user_7 hello", "@_user_7 hello"),
    ] {
        says(UNKNOWN, text, expected);
    }
    says([Some(""), None, None], "@_user_1 hello", "hello");
    says([None, Some("user"), None], "@_user_1 hello", "@Ann hello");
}

#[test]
fn a_name_is_never_read_as_a_mention() {
    let message: MessageReceived = read(json!({ "message": {
        "message_id": "om_1",
        "message_type": "text",
        "content": r#"{"text":"ask @_user_1 and @_user_2"}"#,
        "mentions": [
            { "key": "@_user_1", "name": "@_user_2 <at user_id=\"all\"></at>", "mentioned_type": "user" },
            { "key": "@_user_2", "name": "" },
            { "key": "", "name": "nobody" },
            { "key": "ask", "name": "nobody" },
            {},
        ],
    }}));
    let expected = "ask @_user_2 <at user_id=\"all\"></at> and @_user_2";
    assert_eq!(message.text().as_deref(), Some(expected));
    assert!(!message.mentions_all());
}

#[test]
fn a_post_is_text_as_well() {
    let post = json!({
        "title": "Tides",
        "content": [
            [
                { "tag": "at", "user_id": "@_user_2", "user_name": "" },
                { "tag": "text", "text": " high&nbsp;&amp;&#32;low &lt;3 &x; &", "un_escape": true },
            ],
            [
                { "tag": "text", "text": "see &amp; ", "style": ["bold"] },
                { "tag": "a", "text": "the table", "href": "https://example.com" },
                { "tag": "a", "text": "https://example.com", "href": "https://example.com" },
                { "tag": "a", "text": "", "href": "https://example.com/1" },
            ],
            [
                { "tag": "at", "user_id": "@_user_10" },
                { "tag": "at", "user_id": "ou_9", "user_name": "Eve" },
                { "tag": "at", "user_id": "@_all" },
                { "tag": "at" },
                { "tag": "emotion", "emoji_type": "SMILE" },
                { "tag": "hologram", "text": " and more" },
            ],
            [{ "tag": "img", "image_key": "img_1" }],
            [{ "tag": "code_block", "text": "let a = 1;\nlet b = 2;" }],
        ],
    });
    let expected = "Tides\nhigh & low <3 &x; &\nsee &amp; [the table](https://example.com)\
                    https://example.comhttps://example.com/1\n@Tom@Eve@all[SMILE] and more\n\n\
                    let a = 1;\nlet b = 2;";
    let known = message("post", &post, KNOWN);
    assert_eq!(known.text().as_deref(), Some(expected));
    assert!(known.mentions_all());
    let untitled = json!({ "content": [[{ "tag": "at", "user_id": "@_user_1" }], [{ "tag": "text", "text": "hi" }]] });
    assert_eq!(message("post", &untitled, UNKNOWN).text().as_deref(), Some("hi"));
    let titled = json!({ "title": "t", "content": [[{ "tag": "at", "user_id": "@_user_1" }, { "tag": "text", "text": " hi" }]] });
    assert_eq!(message("post", &titled, UNKNOWN).text().as_deref(), Some("t\nhi"));
    let markdown = json!({
        "content": [[{ "tag": "text", "text": "plain" }]],
        "content_v2": [[{ "tag": "md", "text": "<at user_id=\"ou_2\">Pilot</at> **bold** @_user_1" }]],
    });
    assert_eq!(message("post", &markdown, KNOWN).text().as_deref(), Some("**bold** @Ann"));
    let files = json!({ "content": [[]], "content_v2": [[]], "files": [{ "file_key": "f" }] });
    assert_eq!(message("post", &files, KNOWN).text().as_deref(), Some(""));
}

#[test]
fn other_messages_have_no_text() {
    assert_eq!(message("image", &json!({ "image_key": "img_1" }), KNOWN).text(), None);
    let recalled: MessageReceived = read(json!({ "message": {
        "message_id": "om_1", "message_type": "text", "content": "This message was recalled",
    }}));
    assert_eq!(recalled.text(), None);
    let bare: MessageReceived = read(json!({ "message": { "message_id": "om_1" } }));
    assert!(matches!(bare.content(), Content::Unknown(_)));
    assert_eq!((bare.text(), bare.sender_open_id()), (None, None));
    assert!(!bare.is_for_bot() && !bare.mentions("") && !bare.mentions_all());
    let empty = MessageReceived::default();
    assert!(matches!(empty.content(), Content::Unknown(_)));
    assert_eq!(empty.text(), None);
}

#[test]
fn content_is_read_as_that_of_a_fetched_message() {
    let text = message("text", &json!({ "text": "@_user_1 hi" }), KNOWN);
    assert_eq!(text.content(), Content::parse("text", r#"{"text":"@_user_1 hi"}"#));
    assert_eq!(text.sender_open_id(), Some("ou_sender"));
}

fn bot(open_id: &str) -> Bot {
    let mut info = BotInfo::default();
    info.open_id = open_id.to_owned();
    info.into()
}

#[test]
fn a_message_is_for_the_bot_that_it_mentions() {
    let hi = message("text", &json!({ "text": "hi" }), UNKNOWN);
    assert!(hi.is_for(&bot("ou_2")) && !hi.is_for(&bot("ou_3")));
    let direct: MessageReceived =
        read(json!({ "message": { "message_id": "om_1", "chat_type": "p2p" } }));
    assert!(direct.is_for(&bot("ou_3")));
}

#[test]
fn a_bot_knows_the_thread_that_it_began() {
    let reply: MessageReceived = read(json!({ "message": {
        "message_id": "om_2", "chat_type": "group", "root_id": "om_1", "parent_id": "om_1",
    }}));
    assert_eq!(reply.root(), Some(GetMessage::new("om_1")));
    for root in [json!(null), json!("")] {
        let first = json!({ "message": { "message_id": "om_2", "root_id": root } });
        assert_eq!(read::<MessageReceived>(first).root(), None);
    }
    let root = |sender: Value| -> Message {
        serde_json::from_value(json!({ "message_id": "om_1", "sender": sender })).unwrap()
    };
    let app = json!({
        "id": "cli_1", "id_type": "app_id", "sender_type": "app", "open_bot_id": "ou_2",
    });
    assert!(bot("ou_2").wrote(&root(app.clone())) && !bot("ou_3").wrote(&root(app)));
    let user = json!({ "id": "ou_2", "id_type": "open_id", "sender_type": "user" });
    assert!(!bot("ou_2").wrote(&root(user)));
    assert!(!bot("ou_2").wrote(&Message::default()));
}

#[test]
fn a_message_knows_whom_it_mentions() {
    let hi = json!({ "text": "hi" });
    let known = message("text", &hi, KNOWN);
    assert!(known.mentions("ou_10") && !known.mentions("ou_1x") && !known.mentions("u2"));
    assert!(known.is_for_bot() && !known.mentions_all());
    assert!(!message("text", &hi, [Some("user"), Some("user"), None]).is_for_bot());
    assert!(message("text", &hi, UNKNOWN).is_for_bot());
    let chat = |chat_type: &str, text: &str, mentions: Value| -> MessageReceived {
        read(json!({ "message": {
            "message_id": "om_1", "chat_type": chat_type, "message_type": "text",
            "content": json!({ "text": text }).to_string(), "mentions": mentions,
        }}))
    };
    let all = json!([{ "key": "@_all", "name": "所有人" }]);
    assert!(chat("p2p", "hi", json!([])).is_for_bot());
    assert!(!chat("group", "hi", json!([])).is_for_bot());
    assert!(!chat("group", "@_all hi", all.clone()).is_for_bot());
    assert!(chat("group", "@_all hi", json!([])).mentions_all());
    assert!(chat("group", "hi", all.clone()).mentions_all());
    assert!(!chat("group", "@_allies", json!([])).mentions_all());
    assert_eq!(chat("group", "@_all hi", all).text().as_deref(), Some("@所有人 hi"));
}

#[test]
fn a_message_is_replied_to() {
    let message = message("text", &json!({ "text": "hi" }), KNOWN);
    let reply = ReplyMessage::with_content("om_1", Text::new("hello"));
    assert_eq!(message.reply(Text::new("hello")), reply);
    assert_eq!(message.reply_in_thread(Text::new("hello")), reply.clone().reply_in_thread(true));
    let reaction = CreateMessageReaction::new("om_1", ReactionType::new("OK"));
    assert_eq!(message.react("OK"), reaction);
    let mut listed = Message::default();
    listed.message_id = "om_1".to_owned();
    assert_eq!(listed.reply("hello"), reply);
    assert_eq!(listed.reply_in_thread("hello"), reply.clone().reply_in_thread(true));
    assert_eq!(listed.react(Emoji::Ok), reaction);
    let old: V1Message = read(json!({ "open_message_id": "om_1" }));
    assert_eq!(old.reply(Text::new("hello")), reply);
    assert_eq!(old.reply_in_thread(Text::new("hello")), reply.reply_in_thread(true));
    assert_eq!(old.react("OK"), reaction);
}

#[test]
fn a_message_of_schema_1_has_its_text_without_the_bot() {
    let text = |event: Value| {
        let mut event = event;
        event["open_message_id"] = "om_1".into();
        read::<V1Message>(event).text()
    };
    let both = json!({
        "text": r#"<at open_id="ou_2">@Pilot</at> ask <at open_id="ou_1">@Ann</at>"#,
        "text_without_at_bot": r#" ask <at open_id="ou_1">@Ann</at>"#,
        "is_mention": true,
    });
    assert_eq!(text(both).as_deref(), Some("ask @Ann"));
    let whole = r#"<at open_id="ou_2">@Pilot</at> hi"#;
    assert_eq!(text(json!({ "text": whole, "is_mention": true })).as_deref(), Some("hi"));
    let other = json!({ "text": whole, "is_mention": false });
    assert_eq!(text(other).as_deref(), Some("@Pilot hi"));
    let at = json!({ "text": whole, "text_without_at_bot": whole });
    assert_eq!(text(at).as_deref(), Some("@Pilot hi"));
    assert_eq!(text(json!({ "title": "t", "text": "hi" })).as_deref(), Some("t\nhi"));
    assert_eq!(text(json!({ "title": "t" })).as_deref(), Some("t"));
    assert_eq!(text(json!({ "msg_type": "image", "image_key": "img_1" })), None);
    let for_bot = |event: Value| read::<V1Message>(event).is_for_bot();
    assert!(for_bot(json!({ "open_message_id": "om_1", "chat_type": "private" })));
    assert!(for_bot(
        json!({ "open_message_id": "om_1", "chat_type": "group", "is_mention": true })
    ));
    assert!(!for_bot(json!({ "open_message_id": "om_1", "chat_type": "group" })));
}

#[test]
fn debug_shows_no_words() {
    const SECRET: &str = "hush-hush";
    let message = message("text", &json!({ "text": SECRET }), KNOWN);
    let old: V1Message = read(json!({
        "open_message_id": "om_1", "text": SECRET, "text_without_at_bot": SECRET, "title": SECRET,
    }));
    let reply = message.reply(Text::new(SECRET));
    let shown = format!("{message:?} {old:?} {reply:?}");
    assert!(shown.contains("om_1") && !shown.contains(SECRET), "{shown}");
}

/// What could confuse a reader of texts.
const PARTS: [&str; 22] = [
    "@",
    "_user_",
    "@_user_1",
    "@_user_2",
    "0",
    "@_all",
    "<",
    "<at ",
    "user_id=",
    "id=",
    "\"",
    "'",
    "ou_1",
    "all",
    ">",
    "/>",
    "</at>",
    "&",
    "&#x;",
    " ",
    "\n",
    "é\u{200B}",
];

fn any_text(input: &mut Unstructured<'_>) -> Result<String> {
    let count = input.int_in_range(0..=12)?;
    (0..count).map(|_| input.choose(&PARTS).copied()).collect()
}

#[test]
fn no_message_is_too_strange_to_be_read() {
    arbtest(|input| {
        let text = any_text(input)?;
        let contents = [
            json!({ "text": text }),
            json!({ "title": text, "content": [[
                { "tag": "text", "text": text, "un_escape": true },
                { "tag": "at", "user_id": text, "user_name": any_text(input)? },
                { "tag": "md", "text": text },
                { "tag": "a", "text": text, "href": any_text(input)? },
            ]] }),
        ];
        for types in [KNOWN, UNKNOWN] {
            for (msg_type, content) in ["text", "post"].iter().zip(&contents) {
                let mut message = message(msg_type, content, types);
                message.message.mentions[0].key = Some(any_text(input)?);
                message.message.mentions[0].name = Some(any_text(input)?);
                let read = message.text().unwrap();
                assert_eq!(read, read.trim());
                let _ = (message.mentions_all(), message.is_for_bot());
            }
        }
        let old = json!({ "open_message_id": "om_1", "text": text, "title": any_text(input)? });
        let _ = read::<V1Message>(old).text();
        Ok(())
    });
}

#[test]
fn long_texts_take_no_long_time() {
    let mentions: Vec<_> = (0..50).map(|n| json!({ "key": format!("@_user_{n}") })).collect();
    for part in
        ["<at ", "<at user_id=\"ou_1\">", "@_user_", "@", "&", "<at x=1>a</at", "@_user_49 "]
    {
        let text = part.repeat(150_000 / part.len());
        let message: MessageReceived = read(json!({ "message": {
            "message_id": "om_1", "message_type": "text", "mentions": mentions,
            "content": json!({ "text": text }).to_string(),
        }}));
        assert_eq!(message.text().map(|text| text.is_empty()), Some(false), "{part}");
    }
}
