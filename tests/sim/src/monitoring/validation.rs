//! What a posted metric must be. Sources: the models of PostMetricData in Oracle's Python SDK 2.189.0, the page "Publishing
//! Custom Metrics", and for the namespace and the words of refusals a report from a live tenancy.

use super::Metric;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The values of a metric.
///
/// # Errors
/// The reason of the refusal.
pub(super) fn checked(metric: &Json, now: DateTime<Utc>) -> Result<Vec<Metric>, String> {
    let text = |field: &str| {
        let text = metric.get(field).and_then(Json::as_str);
        text.filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| format!("{field} can not be null or empty"))
    };
    let (namespace, compartment, name) =
        (text("namespace")?, text("compartmentId")?, text("name")?);
    check_namespace(&namespace)?;
    check_name(&name)?;
    if metric.get("resourceGroup").is_some() {
        check_name(&text("resourceGroup")?)?;
    }
    let dimensions = dimensions(metric)?;
    check_metadata(metric)?;
    let points = metric.get("datapoints").and_then(Json::as_array);
    let points = points
        .filter(|points| !points.is_empty())
        .ok_or("datapoints can not be null or empty")?;
    points
        .iter()
        .map(|point| {
            let (timestamp, value) = checked_point(point, now)?;
            Ok(Metric {
                namespace: namespace.clone(),
                compartment: compartment.clone(),
                name: name.clone(),
                dimensions: dimensions.clone(),
                timestamp,
                value,
            })
        })
        .collect()
}

fn check_namespace(text: &str) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_valid = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(is_word)
        && text.chars().all(|c| is_word(c) || c == '_')
        && (2..=256).contains(&text.len());
    if text.starts_with("oci_") || text.starts_with("oracle_") {
        return Err(format!("namespace {text} has a reserved prefix"));
    }
    is_valid
        .then_some(())
        .ok_or_else(|| format!("namespace {text} must match ^[a-z][a-z0-9_]*[a-z0-9]$"))
}

/// Of a metric, or of its resource group.
fn check_name(text: &str) -> Result<(), String> {
    let is_valid = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.$-".contains(c))
        && (2..=255).contains(&text.len());
    is_valid
        .then_some(())
        .ok_or_else(|| format!("name {text} must match ^[a-zA-Z][a-zA-Z0-9_.$-]*[a-zA-Z0-9]$"))
}

fn dimensions(metric: &Json) -> Result<BTreeMap<String, String>, String> {
    let given = metric.get("dimensions").and_then(Json::as_object);
    let given = given
        .filter(|given| !given.is_empty())
        .ok_or("dimensions can not be null or empty")?;
    if given.len() > 20 {
        return Err("The valid range is 1 to 20 for dimensions.".to_owned());
    }
    given
        .iter()
        .map(|(key, value)| {
            if !(1..=256).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!("dimension key {key} is invalid"));
            }
            match value.as_str() {
                Some(text) if (1..=512).contains(&text.chars().count()) => {
                    Ok((key.clone(), text.to_owned()))
                }
                _ => Err(format!("dimension value of {key} is invalid")),
            }
        })
        .collect()
}

fn check_metadata(metric: &Json) -> Result<(), String> {
    let given = metric.get("metadata").and_then(Json::as_object);
    let is_short = |text: &str| text.chars().count() <= 256;
    let mut items = given.into_iter().flatten();
    items
        .all(|(key, value)| is_short(key) && value.as_str().is_some_and(is_short))
        .then_some(())
        .ok_or_else(|| "metadata must be texts of at most 256 characters".to_owned())
}

fn checked_point(point: &Json, now: DateTime<Utc>) -> Result<(DateTime<Utc>, f64), String> {
    let timestamp = point.get("timestamp").and_then(Json::as_str);
    let timestamp = timestamp
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .ok_or("timestamp must be a date and time of RFC 3339")?
        .to_utc();
    if timestamp < now - TimeDelta::hours(2) || timestamp > now + TimeDelta::minutes(10) {
        return Err(
            "The datapoint timestamps must be between 2 hours ago and 10 minutes from now."
                .to_owned(),
        );
    }
    let count = point.get("count").filter(|count| !count.is_null());
    if count.is_some_and(|count| count.as_i64().is_none_or(|count| count <= 0)) {
        return Err("count must be greater than zero".to_owned());
    }
    let value = point.get("value").and_then(Json::as_f64);
    Ok((timestamp, value.ok_or("value must be a number")?))
}
