//! Notes, proposals and replies.

use std::ops::Range;

use super::bench::Bench;
use crate::{
    id::{self, AnnotationId, LayerId},
    script::{
        Done, EntryDone, In, Note, Propose, Reply, Wrote,
        error::{Advice, Refusal},
        readers::{reaches, read_by},
        stretch,
    },
    talk::layer::{Annotation, What},
    text::plan::{self, Point},
};

type Made = Result<Done, Refusal>;

pub fn note(bench: &mut Bench, edit: &Note) -> Made {
    said(&edit.text)?;
    let sheet = bench.writable("layer", &edit.layer)?;
    let point = bench.point("point", &edit.point)?;
    let stretch = stretch::find(&point, edit.quote.as_deref(), edit.bracket)?;
    write(bench, sheet, &point, What::Note, stretch, &edit.text)
}

pub fn propose(bench: &mut Bench, edit: &Propose) -> Made {
    let sheet = bench.writable("layer", &edit.layer)?;
    let point = bench.point("point", &edit.point)?;
    let all = (!point.words.is_empty()).then_some(0..point.words.len());
    let stretch = stretch::find(&point, edit.quote.as_deref(), edit.bracket)?.or(all);
    let what = What::Proposal { replacement: plan::words_of(&edit.replacement).map_err(Refusal::editing)? };
    write(bench, sheet, &point, what, stretch, &edit.because)
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

fn write(
    bench: &mut Bench,
    sheet: usize,
    point: &Point,
    what: What,
    stretch: Option<Range<usize>>,
    body: &str,
) -> Result<Done, Refusal> {
    let mut entry = Annotation { body: body.to_owned(), ..bench.new_entry(&point.id, what) };
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
