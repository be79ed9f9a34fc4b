//! Offline edits as they come in: in their order, each by its own right.

mod apart;
mod confirm;
mod once;
#[cfg(test)]
mod tests;

use axum::{
    Json,
    extract::{Request, State},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, LayerId, PointId},
    limits,
    log::record::{Branch, Hand, Provenance, Right},
    people::Author,
    script::Once,
    wire::{
        cut::Cut,
        sync::{OfflineEdit, Outcome, Part, Push, Pushed},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};
use tokio::{sync::oneshot, time::Instant};

use super::{
    app::App,
    caller::{Reader, Writer},
    error::ApiError,
    large, share,
};
use crate::{
    room::{EditError, order::Order, provided::Provided},
    rooms::{Change, CommitError, RoomError, Tried},
    store::Seq,
};
use once::Keys;

/// Edits handed on and not yet answered: those of one batch, so that one gathers while another is made durable.
const UNDER_WAY_MAX: usize = limits::BATCH_UPDATES_MAX;
/// Edits that are put together with what others wrote, and kept, in one: no more bytes than a batch, unless it is one alone.
const RUN_MAX: usize = limits::PUSH_EDITS_MAX;
/// As many edits of one document are verified before they are handed on. Fewer small ones go as they are: what they claim about order is
/// found out in the document, one in a batch.
const VERIFIED_FROM: usize = 32;

pub(super) async fn push(
    State(app): State<Arc<App>>,
    Writer(mut reader): Writer,
    request: Request,
) -> Result<Json<Pushed>, ApiError> {
    let _session = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let (Push { edits }, _place) = large::read(&app, reader.member(), request, limits::PUSH_BYTES_MAX).await?;
    let edits = tokio::task::spawn_blocking(move || edits.into_iter().map(Made::read).collect()).await;
    let edits: Vec<Made> = edits.map_err(|_| ApiError::unavailable("the edits could not be read: try again"))?;
    reader.again(&app)?;
    let author = reader.member().author();
    let address_of = |layer: &Option<LayerId>| match layer {
        Some(layer) => reader.address.layer(&author.party, layer),
        None => reader.address.clone(),
    };
    let touched: BTreeSet<_> = edits.iter().flat_map(|edit| edit.parts.iter().map(|(layer, _)| layer)).collect();
    let touched: Vec<_> = touched.into_iter().map(address_of).collect();
    touched.iter().try_for_each(|address| app.check_conduct(address, &author))?;
    let mut pusher = Pusher::new(app, reader, Instant::now() + limits::PUSH);
    let stopped = pusher.push(edits).await.err().map(ApiError::body);
    let mut own = touched;
    own.retain(|address| pusher.reader.rights_to(&pusher.app, address).is_some());
    let notice = share::notice(&pusher.app, pusher.reader.member(), &own).await;
    Ok(Json(Pushed { outcomes: pusher.outcomes, stopped, notice }))
}

/// An offline edit: its updates, none for what is not base64.
#[derive(Clone)]
struct Made {
    parts: Vec<(Option<LayerId>, Option<Bytes>)>,
    seen: Seq,
    branch: Branch,
    once: Option<Once>,
    confirms: Vec<Option<PointId>>,
}

impl Made {
    /// Whether it changes the text and nothing else, and may be made again.
    fn is_text_alone(&self) -> bool {
        self.once.is_none() && self.confirms.is_empty() && matches!(&self.parts[..], [(None, Some(_))])
    }

    fn bytes(&self) -> usize {
        self.parts.iter().filter_map(|(_, update)| update.as_ref()).map(Bytes::len).sum()
    }

    /// Whether it is of the same stay away, on the same text.
    fn goes_on(&self, first: &Made) -> bool {
        self.is_text_alone() && (self.seen, self.branch) == (first.seen, first.branch)
    }

