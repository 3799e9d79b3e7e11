//! Judges a run by what exists and what was received, never by what the program believes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value as Json;
use tenancy_sim::ResourceType;

use super::attack::{Attack, FalseDomainRow, ItemsPerPage, List};
use super::case::Case;
use super::delivery;
use super::evidence::{CLAIM_NAMES, Holdings, ListRequest, PageReceived};
use super::outcome::Outcome;

/// The names of the types in reports, in the order of the types.
pub(super) const TYPE_NAMES: [&str; 6] = [
    "api_keys",
    "auth_tokens",
    "customer_secret_keys",
    "db_credentials",
    "oauth2_client_credentials",
    "smtp_credentials",
];

/// In the filter of a request for the rows without a date.
const UNDATED: &str = "not (meta.created pr)";

/// A promise that a run broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) promise: &'static str,
    pub(super) detail: String,
}

pub(super) fn broken(promise: &'static str, detail: impl Into<String>) -> Broken {
    Broken {
        promise,
        detail: detail.into(),
    }
}

/// Every promise that the run broke.
pub(super) fn judge(case: &Case, outcome: &Outcome) -> Vec<Broken> {
    let mut found = delivery::judge(case, outcome);
    if outcome.secrets_served > 0 {
        found.push(broken("no secret attribute is requested", ""));
    }
    let Some(summary) = outcome.summary() else {
        return found;
    };
    let run = Run::of(case, outcome, &summary);
    found.extend(run.domains());
    for domain in 0..case.domains.len() {
        if run.summaries[domain].is_some() {
            found.extend(run.users(domain));
            for of in ResourceType::CREDENTIALS {
                found.extend(run.credentials(List { domain, of }));
            }
            found.extend(run.rows(domain));
        }
    }
    found.extend(run.clear());
    found
}

/// A run with a summary.
struct Run<'a> {
    case: &'a Case,
    outcome: &'a Outcome,
    summary: &'a Json,
    /// The summary of each domain, if it was read.
    summaries: Vec<Option<Json>>,
    /// Whether there is a `credentials.csv` that can be trusted.
    has_report: bool,
    /// Its rows by domain and credential id.
    reported: BTreeMap<(usize, String), BTreeMap<String, String>>,
}

impl<'a> Run<'a> {
    fn of(case: &'a Case, outcome: &'a Outcome, summary: &'a Json) -> Self {
        let domains = summary["domains"].as_array().map_or(&[][..], Vec::as_slice);
        let summaries: Vec<_> = outcome
            .urls
            .iter()
            .map(|url| {
                let is_at = |domain: &&Json| {
                    domain["url"].as_str().map(|own| own.trim_end_matches('/')) == Some(url)
                };
                domains.iter().find(is_at).cloned()
            })
            .collect();
        // By the id alone: if the list of domains is false, two domains may have the same name.
        let exists = |id: &str| {
            outcome.before.iter().position(|directory| {
                let mut types = ResourceType::CREDENTIALS.into_iter();
                types.any(|of| directory.credentials(of).iter().any(|row| row.id == id))
            })
        };
        let rows = outcome.rows("credentials.csv");
        let has_report = rows.is_some();
        let reported = rows.unwrap_or_default().into_iter().filter_map(|row| {
            let id = row["credential_id"].clone();
            Some(((exists(&id)?, id), row))
        });
        Self {
            has_report,
            reported: reported.collect(),
            case,
            outcome,
            summary,
            summaries,
        }
    }

    fn is_complete(&self) -> bool {
        self.summary["verdict"] == "COMPLETE"
    }

    /// Whether the summary says that everything of the list was read.
    fn says_complete(&self, at: List) -> bool {
        let coverage = self.coverage(at);
        let check = &coverage["cross_check"];
        let agrees = check.is_null()
            || ["ok", "not possible", "not_possible"]
                .iter()
                .any(|word| check == word);
        coverage["read"].is_u64()
            && coverage["error"].is_null()
            && coverage["gaps"].is_null()
            && agrees
    }

    fn coverage(&self, at: List) -> &Json {
        let summary = self.summaries[at.domain].as_ref().expect("a domain");
        match at.of.credential_index() {
            Some(index) => &summary["coverage"][TYPE_NAMES[index]],
            None => &summary["users_coverage"],
        }
    }

