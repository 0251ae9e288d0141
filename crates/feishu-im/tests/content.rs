//! Message content, byte for byte, as it is sent and as it is read.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use feishu_im::batch_message::{BatchMessageType, SendBatchMessage};
use feishu_im::content::post::{self, At, CodeBlock, Element, Language, Link, Style};
use feishu_im::content::{
    Audio, Card, CardEntity, CardTemplate, Content, Divider, File, Image, Media, Post, Raw,
    ShareChat, ShareUser, Sticker, Text, escape, mention,
};
use serde_json::{Map, Value, json};

fn wire(content: impl Into<Content>) -> (String, Option<Value>) {
    let content = content.into();
    (content.msg_type().to_owned(), serde_json::from_str(&content.to_json_string()).ok())
}

#[track_caller]
fn sends(content: impl Into<Content>, msg_type: &str, json: Value) {
    assert_eq!(wire(content), (msg_type.to_owned(), Some(json)));
}

/// Reading `json` gives what writes the same JSON, and does not give up on it.
#[track_caller]
fn survives(msg_type: &str, json: &Value) -> Content {
    let content = Content::parse(msg_type, &json.to_string());
    assert!(!matches!(content, Content::Unknown(_)), "{content:?}");
    assert_eq!(wire(content.clone()), (msg_type.to_owned(), Some(json.clone())));
    assert_eq!(Content::parse(msg_type, &content.to_json_string()), content);
    content
}

#[track_caller]
fn is_kept_raw(msg_type: &str, content: &str) {
    let parsed = Content::parse(msg_type, content);
    assert_eq!(parsed, Content::Unknown(Raw::new(msg_type, content)));
    assert_eq!((parsed.msg_type(), parsed.to_json_string().as_str()), (msg_type, content));
}

#[test]
fn each_type_is_sent_as_documented() {
    sends(Text::new("test content"), "text", json!({ "text": "test content" }));
    sends(Image::new("img_1"), "image", json!({ "image_key": "img_1" }));
    sends(File::new("file_1"), "file", json!({ "file_key": "file_1" }));
    sends(Audio::new("file_1"), "audio", json!({ "file_key": "file_1" }));
    sends(Media::new("file_1"), "media", json!({ "file_key": "file_1" }));
    sends(
        Media::new("file_1").cover("img_1"),
        "media",
        json!({ "file_key": "file_1", "image_key": "img_1" }),
    );
    sends(Sticker::new("file_1"), "sticker", json!({ "file_key": "file_1" }));
    sends(ShareChat::new("oc_1"), "share_chat", json!({ "chat_id": "oc_1" }));
    sends(ShareUser::new("ou_1"), "share_user", json!({ "user_id": "ou_1" }));
    sends(
        Divider::new("New").translation("zh_CN", "新").translation("en_US", "New"),
        "system",
        json!({
            "type": "divider",
            "params": { "divider_text": { "text": "New", "i18n_text": { "zh_CN": "新", "en_US": "New" } } },
        }),
    );
}

#[test]
fn cards_are_sent_in_three_ways() {
    let card = json!({ "schema": "2.0", "body": { "elements": [{ "tag": "hr" }] } });
    sends(Card::new(card.clone()), "interactive", card);
    sends(
        CardTemplate::new("AAq1"),
        "interactive",
        json!({ "type": "template", "data": { "template_id": "AAq1" } }),
    );
    sends(
        CardTemplate::new("AAq1").version("1.0.0").variable("n", 3).variable("l", json!(["a"])),
        "interactive",
        json!({ "type": "template", "data": {
            "template_id": "AAq1",
            "template_version_name": "1.0.0",
            "template_variable": { "n": 3, "l": ["a"] },
        }}),
    );
    sends(
        CardEntity::new("7371713483664506900"),
        "interactive",
        json!({ "type": "card", "data": { "card_id": "7371713483664506900" } }),
    );
}

