//! The same words changed apart: what was changed in one way stands, and where two sides differ their words stand side by side, in
//! brackets. It never makes words that nobody wrote, and never takes a side's words away.
//!
//! **What meets.** Each side is compared with the base by words ([`tokens`]). Changes that overlap or touch meet; what is parted by a
//! space, by words that stay, or by the marks of alternatives does not, and both stand. A bracket at the top is one word: alternatives
//! are compared one by one.
//!
//! **What comes out** where changes meet: equal ones once; else an alternative for each side that wrote something, in the order of the
//! sides, and alternatives that a side has there already are taken one by one, each once. Who deleted what another changed gives it
//! brackets alone: `[changed]`. Words that all begin or end with stand before and behind the brackets. A mark without a partner within an
//! alternative is escaped.
//!
//! | base | sides | comes out |
//! | --- | --- | --- |
//! | `24 days` | `12 days`, `48 days` | `[12][48] days` |
//! | `24 days` | `12 days`, `24 weeks` | `12 weeks` |
//! | `all forces` | `forces`, `some forces` | `[some] forces` |
//! | `[30][50] days` | `[40][50] days`, `[45][50] days` | `[40][45][50] days` |
//! | `[30][50] days` | `[40][50] days`, `[30][60] days` | `[40][60] days` |
//! | `[30][50] days` | `30 days`, `[30][60] days` | `[30][60] days` |

#[cfg(test)]
mod tests;
mod units;

use std::{mem, ops::Range};

use super::{
    bracket,
    hunk::hunks,
    token::{is_blank, tokens},
};
use units::Units;

/// Signs that end what they stand behind.
const ENDS: [&str; 6] = [".", ",", ";", ":", "!", "?"];

/// The mark that begins an alternative which was none.
pub const OPENS: &str = "[";
/// The mark that ends it.
pub const CLOSES: &str = "]";

/// A stretch of what comes out. Ranges are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// Of the base, where no side changed it.
    Base(Range<usize>),
    /// Of a side's text.
    Side(usize, Range<usize>),
    /// A mark that nobody wrote.
    Mark(&'static str),
    /// What of a side's text reads as the alternative that begins behind it, and stands there once.
    Also(usize, Range<usize>),
}

impl Fragment {
    /// What it reads.
    pub fn read<'a>(&self, base: &'a str, sides: &[&'a str]) -> &'a str {
        match self {
            Fragment::Base(range) => &base[range.clone()],
            Fragment::Side(side, range) => &sides[*side][range.clone()],
            Fragment::Mark(mark) => mark,
            Fragment::Also(..) => "",
        }
    }
}

/// What comes out of texts that were changed apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SideBySide {
    /// Its stretches, in order.
    pub pieces: Vec<Fragment>,
    /// Whether sides differed somewhere, so that there are brackets.
    pub clashed: bool,
}

impl SideBySide {
    /// What it reads.
    pub fn text(&self, base: &str, sides: &[&str]) -> String {
        self.pieces.iter().map(|piece| piece.read(base, sides)).collect()
    }

    fn push(&mut self, piece: Fragment) {
        match (self.pieces.last_mut(), piece) {
            (_, Fragment::Base(range) | Fragment::Side(_, range)) if range.is_empty() => {}
            (Some(Fragment::Base(last)), Fragment::Base(range)) if last.end == range.start => last.end = range.end,
            (Some(Fragment::Side(of, last)), Fragment::Side(side, range)) if *of == side && last.end == range.start => {
                last.end = range.end;
            }
            (_, piece) => self.pieces.push(piece),
        }
    }
}

/// Joins what sides made of `base` apart, in the order in which they shall stand.
pub fn join(base: &str, sides: &[&str]) -> SideBySide {
    let base = Units::of(base);
    let texts: Vec<Units> = sides.iter().map(|side| Units::of(side)).collect();
    let mut hunks: Vec<Hunk> = Vec::new();
    for (side, units) in texts.iter().enumerate() {
        hunks.extend(changes(&base, units).into_iter().map(|(from, to)| Hunk { side, core: base.core(&from), from, to }));
    }
    hunks.sort_by_key(|hunk| (hunk.core.start, hunk.core.end, hunk.side));
    let mut joined = SideBySide::default();
    let (mut at, mut rest) = (0, &hunks[..]);
    while !rest.is_empty() {
        let (group, behind) = rest.split_at(meeting(&base, rest));
        rest = behind;
        let start = group.iter().map(|hunk| hunk.from.start).min().unwrap_or(at).max(at);
        let end = group.iter().map(|hunk| hunk.from.end).max().unwrap_or(at).max(at);
        joined.push(Fragment::Base(base.bytes(&(at..start))));
        Group { texts: &texts, hunks: group, over: start..end }.put(&mut joined);
        at = end;
    }
    joined.push(Fragment::Base(base.bytes(&(at..base.len()))));
    SideBySide { pieces: parted(joined.pieces, base.text, sides), ..joined }
}

