//! Lists that look complete and are not: nothing that nobody answered or confirmed reads as an all-clear.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::in_process::InProcess;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::model::{CrossCheck, Verdict};
use credential_audit::summary::Summary;
use serde_json::{Value, json};
use tenancy_sim::{Credential, Directory, Domain, Fault, Misbehavior, ResourceType, Tenancy, User};

use super::{DEFAULT, coverage};
use ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys, SmtpCredentials, Users};

const CLAIMS: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";

/// A date so many days before now.
fn days_ago(days: i64) -> String {
    let date = chrono::Utc::now() - chrono::TimeDelta::days(days);
    date.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Two users. Each has one new credential of each of these types.
fn two_users_with(credential_types: &[ResourceType]) -> Domain {
    let mut domain = Domain::named(DEFAULT);
    for name in ["jane.roe@example.com", "john.roe@example.com"] {
        let user = User::named(name);
        for credential_type in credential_types {
            domain = domain.credential(Credential::of(&user, *credential_type, 0, &days_ago(3)));
        }
        domain = domain.user(user);
    }
    domain
}

fn serve(domain: Domain) -> InProcess {
    InProcess::serve(Tenancy::empty().domain(domain))
}

/// Users do not list their credentials.
fn withhold_claims(tenancy: &InProcess) {
    let without = |user: &mut Value| {
        user.as_object_mut().expect("a user").remove(CLAIMS);
    };
    tenancy.fault(Fault::edit_rows(without).resource_type(Users));
}

/// Every text for people: the newest digest and the newest page.
fn texts(tenancy: &InProcess) -> [String; 2] {
    let message = tenancy.sim.messages().pop().expect("a message");
    let title = message.title.unwrap_or_default();
    [
        format!("{title}\n{}", message.body),
        tenancy.stored("report.html"),
    ]
}

fn assert_no_all_clear(tenancy: &InProcess) {
    for text in texts(tenancy) {
        let lower = text.to_lowercase();
        for words in ["all clear", "nothing to act on"] {
            assert!(!lower.contains(words), "{text}");
        }
    }
}

fn assert_partial(tenancy: &InProcess, summary: &Summary) {
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert_no_all_clear(tenancy);
}

#[tokio::test]
async fn type_whose_every_request_is_refused_keeps_its_first_refusal() {
    for (first, others) in [(405, 400), (400, 405), (413, 413), (400, 413)] {
        let tenancy = serve(two_users_with(&[AuthTokens]));
        let refusal = |status| Fault::scim_error(status, "no").resource_type(SmtpCredentials);
        tenancy.fault(refusal(first).nth(1));
        tenancy.fault(refusal(others).after(1));
        let summary = tenancy.audit().await;
        let refused = coverage(&summary, "smtp_credentials");
        assert_eq!(refused.read, None, "{first} {refused:?}");
        assert_eq!(refused.error, Some(format!("ERROR:{first}")));
        assert_partial(&tenancy, &summary);
        let usage = tenancy.stored("usage-Default.csv");
        assert!(usage.contains(&format!("ERROR:{first}")), "{usage}");
    }
}

#[tokio::test]
async fn users_who_claim_nothing_at_all_are_asked_for_a_refused_type() {
    // One user lists its credentials. The other does not, and holds one of the refused type.
    let listing = User::named("jane.roe@example.com");
    let silent = User::named("john.roe@example.com");
    let domain = Domain::named(DEFAULT)
        .credential(Credential::of(&listing, AuthTokens, 0, &days_ago(3)))
        .credential(Credential::of(&silent, CustomerSecretKeys, 0, LONG_AGO))
        .user(listing)
        .user(silent);
    let tenancy = serve(domain);
    let without = |user: &mut Value| {
        if user["userName"] == "john.roe@example.com" {
            user.as_object_mut().expect("a user").remove(CLAIMS);
        }
    };
    tenancy.fault(Fault::edit_rows(without).resource_type(Users));
    super::refuse_lists_of(&tenancy, CustomerSecretKeys, 405);
    let summary = tenancy.audit().await;
    assert_eq!(coverage(&summary, "customer_secret_keys").read, Some(1));
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}

#[tokio::test]
async fn single_users_are_asked_once_each() {
    // Their pages are never full, so no page behind is requested, also if no user lists what it holds.
    let tenancy = serve(even_domain(DEFAULT, 7, 2));
    withhold_claims(&tenancy);
    super::refuse_lists_of(&tenancy, AuthTokens, 405);
    let no_chunks = Fault::status(400).target_ends_with(".search");
    tenancy.fault(no_chunks.resource_type(AuthTokens));
    let summary = tenancy.audit().await;
    let tokens = coverage(&summary, "auth_tokens");
    assert_eq!(
        (tokens.read, tokens.mode.as_deref()),
        (Some(14), Some("single_users"))
    );
    let requests = tenancy.requests_for(AuthTokens);
    let of_users = requests
        .iter()
        .filter(|request| request.target.contains("filter=user.value"));
    assert_eq!(of_users.count(), 7);
}

#[tokio::test]
async fn too_many_users_to_ask_for_a_refused_type_are_a_gap() {
    let tenancy = serve(even_domain(DEFAULT, 2_003, 1));
    withhold_claims(&tenancy);
    super::refuse_lists_of(&tenancy, AuthTokens, 405);
    let summary = tenancy.audit().await;
    let tokens = coverage(&summary, "auth_tokens");
    assert_eq!(tokens.read, Some(2_000));
    assert!(tokens.gaps[0].contains("3 more users"), "{tokens:?}");
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 3);
    assert_partial(&tenancy, &summary);
}

