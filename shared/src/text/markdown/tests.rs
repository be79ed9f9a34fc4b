//! What goes out comes in again, and no word of a text is lost.

use proptest::prelude::*;
use std::fs;
use yrs::Transact;

use super::*;
use crate::text::plan::{Outline, new_doc};

/// A real draft agreement, which is no part of the project.
pub(crate) fn draft_agreement() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/real/draft-agreement-2015-12-04.md");
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

mod kinds;

fn outline(draft: &Draft) -> Outline {
    let doc = new_doc(1);
    let mut next = 0;
    let mut ids = || {
        next += 1;
        format!("p{next}").parse().expect("an id")
    };
    write_draft(&mut doc.transact_mut(), draft, &mut ids).expect("written");
    Outline::read(&doc.transact())
}

fn round_trip(draft: &Draft) -> String {
    let outline = outline(draft);
    let text = export(&outline);
    let again = import(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(&again, draft, "\n{text}");
    assert_eq!(export(&self::outline(&again)), text);
    text
}

fn point(label: &str, heading: &str, words: &str, children: Vec<DraftPoint>) -> DraftPoint {
    DraftPoint { label: label.into(), heading: heading.into(), words: words.into(), children, ..DraftPoint::default() }
}

#[test]
fn the_demo_plan_imports_point_by_point_and_exports_as_it_was() {
    let text = include_str!("../../../../server/src/demo/plan20.md");
    let draft = import(text).expect("a plan");
    assert_eq!(draft.title, "Framework for the Cessation of Hostilities and Lasting Settlement (chair's text, Rev.0)");
    assert_eq!(draft.points.len(), 21);
    let labels: Vec<String> = draft.points[..20].iter().map(|point| point.label.clone()).collect();
    assert_eq!(labels, (1..=20).map(|n| n.to_string()).collect::<Vec<_>>());
    let third = point(
        "3",
        "Heavy weapons",
        "Each Party shall withdraw weapons above 100 mm calibre to [30][50] kilometres from the line.",
        vec![],
    );
    assert_eq!(draft.points[2], third);
    let last = &draft.points[20];
    assert_eq!((last.label.as_str(), last.heading.as_str()), ("", ""));
    assert!(last.words.starts_with("Annex A map and coordinates · Annex B"), "{}", last.words);
    let without_comment: Vec<&str> = text.lines().filter(|line| !line.starts_with("<!--")).collect();
    assert_eq!(round_trip(&draft).trim_end(), without_comment.join("\n").trim_end());
}

/// Runs of letters and digits, and brackets.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    for c in text.chars() {
        match c {
            '[' | ']' => tokens.extend([c.to_string(), String::new()]),
            c if c.is_alphanumeric() => tokens.last_mut().expect("one").push(c),
            _ => tokens.push(String::new()),
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[test]
#[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
fn no_word_of_a_real_draft_agreement_is_lost() {
    let text = draft_agreement();
    let draft = import(&text).expect("a plan");
    // What is dropped: four lines of front matter, three link definitions, two lines of the table of contents.
    let dropped = |(at, line): (usize, &str)| {
        at < 4
            || line.starts_with("[source]: ")
            || line.starts_with("[10nov]: ")
            || line.starts_with("[4dec]: ")
            || line == "* TOC"
            || line == "{:toc}"
    };
    let kept: Vec<&str> = text.lines().enumerate().filter(|line| !dropped(*line)).map(|(_, line)| line).collect();
    assert_eq!(text.lines().count() - kept.len(), 9);
    let flat = flatten(&draft).expect("not too deep");
    let imported: Vec<String> =
        flat.iter().map(|(point, _)| format!("{} {} {}", point.label, point.heading, point.words)).collect();
    // A link says itself where it leads.
    let is_link =
        |name: &str| format!("({})", text.lines().find_map(|line| line.strip_prefix(&format!("[{name}]: "))).expect(name));
    let linked =
        ["source", "10nov", "4dec"].iter().fold(kept.join("\n"), |text, name| text.replace(&format!("[{name}]"), &is_link(name)));
    let (was, is) = (tokens(&linked), tokens(&imported.join("\n")));
    if let Some(at) = (0..was.len().max(is.len())).find(|at| was.get(*at) != is.get(*at)) {
        let around = |tokens: &[String]| tokens[at.saturating_sub(8).min(tokens.len())..(at + 8).min(tokens.len())].join(" ");
        panic!("token {at}: {:?} became {:?}", around(&was), around(&is));
    }
    assert_eq!(draft.title, "Draft Agreement 4 December 2015");
    round_trip(&draft);
}

#[test]
#[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
fn a_real_draft_agreement_has_its_articles_and_items_where_they_belong() {
    let text = draft_agreement();
    let draft = import(&text).expect("a plan");
    let outline = outline(&draft);
    for (label, heading) in [("Article 2bis", "(general)"), ("[Article 3bis]", "(REDD-plus)"), ("Article 8 bis", "")] {
        let found = outline.points.iter().find(|point| point.label == label).expect(label);
        assert_eq!((found.heading.as_str(), found.depth, found.words.as_str()), (heading, 0, ""));
    }
    let path = |what: &str| outline.find(what).map(|point| outline.path(point)).unwrap_or_else(|error| error.to_string());
    assert_eq!(path("article 3/3/3bis").split(' ').next(), Some("\"article"), "3bis stands twice below 3");
    assert_eq!(path("/Article 4/7/7.bis"), "Article 4/7/7.bis");
    let item = outline.find("/Article 12/4/2").expect("an item");
    assert_eq!(item.words, "Exercise such other functions as may be required for the implementation of this Agreement.");
    let wrapped = outline.find("/Article 18/4").expect("an item");
    assert!(wrapped.words.contains("integration\norganization shall"), "{}", wrapped.words);
    let articles = outline.points.iter().filter(|point| point.depth == 0 && point.label.contains("Article")).count();
    assert_eq!(articles, 30);
}

#[test]
fn what_markdown_has_no_form_for_comes_back_too() {
    let mut withdrawal = point("4", "Phased withdrawal", "From D+2.", vec![]);
    withdrawal.schedule = Schedule { trigger: Some("D-Day --> \u{1F600}".into()), offset_days: Some(2), ..Schedule::default() };
    withdrawal.after =
        [("5".to_owned(), After::Certified), ("#1".to_owned(), After::Start), ("7".to_owned(), After::Unsaid)].into();
    let mut struck = point("5", "Old", "Gone\n\nfor good ", vec![point("(a)", "", "still here", vec![])]);
    struck.struck = true;
    let draft = Draft {
        title: " # odd\ntitle".replace('\n', " "),
        points: vec![
            point("", "Preamble", "", vec![point("", "", "1. not a point", vec![]), point("", "", "", vec![])]),
            withdrawal,
            struck,
            point("Article 6", "*odd* **one**", "own words", vec![point("", "", "below", vec![])]),
            point("7", "", "behind a heading", vec![]),
            point("weird <label>", "h", "", vec![]),
        ],
    };
    let text = round_trip(&draft);
    assert!(text.contains("5. ~~**Old.** Gone\n   \\\n   for good \\~~"), "{text}");
}

#[test]
fn a_comment_of_ours_that_is_broken_is_refused_with_its_line() {
    for (text, line) in [("# T\n\n<!-- plenary {\"struck\":1} -->\n1. x", 3), ("<!-- plenary {}\n-->", 1)] {
        match import(text) {
            Err(ImportError::BadComment { line: at, .. }) => assert_eq!(at, line),
            other => panic!("{other:?}"),
        }
    }
    let nobody = "<!-- plenary {\"after\":{\"9\":\"done\"}} -->\n1. x\n";
    assert_eq!(import(nobody), Err(ImportError::UnknownAfter { what: "9".into() }));
    let deep: String = (0..20).map(|level| format!("{}- x\n", " ".repeat(level))).collect();
    assert_eq!(import(&deep), Err(ImportError::TooDeep { line: 17 }));
}

#[test]
fn hostile_markdown_takes_no_more_than_its_share_of_time() {
    for unit in ["<!--\n", "<!-- x", "**", "~~", "[a]: ", "((((", "1.", "#", " - \n", "\\\n", "--> <!--\n", "i"] {
        let _ = import(&unit.repeat(200_000 / unit.len()));
    }
}

fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,6}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "\\",
            "# ",
            "1. ",
            "3bis. ",
            "3bis [",
            "5 bis. ",
            "(a) ",
            "a) ",
            "- ",
            "* ",
            "~~",
            "**",
            "`",
            "> ",
            "<!--",
            "-->",
            "---",
            "[x]: http://y",
            "{:toc}",
            "[30][50]",
            "الأطراف",
            "Сторони",
            "😀",
            "\t",
            "\u{a0}",
            "\u{feff}",
            "<!-- plenary {} -->",
            "[",
            "]",
            "2",
            "|",
            "1\\.",
            "* TOC\n{:toc}",
            "Article 5 ",
            "Article 5",
            "**Article 5**",
            "第一条",
            "A. ",
            "6.1 X",
            "(ab) ",
            "[^1]: ",
            "```\n",
            "\n```",
            "[a][x]",
            "①",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat().replace('\r', ""))
}

