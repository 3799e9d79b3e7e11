//! What users claim to have, compared with the lists.

use crate::common::in_process::InProcess;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::model::{CrossCheck, Verdict};
use tenancy_sim::{Credential, Directory, Fault, Misbehavior, ResourceType, Tenancy};

use super::{DEFAULT, coverage, refuse_lists_of};
use ResourceType::{ApiKeys, AuthTokens, Users};

#[tokio::test]
async fn empty_list_despite_claims_is_partial_after_one_reread() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 37, 1)));
    tenancy
        .sim
        .misbehave(DEFAULT, ApiKeys, Misbehavior::OmitRows(1));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(keys.cross_check, Some(CrossCheck::Missing(37)));
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert_eq!(tenancy.requests_for(ApiKeys).len(), 2);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 37);
    assert_eq!(
        coverage(&summary, "auth_tokens").cross_check,
        Some(CrossCheck::Ok)
    );
}

#[tokio::test]
async fn rows_read_before_a_refused_reread_count() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 40, 1)));
    tenancy
        .sim
        .misbehave(DEFAULT, ApiKeys, Misbehavior::OmitRows(4));
    tenancy.fault(Fault::status(403).resource_type(ApiKeys).nth(2));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!((keys.read, keys.expected), (Some(30), Some(30)), "{keys:?}");
    assert_eq!(keys.error.as_deref(), Some("UNAUTHORIZED"));
    assert_eq!(keys.cross_check, Some(CrossCheck::Missing(10)));
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 10);
}

#[tokio::test]
async fn claims_beyond_a_list_are_counted() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 2)));
    tenancy
        .sim
        .misbehave(DEFAULT, AuthTokens, Misbehavior::OmitRows(100));
    let summary = tenancy.audit().await;
    let tokens = coverage(&summary, "auth_tokens");
    assert_eq!(tokens.cross_check, Some(CrossCheck::Missing(20)));
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 20);
}

#[tokio::test]
async fn claim_with_unreadable_id_counts() {
    for claim in [
        r#"[{"value":null}]"#,
        r#"[7]"#,
        r#"{"value":"k1"}"#,
        r#""k1""#,
    ] {
        let mut tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1, 1)));
        tenancy = tenancy.set("AUDIT_CREDENTIAL_TYPES", "api_keys");
        let id = tenancy.sim.directory(DEFAULT).users()[0].id().to_owned();
        let claims = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
        let body = format!(
            r#"{{"totalResults":1,"Resources":[{{"id":"{id}","userName":"a","{claims}":{{"apiKeys":{claim}}}}}]}}"#
        );
        tenancy.fault(
            Fault::status(200)
                .body("application/scim+json", &body)
                .resource_type(Users),
        );
        refuse_lists_of(&tenancy, ApiKeys, 405);
        let summary = tenancy.audit().await;
        assert_eq!(coverage(&summary, "api_keys").read, Some(1), "{claim}");
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0, "{claim}");
    }
}

#[tokio::test]
async fn row_lost_between_fitting_pages_is_found_by_claims() {
    // One row is removed and one added between two pages: the totals match, and one row is never returned.
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 60, 2)))
        .set("AUDIT_CREDENTIAL_TYPES", "auth_tokens");
    let list = ResourceType::AuthTokens;
    tenancy
        .sim
        .misbehave("Default", list, Misbehavior::ClampPages(40));
    let swap = move |directory: &mut Directory| {
        let mut by_ocid: Vec<_> = directory.credentials(list).iter().collect();
        by_ocid.sort_by_key(|credential| credential.ocid());
        let (first, holder) = (by_ocid[0].id.clone(), by_ocid[0].holder.clone());
        directory.remove_credential(&first);
        let last = Credential::held_by(holder, list, &"f".repeat(32)).created(LONG_AGO);
        directory.add_credential(last);
    };
    tenancy.fault(Fault::change(swap).resource_type(list).nth(2));
    let summary = tenancy.audit().await;
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}
