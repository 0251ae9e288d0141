use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// Returns the wait that the vendor asks for in the headers of a response.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let reset = text("x-ogw-ratelimit-reset").and_then(seconds);
    let standard = text("retry-after").and_then(|value| seconds(value).or(until(value, now)));
    reset.max(standard)
}

/// A wait of more than a day is a mistake, or as good as one.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    // NaN is neither, and drops out.
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(DAY).min(DAY))
}

fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let moment = httpdate::parse_http_date(text.trim()).ok()?;
    Some(moment.duration_since(now).unwrap_or_default().min(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_with_care() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            retry_after(&headers, now)
        };
        let second = Duration::from_secs(1);
        for name in ["x-ogw-ratelimit-reset", "retry-after"] {
            assert_eq!(wait(name, "2"), Some(2 * second));
            assert_eq!(wait(name, " 0.5 "), Some(second / 2));
            assert_eq!(wait(name, "0"), Some(Duration::ZERO));
            for garbage in ["-1", "NaN", "-inf", "soon", "", "1s"] {
                assert_eq!(wait(name, garbage), None, "{garbage}");
            }
            for year in ["31536000", "1e300", "inf"] {
                assert_eq!(wait(name, year), Some(DAY), "{year}");
            }
        }
        let later = wait("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT");
        assert_eq!(later, Some(3 * second));
        let past = wait("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT");
        assert_eq!(past, Some(Duration::ZERO));
    }
}
