//! Pages that describe an operation.

use std::collections::HashSet;

use super::blocks::{self, Block, Body, Document};
use super::facts::{Endpoint, Param, Token, Ty, Vendor};
use super::json::{Json, JsonKind};
use super::known::Types;
use super::models;
use super::nest::{self, Evidence, Flat};
use super::params::{self, Rows};
use super::parts::{self, Inner, Parts};
use super::report::{RemarkKind, Report};
use super::request::{self, Request};
use super::vocabulary::{self, Column, Section};
use super::{envelope, form, infer, maps, old_api, words};

/// The operation, if the page describes one.
pub(super) fn read(document: &Document, types: &Types, report: &mut Report) -> Option<Endpoint> {
    let mut guesses = Report::default();
    let request = request::read(document, &mut guesses);
    if request.url.is_empty() || !is_endpoint(document, &request) {
        return None;
    }
    report.append(guesses);
    if !request.event_type.is_empty() {
        let message = format!(
            "the page of an operation names the event `{}`; it is left out",
            request.event_type
        );
        report.add(RemarkKind::Row, request.line, message);
    }
    if request.method.is_empty() {
        report.add(RemarkKind::Missing, request.line, "the page does not say the HTTP method");
    }
    let parts = parts::collect(document, report);
    Some(build(document, request, parts, types, report))
}

/// Guides show requests as well, but have no table that goes with them.
fn is_endpoint(document: &Document, request: &Request) -> bool {
    let path = request.path();
    let api = path.starts_with("/open-apis/")
        || path.starts_with("/v1.")
        || path.starts_with("/v2.")
        || path.starts_with("/topapi/")
        || request.host().starts_with("api.");
    let sections = document.blocks.iter().any(|block| match &block.body {
        Body::Heading(heading) => !matches!(
            heading.section,
            Section::Other
                | Section::Fields
                | Section::Samples
                | Section::Event
                | Section::EventBody
                | Section::EventExample
        ),
        Body::Table(table) => table.has(Column::Required) && !request.is_of_text,
        _ => false,
    });
    path.len() > 1
        && !path.starts_with("/document/")
        && (api || !request.method.is_empty())
        && sections
}

