//! Members by numbers.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::people::Author;

/// The members who touched something, each by its place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct People {
    list: Vec<Author>,
    #[serde(skip)]
    numbers: HashMap<Author, u32>,
}

impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl People {
    pub fn get(&self, number: u32) -> Option<&Author> {
        self.list.get(number as usize)
    }

    pub fn are_of_one_party(&self, one: u32, other: u32) -> bool {
        let party = |number| self.get(number).map(|author| &author.party);
        one == other || party(one) == party(other)
    }

    pub fn number(&mut self, author: &Author) -> u32 {
        if self.numbers.len() != self.list.len() {
            self.numbers = self.list.iter().cloned().zip(0..).collect();
        }
        if let Some(number) = self.numbers.get(author) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(author.clone());
        self.numbers.insert(author.clone(), number);
        number
    }
}
