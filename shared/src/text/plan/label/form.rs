//! Labels in the forms in which they are compared. Looking one up among thousands writes none of them down.

/// A way to compare labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No spaces, no period at the end: `5A` and `5a` are two labels.
    Exact,
    /// Lower case, no spaces, no period at the end.
    Plain,
    /// Letters and digits only, lower case: `[Article 3bis]` and `article 3 bis` are alike.
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
        let kept = move |c: &char| if self == Form::Bare { c.is_alphanumeric() } else { !c.is_whitespace() };
        let cased = move |c: char| if self == Form::Exact { Ok(c) } else { Err(c.to_lowercase()) };
        label.chars().filter(kept).map(cased).flat_map(|c| {
            let (own, lower) = (c.as_ref().ok().copied(), c.err());
            own.into_iter().chain(lower.into_iter().flatten())
        })
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
