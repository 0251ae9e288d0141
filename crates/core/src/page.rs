//! Answers that come in pages.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_util::stream::Stream;

use crate::call::{Call, Sender};
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::transport::BoxFuture;

/// How many pages are fetched at most, unless the caller says otherwise.
const MAX_PAGES: usize = 10_000;

/// An operation whose answer is one page of several.
///
/// Implemented by generated code only; the methods may change between minor versions.
pub trait Paged: Operation + Clone + Send + Sync + 'static {
    /// What a page holds.
    type Item: Send + 'static;

    /// Makes this a request for the page after `page`.
    #[doc(hidden)]
    fn turn(&mut self, page: &Self::Output) -> Turn;

    #[doc(hidden)]
    fn into_items(page: Self::Output) -> Vec<Self::Item>;
}

/// Where a page leads.
#[doc(hidden)]
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// What led to the page itself.
    from: Option<String>,
    to: Option<String>,
}

impl Turn {
    /// To the page that `next` stands for. There is none if the vendor says so, or names nothing.
    pub fn by_token(
        request: &mut Option<String>,
        next: Option<&str>,
        has_more: Option<bool>,
    ) -> Self {
        // A documented sample has the text `null` where there is no token.
        let next = next.filter(|next| !matches!(*next, "" | "null") && has_more != Some(false));
        let from = request.clone();
        if let Some(next) = next {
            *request = Some(next.to_owned());
        }
        Self { from, to: next.map(str::to_owned) }
    }

    /// To the page that starts `count` items later. There is none after an empty page, nor after
    /// the last item if the vendor says how many there are.
    pub fn by_offset(
        request: &mut impl Offset,
        count: usize,
        total: Option<i64>,
        has_more: Option<bool>,
    ) -> Self {
        let from = request.get();
        let next = from.unwrap_or(0).saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        // A vendor that does not count says 0.
        let is_beyond = total.is_some_and(|total| total > 0 && next >= total);
        let is_last = count == 0 || is_beyond || has_more == Some(false);
        if !is_last {
            request.set(next);
        }
        Self { from: from.map(|from| from.to_string()), to: (!is_last).then(|| next.to_string()) }
    }
}

/// A number of items to skip, or how many there are: some operations take and give them as text.
#[doc(hidden)]
pub trait Offset {
    fn get(&self) -> Option<i64>;
    fn set(&mut self, offset: i64);
}

impl Offset for i64 {
    fn get(&self) -> Option<i64> {
        Some(*self)
    }

    fn set(&mut self, offset: i64) {
        *self = offset;
    }
}

impl Offset for String {
    fn get(&self) -> Option<i64> {
        self.trim().parse().ok()
    }

    fn set(&mut self, offset: i64) {
        *self = offset.to_string();
    }
}

impl<T: Offset + Default> Offset for Option<T> {
    fn get(&self) -> Option<i64> {
        self.as_ref().and_then(T::get)
    }

    fn set(&mut self, offset: i64) {
        self.get_or_insert_default().set(offset);
    }
}

type SendPage<O> = Box<dyn Fn(&O) -> Call<<O as Operation>::Output> + Send + Sync>;

/// The pages of an answer, one after the other: a [`Stream`].
///
/// The next page is fetched when it is asked for. The stream ends after the last page, and after
/// an error, which it passes on once. Begin where an earlier run stopped by setting
/// [`position`](Self::position) on the operation, e.g. with its `page_token`.
#[must_use = "streams do nothing unless polled"]
pub struct Pages<O: Paged> {
    operation: O,
    send: SendPage<O>,
    /// The answer that is on its way.
    pending: Option<BoxFuture<'static, Result<O::Output, Error>>>,
    seen: HashSet<String>,
    /// What led to the last page that was returned.
    current: Option<String>,
    position: Option<String>,
    is_over: bool,
    left: usize,
    max_pages: usize,
}

impl<O: Paged> Pages<O> {
    /// All pages from the one that `operation` asks for.
    pub fn new(operation: &O, sender: &impl Sender<O>) -> Self {
        let sender = sender.clone();
        Self {
            operation: operation.clone(),
            send: Box::new(move |operation| sender.call(operation)),
            pending: None,
            seen: HashSet::new(),
            current: None,
            position: None,
            is_over: false,
            left: MAX_PAGES,
            max_pages: MAX_PAGES,
        }
    }