/// The pieces with a space between those that would make one word of two, because what stood between is gone.
fn parted(pieces: Vec<Fragment>, base: &str, sides: &[&str]) -> Vec<Fragment> {
    let mut parted: Vec<Fragment> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let last = parted.last().and_then(|last| tokens(last.read(base, sides)).pop().map(str::to_owned));
        let first = tokens(piece.read(base, sides)).first().copied().unwrap_or_default();
        if let Some(last) = last.filter(|last| !is_blank(last) && !is_blank(first))
            && tokens(&format!("{last}{first}")).len() == 1
        {
            parted.push(Fragment::Mark(" "));
        }
        parted.push(piece);
    }
    parted
}

/// What a side changed: units of the base, and those that stand there instead.
struct Hunk {
    side: usize,
    from: Range<usize>,
    to: Range<usize>,
    /// Those of the base without spaces at the ends.
    core: Range<usize>,
}

/// What leads from one text to another. Changes between which only spaces stay are one.
fn changes(old: &Units, new: &Units) -> Vec<(Range<usize>, Range<usize>)> {
    let mut changes: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for hunk in hunks(&old.list, &new.list) {
        match changes.last_mut().filter(|(before, _)| is_one(old, before, &hunk.old)) {
            Some(last) => (last.0.end, last.1.end) = (hunk.old.end, hunk.new.end),
            None => changes.push((hunk.old, hunk.new)),
        }
    }
    changes
}

/// Whether two changes of one side are one: nothing stands between them, or spaces that do not part alternatives.
fn is_one(old: &Units, before: &Range<usize>, next: &Range<usize>) -> bool {
    let between = before.end..next.start;
    let parts = !before.is_empty() && !next.is_empty() && old.is_bracket(before.end - 1) && old.is_bracket(next.start);
    between.is_empty() || (between.clone().all(|at| old.is_blank(at)) && !parts)
}

/// How many of the hunks, in their order, meet the first.
fn meeting(base: &Units, hunks: &[Hunk]) -> usize {
    let mut over = hunks[0].core.clone();
    let mut count = 1;
    for next in &hunks[1..] {
        let touches = next.core.start == over.end && !is_between_alternatives(base, &over, &next.core);
        if next.core.start >= over.end && !touches {
            break;
        }
        over.end = over.end.max(next.core.end);
        count += 1;
    }
    count
}

/// Whether one change ends with an alternative and the other begins with the next.
fn is_between_alternatives(base: &Units, one: &Range<usize>, next: &Range<usize>) -> bool {
    !one.is_empty() && !next.is_empty() && base.is_bracket(one.end - 1) && base.is_bracket(next.start)
}

/// Changes that meet.
struct Group<'a> {
    texts: &'a [Units<'a>],
    hunks: &'a [Hunk],
    /// The units of the base that they take.
    over: Range<usize>,
}

/// What a side has where changes meet: bytes of its text.
#[derive(Clone)]
struct Version {
    side: usize,
    range: Range<usize>,
}

/// A version, or a part of one, that stands beside others.
struct Alternative {
    /// What it reads, without marks around it.
    words: Version,
    /// With its marks, where the side has it in brackets already.
    bracket: Option<Version>,
    /// What others have that reads the same.
    also: Vec<Version>,
}

