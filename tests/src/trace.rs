//! Editing traces of real people, in the formats of josephg/editing-traces.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, process::Command};
use yrs::{
    Doc, OffsetKind, Options, ReadTxn, Text, TextRef, Transact, Update, WriteTxn, block::ClientID, updates::decoder::Decode,
};

/// What was typed, and what came of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The text before the first transaction.
    #[serde(default)]
    pub start_content: String,
    /// The text after all of them.
    pub end_content: String,
    /// In an order in which every transaction follows its parents.
    pub txns: Vec<Txn>,
}

/// What one person changed at once.
#[derive(Deserialize)]
pub struct Txn {
    /// The transactions it knew; empty in sequential traces.
    #[serde(default)]
    pub parents: Vec<usize>,
    /// Who.
    #[serde(default)]
    pub agent: usize,
    /// Position and count of characters deleted, in Unicode code points, and what was put there.
    pub patches: Vec<(usize, usize, String)>,
}

/// Reads a trace through `gzip`.
pub fn read(file: &Path) -> Result<Trace> {
    let unpacked = Command::new("gzip").arg("-dc").arg(file).output().context("gzip is needed to read traces")?;
    ensure!(unpacked.status.success(), "{} cannot be unpacked", file.display());
    Ok(serde_json::from_slice(&unpacked.stdout)?)
}

/// A client id that nobody else has.
pub fn client_id() -> u64 {
    getrandom::u64().unwrap() >> 12
}

/// A document that counts as Yjs does.
pub fn document(client: u64) -> Doc {
    Doc::with_options(Options { offset_kind: OffsetKind::Utf16, ..Options::with_client_id(ClientID::new(client)) })
}

/// A sequential trace typed into the root text `name` by one client, as updates of `txns_each` transactions.
pub fn updates(trace: &Trace, name: &str, client: u64, txns_each: usize) -> Vec<Vec<u8>> {
    let doc = document(client);
    let text = doc.get_or_insert_text(name);
    let mut units = Units::default();
    trace
        .txns
        .chunks(txns_each)
        .map(|chunk| {
            let mut txn = doc.transact_mut();
            for (at, deleted, inserted) in chunk.iter().flat_map(|t| &t.patches) {
                units.patch(&text, &mut txn, *at, *deleted, inserted);
            }
            txn.encode_update_v1()
        })
        .collect()
}

/// Each transaction of a concurrent trace as the update that its agent would have sent: made by a document that held
/// exactly the transaction's parents.
pub fn concurrent_updates(trace: &Trace, name: &str, client_of: impl Fn(usize) -> u64) -> Vec<Vec<u8>> {
    let mut agents: BTreeMap<usize, (Doc, Vec<bool>)> = BTreeMap::new();
    let mut updates: Vec<Vec<u8>> = Vec::with_capacity(trace.txns.len());
    for (number, txn) in trace.txns.iter().enumerate() {
        let (doc, known) =
            agents.entry(txn.agent).or_insert_with(|| (document(client_of(txn.agent)), vec![false; trace.txns.len()]));
        let mut missing = Vec::new();
        let mut open: Vec<usize> = txn.parents.clone();
        while let Some(parent) = open.pop() {
            if !std::mem::replace(&mut known[parent], true) {
                missing.push(parent);
                open.extend(&trace.txns[parent].parents);
            }
        }
        missing.sort_unstable();
        let mut edit = doc.transact_mut();
        for parent in missing {
            edit.apply_update(Update::decode_v1(&updates[parent]).unwrap()).unwrap();
        }
        drop(edit);
        let mut edit = doc.transact_mut();
        let text = edit.get_or_insert_text(name);
        let mut units = Units::of(&text, &edit);
        for (at, deleted, inserted) in &txn.patches {
            units.patch(&text, &mut edit, *at, *deleted, inserted);
        }
        known[number] = true;
        updates.push(edit.encode_update_v1());
    }
    updates
}

/// Where the characters beyond U+FFFF stand, so that positions in code points become positions in UTF-16 units.
#[derive(Default)]
struct Units {
    /// Positions in code points, ascending.
    wide: Vec<usize>,
}

impl Units {
    fn of(text: &TextRef, txn: &impl ReadTxn) -> Self {
        use yrs::GetString;
        let wide = text.get_string(txn).chars().enumerate().filter(|(_, c)| c.len_utf16() == 2).map(|(at, _)| at).collect();
        Units { wide }
    }

    fn units(&self, at: usize) -> u32 {
        (at + self.wide.partition_point(|w| *w < at)) as u32
    }

    fn patch(&mut self, text: &TextRef, txn: &mut yrs::TransactionMut, at: usize, deleted: usize, inserted: &str) {
        let (from, to) = (self.units(at), self.units(at + deleted));
        if to > from {
            text.remove_range(txn, from, to - from);
        }
        if !inserted.is_empty() {
            text.insert(txn, from, inserted);
        }
        let count = inserted.chars().count();
        self.wide.retain(|w| !(at..at + deleted).contains(w));
        for w in self.wide.iter_mut().filter(|w| **w >= at) {
            *w = *w + count - deleted;
        }
        let first = self.wide.partition_point(|w| *w < at);
        let wide = inserted.chars().enumerate().filter(|(_, c)| c.len_utf16() == 2).map(|(n, _)| at + n);
        self.wide.splice(first..first, wide.collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use yrs::GetString;

    fn applied(updates: &[Vec<u8>]) -> String {
        let doc = document(1);
        let mut txn = doc.transact_mut();
        for update in updates {
            txn.apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }
        txn.get_or_insert_text("text").get_string(&txn)
    }

    #[test]
    fn positions_in_code_points_fall_where_they_should_among_wide_characters() {
        let patches = vec![
            (0, 0, "a\u{1f54a}b\u{1f54a}".to_owned()),
            (2, 1, "\u{1f600}c".to_owned()),
            (1, 2, String::new()),
            (2, 1, "!".to_owned()),
        ];
        let trace = Trace {
            start_content: String::new(),
            end_content: "ac!".into(),
            txns: vec![Txn { parents: vec![], agent: 0, patches }],
        };
        assert_eq!(applied(&updates(&trace, "text", 7, 1)), trace.end_content);
    }

    #[test]
    #[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
    fn two_real_writers_make_their_text_without_a_server() {
        let trace = read(&data::shared("traces/friendsforever.json.gz").unwrap()).unwrap();
        assert_eq!(applied(&concurrent_updates(&trace, "text", |agent| 5 + agent as u64)), trace.end_content);
    }
}
