//! A filter with its names looked up in a schema, and its evaluation on rows.

use super::filter::{Filter, Literal, Operator};
use super::schema::{Attribute, Complex, Scalar, Syntax, Value, resolve};
use crate::tenancy::Directory;
use std::cmp::Ordering;

/// A filter bound to a schema.
#[derive(Clone, Debug)]
pub(crate) enum Predicate {
    Compare {
        attribute: usize,
        sub: Option<String>,
        operator: Operator,
        value: Literal,
    },
    Present {
        attribute: usize,
        sub: Option<String>,
    },
    Within {
        attribute: usize,
        filter: Box<Filter>,
    },
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

/// Looks up the names. Refuses unknown attributes and those that are not searchable, as documented.
pub(crate) fn bind<R>(
    filter: &Filter,
    schema: &[Attribute<R>],
    core: &str,
) -> Result<Predicate, String> {
    let find = |path: &str| {
        let (attribute, sub) =
            resolve(schema, core, path).ok_or_else(|| format!("unknown attribute {path}"))?;
        if schema[attribute].searchable {
            Ok((attribute, sub))
        } else {
            Err(format!("attribute {path} is not searchable"))
        }
    };
    let all = |filters: &[Filter]| {
        filters
            .iter()
            .map(|filter| bind(filter, schema, core))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::Compare {
            path,
            operator,
            value,
        } => {
            let (attribute, sub) = find(path)?;
            Predicate::Compare {
                attribute,
                sub,
                operator: *operator,
                value: value.clone(),
            }
        }
        Filter::Present(path) => {
            let (attribute, sub) = find(path)?;
            Predicate::Present { attribute, sub }
        }
        Filter::Within(path, filter) => Predicate::Within {
            attribute: find(path)?.0,
            filter: filter.clone(),
        },
        Filter::And(filters) => Predicate::And(all(filters)?),
        Filter::Or(filters) => Predicate::Or(all(filters)?),
        Filter::Not(filter) => Predicate::Not(Box::new(bind(filter, schema, core)?)),
    })
}

impl Predicate {
    /// Whether a row matches.
    pub(crate) fn matches<R>(
        &self,
        schema: &[Attribute<R>],
        row: &R,
        directory: &Directory,
    ) -> bool {
        match self {
            Self::And(all) => all
                .iter()
                .all(|predicate| predicate.matches(schema, row, directory)),
            Self::Or(any) => any
                .iter()
                .any(|predicate| predicate.matches(schema, row, directory)),
            Self::Not(predicate) => !predicate.matches(schema, row, directory),
            Self::Present { attribute, sub } => {
                let value = (schema[*attribute].read)(row, directory);
                !scalars(&value, sub.as_deref()).is_empty()
                    || matches!(value, Value::Many(_) if sub.is_none())
            }
            Self::Compare {
                attribute,
                sub,
                operator,
                value,
            } => {
                let definition = &schema[*attribute];
                let held = (definition.read)(row, directory);
                let held = scalars(&held, sub.as_deref());
                if held.is_empty() {
                    // An absent attribute equals only null.
                    return match operator {
                        Operator::Eq => *value == Literal::Null,
                        Operator::Ne => *value != Literal::Null,
                        _ => false,
                    };
                }
                held.iter().any(|scalar| {
                    compare(
                        scalar,
                        *operator,
                        value,
                        definition.syntax,
                        definition.case_exact,
                    )
                })
            }
            Self::Within { attribute, filter } => match (schema[*attribute].read)(row, directory) {
                Value::Many(entries) => entries.iter().any(|entry| entry_matches(filter, entry)),
                Value::Nested(entry) => entry_matches(filter, &entry),
                _ => false,
            },
        }
    }
}

/// The values of a path; for a complex attribute without a sub-attribute, its `value` (RFC 7644, section 3.4.2.2).
fn scalars<'v, 'a>(value: &'v Value<'a>, sub: Option<&str>) -> Vec<&'v Scalar<'a>> {
    let sub = sub.unwrap_or("value");
    match value {
        Value::Absent | Value::Texts(_) => Vec::new(),
        Value::One(scalar) => vec![scalar],
        Value::Nested(entry) => named(entry, sub).into_iter().collect(),
        Value::Many(entries) => entries
            .iter()
            .filter_map(|entry| named(entry, sub))
            .collect(),
    }
}

fn named<'v, 'a>(entry: &'v Complex<'a>, name: &str) -> Option<&'v Scalar<'a>> {
    entry
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, scalar)| scalar)
}

fn entry_matches(filter: &Filter, entry: &Complex<'_>) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|filter| entry_matches(filter, entry)),
        Filter::Or(any) => any.iter().any(|filter| entry_matches(filter, entry)),
        Filter::Not(filter) => !entry_matches(filter, entry),
        Filter::Present(name) => named(entry, name).is_some(),
        Filter::Within(..) => false,
        Filter::Compare {
            path,
            operator,
            value,
        } => named(entry, path)
            .is_some_and(|scalar| compare(scalar, *operator, value, Syntax::Text, false)),
    }
}

fn compare(
    held: &Scalar<'_>,
    operator: Operator,
    wanted: &Literal,
    syntax: Syntax,
    case_exact: bool,
) -> bool {
    match (held, wanted) {
        (Scalar::Flag(held), Literal::Flag(wanted)) => equality(operator, held == wanted),
        (Scalar::Flag(held), Literal::Text(wanted)) => {
            equality(operator, wanted == if *held { "true" } else { "false" })
        }
        (Scalar::Number(held), Literal::Number(wanted)) => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "counters of this size are exact"
            )]
            let ordering = (*held as f64).partial_cmp(wanted);
            ordering.is_some_and(|ordering| ordered(operator, ordering))
        }
        (Scalar::Text(held), Literal::Text(wanted)) => match operator {
            Operator::Co => folded(held, case_exact).contains(&folded(wanted, case_exact)),
            Operator::Sw => folded(held, case_exact).starts_with(&folded(wanted, case_exact)),
            Operator::Ew => folded(held, case_exact).ends_with(&folded(wanted, case_exact)),
            // Dates are compared as instants, whatever their offset and precision.
            _ if syntax == Syntax::DateTime => {
                match (super::instant::parse(held), super::instant::parse(wanted)) {
                    (Some(held), Some(wanted)) => ordered(operator, held.cmp(&wanted)),
                    _ => equality(operator, held == wanted),
                }
            }
            _ => ordered(
                operator,
                folded(held, case_exact).cmp(&folded(wanted, case_exact)),
            ),
        },
        (_, Literal::Null) => operator == Operator::Ne,
        _ => operator == Operator::Ne,
    }
}

fn equality(operator: Operator, equal: bool) -> bool {
    match operator {
        Operator::Eq => equal,
        Operator::Ne => !equal,
        _ => false,
    }
}

fn ordered(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

pub(crate) fn folded(text: &str, case_exact: bool) -> String {
    if case_exact {
        text.to_owned()
    } else {
        text.to_lowercase()
    }
}
