use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::unusable;
use crate::base::Secret;
use crate::error::Error;

/// The choice of a proxy.
#[derive(Clone)]
pub(crate) enum Proxying {
    /// As the environment says.
    Environment,
    Direct,
    Through(Secret),
}

/// The proxies that a transport uses.
#[derive(Default)]
pub struct Proxies {
    pub(crate) proxies: Vec<Proxy>,
    /// The hosts for which the proxies are not used.
    pub(crate) except: String,
}

pub(crate) struct Proxy {
    pub(crate) url: Uri,
    /// The origin of the URL.
    origin: &'static str,
    pub(crate) target: Target,
}

/// The URLs that go through a proxy.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    All,
    Http,
    Https,
}

/// Hosts of this machine, which a proxy from the environment cannot reach.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

impl Proxies {
    /// Finds the proxies, and checks those for URLs that begin with `base`, or all of them.
    /// `variable` reads the environment.
    pub(super) fn find(
        proxying: &Proxying,
        base: Option<&Uri>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        match proxying {
            Proxying::Direct => Ok(Self::default()),
            Proxying::Through(url) => {
                let url = check(url.expose())
                    .map_err(|reason| unusable(format!("the URL in `proxy` {reason}")))?;
                let proxy = Proxy { url, origin: "proxy", target: Target::All };
                Ok(Self { proxies: vec![proxy], except: String::new() })
            }
            Proxying::Environment => Self::of_environment(base, variable),
        }
    }

    fn of_environment(
        base: Option<&Uri>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = variable(name)?.trim().to_owned();
                (!value.is_empty()).then_some((*name, value))
            })
        };
        // In a CGI program, `HTTP_PROXY` is what a request has in a header `Proxy`.
        if first(&["REQUEST_METHOD"]).is_some() {
            return Ok(Self::default());
        }
        let (_, no_proxy) = first(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
        let except = format!("{no_proxy},{LOOPBACK}");
        let is_excepted = base.is_some_and(|base| is_excepted(base, &except));
        let mut proxies = Vec::new();
        for (target, scheme, names) in [
            (Target::Https, "https", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            (Target::Http, "http", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
        ] {
            let Some((origin, value)) = first(&names) else { continue };
            // Unlike in a program, a value without a scheme is common here.
            let text = if value.contains("://") { value } else { format!("http://{value}") };
            let is_for_base =
                !is_excepted && base.is_none_or(|base| base.scheme_str() == Some(scheme));
            match check(&text) {
                Ok(url) => proxies.push(Proxy { url, origin, target }),
                // Only another host, such as that of a storage, would be reached through it.
                Err(_) if !is_for_base => {}
                Err(reason) => {
                    return Err(unusable(format!(
                        "the proxy in the environment variable `{origin}` {reason}; correct it, \
                         or call `no_proxy`"
                    )));
                }
            }
        }
        Ok(Self { proxies, except })
    }

    /// Names the proxy for a URL, if there is one, to be added to an error.
    pub fn name_for(&self, url: &Uri) -> String {
        if is_excepted(url, &self.except) {
            return String::new();
        }
        let scheme = url.scheme_str().unwrap_or_default();
        let proxy = self.proxies.iter().find(|proxy| proxy.target.includes(scheme));
        proxy.map(ToString::to_string).unwrap_or_default()
    }

    /// Returns what finds the proxy for a URL, unless there are no proxies.
    pub fn matcher(&self) -> Option<Matcher> {
        let proxies = self.proxies.iter().fold(Matcher::builder(), |builder, proxy| {
            let url = proxy.url.to_string();
            match proxy.target {
                Target::All => builder.all(url),
                Target::Http => builder.http(url),
                Target::Https => builder.https(url),
            }
        });
        (!self.proxies.is_empty()).then(|| proxies.no(&*self.except).build())
    }
}

impl Target {
    fn includes(self, scheme: &str) -> bool {
        match self {
            Self::All => true,
            Self::Http => scheme == "http",
            Self::Https => scheme == "https",
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, origin, .. } = self;
        let (scheme, host) = (url.scheme_str().unwrap_or_default(), url.host().unwrap_or_default());
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "; a proxy is set by `{origin}`: {scheme}://{host}{port}")
    }
}

fn is_excepted(url: &Uri, except: &str) -> bool {
    Matcher::builder().all("http://proxy").no(except).build().intercept(url).is_none()
}

