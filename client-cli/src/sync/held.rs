//! Edits that are held: after a restore of the server they may build on what others have not sent again. They go once that is there.

use plenary_shared::{id::LayerId, log::fold::Formed};
use std::collections::{BTreeSet, HashSet};
use yrs::ReadTxn as _;

use super::pull::Puller;
use crate::{
    error::CliError,
    fold,
    folder::{
        Folder, before, layers,
        own::{Body, EditId, Fate},
        text::Text,
    },
};

/// An edit that waits or is held.
struct Edit {
    id: EditId,
    is_held: bool,
    body: Body,
}

/// Lets edits wait to be sent that build on nothing which the server lacks, or on what no old log holds either: why, the server says.
/// Answers what the others do, in words. `is_news`: something was taken since it was last asked what no old log holds, which takes reading
/// all of them.
pub fn free(folder: &Folder, puller: &Puller, is_news: bool) -> Result<Vec<Vec<String>>, CliError> {
    let _lock = folder.lock()?;
    let mut own = folder.own()?;
    if !own.edits.iter().any(|edit| edit.fate == Fate::Held) {
        return Ok(Vec::new());
    }
    let waiting = own.edits.iter().filter(|edit| matches!(edit.fate, Fate::Waiting | Fate::Held));
    let edits = waiting.map(|edit| Ok(Edit { id: edit.id, is_held: edit.fate == Fate::Held, body: edit.body(&folder.cipher)? }));
    let edits: Vec<Edit> = edits.collect::<Result<_, CliError>>()?;
    let here = |layer: Option<&LayerId>| on_server(puller, layer).map(|state| vec![state]);
    let mut unfit = unfit(&edits, here)?;
    if is_news && !unfit.is_empty() {
        let with_lost = |layer: Option<&LayerId>| {
            let mut states = vec![on_server(puller, layer)?];
            states.extend(put_by(folder, puller, layer)?);
            Ok(states)
        };
        let hopeless = self::unfit(&edits, with_lost)?;
        unfit.retain(|id| !hopeless.contains(id));
    }
    let (held, free): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().filter(|edit| edit.is_held).partition(|edit| unfit.contains(&edit.id));
    let fates: Vec<(EditId, Fate)> = free.iter().map(|edit| (edit.id, Fate::Waiting)).collect();
    own.settle(folder.dir(), &fates)?;
    Ok(held.into_iter().map(|edit| edit.body.what.clone()).collect())
}

/// The edits that build on what neither these states nor the other edits hold.
fn unfit(
    edits: &[Edit],
    states: impl Fn(Option<&LayerId>) -> Result<Vec<Vec<u8>>, CliError>,
) -> Result<HashSet<EditId>, CliError> {
    let mut unfit = HashSet::new();
    loop {
        let fit: Vec<&Edit> = edits.iter().filter(|edit| !unfit.contains(&edit.id)).collect();
        let touched: BTreeSet<&Option<LayerId>> =
            fit.iter().flat_map(|edit| edit.body.parts.iter().map(|(layer, _)| layer)).collect();
        for document in touched {
            let states = states(document.as_ref())?;
            let parts = fit.iter().flat_map(|edit| edit.body.parts.iter().map(|(layer, update)| (edit.id, layer, update)));
            let parts: Vec<_> = parts.filter(|(_, layer, _)| *layer == document).collect();
            let all = states.iter().map(|state| &state[..]).filter(|state| !state.is_empty());
            let mut document = fold::laid(&[], all.chain(parts.iter().map(|(_, _, update)| &update[..])))?;
            let reached = document.look(|txn| txn.state_vector())?;
            for (id, _, update) in parts {
                if !Formed::read(update)?.is_within(&reached) {
                    unfit.insert(id);
                }
            }
        }
        if fit.iter().all(|edit| !unfit.contains(&edit.id)) {
            return Ok(unfit);
        }
    }
}

/// A document as the server has it.
fn on_server(puller: &Puller, layer: Option<&LayerId>) -> Result<Vec<u8>, CliError> {
    match layer {
        None => puller.text().state(),
        Some(layer) => Ok(puller.layer(layer)?.state()?),
    }
}

/// What was put by of a document.
fn put_by(folder: &Folder, puller: &Puller, layer: Option<&LayerId>) -> Result<Vec<Vec<u8>>, CliError> {
    let mut states = Vec::new();
    for dir in before::all(folder.dir())? {
        let Some(layer) = layer else {
            let records = Text::records(&dir, &folder.info.text(), 0)?;
            let changes = records.iter().filter(|(_, refused, _)| !refused).filter_map(|(.., record)| record.change());
            states.extend(changes.map(|update| update.to_vec()));
            continue;
        };
        let Some(known) = puller.own_layer(layer) else { continue };
        let copy = layers::read(&dir, &folder.cipher, &known.party, &known.layer, &mut Vec::new())?;
        states.extend(copy.filter(|copy| !copy.state.is_empty()).map(|copy| copy.state.to_vec()));
    }
    Ok(states)
}
