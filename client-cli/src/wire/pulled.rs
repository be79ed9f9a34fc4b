//! What a server answers to a pull, line by line: what surrounds the plan, the layers that moved, the records of the text's log.
//!
//! **Architecture invariant:** what is told is what was asked for, in its order, each thing once and nothing behind the end. So an answer
//! has no more lines than its first one names, and as many empty ones between two of them as [`Lines`] bears.

use plenary_shared::{
    id::{LayerId, PartyId},
    log::record::{Digest, Record},
    people::Layer,
    wire::sync::{PlanContext, Pull, PullLine},
};
use std::{collections::BTreeMap, io::Read};

use super::{
    http::Api,
    lines::{Idle, Lines, RECORD_BYTES_MAX},
};
use crate::error::CliError;

/// The context names every member and layer: some hundred bytes for each of 10,000.
const CONTEXT_BYTES_MAX: u64 = 16 << 20;

/// Something new.
pub enum News<'a> {
    /// A layer that moved.
    Layer(OnServer<'a>),
    /// The next record of the text's log.
    Record {
        /// Its number.
        seq: u64,
        /// The document could not bear it: it is told for the chain alone.
        refused: bool,
        /// The chain's digest after it, as the server says.
        digest: Digest,
        /// What it holds.
        record: Record,
    },
}

/// A layer that is told, as it is on the server.
pub struct OnServer<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// The replica's copy is not one of its log, and the update brings all of it.
    pub anew: bool,
    /// The last record that it shows there.
    pub seq: u64,
    /// The chain's digest there.
    pub digest: Digest,
    /// The Yjs update V1 that brings what the copy lacks.
    pub update: Vec<u8>,
}

/// Asks for what is new below a plan's path; answers what surrounds the plan, and the lines behind that.
pub fn ask(api: &Api, path: &str, pull: &Pull) -> Result<(PlanContext, Lines<impl Read + use<>>), CliError> {
    begin(api.post_lines(path, pull)?)
}

fn begin<R: Read>(mut lines: Lines<R>) -> Result<(PlanContext, Lines<R>), CliError> {
    match lines.next(CONTEXT_BYTES_MAX, Idle::Bounded)? {
        PullLine::Context(context) => Ok((*context, lines)),
        _ => Err(lines.garbled("it does not begin with the plan's context")),
    }
}

/// What follows on the context.
pub struct Pulled<'a, R> {
    lines: Lines<R>,
    /// Those that may still be told.
    layers: BTreeMap<(PartyId, LayerId), &'a Layer>,
    /// The last record that was told, and the last that will be.
    last: u64,
    end: u64,
}

impl<'a, R: Read> Pulled<'a, R> {
    /// The records after `since` up to `end`, and before them any of these layers.
    pub fn new(lines: Lines<R>, layers: &'a [Layer], since: u64, end: u64) -> Self {
        let layers = layers.iter().map(|layer| ((layer.party.clone(), layer.layer.clone()), layer)).collect();
        Pulled { lines, layers, last: since, end }
    }

