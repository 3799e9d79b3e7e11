//! Collects the rows of a list of credentials.

use crate::credential_type::CredentialType;
use crate::model::{CreatorIndex, Credential, CredentialList, ScimId, TypeFact};

use super::claims::{ClaimComparison, Claims};
use super::page::{InvalidPage, PageSummary, read_page};
use super::row_budget::RowsSize;
use super::rows::{WireCredential, id_hash};
use super::seen_ids::SeenIds;
use super::sinks::{NamedUser, RowSink, SharedHolders, index, stored};

/// What a row takes besides its texts: the credential, and its id seen.
const ROW_BYTES: usize = size_of::<Credential>() + 16;
/// How an OCID starts. SCIM ids are hex.
const OCID_PREFIX: &str = "ocid1.";

/// Collects credentials of one type.
#[derive(Debug)]
pub struct CredentialSink {
    credential_type: CredentialType,
    holders: SharedHolders,
    seen: SeenIds,
    /// What users take that only these credentials name.
    holder_bytes: usize,
    /// The credentials so far.
    pub list: CredentialList,
}

impl CredentialSink {
    /// A sink without a credential.
    pub fn new(credential_type: CredentialType, holders: SharedHolders) -> Self {
        Self {
            credential_type,
            holders,
            seen: SeenIds::default(),
            holder_bytes: 0,
            list: CredentialList::default(),
        }
    }

    fn add(&mut self, row: &WireCredential<'_>, id: &str) {
        let user = self.user_of(row);
        self.holder_bytes += user.bytes;
        if user.contradicts {
            self.seen.contradictory.insert(self.list.rows.len());
        }
        let (store, creators) = (&mut self.list.text, &mut self.list.creators);
        let labels = self.credential_type.row().labels.iter();
        let label = labels
            .map(|label| row.label(label).text())
            .find(|label| !label.trim().is_empty());
        let credential = Credential {
            id: ScimId::store(id, store),
            holder: user.holder,
            created: row.meta.created(),
            last_modified: row.meta.last_modified(),
            type_fact: TypeFact::new(self.credential_type, row.last_set_date.date(), row.scopes()),
            expires_on: row.expires_on.date(),
            label: store.push(&stored(label.unwrap_or_default())),
            creator: creators.store(&stored(row.created_by()), store),
        };
        self.list.rows.push(credential);
    }

    /// The user that a row names.
    fn user_of(&self, row: &WireCredential<'_>) -> NamedUser {
        let user = row.user.get();
        user.map_or(NamedUser::NONE, |user| {
            let (id, ocid) = (user.value.text(), user.ocid.text());
            if ocid.is_empty() && id.starts_with(OCID_PREFIX) {
                index(&self.holders, "", id)
            } else {
                index(&self.holders, id, ocid)
            }
        })
    }

    /// Compares a row with an earlier one of the same id. Of different dates the earlier one counts: it is overdue first. What may
    /// change while a list is read contradicts nothing, and is unknown if it differs; of the dates of modification, the later one
    /// counts.
    fn add_again(&mut self, row: &WireCredential<'_>, id: &str) {
        let list = &self.list;
        let ids = list
            .rows
            .iter()
            .map(|row| id_hash(&row.id.read(&list.text)));
        let Some(position) = self.seen.row_of(id, ids) else {
            return;
        };
        let user = self.user_of(row);
        self.holder_bytes += user.bytes;
        let list = &mut self.list;
        let known = &mut list.rows[position];
        if list.creators.name(known.creator, &list.text) != stored(row.created_by()) {
            known.creator = CreatorIndex::NONE;
        }
        let credential_type = self.credential_type;
        let last_set = |row: &Credential| row.type_fact.last_set(credential_type);
        let facts = |row: &Credential| (row.created, last_set(row), row.expires_on, row.holder);
        let again = Credential {
            holder: user.holder,
            created: row.meta.created(),
            type_fact: TypeFact::new(credential_type, row.last_set_date.date(), row.scopes()),
            expires_on: row.expires_on.date(),
            ..*known
        };
        if facts(known) != facts(&again) {
            self.seen.contradictory.insert(position);
            known.created = known.created.earlier(again.created);
            known.expires_on = known.expires_on.earlier(again.expires_on);
        }
        known.last_modified = known.last_modified.later(row.meta.last_modified());
        let scopes = |row: &Credential| row.type_fact.scopes(credential_type);
        known.type_fact = TypeFact::new(
            credential_type,
            last_set(known).earlier(last_set(&again)),
            scopes(known).agreed_with(scopes(&again)),
        );
    }

