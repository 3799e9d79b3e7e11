//! ListObjects.

use super::{Bucket, StoredObject};
use crate::reply::Reply;
use crate::target::{parameter, parameters};
use chrono::SecondsFormat;
use serde_json::{Value as Json, json};
use std::ops::ControlFlow;

/// Maximum and default page size.
const LARGEST_PAGE: usize = 1000;
const FIELDS: [&str; 8] = [
    "name",
    "size",
    "etag",
    "md5",
    "timeCreated",
    "timeModified",
    "storageTier",
    "archivalState",
];

/// Objects sorted by the bytes of their names. Names with a common prefix up to the delimiter are folded into one.
pub(super) fn list_objects(bucket: &Bucket, query: &str) -> Result<Reply, Reply> {
    let invalid = |message: &str| Reply::oci_error(400, "InvalidParameter", message);
    let text = |name: &str| parameter(query, name).filter(|value| !value.is_empty());
    let fields: Vec<String> = parameters(query)
        .filter(|(name, _)| name == "fields")
        .flat_map(|(_, value)| {
            value
                .split(',')
                .map(|field| field.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|field| !field.is_empty())
        .collect();
    if let Some(unknown) = fields
        .iter()
        .find(|field| !FIELDS.contains(&field.as_str()))
    {
        return Err(invalid(&format!(
            "'{unknown}' is not a field of an object summary"
        )));
    }
    let delimiter = text("delimiter");
    if delimiter
        .as_deref()
        .is_some_and(|delimiter| delimiter != "/")
    {
        return Err(invalid("The only supported delimiter character is '/'"));
    }
    let (prefix, start, start_after, end) = (
        text("prefix").unwrap_or_default(),
        text("start"),
        text("startAfter"),
        text("end"),
    );
    if start.is_some() && start_after.is_some() {
        return Err(invalid("'start' and 'startAfter' cannot be given together"));
    }
    let limit = match text("limit") {
        Some(limit) => match limit.parse::<usize>() {
            Ok(limit) if (1..=LARGEST_PAGE).contains(&limit) => limit,
            _ => return Err(invalid("'limit' must be between 1 and 1000")),
        },
        None => LARGEST_PAGE,
    };

    let (mut summaries, mut prefixes, mut next): (Vec<Json>, Vec<String>, Option<String>) =
        (Vec::new(), Vec::new(), None);
    let first = start.as_ref().or(start_after.as_ref());
    let first = first.map_or(prefix.as_str(), |first| first.max(&prefix));
    bucket.visit_from(first, |name, object| {
        if start_after
            .as_ref()
            .is_some_and(|after| name <= after.as_str())
        {
            return ControlFlow::Continue(());
        }
        if !name.starts_with(&prefix) || end.as_ref().is_some_and(|end| name >= end.as_str()) {
            return ControlFlow::Break(());
        }
        let folder = delimiter.as_ref().and_then(|_| {
            let rest = &name[prefix.len()..];
            rest.find('/')
                .map(|slash| format!("{prefix}{}", &rest[..=slash]))
        });
        if folder.is_some() && prefixes.last() == folder.as_ref() {
            return ControlFlow::Continue(());
        }
        if summaries.len() + prefixes.len() == limit {
            next = Some(name.to_owned());
            return ControlFlow::Break(());
        }
        match folder {
            Some(folder) => prefixes.push(folder),
            None => summaries.push(summary(name, object, &fields)),
        }
        ControlFlow::Continue(())
    });
    let mut body = json!({ "objects": summaries });
    if delimiter.is_some() {
        body["prefixes"] = json!(prefixes);
    }
    if let Some(next) = next {
        body["nextStartWith"] = json!(next);
    }
    Ok(Reply::json(200, &body))
}

/// Only the name, unless the request names more fields.
fn summary(name: &str, object: &StoredObject, fields: &[String]) -> Json {
    let created = object.created.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut summary = json!({ "name": name });
    for field in fields {
        summary[field.as_str()] = match field.as_str() {
            "size" => json!(object.body.len()),
            "etag" => json!(object.etag),
            "md5" => json!(object.md5),
            "timeCreated" | "timeModified" => json!(created),
            "storageTier" => json!("Standard"),
            "name" => json!(name),
            _ => Json::Null,
        };
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(names: &[&str]) -> Bucket {
        let bucket = Bucket::default();
        for name in names {
            bucket.place(
                name,
                "text/plain",
                name.as_bytes().to_vec(),
                chrono::DateTime::UNIX_EPOCH,
            );
        }
        bucket
    }

    fn list(bucket: &Bucket, query: &str) -> Json {
        serde_json::from_slice(&list_objects(bucket, query).unwrap().body).unwrap()
    }

    fn names(listed: &Json) -> Vec<&str> {
        listed["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["name"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn names_are_sorted_by_bytes_within_bounds() {
        let bucket = bucket(&["b", "a/1", "a/2", "é", "B"]);
        assert_eq!(names(&list(&bucket, "")), ["B", "a/1", "a/2", "b", "é"]);
        assert_eq!(names(&list(&bucket, "prefix=a%2F")), ["a/1", "a/2"]);
        assert_eq!(names(&list(&bucket, "start=a/1&end=b")), ["a/1", "a/2"]);
        assert_eq!(names(&list(&bucket, "startAfter=a/1&end=b")), ["a/2"]);
    }

    #[test]
    fn delimiter_folds_folders() {
        let bucket = bucket(&["p/2026/01/a", "p/2026/02/b", "p/2026/02/c", "p/2026/x"]);
        let listed = list(&bucket, "prefix=p/2026/&delimiter=/");
        assert_eq!(listed["prefixes"], json!(["p/2026/01/", "p/2026/02/"]));
        assert_eq!(names(&listed), ["p/2026/x"]);
        assert!(list_objects(&bucket, "delimiter=-").is_err());
    }

    #[test]
    fn pages_join_without_gap_or_overlap() {
        let bucket = bucket(&["p/a/1", "p/a/2", "p/b/1", "p/c"]);
        let (mut start, mut seen) = (String::new(), Vec::new());
        loop {
            let listed = list(
                &bucket,
                &format!("prefix=p/&delimiter=/&limit=1&start={start}"),
            );
            seen.extend(
                listed["prefixes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|prefix| prefix.as_str().unwrap().to_owned()),
            );
            seen.extend(names(&listed).into_iter().map(str::to_owned));
            match listed["nextStartWith"].as_str() {
                Some(next) => next.clone_into(&mut start),
                None => break,
            }
        }
        assert_eq!(seen, ["p/a/", "p/b/", "p/c"]);
    }

    #[test]
    fn fields_are_returned_on_request() {
        let bucket = bucket(&["abc"]);
        assert_eq!(list(&bucket, "")["objects"], json!([{ "name": "abc" }]));
        assert_eq!(
            list(&bucket, "fields=name,size")["objects"],
            json!([{ "name": "abc", "size": 3 }])
        );
        assert!(list_objects(&bucket, "fields=color").is_err());
    }
}
