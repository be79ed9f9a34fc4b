//! Numbers in letters whose values are added: Hebrew and Greek.

/// Letters and their values, the largest first.
type Letters = &'static [(&'static str, u32)];

const SYSTEMS: [Letters; 3] = [
    &[
        ("ת", 400),
        ("ש", 300),
        ("ר", 200),
        ("ק", 100),
        ("צ", 90),
        ("פ", 80),
        ("ע", 70),
        ("ס", 60),
        ("נ", 50),
        ("מ", 40),
        ("ל", 30),
        ("כ", 20),
        // Not the beginnings of a name that is not written.
        ("טז", 16),
        ("טו", 15),
        ("י", 10),
        ("ט", 9),
        ("ח", 8),
        ("ז", 7),
        ("ו", 6),
        ("ה", 5),
        ("ד", 4),
        ("ג", 3),
        ("ב", 2),
        ("א", 1),
    ],
    &[
        ("ρ", 100),
        ("ϟ", 90),
        ("π", 80),
        ("ο", 70),
        ("ξ", 60),
        ("ν", 50),
        ("μ", 40),
        ("λ", 30),
        ("κ", 20),
        ("ι", 10),
        ("θ", 9),
        ("η", 8),
        ("ζ", 7),
        ("στ", 6),
        ("ε", 5),
        ("δ", 4),
        ("γ", 3),
        ("β", 2),
        ("α", 1),
    ],
    &[
        ("Ρ", 100),
        ("Ϟ", 90),
        ("Π", 80),
        ("Ο", 70),
        ("Ξ", 60),
        ("Ν", 50),
        ("Μ", 40),
        ("Λ", 30),
        ("Κ", 20),
        ("Ι", 10),
        ("Θ", 9),
        ("Η", 8),
        ("Ζ", 7),
        ("ΣΤ", 6),
        ("Ε", 5),
        ("Δ", 4),
        ("Γ", 3),
        ("Β", 2),
        ("Α", 1),
    ],
];

/// What a word is in these ways: of which letters, and the number; `lower` is in small letters.
pub(super) fn values(lower: &str, upper: bool) -> impl Iterator<Item = (usize, u32)> {
    let word = if upper { lower.to_uppercase().replace('ς', "Σ") } else { lower.replace('ϛ', "στ").replace("ςτ", "στ") };
    (0..SYSTEMS.len()).filter_map(move |letters| {
        let (mut rest, mut value) = (word.as_str(), 0);
        for (letter, of) in SYSTEMS[letters] {
            if let Some(behind) = rest.strip_prefix(letter) {
                (rest, value) = (behind, value + of);
            }
        }
        let written = rest.is_empty() && write(value, letters).as_deref() == Some(&word);
        written.then_some((letters, value))
    })
}

/// The number, up to 499.
pub(super) fn write(value: u32, letters: usize) -> Option<String> {
    let (mut rest, mut name) = (value, String::new());
    for (letter, of) in *SYSTEMS.get(letters)? {
        if rest >= *of {
            name.push_str(letter);
            rest -= of;
        }
    }
    (value > 0 && rest == 0).then_some(name)
}
