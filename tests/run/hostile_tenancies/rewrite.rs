//! Changes the pages of lists as the attacks of a case demand.

use chrono::DateTime;
use serde_json::{Map, Value as Json, json};
use tenancy_sim::{Directory, ResourceType};

use super::attack::{
    Attack, Chosen, Claims, FalseBody, FalseDomainRow, FalseTotal, Form, ItemsPerPage, List,
};
use super::case::Case;
use super::evidence::{CLAIM_NAMES, CLAIMS, ListRequest};
use super::services::Answer;

const CAPABILITIES: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";

/// Changes a page. Returns the body if it is not JSON any more. `count` counts the requests that an attack matched.
pub(super) fn rewrite_list(
    case: &Case,
    request: &ListRequest,
    directory: &Directory,
    page: &mut Json,
    count: &mut impl FnMut(usize) -> u64,
) -> Option<String> {
    let mut replaced = None;
    for (number, attack) in case.attacks.iter().enumerate() {
        rewrite_users(attack, request, page);
        let Some(at) = list_of(attack).filter(|at| *at == request.at) else {
            continue;
        };
        match attack {
            Attack::TotalOfPage { items_per_page, .. } => {
                let rows = rows(page).len() as u64;
                page["totalResults"] = json!(request.start - 1 + rows);
                match items_per_page {
                    ItemsPerPage::Rows => page["itemsPerPage"] = json!(rows),
                    ItemsPerPage::Requested => page["itemsPerPage"] = json!(request.count),
                    ItemsPerPage::Absent => drop(object(page).remove("itemsPerPage")),
                }
            }
            Attack::Total { how, .. } => change_total(page, *how, count(number)),
            Attack::Drop {
                rows: chosen,
                counted,
                ..
            } => {
                let before = rows(page).len();
                rows(page).retain(|row| !chosen.has(id(row)));
                if !counted {
                    let dropped = match request.form.is_by_user() {
                        true => before - rows(page).len(),
                        false => chosen_rows(directory, at, *chosen, request.form),
                    };
                    reduce_total(page, dropped);
                }
            }
            Attack::Silence { .. } => {
                rows(page).clear();
                page["totalResults"] = json!(0);
            }
            Attack::Twice {
                rows: chosen,
                created,
                ..
            } => {
                let mut twice = rows(page).clone();
                twice.retain(|row| chosen.has(id(row)));
                for row in &mut twice {
                    row["meta"]["created"] = json!(created);
                }
                rows(page).extend(twice);
            }
            Attack::MalformedId {
                rows: chosen,
                id: other,
                ..
            } => {
                for row in rows(page) {
                    if chosen.has(id(row)) {
                        row["id"] = parsed(other);
                    }
                }
            }
            Attack::Shuffle { salt, .. } => {
                rows(page).sort_by_key(|row| {
                    let id = id(row);
                    (
                        Chosen {
                            one_in: 2,
                            salt: *salt,
                            others: false,
                        }
                        .has(id),
                        id.chars().rev().collect::<String>(),
                    )
                });
            }
            Attack::Body { body, times, .. } if times.hit(count(number)) => match body {
                FalseBody::Error => {
                    *page = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                        "detail": "The service is not available.",
                        "status": "503",
                        "totalResults": 0,
                    });
                }
                FalseBody::Is(text) => replaced = Some((*text).to_owned()),
                FalseBody::Resources(text) => page["Resources"] = parsed(text),
            },
            _ => {}
        }
    }
    replaced
}

/// The list that an attack is about.
fn list_of(attack: &Attack) -> Option<List> {
    match attack {
        Attack::TotalOfPage { at, .. }
        | Attack::Total { at, .. }
        | Attack::Drop { at, .. }
        | Attack::Silence { at, .. }
        | Attack::Twice { at, .. }
        | Attack::MalformedId { at, .. }
        | Attack::Shuffle { at, .. }
        | Attack::Body { at, .. } => Some(*at),
        _ => None,
    }
}

/// Changes the records of users.
fn rewrite_users(attack: &Attack, request: &ListRequest, page: &mut Json) {
    if request.at.of != ResourceType::Users {
        return;
    }
    match attack {
        Attack::Claims { domain, users, how } if *domain == request.at.domain => {
            for row in rows(page) {
                if users.has(id(row)) {
                    change_claims(row, *how);
                }
            }
        }
        Attack::Silence { at, claimed: false } if at.domain == request.at.domain => {
            remove_claims(page, *at, |_| true);
        }
        Attack::Drop {
            at,
            rows: chosen,
            claimed: false,
            ..
        } if at.domain == request.at.domain && at.of != ResourceType::Users => {
            remove_claims(page, *at, |id| chosen.has(id));
        }
        Attack::NotBoolean {
            domain,
            users,
            attribute,
            value,
        } if *domain == request.at.domain => {
            for row in rows(page) {
                if !users.has(id(row)) {
                } else if *attribute == "active" {
                    row["active"] = parsed(value);
                } else if row[CAPABILITIES].is_object() {
                    row[CAPABILITIES][attribute] = parsed(value);
                }
            }
        }
        _ => {}
    }
}

