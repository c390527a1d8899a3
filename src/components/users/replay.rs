//! A web server's access log, read as the requests of its clients: Common Log Format (NCSA) and Combined Log Format, as
//! Apache and nginx write them. It may not know how a request is sent.

use crate::history::Kind;
use crate::stdx::Duration;
use std::collections::BTreeMap;

/// Lines of a log that are read at most, characters of a line, and days from its first line to its last.
pub const LINES: usize = 1_000_000;
pub const LINE: usize = 32_768;
pub const DAYS: i64 = 400;

/// The requests of a log in the order of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccessLog {
    pub entries: Vec<Entry>,
    /// Different paths, by the number of their key.
    pub paths: Vec<String>,
    /// Different clients: an address with its browser.
    pub clients: u32,
    /// Lines that hold no request: what a scanner or a broken client sent.
    pub skipped: u32,
}

/// One request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Since the first request of the log.
    pub at: Duration,
    pub kind: Kind,
    pub key: u32,
    pub client: u32,
}

/// Why a text is no access log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} of the log: {what}")]
pub struct LogError {
    /// From 1.
    pub line: usize,
    pub what: &'static str,
}

/// What one line says.
struct Line<'a> {
    second: i64,
    client: (&'a str, &'a str, &'a str),
    /// None: nothing that HTTP knows was asked.
    request: Option<(Kind, &'a str)>,
}

impl AccessLog {
    /// Reads a log. Servers write a line when a request is done, and in whole seconds: lines are put into the order of
    /// time, and those of one second are spread over it evenly.
    pub fn read(text: &str) -> Result<AccessLog, LogError> {
        let mut log = AccessLog::default();
        let mut keys: BTreeMap<&str, u32> = BTreeMap::new();
        let mut clients: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
        let mut timed: Vec<(i64, Entry)> = Vec::new();
        let mut last = 0;
        for (i, raw) in text.lines().enumerate() {
            last = i + 1;
            let fail = |what| LogError { line: i + 1, what };
            if raw.trim().is_empty() || raw.starts_with('#') {
                continue;
            }
            if raw.len() > LINE {
                return Err(fail("longer than 32768 characters"));
            }
            if timed.len() == LINES {
                return Err(fail("more than a million requests"));
            }
            let line = line(raw).map_err(fail)?;
            let Some((kind, path)) = line.request else {
                log.skipped += 1;
                continue;
            };
            let next = keys.len() as u32;
            let key = *keys.entry(path).or_insert_with(|| {
                log.paths.push(path.to_string());
                next
            });
            let next = clients.len() as u32;
            let client = *clients.entry(line.client).or_insert(next);
            timed.push((line.second, Entry { at: Duration::ZERO, kind, key, client }));
        }
        // Stable: what was written first stays first.
        timed.sort_by_key(|(second, _)| *second);
        let (Some((first, _)), Some((end, _))) = (timed.first(), timed.last()) else {
            return Err(LogError { line: last, what: "it ends without a single request" });
        };
        if end - first > DAYS * 86_400 {
            return Err(LogError { line: last, what: "more than 400 days lie between its first request and its last" });
        }
        let first = *first;
        for second in timed.chunk_by_mut(|a, b| a.0 == b.0) {
            let n = second.len() as u64;
            for (i, (at, entry)) in second.iter_mut().enumerate() {
                entry.at = Duration::from_secs((*at - first) as u64) + Duration(1_000_000_000 * i as u64 / n);
            }
        }
        log.entries = timed.into_iter().map(|(_, entry)| entry).collect();
        log.clients = clients.len() as u32;
        Ok(log)
    }

    /// From the first request to the last.
    pub fn length(&self) -> Duration {
        self.entries.last().map_or(Duration::ZERO, |e| e.at)
    }
}

/// `host ident user [time] "request" status bytes`, and then `"referer" "browser"` or nothing.
fn line(text: &str) -> Result<Line<'_>, &'static str> {
    let (host, rest) = text.split_once(' ').ok_or("an address, a user and a time in brackets must come first")?;
    let (names, rest) = rest.split_once('[').ok_or("there is no time in brackets")?;
    let (time, rest) = rest.split_once(']').ok_or("the time's bracket is not closed")?;
    let second = seconds(time).ok_or("the time is not written like 10/Oct/2000:13:55:36 -0700")?;
    let user = names.trim().split_once(' ').map_or("", |(_, user)| user);
    let (request, rest) = quoted(rest).ok_or("there is no request in quotes after the time")?;
    let mut words = rest.split_whitespace();
    let status = words.next().unwrap_or_default();
    if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
        return Err("there is no status of three digits after the request");
    }
    let bytes = words.next().unwrap_or_default();
    if bytes != "-" && (bytes.is_empty() || !bytes.bytes().all(|b| b.is_ascii_digit())) {
        return Err("there is no size in bytes (or a dash) after the status");
    }
    let browser = quoted(rest).and_then(|(_, rest)| quoted(rest)).map_or("", |(browser, _)| browser);
    Ok(Line { second, client: (host, user, browser), request: parse(request) })
}

