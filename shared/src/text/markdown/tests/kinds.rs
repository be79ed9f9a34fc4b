//! The ways in which real texts are numbered and headed, each in a small text.

use super::*;

/// Each point on a line: its label, and its heading and the beginning of its words where it has any; indented below its parent.
fn shown(text: &str) -> String {
    let draft = import(text).expect("a plan");
    round_trip(&draft);
    lines(&draft)
}

fn lines(draft: &Draft) -> String {
    let mut stack: Vec<_> = draft.points.iter().rev().map(|point| (point, 0)).collect();
    let mut lines = String::new();
    while let Some((point, depth)) = stack.pop() {
        let words: String = point.words.chars().take(24).collect();
        let parts = [format!("<{}>", point.label), point.heading.clone(), words.replace('\n', "/")];
        lines += &format!(
            "{}{}\n",
            "  ".repeat(depth),
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        );
        stack.extend(point.children.iter().rev().map(|child| (child, depth + 1)));
    }
    lines
}

fn labels(text: &str) -> Vec<String> {
    let draft = import(text).expect("a plan");
    round_trip(&draft);
    flatten(&draft).expect("not too deep").iter().map(|(point, _)| point.label.clone()).collect()
}

#[test]
fn headings_give_their_labels_however_they_are_written() {
    let text = include_str!("data/headings.md");
    let found: Vec<String> = labels(text).into_iter().filter(|label| !label.is_empty()).collect();
    let expected = [
        "Article 1",
        "Article 2",
        "Article 12a",
        "ARTICLE IV",
        "Art. 5",
        "§ 6",
        "Article 7",
        "Article 8",
        "Article 9",
        "Article 1st",
        "Article 11",
        "Article 12.1",
        "Article XLVIII",
        "Article LXVIII",
    ];
    assert_eq!(found, expected);
    let draft = import(text).expect("a plan");
    let headings: Vec<&str> = draft.points.iter().map(|point| &*point.heading).collect();
    assert_eq!(headings[..9], ["Scope", "Terms", "Guard", "", "Aims", "Fees", "Exit", "Entry", "Peace"]);
    assert_eq!(headings[10], "Cats");
}

#[test]
fn texts_are_numbered_in_the_scripts_of_their_languages() {
    let found: Vec<String> = labels(include_str!("data/scripts.md")).into_iter().filter(|label| !label.is_empty()).collect();
    let expected = [
        "第一条",
        "第二条",
        "المادة 3",
        "Статья 4",
        "Artículo 5 bis",
        "Artículo 6.º",
        "ARTICLE PREMIER",
        "Art. 7",
        "Člen 8",
        "Άρθρο 9",
        "제10조",
        "Article (11)",
        "а)",
        "б)",
        "(أ)",
        "(ب)",
        "١",
        "（一）",
        "①",
        "一、",
        "§ 12",
    ];
    assert_eq!(found, expected);
}

#[test]
fn numbers_with_letters_and_of_several_levels_are_points_of_their_own() {
    assert_eq!(labels(include_str!("data/suffixes.md")), ["5", "5A", "5a", "6", "6.1", "6.2", "7.1.2"]);
    let outline = outline(&import(include_str!("data/suffixes.md")).expect("a plan"));
    let words = |label: &str| outline.find(label).map(|point| point.words.clone()).expect(label);
    assert_eq!((words("5a").as_str(), outline.faults.len()), ("The toll is nil.", 0));
    assert!(words("5A").starts_with("The Commission") && words("5").starts_with("The Parties"));
    assert_eq!(labels(include_str!("data/lettered.md")), ["(y)", "(z)", "(aa)", "(ab)", "(ac)", "(ba)"]);
    assert_eq!(labels("## Article 12\n\n12.1 Each Party\n12.2 No Party\n"), ["Article 12", "12.1", "12.2"]);
    assert_eq!(labels("1. One;\n2. Two;\n2 bis. More;\n3. Three.\n"), ["1", "2", "2 bis", "3"]);
    assert_eq!(labels("1. One is\n\n6.1 km long.\n"), ["1", ""]);
}