#[tokio::test]
async fn claims_without_a_readable_id_make_their_type_partial() {
    let readable = json!({"authTokens": [{"value": "t1"}]});
    for (claims, of_api_keys, of_others) in [
        (
            json!({"apiKeys": [{"ocid": "ocid1.credential.oc1..a"}]}),
            1,
            0,
        ),
        (
            json!({"apiKeys": [{"$ref": "https://x"}, {"value": 17}, null]}),
            3,
            0,
        ),
        (json!({"apiKeys": [["nested"], true]}), 2, 0),
        (json!({"apiKeys": 2}), 1, 0),
        (json!({"apiKeys": "ocid1"}), 1, 0),
        (json!("apiKeys"), 1, 1),
        (json!([{"apiKeys": []}]), 1, 1),
        (json!(3), 1, 1),
    ] {
        let tenancy = serve(two_users_with(&[]));
        let (replaced, readable) = (claims.clone(), readable.clone());
        let replace = move |user: &mut Value| {
            let is_jane = user["userName"] == "jane.roe@example.com";
            user[CLAIMS] = if is_jane {
                replaced.clone()
            } else {
                readable.clone()
            };
        };
        tenancy.fault(Fault::edit_rows(replace).resource_type(Users));
        let summary = tenancy.audit().await;
        let check = |name| coverage(&summary, name).cross_check;
        assert_eq!(
            check("api_keys"),
            Some(CrossCheck::Unreadable(of_api_keys)),
            "{claims}"
        );
        let others = if of_others > 0 {
            CrossCheck::Unreadable(of_others)
        } else {
            CrossCheck::Ok
        };
        assert_eq!(check("smtp_credentials"), Some(others), "{claims}");
        assert_partial(&tenancy, &summary);
        let [digest, _] = texts(&tenancy);
        assert!(digest.contains("whose ids cannot be read"), "{digest}");
    }
}

#[tokio::test]
async fn empty_list_of_silent_users_is_named_and_no_all_clear() {
    for (shown, hidden, plural) in [
        (ApiKeys, CustomerSecretKeys, "Customer secret keys"),
        (SmtpCredentials, AuthTokens, "Auth tokens"),
    ] {
        let tenancy = serve(two_users_with(&[shown, hidden]));
        withhold_claims(&tenancy);
        let omit = Misbehavior::OmitRows(1);
        tenancy.sim.misbehave(DEFAULT, hidden, omit);
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_no_all_clear(&tenancy);
        for text in texts(&tenancy) {
            let named = text.split("Not confirmed: ").nth(1).expect("a sentence");
            let unwrapped = named.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(unwrapped.contains(plural), "{text}");
        }
    }
}

