//! Events that come in several frames.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

/// The parts of events that are not complete, within bounds of number, size and time.
#[derive(Default)]
pub(super) struct Fragments {
    sets: HashMap<Bytes, Set>,
    /// The size of all sets.
    size: usize,
}

/// The parts of one event that are there.
struct Set {
    sum: u32,
    parts: BTreeMap<u32, Bytes>,
    /// The size of the parts, and of the ID that they are kept under.
    size: usize,
    since: Instant,
}

/// The place of a part in its event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The number of parts; what costs memory are those that came, not those that are announced.
    pub(super) sum: u32,
    /// Counted from 0.
    pub(super) seq: u32,
}

/// The reason why parts are dropped. An event that is not acknowledged comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Dropped {
    #[error("its parts are more than {MOST_PARTS}")]
    TooMany,
    #[error("the number of the part is not below that of all parts")]
    OutOfRange,
    #[error("its parts disagree on their number")]
    Changed,
    #[error("the incomplete events together are larger than {MOST_BYTES} bytes")]
    TooLarge,
}

const MOST_PARTS: u32 = 1024;
const MOST_SETS: usize = 128;
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The time in which all parts of an event have to come.
const LIFETIME: Duration = Duration::from_secs(10);

impl Fragments {
    /// Takes a part, and returns the event if it is complete.
    pub(super) fn insert(
        &mut self,
        id: &Bytes,
        place: Place,
        part: Bytes,
        now: Instant,
    ) -> Result<Option<Bytes>, Dropped> {
        self.expire(now);
        if place.sum > MOST_PARTS {
            return Err(Dropped::TooMany);
        }
        if place.seq >= place.sum {
            return Err(Dropped::OutOfRange);
        }
        if self.sets.get(id).is_some_and(|set| set.sum != place.sum) {
            self.remove(id);
            return Err(Dropped::Changed);
        }
        if !self.sets.contains_key(id) {
            self.make_room();
        }
        // In memory of its own: a small part must not keep a large message.
        let part = Bytes::copy_from_slice(&part);
        let set = self.sets.entry(Bytes::copy_from_slice(id)).or_insert_with(|| {
            self.size += id.len();
            Set { sum: place.sum, parts: BTreeMap::new(), size: id.len(), since: now }
        });
        set.size += part.len();
        self.size += part.len();
        if let Some(repeated) = set.parts.insert(place.seq, part) {
            set.size -= repeated.len();
            self.size -= repeated.len();
        }
        let is_complete = set.parts.len() == set.sum as usize;
        if self.size > MOST_BYTES {
            self.remove(id);
            return Err(Dropped::TooLarge);
        }
        Ok(is_complete.then(|| self.remove(id)).flatten().map(|set| set.join()))
    }

    fn remove(&mut self, id: &Bytes) -> Option<Set> {
        let set = self.sets.remove(id)?;
        self.size -= set.size;
        Some(set)
    }

    /// Returns the time at which the next set is given up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.sets.values().map(|set| set.since + LIFETIME).min()
    }

    /// Gives up the sets whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        let is_old = |set: &Set| now.saturating_duration_since(set.since) >= LIFETIME;
        let old: Vec<_> = self.sets.iter().filter(|(_, set)| is_old(set)).collect();
        let old: Vec<_> = old.into_iter().map(|(id, _)| id.clone()).collect();
        for id in &old {
            self.remove(id);
        }
        report(old.len(), "its other parts did not come in time");
    }

    /// Gives up all sets: the connection that they came over has ended.
    pub(super) fn clear(&mut self) {
        report(self.sets.len(), "the connection has ended");
        *self = Self::default();
    }

    /// Gives up the oldest set if there are too many.
    fn make_room(&mut self) {
        if self.sets.len() < MOST_SETS {
            return;
        }
        let oldest = self.sets.iter().min_by_key(|(_, set)| set.since);
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            self.remove(&id);
            report(1, "too many others are incomplete as well");
        }
    }
}

fn report(events: usize, reason: &str) {
    if events > 0 {
        tracing::warn!(events, reason, "dropped an incomplete event");
    }
}

