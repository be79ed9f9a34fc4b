//! What is new for a replica: the records of the text's log that it lacks, and of each layer that its member may read what its
//! copy lacks; and how far its log is the server's.

use axum::{
    Json,
    extract::{Request, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, LayerId, PartyId},
    limits,
    log::{
        gate,
        record::{Digest, Record},
    },
    people,
    wire::sync::{Compare, Compared, Held, PlanContext, Pull, PullLine},
};
use std::{collections::HashMap, sync::Arc};
use tokio::time::timeout;
use yrs::StateVector;

use super::{
    app::App,
    caller::{Body, Reader},
    conference,
    error::ApiError,
    large, line,
    lines::{Lines, answer, digest_at, page},
    plan::find,
};
use crate::{
    registry::Rights,
    room::End,
    store::{Seq, StoreError},
};

/// The update that brings nothing.
const NOTHING: [u8; 2] = [0, 0];

/// Copies of layers.
type Copies = HashMap<(PartyId, LayerId), LayerCopy>;

/// A copy of a layer.
struct LayerCopy {
    /// The last record that it shows, and the chain's digest there.
    seq: Seq,
    digest: Digest,
    /// Its state vector as it came. Read, it takes several times as much memory: each is when its turn comes.
    vector: Vec<u8>,
}

/// How far the text's log is the one that a replica holds.
pub(super) async fn compare(
    State(app): State<Arc<App>>,
    mut reader: Reader,
    Body(Compare { records }): Body<Compare>,
) -> Result<Json<Compared>, ApiError> {
    let _place = app.view_place(reader.member()).await?;
    let end = app.rooms.end(&reader.address).await?.seq;
    let (store, address) = (app.rooms.store(), reader.address.clone());
    let common = tokio::task::spawn_blocking(move || {
        // What holds at one record holds at all before it, so few are looked at.
        let within = records.partition_point(|mark| mark.seq <= end);
        let (mut from, mut to) = (0, within);
        while from < to {
            let middle = from + (to - from) / 2;
            let holds = digest_at(&*store, &address, records[middle].seq)? == Some(records[middle].digest);
            (from, to) = if holds { (middle + 1, to) } else { (from, middle) };
        }
        Ok::<_, StoreError>(from.checked_sub(1).map_or(0, |last| records[last].seq))
    });
    let common =
        common.await.ok().and_then(Result::ok).ok_or_else(|| ApiError::unavailable("the log cannot be read: try again"))?;
    reader.again(&app)?;
    Ok(Json(Compared { common, end, restored: app.rooms.restore().has_been() }))
}

pub(super) async fn pull(State(app): State<Arc<App>>, mut reader: Reader, request: Request) -> Result<Response, ApiError> {
    let place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let (Pull { since, layers, text_only }, large) = large::read(&app, reader.member(), request, limits::PULL_BYTES_MAX).await?;
    let copies = tokio::task::spawn_blocking(move || copies(layers)).await.map_err(|_| ApiError::too_many())??;
    let copies = (!text_only).then_some(copies);
    drop(large);
    reader.again(&app)?;
    let end = app.rooms.end(&reader.address).await?;
    if since > end.seq {
        let message = format!(
            "the log ends at record {}, before what you hold: the server was restored from a backup, or is another one",
            end.seq
        );
        return Err(ApiError::diverged(message));
    }
    let context = context(&app, &mut reader, &end)?;
    let (lines, told) = Lines::open(app.rooms.answers(), reader.member());
    let puller = Puller { app, reader, lines };
    tokio::spawn(async move {
        let _place = place;
        puller.tell(context, copies, since, &end).await
    });
    Ok(answer(told))
}

fn copies(layers: Vec<Held>) -> Result<Copies, ApiError> {
    let copy = |held: Held| {
        let invalid = |what: &str| ApiError::invalid(format!("the state vector of {}/{} {what}", held.party, held.layer));
        let vector = STANDARD.decode(&held.state_vector).map_err(|_| invalid("is not base64"))?;
        gate::check_state_vector(&vector).map_err(|refusal| invalid(&format!("cannot be read: {refusal}")))?;
        Ok(((held.party, held.layer), LayerCopy { seq: held.seq, digest: held.digest, vector }))
    };
    layers.into_iter().map(copy).collect()
}

fn context(app: &App, reader: &mut Reader, end: &End) -> Result<PlanContext, ApiError> {
    reader.again(app)?;
    let (Rights { member, write }, plan) = (reader.rights.clone(), &reader.plan);
    Ok(PlanContext {
        conference: conference::seen(app, &member)?,
        plan: find(app, &member, plan)?,
        write,
        created_by: app.registry.conference(&member, |entry| entry.plans.get(plan).and_then(|plan| plan.created_by.clone()))?,
        layers: app.registry.readable_layers(&member, plan)?,
        end: end.seq,
        digest: end.digest,
        restored: app.rooms.restore().has_been(),
        member,
    })
}

/// A replica that is told what is new.
struct Puller {
    app: Arc<App>,
    reader: Reader,
    lines: Lines,
}

impl Puller {
    /// Tells all of it, without copies the text alone; `None` if it ended early, which the reader sees by the last line that is missing.
    async fn tell(&self, context: PlanContext, copies: Option<Copies>, since: Seq, end: &End) -> Option<()> {
        let layers = context.layers.clone();
        self.lines.send(line::line(&PullLine::Context(Box::new(context)))).await?;
        let all = match copies {
            Some(copies) => self.layers(layers, copies).await?,
            None => true,
        };
        self.records(since, end).await?;
        if !all {
            return None;
        }
        self.lines.send(line::line(&PullLine::End)).await
    }

