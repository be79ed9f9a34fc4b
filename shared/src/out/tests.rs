//! What stands in an edition, in the words that people read.

mod golden;
mod hostile;

use super::*;
use crate::{
    id::{POSITIONS, PRIVATE, PUBLIC},
    talk::{
        dossier::testing::*,
        layer::{Annotation, Position, Stance, What},
        proposal::{self, Adopter},
    },
    text::{
        markdown as plain,
        plan::{self, After, Schedule},
    },
};

fn in_markdown(talks: &Talks) -> String {
    annotated(&talks.dossier(), Format::Markdown)
}

/// The lines of the annotated Markdown below a point, without marks of quotations and lists.
fn below(talks: &Talks, label: &str) -> Vec<String> {
    let text = in_markdown(talks);
    let lines = text.lines().skip_while(|line| !line.starts_with(&format!("- {label}\\."))).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    let bare = |line: &str| line.trim_start_matches([' ', '>']).trim_start_matches("- ").trim_end_matches('\\').to_owned();
    lines.map(bare).filter(|line| !line.is_empty()).collect()
}

fn clean_text(markdown: &str) -> String {
    clean(&Talks::over(markdown, &[]).dossier(), Format::Markdown)
}

#[test]
fn a_bracket_says_before_its_closing_mark_whose_it_is() {
    type Stands = &'static [(&'static str, &'static str, Stance)];
    let table: [(&str, Stands, &str); 8] = [
        (
            "to [30][50] km",
            &[("bor", "[30]", Stance::Accept), ("arv", "[30]", Stance::Oppose), ("arv", "[50]", Stance::Accept)],
            "to [30 (BOR; opp ARV)][50 (ARV)] km",
        ),
        ("to [30][50] km", &[], "to [30][50] km"),
        ("[a [b] c]", &[("arv", "[b]", Stance::Accept), ("bor", "[a [b] c]", Stance::Reserve)], "[a [b (ARV)] c (res BOR)]"),
        ("[[a]]", &[("arv", "[[a]]", Stance::Accept), ("arv", "[a]", Stance::Oppose)], "[[a (opp ARV)] (ARV)]"),
        ("［三十］ [ x ]", &[("arv", "［三十］", Stance::Accept), ("arv", "[ x ]", Stance::Accept)], "［三十 (ARV)］ [ x (ARV)]"),
        ("for [X] months", &[("arv", "[X]", Stance::Oppose)], "for [X (opp ARV)] months"),
        (
            "[a b]",
            &[("arv", "a", Stance::Accept), ("bor", "b", Stance::Oppose)],
            "[a b (on other words ARV; opp on other words BOR)]",
        ),
        (r"x \[a\] [b] loose]", &[("arv", "[b]", Stance::Accept)], r"x \[a\] [b (ARV)] loose]"),
    ];
    for (words, stands, expected) in table {
        let mut talks = Talks::over(&format!("1. {words}\n"), &[]);
        for (who, quote, stance) in stands {
            let stand = talks.stand("1", quote, *stance);
            talks.put(who, POSITIONS, stand);
        }
        let text = in_markdown(&talks);
        assert!(text.contains(&format!("- 1\\. {expected}\n")), "{words}\n{text}");
        let page = annotated(&talks.dossier(), Format::Html);
        let bare = page.replace("<bdi class=\"by\">", "").replace("</bdi>", "");
        assert!(bare.contains(&format!("<bdi class=\"label\">1. {expected}</p>")), "{words}\n{page}");
    }
}

#[test]
fn a_place_to_be_filled_in_is_nobodys_because_somebody_typed_it() {
    let mut talks = Talks::over("1. for months\n2. [in heading]\n", &[]);
    talks.words("bor", "1", "for [X] [six] months");
    assert!(in_markdown(&talks).contains("for [X] [six (BOR)] months"));
    let id = talks.point("2").id;
    talks.edit("bor", |txn| plan::set_heading(txn, &id, "A [b]")).unwrap();
    assert!(in_markdown(&talks).contains("- 2\\. **A [b (BOR)].** [in heading]"));
}

