//! The journal: where a commit becomes durable, with one write and one sync, before the tree hears of it.
//!
//! Two files take turns. While one is written, a thread of its own makes the tree durable up to all that the other one holds,
//! after which that one may be written over. Each is laid out in full when it is created, so that syncing a commit writes its
//! bytes and nothing of the file system's. After a crash both are read and their entries set in the tree once more.
//!
//! A frame: lap (8 bytes), length (4), checksum (16) over lap, place and payload, payload. The laps grow with each turn, so
//! what remains of an earlier one is never taken for a part of the present one. A frame that does not check ends the file: it
//! was being written when the power went, and nothing in it was acknowledged. If it was damaged later, [`super::heads`] tells.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, SystemTime},
};

use super::{
    heads::Heads,
    layout::{CHECK_BYTES, Entry},
    tree::{Fault, Tree},
};

/// 8 MiB: a file of the journal; replaying two of them takes well below a second. A larger frame makes a file longer.
const FILE_BYTES: u64 = 8 << 20;
/// 1 MiB: memory for the next frame that is kept from the last one.
const FRAME_BYTES_KEPT: usize = 1 << 20;
const FRAME_HEAD_BYTES: usize = 8 + 4 + CHECK_BYTES;
/// How long a full journal waits for the tree: a disk that takes longer for 8 MiB has failed.
const CHECKPOINT: Duration = Duration::from_secs(60);

/// The journal, open for writing.
pub(super) struct Journal {
    files: [File; 2],
    active: usize,
    lap: u64,
    offset: u64,
    frame: Vec<u8>,
    checkpoint: Checkpoint,
}

/// The thread that makes the tree durable, and whether it is at it.
struct Checkpoint {
    begin: SyncSender<()>,
    done: Receiver<Result<(), Fault>>,
    running: bool,
    thread: JoinHandle<()>,
}

impl Journal {
    /// Opens the journal, sets what it holds in the tree, makes that durable and begins anew.
    pub(super) fn open(directory: &Path, tree: &Tree, heads: &Arc<Heads>) -> Result<Self, Fault> {
        let files = [open_file(&directory.join("journal-0"))?, open_file(&directory.join("journal-1"))?];
        let mut order = [(lap_of(&files[0])?, 0), (lap_of(&files[1])?, 1)];
        order.sort_unstable();
        for (_, file) in order {
            replay(&files[file], tree)?;
        }
        tree.sync()?;
        // Laps of an earlier life must not come again: what a clean close forgot may still lie further back in a file.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64);
        let lap = now.max(order[1].0 + 1);
        let checkpoint = Checkpoint::start(tree.clone(), heads.clone())?;
        Ok(Self { files, active: order[0].1, lap, offset: 0, frame: Vec::new(), checkpoint })
    }

    /// Writes entries, all or none, and answers when they would survive a power cut. Everything written before must be in the
    /// tree by now.
    pub(super) fn write(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        self.encode(entries);
        if self.offset > 0 && self.offset + self.frame.len() as u64 > FILE_BYTES {
            self.turn()?;
        }
        self.seal();
        let file = &self.files[self.active];
        file.write_all_at(&self.frame, self.offset)?;
        file.sync_data()?;
        self.offset += self.frame.len() as u64;
        Ok(())
    }

    /// Makes the tree durable and forgets what was written; only when everything is in the tree.
    pub(super) fn close(mut self, tree: &Tree, heads: &Heads) -> Result<(), Fault> {
        self.checkpoint.wait()?;
        tree.sync()?;
        heads.sync()?;
        for file in &self.files {
            file.write_all_at(&[0; FRAME_HEAD_BYTES], 0)?;
            file.sync_data()?;
        }
        drop(self.checkpoint.begin);
        let _ = self.checkpoint.thread.join();
        Ok(())
    }

    /// Goes on in the other file, once the tree has what that one holds.
    fn turn(&mut self) -> Result<(), Fault> {
        self.checkpoint.wait()?;
        self.checkpoint.start_one()?;
        self.active = 1 - self.active;
        self.lap += 1;
        self.offset = 0;
        let file = &self.files[self.active];
        if file.metadata()?.len() > FILE_BYTES {
            file.set_len(FILE_BYTES)?;
        }
        Ok(())
    }

    fn encode(&mut self, entries: &[Entry]) {
        self.frame.clear();
        // What a rare large commit took is given back with the next one.
        self.frame.shrink_to(FRAME_BYTES_KEPT);
        self.frame.resize(FRAME_HEAD_BYTES, 0);
        for (key, value) in entries {
            self.frame.push(key.len() as u8);
            self.frame.extend_from_slice(&(value.len() as u16).to_be_bytes());
            self.frame.extend_from_slice(key);
            self.frame.extend_from_slice(value);
        }
    }

