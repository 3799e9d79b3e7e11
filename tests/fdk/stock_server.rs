//! The contract as a stock Fn server keeps it.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; a failure fails the test"
)]

#[path = "contract.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "each rule holds in both manners of the platform"
)]
mod contract;

use std::time::Duration;

use tenancy_sim::agent::{Agent, Call, Options, Refusal};

fn options() -> Options {
    Options::stock_server()
}

async fn start(options: Options) -> Agent {
    let program = crate::probe();
    Agent::start([program], [("FN_OWN", "1")], options)
        .await
        .unwrap()
}

#[tokio::test]
async fn body_of_any_size_is_drained_and_a_long_one_fails_the_call() {
    let agent = start(options()).await;
    for bytes in [7_000_000, 20_000_000] {
        let answer = agent.invoke(Call::new(vec![b'y'; bytes])).await;
        assert_eq!(
            (answer.refusal, answer.text().as_str()),
            (
                Some(Refusal::FunctionFailed),
                "{\"message\":\"function failed\"}"
            )
        );
        let reason = format!("the request has {bytes} bytes");
        assert!(agent.printed(&reason).await, "{}", agent.stderr());
    }
    assert_eq!(agent.invoke(Call::new("small")).await.text(), "small");
    assert_eq!(agent.ended().await, 0);
}

#[tokio::test]
async fn calls_at_the_same_time_get_containers_of_their_own() {
    let agent = start(options()).await;
    let slow = || agent.invoke(Call::new("{\"op\":\"sleep\",\"ms\":300}"));
    let (first, second) = tokio::join!(slow(), slow());
    assert_eq!(
        first.text() + &second.text(),
        "{\"slept\":300}{\"slept\":300}"
    );
    assert_eq!((agent.starts().await, agent.ended().await), (2, 0));
}

#[tokio::test]
async fn call_that_meets_a_freeze_gets_another_container() {
    for (freezing, starts) in [(Duration::from_secs(2), 2), (Duration::ZERO, 1)] {
        let agent = start(Options {
            freeze_after: Some(Duration::ZERO),
            freezing,
            ..options()
        })
        .await;
        for _ in 0..2 {
            assert_eq!(agent.invoke(Call::new("x")).await.text(), "x");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(agent.starts().await, starts, "{freezing:?}");
    }
}