    /// Domains are read, or their absence is said. One that nobody attacks is read.
    fn domains(&self) -> Vec<Broken> {
        let mut found = Vec::new();
        for (position, plan) in self.case.domains.iter().enumerate() {
            let summary = &self.summaries[position];
            let is_listed =
                !self.case.discovers || self.outcome.evidence.domain_rows.contains_key(&position);
            if summary.is_none() && is_listed && self.is_complete() {
                found.push(broken(
                    "a listed domain that was not read makes a run PARTIAL",
                    plan.name,
                ));
            }
            let verdict = summary.as_ref().map(|summary| &summary["verdict"]);
            if verdict.is_some_and(|verdict| verdict != "COMPLETE") && self.is_complete() {
                found.push(broken(
                    "a run is not more complete than its domains",
                    plan.name,
                ));
            }
            if plan.users > 0
                && self.is_spared(position)
                && verdict.is_some_and(|verdict| verdict != "COMPLETE")
            {
                let detail = format!(
                    "{}: {}",
                    plan.name,
                    summary.as_ref().map(Json::to_string).unwrap_or_default()
                );
                found.push(broken("a domain without attacks is COMPLETE", detail));
            }
        }
        found
    }

    /// Whether no attack can change what is read of a domain.
    fn is_spared(&self, position: usize) -> bool {
        use super::attack::EchoPlace::*;
        let is = |at: &List| at.domain == position;
        !self.case.attacks.iter().any(|attack| match attack {
            Attack::Refuse { at, .. }
            | Attack::Misbehave { at, .. }
            | Attack::TotalOfPage { at, .. }
            | Attack::Total { at, .. }
            | Attack::Drop { at, .. }
            | Attack::Twice { at, .. }
            | Attack::MalformedId { at, .. }
            | Attack::Shuffle { at, .. }
            | Attack::Silence { at, .. }
            | Attack::Move { at, .. }
            | Attack::Body { at, .. } => is(at),
            Attack::Claims { domain, .. } | Attack::NotBoolean { domain, .. } => {
                *domain == position
            }
            Attack::DomainRow { .. } | Attack::Iam { .. } => self.case.discovers,
            Attack::Echo { place, .. } => match place {
                ListString(at)
                | Resources(at)
                | ResourcesKey(at)
                | Total(at)
                | ScimError(at, _)
                | GatewayError(at, _)
                | Html(at, _)
                | Header(at, _)
                | Row(at, _) => is(at),
                Iam(_) | IamRow(_) => self.case.discovers,
                _ => false,
            },
            _ => false,
        })
    }

    /// Users who exist are in the usage file, or the users are not complete.
    fn users(&self, domain: usize) -> Vec<Broken> {
        let at = List {
            domain,
            of: ResourceType::Users,
        };
        let mut found = self.totals(at);
        let name = self.case.domains[domain].name;
        let Some(rows) = self.outcome.rows(&format!("usage-{name}.csv")) else {
            return found;
        };
        if !self.says_complete(at) {
            return found;
        }
        let read: BTreeSet<_> = rows.iter().map(|row| row["user_name"].as_str()).collect();
        let echoes = self
            .case
            .attacks
            .iter()
            .any(|attack| matches!(attack, Attack::Echo { .. }));
        for user in self.outcome.before[domain].users() {
            if !read.contains(user.user_name())
                && !echoes
                && !self.is_unknowable(at, user.id(), user.created.as_deref(), None)
            {
                let detail = format!("{name}: {} of {:?}", user.user_name(), self.story(at));
                found.push(broken(
                    "users are complete only if every user is listed",
                    detail,
                ));
                break;
            }
        }
        let evidence = &self.outcome.evidence;
        let is_listed = |holder: &String| evidence.users.contains_key(&(domain, holder.clone()));
        let holders = evidence
            .holders
            .iter()
            .filter(|((own, _), _)| *own == domain);
        let (listed, not_listed): (Vec<_>, Vec<_>) =
            holders.partition(|(_, holder)| is_listed(holder));
        if not_listed.len() >= 3 && not_listed.len() * 100 > listed.len() + not_listed.len() {
            let detail = format!(
                "{name}: {} of {}",
                not_listed.len(),
                listed.len() + not_listed.len()
            );
            found.push(broken(
                "users are not complete if many credentials name others",
                detail,
            ));
        }
        found
    }

