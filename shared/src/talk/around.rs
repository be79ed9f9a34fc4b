//! What surrounds the words of a point and bears on what they mean: the texts of the points above, the points that the words cite by
//! number, and the days on which what they say is due. A position keeps it as it was, so that whoever reads the position sees what has
//! changed since; consent to the words does not lapse by it.
//!
//! **What is cited.** A label behind a word that says that one follows (`point 3`, `paragraph 4(a)`, `Article 5 bis`, `points 3, 4 and 7`),
//! if one point alone has it. A bare number is a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

use crate::{
    id::PointId,
    talk::schedule::{Row, timetable},
    text::{
        plan::{Outline, Point},
        token::{is_blank, tokens},
        words::ExactWords,
    },
};

/// Points that are looked up of those which the words of one point cite: of 2,000 real ones none cites more than a dozen.
const CITED_MAX: usize = 64;
/// 16 KiB: what a position keeps of its surroundings takes at most some 6 KiB.
const KEPT_BYTES_MAX: usize = 16 << 10;
/// Words behind which a label stands, by how they begin.
const CITING: [&str; 22] = [
    "point",
    "para",
    "article",
    "section",
    "annex",
    "clause",
    "item",
    "step",
    "alinéa",
    "punto",
    "párrafo",
    "artículo",
    "sección",
    "anexo",
    "пункт",
    "стать",
    "раздел",
    "приложен",
    "النقطة",
    "الفقرة",
    "المادة",
    "§",
];
/// What stands between labels that are cited together.
const BETWEEN: [&str; 10] = [",", "and", "or", "to", "et", "ou", "y", "и", "و", "–"];

/// What surrounds the words of a point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Around {
    /// The texts of the points above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    above: BTreeMap<PointId, String>,
    /// The points that the words cite, each with all below it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    cited: BTreeMap<PointId, String>,
    /// When what the words say is due.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    date: String,
}

/// Something that has changed around words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum Surrounding {
    /// The text of a point above, or which points stand above.
    Above {
        /// The point.
        point: PointId,
        /// Its label; empty if it is not in the plan any more.
        label: String,
    },
    /// A point that the words cite by number, or which one has that number.
    Cited {
        /// The point.
        point: PointId,
        /// Its label; empty if it is not in the plan any more.
        label: String,
    },
    /// When what the words say is due.
    Date,
}

/// A plan, as far as its points surround one another.
pub struct Surroundings<'a> {
    outline: &'a Outline,
    exact: &'a ExactWords,
    known: &'a Known,
}

/// What holds of a plan as long as no point comes, goes, moves or is struck, and no label or schedule changes.
pub struct Known {
    index: HashMap<PointId, usize>,
    /// The points with these labels; none where several have one.
    labelled: HashMap<String, Option<usize>>,
    /// When each step is due.
    days: HashMap<PointId, String>,
}

impl Around {
    /// As a position keeps it.
    pub fn kept(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what a position keeps; none if that cannot be read.
    pub fn read(kept: &str) -> Option<Self> {
        if kept.is_empty() || kept.len() > KEPT_BYTES_MAX { None } else { serde_json::from_str(kept).ok() }
    }
}

impl Known {
    /// Of a plan.
    pub fn of(outline: &Outline) -> Self {
        let mut labelled: HashMap<String, Option<usize>> = HashMap::new();
        for (at, point) in outline.points.iter().enumerate().filter(|(_, point)| !point.label.is_empty()) {
            labelled.entry(plain(&point.label)).and_modify(|of| *of = None).or_insert(Some(at));
        }
        let index = outline.points.iter().enumerate().map(|(at, point)| (point.id.clone(), at)).collect();
        let is_scheduled = outline.points.iter().any(|point| point.schedule != Default::default());
        let rows = if is_scheduled { timetable(outline).rows } else { Vec::new() };
        let days = rows.iter().map(|row| (row.step.point.clone(), due(row))).collect();
        Self { index, labelled, days }
    }
}

impl<'a> Surroundings<'a> {
    /// Of a plan, whose exact words these are.
    pub fn new(outline: &'a Outline, exact: &'a ExactWords, known: &'a Known) -> Self {
        Self { outline, exact, known }
    }

