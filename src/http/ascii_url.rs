//! URLs whose host is ASCII. OCI has no others.
//!
//! `url` reads a host that is not ASCII, also percent-encoded, by tables that this program leaves out (see Cargo.toml). The stub
//! in their place asserts in a debug build that no capital precedes such a character. So such a host is refused before it.

use url::Url;

/// Parses a URL; `None` if it is malformed, or its host is not ASCII or percent-encoded.
pub(super) fn parse(text: &str) -> Option<Url> {
    let text = text.trim();
    let (_, rest) = text.split_once(':')?;
    // As `url` does: slashes before the host in any number and direction, and tabs and line feeds nowhere.
    let rest = rest.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if !host.is_ascii() || host.contains('%') {
        return None;
    }
    Url::parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_that_is_not_ascii_is_refused_in_every_form() {
        for host in [
            "Example\u{3002}com",
            "A%E3%80%82com",
            "a%62c.com",
            "\u{212a}elvin.example.com",
            "xn--\u{e9}",
            "user:p%40ss@Ex\u{e4}mple.com",
        ] {
            for start in [
                "https://",
                "https:",
                "HTTPS:\\\\",
                "https:///",
                "https:/\t/",
            ] {
                let url = format!("{start}{host}/path");
                assert_eq!(parse(&url), None, "{url}");
            }
        }
        for url in [
            "https://EXAMPLE.com/%E3%80%82",
            "https://us%C3%A9r:p%40ss@example.com",
            "https://example.com/caf\u{e9}?q=\u{e9}#\u{e9}",
            "https://[::1]:80/",
            " https://xn--bcher-kva.example ",
        ] {
            assert!(parse(url).is_some(), "{url}");
        }
    }
}