    /// Credentials that exist are reported, or their type is not complete.
    fn credentials(&self, at: List) -> Vec<Broken> {
        let mut found = self.totals(at);
        let place = format!("{} {:?}", self.case.domains[at.domain].name, at.of);
        let answered = self
            .outcome
            .evidence
            .of(at)
            .any(|answer| answer.page.is_some());
        if !answered {
            found.extend(self.refused(at, &place));
            return found;
        }
        if !self.says_complete(at) || !self.has_report {
            return found;
        }
        let (before, after) = (
            &self.outcome.before[at.domain],
            &self.outcome.after[at.domain],
        );
        let stays: BTreeSet<_> = after.credentials(at.of).iter().map(|row| &row.id).collect();
        for row in before.credentials(at.of) {
            let key = (at.domain, row.id.clone());
            if self.reported.contains_key(&key) || !stays.contains(&row.id) {
                continue;
            }
            if !self.is_unknowable(at, &row.id, row.created.as_deref(), Some(&row.holder.id)) {
                let detail = format!(
                    "{place}: {} of {} ({:?})",
                    row.id,
                    row.holder.user_name,
                    self.story(at)
                );
                found.push(broken(
                    "a type is complete only if every credential is reported",
                    detail,
                ));
                break;
            }
        }
        found
    }

    /// What holds for a type without any list.
    fn refused(&self, at: List, place: &str) -> Vec<Broken> {
        let mut found = Vec::new();
        if self.says_complete(at) || self.is_complete() {
            found.push(broken("a type without a list is not complete", place));
        }
        let coverage = self.coverage(at);
        let error = coverage["error"].as_str().unwrap_or_default();
        let statuses: Vec<_> = self
            .outcome
            .evidence
            .of(at)
            .map(|answer| answer.status)
            .collect();
        let was_refused = statuses.iter().all(|status| *status != 200);
        if error.is_empty() && was_refused {
            found.push(broken(
                "a type without a list has an error",
                format!("{place}: {coverage}"),
            ));
        } else if statuses
            .iter()
            .all(|status| matches!(status, 400 | 405 | 413))
            && statuses
                .first()
                .is_some_and(|first| error != format!("ERROR:{first}"))
        {
            let detail = format!("{place}: {error} after {statuses:?}");
            found.push(broken("a refused type keeps its first refusal", detail));
        }
        let name = self.case.domains[at.domain].name;
        let of = at
            .of
            .credential_index()
            .map_or("", |index| TYPE_NAMES[index]);
        for file in ["expiry", "usage"] {
            for row in self
                .outcome
                .rows(&format!("{file}-{name}.csv"))
                .unwrap_or_default()
            {
                let (may, count) = (&row[&format!("can_use_{of}")], &row[&format!("{of}_count")]);
                if may == "True" && count == "0" {
                    found.push(broken(
                        "the scripts' files show no 0 for a type without a list",
                        format!("{file} {place}"),
                    ));
                    break;
                }
            }
        }
        found
    }

    /// A list that counts more rows than it has is not complete.
    fn totals(&self, at: List) -> Vec<Broken> {
        if !self.says_complete(at) || !self.last_passes(at).iter().any(|pass| counts_more(pass)) {
            return Vec::new();
        }
        let name = self.case.domains[at.domain].name;
        let detail = format!("{name} {:?}: {:?}", at.of, self.story(at));
        vec![broken(
            "a list with fewer rows than it counts is not complete",
            detail,
        )]
    }

    /// The last pass over the whole list with each filter: its pages since the last first one.
    fn last_passes(&self, at: List) -> Vec<Vec<(&ListRequest, &PageReceived)>> {
        let mut passes = BTreeMap::<&str, Vec<_>>::new();
        for answer in self.outcome.evidence.of(at) {
            let request = &answer.request;
            let Some(page) = answer.page.as_ref().filter(|_| !request.form.is_by_user()) else {
                continue;
            };
            let pass = passes.entry(&request.filter).or_default();
            if request.start == 1 {
                pass.clear();
            }
            pass.push((request, page));
        }
        passes.into_values().collect()
    }

    /// The pages that were received for single users or groups of them, by those users.
    fn by_users(
        &self,
        at: List,
    ) -> BTreeMap<&BTreeSet<String>, Vec<(&ListRequest, &PageReceived)>> {
        let mut pages = BTreeMap::<_, Vec<_>>::new();
        for answer in self.outcome.evidence.of(at) {
            let request = &answer.request;
            if let Some(page) = answer.page.as_ref().filter(|_| request.form.is_by_user()) {
                pages
                    .entry(&request.users)
                    .or_default()
                    .push((request, page));
            }
        }
        pages
    }

