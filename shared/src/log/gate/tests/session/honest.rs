//! Courses of honest editing.

use proptest::prelude::*;

use super::*;
use crate::courses;

pub fn honest_session(course: &Course<Event>) {
    let replicas = replicas();
    let mut server = Server::new();
    let halfway = doc(888_888, false);
    for Event { who, act } in &course.0 {
        let replica = &replicas[*who];
        match act {
            Act::Edit(edits) => replica.edit(edits),
            Act::Send { how } => replica.send(&mut server, *how),
            Act::Receive {} => replica.take(&state(&server.doc)),
            Act::Hear {} => replicas[0].take(&state(&replicas[1].doc)),
        }
    }
    for how in [0, 3] {
        for replica in &replicas {
            replica.send(&mut server, how);
            replica.take(&state(&server.doc));
        }
    }
    server.assert_all_read_alike(&halfway);
    for replica in &replicas {
        assert_eq!(content(&replica.doc), content(&server.doc), "a replica differs");
        let again = server.ledger.check_unasked(&replica.party, &state(&server.doc)).expect("the whole state passes");
        if again.is_new() {
            // Deletions that no update named: overwritten entries, children of what was deleted.
            server.ledger.admit(&replica.party, &again);
        }
        assert!(!server.ledger.check_unasked(&replica.party, &state(&server.doc)).unwrap().is_new(), "a known state is not new");
    }
    let saved = server.ledger.save();
    let restored = Ledger::load(&saved).unwrap();
    assert!(!restored.check_unasked(&party("arv"), &state(&server.doc)).unwrap().is_new(), "a saved ledger knows as much");
}

#[test]
fn honest_editing_is_never_refused_in_any_course_that_is_kept() {
    courses::again("gate", honest_session);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn honest_editing_is_never_refused_and_all_replicas_agree(
        course in prop::collection::vec(any::<u64>().no_shrink().prop_map(|seed| event(&mut Dice(seed))), 1..60).prop_map(Course),
    ) {
        honest_session(&course);
    }
}
