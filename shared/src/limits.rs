//! Every bound, with its unit and its reason. What an operator may want to raise is configuration and has its default here.

use std::time::Duration;

/// Characters of a slug: long enough for a spelled-out name, short enough for a column on a page.
pub const ID_CHARS_MAX: usize = 64;
/// Characters of a point id: ours have 8; other Yjs clients may use longer ones.
pub const POINT_ID_CHARS_MAX: usize = 32;
/// Bytes of a person's or party's name or of a title.
pub const NAME_BYTES_MAX: usize = 200;
/// Parties in a conference: the United Nations have 193 members, and observers come on top.
pub const PARTIES_MAX: usize = 400;
/// Members of a party: the largest delegation, with its capital, its advisers and a change of shifts. Counted for each party by itself:
/// none fills the table for the others.
pub const MEMBERS_MAX: usize = 3_000;
/// Seats that a party ever gave: all are listed for ever, with what was done to them.
pub const SEATS_MAX: u32 = 2 * MEMBERS_MAX as u32;
/// Plans in a conference.
pub const PLANS_MAX: usize = 2_000;
/// Layers that one party may open on one plan, besides the built-in ones: a party that talks to 30 others apart, with three drafts
/// for each. Counted for each party by itself: a limit that parties share would tell one of the others' layers.
pub const LAYERS_MAX: usize = 100;
/// One change of a party's layers each second, opening one or naming its readers, and one that a member makes to seats or devices: a
/// script's pace. Each is kept for ever.
pub const CHANGE_EVERY: Duration = Duration::from_secs(1);
/// Such changes that need not wait for each other: a morning's arrangements at once.
pub const CHANGES_AT_ONCE: u32 = 30;
/// Conferences on a server.
pub const CONFERENCES_MAX: usize = 1_000;

