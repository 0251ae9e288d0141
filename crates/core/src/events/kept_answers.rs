use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Answer;
use crate::base::lock;

/// Longer than anyone waits for an answer.
const KEEP: Duration = Duration::from_secs(60);

/// The most memory that answers take up, in bytes. A large card has 30 KB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The memory that an answer takes up in addition to its key and its text, roughly.
const OVERHEAD: usize = 160;

/// The recent answers, for repeated events: an answer may be lost on its way.
#[derive(Default)]
pub(super) struct KeptAnswers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<Arc<str>, Answer>,
    /// The keys, by the time at which they were kept.
    order: VecDeque<(Instant, Arc<str>)>,
    bytes: usize,
}

impl KeptAnswers {
    /// Keeps an answer, unless it is empty.
    pub(super) fn keep(&self, key: &str, answer: &Answer) {
        if answer.as_json().is_none() {
            return;
        }
        let mut kept = lock(&self.0);
        let key: Arc<str> = key.into();
        kept.bytes += size(&key, answer);
        match kept.answers.insert(key.clone(), answer.clone()) {
            Some(replaced) => kept.bytes -= size(&key, &replaced),
            None => kept.order.push_back((Instant::now(), key)),
        }
        kept.forget();
    }

    /// Returns the answer that was kept, or an empty one.
    pub(super) fn get(&self, key: &str) -> Answer {
        let mut kept = lock(&self.0);
        kept.forget();
        kept.answers.get(key).cloned().unwrap_or_default()
    }
}

impl Kept {
    fn forget(&mut self) {
        let now = Instant::now();
        while let Some((kept_at, _)) = self.order.front()
            && (*kept_at + KEEP <= now || self.bytes > MOST_BYTES)
            && let Some((_, key)) = self.order.pop_front()
        {
            if let Some(answer) = self.answers.remove(&key) {
                self.bytes -= size(&key, &answer);
            }
        }
    }
}

fn size(key: &str, answer: &Answer) -> usize {
    OVERHEAD + key.len() + answer.as_json().map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_for_a_minute_and_within_their_memory() {
        let answers = KeptAnswers::default();
        let large = Answer::json(&"x".repeat(100_000));
        for id in 0..1000 {
            answers.keep(&id.to_string(), &large);
            answers.keep(&id.to_string(), &large);
            assert!(lock(&answers.0).bytes <= MOST_BYTES);
        }
        assert_eq!((answers.get("0"), answers.get("999")), (Answer::default(), large));
        tokio::time::advance(KEEP).await;
        assert_eq!(answers.get("999"), Answer::default());
        let kept = lock(&answers.0);
        assert_eq!((kept.bytes, kept.answers.len(), kept.order.len()), (0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_kept_of_empty_answers() {
        let answers = KeptAnswers::default();
        answers.keep("1", &Answer::default());
        assert!(lock(&answers.0).answers.is_empty());
    }
}
