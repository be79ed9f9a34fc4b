//! The timetable as a picture: a Gantt chart in SVG that needs nothing else, neither script nor style sheet nor font.
//!
//! Days from one trigger say nothing about days from another, so each trigger has a part of the chart with an axis of its own.
//! What colour says, shape says too: the critical path is hatched and framed, a moment is a diamond, what has no date is an empty
//! dashed frame.

mod scale;
mod text;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use super::{Row, ScheduleFault, Timetable, Wait, fault};
use crate::{id::PointId, text::plan::After};
use scale::{Scale, signed};
use text::{escape, fit};

// Pixels. The columns from the left: warning, name, heading, days, chart.
const WIDTH: f64 = 1120.0;
const NAME: (f64, f64) = (28.0, 92.0);
const HEADING: (f64, f64) = (126.0, 216.0);
const DAYS: (f64, f64) = (348.0, 108.0);
const CHART: (f64, f64) = (464.0, 632.0);
const HEAD: f64 = 78.0;
const SECTION_HEAD: f64 = 40.0;
const SECTION_GAP: f64 = 20.0;
const ROW: f64 = 26.0;
/// Half the height of a bar.
const BAR: f64 = 7.0;
/// A bar is never thinner.
const BAR_WIDTH_MIN: f64 = 3.0;
/// Characters of what shows when the pointer rests on a row.
const TIP_CHARS: usize = 1_000;

const INK: &str = "#1c2733";
const FAINT: &str = "#5b6875";
const LINE: &str = "#dfe5eb";
const STEP: &str = "#a9c3dc";
const STEP_EDGE: &str = "#43688c";
const CRITICAL_EDGE: &str = "#8a2d0c";
const WRONG: &str = "#b3261e";

/// Draws the timetable of a plan with this title. The picture is 1120 pixels wide and as high as it must be.
pub fn gantt(timetable: &Timetable, title: &str) -> String {
    let sections = sections(timetable);
    let height = HEAD + sections.iter().map(|section| section.height() + SECTION_GAP).sum::<f64>();
    let mut chart = Chart { out: String::new(), faults: HashMap::new() };
    for fault in &timetable.faults {
        for step in fault.steps() {
            chart.faults.entry(&step.point).or_default().push(fault);
        }
    }
    chart.head(title, timetable, height.max(HEAD + ROW));
    let decisive: HashSet<(&PointId, &PointId)> =
        timetable.critical.iter().flat_map(|path| path.points.windows(2)).map(|pair| (&pair[0], &pair[1])).collect();
    let mut top = HEAD;
    for section in &sections {
        chart.section(section, top, &decisive);
        top += section.height() + SECTION_GAP;
    }
    chart.out.push_str("</g></svg>\n");
    chart.out
}

/// The rows of one trigger.
struct Section<'a> {
    trigger: Option<&'a str>,
    rows: Vec<&'a Row>,
}

impl Section<'_> {
    fn height(&self) -> f64 {
        SECTION_HEAD + ROW * self.rows.len() as f64
    }
}

/// By trigger, in the order of the rows; rows without one come last.
fn sections(timetable: &Timetable) -> Vec<Section<'_>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    for row in &timetable.rows {
        let trigger = row.trigger.as_deref();
        let place = *places.entry(trigger).or_insert(sections.len());
        match sections.get_mut(place) {
            Some(section) => section.rows.push(row),
            None => sections.push(Section { trigger, rows: vec![row] }),
        }
    }
    sections.sort_by_key(|section| section.trigger.is_none());
    sections
}

/// A bar: where it begins and ends, and the middle of its row.
#[derive(Clone, Copy)]
struct Bar {
    from: f64,
    to: f64,
    y: f64,
    is_moment: bool,
}

struct Chart<'a> {
    out: String,
    faults: HashMap<&'a PointId, Vec<&'a ScheduleFault>>,
}

impl<'a> Chart<'a> {
    fn put(&mut self, arguments: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(arguments);
        self.out.push('\n');
    }

