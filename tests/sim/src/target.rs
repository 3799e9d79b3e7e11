//! The request target: path segments and query parameters, decoded.

use percent_encoding::percent_decode_str;

/// The name-value pairs of a query; `+` and `%20` are both a space.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_query(name), decode_query(value))
        })
}

/// The first value of a parameter.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    parameters(query)
        .find(|(own, _)| own == name)
        .map(|(_, value)| value)
}

/// A path segment, decoded; `None` if it is not UTF-8.
pub(crate) fn segment(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

fn decode_query(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}
