use http::Uri;

/// Returns the host of a URL, without the brackets of an IPv6 address, and its port.
pub(crate) fn server(uri: &Uri) -> (&str, u16) {
    let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let host = without_brackets(uri.host().unwrap_or_default());
    (host, uri.port_u16().unwrap_or(default_port))
}

pub(crate) fn without_brackets(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}