#[tokio::test]
async fn holder_who_does_not_claim_its_credential_confirms_no_list() {
    // Jane lists her credentials. John does not, and holds a token that is listed: so he may hold others, too.
    let tenancy = serve(two_users_with(&[AuthTokens, ApiKeys]));
    let without = |user: &mut Value| {
        if user["userName"] == "john.roe@example.com" {
            user.as_object_mut().expect("a user").remove(CLAIMS);
        }
    };
    tenancy.fault(Fault::edit_rows(without).resource_type(Users));
    let summary = tenancy.audit().await;
    let check = coverage(&summary, "smtp_credentials").cross_check;
    assert_eq!(check, Some(CrossCheck::NotPossible));
    assert_no_all_clear(&tenancy);
}

#[tokio::test]
async fn users_whose_record_lacks_a_listed_credential_confirm_no_list() {
    for claims in [json!({}), json!({"apiKeys": []})] {
        let tenancy = serve(two_users_with(&[AuthTokens]));
        let replaced = claims.clone();
        let replace = move |user: &mut Value| user[CLAIMS] = replaced.clone();
        tenancy.fault(Fault::edit_rows(replace).resource_type(Users));
        let summary = tenancy.audit().await;
        let check = coverage(&summary, "api_keys").cross_check;
        assert_eq!(check, Some(CrossCheck::NotPossible), "{claims}");
        assert_no_all_clear(&tenancy);
    }
}

#[tokio::test]
async fn user_list_that_credentials_contradict_is_partial_after_a_reread() {
    for (users, hidden) in [(40, 39), (40, 12), (300, 3)] {
        let tenancy = serve(even_domain(DEFAULT, users, 1));
        // The first users alone are listed, in no order, and the total agrees.
        let shorten = move |list: &mut Value| {
            let rows = list["Resources"].as_array_mut().expect("rows");
            rows.retain(|user| {
                let name = user["userName"].as_str().unwrap_or_default();
                let number: usize = name[5..10].parse().unwrap_or(0);
                number >= hidden
            });
            rows.reverse();
            list["totalResults"] = json!(users - hidden);
            list["itemsPerPage"] = json!(users - hidden);
        };
        tenancy.fault(Fault::edit(shorten).resource_type(Users));
        let summary = tenancy.audit().await;
        let coverage = &summary.run.domains[0].users_coverage;
        if hidden * 100 > users {
            assert!(
                coverage.gaps.iter().any(|gap| gap.contains("not listed")),
                "{hidden} of {users}: {coverage:?}"
            );
            assert_partial(&tenancy, &summary);
        } else {
            // So few may be of deleted users.
            assert!(coverage.is_complete(), "{coverage:?}");
            assert_eq!(summary.run.unlisted, hidden as u64 * 6);
        }
        assert!(tenancy.requests_for(Users).len() > 1, "looked again");
    }
}

#[tokio::test]
async fn user_who_is_found_by_id_makes_the_list_be_read_again() {
    // A user is left out of the first answer alone, as if a row had moved while it was read.
    let tenancy = serve(even_domain(DEFAULT, 250, 1));
    let shorten = |list: &mut Value| {
        list["Resources"].as_array_mut().expect("rows").pop();
        list["totalResults"] = json!(249);
    };
    tenancy.fault(Fault::edit(shorten).resource_type(Users).nth(1));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(
        (summary.run.domains[0].users, summary.run.unlisted),
        (250, 0)
    );
    let methods: Vec<_> = tenancy
        .requests_for(Users)
        .into_iter()
        .map(|request| request.method)
        .collect();
    assert_eq!(methods, ["GET", "POST", "GET", "GET"]);
}

#[tokio::test]
async fn user_who_exists_and_is_never_listed_makes_users_partial() {
    let tenancy = serve(even_domain(DEFAULT, 250, 1));
    let shorten = |list: &mut Value| {
        list["Resources"].as_array_mut().expect("rows").pop();
        list["totalResults"] = json!(249);
    };
    tenancy.fault(Fault::edit(shorten).resource_type(Users).method("GET"));
    let summary = tenancy.audit().await;
    let users = &summary.run.domains[0];
    assert_eq!(users.users, 250, "the user that was found is reported");
    assert!(
        users.users_coverage.gaps[0].contains("1 users exist that the list lacks"),
        "{users:?}"
    );
    assert_partial(&tenancy, &summary);
}

