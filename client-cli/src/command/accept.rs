//! `accept`: words that were read.
//!
//! What is accepted is shown, and sent by its digest: words that others write meanwhile are not accepted. It has to be what this profile
//! was last shown, or be named; who was shown nothing yet is asked.

use plenary_shared::{
    id::{self, LayerId, PlanId, PointId},
    script::{self, Done, Edit, Script, Stood},
    text::{
        plan::{FindError, Outline, Point},
        say::in_words,
        words::{ExactWords, WordsDigest},
    },
};
use std::collections::HashMap;

use super::{
    entries::stood,
    quote::Quote,
    read::{below, tree},
    words::given,
};
use crate::{
    answer::{PositionTaken, PositionsTaken},
    ask,
    context::Context,
    error::CliError,
    expect::{Fingerprint, Named, short},
    output::inline,
    render::called,
    shown::LastShown,
};

/// Accept the exact words of points, each with all below it, or support a bracket
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The words are shown, and the acceptance is bound to them: it lapses when they change. Words that have
changed since they were last shown to you are refused, unless --expect names them by their
fingerprint, as `plenary show` and `plenary standing` print it. Without a terminal that is needed for
each point, and for a bracket that is not quoted. Points are accepted all or none.
A new position on the same words or the same bracket takes the place of your party's earlier ones.

Examples:
  plenary accept plan '5 bis'
  plenary accept plan 1 2 5-8
  plenary accept plan 5 --ad-referendum --because 'Subject to parliament.'
  plenary accept plan 5 --quote '[30]'
  plenary accept plan 5 --expect 82c353bc6de4
  plenary accept plan 1 2 --expect 1=82c353bc6de4 --expect 2=a7ad5d8a896e")]
pub struct Accept {
    /// The plan
    plan: PlanId,
    /// The points: labels, paths of labels, ids; or from one to another beside it, as in 5-8
    #[arg(required = true, value_name = "POINT")]
    points: Vec<String>,
    /// Subject to the capital
    #[arg(long)]
    ad_referendum: bool,
    /// What is to be said with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// Accept only these words: at least 12 characters of their digest. Several points are named each
    #[arg(long, value_name = "[POINT=]FINGERPRINT")]
    expect: Vec<Named>,
    #[command(flatten)]
    quote: Quote,
    /// The layer of your party to write in; only positions in the layer 'positions' count
    #[arg(long, default_value = id::POSITIONS)]
    layer: LayerId,
}

impl Accept {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Quote { quote, bracket } = &self.quote;
        let because = given(self.because.clone())?;
        let open = context.open(&self.plan)?;
        let outline = open.outline()?;
        let points = named(&outline, &self.points)?;
        if points.len() > 1 && (quote.is_some() || bracket.is_some()) {
            return Err(CliError::Usage("a bracket is one point's: name that point alone".into()));
        }
        let exact = ExactWords::read(&outline);
        let words = Offered { outline: &outline, exact: &exact, points, shown: LastShown::read(&open.whose()?, &self.plan) };
        let expected = expected(&words, self.expect)?;
        let meant = words.meant(context, &expected, quote.is_some())?;
        let edit = |(point, expect): (&&Point, &Option<WordsDigest>)| {
            Edit::Accept(script::Accept {
                point: point.id.to_string(),
                ad_referendum: self.ad_referendum,
                because: because.clone(),
                expect: *expect,
                quote: quote.clone(),
                bracket: *bracket,
                layer: self.layer.clone(),
            })
        };
        let edits = words.points.iter().zip(&meant).map(edit).collect();
        let applied = open.run(&Script { edits, ..Script::default() })?;
        context.tell_damage_of(&open);
        words.keep();
        report(context, &self.plan, &applied.done)
    }
}

fn report(context: &Context, plan: &PlanId, done: &[Done]) -> Result<(), CliError> {
    let taken = |done: &Done| match done {
        Done::Stood(done) => Ok(done.clone()),
        other => Err(CliError::unexpected(other)),
    };
    let taken = done.iter().map(taken).collect::<Result<Vec<Stood>, _>>()?;
    let text = || taken.iter().map(stood).collect::<Vec<_>>().join("\n");
    let mut positions: Vec<_> = taken.iter().map(|done| PositionTaken { plan, done, changed: true, durable: true }).collect();
    match positions.len() {
        1 => context.output.result(&positions.remove(0), text),
        _ => context.output.result(&PositionsTaken { plan, positions, changed: true, durable: true }, text),
    }
}

/// The words that are to be accepted.
struct Offered<'a> {
    outline: &'a Outline,
    exact: &'a ExactWords,
    points: Vec<&'a Point>,
    shown: LastShown,
}

