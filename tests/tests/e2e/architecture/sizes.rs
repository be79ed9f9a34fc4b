//! What a reader takes in at once: a function on a screen, a file at a sitting, a line without scrolling.

use super::{
    files,
    source::{Kind, Token, closing, tokens},
};

/// Lines of a function, from its name to its last brace.
const FUNCTION_LINES_MAX: usize = 60;
/// Lines of a file.
const FILE_LINES_MAX: usize = 400;
/// Characters of a line that is prose.
const PROSE_CHARS_MAX: usize = 140;

const CRATES: [&str; 4] = ["shared", "server", "client-cli", "tests"];

/// The functions of a file that are too long, each with its first line and its length.
fn long_functions<'a>(code: &[Token<'a>]) -> Vec<(&'a str, usize, usize)> {
    let mut found = Vec::new();
    for (at, pair) in code.windows(2).enumerate() {
        let [word, name] = pair else { continue };
        if !word.is("fn") || name.kind != Kind::Word {
            continue;
        }
        let mut open = at + 2;
        while open < code.len() && !code[open].is("{") && !code[open].is(";") {
            open = if code[open].is("(") || code[open].is("[") { closing(code, open) + 1 } else { open + 1 };
        }
        if open < code.len() && code[open].is("{") {
            let lines = code[closing(code, open)].line + 1 - word.line;
            found.extend((lines > FUNCTION_LINES_MAX).then_some((name.text, word.line, lines)));
        }
    }
    found
}

#[test]
fn functions_and_files_are_short() {
    let mut strays = Vec::new();
    for (path, text) in CRATES.iter().flat_map(|below| files(below, &[".rs"])) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            strays.push(format!("{path}: {lines} lines"));
        }
        let long = long_functions(&tokens(&text));
        strays.extend(long.into_iter().map(|(name, line, lines)| format!("{path}:{line}: {name} has {lines} lines")));
    }
    assert!(strays.is_empty(), "longer than {FUNCTION_LINES_MAX} and {FILE_LINES_MAX} lines: {strays:#?}");
}

#[test]
fn prose_is_read_without_scrolling() {
    let comment = |line: &str| line.trim_start().starts_with("//");
    // A table's row is one line, which whoever shows it breaks.
    let row = |line: &str| line.starts_with("| ");
    let rust = CRATES.iter().flat_map(|below| files(below, &[".rs"]));
    let chapters =
        files("server/docs", &[".md"]).into_iter().chain(files("", &["README.md"]).into_iter().filter(|(p, _)| p == "README.md"));
    let lines = rust.map(|file| (file, true)).chain(chapters.map(|file| (file, false)));
    let mut strays = Vec::new();
    for ((path, text), is_source) in lines {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| if is_source { comment(line) } else { !row(line) }) {
            if line.chars().count() > PROSE_CHARS_MAX {
                strays.push(format!("{path}:{}", at + 1));
            }
        }
    }
    assert!(strays.is_empty(), "wider than {PROSE_CHARS_MAX} characters: {strays:#?}");
}

#[test]
fn a_long_function_is_found() {
    let body = "    let x = [1; { 2 }];\n".repeat(FUNCTION_LINES_MAX - 1);
    let source = format!("trait T {{ fn none(&self) -> [u8; 3]; }}\nfn long(f: fn(u8)) -> u8\n{{\n{body}}}\nfn short() {{}}\n");
    assert_eq!(long_functions(&tokens(&source)), [("long", 2, FUNCTION_LINES_MAX + 2)]);
}
