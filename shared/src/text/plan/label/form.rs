//! Labels in the forms in which they are compared. Looking one up among thousands writes none of them down.

/// A way to compare labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No spaces, no period at the end: `5A` and `5a` are two labels.
    Exact,
    /// Lower case, no spaces, no period at the end.
    Plain,
    /// Letters and digits only, lower case, and where one number ends and another begins: `[Article 3bis]` and `article 3 bis` are alike,
    /// `3(1)` and `31` are not.
    Bare,
}

impl Form {
    /// The label in this form.
    pub fn of(self, label: &str) -> String {
        match self {
            Form::Exact | Form::Plain => {
                let joined: String = self.chars(label).collect();
                joined.trim_end_matches('.').to_owned()
            }
            Form::Bare => self.chars(label).collect(),
        }
    }

    /// Whether the label reads so in this form; `wanted` is in it.
    pub fn is(self, label: &str, wanted: &str) -> bool {
        let mut chars = self.chars(label);
        let mut wanted = wanted.chars();
        loop {
            match (chars.next(), wanted.next()) {
                (None, None) => return true,
                (Some(is), Some(wanted)) if is == wanted => {}
                (Some('.'), None) if self != Form::Bare => return chars.all(|c| c == '.'),
                _ => return false,
            }
        }
    }

    fn chars(self, label: &str) -> impl Iterator<Item = char> {
        let (mut after_digit, mut apart) = (false, false);
        let kept = move |c: char| {
            if self != Form::Bare {
                return (!c.is_whitespace()).then_some((false, c));
            }
            if !c.is_alphanumeric() {
                apart = true;
                return None;
            }
            let is_next = after_digit && apart && c.is_numeric();
            (after_digit, apart) = (c.is_numeric(), false);
            Some((is_next, c))
        };
        let cased = move |c: char| {
            let (own, lower) = if self == Form::Exact { (Some(c), None) } else { (None, Some(c.to_lowercase())) };
            own.into_iter().chain(lower.into_iter().flatten())
        };
        label.chars().filter_map(kept).flat_map(move |(is_next, c)| is_next.then_some(' ').into_iter().chain(cased(c)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn comparing_is_writing_down_and_comparing(a in "[5 .()\\[Bibß]{0,6}", b in "[5 .()\\[Bibß]{0,6}") {
            for form in [Form::Exact, Form::Plain, Form::Bare] {
                prop_assert_eq!(form.is(&a, &form.of(&b)), form.of(&a) == form.of(&b));
                prop_assert!(form.is(&a, &form.of(&a)));
            }
        }
    }
}
