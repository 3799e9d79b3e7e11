//! Every shard has its own domains, and all of them together are one run.

use std::collections::BTreeSet;

use credential_audit::model::Verdict;
use credential_audit::run::RunError;
use credential_audit::summary::{MetricsSkipReason, MetricsSummary, Notification, Summary};
use serde_json::{Map, Value};
use tenancy_sim::{Fault, Service, Tenancy};

use super::{NOW, domains, forty_domains, of_shard, one_small_domain, rows, runs};
use crate::changes::DailyRuns;
use crate::common::even_domain;

const SHARDS: usize = 8;

async fn shard(runs: &DailyRuns, number: usize, shards: usize) -> Summary {
    let summary = runs.invoke(NOW, &of_shard(number, shards)).await;
    summary.expect("a run")
}

async fn all_shards(runs: &DailyRuns) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for number in 1..=SHARDS {
        summaries.push(shard(runs, number, SHARDS).await);
    }
    summaries
}

/// Every number in a summary of a run, by its path; lists are left out.
fn numbers(summary: &Summary) -> Map<String, Value> {
    fn add(path: &str, value: &Value, numbers: &mut Map<String, Value>) {
        match value {
            Value::Number(_) => drop(numbers.insert(path.to_owned(), value.clone())),
            Value::Object(object) => object
                .iter()
                .for_each(|(key, value)| add(&format!("{path}/{key}"), value, numbers)),
            _ => {}
        }
    }
    let mut all = Map::new();
    add(
        "",
        &serde_json::to_value(&summary.run).expect("JSON"),
        &mut all,
    );
    all
}

#[tokio::test]
async fn eight_shards_together_are_one_run() {
    let runs = runs(forty_domains());
    let one = runs.invoke(NOW, &Value::Null).await.expect("a run");
    assert_eq!(one.run.domains.len(), 40);
    assert_eq!(one.run.verdict, Verdict::Complete);
    let shards = all_shards(&runs).await;

    let mut together: Vec<_> = shards.iter().flat_map(|shard| rows(&runs, shard)).collect();
    let mut expected = rows(&runs, &one);
    together.sort();
    expected.sort();
    assert!(expected.len() > 500, "{}", expected.len());
    assert_eq!(together, expected);

    let mut sums = Map::new();
    for shard in &shards {
        assert_eq!(shard.run.verdict, Verdict::Complete);
        for (path, number) in numbers(shard) {
            let sum = sums.entry(path).or_insert(0.into());
            *sum = (sum.as_u64().expect("a count") + number.as_u64().expect("a count")).into();
        }
    }
    let counted = numbers(&one);
    assert!(counted.len() > 20, "{counted:?}");
    assert_eq!(sums, counted);
    assert!(one.run.people > 0 && one.run.excepted > 0 && one.run.user_inactive > 0);

    let mut names: Vec<_> = shards.iter().flat_map(domains).collect();
    names.sort();
    assert_eq!(names, domains(&one), "each domain in one shard");
    let mut notices: Vec<_> = shards
        .iter()
        .flat_map(|shard| shard.run.notices.clone())
        .collect();
    notices.sort();
    let mut expected = one.run.notices;
    expected.sort();
    assert_eq!(notices, expected, "what is skipped is said once");
}

#[tokio::test]
async fn shard_says_so_in_every_text_and_publishes_nothing() {
    let runs = runs(forty_domains());
    let summary = shard(&runs, 2, SHARDS).await;
    assert_eq!(
        summary.run.shard.map(|shard| shard.to_string()),
        Some("2/8".to_owned())
    );
    assert!(runs.sim.messages().is_empty());
    let skipped = serde_json::to_value(&summary.delivery.notification).expect("JSON");
    assert_eq!(skipped["skipped"], "a shard publishes only failures");
    let id = &summary.run.run_id;
    let text = |name: &str| runs.object(id, name).unwrap_or_else(|| panic!("{name}"));
    assert!(text("report.html").contains("SHARD 2/8"));
    assert!(text("by-person.csv").contains("SHARD 2/8: "));
    assert!(text("manifest.json").contains("\"shard\": \"2/8\""));
    let folder = format!("credential-audit/shard-2-of-8/2026/11/19/{id}/");
    for object in &summary.delivery.objects {
        assert!(object.name.starts_with(&folder), "{}", object.name);
    }
    assert!(text("delivered.json").contains("a shard publishes only failures"));
    // It does not know what other shards have: neither compliant, nor an entry that nothing matches.
    assert!(
        !text("manifest.json").contains("\"COMPLIANT\""),
        "{}",
        text("manifest.json")
    );
    assert!(!text("report.html").contains("matches nothing"));
    let whole = runs.invoke(NOW, &Value::Null).await.expect("a run");
    let page = runs
        .object(&whole.run.run_id, "report.html")
        .expect("a page");
    assert!(!page.contains("SHARD"));
    assert!(
        runs.sim.messages()[0].body.contains("nobody@example.com"),
        "the whole run knows"
    );
}

#[tokio::test]
async fn shard_posts_no_metrics() {
    let mut runs = runs(Tenancy::empty().domain(one_small_domain()));
    runs.set("AUDIT_METRICS_NAMESPACE", "credential_audit");
    let summary = shard(&runs, 1, 1).await;
    let skipped = MetricsSummary::Skipped(MetricsSkipReason::Shard);
    assert_eq!(summary.delivery.metrics, Some(skipped));
    assert!(runs.sim.metrics().is_empty());
}