/// 16 MiB: the largest update from outside. A stock client sends its whole offline difference in one message, so a smaller
/// bound would make it reconnect for ever; 16 MiB is fifty times the text of a 600-page treaty.
pub const UPDATE_BYTES_MAX: usize = 16 << 20;
/// An update and its envelope: two type bytes and a length of at most five.
pub const MESSAGE_BYTES_MAX: usize = UPDATE_BYTES_MAX + 16;
/// 64 KiB: a message up to here is read from any session; a larger one takes one of [`LARGE_MESSAGES_MAX`] places first,
/// so that what unfinished messages hold stays below sessions x 64 KiB + 16 x 16 MiB.
pub const SMALL_MESSAGE_BYTES: usize = 64 << 10;
/// Large messages read at once, in the whole process: 16 x 16 MiB = 256 MiB. A large body takes two places: it is held as it came and
/// as it was read.
pub const LARGE_MESSAGES_MAX: usize = 16;
/// Large messages read at once from one party, so that one cannot take every place.
pub const LARGE_MESSAGES_PER_PARTY_MAX: usize = 2;
/// 22 MiB: a body of offline edits: the largest update in base64, and half a MiB for what stands around it.
pub const PUSH_BYTES_MAX: usize = UPDATE_BYTES_MAX.div_ceil(3) * 4 + (512 << 10);
/// Offline edits sent at once: two seconds' work, and few enough that one round says how far it went.
pub const PUSH_EDITS_MAX: usize = 4_096;
/// For taking offline edits in before the answer says how far it went, well before the request's end ([`MESSAGE`]).
pub const PUSH: Duration = Duration::from_secs(60);
/// Documents that one edit may touch: the text, the built-in layers, those that a party may open.
pub const PARTS_MAX: usize = 4 + LAYERS_MAX;
/// 8 MiB: a body that says what a replica has: the state vectors of its layers, each as long as clients wrote in it.
pub const PULL_BYTES_MAX: usize = 8 << 20;
/// Records of which a replica says at once that it holds them: 260,000 are told apart in three requests.
pub const COMPARED_MAX: usize = 64;
/// Layers that a replica says it has: 400 parties with two that all read, and twenty that each opened to it.
pub const PULL_LAYERS_MAX: usize = 10_000;
/// 48 MiB: the encoded state of a document. A hostile drafter can fill a plan up to here and no further.
pub const DOCUMENT_BYTES_MAX: usize = 48 << 20;
/// 8 MiB: the encoded state of a layer: 10,000 annotations of 800 bytes. A party has many layers, so each holds less than a plan.
pub const LAYER_BYTES_MAX: usize = 8 << 20;
/// Client ids in a document. Each browser tab takes a new one: 200 delegations x 30 people x 100 openings.
pub const CLIENTS_MAX: usize = 600_000;
/// 32,768: those of one party in a plan: each browser tab takes one, and each edit by HTTP; 90 a day for a year. Whoever encodes the
/// document walks all of them, at some 6 us each: with as many an edit by HTTP takes 0.2 s longer. The chair's party has what is left.
pub const CLIENTS_PER_PARTY_MAX: usize = 32_768;
/// Bytes of a state vector from outside: 12 for each of the clients a document may have would be 7 MiB; honest ones hold
/// no more clients than the document, and an entry is at most 13 bytes.
pub const STATE_VECTOR_BYTES_MAX: usize = 8 << 20;
/// Largest clock of a client: yrs holds clocks in 32 bits and some paths are signed.
pub const CLOCK_MAX: u64 = (1 << 31) - 1;
/// Largest client id: JavaScript's integers; yrs folds larger ones onto smaller.
pub const CLIENT_ID_MAX: u64 = (1 << 53) - 1;
/// Nesting of an `Any` value, far below what recursion on a 2 MiB stack bears (8,000 overflow it).
pub const ANY_DEPTH_MAX: usize = 16;
/// 2 KiB: one client's presence state, with the name that the server put in. Stock clients have a name, a colour and a selection: about
/// 300 bytes.
pub const PRESENCE_STATE_BYTES_MAX: usize = 2 << 10;
/// 16 KiB: one presence message to all. Stock clients send back what they are told, and that must stay a small message even where it
/// grows a little on its way through their JSON.
pub const PRESENCE_FRAME_BYTES_MAX: usize = 16 << 10;
/// 48 KiB: what somebody who comes is told at once of who is present, 150 stock states, for the same reason. The others are told as
/// they renew theirs, which stock clients do every 15 s.
pub const PRESENCE_ALL_BYTES_MAX: usize = 48 << 10;
/// 15 KiB: presence that each reader of a document is told in a second, whoever is there; with the heads of frames and what is told at
/// first it stays below 16 KiB. Stock clients forget whoever they do not hear of for 30 s: 1,500 with states of 300 bytes.
pub const PRESENCE_BYTES_PER_SECOND: usize = 15 << 10;
/// Nesting of a presence state's JSON.
pub const PRESENCE_DEPTH_MAX: usize = 16;

/// 32 KiB: an update from here on is tried on a copy of its document before it reaches it, whoever sends it.
pub const WEIGHED_BYTES: usize = 32 << 10;
/// So is one that may claim more about the order of blocks: each claim takes up to 6 ms on a text of 260,000 edits. What is typed claims
/// nothing.
pub const CLAIMS_UNWEIGHED_MAX: usize = 16;
/// The first pause of a member of whom something had to be refused at others' expense; each following is twice as long.
pub const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest such pause, well below [`IDLE`].
pub const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long an offence is held against a member after its pause.
pub const OFFENCE_KEPT: Duration = Duration::from_secs(600);
/// Members of whom offences are remembered in a document, at some 150 bytes each.
pub const OFFENDERS_PER_DOCUMENT_MAX: usize = 1_024;
/// Members of a party who offended in a document before all of the party are watched there.
pub const OFFENDERS_OF_A_PARTY: usize = 3;
/// A party's updates are tried one at a time, in one of so many parts of the time: a tenth of a core.
pub const TURN_SHARE: u32 = 10;
/// What a party may have sent to a document before it is paid for: a tenth of that of a core's time at once.
pub const PACE_AHEAD: Duration = Duration::from_secs(1);
/// What a byte of an update costs, to be read and judged: 2 MB of a party in a second.
pub const PRICE_OF_UPDATE_BYTE: Duration = Duration::from_nanos(50);
/// What an entry of a presence message costs. Stock clients send back what they are told, which is 50 in a second; of 1,000 clients of
/// one party that is 15 ms.
pub const PRICE_OF_ENTRY: Duration = Duration::from_nanos(300);
/// What a byte of one costs beside that: 15 KiB in a second of as many are 30 ms.
pub const PRICE_OF_PRESENCE_BYTE: Duration = Duration::from_nanos(2);
/// What a question for what is missing costs, or for who is present: a delegation of 1,000 comes at once without waiting.
pub const PRICE_OF_QUESTION: Duration = Duration::from_micros(100);
/// The most that one message costs, so that who sends a large difference waits 3 s for the next.
pub const PRICE_MAX: Duration = Duration::from_millis(300);
/// 1 MiB: what a session may send that builds on what is missing, in all. An honest client does so for a moment, before it has answered
/// what it is asked at first.
pub const EARLY_BYTES_MAX: usize = 1 << 20;

