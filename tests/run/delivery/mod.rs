//! What a run delivers when services or credentials fail for a while, and how its time is shared.

mod cloud;
mod services;

use std::sync::OnceLock;
use std::time::Duration;

use credential_audit::run::{DeliveryError, RunError};

use self::cloud::{Cloud, Fate, Step};

/// Deadlines of calls of 5, 30, 100 and 300 seconds, and when reading and storing end in each.
const CALLS: [(f64, f64, f64); 4] = [
    (3.0, 1.2, 2.4),
    (28.0, 17.4, 22.4),
    (98.0, 80.2, 90.0),
    (298.0, 260.2, 290.0),
];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn is_not_stored<T>(result: &Result<T, RunError>) -> bool {
    matches!(
        result,
        Err(RunError::Delivery(DeliveryError::NotStored { .. }))
    )
}

/// Asserts that the only message says that reports are not stored, and was published when storing had ended.
fn assert_not_stored_is_published(cloud: &Cloud, storing_ends: f64, what: &str) {
    let published = cloud.published();
    let [(at, title)] = &published[..] else {
        panic!("{what}: expected one message: {published:?}");
    };
    assert!(title.contains("REPORTS NOT STORED"), "{what}: {title}");
    let late = at.as_secs_f64() - storing_ends;
    assert!((0.0..0.1).contains(&late), "{what}: {late} s");
}

