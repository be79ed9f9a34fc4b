//! The front matter of a text: YAML between two lines `---` at its very beginning.
//!
//! It is front matter only if it is a mapping of simple keys that begins right below the first line; anything else is text between two
//! lines across the page. Of its keys the title is used; a text of whole sentences is kept as a point, and the others are named.

use serde_json::{Map, Value};

use super::Notice;

/// Lines of front matter; more are text.
const LINES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Front {
    pub title: String,
    /// Headings and words of what is kept.
    pub kept: Vec<(String, String)>,
    pub notices: Vec<Notice>,
    /// How many lines it takes.
    pub lines: usize,
}

/// The front matter with which these lines begin, if they do.
pub(super) fn read(lines: &[&str]) -> Front {
    let is_end = |line: &&str| matches!(line.trim_end(), "---" | "...");
    let end = lines.iter().skip(1).take(LINES_MAX).position(is_end);
    let first = lines.get(1).is_some_and(|line| !line.trim().is_empty());
    let (true, true, Some(end)) = (lines.first().is_some_and(|line| line.trim_end() == "---"), first, end) else {
        return Front::default();
    };
    let keys = match mapping(&lines[1..=end].join("\n")) {
        Ok(keys) if keys.keys().all(|key| is_simple(key)) && !keys.is_empty() => keys,
        Ok(_) => return Front::default(),
        Err(why) => return broken(lines[1], &why),
    };
    let mut front = Front { lines: end + 2, ..Front::default() };
    for (key, value) in keys {
        let line = 1 + lines[..=end].iter().position(|line| line.starts_with(&key)).unwrap_or(0);
        match value {
            Value::String(title) if key.eq_ignore_ascii_case("title") => {
                front.title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            Value::String(words) if is_prose(&words) => front.kept.push((key, words.trim_end().to_owned())),
            value => {
                let what = format!("{key:?} of the front matter is no part of the plan: {}", shown(&value));
                front.notices.push(Notice { line, what });
            }
        }
    }
    front
}

fn mapping(yaml: &str) -> Result<Map<String, Value>, String> {
    // A title and some keys: less than what an alias can be made to say.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 100, max_nodes: 10_000, max_depth: 16, max_total_scalar_bytes: 1 << 20 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
    };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| error.to_string())
}

fn is_simple(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Sentences, rather than a word or a date that some program reads.
fn is_prose(text: &str) -> bool {
    let text = text.trim_end();
    text.contains(char::is_whitespace) && (text.contains('\n') || text.ends_with(['.', '。', '!', '?', ';', ':']))
}

/// What looks like front matter and is none that can be read stays as words, and is named.
fn broken(line: &str, why: &str) -> Front {
    let looks = line.split_once(':').is_some_and(|(key, _)| is_simple(key));
    let why = why.lines().next().unwrap_or_default();
    let what = format!("what looks like front matter is no YAML, and was taken as words ({why}): correct it, or leave it");
    Front { notices: looks.then_some(Notice { line: 2, what }).into_iter().collect(), ..Front::default() }
}

fn shown(value: &Value) -> String {
    /// Characters; enough to find it by.
    const SHOWN_MAX: usize = 80;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(SHOWN_MAX).collect()
}
