//! Paginated responses.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_util::stream::Stream;

use super::{Call, Operation, Output, Response, Sender};
use crate::codec::Warning;
use crate::error::{Error, ErrorKind};

/// The most pages that are fetched, unless the caller says otherwise.
const MAX_PAGES: usize = 10_000;

/// The most warnings that are kept for the caller.
const MAX_WARNINGS: usize = 100;

/// An operation whose response is one page of several.
///
/// Implement it for an operation of your own with [`Turn::by_token`] or [`Turn::by_offset`].
pub trait Paged: Operation + Clone + Send + Sync + 'static {
    /// An item of a page.
    type Item: Send + 'static;

    /// Makes this a request for the page after `page`.
    ///
    /// `skipped` is the number of its items that could not be read and are not in `page`.
    fn turn(&mut self, page: &Self::Output, skipped: usize) -> Turn;

    /// Returns the items of a page.
    fn into_items(page: Self::Output) -> Vec<Self::Item>;
}

/// The way from one page to the next.
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// The token or offset that led to the page itself.
    from: Option<String>,
    to: To,
}

#[derive(Debug, PartialEq)]
enum To {
    Page(String),
    End,
    /// The vendor says that there is more, and does not say where.
    Nowhere,
}

impl Turn {
    /// Turns to the page that the token `next` stands for, and writes it into the request. There is
    /// none if the vendor says so, or names nothing.
    pub fn by_token(
        request: &mut Option<String>,
        next: Option<&str>,
        has_more: Option<bool>,
    ) -> Self {
        // A documented sample has the text `null` where there is no token.
        let next = next.filter(|next| !matches!(next.trim(), "" | "null"));
        let from = request.clone();
        let to = match (next, has_more) {
            (_, Some(false)) | (None, None) => To::End,
            (None, Some(true)) => To::Nowhere,
            // A repaired token leads to another page, if to any.
            (Some(next), _) if next.contains(char::REPLACEMENT_CHARACTER) => To::Nowhere,
            (Some(next), _) => To::Page(next.to_owned()),
        };
        if let To::Page(next) = &to {
            *request = Some(next.clone());
        }
        Self { from, to }
    }

    /// Turns to the page that starts `count` items later, and writes that into the request. There
    /// is none after an empty page, nor after the last item if the vendor says how many there are.
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
        let to = match (count, has_more) {
            _ if is_beyond || has_more == Some(false) => To::End,
            (0, Some(true)) => To::Nowhere,
            (0, _) => To::End,
            _ => To::Page(next.to_string()),
        };
        if let To::Page(_) = to {
            request.set(next);
        }
        Self { from: from.map(|from| from.to_string()), to }
    }
}

/// A number of items to skip, as a number or as text.
pub trait Offset {
    /// Returns the number, if there is one.
    fn get(&self) -> Option<i64>;
    /// Sets the number.
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

/// Sets conditions of a call.
type Set<T> = Box<dyn Fn(Call<T>) -> Call<T> + Send + Sync>;

/// A walk through pages: the page that is on its way, where the walk has been, and when it ends.
pub(super) struct Walk<T> {
    /// The operation, for errors of the walk itself.
    name: Cow<'static, str>,
    pending: Option<Call<Response<T>>>,
    /// The conditions of the call that fetches a page.
    conditions: Vec<Set<T>>,
    /// The warnings of the pages, until the caller takes them.
    warnings: Vec<Warning>,
    /// The number of warnings that are not kept.
    unlisted: usize,
    /// The number of items of the last page that could not be read.
    skipped: usize,
    /// The position of the next page could not be read.
    is_lost: bool,
    seen: HashSet<String>,
    /// The token or offset that led to the last page that was returned.
    current: Option<String>,
    position: Option<String>,
    max_pages: usize,
    left: usize,
    state: State,
}

enum State {
    Going,
    /// The next step is this error, and then the end.
    Broken(Error),
    Over,
}

impl<T> Walk<T> {
    pub(super) fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            pending: None,
            conditions: Vec::new(),
            warnings: Vec::new(),
            unlisted: 0,
            skipped: 0,
            is_lost: false,
            seen: HashSet::new(),
            current: None,
            position: None,
            max_pages: MAX_PAGES,
            left: MAX_PAGES,
            state: State::Going,
        }
    }

    pub(super) fn set_max_pages(&mut self, pages: usize) {
        self.max_pages = pages;
        self.left = pages;
    }

    pub(super) fn each_call(&mut self, set: impl Fn(Call<T>) -> Call<T> + Send + Sync + 'static) {
        self.conditions.push(Box::new(set));
    }

    pub(super) fn take_warnings(&mut self) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut self.warnings);
        match std::mem::take(&mut self.unlisted) {
            0 => {}
            count => warnings.push(Warning::more(count)),
        }
        warnings
    }

    fn keep(&mut self, mut warnings: Vec<Warning>) {
        let room = MAX_WARNINGS - self.warnings.len();
        self.unlisted += warnings.len().saturating_sub(room);
        warnings.truncate(room);
        self.warnings.append(&mut warnings);
    }

    fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// Returns whether another page is to be fetched, or the error that the walk ends with.
    fn step(&mut self) -> Result<bool, Error> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Over => Ok(false),
            State::Broken(error) => Err(error),
            State::Going if self.left == 0 => Err(Error::new(ErrorKind::LimitExceeded)
                .with_detail(format!(
                    "there are more than {} pages; raise `max_pages` if that is expected",
                    self.max_pages
                ))),
            State::Going => {
                self.state = State::Going;
                Ok(true)
            }
        }
    }

    /// Goes on to where a page leads. A walk that would lead nowhere, or round in a circle, ends
    /// with an error after this page: its caller must not take a part for the whole.
    pub(super) fn turn(&mut self, turn: Turn) {
        self.left -= 1;
        self.seen.extend(turn.from.clone());
        self.current = turn.from;
        self.position = None;
        self.state = match turn.to {
            To::End if self.is_lost => broken("the position of the next page cannot be read"),
            To::End => State::Over,
            To::Nowhere => broken("the platform reports more pages, but not how to get them"),
            To::Page(to) if self.seen.contains(&to) => {
                broken("the platform leads back to a page that was already read")
            }
            To::Page(to) => {
                self.seen.insert(to.clone());
                self.position = Some(to);
                State::Going
            }
        };
    }
}

