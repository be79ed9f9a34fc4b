use super::*;

/// `fit` for a list of labels in which `_` marks the newcomer's place.
fn check(siblings: &str, parent: Option<&str>, expected: &str) {
    let labels: Vec<&str> = siblings.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    let at = labels.iter().position(|label| *label == "_").expect("a place");
    let labels: Vec<&str> = labels.iter().map(|label| if *label == "-" { "" } else { label }).collect();
    let others = [&labels[..at], &labels[at + 1..]].concat();
    assert_eq!(fit(&others, at, parent), expected, "{siblings}");
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
    assert_eq!(renumbered(&labels), ["1", "2", "", "2 bis", "2 ter", "(a)", "3"]);
    assert_eq!(renumbered(&[("4", true), ("5", true), ("6", false)]), ["1 ante", "1 ante bis", "1"]);
    assert_eq!(renumbered(&[("Article 2", false), ("[Article 3bis]", false)]), ["Article 1", "[Article 1]"]);
}

#[test]
fn whatever_is_a_label_gives_a_label() {
    for odd in ["..", "no 21", " no 5", "bis", "5 no 99999999999", "é", "ⅷ", "(((", "99999999999", "iiiiiiiiiiii"] {
        for at in 0..=2 {
            fit(&[odd, "2"], at.min(2), Some(odd));
        }
        renumbered(&[(odd, false), (odd, true)]);
    }
}
