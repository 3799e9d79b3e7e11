//! CPU-bound work of an async program.

/// Runs CPU-bound work on the blocking pool so timers keep firing.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result,
        // The task is never canceled, so it panicked. The panic continues here.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(flavor = "current_thread")]
    async fn timers_fire_during_blocking_work() {
        let (tick, ticked) = std::sync::mpsc::channel();
        let work = run_blocking(move || ticked.recv_timeout(Duration::from_secs(20)));
        let timer = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            tick.send(())
        };
        let (worked, ticked) = tokio::join!(work, timer);
        assert_eq!((worked, ticked), (Ok(()), Ok(())));
    }
}
