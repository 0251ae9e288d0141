//! What a maintainer is told about a spec with a fault.

use insta::assert_snapshot;
use xtask::codegen::diagnostic::SHOWN;
use xtask::codegen::{self, Error};

use crate::workspace::{LINK, MOVED, Workspace};

const SPEC: &str = "specs/im/chat.link.json";

/// The faults after replacing each `old` by its `new` in a spec without faults.
fn after(edits: &[(&str, &str)]) -> String {
    let workspace = Workspace::new();
    for (old, new) in edits {
        workspace.edit(SPEC, old, new);
    }
    workspace.faults()
}

macro_rules! faults {
    ($($name:ident: $($old:expr => $new:expr),+;)*) => {$(
        #[test]
        fn $name() {
            assert_snapshot!(after(&[$(($old, $new)),+]));
        }
    )*};
}

/// Where the specs of the tests get a model, an answer and samples.
const VALUES: &str = r#""values": [{ "value": "week", "doc": "For 7 days." }]"#;
const NOTE: &str = r#""name": "note", "type": "string""#;
const CHAT: &str = r#""name": "chat_id", "type": "string""#;
const BODY: &str = r#""body": [
    { "name": "period", "type": "Period", "doc": "How long it works." },
    { "name": "note", "type": "string", "doc": "What to say." }
  ]"#;
const TYPES: &str = "\"types\": [";
/// An id that travels with its type.
const ID: &str = r#""types": [
    { "name": "PeriodId", "doc": "1.", "id_types": "Period" },"#;
const ERRORS: &str = r#""errors": ["232009"]"#;

