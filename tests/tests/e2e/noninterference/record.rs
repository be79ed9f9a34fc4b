//! What somebody was shown, byte by byte, and where two such records differ.
//!
//! Three things differ between any two runs and are blotted out here, each as long as it was but what the command line
//! prints; nothing else is touched but the tags of views, which are numbered.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// All that somebody was shown, in order: where, and the bytes.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Record(pub Vec<(String, Vec<u8>)>);

impl Record {
    /// Adds bytes as they came.
    pub fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    /// Adds an HTTP answer, head and body.
    pub fn add_answer(&mut self, place: impl Into<String>, raw: &[u8]) {
        self.add(place, without_date(raw));
    }

    /// Numbers the tags of views, which are others with each start of a server: the first that is shown is 0, wherever it is shown again.
    /// So a tag that moves where it stood still in another run is a difference.
    pub fn number_tags(&mut self) {
        let (label, length) = TAG;
        let mut known: Vec<Vec<u8>> = Vec::new();
        for (_, bytes) in &mut self.0 {
            let Some(at) = bytes.windows(label.len()).position(|w| w == label) else { continue };
            let tag = &mut bytes[at + label.len()..][..length];
            let number = known.iter().position(|one| one == tag).unwrap_or_else(|| {
                known.push(tag.to_vec());
                known.len() - 1
            });
            tag.copy_from_slice(format!("{number:0length$}").as_bytes());
        }
    }

    /// Adds the messages of a socket, a close frame included. Pings tell the server's clock: an empty one comes every thirty seconds of a
    /// quiet socket, one of eight bytes some time after a text was edited. They are left out.
    pub fn add_messages(&mut self, place: &str, messages: &[Message]) {
        let is_clock = |message: &&Message| matches!(message, Message::Ping(payload) if matches!(payload.len(), 0 | 8));
        let told = messages.iter().filter(|message| !is_clock(message));
        for (n, message) in told.enumerate() {
            let bytes = match message {
                Message::Binary(frame) => frame.to_vec(),
                other => format!("{other:?}").into_bytes(),
            };
            self.add(format!("{place}, message {n}"), bytes);
        }
        self.add(format!("{place}, the end"), *b"");
    }

    /// Adds a log as it was streamed: its head, then each chunk. A chunk that is an empty line tells the server's clock, which sends one
    /// every fifteen seconds: it is left out.
    pub fn add_log(&mut self, place: &str, raw: &[u8]) {
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        self.add_answer(format!("{place}, head"), &raw[..end]);
        let mut rest = &raw[end..];
        let mut number = 0;
        while let Some(line) = rest.windows(2).position(|w| w == b"\r\n") {
            let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            let chunk = &rest[line + 2..line + 2 + length];
            if chunk != b"\n" {
                self.add(format!("{place}, chunk {number}"), without_times(chunk));
                number += 1;
            }
            rest = &rest[line + 2 + length + 2..];
        }
        self.add(format!("{place}, behind the last chunk"), rest);
    }
}

/// Before the tag of a view, and how long that is.
const TAG: (&[u8], usize) = (b"\r\netag: \"", 16);

/// The clock's: the value of the head's `date`.
fn without_date(raw: &[u8]) -> Vec<u8> {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(raw.len());
    let mut answer = blot(&raw[..end], b"\r\ndate: ", |byte| byte != b'\r', b'd');
    answer.extend_from_slice(&raw[end..]);
    answer
}

/// The clock's too: when each record of the log came, and the digests of the chain, which cover that.
pub fn without_times(line: &[u8]) -> Vec<u8> {
    let line = blot(line, b"\"at_ms\":", |byte| byte.is_ascii_digit(), b'0');
    blot(&line, b"\"digest\":\"", |byte| byte.is_ascii_hexdigit(), b'x')
}

/// What the command line prints as JSON, a value a line, without times: those of the clock, in numbers and in words.
pub fn without_printed_times(printed: &[u8]) -> Vec<u8> {
    let values = serde_json::Deserializer::from_slice(printed).into_iter::<Value>();
    let values = values.map(|value| timeless(value.expect("JSON")).to_string());
    without_times(values.collect::<Vec<_>>().join("\n").as_bytes())
}

fn timeless(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(timeless).collect(),
        Value::Object(fields) => {
            let field = |(key, value): (String, Value)| {
                let is_time = value.is_number() && key.ends_with("_ms");
                (key, if is_time { "a time".into() } else { timeless(value) })
            };
            fields.into_iter().map(field).collect()
        }
        Value::String(word) if word.starts_with("20") && word.ends_with('Z') && word.contains('T') => "a time".into(),
        other => other,
    }
}

/// Writes over the bytes that follow each `label`, as far as they are such.
fn blot(bytes: &[u8], label: &[u8], such: fn(u8) -> bool, over: u8) -> Vec<u8> {
    let mut blotted = bytes.to_vec();
    let labels: Vec<usize> = bytes.windows(label.len()).enumerate().filter(|(_, w)| *w == label).map(|(at, _)| at).collect();
    for at in labels {
        blotted[at + label.len()..].iter_mut().take_while(|byte| such(**byte)).for_each(|byte| *byte = over);
    }
    blotted
}

