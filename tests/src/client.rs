//! A yrs client of which a test decides every byte. It keeps two documents: its own, and one of only what the server sent,
//! which is what somebody in front of it has seen and may count on.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use plenary_shared::wire::protocol;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};
use yrs::{
    Doc, GetString, Map, ReadTxn, StateVector, Text, Transact, TransactionMut, Update, WriteTxn,
    block::ClientID,
    updates::{decoder::Decode, encoder::Encode},
};

use crate::{
    doc::{covers, standing, text_of, words_of},
    server::{Seat, Server},
    trace::{client_id, document},
};

/// How long to wait for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A yrs client. Its documents outlive its connections, as an offline replica's do.
pub struct YClient {
    shared: Arc<Shared>,
    link: Option<Link>,
}

struct Link {
    outgoing: mpsc::Sender<Message>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// What a client holds.
pub struct State {
    /// Its document.
    pub doc: Doc,
    /// What the server sent, and nothing else.
    pub seen: Doc,
    /// Whether a step 2 came on this connection.
    pub synced: bool,
    /// Presence states by client id, `null`s taken out.
    pub presence: BTreeMap<u64, String>,
    /// Refusals.
    pub denied: Vec<String>,
    /// How the connection ended.
    pub closed: Option<(u16, String)>,
    /// Frames that came.
    pub frames: u64,
    /// Every message that came on this connection, if [`YClient::listening`] keeps them.
    pub heard: Option<Vec<Message>>,
}

impl YClient {
    /// A client that is not connected, with a client id of its own.
    pub fn new() -> Self {
        YClient::with_id(client_id())
    }

    /// A client that is not connected.
    pub fn with_id(id: u64) -> Self {
        let state = State {
            doc: document(id),
            seen: document(1),
            synced: false,
            presence: BTreeMap::new(),
            denied: Vec::new(),
            closed: None,
            frames: 0,
            heard: None,
        };
        YClient { shared: Arc::new(Shared { state: Mutex::new(state), changed: watch::Sender::new(()) }), link: None }
    }

    /// Keeps every message that comes, as it came.
    pub fn listening(self) -> Self {
        self.lock().heard = Some(Vec::new());
        self
    }

    /// A new client that is connected and synced.
    pub async fn join(server: &Server, plan: &str, seat: &Seat) -> Self {
        let mut client = YClient::new();
        client.connect(server, plan, seat).await;
        client
    }

    /// Connects and waits until it is synced, sending what the server lacks.
    pub async fn connect(&mut self, server: &Server, plan: &str, seat: &Seat) {
        self.try_connect(server, plan, seat).await.unwrap();
    }

