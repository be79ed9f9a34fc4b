//! The edits made in this replica that the server does not have yet, or does not take: one file of frames, appended to before a verb
//! returns.

use bytes::Bytes;
use plenary_shared::{
    id::{LayerId, PointId},
    log::record::Branch,
    script::Once,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, path::Path};

use super::{
    cipher::{Cipher, Sealed},
    disk,
    frames::{self, Frames},
    info::Damage,
};
use crate::{error::CliError, ids};

/// The file.
pub const FILE: &str = "own.log";

/// An edit's name within the replica, and for the log of its own fate: eight bytes of the stay away from the server in which it was made,
/// the same for all of it, and eight of its own.
pub type EditId = [u8; 16];

/// The stay in which an edit was made.
pub fn stay(id: &EditId) -> Branch {
    let [a, b, c, d, e, f, g, h, ..] = *id;
    Branch([a, b, c, d, e, f, g, h])
}

/// An edit of one's own.
#[derive(Clone, Debug)]
pub struct OwnEdit {
    /// Its name.
    pub id: EditId,
    /// When it was made, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// The last record of the text's log that the replica had then.
    pub seen: u64,
    /// What became of it.
    pub fate: Fate,
    pub(super) body: Sealed,
}

/// What an edit does.
#[derive(Clone, Debug)]
pub struct Body {
    /// In words, a line for each thing done.
    pub what: Vec<String>,
    /// The updates, by document: none for the text, else a layer of one's own party.
    pub parts: Vec<(Option<LayerId>, Bytes)>,
    /// The key under which it is done once.
    pub once: Option<Once>,
    /// The points that it confirms to have been merged rightly; none is the title. Then it has no parts.
    pub confirms: Vec<Option<PointId>>,
}

/// What an edit does, as the file holds it. Behind it stand the points that it confirms, if it confirms any.
#[derive(Serialize, Deserialize)]
struct BodyKept {
    what: Vec<String>,
    parts: Vec<(Option<LayerId>, Bytes)>,
    once: Option<OnceKept>,
}

/// A key, as the file holds it.
#[derive(Serialize, Deserialize)]
struct OnceKept {
    key: String,
    digest: String,
}

impl Body {
    fn kept(&self) -> postcard::Result<Vec<u8>> {
        let Self { what, parts, once, confirms } = self.clone();
        let once = once.map(|Once { key, digest }| OnceKept { key, digest });
        let kept = postcard::to_stdvec(&BodyKept { what, parts, once })?;
        if confirms.is_empty() { Ok(kept) } else { postcard::to_extend(&confirms, kept) }
    }

    fn of_kept(bytes: &[u8]) -> postcard::Result<Self> {
        let (BodyKept { what, parts, once }, rest) = postcard::take_from_bytes(bytes)?;
        let once = once.map(|OnceKept { key, digest }| Once { key, digest });
        let confirms = if rest.is_empty() { Vec::new() } else { postcard::from_bytes(rest)? };
        Ok(Self { what, parts, once, confirms })
    }
}

/// An edit to be added.
pub struct New {
    /// When it is made, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// The last record of the text's log that the replica has.
    pub seen: u64,
    /// What it does.
    pub body: Body,
}

/// What became of an edit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fate {
    /// It waits to be sent.
    Waiting,
    /// The server has it; the replica's copy of what the server has may not show it yet.
    Sent,
    /// The server had done it already, for another of the party's machines.
    Repeated,
    /// The server does not take it. It is kept, and no longer shown as part of the plan.
    Refused {
        /// The word for programs.
        error: String,
        /// Why, for people; it may name what is private.
        message: Sealed,
        /// When, in milliseconds since 1970-01-01 UTC.
        at_ms: u64,
    },
    /// It was refused, and its words have been proposed since.
    Salvaged,
    /// It waits for what it builds on, which a restored server has lost and others have not sent again.
    Held,
    /// As [`Fate::Sent`], but for what the server cut out of it: that it will never show.
    Cut,
}

#[derive(Serialize, Deserialize)]
enum Frame {
    /// An edit, and those refused ones whose words it proposes.
    Edit {
        id: EditId,
        at_ms: u64,
        seen: u64,
        salvages: Vec<EditId>,
        body: Sealed,
    },
    Fate {
        id: EditId,
        fate: Fate,
    },
}

