//! How a change of the text is told on a page, and who made it.

use plenary_shared::{
    access::{Access, PlanState},
    id::{MemberId, PartyId, PlanId},
    limits,
    log::act::{Act, Decided},
    people::ENGINE,
    text::{
        history::Heard,
        plan::{Change, ChangeKind},
        redline::{Piece, redline_within},
        token,
    },
};

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    answer::HeardShown,
    brief::kind,
    open::log::Names,
    output::{in_words, inline},
    paths::Paths,
    render::{Look, Page},
    when,
};

/// Characters of unchanged text that are shown on either side of a difference where only that is asked for.
const AROUND: usize = 60;

/// Redlines of one answer, which together take a bounded time.
pub struct Redlines {
    steps: u64,
    whole: bool,
    paths: Paths,
}

impl Redlines {
    /// All the words, or what differs with a little around it; of points that are called so.
    pub fn new(whole: bool, paths: Paths) -> Self {
        Redlines { steps: limits::COMPARED_STEPS_MAX, whole, paths }
    }

    /// What was and what is, word by word; none for changes that are no texts.
    pub fn of(&mut self, change: &Change) -> Vec<Piece> {
        match change.kind {
            ChangeKind::Words | ChangeKind::Heading | ChangeKind::Label | ChangeKind::Title | ChangeKind::Schedule => {
                redline_within(&change.before, &change.after, &mut self.steps)
            }
            ChangeKind::Added if !change.after.is_empty() => vec![Piece::Inserted(change.after.clone())],
            ChangeKind::Removed if !change.before.is_empty() => vec![Piece::Removed(change.before.clone())],
            ChangeKind::Added | ChangeKind::Removed | ChangeKind::Moved | ChangeKind::Struck | ChangeKind::Restored => Vec::new(),
        }
    }

    /// Adds a change to a page: what of which point, and the redline below it.
    pub fn show(&mut self, page: &mut Page, indent: &str, plan: &PlanId, change: &Change) {
        let name = change.point.as_ref().map_or_else(|| plan.to_string(), |point| self.paths.name(&change.label, point));
        let moved = match change.kind {
            ChangeKind::Moved => format!("  {} -> {}", inline(&change.before), inline(&change.after)),
            _ => String::new(),
        };
        page.line(Look::Plain, &format!("{indent}{name}  {}{moved}", kind(change.kind)));
        let mut pieces = self.of(change);
        if !self.whole {
            let last = pieces.len().saturating_sub(1);
            pieces = pieces.into_iter().enumerate().map(|(at, piece)| shortened(piece, at > 0, at < last)).collect();
        }
        if !pieces.is_empty() {
            page.redline(&format!("{indent}    "), &pieces);
        }
    }
}

/// Leaves out what is far from a difference: one before the piece, one behind it.
fn shortened(piece: Piece, before: bool, behind: bool) -> Piece {
    let Piece::Same(text) = piece else { return piece };
    let count = text.chars().count();
    let (head, tail) = (if before { AROUND } else { 0 }, if behind { AROUND } else { 0 });
    if count <= head + tail + 3 {
        return Piece::Same(text);
    }
    let (head, tail) = (token::head(&text, head), token::tail(&text, tail));
    Piece::Same(match (before, behind) {
        (true, true) => format!("{head} … {tail}"),
        (true, false) => format!("{head} …"),
        (false, true) => format!("… {tail}"),
        (false, false) => text,
    })
}

/// Who changed something, each once: `ARV Teo Varga, 2026-03-01 09:30:00`.
pub fn by(heard: &[Heard], names: &Names) -> String {
    let one = |heard: &Heard| format!("{}, {}", author(&heard.party, &heard.member, names), when::local(heard.at_ms));
    heard.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The same for a program.
pub fn heard<'a>(heard: &'a [Heard], names: &'a Names) -> Vec<HeardShown<'a>> {
    let shown = |heard: &'a Heard| {
        let (name, seat_ended) = names.of_member(&heard.member);
        HeardShown { heard, name, seat_ended, at: when::utc(heard.at_ms) }
    };
    heard.iter().map(shown).collect()
}

/// Marks what somebody did whose seat has ended since.
pub fn seat_ended(ended: bool) -> &'static str {
    if ended { " (seat ended)" } else { "" }
}

/// A member with the party and, where it is known, the name: `arv  Teo Varga (arv-1)`.
pub fn author(party: &PartyId, member: &MemberId, names: &Names) -> String {
    format!("{}  {}", side(party), somebody(member, names))
}

/// A party as it is shown beside a change; what was changed apart is put side by side by the server.
pub fn side(party: &PartyId) -> &str {
    if party.as_str() == ENGINE { "server" } else { party.as_str() }
}