    /// Whether the services gave one consistent account without this row, as the head of this folder defines it.
    fn is_unknowable(
        &self,
        at: List,
        id: &str,
        created: Option<&str>,
        holder: Option<&str>,
    ) -> bool {
        let evidence = &self.outcome.evidence;
        let received = || evidence.of(at).filter_map(|answer| answer.page.as_ref());
        let mut ids = received().flat_map(|page| &page.rows);
        if ids.any(|(own, _)| own.as_deref().is_none_or(|own| own == id)) {
            return false;
        }
        let users = || {
            let users = evidence.users.iter();
            users.filter(|((domain, _), _)| *domain == at.domain)
        };
        let claims = |holds: &Holdings| holds.ids.get(&at.of).is_some_and(|ids| ids.contains(id));
        if users().any(|(_, holds)| claims(holds) || holds.malformed.contains(&at.of)) {
            return false;
        }
        let (passes, by_users) = (self.last_passes(at), self.by_users(at));
        let contradicts = |pass: &Vec<_>| {
            self.has_full_page(at, pass) || has_other_totals(pass) || counts_more(pass)
        };
        if self.only_moves(at)
            || passes.iter().any(contradicts)
            || by_users.values().any(|pages| counts_more(pages))
        {
            return false;
        }
        let is_silent = holder.is_some_and(|holder| {
            let user = evidence.users.get(&(at.domain, holder.to_owned()));
            let is_asked = by_users.keys().any(|users| users.contains(holder));
            user.is_some_and(|holds| !holds.readable) && !is_asked
        });
        let undated = created.is_none_or(|date| DateTime::parse_from_rfc3339(date).is_err());
        let requests = || passes.iter().flatten().map(|(request, _)| request);
        let hides_undated = requests().any(|request| request.form.is_by_date())
            && !requests().any(|request| request.filter.contains(UNDATED));
        if passes.is_empty() {
            !is_silent
        } else if hides_undated && undated {
            at.of != ResourceType::Users && !is_silent
        } else {
            true
        }
    }

    /// Whether rows of the list move while they are read, and nothing else hides any.
    fn only_moves(&self, at: List) -> bool {
        let of_list = |attack: &&Attack| match attack {
            Attack::Misbehave { at: own, .. }
            | Attack::Drop { at: own, .. }
            | Attack::Silence { at: own, .. }
            | Attack::Body { at: own, .. } => *own == at,
            _ => false,
        };
        let attacks = self.case.attacks.iter();
        let requests = self.outcome.evidence.of(at).count() as u64;
        let moves = |attack: &Attack| matches!(attack, Attack::Move { at: own, request, .. } if *own == at && *request < requests);
        attacks.clone().any(moves) && attacks.filter(of_list).count() == 0
    }

    /// Whether a page was full by its own words, rows are behind it, and nobody asked for them.
    fn has_full_page(&self, at: List, pass: &[(&ListRequest, &PageReceived)]) -> bool {
        let hides = |attack: &Attack| matches!(attack, Attack::TotalOfPage { at: own, items_per_page: ItemsPerPage::Rows, .. } if *own == at);
        let is_full = |page: &PageReceived| {
            let rows = page.rows.len() as u64;
            rows > 0 && page.items_per_page.is_some_and(|full| rows >= full)
        };
        let furthest = pass.iter().map(|(request, _)| request.start).max();
        let behind = |request: &ListRequest, page: &PageReceived| {
            furthest > Some(request.start + page.rows.len() as u64 - 1)
        };
        let unasked = |(request, page): &(&ListRequest, &PageReceived)| {
            is_full(page) && !behind(request, page)
        };
        self.case.attacks.iter().any(hides) && pass.iter().any(unasked)
    }

    /// The answers about a list, as short as possible.
    fn story(&self, at: List) -> Vec<String> {
        let answers = self.outcome.evidence.of(at).map(|answer| {
            let (request, page) = (&answer.request, &answer.page);
            let page = page.as_ref().map_or_else(String::new, |page| {
                format!(
                    " {} rows of {:?}, {:?} a page",
                    page.rows.len(),
                    page.total,
                    page.items_per_page
                )
            });
            format!(
                "{:?} from {} for {} users: {}{page}",
                request.form,
                request.start,
                request.users.len(),
                answer.status
            )
        });
        answers.take(12).collect()
    }

