use http::response::Parts as Head;
use http::{StatusCode, Uri, header};

/// Returns the origin that a redirect leads to, such as `https://login.example.com`, or a text that
/// says that it stays on the same host. `None` if the response is no redirect.
///
/// The rest of the target is left out: the path and the query may hold a ticket for a login.
pub(crate) fn redirect_target(head: &Head) -> Option<String> {
    let is_redirect = matches!(
        head.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = head.headers.get(header::LOCATION).filter(|_| is_redirect)?;
    Some(location.to_str().ok().and_then(origin).unwrap_or_else(|| "another path".to_owned()))
}

fn origin(location: &str) -> Option<String> {
    // `//host/path` keeps the scheme of the request.
    let (location, has_scheme) = match location.strip_prefix("//") {
        Some(rest) => (format!("https://{rest}"), false),
        None => (location.to_owned(), true),
    };
    let uri: Uri = location.parse().ok()?;
    let (scheme, host) = (uri.scheme_str()?, uri.host().filter(|host| host.len() <= 253)?);
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(if has_scheme { format!("{scheme}://{host}{port}") } else { format!("{host}{port}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(status: u16, location: Option<&[u8]>) -> Option<String> {
        let mut response = http::Response::builder().status(status);
        if let Some(location) = location {
            response = response.header(header::LOCATION, location);
        }
        redirect_target(&response.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_redirect_is_named_by_its_origin_alone() {
        for (location, expected) in [
            ("https://open.feishu.cn/x?ticket=secret#secret", "https://open.feishu.cn"),
            ("http://me:secret@10.0.0.1:8080/secret", "http://10.0.0.1:8080"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
            ("//portal.example.com/secret", "portal.example.com"),
            ("/login?next=secret", "another path"),
            ("https:///secret", "another path"),
            ("", "another path"),
            ("javascript:alert(1)", "another path"),
        ] {
            for status in [301, 302, 303, 307, 308] {
                let found = target(status, Some(location.as_bytes()));
                assert_eq!(found.as_deref(), Some(expected), "{status} {location}");
            }
        }
        assert_eq!(target(302, Some(b"https://\xff/")).as_deref(), Some("another path"));
        let endless = format!("https://{}/", "x".repeat(5000));
        assert_eq!(target(302, Some(endless.as_bytes())).as_deref(), Some("another path"));
    }

    #[test]
    fn other_responses_are_no_redirects() {
        for status in [200, 201, 300, 304, 400, 503] {
            assert_eq!(target(status, Some(b"https://x/")), None, "{status}");
        }
        assert_eq!(target(302, None), None);
    }
}
