use super::*;

fn count(system: System, from: u32, times: usize) -> String {
    let numbers = std::iter::successors(Some(from), |value| system.next(*value)).take(times);
    numbers.map(|value| system.write(value).unwrap_or_else(|| "-".into())).collect::<Vec<_>>().join(" ")
}

/// The way in which a row of numbers is written throughout, if there is one.
fn system_of(row: &str) -> Option<System> {
    let words: Vec<&str> = row.split(' ').collect();
    readings(words[0]).into_iter().map(|(system, _)| system).find(|system| {
        let value = |word: &str| readings(word).into_iter().find(|(of, _)| of == system).map(|(_, value)| value);
        words.windows(2).all(|pair| {
            let (before, after) = (value(pair[0]), value(pair[1]));
            before.zip(after).is_some_and(|(before, after)| system.follows(before, after))
        })
    })
}

#[test]
fn rows_of_numbers_are_read_and_go_on_as_they_began() {
    for (row, next) in [
        ("1 2 3", "4"),
        ("٨ ٩ ١٠", "١١"),
        ("۸ ۹", "۱۰"),
        ("０ １", "２"),
        ("i ii iii iv", "v"),
        ("VIII IX X", "XI"),
        ("\u{58}XXVIII \u{58}XXIX XL", "XLI"),
        ("L\u{58}XXVII L\u{58}XXVIII", "L\u{58}XXIX"),
        ("h i", "j"),
        ("y z aa ab", "ac"),
        ("z aa bb", "cc"),
        ("а б в г д е", "ж"),
        ("ж з и", "к"),
        ("ж и", "к"),
        ("г ґ д е є", "ж"),
        ("А Б", "В"),
        ("α β γ δ ε στ", "ζ"),
        ("δ ε ζ", "η"),
        ("θ ι ια", "ιβ"),
        ("أ ب ج د", "هـ"),
        ("أ ب ت", "ث"),
        ("ا ب", "ج"),
        ("الف ب پ", "ت"),
        ("א ב ג", "ד"),
        ("יד טו", "טז"),
        ("一 二", "三"),
        ("九 十 十一", "十二"),
        ("九十九 一百 一百零一", "一百零二"),
        ("九十九 百 百一", "百二"),
        ("가 나 다", "라"),
        ("甲 乙", "丙"),
        ("イ ロ ハ", "ニ"),
        ("ア イ ウ", "エ"),
        ("① ②", "③"),
        ("Ⅱ Ⅲ", "Ⅳ"),
        ("premier", "-"),
        ("الأولى الثانية", "الثالثة"),
    ] {
        let system = system_of(row).unwrap_or_else(|| panic!("{row}"));
        let last = row.rsplit(' ').next().expect("one");
        let value = readings(last).into_iter().find(|(of, _)| *of == system).expect("read").1;
        let next_value = system.next(value).expect("a number");
        assert_eq!(count(system, next_value, 1), next, "{row}");
    }
}

#[test]
fn what_is_written_is_read_as_the_same_number() {
    for word in [
        "1", "٣", "iv", "XL", "a", "zz", "б", "Ґ", "ιβ", "ΣΤ", "هـ", "כג", "טו", "十二", "百一", "가", "丙", "ト", "⑳", "PREMIER",
    ] {
        for (system, value) in readings(word) {
            let Some(written) = system.write(value) else { panic!("{word} as {system:?}") };
            assert!(readings(&written).contains(&(system, value)), "{word} as {system:?} is {written}");
        }
    }
    for word in ["", "iiii", "abc", "Ab", "the", "12345678901", "十百千十百千十百千十", "１1", "mix.", "é"] {
        assert_eq!(readings(word), [], "{word}");
    }
}
