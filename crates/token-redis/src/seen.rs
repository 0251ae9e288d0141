//! The events that have been handled, and those that are being handled.

use std::time::Duration;

use openplat_core::BoxFuture;
use openplat_core::events::{Claim, Seen, SeenError};

use crate::{Error, RELEASE, RedisTokenStore, milliseconds, random_id, script};

/// No owner: owners are 32 hexadecimal digits.
const DONE: &str = "done";
/// Claims a free event. Returns the owner that the event has by now, or [`DONE`]. If a lost
/// connection hid that it was claimed, the same owner gets it once more.
const CLAIM: &str = "\
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return ARGV[1] end
return redis.call('get', KEYS[1])";

impl RedisTokenStore {
    /// The braces keep all events on one node of a cluster, since each change of the node costs a
    /// connection. They come before the key, which may contain braces of its own.
    fn event_name(&self, key: &str) -> String {
        format!("{}{{seen}}:{key}", self.prefix)
    }

    async fn claim_event(&self, key: &str, lease: Duration) -> Result<Claim, Error> {
        let id = random_id()?;
        let mut claim = script(CLAIM, &self.event_name(key));
        claim.arg(&id).arg(milliseconds(lease));
        let holder: Vec<u8> = self.server.ask(&claim).await?;
        Ok(match holder {
            holder if holder == id.as_bytes() => Claim::New(id),
            holder if holder == DONE.as_bytes() => Claim::Done,
            _ => Claim::InProgress,
        })
    }

    async fn mark_event(&self, key: &str, keep: Duration) -> Result<(), Error> {
        let mut mark = redis::cmd("SET");
        mark.arg(self.event_name(key)).arg(DONE).arg("PX").arg(milliseconds(keep));
        self.server.ask(&mark).await
    }

    async fn release_event(&self, key: &str, owner: &str) -> Result<(), Error> {
        self.server.ask(script(RELEASE, &self.event_name(key)).arg(owner)).await
    }
}

/// Described in the documentation of the [crate](crate#events).
impl Seen for RedisTokenStore {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        Box::pin(async move { Ok(self.within(self.claim_event(key, lease)).await?) })
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
