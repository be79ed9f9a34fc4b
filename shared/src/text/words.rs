//! The exact words of a point, in a form that is the same wherever it is computed, and their digest.
//!
//! **Canonical form.** The compact JSON of [`Canonical`]: heading, words, `struck` where it is true, the schedule where there is
//! one, then the points below that are not struck, in order, each in the same form. Texts are in Unicode NFC with `\n` at line ends;
//! what is empty is left out except the heading and the words. Labels, ids, and places are left out, so that renumbering or moving
//! a point voids nothing that was said of its words. JSON strings are written as `serde_json` does: only `"`, `\` and control
//! characters are escaped.
//!
//! **Digest.** blake3 over `plenary words 1`, a line feed, and that JSON; in lowercase hexadecimal.
//!
//! **Of a whole plan** the digest is taken in the same way over the compact JSON `{"title":...,"points":[...]}`: the title in NFC, and
//! the canonical forms of the points at the top that are not struck, in order.

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, collections::HashMap, fmt, str::FromStr};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{
    id::PointId,
    text::plan::{Outline, Schedule, said_in_a_line, unix},
};

/// What a party that accepts a point accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canonical {
    /// The heading, possibly empty.
    pub heading: String,
    /// The words, possibly empty.
    pub words: String,
    /// Whether the point is struck.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub struck: bool,
    /// When and by whom it is carried out.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub schedule: Schedule,
    /// The points below it that are not struck, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Canonical>,
}

fn is_empty(schedule: &Schedule) -> bool {
    *schedule == Schedule::default()
}

/// The digest of canonical words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordsDigest([u8; 32]);

impl WordsDigest {
    fn of(json: &str) -> Self {
        Self(*blake3::Hasher::new().update(b"plenary words 1\n").update(json.as_bytes()).finalize().as_bytes())
    }
}

impl fmt::Display for WordsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from(self.0).to_hex())
    }
}

impl fmt::Debug for WordsDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no digest of words: copy all 64 characters of it")]
pub struct NoWordsDigest {
    given: String,
}

impl FromStr for WordsDigest {
    type Err = NoWordsDigest;
    fn from_str(s: &str) -> Result<Self, NoWordsDigest> {
        let lower = s.len() == 64 && !s.bytes().any(|b| b.is_ascii_uppercase());
        let hash = lower.then(|| blake3::Hash::from_hex(s).ok()).flatten();
        hash.map(|hash| Self(*hash.as_bytes())).ok_or_else(|| NoWordsDigest { given: s.chars().take(80).collect() })
    }
}

impl JsonSchema for WordsDigest {
    fn schema_name() -> Cow<'static, str> {
        "WordsDigest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl Serialize for WordsDigest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WordsDigest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// Canonical words as JSON, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// The canonical form.
    pub json: String,
    /// Its digest.
    pub digest: WordsDigest,
}

/// The exact words of every point of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExactWords(HashMap<PointId, Exact>);

impl ExactWords {
    /// Of all points. Time and size grow with the text times its depth, which `limits::POINT_DEPTH_MAX` bounds.
    pub fn read(outline: &Outline) -> Self {
        let mut exact = Self(HashMap::with_capacity(outline.points.len()));
        exact.renew(outline, (0..outline.points.len()).rev());
        exact
    }

    /// Of the points at these indices of the outline anew, each after what is below it: of all that have changed, and of all that
    /// those stand below.
    pub(crate) fn renew(&mut self, outline: &Outline, changed: impl Iterator<Item = usize>) {
        for at in changed {
            let point = &outline.points[at];
            let own = Canonical {
                heading: canonical_text(&point.heading),
                words: canonical_text(&point.words),
                struck: point.struck,
                schedule: canonical_schedule(&point.schedule),
                children: Vec::new(),
            };
            let mut json = serde_json::to_string(&own).unwrap_or_default();
            let children = outline.below(at).filter(|below| below.depth == point.depth + 1 && !below.struck);
            let children: Vec<&str> = children.filter_map(|child| self.get(&child.id)).map(|exact| exact.json.as_str()).collect();
            if !children.is_empty() {
                json.pop();
                json += &format!(",\"children\":[{}]}}", children.join(","));
            }
            let digest = WordsDigest::of(&json);
            self.0.insert(point.id.clone(), Exact { json, digest });
        }
    }

