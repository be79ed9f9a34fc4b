//! Makes honest updates wrong.

use super::{
    dice::Dice,
    update::{Block, Content, Id, Parent, Section, Update},
};

/// What is known of a document by whoever means it harm.
pub struct Known<'a> {
    /// How far each client reaches.
    pub clocks: &'a [(u64, u32)],
    /// What was sent before.
    pub sent: &'a [Update],
    /// The client ids of the party that sends it.
    pub own: &'a [u64],
}

/// A way of making an update wrong.
type Wrong = fn(&mut Dice, &mut Update, &Known<'_>);

const WRONGS: [(&str, Wrong); 13] = [
    ("blocks spliced in", splice),
    ("known blocks as they were", again),
    ("known blocks in another form", otherwise),
    ("origins swapped", swap),
    ("another left origin", move_left),
    ("another right origin", move_right),
    ("lengths changed", lengthen),
    ("clocks changed", shift),
    ("clients changed", rename),
    ("ranges deleted", delete),
    ("blocks collected or deleted", hollow),
    ("keys and parents changed", rekey),
    ("characters cut in the middle", halve),
];

/// Makes an update wrong in one way or in two; answers the first, and the bytes.
pub fn wrong(dice: &mut Dice, honest: &Update, known: &Known<'_>) -> (&'static str, Vec<u8>) {
    if dice.below(WRONGS.len() as u64 + 1) == 0 {
        return ("bits flipped", flipped(dice, honest.write()));
    }
    let mut update = honest.clone();
    let &(name, way) = dice.pick(&WRONGS);
    way(dice, &mut update, known);
    if dice.below(4) == 0 {
        dice.pick(&WRONGS).1(dice, &mut update, known);
    }
    (name, update.write())
}

impl Known<'_> {
    /// A block that is there, or nearly.
    fn id(&self, dice: &mut Dice) -> Option<Id> {
        let known: Vec<_> = self.clocks.iter().filter(|known| known.1 > 0).collect();
        let &&(client, clock) = if known.is_empty() { return None } else { dice.pick(&known) };
        Some((client, dice.below(u64::from(clock)) as u32))
    }

    fn clock(&self, client: u64) -> u32 {
        self.clocks.iter().find(|known| known.0 == client).map_or(0, |known| known.1)
    }
}

fn section<'u>(dice: &mut Dice, update: &'u mut Update) -> Option<&'u mut Section> {
    let count = update.sections.len() as u64;
    update.sections.get_mut(dice.below(count) as usize)
}

fn block<'u>(dice: &mut Dice, update: &'u mut Update) -> Option<(Id, &'u mut Block)> {
    let section = section(dice, update)?;
    let at = dice.below(section.blocks.len() as u64) as usize;
    let clock = section.clock + section.blocks.get(..at)?.iter().map(Block::len).sum::<u32>();
    Some(((section.client, clock), section.blocks.get_mut(at)?))
}

/// Another id close by: what stands in one text was often typed in one go.
fn near(dice: &mut Dice, id: Id, known: &Known<'_>) -> Option<Id> {
    let clock = u64::from(id.1);
    match dice.below(3) {
        0 => known.id(dice),
        1 => Some((id.0, (clock + dice.below(4)) as u32)),
        _ => Some((id.0, clock.saturating_sub(dice.below(6)) as u32)),
    }
}

fn flipped(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(2) {
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.below(8);
    }
    bytes
}

fn splice(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    let Some(mut other) = (!known.sent.is_empty()).then(|| dice.pick(known.sent).clone()) else { return };
    let Some((_, stranger)) = block(dice, &mut other) else { return };
    let stranger = stranger.clone();
    let Some(section) = section(dice, update) else { return };
    let at = dice.below(section.blocks.len() as u64 + 1) as usize;
    section.blocks.insert(at, stranger);
}

/// Sends what its own client sent before along with what is new.
fn again(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    let Some(section) = section(dice, update) else { return };
    let mut before = known.sent.iter().rev().flat_map(|sent| &sent.sections);
    let ends_here = |sent: &&Section| {
        sent.client == section.client && sent.clock + sent.blocks.iter().map(Block::len).sum::<u32>() == section.clock
    };
    if let Some(before) = before.find(ends_here) {
        section.clock = before.clock;
        section.blocks.splice(..0, before.blocks.iter().cloned());
    }
}

/// The same, but the known part says something else.
fn otherwise(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    let Some(section) = section(dice, update).filter(|section| section.clock > 0) else { return };
    let back = 1 + dice.below(u64::from(section.clock).min(5)) as u32;
    let Some(first) = section.blocks.first_mut() else { return };
    section.clock -= back;
    if let (Content::Text(words), 0) = (&mut first.content, dice.below(3)) {
        // One block, of which the first part is known.
        words.insert_str(0, &"Q".repeat(back as usize));
        return;
    }
    let content = match dice.below(4) {
        0 => Content::Collected(back),
        1 => Content::Deleted(back),
        _ => Content::Text("Z".repeat(back as usize)),
    };
    let (left, right) = (known.id(dice), known.id(dice).filter(|_| dice.below(2) == 0));
    section.blocks.insert(0, Block { left, right, parent: Parent::Root("text".into()), key: None, content });
}