#[tokio::test]
async fn users_without_a_date_behind_a_date_filter_are_partial() {
    let dated = User::named("jane.roe@example.com");
    for refuses_other_filters in [false, true] {
        let mut undated = User::named("john.roe@example.com");
        undated.created = None;
        let domain = Domain::named(DEFAULT).user(dated.clone()).user(undated);
        let tenancy = serve(domain);
        let unfiltered = Misbehavior::RefuseUnfiltered(405);
        tenancy.sim.misbehave(DEFAULT, Users, unfiltered);
        if refuses_other_filters {
            let refused = Misbehavior::RefuseFilter("not".to_owned());
            tenancy.sim.misbehave(DEFAULT, Users, refused);
        }
        let summary = tenancy.audit().await;
        let users = &summary.run.domains[0].users_coverage;
        assert_eq!(
            users.gaps,
            ["listed with a date filter, which hides users without a date"]
        );
        assert_partial(&tenancy, &summary);
    }
    // A service that has no such user says so, and the list is complete.
    let tenancy = serve(Domain::named(DEFAULT).user(dated));
    let unfiltered = Misbehavior::RefuseUnfiltered(405);
    tenancy.sim.misbehave(DEFAULT, Users, unfiltered);
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
}

#[tokio::test]
async fn undated_credentials_of_silent_users_behind_a_date_filter_are_found_or_partial() {
    for (refuses_other_filters, empty_record) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        let user = User::named("jane.roe@example.com");
        let domain = Domain::named(DEFAULT)
            .credential(Credential::of(&user, AuthTokens, 0, LONG_AGO))
            .credential(Credential::of(&user, AuthTokens, 1, LONG_AGO).without_created())
            .user(user);
        let tenancy = serve(domain);
        // No record, or one that lists nothing.
        if empty_record {
            let empty = |user: &mut Value| user[CLAIMS] = json!({});
            tenancy.fault(Fault::edit_rows(empty).resource_type(Users));
        } else {
            withhold_claims(&tenancy);
        }
        let unfiltered = Misbehavior::RefuseUnfiltered(405);
        tenancy.sim.misbehave(DEFAULT, AuthTokens, unfiltered);
        if refuses_other_filters {
            let refused = Misbehavior::RefuseFilter("not".to_owned());
            tenancy.sim.misbehave(DEFAULT, AuthTokens, refused);
        }
        let summary = tenancy.audit().await;
        let hidden = u64::from(refuses_other_filters);
        assert_eq!(tenancy.assert_all_accounted_for(&summary), hidden);
        let is_complete = summary.run.verdict == Verdict::Complete;
        assert_eq!(is_complete, !refuses_other_filters, "{summary:?}");
    }
}

#[tokio::test]
async fn row_lost_between_pages_is_found_without_claims() {
    for (rows, page, by_users) in [
        (60, 25, false),
        (130, 30, false),
        (49, 20, true),
        (31, 7, true),
    ] {
        let tenancy = serve(even_domain(DEFAULT, rows, 1));
        withhold_claims(&tenancy);
        tenancy
            .sim
            .misbehave(DEFAULT, AuthTokens, Misbehavior::ClampPages(page));
        let swap = |directory: &mut Directory| {
            let mut by_ocid: Vec<_> = directory.credentials(AuthTokens).iter().collect();
            by_ocid.sort_by_key(|credential| credential.ocid());
            let (first, holder) = (by_ocid[0].id.clone(), by_ocid[0].holder.clone());
            directory.remove_credential(&first);
            let last = Credential::held_by(holder, AuthTokens, &"f".repeat(32)).created(LONG_AGO);
            directory.add_credential(last);
        };
        let mut second_page = Fault::change(swap).resource_type(AuthTokens);
        if by_users {
            super::refuse_lists_of(&tenancy, AuthTokens, 400);
            second_page = second_page.target_ends_with(".search");
        }
        tenancy.fault(second_page.nth(2));
        let summary = tenancy.audit().await;
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        assert_eq!(summary.run.verdict, Verdict::Complete, "{summary:?}");
    }
}

