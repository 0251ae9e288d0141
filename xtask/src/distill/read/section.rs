//! What a heading announces.

use super::words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Method, URL, tokens and scopes.
    Request,
    Headers,
    Path,
    Query,
    Body,
    /// Parameters of which the heading does not say where they go.
    Params,
    RequestExample,
    Response,
    ResponseHeaders,
    ResponseExample,
    Errors,
    /// Definitions of object types.
    Types,
    /// Code for SDKs.
    Samples,
    Fields,
    /// Type, scopes and the like of an event or callback.
    Event,
    EventBody,
    EventExample,
    Other,
}

/// What a line announces that is marked as a heading, or stands alone in bold.
pub(super) fn of_heading(title: &str) -> Section {
    let key = normalized(title);
    if matches!(key.as_str(), "事件" | "回调" | "event" | "callback") {
        return Section::Event;
    }
    exact(&key).or_else(|| by_words(&key)).unwrap_or(Section::Other)
}

/// Whether the fields of a resource may stand below a heading of this title.
pub(super) fn announces_fields(title: &str) -> bool {
    const WORDS: &[&str] = &[
        "字段",
        "属性",
        "参数",
        "定义",
        "结构",
        "资源",
        "field",
        "attribut",
        "propert",
        "parameter",
        "definition",
        "structure",
        "resource",
        "schema",
    ];
    let key = normalized(title);
    WORDS.iter().any(|word| key.contains(word))
}

/// What a plain line announces, if nothing else can be meant.
pub(super) fn of_line(line: &str) -> Option<Section> {
    // The longest of these titles has some twenty letters.
    if line.len() > 60 || line.contains(['|', '{', ';', '"', '(', '=']) {
        return None;
    }
    // In code samples such words stand alone as well, but in lower case and one by one.
    let title = line.trim_start_matches(['#', '*', ' ']).trim_end();
    let code = title.starts_with(|c: char| c.is_ascii_lowercase()) && !title.contains(' ');
    if title.is_empty() || code { None } else { exact(&normalized(line)) }
}

/// Without marks, numbering, colon and spaces, in lower case.
fn normalized(title: &str) -> String {
    let key = words::key(title);
    let key = key.trim_start_matches('#').trim_end_matches([':', '：', '#']);
    let unnumbered = key.trim_start_matches(|c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                '.' | '、' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十'
            )
    });
    if unnumbered.is_empty() { key.to_owned() } else { unnumbered.to_owned() }
}

