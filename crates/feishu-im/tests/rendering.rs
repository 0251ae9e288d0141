//! Messages as plain text and as Markdown.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use feishu_im::content::{Card, CardEntity, CardTemplate, Content, Divider};
use feishu_im::message::{GetMessageResponse, Mention, MessageTree};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

fn mention(key: &str, id: &str, name: &str) -> Mention {
    let mut mention = Mention::default();
    mention.key = Some(key.to_owned());
    mention.id = Some(id.to_owned());
    mention.name = Some(name.to_owned());
    mention
}

fn mentions() -> [Mention; 2] {
    [mention("@_user_1", "ou_1", "Ann"), mention("@_user_2", "ou_2", "Tom [2]")]
}

#[track_caller]
fn shows(msg_type: &str, content: &Value, text: &str) {
    let content = Content::parse(msg_type, &content.to_string());
    assert_eq!(content.to_text(&mentions()), text, "{content}");
}

#[track_caller]
fn is_markdown(msg_type: &str, content: &Value, markdown: &str) {
    let content = Content::parse(msg_type, &content.to_string());
    assert_eq!(content.to_markdown(&mentions()), markdown, "{content}");
}

#[test]
fn every_kind_has_a_text() {
    for (msg_type, content, text) in [
        ("text", json!({ "text": "@_user_1 and @_user_10, @_all" }), "@Ann and @_user_10, @all"),
        ("text", json!({ "text": "<at user_id=\"ou_2\"></at> hi" }), "@Tom [2] hi"),
        ("text", json!({ "text": "" }), "[text]"),
        ("image", json!({ "image_key": "img_1" }), "[image]"),
        ("file", json!({ "file_key": "f", "file_name": "r.pdf" }), "[r.pdf]"),
        ("file", json!({ "file_key": "f" }), "[file]"),
        ("folder", json!({ "file_key": "f", "file_name": "assets" }), "[assets]"),
        ("audio", json!({ "file_key": "f", "duration": 2000 }), "[audio]"),
        ("media", json!({ "file_key": "f", "file_name": "a.mp4" }), "[a.mp4]"),
        ("video", json!({ "file_key": "f", "image_key": "i", "duration": 2000 }), "[video]"),
        ("sticker", json!({ "file_key": "f" }), "[sticker]"),
        ("share_chat", json!({ "chat_id": "oc_1" }), "[chat] oc_1"),
        ("share_user", json!({ "user_id": "ou_1" }), "[contact] @Ann"),
        ("share_user", json!({ "user_id": "ou_9" }), "[contact] @ou_9"),
        ("hongbao", json!({ "text": "[红包]" }), "[red packet] [红包]"),
        (
            "calendar",
            json!({ "summary": "Tides", "start_time": "1608265395000", "end_time": "1608267015000" }),
            "[event] Tides 2020-12-18 04:23 UTC – 2020-12-18 04:50 UTC",
        ),
        ("general_calendar", json!({ "summary": "Tides" }), "[event] Tides"),
        (
            "share_calendar_event",
            json!({ "start_time": "951782400000" }),
            "[event] 2000-02-29 00:00 UTC",
        ),
        (
            "location",
            json!({ "name": "Pier", "longitude": "1.5", "latitude": "51" }),
            "[location] Pier (51, 1.5)",
        ),
        (
            "video_chat",
            json!({ "topic": "Weekly", "start_time": "0" }),
            "[video call] Weekly 1970-01-01 00:00 UTC",
        ),
        (
            "todo",
            json!({ "summary": { "title": "Do", "content": [[{ "tag": "text", "text": "it" }]] }, "due_time": "0" }),
            "[task] Do it until 1970-01-01 00:00 UTC",
        ),
        (
            "todo",
            json!({ "task_id": "g1", "summary": { "title": "do" }, "due_time": "" }),
            "[task] do",
        ),
        (
            "vote",
            json!({ "topic": "Lunch", "options": ["Rice", "Noodles"] }),
            "[vote] Lunch\n- Rice\n- Noodles",
        ),
        (
            "system",
            json!({ "template": "{from_user} put {to_chatters} in {group_name} {x", "from_user": ["A"], "to_chatters": ["B", "C"], "group_name": "G" }),
            "A put B, C in G {x",
        ),
        ("system", json!({ "divider_text": { "text": "New" } }), "New"),
        ("merge_forward", json!({ "content": "Merged and Forwarded Message" }), "[merged forward]"),
        ("hologram", json!({ "text": "hello" }), "[hologram] hello"),
        ("hologram", json!({ "key": 1 }), "[hologram]"),
        ("text", json!({ "text": ["odd"] }), "odd"),
        ("image", json!({}), "[image]"),
    ] {
        shows(msg_type, &content, text);
    }
    let bare = |msg_type, content| Content::parse(msg_type, content).to_text(&[]);
    assert_eq!(bare("merge_forward", "Merged and Forwarded Message"), "[merged forward]");
    assert_eq!(bare("text", "This message was recalled"), "This message was recalled");
    assert_eq!(bare("text", ""), "[text]");
    assert_eq!(Content::from(Divider::new("New")).to_text(&[]), "New");
}

