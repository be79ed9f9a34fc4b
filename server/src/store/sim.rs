//! A disk in memory that loses power, fails and fills up when it is told to.
//!
//! After a cut, of what was not synced any part is there: writes in any subset of their sectors of 512 bytes, lengths old or new, names up
//! to any of their changes. What was synced is there.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    dice::Dice,
    disk_io::{Disk, DiskFile, Space},
    sim_file::{Change, Held},
};

/// What a disk can read or not.
const PAGE: u64 = 4 << 10;

/// What happens at a change of the disk, the one that [`SimDisk::at_change`] counts down to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    /// The change fails so, once. Of a write any part may be there.
    Fails(io::ErrorKind),
    /// The power goes.
    Cut,
    /// The server is killed.
    Kill,
}

enum NameChange {
    Set(String, u64),
    Remove(String),
}

struct Sim {
    dice: Dice,
    files: HashMap<u64, Held>,
    live: BTreeMap<String, u64>,
    durable: BTreeMap<String, u64>,
    /// Changes of names that no sync of their directory made durable, in order.
    pending: Vec<NameChange>,
    next: u64,
    /// Changes so far.
    changes: u64,
    event: Option<(u64, Event)>,
    /// What was on the disk when the power went.
    image: Option<Box<Sim>>,
    killed: bool,
    /// No file can be made or grow.
    full: bool,
    /// Pages of 4 KiB that cannot be read, by file name and number. They stay so when the power goes.
    unreadable: Vec<(String, u64)>,
}

/// The disk. Clones share it.
#[derive(Clone)]
pub(super) struct SimDisk(Arc<Mutex<Sim>>);

struct SimFile(SimDisk, u64);

impl SimDisk {
    pub(super) fn new(seed: u64) -> Self {
        Self::of(Sim {
            dice: Dice::new(seed),
            files: HashMap::new(),
            live: BTreeMap::new(),
            durable: BTreeMap::new(),
            pending: Vec::new(),
            next: 0,
            changes: 0,
            event: None,
            image: None,
            killed: false,
            full: false,
            unreadable: Vec::new(),
        })
    }

    fn of(sim: Sim) -> Self {
        Self(Arc::new(Mutex::new(sim)))
    }

    /// Has something happen at the change that comes after `changes` others.
    pub(super) fn at_change(&self, changes: u64, event: Event) {
        let mut sim = self.sim();
        sim.event = Some((sim.changes + changes, event));
    }

    /// Changes made so far.
    pub(super) fn changes(&self) -> u64 {
        self.sim().changes
    }

    /// The disk as the next start finds it after the power went, if it did not before: then now.
    pub(super) fn after_cut(&self) -> SimDisk {
        let mut sim = self.sim();
        let image = sim.image.take().unwrap_or_else(|| Box::new(sim.survivors()));
        Self::of(*image)
    }

    /// The disk as the next start finds it if the system goes on: with all that was written, durable or not.
    pub(super) fn after_kill(&self) -> SimDisk {
        let mut sim = self.sim();
        (sim.event, sim.killed) = (None, false);
        drop(sim);
        self.clone()
    }

    /// Has a page of a file be unreadable from now on.
    pub(super) fn wear_out(&self, name: &str, page: u64) {
        self.sim().unreadable.push((name.to_owned(), page));
    }

    /// Has no page be unreadable any more.
    pub(super) fn make_readable(&self) {
        self.sim().unreadable.clear();
    }

    /// Has the disk be full from now on, or have room again.
    pub(super) fn set_full(&self, full: bool) {
        self.sim().full = full;
    }

    fn sim(&self) -> MutexGuard<'_, Sim> {
        self.0.lock().unwrap()
    }
}

impl Sim {
    /// Counts a change, and says whether it fails.
    fn change(&mut self) -> io::Result<()> {
        if self.is_over() {
            return Err(io::Error::other("the power or the server is gone"));
        }
        self.changes += 1;
        match self.event {
            Some((at, event)) if self.changes > at => {
                self.event = None;
                match event {
                    Event::Fails(kind) => Err(kind.into()),
                    Event::Cut => {
                        self.image = Some(Box::new(self.survivors()));
                        Err(io::Error::other("the power goes"))
                    }
                    Event::Kill => {
                        self.killed = true;
                        Err(io::Error::other("the server is killed"))
                    }
                }
            }
            _ => Ok(()),
        }
    }

    fn is_over(&self) -> bool {
        self.killed || self.image.is_some()
    }

    fn set_name(&mut self, name: &str, id: u64) {
        self.live.insert(name.to_owned(), id);
        self.pending.push(NameChange::Set(name.to_owned(), id));
    }