#[tokio::test]
async fn page_that_the_service_caps_is_probed_behind_its_end() {
    // The total agrees with the rows of one page, which is as long as the service makes them.
    for (rows, page, by_users) in [(90, 40, false), (47, 30, true)] {
        let tenancy = serve(even_domain(DEFAULT, rows, 1));
        withhold_claims(&tenancy);
        tenancy
            .sim
            .misbehave(DEFAULT, ApiKeys, Misbehavior::ClampPages(page));
        let low = move |list: &mut Value| list["totalResults"] = json!(page);
        let mut first_page = Fault::edit(low).resource_type(ApiKeys);
        if by_users {
            super::refuse_lists_of(&tenancy, ApiKeys, 413);
            first_page = first_page.target_ends_with(".search");
        }
        tenancy.fault(first_page.nth(1));
        let summary = tenancy.audit().await;
        assert_eq!(coverage(&summary, "api_keys").read, Some(rows as u64));
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
    }
}

#[tokio::test]
async fn row_returned_twice_counts_with_its_earlier_date_and_is_a_gap() {
    for (first, second) in [(400, 5), (5, 400)] {
        let tenancy = serve(two_users_with(&[AuthTokens]));
        let at = AtomicUsize::new(0);
        let twice = move |list: &mut Value| {
            at.fetch_add(1, Ordering::Relaxed);
            let rows = list["Resources"].as_array_mut().expect("rows");
            let mut again = rows[0].clone();
            rows[0]["meta"]["created"] = json!(days_ago(first));
            again["meta"]["created"] = json!(days_ago(second));
            rows.push(again);
            list["totalResults"] = json!(2);
        };
        tenancy.fault(Fault::edit(twice).resource_type(AuthTokens));
        let summary = tenancy.audit().await;
        let tokens = coverage(&summary, "auth_tokens");
        assert!(
            tokens
                .gaps
                .iter()
                .any(|gap| gap.contains("contradict other rows")),
            "{tokens:?}"
        );
        assert_eq!(summary.run.overdue, 1, "{first} and {second} days ago");
        assert_partial(&tenancy, &summary);
    }
}

#[tokio::test]
async fn error_message_under_status_200_is_not_an_empty_list() {
    for error in [
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"x","status":"403","totalResults":0}"#,
        r#"{"code":"NotAuthorizedOrNotFound","message":"x","totalResults":0,"Resources":[]}"#,
        r#"{"errorCode":17,"totalResults":"0"}"#,
    ] {
        let tenancy = serve(two_users_with(&[ApiKeys]));
        tenancy.fault(
            Fault::status(200)
                .body("application/scim+json", error)
                .resource_type(SmtpCredentials),
        );
        let summary = tenancy.audit().await;
        let refused = coverage(&summary, "smtp_credentials");
        assert_eq!(refused.read, None, "{error}");
        assert_eq!(refused.error.as_deref(), Some("ERROR:INVALID_ANSWER"));
        assert_partial(&tenancy, &summary);
    }
}

#[tokio::test]
async fn user_who_is_named_by_its_ocid_alone_is_listed() {
    // Credentials name their users by OCID alone. All of them are listed, or one of them is not.
    for hidden in [0, 1] {
        let tenancy = serve(even_domain(DEFAULT, 300, 1));
        let without_id = |row: &mut Value| {
            row["user"].as_object_mut().expect("a user").remove("value");
        };
        for credential_type in ResourceType::CREDENTIALS {
            tenancy.fault(Fault::edit_rows(without_id).resource_type(credential_type));
        }
        let shorten = move |list: &mut Value| {
            let rows = list["Resources"].as_array_mut().expect("rows");
            rows.truncate(300 - hidden);
            list["totalResults"] = json!(rows.len());
        };
        tenancy.fault(Fault::edit(shorten).resource_type(Users).method("GET"));
        let summary = tenancy.audit().await;
        assert_eq!(
            summary.run.unlisted, 0,
            "the hidden user is found by its OCID"
        );
        let users = &summary.run.domains[0].users_coverage;
        assert_eq!(users.is_complete(), hidden == 0, "{users:?}");
        let posts = tenancy.requests_for(Users);
        let posts = posts.iter().filter(|request| request.method == "POST");
        assert_eq!(posts.count(), hidden);
    }
}

