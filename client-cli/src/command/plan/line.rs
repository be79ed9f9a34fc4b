//! A plan in a line.

use plenary_shared::wire::api::Plan;

use crate::output::inline;

/// Its id, its title, what each party may do with it, and whether it is worked on.
pub fn text(plan: &Plan) -> String {
    let access = match (&plan.access, plan.yours) {
        (Some(list), _) if list.is_empty() => "no party".to_owned(),
        (Some(list), _) => list.iter().map(|(party, access)| format!("{party}={access}")).collect::<Vec<_>>().join(" "),
        (None, Some(yours)) => yours.to_string(),
        (None, None) => "read".to_owned(),
    };
    let state = if plan.state.is_open() { String::new() } else { format!(", {}", plan.state) };
    format!("{}  {}  ({access}{state})", plan.id, inline(&plan.title))
}