fn change_claims(row: &mut Json, how: Claims) {
    match how {
        Claims::Absent => drop(object(row).remove(CLAIMS)),
        Claims::Extension(value) => row[CLAIMS] = parsed(value),
        Claims::List(value) => {
            for name in CLAIM_NAMES {
                if row[CLAIMS].get(name).is_some() {
                    row[CLAIMS][name] = parsed(value);
                }
            }
        }
        Claims::WithoutValue => {
            for name in CLAIM_NAMES {
                let claims = row[CLAIMS].get_mut(name).and_then(Json::as_array_mut);
                for claim in claims.into_iter().flatten() {
                    object(claim).remove("value");
                }
            }
        }
    }
}

fn remove_claims(page: &mut Json, at: List, remove: impl Fn(&str) -> bool) {
    let Some(name) = at.of.credential_index().map(|index| CLAIM_NAMES[index]) else {
        return;
    };
    for row in rows(page) {
        let Some(claims) = row[CLAIMS].get_mut(name).and_then(Json::as_array_mut) else {
            continue;
        };
        claims.retain(|claim| !claim["value"].as_str().is_some_and(&remove));
        if claims.is_empty() {
            object(&mut row[CLAIMS]).remove(name);
        }
        // The service leaves the extension out if there is nothing in it.
        if row[CLAIMS].as_object().is_some_and(Map::is_empty) {
            object(row).remove(CLAIMS);
        }
    }
}

/// The number of chosen rows in a whole list of this form.
fn chosen_rows(directory: &Directory, at: List, chosen: Chosen, form: Form) -> usize {
    let passes = |created: Option<&str>| {
        !form.is_by_date() || created.is_some_and(|date| DateTime::parse_from_rfc3339(date).is_ok())
    };
    if at.of == ResourceType::Users {
        let users = directory.users().iter();
        return users
            .filter(|user| chosen.has(user.id()) && passes(user.created.as_deref()))
            .count();
    }
    let rows = directory.credentials(at.of).iter();
    rows.filter(|row| chosen.has(&row.id) && passes(row.created.as_deref()))
        .count()
}

fn change_total(page: &mut Json, how: FalseTotal, number: u64) {
    let total = page["totalResults"].as_i64().unwrap_or_default();
    match how {
        FalseTotal::Off(by) => page["totalResults"] = json!((total + by).max(0)),
        FalseTotal::Moving => {
            page["totalResults"] = json!(total + i64::try_from(number % 5).unwrap_or(0));
        }
        FalseTotal::Absent => drop(object(page).remove("totalResults")),
        FalseTotal::Text => page["totalResults"] = json!(total.to_string()),
        FalseTotal::Negative => page["totalResults"] = json!(-1),
    }
}

fn reduce_total(page: &mut Json, by: usize) {
    if let Some(total) = page["totalResults"].as_u64() {
        page["totalResults"] = json!(total.saturating_sub(by as u64));
    }
}

/// Changes the list of domains.
pub(super) fn rewrite_domains(case: &Case, answer: &mut Answer) {
    let Ok(Json::Array(mut list)) = serde_json::from_slice(&answer.body) else {
        return;
    };
    for attack in &case.attacks {
        let Attack::DomainRow { domain, how } = attack else {
            continue;
        };
        let name = case.domains[*domain].name;
        let first = list.first().map(|row| row["id"].clone());
        let Some(position) = list.iter().position(|row| row["displayName"] == name) else {
            continue;
        };
        let row = &mut list[position];
        match how {
            FalseDomainRow::SameId => row["id"] = first.unwrap_or_default(),
            FalseDomainRow::NoId => drop(object(row).remove("id")),
            FalseDomainRow::NumericId => row["id"] = json!(17),
            FalseDomainRow::NoUrl => {
                object(row).remove("url");
                object(row).remove("homeRegionUrl");
            }
            FalseDomainRow::NumericUrl => row["url"] = json!(17),
            FalseDomainRow::Text => *row = json!(format!("{name} is not an object")),
            FalseDomainRow::Dropped => drop(list.remove(position)),
        }
    }
    answer.body = Json::Array(list).to_string().into();
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

fn id(row: &Json) -> &str {
    row["id"].as_str().unwrap_or_default()
}

/// The rows of a page; an attack before may have made them something else.
fn rows(page: &mut Json) -> &mut Vec<Json> {
    let object = object(page);
    let rows = object.entry("Resources").or_insert_with(|| json!([]));
    if !rows.is_array() {
        *rows = json!([]);
    }
    rows.as_array_mut().expect("an array")
}

fn object(json: &mut Json) -> &mut Map<String, Json> {
    if !json.is_object() {
        *json = json!({});
    }
    json.as_object_mut().expect("an object")
}