fn build(
    document: &Document,
    request: Request,
    mut parts: Parts,
    types: &Types,
    report: &mut Report,
) -> Endpoint {
    let title = title(document);
    place_rows(&request, &mut parts, report);
    let path = path_params(&request, flats(parts.path), report);
    let mut query = nest::tree(flats(parts.query), Evidence::Marks, report);
    add_query_of_url(&request, &mut query, report);
    params::compare(&mut query, None, report);
    let headers = nest::tree(flats(parts.headers), Evidence::Marks, report);
    let (mut inner_body, mut inner_answer) = (Vec::new(), Vec::new());
    for inner in parts.inner {
        if inner.answer { inner_answer.push(inner) } else { inner_body.push(inner) }
    }

    let vendor = request.vendor();
    let is_old = vendor == Some(Vendor::Dingtalk) && old_api::is_old(&request.path());
    let root = parts.response.root.take();
    let mut answer_rows = flats(parts.response);
    doubt_host(&request, vendor, is_old, report);
    if is_old {
        envelope::leave_out_old(&mut answer_rows, parts.response_example.as_ref());
    }
    let sample = parts.request_example.as_ref();
    let body_list = is_list(parts.body.root.as_ref(), sample);
    let body_rows = flats(parts.body);
    let unmarked = nest::is_unmarked_answer(&answer_rows)
        || parts.models.is_empty() && nest::is_unmarked_body(&body_rows, sample);
    let evidence = |sample| {
        if unmarked {
            Evidence::Unmarked(sample, types)
        } else if vendor == Some(Vendor::Feishu) {
            Evidence::Sample(sample)
        } else {
            Evidence::Flattened(sample)
        }
    };
    if let Some((_, row)) = parts.event.rows.first() {
        let message = "a table of an event on the page of an operation; it is left out";
        report.add(RemarkKind::Row, row.param.line, message);
    }
    let outline = sample.or(parts.request_outline.as_ref());
    let mut body = nest::tree(body_rows, evidence(outline), report);
    params::open_lists(&mut body, outline, report);
    models::attach(&mut body, parts.models, sample, report);
    attach_inner(&mut body, inner_body, sample, report);
    params::compare(&mut body, sample, report);
    if body.is_empty() && request.method != "GET" {
        body = shown_body(document, sample, request.line, report);
    } else if body.is_empty() && sample.is_some_and(|sample| sample.len() > 0) {
        let message =
            "the page shows a body of a GET, but has no table of its fields; it is left out";
        report.add(RemarkKind::Missing, request.line, message);
    }

    let answer = parts.response_example.as_ref();
    let mut response = nest::tree(answer_rows, evidence(answer), report);
    attach_inner(&mut response, inner_answer, answer, report);
    let whole_body =
        request.vendor() == Some(Vendor::Feishu) && envelope::is_whole_body(&response, answer);
    let (response, response_of_table) =
        answer_fields(&request, is_old, response, answer, &body, report);
    let download = is_download(&request, &title, parts.file_answer, &response, answer.is_some());
    if download {
        report.add(
            RemarkKind::Guessed,
            parts.response_line.max(request.line),
            "treating the response as a file",
        );
    } else if answer.is_none() && response.is_empty() {
        report.add(
            RemarkKind::Missing,
            parts.response_line.max(request.line),
            "the page shows neither response fields nor a sample",
        );
    }
    if parts.errors.is_empty() {
        report.add(RemarkKind::Missing, request.line, "the page has no table of error codes");
    }
    let content_type = headers.iter().any(|header| {
        header.gloss.contains("multipart")
            || header.example.as_deref().is_some_and(|example| example.contains("multipart"))
    });
    let multipart = request.multipart
        || content_type
        || body.iter().any(|field| *field.ty.element() == Ty::File);
    let takes_file = takes_file(&request, &title);
    let takes_nothing = request.method == "POST" && path.is_empty() && query.is_empty();
    if body.is_empty() && (takes_file || takes_nothing) {
        let upload = if takes_file { " An upload cannot work without its file" } else { "" };
        let method = &request.method;
        let message =
            format!("a {method} that takes nothing: does the page lack its table?{upload}");
        report.add(RemarkKind::Missing, request.line, message);
    }
    let tokens = tokens(&request, vendor, &headers, &query, report);
    if is_old {
        // The client sends it.
        query.retain(|param| param.name != old_api::TOKEN);
        body.retain(|param| param.name != old_api::TOKEN);
    } else if vendor == Some(Vendor::Dingtalk) {
        write_as_json(&mut query, report);
    }
    Endpoint {
        vendor,
        source: document.source.clone(),
        explored: None,
        gloss: gloss(document),
        deprecated: is_deprecated(&title),
        title,
        host: request.host(),
        path: request.path(),
        method: request.method,
        url: request.url,
        tokens,
        app_types: request.app_types,
        scopes: request.scopes,
        rate_limit: request.rate_limit,
        params: path,
        query,
        headers,
        body,
        body_list,
        whole_body: whole_body && !response.is_empty(),
        response_of_table,
        response_list: is_list(root.as_ref(), answer),
        response,
        multipart,
        download,
        errors: parts.errors,
        request_example: parts.request_example.as_ref().map(Json::to_value),
        response_example: parts.response_example.as_ref().map(Json::to_value),
        line: request.line,
    }
}

pub(super) fn flats(rows: Rows) -> Vec<Flat> {
    rows.rows.into_iter().map(|(_, flat)| flat).collect()
}

/// Places rows without a heading: in the path if its template names them, and otherwise where the
/// method sends parameters.
fn place_rows(request: &Request, parts: &mut Parts, report: &mut Report) {
    let names = request.path_names();
    let bodiless = matches!(request.method.as_str(), "GET" | "DELETE" | "HEAD");
    let mut stay = Vec::new();
    for (place, flat) in std::mem::take(&mut parts.body.rows) {
        if place.is_some() {
            stay.push((place, flat));
            continue;
        }
        let (group, named) = if names.contains(&flat.param.name) {
            (&mut parts.path.rows, "path")
        } else if bodiless {
            (&mut parts.query.rows, "query")
        } else {
            (&mut stay, "body")
        };
        report.add(
            RemarkKind::Guessed,
            flat.param.line,
            format!("treating `{}` as a {named} parameter", flat.param.name),
        );
        group.push((place, flat));
    }
    parts.body.rows = stay;
}

