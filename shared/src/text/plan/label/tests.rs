use super::*;

/// `fit` for a list of labels in which `_` marks the newcomer's place.
fn check(siblings: &str, parent: Option<&str>, expected: &str) {
    let labels: Vec<&str> = siblings.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    let at = labels.iter().position(|label| *label == "_").expect("a place");
    let labels: Vec<&str> = labels.iter().map(|label| if *label == "-" { "" } else { label }).collect();
    let others = [&labels[..at], &labels[at + 1..]].concat();
    let around = Level { siblings: others, parent, ..Level::default() };
    assert_eq!(fit(&around, at), expected, "{siblings}");
}

/// New labels for siblings, given as (label, struck).
fn renumbered_siblings(siblings: &[(&str, bool)]) -> Vec<String> {
    let points: Vec<Numbered> = siblings.iter().map(|(label, struck)| Numbered { label, struck: *struck, depth: 0 }).collect();
    renumbered(&points)
}

/// New labels for points, each indented by two spaces for each level above it.
fn renumbered_tree(tree: &str) -> String {
    let lines: Vec<&str> = tree.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let points: Vec<Numbered> =
        lines.iter().map(|line| Numbered { label: line.trim(), struck: false, depth: indent(line) / 2 }).collect();
    let lines = lines.iter().zip(renumbered(&points)).map(|(line, label)| format!("{}{label}", &line[..indent(line)]));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_new_point_is_labelled_as_negotiators_would() {
    for (siblings, expected) in [
        ("5, _, 6", "5 bis"),
        ("5, 5 bis, _, 6", "5 ter"),
        ("5, 5 bis, 5 ter, _, 6", "5 quater"),
        ("5, 5 quater, _, 6", "5 quinquies"),
        ("5, 5 quinquies, _, 6", "5 sexies"),
        ("5, 5 decies, _, 6", "5 undecies"),
        ("5, 5 vicies, _, 6", "5 no 21"),
        ("5, 5 no 21, _, 6", "5 no 22"),
        ("5, 5 bis, _, 5 ter, 6", "5 bis bis"),
        ("5, 5 bis, 5 bis bis, _, 5 ter, 6", "5 bis ter"),
        ("5, _, 5 bis, 6", "5 bis ante"),
        ("_, 1, 2", "1 ante"),
        ("_, 1 ante, 1", "1 ante ante"),
        ("1 ante, _, 1", "1 ante bis"),
        ("19, 20, _", "21"),
        ("20, 20 bis, _", "21"),
        ("21, 20, _", "22"),
        ("1, 2, _, -", "3"),
        ("3, 3bis, _, 4", "3ter"),
        ("7, 7.bis, _, 8", "7.ter"),
        ("Article 3, _, Article 4", "Article 3 bis"),
        ("Article 2bis, _, Article 3", "Article 2ter"),
        ("[Article 3bis], _, Article 4", "[Article 3ter]"),
        ("Article 25, Article 26, _", "Article 27"),
        ("(a), (b), _", "(c)"),
        ("(a), _, (b)", "(a bis)"),
        ("(a), (a bis), _, (b)", "(a ter)"),
        ("(h), _", "(i)"),
        ("(h), (i), _", "(j)"),
        ("(z), _", "(aa)"),
        ("(i), _", "(ii)"),
        ("(i), (ii), (iii), (iv), _", "(v)"),
        ("1.1, 1.2, _", "1.3"),
        ("-, _, -", ""),
        ("Preamble!, _", "Preamble! bis"),
        ("4294967295, _", ""),
    ] {
        check(siblings, None, expected);
    }
    for (parent, expected) in [
        (None, "1"),
        (Some("5"), "(a)"),
        (Some("5 bis"), "(a)"),
        (Some("(a)"), "(i)"),
        (Some("(ii)"), "(A)"),
        (Some("Article 3"), "1"),
        (Some(""), "1"),
    ] {
        check("_", parent, expected);
    }
}

#[test]
fn renumbering_counts_what_stands_in_its_own_style() {
    let labels = [("1", false), ("1 bis", false), ("", false), ("2", true), ("3", true), ("(b)", false), ("7", false)];
    assert_eq!(renumbered_siblings(&labels), ["1", "2", "", "2 bis", "2 ter", "(a)", "3"]);
    assert_eq!(renumbered_siblings(&[("4", true), ("5", true), ("6", false)]), ["1 ante", "1 ante bis", "1"]);
    assert_eq!(renumbered_siblings(&[("Article 2", false), ("[Article 3bis]", false)]), ["Article 1", "[Article 1]"]);
}

#[test]
fn whatever_is_a_label_gives_a_label() {
    for odd in ["..", "no 21", " no 5", "bis", "5 no 99999999999", "é", "ⅷ", "(((", "99999999999", "iiiiiiiiiiii"] {
        for at in 0..=2 {
            fit(&Level { siblings: vec![odd, "2"], parent: Some(odd), ..Level::default() }, at);
        }
        renumbered_siblings(&[(odd, false), (odd, true)]);
    }
}

#[test]
fn labels_of_every_script_go_on_in_their_own_way() {
    for (siblings, expected) in [
        ("Article III, Article IV, Article V, _", "Article VI"),
        ("Chapter II, _", "Chapter III"),
        ("XIX, XX, _", "XXI"),
        ("(viii), (ix), (x), _", "(xi)"),
        ("(u), (v), _", "(w)"),
        ("(y), (z), _", "(aa)"),
        ("(aa), (ab), _", "(ac)"),
        ("(z), (aa), (bb), _", "(cc)"),
        ("Annex C, _", "Annex D"),
        ("5, 5A, _, 6", "5B"),
        ("5, _, 6, 6A, 7", "5A"),
        ("12a, _", "13"),
        ("6.1, 6.2, _", "6.3"),
        ("Article 1st, _", "Article 2nd"),
        ("Article (11), _", "Article (12)"),
        ("Artículo 6.º, _", "Artículo 7.º"),
        ("Artículo 5 bis, _, Artículo 6", "Artículo 5 ter"),
        ("ARTICLE PREMIER, _", "ARTICLE 2"),
        ("ARTICLE PREMIER, ARTICLE 2, _", "ARTICLE 3"),
        ("المادة 3, _", "المادة 4"),
        ("المادة الأولى, _", "المادة الثانية"),
        ("Статья 4, _", "Статья 5"),
        ("Člen 8, _, Člen 9", "Člen 8 bis"),
        ("§ 6, _", "§ 7"),
        ("第一条, 第二条, _", "第三条"),
        ("第三条, 第三条之二, _, 第四条", "第三条之三"),
        ("제10조, _", "제11조"),
        ("а), б), _", "в)"),
        ("е), _", "ж)"),
        ("(أ), (ب), _", "(ج)"),
        ("١, _", "٢"),
        ("（一）, （二）, _", "（三）"),
        ("①, _", "②"),
        ("一、, _", "二、"),
    ] {
        check(siblings, None, expected);
    }
}

#[test]
fn numbers_that_run_through_parts_go_on_doing_so() {
    let near = |before: &[&'static str], siblings: &[&'static str], behind: &[&'static str], at| {
        let (siblings, before, behind) = (siblings.to_vec(), before.to_vec(), behind.to_vec());
        fit(&Level { siblings, before, behind, parent: Some("Part I") }, at)
    };
    assert_eq!(near(&[], &["Article 1", "Article 2"], &["Article 3", "Article 4"], 2), "Article 2 bis");
    assert_eq!(near(&["Article 1", "Article 2"], &["Article 3"], &[], 0), "Article 2 bis");
    assert_eq!(near(&["Article 1", "Article 2"], &["Article 3"], &[], 1), "Article 4");
    assert_eq!(near(&["Article 1", "Article 2"], &[], &[], 0), "Article 3");
    assert_eq!(near(&["Article 1", "Article 2"], &["Article 1"], &[], 1), "Article 2", "here they begin again");
    assert_eq!(near(&["1", "2"], &["1", "2"], &["1"], 2), "3");
    assert_eq!(near(&["(a)", "(b)"], &[], &[], 0), "(a)");
    let tree = "Part II\n  Article III\n  Article IV\n  Article IV bis\n    1\n    3\nPart III\n  Article V\n    1";
    let expected = "Part I\n  Article I\n  Article II\n  Article III\n    1\n    2\nPart II\n  Article IV\n    1";
    assert_eq!(renumbered_tree(tree), expected);
    let again = "Part I\n  Article 1\n  Article 3\nPart II\n  Article 1\n  Article 2 bis";
    assert_eq!(renumbered_tree(again), "Part I\n  Article 1\n  Article 2\nPart II\n  Article 1\n  Article 2");
    assert_eq!(renumbered_tree("5\n5A\n6\n6.1\n6.3\n7.1.2"), "1\n2\n3\n3.1\n3.2\n7.1.1");
    assert_eq!(renumbered_tree("Article 12\n  12.1\n  12.3"), "Article 1\n  1.1\n  1.2");
    assert_eq!(renumbered_tree("а)\nв)\nз)"), "а)\nб)\nв)");
}

#[test]
fn what_comes_next_in_an_open_list_is_told_from_what_does_not() {
    for (before, label) in [
        ("1", "2"),
        ("5", "5A"),
        ("5A", "5a"),
        ("5a", "6"),
        ("6", "6.1"),
        ("6.2", "7"),
        ("(z)", "(aa)"),
        ("(h)", "(i)"),
        ("(iv)", "(v)"),
        ("ж)", "и)"),
        ("5", "5 bis"),
        ("第一条", "第二条"),
        ("Article premier", "Article 2"),
    ] {
        assert!(follows(before, label), "{before} {label}");
        assert!(!follows(label, before), "{label} {before}");
    }
    for (before, label) in [("1", "20"), ("(1)", "2"), ("(a)", "(c)"), ("1", "3"), ("6.2", "7.1.2"), ("(2)", "(a)"), ("1", "I")] {
        assert!(!follows(before, label), "{before} {label}");
    }
    assert!(
        comes_later("(ac)", "(ba)") && comes_later("6.2", "7.1.2") && !comes_later("3", "20 bis x") && !comes_later("5", "4")
    );
    assert!(is_first("(i)") && is_first("А") && is_first("一、") && !is_first("(v)") && !is_first("2"));
}
