//! Which file of a crate knows which: no circles, and in `shared` arrows that point down.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    files,
    source::{Kind, Token, closing, tokens, without_tests},
};

/// A module's path below its crate, a word for each step; none for the crate itself.
type Path = Vec<String>;

/// A module in a file of its own.
#[derive(Default)]
struct Module {
    /// What it imports for itself, and what it names by a path. A child's items that it hands on are not among them.
    names: Vec<Path>,
    /// What others find here under a name that is defined elsewhere.
    aliases: BTreeMap<String, Path>,
}

/// The modules of a crate, those left out that are only built for tests.
struct Crate(BTreeMap<Path, Module>);

impl Crate {
    fn read(below: &str) -> Self {
        let sources: BTreeMap<Path, String> = files(below, &[".rs"])
            .into_iter()
            .filter(|(file, _)| !(file.ends_with("/src/main.rs") && super::root().join(below).join("lib.rs").exists()))
            .map(|(file, text)| (path_of(&file[below.len() + 1..]), text))
            .collect();
        let mut modules = BTreeMap::new();
        let mut tests = BTreeSet::new();
        for (path, source) in &sources {
            let all = tokens(source);
            let (code, test_modules) = without_tests(&all);
            tests.extend(test_modules.into_iter().map(|name| [path.as_slice(), &[name]].concat()));
            modules.insert(path.clone(), read(path, &code, &|path| sources.contains_key(path)));
        }
        modules.retain(|path, _| !(1..=path.len()).any(|steps| tests.contains(&path[..steps])));
        Self(modules)
    }

    /// The file that defines what a path names, if that is one of this crate.
    fn resolve(&self, path: &[String], steps: usize) -> Option<&Path> {
        for length in (0..=path.len()).rev() {
            let Some((found, module)) = self.0.get_key_value(&path[..length]) else { continue };
            return match path.get(length).and_then(|name| module.aliases.get(name)) {
                Some(elsewhere) if steps > 0 && elsewhere[..] != path[..=length] => {
                    self.resolve(&[elsewhere, &path[length + 1..]].concat(), steps - 1)
                }
                _ => Some(found),
            };
        }
        None
    }

    /// Which file knows which.
    fn edges(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let known = |(path, module): (&'_ Path, &Module)| -> BTreeSet<&Path> {
            let found = module.names.iter().filter_map(|name| self.resolve(name, 8));
            found.filter(|to| !to.is_empty() && *to != path).collect()
        };
        self.0.iter().filter(|(path, _)| !path.is_empty()).map(|(path, module)| (path, known((path, module)))).collect()
    }
}

fn path_of(file: &str) -> Path {
    let path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path == ["lib"] || path == ["main"] { Vec::new() } else { path }
}

/// Reads what a module imports and names.
fn read(path: &Path, code: &[Token], is_module: &dyn Fn(&[String]) -> bool) -> Module {
    let mut module = Module::default();
    let mut at = 0;
    while at < code.len() {
        if code[at].is("use") {
            let end = at + code[at..].iter().position(|token| token.is(";")).expect("an import ends");
            let handed_on = at > 0 && (code[at - 1].is("pub") || code[at - 1].is(")"));
            let mut imported = Vec::new();
            expand(&code[at + 1..end], &[], &mut imported);
            for (name, words) in imported {
                let Some(absolute) = absolute(path, &words, is_module) else { continue };
                if !handed_on {
                    module.names.push(absolute.clone());
                }
                module.aliases.insert(name, absolute);
            }
            at = end;
        }
        let follows = at > 0 && code[at - 1].is("::");
        if code[at].kind == Kind::Word && !follows && code.get(at + 1).is_some_and(|token| token.is("::")) {
            let mut words = vec![code[at].text.to_owned()];
            while code.get(at + 1).is_some_and(|mark| mark.is("::")) && code.get(at + 2).is_some_and(|w| w.kind == Kind::Word) {
                at += 2;
                words.push(code[at].text.to_owned());
            }
            module.names.extend(absolute(path, &words, is_module));
        }
        at += 1;
    }
    module
}