#[test]
fn posts_have_their_title_their_lines_and_their_attachments() {
    let post = json!({
        "title": "Tides #",
        "content": [
            [
                { "tag": "at", "user_id": "@_user_2", "user_name": "" },
                { "tag": "text", "text": " high ", "style": ["bold", "italic"] },
                { "tag": "text", "text": "(low)", "style": ["lineThrough", "underline"] },
                { "tag": "text", "text": "a`b", "style": ["codeInline"] },
            ],
            [
                { "tag": "a", "text": "a [table]", "href": "https://example.com/(1)" },
                { "tag": "emotion", "emoji_type": "SMILE" },
                { "tag": "hologram", "text": "more" },
            ],
            [{ "tag": "img", "image_key": "img_1" }],
            [{ "tag": "code_block", "language": "GO", "text": "a\n```\nb" }],
            [{ "tag": "hr" }],
            [{ "tag": "media", "file_key": "f" }],
            [{ "tag": "at", "user_name": "Eve" }],
        ],
        "files": [
            { "file_key": "f1", "file_name": "r.pdf" },
            { "file_key": "f2", "file_name": "assets", "is_folder": true },
            { "file_key": "f3" },
        ],
    });
    shows(
        "post",
        &post,
        "Tides #\n@Tom [2] high (low)a`b\n[a [table]](https://example.com/(1))[SMILE]more\n[image]\n\
         a\n```\nb\n---\n[video]\n@Eve\n[r.pdf]\n[assets]\n[file]",
    );
    is_markdown(
        "post",
        &post,
        "# Tides \\#\n\n@Tom \\[2\\] ***high*** <s><u>(low)</u></s>``a`b``\n\n\
         [a \\[table\\]](<https://example.com/(1)>)\\[SMILE\\]more\n\n![image](img_1)\n\n\
         ````go\na\n```\nb\n````\n\n---\n\n\\[video\\]\n\n@Eve\n\n\\[r.pdf\\]\n\n\\[assets\\]\n\n\\[file\\]",
    );
    let wrapped = json!({ "post": { "zh_cn": { "title": "t", "content": [[{ "tag": "text", "text": "hi" }]] } } });
    shows("post", &wrapped, "t\nhi");
    shows("post", &json!({ "title": "only a title" }), "only a title");
    shows("post", &json!({ "files": [{ "file_key": "f", "file_name": "a.txt" }] }), "[a.txt]");
    shows("post", &json!({ "content": [[]] }), "[post]");
    let rich = json!({ "title": "t", "content": null, "content_v2": [[{ "tag": "md", "text": "**x** <at user_id=\"@_user_1\"></at>" }]] });
    is_markdown("post", &rich, "# t\n\n**x** @Ann");
}

#[test]
fn links_of_texts_are_links_and_all_else_is_words() {
    for (text, markdown) in [
        ("[a](https://example.com/x)!", "[a](https://example.com/x)!"),
        ("[a](javascript:x)", "\\[a\\](javascript:x)"),
        ("see https://example.com/a_b?c=*, ok", "see <https://example.com/a_b?c=>\\*, ok"),
        ("# 1\n- 2\n1. 3\n#4 -5", "\\# 1  \n\\- 2  \n1\\. 3  \n#4 -5"),
        ("a\n\n    b\n\tc", "a  \n\n&#32;   b  \n&#9;c"),
        ("snake_case _x_ AT&T &amp; <b>", "snake_case \\_x\\_ AT&T &amp\\; \\<b>"),
        ("x ![a](https://a.example)", "x \\![a](https://a.example)"),
        ("hi!", "hi!"),
    ] {
        is_markdown("text", &json!({ "text": text }), markdown);
    }
}