/// What stands in the next pair of quotes, and what follows it. A backslash takes the meaning from the next character.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let start = text.find('"')? + 1;
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((&text[start..i], &text[i + 1..])),
            _ => {}
        }
    }
    None
}

/// `GET /path HTTP/1.1`: its kind, and the path that is its key.
fn parse(request: &str) -> Option<(Kind, &str)> {
    let mut words = request.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let path = target.split('#').next().unwrap_or(target);
    if path.is_empty() {
        return None;
    }
    let name = path.split('?').next().unwrap_or(path).to_ascii_lowercase();
    let kind = match method {
        "GET" | "HEAD" if STATIC.iter().any(|ending| name.ends_with(ending)) => Kind::Page,
        "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT" => Kind::Read,
        "POST" if LOGINS.iter().any(|word| name.contains(word)) => Kind::Login,
        "POST" | "PUT" | "PATCH" | "DELETE" => Kind::Write,
        _ => return None,
    };
    Some((kind, path))
}

const STATIC: [&str; 15] = [
    ".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff", ".woff2", ".ttf",
    ".map", ".mp4",
];
const LOGINS: [&str; 4] = ["login", "signin", "sign-in", "sign_in"];

/// `10/Oct/2000:13:55:36 -0700` in seconds since 1970, UTC.
fn seconds(time: &str) -> Option<i64> {
    let (local, zone) = time.trim().split_once(' ')?;
    let mut parts = local.split(['/', ':']);
    let day: i64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|m| *m == month)? as i64 + 1;
    let year: i64 = parts.next()?.parse().ok()?;
    let [hour, minute, second] = [parts.next()?, parts.next()?, parts.next()?].map(|p| p.parse::<i64>().ok());
    let (hour, minute, second) = (hour?, minute?, second?);
    let sound = (1..=31).contains(&day)
        && (1970..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && parts.next().is_none();
    if !sound || zone.len() != 5 || !zone.is_ascii() {
        return None;
    }
    let sign = match &zone[..1] {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let offset = zone[1..3].parse::<i64>().ok()? * 3600 + zone[3..5].parse::<i64>().ok()? * 60;
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - sign * offset)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days since 1 January 1970 in the Gregorian calendar: years are counted from March, so that a leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = 365 * year + year / 4 - year / 100 + year / 400;
    before + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#;

    #[test]
    fn the_two_formats_are_read() {
        let combined = format!(r#"{COMMON} "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#);
        let log = AccessLog::read(&format!("{COMMON}\n\n{combined}\r\n# a remark\n")).unwrap();
        assert_eq!(log.entries.len(), 2);
        assert_eq!((log.clients, log.paths.as_slice()), (2, &["/apache_pb.gif".to_string()][..]));
        assert!(log.entries.iter().all(|e| e.kind == Kind::Page && e.key == 0));
        // Two in the same second are half a second apart.
        assert_eq!(log.length(), Duration::from_millis(500));
    }

    #[test]
    fn methods_are_kinds_and_paths_are_keys() {
        for (request, expected) in [
            ("GET /item?id=7 HTTP/1.1", Some((Kind::Read, "/item?id=7"))),
            ("GET /item?id=7#part HTTP/1.1", Some((Kind::Read, "/item?id=7"))),
            ("HEAD / HTTP/1.0", Some((Kind::Read, "/"))),
            ("GET /a/LOGO.PNG?v=2 HTTP/1.1", Some((Kind::Page, "/a/LOGO.PNG?v=2"))),
            ("POST /cart HTTP/2.0", Some((Kind::Write, "/cart"))),
            ("PUT /x HTTP/1.1", Some((Kind::Write, "/x"))),
            ("DELETE /x HTTP/1.1", Some((Kind::Write, "/x"))),
            ("POST /user/login?next=/ HTTP/1.1", Some((Kind::Login, "/user/login?next=/"))),
            ("GET /old", Some((Kind::Read, "/old"))),
            (r"\x16\x03\x01\x02\x00\x01", None),
            ("CONNECT example.com:443 HTTP/1.1", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(parse(request), expected, "{request}");
        }
    }

    #[test]
    fn times_are_put_in_order_whatever_their_zone() {
        let text = [
            r#"a - - [01/Mar/2024:00:00:10 +0000] "GET /3 HTTP/1.1" 200 1"#,
            r#"b - - [29/Feb/2024:23:59:59 +0000] "GET /1 HTTP/1.1" 200 1"#,
            r#"::1 - - [01/Mar/2024:02:00:00 +0200] "GET /2 HTTP/1.1" 200 -"#,
            r#"c - - [29/Feb/2024:17:30:12 -0630] "GET /4 HTTP/1.1" 200 1 "-" "a \" quoted ] name""#,
        ];
        let log = AccessLog::read(&text.join("\n")).unwrap();
        let order: Vec<(&str, u64)> =
            log.entries.iter().map(|e| (log.paths[e.key as usize].as_str(), e.at.0 / 1_000_000_000)).collect();
        assert_eq!(order, [("/1", 0), ("/2", 1), ("/3", 11), ("/4", 13)]);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let ok = COMMON;
        for (bad, what) in [
            ("word", "an address"),
            (r#"a - - "GET / HTTP/1.1" 200 1"#, "no time"),
            (r#"a - - [10/Oct/2000:13:55:36 -0700 "GET / HTTP/1.1" 200 1"#, "bracket"),
            (r#"a - - [10/Okt/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1"#, "not written like"),
            (r#"a - - [32/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1"#, "not written like"),
            (r#"a - - [10/Oct/2000:13:55:36] "GET / HTTP/1.1" 200 1"#, "not written like"),
            (r#"a - - [10/Oct/2000:13:55:36 +é00] "GET / HTTP/1.1" 200 1"#, "not written like"),
            (r#"a - - [10/Oct/2000:13:55:36 -0700] GET / HTTP/1.1 200 1"#, "no request in quotes"),
            (r#"a - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1 200 1"#, "no request in quotes"),
            (r#"a - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" OK 1"#, "status"),
            (r#"a - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 many"#, "size"),
        ] {
            let error = AccessLog::read(&format!("{ok}\n{ok}\n{bad}\n{ok}")).unwrap_err();
            assert_eq!(error.line, 3, "{bad}");
            assert!(error.to_string().contains(what), "{bad}: {error}");
        }
        assert!(AccessLog::read("").is_err());
        assert!(AccessLog::read("\n\n# nothing\n").is_err());
        assert!(AccessLog::read(&"x".repeat(LINE + 1)).is_err());
        let far = COMMON.replace("2000", "2002");
        assert!(AccessLog::read(&format!("{COMMON}\n{far}")).unwrap_err().to_string().contains("400 days"));
    }

    #[test]
    fn nginxs_own_log_is_read_whole() {
        let log = AccessLog::read(include_str!("../../../tests/data/access.log")).unwrap();
        assert_eq!((log.entries.len(), log.skipped, log.clients, log.paths.len()), (2640, 6, 40, 47));
        let of = |kind| log.entries.iter().filter(|e| e.kind == kind).count();
        assert_eq!((of(Kind::Write), of(Kind::Login)), (338, 85));
        assert_eq!(log.length().as_secs().floor(), 48.0);
        assert!(log.entries.is_sorted_by_key(|e| e.at));
    }
}
