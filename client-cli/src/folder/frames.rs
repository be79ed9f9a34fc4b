//! Files of frames, each with its length and its checksum. A frame that does not check is passed over by the next that does, so
//! that damage costs what is damaged and no more.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | [`MAGIC`] |
//! | 4 | the payload's length, little-endian |
//! | 16 | the first half of the blake3 of length and payload |
//! | length | the payload |

use bytes::Bytes;
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::Path,
};

/// Where a frame may begin.
const MAGIC: [u8; 4] = *b"\xf7Pl1";
const HEAD: usize = 24;
/// 96 MiB: the largest payload, the state of a document with what is kept beside it, twice over.
const PAYLOAD_BYTES_MAX: usize = 96 << 20;

/// What stands in a file, or in a part of it.
#[derive(Debug, Default)]
pub struct Frames {
    /// Where each whole frame ends in the file, and its payload.
    pub whole: Vec<(u64, Bytes)>,
    /// Stretches before the end that hold no frame.
    pub damaged: Vec<Range<u64>>,
    /// Where the next frame goes: behind the last whole or damaged one. What stands behind it was being written.
    pub end: u64,
    /// Bytes behind the end.
    pub torn: u64,
}

/// Reads a file from an offset on; none is like an empty one.
pub fn read(path: &Path, from: u64) -> io::Result<Frames> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Frames { end: from, ..Frames::default() }),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    Ok(scan(&bytes.into(), from))
}

/// A frame around a payload.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD + payload.len());
    frame.extend_from_slice(&MAGIC);
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(&check(payload));
    frame.extend_from_slice(payload);
    frame
}

fn check(payload: &[u8]) -> [u8; 16] {
    let digest = blake3::Hasher::new().update(&(payload.len() as u32).to_le_bytes()).update(payload).finalize();
    let mut check = [0; 16];
    check.copy_from_slice(&digest.as_bytes()[..16]);
    check
}

/// What one look at an offset shows.
enum At {
    /// A frame with a payload there.
    Whole(Range<usize>),
    /// Something that is no frame, or is damaged.
    Nothing,
    /// The beginning of a frame whose end is missing.
    Torn,
}

fn look(bytes: &Bytes, at: usize) -> At {
    let rest = &bytes[at..];
    if rest.len() < HEAD {
        return if rest.iter().zip(&MAGIC).all(|(a, b)| a == b) { At::Torn } else { At::Nothing };
    }
    if rest[..4] != MAGIC {
        return At::Nothing;
    }
    let length = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
    match rest.get(HEAD..HEAD + length.min(PAYLOAD_BYTES_MAX + 1)) {
        Some(payload) if payload.len() == length && check(payload) == rest[8..HEAD] => At::Whole(at + HEAD..at + HEAD + length),
        Some(_) => At::Nothing,
        None => At::Torn,
    }
}

fn scan(bytes: &Bytes, from: u64) -> Frames {
    let mut frames = Frames { end: from, ..Frames::default() };
    let (mut at, mut bad) = (0, None);
    // Where what may be a torn end begins, unless a whole frame follows.
    let mut torn = None;
    while at < bytes.len() {
        match look(bytes, at) {
            At::Whole(payload) => {
                if let Some(bad) = bad.take() {
                    frames.damaged.push(from + bad as u64..from + at as u64);
                }
                (at, torn) = (payload.end, None);
                frames.end = from + at as u64;
                frames.whole.push((frames.end, bytes.slice(payload)));
            }
            other => {
                if matches!(other, At::Torn) && bad.is_none() {
                    torn = torn.or(Some(at));
                }
                bad = bad.or(Some(at));
                at = next(bytes, at + 1);
            }
        }
    }
    if let Some(bad) = bad {
        if torn == Some(bad) {
            frames.torn = (bytes.len() - bad) as u64;
        } else {
            frames.damaged.push(from + bad as u64..from + bytes.len() as u64);
            frames.end = from + bytes.len() as u64;
        }
    }
    frames
}

/// The next place at which a frame may begin.
fn next(bytes: &Bytes, from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(MAGIC.len()).position(|window| window == MAGIC).map_or(bytes.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(payloads: &[&[u8]]) -> Vec<u8> {
        payloads.iter().flat_map(|payload| frame(payload)).collect()
    }

    fn payloads(frames: &Frames) -> Vec<&[u8]> {
        frames.whole.iter().map(|(_, payload)| &payload[..]).collect()
    }

    const THREE: [&[u8]; 3] = [b"one", b"the second, longer", b""];

    #[test]
    fn frames_read_back_from_any_of_their_ends() {
        let bytes: Bytes = file(&THREE).into();
        let all = scan(&bytes, 0);
        assert_eq!((payloads(&all), all.end, all.torn), (THREE.to_vec(), bytes.len() as u64, 0));
        assert!(all.damaged.is_empty());
        let (first_end, _) = all.whole[0];
        let rest = scan(&bytes.slice(first_end as usize..), first_end);
        assert_eq!((payloads(&rest), rest.end), (THREE[1..].to_vec(), all.end));
    }

    #[test]
    fn a_file_torn_at_any_byte_keeps_what_is_whole_and_tells_the_rest() {
        let bytes = file(&THREE);
        let ends: Vec<u64> = scan(&bytes.clone().into(), 0).whole.iter().map(|(end, _)| *end).collect();
        for length in 0..bytes.len() {
            let torn = scan(&bytes[..length].to_vec().into(), 0);
            let kept = ends.iter().filter(|end| **end <= length as u64).count();
            assert_eq!(payloads(&torn), THREE[..kept], "torn at {length}");
            assert_eq!(torn.end, if kept > 0 { ends[kept - 1] } else { 0 }, "torn at {length}");
            assert_eq!(torn.end + torn.torn, length as u64);
            assert!(torn.damaged.is_empty(), "torn at {length}");
        }
    }

    #[test]
    fn a_flipped_bit_costs_its_own_frame_alone() {
        let bytes = file(&[b"one", b"two", b"three"]);
        let ends = [HEAD + 3, 2 * (HEAD + 3), bytes.len()];
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = scan(&flipped.into(), 0);
            let hit = ends.iter().position(|end| bit / 8 < *end).expect("a frame");
            let kept: Vec<&[u8]> =
                [&b"one"[..], b"two", b"three"].into_iter().enumerate().filter(|(n, _)| *n != hit).map(|(_, p)| p).collect();
            assert_eq!(payloads(&found), kept, "bit {bit}");
            assert!(!found.damaged.is_empty() || found.torn > 0, "bit {bit} is told");
        }
    }
}
