//! What it costs that each record says what its author had seen and in which stay, and that a room marks what was merged: beside folding
//! the same records without, in process. The sockets and the disk of a server come on top of both, so there it is a smaller part.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::{
        fold::Fold,
        record::{Digest, Moment, Provenance, Record, Right, seal},
    },
    people::Author,
    text::{marks::Marks, plan},
};
use plenary_tests::{doc::words_of, trace::client_id};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use yrs::{Doc, ReadTxn, StateVector, Text, Transact, Update, updates::decoder::Decode};

use crate::derive::{planted, point_id};

/// Points that are typed into.
const POINTS: usize = 50;
/// Who type, as many as a mark tells apart at a point.
const MEMBERS: usize = 64;
/// Each way is measured so often, by turns; the fastest counts.
const TIMES: usize = 5;

/// Microseconds and bytes for each of so many records, in all and for this alone, and the shares.
pub fn run(edits: usize) -> Result<Value> {
    let records = typed(edits)?;
    let (mut plain, mut marked) = (Duration::MAX, Duration::MAX);
    for _ in 0..TIMES {
        plain = plain.min(folded(&records, None)?);
        marked = marked.min(folded(&records, Some(Marks::default()))?);
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / records.len() as f64;
    let address: DocAddress = "talks/plan".parse()?;
    let (mut head, mut bytes, mut of_it) = (Digest::genesis(&address), 0, 0);
    for record in &records {
        let (sealed, digest) = seal(&head, record);
        (head, bytes) = (digest, bytes + sealed.len());
        of_it += postcard::to_allocvec(&(record.branch, record.seen))?.len();
    }
    Ok(json!({
        "fold_us_each": each(plain), "marks_us_each": each(marked) - each(plain), "marks_share": each(marked) / each(plain) - 1.0,
        "record_bytes_each": bytes / records.len(), "seen_bytes_each": of_it / records.len(),
    }))
}

/// How long it takes to fold them, and to mark what they touch.
fn folded(records: &[Record], mut marks: Option<Marks>) -> Result<Duration> {
    let (mut fold, begin) = (Fold::new(plan::new_doc(0)), Instant::now());
    for (seq, record) in (1..).zip(records) {
        let taken = fold.take(record)?;
        if let Some(marks) = &mut marks {
            marks.take(seq, record, &mut fold, &taken.checked).ok().context("the document is gone")?;
        }
    }
    let time = begin.elapsed();
    ensure!(
        marks.is_none_or(|marks| marks.marked(fold.ledger()).loose.is_empty()),
        "who types at the server is apart from nobody"
    );
    Ok(time)
}

/// A plan, and what members type into it at the server, a letter at a time.
fn typed(edits: usize) -> Result<Vec<Record>> {
    let author = |n: usize| -> Result<Author> { Ok(Author { party: "arv".parse()?, member: format!("arv-{n}").parse()? }) };
    let record = |n: usize, last: usize, update: Vec<u8>| -> Result<Record> {
        let by = Provenance::live(author(n)?, Right::Draft);
        Ok(by.record(last as u64, Moment::default(), Bytes::from(update)))
    };
    let clients: Vec<Doc> = (0..MEMBERS).map(|_| plan::new_doc(client_id())).collect();
    let first = planted(POINTS)?.transact().encode_state_as_update_v1(&StateVector::default());
    let (mut records, mut read) = (vec![record(0, 0, first)?], [0; MEMBERS]);
    for n in 0..edits {
        let (who, last) = (n % MEMBERS, records.len());
        let mut txn = clients[who].transact_mut();
        for record in &records[read[who]..] {
            txn.apply_update(Update::decode_v1(record.change().context("an edit")?)?)?;
        }
        drop(txn);
        let mut txn = clients[who].transact_mut();
        let words = words_of(&mut txn, point_id(n % POINTS).as_str());
        words.insert(&mut txn, (n / POINTS) as u32 % 40, "a");
        let update = txn.encode_update_v1();
        drop(txn);
        records.push(record(who, last, update)?);
        read[who] = last + 1;
    }
    Ok(records)
}
