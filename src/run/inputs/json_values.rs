//! How many values a JSON document has, before it is parsed. Pure.
//!
//! Each value takes memory, however short it is: a manifest of 8 MB of `{},` takes hundreds of megabytes. So a document with too
//! many values is refused unparsed.

/// Whether a document has at most `max` values, without the names of objects. A document that is not JSON may count as any.
pub(super) fn has_at_most(document: &[u8], max: usize) -> bool {
    // Each value follows a bracket or a comma; so do names, and an empty list has a bracket too many.
    let (mut in_text, mut escaped, mut values) = (false, false, 0);
    for byte in document {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' | b',' if !in_text => values += 1,
            _ => {}
        }
    }
    values <= max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_texts_are_not_searched() {
        for (document, values) in [
            ("7", 0),
            (r#"{"a":1,"b":[2,3,{}]}"#, 6),
            (r#"["a,b,[{", "\",[", "\\", 4]"#, 4),
            ("[{},{},{}]", 6),
        ] {
            assert!(has_at_most(document.as_bytes(), values), "{document}");
            if let Some(fewer) = values.checked_sub(1) {
                assert!(!has_at_most(document.as_bytes(), fewer), "{document}");
            }
        }
    }
}