    /// What surrounds the words of a point now.
    pub fn of(&self, point: &PointId) -> Around {
        let Some(at) = self.known.index.get(point) else { return Around::default() };
        let points = &self.outline.points;
        let depth = points[*at].depth;
        let below = points[at + 1..].iter().take_while(|point| point.depth > depth);
        let below: Vec<&Point> = below.collect();
        let own = *at..=at + below.len();
        let within: Vec<&Point> = std::iter::once(&points[*at]).chain(below.into_iter().filter(|point| !point.struck)).collect();
        let (mut above, mut here) = (BTreeMap::new(), &points[*at]);
        while let Some(parent) = here.parent.as_ref().and_then(|id| self.known.index.get(id)).map(|at| &points[*at])
            && parent.depth < here.depth
        {
            above.insert(parent.id.clone(), digest(&[&parent.heading, &parent.words, if parent.struck { "struck" } else { "" }]));
            here = parent;
        }
        let mut cited = BTreeMap::new();
        for words in within.iter().flat_map(|point| [&point.heading, &point.words]) {
            self.cite(words, |point| {
                let is_own =
                    || self.known.index.get(&point.id).is_some_and(|there| there == at || own.contains(there) && !point.struck);
                if cited.len() < CITED_MAX && !above.contains_key(&point.id) && !is_own() {
                    let digest = self.exact.get(&point.id).map(|exact| exact.digest.to_string()[..32].to_owned());
                    cited.insert(point.id.clone(), digest.unwrap_or_default());
                }
            });
        }
        let due: Vec<&str> = within.iter().filter_map(|point| self.known.days.get(&point.id)).map(String::as_str).collect();
        let date = if due.is_empty() { String::new() } else { digest(&due) };
        Around { above, cited, date }
    }

    /// What has changed around words from `before` to `now`.
    pub fn changed(&self, before: &Around, now: &Around) -> Vec<Surrounding> {
        let label = |point: &PointId| self.outline.get(point).map(|point| point.label.clone()).unwrap_or_default();
        let above = differing(&before.above, &now.above).map(|point| Surrounding::Above { label: label(&point), point });
        let cited = differing(&before.cited, &now.cited).map(|point| Surrounding::Cited { label: label(&point), point });
        let date = (before.date != now.date).then_some(Surrounding::Date);
        above.chain(cited).chain(date).collect()
    }

    /// Hands on each point that a text cites.
    fn cite(&self, text: &str, mut cited: impl FnMut(&'a Point)) {
        let words: Vec<String> = tokens(text).into_iter().filter(|word| !is_blank(word)).map(str::to_lowercase).collect();
        let mut at = 0;
        while at < words.len() {
            if !CITING.iter().any(|citing| words[at].starts_with(citing)) {
                at += 1;
                continue;
            }
            // `Article 3` may be the label itself.
            if let Some(point) = words.get(at..at + 2).and_then(|both| self.labelled(&both.concat())) {
                cited(point);
            }
            at += 1;
            while let Some(taken) = self.label_at(&words[at..], &mut cited) {
                at += taken;
                at += words[at..].iter().take_while(|word| BETWEEN.contains(&word.as_str())).count();
            }
        }
    }

    /// Hands on what a label at the beginning of these words names; tells how many words it takes.
    fn label_at(&self, words: &[String], cited: &mut impl FnMut(&'a Point)) -> Option<usize> {
        for taken in [3, 2, 1] {
            if let Some(point) = words.get(..taken).and_then(|words| self.labelled(&words.concat())) {
                cited(point);
                return Some(taken);
            }
        }
        // `4(a)` is within 4, and `5-8` begins and ends with one.
        let ends = words.first()?.split(['-', '–', '/']).filter_map(|part| self.labelled(part.split('(').next()?));
        let parts: Vec<&Point> = ends.collect();
        parts.iter().for_each(|point| cited(point));
        (!parts.is_empty()).then_some(1)
    }

    fn labelled(&self, label: &str) -> Option<&'a Point> {
        let at = (*self.known.labelled.get(&plain(label))?)?;
        self.outline.points.get(at)
    }
}

/// When a step is due, as its bytes are compared for ever: the trigger, cut off by its length from the days behind it.
fn due(row: &Row) -> String {
    let trigger = row.trigger.as_deref().map_or("none".to_owned(), |trigger| format!("{}:{trigger}", trigger.len()));
    let day = |day: Option<i64>| day.map_or("none".to_owned(), |day| day.to_string());
    format!("{trigger} {} {}", day(row.earliest_start), day(row.earliest_end))
}

/// A label without what people leave out.
fn plain(label: &str) -> String {
    label.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '.' | ':')).flat_map(char::to_lowercase).collect()
}

