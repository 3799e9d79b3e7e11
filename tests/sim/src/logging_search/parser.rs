//! The query language: text to tree.
//!
//! Stages are `search`, `where` (the word may be left out), `summarize` and `sort by`; the others of the language are not
//! known here.

use super::lexer::{Token, tokens};
use super::query::{Aggregate, Column, Condition, Literal, Operator, Query, QueryFeature, Summary};

/// Maximum nesting, to protect the stack.
const DEEPEST: usize = 50;

/// Parses a query; the error says what is expected.
pub(super) fn parse(text: &str) -> Result<Query, &'static str> {
    let mut parser = Parser {
        tokens: tokens(text).ok_or("a closed quotation")?,
        at: 0,
        depth: 0,
        features: Vec::new(),
    };
    parser.query()
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    features: Vec<QueryFeature>,
}

impl Parser {
    fn query(&mut self) -> Result<Query, &'static str> {
        if !self.keyword("search") {
            return Err("search");
        }
        let mut scopes = Vec::new();
        loop {
            match self.next() {
                Some(Token::Scope(scope)) => scopes.push(scope),
                _ => return Err("a scope in double quotes"),
            }
            if !self.symbol(",") {
                break;
            }
        }
        let (mut conditions, mut summary, mut sort) = (Vec::new(), None, None);
        while self.symbol("|") {
            if self.keyword("summarize") {
                self.features.push(QueryFeature::Summarize);
                summary = Some(self.summary()?);
            } else if self.keyword("sort") {
                self.features.push(QueryFeature::Sort);
                sort = Some(self.sort()?);
            } else {
                self.keyword("where");
                conditions.push(self.or()?);
            }
        }
        if self.at < self.tokens.len() {
            return Err("a stage, or the end");
        }
        Ok(Query {
            scopes,
            conditions,
            summary,
            sort,
            features: std::mem::take(&mut self.features),
        })
    }

    fn or(&mut self) -> Result<Condition, &'static str> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("fewer parentheses");
        }
        let mut terms = vec![self.and()?];
        while self.keyword("or") {
            terms.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(terms, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, &'static str> {
        let mut terms = vec![self.term()?];
        while self.keyword("and") {
            terms.push(self.term()?);
        }
        Ok(one_or(terms, Condition::And))
    }

    fn term(&mut self) -> Result<Condition, &'static str> {
        if self.keyword("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("fewer negations");
            }
            let negated = self.term()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(negated)));
        }
        if self.symbol("(") {
            let inner = self.or()?;
            return match self.symbol(")") {
                true => Ok(inner),
                false => Err("a closing parenthesis"),
            };
        }
        let field = self.word()?;
        let operator = match self.next() {
            Some(Token::Symbol("=")) => Operator::Equal,
            Some(Token::Symbol("!=")) => Operator::NotEqual,
            Some(Token::Symbol(">")) => Operator::Above,
            Some(Token::Symbol(">=")) => Operator::AtLeast,
            Some(Token::Symbol("<")) => Operator::Below,
            Some(Token::Symbol("<=")) => Operator::AtMost,
            _ => return Err("an operator"),
        };
        let value = match self.next() {
            Some(Token::Text(text)) => Literal::Text(text),
            Some(Token::Word(word)) => {
                Literal::Number(word.parse().map_err(|_| "a number or a text")?)
            }
            _ => return Err("a value"),
        };
        if operator == Operator::NotEqual {
            self.features.push(QueryFeature::NotEqual);
        }
        if matches!(&value, Literal::Text(text) if text.contains('*')) {
            self.features.push(QueryFeature::Wildcard);
        }
        Ok(Condition::Compare {
            field,
            operator,
            value,
        })
    }

    fn summary(&mut self) -> Result<Summary, &'static str> {
        let (mut aggregates, mut by) = (Vec::new(), Vec::new());
        loop {
            let name = self.word()?;
            let argument = self.argument()?;
            let (aggregate, default) = match (name.as_str(), argument) {
                ("count", _) => (Aggregate::Count, "count".to_owned()),
                ("max", Some(field)) => {
                    self.features.push(QueryFeature::Max);
                    let name = format!("max({field})");
                    (Aggregate::Max(field), name)
                }
                ("min", Some(field)) => {
                    let name = format!("min({field})");
                    (Aggregate::Min(field), name)
                }
                _ => return Err("an aggregate"),
            };
            aggregates.push((aggregate, self.alias(default)?));
            if !self.symbol(",") {
                break;
            }
        }
        if self.keyword("by") {
            loop {
                by.push(self.column()?);
                if !self.symbol(",") {
                    break;
                }
            }
        }
        Ok(Summary { aggregates, by })
    }

    /// `(field)`, or `()`, or nothing.
    fn argument(&mut self) -> Result<Option<String>, &'static str> {
        if !self.symbol("(") {
            return Ok(None);
        }
        if self.symbol(")") {
            return Ok(None);
        }
        let field = self.word()?;
        match self.symbol(")") {
            true => Ok(Some(field)),
            false => Err("a closing parenthesis"),
        }
    }

    fn column(&mut self) -> Result<(Column, String), &'static str> {
        let name = self.word()?;
        if name != "rounddown" {
            let alias = self.alias(name.clone())?;
            return Ok((Column::Field(name), alias));
        }
        self.features.push(QueryFeature::Rounddown);
        if !self.symbol("(") {
            return Err("an opening parenthesis");
        }
        let field = self.word()?;
        if !self.symbol(",") {
            return Err("a comma");
        }
        let Some(Token::Text(interval)) = self.next() else {
            return Err("an interval");
        };
        let milliseconds = interval_milliseconds(&interval).ok_or("an interval")?;
        if !self.symbol(")") {
            return Err("a closing parenthesis");
        }
        let alias = self.alias(format!("rounddown({field})"))?;
        Ok((Column::Rounddown(field, milliseconds), alias))
    }

    fn sort(&mut self) -> Result<(String, bool), &'static str> {
        if !self.keyword("by") {
            return Err("by");
        }
        let column = self.word()?;
        let largest_first = self.keyword("desc");
        if !largest_first {
            self.keyword("asc");
        }
        Ok((column, largest_first))
    }

    fn alias(&mut self, default: String) -> Result<String, &'static str> {
        match self.keyword("as") {
            true => self.word(),
            false => Ok(default),
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Symbol(own)) if *own == symbol);
        self.at += usize::from(is);
        is
    }

    fn keyword(&mut self, word: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Word(own)) if own == word);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self) -> Result<String, &'static str> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err("a name"),
        }
    }
}

