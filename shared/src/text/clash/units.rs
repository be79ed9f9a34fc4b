//! A text as what is compared.

use std::ops::Range;

use crate::text::{
    bracket,
    token::{is_blank, tokens},
};

/// A text as words, in which a bracket at the top is one.
pub struct Units<'a> {
    /// The text.
    pub text: &'a str,
    /// Its units.
    pub list: Vec<&'a str>,
    /// Where each begins, and the text's end.
    pub starts: Vec<usize>,
}

impl<'a> Units<'a> {
    /// The units of a text.
    pub fn of(text: &'a str) -> Self {
        let mut list = Vec::new();
        let mut at = 0;
        for bracket in bracket::parse(text).list.iter().filter(|bracket| bracket.parent.is_none()) {
            list.extend(tokens(&text[at..bracket.range.start]));
            list.push(&text[bracket.range.clone()]);
            at = bracket.range.end;
        }
        list.extend(tokens(&text[at..]));
        let mut starts = vec![0];
        starts.extend(list.iter().scan(0, |end, unit| {
            *end += unit.len();
            Some(*end)
        }));
        Self { text, list, starts }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The bytes of some of them.
    pub fn bytes(&self, units: &Range<usize>) -> Range<usize> {
        self.starts[units.start]..self.starts[units.end]
    }

    /// Whether one is nothing but space.
    pub fn is_blank(&self, at: usize) -> bool {
        is_blank(self.list[at])
    }

    /// Whether it is a whole bracket: as words of their own marks are loose.
    pub fn is_bracket(&self, at: usize) -> bool {
        let unit = self.list[at];
        unit.starts_with(['[', '［']) && unit.chars().nth(1).is_some()
    }

    /// A range without the spaces at its ends; an empty one where it is nothing else.
    pub fn core(&self, range: &Range<usize>) -> Range<usize> {
        let mut core = range.clone();
        while core.start < core.end && self.is_blank(core.start) {
            core.start += 1;
        }
        while core.start < core.end && self.is_blank(core.end - 1) {
            core.end -= 1;
        }
        core
    }
}
