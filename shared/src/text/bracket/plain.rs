//! Square marks that are text: of notes, links and citations. The list is short on purpose: a bracket that is not counted is agreed unseen.

use std::ops::Range;

/// Bytes of the longest name of a footnote, and of the longest address of a link.
const NAME_MAX: usize = 64;
const ADDRESS_MAX: usize = 2_048;

/// Whether the pair of marks around `inner`, which ends before `end`, is text: `[^1]`, `[the map](https://...)`, the link definition
/// `[map]: https://...`, `[sic]`, and the year of a law report, as in `[2015] 1 VR 7`.
pub(super) fn is_text(words: &str, inner: Range<usize>, end: usize) -> bool {
    let (content, behind) = (&words[inner], &words[end..]);
    is_note(content) || is_linked(behind) || content == "sic" || (is_year(content) && is_report(behind))
}

fn is_note(content: &str) -> bool {
    let name = content.strip_prefix('^').filter(|name| !name.is_empty() && name.len() <= NAME_MAX);
    name.is_some_and(|name| !name.contains(|c: char| c.is_whitespace() || matches!(c, '[' | ']')))
}

fn is_linked(behind: &str) -> bool {
    let defined = behind.strip_prefix(": ").map(|target| target.split_whitespace().next().unwrap_or_default());
    let target = behind.strip_prefix('(').and_then(|target| {
        let end = target.bytes().take(ADDRESS_MAX).position(|byte| byte == b')' || byte.is_ascii_whitespace())?;
        target.get(..end)
    });
    defined.is_some_and(|target| target.contains("://")) || target.is_some_and(is_address)
}

/// Something that leads elsewhere: `[30](thirty)` does not.
fn is_address(target: &str) -> bool {
    target.contains("://")
        || ["#", "/", "./", "../", "mailto:", "www."].iter().any(|start| target.starts_with(start) && target != *start)
}

fn is_year(content: &str) -> bool {
    content.len() == 4 && content.bytes().all(|byte| byte.is_ascii_digit())
}

/// ` 1 VR 7`, ` AC 562`: a volume or none, capitals, a page.
fn is_report(behind: &str) -> bool {
    let Some(rest) = behind.strip_prefix(' ') else { return false };
    let mut parts =
        rest.split_whitespace().take(4).map(|part| part.trim_end_matches(|c: char| c.is_ascii_punctuation())).peekable();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next_if(|part| is_number(part));
    let is_name = |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'.');
    parts.next().is_some_and(|part| is_name(&part)) && {
        parts.next_if(is_name);
        parts.next().is_some_and(is_number)
    }
}

#[cfg(test)]
mod tests {
    use crate::text::bracket::{parse, without};

    #[test]
    fn notes_links_and_citations_are_nobodys_brackets() {
        for words in [
            "disarm.[^1]",
            "disarm.[^note-a] More",
            "See the [map](https://maps.example/vale).",
            "See [Annex A](#annex-a) and [B](/b) and [c](./c.md).",
            "[map]: https://maps.example/vale",
            "the ruling [2015] 1 VR 7.",
            "the ruling [1932] AC 562",
            "[2019] UKSC 41; more",
            "they agreeed [sic] to it",
            "the year \\[2015\\]",
        ] {
            assert_eq!((parse(words).open_count(), without(words).as_str()), (0, words), "{words}");
        }
        for (words, open) in [
            ("[30](thirty) days", 1),
            ("[30][50]", 2),
            ("[2030] EU Member States", 1),
            ("[t]he", 1),
            ("[x] done", 1),
            ("[^]", 1),
            ("[^1 2]", 1),
            ("the [[new] map](https://maps.example/)", 1),
            ("[a] (https://maps.example)", 1),
            ("[x](", 1),
            ("[map]: a place", 1),
        ] {
            assert_eq!(parse(words).open_count(), open, "{words}");
        }
    }
}