impl<T: Output> Walk<T> {
    /// Fetches the next page by the call that `send` makes, which is made at most once for a page.
    /// The caller then turns to the page after it.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        send: impl FnOnce() -> Call<T>,
    ) -> Poll<Option<Result<T, Error>>> {
        if self.pending.is_none() {
            match self.step() {
                Ok(true) => self.pending = Some(self.with_conditions(send())),
                Ok(false) => return Poll::Ready(None),
                Err(error) => {
                    let error = error.with_operation(self.name.clone());
                    return Poll::Ready(Some(Err(error.logged())));
                }
            }
        }
        let Some(pending) = &mut self.pending else { return Poll::Ready(None) };
        let page = std::task::ready!(Pin::new(pending).poll(context));
        self.pending = None;
        match page {
            Ok(Response { output, warnings, .. }) => {
                self.skipped = warnings.iter().filter(|it| it.skips_an_item()).count();
                self.is_lost = warnings.iter().any(Warning::loses_the_next_page);
                self.keep(warnings);
                Poll::Ready(Some(Ok(output)))
            }
            Err(error) => {
                self.state = State::Over;
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn with_conditions(&self, call: Call<T>) -> Call<Response<T>> {
        self.conditions.iter().fold(call, |call, set| set(call)).with_meta()
    }
}

fn broken(detail: &str) -> State {
    State::Broken(Error::new(ErrorKind::Decode).with_detail(detail))
}

type SendPage<O> = Box<dyn Fn(&O) -> Call<<O as Operation>::Output> + Send + Sync>;

/// The pages of a listing, one after the other: a [`Stream`].
///
/// The next page is fetched when it is asked for. The stream ends after the last page, and after
/// an error, which it passes on once. Begin where an earlier run stopped by setting
/// [`position`](Self::position) on the operation, for example with its `page_token`.
///
/// A platform that says there is more and does not say where, or that leads round in a circle, ends
/// the stream with [`ErrorKind::Decode`].
#[must_use = "streams do nothing unless polled"]
pub struct Pages<O: Paged> {
    operation: O,
    send: SendPage<O>,
    walk: Walk<O::Output>,
}

impl<O: Paged> Pages<O> {
    /// Creates the stream of all pages from the one that `operation` asks for.
    pub fn new(operation: &O, sender: &impl Sender<O>) -> Self {
        let sender = sender.clone();
        Self {
            operation: operation.clone(),
            send: Box::new(move |operation| sender.call(operation)),
            walk: Walk::new(O::META.id()),
        }
    }

    /// Sets the most pages that are fetched, as a guard against a platform that never comes to an
    /// end. 10,000 by default. If there are more, the stream ends with
    /// [`ErrorKind::LimitExceeded`]. To read only the first `n` pages, use `take(n)` instead.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.walk.set_max_pages(pages);
        self
    }

    /// Sets conditions of the calls that fetch the pages, such as headers, timeouts and retries. Can
    /// be called several times.
    ///
    /// ```
    /// # use openplat_core::{Paged, Pages};
    /// # fn patient<O: Paged>(pages: Pages<O>) -> Pages<O> {
    /// pages.each_call(|call| call.timeout(std::time::Duration::from_secs(60)))
    /// # }
    /// ```
    pub fn each_call(
        mut self,
        set: impl Fn(Call<O::Output>) -> Call<O::Output> + Send + Sync + 'static,
    ) -> Self {
        self.walk.each_call(set);
        self
    }

    /// Returns the warnings of the pages that were fetched since the last time: after each page,
    /// those of the page; at the end of the stream, those of all pages.
    ///
    /// A warning names the place within its page. The first 100 are listed; one more then says how
    /// many more there are. All are in the log, with the log ID of their page.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.walk.take_warnings()
    }

    /// Returns what leads to the page after the last one that was returned: a page token, or an
    /// offset. `None` before the first page, and at the end.
    pub fn position(&self) -> Option<&str> {
        self.walk.position()
    }

    /// Fetches the next page, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<O::Output, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the items of the pages, one by one.
    pub fn items(self) -> Items<O> {
        Items { pages: self, page: Vec::new().into_iter() }
    }
}

