//! Scripts in text: JSON Lines, an edit a line, or one JSON object; and the JSON Schema of a line.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::{Advice, Edit, Script, ScriptError};
use crate::{
    limits,
    text::say::{inline, quoted},
};

/// The JSON Schema (draft 2020-12) of one line of a script.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Edit).into()
}

impl Script {
    /// Reads edits from JSON Lines. Blank lines count and are skipped.
    ///
    /// # Errors
    /// [`ScriptError`] for the first line that is no edit.
    pub fn parse_lines(text: &str) -> Result<Vec<Edit>, ScriptError> {
        if text.len() > limits::SCRIPT_BYTES_MAX {
            return Err(too_large(text.len()));
        }
        let mut edits = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if edits.len() == limits::SCRIPT_EDITS_MAX {
                let expected = format!("at most {} edits: make several scripts of it", limits::SCRIPT_EDITS_MAX);
                return Err(ScriptError::usage(at + 1, "edits", "one more edit", expected));
            }
            let edit = parse::<Edit>(line.as_bytes()).map_err(|(path, error)| {
                let field = fields(path.iter().collect::<Vec<_>>().as_slice());
                told(at + 1, field, &error)
            })?;
            edits.push(edit);
        }
        Ok(edits)
    }

    /// Reads a script from one JSON object.
    ///
    /// # Errors
    /// [`ScriptError`] for what is none; the line is the number of the edit.
    pub fn parse(json: &[u8]) -> Result<Script, ScriptError> {
        if json.len() > limits::SCRIPT_BYTES_MAX {
            return Err(too_large(json.len()));
        }
        parse(json).map_err(|(path, error)| {
            let path: Vec<&Segment> = path.iter().collect();
            match path[..] {
                [Segment::Map { key }, Segment::Seq { index }, ref rest @ ..] if key == "edits" => {
                    told(index + 1, fields(rest), &error)
                }
                _ => told(0, fields(&path), &error),
            }
        })
    }
}

fn too_large(bytes: usize) -> ScriptError {
    let expected = format!("at most {} MiB: make several scripts of it", limits::SCRIPT_BYTES_MAX >> 20);
    ScriptError::usage(0, "edits", format!("{bytes} bytes"), expected)
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, (Path, serde_json::Error)> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| (error.path().clone(), error.into_inner()))?;
    let nothing = serde_path_to_error::Track::new().path();
    deserializer.end().map_err(|error| (nothing, error))?;
    Ok(value)
}

/// `words.point`, `table.ids[2]`; `edit` for the whole.
fn fields(path: &[&Segment]) -> String {
    let mut field = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => field.push_str(&format!("[{index}]")),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(&inline(&name.chars().take(80).collect::<String>()));
            }
            Segment::Unknown => {}
        }
    }
    if field.is_empty() { "edit".to_owned() } else { field }
}

/// What serde says, taken apart: `invalid type: FOUND, expected EXPECTED`, `unknown field FOUND, expected EXPECTED`, and the like.
fn told(line: usize, mut field: String, error: &serde_json::Error) -> ScriptError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let split = |text: &str| text.split_once(", expected ").map(|(found, expected)| (short(found), expected.to_owned()));
    let (found, expected) = if let Some(rest) = message.strip_prefix("missing field ") {
        field = format!("{field}.{}", rest.trim_matches('`'));
        ("nothing".to_owned(), "this field".to_owned())
    } else if let Some(rest) = message.strip_prefix("duplicate field ") {
        (format!("{} twice", short(rest)), "each field once".to_owned())
    } else if let Some(said) = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|word| message.strip_prefix(word).and_then(split))
    {
        said
    } else if let Some((found, expected)) = message.strip_prefix("unknown field ").and_then(split) {
        (format!("the field {found}"), expected)
    } else if let Some((found, expected)) = message.strip_prefix("unknown variant ").and_then(split) {
        (found, expected)
    } else if error.is_syntax() || error.is_eof() {
        (
            format!("what is no JSON ({message}, column {})", error.column()),
            "a JSON object with one field, the kind of edit".to_owned(),
        )
    } else {
        let error = ScriptError::usage(line, field, short(message), "what the schema says");
        return ScriptError { advice: Some(Advice::ReadSchema.into()), ..error };
    };
    ScriptError::usage(line, field, found, expected)
}

fn short(text: &str) -> String {
    let quoted = quoted(text);
    quoted.trim_matches('"').to_owned()
}