impl Set {
    fn join(self) -> Bytes {
        let mut whole = BytesMut::with_capacity(self.size);
        self.parts.values().for_each(|part| whole.extend_from_slice(part));
        whole.freeze()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Receiver {
        fragments: Fragments,
        now: Instant,
    }

    impl Receiver {
        fn new() -> Self {
            Self { fragments: Fragments::default(), now: Instant::now() }
        }

        fn take(
            &mut self,
            id: &'static str,
            (seq, sum): (u32, u32),
            part: &str,
        ) -> Result<Option<Bytes>, Dropped> {
            let part = Bytes::copy_from_slice(part.as_bytes());
            let id = Bytes::from_static(id.as_bytes());
            self.fragments.insert(&id, Place { sum, seq }, part, self.now)
        }

        fn is_empty(&self) -> bool {
            self.fragments.sets.is_empty() && self.fragments.size == 0
        }
    }

    #[test]
    fn parts_are_joined_by_their_numbers_and_forgotten() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.take("a", (2, 3), "c"), Ok(None));
        assert_eq!(receiver.take("b", (0, 2), "x"), Ok(None));
        assert_eq!(receiver.take("a", (0, 3), "a"), Ok(None));
        assert_eq!(receiver.take("a", (0, 3), "A"), Ok(None), "a part may come twice");
        assert_eq!(receiver.take("a", (1, 3), ""), Ok(Some("Ac".into())), "and may be empty");
        assert_eq!(receiver.take("b", (1, 2), "y"), Ok(Some("xy".into())));
        assert!(receiver.is_empty());
        assert_eq!(receiver.take("a", (1, 3), "b"), Ok(None), "the event is not complete again");
    }

    #[test]
    fn parts_that_cannot_be_of_one_event_are_dropped() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.take("a", (3, 3), "x"), Err(Dropped::OutOfRange));
        assert_eq!(receiver.take("a", (0, 0), "x"), Err(Dropped::OutOfRange));
        assert_eq!(receiver.take("a", (0, 3), "x"), Ok(None));
        assert_eq!(receiver.take("a", (1, 4), "x"), Err(Dropped::Changed));
        assert!(receiver.is_empty(), "what came before is dropped as well");
    }

    #[test]
    fn a_part_costs_what_it_is_and_not_what_it_claims() {
        let mut receiver = Receiver::new();
        for sum in [1 << 31, u32::MAX, MOST_PARTS + 1] {
            assert_eq!(receiver.take("a", (0, sum), "x"), Err(Dropped::TooMany));
        }
        assert!(receiver.is_empty());
        assert_eq!(receiver.take("a", (0, MOST_PARTS), "x"), Ok(None));
        assert_eq!(receiver.fragments.size, 2, "the part, and its ID");
    }

    #[test]
    fn parts_have_ten_seconds() {
        let mut receiver = Receiver::new();
        receiver.take("a", (0, 2), "a").unwrap();
        receiver.now += LIFETIME - Duration::from_millis(1);
        assert_eq!(receiver.take("a", (1, 2), "b"), Ok(Some("ab".into())));
        receiver.take("a", (0, 2), "a").unwrap();
        receiver.now += LIFETIME;
        assert_eq!(receiver.take("b", (0, 2), "x"), Ok(None));
        assert_eq!(receiver.fragments.sets.len(), 1);
        assert_eq!(receiver.take("a", (1, 2), "b"), Ok(None));
    }

    #[test]
    fn the_oldest_event_is_the_next_to_be_given_up() {
        let mut receiver = Receiver::new();
        assert_eq!(receiver.fragments.due(), None);
        let start = receiver.now;
        for id in ["a", "b"] {
            receiver.take(id, (0, 2), "x").unwrap();
            receiver.now += Duration::from_secs(3);
        }
        assert_eq!(receiver.fragments.due(), Some(start + LIFETIME));
        receiver.take("a", (1, 2), "y").unwrap();
        assert_eq!(receiver.fragments.due(), Some(start + Duration::from_secs(3) + LIFETIME));
    }

    #[test]
    fn nothing_outlives_its_connection() {
        let mut receiver = Receiver::new();
        receiver.take("a", (0, 2), "a").unwrap();
        receiver.fragments.clear();
        assert!(receiver.is_empty());
        assert_eq!(receiver.take("a", (1, 2), "b"), Ok(None));
    }

    #[test]
    fn what_is_given_up_is_said_and_nothing_else() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Arc::new(file.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(log).with_ansi(false).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let log = || std::fs::read_to_string(&file).unwrap();
        let mut receiver = Receiver::new();
        receiver.take("a", (0, 2), "a").unwrap();
        receiver.fragments.expire(receiver.now + LIFETIME / 2);
        assert_eq!(log(), "");
        receiver.fragments.expire(receiver.now + LIFETIME);
        let (log, said) = (log(), "dropped an incomplete event events=1 reason=\"its other parts");
        assert!(log.contains(said) && log.lines().count() == 1, "{log}");
    }

    #[test]
    fn an_event_may_be_as_large_as_the_bound() {
        let mut receiver = Receiver::new();
        let part = "x".repeat((16 << 20) - "id".len());
        assert_eq!(receiver.take("id", (0, 2), &part), Ok(None));
        assert_eq!(receiver.take("id", (1, 2), "x"), Err(Dropped::TooLarge));
        assert!(receiver.is_empty());
    }

    #[test]
    fn incomplete_events_have_bounds_in_number_and_size() {
        let mut receiver = Receiver::new();
        for number in 0..1000_u32 {
            let id = Bytes::from(number.to_string());
            let place = Place { sum: 2, seq: 0 };
            receiver.now += Duration::from_millis(1);
            receiver.fragments.insert(&id, place, "x".into(), receiver.now).unwrap();
        }
        assert_eq!(receiver.fragments.sets.len(), MOST_SETS);
        assert_eq!(receiver.take("999", (1, 2), "y"), Ok(Some("xy".into())), "the last ones stay");
        let large = "x".repeat(MOST_BYTES / 2);
        assert_eq!(receiver.take("a", (0, 3), &large), Ok(None));
        assert_eq!(receiver.take("a", (1, 3), &large), Err(Dropped::TooLarge));
        assert!(receiver.fragments.size < MOST_SETS * 4);
    }

    #[test]
    fn ids_cost_memory_as_well() {
        let mut fragments = Fragments::default();
        let now = Instant::now();
        let mut taken = Vec::new();
        for number in 0..4_u32 {
            let mut id = vec![b'x'; MOST_BYTES / 3];
            id.extend(number.to_be_bytes());
            taken.push(fragments.insert(&id.into(), Place { sum: 2, seq: 0 }, "".into(), now));
            assert!(fragments.size <= MOST_BYTES);
        }
        assert_eq!(taken, [Ok(None), Ok(None), Err(Dropped::TooLarge), Err(Dropped::TooLarge)]);
        fragments.expire(now + LIFETIME);
        assert_eq!(fragments.size, 0);
    }
}
