//! Numbers as letters of an alphabet.

/// An alphabet as texts count with it.
pub(super) struct Alphabet {
    /// In order, small ones.
    letters: &'static [&'static str],
    /// With which nobody counts; they are read all the same.
    unused: &'static [&'static str],
    /// With which some do not count.
    rare: &'static [&'static str],
}

const fn whole(letters: &'static [&'static str]) -> Alphabet {
    Alphabet { letters, unused: &[], rare: &[] }
}

/// Of two that read a letter the first is the likelier.
pub(super) const ALPHABETS: &[Alphabet] = &[
    // Latin.
    whole(&[
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x",
        "y", "z",
    ]),
    // Russian.
    Alphabet {
        letters: &[
            "а", "б", "в", "г", "д", "е", "ё", "ж", "з", "и", "й", "к", "л", "м", "н", "о", "п", "р", "с", "т", "у", "ф", "х",
            "ц", "ч", "ш", "щ", "ъ", "ы", "ь", "э", "ю", "я",
        ],
        unused: &["ё", "й", "ъ", "ы", "ь"],
        rare: &["ё", "з", "й", "о", "ч", "щ", "ъ", "ы", "ь"],
    },
    // Ukrainian.
    Alphabet {
        letters: &[
            "а", "б", "в", "г", "ґ", "д", "е", "є", "ж", "з", "и", "і", "ї", "й", "к", "л", "м", "н", "о", "п", "р", "с", "т",
            "у", "ф", "х", "ц", "ч", "ш", "щ", "ь", "ю", "я",
        ],
        unused: &["ь"],
        rare: &["ґ", "є", "з", "і", "ї", "й", "о", "ч", "ь"],
    },
    // Serbian and Macedonian.
    Alphabet {
        letters: &[
            "а", "б", "в", "г", "д", "ђ", "ѓ", "е", "ж", "з", "ѕ", "и", "ј", "к", "л", "љ", "м", "н", "њ", "о", "п", "р", "с",
            "т", "ћ", "ќ", "у", "ф", "х", "ц", "ч", "џ", "ш",
        ],
        unused: &[],
        rare: &["ђ", "ѓ", "ѕ", "ћ", "ќ"],
    },
    // Greek, where its letters are no numerals.
    whole(&[
        "α", "β", "γ", "δ", "ε", "ζ", "η", "θ", "ι", "κ", "λ", "μ", "ν", "ξ", "ο", "π", "ρ", "σ", "τ", "υ", "φ", "χ", "ψ", "ω",
    ]),
    // Arabic in the order of abjad, as treaties count.
    whole(&[
        "أ", "ب", "ج", "د", "هـ", "و", "ز", "ح", "ط", "ي", "ك", "ل", "م", "ن", "س", "ع", "ف", "ص", "ق", "ر", "ش", "ت", "ث", "خ",
        "ذ", "ض", "ظ", "غ",
    ]),
    // Arabic in the order of dictionaries.
    whole(&[
        "أ", "ب", "ت", "ث", "ج", "ح", "خ", "د", "ذ", "ر", "ز", "س", "ش", "ص", "ض", "ط", "ظ", "ع", "غ", "ف", "ق", "ك", "ل", "م",
        "ن", "هـ", "و", "ي",
    ]),
    // Persian.
    whole(&[
        "الف", "ب", "پ", "ت", "ث", "ج", "چ", "ح", "خ", "د", "ذ", "ر", "ز", "ژ", "س", "ش", "ص", "ض", "ط", "ظ", "ع", "غ", "ف", "ق",
        "ک", "گ", "ل", "م", "ن", "و", "ه", "ی",
    ]),
    // Korean.
    whole(&["가", "나", "다", "라", "마", "바", "사", "아", "자", "차", "카", "타", "파", "하"]),
    whole(&["ㄱ", "ㄴ", "ㄷ", "ㄹ", "ㅁ", "ㅂ", "ㅅ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ"]),
    // Chinese and Japanese: the heavenly stems.
    whole(&["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"]),
    // Japanese: iroha, as laws count, and the order of dictionaries.
    whole(&[
        "イ", "ロ", "ハ", "ニ", "ホ", "ヘ", "ト", "チ", "リ", "ヌ", "ル", "ヲ", "ワ", "カ", "ヨ", "タ", "レ", "ソ", "ツ", "ネ",
        "ナ", "ラ", "ム",
    ]),
    whole(&[
        "ア", "イ", "ウ", "エ", "オ", "カ", "キ", "ク", "ケ", "コ", "サ", "シ", "ス", "セ", "ソ", "タ", "チ", "ツ", "テ", "ト",
        "ナ", "ニ", "ヌ", "ネ", "ノ",
    ]),
    // Thai, Hindi, Georgian, Armenian.
    Alphabet {
        letters: &["ก", "ข", "ฃ", "ค", "ฅ", "ฆ", "ง", "จ", "ฉ", "ช", "ซ", "ฌ", "ญ"],
        unused: &["ฃ", "ฅ", "ฆ"],
        rare: &["ฃ", "ฅ", "ฆ"],
    },
    whole(&["क", "ख", "ग", "घ", "ङ", "च", "छ", "ज", "झ", "ञ", "ट", "ठ", "ड", "ढ", "ण", "त", "थ", "द", "ध", "न"]),
    whole(&[
        "ა", "ბ", "გ", "დ", "ე", "ვ", "ზ", "თ", "ი", "კ", "ლ", "მ", "ნ", "ო", "პ", "ჟ", "რ", "ს", "ტ", "უ", "ფ", "ქ", "ღ", "ყ",
    ]),
    whole(&["ա", "բ", "գ", "դ", "ե", "զ", "է", "ը", "թ", "ժ", "ի", "լ", "խ", "ծ", "կ", "հ", "ձ", "ղ", "ճ", "մ"]),
];