#[test]
fn a_post_has_all_elements_and_languages() {
    let post = Post::zh_cn("标题")
        .line([
            post::Text::new("a").bold().underline().line_through().italic().into(),
            Link::new("b", "https://open.feishu.cn").bold().into(),
            At::new("ou_1").style(Style::from("wavy")).into(),
            At::all().into(),
            Element::emotion("SMILE"),
        ])
        .line([post::Text::new("&nbsp;").un_escape()])
        .line([Element::img("img_1")])
        .line([post::Media::new("file_1").cover("img_2")])
        .line([Element::media("file_2")])
        .line([Element::hr()])
        .line([CodeBlock::new("fn f() {\n}").language("RUST")])
        .line([Element::code_block("plain")])
        .line([Element::md("**x** \"y\"")])
        .language(Language::EnUs, "")
        .line(["one", "two"])
        .language(Language::from("zh_hk"), "x");
    let body = json!({ "title": "标题", "content": [
        [
            { "tag": "text", "text": "a", "style": ["bold", "underline", "lineThrough", "italic"] },
            { "tag": "a", "text": "b", "href": "https://open.feishu.cn", "style": ["bold"] },
            { "tag": "at", "user_id": "ou_1", "style": ["wavy"] },
            { "tag": "at", "user_id": "all" },
            { "tag": "emotion", "emoji_type": "SMILE" },
        ],
        [{ "tag": "text", "text": "&nbsp;", "un_escape": true }],
        [{ "tag": "img", "image_key": "img_1" }],
        [{ "tag": "media", "file_key": "file_1", "image_key": "img_2" }],
        [{ "tag": "media", "file_key": "file_2" }],
        [{ "tag": "hr" }],
        [{ "tag": "code_block", "language": "RUST", "text": "fn f() {\n}" }],
        [{ "tag": "code_block", "text": "plain" }],
        [{ "tag": "md", "text": "**x** \"y\"" }],
    ]});
    sends(
        post.clone(),
        "post",
        json!({
            "zh_cn": body,
            "en_us": { "title": "", "content": [
                [{ "tag": "text", "text": "one" }, { "tag": "text", "text": "two" }],
            ]},
            "zh_hk": { "title": "x", "content": [] },
        }),
    );
    let content = Content::from(post);
    assert_eq!(Content::parse("post", &content.to_json_string()), content);
}

#[test]
fn a_language_that_is_begun_again_is_replaced() {
    let post = Post::ja_jp("old").line(["old"]).language(Language::EnUs, "between");
    let post = post.language(Language::JaJp, "new").line(["new"]);
    let titles: Vec<_> = post.bodies().map(|body| body.title.as_deref().unwrap_or("")).collect();
    assert_eq!(titles, ["between", "new"]);

    let Content::Post(read) = Content::parse("post", r#"{"title":"read","content":[]}"#) else {
        panic!("not a post");
    };
    sends(
        read.language(Language::EnUs, "new"),
        "post",
        json!({ "en_us": { "title": "new", "content": [] } }),
    );
}

