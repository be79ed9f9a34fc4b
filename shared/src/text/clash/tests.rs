use super::*;
use proptest::prelude::*;

fn joined(base: &str, sides: &[&str]) -> String {
    join(base, sides).text(base, sides)
}

#[test]
fn what_was_changed_apart_stands_side_by_side() {
    for (base, sides, out) in [
        ("24 days", &["12 days", "48 days"][..], "[12][48] days"),
        ("within 90 days", &["within 60 days", "within 30 days"], "within [60][30] days"),
        ("forty days", &["sixty days", "fifty days"], "[sixty][fifty] days"),
        ("24 days", &["12 days", "24 weeks"], "12 weeks"),
        ("24 days", &["12 days", "12 days"], "12 days"),
        ("24 days", &["12 days", "48 days", "36 days"], "[12][48][36] days"),
        ("24 days", &["12 days", "48 days", "12 days"], "[12][48] days"),
        ("24 days", &["24 days", "48 days"], "48 days"),
        // Deleted against changed.
        ("all forces withdraw", &["forces withdraw", "some forces withdraw"], "[some] forces withdraw"),
        ("all forces withdraw", &["some forces withdraw", "forces withdraw"], "[some] forces withdraw"),
        ("all forces", &["", "some forces"], "[some forces]"),
        ("all forces withdraw", &["forces withdraw", "all troops withdraw"], "troops withdraw"),
        ("all forces withdraw", &["forces withdraw", "all withdraw"], "withdraw"),
        // Insertions.
        ("24 days", &["24 working days", "24 calendar days"], "24 [working][calendar] days"),
        ("24 days", &["24 working days", "24 weeks"], "24 [working days][weeks]"),
        ("Forces withdraw.", &["Forces withdraw. Fast.", "Forces withdraw. Slowly."], "Forces withdraw. [Fast][Slowly]."),
        ("", &["one", "two"], "[one][two]"),
        ("<>", &["<> <a1><a2>", "<> <b1>"], "<> [<a1><a2>][<b1>]"),
        // What both wrote stands outside.
        ("24 days", &["12 working days", "48 working days"], "[12][48] working days"),
        ("24 days", &["twelve days", "12 weeks"], "[twelve days][12 weeks]"),
        // Alternatives.
        ("[30][50] days", &["[40][50] days", "[45][50] days"], "[40][45][50] days"),
        ("[30][50] days", &["[40][50] days", "[30][60] days"], "[40][60] days"),
        ("[30] [50] days", &["[40] [50] days", "[30] [60] days"], "[40] [60] days"),
        ("[30][50] days", &["30 days", "[30][60] days"], "[30][60] days"),
        ("[30][50] days", &["30 days", "[40][50] days"], "[30][40][50] days"),
        ("[30][50] days", &["[30][50][60] days", "[30][50][70] days"], "[30][50][60][70] days"),
        ("[30][50] days", &["30 days", "50 days"], "[30][50] days"),
        ("24 days", &["[24 days]", "48 days"], "[24 days][48 days]"),
        ("24 days", &["[12][36] days", "48 days"], "[12][36][48] days"),
        ("[within 30 days]", &["[within 40 days]", "[within 45 days]"], "[within 40 days][within 45 days]"),
        // A mark without a partner is a sign.
        ("24 days", &["12] days", "48 days"], "[12\\]][48] days"),
        ("a [ 24 b", &["a [ 12 b", "a [ 48 b"], "a [ [12][48] b"),
        // Other scripts.
        ("двадцять днів", &["сорок днів", "тридцять днів"], "[сорок][тридцять] днів"),
        ("ثلاثون يوما", &["عشرون يوما", "خمسون يوما"], "[عشرون][خمسون] يوما"),
        ("二十四天", &["十二天", "四十八天"], "[十二][四十八]天"),
        ("🕊 x", &["🚀 x", "🕊🕊 x"], "[🚀][🕊🕊] x"),
        ("D+14", &["D+7", "D+21"], "[D+7][D+21]"),
        ("1,000 men", &["1,500 men", "2,000 men"], "[1,500][2,000] men"),
    ] {
        assert_eq!(joined(base, sides), out, "{base:?} {sides:?}");
        let clashed = out.matches('[').count() > base.matches('[').count();
        assert!(!clashed || join(base, sides).clashed, "{base:?} {sides:?}");
    }
}

/// Words without marks, for a comparison of what was written.
fn words(text: &str) -> Vec<String> {
    let plain = text.replace(['[', ']', '\\'], " ");
    tokens(&plain).into_iter().filter(|word| !is_blank(word)).map(str::to_owned).collect()
}

const WORDS: &str = "(12|24|all|D\\+14|дні|يوما|二十|🕊|\\[30\\]|\\[a b\\]|,|\\]|\n)";

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(WORDS, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_word_comes_out_that_nobody_wrote_and_none_that_a_side_wrote_is_gone(base in text(), sides in prop::collection::vec(text(), 1..4)) {
        let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
        let out = words(&joined(&base, &sides));
        let written: Vec<String> = sides.iter().chain([&base.as_str()]).flat_map(|text| words(text)).collect();
        for word in &out {
            prop_assert!(written.contains(word), "{:?} in {:?}", word, out);
        }
        let based = words(&base);
        for word in sides.iter().flat_map(|side| words(side)).filter(|word| !based.contains(word)) {
            prop_assert!(out.contains(&word), "{:?} not in {:?}", word, out);
        }
    }

    #[test]
    fn one_side_alone_is_what_it_wrote(base in text(), side in text()) {
        prop_assert_eq!(joined(&base, &[&side, &base]), side.clone());
        prop_assert_eq!(joined(&base, &[&side, &side]), side);
    }

    #[test]
    fn marks_that_come_in_have_their_partners(base in text(), one in text(), two in text()) {
        let loose = |text: &str| bracket::parse(text).loose.len();
        let out = joined(&base, &[&one, &two]);
        prop_assert!(loose(&out) <= loose(&base) + loose(&one) + loose(&two), "{}", out);
    }
}