/// Letters that stand for others.
fn plain(word: &str) -> String {
    let word: String = word.chars().filter(|c| *c != '\u{640}').collect();
    word.replace(['ا', 'إ', 'آ'], "أ").replace('ه', "هـ").replace("ألف", "الف")
}

/// What a word in small letters is as a number in letters: of which alphabet, whether of those that double their letters, and the number.
pub(super) fn values(lower: &str) -> impl Iterator<Item = (usize, bool, u32)> {
    let first_plain = plain(lower);
    let spellings = if first_plain == lower { vec![first_plain] } else { vec![lower.to_owned(), first_plain] };
    ALPHABETS.iter().enumerate().flat_map(move |(alphabet, letters)| {
        let once = spellings.iter().find_map(|word| letters.value(word, false).map(|value| (false, value)));
        let again = spellings.iter().find_map(|word| letters.value(word, true).map(|value| (true, value)));
        once.into_iter().chain(again).map(move |(doubled, value)| (alphabet, doubled, value)).collect::<Vec<_>>()
    })
}

impl Alphabet {
    fn count(&self) -> u32 {
        self.letters.len() as u32
    }

    fn rank(&self, letter: &str) -> Option<u32> {
        self.letters.iter().position(|one| *one == letter).map(|at| at as u32 + 1)
    }

    /// `word` as a number: one letter, the same letter again and again, or two letters.
    fn value(&self, word: &str, doubled: bool) -> Option<u32> {
        if let Some(rank) = self.rank(word) {
            return Some(rank);
        }
        let (at, letter) = self.letters.iter().enumerate().find(|(_, letter)| word.starts_with(**letter))?;
        let rest = &word[letter.len()..];
        if doubled {
            let times = word.len() / letter.len();
            return (times <= 3 && letter.repeat(times) == word).then(|| (times as u32 - 1) * self.count() + at as u32 + 1);
        }
        Some((at as u32 + 1) * self.count() + self.rank(rest)?)
    }

    pub fn write(&self, value: u32, doubled: bool) -> Option<String> {
        let at = value.checked_sub(1)?;
        let letter = |at: u32| self.letters.get((at % self.count()) as usize);
        match at / self.count() {
            0 => Some((*letter(at)?).to_owned()),
            again if doubled => (again < 3).then(|| letter(at).map(|letter| letter.repeat(again as usize + 1)))?,
            again => (again <= self.count()).then(|| Some([*letter(again - 1)?, *letter(at)?].concat()))?,
        }
    }

    pub fn next(&self, value: u32) -> Option<u32> {
        (value + 1..value + 1 + self.count()).find(|next| !self.is_among(*next, self.unused))
    }

    pub fn follows(&self, before: u32, after: u32) -> bool {
        before < after && after - before < self.count() && (before + 1..after).all(|between| self.is_among(between, self.rare))
    }

    fn is_among(&self, value: u32, letters: &[&str]) -> bool {
        let letter = self.letters.get((value.saturating_sub(1) % self.count()) as usize);
        letter.is_some_and(|letter| letters.contains(letter))
    }
}
