//! The overview of a fleet: its order, its sums, and the page, CSV file, JSON and digest that show it.

use std::sync::Arc;

use credential_audit::fleet::{
    FailedRun, Figures, Hub, Oldest, Overview, Part, PartReading, RunFacts, RunId, Standing,
    TenancyId, TenancyReading, Trend, Trouble, Unusable,
};
use credential_audit::judge::Console;
use credential_audit::report::ReportOptions;
use credential_audit::report::digest::{
    DIGEST_MARKER, FleetFiles, MAX_BYTES, MAX_TITLE_CHARS, Message, compose_fleet,
    compose_fleet_failed, is_own_digest,
};
use credential_audit::report::fleet::{csv, json, page};
use credential_audit::server_text::ServerText;
use credential_audit::timestamp::{Timestamp, parse_iso_8601};

use proptest::prelude::*;

use crate::assert_golden;

fn at(text: &str) -> Timestamp {
    parse_iso_8601(text).expect("a time")
}

fn now() -> Timestamp {
    at("2026-11-29T12:00:00Z")
}

fn id(name: &str) -> TenancyId {
    TenancyId::parse(&format!("ocid1.tenancy.oc1..aaaaaaaa{name}")).expect("an OCID")
}

/// A run of a tenancy, this many hours ago, with this much to rotate, to remove and to review.
fn run(name: &str, hours: i64, now_counts: [u64; 3]) -> RunFacts {
    let started = now().plus_seconds(-hours * 3_600).to_chrono();
    let id = RunId::parse(&format!("{}-7f3a91", started.format("%Y%m%dT%H%M%SZ"))).expect("an id");
    let folder = format!(
        "fleet/ocid1.tenancy.oc1..aaaaaaaa{name}/{}/{}/",
        started.format("%Y/%m/%d"),
        id.as_str()
    );
    let to_act: u64 = now_counts.iter().sum();
    RunFacts {
        id,
        folder,
        name: Some(ServerText::new(name)),
        version: Some(ServerText::new("0.1.0")),
        is_complete: true,
        figures: Figures {
            domains: 2,
            incomplete_domains: 0,
            users: 412,
            credentials: 655,
            overdue: to_act / 2,
            due: 5,
            unknown: 0,
            expiring: 1,
            now: now_counts,
            week: 4,
            people: to_act.min(9),
            oldest: Oldest::Days(200 + to_act),
            trend: Some(Trend {
                change: 3,
                since: at("2026-11-22T06:00:00Z"),
            }),
        },
    }
}

fn whole(delivered: RunFacts) -> Vec<PartReading> {
    vec![PartReading {
        delivered: Some(delivered),
        ..PartReading::missing(Part::WHOLE)
    }]
}

fn reading(name: &str, parts: Vec<PartReading>) -> TenancyReading {
    TenancyReading {
        id: id(name),
        parts: Ok(parts),
    }
}

fn shards(name: &str, of: u8, missing: &[u8]) -> Vec<PartReading> {
    Part::all_of(of)
        .zip(1..)
        .filter(|(_, number)| !missing.contains(number))
        .map(|(part, _)| PartReading {
            delivered: Some(run(name, 6, [1, 0, 0])),
            ..PartReading::missing(part)
        })
        .collect()
}

fn failed(name: &str, reason: &str) -> Vec<PartReading> {
    vec![PartReading {
        delivered: Some(run(name, 30, [4, 0, 0])),
        trouble: Some(Trouble::Failed(FailedRun {
            started: at("2026-11-29T06:00:00Z"),
            reason: ServerText::new(reason),
            delivered: Some(now().plus_seconds(-30 * 3_600)),
        })),
        ..PartReading::missing(Part::WHOLE)
    }]
}

fn unusable(why: Unusable) -> Vec<PartReading> {
    vec![PartReading {
        trouble: Some(Trouble::Unusable(why, Some(at("2026-11-29T06:00:00Z")))),
        ..PartReading::missing(Part::WHOLE)
    }]
}

