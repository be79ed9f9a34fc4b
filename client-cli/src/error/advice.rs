//! What is to be done about a script that was not applied, in the words of the command line.

use plenary_shared::script::{Advice, ScriptError};

use crate::expect::short;

/// Why the one edit of a verb was not made, and what to do.
pub fn of_verb(error: &ScriptError) -> String {
    let sentence = error.sentence();
    match error.advice.as_deref() {
        None => sentence,
        Some(Advice::ListAnnotations) => format!("{sentence}: `plenary annotations PLAN` lists those"),
        Some(Advice::ListOwnAnnotations) => format!("{sentence}: `plenary annotations PLAN` lists those it has"),
        Some(Advice::NameLayer) => format!("{sentence}, or name a layer with --to"),
        Some(Advice::NameParty) => format!("{sentence}: say whose with --party"),
        Some(Advice::NameWords { now }) => {
            format!(
                "{sentence}\nRead them with `plenary show`; if you mean the present words, repeat with --expect {}.",
                short(now)
            )
        }
        Some(Advice::ConfirmNow) => {
            format!("{sentence}\nIf that is meant, repeat with --now and the words that stand there.")
        }
        Some(Advice::ReadSchema) => format!("{sentence}: `plenary apply --schema`"),
    }
}

/// Why a script of several edits was not applied. What stands in it is not given by options.
pub fn of_script(error: &ScriptError) -> String {
    match error.advice.as_deref() {
        Some(Advice::ReadSchema) => format!("{error}: `plenary apply --schema`"),
        Some(
            Advice::ListAnnotations
            | Advice::ListOwnAnnotations
            | Advice::NameLayer
            | Advice::NameParty
            | Advice::NameWords { .. }
            | Advice::ConfirmNow,
        )
        | None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_and_a_script_are_told_what_to_do_each_in_its_own_way() {
        let error = ScriptError::usage(1, "adopt.now", "\"[30 or 35]\"", "\"[30]\"");
        let error = ScriptError { message: "there stands [30 or 35]".into(), advice: Some(Advice::ConfirmNow.into()), ..error };
        let now = "there stands [30 or 35]\nIf that is meant, repeat with --now and the words that stand there.";
        assert_eq!((of_verb(&error), of_script(&error)), (now.to_owned(), error.to_string()));
        let schema = ScriptError { advice: Some(Advice::ReadSchema.into()), ..error };
        assert!(of_script(&schema).ends_with(": `plenary apply --schema`"));
    }
}
