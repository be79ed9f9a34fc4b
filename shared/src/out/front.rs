//! What stands above and below an annotated text.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    sheet::{Line, Span, own, strong},
    text::{count, name},
};
use crate::{
    talk::{dossier::Dossier, standing::Counts},
    text::markdown::BESIDE_THE_POINTS,
};

pub(super) fn front<'a>(dossier: &Dossier, counts: &Counts, open: usize, confidential: usize) -> Vec<Line<'a>> {
    let Counts { agreed, opposed, reserved, lapsed, open: silent } = *counts;
    let all = agreed + opposed + reserved + lapsed + silent;
    let progress = format!(" {agreed} of {} agreed; {} open.", count(all, "point"), count(open, "bracket"));
    let mut front = vec![vec![strong("Annotated version."), own(progress)]];
    let parties: Vec<String> = dossier.consent.iter().map(name).collect();
    front.push(match parties.is_empty() {
        true => vec![own("No party is named whose consent it takes, so nothing can be agreed.")],
        false => vec![own("A point is agreed when all of these accept it as it stands: "), strong(parties.join(", ")), own(".")],
    });
    if confidential > 0 {
        let entries = if confidential == 1 { "entry".to_owned() } else { "entries".to_owned() };
        let line = format!(" holds {confidential} {entries} that not all who see the plan may read.");
        front.push(vec![strong("Confidential:"), own(line)]);
    }
    let faulty: BTreeSet<_> = dossier.faults().iter().map(|fault| &fault.party).collect();
    if !faulty.is_empty() {
        let (faults, names) = (count(dossier.faults().len(), "fault"), faulty.into_iter().map(name).collect::<Vec<_>>());
        let line = format!(" {faults} in the layers of {} cannot be read and count for nothing here.", names.join(", "));
        front.push(vec![strong("Incomplete:"), own(line)]);
    }
    front
}

pub(super) fn legend<'a>() -> Vec<Line<'a>> {
    let words = |text: &'static str| Span::Words(text.into());
    vec![
        vec![
            words("[words"),
            Span::By(" (BOR; res CEL; opp ARV)".to_owned()),
            words("]"),
            own(
                " are not agreed: BOR holds them, CEL reserves on them, ARV opposes them. What was said on other words does not count for these. Brackets side by side are alternatives.",
            ),
        ],
        vec![
            Span::Removed("old words".into()),
            own(" are struck or would go, "),
            Span::Inserted("new words".into()),
            own(" came or would come in their place."),
        ],
        vec![strong("ad referendum"), own(": subject to the capital.")],
        vec![
            strong("Lapsed"),
            own(": a party accepted words that have changed since; shown is what it accepted against what stands now."),
        ],
    ]
}

/// What stands beside the points.
pub(super) fn beside<'a>(dossier: &Dossier) -> Option<Line<'a>> {
    let text = &dossier.text.outline.beside;
    (!text.is_empty()).then(|| vec![strong(format!("{BESIDE_THE_POINTS}:")), own(" "), Span::Words(text.clone().into())])
}

/// What stands beside the points, and what could not be shown.
pub(super) fn back<'a>(dossier: &Dossier) -> Vec<Line<'a>> {
    let mut back: Vec<Line<'a>> = beside(dossier).into_iter().collect();
    if !dossier.text.outline.faults.is_empty() {
        let faults = count(dossier.text.outline.faults.len(), "fault");
        back.push(vec![own(format!("The plan has {faults} that its readers are told of: the text above is how it is read."))]);
    }
    let mut layers: BTreeMap<_, usize> = BTreeMap::new();
    for fault in dossier.faults() {
        *layers.entry((&fault.party, &fault.layer)).or_default() += 1;
    }
    for ((party, layer), faults) in layers {
        let line = format!(", layer {layer}: {} that cannot be read", count(faults, "fault"));
        back.push(vec![strong(name(party)), own(line)]);
    }
    back
}