/// All that a `use` names, each with the name that it is known by: `a::{b, c as d}` as `a::b` and `a::c`.
fn expand(tree: &[Token], before: &[String], found: &mut Vec<(String, Path)>) {
    let mut path = before.to_vec();
    let mut name = None;
    let mut at = 0;
    while at < tree.len() {
        match tree[at].text {
            "{" => {
                let end = closing(tree, at);
                expand(&tree[at + 1..end], &path, found);
                (at, path, name) = (end, before.to_vec(), None);
            }
            "," => {
                found.extend(named(before, std::mem::replace(&mut path, before.to_vec()), name.take()));
            }
            "as" => {
                at += 1;
                name = Some(tree[at].text.to_owned());
            }
            "::" => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    found.extend(named(before, path, name));
}

fn named(before: &[String], mut path: Path, name: Option<String>) -> Option<(String, Path)> {
    if path == before {
        return None;
    }
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    Some((name.or_else(|| path.last().cloned())?, path))
}

/// A path as seen from the crate; none if it leads elsewhere.
fn absolute(module: &Path, words: &[String], is_module: &dyn Fn(&[String]) -> bool) -> Option<Path> {
    let up = words.iter().take_while(|word| *word == "super").count();
    let base = |steps: usize| module[..module.len() - steps.min(module.len())].to_vec();
    match words.first()?.as_str() {
        "crate" => Some(words[1..].to_vec()),
        "self" => Some([&base(0), &words[1..]].concat()),
        "super" => Some([&base(up), &words[up..]].concat()),
        first => {
            let child = [module.as_slice(), &[first.to_owned()]].concat();
            is_module(&child).then(|| [module, words].concat())
        }
    }
}

/// Files that know each other: each as a set, of two and more.
fn circles<'a>(edges: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> Vec<BTreeSet<&'a Path>> {
    let reached = |from: &'a Path| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(here) = next.pop() {
            next.extend(edges.get(here).into_iter().flatten().copied().filter(|to| seen.insert(*to)));
        }
        seen
    };
    let reach: BTreeMap<&Path, BTreeSet<&Path>> = edges.keys().map(|from| (*from, reached(from))).collect();
    let mut found: Vec<BTreeSet<&Path>> = Vec::new();
    for (from, seen) in &reach {
        let circle: BTreeSet<&Path> = seen.iter().copied().filter(|to| reach.get(to).is_some_and(|r| r.contains(from))).collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    let mut arrows_seen = 0;
    for below in ["shared/src", "server/src", "client-cli/src", "tests/src", "tests/bench", "tests/disaster"] {
        let found = Crate::read(below);
        let edges = found.edges();
        arrows_seen += edges.values().map(BTreeSet::len).sum::<usize>();
        if let Some(circle) = circles(&edges).first() {
            let among = edges.iter().filter(|(from, _)| circle.contains(*from));
            let arrows = among
                .flat_map(|(from, to)| to.intersection(circle).map(|to| format!("{} -> {}", from.join("::"), to.join("::"))));
            panic!("{below}: files know each other in a circle: {:#?}", arrows.collect::<Vec<_>>());
        }
    }
    assert!(arrows_seen > 500, "the test sees which file knows which: {arrows_seen}");
}

/// The folders of `shared`, each with those that it may know besides itself.
const MAY_KNOW: [(&str, &[&str]); 15] = [
    ("limits", &[]),
    ("bounded", &[]),
    ("chapters", &[]),
    ("id", &["limits"]),
    ("access", &["id"]),
    ("people", &["id", "access"]),
    ("seats", &["id", "access", "people"]),
    ("share", &["limits", "id", "people"]),
    ("log", &["limits", "bounded", "id", "people", "access"]),
    ("text", &["limits", "bounded", "id", "people", "access", "log"]),
    ("talk", &["limits", "bounded", "id", "people", "access", "log", "text"]),
    ("out", &["limits", "bounded", "id", "people", "access", "log", "text", "talk"]),
    ("script", &["limits", "bounded", "id", "people", "access", "log", "text", "talk"]),
    ("wire", &["limits", "bounded", "id", "people", "access", "seats", "share", "log", "text", "talk", "out", "script"]),
    ("fuzz", &["limits", "id", "people", "access", "log", "text", "script", "wire"]),
];

#[test]
fn what_is_below_in_shared_does_not_know_what_is_above() {
    let found = Crate::read("shared/src");
    let mut strays = Vec::new();
    for (from, known) in found.edges() {
        let allowed = MAY_KNOW.iter().find(|(folder, _)| *folder == from[0]);
        let (folder, allowed) = allowed.unwrap_or_else(|| panic!("{} is no folder that this test knows", from[0]));
        let up = known.into_iter().filter(|to| to[0] != *folder && !allowed.contains(&to[0].as_str()));
        strays.extend(up.map(|to| format!("{} -> {}", from.join("::"), to.join("::"))));
    }
    assert!(strays.is_empty(), "arrows that point up: {strays:#?}");
}

#[test]
fn a_circle_is_found_through_imports_paths_and_what_is_handed_on() {
    let read = |path: &[&str], source: &str| {
        let path: Path = path.iter().map(|step| (*step).to_owned()).collect();
        let module = read(&path, &tokens(source), &|path| path.len() == 2 && path[0] == "a");
        (path, module)
    };
    let found = Crate(BTreeMap::from([
        read(&["a"], "mod b; pub use b::{self, Thing}; use c::Other; fn f() { b::g(); }"),
        read(&["a", "b"], "pub struct Thing; use super::Other as Mine;"),
        read(&["a", "c"], "pub struct Other; fn f() -> super::Thing { crate::elsewhere() }"),
    ]));
    let edges = found.edges();
    let arrows: Vec<String> =
        edges.iter().flat_map(|(from, to)| to.iter().map(|to| format!("{} {}", from.join("::"), to.join("::")))).collect();
    assert_eq!(arrows, ["a a::b", "a a::c", "a::b a::c", "a::c a::b"]);
    let circle = circles(&edges);
    assert_eq!(circle.len(), 1);
    assert_eq!(circle[0].iter().map(|path| path.join("::")).collect::<Vec<_>>(), ["a::b", "a::c"]);
}
