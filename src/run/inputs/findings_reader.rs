//! Reads `findings.jsonl` of an earlier run from pieces that end anywhere.
//!
//! The file is untrusted: others may write to the bucket. So every size has a max.

use sha2::{Digest, Sha256};

use crate::judge::changes::{OfUnknownDomain, PastFindings};
use crate::report::findings::PastFinding;
use crate::report::manifest::Manifest;

/// Max bytes of the file. The largest supported tenancy has 840,000 credentials, which leaves 1,278 bytes per line; an
/// ordinary line has 350.
pub(super) const MAX_FINDINGS_BYTES: u64 = 1024 * 1024 * 1024;
/// Max lines. Sixteen bytes per line are kept.
pub(super) const MAX_FINDINGS: u64 = 2_000_000;
/// Max bytes of a line: three times the longest texts of an exception.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// What was read so far.
pub(super) struct FindingsReader {
    pub(super) sha256: Sha256,
    pub(super) findings: PastFindings,
    /// The start of a line that ends in a later piece.
    partial: Vec<u8>,
    lines: u64,
}

/// Why a line is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// It is not a finding.
    #[error("line {0} is malformed")]
    Malformed(u64),
    /// No run writes a line of this length.
    #[error("line {0} has more than {MAX_LINE_BYTES} bytes")]
    TooLong(u64),
    /// The manifest does not name its domain.
    #[error("line {0}: {1}")]
    UnknownDomain(u64, OfUnknownDomain),
    /// The file has more lines than the max.
    #[error("there are more than {MAX_FINDINGS} lines")]
    TooMany,
}

impl FindingsReader {
    pub(super) fn new(manifest: &Manifest) -> Self {
        Self {
            sha256: Sha256::new(),
            findings: PastFindings::of_domains(manifest.domain_urls()),
            partial: Vec::new(),
            lines: 0,
        }
    }

    /// Reads the next piece.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), LineError> {
        self.sha256.update(piece);
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, others) = rest.split_at(end);
            if self.partial.is_empty() {
                self.line(line)?;
            } else {
                self.keep(line)?;
                let whole = std::mem::take(&mut self.partial);
                self.line(&whole)?;
            }
            rest = &others[1..];
        }
        self.keep(rest)
    }

    /// Keeps the start of a line, or more of it.
    fn keep(&mut self, part: &[u8]) -> Result<(), LineError> {
        if self.partial.len() + part.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong(self.lines + 1));
        }
        self.partial.extend_from_slice(part);
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), LineError> {
        self.lines += 1;
        if self.lines > MAX_FINDINGS {
            return Err(LineError::TooMany);
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong(self.lines));
        }
        let finding = PastFinding::parse(line).ok_or(LineError::Malformed(self.lines))?;
        self.findings
            .push(
                &finding.domain_url,
                finding.credential_type,
                &finding.credential_id,
                finding.severity,
            )
            .map_err(|error| LineError::UnknownDomain(self.lines, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &str = r#"{"credential_id":"a","domain":"D","domain_url":"https://d","credential_type":"api_keys","state":"DUE","expiry_state":null,"marks":["orphaned"],"urgency":"later","exception":null}"#;

    /// A reader for a run with the domain of [`LINE`].
    fn reader() -> FindingsReader {
        FindingsReader {
            sha256: Sha256::new(),
            findings: PastFindings::of_domains(["https://c", "https://d"].into_iter()),
            partial: Vec::new(),
            lines: 0,
        }
    }

    proptest! {
        #[test]
        fn lines_are_read_whole_wherever_pieces_end(lines in 0_usize..20, cuts in prop::collection::vec(1_usize..400, 0..20)) {
            let content = format!("{LINE}\n").repeat(lines);
            let mut reader = reader();
            let mut rest = content.as_bytes();
            for cut in cuts {
                let (piece, others) = rest.split_at(cut.min(rest.len()));
                prop_assert_eq!(reader.take(piece), Ok(()));
                rest = others;
            }
            prop_assert_eq!(reader.take(rest), Ok(()));
            prop_assert_eq!(reader.lines, lines as u64);
            prop_assert_eq!(reader.sha256.finalize(), Sha256::digest(&content));
        }
    }

    #[test]
    fn first_malformed_line_is_named() {
        let taken = reader().take(format!("{LINE}\n{{}}\nx\n").as_bytes());
        assert_eq!(taken, Err(LineError::Malformed(2)));
    }

    #[test]
    fn line_of_a_domain_outside_of_the_manifest_is_refused() {
        let stranger = LINE.replace("https://d", "https://e");
        let taken = reader().take(format!("{LINE}\n{stranger}\n").as_bytes());
        assert_eq!(taken, Err(LineError::UnknownDomain(2, OfUnknownDomain)));
    }

    #[test]
    fn endless_line_is_refused_and_not_kept() {
        let mut endless = reader();
        let piece = vec![b'x'; MAX_LINE_BYTES / 2];
        assert_eq!(endless.take(&piece), Ok(()));
        assert_eq!(endless.take(&piece), Ok(()));
        assert_eq!(endless.take(&piece), Err(LineError::TooLong(1)));
        assert!(endless.partial.len() <= MAX_LINE_BYTES);
        let in_one_piece = vec![b'x'; MAX_LINE_BYTES + 1];
        let with_end = [&in_one_piece[..], b"\n"].concat();
        assert_eq!(reader().take(&with_end), Err(LineError::TooLong(1)));
    }

    #[test]
    fn lines_over_the_max_are_refused() {
        let mut reader = reader();
        reader.lines = MAX_FINDINGS - 1;
        let two = format!("{LINE}\n{LINE}\n");
        assert_eq!(reader.take(two.as_bytes()), Err(LineError::TooMany));
    }

    #[test]
    fn findings_of_the_largest_tenancy_are_accepted() {
        const LARGEST: u64 = 840_000;
        let fits = |lines: u64, bytes: u64| lines <= MAX_FINDINGS && bytes <= MAX_FINDINGS_BYTES;
        // See `findings_jsonl_lines_fit_the_limit_of_a_later_run`.
        assert!(fits(LARGEST, LARGEST * 1_200));
        assert!(!fits(3 * LARGEST, 0) && !fits(0, 2 * LARGEST * 1_200));
    }
}