impl Group<'_> {
    fn put(&self, joined: &mut SideBySide) {
        let mut versions: Vec<Version> = Vec::new();
        for side in 0..self.texts.len() {
            let version = self.version(side);
            versions.extend(version.filter(|new| versions.iter().all(|known| self.read(known) != self.read(new))));
        }
        match &versions[..] {
            [] => {}
            [Version { side, range }] => joined.push(Fragment::Side(*side, range.clone())),
            _ => {
                joined.clashed = true;
                self.put_apart(&versions, joined);
            }
        }
    }

    /// What a side made of these units; `None` if it left them.
    fn version(&self, side: usize) -> Option<Version> {
        let own: Vec<&Hunk> = self.hunks.iter().filter(|hunk| hunk.side == side).collect();
        let (first, last) = (own.first()?, own.last()?);
        // A space that another change took as well may stand outside.
        let start = first.to.start.saturating_sub(first.from.start.saturating_sub(self.over.start));
        let end = (last.to.end + self.over.end.saturating_sub(last.from.end)).min(self.texts[side].len());
        Some(Version { side, range: self.texts[side].bytes(&(start.min(end)..end)) })
    }

    fn read(&self, version: &Version) -> &str {
        &self.texts[version.side].text[version.range.clone()]
    }

    fn put_apart(&self, versions: &[Version], joined: &mut SideBySide) {
        let mut versions = versions.to_vec();
        let (before, behind) = self.shared(&mut versions);
        joined.pieces.extend(before);
        let mut alternatives: Vec<Alternative> = Vec::new();
        let mut spaces: [Option<Version>; 2] = [None, None];
        for version in &versions {
            let text = self.read(version);
            let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
            let of = |range: Range<usize>| Version { side: version.side, range: self.within(version, range) };
            if start < end {
                let around = [of(0..start), of(end..text.len())];
                for (kept, space) in spaces.iter_mut().zip(around) {
                    if kept.as_ref().is_none_or(|kept| kept.range.is_empty()) {
                        *kept = Some(space);
                    }
                }
            }
            for mut one in self.alternatives(version) {
                let Some(known) = alternatives.iter_mut().find(|known| self.read(&known.words) == self.read(&one.words)) else {
                    alternatives.push(one);
                    continue;
                };
                if known.bracket.is_none() {
                    mem::swap(&mut known.bracket, &mut one.bracket);
                    if known.bracket.is_some() {
                        mem::swap(&mut known.words, &mut one.words);
                    }
                }
                known.also.push(one.words);
            }
        }
        let [lead, trail] = spaces;
        let space = |joined: &mut SideBySide, space: Option<Version>| {
            if let Some(Version { side, range }) = space {
                joined.push(Fragment::Side(side, range));
            }
        };
        space(joined, lead);
        for alternative in &alternatives {
            self.put_alternative(alternative, joined);
        }
        space(joined, trail);
        joined.pieces.extend(behind);
    }

    /// Takes off what all versions begin and end with, if each of them holds more than space.
    fn shared(&self, versions: &mut [Version]) -> (Option<Fragment>, Option<Fragment>) {
        let units: Vec<Units> = versions.iter().map(|version| Units::of(self.read(version))).collect();
        let shortest = units.iter().map(Units::len).min().unwrap_or(0);
        let written = |units: &Units| units.list.iter().any(|unit| !is_blank(unit));
        let any_bracket = units.iter().any(|units| (0..units.len()).any(|at| units.is_bracket(at)));
        if any_bracket || !units.iter().all(written) {
            return (None, None);
        }
        let all =
            |of: &dyn Fn(&Units) -> usize| units.iter().all(|version| version.list[of(version)] == units[0].list[of(&units[0])]);
        let (mut front, first) = ((0..shortest).take_while(|at| all(&|_| *at)).count(), &units[0]);
        // What is torn out of the middle of something is no beginning that all share.
        while front > 0 && !first.is_blank(front - 1) {
            front -= 1;
        }
        let mut back = (0..shortest - front).take_while(|at| all(&|units| units.len() - 1 - at)).count();
        while back > 0 && !first.is_blank(first.len() - back) && !ENDS.contains(&first.list[first.len() - back]) {
            back -= 1;
        }
        let cut = |at: usize| (units[at].starts[front], units[at].text.len() - units[at].starts[units[at].len() - back]);
        let first = versions[0].clone();
        let (head, tail) = cut(0);
        let before = Fragment::Side(first.side, first.range.start..first.range.start + head);
        let behind = Fragment::Side(first.side, first.range.end - tail..first.range.end);
        for (at, version) in versions.iter_mut().enumerate() {
            let (head, tail) = cut(at);
            version.range = version.range.start + head..version.range.end - tail;
        }
        ((head > 0).then_some(before), (tail > 0).then_some(behind))
    }

    /// The alternatives that a version is: those of its brackets if it is nothing else, itself, or none if it is empty.
    fn alternatives(&self, version: &Version) -> Vec<Alternative> {
        let text = self.read(version);
        let brackets = bracket::parse(text);
        let top: Vec<&bracket::Bracket> = brackets.list.iter().filter(|bracket| bracket.parent.is_none()).collect();
        let gaps = [0].into_iter().chain(top.iter().map(|bracket| bracket.range.end));
        let mut gaps = gaps.zip(top.iter().map(|bracket| bracket.range.start).chain([text.len()]));
        let is_brackets = !top.is_empty() && gaps.all(|(from, to)| is_blank(&text[from..to]));
        let of = |range: Range<usize>| Version { side: version.side, range: self.within(version, range) };
        if is_brackets {
            let bracketed = |one: &&bracket::Bracket| Alternative {
                words: of(one.inner.clone()),
                bracket: Some(of(one.range.clone())),
                also: Vec::new(),
            };
            return top.iter().map(bracketed).collect();
        }
        let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
        if start < end { vec![Alternative { words: of(start..end), bracket: None, also: Vec::new() }] } else { Vec::new() }
    }

    fn within(&self, version: &Version, range: Range<usize>) -> Range<usize> {
        version.range.start + range.start..version.range.start + range.end
    }

    fn put_alternative(&self, Alternative { words, bracket, also }: &Alternative, joined: &mut SideBySide) {
        joined.pieces.extend(also.iter().map(|also| Fragment::Also(also.side, also.range.clone())));
        if let Some(Version { side, range }) = bracket {
            joined.push(Fragment::Side(*side, range.clone()));
            return;
        }
        joined.push(Fragment::Mark(OPENS));
        let mut at = words.range.start;
        let mut loose: Vec<usize> = bracket::parse(self.read(words)).loose.iter().map(|loose| loose.at).collect();
        loose.sort_unstable();
        for mark in loose.into_iter().map(|mark| words.range.start + mark) {
            joined.push(Fragment::Side(words.side, at..mark));
            joined.push(Fragment::Mark("\\"));
            at = mark;
        }
        joined.push(Fragment::Side(words.side, at..words.range.end));
        joined.push(Fragment::Mark(CLOSES));
    }
}