/// 64 MiB: what a party's edits may take of the log of a plan's text unless the chair raises it: a text of a thousand pages, written anew
/// thirty times.
pub const TEXT_SHARE_BYTES: u64 = 64 << 20;
/// 32 MiB: the same for each layer's log: four times what a layer holds.
pub const LAYER_SHARE_BYTES: u64 = 32 << 20;
/// 4 GiB: the most that a chair can raise a share to.
pub const SHARE_BYTES_MAX: u64 = 4 << 30;

/// Messages waiting in a room for its loop. When it is full the sockets are not read and TCP carries the back-pressure.
pub const ROOM_INBOX_MESSAGES: usize = 1_024;
/// 4 MiB: updates of one batch; the next ones gather for the following.
pub const BATCH_BYTES_MAX: usize = 4 << 20;
/// Updates of one batch: at 10 us each a batch takes the room for about 10 ms.
pub const BATCH_UPDATES_MAX: usize = 1_024;
/// 1 MiB: what waits for a slow reader before it is caught up with one merged difference instead.
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;
/// 80 MiB: answers to state vectors, views and lines of logs on their way to readers, in all: all that one party may have, and a quarter
/// of it for others meanwhile. With what it takes to make them it is less than 200 MiB.
/// The state of a whole document is shared among all who are sent it and counts once, each version of it that somebody has yet
/// to read. What is one reader's alone and no larger than [`SMALL_MESSAGE_BYTES`] does not count: of those sessions x 64 KiB
/// can wait at most.
pub const ANSWERS_BYTES_MAX: usize = ANSWERS_PER_PARTY_BYTES_MAX + (16 << 20);
/// 64 MiB: those of one party: a whole text and two full layers, so that no party takes the place of all.
pub const ANSWERS_PER_PARTY_BYTES_MAX: usize = DOCUMENT_BYTES_MAX + 2 * LAYER_BYTES_MAX;
/// Frames waiting for a slow reader, for the same reason.
pub const OUTBOX_FRAMES_MAX: usize = 1_024;