    /// Of one point.
    pub fn get(&self, point: &PointId) -> Option<&Exact> {
        self.0.get(point)
    }
}

/// The digest of a whole plan; `exact` are the exact words of `outline`.
pub fn plan_digest(outline: &Outline, exact: &ExactWords) -> WordsDigest {
    let top = outline.points.iter().filter(|point| point.depth == 0 && !point.struck);
    let points: Vec<&str> = top.filter_map(|point| exact.get(&point.id)).map(|exact| exact.json.as_str()).collect();
    let title = serde_json::to_string(&canonical_text(&outline.title)).unwrap_or_default();
    WordsDigest::of(&format!("{{\"title\":{title},\"points\":[{}]}}", points.join(",")))
}

impl Canonical {
    /// Reads what a position keeps; `None` if it is not the canonical form of anything, or not of `digest`.
    pub fn kept(json: &str, digest: WordsDigest) -> Option<Canonical> {
        (WordsDigest::of(json) == digest).then(|| serde_json::from_str(json).ok()).flatten()
    }

    /// The words as people read and compare them: the heading, the words, the schedule, then what stands below, indented.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // (point, level); the last is the next.
        let mut rest = vec![(self, 0)];
        while let Some((point, level)) = rest.pop() {
            let schedule = said_in_a_line(&point.schedule, |_| None);
            let struck = if point.struck { "(struck)" } else { "" };
            for part in [point.heading.as_str(), &point.words, &schedule, struck].into_iter().filter(|part| !part.is_empty()) {
                for line in part.lines() {
                    text += &format!("{}{line}\n", "    ".repeat(level));
                }
            }
            rest.extend(point.children.iter().rev().map(|child| (child, level + 1)));
        }
        text.pop();
        text
    }
}

