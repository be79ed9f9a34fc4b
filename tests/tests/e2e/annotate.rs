//! The verbs that write annotations and positions: what they leave in the documents, and who can read it there.

use plenary_shared::{
    log::gate::census,
    talk::layer::{Annotation, Layer, Position, Stance, What},
    text::{
        plan::{Outline, words_text},
        weave::Weaves,
        words::{Canonical, ExactWords},
    },
};
use plenary_tests::{
    cli::Cli,
    client::YClient,
    server::{Seat, Server, Start},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use yrs::{ReadTxn, StateVector, Transact};

use crate::access::{grant, invite};

const WORDS: &str = "Forces shall withdraw within [30][50] days, the last unit on day [X].";

/// Three parties that draft and one point, labelled 1.
struct Talks {
    server: Server,
    arv: Person,
    bor: Person,
    cel: Person,
}

/// A delegate with a command line and a token.
struct Person {
    seat: Seat,
    cli: Cli,
}

impl Talks {
    fn begin() -> Self {
        let server = Start::demo(0, 1).start();
        let person = |n| {
            let seat = server.delegate(n, 0);
            Person { cli: Cli::join(&seat), seat }
        };
        let (arv, bor, cel) = (person(0), person(1), person(2));
        let access = [&arv, &bor, &cel].map(|person| (person.seat.party.clone(), json!("draft")));
        grant(&server, "p-1", Value::Object(access.into_iter().collect()));
        arv.cli.done(&["add", "p-1", WORDS]);
        Talks { server, arv, bor, cel }
    }

    /// What stands in a layer, as somebody reads it; `None` if it is not shown to them.
    async fn read(&self, person: &Person, layer: &str) -> Option<Layer> {
        let mut client = YClient::new();
        client.try_connect(&self.server, &format!("p-1/{layer}"), &person.seat).await.ok()?;
        let state = client.lock();
        Some(Layer::read(&state.doc.transact()))
    }

    /// One entry of a layer, as its own party reads it.
    async fn entry(&self, layer: &str, id: &str) -> Annotation {
        let layer = self.read(self.owner(layer), layer).await.expect("an own layer");
        layer.get(&id.parse().unwrap()).unwrap_or_else(|| panic!("no {id} in {layer:?}")).clone()
    }

    /// The ids of the entries of a layer that are not withdrawn.
    async fn live(&self, layer: &str) -> Vec<String> {
        let layer = self.read(self.owner(layer), layer).await.expect("an own layer");
        layer.annotations.iter().filter(|entry| !entry.withdrawn).map(|entry| entry.id.to_string()).collect()
    }

    fn owner(&self, layer: &str) -> &Person {
        let party = layer.split('/').next().unwrap();
        [&self.arv, &self.bor, &self.cel].into_iter().find(|person| person.seat.party == party).unwrap()
    }

    async fn outline(&self) -> Outline {
        let client = YClient::join(&self.server, "p-1", &self.arv.seat).await;
        let state = client.lock();
        Outline::read(&state.doc.transact())
    }

    /// The weave of an entry's point now.
    async fn weave(&self, entry: &Annotation) -> String {
        let client = YClient::join(&self.server, "p-1", &self.arv.seat).await;
        let state = client.lock();
        let txn = state.doc.transact();
        let census = census(&txn.encode_state_as_update_v1(&StateVector::default())).unwrap();
        Weaves::read(&txn, &Outline::read(&txn), &census).of(&entry.point).unwrap().to_owned()
    }

    /// The words that an entry is anchored to now.
    async fn stretch(&self, entry: &Annotation) -> String {
        let client = YClient::join(&self.server, "p-1", &self.arv.seat).await;
        let state = client.lock();
        let txn = state.doc.transact();
        let words = &Outline::read(&txn).get(&entry.point).unwrap().words.clone();
        words[entry.anchor.unwrap().find(&txn, &words_text(&txn, &entry.point).unwrap(), words).unwrap()].to_owned()
    }
}

impl Person {
    /// Runs a verb that writes an entry; answers the entry's id.
    fn write(&self, args: &[&str]) -> String {
        let printed = self.cli.json(args);
        assert_eq!(printed["durable"], true, "{printed}");
        printed["id"].as_str().unwrap().to_owned()
    }

    /// Runs a verb that must be refused; answers why.
    fn refused(&self, args: &[&str]) -> String {
        refusal(&self.cli, args)
    }
}

fn refusal(cli: &Cli, args: &[&str]) -> String {
    let output = cli.run(args);
    assert_eq!(output.status.code(), Some(1), "plenary {args:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn position(entry: &Annotation) -> &Position {
    match &entry.what {
        What::Position(position) => position,
        what => panic!("no position: {what:?}"),
    }
}

#[tokio::test]
async fn a_note_is_read_by_its_layers_audience_and_by_nobody_else() {
    let talks = Talks::begin();
    let Talks { arv, bor, cel, .. } = &talks;
    arv.cli.done(&["layer", "open", "p-1", "talk", "--with", &bor.seat.party]);
    for (layer, readers, told) in [
        ("private", &[arv][..], "only arv reads it"),
        ("talk", &[arv, bor], "arv and bor read it"),
        ("public", &[arv, bor, cel], "all who see the plan read it"),
    ] {
        let printed = arv.cli.done(&["note", "p-1", "1", "Thirty will do.", "--quote", "[30]", "--layer", layer]);
        let id = printed.split(' ').nth(1).unwrap();
        assert_eq!(printed.trim_end(), format!("note {id} on 1, {layer}: {told}"));
        for person in [arv, bor, cel] {
            let shown = talks.read(person, &format!("arv/{layer}")).await;
            let reads = readers.iter().any(|reader| reader.seat.party == person.seat.party);
            assert_eq!(shown.is_some(), reads, "{} {layer}", person.seat.party);
            if let Some(shown) = shown {
                let entry = shown.get(&id.parse().unwrap()).unwrap();
                assert_eq!((&entry.what, entry.body.as_str(), entry.quote.as_str()), (&What::Note, "Thirty will do.", "[30]"));
                assert_eq!(entry.by.as_ref().unwrap().as_str(), arv.cli.json(&["whoami"])["member"]);
                assert_eq!(talks.stretch(entry).await, "[30]");
            }
        }
    }
}

#[tokio::test]
async fn a_proposal_is_for_the_stretch_that_is_quoted_or_for_all_words() {
    let talks = Talks::begin();
    let id = talks.arv.write(&["propose", "p-1", "1", "[45]", "--quote", "[30][50]", "--because", "A middle way."]);
    let entry = talks.entry("arv/private", &id).await;
    assert_eq!(entry.what, What::Proposal { replacement: "[45]".into() });
    assert_eq!((entry.quote.as_str(), entry.body.as_str()), ("[30][50]", "A middle way."));
    // What others type around it is not in it, what they type in it is.
    talks.bor.cli.done(&["words", "p-1", "1", &WORDS.replace("Forces", "All forces").replace("[50]", "or [50]")]);
    assert_eq!(talks.stretch(&entry).await, "[30]or [50]");
    let id = talks.arv.write(&["propose", "p-1", "1", "", "--bracket", "3", "--layer", "public"]);
    assert_eq!(talks.stretch(&talks.entry("arv/public", &id).await).await, "[X]");
    let id = talks.arv.write(&["propose", "p-1", "1", "Nothing of it."]);
    let entry = talks.entry("arv/private", &id).await;
    assert_eq!(entry.quote, talks.outline().await.points[0].words);
    talks.arv.cli.done(&["add", "p-1", "--heading", "Empty"]);
    let id = talks.arv.write(&["propose", "p-1", "2", "First words."]);
    assert_eq!(talks.entry("arv/private", &id).await.anchor, None);
}

#[tokio::test]
async fn a_quote_must_be_found_exactly_once() {
    let talks = Talks::begin();
    let arv = &talks.arv;
    let missing = arv.refused(&["note", "p-1", "1", "x", "--quote", "[40]"]);
    assert!(missing.contains("not in the words of 1") && missing.contains(WORDS), "{missing}");
    let twice = arv.refused(&["propose", "p-1", "1", "x", "--quote", "day"]);
    assert!(twice.contains("2 times") && twice.contains("quote more around it"), "{twice}");
    assert!(arv.refused(&["note", "p-1", "1", "x", "--bracket", "4"]).contains("there are 3 brackets"));
    assert!(arv.refused(&["oppose", "p-1", "1", "--quote", "Forces"]).contains("in no bracket"));
    assert!(arv.refused(&["note", "p-1", "7", "x"]).contains("no point"));
    assert!(talks.live("arv/private").await.is_empty() && talks.live("arv/positions").await.is_empty());
}

#[tokio::test]
async fn a_reply_goes_nowhere_where_it_would_tell_of_what_it_replies_to() {
    let talks = Talks::begin();
    let Talks { arv, bor, cel, .. } = &talks;
    arv.cli.done(&["layer", "open", "p-1", "talk", "--with", &bor.seat.party]);
    bor.cli.done(&["layer", "open", "p-1", "back", "--with", &arv.seat.party]);
    bor.cli.done(&["layer", "open", "p-1", "wide", "--with", &arv.seat.party, &cel.seat.party]);
    let id = arv.write(&["note", "p-1", "1", "Between us.", "--quote", "[50]", "--layer", "talk"]);
    for layer in ["public", "positions", "wide"] {
        assert!(bor.refused(&["reply", "p-1", &id, "Yes.", "--layer", layer]).contains("would tell"), "{layer}");
    }
    assert!(cel.refused(&["reply", "p-1", &id, "What?"]).contains("no annotation"), "it is not there for cel");
    let private = bor.write(&["reply", "p-1", &id, "Never."]);
    let back = bor.write(&["reply", "p-1", &id, "Yes.", "--layer", "back"]);
    let beside = arv.write(&["reply", "p-1", &id, "Well?"]);
    for (layer, reply) in [("bor/private", private), ("bor/back", back), ("arv/talk", beside)] {
        let reply = talks.entry(layer, &reply).await;
        assert_eq!(reply.reply_to.as_ref().unwrap().as_str(), id);
        assert_eq!((&reply.what, reply.quote.as_str()), (&What::Note, "[50]"));
    }
    assert!(talks.live("bor/public").await.is_empty() && talks.live("bor/wide").await.is_empty());
}

#[tokio::test]
async fn an_entry_is_resolved_reopened_and_taken_back_by_its_own_party_alone() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    let id = arv.write(&["note", "p-1", "1", "Done?", "--layer", "public"]);
    let flags = async || {
        let entry = talks.entry("arv/public", &id).await;
        (entry.resolved, entry.withdrawn)
    };
    for verb in ["resolve", "reopen", "withdraw"] {
        bor.refused(&[verb, "p-1", &id]);
    }
    assert_eq!(flags().await, (false, false));
    assert!(arv.cli.done(&["resolve", "p-1", &id]).contains("resolved; all who see the plan read it"));
    assert_eq!(flags().await, (true, false));
    assert_eq!(arv.cli.json(&["resolve", "p-1", &id])["changed"], false);
    arv.cli.done(&["reopen", "p-1", &id]);
    assert_eq!(flags().await, (false, false));
    arv.cli.done(&["withdraw", "p-1", &id]);
    assert_eq!(flags().await, (false, true));
}

#[tokio::test]
async fn entries_are_tabled_all_at_once_or_not_at_all_and_again_without_harm() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    arv.cli.done(&["layer", "open", "p-1", "talk", "--with", &bor.seat.party]);
    let note = arv.write(&["note", "p-1", "1", "One."]);
    let reply = arv.write(&["reply", "p-1", &note, "Two."]);
    let shared = arv.write(&["propose", "p-1", "1", "Three.", "--layer", "talk"]);
    let stays = arv.write(&["note", "p-1", "1", "Not this."]);
    for (args, why) in [
        (&[&note, "nonsense"][..], "no annotation"),
        (&[&reply], "table that first"),
        (&[&shared, "--to", "private"], "wider"),
        (&[&note, "--to", "absent"], "no layer"),
    ] {
        let message = arv.refused(&[&["table", "p-1"], args].concat());
        assert!(message.contains(why), "{args:?}: {message}");
    }
    bor.refused(&["table", "p-1", &shared]);

    let watcher = YClient::join(&talks.server, "p-1/arv/public", &bor.seat).await;
    let counts = Arc::new(Mutex::new(Vec::new()));
    let seen = counts.clone();
    let see =
        move |txn: &yrs::TransactionMut, _: &yrs::UpdateEvent| seen.lock().unwrap().push(Layer::read(txn).annotations.len());
    watcher.lock().doc.observe_update_v1("see", see).unwrap();
    let tabled = arv.cli.json(&["table", "p-1", &note, &reply, &shared]);
    assert_eq!((&tabled["layer"], &tabled["audience"]), (&json!("public"), &json!("all")));
    watcher.wait("tabled", |s| Layer::read(&s.doc.transact()).annotations.len() == 3).await;
    assert_eq!(*counts.lock().unwrap(), [3], "nobody sees one without the others");
    assert_eq!(talks.live("arv/private").await, [stays]);
    assert!(talks.live("arv/talk").await.is_empty());
    let before = talks.read(bor, "arv/public").await;
    assert_eq!(arv.cli.json(&["table", "p-1", &note, &reply, &shared])["changed"], false);
    assert_eq!(talks.read(bor, "arv/public").await, before);
}

