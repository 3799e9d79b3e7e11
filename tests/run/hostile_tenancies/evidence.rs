//! What the program received, and which tokens and signatures it sent: read from requests and answers, after every attack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tenancy_sim::ResourceType;

use super::attack::{Form, List};

/// The extension of a user with the credentials that it holds.
pub(super) const CLAIMS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
/// The names in it, in the order of the types.
pub(super) const CLAIM_NAMES: [&str; 6] = [
    "apiKeys",
    "authTokens",
    "customerSecretKeys",
    "dbCredentials",
    "oAuth2ClientCredentials",
    "smtpCredentials",
];

/// A request for a page of a list.
#[derive(Clone, Debug)]
pub(super) struct ListRequest {
    pub(super) at: List,
    pub(super) form: Form,
    pub(super) filter: String,
    /// Ids of the users in the filter.
    pub(super) users: BTreeSet<String>,
    pub(super) start: u64,
    pub(super) count: u64,
}

/// An answer to it.
#[derive(Clone, Debug)]
pub(super) struct ListAnswer {
    pub(super) request: ListRequest,
    /// 0 without an answer.
    pub(super) status: u16,
    /// The page, if the answer is a list.
    pub(super) page: Option<PageReceived>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct PageReceived {
    pub(super) total: Option<i64>,
    pub(super) items_per_page: Option<u64>,
    /// Id and date of each row.
    pub(super) rows: Vec<(Option<String>, Option<String>)>,
}

impl PageReceived {
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|(id, _)| id.as_deref())
    }
}

/// What a user's record says about the credentials that it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Holdings {
    /// Whether the record has a list of claims, perhaps an empty one.
    pub(super) readable: bool,
    /// Ids of each type.
    pub(super) ids: BTreeMap<ResourceType, BTreeSet<String>>,
    /// Types with a claim that cannot be read.
    pub(super) malformed: BTreeSet<ResourceType>,
    /// Attributes that are not booleans.
    pub(super) not_boolean: BTreeSet<String>,
}

/// Everything that was received in one run.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) lists: Vec<ListAnswer>,
    /// By domain and user id.
    pub(super) users: BTreeMap<(usize, String), Holdings>,
    /// Ids of the holders that rows name, by domain and credential id.
    pub(super) holders: BTreeMap<(usize, String), String>,
    /// Tokens and signatures.
    pub(super) secrets: BTreeSet<String>,
    /// Rows of the list of domains that name a domain, by its position.
    pub(super) domain_rows: BTreeMap<usize, BTreeSet<String>>,
    /// Seconds of the run's clock at the first publish.
    pub(super) published_at: Option<f64>,
}

impl Evidence {
    pub(super) fn of(&self, at: List) -> impl Iterator<Item = &ListAnswer> {
        self.lists
            .iter()
            .filter(move |answer| answer.request.at == at)
    }

    /// Records the answer to a request for a page.
    pub(super) fn add(&mut self, request: ListRequest, status: u16, body: &[u8]) {
        let json = serde_json::from_slice::<Json>(body).ok();
        let page = json
            .as_ref()
            .filter(|_| (200..300).contains(&status))
            .and_then(page_of);
        if page.is_some() {
            let rows = json.as_ref().map_or(&[][..], rows_of);
            for row in rows {
                self.add_row(request.at, row);
            }
        }
        self.lists.push(ListAnswer {
            request,
            status,
            page,
        });
    }

    fn add_row(&mut self, at: List, row: &Json) {
        let Some(id) = text(&row["id"]) else {
            return;
        };
        if at.of == ResourceType::Users {
            let holdings = self.users.entry((at.domain, id)).or_default();
            holdings.add(row);
        } else if let Some(holder) = text(&row["user"]["value"]) {
            self.holders.insert((at.domain, id), holder);
        }
    }
}

impl Holdings {
    fn add(&mut self, row: &Json) {
        for attribute in ["active"] {
            if !row[attribute].is_boolean() {
                self.not_boolean.insert(attribute.to_owned());
            }
        }
        const CAPABILITIES: &str =
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
        for name in ["canUseApiKeys", "canUseSmtpCredentials", "canUseAuthTokens"] {
            if !row[CAPABILITIES][name].is_boolean() {
                self.not_boolean.insert(name.to_owned());
            }
        }
        let all = ResourceType::CREDENTIALS;
        match &row[CLAIMS] {
            Json::Null => {}
            Json::Object(extension) => {
                for (of, name) in all.into_iter().zip(CLAIM_NAMES) {
                    self.add_claims(of, extension.get(name).unwrap_or(&Json::Null));
                }
            }
            _ => self.malformed.extend(all),
        }
    }

    fn add_claims(&mut self, of: ResourceType, claims: &Json) {
        let one = std::slice::from_ref(claims);
        let claims = match claims {
            Json::Null => return,
            Json::Array(claims) => {
                self.readable = true;
                claims.as_slice()
            }
            _ => one,
        };
        for claim in claims {
            match text(&claim["value"]) {
                Some(id) => drop(self.ids.entry(of).or_default().insert(id)),
                None => drop(self.malformed.insert(of)),
            }
        }
    }
}

/// A text that is not empty.
fn text(json: &Json) -> Option<String> {
    json.as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The rows of a list.
pub(super) fn rows_of(list: &Json) -> &[Json] {
    list["Resources"].as_array().map_or(&[], Vec::as_slice)
}

/// The page, if the JSON is a list: an object that is not an error, and has rows, or counts none.
fn page_of(json: &Json) -> Option<PageReceived> {
    let object = json.as_object()?;
    let schemas = object
        .get("schemas")
        .map(Json::to_string)
        .unwrap_or_default();
    if schemas.contains(":Error") {
        return None;
    }
    let total = object.get("totalResults").and_then(|total| {
        total
            .as_i64()
            .or_else(|| total.as_str().and_then(|text| text.parse().ok()))
    });
    match object.get("Resources") {
        Some(Json::Array(_)) => {}
        None | Some(Json::Null) if total == Some(0) => {}
        _ => return None,
    }
    let rows = rows_of(json).iter();
    Some(PageReceived {
        total,
        items_per_page: object.get("itemsPerPage").and_then(Json::as_u64),
        rows: rows
            .map(|row| (text(&row["id"]), text(&row["meta"]["created"])))
            .collect(),
    })
}
