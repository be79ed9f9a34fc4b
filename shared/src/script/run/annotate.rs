//! Notes, proposals and replies.

use std::ops::Range;

use super::bench::Bench;
use crate::{
    id::{self, AnnotationId, LayerId, PartyId},
    script::{
        Done, EntryDone, In, Note, Own, Propose, Reply, Wrote,
        error::{Advice, Refusal},
        readers::{reaches, read_by},
        stretch,
    },
    talk::layer::{Annotation, What},
    text::{
        plan::{self, Point},
        say::in_words,
    },
};

type Made = Result<Done, Refusal>;

pub fn note(bench: &mut Bench, edit: &Note) -> Made {
    said(&edit.text)?;
    let sheet = bench.writable("layer", &edit.layer)?;
    let point = bench.point("point", &edit.point)?;
    let stretch = stretch::find(&point, edit.quote.as_deref(), edit.bracket)?;
    let new = bench.new_entry(&point.id, What::Note);
    write(bench, sheet, &point, Annotation { body: edit.text.clone(), ..new }, stretch)
}

pub fn propose(bench: &mut Bench, edit: &Propose) -> Made {
    let sheet = match &edit.entered_for {
        Some(party) if [id::PRIVATE, id::PUBLIC].contains(&edit.layer.as_str()) => public_for(bench, party)?,
        Some(_) => return Err(Refusal::usage("layer", edit.layer.to_string(), "public, for what is entered for another party")),
        None => bench.writable("layer", &edit.layer)?,
    };
    let point = bench.point("point", &edit.point)?;
    let all = (!point.words.is_empty()).then_some(0..point.words.len());
    let stretch = stretch::find(&point, edit.quote.as_deref(), edit.bracket)?.or(all);
    let what = What::Proposal { replacement: plan::words_of(&edit.replacement).map_err(Refusal::editing)? };
    let new = bench.new_entry(&point.id, what);
    let entry = Annotation { body: edit.because.clone(), entered_for: edit.entered_for.clone(), ..new };
    write(bench, sheet, &point, entry, stretch)
}

/// Tells that a stretch of a point's words, or all of it, was entered for another party.
pub fn entered(
    bench: &mut Bench,
    point: &Point,
    stretch: Option<Range<usize>>,
    party: &PartyId,
) -> Result<AnnotationId, Refusal> {
    let sheet = public_for(bench, party)?;
    let mut entry = Annotation { entered_for: Some(party.clone()), ..bench.new_entry(&point.id, What::Note) };
    on_stretch(bench, &mut entry, point, stretch)?;
    bench.sheets[sheet].put(&entry)?;
    Ok(entry.id)
}

/// The layer in which one tells what one enters for another party.
fn public_for(bench: &Bench, party: &PartyId) -> Result<usize, Refusal> {
    if *party == bench.member.party {
        return Err(Refusal::usage("entered_for", party.to_string(), "another party: what you write is your own party's anyway"));
    }
    if !bench.parties.contains(party) {
        let there_are = in_words(&bench.parties.iter().collect::<Vec<_>>());
        let message = format!("there is no party {party} in this conference: there are {there_are}");
        return Err(Refusal::not_found("entered_for", party.to_string(), format!("a party: {there_are}")).says(message));
    }
    bench.writable("entered_for", &LayerId::built_in(id::PUBLIC))
}

pub fn own(bench: &mut Bench, edit: &Own) -> Made {
    let party = bench.member.party.clone();
    let (_, entry) = find(bench, &edit.id)?;
    if entry.entered_for.as_ref() != Some(&party) || entry.reply_to.is_some() {
        let message = format!("{} was not entered for {party}: there is nothing to confirm", entry.id);
        return Err(Refusal::refused("id", entry.id.to_string(), format!("what another party entered for {party}")).says(message));
    }
    let sheet = bench.writable("id", &LayerId::built_in(id::PUBLIC))?;
    let known = bench.sheets[sheet].entries().annotations.iter().find(|known| known.confirms(&party, &entry)).cloned();
    if let Some(known) = known {
        return Ok(Done::Wrote(wrote(bench, sheet, &known)));
    }
    let confirmation = Annotation {
        anchor: entry.anchor,
        quote: entry.quote.clone(),
        body: entry.entered_words().to_owned(),
        reply_to: Some(entry.id.clone()),
        entered_for: Some(party),
        ..bench.new_entry(&entry.point, What::Note)
    };
    bench.sheets[sheet].put(&confirmation)?;
    Ok(Done::Wrote(wrote(bench, sheet, &confirmation)))
}