    /// Connects where that may fail.
    pub async fn try_connect(&mut self, server: &Server, plan: &str, seat: &Seat) -> Result<(), String> {
        self.cut();
        let socket = socket(server, plan, &seat.token, &[]).await.map_err(|e| e.to_string())?;
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut to_send) = mpsc::channel::<Message>(64);
        {
            let mut state = self.lock();
            (state.synced, state.closed) = (false, None);
            state.presence.clear();
            state.heard.iter_mut().for_each(Vec::clear);
        }
        let step_1 = protocol::sync_step_1(&self.lock().doc.transact().state_vector().encode_v1());
        sink.send(Message::Binary(step_1)).await.map_err(|e| e.to_string())?;
        let writer = tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let (shared, answers) = (self.shared.clone(), outgoing.clone());
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Some(heard) = &mut shared.state.lock().unwrap().heard {
                    heard.push(message.clone());
                }
                let answer = match &message {
                    Message::Binary(frame) => shared.take(frame),
                    Message::Close(close) => {
                        let close = close.as_ref().map_or((1005, String::new()), |c| (c.code.into(), c.reason.to_string()));
                        shared.state.lock().unwrap().closed = Some(close);
                        None
                    }
                    _ => None,
                };
                shared.changed.send_replace(());
                if let Some(answer) = answer {
                    let _ = answers.send(Message::Binary(answer)).await;
                }
            }
            shared.state.lock().unwrap().closed.get_or_insert((1006, String::new()));
            shared.changed.send_replace(());
        });
        self.link = Some(Link { outgoing, tasks: [writer, reader] });
        self.wait("synced or closed", |s| s.synced || s.closed.is_some()).await;
        match self.lock().closed.clone() {
            Some(close) => Err(format!("closed {close:?}")),
            None => Ok(()),
        }
    }

    /// Cuts the connection without a word.
    pub fn cut(&mut self) {
        if let Some(link) = self.link.take() {
            link.tasks.iter().for_each(JoinHandle::abort);
        }
    }

    /// What it holds.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    /// Its client id.
    pub fn id(&self) -> u64 {
        self.lock().doc.client_id().get()
    }

    /// How much it has written into its document.
    pub fn clock(&self) -> u32 {
        let state = self.lock();
        state.doc.transact().state_vector().get(&state.doc.client_id())
    }

    /// Changes its document and, if it is connected, sends the change. Answers the update.
    pub async fn edit(&self, change: impl FnOnce(&mut TransactionMut)) -> Vec<u8> {
        let update = {
            let state = self.lock();
            let mut txn = state.doc.transact_mut();
            change(&mut txn);
            txn.encode_update_v1()
        };
        self.send(protocol::update(&update)).await;
        update
    }

    /// Inserts into a root text, its position in UTF-16 units from the start, or the end if that is nearer.
    pub async fn insert(&self, root: &str, at: u32, what: &str) {
        self.edit(|txn| {
            let text = txn.get_or_insert_text(root);
            text.insert(txn, at.min(text.len(txn)), what);
        })
        .await;
    }

    /// Replaces a point's words from `at` on: deletes `delete` UTF-16 units and inserts.
    pub async fn edit_words(&self, point: &str, at: u32, delete: u32, insert: &str) {
        self.edit(|txn| {
            let words = words_of(txn, point);
            if delete > 0 {
                words.remove_range(txn, at, delete);
            }
            words.insert(txn, at, insert);
        })
        .await;
    }

    /// Sends one frame, if connected.
    pub async fn send(&self, frame: impl Into<Bytes>) {
        if let Some(link) = &self.link {
            let _ = link.outgoing.send(Message::Binary(frame.into())).await;
        }
    }

    /// Sends presence for any client id.
    pub async fn send_presence(&self, client: u64, clock: u32, state: &str) {
        let entry = protocol::AwarenessEntry { client, clock, state: state.to_owned() };
        self.send(protocol::awareness([&entry].into_iter())).await;
    }

    /// A root text as a string.
    pub fn text(&self, root: &str) -> String {
        text_of(&self.lock().doc, root)
    }

    /// The words of a point.
    pub fn words(&self, point: &str) -> String {
        let state = self.lock();
        let mut txn = state.doc.transact_mut();
        let words = words_of(&mut txn, point);
        words.get_string(&txn)
    }

    /// The ids of the points.
    pub fn points(&self) -> Vec<String> {
        let state = self.lock();
        let mut txn = state.doc.transact_mut();
        let points = txn.get_or_insert_map("points");
        let mut ids: Vec<String> = points.keys(&txn).map(|key| key.to_string()).collect();
        ids.sort();
        ids
    }

    /// What two replicas must agree on: what is there, and what was deleted.
    pub fn standing(&self) -> (Vec<(u64, u32)>, serde_json::Value) {
        standing(&self.lock().doc)
    }

    /// Waits until the server has sent back all that this client holds.
    pub async fn wait_echoed(&self) {
        self.wait("everything came back", |s| covers(&s.seen, &s.doc)).await;
    }

    /// Waits until two clients hold the same.
    pub async fn wait_same(&self, other: &YClient) {
        let begin = std::time::Instant::now();
        while self.standing() != other.standing() {
            assert!(begin.elapsed() < PATIENCE, "they never became the same:\n{:?}\n{:?}", self.standing(), other.standing());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until its state is so.
    pub async fn wait(&self, what: &str, so: impl Fn(&State) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        let waiting = async {
            while !so(&self.lock()) {
                changed.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let state = self.lock();
            panic!("never {what}; denied {:?}, closed {:?}, presence {:?}", state.denied, state.closed, state.presence);
        }
    }
}

impl Default for YClient {
    fn default() -> Self {
        YClient::new()
    }
}

impl Drop for YClient {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Shared {
    /// Takes in one frame; answers what a client must send back.
    fn take(&self, frame: &Bytes) -> Option<Bytes> {
        let mut state = self.state.lock().unwrap();
        state.frames += 1;
        if frame.first() == Some(&2) {
            state.denied.push(String::from_utf8_lossy(frame.get(3..).unwrap_or_default()).into_owned());
            return None;
        }
        match protocol::ClientMessage::decode(frame).unwrap() {
            protocol::ClientMessage::SyncStep1(state_vector) => {
                let state_vector = StateVector::decode_v1(&state_vector).unwrap();
                Some(protocol::sync_step_2(&state.doc.transact().encode_diff_v1(&state_vector)))
            }
            protocol::ClientMessage::SyncStep2(update) => {
                state.apply(&update);
                state.synced = true;
                None
            }
            protocol::ClientMessage::Update(update) => {
                state.apply(&update);
                None
            }
            protocol::ClientMessage::Awareness(payload) => {
                for entry in protocol::decode_awareness(&payload).unwrap_or_default() {
                    match entry.state {
                        "null" => state.presence.remove(&entry.client),
                        told => state.presence.insert(entry.client, told.to_owned()),
                    };
                }
                None
            }
            protocol::ClientMessage::QueryAwareness => None,
        }
    }
}

impl State {
    /// How far the server has sent what a client wrote.
    pub fn clock_seen(&self, client: u64) -> u32 {
        self.seen.transact().state_vector().get(&ClientID::new(client))
    }

    fn apply(&mut self, update: &[u8]) {
        for doc in [&self.doc, &self.seen] {
            doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }
    }
}

/// Opens a socket with whatever headers.
pub async fn socket(
    server: &Server,
    plan: &str,
    token: &str,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
    let address = server.address();
    let mut request = format!("ws://{address}/sync/{}", server.room(plan)).into_client_request()?;
    request.headers_mut().insert("Authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value)?);
    }
    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    Ok(tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?.0)
}
