//! What people write stays text, whatever it is.

use proptest::prelude::*;
use yrs::{Map as _, MapPrelim, MapRef, TextPrelim, WriteTxn as _};

use super::*;
use crate::{
    id::{AnnotationId, PointId},
    limits,
    talk::schedule::{csv, gantt, timetable},
    text::plan::{META, POINTS},
};

/// Pieces that mean something to a browser or to Markdown.
const PIECES: &[&str] = &[
    "<script>alert(1)</script>",
    "<b>",
    "</p>",
    "</title>",
    "</style>",
    "<!--",
    "-->",
    "]]>",
    "&lt;",
    "&#60;",
    "\"",
    "'",
    "# ",
    "#",
    "> ",
    "- ",
    "+ ",
    "* ",
    "1. ",
    "2) ",
    "a. ",
    "(a) ",
    "---",
    "===",
    "***",
    "___",
    "```",
    "~~~",
    "~~",
    "**",
    "*",
    "_",
    "`",
    "| a | b |",
    "|---|---|",
    ":-",
    ":",
    "[",
    "]",
    "［",
    "］",
    "(",
    ")",
    "[a]: http://x.example",
    "](http://x.example)",
    "![x](y)",
    "[^1]:",
    "[x] ",
    "www.x.example",
    "https://x.example",
    "\\",
    "\\\\",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "\u{202a}",
    "\u{202e}",
    "\u{2066}",
    "\u{9b}",
    "\0",
    "\u{7}",
    "\u{200f}",
    "{: .x}",
    "$x$",
    "ARV · note",
    "“",
    "”",
    "…",
    "words",
    "слово",
    "نص",
    "語",
    "🕊",
    " ",
];

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

/// Two points, of which the second stands below the first, with people's text wherever it may stand.
fn talks(texts: &[String; 8]) -> Talks {
    let [title, heading, words, below, body, reply, replacement, reason] = texts;
    let mut talks = Talks::over("1. first\n   (a) second\n", &["arv", "bor"]);
    let (first, second) = (talks.point("1").id, talks.point("(a)").id);
    talks.accept(&["arv"], "1");
    talks.edit("bor", |txn| {
        // Past the verbs, which refuse what no gate lets in: older logs may hold it.
        txn.get_or_insert_map(META).insert(txn, "title", title.as_str());
        let points = txn.get_or_insert_map(POINTS);
        let point = |txn: &mut _, id: &PointId| points.get(txn, id.as_str()).unwrap().cast::<MapRef>().unwrap();
        let (first, second) = (point(txn, &first), point(txn, &second));
        first.insert(txn, "heading", TextPrelim::new(heading.as_str()));
        first.insert(txn, "words", TextPrelim::new(format!("x{words}")));
        second.insert(txn, "words", TextPrelim::new(format!("{below}y")));
        let texts = [("trigger", title.as_str()), ("condition", reason.as_str())];
        second.insert(txn, "schedule", texts.into_iter().collect::<MapPrelim>());
    });
    let quote = talks.point("1").words;
    let note = talks.note("1", &quote, body);
    let note = talks.put("bor", PUBLIC, note);
    let reply = talks.reply("1", &note, reply);
    talks.put("arv", PRIVATE, reply);
    let proposal = talks.proposal("1", &quote, replacement);
    talks.put("arv", PUBLIC, Annotation { body: reason.clone(), ..proposal });
    let position = talks.position("1", Stance::Reserve, reason);
    talks.put("bor", POSITIONS, position);
    talks
}

const TAGS: [&str; 25] = [
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "aside", "div", "h1", "h2", "h3",
    "h4", "h5", "h6", "p", "ul", "li", "b", "bdi", "del", "ins",
];

/// Every tag is one of ours and closed where it must be.
fn check_page(page: &str) {
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    assert_eq!(&page[style.start + "<style>".len()..style.end].trim(), &include_str!("../edition.css").trim());
    let mut open: Vec<&str> = Vec::new();
    for (n, part) in page.split('<').skip(1).enumerate() {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("a tag that does not end: {part}"));
        assert!(!text.contains('>') || open.last() == Some(&"style") || tag == "style", "{part}");
        match (tag.strip_prefix('/'), tag.split(' ').next().unwrap()) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name)),
            (None, "!DOCTYPE") => assert_eq!(n, 0),
            (None, "meta") => assert_eq!(open, ["html", "head"]),
            (None, name) => {
                assert!(TAGS.contains(&name), "{tag}");
                for attribute in tag.split(' ').skip(1).filter(|part| part.contains('=')) {
                    let name = attribute.split('=').next().unwrap();
                    assert!(["class", "dir", "id", "lang", "aria-label"].contains(&name), "{tag}");
                }
                open.push(name);
            }
        }
    }
    assert!(open.is_empty());
    check_characters(page);
}

/// Nothing in a file steers a terminal or turns words around.
fn check_characters(file: &str) {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let strange = file.chars().find(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(*c));
    assert_eq!(strange, None);
}