#[tokio::test]
async fn a_table_that_was_cut_in_the_middle_is_finished_by_repeating_it() {
    let talks = Talks::begin();
    let arv = &talks.arv;
    let id = arv.write(&["note", "p-1", "1", "One."]);
    let draft = talks.entry("arv/private", &id).await;
    let public = YClient::join(&talks.server, "p-1/arv/public", &arv.seat).await;
    public.edit(|txn| plenary_shared::talk::layer::put(txn, &draft).unwrap()).await;
    public.wait_echoed().await;
    arv.cli.done(&["table", "p-1", &id]);
    assert!(talks.live("arv/private").await.is_empty());
    assert_eq!(talks.entry("arv/public", &id).await, draft, "what others have seen stays as it is");
}

#[tokio::test]
async fn an_acceptance_keeps_the_exact_words_and_does_not_fit_others() {
    let talks = Talks::begin();
    let Talks { arv, bor, .. } = &talks;
    let printed = arv.cli.json(&["accept", "p-1", "1", "--ad-referendum", "--because", "Subject to parliament."]);
    let entry = talks.entry("arv/positions", printed["id"].as_str().unwrap()).await;
    let outline = talks.outline().await;
    let exact = ExactWords::read(&outline).get(&entry.point).unwrap().clone();
    let kept = position(&entry).words.clone().unwrap();
    assert_eq!((kept.digest, &kept.json), (exact.digest, &exact.json));
    assert_eq!(Canonical::kept(&kept.json, kept.digest).unwrap().words, WORDS);
    assert!(position(&entry).stance == Stance::Accept && position(&entry).ad_referendum);
    assert_eq!(printed["digest"], exact.digest.to_string());

    assert_eq!(talks.weave(&entry).await, kept.weave);

    bor.cli.done(&["words", "p-1", "1", &WORDS.replace("shall", "should")]);
    let now = ExactWords::read(&talks.outline().await).get(&entry.point).unwrap().digest;
    assert_ne!(now, kept.digest, "the acceptance has lapsed");
    let (old, new) = (kept.digest.to_string(), now.to_string());
    let message = bor.refused(&["accept", "p-1", "1", "--expect", &old]);
    assert!(message.contains(&old) && message.contains(&new[..12]), "{message}");
    assert!(talks.live("bor/positions").await.is_empty());
    let said = bor.cli.done(&["accept", "p-1", "1", "--expect", &new]);
    assert!(said.contains(&format!("accepts the words {}; all who see the plan read it", &new[..12])), "{said}");

    bor.cli.done(&["words", "p-1", "1", WORDS]);
    assert_eq!(ExactWords::read(&talks.outline().await).get(&entry.point).unwrap().digest, kept.digest, "the words are back");
    assert_ne!(talks.weave(&entry).await, kept.weave, "and it shows that they were touched");
}

