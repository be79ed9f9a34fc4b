//! A sync's report, for people.

use crate::{
    brief::kind,
    command::merged,
    folder::Folder,
    open::log::Names,
    output::{in_words, inline},
    render::{Look, Page},
    sync::{Report, parties},
    when,
};

/// The report.
pub fn page(folder: &Folder, report: &Report) -> Page {
    let mut page = Page::default();
    page.line(Look::Strong, &format!("{}: {}", folder.info.plan, summary(report)));
    for refused in &report.refused {
        page.line(Look::Plain, &format!("not taken: {} ({})", inline(&refused.what.join("; ")), inline(&refused.why.message)));
    }
    if !report.refused.is_empty() {
        page.line(Look::Faint, "they are kept here; `plenary salvage` makes proposals of them");
    }
    if !report.cut.is_empty() {
        page.line(Look::Plain, &inline(&report.cut.to_string()));
    }
    for held in &report.held {
        page.line(Look::Plain, &format!("waits for what others have not sent again: {}", inline(&held.join("; "))));
    }
    for replaced in &report.replaced {
        page.line(Look::Plain, &format!("the copy of {} held more than the server has, and was replaced", inline(replaced)));
    }
    if let Some(dir) = &report.put_by {
        let what = format!("what this replica held before is in {}: take it away once everybody has synced", dir.display());
        page.line(Look::Faint, &inline(&what));
    }
    for gone in &report.gone {
        page.line(Look::Plain, &format!("the layer {} is no longer for you to read; its copy is gone", inline(gone)));
    }
    for change in &report.mine {
        page.line(Look::Plain, &format!("you changed   {}", what(change, folder, report)));
    }
    for theirs in &report.theirs {
        let names: Vec<String> = parties(&theirs.by).iter().map(|party| party.as_str().to_uppercase()).collect();
        let when = theirs.by.iter().map(|heard| heard.at_ms).max().map(|at| format!(", {}", when::local(at))).unwrap_or_default();
        let who = if names.is_empty() { "others".to_owned() } else { in_words(&names) };
        page.line(Look::Plain, &format!("{who} changed   {}{when}", what(&theirs.change, folder, report)));
    }
    if !report.merged.is_empty() {
        page.line(Look::Plain, "");
        merged::list(&mut page, &folder.info.plan, &report.merged, (&names(folder), &report.paths));
    }
    page
}

fn names(folder: &Folder) -> Names {
    folder.context().map_or_else(|_| Names::default(), |context| Names::of(&context.plan.conference))
}

fn summary(report: &Report) -> String {
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let mut said = Vec::new();
    if report.again > 0 {
        said.push(format!("{} to be sent again", count(report.again, "edit")));
    }
    if report.sent > 0 {
        said.push(format!("sent {}", count(report.sent, "edit")));
    }
    if report.repeated > 0 {
        said.push(format!("{} done before under the same key", count(report.repeated, "edit")));
    }
    if report.taken > 0 {
        said.push(format!("took {}", count(report.taken as usize, "record")));
    }
    if !report.layers.is_empty() {
        said.push(count(report.layers.len(), "layer") + " moved");
    }
    if !report.refused.is_empty() {
        said.push(count(report.refused.len(), "edit") + " not taken");
    }
    if said.is_empty() {
        return "nothing new".into();
    }
    said.join(", ")
}

fn what(change: &plenary_shared::text::plan::Change, folder: &Folder, report: &Report) -> String {
    let name = match &change.point {
        Some(point) => report.paths.name(&change.label, point),
        None => folder.info.plan.to_string(),
    };
    format!("{name}: {}", kind(change.kind))
}
