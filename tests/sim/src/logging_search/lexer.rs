//! The words of a query.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// In double quotes: the scope.
    Scope(String),
    /// In single quotes.
    Text(String),
    /// A number, or a name with dots.
    Word(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 10] = ["!=", ">=", "<=", "=", ">", "<", "|", "(", ")", ","];

/// Splits a query; `None` if a quotation is not closed or a character is unknown.
pub(super) fn tokens(query: &str) -> Option<Vec<Token>> {
    let (mut rest, mut tokens) = (query.trim_start(), Vec::new());
    while let Some(first) = rest.chars().next() {
        let token = if first == '"' || first == '\'' {
            let (text, after) = rest[1..].split_once(first)?;
            rest = after;
            match first {
                '"' => Token::Scope(text.to_owned()),
                _ => Token::Text(text.to_owned()),
            }
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            rest = &rest[symbol.len()..];
            Token::Symbol(symbol)
        } else {
            let is_part = |c: char| c.is_ascii_alphanumeric() || "._-*".contains(c);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            let word = rest[..end].to_owned();
            rest = &rest[end..];
            Token::Word(word)
        };
        tokens.push(token);
        rest = rest.trim_start();
    }
    Some(tokens)
}
