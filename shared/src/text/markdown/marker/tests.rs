use super::*;

#[test]
fn markers_are_those_that_negotiators_write() {
    for (line, label) in [
        ("1. x", Some("1")),
        ("12.", Some("12")),
        ("3bis. In", Some("3bis")),
        ("3bis [Developed", Some("3bis")),
        ("7.bis [Developed", Some("7.bis")),
        ("5 bis. x", Some("5 bis")),
        ("5 bis bis. x", Some("5 bis bis")),
        ("5 no 21. x", Some("5 no 21")),
        ("1.2. x", Some("1.2")),
        ("1) x", Some("1)")),
        ("(a) x", Some("(a)")),
        ("(a bis) x", Some("(a bis)")),
        ("(iv) x", Some("(iv)")),
        ("a) x", Some("a)")),
        ("II. x", Some("II")),
        ("- x", Some("")),
        ("*x*", None),
        ("1.5 °C", None),
        ("2015. The", None),
        ("(CMA) x", None),
        ("(paragraphs 1 to 4)", None),
        ("[Article 3bis] x", None),
        ("mix. x", Some("mix")),
        ("5 bis x", None),
        ("A. Smith shall", Some("A")),
        ("5A. x", Some("5A")),
        ("5a. x", Some("5a")),
        ("6.1 The mine", Some("6.1")),
        ("7.1.2 Third", Some("7.1.2")),
        ("6.1 km", None),
        ("(ab) x", Some("(ab)")),
        ("(of) x", Some("(of)")),
        ("(the) x", None),
        ("1.º Las Partes", Some("1.º")),
        ("1.- Las Partes", Some("1")),
    ] {
        assert_eq!(marker(line).as_ref().map(|marker| &*marker.label), label, "{line}");
    }
}

#[test]
fn markers_are_read_in_every_script_and_after_words() {
    for (line, label) in [
        ("١. x", Some("١")),
        ("а) x", Some("а)")),
        ("(أ) x", Some("(أ)")),
        ("（一）one", Some("（一）")),
        ("①　one", Some("①")),
        ("①甲", Some("①")),
        ("一、甲", Some("一、")),
        ("１．甲", Some("１")),
        ("가. x", Some("가")),
        ("イ　x", Some("イ")),
        ("ια) x", Some("ια)")),
        ("ב. x", Some("ב")),
        ("第一条", Some("第一条")),
        ("第一条　为了", Some("第一条")),
        ("第一条规定的", None),
        ("제10조 목적", Some("제10조")),
        ("§ 12. Fees", Some("§ 12")),
        ("Article 5", Some("Article 5")),
        ("Article 5. The Parties", Some("Article 5")),
        ("Article 5 — The Parties", Some("Article 5")),
        ("Article 5 of the Accord", None),
        ("article 5. It", None),
        ("Статья 1. Россия", Some("Статья 1")),
        ("Day 5. It", None),
    ] {
        assert_eq!(marker(line).as_ref().map(|marker| &*marker.label), label, "{line}");
    }
}

#[test]
fn what_may_be_something_else_is_told() {
    for (line, weak) in [
        ("A. x", true),
        ("A) x", false),
        ("(A) x", false),
        ("6.1 X", true),
        ("(ab) x", true),
        ("mix. x", true),
        ("(aa) x", false),
        ("II. x", false),
    ] {
        assert_eq!(marker(line).expect(line).weak, weak, "{line}");
    }
}
