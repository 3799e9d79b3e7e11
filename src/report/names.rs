//! Whether people are named, and how names and labels are masked.

use std::borrow::Cow;

/// How users are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// As they are.
    #[default]
    Full,
    /// `j***@example.com`, also if a label repeats the name.
    Masked,
    /// No names and no labels: counts per type only.
    None,
}

/// `j***@example.com`: the first character, and what follows the last `@`.
///
/// The first character only of a text of three and more, and only a letter or digit. What follows `@` only if it is the host
/// of an address: `@jane.roe` and `Roe, Jane <jane@example.com>` hide all the rest.
pub(super) fn masked(name: &str) -> String {
    let (local, host) = parts(name);
    let mut characters = local.chars();
    let first = characters.next().filter(|first| first.is_alphanumeric());
    let first = first.filter(|_| characters.count() >= 2);
    let first = first.map(String::from).unwrap_or_default();
    match host {
        Some(host) => format!("{first}***@{host}"),
        None => format!("{first}***"),
    }
}

/// A text that may name a person, in a file that another tenancy keeps: masked, or empty if people are not named.
pub(super) fn shown(text: &str, names: Names) -> Cow<'_, str> {
    match names {
        Names::Full => Cow::Borrowed(text),
        Names::Masked if !text.is_empty() => Cow::Owned(masked(text)),
        Names::Masked | Names::None => Cow::Borrowed(""),
    }
}

/// The same of a label of a holder with this name.
pub(super) fn shown_label<'a>(label: &'a str, name: &str, names: Names) -> Cow<'a, str> {
    match names {
        Names::Full => Cow::Borrowed(label),
        Names::Masked => Cow::Owned(masked_label(label, name)),
        Names::None => Cow::Borrowed(""),
    }
}

/// What names a person, and the host of an address.
fn parts(name: &str) -> (&str, Option<&str>) {
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    match name.rsplit_once('@') {
        Some((local, host))
            if !local.is_empty() && host.contains('.') && host.split('.').all(is_label) =>
        {
            (local, Some(host))
        }
        _ => (name, None),
    }
}

/// A label, masked if it repeats a word of its holder's name or holds an address.
pub(super) fn masked_label(label: &str, name: &str) -> String {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| word.chars().count() >= 3);
        words.map(str::to_lowercase).collect::<Vec<_>>()
    };
    let (local, _) = parts(name);
    let whole = local
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let (lower, of_name) = (label.to_lowercase(), words(local));
    let repeats = (!whole.is_empty() && lower.contains(&whole))
        || words(label).iter().any(|word| of_name.contains(word));
    if repeats || label.contains('@') {
        masked(label)
    } else {
        label.to_owned()
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
            ("@example.com", "***"),
            ("@jane.roe", "***"),
            ("jane.roe@", "j***"),
            ("jane@roe", "j***"),
            ("jane@roe@example.com", "j***@example.com"),
            ("@jane.roe@example.com", "***@example.com"),
            ("\"jane@home\"@example.com", "***@example.com"),
            ("Roe, Jane <jane@example.com>", "R***"),
            ("jane@example.com (Jane Roe)", "j***"),
            ("jane@.com", "j***"),
            ("j@example.com", "***@example.com"),
            ("jr@example.com", "***@example.com"),
            ("j", "***"),
            ("\u{1b}[2Jjane", "***"),
            ("\u{202e}eor.enaj", "***"),
            ("jane\u{ff20}example.com", "j***"),
            ("\u{fc}mit@example.com", "\u{fc}***@example.com"),
            ("", "***"),
        ] {
            assert_eq!(masked(name), expected);
        }
        let name = "jane.roe@example.com";
        for (label, expected) in [
            ("ocir-ci", "ocir-ci"),
            ("Jane.Roe laptop", "J***"),
            ("key of roe", "k***"),
            ("@roe", "***"),
            ("relay@example.com", "r***@example.com"),
        ] {
            assert_eq!(masked_label(label, name), expected);
        }
        assert_eq!(masked_label("ocir-ci", ""), "ocir-ci");
        assert_eq!(masked_label("jane.roe laptop", "@jane.roe"), "j***");
    }
}
