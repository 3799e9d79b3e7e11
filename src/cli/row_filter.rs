//! The arguments that choose the rows of the table. Files have every credential, whatever they say.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::judge::action::Action;
use crate::judge::age::{ExpiryState, State};
use crate::judge::exceptions::Pattern;
use crate::judge::{Audit, Finding};

/// Rows unless `--limit` sets another number.
const DEFAULT_LIMIT: u32 = 20;

/// Which credentials the table lists.
#[derive(Clone, Debug, Args)]
pub(super) struct TableArguments {
    /// List only credentials of users whose name matches, such as '*@example.com'; * matches any text, and case is ignored
    #[arg(long, value_name = "PATTERN", value_parser = user_pattern, help_heading = TABLE)]
    user: Option<Pattern>,
    /// List only credentials with this action; repeat the option for more
    #[arg(long, value_name = "ACTION", value_parser = action_words(), ignore_case = true, help_heading = TABLE)]
    action: Vec<Action>,
    /// List only credentials in this state, by age or by their own expiry date; repeat the option for more
    #[arg(long, value_name = "STATE", value_parser = state_words(), ignore_case = true, help_heading = TABLE)]
    state: Vec<RowState>,
    /// List at most N credentials, or none if it is 0
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT, help_heading = TABLE)]
    pub(super) limit: u32,
}

const TABLE: &str = "Rows of the table (files have every credential)";

/// A state by age, or by the credential's own expiry date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowState {
    Age(State),
    Expiry(ExpiryState),
}

impl RowState {
    const ALL: [Self; 7] = [
        Self::Age(State::Overdue),
        Self::Age(State::Due),
        Self::Age(State::Unknown),
        Self::Age(State::Ok),
        Self::Expiry(ExpiryState::Expiring),
        Self::Expiry(ExpiryState::Expired),
        Self::Expiry(ExpiryState::Unreadable),
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Age(state) => state.word(),
            Self::Expiry(state) => state.word(),
        }
    }

    fn is_of(self, finding: &Finding) -> bool {
        match self {
            Self::Age(state) => finding.state == state,
            Self::Expiry(state) => finding.expiry == state,
        }
    }
}

impl TableArguments {
    /// Whether they choose credentials by what they are.
    pub(super) fn filters(&self) -> bool {
        self.user.is_some() || !self.action.is_empty() || !self.state.is_empty()
    }

    /// Whether a credential has what each filter asks for.
    pub(super) fn matches(&self, audit: &Audit, finding: &Finding) -> bool {
        (self.action.is_empty() || self.action.contains(&finding.action))
            && (self.state.is_empty() || self.state.iter().any(|state| state.is_of(finding)))
            && self
                .user
                .as_ref()
                .is_none_or(|user| is_held_by(user, audit, finding))
    }
}

/// Whether the name of the holder matches; without a name, its id; of a holder who is not listed, the id or OCID.
fn is_held_by(user: &Pattern, audit: &Audit, finding: &Finding) -> bool {
    let Some((inventory, credential)) = audit.credential(finding) else {
        return false;
    };
    let holders = &inventory.reading().holders;
    match inventory.user(credential.holder) {
        Some(listed) => user.matches(inventory.name_or_id(listed)),
        None => [
            holders.id(credential.holder),
            holders.ocid(credential.holder),
        ]
        .into_iter()
        .any(|id| !id.is_empty() && user.matches(id)),
    }
}

fn user_pattern(text: &str) -> Result<Pattern, &'static str> {
    match text {
        "" => Err("expected a user name, in which * matches any text"),
        _ => Ok(Pattern::new(text)),
    }
}

fn action_words() -> impl TypedValueParser<Value = Action> {
    one_of(Action::ALL.map(|action| (action, action.name())))
}

fn state_words() -> impl TypedValueParser<Value = RowState> {
    one_of(RowState::ALL.map(|state| (state, state.word())))
}

/// A parser of words that help and completions list.
fn one_of<T: Copy + Send + Sync + 'static, const COUNT: usize>(
    values: [(T, &'static str); COUNT],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(values.map(|(_, word)| word)).try_map(move |typed| {
        let mut values = values.into_iter();
        let value = values.find(|(_, word)| word.eq_ignore_ascii_case(&typed));
        value.map(|(value, _)| value).ok_or("unknown word")
    })
}