#[test]
fn cards_are_read_in_all_their_forms() {
    let returned = json!({
        "title": "Deploy",
        "elements": [
            [{ "tag": "text", "text": "by " }, { "tag": "at", "user_id": "@_user_1" }, { "tag": "a", "href": "https://a.example", "text": "log" }],
            [{ "tag": "img", "image_key": "img_1" }, { "tag": "button", "text": "Go" }],
            [{ "tag": "note", "elements": [{ "tag": "text", "text": "small" }] }, { "tag": "hologram" }],
        ],
    });
    shows(
        "interactive",
        &returned,
        "Deploy\nby @Ann[log](https://a.example)\n[image]\n[Go]\nsmall\n[hologram]",
    );
    let new = json!({
        "schema": "2.0",
        "header": { "title": { "tag": "plain_text", "content": "Deploy" }, "subtitle": { "tag": "plain_text", "content": "now" } },
        "body": { "elements": [
            { "tag": "markdown", "content": "All is **well**, <at id=ou_2></at>" },
            { "tag": "column_set", "columns": [
                { "tag": "column", "elements": [{ "tag": "div", "text": { "tag": "plain_text", "content": "2 * 3" } }] },
                { "tag": "column", "elements": [{ "tag": "button", "text": { "tag": "plain_text", "content": "Go" }, "url": "https://a.example" }] },
            ] },
            { "tag": "hr" },
            { "tag": "table", "columns": [{ "name": "a", "display_name": "A" }, { "name": "b" }],
              "rows": [{ "a": "x | y", "b": 2 }, { "a": [{ "text": "t" }] }] },
            { "tag": "select_static", "placeholder": { "content": "Pick" }, "options": [{ "text": { "content": "One" }, "value": "1" }] },
            { "tag": "img", "img_key": "img_1", "alt": { "content": "A cat" } },
            { "tag": "chart", "chart_spec": {} },
        ] },
    });
    let expected = "# Deploy\n\nnow\n\nAll is **well**, @Tom \\[2\\]\n\n2 \\* 3\n\n[Go](https://a.example)\n\n---\n\n\
                    | A | b |\n| --- | --- |\n| x \\| y | 2 |\n| t |  |\n\nOne\n\nPick\n\n![A cat](img_1)\n\n\\[chart\\]";
    is_markdown("interactive", &new, expected);
    is_markdown("interactive", &json!({ "title": "x", "user_dsl": new.to_string() }), expected);
    let made = json!({ "json_card": json!({
        "header": { "tag": "card_header", "property": { "title": { "tag": "plain_text", "property": { "content": "T" } } } },
        "body": { "tag": "body", "property": { "elements": [{ "tag": "markdown", "property": { "content": "**x**" } }] } },
    }).to_string(), "card_schema": 2 });
    shows("interactive", &made, "T\n**x**");
    let old = json!({ "header": { "title": { "content": "T" } }, "elements": [{ "tag": "div", "fields": [{ "text": { "tag": "lark_md", "content": "x &#60;y" } }] }] });
    shows("interactive", &old, "T\nx <y");
    let not_returned = json!({ "title": "T", "elements": [[{ "tag": "text", "text": "请升级至最新版本客户端，以查看内容" }]] });
    shows("interactive", &not_returned, "T\n[card]");
    shows("interactive", &json!({ "title": null, "elements": [[]] }), "[card]");
    assert_eq!(Content::from(CardEntity::new("c1")).to_text(&[]), "[card]");
    let template = CardTemplate::new("t1").variable("who", "Tom");
    assert_eq!(Content::from(template).to_text(&[]), "[card]\nTom");
    let deep = (0..2_000).fold(json!("x"), |inner, _| Value::Array(vec![inner]));
    assert_eq!(Content::from(Card::new(deep)).to_text(&[]), "[…]");
}

fn message(id: &str, upper: Option<&str>, sent: u64, text: &str) -> Value {
    let content = json!({ "text": text }).to_string();
    let mut message = json!({ "message_id": id, "create_time": sent.to_string(), "msg_type": "text",
        "sender": { "id": "ou_1", "sender_name": "Ann" }, "body": { "content": content } });
    match upper {
        Some(upper) => message["upper_message_id"] = upper.into(),
        None => {
            message["msg_type"] = "merge_forward".into();
            message["body"]["content"] = "Merged and Forwarded Message".into();
        }
    }
    message
}

#[allow(clippy::unwrap_used, reason = "a test reports failure by panicking")]
fn response(items: Vec<Value>) -> GetMessageResponse {
    serde_json::from_value(json!({ "items": items })).unwrap()
}

