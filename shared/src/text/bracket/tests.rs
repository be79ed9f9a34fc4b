//! Promises about brackets: in texts as drafters write them, and in whatever proptest comes up with.

use proptest::prelude::*;

use super::*;
use crate::{
    id::PointId,
    text::{
        markdown::{self, tests::draft_agreement},
        plan,
    },
};

/// Each bracket as its text, with its depth; `~` marks a placeholder, and alternatives show as group:place.
fn seen(words: &str) -> Vec<String> {
    let shown = |bracket: &Bracket| {
        let placeholder = if bracket.kind == BracketKind::Placeholder { "~" } else { "" };
        let place = bracket.alternative.map_or(String::new(), |place| format!(" {}:{place}", bracket.group));
        format!("{}{placeholder}{}{place}", bracket.depth, &words[bracket.range.clone()])
    };
    parse(words).list.iter().map(shown).collect()
}

/// The alternatives of each group that has more than one, in the order of the words, as indices into the list.
fn alternatives(brackets: &Brackets) -> Vec<Vec<usize>> {
    let mut groups: std::collections::BTreeMap<usize, Vec<usize>> = Default::default();
    for (at, bracket) in brackets.list.iter().enumerate().filter(|(_, bracket)| bracket.alternative.is_some()) {
        groups.entry(bracket.group).or_default().push(at);
    }
    groups.into_values().collect()
}

fn loose(words: &str) -> Vec<(usize, bool)> {
    parse(words).loose.iter().map(|loose| (loose.at, loose.opening)).collect()
}

#[test]
fn brackets_nest_and_stand_in_opening_order() {
    let words = "[a [b] c [[d]]] e [f]";
    assert_eq!(seen(words), ["0[a [b] c [[d]]]", "1[b]", "1[[d]]", "2[d]", "0[f]"]);
    let brackets = parse(words);
    let parents: Vec<_> = brackets.list.iter().map(|bracket| bracket.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(0), Some(2), None]);
    assert_eq!(&words[brackets.list[2].inner.clone()], "[d]");
    assert_eq!((brackets.open_count(), brackets.loose.len()), (5, 0));
}

#[test]
fn full_width_marks_count_and_close_square_ones() {
    assert_eq!(seen("不超过［三十］[五十］公里"), ["0［三十］ 0:0", "0[五十］ 0:1"]);
    assert_eq!(parse("［三十］").list[0].inner, 3..9);
}