    /// What is left when the power goes now.
    fn survivors(&mut self) -> Sim {
        let dice = &mut self.dice;
        let mut names = self.durable.clone();
        let kept = dice.below(self.pending.len() + 1);
        for change in &self.pending[..kept] {
            match change {
                NameChange::Set(name, id) => {
                    names.retain(|_, known| known != id);
                    names.insert(name.clone(), *id);
                }
                NameChange::Remove(name) => drop(names.remove(name)),
            }
        }
        let mut files = HashMap::new();
        for id in names.values() {
            let bytes = self.files[id].survivors(dice);
            files.insert(*id, Held { live: bytes.clone(), durable: bytes, pending: Vec::new() });
        }
        let (live, durable, seed) = (names.clone(), names, dice.below(1 << 30) as u64);
        let (dice, next, unreadable) = (Dice::new(seed), self.next, self.unreadable.clone());
        Sim {
            dice,
            files,
            live,
            durable,
            pending: Vec::new(),
            next,
            changes: 0,
            event: None,
            image: None,
            killed: false,
            full: false,
            unreadable,
        }
    }
}

fn below(directory: &str, name: &str) -> bool {
    name.rsplit_once('/').map_or("", |(parent, _)| parent) == directory
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for SimDisk {
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let id = *self.sim().live.get(name).ok_or_else(missing)?;
        Ok(Arc::new(SimFile(self.clone(), id)))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut sim = self.sim();
        sim.change()?;
        let id = match sim.live.get(name) {
            Some(id) => {
                let id = *id;
                sim.files.get_mut(&id).unwrap().apply(Change::SetLen(0));
                id
            }
            None if sim.full => return Err(io::ErrorKind::StorageFull.into()),
            None => {
                sim.next += 1;
                let id = sim.next;
                sim.files.insert(id, Held::default());
                sim.set_name(name, id);
                id
            }
        };
        Ok(Arc::new(SimFile(self.clone(), id)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut sim = self.sim();
        sim.change()?;
        let id = sim.live.remove(from).ok_or_else(missing)?;
        sim.set_name(to, id);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut sim = self.sim();
        sim.change()?;
        sim.live.remove(name).ok_or_else(missing)?;
        sim.pending.push(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn make_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let sim = self.sim();
        let names = sim.live.keys().filter(|name| below(directory, name));
        Ok(names.map(|name| name.rsplit_once('/').map_or(&**name, |(_, name)| name).to_owned()).collect())
    }

    fn sync_dir(&self, directory: &str) -> io::Result<()> {
        let mut guard = self.sim();
        guard.change()?;
        let sim = &mut *guard;
        let of = |change: &NameChange| match change {
            NameChange::Set(name, _) | NameChange::Remove(name) => below(directory, name),
        };
        sim.pending.retain(|change| !of(change));
        sim.durable.retain(|name, _| !below(directory, name));
        sim.durable.extend(sim.live.iter().filter(|(name, _)| below(directory, name)).map(|(name, id)| (name.clone(), *id)));
        Ok(())
    }

    fn space(&self) -> Option<Space> {
        self.sim().full.then_some(Space { free: 0, total: 1 << 30 })
    }

    fn path(&self) -> &Path {
        Path::new("simulated")
    }
}

impl SimFile {
    /// Makes a change; of a write that fails, a beginning is made, or all of it.
    fn change(&self, change: Change) -> io::Result<()> {
        let mut guard = self.0.sim();
        let sim = &mut *guard;
        let done = sim.change();
        if sim.is_over() {
            return done;
        }
        let held = sim.files.get_mut(&self.1).unwrap();
        if sim.full && matches!(&change, Change::Write(offset, bytes) if offset + bytes.len() > held.live.len()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match (change, &done) {
            (change, Ok(())) => held.apply(change),
            (Change::Write(offset, mut bytes), Err(_)) => {
                if !sim.dice.one_in(4) {
                    bytes.truncate(sim.dice.below(bytes.len()));
                }
                held.apply(Change::Write(offset, bytes));
            }
            (Change::SetLen(_), Err(_)) => {}
        }
        done
    }
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.sim().files[&self.1].live.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let sim = self.0.sim();
        let (first, end) = (offset / PAGE, (offset + buffer.len() as u64).div_ceil(PAGE));
        let is_worn = |(name, page): &(String, u64)| sim.live.get(name) == Some(&self.1) && (first..end).contains(page);
        if sim.unreadable.iter().any(is_worn) {
            return Err(io::Error::other("the page cannot be read"));
        }
        let from = sim.files[&self.1].live.get(offset as usize..).unwrap_or_default();
        let length = from.len().min(buffer.len());
        buffer[..length].copy_from_slice(&from[..length]);
        Ok(length)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Change::Write(offset as usize, bytes.to_vec()))
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.change(Change::SetLen(length as usize))
    }

    fn sync(&self) -> io::Result<()> {
        let mut sim = self.0.sim();
        let done = sim.change();
        if !sim.is_over() {
            sim.files.get_mut(&self.1).unwrap().sync(done.is_ok());
        }
        done
    }
}