/// From accepting a connection to the end of the HTTP request's head, TLS included.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// For reading a request's body and answering it.
pub const REQUEST: Duration = Duration::from_secs(30);
/// The life of an HTTP connection, so that a peer that reads nothing does not keep one for ever; sockets are not among them.
pub const CONNECTION: Duration = Duration::from_secs(3_600);
/// For saying goodbye when the server stops, twice: to sockets and to requests under way.
pub const FAREWELL: Duration = Duration::from_secs(1);
/// Presence is told at most this often: what a client says in between is replaced by what it says last.
pub const PRESENCE_EVERY: Duration = Duration::from_millis(40);
/// Where many sessions are open it is told less often, half a second apart to 500: each frame costs 5 us for each session, and as much
/// again when it comes back.
pub const PRESENCE_EVERY_PER_SESSION: Duration = Duration::from_millis(1);
/// How long a client id that a session announced stays its party's although nobody wrote under it: a day away from the server.
pub const ANNOUNCED: Duration = Duration::from_secs(24 * 3600);
/// Client ids that one member may have announced in a document, each tab and device a new one; the oldest is given up.
pub const ANNOUNCED_PER_MEMBER_MAX: usize = 64;
/// Those of one party's members together, in all plans: 128 members with as many each, at 200 bytes 1.6 MiB.
pub const ANNOUNCED_PER_PARTY_MAX: usize = 8_192;
/// A socket on which nothing arrives for this long is closed: stock clients refresh their presence every 15 s.
pub const IDLE: Duration = Duration::from_secs(90);
/// How often a quiet socket is pinged, so that a client without presence is not taken for dead.
pub const PING: Duration = Duration::from_secs(30);
/// How often a socket that is told of edits is asked how far it has read.
pub const ASK: Duration = Duration::from_secs(2);
/// Who has read within so long what it was sent writes together with the others: a slow line and a laptop's lid take less.
pub const TOGETHER: Duration = Duration::from_secs(5);
/// A peer that takes longer for a piece of what it is sent is closed with 1013.
pub const WRITE: Duration = Duration::from_secs(30);
/// 128 KiB: such a piece. In 30 s that is 35 kbit/s, less than the slowest line that people still work on, and a text of 48 MiB then
/// takes three hours.
pub const WRITE_PIECE_BYTES: usize = 128 << 10;
/// A message must be whole this long after its first byte: 16 MiB at 140 KiB/s.
pub const MESSAGE: Duration = Duration::from_secs(120);
/// A room without sessions leaves memory after this.
pub const ROOM_IDLE: Duration = Duration::from_secs(60);

/// For holding all documents of one edit: the last commit of each and, of a busy one, those that asked before.
pub const HOLD: Duration = Duration::from_secs(5);
/// Times that an edit is made anew because the plan moved meanwhile; each takes a view's place and up to a second.
pub const EDIT_TRIES: usize = 10;

/// Sockets open at once, in all: at 64 KiB of unfinished message each, 640 MiB.
pub const SESSIONS_MAX: usize = 10_000;
/// Sockets open at once for one member: some devices, some tabs, a script.
pub const SESSIONS_PER_MEMBER_MAX: usize = 32;
/// Connections of members that are no sockets, besides those that are: a view, a push, a page's pictures.
pub const CONNECTIONS_BESIDE_SESSIONS: usize = 1_000;
/// Of these one member's: a browser opens six, a script one at a time.
pub const CONNECTIONS_BESIDE_SESSIONS_PER_MEMBER: usize = 32;
/// One party has at most a third of all connections of members, so that no two shut the others out.
pub const PARTY_SHARE_OF_CONNECTIONS: usize = 3;
/// Connections on which nobody has shown a credential yet: 32 KiB of a head each, 32 MiB.
pub const STRANGERS_MAX: usize = 1_024;
/// One that came only now is not cut for the next one: over TLS a credential comes after two round trips.
pub const STRANGER_GRACE: Duration = Duration::from_secs(1);
/// 4 KiB: the body that trades an invitation; anybody may send one.
pub const JOIN_BYTES_MAX: usize = 4 << 10;
/// Wrong invitations or recovery codes taken at once from one address: a delegation that copies its links badly.
pub const GUESSES_AT_ONCE: u32 = 10;
/// Then one so often.
pub const GUESS_EVERY: Duration = Duration::from_secs(6);
/// Addresses of which it is known how many wrong ones they tried lately.
pub const GUESSERS_MAX: usize = 4_096;
/// 32 KiB: the head of an HTTP request, cookies included.
pub const HTTP_HEAD_BYTES_MAX: usize = 32 << 10;
/// Plans in memory at once.
pub const ROOMS_MAX: usize = 4_000;
/// Layers of one party in memory at once: every layer of four plans. Neither plans nor other parties' layers count, and the private,
/// the opened and the public ones are counted apart, so that nobody can tell from a refusal what others have open.
pub const LAYER_ROOMS_PER_PARTY_MAX: usize = 500;
/// Views made at once, in all: each may take a core for seconds, and what it reads is in memory meanwhile. The others wait in turn.
pub const VIEWS_MAX: usize = 4;
/// Views made at once for one party, so that one cannot take every place.
pub const VIEWS_PER_PARTY_MAX: usize = 2;
/// 16 MiB: what is read of one party's layers for a view: two full ones. What does not fit is named as left out. For each party by
/// itself: none takes away what others have to say.
pub const VIEW_BYTES_PER_PARTY_MAX: usize = 2 * LAYER_BYTES_MAX;
/// Entries read of one party's layers for a view, for the same reason.
pub const VIEW_ENTRIES_PER_PARTY_MAX: usize = 2 * ANNOTATIONS_MAX;
/// For reading all layers of a view: what is not read by then is named as left out.
pub const VIEW_READING: Duration = Duration::from_secs(8);
/// How long what a member may read of a plan is kept put together after it was asked for last.
pub const DOSSIER_KEPT: Duration = Duration::from_secs(30);
/// Dossiers kept for one party: all kinds of two plans. Each party's by themselves, so that nobody can tell what others look at.
pub const DOSSIERS_PER_PARTY_MAX: usize = 8;
/// 8 MiB: the documents that one party's kept dossiers were made from, and their views; the dossiers take a few times that. Of 200
/// parties all at once it is less: see [`DOSSIER_BYTES_MAX`].
pub const DOSSIER_BYTES_PER_PARTY_MAX: usize = 8 << 20;
/// 256 MiB: the same of all parties. Each has an equal share of it, whatever the others look at.
pub const DOSSIER_BYTES_MAX: usize = 256 << 20;
/// 64 MiB: documents of plans of which what follows from the text is kept, for all who read it: one as large as a text may be.
pub const PLAN_TEXT_BYTES_MAX: usize = 64 << 20;
/// 64 KiB: the body of an HTTP request; a list of 400 parties is the largest.
pub const BODY_BYTES_MAX: usize = 64 << 10;
/// 8 MiB: the body that creates a plan, its Markdown included.
pub const PLAN_BYTES_MAX: usize = 8 << 20;
/// Time between a session's questions for what it lacks: each may cost an encoding of the document.
pub const SYNC_STEP_1_EVERY: Duration = Duration::from_millis(250);
/// For the peer to read a close frame before the connection goes away under it.
pub const LINGER: Duration = Duration::from_secs(2);
/// For every room to finish when the server stops.
pub const STOP: Duration = Duration::from_secs(20);
/// Time after which who was refused for want of disk may ask again: room is made by people.
pub const DISK_FULL_RETRY: Duration = Duration::from_secs(30);
/// 256 MiB: free disk space below which edits are refused, so that what was acknowledged can still be written out.
pub const DISK_RESERVE_BYTES: u64 = 256 << 20;

