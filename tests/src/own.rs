//! The edits of one's own in a replica's folder, as its file holds them: a test adds what no verb of the command line does, as whoever
//! writes a replica of their own could.

use serde::{Deserialize, Serialize};
use std::{fs, io::Write as _};

use crate::cli::Folder;

const FILE: &str = "own.log";
const MAGIC: [u8; 4] = *b"\xf7Pl1";
const HEAD: usize = 24;

/// A frame of the file.
#[derive(Serialize, Deserialize)]
enum Frame {
    Edit { id: [u8; 16], at_ms: u64, seen: u64, salvages: Vec<[u8; 16]>, body: Sealed },
}

/// In a replica without a passphrase.
#[derive(Serialize, Deserialize)]
enum Sealed {
    Clear(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
struct Body {
    what: Vec<String>,
    /// The updates, by layer; none for the text.
    parts: Vec<(Option<String>, Vec<u8>)>,
    once: Option<(String, String)>,
}

/// Adds an edit of the text, made when the replica had `seen` records.
pub fn add(folder: &Folder, seen: u64, update: &[u8]) {
    let body = Body { what: vec!["by hand".into()], parts: vec![(None, update.to_vec())], once: None };
    let body = Sealed::Clear(postcard::to_stdvec(&body).unwrap());
    let mut file = fs::OpenOptions::new().append(true).create(true).open(folder.file(FILE)).unwrap();
    // Each of a stay of its own.
    let mut id = [0; 16];
    getrandom::fill(&mut id).unwrap();
    let payload = postcard::to_stdvec(&Frame::Edit { id, at_ms: 1, seen, salvages: Vec::new(), body }).unwrap();
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let check = blake3::Hasher::new().update(&length).update(&payload).finalize();
    let frame = [&MAGIC[..], &length, &check.as_bytes()[..16], &payload].concat();
    file.write_all(&frame).unwrap();
}

/// The updates of the text that its edits are, those that were sent and not forgotten too.
pub fn updates(folder: &Folder) -> Vec<Vec<u8>> {
    let (file, mut at, mut updates) = (fs::read(folder.file(FILE)).unwrap(), 0, Vec::new());
    while at < file.len() {
        assert_eq!(file[at..at + MAGIC.len()], MAGIC);
        let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        let payload = &file[at + HEAD..at + HEAD + length];
        at += HEAD + length;
        // What became of an edit is another kind of frame.
        let Ok(Frame::Edit { body: Sealed::Clear(body), .. }) = postcard::from_bytes(payload) else { continue };
        let body: Body = postcard::from_bytes(&body).unwrap();
        updates.extend(body.parts.into_iter().filter(|(layer, _)| layer.is_none()).map(|(_, update)| update));
    }
    updates
}
