//! The events that have been handled, and those that are being handled.

use std::time::Duration;

use openplat_core::BoxFuture;
use openplat_core::events::{Claim, Seen, SeenError};

use crate::{Error, RELEASE, RedisTokenStore, milliseconds, script};

/// The value of a mark. That of a claim begins with something else, whatever its owner is.
const DONE: &str = "done";
/// Claims a free event. Returns whose the event is by now, or [`DONE`].
const CLAIM: &str = "\
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return ARGV[1] end
return redis.call('get', KEYS[1])";

impl RedisTokenStore {
    /// The braces keep all events on one node of a cluster, since each change of the node costs a
    /// connection. They come before the key, which may contain braces of its own.
    fn event_name(&self, key: &str) -> String {
        format!("{}{{seen}}:{key}", self.prefix)
    }

    async fn claim_event(&self, key: &str, owner: &str, lease: Duration) -> Result<Claim, Error> {
        let own = claim_of(owner);
        let mut claim = script(CLAIM, &self.event_name(key));
        claim.arg(&own).arg(milliseconds(lease));
        let value: Vec<u8> = self.server.ask(&claim).await?;
        Ok(match value {
            value if value == own.as_bytes() => Claim::New,
            value if value == DONE.as_bytes() => Claim::Done,
            _ => Claim::InProgress,
        })
    }

    async fn mark_event(&self, key: &str, keep: Duration) -> Result<(), Error> {
        let mut mark = redis::cmd("SET");
        mark.arg(self.event_name(key)).arg(DONE).arg("PX").arg(milliseconds(keep));
        self.server.ask(&mark).await
    }

    async fn release_event(&self, key: &str, owner: &str) -> Result<(), Error> {
        self.server.ask(script(RELEASE, &self.event_name(key)).arg(claim_of(owner))).await
    }
}

fn claim_of(owner: &str) -> String {
    format!("by {owner}")
}

/// Described in the documentation of the [crate](crate#events).
impl Seen for RedisTokenStore {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        Box::pin(async move { Ok(self.within(self.claim_event(key, owner, lease)).await?) })
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        _owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        Box::pin(async move { Ok(self.within(self.mark_event(key, keep)).await?) })
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        Box::pin(async move { Ok(self.within(self.release_event(key, owner)).await?) })
    }
}
