//! The attributes of a response: `attributes`, `attributeSets` and the rules of `returned`.

use super::schema::{Attribute, Complex, Returned, Scalar, Value};
use super::users::USER_CREDENTIALS;
use crate::tenancy::Directory;

/// The attributes to render, with the sub-attributes of paths that go deeper than the schema table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Projection {
    parts: Vec<(usize, Vec<String>)>,
    /// Number of secret attributes.
    pub(crate) secrets: usize,
    /// Names that the schema does not have; the service ignores them.
    pub(crate) unknown: Vec<String>,
}

impl Projection {
    /// Without names and sets, the attributes returned always or by default.
    pub(crate) fn new<R>(
        schema: &[Attribute<R>],
        core: &str,
        names: &[String],
        sets: &[String],
    ) -> Result<Self, String> {
        let mut wanted: Vec<Option<Vec<String>>> = vec![None; schema.len()];
        let mut unknown = Vec::new();
        let mut set = |index: usize, sub: Option<String>| {
            let subs = wanted[index].get_or_insert_with(Vec::new);
            subs.extend(sub);
        };
        for name in names {
            if !name_attributes(schema, core, name, &mut set) {
                unknown.push(name.clone());
            }
        }
        for name in sets {
            for (index, attribute) in schema.iter().enumerate() {
                let included = match name.to_ascii_lowercase().as_str() {
                    "all" => true,
                    "always" => attribute.returned == Returned::Always,
                    "default" => attribute.returned == Returned::Default,
                    "request" => attribute.returned == Returned::Request,
                    "never" => false,
                    other => return Err(format!("unknown attribute set {other}")),
                };
                if included {
                    set(index, None);
                }
            }
        }
        if names.is_empty() && sets.is_empty() {
            for (index, attribute) in schema.iter().enumerate() {
                if attribute.returned == Returned::Default {
                    set(index, None);
                }
            }
        }
        // `always` applies at the top level, and in a complex attribute as soon as any part of it is returned.
        for (index, attribute) in schema.iter().enumerate() {
            let present = attribute.group.is_empty()
                || schema
                    .iter()
                    .zip(&wanted)
                    .any(|(other, wanted)| other.group == attribute.group && wanted.is_some());
            if attribute.returned == Returned::Always && present {
                wanted[index].get_or_insert_with(Vec::new);
            }
        }
        let parts: Vec<(usize, Vec<String>)> = wanted
            .into_iter()
            .enumerate()
            .filter_map(|(index, subs)| Some((index, subs?)))
            .collect();
        let secrets = parts
            .iter()
            .filter(|(index, _)| schema[*index].secret)
            .count();
        Ok(Self {
            parts,
            secrets,
            unknown,
        })
    }

    /// Writes a row as a JSON object.
    pub(crate) fn render<R>(
        &self,
        schema: &[Attribute<R>],
        row: &R,
        directory: &Directory,
        out: &mut Vec<u8>,
    ) {
        out.push(b'{');
        let mut open_group = "";
        for (index, subs) in &self.parts {
            let attribute = &schema[*index];
            let value = (attribute.read)(row, directory);
            if matches!(value, Value::Absent) {
                continue;
            }
            if attribute.group != open_group {
                if !open_group.is_empty() {
                    out.push(b'}');
                }
                open_group = attribute.group;
                if !open_group.is_empty() {
                    separate(out);
                    write_text(out, open_group);
                    out.extend_from_slice(b":{");
                }
            }
            separate(out);
            write_text(out, attribute.name);
            out.push(b':');
            write_value(out, &value, subs);
        }
        if !open_group.is_empty() {
            out.push(b'}');
        }
        out.push(b'}');
    }
}

/// Marks the attributes of one name: an attribute, a complex attribute, a sub-attribute or the URN of an extension.
fn name_attributes<R>(
    schema: &[Attribute<R>],
    core: &str,
    name: &str,
    set: &mut impl FnMut(usize, Option<String>),
) -> bool {
    let mut found = false;
    for (index, attribute) in schema.iter().enumerate() {
        if !attribute.group.is_empty() && attribute.group.eq_ignore_ascii_case(name) {
            found = true;
            if attribute.returned != Returned::Request || attribute.group == USER_CREDENTIALS {
                set(index, None);
            }
        }
    }
    if let Some((index, sub)) = super::schema::resolve(schema, core, name) {
        found = true;
        set(index, sub);
    }
    found
}

fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
}

fn write_value(out: &mut Vec<u8>, value: &Value<'_>, subs: &[String]) {
    match value {
        Value::Absent => out.extend_from_slice(b"null"),
        Value::One(scalar) => write_scalar(out, scalar),
        Value::Nested(entry) => write_entry(out, entry, subs),
        Value::Texts(texts) => write_list(out, texts, |out, text| write_text(out, text)),
        Value::Many(entries) => {
            write_list(out, entries, |out, entry| write_entry(out, entry, subs));
        }
    }
}

fn write_list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

fn write_entry(out: &mut Vec<u8>, entry: &Complex<'_>, subs: &[String]) {
    out.push(b'{');
    for (name, scalar) in entry {
        // Multi-valued attributes of these schemas always return `value` and `ocid`; `emails` only `value`.
        let asked = subs.is_empty()
            || matches!(*name, "value" | "ocid")
            || subs.iter().any(|sub| sub.eq_ignore_ascii_case(name));
        if asked {
            separate(out);
            write_text(out, name);
            out.push(b':');
            write_scalar(out, scalar);
        }
    }
    out.push(b'}');
}

fn write_scalar(out: &mut Vec<u8>, scalar: &Scalar<'_>) {
    match scalar {
        Scalar::Text(text) => write_text(out, text),
        Scalar::Flag(true) => out.extend_from_slice(b"true"),
        Scalar::Flag(false) => out.extend_from_slice(b"false"),
        Scalar::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing a str to a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}
