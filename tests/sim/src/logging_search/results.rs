//! From events to rows.

use super::SearchBehavior;
use super::event::AuditEvent;
use super::query::{Aggregate, Column, Condition, Literal, Operator, Query, Summary};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The `data` of each row of a result.
pub(super) fn rows<'a>(
    query: &Query,
    events: impl Iterator<Item = &'a AuditEvent>,
    behavior: &SearchBehavior,
) -> Vec<Json> {
    let mut found: Vec<&AuditEvent> = events
        .filter(|event| {
            let mut conditions = query.conditions.iter();
            conditions.all(|condition| holds(condition, event, behavior))
        })
        .collect();
    if behavior.repeats_rows {
        found = found.iter().flat_map(|event| [*event, *event]).collect();
    }
    let mut rows = match &query.summary {
        Some(summary) => summarize(summary, &found),
        None => found.iter().map(|event| event.row()).collect(),
    };
    match &query.sort {
        Some((column, largest_first)) => {
            rows.sort_by(|left, right| {
                let order = compare(&left[column], &right[column]);
                if *largest_first {
                    order.reverse()
                } else {
                    order
                }
            });
        }
        // Without `sort`, the order is not defined. So it is neither that of time nor that of names.
        None => rows.sort_by_cached_key(|row| crate::tenancy::id_from_text(&row.to_string())),
    }
    rows
}

/// The columns of rows.
pub(super) fn fields(rows: &[Json]) -> Vec<Json> {
    let first = rows.first().and_then(Json::as_object);
    let columns = first.into_iter().flatten();
    columns
        .map(|(name, value)| {
            let column_type = if value.is_number() {
                "NUMBER"
            } else {
                "STRING"
            };
            json!({ "fieldName": name, "fieldType": column_type })
        })
        .collect()
}

fn holds(condition: &Condition, event: &AuditEvent, behavior: &SearchBehavior) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().all(|term| holds(term, event, behavior)),
        Condition::Or(terms) => terms.iter().any(|term| holds(term, event, behavior)),
        Condition::Not(term) => !holds(term, event, behavior),
        Condition::Compare {
            field,
            operator,
            value,
        } => {
            let own = event.field(field);
            match (operator, value) {
                (Operator::Equal, Literal::Text(text)) => {
                    own.as_str().is_some_and(|own| matches(text, own, behavior))
                }
                (Operator::NotEqual, Literal::Text(text)) => {
                    !own.as_str().is_some_and(|own| matches(text, own, behavior))
                }
                (_, Literal::Text(_)) => false,
                (operator, Literal::Number(number)) => own
                    .as_f64()
                    .is_some_and(|own| compares(*operator, own, *number)),
            }
        }
    }
}

#[expect(clippy::float_cmp, reason = "both numbers are as given")]
fn compares(operator: Operator, own: f64, number: f64) -> bool {
    match operator {
        Operator::Equal => own == number,
        Operator::NotEqual => own != number,
        Operator::Above => own > number,
        Operator::AtLeast => own >= number,
        Operator::Below => own < number,
        Operator::AtMost => own <= number,
    }
}

fn matches(pattern: &str, text: &str, behavior: &SearchBehavior) -> bool {
    if behavior.literal_wildcards {
        return pattern == text;
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pattern.contains('*').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The columns of a group, then the events in it.
type Groups<'a> = BTreeMap<String, (Map<String, Json>, Vec<&'a AuditEvent>)>;

fn summarize(summary: &Summary, events: &[&AuditEvent]) -> Vec<Json> {
    let mut groups = Groups::new();
    for event in events {
        let mut columns = Map::new();
        for (column, alias) in &summary.by {
            let value = match column {
                Column::Field(name) => event.field(name),
                Column::Rounddown(name, unit) => {
                    let value = event.field(name).as_i64();
                    json!(value.map(|value| value - value.rem_euclid(*unit)))
                }
            };
            columns.insert(alias.clone(), value);
        }
        let key = Json::Object(columns.clone()).to_string();
        let (_, events) = groups.entry(key).or_insert_with(|| (columns, Vec::new()));
        events.push(event);
    }
    let rows = groups.into_values().map(|(mut columns, events)| {
        for (aggregate, alias) in &summary.aggregates {
            let numbers = |field: &str| -> Vec<i64> {
                let values = events.iter().map(|event| event.field(field).as_i64());
                values.flatten().collect()
            };
            let value = match aggregate {
                Aggregate::Count => json!(events.len()),
                Aggregate::Max(field) => json!(numbers(field).into_iter().max()),
                Aggregate::Min(field) => json!(numbers(field).into_iter().min()),
            };
            columns.insert(alias.clone(), value);
        }
        Json::Object(columns)
    });
    rows.collect()
}

fn compare(left: &Json, right: &Json) -> std::cmp::Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.to_string().cmp(&right.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asterisk_matches_any_text() {
        let behavior = SearchBehavior::default();
        for (pattern, text, expected) in [
            ("t/*", "t/u/f", true),
            ("t/*", "t2/u/f", false),
            ("*/f", "t/u/f", true),
            ("*u*", "t/u/f", true),
            ("t*u*f", "t/u/f", true),
            ("t*x*f", "t/u/f", false),
            ("t/u/f", "t/u/f", true),
            ("t/u", "t/u/f", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text, &behavior), expected, "{pattern}");
        }
    }
}
