//! The filter language: text to tree.
//!
//! Grammar: Oracle's page "Query parameters" for identity domains and RFC 7644, section 3.4.2.2. It has no `in`.

/// A parsed filter; its names are not looked up yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Compare {
        path: String,
        operator: Operator,
        value: Literal,
    },
    Present(String),
    /// `emails[type eq "work"]`
    Within(String, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Flag(bool),
    Number(f64),
    Null,
}

/// Maximum nesting, to protect the stack.
const DEEPEST: usize = 50;

/// Parses a filter; the error says what is expected.
pub(crate) fn parse(text: &str) -> Result<Filter, String> {
    let mut parser = Parser {
        rest: text.trim(),
        depth: 0,
    };
    let filter = parser.or()?;
    if parser.rest.is_empty() {
        Ok(filter)
    } else {
        Err(format!(
            "unexpected text in the filter: {:.40}",
            parser.rest
        ))
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the filter is nested too deeply".to_owned());
        }
        let mut terms = vec![self.and()?];
        while self.keyword("or") {
            terms.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(terms, Filter::Or))
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut terms = vec![self.term()?];
        while self.keyword("and") {
            terms.push(self.term()?);
        }
        Ok(one_or(terms, Filter::And))
    }

    fn term(&mut self) -> Result<Filter, String> {
        if self.keyword("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("the filter is nested too deeply".to_owned());
            }
            let negated = self.term()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(negated)));
        }
        if self.symbol('(') {
            let inner = self.or()?;
            return if self.symbol(')') {
                Ok(inner)
            } else {
                Err("a closing parenthesis is missing".to_owned())
            };
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let path = self
            .word()
            .ok_or("an attribute name is missing")?
            .to_owned();
        if self.symbol('[') {
            let inner = self.or()?;
            return if self.symbol(']') {
                Ok(Filter::Within(path, Box::new(inner)))
            } else {
                Err("a closing bracket is missing".to_owned())
            };
        }
        let operator = match self
            .word()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "pr" => return Ok(Filter::Present(path)),
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "co" => Operator::Co,
            "sw" => Operator::Sw,
            "ew" => Operator::Ew,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            other => return Err(format!("unknown operator \"{other}\" after {path}")),
        };
        let value = self.literal()?;
        Ok(Filter::Compare {
            path,
            operator,
            value,
        })
    }

    fn literal(&mut self) -> Result<Literal, String> {
        if self.rest.starts_with('"') {
            let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let text = stream
                .next()
                .and_then(Result::ok)
                .ok_or("a quoted value does not end or holds a bad escape")?;
            self.skip(stream.byte_offset());
            return Ok(Literal::Text(text));
        }
        match self.word() {
            Some("true") => Ok(Literal::Flag(true)),
            Some("false") => Ok(Literal::Flag(false)),
            Some("null") => Ok(Literal::Null),
            Some(word) => word
                .parse()
                .map(Literal::Number)
                .map_err(|_| format!("a value must be quoted: {word}")),
            None => Err("a value is missing".to_owned()),
        }
    }

    /// The characters up to a blank or a symbol.
    fn word(&mut self) -> Option<&'a str> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || "()[]\"".contains(c))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.skip(end);
        (!word.is_empty()).then_some(word)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let Some(head) = self.rest.get(..keyword.len()) else {
            return false;
        };
        let follows = self.rest[keyword.len()..].chars().next();
        let ends = follows.is_none_or(|c| c.is_whitespace() || c == '(');
        let found = head.eq_ignore_ascii_case(keyword) && ends;
        if found {
            self.skip(keyword.len());
        }
        found
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let found = self.rest.starts_with(symbol);
        if found {
            self.skip(symbol.len_utf8());
        }
        found
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }
}

fn one_or(mut terms: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    if terms.len() > 1 {
        return many(terms);
    }
    terms.pop().unwrap_or(Filter::Or(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(path: &str, operator: Operator, value: &str) -> Filter {
        Filter::Compare {
            path: path.to_owned(),
            operator,
            value: Literal::Text(value.to_owned()),
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let parsed = parse(r#"a eq "1" or b eq "2" and c eq "3""#).unwrap();
        let expected = Filter::Or(vec![
            compare("a", Operator::Eq, "1"),
            Filter::And(vec![
                compare("b", Operator::Eq, "2"),
                compare("c", Operator::Eq, "3"),
            ]),
        ]);
        assert_eq!(parsed, expected);
    }

    #[test]
    fn parentheses_not_and_brackets_are_parsed() {
        assert_eq!(
            parse(r#"not (a pr or emails[type eq "work"])"#).unwrap(),
            Filter::Not(Box::new(Filter::Or(vec![
                Filter::Present("a".to_owned()),
                Filter::Within(
                    "emails".to_owned(),
                    Box::new(compare("type", Operator::Eq, "work"))
                ),
            ])))
        );
    }

    #[test]
    fn values_are_parsed_as_json() {
        assert_eq!(
            parse(r#"a eq "say \"\u00e9\" (x) or""#).unwrap(),
            compare("a", Operator::Eq, "say \"é\" (x) or")
        );
        assert!(matches!(
            parse("a EQ true").unwrap(),
            Filter::Compare {
                value: Literal::Flag(true),
                ..
            }
        ));
        assert!(matches!(
            parse("a ge 1.5").unwrap(),
            Filter::Compare {
                value: Literal::Number(_),
                ..
            }
        ));
    }

    #[test]
    fn urns_are_attribute_names() {
        let urn = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User:isFederatedUser";
        assert!(
            matches!(parse(&format!("{urn} eq true")).unwrap(), Filter::Compare { path, .. } if path == urn)
        );
    }

    #[test]
    fn names_may_begin_with_a_keyword() {
        assert_eq!(
            parse(r#"notes eq "1""#).unwrap(),
            compare("notes", Operator::Eq, "1")
        );
        assert_eq!(
            parse(r#"android pr and order pr"#).unwrap(),
            Filter::And(vec![
                Filter::Present("android".to_owned()),
                Filter::Present("order".to_owned()),
            ])
        );
    }

    #[test]
    fn invalid_filters_are_refused() {
        for bad in [
            "",
            "a",
            "a eq",
            "a eq unquoted",
            r#"a in "1""#,
            r#"a eq "1" b"#,
            r#"(a eq "1""#,
            r#"a eq "1"#,
            "a[b pr",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&"not ".repeat(10_000)).is_err());
    }
}