impl<O: Paged> Stream for Pages<O> {
    type Item = Result<O::Output, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { operation, send, walk } = self.get_mut();
        let page = std::task::ready!(walk.poll(context, || send(operation)));
        if let Some(Ok(page)) = &page {
            walk.turn(operation.turn(page, walk.skipped));
        }
        Poll::Ready(page)
    }
}

// Nothing in it is pinned to its place.
impl<O: Paged> Unpin for Pages<O> {}

impl<O: Paged> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::META.id())
            .field("max_pages", &self.walk.max_pages)
            .finish_non_exhaustive()
    }
}

/// The items of a listing, one by one: a [`Stream`]. It ends as [`Pages`] does.
#[must_use = "streams do nothing unless polled"]
pub struct Items<O: Paged> {
    pages: Pages<O>,
    page: vec::IntoIter<O::Item>,
}

impl<O: Paged> Items<O> {
    /// Sets the most pages that are fetched, as [`Pages::max_pages`] does.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// Sets conditions of the calls that fetch the pages, as [`Pages::each_call`] does.
    pub fn each_call(
        mut self,
        set: impl Fn(Call<O::Output>) -> Call<O::Output> + Send + Sync + 'static,
    ) -> Self {
        self.pages = self.pages.each_call(set);
        self
    }

    /// Returns the warnings of the pages that were fetched since the last time, as
    /// [`Pages::take_warnings`] does. They tell of items that were skipped.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.pages.take_warnings()
    }

    /// Fetches the next item, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Fetches all pages that are left, and returns their items.
    ///
    /// # Errors
    ///
    /// Returns the error that the stream ends with; the items before it are lost. To keep them, use
    /// [`next`](Self::next).
    pub async fn fetch_all(&mut self) -> Result<Vec<O::Item>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// Returns what leads to the page of the last item that was returned, so that continuing
    /// from there misses none: a page token, or an offset. Within the first page it is what the
    /// operation itself said, or `None`.
    pub fn position(&self) -> Option<&str> {
        self.pages.walk.current.as_deref()
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
        let to = to.map_or(To::End, |to| To::Page(to.to_owned()));
        Turn { from: from.map(str::to_owned), to }
    }

    fn nowhere(from: Option<&str>) -> Turn {
        Turn { to: To::Nowhere, ..turn(from, None) }
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
        assert_eq!(by_token(Some(""), None), end());
        assert_eq!(by_token(Some(" "), None), end());
        assert_eq!(by_token(Some("null"), Some(false)), end());
        for none in [Some(""), Some(" "), Some("null"), Some("b\u{fffd}"), None] {
            let (request, turn) = by_token(none, Some(true));
            assert_eq!((request.as_deref(), turn), (Some("before"), nowhere(Some("before"))));
        }
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
        let mut next = |has_more| Turn::by_offset(&mut text, 0, None, has_more);
        assert_eq!(next(Some(true)), nowhere(Some("10")));
    }

    #[test]
    fn a_walk_that_leads_nowhere_ends_with_an_error() {
        for last in [nowhere(Some("a")), turn(Some("a"), Some("a"))] {
            let mut walk = Walk::<()>::new("a.list");
            assert!(walk.step().unwrap());
            walk.turn(turn(None, Some("a")));
            assert_eq!(walk.position(), Some("a"));
            assert!(walk.step().unwrap());
            walk.turn(last);
            assert_eq!(walk.step().unwrap_err().kind(), ErrorKind::Decode);
            assert!(!walk.step().unwrap());
        }
    }

    #[test]
    fn a_walk_ends_at_its_limit_with_an_error() {
        let mut walk = Walk::<()>::new("a.list");
        walk.set_max_pages(1);
        assert!(walk.step().unwrap());
        walk.turn(turn(None, Some("a")));
        assert_eq!(walk.step().unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(!walk.step().unwrap());
    }
}
