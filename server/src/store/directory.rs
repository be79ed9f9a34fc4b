//! Which documents there are: each has an address and a number, by which its records stand in the tree.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use plenary_shared::id::DocAddress;

use super::{
    StoreError,
    heads::Heads,
    layout::{self, DocNumber},
    tree::Tree,
};

/// Documents whose numbers are remembered: at about 200 bytes each, 13 MiB.
const NUMBERS_MAX: usize = 65_536;

/// Documents and their numbers.
pub(super) struct Directory {
    tree: Tree,
    path: PathBuf,
    remembered: Mutex<HashMap<DocAddress, DocNumber>>,
}

impl Directory {
    /// Checks the directory against the heads and answers with it the next number to be given.
    pub(super) fn open(path: &Path, tree: &Tree, heads: &Heads) -> Result<(Self, DocNumber), StoreError> {
        let damaged = |what: String| StoreError::Damaged { path: path.to_path_buf(), what };
        let mut missing: HashSet<DocNumber> = heads.numbers().into_iter().collect();
        let mut next = 0;
        for entry in tree.scan(layout::DIRECTORY.0, layout::DIRECTORY.1) {
            let (key, value) = entry.map_err(|fault| fault.in_store(path))?;
            let (Some(_), Some(number)) = (layout::directory_doc(&key), layout::directory_number(&key, &value)) else {
                return Err(damaged(format!("the directory's entry {:?} does not check", String::from_utf8_lossy(&key))));
            };
            missing.remove(&number);
            next = next.max(number + 1);
        }
        if let Some(number) = missing.into_iter().min() {
            return Err(damaged(format!("the directory lost document {number}")));
        }
        Ok((Self { tree: tree.clone(), path: path.to_path_buf(), remembered: Mutex::default() }, next))
    }

    /// A document's number, if it has one.
    pub(super) fn number(&self, doc: &DocAddress) -> Result<Option<DocNumber>, StoreError> {
        if let Some(number) = self.remembered().get(doc) {
            return Ok(Some(*number));
        }
        let key = layout::directory_key(doc);
        let Some(value) = self.tree.get(&key).map_err(|fault| fault.in_store(&self.path))? else { return Ok(None) };
        let number = layout::directory_number(&key, &value).ok_or_else(|| StoreError::Corrupt {
            doc: doc.clone(),
            seq: 1,
            what: "its entry in the directory does not match its checksum".into(),
        })?;
        self.remember(doc, number);
        Ok(Some(number))
    }

    /// Remembers the number of a document that was added.
    pub(super) fn remember(&self, doc: &DocAddress, number: DocNumber) {
        let mut remembered = self.remembered();
        if remembered.len() >= NUMBERS_MAX {
            remembered.clear();
        }
        remembered.insert(doc.clone(), number);
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<DocAddress, DocNumber>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