#[test]
fn a_merged_forward_is_a_tree_in_order() {
    let mut inner = message("om_3", Some("om_1"), 3, "");
    inner["msg_type"] = "merge_forward".into();
    inner["body"]["content"] = "Merged and Forwarded Message".into();
    let mut mentioning = message("om_2", Some("om_1"), 2, "@_user_1\n# b");
    mentioning["mentions"] = json!([{ "key": "@_user_1", "id": "ou_2", "name": "Tom" }]);
    let forward = response(vec![
        message("om_1", None, 9, ""),
        message("om_5", Some("om_1"), 10, "last"),
        inner,
        message("om_4", Some("om_3"), 1, "inner"),
        mentioning,
    ]);
    let expected = "[merged forward]\n- Ann: @Tom\n  # b\n- Ann: [merged forward]\n  - Ann: inner\n- Ann: last";
    assert_eq!(forward.to_text(), expected);
    let expected = "\\[merged forward\\]\n- Ann:\n\n  @Tom  \n  \\# b\n- Ann:\n\n  \\[merged forward\\]\n  \
                    - Ann:\n\n    inner\n- Ann:\n\n  last";
    assert_eq!(forward.to_markdown(), expected);
    let trees = forward.trees();
    assert_eq!((trees.len(), trees[0].messages.len()), (1, 3));
    assert_eq!(trees[0].messages[1].messages[0].message.message_id, "om_4");
}

fn count(tree: &MessageTree<'_>) -> usize {
    1 + tree.messages.iter().map(count).sum::<usize>()
}

fn depth(tree: &MessageTree<'_>) -> usize {
    1 + tree.messages.iter().map(depth).max().unwrap_or_default()
}

#[test]
fn no_tree_is_too_strange() {
    let alone = response(vec![
        message("om_1", Some("om_gone"), 1, "a"),
        message("om_2", Some("om_gone"), 2, "b"),
    ]);
    assert_eq!(alone.to_text(), "a\nb");
    let circle = response(vec![
        message("om_1", Some("om_2"), 1, "a"),
        message("om_2", Some("om_1"), 2, "b"),
        message("om_3", Some("om_3"), 3, "c"),
    ]);
    assert_eq!(circle.to_text().matches(['a', 'b', 'c']).count(), 3);
    let chain: Vec<_> = (0..20_000)
        .map(|n| message(&format!("om_{n}"), Some(&format!("om_{}", n + 1)), n, "x"))
        .collect();
    let chain = response(chain);
    assert_eq!(chain.trees().iter().map(count).sum::<usize>(), 20_000);
    assert_eq!(chain.trees().iter().map(depth).max(), Some(11));
    arbtest(|input| {
        let items = (0..input.int_in_range(0..=8)?)
            .map(|n| {
                let upper = format!("om_{}", input.int_in_range(0..=8)?);
                let id = format!("om_{}", input.int_in_range(0..=8)?);
                Ok(message(&id, Some(&upper), input.int_in_range(0..=3)?, &format!("text-{n}-")))
            })
            .collect::<Result<Vec<_>>>()?;
        let (len, response) = (items.len(), response(items));
        assert_eq!(response.trees().iter().map(count).sum::<usize>(), len);
        for shown in [response.to_text(), response.to_markdown()] {
            for n in 0..len {
                assert_eq!(shown.matches(&format!("text-{n}-")).count(), 1, "{shown}");
            }
        }
        Ok(())
    });
}

/// Returns what people see of Markdown.
#[allow(clippy::panic, reason = "a test reports failure by panicking")]
fn seen(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut seen = String::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => seen.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => seen.push('\n'),
            Event::Start(Tag::Paragraph | Tag::Link { .. }) | Event::End(TagEnd::Link) => {}
            other => panic!("{other:?} in {markdown:?}"),
        }
    }
    seen
}

/// Returns the lines that are not blank, with their indents if `is_exact`.
fn lines(text: &str, is_exact: bool) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let blank = [' ', '\t'];
    let lines = text.trim().lines().map(|line| match is_exact {
        true => line.trim_end_matches(blank).to_owned(),
        false => line.trim_matches(blank).to_owned(),
    });
    lines.filter(|line| !line.is_empty()).collect()
}

const PARTS: [&str; 45] = [
    "a",
    "é",
    "的",
    "。",
    "1",
    "12",
    " ",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "#",
    "-",
    "+",
    "*",
    "_",
    "=",
    "~",
    "~~",
    "`",
    "```",
    ">",
    "<",
    "<b>",
    "</b>",
    "<!--",
    "[",
    "]",
    "[x]",
    "[^1]",
    "(",
    ")",
    "!",
    "&",
    "amp;",
    "#35;",
    "\\",
    "|",
    ":",
    ".",
    "http://",
    "https://a.example/_b_(c)",
    "---",
    "$",
];

fn any_words(input: &mut Unstructured<'_>) -> Result<String> {
    let count = input.int_in_range(0..=12)?;
    (0..count).map(|_| input.choose(&PARTS).copied()).collect()
}