#[tokio::test]
async fn a_new_position_takes_the_place_of_the_partys_earlier_ones_on_the_same_thing() {
    let talks = Talks::begin();
    let arv = &talks.arv;
    let words = arv.write(&["accept", "p-1", "1"]);
    let thirty = arv.write(&["accept", "p-1", "1", "--bracket", "1"]);
    let fifty = arv.write(&["oppose", "p-1", "1", "Too long.", "--quote", "[50]"]);
    assert_eq!(talks.live("arv/positions").await.len(), 3, "the words, and two brackets");
    assert_eq!(position(&talks.entry("arv/positions", &fifty).await).words, None);
    // The marks of the bracket are typed anew: it is still the one that 30 is in.
    talks.bor.cli.done(&["words", "p-1", "1", &WORDS.replace("[30]", "30")]);
    talks.bor.cli.done(&["words", "p-1", "1", &WORDS.replace("[30]", "[30 or 35]")]);
    let printed = arv.cli.json(&["reserve", "p-1", "1", "Not yet.", "--quote", "35"]);
    assert_eq!((&printed["superseded"], &printed["quote"]), (&json!([thirty]), &json!("[30 or 35]")));
    let printed = arv.cli.json(&["reserve", "p-1", "1", "The capital has not answered."]);
    assert_eq!(printed["superseded"], json!([words]));
    let draft = arv.write(&["oppose", "p-1", "1", "--layer", "private"]);
    let tabled = arv.cli.json(&["table", "p-1", &draft]);
    assert_eq!((&tabled["layer"], &tabled["superseded"]), (&json!("positions"), &json!([printed["id"]])));
    assert!(talks.entry("arv/positions", &thirty).await.withdrawn, "it stays to be read");
    assert_eq!(position(&talks.entry("arv/positions", &draft).await).stance, Stance::Oppose);

    arv.cli.done(&["withdraw", "p-1", "1"]);
    assert!(talks.entry("arv/positions", &draft).await.withdrawn);
    assert!(!talks.entry("arv/positions", &fifty).await.withdrawn);
    arv.cli.done(&["withdraw", "p-1", "1", "--bracket", "2"]);
    assert!(talks.entry("arv/positions", &fifty).await.withdrawn);
    assert!(arv.refused(&["withdraw", "p-1", "1"]).contains("no position"));
}