#[test]
fn a_line_that_was_wrapped_makes_no_point() {
    let expected = "\
<(1)> The line follows the map/
<(2)> See paragraph/(a) above 
<1> The Treaty of/3. June st
";
    assert_eq!(shown(include_str!("data/wrapped.md")), expected.replace("map/", "map"));
    for words in [
        "The line of\n20. May 1998",
        "as in paragraph\n(b) of it",
        "weapons of calibre\n- 100 mm leave",
        "signed by\nA. Smith",
        "Articles\n5. and 6.",
        "the sum of\n1.5 million",
        "of Part\nII. It",
    ] {
        assert_eq!(labels(&format!("1. {words}\n")), ["1"], "{words}");
        assert_eq!(labels(&format!("{words}\n")), [""], "{words}");
    }
}

#[test]
fn what_comes_next_in_an_open_list_makes_a_point_without_a_blank_line() {
    for (text, expected) in [
        ("1. The Parties:\n(a) meet;\n(b) part;\n2. Done.\n3. Gone\n", "1 (a) (b) 2 3"),
        ("1. The Parties\n(a) meet and\n(b) part\n2. Done\n", "1 (a) (b) 2"),
        ("(h) x\n(i) y\n(j) z\n", "(h) (i) (j)"),
        ("(i) x\n(ii) y\n(iii) z\n(iv) w\n(v) u\n", "(i) (ii) (iii) (iv) (v)"),
        ("- x\n- y\n- z\n", "  "),
        ("A. General\nB. Special\nC. Final\n", "A B C"),
        ("I. General\n\nWords.\n\nII. Special\n\nIII. Final\n", "I  II III"),
        ("A. Smith shall preside.\n", ""),
        ("A. Smith shall preside.\n\nC. Jones too.\n", " "),
        ("а) x;\nб) y;\nв) z.\n", "а) б) в)"),
        ("α) x\nβ) y\nγ) z\n", "α) β) γ)"),
        ("가. x\n나. y\n다. z\n", "가 나 다"),
        ("一、x\n二、y\n三、z\n", "一、 二、 三、"),
        ("第一条　甲\n第二条　乙\n", "第一条 第二条"),
        ("א. x\nב. y\nג. z\n", "א ב ג"),
        ("Article 1. The Parties.\nArticle 2. The Council.\n", "Article 1 Article 2"),
        ("1) x\n2) y\n3) z\n", "1) 2) 3)"),
    ] {
        assert_eq!(labels(text).join(" "), expected, "{text}");
    }
}

#[test]
fn a_rule_is_a_rule_and_front_matter_is_yaml() {
    assert_eq!(shown(include_str!("data/rule-first.md")), "<> Chapeau that must stay.\n<Article 1>\n  <> Body.\n");
    let imported = read(include_str!("data/yaml.md")).expect("a plan");
    assert_eq!(imported.draft.title, "Accord on the Vale");
    let expected = "<Article 1>\n  <> Body.\n<> body-fr Article premier. Les Par\n";
    assert_eq!(lines(&imported.draft), expected);
    assert_eq!(
        imported.notices,
        [Notice { line: 4, what: "\"layout\" of the front matter is no part of the plan: post".into() }]
    );
    for (text, title) in [
        ("---\ntitle: \"A: \\\"B\\\"\"\n---\n\n1. x\n", "A: \"B\""),
        ("---\ntitle: >\n  Folded\n  title\n...\n\n1. x\n", "Folded title"),
    ] {
        assert_eq!(import(text).expect("a plan").title, title);
    }
    for text in [
        "---\nNot: a key: of yaml\n---\n1. x\n",
        "---\n\ntitle: x\n\n---\n1. x\n",
        "---\nThe Parties agree: all\n---\n",
        "---\n- a\n---\n",
    ] {
        assert_eq!(tokens(text), flat_tokens(&import(text).expect("a plan")), "{text}");
    }
    let bomb: String =
        (1..9).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0},*a{0},*a{0},*a{0},*a{0}]\n", n - 1)).collect();
    let imported = read(&format!("---\na0: &a0 [x, x]\n{bomb}---\n1. x\n")).expect("a plan");
    assert!(imported.notices[0].what.contains("no YAML"), "{:?}", imported.notices);
}

/// The words of a draft, as [`tokens`].
fn flat_tokens(draft: &Draft) -> Vec<String> {
    let flat = flatten(draft).expect("not too deep");
    let all: Vec<String> = flat.iter().map(|(point, _)| format!("{} {} {}", point.label, point.heading, point.words)).collect();
    tokens(&all.join("\n"))
}