fn exact(key: &str) -> Option<Section> {
    Some(match key {
        "请求" | "基本" | "基本信息" | "请求信息" | "请求地址" | "请求方法" | "请求方式"
        | "请求url" | "接口地址" | "http请求" | "request" | "basicinformation" | "basicinfo"
        | "basic" | "requestmethod" | "httprequest" | "requesturl" => Section::Request,
        "请求头" | "请求头参数" | "请求头部" | "header参数" | "headers参数" | "header"
        | "headers" | "requestheader" | "requestheaders" | "headerparameters" | "公共请求头" => {
            Section::Headers
        }
        "路径参数" | "path参数" | "路径" | "请求路径参数" | "pathparameters" | "pathparameter"
        | "pathparams" | "uri参数" | "url参数" | "restful参数" => Section::Path,
        "查询参数" | "query参数" | "请求查询参数" | "querystring" | "queryparameters"
        | "queryparameter" | "queryparams" | "查询字符串" => Section::Query,
        "请求体" | "请求体参数" | "body参数" | "请求body" | "body" | "requestbody"
        | "bodyparameters" | "bodyparameter" | "bodyparams" | "请求正文" | "请求包体"
        | "请求主体" => Section::Body,
        "请求参数" | "参数" | "参数说明" | "入参" | "请求参数说明" | "输入参数"
        | "requestparameters" | "parameters" | "requestparameter" | "inputparameters" => {
            Section::Params
        }
        "请求体示例" | "请求示例" | "请求参数示例" | "请求样例" | "requestbodyexample"
        | "requestexample" | "samplerequest" | "body示例" | "请求包体示例" | "requestsample" => {
            Section::RequestExample
        }
        "响应"
        | "响应体"
        | "返回参数"
        | "响应参数"
        | "返回值"
        | "返回结果"
        | "返回体"
        | "出参"
        | "响应体参数"
        | "返回数据"
        | "返回参数说明"
        | "response"
        | "responsebody"
        | "responseparameters"
        | "responsebodyparameters"
        | "返回" => Section::Response,
        "响应头" | "响应头参数" | "responseheader" | "responseheaders" => {
            Section::ResponseHeaders
        }
        "响应示例"
        | "响应体示例"
        | "返回示例"
        | "返回结果示例"
        | "正常返回示例"
        | "返回样例"
        | "响应样例"
        | "返回体示例"
        | "responsebodyexample"
        | "responseexample"
        | "sampleresponse"
        | "responsesample"
        | "示例响应" => Section::ResponseExample,
        "错误码" | "错误代码" | "返回码" | "错误码说明" | "errorcode" | "errorcodes" | "error"
        | "errors" | "异常码" => Section::Errors,
        "类型额外说明"
        | "typedescription"
        | "typedescriptions"
        | "additionaltypedescription"
        | "additionaltypedescriptions" => Section::Types,
        "调用示例" | "代码示例" | "sdk示例" | "示例代码" | "codeexample" | "codeexamples"
        | "samplecode" => Section::Samples,
        "字段说明" | "资源定义" | "字段定义" | "数据结构" | "fielddescription" | "fields"
        | "resourcedefinition" | "fielddescriptions" => Section::Fields,
        "数据示例" | "示例数据" | "dataexample" => Section::ResponseExample,
        "事件体" | "事件结构" | "事件结构体" | "事件参数" | "回调体" | "回调结构"
        | "回调结构体" | "回调参数" | "结构体" | "eventbody" | "eventstructure"
        | "eventpayload" | "callbackbody" | "callbackstructure" | "callbackpayload" => {
            Section::EventBody
        }
        "事件体示例"
        | "事件示例"
        | "事件结构示例"
        | "事件结构体示例"
        | "回调体示例"
        | "回调示例"
        | "回调结构示例"
        | "回调结构体示例"
        | "eventexample"
        | "eventbodyexample"
        | "eventsample"
        | "callbackexample"
        | "callbackbodyexample"
        | "callbacksample" => Section::EventExample,
        _ => return None,
    })
}

fn by_words(key: &str) -> Option<Section> {
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    let example = has(&["示例", "样例", "example", "sample"]);
    let answer = has(&["响应", "返回", "response", "出参"]);
    Some(if has(&["错误码", "错误代码", "errorcode"]) {
        Section::Errors
    } else if has(&["sdk", "代码示例", "调用示例"]) {
        Section::Samples
    } else if answer && example {
        Section::ResponseExample
    } else if answer && has(&["头", "header"]) {
        Section::ResponseHeaders
    } else if answer && has(&["参数", "体", "body", "parameters", "结果", "数据", "字段"])
    {
        Section::Response
    } else if example && has(&["请求", "request", "body"]) {
        Section::RequestExample
    } else if has(&["请求头", "header"]) {
        Section::Headers
    } else if has(&["路径参数", "path参数", "pathparam"]) {
        Section::Path
    } else if has(&["查询参数", "query参数", "queryparam", "querystring"]) {
        Section::Query
    } else if has(&["请求体", "body参数", "requestbody", "bodyparam"]) {
        Section::Body
    } else if has(&["请求参数", "requestparam"]) {
        Section::Params
    } else if has(&["字段说明", "资源定义", "字段定义"]) {
        Section::Fields
    } else if has(&["请求地址", "请求方法", "请求url", "http请求"]) {
        Section::Request
    } else if example && has(&["事件", "回调", "event", "callback"]) && !has(&["代码", "code"])
    {
        Section::EventExample
    } else if has(&["事件体", "事件结构", "回调体", "回调结构", "eventbody", "eventstructure"])
        || has(&["callbackbody", "callbackstructure"])
    {
        Section::EventBody
    } else {
        return None;
    })
}