impl Offered<'_> {
    /// Shows the words, and answers by which digest each point's are accepted; none where nobody is there who could have read them.
    fn meant(
        &self,
        context: &Context,
        expected: &HashMap<PointId, Fingerprint>,
        is_quoted: bool,
    ) -> Result<Vec<Option<WordsDigest>>, CliError> {
        let (mut meant, mut new, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let asks = ask::is_there(&context.output);
        for point in &self.points {
            let now = self.exact.get(&point.id).map(|exact| exact.digest);
            let name = inline(&called(&point.label, &point.id)).into_owned();
            let points = below(self.outline, point.id.as_str()).unwrap_or_default();
            context.output.before(|| tree(points, self.exact, |_| String::new()))?;
            match (expected.get(&point.id), now) {
                (Some(fingerprint), Some(now)) if !fingerprint.is_of(&now) => return Err(others(&name, fingerprint, &now)),
                (None, Some(now)) if asks && !is_quoted => match self.shown.get(&point.id) {
                    Some(last) if last != now => changed.push(format!("{name} ({})", short(&now))),
                    Some(_) => {}
                    None => new.push(name),
                },
                _ => {}
            }
            meant.push(now.filter(|_| asks || expected.contains_key(&point.id)).filter(|_| !is_quoted));
        }
        if !changed.is_empty() {
            self.keep();
            let those = in_words(&changed);
            return Err(CliError::Refused(format!(
                "changed since last shown to you: {those}; nothing was accepted. This is how the words read now: repeat it if you accept them"
            )));
        }
        if !new.is_empty() && !ask::agrees(&format!("accept these words of {}?", in_words(&new))) {
            self.keep();
            return Err(CliError::Refused("nothing was accepted".into()));
        }
        Ok(meant)
    }

    /// Keeps that they were shown.
    fn keep(&self) {
        let below = self.points.iter().flat_map(|point| below(self.outline, point.id.as_str()).unwrap_or_default());
        self.shown.keep(below.filter_map(|point| Some((point.id.clone(), self.exact.get(&point.id)?.digest))));
    }
}

/// Why words are not accepted that are not those that are named.
fn others(name: &str, expected: &Fingerprint, now: &WordsDigest) -> CliError {
    CliError::Refused(format!(
        "the words of {name} are not those that you expect: their fingerprint is {}, not {}; nothing was accepted",
        short(now),
        expected.as_str()
    ))
}

/// Which words are named, by point.
fn expected(words: &Offered, given: Vec<Named>) -> Result<HashMap<PointId, Fingerprint>, CliError> {
    let mut expected = HashMap::with_capacity(given.len());
    for Named { point, fingerprint } in given {
        let point = match (point, &words.points[..]) {
            (Some(what), points) => points.iter().find(|point| words.outline.find(&what).is_ok_and(|found| found.id == point.id)),
            (None, [point]) => Some(point),
            (None, _) => {
                return Err(CliError::Usage("several points are to be accepted: name each, --expect POINT=FINGERPRINT".into()));
            }
        };
        let point = point.ok_or_else(|| CliError::Usage("--expect names a point that is not to be accepted".into()))?;
        expected.insert(point.id.clone(), fingerprint);
    }
    Ok(expected)
}

/// The points that are named, each once.
fn named<'a>(outline: &'a Outline, given: &[String]) -> Result<Vec<&'a Point>, CliError> {
    let mut named: Vec<&Point> = Vec::new();
    for what in given {
        let found = match outline.find(what) {
            Ok(point) => vec![point],
            Err(error @ FindError::Unknown { .. }) => range(outline, what).ok_or(error)?,
            Err(error) => return Err(error.into()),
        };
        for point in found {
            if named.iter().all(|known| known.id != point.id) {
                named.push(point);
            }
        }
    }
    Ok(named)
}

/// From one point to another that stands beside it, those that are struck left out. Labels may hold the dash too.
fn range<'a>(outline: &'a Outline, what: &str) -> Option<Vec<&'a Point>> {
    what.match_indices(['-', '–']).find_map(|(at, dash)| {
        let (from, to) = (outline.find(&what[..at]).ok()?, outline.find(&what[at + dash.len()..]).ok()?);
        let beside = outline.points.iter().filter(|point| point.parent == from.parent);
        let mut within: Vec<&Point> = beside.skip_while(|point| point.id != from.id).collect();
        let end = within.iter().position(|point| point.id == to.id)?;
        within.truncate(end + 1);
        within.retain(|point| !point.struck);
        Some(within)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outline(points: &[(&str, &str, Option<&str>, bool)]) -> Outline {
        let point = |(at, (id, label, parent, struck)): (usize, &(&str, &str, Option<&str>, bool))| {
            let value = json!({
                "id": id, "label": label, "heading": "", "words": "w", "parent": parent, "depth": usize::from(parent.is_some()),
                "order": format!("{at}"), "struck": struck, "schedule": {},
            });
            serde_json::from_value(value).expect("a point")
        };
        Outline { points: points.iter().enumerate().map(point).collect(), ..Outline::default() }
    }

    #[test]
    fn points_are_named_one_by_one_or_from_one_to_another_beside_it() {
        let outline = outline(&[
            ("a", "1", None, false),
            ("b", "(a)", Some("a"), false),
            ("c", "2", None, false),
            ("d", "3", None, true),
            ("e", "4", None, false),
            ("f", "5-8", None, false),
        ]);
        let ids = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|what| (*what).to_owned()).collect();
            named(&outline, &given).map(|points| points.iter().map(|point| point.id.as_str()).collect::<String>())
        };
        for (given, wanted) in [
            (&["1"][..], "a"),
            (&["1-4"], "ace"),
            (&["4", "1-2", "2"], "eac"),
            (&["5-8"], "f"),
            (&["4-5-8"], "ef"),
            (&["2–4"], "ce"),
            (&["3"], "d"),
        ] {
            assert_eq!(ids(given).expect("points"), wanted, "{given:?}");
        }
        for none in ["4-1", "1-(a)", "1-9", "9", "-"] {
            assert_eq!(ids(&[none]).expect_err("none").exit_code(), 1, "{none}");
        }
    }
}
