//! The response to [`ListMessage`](feishu_im::message::ListMessage) that is decoded.

use super::CHAT;

/// Returns a page of 100 messages, about 290 KB: texts, posts and cards by turns, in English and in
/// Chinese.
pub fn page() -> String {
    let items: Vec<String> = (0..100).map(message).collect();
    format!(
        r#"{{"code":0,"data":{{"has_more":true,"page_token":"GxmvlNRvP0NdQZpa7yIqf_Lv_QuBwTQ8tXkX7w-irAghVD_TvuYd1aoJ1LQph86O-XImC4X9j9FhUPhXQDvtrQ==","items":[{}]}},"msg":"success"}}"#,
        items.join(",")
    )
}

fn message(n: u64) -> String {
    let (kind, content) = match n % 3 {
        0 => ("text", text(n)),
        1 => ("post", post(n)),
        _ => ("interactive", card(n)),
    };
    // JSON in a string of JSON.
    let content = content.replace('\\', r"\\").replace('"', "\\\"");
    let time = 1_615_380_573_411 + n * 60_000;
    format!(
        r#"{{"message_id":"om_dc13264520392913993dd051dba2{n:04x}","root_id":"om_40eb06e7b84dc71c03e009ad3c75{n:04x}","parent_id":"om_d4be107c616aed9c1da8ed806857{n:04x}","thread_id":"omt_d4be107c{n:04x}","msg_type":"{kind}","create_time":"{time}","update_time":"{time}","deleted":false,"updated":false,"chat_id":"{CHAT}","sender":{{"id":"ou_155184d1e73cbfb8973e5a9e698e{n:04x}","id_type":"open_id","sender_type":"user","tenant_key":"736588c9260f175e"}},"body":{{"content":"{content}"}},"mentions":[{{"key":"@_user_1","id":"ou_84aad35d084aa403a838cf73ee{n:04x}","id_type":"open_id","name":"Tom 汤姆","tenant_key":"736588c9260f175e"}}],"message_position":"{n}"}}"#
    )
}

fn text(n: u64) -> String {
    let line = "@_user_1 The release is ready for review, 版本已经可以评审了。\\n";
    format!(r#"{{"text":"{}{n}"}}"#, line.repeat(32))
}

fn post(n: u64) -> String {
    let line = r#"[{"tag":"text","text":"See the notes of today's meeting: ","style":["bold"]},{"tag":"a","href":"https://example.com/docs/2026","text":"会议纪要"},{"tag":"at","user_id":"@_user_1","user_name":"Tom"}]"#;
    format!(r#"{{"title":"Notes {n}","content":[{}]}}"#, [line; 9].join(","))
}

fn card(n: u64) -> String {
    let line = r#"{"tag":"div","text":{"tag":"lark_md","content":"**Build** passed in 3 min, 构建成功"},"fields":[{"is_short":true,"text":"main"}]}"#;
    format!(
        r#"{{"title":"Card {n}","elements":[{}],"header":{{"template":"blue"}}}}"#,
        [line; 13].join(",")
    )
}
