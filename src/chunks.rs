//! Gathers rows into chunks that are worth a system call.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

/// A report in pieces of about 64 KiB. The work stops if the next piece is not pulled.
pub type Chunks = Box<dyn Iterator<Item = Bytes> + Send + Sync>;

/// Runs a report from its beginning; the same bytes at every call.
pub type ChunkSource = Arc<dyn Fn() -> Chunks + Send + Sync>;

/// A chunk is full once it holds this much.
const CHUNK_BYTES: usize = 64 * 1024;
/// Room for the row that crosses the mark; a longer row grows the chunk.
const SPARE_BYTES: usize = 2 * 1024;

/// What rows of a chunk are written into.
pub(super) trait Chunk {
    /// An empty chunk with room for `bytes`.
    fn with_capacity(bytes: usize) -> Self;

    /// Bytes written so far, or an upper bound.
    fn max_len(&self) -> usize;

    /// Every byte that was written.
    fn into_bytes(self) -> Vec<u8>;
}

impl Chunk for Vec<u8> {
    fn with_capacity(bytes: usize) -> Self {
        Self::with_capacity(bytes)
    }

    fn max_len(&self) -> usize {
        self.len()
    }

    fn into_bytes(self) -> Vec<u8> {
        self
    }
}

/// Writes `head`, then rows `0..rows`, into chunks, at each run again. A row may be empty.
pub(super) fn gather(
    head: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
    rows: usize,
    row: impl Fn(usize, &mut Vec<u8>) + Send + Sync + 'static,
) -> ChunkSource {
    gather_into(head, rows, row)
}

/// As [`gather`], into chunks that format what is written.
pub(super) fn gather_into<C: Chunk + 'static>(
    head: impl Fn(&mut C) + Send + Sync + 'static,
    rows: usize,
    row: impl Fn(usize, &mut C) + Send + Sync + 'static,
) -> ChunkSource {
    let write = Arc::new((head, row));
    Arc::new(move || {
        let write = Arc::clone(&write);
        let (mut begun, mut next) = (false, 0);
        Box::new(std::iter::from_fn(move || {
            if begun && next == rows {
                return None;
            }
            let (head, row) = &*write;
            let mut chunk = C::with_capacity(CHUNK_BYTES + SPARE_BYTES);
            if !std::mem::replace(&mut begun, true) {
                head(&mut chunk);
            }
            while next < rows && chunk.max_len() < CHUNK_BYTES {
                row(next, &mut chunk);
                next += 1;
            }
            let bytes = chunk.into_bytes();
            (!bytes.is_empty()).then(|| Bytes::from(bytes))
        }))
    })
}

/// A report whose preparation (sorting, counting) is done once, at its first run.
pub(super) fn prepared(prepare: impl Fn() -> ChunkSource + Send + Sync + 'static) -> ChunkSource {
    let source = OnceLock::new();
    Arc::new(move || source.get_or_init(&prepare)())
}

/// `prefix`, then the chunks of `source`.
pub(super) fn after(prefix: &'static [u8], source: ChunkSource) -> ChunkSource {
    Arc::new(move || Box::new(std::iter::once(Bytes::from_static(prefix)).chain(source())))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn rows_are_gathered_into_chunks() {
        let rows = 40_000;
        let chunks: Vec<_> = gather(
            |out| out.extend_from_slice(b"head\n"),
            rows,
            |index, out| {
                // Every other row is left out, as the expiry report leaves out users.
                if index % 2 == 0 {
                    out.extend_from_slice(format!("row {index}\n").as_bytes());
                }
            },
        )()
        .collect();
        let (last, full) = chunks.split_last().expect("chunks");
        assert!(full.len() > 1, "{} chunks", chunks.len());
        for chunk in full {
            assert!((CHUNK_BYTES..CHUNK_BYTES + SPARE_BYTES).contains(&chunk.len()));
        }
        assert!(!last.is_empty());
        let text = String::from_utf8(chunks.concat()).expect("text");
        assert_eq!(text.lines().count(), 1 + rows / 2);
        assert!(text.starts_with("head\nrow 0\nrow 2\n") && text.ends_with("row 39998\n"));
    }

    #[test]
    fn empty_report_has_no_chunk() {
        assert_eq!(gather(|_| {}, 3, |_, _| {})().count(), 0);
    }

    #[test]
    fn report_is_prepared_once_and_written_at_each_run() {
        let times = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&times);
        let report = prepared(move || {
            let time = counter.fetch_add(1, Ordering::Relaxed);
            gather(move |out| out.push(b'0' + time as u8), 0, |_, _| {})
        });
        assert_eq!(times.load(Ordering::Relaxed), 0, "it was not requested");
        for _ in 0..2 {
            assert_eq!(report().collect::<Vec<_>>(), [Bytes::from_static(b"0")]);
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
    }
}
