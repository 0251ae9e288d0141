//! Pagination, as far as the names of fields show it.

use crate::codegen::spec;

/// The request fields that take the token of a page.
const TOKENS: [&str; 6] =
    ["page_token", "pageToken", "nextToken", "next_token", "cursor", "nextCursor"];
/// The response fields with the token of the next page.
const NEXT: [&str; 8] = [
    "next_page_token",
    "nextPageToken",
    "nextToken",
    "next_token",
    "next_cursor",
    "nextCursor",
    "page_token",
    "pageToken",
];
/// The response fields that tell whether there is a next page.
const MORE: [&str; 2] = ["has_more", "hasMore"];
/// The response fields with the total number of items.
const TOTALS: [&str; 4] = ["total", "total_count", "totalCount", "count"];
/// The request field that has to be `true` for a paginated response.
const FLAG: &str = "use_page_token";
/// The names of a list of items that is not the only list.
const ITEMS: [&str; 2] = ["items", "list"];

/// Returns the pagination that the names of the fields show, or the reason why there is none though
/// the request takes the token of a page.
pub fn draft(spec: &spec::Endpoint) -> Result<Option<spec::Pages>, String> {
    let request: Vec<&spec::Field> = spec.query.iter().chain(spec.body.iter().flatten()).collect();
    let answer: Vec<&spec::Field> = spec.response.iter().flatten().collect();
    let is_token = |field: &spec::Field| field.ty == "string" && !field.required;
    let is_number = |field: &spec::Field| matches!(field.ty.as_str(), "int" | "string");
    let is_bool = |field: &spec::Field| field.ty == "bool";
    let more = named(&answer, &MORE, is_bool);
    let Some(token) = named(&request, &TOKENS, |_| true) else {
        // Without a number of all items it is not certain that items are what is skipped.
        let offset = named(&request, &["offset"], is_number);
        let pages = offset.zip(named(&answer, &TOTALS, is_number)).zip(items(&answer).ok());
        return Ok(pages.map(|((offset, total), items)| spec::Pages {
            offset: Some(offset),
            total: Some(total),
            more,
            ..of(items)
        }));
    };
    let refused = |why: String| Err(format!("`{token}` asks for a page, but {why}"));
    if named(&request, &[token.as_str()], is_token).is_none() {
        return refused("it is no optional string".to_owned());
    }
    let Some(next) = named(&answer, &NEXT, |field| field.ty == "string") else {
        return refused("no field of the response has the token of the next one".to_owned());
    };
    let items = match items(&answer) {
        Ok(items) => items,
        Err(count) => return refused(format!("the response has {count} lists")),
    };
    let flag = named(&request, &[FLAG], |field| is_bool(field) && !field.required);
    Ok(Some(spec::Pages { token: Some(token), next: Some(next), flag, more, ..of(items) }))
}

/// Returns what to check about drafted pagination.
pub fn remark(pages: &spec::Pages) -> String {
    let spec::Pages { items, token, next, offset, total, .. } = pages;
    let by = [token, next, offset, total].into_iter().flatten();
    let by: Vec<String> = by.map(|name| format!("`{name}`")).collect();
    format!(
        "`pages` of `{items}` are drafted from the names {}; check that they lead from one page \
         to the next",
        by.join(" and ")
    )
}

fn of(items: String) -> spec::Pages {
    let (token, next, offset, flag, total, more) = (None, None, None, None, None, None);
    spec::Pages { items, token, next, offset, flag, total, more }
}

/// The first of these names that a field has which fits.
fn named(
    fields: &[&spec::Field],
    names: &[&str],
    fits: impl Fn(&spec::Field) -> bool,
) -> Option<String> {
    let is_named = |name: &&&str| fields.iter().any(|field| field.name == **name && fits(field));
    names.iter().find(is_named).map(|name| (*name).to_owned())
}

/// Returns the list of a response, or the number of its lists.
fn items(answer: &[&spec::Field]) -> Result<String, usize> {
    let is_list = |field: &&&spec::Field| field.ty.starts_with("list<");
    let lists: Vec<&str> = answer.iter().filter(is_list).map(|field| field.name.as_str()).collect();
    let named = ITEMS.iter().find(|name| lists.contains(name));
    match (lists.as_slice(), named) {
        ([only], _) => Ok((*only).to_owned()),
        (_, Some(name)) => Ok((*name).to_owned()),
        (lists, None) => Err(lists.len()),
    }
}
