//! What refused edits wanted of layers.

use plenary_shared::{
    script::{Edit, Propose},
    talk::layer::{Annotation, Layer, Position, What},
    text::plan::Point,
};
use std::collections::{HashMap, HashSet};

use super::{Item, Target};

impl Target<'_> {
    /// New entries, and what was to become of those that were there.
    pub fn entries(&self, layers: &[(Layer, Layer)]) -> Vec<Item> {
        let ids = |layer: &Layer| layer.annotations.iter().map(|entry| entry.id.clone()).collect::<HashSet<_>>();
        let there: HashSet<_> = layers.iter().flat_map(|(_, after)| ids(after)).collect();
        let mut items = Vec::new();
        for (before, after) in layers {
            let known: HashMap<_, _> = before.annotations.iter().map(|entry| (&entry.id, entry)).collect();
            for entry in &after.annotations {
                items.extend(match known.get(&entry.id) {
                    None if entry.withdrawn => None,
                    None => self.entry(entry),
                    Some(was) => self.changed(was, entry),
                });
            }
            // One that stands in another layer now was tabled.
            let gone = before.annotations.iter().filter(|entry| !there.contains(&entry.id));
            items.extend(gone.filter_map(|entry| self.fate(entry, "To be taken out")));
        }
        items
    }

    /// The same entry, if the plan has what it is on; else a note that says it.
    fn entry(&self, entry: &Annotation) -> Option<Item> {
        let Annotation { quote, body, what, .. } = entry;
        let on = self.place(Some(&entry.point))?;
        let stands = on.id == entry.point && (quote.is_empty() || stands_once(on, quote));
        let stretch = (stands && !quote.is_empty()).then(|| quote.clone());
        if let (What::Proposal { replacement }, true) = (what, stands) {
            let propose = Propose {
                point: on.id.to_string(),
                replacement: replacement.clone(),
                quote: stretch,
                bracket: None,
                because: body.clone(),
                layer: self.layer.clone(),
                entered_for: None,
            };
            return Some(self.item(on, entry.kind(), Edit::Propose(propose)));
        }
        let mut said = Vec::new();
        if on.id != entry.point {
            let label = self.with.get(&entry.point).map_or(entry.point.as_str(), |point| &point.label);
            said.push(format!("of the new point {label}"));
        }
        if !stands && !quote.is_empty() {
            said.push(format!("on \"{quote}\""));
        }
        if let Some(to) = &entry.reply_to {
            said.push(format!("in reply to {to}"));
        }
        match what {
            What::Note => {}
            What::Proposal { replacement } => said.push(format!("to read \"{replacement}\"")),
            What::Position(Position { stance, ad_referendum, .. }) => {
                said.push(if *ad_referendum { format!("{stance} ad referendum") } else { stance.to_string() });
            }
        }
        let said = said.join(", ");
        let text = match (said.is_empty(), body.is_empty()) {
            (true, _) => body.clone(),
            (false, true) => said,
            (false, false) => format!("{said}: {body}"),
        };
        Some(self.note(on, entry.kind(), text, stretch))
    }

    /// What was to become of an entry that the layer has.
    fn changed(&self, was: &Annotation, entry: &Annotation) -> Option<Item> {
        let what = match (was, entry) {
            _ if was == entry => return None,
            _ if entry.withdrawn && !was.withdrawn => "To be withdrawn",
            _ if entry.resolved && !was.resolved => "To be marked as settled",
            _ if !entry.resolved && was.resolved => "To be open again",
            _ => "To be changed",
        };
        self.fate(entry, what)
    }

    fn fate(&self, entry: &Annotation, what: &str) -> Option<Item> {
        let on = self.place(Some(&entry.point))?;
        Some(self.note(on, entry.kind(), format!("{what}: {} {}", entry.kind(), entry.id), None))
    }
}

/// Whether words stand in a point exactly once.
fn stands_once(point: &Point, quote: &str) -> bool {
    let first = point.words.find(quote);
    first.is_some() && first == point.words.rfind(quote)
}