fn swap(dice: &mut Dice, update: &mut Update, _: &Known<'_>) {
    if let Some((_, block)) = block(dice, update) {
        (block.left, block.right) = (block.right, block.left);
    }
}

fn move_left(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    if let Some((id, block)) = block(dice, update) {
        block.left = near(dice, block.left.unwrap_or(id), known).filter(|_| dice.below(5) > 0);
    }
}

fn move_right(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    if let Some((id, block)) = block(dice, update) {
        block.right = near(dice, block.right.or(block.left).unwrap_or(id), known).filter(|_| dice.below(5) > 0);
    }
}

fn lengthen(dice: &mut Dice, update: &mut Update, _: &Known<'_>) {
    let Some((_, block)) = block(dice, update) else { return };
    match &mut block.content {
        Content::Collected(len) | Content::Deleted(len) => *len = (*len + dice.below(4) as u32).saturating_sub(1),
        Content::Text(words) if dice.below(2) == 0 => drop(words.pop()),
        Content::Text(words) => words.push_str(dice.pick::<&str>(&["x", "😀", "\u{FFFD}"])),
        Content::Any(values) => values.extend(values.first().cloned()),
        Content::Type(shared) => *shared = dice.below(4) as u8,
    }
}

fn shift(dice: &mut Dice, update: &mut Update, _: &Known<'_>) {
    if let Some(section) = section(dice, update) {
        let by = dice.below(4) as u32;
        section.clock = if dice.below(4) == 0 { section.clock + by } else { section.clock.saturating_sub(by) };
    }
}

/// Signs it as another client, mostly one of the own party, where that goes on.
fn rename(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    let to = if dice.below(5) == 0 { known.id(dice).map(|id| id.0) } else { Some(*dice.pick(known.own)) };
    if let (Some(section), Some(to)) = (section(dice, update), to) {
        let (from, start, end) =
            (section.client, section.clock, section.clock + section.blocks.iter().map(Block::len).sum::<u32>());
        (section.client, section.clock) = (to, known.clock(to));
        let clock = section.clock;
        let renamed = |id: &mut Id| {
            if id.0 == from && (start..end).contains(&id.1) {
                *id = (to, id.1 - start + clock);
            }
        };
        section.blocks.iter_mut().flat_map(|block| block.left.iter_mut().chain(block.right.iter_mut())).for_each(renamed);
    }
}

fn delete(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    for _ in 0..=dice.below(3) {
        let own = update.sections.first().map(|section| (section.client, section.clock));
        if let Some((client, clock)) = known.id(dice).filter(|_| dice.below(3) > 0).or(own) {
            update.deletions.push((client, clock, 1 + dice.below(4) as u32));
        }
    }
    // Ranges of one client stand in order and apart.
    update.deletions.sort_unstable();
    update.deletions.dedup_by(|next, one| one.0 == next.0 && next.1 < one.1 + one.2);
}

fn hollow(dice: &mut Dice, update: &mut Update, _: &Known<'_>) {
    for _ in 0..=dice.below(2) {
        if let Some((_, block)) = block(dice, update) {
            let len = block.len();
            block.content = if dice.below(2) == 0 { Content::Collected(len) } else { Content::Deleted(len) };
        }
    }
}

fn rekey(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    const KEYS: [&str; 10] = ["words", "heading", "label", "order", "struck", "schedule", "p1", "p2", "title", "trigger"];
    let Some((_, block)) = block(dice, update) else { return };
    if dice.below(2) == 0 {
        (block.left, block.right) = (None, None);
    }
    match dice.below(3) {
        0 => block.key = Some((*dice.pick(&KEYS)).into()),
        1 => block.parent = Parent::Root((*dice.pick(&["text", "points", "meta"])).into()),
        _ => block.parent = known.id(dice).map_or(Parent::Root("points".into()), Parent::Item),
    }
}

/// Puts words behind or before one half of a character, deletes one half, or both.
fn halve(dice: &mut Dice, update: &mut Update, known: &Known<'_>) {
    let mut halves: Vec<Id> = Vec::new();
    for section in known.sent.iter().chain([&*update]).flat_map(|sent| &sent.sections) {
        let mut clock = section.clock;
        for block in &section.blocks {
            if let Content::Text(words) = &block.content {
                let units = words.encode_utf16().enumerate();
                let first = units.filter(|(_, unit)| (0xD800..0xDC00).contains(unit));
                halves.extend(first.map(|(at, _)| (section.client, clock + at as u32)));
            }
            clock += block.len();
        }
    }
    if halves.is_empty() {
        return;
    }
    let (client, clock) = *dice.pick(&halves);
    if dice.below(2) == 0 {
        update.deletions = vec![(client, clock + dice.below(2) as u32, 1)];
    } else if let Some((_, block)) = block(dice, update) {
        (block.left, block.right) = (Some((client, clock)), Some((client, clock + 1)));
    }
}