#[test]
fn a_clean_text_shows_where_something_is_open_and_no_more() {
    for (text, expected) in [
        ("1. to [30] [50] km, [X]\n", "- 1\\. to … km, …\n\n---\n\n2 places are open and left out (…).\n"),
        ("1. **On [a] b.** [c]\n", "- 1\\. **On … b.** …\n\n---\n\n2 places are open and left out (…).\n"),
        ("1. agreed\n", "- 1\\. agreed\n"),
        ("1. a ] b\n", "- 1\\. a b\n\n---\n\n1 bracket mark without a partner is left out.\n"),
        (
            "1. a ] [b]\n2. ~~c [d]~~\n   (a) below\n",
            "- 1\\. a …\n\n---\n\n1 place is open and left out (…). 1 bracket mark without a partner is left out.\n",
        ),
        ("1. ~~gone~~\n2. x\n\n4. y\n", "- 2\\. x\n\n- 4\\. y\n"),
        (
            "1. a [b\n2. **C.** c [d] e\n   (a) f\n3. **G.** g] h [i] j\n4. k\n",
            "- 1\\. a …\n\n- 2\\. …\n\n  - \\(a) …\n\n- 3\\. … h … j\n\n- 4\\. k\n\n---\n\n5 places are open and left out (…).\n",
        ),
        (
            "1. [[a\n2. b] c] d [e\n3. f] g [h\n",
            "- 1\\. …\n\n- 2\\. … d …\n\n- 3\\. … g h\n\n---\n\n4 places are open and left out (…). 1 bracket mark without a partner is left out.\n",
        ),
        (
            "1. **A [b.** c\n2. **D.** d\n3. **E] f.** g\n",
            "- 1\\. **A …**\n\n- 2\\. …\n\n- 3\\. **… f.** g\n\n---\n\n3 places are open and left out (…).\n",
        ),
    ] {
        assert_eq!(clean_text(text), format!("# Untitled plan\n\n{expected}"), "{text}");
    }
}

#[test]
fn the_clean_demo_plan_holds_no_bracket_and_all_its_points() {
    let talks = Talks::over(include_str!("../../../server/src/demo/plan20.md"), &["arv"]);
    for format in [Format::Markdown, Format::Html] {
        let text = clean(&talks.dossier(), format);
        assert!(!text.contains(['[', ']']), "{text}");
        for point in &talks.dossier().text.outline.points {
            assert!(text.contains(&point.heading), "{}", point.label);
        }
        assert!(text.contains("8 places are open and left out (…)."), "{text}");
    }
}

