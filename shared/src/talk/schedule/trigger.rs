//! What starts the clocks of a plan, compared as people read it: `D-Day`, `d day` and `D–Day` are one.

use std::{collections::HashMap, sync::Arc};

use crate::text::{bracket, say::cut};

/// Characters of a trigger.
const CHARS: usize = 80;

/// The triggers met so far, each as it was written first.
#[derive(Default)]
pub(super) struct Triggers(HashMap<String, Arc<str>>);

impl Triggers {
    /// What a schedule names, as it was first written: one, or several that stand side by side; none for nothing.
    pub fn of(&mut self, trigger: &str) -> Vec<Arc<str>> {
        let mut triggers: Vec<Arc<str>> = Vec::new();
        for one in alternatives(trigger) {
            let shown = cut(one.trim(), CHARS).replace(char::is_control, " ");
            if shown.is_empty() {
                continue;
            }
            let known = self.0.entry(words(one)).or_insert_with(|| shown.into());
            if !triggers.contains(known) {
                triggers.push(known.clone());
            }
        }
        triggers
    }
}

/// The alternatives, if there is nothing beside them; else the whole.
fn alternatives(trigger: &str) -> Vec<&str> {
    let top = bracket::parse(trigger).list.into_iter().filter(|bracket| bracket.parent.is_none());
    let (mut end, mut found) = (0, Vec::new());
    for bracket in top {
        if !trigger[end..bracket.range.start].trim().is_empty() {
            return vec![trigger];
        }
        end = bracket.range.end;
        found.push(&trigger[bracket.inner]);
    }
    if found.is_empty() || !trigger[end..].trim().is_empty() { vec![trigger] } else { found }
}

/// Its words, without what stands between them; the whole where there are none.
fn words(trigger: &str) -> String {
    let is_between = |c: char| !c.is_alphanumeric() && c != '+';
    let words: Vec<String> = trigger.split(is_between).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    if words.is_empty() { trigger.trim().to_owned() } else { words.join(" ") }
}