fn canonical_text(text: &str) -> String {
    let text = unix(text);
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

fn canonical_schedule(schedule: &Schedule) -> Schedule {
    let text = |text: &Option<String>| text.as_deref().map(canonical_text);
    Schedule {
        trigger: text(&schedule.trigger),
        responsible: text(&schedule.responsible),
        verifier: text(&schedule.verifier),
        method: text(&schedule.method),
        condition: text(&schedule.condition),
        ..schedule.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::plan::Point;

    fn point(id: &str, depth: usize, words: &str) -> Point {
        let label = format!("label of {id}");
        let (heading, order) = (String::new(), "80".into());
        let (parent, struck, schedule, adoptions) = (None, false, Schedule::default(), Default::default());
        Point { id: id.parse().unwrap(), label, heading, words: words.into(), parent, depth, order, struck, schedule, adoptions }
    }

    fn exact(points: &[Point], id: &str) -> Exact {
        let outline = Outline { points: points.to_vec(), ..Default::default() };
        ExactWords::read(&outline).get(&id.parse().unwrap()).unwrap().clone()
    }

    #[test]
    fn the_canonical_form_is_this_json_and_its_digest_does_not_change() {
        let mut points =
            vec![point("a", 0, "one\r\ntwo \"x\""), point("b", 1, "e\u{301}"), point("c", 2, ""), point("d", 1, "last")];
        points[3].schedule.duration_days = Some(3);
        let whole = exact(&points, "a");
        let json = "{\"heading\":\"\",\"words\":\"one\\ntwo \\\"x\\\"\",\"children\":[{\"heading\":\"\",\"words\":\"\u{e9}\",\"children\":\
                    [{\"heading\":\"\",\"words\":\"\"}]},{\"heading\":\"\",\"words\":\"last\",\"schedule\":{\"duration_days\":3}}]}";
        assert_eq!(whole.json, json);
        assert_eq!(whole.digest.to_string(), "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43");
        assert_eq!(serde_json::to_string(&Canonical::kept(json, whole.digest).unwrap()).unwrap(), json, "it reads back as it is");
        assert_eq!(
            exact(&points[1..], "b").json,
            "{\"heading\":\"\",\"words\":\"\u{e9}\",\"children\":[{\"heading\":\"\",\"words\":\"\"}]}"
        );
    }

    #[test]
    fn labels_ids_and_struck_points_below_do_not_count_and_all_else_does() {
        let base = vec![point("a", 0, "words"), point("b", 1, "below")];
        let digest = exact(&base, "a").digest;
        let changed = |change: &dyn Fn(&mut Vec<Point>)| {
            let mut points = base.clone();
            change(&mut points);
            exact(&points, "a").digest != digest
        };
        assert!(!changed(&|p| p[0].label = "7".into()));
        assert!(!changed(&|p| p[1].id = "z".parse().unwrap()));
        assert!(!changed(&|p| p[1].order = "00".into()));
        assert!(!changed(&|p| p.push(Point { struck: true, ..point("c", 1, "gone") })));
        assert!(!changed(&|p| p.push(point("c", 0, "beside"))));
        assert!(changed(&|p| p[0].heading = "H".into()));
        assert!(changed(&|p| p[0].words.push(' ')));
        assert!(changed(&|p| p[1].words.push('.')));
        assert!(changed(&|p| p[0].struck = true));
        assert!(changed(&|p| p[1].struck = true));
        assert!(changed(&|p| p[1].schedule.condition = Some("x".into())));
        assert!(changed(&|p| p.push(point("c", 1, ""))));
    }

    #[test]
    fn the_digest_of_a_plan_covers_its_title_and_what_stands_at_the_top() {
        let points = vec![point("a", 0, "one"), point("b", 1, "below"), point("c", 0, "two")];
        let digest = |change: &dyn Fn(&mut Outline)| {
            let mut outline = Outline { title: "Ti\"tle".into(), points: points.clone(), ..Default::default() };
            change(&mut outline);
            plan_digest(&outline, &ExactWords::read(&outline))
        };
        let base = digest(&|_| {});
        let json = "{\"title\":\"Ti\\\"tle\",\"points\":[{\"heading\":\"\",\"words\":\"one\",\"children\":[{\"heading\":\"\",\"words\":\"below\"}]},\
                    {\"heading\":\"\",\"words\":\"two\"}]}";
        assert_eq!(base, WordsDigest::of(json));
        assert_ne!(base, digest(&|o| o.title.push('.')));
        assert_ne!(base, digest(&|o| o.points[1].words.push('.')));
        assert_ne!(base, digest(&|o| o.points.swap(0, 2)));
        assert_ne!(base, digest(&|o| o.points[2].struck = true));
        assert_eq!(digest(&|o| o.points[2].struck = true), digest(&|o| drop(o.points.pop())));
        assert_eq!(base, digest(&|o| o.points[0].label = "7".into()));
    }

    #[test]
    fn kept_words_are_believed_only_with_their_digest() {
        let exact = exact(&[point("a", 0, "words")], "a");
        assert_eq!(Canonical::kept(&exact.json, exact.digest).unwrap().words, "words");
        assert_eq!(Canonical::kept(&exact.json.replace("words\":\"words", "words\":\"other"), exact.digest), None);
        let nonsense = "[".repeat(100_000);
        assert_eq!(Canonical::kept(&nonsense, WordsDigest::of(&nonsense)), None);
        let hex = exact.digest.to_string();
        assert_eq!(hex.parse(), Ok(exact.digest));
        for bad in ["", "abc", &hex.to_uppercase(), &"g".repeat(64), &"é".repeat(32)] {
            assert!(bad.parse::<WordsDigest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn canonical_words_are_shown_as_indented_lines() {
        let mut points = vec![point("a", 0, "one\ntwo"), point("b", 1, "three")];
        points[0].heading = "Head".into();
        points[0].schedule.trigger = Some("D-Day".into());
        let exact = exact(&points, "a");
        assert_eq!(Canonical::kept(&exact.json, exact.digest).unwrap().text(), "Head\none\ntwo\nbegins with D-Day\n    three");
    }
}