/// The file as it was read.
pub struct Own {
    /// In the order in which they were made.
    pub edits: Vec<OwnEdit>,
    /// Where the next frame goes.
    end: u64,
    /// Something in it could not be read.
    damaged: bool,
}

impl OwnEdit {
    /// What it does; may ask for the passphrase.
    pub fn body(&self, cipher: &Cipher) -> Result<Body, CliError> {
        let opened = cipher.open(FILE, self.body.clone())?;
        Body::of_kept(&opened).map_err(|_| CliError::Refused(format!("an edit in {FILE} cannot be read")))
    }

    /// Whether it is part of what the replica shows.
    pub fn is_shown(&self) -> bool {
        matches!(self.fate, Fate::Waiting | Fate::Sent | Fate::Cut)
    }

    /// Whether it is still to be sent.
    pub fn waits(&self) -> bool {
        self.fate == Fate::Waiting
    }
}

impl Own {
    /// Reads the file; what is damaged is told and passed over.
    pub fn read(dir: &Path, damage: &mut Vec<Damage>) -> Result<Own, CliError> {
        let path = dir.join(FILE);
        let Frames { whole, damaged, end, torn } =
            frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
        for range in &damaged {
            let what = format!(
                "bytes {} to {} cannot be read; an edit that stood there is lost to this replica, all others are kept",
                range.start, range.end
            );
            damage.push(Damage { path: path.clone(), what });
        }
        if torn > 0 {
            let what =
                format!("the last {torn} bytes are an edit that was cut off while it was being written; it was never done");
            damage.push(Damage { path: path.clone(), what });
        }
        let mut own = Own { edits: Vec::new(), end, damaged: !damaged.is_empty() };
        let mut known: HashSet<EditId> = HashSet::new();
        for (frame_end, payload) in whole {
            match postcard::from_bytes(&payload) {
                // A folder that was copied while it was written can hold a frame twice.
                Ok(Frame::Edit { id, .. }) if !known.insert(id) => {}
                Ok(Frame::Edit { id, at_ms, seen, salvages, body }) => {
                    own.edits.push(OwnEdit { id, at_ms, seen, fate: Fate::Waiting, body });
                    own.mark(&salvages, &Fate::Salvaged);
                }
                Ok(Frame::Fate { id, fate }) => own.mark(&[id], &fate),
                Err(_) => {
                    own.damaged = true;
                    let what =
                        format!("what ends at byte {frame_end} was written by another version of plenary, and is left alone");
                    damage.push(Damage { path: path.clone(), what });
                }
            }
        }
        Ok(own)
    }

    /// Adds an edit; durable when this returns. The folder must be locked.
    /// `salvages` names the refused edits whose words it proposes.
    pub fn add(&mut self, dir: &Path, cipher: &Cipher, edit: New, salvages: &[EditId]) -> Result<(), CliError> {
        let New { at_ms, seen, body } = edit;
        let id = self.new_id()?;
        let body = sealed(cipher, &body)?;
        self.append(dir, &[Frame::Edit { id, at_ms, seen, salvages: salvages.to_vec(), body: body.clone() }])?;
        self.edits.push(OwnEdit { id, at_ms, seen, fate: Fate::Waiting, body });
        self.mark(salvages, &Fate::Salvaged);
        Ok(())
    }

    /// A name for another edit. A stay lasts as long as something of it is not in what the server showed.
    fn new_id(&self) -> Result<EditId, CliError> {
        let mut id: EditId = ids::random()?;
        if let Some(last) = self.edits.iter().rfind(|edit| edit.is_shown()) {
            id[..8].copy_from_slice(&last.id[..8]);
        }
        Ok(id)
    }