#[tokio::test]
async fn users_whose_records_are_not_complete_are_asked_for_a_refused_type() {
    // Each user has a record of its credentials. John's is empty, and he holds a listed token: so he may hold others, too.
    let tenancy = serve(two_users_with(&[AuthTokens, SmtpCredentials]));
    let empty = |user: &mut Value| {
        if user["userName"] == "john.roe@example.com" {
            user[CLAIMS] = json!({"apiKeys": []});
        }
    };
    tenancy.fault(Fault::edit_rows(empty).resource_type(Users));
    super::refuse_lists_of(&tenancy, SmtpCredentials, 405);
    let summary = tenancy.audit().await;
    assert_eq!(coverage(&summary, "smtp_credentials").read, Some(2));
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}

#[tokio::test]
async fn one_holder_without_a_record_among_a_thousand_confirms_no_list() {
    let mut domain = even_domain(DEFAULT, 1_200, 0);
    for number in 0..1_200 {
        let user = User::named(&format!("user-{number:05}@example.com"));
        domain = domain.credential(Credential::of(&user, AuthTokens, 0, &days_ago(3)));
    }
    let tenancy = serve(domain);
    let without = |user: &mut Value| {
        if user["userName"] == "user-00700@example.com" {
            user.as_object_mut().expect("a user").remove(CLAIMS);
        }
    };
    tenancy.fault(Fault::edit_rows(without).resource_type(Users));
    let summary = tenancy.audit().await;
    let check = coverage(&summary, "smtp_credentials").cross_check;
    assert_eq!(check, Some(CrossCheck::NotPossible));
    assert_no_all_clear(&tenancy);
}

#[tokio::test]
async fn credential_created_during_the_run_is_not_missed_in_a_record() {
    let tenancy = serve(two_users_with(&[AuthTokens]));
    let create = |directory: &mut Directory| {
        let holder = directory.users()[0].clone();
        let new = Credential::of(&holder, ApiKeys, 0, &days_ago(0));
        directory.add_credential(new);
    };
    tenancy.fault(Fault::change(create).resource_type(ApiKeys).nth(1));
    tenancy.fault(Fault::delay(std::time::Duration::from_millis(300)).resource_type(ApiKeys));
    let summary = tenancy.audit().await;
    assert_eq!(coverage(&summary, "api_keys").read, Some(1));
    let check = coverage(&summary, "smtp_credentials").cross_check;
    assert_eq!(check, Some(CrossCheck::Ok));
}

#[tokio::test]
async fn names_of_attributes_are_read_in_any_case() {
    let tenancy = serve(two_users_with(&[AuthTokens, SmtpCredentials]));
    let upper = |user: &mut Value| {
        if user["userName"] == "john.roe@example.com" {
            let user = user.as_object_mut().expect("a user");
            let claims = user.remove(CLAIMS).expect("claims");
            user.insert(CLAIMS.to_uppercase(), claims);
        }
    };
    tenancy.fault(Fault::edit_rows(upper).resource_type(Users));
    let omit = Misbehavior::OmitRows(1);
    tenancy.sim.misbehave(DEFAULT, SmtpCredentials, omit);
    let summary = tenancy.audit().await;
    let check = coverage(&summary, "smtp_credentials").cross_check;
    assert_eq!(check, Some(CrossCheck::Missing(2)));
    assert_partial(&tenancy, &summary);
}

#[tokio::test]
async fn credential_returned_twice_with_two_users_is_a_gap() {
    let tenancy = serve(two_users_with(&[ApiKeys]));
    let twice = |list: &mut Value| {
        let rows = list["Resources"].as_array_mut().expect("rows");
        let mut again = rows[0].clone();
        again["user"] = rows[1]["user"].clone();
        rows.push(again);
    };
    tenancy.fault(Fault::edit(twice).resource_type(ApiKeys));
    let summary = tenancy.audit().await;
    let gaps = &coverage(&summary, "api_keys").gaps;
    assert!(
        gaps.iter().any(|gap| gap.contains("contradict other rows")),
        "{gaps:?}"
    );
    assert_partial(&tenancy, &summary);
}