/// One tenancy of each sort.
fn readings() -> Vec<TenancyReading> {
    let partial = RunFacts {
        is_complete: false,
        figures: Figures {
            incomplete_domains: 1,
            trend: None,
            ..run("acme-lab", 6, [0, 0, 0]).figures
        },
        ..run("acme-lab", 6, [0, 0, 0])
    };
    let older = RunFacts {
        figures: Figures {
            oldest: Oldest::Unknown,
            trend: None,
            ..run("acme-old", 6, [0, 1, 0]).figures
        },
        version: None,
        ..run("acme-old", 6, [0, 1, 0])
    };
    let hostile = RunFacts {
        name: Some(ServerText::new("=cmd|'/c calc'!A1\u{202e}<b>acme-prod</b>")),
        ..run("evil", 6, [1, 1, 1])
    };
    let mut other_scheme = shards("acme-sharded", 4, &[]);
    other_scheme.extend(shards("acme-sharded", 8, &[2, 3]));
    vec![
        reading("acme-calm", whole(run("acme-calm", 6, [0, 0, 0]))),
        reading("acme-prod", whole(run("acme-prod", 6, [6, 11, 2]))),
        reading("acme-test", whole(run("acme-test", 6, [1, 0, 0]))),
        reading("acme-lab", whole(partial)),
        reading("acme-old", whole(older)),
        reading("acme-silent", whole(run("acme-silent", 60, [12, 0, 0]))),
        reading(
            "acme-broken",
            failed("acme-broken", "no domain was read: status 404"),
        ),
        reading("acme-eight", shards("acme-eight", 8, &[3])),
        reading("acme-sharded", other_scheme),
        reading("acme-other", unusable(Unusable::OtherTenancy)),
        reading("evil", whole(hostile)),
    ]
}

fn overview_of(readings: Vec<TenancyReading>, required: &[TenancyId]) -> Overview {
    let hub = Hub {
        namespace: "axaxnpcrorw5".to_owned(),
        bucket: "hub".to_owned(),
        prefix: "fleet/".to_owned(),
    };
    let console = Console {
        base_url: "https://cloud.oracle.com".to_owned(),
        region: "eu-frankfurt-1".to_owned(),
    };
    let run = ("20261129T120000Z-0c1d2e".to_owned(), "0.1.0");
    Overview::new(run, now(), hub, Some(console), readings, required)
}

fn overview() -> Arc<Overview> {
    let overview = overview_of(readings(), &[id("acme-new"), id("acme-prod")]);
    Arc::new(overview.with_other_folders(1))
}

/// An overview in which everything is fine.
fn clear() -> Arc<Overview> {
    let names = ["acme-one", "acme-two"];
    let readings = names.map(|name| reading(name, whole(run(name, 6, [0, 0, 0]))));
    Arc::new(overview_of(readings.into(), &[]))
}

fn text(chunks: &credential_audit::report::ChunkSource) -> String {
    let bytes: Vec<u8> = chunks().flatten().collect();
    assert_eq!(
        chunks().flatten().collect::<Vec<_>>(),
        bytes,
        "every run yields the same bytes"
    );
    String::from_utf8(bytes).expect("UTF-8")
}

fn stored() -> FleetFiles {
    FleetFiles::Stored {
        place: "https://cloud.oracle.com/object-storage/buckets/axaxnpcrorw5/reports/objects?region=eu-frankfurt-1".to_owned(),
        folder: "credential-audit/fleet-overview/2026/11/29/20261129T120000Z-0c1d2e/".to_owned(),
    }
}

/// Checks what is true of every digest.
fn checked(message: Message) -> Message {
    assert!(message.to_json().len() <= MAX_BYTES);
    assert!(message.as_repeat().to_json().len() <= MAX_BYTES);
    assert!(message.title.chars().count() <= MAX_TITLE_CHARS);
    assert!(is_own_digest(&message.body));
    let unfit = |it: char| it.is_control() && it != '\n';
    assert!(!message.body.chars().any(unfit), "{:?}", message.body);
    let last = message.body.lines().last().unwrap_or_default();
    assert!(last.starts_with(DIGEST_MARKER), "{last}");
    message
}

fn digest(overview: &Overview) -> Message {
    checked(compose_fleet(
        overview,
        &stored(),
        10,
        Some("eu-frankfurt-1"),
    ))
}

fn shown(message: &Message) -> String {
    format!("Subject: {}\n\n{}", message.title, message.body)
}

