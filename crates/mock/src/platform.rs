use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::answer::Answer;
use crate::dialect::{DIALECTS, Dialect};
use crate::recorded::{Endpoint, Recorded};
use crate::route::{Pattern, Reply, Script};

/// Counts over all platforms of the process, so that none honours a token of another.
static TOKENS: AtomicU64 = AtomicU64::new(1);

/// All that a platform knows.
#[derive(Default)]
pub(crate) struct Platform {
    routes: Vec<(Pattern, Script)>,
    recorded: Vec<Recorded>,
    /// By vendor, as its token path, and app id.
    app_tokens: HashMap<(&'static str, String), String>,
    /// The tokens of apps that are honoured, each with the token path of its vendor.
    honoured: HashSet<(&'static str, String)>,
    /// Every token that an app was ever given.
    granted: HashSet<String>,
    user_tokens: HashSet<String>,
}

impl Platform {
    pub(crate) fn register(&mut self, pattern: Pattern, script: Script) -> usize {
        self.find(&pattern).unwrap_or_else(|| {
            self.routes.push((pattern, script));
            self.routes.len() - 1
        })
    }

    pub(crate) fn find(&self, pattern: &Pattern) -> Option<usize> {
        self.routes.iter().position(|(known, _)| known.is_same(pattern))
    }

    pub(crate) fn script(&mut self, index: usize, reply: Reply) {
        if let Some((_, script)) = self.routes.get_mut(index) {
            script.push(reply);
        }
    }

    pub(crate) fn recorded(&self, wanted: impl Fn(Endpoint) -> bool) -> Vec<Recorded> {
        self.recorded.iter().filter(|request| wanted(request.endpoint)).cloned().collect()
    }

    pub(crate) fn revoke_tokens(&mut self) {
        self.rotate_tokens();
        self.honoured.clear();
    }

    pub(crate) fn rotate_tokens(&mut self) {
        self.app_tokens.clear();
    }

    pub(crate) fn accept_user_token(&mut self, token: String) {
        self.user_tokens.insert(token);
    }

    pub(crate) fn answer(&mut self, head: Parts, body: Bytes) -> Answer {
        let log_id = format!("mock-{:06}", self.recorded.len() + 1);
        let (endpoint, answer) = if let Some(dialect) = token_dialect(&head) {
            (Endpoint::Token, self.grant_token(dialect, &body, &log_id))
        } else if let Some(index) = self.route(&head) {
            (Endpoint::Route(index), self.run(index, &head.headers, &log_id))
        } else {
            (Endpoint::Unknown, self.not_found(&head))
        };
        self.recorded.push(Recorded::new(head, body, endpoint));
        answer
    }

    fn grant_token(&mut self, dialect: &'static dyn Dialect, body: &[u8], log_id: &str) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let answer = match dialect.app_id(&request) {
            Ok(app_id) => {
                let path = dialect.token_path();
                let app = (path, app_id.to_owned());
                let token = self.app_tokens.entry(app).or_insert_with(|| {
                    format!("mock-token-{}", TOKENS.fetch_add(1, Ordering::Relaxed))
                });
                self.honoured.insert((path, token.clone()));
                self.granted.insert(token.clone());
                Answer::json(StatusCode::OK, &dialect.token_granted(token))
            }
            Err(failure) => Answer::json(failure.status, &dialect.failure(&failure, log_id)),
        };
        with_log_id(answer, dialect, log_id)
    }

    fn route(&self, head: &Parts) -> Option<usize> {
        let routes = self.routes.iter().enumerate();
        routes
            .filter(|(_, (pattern, _))| pattern.matches(&head.method, head.uri.path()))
            .min_by(|(_, (a, _)), (_, (b, _))| a.cmp_specificity(b))
            .map(|(index, _)| index)
    }

    fn run(&mut self, index: usize, headers: &HeaderMap, log_id: &str) -> Answer {
        let Some((_, script)) = self.routes.get_mut(index) else { return Answer::default() };
        let dialect = script.dialect;
        let token = dialect.token(headers);
        let text = token.and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        let is_honoured = self.user_tokens.contains(text)
            || self.honoured.contains(&(dialect.token_path(), text.to_owned()));
        let answer = if is_honoured {
            script.answer(log_id)
        } else {
            let failure = dialect.token_refused(token, self.granted.contains(text));
            Answer::json(failure.status, &dialect.failure(&failure, log_id))
        };
        with_log_id(answer, dialect, log_id)
    }

    fn not_found(&self, head: &Parts) -> Answer {
        let mut text = format!(
            "openplat-mock has no answer to {} {}\n\
             Register the operation before it is sent: mock.on::<Operation>()\n",
            head.method,
            head.uri.path()
        );
        text.push_str(if self.routes.is_empty() {
            "No operation is registered.\n"
        } else {
            "Registered are:\n"
        });
        for (pattern, _) in &self.routes {
            text.push_str(&format!("  {pattern}\n"));
        }
        Answer::text(StatusCode::NOT_FOUND, text)
    }
}

fn token_dialect(head: &Parts) -> Option<&'static dyn Dialect> {
    let is_fetch = |dialect: &&'static dyn Dialect| {
        head.method == Method::POST && head.uri.path() == dialect.token_path()
    };
    DIALECTS.into_iter().find(is_fetch)
}

fn with_log_id(mut answer: Answer, dialect: &dyn Dialect, log_id: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(log_id) {
        answer.headers.entry(dialect.log_id_header()).or_insert(value);
    }
    answer
}
