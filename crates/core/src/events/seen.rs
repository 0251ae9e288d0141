//! Which events have been handled: platforms deliver each of them at least once.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::future::ready;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::base::{BoxFuture, lock, uuid};

/// The error of a [`Seen`] store that cannot be reached. Events are handled without the store.
pub type SeenError = Box<dyn StdError + Send + Sync>;

/// A store of the events that have been handled, for several processes or one.
///
/// A key names one event. It is claimed before the event is handled, and marked afterwards; if the
/// handler fails, the claim is released, and the next repetition is handled.
pub trait Seen: Send + Sync + 'static {
    /// Claims `key` for `lease`, unless it is claimed or marked already. A claim that is neither
    /// marked nor released, since its process has ended, ends with its lease.
    fn claim<'a>(
        &'a self,
        key: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>>;

    /// Marks `key` as handled for the time of `keep`, whoever claims it by now.
    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>>;

    /// Releases the claim of `owner`. A claim of someone else, and a mark, stay.
    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>>;
}

/// The state of an event that has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The caller has claimed it, as this owner, and is to handle it.
    New(String),
    /// Someone else is handling it.
    InProgress,
    /// It has been handled.
    Done,
}

/// A store in memory, for a single process.
///
/// Holds at most 100,000 events by default; beyond that, those that are forgotten first anyway are
/// forgotten sooner. Everything in it is lost when the process ends.
#[derive(Debug)]
pub struct MemorySeen {
    capacity: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    marks: HashMap<String, Mark>,
    /// The keys by the time at which they are forgotten.
    ends: BTreeMap<(Instant, u64), String>,
    next: u64,
}

#[derive(Debug)]
struct Mark {
    /// Who handles it; nobody any more if it has been handled.
    owner: Option<String>,
    end: (Instant, u64),
}

impl Default for MemorySeen {
    fn default() -> Self {
        Self::with_capacity(100_000)
    }
}

impl MemorySeen {
    /// Creates a store of at most this many events.
    pub fn with_capacity(events: usize) -> Self {
        Self { capacity: events.max(1), shelf: Mutex::default() }
    }
}

impl Shelf {
    fn set(&mut self, key: &str, owner: Option<String>, time: Duration) {
        self.remove(key);
        let now = Instant::now();
        let end = (now.checked_add(time).unwrap_or(now), self.next);
        self.next += 1;
        self.ends.insert(end, key.to_owned());
        self.marks.insert(key.to_owned(), Mark { owner, end });
    }

    fn remove(&mut self, key: &str) {
        if let Some(mark) = self.marks.remove(key) {
            self.ends.remove(&mark.end);
        }
    }

    fn forget(&mut self, capacity: usize) {
        let now = Instant::now();
        while let Some(first) = self.ends.first_entry() {
            if first.key().0 > now && self.marks.len() <= capacity {
                break;
            }
            self.marks.remove(&first.remove());
        }
    }

    fn claim(&mut self, key: &str, lease: Duration) -> Claim {
        match self.marks.get(key) {
            Some(Mark { owner: None, .. }) => Claim::Done,
            Some(Mark { owner: Some(_), .. }) => Claim::InProgress,
            None => {
                let owner = uuid();
                self.set(key, Some(owner.clone()), lease);
                Claim::New(owner)
            }
        }
    }

    fn release(&mut self, key: &str, owner: &str) {
        if self.marks.get(key).is_some_and(|mark| mark.owner.as_deref() == Some(owner)) {
            self.remove(key);
        }
    }
}

impl Seen for MemorySeen {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        let mut shelf = lock(&self.shelf);
        shelf.forget(self.capacity - 1);
        Box::pin(ready(Ok(shelf.claim(key, lease))))
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        _: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        let mut shelf = lock(&self.shelf);
        shelf.set(key, None, keep);
        shelf.forget(self.capacity);
        Box::pin(ready(Ok(())))
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        lock(&self.shelf).release(key, owner);
        Box::pin(ready(Ok(())))
    }
}

impl<T: Seen + ?Sized> Seen for std::sync::Arc<T> {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        (**self).claim(key, lease)
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        (**self).done(key, owner, keep)
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        (**self).release(key, owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);
    const KEEP: Duration = Duration::from_secs(8 * 60 * 60);

    async fn claim(seen: &MemorySeen, key: &str) -> Claim {
        seen.claim(key, LEASE).await.unwrap()
    }

    async fn owner(seen: &MemorySeen, key: &str) -> String {
        match claim(seen, key).await {
            Claim::New(owner) => owner,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_claimed_once_and_marked_for_its_time() {
        let seen = MemorySeen::default();
        let first = owner(&seen, "a").await;
        assert_eq!(claim(&seen, "a").await, Claim::InProgress);
        seen.done("a", &first, KEEP).await.unwrap();
        tokio::time::advance(KEEP - Duration::from_secs(1)).await;
        assert_eq!(claim(&seen, "a").await, Claim::Done);
        tokio::time::advance(Duration::from_secs(1)).await;
        owner(&seen, "a").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_ends_with_its_release_or_its_lease() {
        let seen = MemorySeen::default();
        let first = owner(&seen, "a").await;
        seen.release("a", &first).await.unwrap();
        let second = owner(&seen, "a").await;
        seen.release("a", &first).await.unwrap();
        assert_eq!(claim(&seen, "a").await, Claim::InProgress, "the claim is of another owner");
        tokio::time::advance(LEASE).await;
        let third = owner(&seen, "a").await;
        assert_ne!(second, third);
        seen.done("a", &third, KEEP).await.unwrap();
        seen.release("a", &third).await.unwrap();
        assert_eq!(claim(&seen, "a").await, Claim::Done, "a mark stays");
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_be_forgotten_first_makes_room() {
        let seen = MemorySeen::with_capacity(3);
        for key in ["a", "b", "c", "d", "e"] {
            let owner = owner(&seen, key).await;
            seen.done(key, &owner, KEEP).await.unwrap();
        }
        let shelf = seen.shelf.lock().unwrap();
        assert_eq!((shelf.marks.len(), shelf.ends.len()), (3, 3));
        assert!(shelf.marks.contains_key("e") && !shelf.marks.contains_key("b"));
    }
}