/// Where two records differ, the first few places, in words; nowhere if they are equal.
pub fn differences(one: &Record, other: &Record) -> Vec<String> {
    let mut found = Vec::new();
    if one.0.len() != other.0.len() {
        found.push(format!("{} things shown against {}", one.0.len(), other.0.len()));
    }
    for ((place, one), (other_place, other)) in one.0.iter().zip(&other.0) {
        if place != other_place {
            // What follows is out of step.
            found.push(format!("{place:?} against {other_place:?}"));
            break;
        }
        if one != other {
            let at = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
            let part = |bytes: &[u8]| bytes[at.saturating_sub(60)..bytes.len().min(at + 60)].escape_ascii().to_string();
            found.push(format!(
                "{place}, byte {at} of {}: {}\n   against, of {}: {}",
                one.len(),
                part(one),
                other.len(),
                part(other)
            ));
        }
    }
    found.truncate(5);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::{Bytes, protocol::CloseFrame};

    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 18\r\ndate: Mon, 01 Jan 2029 00:00:01 GMT\r\n\r\n\
                          plenary_sessions 7";
    const LINE: &str = r#"{"kind":"record","seq":2,"at_ms":1893456000123,"party":"arv","digest":"00ff","update":"AAA="}"#;

    fn frame(bytes: &'static [u8]) -> Message {
        Message::Binary(Bytes::from_static(bytes))
    }

    fn log(lines: &[&str]) -> String {
        let chunks: String = lines.iter().map(|line| format!("{:x}\r\n{line}\n\r\n", line.len() + 1)).collect();
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")
    }

    fn shown(answer: &str, messages: &[Message], log: &str) -> Record {
        let mut record = Record::default();
        record.add_answer("answer", answer.as_bytes());
        record.add_messages("socket", messages);
        record.add_log("log", log.as_bytes());
        record
    }

    #[test]
    fn a_byte_a_frame_a_header_or_a_count_more_is_noticed() {
        let messages = [frame(b"one"), frame(b"two")];
        let usual = shown(ANSWER, &messages, &log(&[LINE, LINE]));
        assert_eq!(differences(&usual, &usual.clone()), Vec::<String>::new());
        let answers = [
            ANSWER.replace("sessions 7", "sessions 8"),
            ANSWER.replace("\r\n\r\n", "\r\nx-more: 1\r\n\r\n"),
            ANSWER.replace("200 OK", "200 Ok"),
            ANSWER.replace("content-length: 18", "content-length: 19"),
            format!("{ANSWER} "),
        ];
        let close = Message::Close(Some(CloseFrame { code: 1012.into(), reason: "again".into() }));
        let sockets = [
            vec![frame(b"one"), frame(b"two!")],
            vec![frame(b"one"), frame(b"two"), frame(b"")],
            vec![frame(b"two"), frame(b"one")],
            vec![frame(b"one")],
            vec![frame(b"one"), frame(b"two"), Message::Ping(Bytes::from_static(b"x"))],
            vec![frame(b"one"), frame(b"two"), close],
        ];
        let logs = [
            log(&[LINE]),
            log(&[LINE, LINE, LINE]),
            log(&[LINE, &LINE.replace("\"seq\":2", "\"seq\":3")]),
            log(&[LINE, &LINE.replace("AAA=", "AAAA")]),
            log(&[LINE, &LINE.replace("00ff", "00ff0")]),
            log(&[LINE, &LINE.replace("123", "12")]),
        ];
        let others = answers.iter().map(|answer| shown(answer, &messages, &log(&[LINE, LINE])));
        let others = others.chain(sockets.iter().map(|messages| shown(ANSWER, messages, &log(&[LINE, LINE]))));
        let others = others.chain(logs.iter().map(|log| shown(ANSWER, &messages, log)));
        for (n, other) in others.enumerate() {
            assert!(!differences(&usual, &other).is_empty() && !differences(&other, &usual).is_empty(), "the {n}th");
        }
    }

    #[test]
    fn of_tags_it_is_noticed_whether_they_move_and_nothing_else() {
        let tagged = |tags: [u64; 3]| {
            let mut record = Record::default();
            for tag in tags {
                record.add_answer("answer", ANSWER.replace("\r\n\r\n", &format!("\r\netag: \"{tag:016x}\"\r\n\r\n")).as_bytes());
            }
            record.number_tags();
            record
        };
        let stands_and_moves = tagged([7, 7, 9]);
        assert!(differences(&stands_and_moves, &tagged([1, 1, 2])).is_empty());
        assert!(!differences(&stands_and_moves, &tagged([7, 8, 9])).is_empty());
        assert!(!differences(&stands_and_moves, &tagged([7, 7, 7])).is_empty());
    }

    #[test]
    fn only_what_the_clock_says_is_blotted_out() {
        let other_day = ANSWER.replace("Mon, 01 Jan 2029 00:00:01", "Tue, 02 Feb 2029 11:11:11");
        let other_time = LINE.replace("1893456000123", "1893456000999").replace("00ff", "ee00");
        let (ping, asked) = (Message::Ping(Bytes::new()), Message::Ping(Bytes::from_static(&[0; 8])));
        let one = shown(ANSWER, &[frame(b"one")], &log(&[LINE]));
        let other = shown(&other_day, &[ping, frame(b"one"), asked], &log(&["", &other_time, ""]));
        assert_eq!(differences(&one, &other), Vec::<String>::new());
        // A date in a body is content.
        let body = |day: &str| shown(&format!("{ANSWER}\r\ndate: {day}"), &[], &log(&[]));
        assert!(!differences(&body("1"), &body("2")).is_empty());
    }
}