/// 128 bits: whoever writes the texts could choose some that meet in fewer.
fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"plenary around 1\n");
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn differing(before: &BTreeMap<PointId, String>, now: &BTreeMap<PointId, String>) -> impl Iterator<Item = PointId> {
    let gone = before.keys().filter(|point| !now.contains_key(*point));
    let other = now.iter().filter(|(point, digest)| before.get(*point) != Some(*digest)).map(|(point, _)| point);
    gone.chain(other).cloned().collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Points 1, 2 with (a) and (b) below it, 3, 5 bis and Article 7.
    fn outline() -> Outline {
        let all = [
            ("p1", "1", None, "Subject to point 3 and to paragraphs 5 bis, 2(a), within 7 days."),
            ("p2", "2", None, "Each Party shall:"),
            ("pa", "(a)", Some("p2"), "withdraw, as Article 7 says, and"),
            ("pb", "(b)", Some("p2"), "see point 2."),
            ("p3", "3", None, "Thirty days."),
            ("p5", "5 bis", None, "Access."),
            ("p7", "Article 7", None, "By land."),
        ];
        let points = all.into_iter().enumerate().map(|(at, (id, label, parent, words))| {
            let point = json!({
                "id": id, "label": label, "heading": "", "words": words, "parent": parent, "depth": u8::from(parent.is_some()),
                "order": format!("{at}"), "struck": false, "schedule": {},
            });
            serde_json::from_value(point).expect("a point")
        });
        Outline { points: points.collect(), ..Outline::default() }
    }

    fn around(outline: &Outline, point: &str) -> Around {
        Surroundings::new(outline, &ExactWords::read(outline), &Known::of(outline)).of(&point.parse().expect("an id"))
    }

    /// What has changed around a point since `outline`, as `above 2, cited 3, date`.
    fn changed(point: &str, change: impl FnOnce(&mut Outline)) -> String {
        let mut outline = outline();
        let before = Around::read(&around(&outline, point).kept()).expect("it reads back");
        change(&mut outline);
        let exact = ExactWords::read(&outline);
        let known = Known::of(&outline);
        let now = Surroundings::new(&outline, &exact, &known);
        let told = now.changed(&before, &now.of(&point.parse().expect("an id")));
        let name = |what: &Surrounding| match what {
            Surrounding::Above { label, .. } => format!("above {label}"),
            Surrounding::Cited { label, .. } => format!("cited {label}"),
            Surrounding::Date => "date".to_owned(),
        };
        told.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn words(point: usize, words: &str) -> impl FnOnce(&mut Outline) {
        move |outline| outline.points[point].words = words.to_owned()
    }

    #[test]
    fn labels_are_cited_and_numbers_are_not() {
        let cited = |point: &str| around(&outline(), point).cited.keys().map(PointId::to_string).collect::<Vec<_>>();
        assert_eq!(cited("p1"), ["p2", "p3", "p5"], "7 days are no point");
        assert_eq!(cited("pa"), ["p7"]);
        assert_eq!(cited("p2"), ["p7"], "what is cited below it");
        assert!(cited("pb").is_empty() && cited("p3").is_empty(), "2 is above it");
    }

    #[test]
    fn what_changes_around_words_is_told_and_what_does_not_is_not() {
        assert_eq!(changed("p1", |_| {}), "");
        assert_eq!(changed("p1", words(4, "Sixty days.")), "cited 3");
        assert_eq!(changed("p1", words(2, "stay")), "cited 2", "a point that is cited is cited with all below it");
        assert_eq!(changed("p1", words(6, "By sea.")), "");
        assert_eq!(changed("pa", words(1, "Each Party may:")), "above 2");
        assert_eq!(changed("pa", words(3, "other")), "", "what stands beside it is not above it");
        assert_eq!(changed("p1", |outline| outline.points[4].struck = true), "cited 3");
        assert_eq!(changed("p1", |outline| outline.points[4].label = "4".into()), "cited 4");
        assert_eq!(changed("pa", |outline| outline.points.truncate(6)), "cited ");
    }

    #[test]
    fn a_day_that_others_schedules_move_is_told() {
        let schedule = |value: serde_json::Value| serde_json::from_value(value).expect("a schedule");
        let mut outline = outline();
        outline.points[0].schedule = schedule(json!({ "trigger": "D-Day", "duration_days": 5 }));
        outline.points[4].schedule = schedule(json!({ "after": { "p1": "done" }, "duration_days": 2 }));
        let before = around(&outline, "p3");
        outline.points[0].schedule.duration_days = Some(6);
        let (exact, known) = (ExactWords::read(&outline), Known::of(&outline));
        let now = Surroundings::new(&outline, &exact, &known);
        assert_eq!(now.changed(&before, &around(&outline, "p3")), [Surrounding::Date]);
    }

    #[test]
    fn what_is_kept_by_anybody_is_read_or_is_none() {
        for none in ["", "x", "{\"above\":1}", &format!("{{\"date\":\"{}\"}}", "x".repeat(KEPT_BYTES_MAX))] {
            assert_eq!(Around::read(none), None);
        }
        assert_eq!(Around::read("{}"), Some(Around::default()));
    }
}
