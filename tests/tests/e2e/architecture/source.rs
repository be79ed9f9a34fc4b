//! Rust's source as words, literals and marks, with its comments and tests told apart: as much of it as the rules need.

use std::collections::BTreeSet;

/// What stands in a source file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// What stands between quotation marks.
    Text,
    /// `::`, or one character of any other sign.
    Mark,
}

/// One of them, with the line that it begins on, from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
}

impl Token<'_> {
    /// Whether it is this word or mark.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// The tokens of a file, its comments left out.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, token) = match next {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |end| end + 2), None),
            _ if rest.starts_with("::") => (2, Some((Kind::Mark, "::"))),
            '"' => text(rest, 1),
            'r' if raw(&rest[1..]).is_some() => raw_text(rest, 1),
            'b' if rest[1..].starts_with('r') && raw(&rest[2..]).is_some() => raw_text(rest, 2),
            '\'' => (character(rest), None),
            _ if next == '_' || next.is_alphanumeric() => {
                let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
                (end, Some((Kind::Word, &rest[..end])))
            }
            _ if next.is_whitespace() => (next.len_utf8(), None),
            _ => (next.len_utf8(), Some((Kind::Mark, &rest[..next.len_utf8()]))),
        };
        found.extend(token.map(|(kind, text)| Token { kind, text, line }));
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

type Found<'a> = (usize, Option<(Kind, &'a str)>);

fn text(rest: &str, from: usize) -> Found<'_> {
    let mut escaped = false;
    let end = rest[from..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let end = from + end.expect("a string ends");
    (end + 1, Some((Kind::Text, &rest[from..end])))
}

/// How many `#` open a raw string, if it is one.
fn raw(rest: &str) -> Option<usize> {
    let hashes = rest.bytes().take_while(|b| *b == b'#').count();
    rest[hashes..].starts_with('"').then_some(hashes)
}

fn raw_text(rest: &str, letters: usize) -> Found<'_> {
    let hashes = raw(&rest[letters..]).expect("a raw string");
    let from = letters + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = from + rest[from..].find(&close).expect("a raw string ends");
    (end + close.len(), Some((Kind::Text, &rest[from..end])))
}

/// The length of a character in single quotation marks; 1 where the mark begins the name of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            from + rest[from..].find('\'').map_or(0, |end| end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The tokens without what is only built for tests, and the names of the child modules that are.
pub fn without_tests<'a>(tokens: &[Token<'a>]) -> (Vec<Token<'a>>, BTreeSet<String>) {
    let (mut kept, mut modules) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while at < tokens.len() {
        if !reads(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let from = at;
        at = end_of_item(tokens, at);
        let item = &tokens[from..at];
        if let Some(name) = item.windows(3).find(|three| three[0].is("mod") && three[2].is(";")) {
            modules.insert(name[1].text.to_owned());
        }
    }
    (kept, modules)
}

fn reads(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.is(word))
}

/// Where the item that begins at `at`, with its attributes, ends.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while reads(&tokens[at..], &["#", "["]) {
        at = closing(tokens, at + 1) + 1;
    }
    let is_use = tokens[at..].iter().take(5).any(|token| token.is("use"));
    while at < tokens.len() {
        match tokens[at].text {
            _ if tokens[at].kind != Kind::Mark => at += 1,
            ";" => return at + 1,
            "{" if is_use => at = closing(tokens, at) + 1,
            "{" => return closing(tokens, at) + 1,
            "(" | "[" => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
    at
}

/// The place of the bracket that closes the one at `open`.
pub fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open).filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

#[test]
fn source_is_told_apart_from_comments_literals_and_tests() {
    let source = "use a::{b, c};\n// not::me\nlet x = ('\\'', 'y', r#\"no\"such\"#, \"not \\\" me\", life::<'a>());\n\
                  #[cfg(test)]\nmod tests;\n#[cfg(test)]\nuse d::{e};\nfn f() { /* g::h */ }\n";
    let found = tokens(source);
    let texts: Vec<&str> = found.iter().filter(|token| token.kind == Kind::Text).map(|token| token.text).collect();
    assert_eq!(texts, ["no\"such", "not \\\" me"]);
    assert_eq!(found.last().map(|token| token.line), Some(8));
    let (kept, tests) = without_tests(&found);
    assert!(tests.contains("tests") && tests.len() == 1);
    let words: Vec<&str> = kept.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect();
    assert_eq!(words, ["use", "a", "b", "c", "let", "x", "life", "a", "fn", "f"]);
}
