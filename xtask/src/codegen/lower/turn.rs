//! The call for the page after the documented one.

use serde_json::Value;

use super::super::ir::{Api, Field, Operation, Paging, PagingBy, SampleCall, Type, Vendor};
use super::calls::{sample_call, unpacked};
use super::plain;

/// Returns the call that sets the least of `calls`, reads the documented page, and asks for the one
/// after it. There is no such call if the documented page is the last.
pub fn next_call(api: &Api, operation: &Operation, calls: &[SampleCall]) -> Option<SampleCall> {
    let call = calls.iter().find(|call| call.name == "bare").or(calls.first())?;
    let paging = operation.paging.as_ref()?;
    let (PagingBy::Token { request, .. } | PagingBy::Offset { request, .. }) = &paging.by;
    let index = operation.fields().position(|field| field.rust == request.rust)?;
    let mut values = call.values.clone();
    let value = values.get_mut(index)?;
    let next = next_value(api, operation, paging, value.as_ref())?;
    *value = match request.ty {
        Type::Int => next.parse::<i64>().ok().map(Value::from),
        _ => Some(Value::from(next)),
    };
    let next = sample_call(api, operation, "next", values);
    Some(SampleCall { values: call.values.clone(), follows_page: true, ..next })
}

/// Returns the value that leads to the page after the documented one, which `start` led to.
fn next_value(
    api: &Api,
    operation: &Operation,
    paging: &Paging,
    start: Option<&Value>,
) -> Option<String> {
    let example = operation.response_example.as_ref()?;
    let page = match api.vendor {
        Vendor::Feishu => example.get("data")?,
        Vendor::DingTalk => example,
    };
    let member = |field: &Field| Some(unpacked(api, &field.ty, page.get(&field.wire)?));
    let count = member(&paging.items)?.as_array()?.len();
    if count == 0 || paging.more.as_ref().and_then(member) == Some(Value::Bool(false)) {
        return None;
    }
    match &paging.by {
        PagingBy::Token { next, .. } => {
            let next = member(next).filter(|next| !next.is_null());
            next.as_ref().map(plain).filter(|next| !matches!(next.as_str(), "" | "null"))
        }
        PagingBy::Offset { total, .. } => {
            let number = |value: &Value| plain(value).parse().unwrap_or(0);
            let next = start.map_or(0, number) + count;
            let total = total.as_ref().and_then(member).as_ref().map_or(0, number);
            (total == 0 || next < total).then(|| next.to_string())
        }
    }
}