    fn read(edit: OfflineEdit) -> Self {
        let read = |part: Part| (part.layer, STANDARD.decode(part.update).ok().map(Bytes::from));
        let OfflineEdit { parts, seen, branch, once, confirms } = edit;
        Self { parts: parts.into_iter().map(read).collect(), seen, branch, once, confirms }
    }
}

/// What was found of updates that were tried, by document and number of the edit.
type Found = HashMap<(Option<LayerId>, usize), Tried>;

/// An edit that is under way, or what became of it.
enum Step {
    UnderWay(oneshot::Receiver<Result<Cut, EditError>>),
    Over(Outcome),
}

/// Somebody's edits on their way in.
struct Pusher {
    app: Arc<App>,
    reader: Reader,
    author: Author,
    outcomes: Vec<Outcome>,
    under_way: VecDeque<Step>,
    keys: Keys,
    /// When it stops and says how far it came.
    until: Instant,
}

impl Pusher {
    fn new(app: Arc<App>, reader: Reader, until: Instant) -> Self {
        let author = reader.member().author();
        let (outcomes, under_way, keys) = (Vec::new(), VecDeque::new(), Keys::default());
        Self { app, reader, author, outcomes, under_way, keys, until }
    }

    /// Takes the edits in. An error says why it could not go on after those of which the outcome is known.
    async fn push(&mut self, edits: Vec<Made>) -> Result<(), ApiError> {
        let found = self.verify(&edits).await?;
        let handed = self.hand_on(edits, found).await;
        // What was handed on before is answered all the same.
        self.settle(0).await.and(handed)
    }

    /// Tries the updates of documents that many edits touch, large ones, and all of a member who offended.
    async fn verify(&self, edits: &[Made]) -> Result<Found, ApiError> {
        let mut documents: BTreeMap<&Option<LayerId>, Vec<(usize, Bytes)>> = BTreeMap::new();
        for (number, edit) in edits.iter().enumerate() {
            for (layer, update) in &edit.parts {
                documents.entry(layer).or_default().extend(update.clone().map(|update| (number, update)));
            }
        }
        let mut found = Found::new();
        for (layer, updates) in documents {
            let Ok(address) = self.writable(layer.as_ref()) else { continue };
            let is_watched = || self.app.rooms.conduct().is_watched(&address, &self.author);
            let is_large = || updates.iter().any(|(_, update)| update.len() >= limits::WEIGHED_BYTES);
            if updates.len() < VERIFIED_FROM && !is_large() && !is_watched() {
                continue;
            }
            let place = self.app.view_place(self.reader.member()).await?;
            let tried = self.app.rooms.verify(&address, &self.by(&address), updates, place).await?;
            found.extend(tried.into_iter().map(|(number, tried)| ((layer.clone(), number), tried)));
        }
        Ok(found)
    }

    async fn hand_on(&mut self, edits: Vec<Made>, mut found: Found) -> Result<(), ApiError> {
        let mut edits = edits.into_iter().enumerate().peekable();
        while let Some((number, edit)) = edits.next() {
            self.settle(UNDER_WAY_MAX - 1).await?;
            if Instant::now() >= self.until {
                return Err(ApiError::unavailable("these edits take long: send the others again"));
            }
            if !edit.confirms.is_empty() {
                let outcome = match &edit.parts[..] {
                    [] if edit.confirms.len() > limits::POINTS_MAX + 1 => {
                        ApiError::invalid("more points are confirmed than a plan has").outcome()
                    }
                    [] => self.confirm(edit.confirms, edit.seen, edit.branch).await?,
                    _ => ApiError::invalid("an edit confirms or has parts, not both").outcome(),
                };
                self.under_way.push_back(Step::Over(outcome));
            } else if edit.is_text_alone() {
                let (mut bytes, mut run) = (edit.bytes(), vec![edit]);
                let fits = |bytes: usize, run: &[Made], next: &Made| {
                    run.len() < RUN_MAX && bytes + next.bytes() <= limits::BATCH_BYTES_MAX && next.goes_on(&run[0])
                };
                while let Some((_, next)) = edits.next_if(|(_, next)| fits(bytes, &run, next)) {
                    bytes += next.bytes();
                    run.push(next);
                }
                self.keys.forget();
                self.hand_on_run(number, run, &mut found).await?;
            } else {
                self.hand_on_one(number, edit, &Provided::Anyway, &mut found).await?;
            }
        }
        Ok(())
    }