/// What each line of an annotated text begins with is ours: title, front, legend, rules, two points and so many remarks.
fn check_markdown(text: &str) {
    assert!(text.starts_with("# "));
    let mut seen = [0; 4];
    for line in text.lines() {
        let content = line.trim_start_matches([' ', '>']);
        let (shape, content) = match content {
            "---" => (2, ""),
            _ if content.starts_with("# ") && line == content => (0, &content[2..]),
            _ if content.starts_with("- ") => (1, &content[2..]),
            _ => (3, content),
        };
        seen[shape] += 1;
        assert!(!content.starts_with(['#', '>', '-', '+', '=', '{', '\t']) && !content.starts_with("* "), "{line}");
        let rule = |mark: char| content.len() > 2 && content.chars().all(|c| c == mark || c == ' ');
        assert!(!rule('*') && !rule('_'), "{line}");
        let counter = content.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        // Markdown counts with at most nine characters: what is longer is a word at the end of a sentence.
        let counts = (1..=9).contains(&(content.len() - counter.len()));
        assert!(!counts || !counter.starts_with([')', '.']) || !counter[1..].starts_with(' '), "{line}");
        check_markup(content);
    }
    // One title; four lines of legend, two points, the standing with a reason and a lapse, the note, its reply and the
    // proposal; two rules at most.
    assert_eq!(seen[0], 1, "{text}");
    assert!(seen[1] <= 13 && seen[2] == 1, "{seen:?}\n{text}");
}

/// Whatever could be markup of people's carries a backslash.
fn check_markup(line: &str) {
    let mut escaped = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if std::mem::take(&mut escaped) {
            before = ' ';
            continue;
        }
        escaped = c == '\\';
        let rest = &line[at..];
        assert!(!matches!(c, '<' | '`' | '|'), "{line}");
        assert!(!(before == ']' && matches!(c, '(' | ':')), "{line}");
        assert!(
            !rest.starts_with("://") && !rest.starts_with("www.") && !rest.starts_with("&lt") && !rest.starts_with("&#"),
            "{line}"
        );
        before = c;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_that_people_write_makes_a_tag_or_a_block(texts in prop::array::uniform8(hostile())) {
        let talks = talks(&texts);
        let dossier = talks.dossier();
        check_page(&annotated(&dossier, Format::Html));
        check_page(&clean(&dossier, Format::Html));
        check_markdown(&annotated(&dossier, Format::Markdown));
        clean(&dossier, Format::Markdown).lines().for_each(check_markup);
        let timetable = timetable(&dossier.text.outline);
        // The table's lines end as its format has it.
        let table = csv(&timetable).replace("\r\n", "\n");
        let chart = gantt(&timetable, &dossier.text.outline.title);
        let [text, noted] = [clean, annotated].map(|edition| edition(&dossier, Format::Markdown));
        [text, noted, crate::out::plain(&dossier.text.outline), table, chart].iter().for_each(|file| check_characters(file));
    }

    #[test]
    fn a_note_reads_in_markdown_as_it_was_written(body in hostile()) {
        let mut talks = Talks::over("1. one\n", &[]);
        let note = talks.note("1", "", &format!("<{body}>"));
        talks.put("bor", PUBLIC, note);
        let text = in_markdown(&talks);
        let (_, shown) = text.split_once("**BOR** · note\\\n  >   ").unwrap();
        let mut read = String::new();
        let mut rest = shown.strip_suffix('\n').unwrap().chars();
        while let Some(c) = rest.next() {
            read.push(if c == '\\' { rest.next().unwrap() } else { c });
        }
        let lines = |text: &str| text.split('\n').map(|line| line.trim_matches([' ', '\t']).to_owned()).collect::<Vec<_>>();
        let written: String = text::printable(&format!("<{body}>")).collect();
        prop_assert_eq!(lines(&read.replace("\n  >   ", "\n")), lines(&written));
    }
}

#[test]
fn of_ten_thousand_notes_of_a_party_the_first_are_shown_and_the_rest_is_counted() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    let note = talks.note("1", "", "spam");
    for n in 0..limits::ANNOTATIONS_MAX {
        let id: AnnotationId = format!("s{n:05}").parse().unwrap();
        let reply_to = n.checked_sub(1).map(|n| format!("s{n:05}").parse().unwrap());
        talks.put("bor", PUBLIC, Annotation { id, reply_to, ..note.clone() });
    }
    let one = talks.note("1", "", "heard");
    talks.put("arv", PUBLIC, one);
    let dossier = talks.dossier();
    for format in [Format::Markdown, Format::Html] {
        let text = annotated(&dossier, format);
        assert_eq!(text.matches("spam").count(), ANNOTATIONS_SHOWN_MAX);
        assert!(text.contains("heard") && text.contains("and 9800 more of "), "{format}");
        assert!(text.len() < 100_000);
    }
}

#[test]
fn proposals_for_long_words_print_what_they_change_and_not_the_words_each_time() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    talks.words("bor", "1", &"the very same words ".repeat(5_000));
    let mut proposal = talks.proposal("1", "", "x");
    for n in 0..limits::ANNOTATIONS_MAX {
        let what = What::Proposal { replacement: format!("{n}") };
        proposal = Annotation { id: format!("s{n:05}").parse().unwrap(), what, ..proposal };
        talks.put(["arv", "bor", "cel"][n % 3], PUBLIC, proposal.clone());
    }
    let text = annotated(&talks.dossier(), Format::Markdown);
    assert!(text.len() < 100_000 + 3 * ANNOTATIONS_SHOWN_MAX * 2_500, "{}", text.len());
}

#[test]
fn deep_and_endless_words_are_printed() {
    let mut talks = Talks::over("1. one\n2. two\n", &[]);
    talks.words("bor", "1", &format!("{}x{}", "[".repeat(50_000), "]".repeat(50_000)));
    talks.words("bor", "2", &"\n".repeat(50_000));
    let dossier = talks.dossier();
    assert!(annotated(&dossier, Format::Markdown).matches("(BOR)").count() <= limits::BRACKETS_SHOWN_MAX);
    assert!(clean(&dossier, Format::Markdown).contains("- 1\\. …\n\n- 2\\.\n"));
    check_page(&annotated(&dossier, Format::Html));
}
