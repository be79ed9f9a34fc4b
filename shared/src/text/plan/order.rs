//! Places among siblings: fractional indices as lowercase hex, compared as strings.
//!
//! Keys come from any client, so two siblings can have one key (concurrent additions at one place), or a key that is none. Then
//! there is no room between them, and the fewest neighbours that make room are given new keys too.

use fractional_index::FractionalIndex;

/// 4,096 characters: at worst one byte more for each 4 insertions at one place, so some 8,000 of them. Longer keys are treated as no
/// keys and replaced.
const KEY_CHARS_MAX: usize = 4_096;

/// The keys for a newcomer at `at` among siblings with `orders`, which are sorted: its own key, and `(index, key)` for those siblings
/// that must move apart.
pub(super) fn insert(orders: &[&str], at: usize) -> (String, Vec<(usize, String)>) {
    let at = at.min(orders.len());
    let low = (0..at).rev().find_map(|index| parse(orders[index]).map(|key| (index, key)));
    let high = (at..orders.len()).find_map(|index| {
        let key = parse(orders[index])?;
        low.as_ref().is_none_or(|(_, low)| *low < key).then_some((index, key))
    });
    let first = low.as_ref().map_or(0, |(index, _)| index + 1);
    let end = high.as_ref().map_or(orders.len(), |(index, _)| *index);
    let mut keys = spread(low.as_ref().map(|low| &low.1), high.as_ref().map(|high| &high.1), end - first + 1);
    let own = keys.remove(at - first);
    (own, (first..end).zip(keys).collect())
}

/// `count` ascending keys between two bounds, none longer than they must be.
pub(super) fn spread(low: Option<&FractionalIndex>, high: Option<&FractionalIndex>, count: usize) -> Vec<String> {
    if high.is_none() {
        let mut keys = Vec::with_capacity(count);
        let mut last = low.cloned();
        for _ in 0..count {
            let next = between(last.as_ref(), None);
            keys.push(next.to_string());
            last = Some(next);
        }
        return keys;
    }
    // Halving keeps keys short; an explicit stack of gaps yet to fill, from left to right.
    let mut keys = Vec::with_capacity(count);
    let mut gaps = vec![(low.cloned(), high.cloned(), count)];
    while let Some((low, high, count)) = gaps.pop() {
        match count {
            0 => {}
            1 => keys.push(between(low.as_ref(), high.as_ref()).to_string()),
            _ => {
                let middle = between(low.as_ref(), high.as_ref());
                let left = (count - 1) / 2;
                gaps.push((Some(middle.clone()), high, count - 1 - left));
                gaps.push((low, Some(middle.clone()), left));
                // The middle itself goes in between: a gap of exactly that key.
                let last = gaps.len() - 1;
                gaps.insert(last, (Some(middle.clone()), Some(middle), 1));
            }
        }
    }
    keys
}

/// A key strictly between two bounds; `low` itself where they are equal.
///
/// The crate's `new_between` goes wrong where both bounds share a zero byte, so their common beginning is kept away from it.
fn between(low: Option<&FractionalIndex>, high: Option<&FractionalIndex>) -> FractionalIndex {
    let (Some(low), Some(high)) = (low, high) else {
        return FractionalIndex::new(low, high).unwrap_or_default();
    };
    let (left, right) = (low.as_bytes(), high.as_bytes());
    let room = left.len().min(right.len()).saturating_sub(1);
    let shared = left.iter().zip(right).take(room).take_while(|(a, b)| a == b).count();
    let tail = |bytes: &[u8]| FractionalIndex::from_bytes(bytes[shared..].to_vec()).ok();
    let key = tail(left).zip(tail(right)).and_then(|(left, right)| FractionalIndex::new_between(&left, &right));
    let whole = key.map(|key| [&left[..shared], key.as_bytes()].concat());
    whole.and_then(|bytes| FractionalIndex::from_bytes(bytes).ok()).unwrap_or_else(|| low.clone())
}

fn parse(order: &str) -> Option<FractionalIndex> {
    let hex = order.len() <= KEY_CHARS_MAX
        && order.len().is_multiple_of(2)
        && order.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if hex { FractionalIndex::from_string(order).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(orders: &mut Vec<String>, at: usize) {
        let borrowed: Vec<&str> = orders.iter().map(String::as_str).collect();
        let (own, moved) = insert(&borrowed, at);
        for (index, key) in moved {
            orders[index] = key;
        }
        orders.insert(at, own);
        let around = &orders[at.saturating_sub(1)..(at + 2).min(orders.len())];
        assert!(around.windows(2).all(|pair| pair[0] < pair[1]), "{around:?}");
        assert!(orders.is_sorted(), "{orders:?}");
    }

    #[test]
    fn there_is_room_at_the_front_the_end_and_one_place_a_thousand_times() {
        for place in [|_: usize| 0, |n: usize| n, |n: usize| n.min(1), |n: usize| n / 2] {
            let mut orders = Vec::new();
            for n in 0..1_000 {
                check(&mut orders, place(n));
            }
            let longest = orders.iter().map(String::len).max();
            assert!(longest <= Some(KEY_CHARS_MAX), "{longest:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_keys_still_leave_a_place(
            mut orders in prop::collection::vec("((00|7f|80|81|ff){0,3}80|[0-9a-fz]{0,4}|é)", 0..12),
            places in prop::collection::vec(0usize..20, 1..8),
        ) {
            orders.sort();
            for place in places {
                let at = place.min(orders.len());
                check(&mut orders, at);
            }
        }
    }
}