#[test]
fn text_is_written_exactly() {
    let exact = [
        (Text::new("a\n\"b\"\\c\t"), r#"{"text":"a\n\"b\"\\c\t"}"#),
        (
            Text::new("hi ").mention("ou_x", "Tom").plain("!"),
            r#"{"text":"hi <at user_id=\"ou_x\">Tom</at>!"}"#,
        ),
        (Text::new("").mention_all(), r#"{"text":"<at user_id=\"all\"></at>"}"#),
        (Text::new("").markup("<b>bold</b>"), r#"{"text":"<b>bold</b>"}"#),
        (Text::new("新会话 😀"), r#"{"text":"新会话 😀"}"#),
    ];
    for (text, json) in exact {
        assert_eq!(Content::from(text).to_json_string(), json);
    }
}

#[test]
fn plain_text_holds_no_tags() {
    for tag in [
        "<at user_id=\"all\"></at>",
        "<AT user_id='all'/>",
        "</at>",
        "<b>",
        "</I>",
        "<u x>",
        "<s",
        "<at",
        "a<",
        "</",
        "<a",
    ] {
        assert!(!Text::new(tag).text.replace("<\u{200B}", "").contains('<'), "{tag}");
    }
    // Two pieces that are harmless alone.
    let joined = Text::new("<").plain("at user_id=\"all\">").plain("<a").plain("t>").text;
    assert_eq!(joined, "<\u{200B}at user_id=\"all\"><\u{200B}at>");
    // A name that would end its own tag.
    assert_eq!(
        Text::new("").mention("ou_1", "</at><at user_id=\"all\">").text,
        "<at user_id=\"ou_1\"><\u{200B}/at><\u{200B}at user_id=\"all\"></at>",
    );
    assert_eq!(
        mention("\"><at user_id=\"all", "x"),
        "<at user_id=\"&quot;&gt;&lt;at user_id=&quot;all\">x</at>",
    );
    for plain in
        ["1 < 2", "<3", "Vec<u8>", "<bold>", "HashMap<String, i32>", "a <- b", "&lt;", "<é"]
    {
        assert_eq!(escape(plain), plain);
    }
}

#[test]
fn placeholders_are_resolved() {
    let text = |text: &str| {
        let Content::Text(text) = Content::parse("text", &json!({ "text": text }).to_string())
        else {
            panic!("not a text");
        };
        text
    };
    let name = |key: &str| match key {
        "@_user_1" => Some("@_user_2".to_owned()),
        "@_user_10" => Some("Ten".to_owned()),
        "@_all" => Some("everybody".to_owned()),
        "@_user_4" => Some(String::new()),
        _ => None,
    };
    for (read, shown) in [
        ("@_user_10 and @_user_1", "@Ten and @@_user_2"),
        ("@_user_1文本", "@@_user_2文本"),
        ("@_all", "@everybody"),
        ("@_user_3 @_user_ @_ @", "@_user_3 @_user_ @_ @"),
        ("see @_allowed_hosts, @_all_ and @_all2", "see @_allowed_hosts, @_all_ and @_all2"),
        ("@_all大家好 @_all, @_all", "@everybody大家好 @everybody, @everybody"),
        ("@_user_4 x", "@_user_4 x"),
        ("", ""),
    ] {
        assert_eq!(text(read).resolve(name), shown);
    }
}

#[test]
fn what_the_platform_returns_is_read() {
    let text = survives("text", &json!({ "text": "@_user_1 文本" }));
    assert!(matches!(text, Content::Text(text) if text.text == "@_user_1 文本"));
    survives("image", &json!({ "image_key": "img_1" }));
    let file = survives("file", &json!({ "file_key": "f", "file_name": "test.txt" }));
    assert!(matches!(file, Content::File(file) if file.file_name.as_deref() == Some("test.txt")));
    survives("folder", &json!({ "file_key": "f", "file_name": "folder" }));
    let audio = survives("audio", &json!({ "file_key": "f", "duration": 2000 }));
    assert!(matches!(audio, Content::Audio(audio) if audio.duration == Some(2000)));
    let media = survives(
        "media",
        &json!({ "file_key": "f", "image_key": "i", "file_name": "x.mp4", "duration": 2000 }),
    );
    assert!(matches!(media, Content::Media(media) if media.duration == Some(2000)));
    survives("sticker", &json!({ "file_key": "f" }));
    let card = survives(
        "interactive",
        &json!({ "title": "t", "elements": [[{ "tag": "button", "text": "b", "type": "primary" }]] }),
    );
    assert!(matches!(card, Content::Interactive(Card::Json(card)) if card["title"] == "t"));
    survives("hongbao", &json!({ "text": "[红包]" }));
    for msg_type in ["share_calendar_event", "calendar", "general_calendar"] {
        survives(
            msg_type,
            &json!({ "summary": "s", "start_time": "1608265395000", "end_time": "1608267015000" }),
        );
    }
    survives("share_chat", &json!({ "chat_id": "oc_1" }));
    survives("share_user", &json!({ "user_id": "ou_1" }));
    let divider = survives(
        "system",
        &json!({
            "template": "{divider_text}", "from_user": [], "to_chatters": [],
            "divider_text": { "text": "New", "i18n_text": { "zh_cn": "新" } },
        }),
    );
    assert!(matches!(divider, Content::System(_)));
    survives("location", &json!({ "name": "n", "longitude": "12.5", "latitude": "-3.25" }));
    survives("video_chat", &json!({ "topic": "t", "start_time": "1623124523829" }));
    let todo = survives(
        "todo",
        &json!({
            "task_id": "t",
            "summary": { "title": "", "content": [[{ "tag": "text", "text": "fruit" }]] },
            "due_time": "1623124318000",
        }),
    );
    let Content::Todo(todo) = todo else { panic!("not a task") };
    assert_eq!(todo.due_time, Some(1_623_124_318_000));
    assert_eq!(todo.summary.map(|post| post.body().lines.len()), Some(1));
    survives("vote", &json!({ "topic": "t", "options": ["a", "b"] }));
}

#[test]
fn a_post_is_read_without_a_language() {
    let json = json!({
        "title": "t",
        "content": [[
            { "tag": "text", "text": "a", "style": ["bold"] },
            { "tag": "at", "user_id": "@_user_1", "user_name": "" },
            { "tag": "at", "user_id": "@_all" },
        ]],
        "content_v2": [[{ "tag": "md", "text": "**a**" }]],
        "files": [{ "file_key": "f" }],
    });
    let Content::Post(post) = survives("post", &json) else { panic!("not a post") };
    let body = post.body();
    assert_eq!((body.language.as_ref(), post.bodies().count()), (None, 1));
    assert_eq!(body.markdown, [[Element::md("**a**")]]);
    let [Element::Text(text), Element::At(one), Element::At(all)] = &body.lines[0][..] else {
        panic!("{:?}", body.lines);
    };
    assert_eq!(text.style, [Style::Bold]);
    assert_eq!((one.is_all(), all.is_all()), (false, true));
}

#[test]
fn unknown_parts_are_kept() {
    survives("file", &json!({ "file_key": "f", "size": 3 }));
    survives("hongbao", &json!({ "amount": { "of": [1, null] } }));
    survives(
        "system",
        &json!({
            "type": "divider",
            "params": { "divider_text": { "text": "New", "color": "red" } },
            "options": { "need_rollup": true },
        }),
    );
    let json = json!({
        "zh_cn": { "content": [
            [{ "tag": "hologram", "depth": 3 }, { "no": "tag" }, "words", 7, null],
            [{ "tag": "img", "words": "without a key" }, { "tag": "hr", "width": 2 }],
            [{ "tag": "text", "text": "a", "lines": 1 }, { "tag": "at", "user_id": [5] }],
        ], "footer": "f" },
        "files": [],
    });
    let Content::Post(post) = survives("post", &json) else { panic!("not a post") };
    let lines = &post.body().lines;
    assert_eq!(lines[0][0], Element::Unknown(json!({ "tag": "hologram", "depth": 3 })));
    assert!(matches!(lines[1][1], Element::Hr(_)));
    assert!(matches!(&lines[2][0], Element::Text(text) if text.extra["lines"] == 1));
    // A card that has a template's shape and more is kept whole.
    survives("interactive", &json!({ "type": "template", "data": { "template_id": "t", "x": 1 } }));
    survives("interactive", &json!({ "type": "card", "data": { "card_id": "c" }, "x": 1 }));
    for (kind, data) in [
        ("template", json!({ "template_id": "t", "template_version_name": 3 })),
        ("template", json!({ "template_id": "t", "template_variable": [] })),
        ("card", json!({ "card_id": "c", "template_id": "t" })),
        ("card", json!({ "card_id": 7 })),
    ] {
        survives("interactive", &json!({ "type": kind, "data": data }));
    }
    survives(
        "system",
        &json!({ "template": "{name} left", "from_user": [], "to_chatters": [], "name": "Tom" }),
    );
}

#[test]
fn small_deviations_are_read() {
    let audio = Content::parse("audio", r#"{"file_key":"f","duration":"2000"}"#);
    assert!(matches!(audio, Content::Audio(audio) if audio.duration == Some(2000)));
    let video = Content::parse("media", r#"{"file_key":"f","image_key":null,"duration":null}"#);
    assert_eq!(video, Media::new("f").into());
    let event = Content::parse("calendar", r#"{"start_time":1608265395000,"end_time":""}"#);
    let Content::Calendar(event) = event else { panic!("{event:?}") };
    assert_eq!((event.start_time, event.end_time), (Some(1_608_265_395_000), None));
    let place = Content::parse("location", r#"{"longitude":12.5}"#);
    assert!(
        matches!(place, Content::Location(place) if place.longitude.as_deref() == Some("12.5"))
    );
    let post = Content::parse(
        "post",
        r#"{"title":null,"content":[[{"tag":"text","text":"a","style":null}]],"content_v2":null}"#,
    );
    let Content::Post(post) = post else { panic!("{post:?}") };
    assert_eq!(post.body().lines, [[Element::text("a")]]);
    let vote = Content::parse("vote", r#"{"options":null}"#);
    assert!(matches!(vote, Content::Vote(vote) if vote.options.is_empty()));
}

#[test]
fn what_cannot_be_read_is_kept_as_it_came() {
    for content in ["", " ", "This message was recalled", "{", "[]", "null", "7", "\"{}\"x", "\0"] {
        for msg_type in
            ["text", "post", "image", "file", "media", "system", "todo", "vote", "merge_forward"]
        {
            is_kept_raw(msg_type, content);
        }
    }
    is_kept_raw("interactive", "{");
    is_kept_raw("hologram", "{}");
    is_kept_raw("", "{}");
    is_kept_raw("TEXT", r#"{"text":"a"}"#);
    is_kept_raw("text", r#"{"text":"a"} trailing"#);
    is_kept_raw("text", r#""words""#);
    is_kept_raw("post", r#"[[{"tag":"hr"}]]"#);
}

#[track_caller]
fn post(content: &str) -> Post {
    match Content::parse("post", content) {
        Content::Post(post) => post,
        other => unreachable!("not a post: {other:?}"),
    }
}

#[test]
fn attachments_of_a_post_are_typed() {
    let files = json!([
        { "file_key": "file_1", "file_name": "r.pdf" },
        { "file_key": "file_2", "file_name": "assets", "is_folder": true },
    ]);
    for json in [
        json!({ "title": "Docs", "content": [[{ "tag": "text", "text": "see" }]], "files": files }),
        json!({ "zh_cn": { "title": "Docs", "content": [] }, "files": files }),
        json!({ "zh_cn": { "title": "Docs", "content": [], "files": files } }),
    ] {
        let Content::Post(post) = survives("post", &json) else { panic!("not a post") };
        let attachments: Vec<_> = post.attachments().collect();
        let [file, folder] = &attachments[..] else { panic!("{attachments:?}") };
        assert_eq!(file.file_key.as_deref(), Some("file_1"));
        assert_eq!(file.file_name.as_deref(), Some("r.pdf"));
        assert_eq!((file.is_folder, folder.is_folder), (None, Some(true)));
    }
    let alone = post(r#"{"files":[{"file_key":"file_4","file_name":"a.txt"}]}"#);
    assert!(alone.body().lines.is_empty());
    assert_eq!(alone.attachments().count(), 1);
    let beside = r#"{"post":{"zh_cn":{"title":"t","content":[[]]}},"files":[{"file_key":"f"}]}"#;
    let beside = post(beside);
    assert_eq!(beside.body().title.as_deref(), Some("t"));
    assert_eq!((beside.attachments().count(), beside.extra.len()), (1, 0));
}

#[test]
fn a_post_is_read_in_all_its_wrappers() {
    let hi = [vec![Element::text("hi")]];
    let body = r#"{"title":"t","content":[[{"tag":"text","text":"hi"}]]}"#;
    let twice = json!(body).to_string();
    for content in [
        body.to_owned(),
        format!(r#"{{"zh_cn":{body}}}"#),
        format!(r#"{{"post":{{"zh_cn":{body}}}}}"#),
        format!(r#"{{"post":{body}}}"#),
        format!(r#"{{"post":{twice}}}"#),
        twice,
    ] {
        let post = post(&content);
        assert_eq!((post.body().title.as_deref(), &post.body().lines[..]), (Some("t"), &hi[..]));
    }
    let markdown = [vec![Element::md("**x**")]];
    for content in [
        r#"{"title":"t","content_v2":[[{"tag":"md","text":"**x**"}]]}"#,
        r#"{"title":"t","content":null,"content_v2":[[{"tag":"md","text":"**x**"}]]}"#,
        r#"{"en_us":{"content_v2":[[{"tag":"md","text":"**x**"}]]}}"#,
    ] {
        let post = post(content);
        assert_eq!((post.body().markdown.as_slice(), post.body().lines.len()), (&markdown[..], 0));
    }
    let alone = post(r#"{"title":"only a title"}"#);
    assert_eq!(alone.body().title.as_deref(), Some("only a title"));
    let alone = post(r#"{"zh_cn":{"title":"only a title"}}"#);
    assert_eq!(alone.body().language, Some(Language::ZhCn));
    assert_eq!(post("{}").body().title, None);
}

#[test]
fn a_merged_forward_is_bare_words() {
    for words in ["Merged and Forwarded Message", "合并转发消息"] {
        let content = Content::parse("merge_forward", words);
        let Content::MergeForward(forward) = &content else { panic!("{content:?}") };
        assert_eq!(forward.content.as_deref(), Some(words));
        assert_eq!(
            (content.msg_type(), content.to_json_string().as_str()),
            ("merge_forward", words)
        );
    }
}

#[test]
fn a_video_has_two_names() {
    let video = Content::parse("video", r#"{"file_key":"f","image_key":"i","duration":2000}"#);
    let Content::Media(media) = &video else { panic!("{video:?}") };
    assert_eq!((media.duration, media.image_key.as_deref()), (Some(2000), Some("i")));
    assert_eq!(video.msg_type(), "media");
}

#[test]
fn one_odd_member_costs_no_other() {
    let odd = |msg_type: &str, json: Value| survives(msg_type, &json);
    let audio = odd("audio", json!({ "file_key": "f", "duration": -1 }));
    let Content::Audio(audio) = audio else { panic!("{audio:?}") };
    assert_eq!((audio.file_key.as_deref(), audio.duration), (Some("f"), None));
    assert_eq!(audio.extra["duration"], -1);
    let vote = odd("vote", json!({ "topic": "t", "options": "a" }));
    assert!(matches!(vote, Content::Vote(vote) if vote.topic.as_deref() == Some("t")));
    let image = odd("image", json!({ "image_key": { "key": "i" } }));
    assert!(matches!(image, Content::Image(image) if image.image_key.is_none()));
    let text = odd("text", json!({ "text": { "zh": "a" }, "x": 1 }));
    assert!(matches!(text, Content::Text(text) if text.text.is_empty()));
    let todo = odd("todo", json!({ "task_id": "g1", "summary": "do" }));
    assert!(matches!(todo, Content::Todo(todo) if todo.task_id.as_deref() == Some("g1")));
    let post = odd("post", json!({ "title": "t", "content": "words" }));
    assert!(matches!(post, Content::Post(post) if post.body().title.as_deref() == Some("t")));
    odd("image", json!({}));
    odd("system", json!({ "type": "divider" }));
    odd("system", json!({ "template": "t", "from_user": {}, "to_chatters": "Tom" }));
    let text = json!({ "text": "New" });
    odd("system", json!({ "type": "divider", "params": { "divider_text": text, "x": 1 } }));
}

#[test]
fn what_has_another_form_is_read_as_documented() {
    let audio = Content::parse("audio", r#"{"file_key":"f","duration":2000.0}"#);
    assert!(matches!(audio, Content::Audio(audio) if audio.duration == Some(2000)));
    for (content, text) in [
        (r#"{"text":1}"#, "1"),
        (r#"{"text":null}"#, ""),
        (r#"{"text":"a","text":"b"}"#, "b"),
        (r#"{"text":"\ud800"}"#, "\u{FFFD}"),
        ("{\"text\":\"a\tb\"}", "a\tb"),
        (r#""{\"text\":\"hi\"}""#, "hi"),
        ("\u{FEFF}{\"text\":\"hi\"}", "hi"),
    ] {
        assert_eq!(Content::parse("text", content), Text::new(text).into(), "{content}");
    }
    let vote = Content::parse("vote", r#"{"topic":7,"options":[null,"",3]}"#);
    let Content::Vote(vote) = vote else { panic!("{vote:?}") };
    assert_eq!(
        (vote.topic.as_deref(), &vote.options[..]),
        (Some("7"), &["".into(), "3".into()][..])
    );
    let todo = Content::parse("todo", r#"{"task_id":"g1","summary":{"title":"do"},"due_time":""}"#);
    let Content::Todo(todo) = todo else { panic!("{todo:?}") };
    assert_eq!(todo.summary.unwrap().body().title.as_deref(), Some("do"));
    assert_eq!(todo.due_time, None);
    let place = Content::parse("location", r#"{"longitude":123456789012345678901}"#);
    let Content::Location(place) = place else { panic!("{place:?}") };
    assert_eq!(place.longitude.as_deref(), Some("123456789012345678901"));
    let divider = r#"{"type":"divider","params":{"divider_text":{"text":"New","i18n_text":null}}}"#;
    assert!(matches!(Content::parse("system", divider), Content::Divider(_)));
    let line =
        post(r#"{"title":7,"content":[{"tag":"text","text":"a"},{"tag":"hr"},null,[null]]}"#);
    assert_eq!(line.body().title.as_deref(), Some("7"));
    assert_eq!(line.body().lines[0], [Element::text("a"), Element::hr()]);
}

#[test]
fn elements_without_their_main_member_are_typed() {
    let json = json!({ "content": [[
        { "tag": "at", "user_name": "Al" },
        { "tag": "at", "user_id": { "open_id": "ou_1", "union_id": "on_1" }, "user_name": "Al" },
        { "tag": "img" },
        { "tag": "media" },
        { "tag": "emotion" },
        { "tag": "a", "href": "https://example.com" },
        { "tag": "img", "image_key": "img_1", "width": -1 },
    ]]});
    let post = post(&json.to_string());
    let [
        Element::At(named),
        Element::At(ids),
        Element::Img(img),
        Element::Media(media),
        Element::Emotion(emotion),
        Element::Link(link),
        Element::Img(_),
    ] = &post.body().lines[0][..]
    else {
        panic!("{post:?}")
    };
    assert_eq!((named.user_id.as_deref(), named.user_name.as_deref()), (None, Some("Al")));
    assert_eq!(ids.user_id.as_deref(), Some("ou_1"));
    assert_eq!(ids.extra["user_id"]["union_id"], "on_1");
    assert_eq!((&img.image_key, &media.file_key, &emotion.emoji_type), (&None, &None, &None));
    assert_eq!((link.text.as_str(), link.href.as_deref()), ("", Some("https://example.com")));
    survives(
        "post",
        &json!({ "content": [[{ "tag": "at", "user_name": "Al" }, { "tag": "img" }]] }),
    );
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = "[".repeat(100_000);
    is_kept_raw("interactive", &deep);
    is_kept_raw("post", &format!(r#"{{"content":[[{deep}"#));
    is_kept_raw("hongbao", &format!(r#"{{"x":{deep}"#));
    let closed = format!("{deep}{}", "]".repeat(100_000));
    let Content::Hongbao(hongbao) = Content::parse("hongbao", &format!(r#"{{"x":{closed}}}"#))
    else {
        panic!("not a red packet")
    };
    assert_eq!(hongbao.extra["x"], closed.as_str());
    assert!(matches!(
        Content::parse("post", &format!(r#"{{"content":{closed}}}"#)),
        Content::Post(_)
    ));
    is_kept_raw("text", &"{\"text\":".repeat(100_000));
}

const TYPES: [&str; 23] = [
    "text",
    "post",
    "image",
    "file",
    "folder",
    "audio",
    "media",
    "video",
    "sticker",
    "interactive",
    "share_chat",
    "share_user",
    "system",
    "hongbao",
    "share_calendar_event",
    "calendar",
    "general_calendar",
    "location",
    "video_chat",
    "todo",
    "vote",
    "merge_forward",
    "hologram",
];

/// Names that mean something somewhere.
const NAMES: [&str; 24] = [
    "text",
    "title",
    "content",
    "content_v2",
    "files",
    "zh_cn",
    "post",
    "tag",
    "user_id",
    "style",
    "image_key",
    "file_key",
    "duration",
    "summary",
    "start_time",
    "options",
    "template",
    "from_user",
    "divider_text",
    "i18n_text",
    "type",
    "params",
    "data",
    "unknown",
];

const TAGS: [&str; 10] =
    ["text", "a", "at", "img", "media", "emotion", "code_block", "hr", "md", "hologram"];

/// Any JSON. Each of its texts is another one, and is added to `texts`.
fn any(input: &mut Unstructured<'_>, depth: u8, texts: &mut Vec<String>) -> Result<Value> {
    let kinds = if depth == 0 { 4 } else { 7 };
    Ok(match input.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => input.arbitrary::<bool>()?.into(),
        2 => input.arbitrary::<i32>()?.into(),
        3 => (*input.choose(&["", "2000", "all", "divider"])?).into(),
        4 => {
            let text = format!("text-{}-", texts.len());
            texts.push(text.clone());
            text.into()
        }
        5 => json!([[{ "tag": input.choose(&TAGS)?, "extra": any(input, depth - 1, texts)? }]]),
        6 => {
            let count = input.int_in_range(0..=3)?;
            (0..count).map(|_| any(input, depth - 1, texts)).collect::<Result<Value>>()?
        }
        _ => Value::Object(members(input, depth, texts, &NAMES)?),
    })
}

fn members(
    input: &mut Unstructured<'_>,
    depth: u8,
    texts: &mut Vec<String>,
    names: &[&str],
) -> Result<Map<String, Value>> {
    let mut members = Map::new();
    for _ in 0..input.int_in_range(0..=4)? {
        let name = input.choose(names)?.to_string();
        if !members.contains_key(&name) {
            members.insert(name, any(input, depth - 1, texts)?);
        }
    }
    Ok(members)
}

#[test]
fn nothing_that_is_read_is_lost() {
    arbtest(|input| {
        let mut texts = Vec::new();
        let json = Value::Object(members(input, 5, &mut texts, &NAMES)?).to_string();
        for msg_type in TYPES {
            let content = Content::parse(msg_type, &json);
            let unknown = matches!(content, Content::Unknown(_));
            assert_eq!(unknown, msg_type == "hologram", "{msg_type} {json}");
            let shown = format!("{content:?}");
            for text in &texts {
                assert!(shown.contains(text), "{text} of {json} in {shown}");
            }
            let once = content.to_json_string();
            let twice = Content::parse(content.msg_type(), &once).to_json_string();
            assert_eq!(once, twice, "{msg_type} {json}");
        }
        Ok(())
    });
}

#[test]
fn what_is_documented_is_written_as_it_was_read() {
    arbtest(|input| {
        let documented = [
            ("text", json!({ "text": "a" })),
            ("post", json!({ "title": "t", "content": [[{ "tag": "text", "text": "a" }]] })),
            ("post", json!({ "zh_cn": { "title": "t", "content": [[{ "tag": "hr" }]] } })),
            ("audio", json!({ "file_key": "f", "duration": 2000 })),
            ("todo", json!({ "task_id": "t", "summary": { "content": [] }, "due_time": "1" })),
            ("vote", json!({ "topic": "t", "options": ["a"] })),
            ("system", json!({ "template": "t", "from_user": ["a"], "to_chatters": [] })),
            ("location", json!({ "name": "n", "longitude": "1.10" })),
        ];
        let (msg_type, mut json) = input.choose(&documented)?.clone();
        let mut unknown = members(input, 5, &mut Vec::new(), &["unknown", "color", "size"])?;
        // With lines in it, a member of a post is what the post says in a language.
        unknown.retain(|_, value| value.get("content").is_none());
        json.as_object_mut().unwrap().extend(unknown);
        survives(msg_type, &json);
        Ok(())
    });
}

#[test]
fn no_text_is_too_strange_to_be_read() {
    arbtest(|input| {
        let text: String = input.arbitrary()?;
        for text in [text.clone(), format!("\"{text}\""), format!("{{\"text\":\"{text}\"}}")] {
            for msg_type in TYPES {
                let _ = Content::parse(msg_type, &text).to_json_string();
            }
        }
        Ok(())
    });
}

#[cfg(feature = "cards")]
#[test]
fn a_built_card_is_sent_as_its_json() {
    use feishu_im::feishu_card::{Card, MarkdownText};

    let card = Card::builder().element(MarkdownText::new("*a*")).build().unwrap();
    let json = json!({
        "schema": "2.0",
        "body": { "elements": [{ "tag": "markdown", "content": "*a*" }] },
    });
    sends(card.clone(), "interactive", json.clone());
    assert_eq!(feishu_im::content::Card::from(card), feishu_im::content::Card::new(json));
}

/// In a function with one type of error.
#[cfg(feature = "cards")]
#[test]
fn a_card_that_is_refused_is_an_invalid_request() {
    use feishu_im::feishu_card::{Card, MarkdownText};

    fn card() -> Result<feishu_im::feishu_card::Card, feishu_im::Error> {
        Ok(Card::builder().element(MarkdownText::new("a").element_id("1st")).build()?)
    }
    let error = card().unwrap_err();
    assert_eq!(error.kind(), feishu_im::ErrorKind::InvalidRequest);
    let text = error.to_string();
    assert!(text.contains("body.elements[0] (markdown): invalid element ID. Begin"), "{text}");
}

#[cfg(feature = "markdown")]
#[test]
fn markdown_is_sent_as_posts_and_cards() {
    use feishu_im::feishu_card::{Card, Markdown};

    let text = "Hi <at id=ou_1></at>, **all** is [well](https://example.com).\n\n```rs\nrun()\n```\n\n---\n![](img_v3_1)";
    let [post] = Markdown::new(text).mention("ou_1").title("T").posts().parts.try_into().unwrap();
    let content = json!([
        [
            { "tag": "text", "text": "Hi " },
            { "tag": "at", "user_id": "ou_1" },
            { "tag": "text", "text": ", " },
            { "tag": "text", "text": "all", "style": ["bold"] },
            { "tag": "text", "text": " is " },
            { "tag": "a", "text": "well", "href": "https://example.com" },
            { "tag": "text", "text": "." },
        ],
        [{ "tag": "code_block", "language": "rust", "text": "run()" }],
        [{ "tag": "hr" }],
        [{ "tag": "img", "image_key": "img_v3_1" }],
    ]);
    sends(post, "post", json!({ "zh_cn": { "title": "T", "content": content } }));

    let [message] = Markdown::new("- *a*").messages().parts.try_into().unwrap();
    let card = Card::from_json(json!({
        "schema": "2.0",
        "body": { "elements": [{ "tag": "markdown", "content": "- *a*" }] },
    }));
    sends(message, "interactive", card.unwrap().into_json());
}

#[test]
fn a_batch_has_its_content_as_json() {
    let batch = |kind: &str| SendBatchMessage::new(BatchMessageType::from(kind));
    let text = SendBatchMessage::with_content(Text::new("hi"));
    assert_eq!(text, batch("text").content(json!({ "text": "hi" })));
    let card = SendBatchMessage::with_content(CardTemplate::new("ctp_1"));
    let json = json!({ "type": "template", "data": { "template_id": "ctp_1" } });
    assert_eq!(card, batch("interactive").card(json));
    let odd = SendBatchMessage::with_content(Content::Unknown(Raw::new("todo", "{")));
    assert_eq!(odd, batch("todo").content(json!("{")));
}
