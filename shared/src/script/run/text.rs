//! Edits of the text.

use std::{borrow::Cow, ops::Range};
use yrs::Text as _;

use super::{
    annotate,
    bench::{Bench, no_text},
};
use crate::{
    access::Role,
    id::PointId,
    script::{
        Add, Delete, Done, Insert, Move, PointDone, Renumbered, Replace, Settle, Titled, Words,
        error::Refusal,
        stretch::{self, name},
    },
    text::{
        bracket, clash,
        plan::{self, ChangeKind, EditError, NewPoint, Outline, Place, Point},
        redline,
        say::{byte_of, inline, quoted, utf16},
    },
};

type Made = Result<Done, Refusal>;

fn done(bench: &mut Bench, point: PointId, kind: ChangeKind, changed: bool) -> Done {
    let label = bench.label(&point).unwrap_or_default();
    Done::Point(PointDone { point, label, kind, changed, entered: None })
}

pub fn insert(bench: &mut Bench, edit: &Insert) -> Made {
    bench.may_draft()?;
    let point = bench.point("point", &edit.point)?;
    let at = match (&edit.before, &edit.after, edit.at) {
        (None, None, None) => point.words.len(),
        (Some(quote), None, None) => stretch::once(&point, "before", quote)?.start,
        (None, Some(quote), None) => stretch::once(&point, "after", quote)?.end,
        (None, None, Some(at)) => byte_of(&point.words, at).ok_or_else(|| {
            let expected = format!("at most {}, the characters of {}", point.words.chars().count(), inline(name(&point)));
            Refusal::refused("at", at.to_string(), expected)
        })?,
        _ => return Err(Refusal::usage("", "several places", "one of before, after and at, or none for the end")),
    };
    replaced(bench, point, at..at, &edit.text)
}

pub fn delete(bench: &mut Bench, edit: &Delete) -> Made {
    bench.may_draft()?;
    let point = bench.point("point", &edit.point)?;
    let range = stretch_of(&point, edit.quote.as_deref(), edit.range, edit.words.as_deref())?;
    replaced(bench, point, range, "")
}

pub fn replace(bench: &mut Bench, edit: &Replace) -> Made {
    bench.may_draft()?;
    let point = bench.point("point", &edit.point)?;
    let range = stretch_of(&point, edit.quote.as_deref(), edit.range, edit.words.as_deref())?;
    replaced(bench, point, range, &edit.with)
}

fn stretch_of(
    point: &Point,
    quote: Option<&str>,
    range: Option<(usize, usize)>,
    words: Option<&str>,
) -> Result<Range<usize>, Refusal> {
    match (quote, range, words) {
        (Some(quote), None, None) => stretch::once(point, "quote", quote),
        (None, Some(range), Some(words)) => stretch::counted(point, range, words),
        (None, None, None) => Err(Refusal::usage("", "no stretch", "quote, or range with words")),
        (None, Some(_), None) => Err(Refusal::usage("words", "nothing", "the words that stand in the range")),
        (None, None, Some(words)) => {
            Err(Refusal::usage("range", "nothing", format!("the range in which {} stands", quoted(words))))
        }
        (Some(_), ..) => Err(Refusal::usage("quote", "a quote, and a range or words", "quote alone, or range with words")),
    }
}

fn replaced(bench: &mut Bench, point: Point, range: Range<usize>, with: &str) -> Made {
    let with = plan::unix(with);
    let changed = point.words.get(range.clone()).is_some_and(|words| words != with);
    if changed {
        plan::replace_words(&mut bench.text, &point.id, &[(range, &with)]).map_err(|error| unwritten(&point, error))?;
        bench.touched(&point.id);
    }
    Ok(done(bench, point.id, ChangeKind::Words, changed))
}

pub fn settle(bench: &mut Bench, edit: &Settle) -> Made {
    bench.may_draft()?;
    let point = bench.point("point", &edit.point)?;
    let at = edit.bracket.get() - 1;
    let list = bracket::parse(&point.words).list;
    let known = match list.len() {
        0 => format!("{} has no bracket in its words", inline(name(&point))),
        1 => format!("{} has one bracket in its words", inline(name(&point))),
        n => format!("{} has {n} brackets in its words", inline(name(&point))),
    };
    let Some(chosen) = list.get(at) else {
        return Err(Refusal::refused("bracket", edit.bracket.to_string(), known));
    };
    let stands = &point.words[chosen.range.clone()];
    if stands != edit.words {
        return Err(Refusal::refused("words", quoted(stands), quoted(&edit.words)));
    }
    let cuts = bracket::settled(&point.words, at).unwrap_or_default().map(|range| (range, ""));
    plan::replace_words(&mut bench.text, &point.id, &cuts).map_err(|error| unwritten(&point, error))?;
    bench.touched(&point.id);
    Ok(done(bench, point.id, ChangeKind::Words, true))
}

fn unwritten(point: &Point, error: EditError) -> Refusal {
    match error {
        EditError::NotText { .. } => no_text(point),
        error => Refusal::editing(error),
    }
}

pub fn words(bench: &mut Bench, edit: &Words) -> Made {
    bench.may_draft()?;
    let id = bench.id_of("point", &edit.point)?;
    let before = edit.entered_for.as_ref().map(|party| Ok((party, bench.point("point", &edit.point)?))).transpose()?;
    let words = match &edit.from {
        None => Cow::Borrowed(&*edit.words),
        Some(from) => Cow::Owned(beside_others(bench, &edit.point, &plan::unix(from), &edit.words)?),
    };
    let changed = plan::set_words(&mut bench.text, &id, &words).map_err(Refusal::editing)?;
    if changed {
        bench.touched(&id);
    }
    let entered = match before.filter(|_| changed) {
        Some((party, before)) => {
            let now = bench.point("point", &edit.point)?;
            let stretch = redline::changed(&before.words, &now.words);
            Some(annotate::entered(bench, &now, stretch, party)?)
        }
        None => None,
    };
    let label = bench.label(&id).unwrap_or_default();
    Ok(Done::Point(PointDone { point: id, label, kind: ChangeKind::Words, changed, entered }))
}

