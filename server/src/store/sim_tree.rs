//! The tree of an index in memory, which forgets and mixes up what it was told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::{
    dice::Dice,
    index::{IndexFault, Shelf, Tree},
};

/// A tree in memory. Clones share it.
#[derive(Clone, Default)]
pub(super) struct SimTree(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

impl SimTree {
    /// Loses any part of what it held, keeps any other under wrong keys.
    pub(super) fn harm(&self, dice: &mut Dice) {
        let mut tree = self.0.lock().unwrap();
        let way = dice.below(4);
        let values: Vec<Vec<u8>> = tree.values().cloned().collect();
        tree.retain(|_, value| {
            if way == 3 && value.len() != 16 && dice.one_in(2) {
                value.clone_from(&values[dice.below(values.len())]);
            }
            way != 0 && (way == 1 || !dice.one_in(3))
        });
    }

    /// What it holds.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Tree for SimTree {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexFault> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    fn insert(&self, key: &[u8], value: &[u8]) -> Result<(), IndexFault> {
        self.0.lock().unwrap().insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn greatest(&self, first: &[u8], last: &[u8]) -> Result<Option<Vec<u8>>, IndexFault> {
        Ok(self.0.lock().unwrap().range(first.to_vec()..=last.to_vec()).next_back().map(|(_, value)| value.clone()))
    }

    fn flush(&self) -> Result<(), IndexFault> {
        Ok(())
    }
}

impl Shelf for SimTree {
    fn open(&self) -> Result<Arc<dyn Tree>, IndexFault> {
        Ok(Arc::new(self.clone()))
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}
