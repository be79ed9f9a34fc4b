//! What anybody has seen, and what was acknowledged, is there after anything.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    doc::{covers, text_of},
    server::{Seat, Start},
};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Writes until told to stop or cut off, a few edits on the way at any time.
async fn write_on(client: &YClient, stop: &AtomicBool) {
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) && client.lock().closed.is_none() {
        client.insert("text", n * 7 % 50, "ab").await;
        if n % 5 == 4 {
            // Deletions are seen and lost like anything else.
            client
                .edit(|txn| {
                    use yrs::{Text, WriteTxn};
                    let text = txn.get_or_insert_text("text");
                    text.remove_range(txn, 0, 1);
                })
                .await;
        }
        n += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anybody_saw_survives_kill_9_in_the_middle_of_writing_twenty_times() {
    let mut server = Start::demo(0, 1).start();
    let seats: Vec<Seat> = (0..3).map(|party| server.delegate(party, 0)).collect();
    let mut clients = vec![YClient::new(), YClient::new(), YClient::new()];
    let mut rounds_with_edits = 0;
    for round in 0..20_u64 {
        for (client, seat) in clients.iter_mut().zip(&seats) {
            client.connect(&server, "p-1", seat).await;
        }
        let before = clients[0].lock().frames;
        let stop = AtomicBool::new(false);
        let writing = async {
            tokio::join!(write_on(&clients[0], &stop), write_on(&clients[1], &stop), write_on(&clients[2], &stop));
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(30 + round * 17 % 120)).await;
            server.kill_9();
            // What was on the wire when the server died was sent before it died: it counts as seen.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(writing, killing);
        rounds_with_edits += u32::from(clients[0].lock().frames > before + 2);
        server.restart();
        let after = YClient::join(&server, "p-1", &seats[0]).await;
        for client in &clients {
            assert!(covers(&after.lock().doc, &client.lock().seen), "round {round}: something that was seen is gone");
        }
    }
    assert!(rounds_with_edits > 10, "the test wrote next to nothing: {rounds_with_edits}");
    for (client, seat) in clients.iter_mut().zip(&seats) {
        client.connect(&server, "p-1", seat).await;
    }
    clients[0].wait_same(&clients[1]).await;
    clients[1].wait_same(&clients[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_the_command_line_called_done_survives_kill_9() {
    let mut server = Start::demo(0, 0).start();
    let cli = Cli::join(&server.delegate(0, 0));
    for round in 0..5 {
        let words = format!("Round {round}: done is done.");
        cli.done(&["words", &server.demo.plan, "7", &words]);
        server.kill_9();
        server.restart();
        assert!(cli.done(&["show", &server.demo.plan, "7"]).contains(&words));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_loses_nothing_and_tells_clients_to_come_again() {
    let mut server = Start::demo(0, 1).start();
    let seats: Vec<Seat> = (0..2).map(|party| server.delegate(party, 0)).collect();
    let clients = [YClient::join(&server, "p-1", &seats[0]).await, YClient::join(&server, "p-1", &seats[1]).await];
    let stop = AtomicBool::new(false);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let code = tokio::task::block_in_place(|| server.sigterm());
        stop.store(true, Ordering::Relaxed);
        code
    };
    let (code, (), ()) = tokio::join!(stopping, write_on(&clients[0], &stop), write_on(&clients[1], &stop));
    assert_eq!(code, Some(0));
    server.restart();
    let after = YClient::join(&server, "p-1", &seats[0]).await;
    for client in &clients {
        client.wait("closed", |s| s.closed.is_some()).await;
        let state = client.lock();
        assert_eq!(state.closed.as_ref().unwrap().0, 1012, "{:?}", state.closed);
        assert!(!text_of(&state.seen, "text").is_empty(), "the test wrote nothing");
        assert!(covers(&after.lock().doc, &state.seen), "something that was seen is gone");
    }
}

#[tokio::test]
async fn what_is_damaged_on_disk_is_reported_and_never_served() {
    const MARK: &str = "an unmistakable sentence";
    let mut server = Start::demo(0, 2).start();
    let seat = server.delegate(0, 0);
    // The sound plan is written in an earlier life, so that the damage does not stand before it.
    for (plan, what) in [("p-2", "left alone"), ("p-1", MARK)] {
        let client = YClient::join(&server, plan, &seat).await;
        client.insert("text", 0, what).await;
        client.wait("the echo", |s| text_of(&s.seen, "text") == what).await;
        if plan == "p-2" {
            server.sigterm();
            server.restart();
        }
    }
    server.sigterm();
    let flipped = flip(&server.data(), MARK.as_bytes());
    assert!(flipped > 0, "the mark stands nowhere on disk: this test must find it another way");
    let log_before = server.log().len();
    if server.try_restart() {
        let mut client = YClient::new();
        if client.try_connect(&server, "p-1", &seat).await.is_ok() {
            let text = client.text("text");
            assert_eq!(text, MARK, "damaged words were served");
        }
        let sound = YClient::join(&server, "p-2", &seat).await;
        assert_eq!(sound.text("text"), "left alone", "what is sound is served");
    }
    let log = server.log()[log_before..].to_lowercase();
    let reported = ["damage", "checksum", "corrupt", "does not match", "cannot be read", "broken", "not whole"]
        .iter()
        .any(|word| log.contains(word));
    assert!(reported, "nobody was told: {log}");
}

/// Flips one bit in every place below a directory where the bytes stand; answers how many places.
fn flip(dir: &Path, bytes: &[u8]) -> usize {
    let mut flipped = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            flipped += flip(&path, bytes);
            continue;
        }
        let mut content = fs::read(&path).unwrap();
        let places: Vec<usize> =
            content.windows(bytes.len()).enumerate().filter(|(_, w)| *w == bytes).map(|(at, _)| at).collect();
        for at in &places {
            content[at + 3] ^= 1;
        }
        if !places.is_empty() {
            fs::write(&path, content).unwrap();
            flipped += places.len();
        }
    }
    flipped
}