/// What comes of words whose author saw `from`, beside what others have made of that since.
fn beside_others(bench: &mut Bench, point: &str, from: &str, words: &str) -> Result<String, Refusal> {
    let point = bench.point("point", point)?;
    let text = plan::words_text(&bench.text, &point.id).ok_or_else(|| no_text(&point))?;
    if text.len(&bench.text) != utf16(&point.words) {
        return Err(no_text(&point));
    }
    let words = plan::words_of(words).map_err(Refusal::editing)?;
    let sides = [&*point.words, &*words];
    let joined = clash::join(from, &sides);
    bench.clashed = joined.clashed;
    Ok(joined.text(from, &sides))
}

pub fn heading(bench: &mut Bench, what: &str, text: &str) -> Made {
    bench.may_draft()?;
    let id = bench.id_of("point", what)?;
    let changed = plan::set_heading(&mut bench.text, &id, text).map_err(Refusal::editing)?;
    bench.touched(&id);
    Ok(done(bench, id, ChangeKind::Heading, changed))
}

pub fn title(bench: &mut Bench, text: &str) -> Made {
    bench.may_draft()?;
    let before = Outline::read(&bench.text).title;
    plan::set_title(&mut bench.text, text).map_err(Refusal::editing)?;
    let title = Outline::read(&bench.text).title;
    let changed = title != before;
    Ok(Done::Titled(Titled { title, changed }))
}

pub fn strike(bench: &mut Bench, what: &str, struck: bool) -> Made {
    bench.may_draft()?;
    let id = bench.id_of("point", what)?;
    let (change, kind): (fn(&mut _, &_) -> _, _) =
        if struck { (plan::strike, ChangeKind::Struck) } else { (plan::restore, ChangeKind::Restored) };
    let changed = change(&mut bench.text, &id).map_err(Refusal::editing)?;
    bench.touched(&id);
    bench.redated();
    Ok(done(bench, id, kind, changed))
}

/// Labels are the chair's to change once they are there.
fn may_relabel(bench: &Bench) -> Result<(), Refusal> {
    if bench.member.role != Role::Chair {
        let message = "renumbering is the chair's act: labels are what everybody cites";
        return Err(Refusal::forbidden("", "another member", "the chair").says(message));
    }
    bench.may_draft()
}

pub fn label(bench: &mut Bench, what: &str, label: &str) -> Made {
    may_relabel(bench)?;
    let id = bench.id_of("point", what)?;
    let changed = plan::set_label(&mut bench.text, &id, label).map_err(|error| match error {
        EditError::LabelTaken { label } => {
            let message = EditError::LabelTaken { label: label.clone() }.to_string();
            Refusal::refused("label", quoted(&label), "a label that no point at this place has").says(message)
        }
        error => Refusal::editing(error),
    })?;
    bench.regrown();
    Ok(done(bench, id, ChangeKind::Label, changed))
}

pub fn renumber(bench: &mut Bench) -> Made {
    may_relabel(bench)?;
    let points = plan::renumber(&mut bench.text).map_err(Refusal::editing)?;
    bench.regrown();
    Ok(Done::Renumbered(Renumbered { points, changed: points > 0 }))
}

pub fn add(bench: &mut Bench, edit: &Add) -> Made {
    bench.may_draft()?;
    if edit.words.is_none() && edit.heading.is_empty() {
        let message = "a new point needs words, a heading, or both";
        return Err(Refusal::usage("words", "neither words nor a heading", "one of them, or both").says(message));
    }
    let place = place(bench, [&edit.after, &edit.before, &edit.under], edit.top)?;
    let id = edit.id.clone().unwrap_or_else(|| bench.new_point());
    let new = NewPoint {
        id: &id,
        label: edit.label.as_deref(),
        heading: &edit.heading,
        words: edit.words.as_deref().unwrap_or_default(),
    };
    let label = bench.add(new, &place.unwrap_or(Place::Last { parent: None }))?;
    Ok(Done::Point(PointDone { point: id, label, kind: ChangeKind::Added, changed: true, entered: None }))
}

pub fn move_to(bench: &mut Bench, edit: &Move) -> Made {
    bench.may_draft()?;
    let id = bench.id_of("point", &edit.point)?;
    let place = place(bench, [&edit.after, &edit.before, &edit.under], edit.top)?;
    let place =
        place.ok_or_else(|| Refusal::usage("", "no place", "one of after, before, under and top").says("say where to"))?;
    let changed = plan::move_point(&mut bench.text, &id, &place).map_err(Refusal::editing)?;
    bench.regrown();
    Ok(done(bench, id, ChangeKind::Moved, changed))
}

fn place(bench: &mut Bench, [after, before, under]: [&Option<String>; 3], top: bool) -> Result<Option<Place>, Refusal> {
    Ok(match (after, before, under, top) {
        (None, None, None, false) => None,
        (Some(point), None, None, false) => Some(Place::After(bench.id_of("after", point)?)),
        (None, Some(point), None, false) => Some(Place::Before(bench.id_of("before", point)?)),
        (None, None, Some(point), false) => Some(Place::Last { parent: Some(bench.id_of("under", point)?) }),
        (None, None, None, true) => Some(Place::First { parent: None }),
        _ => return Err(Refusal::usage("", "several places", "one of after, before, under and top")),
    })
}