fn path_params(request: &Request, rows: Vec<Flat>, report: &mut Report) -> Vec<Param> {
    let mut params = nest::tree(rows, Evidence::Marks, report);
    let names = request.path_names();
    for param in &mut params {
        if param.required == Some(false) {
            report.add(
                RemarkKind::Conflict,
                param.line,
                format!(
                    "`{}` is optional in the table, but a path cannot do without it",
                    param.name
                ),
            );
        }
        param.required = Some(true);
        if !names.contains(&param.name) {
            report.add(
                RemarkKind::Conflict,
                param.line,
                format!("`{}` is no parameter of the URL", param.name),
            );
        }
    }
    for name in names {
        if params.iter().all(|param| param.name != name) {
            report.add(
                RemarkKind::GuessedType,
                request.line,
                format!("`{name}` is only in the URL; treating it as a string"),
            );
            params.push(Param {
                name,
                ty: Ty::String,
                required: Some(true),
                line: request.line,
                ..Param::default()
            });
        }
    }
    params::compare(&mut params, None, report);
    params
}

fn add_query_of_url(request: &Request, query: &mut Vec<Param>, report: &mut Report) {
    for name in request.query_names() {
        if query.iter().all(|param| param.name != name) {
            let message = format!("`{name}` is only in the URL; treating it as a required string");
            report.add(RemarkKind::Guessed, request.line, message);
            query.push(Param {
                name,
                ty: Ty::String,
                required: Some(true),
                line: request.line,
                ..Param::default()
            });
        }
    }
}

/// Makes a string of what is no scalar: DingTalk's SDKs send it as JSON in one parameter.
fn write_as_json(query: &mut [Param], report: &mut Report) {
    let is_nested = |ty: &Ty| matches!(ty, Ty::List(_) | Ty::Map(_) | Ty::Object);
    for param in query.iter_mut().filter(|param| is_nested(&param.ty)) {
        let message = format!(
            "`{}` ({}) is in the query; treating it as a string of JSON, as DingTalk's SDKs \
             send it",
            param.name, param.ty
        );
        report.add(RemarkKind::GuessedType, param.line, message);
        param.ty = Ty::String;
        param.fields.clear();
        param.values.clear();
    }
}

/// The fields of a body without a table: those of its sample, or of a form that the page shows.
fn shown_body(
    document: &Document,
    sample: Option<&Json>,
    line: usize,
    report: &mut Report,
) -> Vec<Param> {
    let texts = || document.blocks.iter().filter_map(request::text_of);
    let fields = match sample {
        Some(sample) => {
            let fields = infer::fields(&[sample]);
            infer::remark(&fields, "", report);
            fields
        }
        None => texts().map(|(text, line)| form::fields(text, line)).fold(Vec::new(), longer),
    };
    if let Some(first) = fields.first() {
        let message = "the page shows a body, but has no table of its fields; those of the sample \
                       are taken, none as required";
        report.add(RemarkKind::Missing, first.line, message);
    } else if sample.is_some_and(|sample| sample.len() > 0) {
        let message = "the page shows a body, but has no table of its fields";
        report.add(RemarkKind::Missing, line, message);
    }
    fields
}

fn longer(a: Vec<Param>, b: Vec<Param>) -> Vec<Param> {
    if b.len() > a.len() { b } else { a }
}

/// Whether the operation is an upload by its name.
fn takes_file(request: &Request, title: &str) -> bool {
    let text = format!("{title} {}", request.path()).to_lowercase();
    matches!(request.method.as_str(), "POST" | "PUT")
        && vocabulary::contains(&text, vocabulary::UPLOADS)
        && !vocabulary::contains(&text, vocabulary::STEPS_OF_UPLOADS)
}

fn is_list(root: Option<&Ty>, sample: Option<&Json>) -> bool {
    matches!(root, Some(Ty::List(_)))
        || sample.is_some_and(|sample| matches!(sample.kind, JsonKind::Array(_)))
}

