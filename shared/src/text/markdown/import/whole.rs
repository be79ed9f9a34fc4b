//! A draft made of what was read.

use std::collections::HashMap;

use crate::{
    limits,
    text::{
        markdown::{Draft, DraftPoint, ImportError, Imported, Labels, Notice, flatten},
        plan::is_title,
    },
};

/// What `[name]: https://...` defines.
pub(super) struct Link<'a> {
    pub url: &'a str,
    pub line: usize,
    pub used: bool,
}

/// A point, its parent and how many are above it.
pub(super) struct Placed {
    pub point: DraftPoint,
    pub parent: Option<usize>,
    pub depth: usize,
}

/// The draft, and what is told of it.
pub(super) fn imported(
    mut title: String,
    mut nodes: Vec<Placed>,
    mut links: HashMap<String, Link>,
    mut notices: Vec<Notice>,
) -> Result<Imported, ImportError> {
    for node in &mut nodes {
        let words = std::mem::take(&mut node.point.words);
        node.point.words = linked(words, &mut links);
    }
    let mut unused: Vec<_> = links.iter().filter(|(_, link)| !link.used).collect();
    unused.sort_unstable_by_key(|(_, link)| link.line);
    for (name, link) in unused {
        let what = format!("nothing refers to the link [{name}]: {} is no part of the plan", link.url);
        notices.push(Notice { line: link.line, what });
    }
    // Children come after their parents: taken from the end, each is whole before its parent takes it.
    let mut points = Vec::new();
    while let Some(mut node) = nodes.pop() {
        node.point.children.reverse();
        match node.parent {
            Some(parent) => nodes[parent].point.children.push(node.point),
            None => points.push(node.point),
        }
    }
    points.reverse();
    if !is_title(&title) {
        let what = format!("the title has more than {} characters: cut, and kept whole as words", limits::TITLE_CHARS_MAX);
        notices.push(Notice { line: 1, what });
        let cut: String = title.chars().take(limits::TITLE_CHARS_MAX - 1).collect();
        let whole = std::mem::replace(&mut title, format!("{}…", cut.trim_end()));
        points.insert(0, DraftPoint { words: whole, ..DraftPoint::default() });
    }
    let draft = Draft { title, points };
    check_after(&draft)?;
    Ok(Imported { draft, notices })
}

/// Words in which `[the map][source]` says where it leads: `[the map](https://...)`.
fn linked(words: String, links: &mut HashMap<String, Link>) -> String {
    if links.is_empty() {
        return words;
    }
    let mut linked = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some((before, behind)) = rest.split_once("][") {
        let target = behind.split_once(']').and_then(|(name, after)| Some((links.get_mut(&name.to_lowercase())?, after)));
        linked.push_str(before);
        match target.filter(|_| linked.contains('[')) {
            Some((link, after)) => {
                linked.extend(["](", link.url, ")"]);
                link.used = true;
                rest = after;
            }
            None => {
                linked.push_str("][");
                rest = behind;
            }
        }
    }
    linked + rest
}

fn check_after(draft: &Draft) -> Result<(), ImportError> {
    let flat = flatten(draft).unwrap_or_default();
    let labels = Labels::new(flat.iter().map(|(point, _)| point.label.as_str()));
    let mut named = flat.iter().flat_map(|(point, _)| point.after.keys());
    match named.find(|what| labels.find(what).is_none()) {
        Some(what) => Err(ImportError::UnknownAfter { what: what.clone() }),
        None => Ok(()),
    }
}