#[test]
fn articles_are_headings_and_labels_stay_as_they_are() {
    let text = "# T\n\n## Article 1 Aim\n\n3. three\n\n5. five\n   (a) sub\n\n## Article 2bis\n\nFree words.\n";
    let expected =
        "# T\n\n## Article 1 Aim\n\n- 3\\. three\n\n- 5\\. five\n\n  - \\(a) sub\n\n## Article 2bis\n\n- Free words.\n";
    assert_eq!(clean_text(text), expected);
    let page = clean(&Talks::over(text, &[]).dossier(), Format::Html);
    for part in [
        "<h2 dir=\"auto\"><bdi class=\"label\">Article 1</bdi> Aim</h2>",
        "<bdi class=\"label\">(a)</bdi> sub</p>\n</div>\n</div>",
    ] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn the_standing_of_a_point_is_one_line_and_what_is_said_for_it_stands_below() {
    let mut talks = Talks::over("1. one\n2. two\n3. three [x]\n4. four\n5. five\n   (a) below\n6. six\n", &["arv", "bor", "cel"]);
    assert_eq!(below(&talks, "1"), ["**Open:** no positions"]);
    talks.accept(&["arv", "bor"], "1");
    assert_eq!(below(&talks, "1"), ["**Open:** accepted by ARV, BOR; no position of CEL"]);
    let accept = talks.position("1", Stance::Accept, "on the understanding that it is final");
    let What::Position(position) = accept.what.clone() else { panic!() };
    let what = What::Position(Position { ad_referendum: true, ..position });
    talks.put("cel", POSITIONS, Annotation { what, ..accept });
    let agreed = ["**Agreed:** ARV, BOR, CEL (ad referendum)", "**CEL** accepts: on the understanding that it is final"];
    assert_eq!(below(&talks, "1"), agreed);

    for (who, label, stance, reason) in [
        ("cel", "2", Stance::Reserve, "the capital\nmeets on Thursday"),
        ("arv", "3", Stance::Accept, ""),
        ("bor", "4", Stance::Oppose, ""),
        ("arv", "4", Stance::Reserve, ""),
        ("med", "4", Stance::Accept, ""),
        ("arv", "6", Stance::Accept, ""),
        ("bor", "6", Stance::Accept, ""),
    ] {
        let position = talks.position(label, stance, reason);
        talks.put(who, POSITIONS, position);
    }
    talks.accept(&["arv", "bor", "cel"], "5");
    assert_eq!(
        below(&talks, "2"),
        ["**Reserved:** CEL; no position of ARV, BOR", "**CEL** reserves: the capital", "meets on Thursday"]
    );
    assert_eq!(below(&talks, "3"), ["**Open:** accepted by ARV; no position of BOR, CEL; 1 open bracket"]);
    assert_eq!(below(&talks, "4"), ["**Opposed:** BOR; reserved by ARV; no position of CEL; not counted: MED accepts"]);
    assert_eq!(below(&talks, "5")[0], "**Agreed:** ARV, BOR, CEL");
    assert_eq!(below(&talks, "5")[2], "**Agreed:** ARV (with 5), BOR (with 5), CEL (with 5)");
    talks.words("cel", "6", "six and seven");
    let lapsed = ["**Lapsed:** ARV, BOR; no position of CEL", "**ARV, BOR** accepted other words:", "six **and seven**"];
    assert_eq!(below(&talks, "6"), lapsed);
    talks.words("cel", "6", "six");
    talks.words("cel", "2", "two and a half");
    let back = "(the words had changed and are back)";
    assert_eq!(below(&talks, "6"), [format!("**Open:** accepted by ARV {back}, BOR {back}; no position of CEL")]);
    let changed = "**Reserved:** CEL (the words have changed since); no position of ARV, BOR";
    assert_eq!(below(&talks, "2")[0], changed);
    assert!(in_markdown(&talks).contains("**Annotated version.** 3 of 7 points agreed; 1 bracket open.\n"));
}

#[test]
fn a_label_that_could_pass_for_a_standing_is_not_repeated_in_one() {
    let mut talks = Talks::over("1. one\n   (a) below\n", &["arv", "bor"]);
    talks.accept(&["arv"], "1");
    let label = "1); accepted by BOR (x";
    let id = talks.point("1").id;
    talks.edit("bor", |txn| {
        use yrs::{Map, ReadTxn};
        let Some(yrs::Out::YMap(point)) = txn.get_map(plan::POINTS).unwrap().get(txn, id.as_str()) else { panic!() };
        point.insert(txn, "label", label);
    });
    assert!(in_markdown(&talks).contains("**Open:** accepted by ARV (with the point above); no position of BOR\n"));
}

#[test]
fn replies_stand_below_what_they_reply_to() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    let first = talks.note("1", "", "first");
    let first = talks.put("arv", PUBLIC, first);
    let second = talks.note("1", "", "second");
    let second = talks.put("bor", PUBLIC, second);
    let reply = talks.reply("1", &first, "to the first");
    let reply = talks.put("bor", PUBLIC, reply);
    let deeper = talks.reply("1", &reply, "to the reply");
    talks.put("arv", PRIVATE, deeper);
    let elsewhere = talks.reply("2", &second, "of another point");
    talks.put("arv", PUBLIC, elsewhere);
    let (mut one, mut other) = (talks.note("2", "", "in a"), talks.note("2", "", "circle"));
    (one.reply_to, other.reply_to) = (Some(other.id.clone()), Some(one.id.clone()));
    talks.put("bor", PUBLIC, one);
    talks.put("bor", PUBLIC, other);
    let text = in_markdown(&talks);
    let expected = "  > - **ARV** · note\\\n  >   first\n  >\n  >   - **BOR** · reply\\\n  >     to the first\n  >\n  >     - **ARV** · reply · private\\\n  >       to the reply\n  >\n  > - **BOR** · note\\\n  >   second\n";
    assert!(text.contains(expected), "{text}");
    let second = [
        "**ARV** · reply to an entry that is not shown here",
        "of another point",
        "**BOR** · reply to an entry that is not shown here",
        "in a",
        "**BOR** · reply",
        "circle",
    ];
    assert_eq!(below(&talks, "2")[1..], second);
    // Who does not read the private reply is told nothing of it.
    let theirs = annotated(&talks.dossier_of("bor"), Format::Markdown);
    assert!(!theirs.contains("private") && !theirs.contains("to the reply") && !theirs.contains("Confidential"));
}