/// A member, with the name where it is known: `Teo Varga (arv-1)`.
pub fn somebody(member: &MemberId, names: &Names) -> String {
    if member.as_str() == ENGINE {
        return "what was changed apart".to_owned();
    }
    let (name, ended) = names.of_member(member);
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{} ({member}){}", inline(name), seat_ended(ended)),
        None => format!("{member}{}", seat_ended(ended)),
    }
}

/// What was decided about a plan or a layer, in a line.
pub fn decided(act: &Act) -> String {
    let named = |parties: &BTreeSet<PartyId>, nobody: &str| match parties.is_empty() {
        true => nobody.to_owned(),
        false => in_words(&parties.iter().collect::<Vec<_>>()),
    };
    let consent = |parties: &BTreeSet<PartyId>| format!("{} must consent", named(parties, "nobody"));
    let access = |access: &BTreeMap<PartyId, Access>| match access.is_empty() {
        true => "no party".to_owned(),
        false => access.iter().map(|(party, access)| format!("{party}={access}")).collect::<Vec<_>>().join(" "),
    };
    match act {
        Act::Created { access: may, consent: must, .. } => format!("created: {}; {}", access(may), consent(must)),
        Act::Access { access: may, consent: must } => format!("access: {}; {}", access(may), consent(must)),
        Act::Consent { consent: must } => format!("consent: {}", consent(must)),
        Act::Renamed { title } => format!("renamed: {}", inline(title)),
        Act::State { state: PlanState::Open } => "opened again: everybody does what they may".to_owned(),
        Act::State { state: PlanState::Closed } => "closed: nobody changes the words".to_owned(),
        Act::State { state: PlanState::Struck } => "struck from the lists: nobody writes on it".to_owned(),
        Act::Closed => "closed: its party alone reads it, and nobody writes in it".to_owned(),
        Act::Opened { audience } => format!("opened to {}", named(audience, "nobody else")),
        Act::Audience { audience } => format!("read by {}", named(audience, "nobody else")),
        Act::Other => "an act that this version does not know: use a newer one".to_owned(),
    }
}

/// By which act of whose, when, and where in the log, other parties must consent.
pub fn by_act(Decided { act, by, at_ms, seq }: &Decided) -> String {
    let place = seq.map_or_else(String::new, |seq| format!(", #{seq}"));
    format!("by {} of {} ({}), {}{place}", act.said(), by.party.as_str().to_uppercase(), by.member, when::local(*at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, before: &str, after: &str) -> Change {
        Change { point: Some("p1".parse().expect("an id")), label: "5".into(), kind, before: before.into(), after: after.into() }
    }

    fn shown(whole: bool, change: &Change) -> String {
        let mut page = Page::default();
        Redlines::new(whole, Paths::default()).show(&mut page, "  ", &"plan".parse().expect("a plan"), change);
        page.show(false)
    }

    #[test]
    fn a_change_is_a_line_and_its_redline() {
        let table = [
            (change(ChangeKind::Words, "by 30 days", "by 50 days"), "  5  words\n      by [-30-]{+50+} days"),
            (change(ChangeKind::Added, "", "New."), "  5  added\n      {+New.+}"),
            (change(ChangeKind::Added, "", ""), "  5  added"),
            (change(ChangeKind::Removed, "Old.", ""), "  5  removed\n      [-Old.-]"),
            (change(ChangeKind::Moved, "after 4", "first below 2"), "  5  moved  after 4 -> first below 2"),
            (change(ChangeKind::Struck, "x", "x"), "  5  struck"),
        ];
        for (change, expected) in table {
            assert_eq!(shown(true, &change), expected);
        }
        let title = Change { point: None, ..change(ChangeKind::Title, "", "Accord") };
        assert_eq!(shown(true, &title), "  plan  title\n      {+Accord+}");
    }

    #[test]
    fn where_only_the_difference_is_asked_for_the_rest_is_left_out() {
        let (before, after) = ("слово ".repeat(100) + "30", "слово ".repeat(100) + "50");
        let change = change(ChangeKind::Words, &before, &after);
        let expected = format!("  5  words\n      … {}[-30-]{{+50+}}", "слово ".repeat(10));
        assert_eq!(shown(false, &change), expected);
        assert!(shown(true, &change).contains(&"слово ".repeat(100)));
    }

    #[test]
    fn words_from_outside_stay_in_their_lines() {
        let shown = shown(true, &change(ChangeKind::Words, "a", "b\n\x1b[2J"));
        assert!(!shown.contains('\x1b'), "{shown:?}");
        assert!(shown.lines().skip(1).all(|line| line.starts_with("      ")), "{shown:?}");
    }
}
