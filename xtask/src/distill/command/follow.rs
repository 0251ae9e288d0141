//! The rules of `refresh`: a page finds its API, and a spec that says the same stays.

use super::books::Books;
use super::task::Aim;
use crate::distill::read::facts::Page;
use crate::distill::specs::book::{Book, EVENTS};
use crate::distill::specs::change::Change;
use crate::distill::specs::fixups::Fixup;
use crate::distill::specs::{draft, drift};

impl Books<'_> {
    /// Moves the spec of a page whose operation has another method or path now.
    pub(super) fn follow(&mut self, page: &Page) {
        let Page::Endpoint(facts) = page else { return };
        let Ok(draft) = draft::endpoint(facts) else { return };
        if self.owner(page).is_some() {
            return;
        }
        for open in self.open.values_mut() {
            if let Some(stem) = drift::at_address(&open.book, &draft) {
                open.changes.extend(drift::follow(&mut open.book, &stem, &draft.spec));
                return;
            }
        }
    }

    /// Returns the reason why `refresh` leaves the page of an API out.
    pub(super) fn passed_over(
        &self,
        api: Option<&str>,
        accepted: Option<&str>,
        page: &Page,
    ) -> Option<String> {
        if matches!(page, Page::Overview(_)) {
            return Some("an overview; `distill` makes a type of it".to_owned());
        }
        if let (Some(named), Some(api)) = (self.task.api, api)
            && named != api
        {
            return Some(format!("a page of `{api}`"));
        }
        let why = accepted.filter(|_| self.owner(page).is_none())?;
        Some(format!("it has no spec on purpose: {why}"))
    }

    /// Merges a page into the specs of its API, and returns the spec and its changes. Another sample is
    /// no reason for `refresh` to touch a spec.
    pub(super) fn merge(
        &mut self,
        api: &str,
        departures: &[Fixup],
        add: impl FnOnce(&mut Book) -> (String, Vec<Change>),
    ) -> Result<(String, Vec<Change>), String> {
        let refreshes = self.task.aim == Aim::Refresh;
        let book = &mut self.book(api)?.book;
        if !refreshes {
            return Ok(add(book));
        }
        let mut merged = book.clone();
        let (file, changes) = add(&mut merged);
        let is_accepted = |change: &Change| departures.iter().any(|fixup| fixup.accepts(change));
        if changes.iter().any(|change| change.is_drift() && !is_accepted(change)) {
            *book = merged;
        } else if let (Some(old), Some(new)) =
            (book.endpoints.get_mut(&file), merged.endpoints.get(&file))
        {
            old.source.clone_from(&new.source);
        } else if let Some(id) = file.strip_prefix(EVENTS)
            && let (Some(old), Some(new)) = (book.events.get_mut(id), merged.events.get(id))
        {
            old.source.clone_from(&new.source);
        }
        Ok((file, changes))
    }
}
