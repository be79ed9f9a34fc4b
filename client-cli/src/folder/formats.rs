//! Replicas that were written before: the files of format 1 open, mean what they meant, and are written again byte for byte.

use plenary_shared::{people::Audience, text::plan::Outline};

use super::{
    cipher::Sealed,
    own::{Fate, OwnEdit},
    *,
};
use crate::profile::Profile;

/// The replica of format 1, and a profile.
fn format_1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/formats/replica-1")
}

/// A copy of it, opened.
fn opened(to: &Path) -> Folder {
    disk::directory(&to.join("layers")).unwrap();
    for file in ["replica.json", "context", "own.log", "merged", "text.log", "layers/bor.positions"] {
        fs::copy(format_1().join(file), to.join(file)).unwrap();
    }
    Folder::open(to.to_owned()).unwrap()
}

fn same(folder: &Folder, file: &str) {
    assert_eq!(fs::read(folder.dir().join(file)).unwrap(), fs::read(format_1().join(file)).unwrap(), "{file}");
}

#[test]
fn a_context_of_format_1_is_read_and_written_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let folder = opened(dir.path());
    let context = folder.context().unwrap();
    let plan = &context.plan;
    assert_eq!((context.synced_ms, plan.end, plan.write, plan.restored), (1_795_907_967_839, 3, false, false));
    assert_eq!((plan.member.member.as_str(), plan.conference.members.len(), plan.conference.parties.len()), ("arv-2", 8, 4));
    assert_eq!((plan.plan.id.as_str(), plan.plan.consent.len(), plan.layers.len()), ("framework", 3, 9));
    assert_eq!((&plan.layers[0].audience, &plan.layers[1].audience), (&Audience::All, &Audience::Party));
    assert!(plan.created_by.is_some());
    fs::remove_file(dir.path().join(CONTEXT)).unwrap();
    folder.write_context(&context).unwrap();
    same(&folder, CONTEXT);
}

#[test]
fn edits_of_format_1_are_read_and_written_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let folder = opened(dir.path());
    let mut own = folder.own().unwrap();
    let bodies: Vec<_> = own.edits.iter().map(|edit| edit.body(&folder.cipher).unwrap()).collect();
    let told: Vec<_> = bodies.iter().map(|body| body.what[0].as_str()).collect();
    assert_eq!(told, ["4: words", "1: note v9qqbzic", "2: note zivxxbzr"]);
    assert_eq!(bodies[1].once.as_ref().map(|once| once.key.as_str()), Some("morning"));
    assert!(bodies[0].parts[0].0.is_none() && bodies[2].parts[0].0.as_ref().is_some_and(|layer| layer.as_str() == "private"));
    let Fate::Refused { error, message: Sealed::Clear(message), .. } = &own.edits[0].fate else { panic!("{:?}", own.edits[0]) };
    assert_eq!((error.as_str(), message.starts_with(b"you may not")), ("forbidden", true));
    assert!(own.edits[1..].iter().all(OwnEdit::waits) && folder.damage().is_empty());
    own.write(folder.dir()).unwrap();
    same(&folder, own::FILE);
    for (edit, body) in own.edits.iter().zip(&bodies) {
        assert_eq!(own::sealed(&folder.cipher, body).unwrap(), edit.body, "{}", body.what[0]);
    }
}

#[test]
fn the_text_and_the_layers_of_format_1_open() {
    let dir = tempfile::tempdir().unwrap();
    let folder = opened(dir.path());
    let text = folder.text_verified().unwrap();
    assert_eq!(text.end.seq, 3);
    assert_eq!(text.look(|txn| Outline::read(txn)).unwrap().points.len(), 21);
    let layer = folder.context().unwrap().plan.layers.into_iter().find(|layer| layer.party.as_str() == "bor").unwrap();
    let copy = folder.layer(&layer).unwrap().unwrap();
    layers::write(folder.dir(), &folder.cipher, &layer, &copy).unwrap();
    same(&folder, "layers/bor.positions");
    assert!(folder.damage().is_empty());
}

#[test]
fn a_profile_that_was_kept_before_is_read_and_written_as_it_was() {
    let administrator =
        "{\n  \"server\": \"http://h:1\",\n  \"token\": \"t\",\n  \"kind\": \"administrator\",\n  \"expires_ms\": 1\n}";
    for json in [fs::read_to_string(format_1().join("profile.json")).unwrap(), administrator.to_owned()] {
        let profile: Profile = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string_pretty(&profile).unwrap(), json);
    }
}
