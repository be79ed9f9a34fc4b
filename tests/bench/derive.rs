//! What follows from a plan, in process: reading the dossier, standing, brackets, schedule, and a script, for plans of three sizes.

use anyhow::{Context, Result, ensure};
use plenary_shared::{
    access::Role,
    id::{AnnotationId, LayerId, PartyId, PointId},
    log::gate,
    people::{self, Audience, Member},
    script::{self, Desk, NewIds, Script, Sheet},
    talk::{
        dossier::{AnnotationsView, BracketsView, Dossier, Source, Sources},
        layer::{Annotation, Kept, Layer, Position, Stance, What},
        schedule::Timetable,
        standing::Matrix,
        view::View,
    },
    text::{
        plan::{self, After, NewPoint, Outline, Place, Schedule},
        weave::Weaves,
        words::ExactWords,
    },
};
use serde_json::{Value, json};
use std::time::Instant;
use yrs::{Doc, ReadTxn, StateVector, Transact, TransactionMut};

/// Parties, unless it is said how many.
pub const PARTIES: usize = 10;

/// Milliseconds for a plan of `points` points, each with a bracket or two and a schedule, of which so many parties accept each; and for a
/// script that changes the words of each point and accepts it; and the bytes of the standing as JSON.
pub fn derive(points: usize, parties: usize) -> Result<Value> {
    let doc = planted(points)?;
    let sources = sources(&doc, parties)?;
    let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let mut txn = doc.transact_mut();
    let (dossier, dossier_ms) = timed(|| Dossier::read(&mut txn, &state, sources));
    let dossier = dossier.context("the dossier")?;
    let (matrix, standing_ms) = timed(|| Matrix::of(&dossier));
    let (brackets, brackets_ms) = timed(|| BracketsView::of(&dossier));
    let (timetable, schedule_ms) = timed(|| Timetable::of(&dossier));
    let (_, annotations_ms) = timed(|| AnnotationsView::of(&dossier));
    let script_ms = scripted(points)?;
    Ok(json!({
        "dossier_ms": dossier_ms, "standing_ms": standing_ms, "brackets_ms": brackets_ms, "schedule_ms": schedule_ms,
        "annotations_ms": annotations_ms, "script_ms": script_ms, "standing_bytes": serde_json::to_vec(&matrix)?.len(),
        "agreed": matrix.counts.agreed, "open": brackets.open, "rows": timetable.rows.len(),
    }))
}

fn scripted(points: usize) -> Result<f64> {
    let words = |n| format!("Each Party shall withdraw weapons above {n} mm calibre to 40 kilometres from the line.");
    let point = |n| format!("p{n:05}");
    // The digests that the words will have.
    let mut outline = Outline::read(&planted(points)?.transact());
    outline.points.iter_mut().enumerate().for_each(|(n, point)| point.words = words(n));
    let exact = ExactWords::read(&outline);
    let lines = (0..points).map(|n| {
        let (point, words) = (point(n), words(n));
        let digest = point.parse().ok().and_then(|id| exact.get(&id)).map(|exact| exact.digest);
        let accept = json!({ "accept": { "point": point, "expect": digest } });
        format!("{}\n{accept}\n", json!({ "words": { "point": point, "words": words } }))
    });
    let edits = Script::parse_lines(&lines.collect::<String>())?;
    let (conference, party) = ("talks".parse()?, "arv".parse::<PartyId>()?);
    let member = Member {
        conference,
        party: party.clone(),
        member: "arv-1".parse()?,
        role: Role::Delegate,
        generation: Default::default(),
        name: String::new(),
    };
    let layer = people::Layer { party, layer: "positions".parse()?, audience: Audience::All, write: true };
    let layers = vec![Sheet { layer, doc: plan::new_doc(2) }];
    let desk = Desk { member, write: true, text: planted(points)?, layers, parties: Default::default(), now_ms: 1 };
    let script = Script { edits, ..Script::default() };
    let (ran, script_ms) = timed(|| script::run(desk, &script, &mut InARow(0), &mut || true));
    ensure!(ran.ok().context("the script ran")??.applied.done.len() == 2 * points, "the script was applied");
    Ok(script_ms)
}

