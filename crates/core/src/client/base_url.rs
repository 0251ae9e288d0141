use http::Uri;

use crate::error::{Error, ErrorKind};
use crate::wire::{server, without_brackets};

/// Checks a base URL, and makes it anew from the parts that belong in one.
pub(super) fn check_base_url(base_url: &str, plain_http: bool) -> Result<BaseUrl, Error> {
    let refuse = |reason: String| Err(Error::new(ErrorKind::Configuration).with_detail(reason));
    // Before anything that could quote it: what does not belong in a URL may be a secret.
    if let Some(found) = base_url.chars().find(|char| matches!(char, '@' | '?' | '#')) {
        return refuse(format!(
            "the base URL contains `{found}`, but only a scheme, a host and a path prefix are allowed"
        ));
    }
    let refuse = |reason: &str| refuse(format!("the base URL {base_url:?} {reason}"));
    let Ok(uri) = base_url.parse::<Uri>() else {
        return refuse("is not a URL such as `https://open.feishu.cn`");
    };
    let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
        return refuse("has no host; it must look like `https://open.feishu.cn`");
    };
    if authority.as_str().len() > host.len() && uri.port_u16().is_none() {
        return refuse("has a port that is not a number up to 65535");
    }
    let is_loopback = is_loopback(host);
    let scheme = match uri.scheme_str() {
        Some("https") => "https",
        Some("http") if plain_http || is_loopback => "http",
        Some("http") => {
            return refuse(
                "is not encrypted and would show the token; use `https`, or `allow_plain_http` \
                 if the network is trusted",
            );
        }
        _ => return refuse("does not start with `https://`"),
    };
    let prefix = uri.path().trim_end_matches('/');
    let (host, port) = server(&uri);
    Ok(BaseUrl {
        text: format!("{scheme}://{authority}{prefix}"),
        host: host.to_owned(),
        port,
        uri,
    })
}

#[derive(Debug)]
pub(super) struct BaseUrl {
    /// Without a slash at its end.
    pub(super) text: String,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) uri: Uri,
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || without_brackets(host).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_and_the_port_are_told_apart() {
        for (url, host, port) in [
            ("https://open.feishu.cn", "open.feishu.cn", 443),
            ("https://corp.example:8443/feishu", "corp.example", 8443),
            ("http://localhost", "localhost", 80),
            ("http://[::1]:8080", "::1", 8080),
        ] {
            let checked = check_base_url(url, false).unwrap();
            assert_eq!((&*checked.host, checked.port), (host, port), "{url}");
        }
    }

    #[test]
    fn base_urls_are_checked() {
        for good in [
            "https://open.feishu.cn",
            "https://corp.example/feishu/",
            "http://127.0.0.1:8080",
            "http://[::1]:1/x",
            "http://localhost",
        ] {
            let checked = check_base_url(good, false).unwrap();
            assert_eq!(checked.text, good.trim_end_matches('/'));
        }
        for (bad, hint) in [
            ("", "not a URL"),
            ("open.feishu.cn", "does not start with"),
            ("http://open.feishu.cn", "not encrypted"),
            ("http://localhost.example.com", "not encrypted"),
            ("ftp://x", "does not start with"),
            ("https://x?y=1", "contains `?`"),
            ("https://x#y", "contains `#`"),
            ("https://x:99999", "port"),
            ("/x", "no host"),
        ] {
            let error = check_base_url(bad, false).unwrap_err();
            assert!(error.to_string().contains(hint), "{error}");
        }
        assert!(check_base_url("http://open.feishu.cn", true).is_ok());
        let error = check_base_url("https://me:hunter2@x", false).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
