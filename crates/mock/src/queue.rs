use std::collections::VecDeque;
use std::sync::Arc;

use crate::recorded::Recorded;
use crate::reply::Reply;

pub(crate) type Matcher = Arc<dyn Fn(&Recorded) -> bool + Send + Sync>;

/// The source of a reply.
#[derive(Clone)]
pub(crate) enum Source {
    Reply(Reply),
    Computed(Arc<dyn Fn(&Recorded) -> Reply + Send + Sync>),
}

/// Replies in the order in which they are given.
#[derive(Default)]
pub(crate) struct Queue {
    /// Selects the requests of a route that take a reply from here; `None` for all.
    pub(crate) matches: Option<Matcher>,
    replies: VecDeque<Queued>,
    /// The number of requests that took a reply from here.
    pub(crate) calls: usize,
}

struct Queued {
    source: Source,
    /// Once if absent, or forever if it is the last.
    times: Option<u32>,
    given: u32,
}

impl Queue {
    pub(crate) fn for_matching(matches: Matcher) -> Self {
        Self { matches: Some(matches), ..Self::default() }
    }

    pub(crate) fn push(&mut self, source: Source) {
        self.replies.push_back(Queued { source, times: None, given: 0 });
    }

    pub(crate) fn limit_last(&mut self, times: u32) {
        if let Some(last) = self.replies.back_mut() {
            last.times = Some(times);
        }
    }

    /// The next reply; `None` if there is none or all are used up.
    pub(crate) fn take(&mut self) -> Option<Source> {
        while let Some(first) = self.replies.front() {
            let is_used_up = first.given >= first.times.unwrap_or(1);
            let repeats = first.times.is_none() && self.replies.len() == 1;
            if !is_used_up || repeats {
                break;
            }
            self.replies.pop_front();
        }
        let next = self.replies.front_mut()?;
        next.given = next.given.saturating_add(1);
        self.calls += 1;
        Some(next.source.clone())
    }
}
