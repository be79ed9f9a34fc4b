//! Honest people, with the editors and libraries that they have: none of them meets a refusal.

mod editor;
mod python;
mod undone;

use serde_json::Value;

const PLAN: &str = "framework";

/// Whether a client is connected and was never sent away for good.
fn stays(state: &Value) -> bool {
    state["connected"] == true && state["closed"]["code"].as_u64().is_none_or(|code| code < 4400)
}

fn words<'a>(state: &'a Value, point: &str) -> &'a str {
    state["points"][point]["words"].as_str().unwrap()
}