faults! {
    a_key_that_is_missing: "  \"doc\": \"Creates a link to a chat.\",\n" => "";
    a_key_that_is_misspelt: "\"method\"" => "\"metod\"";
    a_key_that_is_unknown: "\"note\", \"type\"" => "\"note\", \"color\": \"red\", \"type\"";
    a_key_given_twice: "\"method\": \"POST\"," => "\"method\": \"POST\",\n  \"method\": \"PUT\",";
    a_value_of_the_wrong_kind: "[\"232009\"]" => "\"232009\"";
    a_value_that_is_not_allowed: "\"POST\"" => "\"POTS\"";
    a_type_that_does_not_exist: "\"type\": \"Period\"" => "\"type\": \"Perod\"";
    a_key_against_duplicates_that_is_none: "\"type\": \"Period\"," => "\"type\": \"Period\", \"dedupe\": true,";
    a_list_without_its_item: "\"type\": \"Period\"" => "\"type\": \"list\"";
    fields_that_collide: "\"name\": \"note\"" => "\"name\": \"chatId\"";
    a_field_given_twice: "\"name\": \"note\"" => "\"name\": \"period\"";
    a_field_named_like_a_keyword: "\"name\": \"note\"" => "\"name\": \"type\"";
    a_path_parameter_without_a_field: ":chat_id/link" => ":chat_id/link/:kind";
    a_field_without_a_path_parameter: ":chat_id/link" => "link";
    a_path_that_is_none: "/open-apis/im/v1/chats/:chat_id" => "open-apis/:chat_id";
    a_get_with_a_file:
        "\"POST\"" => "\"GET\"",
        NOTE => r#""name": "note", "type": "file""#;
    a_code_missing_from_the_dictionary: "[\"232009\"]" => "[\"232009\", \"232006\"]";
    a_rate_limit_that_is_none: ERRORS => r#""rate": "50 a second", "errors": ["232009"]"#;
    a_token_of_another_vendor: "[\"tenant\", \"user\"]" => "[\"tenant\", \"app\"]";
    a_sentence_in_another_language: "How long it works." => "有效期。";
    a_sentence_without_an_end: "How long it works." => "how long";
    a_source_that_is_no_page: "https://example.com/link" => "the wiki";
    a_trailing_comma: "[\"232009\"]" => "[\"232009\",]";
    a_brace_that_is_missing: "\n}\n" => "\n";
    an_example_with_an_unknown_field: "  \"errors\"" => "  \"examples\": { \"request\": { \"notes\": \"x\" } },\n  \"errors\"";
    an_example_of_another_type: "  \"errors\"" => "  \"examples\": { \"request\": { \"note\": 7 } },\n  \"errors\"";
    an_answer_without_its_envelope: "  \"errors\"" => "  \"examples\": { \"response\": { \"share_link\": \"x\" } },\n  \"errors\"";
    an_enum_without_values: "[{ \"value\": \"week\", \"doc\": \"For 7 days.\" }]" => "[]";
    a_value_without_a_rust_name: "\"value\": \"week\"" => "\"value\": \"7\"";
    a_value_without_a_sentence: VALUES => r#""values": [{ "value": "week" }, { "value": "year", "doc": "For 365 days." }]"#;
    an_enum_of_numbers_with_a_word: VALUES => r#""int": true, "values": [{ "value": "week", "doc": "1." }, { "value": "07", "rust": "Seven", "doc": "2." }]"#;
    a_number_that_counts_nothing: NOTE => r#""name": "note", "type": "bool", "counts": "items""#;
    accessors_that_cannot_be:
        NOTE => r#""name": "note", "type": "string", "counts": "seconds", "accessor": "noted_at""#,
        VALUES => r#""fields": [
        { "name": "a", "type": "string", "counts": "items", "accessor": "a_at", "doc": "1." },
        { "name": "b", "type": "int", "counts": "seconds", "accessor": "atB", "doc": "2." },
        { "name": "c", "type": "int", "counts": "seconds", "accessor": "d", "doc": "3." },
        { "name": "d", "type": "int", "doc": "4." }
      ]"#;
    a_type_that_is_neither: "\"values\": [{ \"value\": \"week\", \"doc\": \"For 7 days.\" }]" => "\"ignore_case\": true";
    a_field_that_would_be_sent_empty: "\"values\": [{ \"value\": \"week\", \"doc\": \"For 7 days.\" }]" => "\"fields\": [{ \"name\": \"days\", \"type\": \"int\", \"doc\": \"How many.\", \"always\": true }]";
    a_field_named_like_a_new_keyword: "\"name\": \"note\"" => "\"name\": \"gen\"";
    values_named_like_what_enums_have: VALUES => r#""values": [
        { "value": "week", "rust": "from", "doc": "1." },
        { "value": "year", "rust": "KNOWN", "doc": "2." },
        { "value": "unknown", "doc": "3." }
      ]"#;
    values_that_clash: VALUES => r#""values": [
        { "value": "for_ever", "doc": "1." },
        { "value": "for-ever", "doc": "2." },
        { "value": "for_ever", "rust": "Again", "doc": "3." }
      ]"#;
    values_that_clash_in_another_case: VALUES => r#""ignore_case": true, "values": [
        { "value": "WEEK", "doc": "1." }, { "value": "week", "rust": "Again", "doc": "2." }
      ]"#;
    a_slip_that_is_a_value: VALUES => r#""slips": ["week"], "values": [{ "value": "week", "doc": "1." }]"#;
    an_id_with_strange_characters: "\"im.v1.chat.link\"" => "\"im v1\"";
    aliases_that_find_nothing_new: "\"im.v1.chat.link\"," => r#""im.v1.chat.link",
  "aliases": ["share", "link_chat", "Share", "invite  link", "", "link's", "IM.V1.chat.link", "群"],"#;
    docs_with_names_of_the_wire:
        NOTE => r#""name": "noteType", "type": "Period", "type_of": "noteId", "doc": "1." },
    { "name": "noteId", "type": "PeriodId", "doc": "An ID of the `noteType`; see `noteText`." },
    { "name": "noteText", "type": "string""#,
        TYPES => ID;
    an_example_of_the_docs_that_is_not_rust: "  \"errors\"" => r#"  "examples": { "rust": ["LinkChat::new(\"oc_1\").send(&feishu).await?"] },
  "errors""#;
    empty_strings:
        "\"im.v1.chat.link\"" => "\"\"",
        ERRORS => r#""scopes": ["im:chat", ""], "rate": " ""#,
        "\"week\"" => "\"\"";
    names_that_are_derived:
        "\"type\": \"Period\"" => "\"type\": \"LinkChatResponse\", \"required\": true",
        NOTE => r#""name": "note", "type": "string", "required": true"#,
        "\"name\": \"Period\"" => "\"name\": \"LinkChatResponse\"",
        "\"types\": [" => r#""response": [{ "name": "url", "type": "string", "doc": "1." }],
  "types": [
    { "name": "LinkChatRequired", "doc": "1.", "fields": [] },"#;
    a_model_that_never_ends: VALUES => r#""fields": [{ "name": "next", "type": "Period", "doc": "1.", "always": true, "required": true }]"#;
    a_model_that_nobody_can_build: VALUES => r#""fields": [{ "name": "next", "type": "Period", "doc": "1.", "required": true }]"#;
    a_field_sent_twice: NOTE => r#""name": "period", "rust": "other", "type": "string""#;
    a_field_of_a_model_sent_twice: VALUES => r#""fields": [
        { "name": "a", "type": "int", "doc": "1." }, { "name": "a", "rust": "b", "type": "int", "doc": "2." }
      ]"#;
    defaults_of_another_type:
        NOTE => r#""name": "note", "type": "string", "default": 7"#,
        "\"type\": \"Period\"" => "\"type\": \"Period\", \"default\": \"weak\"";
    a_path_that_urls_shorten: "/open-apis/im" => "/open-apis/../im";
    a_parameter_twice_in_the_path: ":chat_id/link" => ":chat_id/link/:chat_id";
    an_example_that_urls_drop: "\"doc\": \"The chat to share.\"" => "\"doc\": \"The chat to share.\", \"example\": \"..\"";
    params_in_another_order:
        ":chat_id/link" => ":chat_id/link/:kind",
        "{ \"name\": \"chat_id\"" => r#"{ "name": "kind", "type": "string", "doc": "1." },
    { "name": "chat_id""#;
    types_that_a_url_cannot_hold:
        "\"type\": \"string\", \"doc\": \"The chat to share.\"" => "\"type\": \"list<string>\", \"doc\": \"The chat to share.\"",
        "\"body\"" => r#""query": [{ "name": "filter", "type": "json", "doc": "1." }],
  "body""#;
    always_in_a_request: NOTE => r#""name": "note", "type": "string", "always": true"#;
    required_with_a_default: NOTE => r#""name": "note", "type": "string", "required": true, "default": "x""#;
    no_token: "[\"tenant\", \"user\"]" => "[]";
    a_code_given_twice: ERRORS => r#""errors": ["232009", "232009"]"#;
    an_answer_described_twice: ERRORS => r#""response": [{ "name": "url", "type": "string", "doc": "1." }], "response_type": "Period""#;
    an_operation_that_is_not_named_in_pascal_case: ERRORS => r#""rust": "link_chat""#;
    an_operation_named_like_a_type: ERRORS => r#""rust": "Period""#;
    an_address_outside_of_code: "How long it works." => "See https://example.com/page for more.";
    an_example_without_a_body:
        "\"body\"" => "\"query\"",
        ERRORS => r#""examples": { "request": { "note": "x" } }"#;
    an_example_that_is_no_object: ERRORS => r#""examples": { "request": ["x"] }"#;
    an_example_that_lacks_a_field:
        NOTE => r#""name": "note", "type": "string", "required": true"#,
        ERRORS => r#""response": [{ "name": "url", "type": "string", "always": true, "doc": "1." }],
  "examples": { "request": {}, "response": { "code": 0, "data": {} } }"#;
    examples_of_values_that_are_not_listed: ERRORS => r#""response": [{ "name": "period", "type": "Period", "doc": "1." }],
  "examples": {
    "request": { "period": "weak" },
    "response": { "code": 0, "data": { "period": "for ever" } }
  }"#;
    answers_that_the_client_does_not_read: ERRORS => r#""response": [
    { "name": "flag", "type": "bool", "doc": "1." },
    { "name": "count", "type": "int", "doc": "2." },
    { "name": "size", "type": "float", "doc": "3." },
    { "name": "name", "type": "string", "always": true, "doc": "4." },
    { "name": "list", "type": "list<string>", "doc": "5." }
  ],
  "examples": {
    "response": { "code": 0, "data": { "flag": "yes", "count": 1.5, "size": "big", "name": null, "list": [null] } }
  }"#;
    a_sentence_that_says_only_the_name: "The chat to share." => "The id of the chat.";
    advice_that_is_no_sentence: NOTE => r#""name": "note", "type": "string", "deprecated": "use period""#;
    files_where_none_can_be_sent:
        CHAT => r#""name": "chat_id", "type": "file""#,
        "\"body\"" => r#""query": [{ "name": "image", "type": "file", "doc": "1." }],
  "body""#,
        ERRORS => r#""response": [{ "name": "image", "type": "file", "doc": "1." }]"#;
    files_with_samples: NOTE => r#""name": "note", "type": "file", "default": "a", "example": "b""#;
    types_of_whole_fields_within_others: ERRORS => r#""response": [
    { "name": "files", "type": "list<file>", "doc": "1." },
    { "name": "texts", "type": "map<string<json>>", "doc": "2." },
    { "name": "text", "type": "string<string<json>>", "doc": "3." },
    { "name": "ids", "type": "list<PeriodId>", "doc": "4." }
  ]"#,
        TYPES => ID;
    fields_that_null_cannot_clear:
        CHAT => r#""name": "chat_id", "type": "string", "nullable": true"#,
        NOTE => r#""name": "free", "type": "json", "nullable": true, "doc": "1." },
    { "name": "text", "type": "string<json>", "nullable": true, "doc": "2." },
    { "name": "uuid", "type": "string", "dedupe": true, "nullable": true, "doc": "3." },
    { "name": "must", "type": "string", "required": true, "nullable": true, "doc": "4." },
    { "name": "note", "type": "string""#,
        "\"body\"" => r#""query": [{ "name": "sort", "type": "string", "nullable": true, "doc": "5." }],
  "body""#;
    fields_that_nobody_clears:
        ERRORS => r#""response": [{ "name": "url", "type": "string", "nullable": true, "doc": "1." }, { "name": "end", "type": "Term", "doc": "2." }]"#,
        TYPES => r#""types": [
    { "name": "Term", "doc": "1.", "fields": [{ "name": "days", "type": "int", "nullable": true, "doc": "2." }] },"#;
    a_field_named_like_what_clears_another: NOTE => r#""name": "note", "type": "string", "nullable": true, "doc": "1." },
    { "name": "clear_note", "type": "bool""#;
    limits_that_do_not_fit:
        NOTE => r#""name": "note", "type": "bool", "min": 1, "max_length": 5"#,
        CHAT => r#""name": "chat_id", "type": "int", "min_length": 1"#,
        "\"type\": \"Period\"" => r#""type": "Period", "max": 7"#;
    limits_that_leave_nothing: NOTE => r#""name": "note", "type": "string", "min": 3, "max": 2, "min_length": 5, "max_length": 4"#;
    a_body_described_twice: "\"body\"" => "\"body_type\": \"json\",\n  \"body\"";
    a_body_that_is_a_scalar: BODY => r#""body_type": "Period""#;
    a_body_that_is_text: BODY => r#""body_type": "string<json>""#;
    fields_beside_a_file: NOTE => r#""name": "image", "type": "file", "doc": "1." },
    { "name": "free", "type": "json", "doc": "2." },
    { "name": "names", "type": "map<string>", "doc": "3." },
    { "name": "uuid", "type": "string", "dedupe": true, "doc": "4." },
    { "name": "note", "nullable": true, "type": "string""#;
    a_form_with_an_example:
        NOTE => r#""name": "note", "type": "file""#,
        ERRORS => r#""examples": { "request": { "note": "x" } }"#;
    a_download_with_an_example: ERRORS => r#""response_type": "file", "examples": { "response": { "code": 0 } }"#;
    an_answer_that_is_text: ERRORS => r#""response_type": "string<json>""#;
    an_answer_that_is_an_id:
        ERRORS => r#""response_type": "PeriodId""#,
        TYPES => ID;
    a_type_without_an_id: "\"type\": \"Period\"" => "\"type\": \"Period\", \"type_of\": \"note\"";
    an_id_without_a_type:
        NOTE => r#""name": "note", "type": "PeriodId""#,
        TYPES => ID;
    an_id_with_a_type_that_is_another:
        NOTE => r#""name": "note", "type": "PeriodId", "doc": "1." },
    { "name": "note_type", "type": "string", "type_of": "note""#,
        TYPES => ID;
    an_id_that_may_be_absent_beside_its_type:
        NOTE => r#""name": "note", "type": "PeriodId""#,
        "\"type\": \"Period\"" => "\"type\": \"Period\", \"required\": true, \"type_of\": \"note\"",
        TYPES => ID;
    an_id_and_its_type_in_an_answer:
        ERRORS => r#""response": [
    { "name": "id", "type": "PeriodId", "doc": "1." },
    { "name": "id_type", "type": "Period", "type_of": "id", "doc": "2." }
  ]"#,
        TYPES => ID;
    ids_whose_types_are_no_enum: TYPES => r#""types": [
    { "name": "NoteId", "doc": "1.", "id_types": "string" },
    { "name": "TextId", "doc": "2.", "id_types": "Text" },
    { "name": "Text", "doc": "3.", "fields": [] },"#;
    an_id_made_by_what_every_id_has:
        TYPES => ID,
        "\"value\": \"week\"" => "\"value\": \"new\"";
    fields_that_lack_nothing:
        ERRORS => r#""response_type": "Text", "lacks": ["line", "words"]"#,
        TYPES => r#""types": [
    { "name": "Text", "doc": "1.", "fields": [{ "name": "words", "type": "int", "always": true, "doc": "2." }] },"#;
    a_whole_body_of_nothing: ERRORS => r#""whole_body": true, "errors": ["232009"]"#;
    a_whole_body_that_is_a_file: ERRORS => r#""response_type": "file", "whole_body": true, "errors": ["232009"]"#;
    fields_that_an_answer_without_a_model_lacks: ERRORS => r#""response_type": "list<string>", "lacks": ["line"]"#;
    pages_of_an_operation_without_an_answer: ERRORS => r#""pages": { "items": "items", "token": "note", "next": "next" }"#;
    pages_of_a_bare_list:
        ERRORS => r#""response_type": "list<Text>", "pages": { "items": "lines", "token": "note", "next": "next" }"#,
        TYPES => r#""types": [
    { "name": "Text", "doc": "1.", "fields": [{ "name": "lines", "type": "list<int>", "doc": "2." }] },"#;
    pages_by_fields_that_are_not_there: ERRORS => r#""pages": { "items": "itms", "token": "nte", "next": "nxt", "more": "mre" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "next", "type": "string", "doc": "2." }]"#;
    pages_by_fields_of_another_type: ERRORS => r#""pages": { "items": "next", "token": "period", "next": "items", "more": "next" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "next", "type": "string", "doc": "2." }]"#;
    pages_by_an_offset_of_another_type: ERRORS => r#""pages": { "items": "items", "offset": "period", "total": "all" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "all", "type": "bool", "doc": "2." }]"#;
    pages_by_a_token_that_must_be_sent:
        NOTE => r#""name": "note", "type": "string", "required": true"#,
        ERRORS => r#""pages": { "items": "items", "token": "note", "next": "next" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "next", "type": "string", "doc": "2." }]"#;
    pages_that_lead_nowhere: ERRORS => r#""pages": { "items": "items", "token": "note" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "next", "type": "string", "doc": "2." }]"#;
    pages_that_lead_two_ways: ERRORS => r#""pages": { "items": "items", "token": "note", "next": "next", "offset": "note" },
  "response": [{ "name": "items", "type": "list<int>", "doc": "1." }, { "name": "next", "type": "string", "doc": "2." }]"#;
    a_field_named_like_what_pages_are_read_by: "\"name\": \"note\"" => "\"name\": \"items\"";
    samples_of_text_without_json:
        NOTE => r#""name": "note", "type": "string<list<int>>", "default": "", "example": "[1,""#,
        ERRORS => r#""response": [{ "name": "rows", "type": "string<list<int>>", "doc": "1." }],
  "examples": { "request": { "note": "[true]" }, "response": { "code": 0, "data": { "rows": "none" } } }"#;
    text_that_is_always_there: ERRORS => r#""response": [{ "name": "period", "type": "string<Period>", "always": true, "doc": "1." }]"#;
    a_model_that_never_ends_in_text: VALUES => r#""fields": [{ "name": "next", "type": "string<Period>", "doc": "1.", "required": true }]"#;
    a_name_that_generated_code_uses: "\"name\": \"Period\"" => "\"name\": \"Option\"";
}

/// The faults after replacing each `old` by its `new` in an event without faults.
fn after_in_event(edits: &[(&str, &str)]) -> String {
    let workspace = Workspace::with_events();
    for (old, new) in edits {
        workspace.edit(EVENT, old, new);
    }
    workspace.faults()
}

const EVENT: &str = "specs/im/events/chat_moved.json";

macro_rules! faults_of_events {
    ($($name:ident: $($old:expr => $new:expr),+;)*) => {$(
        #[test]
        fn $name() {
            assert_snapshot!(after_in_event(&[$(($old, $new)),+]));
        }
    )*};
}

const REASON: &str = r#""name": "reason", "type": "string""#;
const SCOPES: &str = r#""scopes": ["im:chat"],"#;

faults_of_events! {
    an_event_without_a_name: "  \"rust\": \"ChatMoved\",\n" => "";
    an_event_with_the_name_of_a_variant: "\"ChatMoved\"" => "\"Unreadable\"";
    an_event_that_is_not_named_in_pascal_case: "\"ChatMoved\"" => "\"chat_moved\"";
    an_event_named_like_a_type: "\"ChatMoved\"" => "\"Place\"";
    an_event_whose_file_has_another_name: "\"id\": \"chat_moved\"" => "\"id\": \"chat_gone\"";
    an_event_with_strange_characters: "\"id\": \"chat_moved\"" => "\"id\": \"chat moved\"";
    an_event_with_a_schema_that_is_none: "\"schema\": \"2.0\",\n  \"scopes" => "\"schema\": \"3.0\",\n  \"scopes";
    another_event_without_an_envelope:
        "\"schema\": \"2.0\",\n  \"scopes" => "\"schema\": \"card\",\n  \"scopes";
    an_event_with_an_empty_scope: SCOPES => r#""scopes": [""], "field_scopes": [" "],"#;
    an_event_replaced_by_itself: SCOPES => r#""replaced_by": "chat_moved","#;
    an_event_replaced_by_none: SCOPES => r#""replaced_by": "chat_gone","#;
    a_dedupe_key_that_is_not_there: "/place/number" => "/place/street";
    a_dedupe_key_that_is_no_pointer: "/place/number" => "place.number";
    a_dedupe_key_that_is_a_list: "/place/number" => "/place/floors";
    a_dedupe_key_that_is_a_model: "/place/number" => "/place";
    an_event_that_says_only_its_name: "A chat has a new place." => "The chat moved.";
    an_event_with_a_key_of_operations: SCOPES => r#""method": "POST","#;
    an_event_with_a_misspelt_key: SCOPES => r#""scope": ["im:chat"],"#;
    a_field_of_an_event_that_nobody_clears: REASON => r#""name": "reason", "type": "string", "nullable": true"#;
    a_field_of_an_event_that_is_a_file: REASON => r#""name": "reason", "type": "file""#;
    a_field_of_an_event_given_twice: REASON => r#""name": "place", "type": "string""#;
    an_event_with_two_answers: SCOPES => r#""answer": [], "answer_type": "json","#;
    an_event_answered_with_a_scalar: SCOPES => r#""answer_type": "string","#;
    an_answer_of_fields_that_are_always_there: SCOPES => r#""answer": [{ "name": "note", "type": "string", "always": true, "doc": "1." }],"#;
    an_answer_with_a_model_that_is_sent_empty:
        SCOPES => r#""answer_type": "Place","#,
        r#""name": "number", "type": "string""# => r#""name": "number", "type": "string", "always": true"#;
    an_answer_named_like_a_type:
        SCOPES => r#""answer": [],"#,
        "\"types\": [" => "\"types\": [\n    { \"name\": \"ChatMovedAnswer\", \"doc\": \"1.\", \"fields\": [] },";
    a_sample_in_another_envelope: "\"schema\": \"2.0\",\n    \"header" => "\"schema\": \"1.0\",\n    \"header";
    a_sample_of_another_event: "\"event_type\": \"chat_moved\"" => "\"event_type\": \"chat_gone\"";
    a_sample_of_another_schema: "\"schema\": \"2.0\",\n  \"scopes" => "\"schema\": \"1.0\",\n  \"scopes";
    a_sample_with_an_unknown_field: "\"reason\": \"noise\"" => "\"reasons\": \"noise\"";
    a_sample_of_another_type: "\"reason\": \"noise\"" => "\"reason\": [7]";
    a_default_of_another_type: REASON => r#""name": "reason", "type": "string", "default": 7"#;
}

#[test]
fn events_of_another_vendor_and_a_crate_without_their_feature() {
    let workspace = Workspace::with_events();
    workspace.write("crates/im/Cargo.toml", "[features]\ndefault = []\n");
    workspace.edit("specs/im/api.json", "feishu", "dingtalk");
    assert_snapshot!(workspace.faults());
}

#[test]
fn what_the_client_does_for_an_old_api() {
    let workspace = Workspace::new();
    workspace.edit("specs/im/api.json", "feishu", "dingtalk");
    for (old, new) in [
        ("/open-apis/im/v1/chats/:chat_id", "/topapi/chat/:chat_id"),
        ("[\"tenant\", \"user\"]", "[\"app\"]"),
        (
            "\"body\"",
            "\"query\": [{ \"name\": \"access_token\", \"type\": \"string\", \"doc\": \"1.\" }],\n  \"body\"",
        ),
        (
            ERRORS,
            r#""response": [
    { "name": "errcode", "type": "int", "doc": "1." },
    { "name": "url", "type": "string", "doc": "2." }
  ]"#,
        ),
    ] {
        workspace.edit(SPEC, old, new);
    }
    assert_snapshot!(workspace.faults());
    // Paths of the current API begin with a version.
    workspace.edit(SPEC, "/topapi", "/v1.0");
    assert_ne!(workspace.codegen(), 0);
}

#[test]
fn an_error_as_the_sample_of_an_old_api() {
    let workspace = Workspace::new();
    workspace.edit("specs/im/api.json", "feishu", "dingtalk");
    let sample = |code: &str| {
        format!(
            r#""response": [{{ "name": "url", "type": "string", "doc": "1." }}],
  "examples": {{ "response": {{ "errcode": {code}, "errmsg": "x", "request_id": "r", "url": "u" }} }}"#
        )
    };
    for (old, new) in [
        ("/open-apis/im/v1/chats/:chat_id", "/topapi/chat/:chat_id"),
        ("[\"tenant\", \"user\"]", "[\"app\"]"),
        (ERRORS, &sample("33012")),
    ] {
        workspace.edit(SPEC, old, new);
    }
    assert_snapshot!(workspace.faults());
    workspace.edit(SPEC, "33012", "0");
    assert_ne!(workspace.codegen(), 0);
}

#[test]
fn a_type_of_events_in_an_operation() {
    let workspace = Workspace::with_events();
    let types = r#"{ "types": [{ "name": "Street", "doc": "1.", "fields": [] }] }"#;
    workspace.write("specs/im/events/types/street.json", types);
    workspace.edit(EVENT, REASON, r#""name": "reason", "type": "Street""#);
    workspace.edit(EVENT, ", \"reason\": \"noise\"", "");
    workspace.write(SPEC, LINK.replace(NOTE, r#""name": "note", "type": "Street""#));
    assert_snapshot!(workspace.faults());
}

#[test]
fn files_among_events_that_are_none() {
    let workspace = Workspace::with_events();
    workspace.write("specs/im/events/notes.txt", "");
    workspace.write("specs/im/events/more/chat_gone.json", "{}");
    workspace.write("specs/im/events/types/Two Words.json", "{ \"types\": [] }");
    assert_snapshot!(workspace.faults());
}

#[test]
fn two_operations_behind_one_path() {
    let workspace = Workspace::new();
    let again = LINK.replace("chat.link", "chat.share").replace("Period", "Term");
    workspace.write(
        "specs/im/chat.share.json",
        again.replace("chat_id", "chat").replace("/link\",", "/link/\","),
    );
    assert_snapshot!(workspace.faults());
}

/// All faults of the file are reported, those of numbers among them.
#[test]
fn codes_and_modules_with_faults() {
    let workspace = Workspace::new();
    let api = "specs/im/api.json";
    workspace.edit(
        api,
        "\"chat\": \"Chats.\"",
        "\"chat\": \"Chats.\", \"move\": \"1.\", \"types\": \"2.\"",
    );
    workspace.edit(api, "\"http\": 400", "\"http\": 70000");
    workspace.edit(
        api,
        "\"errors\": {",
        r#""errors": {
    "1": { "name": "not_pascal", "http": 99, "kind": "rejected", "doc": "1.", "advice": "1." },
    "2": { "name": "ChatDissolved", "http": 500, "kind": "rejected", "doc": "2.", "advice": "2." },"#,
    );
    assert_snapshot!(workspace.faults());
}

#[test]
fn a_types_file_that_names_no_module() {
    let workspace = Workspace::new();
    workspace.write("specs/im/types/Chat Types.json", "{ \"types\": [] }");
    assert_snapshot!(workspace.faults());
}

#[test]
fn a_type_that_is_too_deep() {
    let deep = format!("{}int{}", "list<".repeat(100_000), ">".repeat(100_000));
    let faults = after(&[("\"type\": \"Period\"", &format!("\"type\": \"{deep}\""))]);
    assert!(faults.contains("more than 8 lists in lists"), "{:.300}", faults);
}

#[test]
fn an_empty_file() {
    let workspace = Workspace::new();
    workspace.write(SPEC, " \n");
    assert_snapshot!(workspace.faults());
}

#[test]
fn a_file_that_is_not_utf_8() {
    let workspace = Workspace::new();
    workspace.write(SPEC, [LINK.as_bytes(), b"\xff\xfe"].concat());
    assert_snapshot!(workspace.faults());
}

#[test]
fn a_directory_where_a_file_belongs() {
    let workspace = Workspace::new();
    workspace.write("specs/im/chat.get.json/x", "");
    assert_snapshot!(workspace.faults());
}

#[test]
fn files_that_belong_nowhere() {
    let workspace = Workspace::new();
    workspace.write("specs/chat.get.json", LINK);
    workspace.write("specs/im/notes.txt", "");
    workspace.write("specs/im/chat.json", LINK);
    workspace.write("specs/im/user.get.json", LINK);
    workspace.write("specs/other/chat.get.json", LINK);
    assert_snapshot!(workspace.faults());
}

#[test]
fn an_api_without_a_crate() {
    let workspace = Workspace::new();
    workspace.write("specs/mail/api.json", crate::workspace::API);
    assert_snapshot!(workspace.faults());
}

#[test]
fn a_type_that_is_declared_twice_or_borrowed() {
    let workspace = Workspace::new();
    let get = LINK.replace("chat.link", "chat.get");
    workspace.write("specs/im/chat.get.json", &get);
    let list = LINK.replace("chat.link", "chat.list");
    let start = list.find("  \"types\"").unwrap();
    workspace.write("specs/im/chat.list.json", format!("{}\"scopes\": []}}", &list[..start]));
    assert_snapshot!(workspace.faults());
}

#[test]
fn all_faults_of_all_files_in_one_run() {
    let workspace = Workspace::new();
    workspace.edit("specs/im/api.json", "\"kind\"", "\"knid\"");
    workspace.edit(SPEC, "\"How long it works.\"", "\"How long it works\"");
    workspace.edit(SPEC, "\"name\": \"note\", \"type\": \"string\"", "\"name\": \"note\"");
    workspace.edit(SPEC, "\"name\": \"chat_id\"", "\"nmae\": \"chat_id\"");
    workspace.write("specs/im/types/a.json", "{ \"types\": [");
    workspace.write("specs/im/types/b.json", "");
    workspace.write("specs/mail/api.json", "{");
    workspace.write("specs/mail/chat.get.json", LINK.replace("/link\"", "//link\""));
    assert_snapshot!(workspace.faults());
}

#[test]
fn of_many_faults_the_first_are_shown_and_the_others_counted() {
    let workspace = Workspace::new();
    for index in 0..SHOWN + 12 {
        workspace.write(&format!("specs/im/types/{index:03}.json"), "");
    }
    let faults = workspace.faults();
    assert_eq!(faults.matches("is empty").count(), SHOWN);
    assert!(faults.ends_with("\n\nand 12 more: `cargo xtask codegen --verbose` shows all"));
    let Err(Error::Specs(faults)) = codegen::plan(workspace.root(), &[]) else { panic!() };
    let all = faults.render(false, usize::MAX);
    assert_eq!(all.matches("is empty").count(), SHOWN + 12);
    assert!(!all.contains("more:"), "{all}");
}

#[test]
fn strange_files_are_refused_and_nothing_panics() {
    let deep = "[".repeat(100_000);
    let deep_object = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
    for text in [
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "\u{feff}{}",
        "{\"id\": \u{0}}",
        "群",
        &deep,
        &deep_object,
    ] {
        for path in [
            SPEC,
            "specs/im/api.json",
            "specs/im/types/x.json",
            EVENT,
            "specs/im/events/types/x.json",
        ] {
            let workspace = Workspace::with_events();
            workspace.write(SPEC, LINK);
            workspace.write(path, text);
            assert!(!workspace.faults().is_empty(), "{path} {text:.20}");
        }
    }
}

/// Whatever single character goes missing, the outcome is a file tree or a diagnostic.
#[test]
fn a_spec_cut_anywhere_gives_a_diagnostic() {
    for end in (1..LINK.len() - 2).step_by(7) {
        let workspace = Workspace::new();
        workspace.write(SPEC, &LINK[..end]);
        assert!(workspace.faults().contains("chat.link.json:"), "cut at {end}");
    }
    for end in (1..MOVED.len() - 2).step_by(7) {
        let workspace = Workspace::with_events();
        workspace.write(EVENT, &MOVED[..end]);
        assert!(workspace.faults().contains("chat_moved.json:"), "cut at {end}");
    }
}
