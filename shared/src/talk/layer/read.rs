//! Reading a layer from a document that may hold anything. Time grows with the content; no recursion.

use yrs::{Any, Map, MapRef, Out, ReadTxn};

use super::{ANNOTATIONS, Annotation, Kept, Layer, Position, Unread, What};
use crate::{
    limits,
    text::{
        anchor::{Anchor, CharId},
        plan::{text_of, whole},
    },
};

impl Layer {
    /// Reads the layer that `txn` shows. Whatever the document holds, this returns.
    pub fn read<T: ReadTxn>(txn: &T) -> Layer {
        let mut layer = Layer::default();
        let Some(map) = txn.get_map(ANNOTATIONS) else { return layer };
        // Keys, then values: the map's own iterator recurses over entries without a value.
        let mut keys: Vec<&str> = map.keys(txn).collect();
        keys.sort_unstable();
        if keys.len() > limits::ANNOTATIONS_MAX {
            layer.faults.push(Unread::TooMany { count: keys.len() });
        }
        for key in keys.into_iter().take(limits::ANNOTATIONS_MAX) {
            match annotation(txn, &map, key) {
                Ok(annotation) => layer.annotations.push(annotation),
                Err(field) => {
                    let key = key.chars().take(80).collect();
                    layer.faults.push(Unread::Unreadable { key, field: field.to_owned() });
                }
            }
        }
        // Stable: what was written at one time stays in the order of ids.
        layer.annotations.sort_by_key(|annotation| annotation.at_ms);
        layer
    }

    /// The entry with this id.
    pub fn get(&self, id: &crate::id::AnnotationId) -> Option<&Annotation> {
        self.annotations.iter().find(|annotation| &annotation.id == id)
    }
}

/// An entry, or the name of the first field that is not what it should be.
fn annotation<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Result<Annotation, &'static str> {
    let id = key.parse().map_err(|_| "id")?;
    let Some(Out::YMap(entry)) = map.get(txn, key) else { return Err("content") };
    let fields = Fields { txn, entry };
    let anchor = fields.anchor()?;
    Ok(Annotation {
        id,
        point: fields.required("point")?.parse().map_err(|_| "point")?,
        anchor,
        quote: if anchor.is_some() { fields.required("quote")? } else { String::new() },
        what: fields.what(anchor.is_some())?,
        body: fields.string("body")?.unwrap_or_default(),
        reply_to: fields.string("reply_to")?.map(|id| id.parse()).transpose().map_err(|_| "reply_to")?,
        resolved: fields.flag("resolved")?,
        withdrawn: fields.flag("withdrawn")?,
        entered_for: fields.string("entered_for")?.map(|party| party.parse()).transpose().map_err(|_| "entered_for")?,
        // Who wrote it is a claim: one that cannot be read is none.
        by: fields.string("by").ok().flatten().and_then(|by| by.parse().ok()),
        at_ms: fields.number("at").unwrap_or(0),
    })
}

struct Fields<'t, T> {
    txn: &'t T,
    entry: MapRef,
}

impl<T: ReadTxn> Fields<'_, T> {
    fn get(&self, field: &str) -> Option<Out> {
        self.entry.get(self.txn, field).filter(|value| !matches!(value, Out::Any(Any::Null | Any::Undefined)))
    }

    fn string(&self, field: &'static str) -> Result<Option<String>, &'static str> {
        self.get(field).map(|value| text_of(self.txn, &value).ok_or(field)).transpose()
    }

    fn required(&self, field: &'static str) -> Result<String, &'static str> {
        self.string(field)?.ok_or(field)
    }

    fn flag(&self, field: &'static str) -> Result<bool, &'static str> {
        match self.get(field) {
            None => Ok(false),
            Some(Out::Any(Any::Bool(flag))) => Ok(flag),
            Some(_) => Err(field),
        }
    }

    fn number(&self, field: &str) -> Option<u64> {
        match self.get(field) {
            Some(Out::Any(value)) => number(&value),
            _ => None,
        }
    }

    fn anchor(&self) -> Result<Option<Anchor>, &'static str> {
        match self.get("anchor") {
            None => Ok(None),
            Some(Out::Any(Any::Array(ids))) => {
                let [start, end, before, after] = &ids[..] else { return Err("anchor") };
                let id = |id| char_id(id).ok_or("anchor");
                let beside = |id: &Any| if *id == Any::Null { Ok(None) } else { char_id(id).map(Some).ok_or("anchor") };
                Ok(Some(Anchor { start: id(start)?, end: id(end)?, before: beside(before)?, after: beside(after)? }))
            }
            Some(_) => Err("anchor"),
        }
    }

    fn what(&self, on_bracket: bool) -> Result<What, &'static str> {
        match self.required("kind")?.as_str() {
            "note" => Ok(What::Note),
            "proposal" => Ok(What::Proposal { replacement: self.required("replacement")? }),
            "position" => Ok(What::Position(Position {
                stance: self.required("stance")?.parse().map_err(|_| "stance")?,
                ad_referendum: self.flag("ad_referendum")?,
                words: if on_bracket { None } else { Some(self.kept()?) },
            })),
            _ => Err("kind"),
        }
    }

    fn kept(&self) -> Result<Kept, &'static str> {
        Ok(Kept {
            digest: self.required("digest")?.parse().map_err(|_| "digest")?,
            json: self.string("words")?.unwrap_or_default(),
            weave: self.required("weave")?,
            around: self.string("around")?.unwrap_or_default(),
        })
    }
}

fn char_id(id: &Any) -> Option<CharId> {
    let Any::Array(id) = id else { return None };
    let [client, clock] = &id[..] else { return None };
    let client = number(client).filter(|client| *client <= limits::CLIENT_ID_MAX)?;
    let clock = number(clock).filter(|clock| *clock <= limits::CLOCK_MAX)?;
    Some(CharId { client, clock: clock as u32 })
}

fn number(value: &Any) -> Option<u64> {
    match value {
        Any::Number(number) => whole(*number).and_then(|number| u64::try_from(number).ok()),
        _ => None,
    }
}