/// Gives the rows of tables with a title to the field that the title names.
pub(super) fn attach_inner(
    fields: &mut Vec<Param>,
    inner: Vec<Inner>,
    sample: Option<&Json>,
    report: &mut Report,
) {
    for Inner { title, rows, line, .. } in inner {
        let rows = flats(rows);
        let names: Vec<&str> = title
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .filter(|word| words::is_identifier(word))
            .collect();
        let parent = names.iter().find_map(|name| place_of(fields, name, 0));
        match parent.as_deref().and_then(|place| field_at(fields, place)) {
            Some(field) => {
                report.add(
                    RemarkKind::GuessedNesting,
                    line,
                    format!("treating this table as the fields of `{}`", field.name),
                );
                field.fields = nest::tree(rows, Evidence::Marks, report);
            }
            None => {
                report.add(
                    RemarkKind::GuessedNesting,
                    line,
                    "a second table of this section; its rows are added to those of the first",
                );
                let mut others = nest::tree(rows, Evidence::Sample(sample), report);
                part_alternatives(fields, &mut others, report);
                fields.extend(others);
                *fields = nest::without_duplicates(std::mem::take(fields), report);
            }
        }
    }
}

/// Two tables that share some required fields are two forms of one body, so that none of the fields
/// of one alone is required.
fn part_alternatives(first: &mut [Param], second: &mut [Param], report: &mut Report) {
    let names = |fields: &[Param]| -> HashSet<String> {
        let required = fields.iter().filter(|field| field.required == Some(true));
        required.map(|field| field.name.clone()).collect()
    };
    let shared: HashSet<_> = names(first).intersection(&names(second)).cloned().collect();
    if shared.is_empty() {
        return;
    }
    for field in first.iter_mut().chain(second) {
        if field.required == Some(true) && !shared.contains(&field.name) {
            field.required = Some(false);
            let message =
                format!("`{}` is required in one of two tables alone; it is optional", field.name);
            report.add(RemarkKind::Guessed, field.line, message);
        }
    }
}

/// Returns the place of the field whose name or type is `name`, and which has no fields yet.
fn place_of(fields: &[Param], name: &str, depth: usize) -> Option<Vec<usize>> {
    let fits = |field: &Param| {
        field.fields.is_empty()
            && (field.name == name && field.ty.holds_fields()
                || field.model.as_deref() == Some(name))
    };
    fields.iter().enumerate().filter(|_| depth <= nest::MAX_DEPTH).find_map(|(index, field)| {
        let mut place =
            if fits(field) { Vec::new() } else { place_of(&field.fields, name, depth + 1)? };
        place.insert(0, index);
        Some(place)
    })
}

fn field_at<'a>(fields: &'a mut [Param], place: &[usize]) -> Option<&'a mut Param> {
    let (first, rest) = place.split_first()?;
    let field = fields.get_mut(*first)?;
    if rest.is_empty() { Some(field) } else { field_at(&mut field.fields, rest) }
}

/// The table counts; without one, the sample does. Feishu's answers have an envelope.
fn answer_fields(
    request: &Request,
    is_old: bool,
    table: Vec<Param>,
    sample: Option<&Json>,
    body: &[Param],
    report: &mut Report,
) -> (Vec<Param>, bool) {
    let feishu = request.vendor() == Some(Vendor::Feishu);
    let data = sample.map(|sample| match feishu {
        true => envelope::data(sample),
        false if is_old => envelope::data_of_old(sample),
        false => sample.clone(),
    });
    let mut fields = if feishu { envelope::fields(table) } else { table };
    fields.retain(|field| !is_old || !old_api::ENVELOPE.contains(&field.name.as_str()));
    if fields.is_empty() {
        let Some(data) = data else { return (fields, false) };
        fields = infer::fields(&[&data]);
        maps::open(&mut fields, body);
        infer::remark(&fields, "", report);
        return (fields, false);
    }
    params::rename(&mut fields, data.as_ref(), report);
    params::compare(&mut fields, data.as_ref(), report);
    (fields, true)
}