    /// `None` once the right to read is gone.
    fn may_read(&self, address: &DocAddress) -> Option<()> {
        self.reader.rights_to(&self.app, address).map(drop)
    }

    /// Tells the layers that moved since they were copied, and whether these were all: one that cannot be read now is left out, and the
    /// answer then does not say that nothing is missing.
    async fn layers(&self, layers: Vec<people::Layer>, mut copies: Copies) -> Option<bool> {
        let mut all = true;
        let addresses: Vec<DocAddress> =
            layers.iter().map(|layer| self.reader.address.layer(&layer.party, &layer.layer)).collect();
        let ends = self.app.rooms.ends(&addresses).await;
        for ((layer, address), end) in layers.into_iter().zip(addresses).zip(ends) {
            let mut copy = copies.remove(&(layer.party.clone(), layer.layer.clone()));
            let anew = match &copy {
                Some(copy) => match self.is_stray(&address, copy).await {
                    Some(false) if Some(copy.seq) == end => continue,
                    Some(stray) => stray,
                    None => {
                        all = false;
                        continue;
                    }
                },
                None => false,
            };
            copy = copy.filter(|_| !anew);
            let (seq, digest, update) = match end {
                // What nothing was ever written into needs no room.
                Some(0) => (0, Digest::genesis(&address), Bytes::from_static(&NOTHING)),
                _ => {
                    let vector =
                        copy.map_or_else(|| Some(StateVector::default()), |copy| gate::check_state_vector(&copy.vector).ok())?;
                    match timeout(limits::VIEW_READING, self.app.rooms.lacking(&address, &vector)).await {
                        Ok(Ok((end, update))) => (end.seq, end.digest, update),
                        Ok(Err(_)) | Err(_) => {
                            all = false;
                            continue;
                        }
                    }
                }
            };
            // What was written after a right was taken away is not shown, and the others are told without it.
            self.may_read(&self.reader.address)?;
            if self.may_read(&address).is_some() {
                let update = STANDARD.encode(update);
                let told = PullLine::Layer { party: layer.party, layer: layer.layer, seq, digest, anew, update };
                self.lines.send(line::line(&told)).await?;
            }
        }
        Some(all)
    }

    /// Whether a copy shows what this log does not hold, as it may once the server was restored; `None` if that cannot be told now.
    async fn is_stray(&self, address: &DocAddress, copy: &LayerCopy) -> Option<bool> {
        let (store, address, seq) = (self.app.rooms.store(), address.clone(), copy.seq);
        let here = tokio::task::spawn_blocking(move || digest_at(&*store, &address, seq));
        here.await.ok()?.ok().map(|here| here != Some(copy.digest))
    }

    /// Tells the records after `since`, those included that the document could not bear: the chain needs them.
    async fn records(&self, since: Seq, end: &End) -> Option<()> {
        let (mut after, mut digest) = (since, None);
        while after < end.seq {
            let refused = end.refused.clone();
            let told = move |seq, digest: &Digest, record| record_line(seq, digest, record, refused.contains(&seq));
            let page = page(self.app.rooms.store(), self.reader.address.clone(), after, digest, told).await;
            let page = page.filter(|page| !page.is_empty())?;
            self.may_read(&self.reader.address)?;
            for (seq, at, line) in page.into_iter().take_while(|(seq, ..)| *seq <= end.seq) {
                (after, digest) = (seq, Some(at));
                self.lines.send(line).await?;
            }
        }
        Some(())
    }
}

fn record_line(seq: Seq, digest: &Digest, record: Record, refused: bool) -> Bytes {
    line::line(&PullLine::Record { record: line::told(seq, digest, record), refused })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Limits,
        metrics::Figures,
        testing::{Table, note, plan},
    };
    use plenary_shared::talk::layer;

    /// The kinds of the lines that a pull from the beginning brings.
    async fn told(app: &Arc<App>, table: &Table, copies: Option<Copies>) -> Vec<String> {
        let (member, token) = table.seats["arv"].clone();
        let address = DocAddress::Plan(member.conference, plan());
        let mut reader = Reader::of(app, token, address).unwrap();
        let end = End { seq: 1, digest: [0; 32].into(), refused: Vec::new() };
        let context = context(app, &mut reader, &end).unwrap();
        let (lines, mut told) = Lines::open(app.rooms.answers(), &context.member);
        let puller = Puller { app: app.clone(), reader, lines };
        let telling = tokio::spawn(async move { puller.tell(context, copies, 0, &end).await });
        let mut kinds = Vec::new();
        while let Some(Ok(line)) = told.recv().await {
            kinds.push(serde_json::from_slice::<serde_json::Value>(&line).unwrap()["kind"].as_str().unwrap().to_owned());
        }
        telling.await.unwrap();
        kinds
    }

    #[tokio::test]
    async fn an_answer_that_lacks_a_layer_does_not_say_that_nothing_is_missing() {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        table.write("arv/private", 5, |txn| layer::put(txn, &note("n1")).unwrap()).await;
        let whole = told(&app, &table, Some(Copies::new())).await;
        assert_eq!(whole.last().unwrap(), "end");
        // No room opens any more.
        table.rooms.stop().await;
        let torn = told(&app, &table, Some(Copies::new())).await;
        assert_eq!(torn.iter().filter(|kind| *kind == "layer").count() + 1, whole.iter().filter(|kind| *kind == "layer").count());
        assert_eq!(torn.last().unwrap(), "record", "the others are told all the same");
    }

    #[tokio::test]
    async fn who_asks_for_the_text_alone_is_told_no_layer() {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        assert_eq!(told(&app, &table, None).await, ["context", "record", "end"]);
    }
}