#[tokio::test]
async fn user_returned_twice_with_other_facts_makes_users_partial() {
    let state = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";
    let signed_in = json!({ "lastSuccessfulLoginDate": LONG_AGO });
    let claims = json!({ "apiKeys": [{ "value": "another" }] });
    for (what, attribute, value) in [
        ("claims", CLAIMS, claims),
        ("sign-in", state, signed_in),
        ("name", "userName", json!("someone.else@example.com")),
        ("nothing", "unknown", json!("x")),
    ] {
        let tenancy = serve(two_users_with(&[ApiKeys]));
        let twice = move |list: &mut Value| {
            let rows = list["Resources"].as_array_mut().expect("rows");
            let mut again = rows[0].clone();
            again[attribute] = value.clone();
            rows.push(again);
        };
        tenancy.fault(Fault::edit(twice).resource_type(Users));
        let summary = tenancy.audit().await;
        let gaps = &summary.run.domains[0].users_coverage.gaps;
        let is_reported = gaps.iter().any(|gap| gap.contains("contradict other rows"));
        assert_eq!(is_reported, what != "nothing", "{what}: {gaps:?}");
    }
}

#[tokio::test]
async fn total_that_grows_behind_the_end_makes_a_list_partial() {
    for further in [1, 40] {
        let tenancy = serve(even_domain(DEFAULT, 30, 1));
        withhold_claims(&tenancy);
        let capped = Misbehavior::ClampPages(30);
        tenancy.sim.misbehave(DEFAULT, ApiKeys, capped);
        // The page behind the end has no row, and counts more rows than the list.
        let grow = move |list: &mut Value| list["totalResults"] = json!(30 + further);
        tenancy.fault(Fault::edit(grow).resource_type(ApiKeys).after(1));
        let summary = tenancy.audit().await;
        let keys = coverage(&summary, "api_keys");
        assert_eq!((keys.read, keys.expected), (Some(30), Some(30 + further)));
        assert_eq!(summary.run.verdict, Verdict::Partial);
    }
}

#[tokio::test]
async fn page_of_users_that_the_service_caps_is_probed_behind_its_end() {
    // Those who are not listed hold nothing, so that no credential names them.
    let mut domain = even_domain(DEFAULT, 30, 1);
    for number in 0..25 {
        domain = domain.user(User::named(&format!("zz-{number}@example.com")));
    }
    let tenancy = serve(domain);
    let shorten = |list: &mut Value| {
        let rows = list["Resources"].as_array_mut().expect("rows");
        rows.retain(|user| {
            user["userName"]
                .as_str()
                .is_some_and(|name| name.starts_with("user-"))
        });
        let rows = rows.len();
        list["totalResults"] = json!(rows);
        list["itemsPerPage"] = json!(rows);
    };
    tenancy.fault(Fault::edit(shorten).resource_type(Users).nth(1));
    let summary = tenancy.audit().await;
    assert!(tenancy.requests_for(Users).len() > 1);
    assert_eq!(summary.run.domains[0].users, 55);
}

#[tokio::test]
async fn user_with_two_ocids_is_a_gap() {
    // The key names Jane by its id and John by its OCID.
    let tenancy = serve(two_users_with(&[ApiKeys]));
    let other = tenancy.sim.directory(DEFAULT).users()[1].holder.ocid();
    let edit = move |list: &mut Value| {
        let rows = list["Resources"].as_array_mut().expect("rows");
        for row in rows {
            row["user"]["ocid"] = json!(other);
        }
    };
    tenancy.fault(Fault::edit(edit).resource_type(ApiKeys));
    let summary = tenancy.audit().await;
    assert_partial(&tenancy, &summary);
    let manifest: Value = serde_json::from_str(&tenancy.stored("manifest.json")).expect("JSON");
    let controls = manifest["controls"].as_array().expect("controls");
    assert!(
        controls
            .iter()
            .all(|control| control["status"] != "compliant"),
        "{controls:?}"
    );
}
