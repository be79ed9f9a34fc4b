//! The table and the chart.

use super::*;

/// Reads one line of the table.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cells.last_mut().expect("one").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().expect("one").push(c),
        }
    }
    cells
}

#[test]
fn the_table_has_a_line_for_each_step_and_no_cell_is_a_formula() {
    let mut outline = steps(&["D-Day + -2 for 12", "after p1 start, x"]);
    outline.points[0].heading = "Say \"no\",\nor yes\u{0}".into();
    outline.points[0].schedule.responsible = Some("=HYPERLINK(\"http://x\")".into());
    outline.points[0].schedule.method = Some("\tx".into());
    outline.points[0].schedule.condition = Some(" @x".into());
    outline.points[1].schedule.verifier = Some("-1+1".into());
    let table = csv(&timetable(&outline));
    let (head, body) = table.split_once("\r\n").expect("a header");
    assert!(head.starts_with("point,heading,trigger,earliest_start,earliest_end,latest_start,latest_end,"));
    let lines: Vec<&str> = body.split_terminator("\r\n").collect();
    let first = [
        "1",
        "Say \"no\",\nor yes",
        "D-Day",
        "-2",
        "10",
        "-2",
        "10",
        "12",
        "",
        "",
        "'=HYPERLINK(\"http://x\")",
        "Mission",
        "'\tx",
        "' @x",
        "yes",
    ];
    assert_eq!(cells(lines[0]), first);
    assert_eq!(lines[1], "2,,D-Day,-2,-2,-2,-2,,,1 (started); x (unsaid),Parties,'-1+1,,,no");
    assert_eq!(lines.len(), 2);
}

/// Panics unless `svg` is well-formed and needs nothing from elsewhere.
pub(super) fn check_svg(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, more)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text:?}");
        let (tag, after) = more.split_once('>').expect("a whole tag");
        let name = |tag: &str| tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(closing), _) => assert_eq!(open.pop().as_deref(), Some(closing)),
            (None, false) => open.push(name(tag)),
            (None, true) => {}
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        rest = after;
    }
    assert_eq!((open.len(), rest.trim()), (0, ""));
    for entity in svg.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| entity.starts_with(known)), "{entity:.20}");
    }
    assert!(!svg.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202e}')));
    for not in ["NaN", "inf", "<script", "href", "<style", "onload"] {
        assert!(!svg.contains(not), "{not}");
    }
}

#[test]
fn the_chart_is_a_picture_by_itself_whatever_the_plan_holds() {
    let mut outline = steps(&["D-Day + 2 for 12", "after p1", "after p3 done", "EIF", "for 3"]);
    let hostile = "</text><script>alert(1)</script>\u{0}\u{7}\u{202e}&amp; \"'] ]>\n\u{ffff}";
    outline.points[0].heading = hostile.into();
    outline.points[0].label = hostile.into();
    outline.points[3].schedule.trigger = Some(hostile.into());
    outline.points[1].heading = "انسحاب القوات إلى ما وراء الخط المبين في المرفق".into();
    outline.points[3].heading = "设立停战监督委员会".into();
    let timetable = timetable(&outline);
    let svg = gantt(&timetable, hostile);
    check_svg(&svg);
    assert!(svg.contains("انسحاب القوات") && svg.contains("设立停战监督委员会"));
    assert!(svg.contains("no date: waits in a circle, 3 → 3"));
    assert_eq!(svg.matches("<g><title>").count(), timetable.rows.len());
}

#[test]
fn the_chart_bears_no_rows_thousands_of_rows_and_any_span() {
    check_svg(&gantt(&Timetable::default(), ""));
    assert!(gantt(&Timetable::default(), "").contains("No point has a schedule yet."));
    let many: Vec<String> = (0..2_000).map(|n| format!("for 3 after p{n} done")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many[0] = "D-Day for 1";
    check_svg(&gantt(&timetable(&steps(&many)), "Many"));
    for extreme in [1, 7, 365, 1 << 53, i64::MAX, -1, -(1 << 53), i64::MIN] {
        let mut outline = steps(&["D-Day for 1", "D-Day for 1", "after p2 done"]);
        outline.points[1].schedule.offset_days = Some(extreme);
        outline.points[1].schedule.duration_days = Some(extreme);
        let svg = gantt(&timetable(&outline), "Far");
        check_svg(&svg);
        assert!(svg.matches("text-anchor=\"middle\"").count() <= 12, "{extreme}: {svg}");
    }
}
