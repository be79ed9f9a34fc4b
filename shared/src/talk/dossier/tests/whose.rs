//! Whose each bracket is, where a table can say it.

use super::*;

/// What somebody makes of the words.
type Step<'a> = (&'a str, &'a str);

#[test]
fn a_bracket_is_whose_record_put_it_there() {
    let table: [(&str, &str, &[Step], &[Step]); 15] = [
        ("of the first text", "in [30] days", &[], &[("[30]", "")]),
        ("typed", "in days", &[("arv", "in [30] days")], &[("[30]", "arv")]),
        ("around words that stood there", "in 30 days", &[("arv", "in [30] days")], &[("[30]", "arv")]),
        ("a word replaced within", "in days", &[("arv", "in [30] days"), ("bor", "in [50] days")], &[("[50]", "arv")]),
        ("a word replaced in one of the first text", "in [30] days", &[("bor", "in [50] days")], &[("[50]", "")]),
        ("a mistake mended", "[thrity] days", &[("bor", "[thirty] days")], &[("[thirty]", "")]),
        ("a mistake mended in somebody's", "", &[("arv", "[thrity] days"), ("bor", "[thirty] days")], &[("[thirty]", "arv")]),
        ("a placeholder filled in", "[X] days", &[("bor", "[30] days")], &[("[30]", "")]),
        ("an alternative more", "[30][50] km", &[("bor", "[30][40][50] km")], &[("[30]", ""), ("[40]", "bor"), ("[50]", "")]),
        ("an alternative behind", "in 30 days", &[("bor", "in [30][40] days")], &[("[30]", ""), ("[40]", "bor")]),
        ("an alternative before", "in 30 days", &[("bor", "in [40][30] days")], &[("[40]", "bor"), ("[30]", "")]),
        ("behind letters of two units", "😀é 30 😀", &[("bor", "😀é [30][40] 😀")], &[("[30]", ""), ("[40]", "bor")]),
        ("both alternatives", "in days", &[("bor", "in [40][30] days")], &[("[40]", "bor"), ("[30]", "bor")]),
        (
            "one doubted, then an alternative of another's",
            "in 30 days",
            &[("arv", "in [30] days"), ("bor", "in [30][40] days")],
            &[("[30]", "arv"), ("[40]", "bor")],
        ),
        (
            "one within another's",
            "",
            &[("arv", "[all the forces]"), ("bor", "[all [the] forces]")],
            &[("[all [the] forces]", "arv"), ("[the]", "bor")],
        ),
    ];
    for (how, first, steps, whose) in table {
        let mut talks = Talks::over(&format!("1. {first}\n2. x\n"), &[]);
        for (party, words) in steps {
            talks.words(party, "1", words);
        }
        let dossier = talks.dossier();
        for (text, party) in whose {
            assert_eq!(names(&bracket(&dossier, text).typed_by).join(" "), *party, "{how}: {text}");
        }
    }
}

#[test]
fn a_bracket_in_a_heading_is_whose_record_put_it_there_too() {
    let mut talks = Talks::over(TEXT, &[]);
    let first = talks.point("1").id;
    talks.edit("bor", |txn| plan::set_heading(txn, &first, "Zone [of separation]")).unwrap();
    assert_eq!(bracket(&talks.dossier(), "[of separation]").attribution(), "BOR");
}

#[test]
fn what_an_adopted_proposal_brings_in_brackets_is_its_partys() {
    for (quote, replacement, credited, others) in [
        ("within", "[in][inside]", &["[in]", "[inside]"][..], "[30]"),
        ("30", "40", &[], "[40]"),
        ("50", "60 [or so]", &["[or so]"], "[60 [or so]]"),
    ] {
        let mut talks = Talks::over(TEXT, &[]);
        let proposal = talks.proposal("1", quote, replacement);
        talks.put("cel", PUBLIC, proposal.clone());
        let adopter = Adopter { party: party("med"), proposed_by: Some(party("cel")), at_ms: 1 };
        talks.edit("med", |txn| proposal::adopt(txn, &proposal, quote, &adopter)).unwrap();
        let dossier = talks.dossier();
        let said = |text: &&str| bracket(&dossier, text).attribution();
        assert!(credited.iter().all(|text| said(text) == "CEL"), "{replacement}");
        assert_eq!(said(&others), "", "{replacement}: what stood there is nobody's");
    }
}

#[test]
fn what_one_enters_for_another_is_ones_own_to_take_out_until_that_one_confirms_it() {
    let mut talks = Talks::over(TEXT, &[]);
    talks.words("med", "1", "within [30][50][40] km of [the [red] line]");
    let entered = Annotation { entered_for: Some(party("arv")), ..talks.note("1", "[40]", "") };
    let told = talks.put("med", PUBLIC, entered);
    let whose = |talks: &Talks| ["med", "arv", "bor"].map(|name| bracket(&talks.dossier(), "[40]").is_alone_of(&party(name)));
    assert_eq!(whose(&talks), [true, false, false]);
    let reply = Annotation { entered_for: Some(party("arv")), ..talks.reply("1", &told, "[40]") };
    talks.put("arv", PUBLIC, reply);
    assert_eq!(whose(&talks), [false, true, false]);
    let both = BracketView { typed_by: vec![party("arv"), party("bor")], entered: None, ..bracket(&talks.dossier(), "[40]") };
    assert_eq!(["arv", "bor"].map(|name| both.is_alone_of(&party(name))), [false, false], "what two hold is no one's alone");
    let oppose = talks.stand("1", "[40]", Stance::Oppose);
    talks.put("bor", POSITIONS, oppose);
    assert_eq!(bracket(&talks.dossier(), "[40]").attribution(), "ARV, entered by MED; opp BOR");
}