#[test]
fn an_entry_says_who_reads_it_and_what_became_of_it() {
    let mut talks = Talks::over("1. one two\n2. x\n", &["arv"]);
    let marked = talks.note("1", "", "a");
    talks.put("arv", "shared", Annotation { resolved: true, withdrawn: true, ..marked });
    let drafted = talks.position("1", Stance::Reserve, "b");
    talks.put("arv", PRIVATE, drafted);
    let stand = talks.stand("1", "two", Stance::Oppose);
    talks.put("bor", POSITIONS, Annotation { body: "c".into(), ..stand });
    let expected = [
        "**Open:** no positions",
        "**ARV** · note · shared with MED · withdrawn · resolved",
        "a",
        "**ARV** · reservation · private · not taken yet",
        "b",
        "**BOR** · opposition · on “two”",
        "c",
    ];
    assert_eq!(below(&talks, "1"), expected);
    assert!(in_markdown(&talks).contains("**Confidential:** holds 2 entries that not all who see the plan may read.\n"));
}

#[test]
fn proposals_show_what_they_change_and_where_their_words_went() {
    let mut talks = Talks::over("1. by land, sea and air at 06:00 on D-Day\n2. b c\n", &[]);
    let adopter = Adopter { party: party("med"), proposed_by: Some(party("bor")), at_ms: 1 };
    let mut propose = |quote: &str, new: &str| {
        let proposal = talks.proposal("1", quote, new);
        talks.put("bor", PUBLIC, proposal.clone());
        proposal
    };
    propose("air", "space");
    propose("sea", "water");
    propose("06:00", "05:00");
    let adopted = propose("land", "ground");
    let beside = propose("D-Day", "D+1");
    talks.edit("med", |txn| proposal::adopt(txn, &adopted, "land", &adopter)).unwrap();
    talks.edit("med", |txn| proposal::alternative(txn, &beside, "D-Day", &adopter)).unwrap();
    talks.words("cel", "1", "by ground, the sea or water and air at on [D-Day][D+1]");
    let whole = talks.proposal("2", "", "");
    talks.put("bor", PUBLIC, whole);
    let expected = [
        "**Open:** no positions; 2 open brackets",
        "**BOR** · proposal · put into the text by MED · on “ground”, which read “land”",
        "~~land~~**ground**",
        "**BOR** · proposal",
        "by ground, the ~~sea~~**water** or water and air at on \\[D-Day\\]\\[D+1\\]",
        "**BOR** · proposal",
        "by ground, the sea or water and ~~air~~**space** at on \\[D-Day\\]\\[D+1\\]",
        "**BOR** · proposal · overtaken · on “06:00”, gone from behind “by ground, the sea or water and air at”",
        "~~06:00~~**05:00**",
        "**BOR** · proposal · put in as an alternative by MED",
        "**D+1**",
    ];
    assert_eq!(below(&talks, "1"), expected);
    assert_eq!(below(&talks, "2")[1..], ["**BOR** · proposal", "~~b c~~"]);
}