#[test]
fn digest_of_a_fleet_is_golden() {
    assert_golden!(
        shown(&digest(&overview())),
        "../golden/reports/fleet-digest.txt"
    );
    assert_golden!(
        shown(&digest(&clear())),
        "../golden/reports/fleet-digest-clear.txt"
    );
    let failed = compose_fleet_failed(
        "20261129T120000Z-0c1d2e",
        "the list failed: status 404",
        None,
    );
    assert_golden!(
        shown(&checked(failed)),
        "../golden/reports/fleet-digest-failed.txt"
    );
}

#[test]
fn csv_file_and_json_of_a_fleet_are_golden() {
    let overview = overview();
    assert_golden!(
        text(&csv(&overview, ReportOptions::default())),
        "../golden/reports/fleet.csv"
    );
    assert_golden!(json(&overview), "../golden/reports/fleet.json");
    let with_mark = text(&csv(&overview, ReportOptions { csv_bom: true }));
    assert!(with_mark.starts_with('\u{feff}'));
}

#[test]
fn page_of_a_fleet_is_golden_and_sends_no_request() {
    let page = text(&page(&overview()));
    let (head, body) = page.split_once("</head>").expect("a head");
    assert!(head.contains("default-src 'none'; img-src data:; style-src 'sha256-"));
    for request in ["<script", "<img", "<iframe", "<object", "@import", "url("] {
        assert!(!page.contains(request), "{request}");
    }
    assert!(!page.contains('\u{202e}') && !page.contains("<b>acme-prod"));
    let links: Vec<_> = body.match_indices("href=\"http").collect();
    assert_eq!(links.len(), 1, "the bucket in the console");
    assert_golden!(body.to_owned(), "../golden/reports/fleet-body.html");
}

#[test]
fn fleet_is_clear_only_if_every_tenancy_is_known() {
    let page_of = |overview: &Arc<Overview>| text(&page(overview));
    assert!(page_of(&clear()).contains("Nothing to do now in 2 tenancies."));
    let empty = Arc::new(overview_of(Vec::new(), &[]));
    let texts = [page_of(&empty), digest(&empty).body];
    for text in texts {
        assert!(text.contains("No tenancy has reported."), "{text}");
        assert!(!text.contains("Nothing to do"), "{text}");
    }
    let mut readings = vec![reading("acme-one", whole(run("acme-one", 6, [0, 0, 0])))];
    readings.push(reading("acme-two", shards("acme-two", 2, &[2])));
    let missing = Arc::new(overview_of(readings, &[]));
    for text in [page_of(&missing), digest(&missing).body] {
        assert!(!text.contains("Nothing to do"), "{text}");
        assert!(
            text.contains("At least 1 credential needs action now"),
            "{text}"
        );
    }
}

#[test]
fn tenancy_without_any_current_shard_has_its_most_urgent_problem() {
    let with_failed = |delivered_hours: i64| {
        let mut parts = shards("acme", 8, &[3]);
        for part in &mut parts {
            part.delivered = Some(run("acme", delivered_hours, [1, 0, 0]));
        }
        parts.extend(failed("acme", "no domain was read"));
        parts[7].part = Part::parse("3/8").expect("a part");
        parts
    };
    for (hours, standing) in [(60, Standing::Silent), (6, Standing::ShardsMissing)] {
        let mut readings = vec![reading("acme", with_failed(hours))];
        readings.push(reading("other", unusable(Unusable::Malformed)));
        let overview = overview_of(readings, &[]);
        let row = overview.rows.iter().find(|row| row.id == id("acme"));
        assert_eq!(row.map(|row| row.standing), Some(standing));
        // Only a tenancy that is known in part comes after one that cannot be read.
        let is_first = overview.rows[0].id == id("acme");
        assert_eq!(is_first, standing == Standing::Silent);
    }
}

#[test]
fn tenancy_whose_runs_were_not_listed_is_silent() {
    let why = || Unusable::NotRead("status 404".to_owned());
    let whole = TenancyReading {
        id: id("whole"),
        parts: Err(why()),
    };
    let part = reading(
        "part",
        vec![PartReading {
            trouble: Some(Trouble::Unusable(why(), None)),
            ..PartReading::missing(Part::WHOLE)
        }],
    );
    let recent = reading("recent", unusable(Unusable::OtherSchema { version: 1 }));
    let overview = overview_of(vec![whole, part, recent], &[]);
    assert_eq!(overview.totals.with(Standing::Unreadable), 3);
    assert_eq!(overview.totals.silent, 2);
}