#[test]
fn underlined_headings_are_headings() {
    let text = include_str!("data/setext.md");
    assert_eq!(import(text).expect("a plan").title, "Framework Accord");
    assert_eq!(shown(text), "<Article 1>\n  <1> First.\n  <2> Second.\n<Article 2>\n  <> Body two.\n");
}

#[test]
fn labels_that_stand_alone_or_in_bold_head_what_follows() {
    let expected = "<Article 5> Withdrawal\n  <1> Each Party.\n<Article 6>\n  <> Words.\n";
    assert_eq!(shown("**Article 5**\n\n**Withdrawal**\n\n1. Each Party.\n\n**Article 6**\n\nWords.\n"), expected);
    assert_eq!(shown("**Article 5**\n**Withdrawal**\n\n1. Each Party.\n\nArticle 6\n\nWords.\n"), expected);
    assert_eq!(shown("**Article 5.** Each Party.\n"), "<Article 5> Each Party.\n");
    assert_eq!(shown("1. **No** Party shall deploy weapons.\n"), "<1> **No** Party shall deplo\n");
    assert_eq!(shown("Article 5 of the Accord stays.\n"), "<> Article 5 of the Accord \n");
}

#[test]
fn a_long_title_is_cut_and_kept_whole_as_words() {
    let text = include_str!("data/long-title.md");
    let imported = read(text).expect("a plan");
    assert_eq!((imported.draft.title.chars().count(), imported.notices), (210, vec![]));
    let title = "Соглашение ".repeat(60);
    let imported = read(&format!("# {title}\n\n1. x\n")).expect("a plan");
    assert!(imported.draft.title.ends_with('…') && imported.draft.title.chars().count() <= limits::TITLE_CHARS_MAX);
    assert_eq!(imported.draft.points[0].words, title.trim_end());
    assert_eq!(imported.notices.len(), 1);
    round_trip(&imported.draft);
}

#[test]
fn code_tables_and_notes_stay_what_they_are() {
    let code = "1. See\n\n   ```\n   a\n\n     b\n   ```\n\n2. x\n";
    assert_eq!(import(code).expect("a plan").points[0].children[0].words, "```\na\n\n  b\n```");
    let table = "| Party | Days |\n|---|---|\n| ARV | [30] |\n";
    let draft = import(table).expect("a plan");
    assert_eq!((draft.points.len(), round_trip(&draft)), (1, format!("# \n\n{table}")));
    let quote = "> As it was\n> agreed.\n";
    assert_eq!(round_trip(&import(quote).expect("a plan")), format!("# \n\n{quote}"));
    let notes = "1. A.[^1] B.[^2]\n\n[^1]: One.\n[^2]: Two\n  lines.\n";
    assert_eq!(shown(notes), "<1> A.[^1] B.[^2]\n<> [^1]: One.\n<> [^2]: Two/lines.\n");
    let link = "1. See the [map][m] and [30][50].\n\n[m]: https://maps.example/vale\n[n]: https://maps.example/\n";
    let imported = read(link).expect("a plan");
    assert_eq!(imported.draft.points[0].words, "See the [map](https://maps.example/vale) and [30][50].");
    assert_eq!(imported.notices.iter().map(|notice| notice.line).collect::<Vec<_>>(), [4]);
    assert_eq!(import("1. x\u{c}\n").expect("a page break is no trouble").points.len(), 1);
    assert_eq!(import("1. x\n\n2. \u{7}\n"), Err(ImportError::Control { line: 3 }));
}

#[test]
fn no_word_of_a_text_of_any_kind_is_lost() {
    let texts = [
        include_str!("data/decomposed.md"),
        include_str!("data/footnotes.md"),
        include_str!("data/headings.md"),
        include_str!("data/lettered.md"),
        include_str!("data/long-title.md"),
        include_str!("data/roman.md"),
        include_str!("data/rule-first.md"),
        include_str!("data/running-articles.md"),
        include_str!("data/scripts.md"),
        include_str!("data/setext.md"),
        include_str!("data/suffixes.md"),
        include_str!("data/wrapped.md"),
    ];
    for text in texts {
        let draft = import(text).expect("a plan");
        let imported = [tokens(&draft.title), flat_tokens(&draft)].concat();
        assert_eq!(imported, tokens(text), "{text}");
    }
}