#[test]
fn long_redlines_are_cut_to_what_changes() {
    let long = "word ".repeat(100);
    let mut talks = Talks::over(&format!("1. {long}[30] {long}\n"), &[]);
    let proposal = talks.proposal("1", "", &format!("{long}[40] {}", long.trim_end()));
    talks.put("bor", PUBLIC, proposal);
    let around = "word ".repeat(12);
    let expected = format!("… {around}~~\\[30\\]~~**\\[40\\]** {around}…");
    assert_eq!(below(&talks, "1")[2], expected);
}

#[test]
fn struck_points_are_marked_and_hold_no_brackets() {
    let mut talks = Talks::over("1. ~~**Old.** words [a]~~\n   (a) below\n", &["arv"]);
    talks.accept(&["arv"], "1");
    let text = in_markdown(&talks);
    let expected =
        "- 1\\. (struck) ~~Old~~ ~~words \\[a\\]~~\n\n  > - **Struck:** accepted by ARV\n\n  - \\(a) (struck) ~~below~~\n";
    assert!(text.contains(expected) && text.contains("0 of 0 points agreed; 0 brackets open."), "{text}");
}

#[test]
fn a_schedule_is_told_in_words() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    let first = talks.point("1").id;
    let schedule = Schedule {
        trigger: Some("D-Day".into()),
        offset_days: Some(-1),
        duration_days: Some(14),
        certification_days: Some(5),
        after: [(first, After::Certified)].into(),
        responsible: Some("the [Mission]".into()),
        verifier: Some("MED".into()),
        method: Some("visits".into()),
        condition: Some("funds".into()),
        ..Schedule::default()
    };
    let second = talks.point("2").id;
    talks.edit("med", |txn| plan::set_schedule(txn, &second, &schedule)).unwrap();
    let line = "**Schedule:** begins 1 day before D-Day; lasts 14 days; certified 5 days later; after 1 is certified as completed; carried out by the \\[Mission\\]; \
                verified by MED; method: visits; condition: funds";
    assert!(in_markdown(&talks).contains(line), "{}", in_markdown(&talks));
    assert!(clean(&talks.dossier(), Format::Markdown).contains("carried out by the …; verified by MED"));
}

#[test]
fn what_is_said_of_points_that_are_not_in_the_plan_stands_at_the_end() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    let note = talks.note("2", "two", "lost");
    talks.put("bor", PUBLIC, note);
    let id = talks.point("2").id;
    talks.edit("med", |txn| {
        use yrs::{Map, WriteTxn};
        txn.get_or_insert_map(plan::POINTS).remove(txn, id.as_str())
    });
    let end = "---\n\nOn points that are not in the plan:\n\n> - **BOR** · note · on “two”\\\n>   lost\n";
    assert!(in_markdown(&talks).ends_with(end), "{}", in_markdown(&talks));
}

#[test]
fn the_same_dossier_gives_the_same_bytes_and_the_plain_form_stays_importable() {
    let talks = Talks::over(include_str!("../../../server/src/demo/plan20.md"), &["arv", "bor"]);
    for format in [Format::Markdown, Format::Html] {
        assert_eq!(annotated(&talks.dossier(), format), annotated(&talks.dossier(), format));
        assert_eq!(clean(&talks.dossier(), format), clean(&talks.dossier(), format));
    }
    let exported = plain::export(&talks.dossier().text.outline);
    assert_eq!(plain::export(&Talks::over(&exported, &[]).dossier().text.outline), exported);
}

#[test]
fn editions_and_formats_are_called_by_their_names() {
    for edition in [Edition::Plain, Edition::Clean, Edition::Annotated] {
        assert_eq!(edition.to_string().parse(), Ok(edition));
    }
    for format in [Format::Markdown, Format::Html] {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!("pdf".parse::<Format>().unwrap_err().to_string(), "\"pdf\" is not a format: use markdown or html");
    assert_eq!("x".parse::<Edition>().unwrap_err().to_string(), "\"x\" is not an edition: use plain, clean or annotated");
}
