//! A proposal's words into the text.

use yrs::TransactionMut;

use super::bench::Bench;
use crate::{
    id::PartyId,
    people::{self, Audience},
    script::{
        Done, PutIn, PutInDone,
        error::{Advice, Refusal},
        readers::reaches,
    },
    talk::{
        layer::{Annotation, What},
        proposal::{AdoptError, Adopter},
    },
    text::{
        plan::{Adoption, Point},
        redline::{plain, redline},
        say::{in_words, inline, quoted},
        stretch::Stretch,
    },
};

/// Puts a proposal into the text of the plan, in place of or beside these words.
type Way = fn(&mut TransactionMut, &Annotation, &str, &Adopter) -> Result<Adoption, AdoptError>;

pub fn put_in(bench: &mut Bench, edit: &PutIn, way: Way) -> Result<Done, Refusal> {
    bench.may_draft()?;
    let (layer, proposal) = find(bench, edit)?;
    let before = bench.known(&proposal.point);
    let stretch = Stretch::find(&bench.text, before.as_ref(), proposal.anchor.as_ref(), &proposal.quote);
    let seen = seen(edit, &proposal, before.as_ref());
    let adopter = Adopter { proposed_by: named(layer), party: bench.member.party.clone(), at_ms: bench.now_ms };
    let adoption = way(&mut bench.text, &proposal, &seen, &adopter).map_err(|error| refused(&proposal, error))?;
    bench.touched(&proposal.point);
    let after = bench.known(&proposal.point);
    let words = |point: Option<&Point>| point.map(|point| point.words.clone()).unwrap_or_default();
    let redline = redline(&words(before.as_ref()), &words(after.as_ref()));
    let (label, heading) = after.map(|point| (point.label, point.heading)).unwrap_or_default();
    Ok(Done::PutIn(PutInDone {
        id: proposal.id,
        party: layer.party.clone(),
        point: proposal.point,
        label,
        heading,
        adoption,
        quote: proposal.quote,
        reanchored: matches!(stretch, Stretch::Changed { .. }),
        confided: adopter.proposed_by.is_none(),
        redline,
    }))
}

/// The proposal, and the layer that it stands in: the widest, if it is being tabled.
fn find<'d>(bench: &mut Bench<'d>, edit: &PutIn) -> Result<(&'d people::Layer, Annotation), Refusal> {
    let id = &edit.id;
    let mut found: Vec<(&'d people::Layer, Annotation)> = Vec::new();
    for sheet in bench.sheets.iter_mut().filter(|sheet| edit.party.as_ref().is_none_or(|party| *party == sheet.layer.party)) {
        let layer = sheet.layer;
        let Some(entry) = sheet.entries().get(id).cloned() else { continue };
        match found.iter_mut().find(|(other, _)| other.party == layer.party) {
            Some((other, _)) if !reaches(layer, other) => {}
            Some(narrower) => *narrower = (layer, entry),
            None => found.push((layer, entry)),
        }
    }
    if found.len() > 1 {
        let parties = in_words(&found.iter().map(|(layer, _)| &layer.party).collect::<Vec<_>>());
        let message = format!("{parties} have an annotation {id}");
        return Err(Refusal::refused("party", format!("an annotation {id} of {parties}"), "the party whose it is")
            .says(message)
            .advise(Advice::NameParty));
    }
    found.pop().ok_or_else(|| {
        let message = format!("there is no annotation {id} that you may read");
        Refusal::not_found("id", id.to_string(), "an annotation that you may read").says(message).advise(Advice::ListAnnotations)
    })
}

/// The words that the proposal is to go in place of or beside: those that it was made for, or others that were given as seen.
fn seen(edit: &PutIn, proposal: &Annotation, point: Option<&Point>) -> String {
    match (&edit.now, &proposal.anchor) {
        (Some(now), _) => now.clone(),
        (None, Some(_)) => proposal.quote.clone(),
        (None, None) => point.map(|point| point.words.clone()).unwrap_or_default(),
    }
}

/// The proposer to be named in the plan: none where naming it would give away what only some may read.
fn named(layer: &people::Layer) -> Option<PartyId> {
    (layer.audience == Audience::All).then(|| layer.party.clone())
}

/// Why the proposal was not put in. Where other words stand there than those that were seen: which, and what it would make of them.
fn refused(proposal: &Annotation, error: AdoptError) -> Refusal {
    let message = error.to_string();
    match error {
        AdoptError::Reads { now, .. } => {
            let quote = quoted(&proposal.quote);
            let mut lines = vec![format!("{} was made for {quote}, and there stands now:", proposal.id)];
            lines.extend(now.lines().map(|line| format!("    {}", inline(line)).trim_end().to_owned()));
            if let What::Proposal { replacement } = &proposal.what {
                lines.push("The change would be:".to_owned());
                lines.extend(plain(&redline(&now, replacement)).iter().map(|line| format!("    {line}")));
            }
            Refusal::refused("now", quoted(&now), quote).says(lines.join("\n")).advise(Advice::ConfirmNow)
        }
        AdoptError::NoProposal { kind, .. } => Refusal::refused("id", format!("a {kind}"), "a proposal").says(message),
        _ => Refusal::refused("id", message.clone(), "a proposal that can be put into the text").says(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_changed_are_shown_with_what_would_be_made_of_them() {
        let proposal: Annotation = serde_json::from_value(serde_json::json!({
            "id": "k1", "point": "p1", "kind": "proposal", "replacement": "[45]", "quote": "[30\u{1b}[2J]", "body": "", "at_ms": 1,
            "anchor": null,
        }))
        .unwrap();
        let error = AdoptError::Reads { id: "k1".into(), now: "[30 or 35]".into() };
        let wanted = "\
k1 was made for \"[30\\u{1b}[2J]\", and there stands now:
    [30 or 35]
The change would be:
    - [30 or 35]
    + [45]";
        let error = refused(&proposal, error).of(1, "adopt");
        assert_eq!((error.sentence().as_str(), error.advice.as_deref()), (wanted, Some(&Advice::ConfirmNow)));
    }
}
