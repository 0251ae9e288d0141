//! From the URI of a request to the URL that reqwest wants.

use std::sync::OnceLock;

use http::Uri;
use http::uri::{Authority, Scheme};
use reqwest::Url;

use crate::wire::TransportError;

/// The origin of the first request, which is that of nearly all: to parse a host costs more than
/// the rest of a URL.
#[derive(Default)]
pub(super) struct Origin(OnceLock<(Scheme, Authority, Url)>);

impl Origin {
    pub(super) fn url(&self, uri: &Uri) -> Result<Url, TransportError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(TransportError::request("the URL of the request has no host"));
        };
        match self.0.get() {
            Some((its_scheme, its_authority, url))
                if its_scheme == scheme && its_authority == authority =>
            {
                let mut url = url.clone();
                url.set_path(uri.path());
                url.set_query(uri.query());
                Ok(url)
            }
            _ => {
                let url = Url::parse(&uri.to_string()).map_err(TransportError::request)?;
                self.0.get_or_init(|| {
                    let mut origin = url.clone();
                    // The query can hold a secret.
                    origin.set_path("");
                    origin.set_query(None);
                    (scheme.clone(), authority.clone(), origin)
                });
                Ok(url)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;

    use super::*;

    #[test]
    fn a_url_is_the_same_whichever_came_first() {
        const PIECES: [&str; 16] =
            ["/", "//", ".", "..", "%2e", "a", "\\", "?", "&=", "%", "'", "\"", "|", "{", ":", "@"];
        const ORIGINS: [&str; 5] = [
            "https://open.feishu.cn",
            "HTTPS://A:443",
            "http://[::1]:8080",
            "http://127.1",
            "http://u:p@h",
        ];
        arbtest(|input| {
            let origin = input.choose(&ORIGINS)?;
            let mut uri = || -> arbtest::arbitrary::Result<String> {
                let count = input.int_in_range(0..=8)?;
                let pieces = (0..count).map(|_| input.choose(&PIECES).copied());
                Ok(format!("{origin}/{}", pieces.collect::<Result<String, _>>()?))
            };
            let (Ok(first), Ok(second)) = (uri()?.parse::<Uri>(), uri()?.parse::<Uri>()) else {
                return Ok(());
            };
            let known = Origin::default();
            for uri in [first, second] {
                assert_eq!(known.url(&uri).unwrap(), Url::parse(&uri.to_string()).unwrap());
            }
            Ok(())
        });
    }

    #[test]
    fn another_origin_is_not_mistaken_for_the_first() {
        let known = Origin::default();
        for text in ["https://a/x", "http://a/x", "https://b/x", "https://a:444/x", "https://a/y?z"]
        {
            assert_eq!(known.url(&text.parse().unwrap()).unwrap().as_str(), text);
        }
        for odd in ["/x", "https://a:99999/", "*"] {
            let error = odd.parse().map(|uri| known.url(&uri));
            assert!(!matches!(error, Ok(Ok(_))), "{odd}");
        }
    }
}
