//! Stores of the events that have been handled: platforms deliver each event at least once.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::{BoxFuture, FOREVER, lock};

/// The error of a [`Seen`] store that cannot be reached. Events are handled without the store.
///
/// The text of the error is logged.
pub type SeenError = Box<dyn StdError + Send + Sync>;

/// A store of the events that have been handled, for several processes or one.
///
/// A key names one event, in at most 256 bytes. It is claimed before the event is handled, and
/// marked afterwards. If the handler fails, the claim is released, and the next repetition is
/// handled.
///
/// A listener drops an access that takes longer than 1.5 seconds. After that, or after an error, it
/// handles events without the store, and one event every 5 seconds tries the store again.
///
/// A listener may repeat `done` and `release`: an access that takes longer than half a second is
/// dropped and begun again in the background, so that no response waits for it.
pub trait Seen: Send + Sync + 'static {
    /// Claims `key` for `lease`, unless it is marked already, or claimed by another owner. A claim
    /// that is neither marked nor released, since its process has ended, ends with its lease.
    ///
    /// Each attempt to handle an event is an owner of its own, so a store can repeat a claim whose
    /// response was lost.
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>>;

    /// Marks `key` as handled for the time `keep`, even if the claim of `owner` has ended and
    /// another owner has claimed the key since.
    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>>;

    /// Releases the claim of `owner`. A claim of another owner, and a mark, stay.
    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>>;
}

/// The result of claiming an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The event is claimed for the caller, who is to handle it.
    New,
    /// Another owner is handling the event.
    InProgress,
    /// The event has been handled.
    Done,
}

/// A store in memory, for a single process.
///
/// Holds at most 100,000 events by default. To make room for more, the events that were handled
/// first are forgotten sooner. All of them are lost when the process ends.
///
/// `Debug` shows the capacity and the number of events.
pub struct MemorySeen {
    shelf: Mutex<Shelf>,
}

struct Shelf {
    capacity: usize,
    entries: HashMap<Arc<str>, Entry>,
    /// The keys of the marks, by the time at which they are forgotten.
    marks: BTreeMap<End, Arc<str>>,
    /// The keys of the claims. They end sooner than marks, and yet make room for nothing.
    claims: BTreeMap<End, Arc<str>>,
    next: u64,
}

/// A time, and a number that tells it from others of the same time.
type End = (Instant, u64);

struct Entry {
    /// The owner of the claim, or `None` if the event has been handled.
    owner: Option<String>,
    end: End,
}

impl Default for MemorySeen {
    fn default() -> Self {
        Self::with_capacity(100_000)
    }
}

impl MemorySeen {
    /// Creates a store of at most this many events.
    pub fn with_capacity(events: usize) -> Self {
        Self { shelf: Mutex::new(Shelf::new(events.max(1))) }
    }
}

impl fmt::Debug for MemorySeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shelf = lock(&self.shelf);
        f.debug_struct("MemorySeen")
            .field("capacity", &shelf.capacity)
            .field("events", &shelf.entries.len())
            .finish()
    }
}

impl Shelf {
    fn new(capacity: usize) -> Self {
        let (marks, claims) = (BTreeMap::new(), BTreeMap::new());
        Self { capacity, entries: HashMap::new(), marks, claims, next: 0 }
    }

    fn claim(&mut self, key: &str, owner: &str, lease: Duration) -> Claim {
        self.forget(self.capacity);
        match self.entries.get(key).map(|entry| entry.owner.as_deref()) {
            Some(None) => Claim::Done,
            Some(Some(other)) if other != owner => Claim::InProgress,
            _ => {
                self.set(key, Some(owner.to_owned()), lease);
                Claim::New
            }
        }
    }

    fn release(&mut self, key: &str, owner: &str) {
        if self.entries.get(key).is_some_and(|entry| entry.owner.as_deref() == Some(owner)) {
            self.remove(key);
        }
    }

    fn set(&mut self, key: &str, owner: Option<String>, time: Duration) {
        self.remove(key);
        self.forget(self.capacity - 1);
        let key: Arc<str> = key.into();
        let end = (Instant::now() + time.min(FOREVER), self.next);
        self.next += 1;
        self.ends(owner.is_some()).insert(end, key.clone());
        self.entries.insert(key, Entry { owner, end });
    }

    fn remove(&mut self, key: &str) {
        if let Some(Entry { owner, end }) = self.entries.remove(key) {
            self.ends(owner.is_some()).remove(&end);
        }
    }

    fn ends(&mut self, is_claim: bool) -> &mut BTreeMap<End, Arc<str>> {
        if is_claim { &mut self.claims } else { &mut self.marks }
    }

    /// Forgets what has ended, and as much more as `capacity` asks for.
    fn forget(&mut self, capacity: usize) {
        let now = Instant::now();
        for ends in [&mut self.marks, &mut self.claims] {
            while let Some(first) = ends.first_entry()
                && (first.key().0 <= now || self.entries.len() > capacity)
            {
                self.entries.remove(&first.remove());
            }
        }
    }
}

