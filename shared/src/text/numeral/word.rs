//! Numbers as words, where texts begin to count with them: `Article premier`, `المادة الأولى`. What has no word here goes on in digits.

/// The words for 1, 2, 3 in each language; of several for one number the first is written.
const LANGUAGES: [&[&[&str]]; 6] = [
    &[&["premier", "première", "unique"]],
    &[
        &["primero", "primera", "único", "única"],
        &["segundo", "segunda"],
        &["tercero", "tercera"],
        &["cuarto", "cuarta"],
        &["quinto", "quinta"],
        &["sexto", "sexta"],
        &["séptimo", "séptima"],
        &["octavo", "octava"],
        &["noveno", "novena"],
        &["décimo", "décima"],
    ],
    &[&["primeiro", "primeira"]],
    &[&["primo", "prima", "unico"]],
    &[
        &["first", "one"],
        &["second", "two"],
        &["third", "three"],
        &["fourth", "four"],
        &["fifth", "five"],
        &["sixth", "six"],
        &["seventh", "seven"],
        &["eighth", "eight"],
        &["ninth", "nine"],
        &["tenth", "ten"],
    ],
    &[
        &["الأولى", "الاولى", "الأول"],
        &["الثانية", "الثاني"],
        &["الثالثة", "الثالث"],
        &["الرابعة", "الرابع"],
        &["الخامسة", "الخامس"],
        &["السادسة", "السادس"],
        &["السابعة", "السابع"],
        &["الثامنة", "الثامن"],
        &["التاسعة", "التاسع"],
        &["العاشرة", "العاشر"],
        &["الحادية عشرة", "الحادي عشر"],
        &["الثانية عشرة", "الثاني عشر"],
        &["الثالثة عشرة", "الثالث عشر"],
        &["الرابعة عشرة", "الرابع عشر"],
        &["الخامسة عشرة", "الخامس عشر"],
        &["السادسة عشرة", "السادس عشر"],
        &["السابعة عشرة", "السابع عشر"],
        &["الثامنة عشرة", "الثامن عشر"],
        &["التاسعة عشرة", "التاسع عشر"],
        &["العشرون"],
        &["الحادية والعشرون"],
        &["الثانية والعشرون"],
        &["الثالثة والعشرون"],
        &["الرابعة والعشرون"],
        &["الخامسة والعشرون"],
        &["السادسة والعشرون"],
        &["السابعة والعشرون"],
        &["الثامنة والعشرون"],
        &["التاسعة والعشرون"],
        &["الثلاثون"],
    ],
];

/// The language and the number of a word in small letters.
pub(super) fn value(lower: &str) -> Option<(usize, u32)> {
    LANGUAGES.iter().enumerate().find_map(|(language, numbers)| {
        let at = numbers.iter().position(|words| words.contains(&lower))?;
        Some((language, at as u32 + 1))
    })
}

/// The number as a word.
pub(super) fn write(value: u32, language: usize) -> Option<String> {
    let words = LANGUAGES.get(language)?.get(value.checked_sub(1)? as usize)?;
    words.first().map(|word| (*word).to_owned())
}
