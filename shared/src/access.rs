//! Who may do what. Pure: the same question has the same answer wherever it is asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a member is within the delegation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the talks, holds the pen, sees every plan.
    Chair,
    /// Heads the delegation: all that a delegate does, and who belongs to it.
    Head,
    /// Speaks for the party.
    Delegate,
    /// May annotate but not draft.
    Adviser,
    /// Reads, and writes nothing.
    Observer,
}

/// What a plan grants a party. A party that a plan does not list does not learn that the plan exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// May read the words.
    Read,
    /// May also annotate and propose.
    Propose,
    /// May also change the words.
    Draft,
}

/// What somebody wants to do with a plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Learn that it exists, read the words and who changed them, be present.
    Read,
    /// Change the words, the headings, the order.
    Write,
    /// Keep notes and proposals for one's own party alone.
    Keep,
    /// Write notes and proposals in the layers of one's own party that others read.
    Annotate,
    /// Speak for the party: take positions, open a layer to others.
    Speak,
    /// Say which party may do what with it.
    Administer,
}

/// Whether a plan is worked on. The chair says so, and all who read the plan are told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanState {
    /// Everybody does what they may.
    #[default]
    Open,
    /// Nobody changes the words; who may read, annotate and take positions still does.
    Closed,
    /// Made by mistake: it is left out of lists, and nobody writes anything on it.
    Struck,
}

impl PlanState {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self == PlanState::Open
    }

    /// Whether somebody who may do something with an open plan may do it with this one.
    pub fn allows(self, action: Action) -> bool {
        match (self, action) {
            (PlanState::Open, _) | (_, Action::Read | Action::Administer) => true,
            (PlanState::Closed, action) => action != Action::Write,
            (PlanState::Struck, _) => false,
        }
    }
}

/// Whether a member with `role`, whose party the plan grants `access` (none: not listed), may do `action`.
///
/// A chair sees and administers every plan of the conference and writes any of them: the chair holds the pen.
pub fn may(role: Role, access: Option<Access>, action: Action) -> bool {
    match (role, action) {
        (Role::Chair, _) => true,
        (_, Action::Administer) => false,
        (_, Action::Read) => access.is_some(),
        (Role::Head | Role::Delegate | Role::Adviser, Action::Keep) => access.is_some(),
        (Role::Head | Role::Delegate, Action::Write) => access == Some(Access::Draft),
        (Role::Head | Role::Delegate, Action::Annotate | Action::Speak) | (Role::Adviser, Action::Annotate) => {
            access >= Some(Access::Propose)
        }
        (Role::Adviser, Action::Write | Action::Speak) => false,
        (Role::Observer, Action::Write | Action::Keep | Action::Annotate | Action::Speak) => false,
    }
}

/// Whether a member with `role` gives, changes and ends seats with the role `seat`, those of its own party.
pub fn admits(role: Role, seat: Role) -> bool {
    match role {
        Role::Chair => true,
        Role::Head => seat != Role::Chair,
        Role::Delegate | Role::Adviser | Role::Observer => false,
    }
}

/// A word that is no role or access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {expected}")]
pub struct UnknownWord {
    given: String,
    expected: &'static str,
}

macro_rules! words {
    ($name:ident, $expected:literal, $($word:literal => $variant:ident),+) => {
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord { given: s.chars().take(80).collect(), expected: $expected }),
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $word,)+ })
            }
        }
    };
}

words!(Role, "a role: use chair, head, delegate, adviser or observer",
    "chair" => Chair, "head" => Head, "delegate" => Delegate, "adviser" => Adviser, "observer" => Observer);
words!(PlanState, "a state: use open, closed or struck", "open" => Open, "closed" => Closed, "struck" => Struck);
words!(Access, "an access: use draft, propose or read",
    "read" => Read, "propose" => Propose, "draft" => Draft);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_access_rules_are_this_table() {
        use Access::*;
        use Role::*;
        // role, access -> may read, keep, write, annotate, speak, administer
        let table = [
            (Chair, None, "rkwasm"),
            (Chair, Some(Read), "rkwasm"),
            (Chair, Some(Propose), "rkwasm"),
            (Chair, Some(Draft), "rkwasm"),
            (Head, None, ""),
            (Head, Some(Read), "rk"),
            (Head, Some(Propose), "rkas"),
            (Head, Some(Draft), "rkwas"),
            (Delegate, None, ""),
            (Delegate, Some(Read), "rk"),
            (Delegate, Some(Propose), "rkas"),
            (Delegate, Some(Draft), "rkwas"),
            (Adviser, None, ""),
            (Adviser, Some(Read), "rk"),
            (Adviser, Some(Propose), "rka"),
            (Adviser, Some(Draft), "rka"),
            (Observer, None, ""),
            (Observer, Some(Read), "r"),
            (Observer, Some(Propose), "r"),
            (Observer, Some(Draft), "r"),
        ];
        for (role, access, told) in table {
            assert_eq!(those(|action| may(role, access, action)), told, "{role} {access:?}");
        }
    }

    /// What may be done, a letter for each.
    fn those(may: impl Fn(Action) -> bool) -> String {
        let all = [
            (Action::Read, 'r'),
            (Action::Keep, 'k'),
            (Action::Write, 'w'),
            (Action::Annotate, 'a'),
            (Action::Speak, 's'),
            (Action::Administer, 'm'),
        ];
        all.into_iter().filter(|(action, _)| may(*action)).map(|(_, letter)| letter).collect()
    }

    #[test]
    fn nobody_changes_the_words_of_a_closed_plan_and_nobody_writes_on_one_that_was_struck() {
        for (state, told) in [(PlanState::Open, "rkwasm"), (PlanState::Closed, "rkasm"), (PlanState::Struck, "rm")] {
            assert_eq!(those(|action| state.allows(action)), told, "{state}");
            assert_eq!(state.to_string().parse(), Ok(state));
        }
    }

    #[test]
    fn chairs_and_heads_admit_people_and_only_a_chair_admits_a_chair() {
        for (role, told) in [(Role::Chair, "yyyyy"), (Role::Head, "-yyyy"), (Role::Delegate, "-----")] {
            let seats = [Role::Chair, Role::Head, Role::Delegate, Role::Adviser, Role::Observer];
            let admitted: String = seats.iter().map(|seat| if admits(role, *seat) { 'y' } else { '-' }).collect();
            assert_eq!(admitted, told, "{role}");
        }
        assert!([Role::Adviser, Role::Observer].iter().all(|role| !admits(*role, Role::Observer)));
    }

    #[test]
    fn words_for_roles_and_access_read_back() {
        for role in [Role::Chair, Role::Head, Role::Delegate, Role::Adviser, Role::Observer] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for access in [Access::Read, Access::Propose, Access::Draft] {
            assert_eq!(access.to_string().parse(), Ok(access));
        }
        assert!("king".parse::<Role>().unwrap_err().to_string().contains("use chair"));
    }
}