    fn head(&mut self, title: &str, timetable: &Timetable, height: f64) {
        let title = if title.trim().is_empty() { "Timetable" } else { title };
        let (shown, full) = (escape(&fit(title, WIDTH - 60.0, 18.0)), escape(&super::graph::cut(title, TIP_CHARS)));
        let rows = timetable.rows.len();
        self.put(format_args!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="gantt-title gantt-desc">
<title id="gantt-title">{full}</title>
<desc id="gantt-desc">Gantt chart of {rows} steps, in days from what triggers them.</desc>
<defs>
<pattern id="gantt-critical" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#e0743c"/><rect width="2" height="6" fill="#ffe3d1"/></pattern>
<marker id="gantt-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L8 4L0 7.5z" fill="{FAINT}"/></marker>
<marker id="gantt-arrow-critical" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L8 4L0 7.5z" fill="{CRITICAL_EDGE}"/></marker>"##
        ));
        for (name, (x, width)) in [("name", NAME), ("heading", HEADING), ("days", DAYS), ("chart", CHART)] {
            self.put(format_args!(
                r#"<clipPath id="gantt-{name}"><rect x="{x}" y="0" width="{width}" height="{height}"/></clipPath>"#
            ));
        }
        self.put(format_args!(
            r##"</defs>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
<g font-family="system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif" font-size="12" fill="{INK}">
<text x="28" y="32" font-size="18" font-weight="600" unicode-bidi="plaintext">{shown}</text>"##
        ));
        if rows == 0 {
            self.put(format_args!(r#"<text x="28" y="62" fill="{FAINT}">No point has a schedule yet.</text>"#));
        } else {
            self.legend();
        }
    }

    fn legend(&mut self) {
        let y = 57.0;
        let bar = |from| Bar { from, to: from + 26.0, y, is_moment: false };
        self.bar(bar(28.0), false);
        self.bar(bar(104.0), true);
        self.bar(Bar { is_moment: true, ..bar(226.0) }, false);
        self.put(format_args!(
            r#"<rect x="326" y="{}" width="26" height="{}" fill="none" stroke="{WRONG}" stroke-dasharray="4 3"/>"#,
            y - BAR,
            2.0 * BAR
        ));
        self.put(format_args!(
            r#"<path d="M424 {y}h24" fill="none" stroke="{FAINT}" marker-end="url(#gantt-arrow)"/>
<path d="M528 {y}h24" fill="none" stroke="{FAINT}" stroke-dasharray="2 3" marker-end="url(#gantt-arrow)"/>"#
        ));
        self.warning(758.0, y);
        let words = [
            (60, "step"),
            (136, "critical path"),
            (238, "no duration"),
            (358, "no date"),
            (454, "waits for"),
            (558, "waits for, unclear what of it"),
            (771, "something is missing or wrong"),
        ];
        for (x, words) in words {
            self.put(format_args!(r#"<text x="{x}" y="{}" fill="{FAINT}">{words}</text>"#, y + 4.0));
        }
    }

    fn section(&mut self, section: &Section<'a>, top: f64, decisive: &HashSet<(&PointId, &PointId)>) {
        let spans = || section.rows.iter().filter_map(|row| Some((row.earliest_start?, row.earliest_end?)));
        let scale = Scale::new(spans(), CHART.0, CHART.1);
        let first = top + SECTION_HEAD;
        let bottom = top + section.height();
        let heading = match section.trigger {
            Some(trigger) => format!("Days from {}", escape(&fit(trigger, 340.0, 13.0))),
            None => "Without a trigger".to_owned(),
        };
        self.put(format_args!(
            r#"<text x="28" y="{}" font-size="13" font-weight="600" unicode-bidi="plaintext">{heading}</text>"#,
            first - 12.0
        ));
        for at in (0..section.rows.len()).step_by(2) {
            let y = first + ROW * at as f64;
            self.put(format_args!(r##"<rect x="0" y="{y}" width="{WIDTH}" height="{ROW}" fill="#f5f7fa"/>"##));
        }
        if spans().next().is_some() {
            self.axis(&scale, first, bottom);
        }
        let mut bars: HashMap<&PointId, Bar> = HashMap::new();
        for (at, row) in section.rows.iter().enumerate() {
            if let (Some(start), Some(end)) = (row.earliest_start, row.earliest_end) {
                let (from, y) = (scale.x(start), first + ROW * (at as f64 + 0.5));
                let is_moment = row.duration_days.unwrap_or(0) <= 0;
                bars.insert(&row.step.point, Bar { from, to: scale.x(end).max(from + BAR_WIDTH_MIN), y, is_moment });
            }
        }
        for row in &section.rows {
            for wait in &row.after {
                if let (Some(before), Some(bar)) = (bars.get(&wait.step.point), bars.get(&row.step.point)) {
                    self.arrow(*before, *bar, wait, decisive.contains(&(&wait.step.point, &row.step.point)));
                }
            }
        }
        for (at, row) in section.rows.iter().enumerate() {
            self.row(row, bars.get(&row.step.point).copied(), first + ROW * (at as f64 + 0.5));
        }
    }

    fn axis(&mut self, scale: &Scale, first: f64, bottom: f64) {
        for day in scale.ticks() {
            let x = scale.x(day);
            let (stroke, label) = if day == 0 { (FAINT, "0".to_owned()) } else { (LINE, signed(day)) };
            self.put(format_args!(
                r#"<path d="M{x:.1} {}V{bottom}" stroke="{stroke}"/><text x="{x:.1}" y="{}" text-anchor="middle" font-size="11" fill="{FAINT}">{label}</text>"#,
                first - 6.0,
                first - 12.0
            ));
        }
    }

    fn row(&mut self, row: &Row, bar: Option<Bar>, y: f64) {
        let tip = self.tip(row);
        self.put(format_args!("<g><title>{}</title>", escape(&super::graph::cut(&tip, TIP_CHARS))));
        // What the pointer rests on.
        self.put(format_args!(r#"<rect x="0" y="{}" width="{WIDTH}" height="{ROW}" fill-opacity="0"/>"#, y - ROW / 2.0));
        if self.faults.contains_key(&row.step.point) {
            self.warning(16.0, y);
        }
        let days = match (row.earliest_start, row.earliest_end) {
            (Some(start), Some(end)) => {
                let until = row.latest_end.map_or(String::new(), |latest| format!("–{}", signed(latest)));
                if start == end { signed(start) + &until } else { format!("{} to {}{until}", signed(start), signed(end)) }
            }
            _ => "–".to_owned(),
        };
        let (weight, size) = if row.critical { ("600", 13.6) } else { ("400", 12.0) };
        for ((x, width), column, text) in
            [(NAME, "name", &*row.step.name), (HEADING, "heading", &row.heading), (DAYS, "days", &days)]
        {
            self.put(format_args!(
                r#"<text x="{x}" y="{}" font-weight="{weight}" clip-path="url(#gantt-{column})" unicode-bidi="plaintext">{}</text>"#,
                y + 4.0,
                escape(&fit(text, width, size))
            ));
        }
        match bar {
            Some(bar) => self.bar(bar, row.critical),
            None => self.no_date(row, y),
        }
        self.out.push_str("</g>\n");
    }

    fn bar(&mut self, Bar { from, to, y, is_moment }: Bar, is_critical: bool) {
        let look = if is_critical {
            format!(r##"fill="url(#gantt-critical)" stroke="{CRITICAL_EDGE}" stroke-width="2""##)
        } else {
            format!(r#"fill="{STEP}" stroke="{STEP_EDGE}""#)
        };
        if is_moment {
            self.put(format_args!(r#"<path d="M{from:.1} {}l{BAR} {BAR}l-{BAR} {BAR}l-{BAR} -{BAR}z" {look}/>"#, y - BAR));
        } else {
            self.put(format_args!(
                r#"<rect x="{from:.1}" y="{}" width="{:.1}" height="{}" rx="2" {look}/>"#,
                y - BAR,
                to - from,
                2.0 * BAR
            ));
        }
    }

    fn no_date(&mut self, row: &Row, y: f64) {
        let faults = self.faults.get(&row.step.point);
        let own = faults.into_iter().flatten().find_map(|fault| match fault {
            ScheduleFault::Circle { steps } => {
                Some(format!("no date: waits in a circle, {}", fault::way(steps).replace("->", "→")))
            }
            ScheduleFault::MixedTriggers { .. } => Some("no date: several triggers meet here".to_owned()),
            ScheduleFault::NoTrigger { .. } => Some("no date: nothing starts its clock".to_owned()),
            _ => None,
        });
        let why = own.unwrap_or_else(|| "no date: waits for what has none".to_owned());
        let (x, width) = CHART;
        self.put(format_args!(
            r##"<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="#ffffff" stroke="{WRONG}" stroke-dasharray="4 3"/>
<text x="{}" y="{}" font-size="11" fill="{WRONG}" clip-path="url(#gantt-chart)">{}</text>"##,
            x + 8.0,
            y - BAR - 1.5,
            width - 16.0,
            2.0 * BAR + 3.0,
            x + 15.0,
            y + 4.0,
            escape(&fit(&why, width - 30.0, 11.0))
        ));
    }

    /// From the event that is waited for down, or up, to the start of the bar that waits.
    fn arrow(&mut self, before: Bar, bar: Bar, wait: &Wait, is_decisive: bool) {
        let is_below = bar.y >= before.y;
        let side = if is_below { 1.0 } else { -1.0 };
        let into = if bar.is_moment { bar.from } else { bar.from + 4.0_f64.min((bar.to - bar.from) / 2.0) };
        let edge = bar.y - side * (BAR + 1.0);
        let way = if wait.what == After::Start && !before.is_moment {
            format!("M{:.1} {:.1}V{:.1}H{into:.1}V{edge:.1}", before.from + 1.5, before.y, before.y + side * ROW / 2.0)
        } else {
            let from = if before.is_moment { before.from } else { before.to };
            format!("M{from:.1} {:.1}H{:.1}V{edge:.1}", before.y, into.max(from))
        };
        let (stroke, width, marker) =
            if is_decisive { (CRITICAL_EDGE, 2.0, "gantt-arrow-critical") } else { (FAINT, 1.0, "gantt-arrow") };
        let dash = if wait.what == After::Unsaid { r#" stroke-dasharray="2 3""# } else { "" };
        self.put(format_args!(
            r#"<path d="{way}" fill="none" stroke="{stroke}" stroke-width="{width}"{dash} marker-end="url(#{marker})"/>"#
        ));
    }

    /// A triangle with an exclamation mark around `x`.
    fn warning(&mut self, x: f64, y: f64) {
        self.put(format_args!(
            r##"<path d="M{x} {}l7 12h-14z" fill="#fff4e5" stroke="{WRONG}" stroke-linejoin="round"/><path d="M{x} {}v4m0 2v1.5" stroke="{WRONG}" stroke-width="1.5"/>"##,
            y - 7.0,
            y - 3.0
        ));
    }

    /// What there is to say about a row.
    fn tip(&self, row: &Row) -> String {
        let mut tip = format!("{} {}", row.step.name, super::graph::cut(&row.heading, 200));
        let trigger = row.trigger.as_deref().unwrap_or("the trigger");
        match (row.earliest_start, row.earliest_end) {
            (Some(start), Some(end)) => {
                let _ = write!(tip, ": earliest from day {start} to day {end} from {trigger}");
            }
            _ => tip.push_str(": no date"),
        }
        if row.latest_start.is_some() || row.latest_end.is_some() {
            let latest = |latest: Option<i64>, earliest| latest.or(earliest).map_or(String::new(), |day: i64| day.to_string());
            let (start, end) = (latest(row.latest_start, row.earliest_start), latest(row.latest_end, row.earliest_end));
            let _ = write!(tip, ", latest from day {start} to day {end}");
        }
        if let Some(day) = row.earliest_certified {
            let _ = write!(tip, ", certified on day {day}");
        }
        if row.critical {
            tip.push_str(", on the critical path");
        }
        for (who, name) in [("responsible", &row.responsible), ("verifier", &row.verifier), ("condition", &row.condition)] {
            if let Some(name) = name {
                let _ = write!(tip, "; {who}: {}", super::graph::cut(name, 80));
            }
        }
        for fault in self.faults.get(&row.step.point).into_iter().flatten().take(5) {
            let _ = write!(tip, ". {fault}");
        }
        tip
    }
}