fn draft() -> impl Strategy<Value = Draft> {
    let labels = [
        "",
        "1",
        "2",
        "5 bis",
        "3bis",
        "(a)",
        "(a bis)",
        "1)",
        "i",
        "Article 3",
        "[Article 3bis]",
        "Annex A",
        "odd one",
        "7.bis",
        "5 no 21",
        "A",
        "B",
        "6.1",
        "(ab)",
        "第一条",
        "§ 6",
        "①",
        "а)",
        "Article 5A",
    ];
    let label = prop_oneof![prop::sample::select(labels.to_vec()).prop_map(str::to_owned), "\\PC{0,3}"];
    let heading = prop_oneof![
        Just(String::new()),
        "[A-Z][a-z]{1,8}[.:!]?",
        words().prop_map(|text| text.replace('\n', " ")),
        Just("Article 5".to_owned())
    ];
    let leaf = (label, heading, words(), prop::bool::weighted(0.2), prop::option::of(0i64..9)).prop_map(
        |(label, heading, words, struck, days)| {
            let schedule = Schedule { offset_days: days, ..Schedule::default() };
            DraftPoint { label, heading, words, struck, schedule, ..DraftPoint::default() }
        },
    );
    let leaf = leaf.boxed();
    let tree = leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        (leaf.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(point, children)| DraftPoint { children, ..point })
    });
    let title = words().prop_map(|text| text.replace('\n', " "));
    (title, prop::collection::vec(tree, 0..5)).prop_map(|(title, points)| Draft { title, points })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_plan_that_is_exported_imports_as_the_same_plan(draft in draft()) {
        round_trip(&draft);
    }

    #[test]
    fn any_text_imports_and_from_then_on_stays_the_same(text in words(), more in words()) {
        if let Ok(draft) = import(&format!("{text}\n{more}")) {
            round_trip(&draft);
        }
    }
}