    async fn hand_on_one(&mut self, number: usize, edit: Made, provided: &Provided, found: &mut Found) -> Result<(), ApiError> {
        let Made { parts, seen, branch, once, confirms: _ } = edit;
        if once.is_none() {
            self.keys.forget();
        }
        let step = match self.changes(number, parts, (seen, branch, provided), found) {
            Err(error) => Step::Over(error.outcome()),
            Ok(mut changes) => match (changes.pop(), once) {
                (Some(change), None) if changes.is_empty() => Step::UnderWay(self.app.rooms.begin_edit(change).await?),
                (last, once) => {
                    changes.extend(last);
                    // What came before takes effect before.
                    self.settle(0).await?;
                    Step::Over(self.commit(changes, once).await?)
                }
            },
        };
        self.under_way.push_back(step);
        Ok(())
    }

    /// Waits for the oldest edits until no more than `most` are under way.
    async fn settle(&mut self, most: usize) -> Result<(), ApiError> {
        while self.under_way.len() > most {
            let Some(step) = self.under_way.pop_front() else { break };
            let outcome = match step {
                Step::Over(outcome) => outcome,
                Step::UnderWay(done) => match done.await.unwrap_or(Err(EditError::InDoubt)) {
                    Ok(cut) => Outcome::taken(cut),
                    // Nor are those behind it, which are of the same run.
                    Err(EditError::Moved) => {
                        self.under_way.clear();
                        return Ok(());
                    }
                    Err(error) if is_of_the_disk(&error) => return Err(self.stop(error)),
                    Err(error @ EditError::Misbehaved) => {
                        self.outcomes.push(ApiError::from(error).outcome());
                        return Err(self.stop(EditError::Unavailable));
                    }
                    Err(error) => ApiError::from(error).outcome(),
                },
            };
            self.outcomes.push(outcome);
        }
        Ok(())
    }

    /// Whether what follows was taken is not known; sent again, it changes nothing.
    fn stop(&mut self, why: EditError) -> ApiError {
        self.under_way.clear();
        why.into()
    }

    /// What an edit does to each document, if the member has the right to all of it now.
    fn changes(
        &self,
        number: usize,
        parts: Vec<(Option<LayerId>, Option<Bytes>)>,
        (seen, branch, provided): (Seq, Branch, &Provided),
        found: &mut Found,
    ) -> Result<Vec<Change>, ApiError> {
        let mut changes: Vec<Change> = Vec::with_capacity(parts.len());
        for (layer, update) in parts {
            let address = self.writable(layer.as_ref())?;
            let update = update.ok_or_else(|| ApiError::invalid("the update is not base64"))?;
            if changes.iter().any(|change| change.address == address) {
                return Err(ApiError::invalid("an edit has one part for each document"));
            }
            // It is of the text's log.
            let seen = (layer.is_none() && !branch.is_table()).then_some(seen);
            let by = Provenance { seen, branch: if layer.is_none() { branch } else { Branch::TABLE }, ..self.by(&address) };
            let provided = if layer.is_none() { provided.clone() } else { Provided::Anyway };
            let order = match found.remove(&(layer, number)) {
                Some(Tried::Bad(error)) => return Err(error.into()),
                Some(Tried::Holds(trial)) => Order::Tried(trial),
                None => Order::Unknown,
            };
            changes.push(Change { address, by, update, provided, order });
        }
        if changes.is_empty() {
            return Err(ApiError::invalid("an edit has at least one part"));
        }
        Ok(changes)
    }