#[tokio::test]
async fn an_adviser_takes_no_position_and_an_observer_writes_nothing() {
    let talks = Talks::begin();
    let Talks { server, arv, cel, .. } = &talks;
    let as_role = |role: &str, args: &[&str]| {
        let (seat, _) = invite(server, "arv", role);
        let credential = ["--server", &server.demo.url, "--token", &seat.token];
        arv.cli.run(&[args, &credential].concat())
    };
    let note = arv.write(&["note", "p-1", "1", "A note."]);
    let public = arv.write(&["note", "p-1", "1", "A note.", "--layer", "public"]);
    let annotates = [
        &["note", "p-1", "1", "x"][..],
        &["propose", "p-1", "1", "x"],
        &["reply", "p-1", &public, "x"],
        &["resolve", "p-1", &note],
        &["reopen", "p-1", &note],
        &["table", "p-1", &note],
        &["withdraw", "p-1", &note],
    ];
    let speaks = [&["accept", "p-1", "1"][..], &["reserve", "p-1", "1", "x"], &["oppose", "p-1", "1"], &["withdraw", "p-1", "1"]];
    for verb in annotates.iter().chain(&speaks) {
        let output = as_role("observer", verb);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && message.contains("you may not"), "observer {verb:?}: {message}");
    }
    for verb in speaks {
        let output = as_role("adviser", verb);
        assert!(String::from_utf8(output.stderr).unwrap().contains("you may not take positions"), "adviser {verb:?}");
    }
    for verb in annotates {
        assert_eq!(as_role("adviser", verb).status.code(), Some(0), "adviser {verb:?}");
    }
    assert!(talks.live("arv/positions").await.is_empty());
    grant(server, "p-1", json!({ "arv": "draft", "cel": "read" }));
    cel.write(&["note", "p-1", "1", "Who reads keeps notes for itself."]);
    assert!(cel.refused(&["note", "p-1", "1", "x", "--layer", "public"]).contains("you may not write"));
    assert!(cel.refused(&["accept", "p-1", "1"]).contains("you may not take positions"));
    assert!(talks.bor.refused(&["note", "p-1", "1", "x"]).contains("no"), "the plan is not there for bor");
}