impl Seen for MemorySeen {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        Box::pin(ready(Ok(lock(&self.shelf).claim(key, owner, lease))))
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        _owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        lock(&self.shelf).set(key, None, keep);
        Box::pin(ready(Ok(())))
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        lock(&self.shelf).release(key, owner);
        Box::pin(ready(Ok(())))
    }
}

impl<T: Seen + ?Sized> Seen for Arc<T> {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        (**self).claim(key, owner, lease)
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

    async fn claim(seen: &MemorySeen, key: &str, owner: &str) -> Claim {
        seen.claim(key, owner, LEASE).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_claimed_once_and_marked_for_its_time() {
        let seen = MemorySeen::default();
        assert_eq!(claim(&seen, "a", "1").await, Claim::New);
        assert_eq!(claim(&seen, "a", "2").await, Claim::InProgress);
        assert_eq!(claim(&seen, "a", "1").await, Claim::New, "the same owner again");
        seen.done("a", "1", KEEP).await.unwrap();
        tokio::time::advance(KEEP - Duration::from_secs(1)).await;
        assert_eq!(claim(&seen, "a", "2").await, Claim::Done);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(claim(&seen, "a", "2").await, Claim::New);
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_ends_with_its_release_or_its_lease() {
        let seen = MemorySeen::default();
        assert_eq!(claim(&seen, "a", "1").await, Claim::New);
        seen.release("a", "1").await.unwrap();
        assert_eq!(claim(&seen, "a", "2").await, Claim::New);
        seen.release("a", "1").await.unwrap();
        assert_eq!(claim(&seen, "a", "3").await, Claim::InProgress, "the claim of another owner");
        tokio::time::advance(LEASE).await;
        assert_eq!(claim(&seen, "a", "3").await, Claim::New);
        seen.done("a", "2", KEEP).await.unwrap();
        seen.release("a", "3").await.unwrap();
        assert_eq!(claim(&seen, "a", "4").await, Claim::Done, "a mark stays");
    }

    #[tokio::test(start_paused = true)]
    async fn times_without_end_do_not_end_at_once() {
        let seen = MemorySeen::default();
        seen.claim("a", "1", Duration::MAX).await.unwrap();
        seen.done("b", "1", Duration::MAX).await.unwrap();
        tokio::time::advance(KEEP).await;
        assert_eq!(claim(&seen, "a", "2").await, Claim::InProgress);
        assert_eq!(claim(&seen, "b", "2").await, Claim::Done);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_handled_first_makes_room() {
        let seen = MemorySeen::with_capacity(3);
        assert_eq!(claim(&seen, "running", "1").await, Claim::New);
        for key in ["a", "b", "c", "d", "e"] {
            assert_eq!(claim(&seen, key, "1").await, Claim::New);
            seen.done(key, "1", KEEP).await.unwrap();
        }
        // Its claim ends long before the marks do.
        assert_eq!(claim(&seen, "running", "2").await, Claim::InProgress);
        assert_eq!(claim(&seen, "e", "2").await, Claim::Done);
        assert_eq!(claim(&seen, "b", "2").await, Claim::New);
    }

    #[tokio::test(start_paused = true)]
    async fn every_event_of_a_full_store_is_known() {
        let seen = MemorySeen::with_capacity(3);
        let keys = ["a", "b", "c"];
        for key in keys {
            assert_eq!(claim(&seen, key, "1").await, Claim::New);
            seen.done(key, "1", KEEP).await.unwrap();
        }
        for _ in 0..2 {
            for key in keys {
                assert_eq!(claim(&seen, key, "2").await, Claim::Done, "{key}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn debug_shows_no_key() {
        let seen = MemorySeen::with_capacity(3);
        claim(&seen, "feishu:cli_1:a:1", "1").await;
        assert_eq!(format!("{seen:?}"), "MemorySeen { capacity: 3, events: 1 }");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_mark_does_not_make_room_for_itself() {
        let seen = MemorySeen::with_capacity(2);
        assert_eq!(claim(&seen, "a", "1").await, Claim::New);
        assert_eq!(claim(&seen, "b", "1").await, Claim::New);
        seen.done("late", "1", KEEP).await.unwrap();
        assert_eq!(claim(&seen, "late", "2").await, Claim::Done);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_held_than_there_is_room_for() {
        let seen = MemorySeen::with_capacity(3);
        for id in 0..1000 {
            let key = (id % 50).to_string();
            claim(&seen, &key, &id.to_string()).await;
            match id % 3 {
                0 => seen.done(&key, &id.to_string(), KEEP).await.unwrap(),
                1 => seen.release(&key, &id.to_string()).await.unwrap(),
                _ => tokio::time::advance(Duration::from_secs(1)).await,
            }
            let shelf = seen.shelf.lock().unwrap();
            assert!(shelf.entries.len() <= 3);
            assert_eq!(shelf.entries.len(), shelf.marks.len() + shelf.claims.len());
        }
    }
}