#[test]
fn an_escaped_mark_is_plain_text_and_an_escaped_backslash_escapes_nothing() {
    assert_eq!(seen(r"\[a\] [b\]] \\[c] \［d"), [r"0[b\]]", "0[c]"]);
    assert_eq!(loose(r"\[a\] \\\[ \] \"), []);
    assert_eq!(loose(r"\a[ \\]"), []);
}

#[test]
fn a_mark_closes_the_nearest_open_one_and_the_rest_is_reported() {
    assert_eq!(loose("] a [b [c] d"), [(0, false), (4, true)]);
    // The bracket below a loose opening mark is still outermost.
    assert_eq!(seen("] a [b [c] d"), ["0[c]"]);
    assert_eq!(loose("]]［［"), [(0, false), (1, false), (2, true), (5, true)]);
    assert_eq!(parse("] a [b [c] d").open_count(), 3);
}

#[test]
fn adjacent_siblings_are_alternatives_of_one_group() {
    assert_eq!(seen("[30][50] km"), ["0[30] 0:0", "0[50] 0:1"]);
    assert_eq!(seen("[a] \t[b]\n[c]\r\n[d]"), ["0[a] 0:0", "0[b] 0:1", "0[c] 0:2", "0[d] 0:3"]);
    assert_eq!(seen("[a]\n\n[b] or [c]"), ["0[a]", "0[b]", "0[c]"]);
    assert_eq!(seen("[[a][b]] [c]"), ["0[[a][b]] 0:0", "1[a] 1:0", "1[b] 1:1", "0[c] 0:1"]);
    assert_eq!(seen("[a] [ [b]"), ["0[a]", "0[b]"], "a loose mark stands between them");
    assert_eq!(alternatives(&parse("[X][[a][b]][c] d [e][f]")), [vec![0, 1, 4], vec![2, 3], vec![5, 6]]);
    assert!(alternatives(&parse("[a], [b]")).is_empty());
}

#[test]
fn a_place_to_be_filled_in_is_told_from_words_in_question() {
    let by_shape = "| |...|…|___|_ _|●|–|-|X|x|XX|xxx|Y|Z|N";
    let by_word =
        "amount|Date| NUMBER |TBD|to be determined|*amount*|placeholder|Placeholder: in capitals|*Placeholder* for \"x\"";
    for content in by_shape.split('|').chain(by_word.split('|')) {
        assert_eq!(parse(&format!("[{content}]")).list[0].kind, BracketKind::Placeholder, "{content:?}");
    }
    for content in ["30", "shall", "y", "n", "XY", "X per cent", "the amount", ".", ",", "a.", "-Y", "year x", "*", "дата", "±"]
    {
        assert_eq!(parse(&format!("[{content}]")).list[0].kind, BracketKind::Text, "{content:?}");
    }
    assert_eq!(seen("[X] [50][[X]]"), ["0~[X] 0:0", "0[50] 0:1", "0[[X]] 0:2", "1~[X]"]);
}

#[test]
fn clean_words_show_where_something_is_open_and_no_more() {
    for (words, clean) in [
        ("withdraw to [30][50] kilometres", "withdraw to … kilometres"),
        ("[a] \n[b], [c [d] e].", "…, …"),
        ("[a]", "…"),
        ("", ""),
        ("a ] b [ c", "a b c"),
        ("] a", "a"),
        ("a [", "a"),
        ("a ] ] ] b", "a b"),
        ("a ]\nb\n] c", "a\nb\nc"),
        ("a]b", "ab"),
        ("of [a]] b", "of … b"),
        (r"\[a\] [b] ］ \\[c]", r"\[a\] … \\…"),
        ("a [ [b] [c]", "a …"),
        ("a  b [c]", "a  b …"),
    ] {
        assert_eq!(without(words), clean, "{words:?}");
    }
}

#[test]
fn an_alternative_goes_and_with_the_last_but_one_the_marks() {
    for (words, at, left) in [
        ("to [12][48] km", 0, "to 48 km"),
        ("to [12] [48] km", 1, "to 12 km"),
        ("to [12][48][36] km", 0, "to [48][36] km"),
        ("to [12] [48] [36] km", 1, "to [12] [36] km"),
        ("to [12][48][36] km", 2, "to [12][48] km"),
        ("[some] forces", 0, "all forces"),
        ("to [a [x][y] b] km", 1, "to [a y b] km"),
    ] {
        assert_eq!(withdrawn(words, at, "all").as_deref(), Some(left), "{words} {at}");
    }
    assert_eq!(withdrawn("the [some] forces", 0, "").as_deref(), Some("the forces"));
    assert_eq!(withdrawn("no bracket", 0, ""), None);
}

fn id(name: &str) -> PointId {
    name.parse().expect("an id")
}

fn read(points: &[(&str, &str)]) -> Across {
    let parsed: Vec<(PointId, Brackets)> = points.iter().map(|(name, words)| (id(name), parse(words))).collect();
    across(parsed.iter().map(|(point, brackets)| (point, Field::Words, brackets)))
}

#[test]
fn a_bracket_may_span_points_and_counts_once_where_it_opens() {
    let across = read(&[("a", "] x [y [z]"), ("b", "plain"), ("c", "[1 [2"), ("d", "3] 4] 5] 6]")]);
    let place = |name, at| MarkPlace { point: id(name), field: Field::Words, at };
    let spanning = [
        Spanning { from: place("a", 4), to: place("d", 7) },
        Spanning { from: place("c", 0), to: place("d", 4) },
        Spanning { from: place("c", 3), to: place("d", 1) },
    ];
    assert_eq!(across.spanning, spanning);
    let loose = [LooseAt { place: place("a", 0), opening: false }, LooseAt { place: place("d", 10), opening: false }];
    assert_eq!(across.loose, loose);
    let counts: Vec<_> = across.open.iter().map(|open| (open.point.as_str(), open.count)).collect();
    assert_eq!(counts, [("a", 3), ("b", 0), ("c", 2), ("d", 1)]);
    assert_eq!(across.open_total, 6);
    assert_eq!(read(&[("a", "]"), ("b", "[")]).loose.len(), 2, "what closes before it opens is no bracket");
}

#[test]
fn a_bracket_may_open_in_a_heading_and_none_reaches_out_of_a_schedule() {
    let point = id("a");
    let texts = [(Field::Heading, "[Article 7"), (Field::Words, "a] [b"), (Field::Condition, "if [c] ]"), (Field::Words, "d]")];
    let parsed: Vec<_> = texts.iter().map(|(field, text)| (&point, *field, parse(text))).collect();
    let across = across(parsed.iter().map(|(point, field, brackets)| (*point, *field, brackets)));
    let places = |spanning: &Spanning| [(spanning.from.field, spanning.from.at), (spanning.to.field, spanning.to.at)];
    let heading = [(Field::Heading, 0), (Field::Words, 1)];
    assert_eq!(across.spanning.iter().map(places).collect::<Vec<_>>(), [heading, [(Field::Words, 3), (Field::Words, 1)]]);
    assert_eq!(
        across.loose,
        [LooseAt { place: MarkPlace { point: point.clone(), field: Field::Condition, at: 7 }, opening: false }]
    );
    assert_eq!((across.open.len(), across.open[0].count, across.open_total), (1, 4, 4));
}

/// Every mark belongs to exactly one bracket or is loose, and brackets nest.
fn check(words: &str) -> Brackets {
    let brackets = parse(words);
    let mut claimed: Vec<usize> = brackets.list.iter().flat_map(|bracket| [bracket.range.start, bracket.inner.end]).collect();
    claimed.extend(brackets.loose.iter().map(|loose| loose.at));
    claimed.sort_unstable();
    // The others are pairs that are text.
    let all: Vec<usize> = marks(words).map(|mark| mark.at).collect();
    assert!(
        claimed.iter().all(|at| all.binary_search(at).is_ok()) && claimed.windows(2).all(|pair| pair[0] < pair[1]),
        "{words:?}"
    );
    assert_eq!((all.len() - claimed.len()) % 2, 0, "{words:?}");
    assert!(brackets.loose.is_sorted_by_key(|loose| loose.at) && brackets.list.is_sorted_by_key(|bracket| bracket.range.start));
    for (at, bracket) in brackets.list.iter().enumerate() {
        let (whole, inner) = (&words[bracket.range.clone()], &words[bracket.inner.clone()]);
        assert!(whole.starts_with(['[', '［']) && whole.ends_with([']', '］']) && whole.contains(inner));
        match bracket.parent.map(|parent| (parent, &brackets.list[parent])) {
            Some((parent, outer)) => {
                assert!(parent < at && outer.depth + 1 == bracket.depth);
                assert!(outer.inner.start <= bracket.range.start && bracket.range.end <= outer.inner.end);
            }
            None => assert_eq!(bracket.depth, 0),
        }
        let mates = || brackets.list.iter().filter(|other| other.group == bracket.group);
        assert!(mates().all(|other| other.parent == bracket.parent));
        assert_eq!(bracket.alternative.is_some(), mates().count() > 1);
        assert_eq!(bracket.alternative.unwrap_or(0), mates().take_while(|other| other.range != bracket.range).count());
        assert_eq!(brackets.list[bracket.group].alternative.unwrap_or(0), 0);
    }
    brackets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_mark_is_accounted_for_once_and_brackets_nest(words in r"(\[|\]|［|］|\\|a|30| |\n|ж|中|X){0,40}") {
        let brackets = check(&words);
        for (at, bracket) in brackets.list.iter().enumerate() {
            // Read by itself, the inside of a bracket has the same brackets.
            let inside = parse(&words[bracket.inner.clone()]);
            let below: Vec<_> = brackets.list[at + 1..].iter().take_while(|other| other.depth > bracket.depth).collect();
            prop_assert!(inside.loose.is_empty());
            prop_assert_eq!(inside.list.len(), below.len());
            for (own, other) in inside.list.iter().zip(below) {
                let shift = |range: &Range<usize>| range.start + bracket.inner.start..range.end + bracket.inner.start;
                prop_assert_eq!((shift(&own.range), shift(&own.inner)), (other.range.clone(), other.inner.clone()));
                prop_assert_eq!((own.kind, own.alternative), (other.kind, other.alternative));
                prop_assert_eq!((own.depth + bracket.depth + 1, own.group + at + 1), (other.depth, other.group));
            }
        }
    }

    #[test]
    fn clean_words_hold_no_bracket_and_no_double_space_of_their_own(words in r"(\[|\]|［|］|\\|a|30| |\n|ж|中){0,40}") {
        let clean = without(&words);
        prop_assert_eq!(parse(&clean), Brackets::default());
        prop_assert_eq!(&without(&clean), &clean);
        if !words.contains("  ") {
            prop_assert!(!clean.contains("  "), "{clean:?}");
        }
        if parse(&words) == Brackets::default() {
            prop_assert_eq!(clean, words);
        }
    }

    #[test]
    fn in_a_plan_too_every_mark_is_accounted_for_once(texts in prop::collection::vec(r"(\[|\]|a| ){0,8}", 0..12)) {
        let points: Vec<(PointId, Brackets)> =
            texts.iter().enumerate().map(|(n, words)| (id(&format!("p{n}")), parse(words))).collect();
        let across = across(points.iter().map(|(point, brackets)| (point, Field::Words, brackets)));
        let within: usize = points.iter().map(|(_, brackets)| brackets.list.len()).sum();
        prop_assert_eq!(
            2 * (within + across.spanning.len()) + across.loose.len(),
            texts.iter().map(|words| marks(words).count()).sum::<usize>()
        );
        // What spans points is what would be a bracket if the points were one text.
        let whole = parse(&texts.join("|"));
        prop_assert_eq!((whole.list.len(), whole.loose.len()), (within + across.spanning.len(), across.loose.len()));
        prop_assert_eq!(across.open_total, whole.open_count());
        prop_assert_eq!(across.open_total, across.open.iter().map(|open| open.count).sum::<usize>());
    }
}

#[test]
fn deep_and_broken_nesting_is_read_without_recursion() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(parse(&deep).list.iter().map(|bracket| bracket.depth).max(), Some(99_999));
    assert_eq!(without(&deep), "…");
    assert_eq!(parse(&"[".repeat(100_000)).open_count(), 100_000);
    assert_eq!(alternatives(&parse(&"[] ".repeat(100_000))), [(0..100_000).collect::<Vec<_>>()]);
    assert_eq!(without(&" ]".repeat(100_000)), "");
}

#[test]
#[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
fn every_mark_of_a_real_draft_agreement_is_accounted_for() {
    let text = draft_agreement();
    let brackets = check(&text);
    assert_eq!((text.matches('[').count(), text.matches(']').count()), (1_055, 1_058));
    assert_eq!((brackets.list.len(), brackets.loose.len()), (1_020, 5));
    assert_eq!(brackets.loose.iter().filter(|loose| loose.opening).count(), 1);
    // A mark that an author forgot makes all that follows look one level deeper.
    assert_eq!(brackets.list.iter().map(|bracket| bracket.depth).max(), Some(9));
    let groups = alternatives(&brackets);
    let joints: usize = groups.iter().map(|group| group.len() - 1).sum();
    assert_eq!((groups.len(), joints), (260, 419));
    let placeholders = brackets.list.iter().filter(|bracket| bracket.kind == BracketKind::Placeholder).count();
    assert_eq!(placeholders, 22);
}

#[test]
#[ignore = "reads what is no part of the project: PLENARY_REQUIRE_DATA=1 tests/run"]
fn a_real_draft_agreement_has_brackets_that_span_points() {
    let text = draft_agreement();
    let draft = markdown::import(&text).expect("a plan");
    let doc = plan::new_doc(1);
    let mut next = 0;
    let mut ids = || {
        next += 1;
        id(&format!("p{next}"))
    };
    let mut txn = yrs::Transact::transact_mut(&doc);
    markdown::write_draft(&mut txn, &draft, &mut ids).expect("written");
    let outline = plan::Outline::read(&txn);
    let parsed: Vec<_> = outline.points.iter().map(|point| (&point.id, parse(&point.words))).collect();
    let across = across(parsed.iter().map(|(point, brackets)| (*point, Field::Words, brackets)));
    let marks: usize = outline.points.iter().map(|point| marks(&point.words).count()).sum();
    let within: usize = parsed.iter().map(|(_, brackets)| brackets.list.len()).sum();
    // Thirty-one references to footnotes and one link are text.
    assert_eq!(2 * (within + across.spanning.len() + 32) + across.loose.len(), marks);
    assert_eq!(across.spanning.len(), 17);
}

#[test]
fn a_stretch_is_in_the_innermost_bracket_that_holds_all_of_it() {
    let words = "a [b [c] d][e] f";
    let brackets = parse(words);
    let holding = |stretch: &str| {
        let at = words.find(stretch).unwrap();
        brackets.holding(&(at..at + stretch.len())).map(|at| &words[brackets.list[at].range.clone()])
    };
    assert_eq!(holding("c"), Some("[c]"));
    assert_eq!(holding("[c]"), Some("[c]"));
    assert_eq!(holding("c] d"), Some("[b [c] d]"));
    assert_eq!(holding("[b [c] d]"), Some("[b [c] d]"));
    assert_eq!(holding("d"), Some("[b [c] d]"));
    for none in ["a", "a [b", "d][e", " f"] {
        assert_eq!(holding(none), None, "{none}");
    }
    assert_eq!(brackets.holding(&(3..3)), None);
    assert_eq!(brackets.holding(&(0..99)), None);
}

#[test]
fn looking_up_many_stretches_among_deep_brackets_ends_with_the_steps_given() {
    let (deep, far) = (100_000, 10);
    let brackets = parse(&format!("{}x{}", "[".repeat(deep), "]".repeat(deep)));
    let stretch = deep - 1..deep + far;
    let mut steps = 20;
    let mut found = || brackets.holding_within(&stretch, &mut steps);
    assert_eq!([found(), found(), found(), found()], [Some(deep + 1 - far), Some(deep + 1 - far), None, None]);
}

#[test]
fn a_bracket_is_closed_in_favour_of_its_own_words() {
    for (words, number, left) in [
        ("to [30][50] km", 1, "to 50 km"),
        ("to [30] [50] [60] km", 0, "to 30 km"),
        ("to [30 [or 35]][50] km", 0, "to 30 [or 35] km"),
        ("to [30 [or 35]][50] km", 1, "to [30 or 35][50] km"),
        ("[all] forces", 0, "all forces"),
        ("to [][50] km", 0, "to km"),
        ("［三十］［五十］公里", 1, "五十公里"),
    ] {
        let cuts = settled(words, number).unwrap();
        let kept = format!("{}{}{}", &words[..cuts[0].start], &words[cuts[0].end..cuts[1].start], &words[cuts[1].end..]);
        assert_eq!(kept, left, "{words}, {number}");
    }
    assert_eq!(settled("to [30] km", 1), None);
}