fn one_or(mut terms: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    if terms.len() == 1 {
        terms.remove(0)
    } else {
        many(terms)
    }
}

/// `1d`, `12h`, `5m`
fn interval_milliseconds(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'd' => 86_400_000,
        'h' => 3_600_000,
        'm' => 60_000,
        _ => return None,
    };
    let number: i64 = text[..text.len() - 1].parse().ok()?;
    number
        .checked_mul(unit)
        .filter(|milliseconds| *milliseconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_query_is_parsed() {
        let query = parse(
            "search \"t/_Audit\" | where data.identity.credentials='t/*' and data.response.status!='401' \
             | summarize max(datetime) as last, count() as n by data.identity.credentials, rounddown(datetime, '1d') as day \
             | sort by last desc",
        )
        .unwrap();
        assert_eq!(query.scopes, ["t/_Audit"]);
        let summary = query.summary.clone().unwrap();
        assert_eq!(summary.aggregates.len(), 2);
        assert_eq!(
            summary.by[1],
            (
                Column::Rounddown("datetime".to_owned(), 86_400_000),
                "day".to_owned()
            )
        );
        assert_eq!(query.sort, Some(("last".to_owned(), true)));
        for feature in [
            QueryFeature::Wildcard,
            QueryFeature::NotEqual,
            QueryFeature::Summarize,
            QueryFeature::Max,
            QueryFeature::Rounddown,
            QueryFeature::Sort,
        ] {
            assert!(query.uses(feature), "{feature:?}");
        }
    }

    #[test]
    fn where_may_be_left_out() {
        let query = parse("search \"t/_Audit\" | (a='x' or b=2) and not c!='y'").unwrap();
        assert!(matches!(query.conditions.as_slice(), [Condition::And(terms)] if terms.len() == 2));
    }

    #[test]
    fn malformed_query_is_refused() {
        for text in [
            "",
            "search t/_Audit",
            "search \"t",
            "search \"t\" | where a",
            "search \"t\" | where a='x' b='y'",
            "search \"t\" | where (a='x'",
            "search \"t\" | where a=x",
            "search \"t\" | summarize by a",
            "search \"t\" | summarize max() by a",
            "search \"t\" | summarize count() by rounddown(datetime, '1y')",
            "search \"t\" | sort datetime",
            "search \"t\" | top 5 by datetime",
            "search \"t\" extra",
            "search \"t\" | where a=';' ; b='c'",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = format!("search \"t\" | {}a=1{}", "(".repeat(60), ")".repeat(60));
        assert!(parse(&deep).is_err());
    }
}
