//! Numbers in Chinese characters, as China, Japan and Korea write them.

const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const PLACES: [(char, u32); 3] = [('千', 1000), ('百', 100), ('十', 10)];

fn digit(c: char) -> Option<u32> {
    match c {
        '零' => Some(0),
        '两' => Some(2),
        c => DIGITS.iter().position(|digit| *digit == c).map(|at| at as u32),
    }
}

/// Whether it is part of such a number.
pub(super) fn is_part(c: char) -> bool {
    digit(c).is_some() || PLACES.iter().any(|(place, _)| *place == c)
}

/// The number, from 1 to 9,999, and whether it is written the longer way: below 100 it may be either.
pub(super) fn values(word: &str) -> impl Iterator<Item = (u32, bool)> {
    let value = value(word).filter(|value| (1..10_000).contains(value));
    let ways = value.map_or([false; 2], |value| [true, false].map(|chinese| write(value, chinese).as_deref() == Some(word)));
    let ways = if ways == [false; 2] { [true, false] } else { ways };
    value
        .into_iter()
        .flat_map(move |value| [true, false].into_iter().zip(ways).filter(|way| way.1).map(move |way| (value, way.0)))
}

fn value(word: &str) -> Option<u32> {
    if word.chars().count() > 9 {
        return None;
    }
    let value = if word.chars().all(|c| digit(c).is_some()) {
        // `二一`: digit by digit, of which one alone is the same in both ways.
        word.chars().try_fold(0u32, |value, c| value.checked_mul(10)?.checked_add(digit(c)?))?
    } else {
        let (mut value, mut ones) = (0, None);
        for c in word.chars() {
            match PLACES.iter().find(|(place, _)| *place == c) {
                Some((_, place)) => value += ones.take().filter(|ones| *ones > 0).unwrap_or(1) * place,
                None => ones = digit(c),
            }
        }
        value + ones.unwrap_or(0)
    };
    Some(value)
}

/// The number: `一百零一`, or `百一`.
pub(super) fn write(value: u32, chinese: bool) -> Option<String> {
    let mut name = String::new();
    let (mut rest, mut skipped) = (value, false);
    for (place, of) in PLACES {
        let digit = rest / of;
        rest %= of;
        if digit == 0 {
            skipped |= !name.is_empty();
            continue;
        }
        if chinese && std::mem::take(&mut skipped) {
            name.push('零');
        }
        // `十一`, but `一百一十一`.
        if digit > 1 || (chinese && !(of == 10 && name.is_empty())) {
            name.push(DIGITS[digit as usize % 10]);
        }
        name.push(place);
    }
    if rest > 0 {
        if chinese && skipped {
            name.push('零');
        }
        name.push(DIGITS[rest as usize]);
    }
    (1..10_000).contains(&value).then_some(name)
}