#[test]
fn markdown_shows_the_words_that_were_written() {
    arbtest(|input| {
        let words = if input.arbitrary()? {
            vec![any_words(input)?]
        } else {
            vec![any_words(input)?, any_words(input)?]
        };
        let elements: Vec<_> =
            words.iter().map(|words| json!({ "tag": "text", "text": words })).collect();
        let post = json!({ "content": [elements] }).to_string();
        let markdown = Content::parse("post", &post).to_markdown(&[]);
        // An indent that is in an element of its own is lost.
        let is_exact = words.len() == 1;
        let words = words.concat();
        if !words.trim().is_empty() {
            let seen = lines(&seen(&markdown), is_exact);
            assert_eq!(seen, lines(&words, is_exact), "{words:?} as {markdown:?}");
        }
        Ok(())
    });
}

/// Returns an element of a card. Each of its texts is another one, and is added to `texts`.
fn any_element(input: &mut Unstructured<'_>, depth: u8, texts: &mut Vec<String>) -> Result<Value> {
    let mut text = || {
        texts.push(format!("text-{}-", texts.len()));
        texts.last().cloned()
    };
    let kinds = if depth == 0 { 9 } else { 13 };
    Ok(match input.int_in_range(0..=kinds)? {
        0 => json!({ "tag": "markdown", "content": text() }),
        1 => json!({ "tag": "div", "text": { "tag": "lark_md", "content": text() } }),
        2 => {
            json!({ "tag": "div", "fields": [{ "text": { "tag": "plain_text", "content": text() } }] })
        }
        3 => json!({ "tag": "button", "text": { "tag": "plain_text", "content": text() } }),
        4 => {
            json!({ "tag": "img", "img_key": "k", "alt": { "tag": "plain_text", "content": text() } })
        }
        5 => json!({ "tag": "table", "columns": [{ "name": "a", "display_name": text() }],
            "rows": [{ "a": text() }, { "a": [{ "text": text() }] }] }),
        6 => json!({ "tag": "select_static", "placeholder": { "content": text() },
            "options": [{ "text": { "content": text() } }] }),
        7 => {
            json!([{ "tag": "text", "text": text() }, { "tag": "a", "text": text(), "href": "https://a.example" }])
        }
        8 => json!({ "tag": "hologram", "title": text(), "text": text() }),
        9 => json!({ "tag": "markdown", "property": { "content": text() } }),
        10 => {
            let header = json!({ "title": { "tag": "plain_text", "content": text() } });
            json!({ "tag": "collapsible_panel", "header": header, "elements": any_elements(input, depth, texts)? })
        }
        11 => {
            json!({ "tag": "column_set", "columns": [{ "tag": "column", "elements": any_elements(input, depth, texts)? }] })
        }
        12 => json!({ "tag": "form", "elements": any_elements(input, depth, texts)? }),
        _ => json!({ "tag": "action", "actions": any_elements(input, depth, texts)? }),
    })
}

fn any_elements(input: &mut Unstructured<'_>, depth: u8, texts: &mut Vec<String>) -> Result<Value> {
    let count = input.int_in_range(0..=3)?;
    (0..count).map(|_| any_element(input, depth - 1, texts)).collect()
}

#[test]
fn no_text_of_a_card_is_lost() {
    arbtest(|input| {
        let mut texts = Vec::new();
        let elements = any_elements(input, 5, &mut texts)?;
        let card = match input.arbitrary()? {
            true => {
                json!({ "header": { "title": { "content": "T" } }, "body": { "elements": elements } })
            }
            false => json!({ "title": "T", "elements": elements }),
        };
        let content = Content::parse("interactive", &card.to_string());
        for shown in [content.to_text(&[]), content.to_markdown(&[])] {
            for text in texts.iter().map(String::as_str).chain(["T"]) {
                assert_eq!(shown.matches(text).count(), 1, "{text} of {card} in {shown}");
            }
        }
        Ok(())
    });
}

#[test]
fn long_texts_take_no_long_time() {
    for part in [
        "[a](http",
        "[",
        "](",
        "<at ",
        "@_user_1",
        "!",
        "_",
        "1.",
        ";",
        "&",
        "    ",
        "-",
        "https://",
        "http://a&b;",
        "http://a)",
        "\n ",
    ] {
        let words = part.repeat(150_000 / part.len());
        let content = Content::parse("text", &json!({ "text": words }).to_string());
        assert!(content.to_markdown(&mentions()).len() > 7, "{part}");
    }
    let code =
        json!({ "content": [[{ "tag": "code_block", "text": "`".repeat(30_000) }]] }).to_string();
    assert!(Content::parse("post", &code).to_markdown(&[]).len() > 90_000);
}
