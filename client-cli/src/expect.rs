//! `--expect`: the words that somebody means, named by their fingerprint.
//!
//! A fingerprint is the beginning of a digest. It tells words apart that came about by themselves; who types words can make two that begin
//! alike. So what it fits is sent as the whole digest of the words that were shown, and a program names the whole digest.

use plenary_shared::text::words::WordsDigest;
use std::str::FromStr;

/// Characters that are printed of a digest, and at least given: 48 bits.
const SHORT: usize = 12;

/// The fingerprint of words, as people read it.
pub fn short(digest: &WordsDigest) -> String {
    digest.to_string().chars().take(SHORT).collect()
}

/// The beginning of a digest, or all of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Whether these are the words.
    pub fn is_of(&self, digest: &WordsDigest) -> bool {
        digest.to_string().starts_with(&self.0)
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if (SHORT..=64).contains(&text.len()) && text.bytes().all(hex) {
            return Ok(Fingerprint(text.to_owned()));
        }
        let given: String = text.chars().take(80).collect();
        Err(format!(
            "{given:?} is no fingerprint of words: give the {SHORT} characters that `plenary show` prints, or more of the digest"
        ))
    }
}

/// `FINGERPRINT` or `POINT=FINGERPRINT`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The point, as people call it; none where there is but one.
    pub point: Option<String>,
    /// Its words.
    pub fingerprint: Fingerprint,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (point, fingerprint) = match text.rsplit_once('=') {
            Some((point, fingerprint)) => (Some(point.to_owned()), fingerprint),
            None => (None, text),
        };
        Ok(Named { point, fingerprint: fingerprint.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43";

    #[test]
    fn a_fingerprint_is_what_is_printed_of_a_digest_or_more_of_it() {
        let digest: WordsDigest = DIGEST.parse().expect("a digest");
        let fits = |text: &str| text.parse::<Fingerprint>().map(|given| given.is_of(&digest));
        for given in [short(&digest).as_str(), &DIGEST[..20], DIGEST] {
            assert_eq!(fits(given), Ok(true), "{given}");
        }
        assert_eq!(fits("82c353bc6de5"), Ok(false));
        for none in ["", "82c353bc6de", "82C353BC6DE4", "82c353bc6dex", &format!("{DIGEST}0")] {
            assert!(fits(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_label_may_hold_anything() {
        let point = |text: &str| text.parse::<Named>().map(|expected| expected.point);
        assert_eq!(point(DIGEST), Ok(None));
        assert_eq!(point(&format!("a=b={DIGEST}")), Ok(Some("a=b".into())));
        assert!(point("5=82c3").is_err());
    }
}