    /// Whose the edits of a document are.
    fn by(&self, address: &DocAddress) -> Provenance {
        let right = Right::of(self.reader.member().role, address);
        Provenance { hand: Hand::Replica, ..Provenance::live(self.author.clone(), right) }
    }

    /// The document of a part, if the member may write in it now. What is not there and what is not for the member answer alike.
    fn writable(&self, layer: Option<&LayerId>) -> Result<DocAddress, ApiError> {
        let rights = |address: &DocAddress| self.reader.rights_to(&self.app, address).map(|rights| rights.write);
        let Some(layer) = layer else {
            return match rights(&self.reader.address) {
                Some(true) => Ok(self.reader.address.clone()),
                Some(false) | None => Err(ApiError::forbidden(
                    "you may not change the words of this plan: ask the chair for the right to draft, or to open it if it is closed",
                )),
            };
        };
        let address = self.reader.address.layer(&self.reader.member().party, layer);
        match rights(&address) {
            Some(true) => Ok(address),
            Some(false) => Err(ApiError::forbidden(format!("you may read the layer {layer}, not write in it"))),
            None => Err(ApiError::forbidden(format!("your party has no layer {layer} on this plan: check the name, or open it"))),
        }
    }

    fn still_writable(&self, changes: &[Change]) -> Result<(), ApiError> {
        changes.iter().try_for_each(|change| {
            let layer = match &change.address {
                DocAddress::Layer(_, _, _, layer) => Some(layer),
                DocAddress::Plan(..) | DocAddress::Registry | DocAddress::Seats(..) => None,
            };
            self.writable(layer).map(drop)
        })
    }

    /// Takes in an edit that touches several documents, or is made once. An error says why it is not known what becomes of it.
    async fn commit(&mut self, mut changes: Vec<Change>, once: Option<Once>) -> Result<Outcome, ApiError> {
        for _ in 0..limits::EDIT_TRIES {
            if let Some(once) = &once
                && let Some(outcome) = self.keys.look_up(&self.app, self.reader.member(), &mut changes, once).await?
            {
                return Ok(outcome);
            }
            let parts = self.parts_of(&mut changes).await?;
            // Rights may have changed while it waited.
            if let Err(error) = self.still_writable(&changes) {
                self.keys.forget();
                return Ok(error.outcome());
            }
            let committed = self.app.rooms.commit_all(parts).await;
            if committed.is_ok() && once.is_some() {
                self.keys.took();
            } else {
                self.keys.forget();
            }
            match committed {
                Ok(cuts) => {
                    let mut all = Cut::default();
                    cuts.into_iter().for_each(|cut| all.add(cut));
                    return Ok(Outcome::taken(all));
                }
                Err(CommitError::Moved) => {}
                Err(CommitError::Unverified(address)) => {
                    let Some(change) = changes.iter_mut().find(|change| change.address == address) else { continue };
                    let place = self.app.view_place(self.reader.member()).await?;
                    let tried = self.app.rooms.verify(&address, &change.by, vec![(0, change.update.clone())], place).await?;
                    match tried.get(&0) {
                        Some(Tried::Bad(error)) => return Ok(ApiError::from(error.clone()).outcome()),
                        Some(Tried::Holds(trial)) => change.order = Order::Tried(trial.clone()),
                        None => change.order = Order::Unknown,
                    }
                }
                Err(CommitError::Room(RoomError::Edit(error))) if !is_of_the_disk(&error) => {
                    return Ok(ApiError::from(error).outcome());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Moved.into())
    }
}

/// Whether nothing is wrong with the edit itself: it waits where it was made, and is sent again as it is.
fn is_of_the_disk(error: &EditError) -> bool {
    matches!(error, EditError::DiskFull | EditError::Unavailable | EditError::InDoubt)
}