    /// How many pages are fetched at most, against a platform that never comes to an end. 10,000
    /// by default; if there are more, the stream ends with [`ErrorKind::Decode`], so that nobody takes
    /// a part for the whole. Who wants a part takes so many pages of the stream.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.left = pages;
        self.max_pages = pages;
        self
    }

    /// What leads to the page after the last one that was returned: a page token, or an offset.
    /// `None` before the first page, and at the end.
    pub fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// The next page, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<O::Output, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The items of the pages, one by one.
    pub fn items(self) -> Items<O> {
        Items { pages: self, page: Vec::new().into_iter() }
    }

    fn turn(&mut self, page: &O::Output) {
        let Turn { from, to } = self.operation.turn(page);
        // A position that was there before would lead round in a circle.
        self.seen.extend(from.clone());
        self.current = from;
        self.position = to.filter(|to| self.seen.insert(to.clone()));
        self.is_over = self.position.is_none();
    }
}

impl<O: Paged> Stream for Pages<O> {
    type Item = Result<O::Output, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        if this.pending.is_none() && this.left == 0 {
            this.is_over = true;
            return Poll::Ready(Some(Err(too_many::<O>(this.max_pages))));
        }
        let answer = this.pending.get_or_insert_with(|| (this.send)(&this.operation).into_future());
        let Poll::Ready(answer) = answer.as_mut().poll(context) else { return Poll::Pending };
        this.pending = None;
        this.left -= 1;
        match &answer {
            Ok(page) => this.turn(page),
            Err(_) => this.is_over = true,
        }
        Poll::Ready(Some(answer))
    }
}

fn too_many<O: Operation>(max_pages: usize) -> Error {
    Error::new(ErrorKind::Decode).with_operation(O::META.id()).with_detail(format!(
        "there are more than {max_pages} pages; raise `max_pages` if that is possible"
    ))
}

// Nothing in it is pinned to its place.
impl<O: Paged> Unpin for Pages<O> {}

impl<O: Paged> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::META.id())
            .field("is_over", &self.is_over)
            .field("max_pages", &self.max_pages)
            .finish_non_exhaustive()
    }
}

/// The items of an answer that comes in pages, one by one: a [`Stream`]. It ends as [`Pages`]
/// does.
#[must_use = "streams do nothing unless polled"]
pub struct Items<O: Paged> {
    pages: Pages<O>,
    page: vec::IntoIter<O::Item>,
}

impl<O: Paged> Items<O> {
    /// As [`Pages::max_pages`].
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// The next item, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// What leads to the page of the last item that was returned, so that going on from there
    /// misses none: a page token, or an offset. Within the first page it is what the operation
    /// itself said, or `None`.
    pub fn position(&self) -> Option<&str> {
        self.pages.current.as_deref()
    }
}

impl<O: Paged> Stream for Items<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match Pin::new(&mut this.pages).poll_next(context) {
                Poll::Ready(Some(Ok(page))) => {
                    this.page = O::into_items(page).into_iter();
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<O: Paged> Unpin for Items<O> {}

impl<O: Paged> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(from: Option<&str>, to: Option<&str>) -> Turn {
        Turn { from: from.map(str::to_owned), to: to.map(str::to_owned) }
    }

    fn by_token(next: Option<&str>, has_more: Option<bool>) -> (Option<String>, Turn) {
        let mut request = Some("before".to_owned());
        let turn = Turn::by_token(&mut request, next, has_more);
        (request, turn)
    }

    #[test]
    fn a_token_counts_unless_the_vendor_says_that_there_is_no_more() {
        let next = || (Some("b".to_owned()), turn(Some("before"), Some("b")));
        let end = || (Some("before".to_owned()), turn(Some("before"), None));
        assert_eq!(by_token(Some("b"), Some(true)), next());
        assert_eq!(by_token(Some("b"), None), next());
        assert_eq!(by_token(Some("b"), Some(false)), end());
        assert_eq!(by_token(Some(""), Some(true)), end());
        assert_eq!(by_token(Some("null"), Some(true)), end());
        assert_eq!(by_token(None, Some(true)), end());
    }

    #[test]
    fn an_offset_moves_by_what_the_page_holds() {
        let mut offset = None::<i64>;
        let mut next = |count| Turn::by_offset(&mut offset, count, Some(25), None);
        assert_eq!(next(10), turn(None, Some("10")));
        assert_eq!(next(10), turn(Some("10"), Some("20")));
        assert_eq!(next(5), turn(Some("20"), None));
        assert_eq!(offset, Some(20));
        let mut text = Some("7".to_owned());
        let mut next = |count, has_more| Turn::by_offset(&mut text, count, None, has_more);
        assert_eq!(next(3, None), turn(Some("7"), Some("10")));
        assert_eq!(next(3, Some(false)), turn(Some("10"), None));
        assert_eq!(next(0, None), turn(Some("10"), None));
        assert_eq!(text.as_deref(), Some("10"));
    }
}
