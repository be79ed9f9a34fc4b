//! What people say finds the point that they mean, or a list from which each line finds one.

use std::time::{Duration, Instant};

use super::*;

/// An outline of labels, each below the last one with fewer tabs before it; ids are `p0`, `p1`.
fn plan(labels: &[&str]) -> Outline {
    let mut above: Vec<String> = Vec::new();
    let points = labels.iter().enumerate().map(|(at, label)| {
        let depth = label.len() - label.trim_start_matches('\t').len();
        above.truncate(depth);
        let value = serde_json::json!({
            "id": format!("p{at}x"), "label": label.trim_start(), "heading": "", "words": "", "parent": above.last(), "depth": depth,
            "order": format!("{at:06}"), "struck": false, "schedule": {},
        });
        above.push(format!("p{at}x"));
        serde_json::from_value(value).expect("a point")
    });
    Outline { points: points.collect(), ..Outline::default() }
}

/// The path of what is found, the candidates if it is not one point, or nothing.
fn found(outline: &Outline, what: &str) -> String {
    match outline.find(what) {
        Ok(point) => outline.path(point),
        Err(FindError::Ambiguous { candidates, .. }) => candidates.join(" "),
        Err(FindError::Unknown { .. }) => String::new(),
    }
}

fn check(labels: &[&str], table: &[(&str, &str)]) {
    let outline = plan(labels);
    for (what, expected) in table {
        assert_eq!(found(&outline, what), *expected, "{what}");
    }
}

#[test]
fn plain_numbers_are_found_as_they_are_said() {
    check(
        &["1", "2", "3", "4", "\t(a)", "\t(b)", "\t\t(i)", "5", "\t(a)", "5 bis", "6"],
        &[
            ("3", "3"),
            ("p3", "3"),
            ("p. 3", "3"),
            ("pt 3", "3"),
            ("point 3", "3"),
            ("no. 3", "3"),
            ("§ 6", "6"),
            ("§6", "6"),
            ("Art. 3", "3"),
            ("article 3", "3"),
            ("5bis", "5 bis"),
            ("5-bis", "5 bis"),
            ("article 5 bis", "5 bis"),
            ("4(a)", "4/(a)"),
            ("4a", "4/(a)"),
            ("4 (a)", "4/(a)"),
            ("4/(a)", "4/(a)"),
            ("4.a", "4/(a)"),
            ("para 4(b)(i)", "4/(b)/(i)"),
            ("4bi", ""),
            ("b(i)", "4/(b)/(i)"),
            ("a", "'4/(a)' '5/(a)'"),
            ("31", ""),
            ("Annex 3", ""),
            ("article 4 (c)", ""),
            ("Art", ""),
            ("p", ""),
            ("3p", ""),
            ("§", ""),
        ],
    );
}

#[test]
fn a_word_for_a_kind_is_short_missing_or_general_but_never_another() {
    check(
        &[
            "Part I",
            "\tArticle 3",
            "\t\t1",
            "\t\t2",
            "\t\t\t(a)",
            "\tArticle 31",
            "Part II",
            "\tArticle 32",
            "\t\t1",
            "Annex 3",
            "Annex A",
        ],
        &[
            ("Art. 3", "Part I/Article 3"),
            ("art 31", "Part I/Article 31"),
            ("31", "Part I/Article 31"),
            ("§ 31", "Part I/Article 31"),
            ("article 3(1)", "Part I/Article 3/1"),
            ("Article 3, paragraph 2 (a)", "Part I/Article 3/2/(a)"),
            ("32.1", "Part II/Article 32/1"),
            ("3.2.a", "Part I/Article 3/2/(a)"),
            ("Ann. A", "Annex A"),
            ("Annex 3", "Annex 3"),
            ("Annex 31", ""),
            ("Part 3", ""),
            ("3", "'Part I/Article 3' 'Annex 3'"),
            ("p3", "'Part I/Article 3' 'Annex 3'"),
            ("Part II, Article 32", "Part II/Article 32"),
            ("Part I, Article 32", ""),
            ("/32", ""),
            ("/Part II/Art. 32", "Part II/Article 32"),
        ],
    );
}

#[test]
fn what_may_go_from_one_point_to_another_is_none() {
    check(
        &["5", "\t8", "5.8", "8", "(A-1)", "(ac)", "5 bis"],
        &[("5-8", ""), ("5–8", ""), ("A-1", "(A-1)"), ("a-c", ""), ("5-(8)", ""), ("5-bis", "5 bis"), ("5(8)", "5.8")],
    );
}

#[test]
fn numbers_are_found_in_every_script() {
    check(
        &[
            "Статья 3",
            "\t1",
            "\t\tа)",
            "Статья 31",
            "المادة ٥",
            "المادة الأولى",
            "المادة الحادية عشرة",
            "第十二条",
            "\t一",
            "제7조",
            "Article premier",
            "①",
        ],
        &[
            ("ст. 3", "Статья 3"),
            ("статья 3(1)", "Статья 3/1"),
            ("ст. 3, п. 1", "Статья 3/1"),
            ("3.1.а", "Статья 3/1/а)"),
            ("31", "Статья 31"),
            ("المادة 5", "المادة ٥"),
            ("مادة ٥", "المادة ٥"),
            ("5", "المادة ٥"),
            ("المادة 11", "المادة الحادية عشرة"),
            ("第12条", "第十二条"),
            ("12", "第十二条"),
            ("第十二条第一款", "第十二条/一"),
            ("第十二章", ""),
            ("제7조", "제7조"),
            ("7", "제7조"),
            ("Article 1", "Article premier"),
        ],
    );
}

#[test]
fn what_fits_several_is_listed_so_that_each_finds_one() {
    let outline = plan(&["1", "\t(a)", "\t(a)", "2", "\t(a)", "\t\t(a)", "\t''", "", "\t(a)"]);
    let Err(FindError::Ambiguous { count, candidates, .. }) = outline.find("a") else { panic!("several fit") };
    assert_eq!((count, candidates.len()), (5, 5));
    let all: Vec<&str> = candidates.iter().map(|one| outline.find(one.trim_matches('\'')).expect("one").id.as_str()).collect();
    assert_eq!(all, ["p1x", "p2x", "p4x", "p5x", "p8x"]);
}

#[test]
fn what_nobody_could_mean_finds_nothing_in_good_time() {
    let labels: Vec<String> = (0..20_000).map(|at| format!("{}Article {at}", if at % 16 == 0 { "" } else { "\t" })).collect();
    let outline = plan(&labels.iter().map(String::as_str).collect::<Vec<_>>());
    let begin = Instant::now();
    assert_eq!(found(&outline, "Art. 17777"), "Article 17776/Article 17777");
    for what in ["1 ".repeat(100_000), "§".repeat(100_000), "art ".repeat(1_000) + "7", "第".repeat(100), "\u{301}".repeat(1_000)]
    {
        assert_eq!(found(&outline, &what), "");
    }
    assert!(begin.elapsed() < Duration::from_secs(60), "bounded");
}