#[tokio::test(start_paused = true)]
async fn silent_bucket_after_an_endless_list_leaves_the_share_of_publishing() {
    for (time, reading_ends, storing_ends) in CALLS {
        for silent in [
            &[Step::Store][..],
            &[Step::Store, Step::List],
            &[Step::Namespace],
            &[Step::Namespace, Step::Store, Step::List],
        ] {
            let cloud = Cloud::new(|seen| match seen.step {
                Step::Users => Fate::EndlessUsers,
                step if silent.contains(&step) => Fate::Hangs,
                _ => Fate::Usual,
            });
            let what = format!("{time} s, {silent:?}");
            let result = cloud.run(Duration::from_secs_f64(time), None, &[]).await;
            assert!(is_not_stored(&result), "{what}: {result:?}");
            // A namespace that is asked for again may be given up before storing ends.
            let users = cloud.seen(Step::Users);
            let last = users.last().expect("users").at.as_secs_f64();
            assert!(last <= reading_ends, "{what}: reading until {last} s");
            match silent.contains(&Step::Store) && !silent.contains(&Step::Namespace) {
                true => assert_not_stored_is_published(&cloud, storing_ends, &what),
                false => assert_eq!(cloud.published().len(), 1, "{what}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn upload_that_hangs_once_is_repeated() {
    let cloud = Cloud::new(|seen| match (seen.step, seen.before) {
        (Step::Store, 2) => Fate::Hangs,
        _ => Fate::Usual,
    });
    let result = cloud.run(seconds(70), None, &[]).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(
        cloud.stored().last().map(String::as_str),
        Some("delivered.json")
    );
}

#[tokio::test(start_paused = true)]
async fn ambiguous_publish_is_repeated_after_a_pause_and_marked() {
    // The fate of the first attempt, the time left, and the least and greatest pause.
    for (fate, time, least, greatest) in [
        (Fate::Status(500), 40, 2.0, 2.1),
        (Fate::Status(504), 20, 2.0, 2.1),
        (Fate::Reset, 75, 2.0, 2.1),
        (Fate::RetryAfter(502, 7), 60, 7.0, 7.1),
        (Fate::RetryAfter(503, 1), 60, 2.0, 2.1),
        (Fate::RetryAfter(503, 500), 25, 20.0, 25.0),
        // Less than two seconds are left.
        (Fate::Status(503), 1, 0.3, 1.0),
    ] {
        let cloud = Cloud::new(move |seen| match (seen.step, seen.before) {
            (Step::Publish, 0) => fate,
            _ => Fate::Usual,
        });
        let result = cloud.run(seconds(time), None, &[]).await;
        assert!(result.is_ok(), "{fate:?}: {result:?}");
        let posts = cloud.seen(Step::Publish);
        assert_eq!(posts.len(), 2, "{fate:?}");
        let pause = (posts[1].at - posts[0].at).as_secs_f64();
        assert!((least..greatest).contains(&pause), "{fate:?}: {pause} s");
        let titles = cloud.published();
        assert!(titles[0].1.contains("(may be a repeat)"), "{titles:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silent_topic_gets_one_marked_repeat_in_every_call() {
    for (time, ..) in CALLS {
        let cloud = Cloud::new(|seen| match (seen.step, seen.before) {
            (Step::Store, _) | (Step::Publish, 0) => Fate::Hangs,
            (Step::Users, _) => Fate::EndlessUsers,
            _ => Fate::Usual,
        });
        let result = cloud.run(Duration::from_secs_f64(time), None, &[]).await;
        assert!(is_not_stored(&result), "{time}: {result:?}");
        let published = cloud.published();
        assert_eq!(published.len(), 1, "{time}");
        let title = &published[0].1;
        assert!(title.contains("(may be a repeat)"), "{time}: {title}");
    }
}

#[tokio::test(start_paused = true)]
async fn unpublished_message_is_sent_until_the_time_ends() {
    for fate in [
        Fate::Status(429),
        Fate::RetryAfter(429, 3),
        Fate::RetryAfter(429, 86_400),
        Fate::NoConnection,
    ] {
        for (time, outage) in [(31, 27), (110, 101), (290, 284)] {
            let cloud = Cloud::new(move |seen| match seen.step {
                Step::Publish if seen.at < seconds(outage) => fate,
                _ => Fate::Usual,
            });
            let result = cloud.run(seconds(time), None, &[]).await;
            assert!(result.is_ok(), "{fate:?}, {time} s: {result:?}");
            let published = cloud.published();
            assert_eq!(published.len(), 1);
            assert!(!published[0].1.contains("may be a repeat"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn token_that_is_replaced_late_still_publishes_and_stores() {
    for step in [Step::Publish, Step::Store, Step::Namespace] {
        for (time, replaced) in [(30, 3), (100, 44), (300, 280)] {
            let cloud = Cloud::new(move |seen| {
                if seen.step == step && seen.old_token {
                    Fate::Status(401)
                } else {
                    Fate::Usual
                }
            });
            let replaced = Some(seconds(replaced));
            let result = cloud.run(seconds(time), replaced, &[]).await;
            assert!(result.is_ok(), "{step:?}, {time} s: {result:?}");
            let published = cloud.published();
            assert_eq!(published.len(), 1);
            assert!(!published[0].1.contains("may be a repeat"));
            // Eight objects, each with both tokens. Six are stored concurrently first, and each repeats the old one once.
            assert!(
                cloud.seen(step).len() <= 22,
                "one request without a new token: {:?}",
                cloud.seen(step)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn passing_401_with_an_unchanged_token_costs_no_report_and_no_mail() {
    for step in [Step::Store, Step::Publish] {
        for (time, outage) in [(30, 1.4), (100, 1.9), (290, 1.9)] {
            let begin = OnceLock::new();
            let cloud = Cloud::new(move |seen| {
                let since = |begin: &Duration| seen.at - *begin;
                if seen.step == step && since(begin.get_or_init(|| seen.at)).as_secs_f64() < outage
                {
                    Fate::Status(401)
                } else {
                    Fate::Usual
                }
            });
            let result = cloud.run(seconds(time), None, &[]).await;
            assert!(result.is_ok(), "{step:?}, {time} s: {result:?}");
            let published = cloud.published();
            assert_eq!(published.len(), 1);
            assert!(!published[0].1.contains("may be a repeat"), "{published:?}");
            assert!(cloud.elapsed() < seconds(5), "{:?}", cloud.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lasting_401_to_a_publish_gets_one_repeat_with_the_same_token() {
    let cloud = Cloud::new(|seen| match seen.step {
        Step::Publish => Fate::Status(401),
        _ => Fate::Usual,
    });
    let result = cloud.run(seconds(60), None, &[]).await;
    assert!(matches!(result, Err(RunError::Delivery(_))), "{result:?}");
    assert_eq!(cloud.seen(Step::Publish).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn token_that_is_never_replaced_does_not_delay_reading() {
    let cloud = Cloud::new(|seen| match seen.step {
        Step::Users | Step::Credentials => Fate::Status(401),
        _ => Fate::Usual,
    });
    let result = cloud.run(seconds(100), None, &[]).await;
    assert!(matches!(result, Err(RunError::NothingRead { .. })));
    assert!(cloud.elapsed() < seconds(5), "{:?}", cloud.elapsed());
    assert_eq!(cloud.published().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn namespace_is_asked_again_when_it_is_needed() {
    let settings = [
        ("AUDIT_EXCEPTIONS_OBJECT", "exceptions.json"),
        ("AUDIT_EXCEPTIONS_BUCKET", "exceptions"),
    ];
    for fate in [
        Fate::Status(500),
        Fate::Status(404),
        Fate::Hangs,
        Fate::Reset,
    ] {
        let cloud = Cloud::new(move |seen| match seen.step {
            Step::Users if seen.before < 50 => Fate::EndlessUsers,
            Step::Users => Fate::Status(403),
            Step::Namespace if seen.at < Duration::from_millis(2900) => fate,
            _ => Fate::Usual,
        });
        let result = cloud.run(seconds(130), None, &settings).await;
        let summary = result.unwrap_or_else(|error| panic!("{fate:?}: {error}"));
        assert!(!summary.delivery.objects.is_empty());
        let stored = cloud.stored();
        assert_eq!(stored.last().map(String::as_str), Some("delivered.json"));
        assert_eq!(cloud.seen(Step::Read).len(), 1, "{fate:?}: the exceptions");
        assert!(!cloud.seen(Step::List).is_empty(), "{fate:?}: the baseline");
        let titles = cloud.published();
        assert!(!titles[0].1.contains("NOT STORED"), "{titles:?}");
    }
}
