//! The names that people give: what stands in one, and whether one could be taken for another.

use plenary_shared::{limits, people::Party};
use unicode_security::confusable_detection::skeleton;

use super::RegistryError;

/// Refuses a name that is not one line, or in which something stands that nobody sees.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), RegistryError> {
    let max = limits::NAME_BYTES_MAX;
    if name.trim().is_empty() || name.len() > max || name.chars().any(char::is_control) {
        return Err(RegistryError::Invalid(format!("{what} must have 1 to {max} bytes on one line")));
    }
    if name.chars().any(is_hidden) {
        return Err(RegistryError::Invalid(format!("{what} must show all that stands in it, from its beginning to its end")));
    }
    Ok(())
}

/// Refuses a title of a plan that is longer than one may be, or of which something cannot be read.
pub(super) fn check_title(title: &str) -> Result<(), RegistryError> {
    let max = limits::TITLE_CHARS_MAX;
    if title.trim().is_empty() || title.chars().nth(max).is_some() || title.chars().any(char::is_control) {
        return Err(RegistryError::Invalid(format!("the title must have 1 to {max} characters on one line")));
    }
    if title.chars().any(is_hidden) {
        return Err(RegistryError::Invalid("the title must show all that stands in it, from its beginning to its end".into()));
    }
    Ok(())
}

/// Refuses a party that could be taken for another one, by its name or its id.
pub(super) fn check_apart<'a>(new: &Party, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), RegistryError> {
    let own = [new.id.as_str(), &new.name].map(looks);
    let is_like = |text: &str| own.iter().flatten().any(|look| looks(text).contains(look));
    match others.into_iter().find(|(id, name)| is_like(id) || is_like(name)) {
        None => Ok(()),
        Some((id, _)) => Err(RegistryError::Invalid(format!("the party could be taken for {id}: give it another id and name"))),
    }
}

/// What nobody sees and no word needs: overrides of the direction, and characters without a form. Marks and joiners that words of some
/// scripts need stay, and count for nothing when names are compared.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// How a name looks, as UTS 39 tells it, in both ways in which capitals count for nothing: each is what some look-alikes have in common.
fn looks(name: &str) -> [String; 2] {
    let counts = |c: &char| {
        let is_mark = matches!(c, '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}');
        !is_mark && !c.is_whitespace()
    };
    let name: String = name.chars().filter(counts).collect();
    [skeleton(&name).collect::<String>().to_lowercase(), skeleton(&name.to_lowercase()).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(id: &str, name: &str) -> Result<(), RegistryError> {
        check_name("the party's name", name)?;
        let new = Party { id: id.parse().unwrap(), name: name.into() };
        check_apart(&new, [("arv", "Republic of Arvenia"), ("bor", "Federation of Boranth")])
    }

    #[test]
    fn no_party_is_taken_for_another_by_its_name_or_its_id() {
        for name in [
            "Republic of Arvenia",
            "republic of ARVENIA",
            " Republic  of Arvenia ",
            "Republic of \u{410}rv\u{435}nia",
            "Republic of Arven\u{456}a",
            "Republic of ArvenIa",
            "Republic of Arv\u{200c}enia",
            "Republic of Arvenia\u{fe0f}",
            "Republic\u{a0}of Arvenia",
            "\u{ff32}epublic of Arvenia",
            "arv",
            "B0r",
        ] {
            assert!(add("new", name).is_err(), "{name:?}");
        }
        assert!(add("b0r", "Another").is_err());
    }

    #[test]
    fn what_nobody_sees_stands_in_no_name() {
        for hidden in ['\u{200b}', '\u{202e}', '\u{2068}', '\u{ad}', '\u{180e}', '\u{3164}', '\u{2800}', '\u{e0041}', '\u{feff}']
        {
            assert!(add("new", &format!("A{hidden}other")).is_err(), "{hidden:?}");
        }
    }

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in [
            "Kingdom of Arvania",
            "Republic of South Arvenia",
            "\u{420}\u{435}\u{441}\u{43f}\u{443}\u{431}\u{43b}\u{438}\u{43a}\u{430} \u{410}\u{440}\u{432}\u{435}\u{43d}\u{438}\u{44f}",
            "\u{646}\u{645}\u{627}\u{6cc}\u{646}\u{62f}\u{647}\u{200c}\u{647}\u{627}",
            "\u{5d3}\u{5d5}\u{5d1}\u{200f} (1)",
            "\u{90f}\u{915}\u{94d}\u{200d}\u{937}",
            "\u{8fbb}\u{e0100}",
            "C\u{f4}te d'Est",
        ] {
            assert!(add("new", name).is_ok(), "{name:?}");
        }
    }
}