    /// What holds for single rows of `credentials.csv`.
    fn rows(&self, domain: usize) -> Vec<Broken> {
        let mut found = Vec::new();
        let evidence = &self.outcome.evidence;
        let mut dates = BTreeMap::<&str, BTreeSet<_>>::new();
        for answer in evidence
            .lists
            .iter()
            .filter(|answer| answer.request.at.domain == domain)
        {
            for (id, created) in answer.page.iter().flat_map(|page| &page.rows) {
                if let (Some(id), Some(date)) = (id, created)
                    && let Ok(date) = DateTime::parse_from_rfc3339(date)
                {
                    dates.entry(id).or_default().insert(date);
                }
            }
        }
        for ((own, id), row) in &self.reported {
            if *own != domain {
                continue;
            }
            let oldest = dates
                .get(id.as_str())
                .filter(|dates| dates.len() > 1)
                .and_then(BTreeSet::first);
            let created = DateTime::parse_from_rfc3339(&row["created"]).ok();
            if oldest.is_some() && created.as_ref() != oldest {
                found.push(broken(
                    "the older date of a row wins",
                    format!("{id}: {} instead of {oldest:?}", row["created"]),
                ));
                break;
            }
            let holder = evidence.holders.get(&(domain, id.clone()));
            let Some(holds) =
                holder.and_then(|holder| evidence.users.get(&(domain, holder.clone())))
            else {
                continue;
            };
            if holds.not_boolean.contains("active") && !row["user_active"].is_empty() {
                found.push(broken(
                    "`active` that is not a boolean is unknown",
                    format!("{id}: {}", row["user_active"]),
                ));
                break;
            }
            let index = TYPE_NAMES
                .iter()
                .position(|name| *name == row["credential_type"])
                .unwrap_or_default();
            let capability = [
                "canUseApiKeys",
                "canUseAuthTokens",
                "",
                "",
                "",
                "canUseSmtpCredentials",
            ][index];
            if holds.not_boolean.contains(capability) && row["orphaned"] == "true" {
                found.push(broken(
                    "a capability that is not a boolean is unknown",
                    format!("{id} {}", CLAIM_NAMES[index]),
                ));
                break;
            }
        }
        found
    }

    /// Whether nothing says that the domain exists: no list has it, no earlier run read it, and it is not the Default domain,
    /// which each tenancy has.
    fn is_untraceable(&self, domain: usize) -> bool {
        let case = self.case;
        let drops = |attack: &Attack| matches!(attack, Attack::DomainRow { domain: own, how: FalseDomainRow::Dropped } if *own == domain);
        case.discovers
            && !case.follows_a_run
            && case.domains[domain].name != "Default"
            && case.attacks.iter().any(drops)
    }

    /// No text is an all-clear if a type had no list, or shows no row and nobody's claims vouch for it.
    fn clear(&self) -> Vec<Broken> {
        let evidence = &self.outcome.evidence;
        let mut reserved = None;
        for (domain, plan) in self.case.domains.iter().enumerate() {
            if self.is_untraceable(domain) {
                continue;
            }
            let vouches = |of: ResourceType| {
                let of_domain = |((own, _), _): &(&(usize, String), &Holdings)| *own == domain;
                let mut users = evidence.users.iter().filter(of_domain);
                users.any(|(_, holds)| holds.readable && !holds.malformed.contains(&of))
            };
            for of in ResourceType::CREDENTIALS {
                let pages = evidence
                    .of(List { domain, of })
                    .filter_map(|answer| answer.page.as_ref());
                let (mut answered, mut rows) = (false, false);
                for page in pages {
                    answered = true;
                    rows |= !page.rows.is_empty();
                }
                if !answered {
                    reserved = Some(format!("{} {of:?} had no list", plan.name));
                } else if !rows && !vouches(of) {
                    reserved.get_or_insert(format!("nobody vouches for {} {of:?}", plan.name));
                }
            }
        }
        let Some(reserved) =
            reserved.or_else(|| (!self.is_complete()).then(|| "PARTIAL".to_owned()))
        else {
            return Vec::new();
        };
        let texts = self.outcome.outputs();
        let read = ["subject", "digest", "report.html"];
        let clear = texts.iter().find(|(name, text)| {
            let text = text.to_lowercase();
            read.contains(&&**name)
                && (text.contains("no findings:") || text.contains("nothing to do"))
        });
        let promise = "no all-clear if a type was not read or nobody vouches for it";
        clear
            .map(|(name, _)| broken(promise, format!("{name}: {reserved}")))
            .into_iter()
            .collect()
    }
}

/// Whether a total is larger than the number of distinct rows.
fn counts_more(pages: &[(&ListRequest, &PageReceived)]) -> bool {
    let total = pages.iter().filter_map(|(_, page)| page.total).max();
    let ids: BTreeSet<_> = pages.iter().flat_map(|(_, page)| page.ids()).collect();
    total.is_some_and(|total| usize::try_from(total).is_ok_and(|total| total > ids.len()))
}

/// Whether the pages have different totals.
fn has_other_totals(pages: &[(&ListRequest, &PageReceived)]) -> bool {
    let totals: BTreeSet<_> = pages.iter().map(|(_, page)| page.total).collect();
    totals.len() > 1
}
