//! Text within a budget of bytes, as JSON counts them.

use crate::display;

/// The text, and what is left of its budget.
pub(super) struct Body {
    text: String,
    left: usize,
}

impl Body {
    /// An empty text that may grow to `bytes` bytes inside a JSON string.
    pub(super) const fn new(bytes: usize) -> Self {
        Self {
            text: String::new(),
            left: bytes,
        }
    }

    /// Adds a line, also beyond the budget: for lines whose number and length are bounded.
    pub(super) fn line(&mut self, line: &str) {
        self.left = self.left.saturating_sub(cost(line));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds lines, also beyond the budget.
    pub(super) fn lines(&mut self, lines: &[String]) {
        for line in lines {
            self.line(line);
        }
    }

    /// Adds all lines if they fit, else none.
    pub(super) fn lines_if_they_fit(&mut self, lines: &[String]) -> bool {
        let fits = total(lines) <= self.left;
        if fits {
            self.lines(lines);
        }
        fits
    }

    /// Reserves room for lines that are added later.
    pub(super) fn reserve(&mut self, lines: &[String]) {
        self.left = self.left.saturating_sub(total(lines));
    }

    /// Releases the room for `lines`, before they are added.
    pub(super) fn release(&mut self, lines: &[String]) {
        self.left += total(lines);
    }

    /// Adds as much of a line as fits.
    pub(super) fn cut_line(&mut self, line: &str) {
        let mut chars = line.chars().count();
        while chars > 0 {
            let cut = display::cut(line, chars);
            if cost(&cut) <= self.left {
                return self.line(&cut);
            }
            chars = chars * 7 / 8;
        }
    }

    /// The bytes that are left.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

fn total(lines: &[String]) -> usize {
    lines.iter().map(|line| cost(line)).sum()
}

/// A line and its end, which JSON writes as two characters.
fn cost(line: &str) -> usize {
    json_bytes(line) + 2
}

/// The length of a text inside a JSON string.
pub(super) fn json_bytes(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
            0x00..=0x1f => 6,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_counted_as_json_writes_them(text in "(?s).*") {
            let sent = serde_json::to_string(&text).expect("json");
            prop_assert_eq!(json_bytes(&text) + 2, sent.len());
        }
    }

    #[test]
    fn reserved_room_is_not_used() {
        let kept = vec!["12345678".to_owned()];
        let mut body = Body::new(20);
        body.reserve(&kept);
        let mut fits = |line: &str| body.lines_if_they_fit(&[line.to_owned()]);
        assert!(!fits("123456789"));
        assert!(fits("12345678"));
        assert!(!fits(""));
        body.release(&kept);
        body.lines(&kept);
        assert_eq!(body.into_text(), "12345678\n12345678\n");
    }
}