    /// What is told next; `None` once all was.
    pub fn next(&mut self) -> Result<Option<News<'a>>, CliError> {
        match self.lines.next(RECORD_BYTES_MAX, Idle::Bounded)? {
            PullLine::Context(_) => Err(self.lines.garbled("it tells the plan's context twice")),
            PullLine::Layer { party, layer, seq, digest, anew, update } => {
                let Some(layer) = self.layers.remove(&(party, layer)) else {
                    return Err(self.lines.garbled("it tells a layer that it did not list, or twice, or behind the records"));
                };
                let update = self.lines.bytes(&update)?;
                Ok(Some(News::Layer(OnServer { layer, anew, seq, digest, update })))
            }
            PullLine::Record { record, refused } => {
                if self.last.checked_add(1) != Some(record.seq) || record.seq > self.end {
                    let why = "its records do not follow one another up to the one that it named as the last";
                    return Err(self.lines.garbled(why));
                }
                self.last = record.seq;
                self.layers.clear();
                let (seq, digest) = (record.seq, record.digest);
                let update = self.lines.bytes(&record.update)?;
                Ok(Some(News::Record { seq, refused, digest, record: record.record(update.into()) }))
            }
            PullLine::End if self.last != self.end => {
                Err(self.lines.garbled("its records do not end with the one that it named as the last"))
            }
            PullLine::End => self.lines.end().map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::{
        log::record::{Moment, Provenance, Right},
        people::Author,
        wire::log::RecordLine,
    };
    use serde_json::json;
    use std::{cell::Cell, io, rc::Rc};

    /// Says something, and then the same for ever.
    struct Endless {
        said: Vec<u8>,
        again: Vec<u8>,
        at: usize,
        read: Rc<Cell<usize>>,
    }

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.at == self.said.len() {
                (self.said, self.at) = (self.again.clone(), 0);
            }
            let read = (&self.said[self.at..]).read(into)?;
            self.at += read;
            self.read.set(self.read.get() + read);
            Ok(read)
        }
    }

    fn layer(id: &str) -> Layer {
        serde_json::from_value(json!({ "party": "arv", "layer": id, "audience": "all", "write": true })).unwrap()
    }

    fn context(end: u64) -> PullLine {
        let context = json!({
            "kind": "context", "write": true, "created_by": null, "end": end, "digest": Digest::from([0; 32]),
            "layers": [layer("public"), layer("positions")],
            "member": { "conference": "talks", "party": "arv", "member": "arv-1", "role": "delegate", "name": "Ana" },
            "conference": { "id": "talks", "title": "t", "parties": [], "members": [] },
            "plan": { "id": "plan", "title": "p", "yours": "draft", "consent": [] },
        });
        serde_json::from_value(context).unwrap()
    }

    fn moved(id: &str) -> PullLine {
        let Layer { party, layer, .. } = layer(id);
        PullLine::Layer { party, layer, seq: 1, digest: [0; 32].into(), anew: false, update: "AAA=".into() }
    }

    fn record(seq: u64) -> PullLine {
        let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
        let record = Provenance::live(author, Right::Draft).record(0, Moment::default(), bytes::Bytes::new());
        PullLine::Record { record: Box::new(RecordLine::new(seq, [0; 32].into(), record, "AAA=".into())), refused: false }
    }

    fn told(lines: &[PullLine]) -> Vec<u8> {
        lines.iter().flat_map(|line| [serde_json::to_vec(line).unwrap(), b"\n".to_vec()].concat()).collect()
    }

    /// Reads an answer to its end: how many things were new, or why it was refused and after how many bytes.
    fn read(said: &[PullLine], again: &[u8]) -> Result<usize, (String, usize)> {
        let read = Rc::new(Cell::new(0));
        let stream = Endless { said: told(said), again: again.to_vec(), at: 0, read: Rc::clone(&read) };
        let news = || -> Result<usize, CliError> {
            let (context, lines) = begin(Lines::new(stream, "h"))?;
            let mut pulled = Pulled::new(lines, &context.layers, 2, context.end);
            let mut news = 0;
            while pulled.next()?.is_some() {
                news += 1;
            }
            Ok(news)
        };
        news().map_err(|error| (error.to_string(), read.get()))
    }

    #[test]
    fn what_is_told_in_order_is_taken() {
        let all = [context(4), moved("positions"), moved("public"), record(3), record(4), PullLine::End];
        assert_eq!(read(&all, b""), Ok(4));
        assert_eq!(read(&[context(2), PullLine::End], b""), Ok(0));
    }

    #[test]
    fn an_answer_that_never_ends_is_refused_by_name_and_soon() {
        let table: [(&[PullLine], Vec<u8>, &str); 13] = [
            (&[], b"\n".to_vec(), "says nothing"),
            (&[], vec![b' '; 64 << 10], "too long"),
            (&[context(9)], b"\n".to_vec(), "says nothing"),
            (&[context(9)], vec![b'x'; 64 << 10], "too long"),
            (&[], told(&[context(9)]), "context twice"),
            (&[], told(&[moved("public")]), "does not begin"),
            (&[context(9)], told(&[moved("public")]), "a layer"),
            (&[context(9)], told(&[moved("private")]), "a layer"),
            (&[context(9), record(3)], told(&[moved("public")]), "a layer"),
            (&[context(9)], told(&[record(3)]), "follow one another"),
            (&[context(9), record(4)], told(&[record(3)]), "follow one another"),
            (&[context(3), record(3)], told(&[record(4)]), "follow one another"),
            (&[context(2), PullLine::End], told(&[PullLine::End]), "goes on after its end"),
        ];
        for (at, (said, again, name)) in table.into_iter().enumerate() {
            let (why, bytes) = read(said, &again).expect_err("no end");
            assert!(why.contains(name) && bytes < RECORD_BYTES_MAX as usize + (128 << 10), "{at}: after {bytes} bytes: {why}");
        }
        let (why, bytes) = read(&[context(2), PullLine::End], b"\n").expect_err("no end");
        assert!(why.contains("says nothing") && bytes < 64 << 10, "{why}");
    }

    #[test]
    fn what_ends_before_all_was_told_is_not_taken_for_all() {
        for (said, name) in [
            (vec![context(4), record(3), PullLine::End], "do not end with"),
            (vec![context(1), PullLine::End], "do not end with"),
            (vec![context(3), record(3)], "before all was told"),
            (vec![], "before all was told"),
        ] {
            let (why, _) = read(&said, b"").expect_err("not all");
            assert!(why.contains(name), "{why}");
        }
    }
}
