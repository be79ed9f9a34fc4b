//! A point's schedule in one line.

use std::collections::HashMap;

use super::{
    sheet::{Line, Span, own, strong},
    text::one_line,
};
use crate::{
    id::PointId,
    limits::POINT_DEPTH_MAX,
    text::plan::{Point, Said, said},
};

/// A point as it is cited elsewhere: `17(a)`, `Article 3/1`; nothing where it has no label.
fn cited(point: &Point, points: &HashMap<&PointId, &Point>) -> String {
    let mut cited = one_line(&point.label);
    let mut above = point.parent.as_ref();
    for _ in 0..POINT_DEPTH_MAX {
        let Some(point) = above.and_then(|id| points.get(id)).filter(|_| !cited.is_empty()) else { break };
        let label = one_line(&point.label);
        let between = if label.is_empty() || cited.starts_with(['(', '（']) { "" } else { "/" };
        cited = format!("{label}{between}{cited}");
        above = point.parent.as_ref();
    }
    cited
}

/// `Schedule: begins 3 days after D-Day; lasts 14 days; after 4 is completed; ...`; empty where there is none. `texts` is what becomes of
/// people's words.
pub(super) fn line<'a>(point: &Point, points: &HashMap<&PointId, &Point>, mut texts: impl FnMut(&str) -> String) -> Line<'a> {
    let label = |id: &PointId| points.get(id).map(|point| cited(point, points));
    let mut line = Vec::new();
    for (at, part) in said(&point.schedule, label).into_iter().enumerate() {
        line.extend([if at == 0 { strong("Schedule:") } else { own(";") }, own(" ")]);
        line.extend(part.into_iter().map(|part| match part {
            Said::Ours(text) => own(text),
            Said::Theirs(text) => Span::Text(one_line(&texts(&text)).into()),
        }));
    }
    line
}