/// Updates after which a snapshot is taken, so that opening replays at most as many.
pub const SNAPSHOT_EVERY_RECORDS: u64 = 4_096;
/// A snapshot is also taken after so many claims about the order of blocks, which cost the most when a log is replayed: 64 of
/// them take at most 0.4 s on a text of 260,000 edits.
pub const SNAPSHOT_EVERY_CLAIMS: usize = 64;
/// And when nobody has edited for a moment, if that saves the next opening so many records.
pub const SNAPSHOT_QUIET_RECORDS: u64 = 64;
/// That moment.
pub const SNAPSHOT_QUIET: Duration = Duration::from_secs(1);
/// Bytes of a document that put off the next snapshot by one record: a large document is not written out all the time.
pub const SNAPSHOT_BYTES_PER_RECORD: u64 = 256;
/// 32 MiB: older snapshots of plans that stay in memory, so that what was written apart long ago is folded from the nearest: eight of a
/// text of 260,000 edits. Of a small one a fold from the beginning is quick.
pub const WAYPOINTS_BYTES_MAX: usize = 32 << 20;
/// Of one plan.
pub const WAYPOINTS_PER_PLAN_MAX: usize = 8;
/// Plans of which it is known in which record each block stands: some 40 bytes for a record, 10 MiB for 260,000.
pub const TRAILS_MAX: usize = 8;
/// What was written apart is put together in so many places, which are no places for views: each takes a core for up to some seconds.
pub const MERGES_MAX: usize = 2;
/// Records that are read and folded for one party at once to put together what it wrote apart: a week's work of a delegation, ten times.
pub const MERGED_RECORDS_AT_ONCE: u64 = 400_000;
/// And then a second, for a fifth of a core.
pub const MERGED_RECORDS_PER_S: u64 = 10_000;
/// So long a party waits for each turn at most, whatever it cost before.
pub const MERGE_WAIT_MAX: Duration = Duration::from_secs(20);
/// An invitation expires after seven days unless the chair says otherwise.
pub const INVITATION: Duration = Duration::from_secs(7 * 24 * 3600);
/// A token expires after a year: longer than talks last between sessions.
pub const TOKEN: Duration = Duration::from_secs(365 * 24 * 3600);
/// 72 hours: a head whom the chair puts into a party that has one can join no sooner, so that the one may end it: a weekend and a day.
pub const HEAD_PUT_IN: Duration = Duration::from_secs(72 * 3600);
/// Seats that the chair made or asked for in one party and that nobody took or granted yet.
pub const SEATS_ASKED_MAX: usize = 16;
/// Characters of a plan's title: that of a treaty of the United Nations has 250 in Russian.
pub const TITLE_CHARS_MAX: usize = 500;
/// Points in a plan.
pub const POINTS_MAX: usize = 20_000;
/// Values that may stand side by side in one place of a schedule.
pub const ALTERNATIVES_MAX: usize = 64;
/// Depth of the tree of points: articles, paragraphs, items and sub-items need 5.
pub const POINT_DEPTH_MAX: usize = 16;
/// 64 KiB: words that a position keeps and that are compared with the present ones, as canonical JSON; 25 pages.
pub const KEPT_BYTES_MAX: usize = 64 << 10;
/// 64 KiB: what a full document still takes in small updates, so that in a full layer a position can be taken back.
pub const FULL_RESERVE_BYTES: usize = 64 << 10;
/// 512 bytes: a small update. Taking a position back needs 60.
pub const SMALL_UPDATE_BYTES: usize = 512;
/// Annotations in a layer: fifty times the points of a long treaty, and few enough that looking each up in a text of 100,000 pieces
/// ends within seconds.
pub const ANNOTATIONS_MAX: usize = 10_000;
/// Dependencies between points that a timetable takes into account: 20,000 points with five each.
pub const WAITS_MAX: usize = 100_000;
/// Circles of dependencies that a timetable names; people take them out one by one, and each that goes may take others along.
pub const CIRCLES_MAX: usize = 256;
/// Points that all named circles have together, so that a message about them stays readable by a page; the first circle is always
/// named.
pub const CIRCLE_POINTS_MAX: usize = 20_000;
/// Steps to tell whose the brackets of a plan are and who is for and against each, 64 Mi: stretches typed at one go and brackets
/// around brackets that are looked at; 0.1 s.
pub const BRACKET_STEPS_MAX: usize = 64 << 20;
/// Adoptions shown of one point: a point sees a few in the life of a plan, and a hostile drafter could write any number.
pub const ADOPTIONS_SHOWN_MAX: usize = 1_000;
/// 32 MiB: words that are compared, searched or repeated for one view, those of all parties together; about a second's work. It
/// also bounds what comes out.
pub const COMPARED_BYTES_MAX: usize = 32 << 20;
/// Comparisons of single words for one view, about a second's work; a paragraph of 100 words that was written anew takes 40,000
/// to 160,000. A party whose share is used up gets its differences in larger pieces.
pub const COMPARED_STEPS_MAX: u64 = 256 << 20;
/// Brackets of a plan that are shown one by one, with who is for and against each; all are counted. A real draft of 2015 held 1,055.
pub const BRACKETS_SHOWN_MAX: usize = 20_000;
/// Edits in a script: one for each point of the largest plan.
pub const SCRIPT_EDITS_MAX: usize = 20_000;
/// 16 MiB: a script; what it changes must fit into one update of a document.
pub const SCRIPT_BYTES_MAX: usize = UPDATE_BYTES_MAX;
/// For running a script: one of the largest plan's size takes a second or two.
pub const SCRIPT_RUN: Duration = Duration::from_secs(10);
/// 200 bytes: the key under which a script is applied once. A date and a name, or a digest, fit; 30,000 of them fit into a layer.
pub const SCRIPT_KEY_BYTES_MAX: usize = 200;