/// Ids in a row.
struct InARow(usize);

impl NewIds for InARow {
    fn point(&mut self) -> PointId {
        self.0 += 1;
        format!("new{}", self.0).parse().expect("an id")
    }

    fn annotation(&mut self) -> AnnotationId {
        self.0 += 1;
        format!("k{}", self.0).parse().expect("an id")
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed().as_secs_f64() * 1000.0)
}

/// The id of a point by its number.
pub fn point_id(n: usize) -> PointId {
    format!("p{n:05}").parse().expect("an id")
}

/// A plan of so many points.
pub fn planted(points: usize) -> Result<Doc> {
    let doc = plan::new_doc(1);
    let mut txn = doc.transact_mut();
    let mut before: Option<PointId> = None;
    for n in 0..points {
        let id = point_id(n);
        let words = match n % 4 {
            0 => format!("Each Party shall withdraw weapons above {n} mm calibre to [30][50] kilometres from the line."),
            _ => format!(
                "The Mission shall certify completion of phase {n} within 72 hours of notification, and report to the Joint Commission."
            ),
        };
        let place = before.clone().map_or(Place::Last { parent: None }, Place::After);
        plan::add_point(
            &mut txn,
            NewPoint { id: &id, label: Some(&n.to_string()), heading: "Provision", words: &words },
            &place,
        )?;
        schedule_after(&mut txn, &id, before.as_ref())?;
        before = Some(id);
    }
    drop(txn);
    Ok(doc)
}

fn schedule_after(txn: &mut TransactionMut, id: &PointId, before: Option<&PointId>) -> Result<()> {
    let schedule = Schedule {
        trigger: before.is_none().then(|| "D-Day".to_owned()),
        offset_days: Some(1),
        duration_days: Some(2),
        after: before.map(|before| (before.clone(), After::Done)).into_iter().collect(),
        responsible: Some("ARV".into()),
        verifier: Some("the Mission".into()),
        ..Schedule::default()
    };
    plan::set_schedule(txn, id, &schedule)?;
    Ok(())
}

/// So many parties that accept each point of it.
pub fn sources(doc: &Doc, parties: usize) -> Result<Sources> {
    let (outline, state) = (Outline::read(&doc.transact()), doc.transact().encode_state_as_update_v1(&StateVector::default()));
    let (exact, census) = (ExactWords::read(&outline), gate::census(&state)?);
    let weaves = Weaves::read(&doc.transact(), &outline, &census);
    let layer: LayerId = "positions".parse()?;
    let mut sources = Sources::default();
    for n in 0..parties {
        let party: PartyId = format!("party-{n}").parse()?;
        let positions = outline.points.iter().map(|point| {
            let words = exact.get(&point.id).context("words")?;
            let weave = weaves.of(&point.id).context("weave")?.to_owned();
            let kept = Kept { digest: words.digest, json: words.json.clone(), weave, around: String::new() };
            Ok(Annotation {
                id: point.id.as_str().parse()?,
                point: point.id.clone(),
                anchor: None,
                quote: String::new(),
                what: What::Position(Position { stance: Stance::Accept, ad_referendum: false, words: Some(kept) }),
                body: String::new(),
                reply_to: None,
                entered_for: None,
                resolved: false,
                withdrawn: false,
                by: None,
                at_ms: 1,
            })
        });
        let content = Layer { annotations: positions.collect::<Result<_>>()?, faults: Vec::new() };
        sources.layers.push(Source { party: party.clone(), layer: layer.clone(), audience: Audience::All, content });
        sources.consent.insert(party);
    }
    Ok(sources)
}
