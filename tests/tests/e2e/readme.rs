//! README's examples and those of the chapters do what they say.
//!
//! What stands in blocks marked `sh` and `js` is run, all of a document's by one shell, against a demo of its own. What a reader
//! puts in is put in here: the demo's address, the link of a party (`# the link for arv`), the last proposal's id for `k3x9abcd`,
//! the token of arv's delegate for `TOKEN`. A line that says `# exit code 4` must end with it. Blocks marked `console` are not run.

use plenary_tests::{
    data::root,
    server::{Server, Start, binary},
    stock,
};
use std::{
    fs,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const ADDRESS: &str = "127.0.0.1:8080";
const LINK: &str = "'http://127.0.0.1:8080/join#...'";
const ID: &str = "k3x9abcd";
const LAST_ID: &str =
    r#"id=$(plenary annotations framework --kind proposal --all --json | grep -o '"id": *"[^"]*"' | tail -1 | cut -d'"' -f4)"#;

/// The blocks of a document with their languages, in order.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_within = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !is_within => found.push((language, Vec::new())),
            None if is_within => found.last_mut().unwrap().1.push(line),
            _ => {}
        }
        is_within ^= line.starts_with("```");
    }
    found
}

/// A line as the reader would type it; several where each must succeed.
fn typed(line: &str, server: &Server) -> String {
    let mut typed = line.to_owned();
    if let Some(party) = line.contains(LINK).then(|| line.split("# the link for ").nth(1)).flatten() {
        let party: String = party.chars().take_while(char::is_ascii_alphanumeric).collect();
        let seat = server.demo.members.iter().find(|seat| seat.party == party).unwrap();
        typed = typed.replace(LINK, &format!("'{}'", seat.link));
    }
    typed = typed.replace(ADDRESS, &server.address()).replace(" && ", "\n");
    if let Some((command, code)) = typed.split_once("# exit code ") {
        let code: String = code.chars().take_while(char::is_ascii_digit).collect();
        typed = format!("code=0; {} || code=$?\ntest \"$code\" = {code}", command.trim_end());
    }
    if typed.contains(ID) {
        typed = format!("{LAST_ID}\n{}", typed.replace(ID, "\"$id\""));
    }
    typed
}

/// All that is run of a document; none if it has no examples.
fn script(text: &str, server: &Server) -> Option<String> {
    let mut script = String::new();
    let token = &server.demo.members.iter().find(|seat| seat.party == "arv").unwrap().token;
    for (language, lines) in blocks(text) {
        match language {
            "sh" => lines.iter().for_each(|line| script += &(typed(line, server) + "\n")),
            "js" => {
                let source = lines.join("\n").replace("TOKEN", token).replace(ADDRESS, &server.address());
                let folder = stock::folder();
                script +=
                    &format!("(cd '{}' && node --input-type=module) <<'END OF JS'\n{source}\nEND OF JS\n", folder.display());
            }
            _ => {}
        }
    }
    (!script.is_empty()).then_some(script)
}

#[test]
fn examples_in_the_readme_and_in_the_chapters_do_what_they_say() {
    let chapters = fs::read_dir(root().join("server/docs")).unwrap().map(|entry| entry.unwrap().path());
    let documents =
        [root().join("README.md")].into_iter().chain(chapters.filter(|path| path.extension().is_some_and(|e| e == "md")));
    let plenary = binary("plenary");
    let path = std::env::join_paths(
        [plenary.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let mut run = 0;
    for document in documents {
        let server = Start::demo(0, 0).start();
        let Some(script) = script(&fs::read_to_string(&document).unwrap(), &server) else { continue };
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("work")).unwrap();
        fs::write(home.path().join("script"), &script).unwrap();
        let output = Command::new("bash")
            .args(["-e", "-v"])
            .arg(home.path().join("script"))
            .current_dir(home.path().join("work"))
            .env("PATH", &path)
            .env("HOME", home.path())
            .env("PLENARY_HOME", home.path().join("plenary"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = told.lines().rev().take(12).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        assert!(output.status.success(), "{}: {}, after\n{last}", document.display(), output.status);
        run += 1;
    }
    assert!(run >= 3, "examples were found in {run} documents");
}

/// The names of the tests in a folder or a file of `tests/tests/e2e`.
fn tests_in(path: &str) -> Vec<String> {
    let path = root().join("tests/tests/e2e").join(path);
    let found = Command::new("grep").args(["-rhA1", "-E", r"^#\[(tokio::)?test(\(.*\))?\]$"]).arg(path).output().unwrap();
    let lines = String::from_utf8(found.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn each_attack_in_the_table_has_its_test_and_each_test_of_the_hostile_suite_stands_in_the_table() {
    let text = fs::read_to_string(root().join("server/docs/hostile.md")).unwrap();
    let (_, table) = text.split_once("| attack |").unwrap();
    let named: Vec<&str> =
        table.lines().filter_map(|row| row.rsplit_once(" | `")?.1.split_once('`')).map(|(name, _)| name).collect();
    assert!(named.len() > 30);
    let tests = tests_in("");
    for name in &named {
        assert!(tests.iter().any(|test| test == name), "no test {name}");
    }
    let suite = ["hostile.rs", "hostile", "hostile_plan.rs"].into_iter().flat_map(tests_in);
    let missing: Vec<String> = suite.filter(|test| !named.contains(&test.as_str())).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    // A star is for those in which others type meanwhile.
    let starred = table.lines().filter(|row| row.ends_with(r"\* |")).count();
    assert!(starred >= 10, "{starred}");
}
