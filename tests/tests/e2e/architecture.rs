//! Who may know whom, and other rules that a reader may rely on because a test keeps them.

mod circles;
mod sizes;
mod source;
mod words;

use plenary_tests::data::root;
use source::{Token, tokens, without_tests};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Every file below a directory that is ours: nothing built, nothing installed.
fn files(below: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "node_modules", ".venv", ".git"].contains(&name.as_str()) {
                    walk(&path, found);
                }
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| path.strip_prefix(root()).unwrap().to_path_buf())
        .filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)))
        .map(|path| (path.to_string_lossy().into_owned(), fs::read_to_string(root().join(&path)).unwrap()))
        .collect()
}

/// The files whose code, comments and tests left out, holds one of the words.
fn naming(below: &str, words: &[&str]) -> Vec<String> {
    let names = |text: &str| {
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.any(|line| words.iter().any(|word| line.contains(word)))
    };
    let tests = ["/tests/", "/tests.rs", "/faults.rs", "/suite.rs"];
    let files = files(below, &[".rs"]).into_iter().filter(|(path, _)| !tests.iter().any(|part| path.contains(part)));
    files.filter(|(_, text)| names(text)).map(|(path, _)| path).collect()
}

/// Shows the code of each file, its comments and tests left out, with its path.
fn outside_tests(below: &str, mut look: impl FnMut(&str, &[Token])) {
    let files = files(below, &[".rs"]);
    let all: Vec<_> = files.iter().map(|(path, text)| (path, tokens(text))).collect();
    let (mut tests, mut read) = (BTreeSet::new(), Vec::new());
    for (path, all) in &all {
        let (code, modules) = without_tests(all);
        let folder = path.trim_end_matches("lib.rs").trim_end_matches("main.rs").trim_end_matches(".rs").trim_end_matches('/');
        tests.extend(modules.into_iter().map(|name| format!("{folder}/{name}")));
        read.push((path, code));
    }
    read.retain(|(path, _)| {
        !tests.iter().any(|test| path.as_str() == format!("{test}.rs") || path.starts_with(&format!("{test}/")))
    });
    read.iter().for_each(|(path, code)| look(path, code));
}

/// The files in which, outside comments and tests, a token stands that is meant; it is asked of each and of what follows.
fn naming_tokens(below: &str, is_meant: &dyn Fn(&[Token]) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    outside_tests(below, |path, code| {
        if (0..code.len()).any(|at| is_meant(&code[at..])) {
            found.push(path.to_owned());
        }
    });
    found
}

fn only(found: Vec<String>, allowed: &[&str], rule: &str) {
    let strays: Vec<&String> = found.iter().filter(|path| !allowed.contains(&path.as_str())).collect();
    assert!(strays.is_empty(), "{rule}: {strays:?}");
}

#[test]
fn server_and_command_line_meet_only_in_shared() {
    let manifest = |krate: &str| fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
    let dependencies = |krate: &str| manifest(krate).split_once("[dependencies]").unwrap().1.to_owned();
    assert!(!dependencies("server").contains("plenary-cli"));
    assert!(!dependencies("client-cli").contains("plenary-server"));
    for other in ["tokio", "futures", "tungstenite", "axum", "sled"] {
        assert!(!dependencies("client-cli").contains(other), "the command line asks over HTTP and waits: {other}");
    }
    for other in ["plenary-cli", "plenary-server", "tokio", "getrandom", "axum", "sled"] {
        assert!(!dependencies("shared").contains(other), "shared does no I/O and knows neither end: {other}");
    }
    only(naming("server", &["plenary_cli"]), &[], "the server does not know the command line");
    only(naming("client-cli/src", &["plenary_server"]), &[], "the command line does not know the server");
}

#[test]
fn only_the_embedded_store_names_sled() {
    let names = |text: &str| {
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.any(|line| line.contains("sled::"))
    };
    let found = files("server", &[".rs"]).into_iter().chain(files("client-cli", &[".rs"])).filter(|(_, text)| names(text));
    only(found.map(|(path, _)| path).collect(), &["server/src/store/sled.rs"], "only store/sled.rs names sled");
}

#[test]
fn only_the_servers_end_of_a_socket_names_tungstenite() {
    only(
        [naming("server", &["tungstenite"]), naming("client-cli", &["tungstenite", "tokio::"])].concat(),
        &["server/src/session.rs", "server/src/session/wire.rs", "server/src/session/writer.rs", "server/src/http/sync.rs"],
        "only a session (and the upgrade before it) names tungstenite",
    );
}

#[test]
fn a_session_never_sees_a_document_and_a_room_never_sees_a_socket() {
    let text = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    assert!(!text("server/src/session.rs").contains("yrs"), "session.rs names yrs");
    for room in naming("server/src", &["TcpStream", "WebSocketStream", "Upgraded"]) {
        assert!(!room.contains("room"), "{room} names a socket");
    }
}

#[test]
fn the_rooms_state_does_no_io_and_gets_time_as_an_argument() {
    let state = naming(
        "server/src/room",
        &["async ", ".await", "tokio::", "Instant::now", "SystemTime::now", "std::fs", "std::net", "std::thread"],
    );
    // What a room is asked carries the channels that it is answered on, and its loop, in room.rs, waits with what these hold.
    let loops = ["server/src/room/command.rs", "server/src/room/followers.rs", "server/src/room/later.rs"];
    only(state, &loops, "room/ is synchronous and without a clock");
    only(
        naming("shared/src", &["async ", "Instant::now", "SystemTime::now", "std::fs", "std::net", "std::thread", "getrandom"]),
        &[],
        "shared does no I/O and has no clock",
    );
}

#[test]
fn a_log_names_documents_only_as_it_may() {
    for (path, text) in files("server/src", &[".rs"]) {
        for call in text.split("tracing::").skip(1).filter_map(|rest| rest.split(");").next()) {
            let named =
                call.split(',').filter(|field| field.contains('%') && ["address", "doc"].iter().any(|d| field.contains(d)));
            for field in named {
                assert!(field.contains(".for_log("), "{path} logs a document by its whole name: {field}");
            }
        }
    }
}

#[test]
fn no_queue_is_unbounded() {
    let words = ["unbounded", "std::sync::mpsc::channel(", " mpsc::channel()"].map(|w| w.to_owned());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for below in ["server", "client-cli", "shared"] {
        only(naming(below, &words), &[], "a limit on everything");
    }
}

#[test]
fn nothing_is_left_to_do_in_the_source() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    for below in ["server", "client-cli", "shared", "tests", ".ci"] {
        for (path, text) in files(below, &[".rs", ".toml", ".md", ".mjs", ".js", ".html", "run"]) {
            for mark in &marks {
                assert!(!text.contains(mark), "{path} holds {mark}");
            }
        }
    }
}

#[test]
fn every_dependency_has_its_version_in_one_place() {
    for krate in ["server", "client-cli", "shared", "tests"] {
        let manifest = fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        let mut within = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                within = line.contains("dependencies");
            } else if within && !line.trim().is_empty() && !line.starts_with('#') {
                assert!(line.contains("workspace = true"), "{krate}: {line}");
            }
        }
    }
}

#[test]
fn files_are_where_a_newcomer_would_look_for_them() {
    let allowed = [
        ".cargo",
        ".ci",
        ".clippy.toml",
        ".rustfmt.toml",
        ".git",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "client-cli",
        "server",
        "shared",
        "target",
        "tests",
    ];
    let found: Vec<String> =
        fs::read_dir(root()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    only(found, &allowed, "the top level holds nothing else");
}