#[test]
fn fleet_of_thousands_has_a_page_and_a_short_digest() {
    let large = large(3_000);
    assert!(text(&page(&large)).len() < 8 * 1024 * 1024);
    assert!(digest(&large).body.contains("\u{2026} and "));
}

/// Many tenancies, with names as long as they may be.
fn large(tenancies: usize) -> Arc<Overview> {
    let names = (0..tenancies).map(|number| {
        format!(
            "tenancy-with-a-very-long-name-{number:05}-{}",
            "x".repeat(40)
        )
    });
    let readings = names.map(|name| {
        let parts = whole(run(&name, 6, [name.len() as u64 % 7, 1, 0]));
        reading(&name, parts)
    });
    Arc::new(overview_of(readings.collect(), &[]))
}

/// What the tests of a browser open.
pub(crate) fn browser_pages() -> [(&'static str, String); 3] {
    [
        ("fleet", text(&page(&overview()))),
        ("fleet-clear", text(&page(&clear()))),
        ("fleet-large", text(&page(&large(500)))),
    ]
}

fn any_part() -> impl Strategy<Value = PartReading> {
    let part = prop_oneof![
        3 => Just(Part::WHOLE),
        1 => (1_u8..=3).prop_map(|number| Part::parse(&format!("{number}/3")).expect("a part")),
    ];
    let figures = (0_i64..80, prop::array::uniform3(0_u64..3), any::<bool>());
    let trouble = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Trouble::Unusable(Unusable::Malformed, None))),
        1 => Just(Some(Trouble::NotFound)),
        1 => Just(Some(Trouble::Failed(FailedRun { started: now(), reason: ServerText::new("x"), delivered: None }))),
    ];
    (part, prop::option::of(figures), trouble).prop_map(|(part, figures, trouble)| PartReading {
        part,
        delivered: figures.map(|(hours, counts, is_complete)| RunFacts {
            is_complete,
            ..run("t", hours, counts)
        }),
        trouble,
    })
}

proptest! {
    #[test]
    fn every_tenancy_has_one_row_in_the_order_of_urgency(all in prop::collection::vec(prop::collection::vec(any_part(), 0..5), 0..12)) {
        let readings: Vec<_> = all.into_iter().enumerate().map(|(number, parts)| reading(&format!("t{number}"), parts)).collect();
        let ids: std::collections::BTreeSet<_> = readings.iter().map(|reading| reading.id.clone()).collect();
        let overview = overview_of(readings, &[id("t0"), id("required")]);
        let mut expected = ids;
        expected.extend([id("t0"), id("required")]);
        let found: std::collections::BTreeSet<_> = overview.rows.iter().map(|row| row.id.clone()).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(overview.rows.len(), expected.len());
        for pair in overview.rows.windows(2) {
            let (first, second) = (&pair[0], &pair[1]);
            prop_assert!(!first.standing.is_current() || second.standing.is_current(), "unknown tenancies come first");
            let to_act = |row: &credential_audit::fleet::TenancyRow| row.figures.as_ref().map_or(0, Figures::to_act);
            if first.standing.is_current() {
                prop_assert!(to_act(first) >= to_act(second));
            }
        }
        for row in &overview.rows {
            prop_assert_eq!(row.standing == Standing::Complete, row.problems.is_empty() && row.runs.iter().all(|run| run.is_complete));
            prop_assert_eq!(row.standing.is_current(), row.problems.is_empty());
            let sum: u64 = row.runs.iter().map(|run| run.figures.credentials).sum();
            prop_assert_eq!(row.figures.as_ref().map_or(0, |figures| figures.credentials), sum);
        }
        let credentials: u64 = overview.rows.iter().filter_map(|row| Some(row.figures.as_ref()?.credentials)).sum();
        prop_assert_eq!(overview.totals.figures.credentials, credentials);
        let standings: u64 = Standing::ALL.iter().map(|standing| overview.totals.with(*standing)).sum();
        prop_assert_eq!(standings, overview.rows.len() as u64);
        digest(&overview);
    }
}