/// The characters that a URL cannot hold in a name or a password, in addition to those that end them.
const USERINFO: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'@')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Reads the URL of a proxy, or says why it is not usable. Never quotes the URL: it may hold a
/// password, in any of its parts if it is not well-formed.
fn check(text: &str) -> Result<Uri, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("has no scheme, such as `http://`")?;
    let scheme = scheme.to_ascii_lowercase();
    match &*scheme {
        "http" | "https" => {}
        "socks4" | "socks4a" | "socks5" | "socks5h" if cfg!(feature = "socks") => {}
        "socks4" | "socks4a" | "socks5" | "socks5h" => {
            return Err("is a SOCKS proxy, which needs the feature `socks` of openplat-core");
        }
        _ => return Err("has a scheme that no proxy has, unlike `http` or `socks5`"),
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !matches!(path, "" | "/") {
        return Err("has more than a scheme, a host and a port");
    }
    // Passwords are often written as they are.
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (format!("{}@", utf8_percent_encode(userinfo, USERINFO)), host),
        None => (String::new(), authority),
    };
    let url = format!("{scheme}://{userinfo}{host}/").parse::<Uri>().map_err(|_| "is not a URL")?;
    match url.port_u16() {
        Some(0) => Err("has the port 0"),
        // An invalid port is not part of the host either.
        None if url.host() != Some(host) => Err("is not a URL"),
        // The connector uses port 80 as the default of any scheme.
        None if scheme.starts_with("socks") => {
            format!("{scheme}://{userinfo}{host}:1080/").parse().map_err(|_| "is not a URL")
        }
        _ => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD as STANDARD;

    use super::*;
    use crate::error::ErrorKind;

    fn explicit(url: &str) -> Result<Proxies, Error> {
        Proxies::find(&Proxying::Through(url.into()), None, |_| panic!("reads the environment"))
    }

    fn environment(variables: &[(&str, &str)]) -> Result<Proxies, Error> {
        environment_for(None, variables)
    }

    fn environment_for(
        base: Option<&'static str>,
        variables: &[(&str, &str)],
    ) -> Result<Proxies, Error> {
        let base = base.map(Uri::from_static);
        Proxies::find(&Proxying::Environment, base.as_ref(), |name| {
            let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
            Some((*value).to_owned())
        })
    }

    fn name_for(proxies: &Proxies, url: &str) -> String {
        proxies.name_for(&url.parse().unwrap())
    }

    fn refusal(result: Result<Proxies, Error>) -> String {
        let error = result.err().expect("the proxy is accepted");
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    }

    #[test]
    fn usable_proxies_are_accepted() {
        for (url, host, login) in [
            ("http://127.0.0.1:7890", "127.0.0.1", None),
            ("https://proxy.example.com", "proxy.example.com", None),
            ("HTTP://proxy:3128/", "proxy", None),
            ("http://me:p%40ss@proxy:3128", "proxy", Some("me:p@ss")),
            ("http://me:p@ss@proxy:3128", "proxy", Some("me:p@ss")),
            ("http://me:pä{ss}@proxy:3128", "proxy", Some("me:pä{ss}")),
            ("http://[::1]:3128", "[::1]", None),
        ] {
            let proxies = explicit(url).unwrap();
            let found = proxies.matcher().unwrap().intercept(&Uri::from_static("https://x"));
            let found = found.unwrap();
            assert_eq!(found.uri().host(), Some(host), "{url}");
            let header = login.map(|login| format!("Basic {}", STANDARD.encode(login)));
            let sent = found.basic_auth().map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(sent, header, "{url}");
            let named = name_for(&proxies, "https://x");
            assert!(named.contains(host) && !named.contains("ss"), "{named}");
        }
    }

    #[cfg(feature = "socks")]
    #[test]
    fn a_socks_proxy_has_a_port_of_its_own() {
        for (url, port) in [("socks5://me:p@proxy", 1080), ("socks4a://proxy:9", 9)] {
            let found = explicit(url).unwrap().matcher().unwrap();
            let found = found.intercept(&Uri::from_static("https://x")).unwrap();
            assert_eq!(found.uri().port_u16(), Some(port), "{url}");
        }
    }

    #[test]
    fn unusable_proxies_are_refused_without_a_quotation() {
        for (url, reason) in [
            ("", "no scheme"),
            (":::", "no scheme"),
            ("127.0.0.1:1", "no scheme"),
            ("me:hunter2@proxy:3128", "no scheme"),
            ("ftp://hunter2", "scheme that no proxy has"),
            ("hunter2://x", "scheme that no proxy has"),
            ("http://", "not a URL"),
            ("http://:::", "not a URL"),
            ("http://hunter2 x", "not a URL"),
            ("http://me:hunter2@proxy:99999", "not a URL"),
            ("http://me:hunter2@proxy:0", "port 0"),
            ("http://proxy/hunter2.pac", "more than"),
            ("http://proxy?hunter2", "more than"),
            ("http://proxy#hunter2", "more than"),
        ] {
            let error = refusal(explicit(url));
            assert!(error.contains(reason) && error.contains("`proxy`"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_environment_is_read_as_other_programs_read_it() {
        let names = |variables: &[(&str, &str)]| {
            let proxies = environment(variables).unwrap();
            ["https://x", "http://x"].map(|url| name_for(&proxies, url))
        };
        assert_eq!(names(&[]), ["", ""]);
        assert_eq!(names(&[("HTTPS_PROXY", ""), ("ALL_PROXY", " ")]), ["", ""]);
        assert_eq!(
            names(&[("https_proxy", "me:hunter2@proxy:3128"), ("ALL_PROXY", "http://other:1")]),
            [
                "; a proxy is set by `https_proxy`: http://proxy:3128",
                "; a proxy is set by `ALL_PROXY`: http://other:1"
            ]
        );
        assert_eq!(names(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil:1")]), ["", ""]);
        assert_eq!(environment(&[]).unwrap().except, ",localhost,127.0.0.0/8,::1");
        let except = environment(&[("NO_PROXY", "a.b")]).unwrap().except;
        assert_eq!(except, "a.b,localhost,127.0.0.0/8,::1");
    }

    #[test]
    fn an_unusable_proxy_of_the_environment_is_named_by_its_variable() {
        for value in ["ftp://hunter2", "http://me:hunter2@x:0", "http://:::", "http://x\u{fffd}y"] {
            let error = refusal(environment(&[("all_proxy", value)]));
            assert!(error.contains("`all_proxy`") && error.contains("`no_proxy`"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        Proxies::find(&Proxying::Direct, None, |_| panic!("reads the environment")).unwrap();
    }

    #[test]
    fn what_is_not_used_need_not_be_usable() {
        let variables = [("ALL_PROXY", "ftp://x"), ("NO_PROXY", "feishu.cn, 10.0.0.0/8")];
        for base in [
            "https://open.feishu.cn/x",
            "https://10.1.2.3",
            "http://127.0.0.1:1",
            "http://[::1]",
            "http://localhost",
        ] {
            assert!(environment_for(Some(base), &variables).unwrap().proxies.is_empty(), "{base}");
        }
        for base in ["https://api.dingtalk.com", "https://notfeishu.cn"] {
            assert!(refusal(environment_for(Some(base), &variables)).contains("`ALL_PROXY`"));
        }
        let one = [("HTTP_PROXY", "ftp://x"), ("HTTPS_PROXY", "http://proxy:1")];
        let used = environment_for(Some("https://open.feishu.cn"), &one).unwrap();
        let named = name_for(&used, "https://open.feishu.cn");
        assert_eq!(named, "; a proxy is set by `HTTPS_PROXY`: http://proxy:1");
        assert!(refusal(environment_for(Some("http://x"), &one)).contains("`HTTP_PROXY`"));
    }

    #[test]
    fn hosts_beside_an_excepted_one_are_reached_through_the_proxy() {
        let variables =
            [("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", "api.dingtalk.com,10.0.0.0/8")];
        for base in ["https://api.dingtalk.com", "http://127.0.0.1:1"] {
            let proxies = environment_for(Some(base), &variables).unwrap();
            let named = "; a proxy is set by `HTTPS_PROXY`: http://proxy:1";
            assert_eq!(name_for(&proxies, "https://oapi.dingtalk.com/x?y=z"), named, "{base}");
            for excepted in ["https://api.dingtalk.com/x", "https://10.1.2.3:8", "https://[::1]"] {
                assert_eq!(name_for(&proxies, excepted), "", "{base}");
            }
        }
    }

    #[test]
    fn socks_needs_its_feature() {
        for scheme in ["socks4", "socks4a", "socks5", "socks5h"] {
            let url = format!("{scheme}://me:hunter2@127.0.0.1:1080");
            for result in [explicit(&url), environment(&[("ALL_PROXY", &url)])] {
                if cfg!(feature = "socks") {
                    assert!(result.unwrap().matcher().is_some());
                    continue;
                }
                let error = refusal(result);
                assert!(error.contains("feature `socks`"), "{error}");
                assert!(!error.contains("hunter2"), "{error}");
            }
        }
    }
}