#[tokio::test]
async fn shard_mails_no_holder() {
    let mut runs = runs(Tenancy::empty().domain(one_small_domain()));
    runs.set("AUDIT_HOLDER_MAIL", "week");
    runs.set("AUDIT_HOLDER_MAIL_SENDER", "audit@example.com");
    let compartment = runs.sim.tenancy().to_owned();
    runs.set("AUDIT_HOLDER_MAIL_COMPARTMENT", &compartment);
    let summary = shard(&runs, 1, 1).await;
    let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
    assert_eq!(delivery["holder_mail"]["skipped"], "shard");
    assert!(runs.sim.emails().is_empty());
}

#[tokio::test]
async fn shard_without_a_domain_is_complete_and_clears_nothing() {
    let runs = runs(Tenancy::empty().domain(one_small_domain()));
    let shards = all_shards(&runs).await;
    let (empty, full): (Vec<_>, Vec<_>) =
        shards.iter().partition(|shard| domains(shard).is_empty());
    assert_eq!((empty.len(), full.len()), (7, 1));
    for shard in empty {
        assert_eq!(shard.run.verdict, Verdict::Complete);
        assert_eq!(shard.run.credentials, 0);
        let id = &shard.run.run_id;
        assert!(runs.object(id, "delivered.json").is_some());
        let page = runs.object(id, "report.html").expect("a page");
        assert!(page.contains("<p>This shard has no domain.</p>"), "{page}");
        let title = page
            .split("<h1>")
            .nth(1)
            .and_then(|rest| rest.split("</h1>").next());
        assert_eq!(title, Some("Nothing to do: this shard has no domain."));
        assert!(rows(&runs, shard).is_empty());
    }
}

#[tokio::test]
async fn domains_that_come_and_go_move_no_other() {
    let tenancy = |names: &[&str]| {
        let domains = names.iter().map(|name| even_domain(name, 1, 1));
        runs(domains.fold(Tenancy::empty(), Tenancy::domain))
    };
    let before = tenancy(&["Default", "A", "B", "C", "D", "E"]);
    let after = tenancy(&["Z", "E", "Y", "D", "Default", "B", "X"]);
    let mut seen = BTreeSet::new();
    for number in 1..=4 {
        let (before, after) = tokio::join!(shard(&before, number, 4), shard(&after, number, 4));
        let (before, after) = (domains(&before), domains(&after));
        for name in ["Default", "B", "D", "E"] {
            let name = name.to_owned();
            assert_eq!(
                before.contains(&name),
                after.contains(&name),
                "{name} in {number}"
            );
        }
        for name in after {
            assert!(seen.insert(name.clone()), "{name} twice");
        }
    }
    assert_eq!(seen.len(), 7);
}

#[tokio::test]
async fn domains_that_settings_name_do_not_move_if_their_names_cannot_be_looked_up() {
    let domains_of = ["Default", "A", "B", "C", "D", "E"].map(|name| even_domain(name, 1, 1));
    let tenancy = domains_of
        .into_iter()
        .fold(Tenancy::empty(), Tenancy::domain);
    let mut runs = runs(tenancy);
    let urls = runs.sim.domain_urls();
    runs.set("AUDIT_DOMAIN_URLS", &urls.join(","));
    let mut read = Vec::new();
    for number in 1..=3 {
        // The second shard knows no OCID.
        let refused = runs.sim.faults();
        if number == 2 {
            runs.fault(Fault::status(404).service(Service::Identity));
        }
        let summary = shard(&runs, number, 3).await;
        refused.clear();
        read.extend(summary.run.domains.iter().map(|domain| domain.url.clone()));
    }
    read.sort();
    let mut expected = urls;
    expected.sort();
    let normal = |urls: Vec<String>| -> Vec<String> {
        urls.iter()
            .map(|url| url.trim_end_matches('/').to_owned())
            .collect()
    };
    assert_eq!(normal(read), normal(expected));
}

#[tokio::test]
async fn shard_that_cannot_know_its_domains_fails_and_publishes_that() {
    let runs = runs(Tenancy::empty().domain(one_small_domain()));
    runs.fault(Fault::status(404).service(Service::Identity));
    let result = runs.invoke(NOW, &of_shard(2, SHARDS)).await;
    assert!(
        matches!(result, Err(RunError::NothingRead { .. })),
        "{result:?}"
    );
    let messages = runs.sim.messages();
    assert_eq!(messages.len(), 1);
    let title = messages[0].title.as_deref().unwrap_or_default();
    assert!(title.contains("SHARD 2/8, FAILED"), "{title}");
    assert!(
        messages[0].body.contains("SHARD 2/8: "),
        "{}",
        messages[0].body
    );
}

#[tokio::test]
async fn shard_that_may_lack_a_domain_is_not_complete() {
    let domains_of = ["Default", "A", "B", "C"].map(|name| even_domain(name, 1, 1));
    let tenancy = domains_of
        .into_iter()
        .fold(Tenancy::empty(), Tenancy::domain);
    let runs = runs(tenancy.subscribed_to("eu-frankfurt-1"));
    runs.fault(Fault::status(404).target_contains("/regionSubscriptions"));
    for shard in all_shards(&runs).await {
        assert_eq!(shard.run.verdict, Verdict::Partial, "{:?}", domains(&shard));
        assert!(matches!(
            shard.delivery.notification,
            Notification::Skipped(_)
        ));
    }
}

#[tokio::test]
async fn reports_of_a_shard_that_are_not_stored_are_a_failure_that_is_published() {
    let runs = runs(Tenancy::empty().domain(one_small_domain()));
    runs.fault(
        Fault::status(403)
            .service(Service::ObjectStorage)
            .method("PUT"),
    );
    let result = runs.invoke(NOW, &of_shard(1, 1)).await;
    assert!(matches!(result, Err(RunError::Delivery(_))), "{result:?}");
    let title = runs.titles().remove(0);
    assert!(title.contains("SHARD 1/1, REPORTS NOT STORED"), "{title}");
}
