//! Staying connected: other commands in the folder do not end it.

use plenary_tests::{cli::Cli, server::Start};
use std::{fs::File, io::BufReader, process::Stdio};

use super::{PLAN, begin};

#[test]
fn a_sync_that_stays_waits_for_another_command_and_goes_on() {
    let server = Start::demo(1, 1).start();
    begin(&server, &["Forces withdraw."]);
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    let other = File::options().create(true).truncate(false).write(true).open(folder.file("lock.sync")).unwrap();
    other.lock().unwrap();
    let mut watch = folder.command(&["sync", "--watch", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let line = |from: &mut dyn std::io::BufRead| {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        line
    };
    let told = line(&mut BufReader::new(watch.stderr.take().unwrap()));
    assert!(told.contains("\"waiting\"") && told.contains("being synced by another command"), "{told}");
    other.unlock().unwrap();
    let synced = line(&mut BufReader::new(watch.stdout.take().unwrap()));
    assert!(synced.contains("\"seq\""), "{synced}");
    watch.kill().unwrap();
    watch.wait().unwrap();
}