    /// Compares the list with what users claim.
    pub fn compare(&self, claims: &Claims) -> ClaimComparison {
        claims.compare(&self.seen)
    }

    /// The rows of users who claim an id that the list lacks.
    pub fn users_missing(&self, claims: &Claims) -> impl Iterator<Item = usize> {
        claims.users_missing_from(&self.seen)
    }

    /// Credentials that were returned with one date or user, and again with another.
    pub fn contradictory(&self) -> u64 {
        self.seen.contradictory.len() as u64
    }

    /// Reserves as many rows as the service counts, up to a limit: the count is untrusted.
    fn reserve(&mut self, total: Option<u64>) {
        if self.list.rows.is_empty()
            && let Some(total) = total
        {
            let rows = usize::try_from(total).unwrap_or(0).min(200_000);
            self.list.rows.reserve_exact(rows);
        }
    }
}

impl RowSink for CredentialSink {
    fn add_page(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage> {
        let page = read_page::<WireCredential<'_>>(body)?;
        self.reserve(page.total());
        Ok(page.rows_with_id(
            |row| &row.id,
            |row, id, summary| {
                if self.seen.insert(id, summary) {
                    self.add(row, id);
                } else {
                    self.add_again(row, id);
                }
            },
        ))
    }

    fn start_pass(&mut self) {
        self.seen.start_pass();
    }

    fn row_count(&self) -> u64 {
        self.list.rows.len() as u64
    }

    fn size(&self) -> RowsSize {
        let rows = self.list.rows.len();
        RowsSize {
            rows: rows as u64,
            bytes: (rows * ROW_BYTES + self.list.text.bytes() + self.holder_bytes) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HolderIndex;
    use crate::model::Scopes;
    use crate::timestamp::DateReading;

    fn creator_of(sink: &CredentialSink, row: Credential) -> &str {
        sink.list.creators.name(row.creator, &sink.list.text)
    }

    fn credentials(body: &str) -> (CredentialSink, Result<PageSummary, InvalidPage>) {
        let mut sink =
            CredentialSink::new(CredentialType::CustomerSecretKeys, SharedHolders::default());
        let summary = sink.add_page(body.as_bytes());
        (sink, summary)
    }

    #[test]
    fn malformed_attribute_keeps_its_row_and_missing_id_counts_as_unreadable() {
        let body = r#"{"totalResults":5,"Resources":[
            {"id":"a","meta":{"created":"2026-01-01T00:00:00Z"},"user":{"value":"u1","ocid":"o1"},"displayName":"s3 \"x\"","unknown":{}},
            {"id":"b","meta":null,"user":null,"expiresOn":17,"displayName":"  ","description":"second"},
            {"id":"c","meta":7,"user":"u1"},
            {"meta":{}},
            42]}"#;
        let (sink, summary) = credentials(body);
        let expected = PageSummary {
            total: Some(5),
            rows: 5,
            new: 3,
            unreadable: 2,
            items_per_page: None,
        };
        assert_eq!(summary, Ok(expected));
        let label = |index: usize| sink.list.text.get(sink.list.rows[index].label);
        assert_eq!((label(0), label(1), label(2)), ("s3 \"x\"", "second", ""));
        assert_eq!(sink.list.rows[1].created, DateReading::MISSING);
        assert_eq!(sink.list.rows[1].expires_on, DateReading::UNREADABLE);
        assert_eq!(sink.list.rows[2].created, DateReading::UNREADABLE);
        assert_eq!(
            sink.holders
                .lock()
                .expect("a lock")
                .ocid(sink.list.rows[0].holder),
            "o1"
        );
    }

    #[test]
    fn attribute_with_invalid_json_is_malformed_and_keeps_its_row() {
        let body = r#"{"totalResults":"3","Resources":[
            {"id":"a","displayName":"\ud800","description":"half of a character","meta":{"created":"2026-01-01T00:00:00Z"}},
            {"id":"b","expiresOn":1e999,"meta":{"created":"\udc00"},"user":{"value":"u1"}},
            {"id":"c\ud800"}]}"#;
        let (sink, summary) = credentials(body);
        let expected = PageSummary {
            total: Some(3),
            rows: 3,
            new: 2,
            unreadable: 1,
            items_per_page: None,
        };
        assert_eq!(summary, Ok(expected));
        let [first, second] = sink.list.rows[..] else {
            panic!("{:?}", sink.list.rows)
        };
        assert_eq!(sink.list.text.get(first.label), "half of a character");
        assert!(first.created.instant().is_some());
        assert_eq!(second.expires_on, DateReading::UNREADABLE);
        assert_eq!(second.created, DateReading::UNREADABLE);
        assert_ne!(second.holder, HolderIndex::NONE);
    }

    #[test]
    fn attribute_that_is_given_twice_is_malformed_and_duplicate_resources_are_refused() {
        let (sink, summary) = credentials(
            r#"{"totalResults":2,"Resources":[
                {"id":"a","description":"old","expiresOn":"2026-01-01T00:00:00Z","description":"new","expiresOn":null,
                 "meta":{"created":"2026-01-01T00:00:00Z","created":"2026-06-01T00:00:00Z"}},
                {"id":"b","id":"c"}]}"#,
        );
        let summary = summary.map(|page| (page.new, page.unreadable));
        assert_eq!(summary, Ok((1, 1)));
        let row = sink.list.rows[0];
        let text = |span| sink.list.text.get(span);
        assert_eq!((&*row.id.read(&sink.list.text), text(row.label)), ("a", ""));
        assert_eq!(row.created, DateReading::UNREADABLE);
        // Null is not a second value.
        assert!(row.expires_on.instant().is_some());
        let twice = r#"{"totalResults":1,"Resources":[],"Resources":[{"id":"a"}]}"#;
        assert!(credentials(twice).1.is_err());
    }

    #[test]
    fn earlier_date_of_a_repeated_row_counts_and_is_reported() {
        let (mut sink, _) = credentials(
            r#"{"totalResults":2,"Resources":[
            {"id":"a","meta":{"created":"2026-05-01T00:00:00Z"},"expiresOn":"2026-09-01T00:00:00Z"},
            {"id":"b","meta":{"created":"2026-05-01T00:00:00Z"}},
            {"id":"a","meta":{"created":"2025-05-01T00:00:00Z"},"expiresOn":"2027-09-01T00:00:00Z"}]}"#,
        );
        assert_eq!((sink.row_count(), sink.contradictory()), (2, 1));
        let date = |text: &str| DateReading::parse(text);
        let row = sink.list.rows[0];
        assert_eq!(row.created, date("2025-05-01T00:00:00Z"));
        assert_eq!(row.expires_on, date("2026-09-01T00:00:00Z"));
        // Another pass repeats every row. A row that is the same both times contradicts nothing.
        sink.start_pass();
        for (created, contradictory) in [("2026-05-01T02:00:00+02:00", 1), ("", 2)] {
            let page = format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"b","meta":{{"created":"{created}"}}}}]}}"#
            );
            assert!(sink.add_page(page.as_bytes()).is_ok());
            assert_eq!(sink.contradictory(), contradictory, "{created}");
            assert_eq!(sink.list.rows[1].created, date("2026-05-01T00:00:00Z"));
        }
        // A row that is new after a repeated one is found again, too.
        for created in ["2026-05-01T00:00:00Z", "2024-05-01T00:00:00Z"] {
            let page = format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"c","meta":{{"created":"{created}"}}}}]}}"#
            );
            assert!(sink.add_page(page.as_bytes()).is_ok());
        }
        assert_eq!((sink.row_count(), sink.contradictory()), (3, 3));
        assert_eq!(sink.list.rows[2].created, date("2024-05-01T00:00:00Z"));
    }

    #[test]
    fn creator_is_known_by_name_or_else_by_id() {
        for (creator, expected) in [
            (
                r#"{"display":"Jane Roe","value":"u1","ocid":"o1"}"#,
                "Jane Roe",
            ),
            (r#"{"display":" ","value":"u1","ocid":"o1"}"#, "u1"),
            (r#"{"display":7,"value":null,"ocid":"o1"}"#, "o1"),
            (r#"{"type":"App"}"#, ""),
            ("null", ""),
            (r#""u1""#, ""),
        ] {
            let (sink, _) = credentials(&format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"a","idcsCreatedBy":{creator}}}]}}"#
            ));
            let row = sink.list.rows[0];
            assert_eq!(creator_of(&sink, row), expected, "{creator}");
        }
    }

    #[test]
    fn scopes_are_known_if_each_is_readable() {
        let read = |scopes: &str| {
            let (sink, _) = credentials(&format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"a","scopes":{scopes}}}]}}"#
            ));
            let row = sink.list.rows[0];
            row.type_fact.scopes(sink.credential_type)
        };
        let both =
            r#"[{"audience":"x","scope":"read"},{"audience":"x","scope":"write","unknown":1}]"#;
        assert_eq!(read(both), Scopes::of([("x", "write"), ("x", "read")]));
        for unknown in [
            "null",
            "[]",
            r#""read""#,
            r#"[{"audience":"x","scope":"read"},{"audience":"x"}]"#,
            r#"[{"audience":"x","scope":7}]"#,
            r#"["read"]"#,
        ] {
            assert!(!read(unknown).are_known(), "{unknown}");
        }
    }

    #[test]
    fn repeated_credential_that_was_modified_contradicts_nothing() {
        let mut sink = CredentialSink::new(
            CredentialType::OAuth2ClientCredentials,
            SharedHolders::default(),
        );
        let mut add = |modified: &str, creator: &str, scope: &str| {
            let page = format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"a","meta":{{"created":"2026-01-01T00:00:00Z","lastModified":"{modified}"}},
                    "idcsCreatedBy":{{"display":"{creator}"}},"scopes":[{{"audience":"x","scope":"{scope}"}}]}}]}}"#
            );
            assert!(sink.add_page(page.as_bytes()).is_ok());
            let row = sink.list.rows[0];
            let scopes = row.type_fact.scopes(sink.credential_type);
            let creator = creator_of(&sink, row).to_owned();
            (row.last_modified, creator, scopes, sink.contradictory())
        };
        let date = |text: &str| DateReading::parse(text);
        let (may, june) = ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
        let read = Scopes::of([("x", "read")]);
        let (modified, creator, scopes, _) = add(may, "Jane Roe", "read");
        assert_eq!((modified, creator.as_str()), (date(may), "Jane Roe"));
        assert_eq!(scopes, read);
        let (modified, creator, scopes, _) = add(june, "Jane Roe", "read");
        assert_eq!((modified, creator.as_str()), (date(june), "Jane Roe"));
        assert_eq!(scopes, read);
        let (modified, creator, scopes, contradictory) = add(may, "John Roe", "write");
        assert_eq!((modified, creator.as_str()), (date(june), ""));
        assert!(!scopes.are_known());
        assert_eq!(contradictory, 0);
    }

    #[test]
    fn error_message_under_a_status_of_success_is_not_a_list() {
        for error in [
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"totalResults":0}"#,
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"totalResults":1,"Resources":[{"id":"a"}]}"#,
            r#"{"schemas":"urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error","Resources":[]}"#,
            r#"{"totalResults":0,"status":"403","detail":"denied"}"#,
            r#"{"code":"NotAuthorizedOrNotFound","totalResults":0,"Resources":[]}"#,
            r#"{"error":{"x":1},"totalResults":0,"Resources":null}"#,
            r#"{"fault":{"faultstring":"expired"},"totalResults":0}"#,
            r#"{"totalResults":0,"Resources":[],"title":"Forbidden"}"#,
        ] {
            let (sink, summary) = credentials(error);
            assert!(summary.is_err(), "{error}");
            assert_eq!(sink.row_count(), 0, "{error}");
        }
        for list in [
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"error":null}"#,
            r#"{"schemas":["urn:example:ErrorList"],"totalResults":0}"#,
            r#"{"schemas":["urn:scim:ListResponse"],"totalResults":0,"nextCursor":"x"}"#,
            r#"{"totalResults":0,"startIndex":1,"itemsPerPage":0,"previousCursor":null}"#,
            r#"{"totalResults":1,"Resources":[{"id":"a"}],"title":"Keys"}"#,
            r#"{"totalResults":1,"Resources":[{"id":"a"}],"status":"ok","itemsPerPage":50}"#,
        ] {
            assert!(credentials(list).1.is_ok(), "{list}");
        }
    }

    #[test]
    fn body_that_is_not_a_list_adds_no_row() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            "{\"Resources\":7}",
            "{\"totalResults\":1,\"Resources\":{\"id\":\"a\"}}",
            "{\"totalResults\":1,\"Resources\":[{\"id\":\"a\"}]} trailing",
            "{\"totalResults\":1,\"Resources\":[{\"id\":\"a\"}",
            "null",
        ] {
            let (sink, summary) = credentials(body);
            assert!(summary.is_err(), "{body}");
            assert!(sink.list.rows.is_empty());
        }
        for body in [
            "{\"totalResults\":0}",
            "{\"totalResults\":0,\"Resources\":null}",
            "{\"Resources\":[]}",
        ] {
            assert!(
                credentials(body).1.is_ok_and(|page| page.rows == 0),
                "{body}"
            );
        }
    }

    #[test]
    fn second_pass_counts_rows_again_and_keeps_each_once() {
        let page = |ids: &[&str]| {
            let rows: Vec<_> = ids
                .iter()
                .map(|id| format!("{{\"id\":\"{id}\"}}"))
                .collect();
            format!(
                "{{\"totalResults\":{},\"Resources\":[{}]}}",
                ids.len(),
                rows.join(",")
            )
        };
        let mut sink = CredentialSink::new(CredentialType::ApiKeys, SharedHolders::default());
        assert_eq!(
            sink.add_page(page(&["a", "b", "a"]).as_bytes())
                .map(|page| page.new),
            Ok(2)
        );
        sink.start_pass();
        assert_eq!(
            sink.add_page(page(&["b", "c"]).as_bytes())
                .map(|page| page.new),
            Ok(2)
        );
        assert_eq!(sink.row_count(), 3);
    }

    #[test]
    fn credential_may_name_its_user_by_ocid_alone() {
        let (sink, _) = credentials(
            r#"{"totalResults":5,"Resources":[{"id":"a","user":{"ocid":"o1"}},{"id":"b","user":{"value":"","ocid":"o1"}},
                {"id":"c","user":{"value":7,"ocid":"o2"}},{"id":"d","user":{"ocid":""}},{"id":"e","user":{"value":"u1","value":"u2"}}]}"#,
        );
        let holders = sink.holders.lock().expect("a lock");
        let ocids: Vec<_> = sink
            .list
            .rows
            .iter()
            .map(|row| holders.ocid(row.holder))
            .collect();
        assert_eq!(ocids, ["o1", "o1", "o2", "", ""]);
        assert_eq!(sink.list.rows[0].holder, sink.list.rows[1].holder);
        assert_eq!(sink.list.rows[4].holder, HolderIndex::NONE);
    }
}
