//! How a party's seats look.

use plenary_shared::{
    people::Author,
    seats::{Key, Seat, SeatAct, SeatEvent, Taken},
    wire::api::Seats,
};

use crate::{output::inline, when};

/// Every seat with all that was done to it.
pub fn list(seats: &Seats) -> String {
    let all: Vec<String> = seats.seats.iter().map(seat).collect();
    if all.is_empty() { "no seats".into() } else { all.join("\n") }
}

fn seat(seat: &Seat) -> String {
    let Seat { member, role, name, given, asked, granted, replaces, from_ms, taken, ended } = seat;
    let mut text = format!("{member}  {}, {role}", inline(name));
    let gave = match (asked, replaces) {
        (true, _) => "asked for",
        (false, true) => "put in by the chair",
        (false, false) => "given",
    };
    text += &format!("\n    {gave} by {} on {}", by(&given.by), when::local(given.at_ms));
    if let Some(from_ms) = from_ms {
        text += &format!(", good from {}", when::local(*from_ms));
    }
    if let Some(granted) = granted {
        text += &format!("\n    granted by {} on {}", by(&granted.by), when::local(granted.at_ms));
    }
    for Taken { at_ms, with } in taken {
        text += &format!("\n    taken by {} on {}", key(*with), when::local(*at_ms));
    }
    match ended {
        Some(ended) => text += &format!("\n    ended by {} on {}", by(&ended.by), when::local(ended.at_ms)),
        None if *asked && granted.is_none() => text += "\n    waits for a head to grant it",
        None if taken.is_empty() => text += "\n    not taken yet",
        None => {}
    }
    text
}

/// What happened to them, in order.
pub fn log(seats: &Seats) -> String {
    seats.acts.iter().map(act).collect::<Vec<_>>().join("\n")
}

fn act(SeatAct { at_ms, by, member, what }: &SeatAct) -> String {
    let what = match what {
        SeatEvent::Given { role, name, replaces, .. } => {
            let how = if *replaces { "put in by the chair" } else { "given" };
            format!("{how}: {}, {role}", inline(name))
        }
        SeatEvent::Asked { role, name } => format!("asked for: {}, {role}", inline(name)),
        SeatEvent::Granted => "granted".into(),
        SeatEvent::Taken { with } => format!("taken by {}", key(*with)),
        SeatEvent::Changed { role, name } => format!("changed: {}, {role}", inline(name)),
        SeatEvent::Opened => "opened the older layers to who came later".into(),
        SeatEvent::Ended => "ended".into(),
    };
    format!("{}  {member}  {what}  by {}", when::local(*at_ms), self::by(by))
}

fn by(Author { party, member }: &Author) -> String {
    if party.as_str() == member.as_str() { "the server".into() } else { member.to_string() }
}

fn key(key: Key) -> &'static str {
    match key {
        Key::Invitation => "invitation",
        Key::Recovery => "recovery code",
    }
}
