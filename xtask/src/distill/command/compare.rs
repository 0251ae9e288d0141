//! The comparison of all pages with all specs: operations that moved, are new or are gone.

use super::books::{Books, OpenBook, describes, no_fixup};
use crate::distill::read::facts::{Endpoint, Page};
use crate::distill::specs::book::EVENTS;
use crate::distill::specs::change::{Change, NO_PAGE, What};
use crate::distill::specs::draft::{self, Draft};
use crate::distill::specs::fixups::{self, Fixup};
use crate::distill::specs::{drift, merge, route};

impl Books<'_> {
    /// Compares what the pages say as a whole with the specs.
    pub(super) fn compare(&mut self) -> Result<(), String> {
        for (name, page) in std::mem::take(&mut self.strangers) {
            match &page {
                Page::Endpoint(facts) => self.compare_endpoint(&name, &page, facts)?,
                Page::Event(facts) => {
                    let file = format!("{EVENTS}{}", facts.event_type);
                    let change = drift::new(file.clone(), What::Event, facts.event_type.clone());
                    self.compare_new(&page, &file, change)?;
                }
                _ => {}
            }
        }
        for open in self.open.values_mut() {
            let pages: Vec<String> = open.known.iter().map(|file| open.page_of(file)).collect();
            for fixup in open.fixups.iter().filter(|fixup| fixup.has_no_page()) {
                if !pages.contains(&fixup.page) {
                    self.outlived.push(fixups::outlived(&fixup.page, NO_PAGE));
                    self.changes.push(no_fixup(&fixup.page, NO_PAGE));
                }
            }
        }
        if self.task.pages.iter().any(|page| page.is_dir()) {
            for open in self.open.values_mut() {
                let mut gone = drift::gone(&open.book, &open.described);
                gone.retain(|change| {
                    let page = open.page_of(&change.file);
                    !open.fixups.iter().any(|fixup| fixup.page == page && fixup.accepts(change))
                });
                open.changes.extend(gone);
            }
        }
        Ok(())
    }

    fn compare_endpoint(
        &mut self,
        name: &str,
        page: &Page,
        facts: &Endpoint,
    ) -> Result<(), String> {
        let Ok(mut draft) = draft::endpoint(facts) else {
            let (explored, source) = (facts.explored.as_ref(), facts.source.as_deref());
            let names = route::names(&facts.method, &facts.path, explored, source);
            let file = format!("{}.{}", names.module, names.method);
            let change = drift::new(file.clone(), What::Operation, names.id);
            return self.compare_new(page, &file, change);
        };
        let mut departures = self.departures(page);
        let Some((api, stem)) = self.spec_of(&draft) else {
            // Another page has described it.
            if self.open.values().any(|open| describes(&open.book, page)) {
                return Ok(());
            }
            let file = format!("{}.{}", draft.names.module, draft.names.method);
            let change = drift::new(file.clone(), What::Operation, draft.names.id);
            return self.compare_new(page, &file, change);
        };
        let open = self.book(&api)?;
        let before = open.page_of(&stem);
        let departs = |fixup: &&Fixup| fixup.is_departure() && fixup.page == before;
        departures.extend(open.fixups.iter().filter(departs).cloned());
        draft.notes.depart(&departures);
        let mut changes = drift::follow(&mut open.book, &stem, &draft.spec);
        changes.extend(merge::update(&mut open.book, &stem, &draft));
        self.take((&api, &stem), name, changes, &departures)
    }

    /// Returns the spec that no other page describes of an operation that moved, or else of the one
    /// that the page names.
    fn spec_of(&self, draft: &Draft) -> Option<(String, String)> {
        let moved = |open: &OpenBook| drift::moved(&open.book, &open.described, draft);
        let named = |open: &OpenBook| {
            let named = open.book.find(draft.spec.method, &draft.spec.path);
            named.filter(|stem| !open.described.contains_key(stem))
        };
        let find = |stem: &dyn Fn(&OpenBook) -> Option<String>| {
            self.open.iter().find_map(|(api, open)| Some((api.clone(), stem(open)?)))
        };
        find(&moved).or_else(|| find(&named))
    }

    fn compare_new(&mut self, page: &Page, file: &str, change: Change) -> Result<(), String> {
        let departures = self.departures(page);
        let (changes, outlived) = self.accept(file, vec![change], &departures)?;
        self.changes.extend(changes.into_iter().chain(outlived));
        Ok(())
    }
}
