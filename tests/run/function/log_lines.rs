//! Each line of the log names its call itself. The platform files lines under calls, but not all of them: those that arrive
//! at the end of a call may be filed under the container.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::common::generated;
use crate::common::served_tenancy::ServedTenancy;
use serde_json::Value;
use tenancy_sim::agent::{Agent, Answer, Call, Options};

fn call_id(answer: &Answer) -> String {
    let id = answer.headers["fn-call-id"].to_str();
    id.expect("an id is ASCII").to_owned()
}

/// The messages of the log by the call that each line names.
fn messages(agent: &Agent) -> BTreeMap<String, String> {
    let mut messages = BTreeMap::<String, String>::new();
    // Other lines are frames.
    for line in agent.log().iter().filter(|line| line.text.starts_with('{')) {
        let fields: Value = serde_json::from_str(&line.text).expect("a line is JSON");
        let call_id = fields["span"]["call_id"].as_str();
        let call_id = call_id.or_else(|| fields["call_id"].as_str());
        let of_call = messages
            .entry(call_id.unwrap_or("no call").to_owned())
            .or_default();
        *of_call += fields["message"].as_str().unwrap_or_default();
        *of_call += "\n";
    }
    messages
}

#[tokio::test]
async fn every_line_names_its_call_whatever_the_platform_files_it_under() {
    for platform in [Options::default(), Options::stock_server()] {
        let tenancy = ServedTenancy::start(generated(20)).set_all(&[("AUDIT_LOG_LEVEL", "debug")]);
        // The run takes longer than the late call has.
        tenancy.sim.faults().set_latency(Duration::from_millis(200));
        let agent = tenancy
            .start_function(Options {
                timeout: Duration::from_secs(60),
                ..platform
            })
            .await;
        let late = Call::new("").timeout(Duration::from_secs(1));
        let (run, refused, late) = tokio::join!(
            agent.invoke(Call::new("")),
            agent.invoke(Call::new("{\"audit\":{\"dry_run\":\"yes\"}}")),
            agent.invoke(late),
        );
        let answers = [&run, &refused, &late];
        let statuses = answers.map(|answer| answer.status.as_u16());
        assert_eq!(statuses, [200, 502, 504], "{}", agent.stderr());
        assert_eq!(agent.starts().await, 3);

        // The run ended last, long after the other lines were printed.
        let found = messages(&agent);
        let ids: BTreeSet<_> = answers.map(call_id).into();
        assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), ids);
        let of = |answer| &found[&call_id(answer)];
        assert!(of(&run).contains("stored") && !of(&run).contains("call failed"));
        assert!(of(&refused).contains("call failed: ") && of(&refused).contains("dry_run"));
        let late = of(&late);
        let ended = late.contains("out of time") || late.contains("not started");
        assert!(ended, "{late}");
    }
}
