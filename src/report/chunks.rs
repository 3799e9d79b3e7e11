//! Gathers rows into chunks of a size that is worth a system call.

use bytes::Bytes;

/// A report in pieces of about 64 KiB, pulled one after another. Whoever stops pulling stops the work.
pub type Chunks = Box<dyn Iterator<Item = Bytes> + Send + Sync>;

/// A chunk is handed on once it holds this much.
const CHUNK_BYTES: usize = 64 * 1024;
/// Room for the row that crosses the mark; a longer row grows the chunk.
const SPARE_BYTES: usize = 2 * 1024;

/// Writes `head`, then rows `0..rows`, into chunks. A row may well be empty.
pub(super) fn gather(
    head: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
    rows: usize,
    row: impl Fn(usize, &mut Vec<u8>) + Send + Sync + 'static,
) -> Chunks {
    let mut head = Some(head);
    let mut next = 0;
    Box::new(std::iter::from_fn(move || {
        if head.is_none() && next == rows {
            return None;
        }
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + SPARE_BYTES);
        if let Some(head) = head.take() {
            head(&mut chunk);
        }
        while next < rows && chunk.len() < CHUNK_BYTES {
            row(next, &mut chunk);
            next += 1;
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_gathered_into_chunks_and_none_is_lost() {
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
        )
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
    fn a_report_without_a_byte_has_no_chunk() {
        assert_eq!(gather(|_| {}, 3, |_, _| {}).count(), 0);
    }
}