    fn seal(&mut self) {
        let (head, payload) = self.frame.split_at_mut(FRAME_HEAD_BYTES);
        head[..8].copy_from_slice(&self.lap.to_be_bytes());
        head[8..12].copy_from_slice(&(payload.len() as u32).to_be_bytes());
        head[12..].copy_from_slice(&check(self.lap, self.offset, payload));
    }
}

impl Checkpoint {
    fn start(tree: Tree, heads: Arc<Heads>) -> io::Result<Self> {
        let (begin, begun) = sync_channel::<()>(1);
        let (finished, done) = sync_channel(1);
        let thread = std::thread::Builder::new().name("checkpoint".into()).spawn(move || {
            while begun.recv().is_ok() {
                let result = tree.sync().and_then(|()| Ok(heads.sync()?));
                if finished.send(result).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { begin, done, running: false, thread })
    }

    fn start_one(&mut self) -> Result<(), Fault> {
        self.begin.send(()).map_err(|_| io::Error::other("the checkpoint thread has ended"))?;
        self.running = true;
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Fault> {
        if self.running {
            self.done.recv_timeout(CHECKPOINT).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            self.running = false;
        }
        Ok(())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// Opens a file of the journal, laid out in full.
fn open_file(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let length = file.metadata()?.len();
    if length < FILE_BYTES {
        let zeros = [0; 64 << 10];
        for offset in (length..FILE_BYTES).step_by(zeros.len()) {
            let left = usize::try_from(FILE_BYTES - offset).unwrap_or(zeros.len());
            file.write_all_at(&zeros[..left.min(zeros.len())], offset)?;
        }
        file.sync_all()?;
    }
    Ok(file)
}

/// The lap of a file's first frame, 0 if it has none.
fn lap_of(file: &File) -> io::Result<u64> {
    let mut frames = Frames::new(file)?;
    Ok(if frames.advance()? { frames.lap } else { 0 })
}

fn replay(file: &File, tree: &Tree) -> Result<(), Fault> {
    let mut frames = Frames::new(file)?;
    while frames.advance()? {
        let mut rest = frames.payload.as_slice();
        while let Some((key, value, after)) = next_entry(rest) {
            tree.insert(key, value)?;
            rest = after;
        }
    }
    Ok(())
}

/// A file's frames, one in memory at a time.
struct Frames<'a> {
    file: &'a File,
    length: u64,
    offset: u64,
    /// The lap of the frames before, 0 before the first.
    lap: u64,
    payload: Vec<u8>,
}

impl<'a> Frames<'a> {
    fn new(file: &'a File) -> io::Result<Self> {
        Ok(Self { file, length: file.metadata()?.len(), offset: 0, lap: 0, payload: Vec::new() })
    }

    /// Reads the next frame; `false` where there is none that checks.
    fn advance(&mut self) -> io::Result<bool> {
        let start = self.offset + FRAME_HEAD_BYTES as u64;
        if start > self.length {
            return Ok(false);
        }
        let (mut lap, mut length, mut stored) = ([0; 8], [0; 4], [0; CHECK_BYTES]);
        self.file.read_exact_at(&mut lap, self.offset)?;
        self.file.read_exact_at(&mut length, self.offset + 8)?;
        self.file.read_exact_at(&mut stored, self.offset + 12)?;
        let (lap, length) = (u64::from_be_bytes(lap), u32::from_be_bytes(length));
        if lap == 0 || (self.lap != 0 && self.lap != lap) || start + u64::from(length) > self.length {
            return Ok(false);
        }
        self.payload.resize(length as usize, 0);
        self.file.read_exact_at(&mut self.payload, start)?;
        let whole = check(lap, self.offset, &self.payload) == stored;
        (self.lap, self.offset) = (lap, start + u64::from(length));
        Ok(whole)
    }
}

fn next_entry(entries: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key_bytes, rest) = entries.split_first()?;
    let (value_bytes, rest) = rest.split_first_chunk::<2>()?;
    let (key, rest) = rest.split_at_checked(usize::from(*key_bytes))?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*value_bytes)))?;
    Some((key, value, rest))
}

fn check(lap: u64, offset: u64, payload: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&lap.to_be_bytes()).update(&offset.to_be_bytes()).update(payload);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK_BYTES]);
    check
}