    /// Puts edits back in front of all others that the server has lost, each under a name of its own, and holds everything that waits
    /// until it is known what the server still has. No author has seen what comes after `common`, the last record that both logs hold.
    /// All or nothing; edits whose names are known are there already. The folder must be locked.
    pub fn put_back(&mut self, dir: &Path, cipher: &Cipher, lost: Vec<(EditId, New)>, common: u64) -> Result<(), CliError> {
        let mut edits = Vec::with_capacity(lost.len() + self.edits.len());
        for (id, New { at_ms, seen, body }) in lost {
            if !self.edits.iter().any(|edit| edit.id == id) {
                edits.push(OwnEdit { id, at_ms, seen, fate: Fate::Held, body: sealed(cipher, &body)? });
            }
        }
        edits.append(&mut self.edits);
        self.edits = edits;
        for edit in &mut self.edits {
            edit.seen = edit.seen.min(common);
            if edit.is_shown() {
                edit.fate = Fate::Held;
            }
        }
        self.write(dir)
    }

    /// Puts the same edits in their place, written under other client ids. The folder must be locked.
    pub fn rewrite(&mut self, dir: &Path, cipher: &Cipher, edits: Vec<(EditId, Body)>) -> Result<(), CliError> {
        if edits.is_empty() {
            return Ok(());
        }
        for (id, body) in edits {
            if let Some(edit) = self.edits.iter_mut().rfind(|edit| edit.id == id) {
                edit.body = sealed(cipher, &body)?;
            }
        }
        self.write(dir)
    }

    /// Writes down what became of edits. The folder must be locked.
    pub fn settle(&mut self, dir: &Path, fates: &[(EditId, Fate)]) -> Result<(), CliError> {
        let entries: Vec<Frame> = fates.iter().map(|(id, fate)| Frame::Fate { id: *id, fate: fate.clone() }).collect();
        self.append(dir, &entries)?;
        fates.iter().for_each(|(id, fate)| self.mark(&[*id], fate));
        Ok(())
    }

    fn mark(&mut self, ids: &[EditId], fate: &Fate) {
        for id in ids {
            if let Some(edit) = self.edits.iter_mut().rfind(|edit| edit.id == *id) {
                edit.fate = fate.clone();
            }
        }
    }

    /// Forgets edits that are in what the server showed, or that nobody needs any more. The folder must be locked.
    pub fn forget(&mut self, dir: &Path, gone: impl Fn(&OwnEdit) -> bool) -> Result<(), CliError> {
        if !self.edits.iter().any(&gone) {
            return Ok(());
        }
        self.edits.retain(|edit| !gone(edit));
        self.write(dir)
    }

    /// Writes the file anew.
    pub(super) fn write(&mut self, dir: &Path) -> Result<(), CliError> {
        let path = dir.join(FILE);
        let file = |source| CliError::File { path: path.clone(), source };
        if self.damaged {
            // Somebody may still want to look at what could not be read.
            let bytes = std::fs::read(&path).map_err(file)?;
            disk::replace(&path.with_extension("damaged"), &bytes).map_err(file)?;
            self.damaged = false;
        }
        let mut bytes = Vec::new();
        for OwnEdit { id, at_ms, seen, fate, body } in &self.edits {
            bytes.extend(encoded(&Frame::Edit {
                id: *id,
                at_ms: *at_ms,
                seen: *seen,
                salvages: Vec::new(),
                body: body.clone(),
            })?);
            if *fate != Fate::Waiting {
                bytes.extend(encoded(&Frame::Fate { id: *id, fate: fate.clone() })?);
            }
        }
        disk::replace(&path, &bytes).map_err(file)?;
        self.end = bytes.len() as u64;
        Ok(())
    }

    fn append(&mut self, dir: &Path, entries: &[Frame]) -> Result<(), CliError> {
        let mut bytes = Vec::new();
        for entry in entries {
            bytes.extend(encoded(entry)?);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let path = dir.join(FILE);
        disk::append(&path, self.end, &bytes).map_err(|source| CliError::File { path, source })?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

pub(super) fn sealed(cipher: &Cipher, body: &Body) -> Result<Sealed, CliError> {
    let bytes = body.kept().map_err(|e| CliError::Refused(format!("the edit cannot be written down: {e}")))?;
    cipher.seal(bytes.into())
}

fn encoded(entry: &Frame) -> Result<Vec<u8>, CliError> {
    let payload = postcard::to_stdvec(entry).map_err(|e| CliError::Refused(format!("the edit cannot be written down: {e}")))?;
    Ok(frames::frame(&payload))
}