/// The path decides where an operation is, whatever the page says.
fn doubt_host(request: &Request, vendor: Option<Vendor>, is_old: bool, report: &mut Report) {
    let host = request.host();
    let message = match vendor {
        Some(Vendor::Feishu) if !request.path().starts_with("/open-apis/") => {
            format!("the operation cannot work: no client sends to `{host}`, as the page says")
        }
        Some(Vendor::Dingtalk) if is_old && !host.starts_with("oapi.") => format!(
            "the path has no version and so is one of `{}`; the page says `{host}`",
            old_api::HOST
        ),
        Some(Vendor::Dingtalk) if !is_old && host.starts_with("oapi.") => {
            format!("the path has a version and so is none of `{host}`, as the page says")
        }
        _ => return,
    };
    report.add(RemarkKind::Conflict, request.line, message);
}

fn is_download(
    request: &Request,
    title: &str,
    said: bool,
    response: &[Param],
    sample: bool,
) -> bool {
    let named = request.method == "GET" && vocabulary::contains(title, vocabulary::DOWNLOADS);
    response.is_empty() && !sample && (said || named)
}

fn tokens(
    request: &Request,
    vendor: Option<Vendor>,
    headers: &[Param],
    query: &[Param],
    report: &mut Report,
) -> Vec<Token> {
    if !request.tokens.is_empty() {
        return request.tokens.clone();
    }
    let header = headers.iter().find(|header| params::carries_token(header));
    let mut tokens = Vec::new();
    let mut line = request.line;
    if let Some(header) = header {
        line = header.line;
        let text = header.gloss.to_lowercase();
        let says = |words| vocabulary::contains(&text, words);
        if vendor == Some(Vendor::Dingtalk) {
            let app = says(vocabulary::TOKENS_OF_APPS);
            // An app of a user's own has no organization that it could have a token for.
            let personal = !app && request.app_types == ["personal"];
            let user = personal || says(vocabulary::TOKENS_OF_USERS);
            if app || !user {
                tokens.push(Token::App);
            }
            if user {
                tokens.push(Token::User);
            }
        } else {
            let named = vocabulary::TOKENS.iter().filter(|(_, words)| says(words));
            tokens.extend(named.map(|(token, _)| *token));
        }
    } else if query.iter().any(|param| param.name == "access_token") {
        tokens.push(Token::App);
    }
    if tokens.is_empty() {
        report.add(
            RemarkKind::Missing,
            line,
            "the page does not say which access tokens are accepted",
        );
    } else {
        let names: Vec<_> = tokens.iter().map(|token| token.name()).collect();
        report.add(
            RemarkKind::Guessed,
            line,
            format!(
                "the accepted access tokens are taken from a description: {}",
                names.join(", ")
            ),
        );
    }
    tokens
}

pub(super) fn is_deprecated(title: &str) -> bool {
    vocabulary::contains(title, vocabulary::DEPRECATED)
}

/// The first heading, or the first line of a page without markup.
pub(super) fn title(document: &Document) -> String {
    let first = document.blocks.iter().find_map(|block| match &block.body {
        Body::Heading(heading) if heading.level < blocks::UNMARKED => Some(heading.title.as_str()),
        Body::Text(text) => text.lines().find(|line| {
            !line.trim().is_empty()
                && !line.starts_with('>')
                && request::request_line(line).is_none()
        }),
        _ => None,
    });
    words::gloss(first.unwrap_or_default()).trim_matches(['#', ' ', '`']).to_owned()
}

/// The first paragraph below the title.
pub(super) fn gloss(document: &Document) -> String {
    let mut texts = document
        .blocks
        .iter()
        .take_while(|block| !matches!(&block.body, Body::Table(_)))
        .filter_map(|block: &Block| match &block.body {
            Body::Text(text) => Some(text.as_str()),
            _ => None,
        });
    let headed = matches!(document.blocks.first(), Some(Block { body: Body::Heading(_), .. }));
    let text = texts.next().unwrap_or_default();
    let text = if headed { text } else { text.split_once('\n').map_or("", |(_, rest)| rest) };
    let text = words::lines_of(text);
    words::gloss(text.trim().split("\n\n").next().unwrap_or_default())
}