pub fn reply(bench: &mut Bench, edit: &Reply) -> Made {
    said(&edit.text)?;
    let (stands_in, parent) = find(bench, &edit.id)?;
    let from = bench.sheets[stands_in].layer;
    let layer = match &edit.layer {
        Some(layer) => layer.clone(),
        None if from.write => from.layer.clone(),
        None => LayerId::built_in(id::PRIVATE),
    };
    let sheet = bench.writable("layer", &layer)?;
    let to = bench.sheets[sheet].layer;
    if !reaches(from, to) {
        let (it_read_by, to_read_by) = (read_by(from, "it"), read_by(to, to.layer.as_str()));
        let message =
            format!("a reply in {} would tell others that {} is there: {it_read_by}, but {to_read_by}", to.layer, parent.id);
        let expected = "a layer that only those read who read what it replies to";
        return Err(Refusal::refused("layer", to.layer.to_string(), expected).says(message));
    }
    let entry = Annotation {
        anchor: parent.anchor,
        quote: parent.quote,
        body: edit.text.clone(),
        reply_to: Some(parent.id),
        ..bench.new_entry(&parent.point, What::Note)
    };
    bench.sheets[sheet].put(&entry)?;
    Ok(Done::Wrote(wrote(bench, sheet, &entry)))
}

fn said(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        let message = "there is nothing to write: give the text, or '-' and standard input";
        return Err(Refusal::usage("text", "nothing", "a text").says(message));
    }
    Ok(())
}

fn write(bench: &mut Bench, sheet: usize, point: &Point, mut entry: Annotation, stretch: Option<Range<usize>>) -> Made {
    on_stretch(bench, &mut entry, point, stretch)?;
    bench.sheets[sheet].put(&entry)?;
    Ok(Done::Wrote(wrote(bench, sheet, &entry)))
}

/// Anchors an entry to a stretch of its point.
pub fn on_stretch(bench: &Bench, entry: &mut Annotation, point: &Point, stretch: Option<Range<usize>>) -> Result<(), Refusal> {
    if let Some(stretch) = stretch {
        entry.quote = point.words.get(stretch.clone()).unwrap_or_default().to_owned();
        entry.anchor = Some(bench.anchored(point, stretch)?);
    }
    Ok(())
}

/// An entry in any layer on the desk, and that layer; one's own first.
fn find(bench: &mut Bench, id: &AnnotationId) -> Result<(usize, Annotation), Refusal> {
    let found = bench.sheets.iter_mut().enumerate().find_map(|(at, sheet)| Some((at, sheet.entries().get(id)?.clone())));
    found.ok_or_else(|| {
        let message = format!("there is no annotation {id} that you may read");
        Refusal::not_found("id", id.to_string(), "an annotation that you may read").says(message).advise(Advice::ListAnnotations)
    })
}

/// What is told of an entry.
pub fn entry_done(bench: &mut Bench, entry: &Annotation) -> EntryDone {
    let (kind, point) = (entry.kind().to_owned(), entry.point.clone());
    EntryDone { id: entry.id.clone(), kind, label: bench.label(&point), point }
}

/// What is told of the layer that it stands in.
pub fn stands(bench: &Bench, sheet: usize) -> In {
    let layer = bench.sheets[sheet].layer;
    In { party: layer.party.clone(), layer: layer.layer.clone(), audience: layer.audience.clone() }
}

fn wrote(bench: &mut Bench, sheet: usize, entry: &Annotation) -> Wrote {
    Wrote { entry: entry_done(bench, entry), stands: stands(bench, sheet), reply_to: entry.reply_to.clone() }
}
