//! How the digest words names and days.

use crate::timestamp::Timestamp;

/// `j***@example.com`: the first character, and what follows the last `@`.
pub(super) fn masked(name: &str) -> String {
    let (local, domain) = match name.rfind('@') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let first: String = local.chars().take(1).collect();
    format!("{first}***{domain}")
}

/// A label, masked if it repeats its holder's name or holds an address.
pub(super) fn masked_label(label: &str, name: &str) -> String {
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let repeats = !local.is_empty() && label.to_lowercase().contains(&local);
    if repeats || label.contains('@') {
        masked(label)
    } else {
        label.to_owned()
    }
}

/// How far the day of `then` is from the day of `now`: `today`, `tomorrow`, `in 5 days`, `3 days ago`.
pub(super) fn relative_day(now: Timestamp, then: Timestamp) -> String {
    let day = |timestamp: Timestamp| timestamp.to_chrono().date_naive();
    match (day(then) - day(now)).num_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_name_keeps_its_first_character() {
        for (name, expected) in [
            ("jane.roe@example.com", "j***@example.com"),
            ("svc-backup", "s***"),
            ("@example.com", "***@example.com"),
            ("\u{fc}mit@example.com", "\u{fc}***@example.com"),
            ("", "***"),
        ] {
            assert_eq!(masked(name), expected);
        }
        let name = "jane.roe@example.com";
        for (label, expected) in [
            ("ocir-ci", "ocir-ci"),
            ("Jane.Roe laptop", "J***"),
            ("relay@example.com", "r***@example.com"),
        ] {
            assert_eq!(masked_label(label, name), expected);
        }
        assert_eq!(masked_label("ocir-ci", ""), "ocir-ci");
    }
}
