//! A replica on disk: a folder with a plan's log, copies of the layers that its member may read, and the edits that the server does not
//! have yet.
//!
//! | in `.plenary` | what |
//! | --- | --- |
//! | `replica.json` | which plan of which server, and for whom; written once |
//! | `context` | what surrounded the plan at the last sync: rights, layers, names |
//! | `text.log`, `text.snapshot` | the text as the server has it ([`text`]) |
//! | `layers/` | copies of layers ([`layers`]) |
//! | `own.log` | edits of one's own ([`own`]) |
//! | `before/` | what it held before the server was restored ([`before`]) |
//! | `key.age` | with `--encrypt`: the key, under the passphrase ([`cipher`]) |
//! | `lock` | locked by whoever writes, and shared by whoever reads |
//! | `lock.sync` | locked by the one that syncs: no other writes the text, the layers and the context |
//!
//! **Architecture invariants:** all writing goes through [`disk`], under the lock. Whatever is damaged is named, and the rest is used.
//! No client id stands in a folder to be used again: each edit has its own, so a folder may be copied and restored.

pub mod before;
pub mod cipher;
mod context;
pub mod disk;
#[cfg(test)]
mod formats;
mod frames;
mod info;
pub mod layers;
pub mod own;
pub mod text;

use std::{
    cell::RefCell,
    env,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

pub use context::Surroundings;
pub use info::{Damage, Info, Locked};

use crate::error::CliError;
use cipher::Cipher;
use own::Own;
use text::Text;

/// The directory within a replica's folder.
const DIRECTORY: &str = ".plenary";
const INFO: &str = "replica.json";
const CONTEXT: &str = "context";
const LOCK: &str = "lock";
const SYNC_LOCK: &str = "lock.sync";
/// The layout that this version reads and writes.
const FORMAT: u32 = 1;
/// For another command to be done with the folder.
const PATIENCE: Duration = Duration::from_secs(30);

/// A replica's folder.
pub struct Folder {
    dir: PathBuf,
    /// Which plan it is of.
    pub info: Info,
    /// How private things are kept.
    pub cipher: Cipher,
    damage: RefCell<Vec<Damage>>,
}

impl Folder {
    /// The replica that the current directory is in, if it is in one.
    pub fn here() -> Result<Option<Folder>, CliError> {
        let Ok(here) = env::current_dir() else { return Ok(None) };
        let found = here.ancestors().map(|above| above.join(DIRECTORY)).find(|dir| dir.join(INFO).is_file());
        found.map(Self::open).transpose()
    }

    /// The same, for what makes no sense anywhere else.
    pub fn required() -> Result<Folder, CliError> {
        let outside = || CliError::Usage("this is no replica: run it in a folder that `plenary clone` made".into());
        Self::here()?.ok_or_else(outside)
    }

    fn open(dir: PathBuf) -> Result<Folder, CliError> {
        let path = dir.join(INFO);
        let json = fs::read(&path).map_err(|source| CliError::File { path: path.clone(), source })?;
        let value: serde_json::Value = serde_json::from_slice(&json).map_err(|e| unreadable(&path, &e))?;
        if value["format"] != FORMAT {
            let found = &value["format"];
            return Err(CliError::Refused(format!(
                "{} has format {found}, and this plenary reads {FORMAT}: use the one that wrote it",
                path.display()
            )));
        }
        let info: Info = serde_json::from_value(value).map_err(|e| unreadable(&path, &e))?;
        let cipher = Cipher::of(&dir, info.recipient.as_deref())?;
        Ok(Folder { dir, info, cipher, damage: RefCell::default() })
    }

    /// Makes a folder for a replica, which must be new or empty. It holds nothing of the plan until it is synced.
    pub fn create(folder: &Path, info: Info, encrypt: bool) -> Result<Folder, CliError> {
        let file = |path: &Path, source| CliError::File { path: path.to_owned(), source };
        if folder.exists()
            && fs::read_dir(folder).map_err(|e| file(folder, e))?.any(|entry| entry.is_ok_and(|e| e.file_name() != DIRECTORY))
        {
            return Err(CliError::Refused(format!("{} is not empty: name a new folder", folder.display())));
        }
        let dir = folder.join(DIRECTORY);
        if dir.join(INFO).exists() {
            return Err(CliError::Refused(format!(
                "{} is a replica already: `plenary sync` there brings what is new",
                folder.display()
            )));
        }
        disk::directory(&dir).map_err(|e| file(&dir, e))?;
        layers::create(&dir)?;
        let mut info = Info { format: FORMAT, ..info };
        let cipher = if encrypt {
            let (cipher, recipient) = Cipher::create(&dir)?;
            info.recipient = Some(recipient);
            cipher
        } else {
            Cipher::default()
        };
        let path = dir.join(INFO);
        let json = serde_json::to_vec_pretty(&info).map_err(|e| unreadable(&path, &e))?;
        disk::replace(&path, &json).map_err(|source| CliError::File { path, source })?;
        Ok(Folder { dir, info, cipher, damage: RefCell::default() })
    }

    /// The same folder once more, unlocked if this one is.
    pub fn again(&self) -> Folder {
        Folder { dir: self.dir.clone(), info: self.info.clone(), cipher: self.cipher.clone(), damage: RefCell::default() }
    }

    /// The directory of its files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps other syncs out; answers at once that there is one.
    pub fn lock_sync(&self) -> Result<Locked, CliError> {
        let path = self.dir.join(SYNC_LOCK);
        let handle = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        match handle.map(|handle| handle.try_lock().map(|()| handle)) {
            Ok(Ok(handle)) => Ok(Locked(handle)),
            Ok(Err(TryLockError::WouldBlock)) => Err(CliError::Busy("this replica is being synced by another command")),
            Ok(Err(TryLockError::Error(source))) | Err(source) => Err(CliError::File { path, source }),
        }
    }

    /// Locks the folder for writing, once nobody reads or writes.
    pub fn lock(&self) -> Result<Locked, CliError> {
        self.locked(File::try_lock)
    }

    /// Locks the folder for reading, once nobody writes.
    pub fn lock_shared(&self) -> Result<Locked, CliError> {
        self.locked(File::try_lock_shared)
    }

    fn locked(&self, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Locked, CliError> {
        let path = self.dir.join(LOCK);
        let file = |source| CliError::File { path: path.clone(), source };
        let handle = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(file)?;
        let begin = Instant::now();
        loop {
            match lock(&handle) {
                Ok(()) => return Ok(Locked(handle)),
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => sleep(Duration::from_millis(5)),
                Err(TryLockError::WouldBlock) => {
                    return Err(CliError::Busy("another plenary command is at work in this folder: try again when it is done"));
                }
                Err(TryLockError::Error(source)) => return Err(file(source)),
            }
        }
    }

    /// Asks for the passphrase before a lock is taken, so that nobody waits while somebody types, if edits are kept under
    /// it. Whoever reads layers unlocks the cipher itself.
    pub fn unlock(&self) -> Result<(), CliError> {
        let holds = |name| fs::metadata(self.dir.join(name)).is_ok_and(|file| file.len() > 0);
        if holds(own::FILE) { self.cipher.unlock() } else { Ok(()) }
    }

    /// What surrounded the plan at the last sync.
    pub fn context(&self) -> Result<Surroundings, CliError> {
        let path = self.dir.join(CONTEXT);
        let frames = frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
        let read = frames.whole.first().map(|(_, json)| serde_json::from_slice(json));
        match read {
            Some(Ok(context)) => Ok(context),
            _ => Err(CliError::Refused(format!("{} cannot be read: `plenary sync` writes it again", path.display()))),
        }
    }

    /// Keeps what surrounds the plan. The folder must be locked.
    pub fn write_context(&self, context: &Surroundings) -> Result<(), CliError> {
        let path = self.dir.join(CONTEXT);
        let json = serde_json::to_vec(context).map_err(|e| unreadable(&path, &e))?;
        disk::replace(&path, &frames::frame(&json)).map_err(|source| CliError::File { path, source })
    }

    /// The text as the server has it.
    pub fn text(&self) -> Result<Text, CliError> {
        Text::read(&self.dir, &self.info.text(), &mut self.damage.borrow_mut())
    }

    /// The same, the whole log read again ([`Text::verify`]). The folder must be locked.
    pub fn text_verified(&self) -> Result<Text, CliError> {
        let mut text = self.text()?;
        text.verify(&self.dir, &self.info.text(), &mut self.damage.borrow_mut())?;
        Ok(text)
    }

    /// The edits of one's own.
    pub fn own(&self) -> Result<Own, CliError> {
        Own::read(&self.dir, &mut self.damage.borrow_mut())
    }

    /// How large the file of those edits is: it moves when a command adds one.
    pub fn own_size(&self) -> u64 {
        fs::metadata(self.dir.join(own::FILE)).map_or(0, |file| file.len())
    }

    /// The copy of a layer, if there is one.
    pub fn layer(&self, layer: &plenary_shared::people::Layer) -> Result<Option<layers::Copy>, CliError> {
        layers::read(&self.dir, &self.cipher, &layer.party, &layer.layer, &mut self.damage.borrow_mut())
    }

    /// Takes away what commands that were stopped have left unfinished. The folder must be locked.
    pub fn sweep(&self) -> Result<(), CliError> {
        let put_by = before::all(&self.dir)?.into_iter().flat_map(|dir| [layers::directory(&dir), dir]);
        for dir in [self.dir.clone(), layers::directory(&self.dir)].into_iter().chain(put_by) {
            disk::sweep(&dir).map_err(|source| CliError::File { path: dir, source })?;
        }
        Ok(())
    }

    /// What was found damaged since it was last asked for, each once.
    pub fn damage(&self) -> Vec<Damage> {
        let mut damage = self.damage.take();
        damage.dedup();
        damage
    }
}

fn unreadable(path: &Path, why: &serde_json::Error) -> CliError {
    CliError::Refused(format!("{} cannot be read ({why}): restore it from a copy, or clone the plan anew", path.display()))
}
