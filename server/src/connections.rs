//! Connections that are open: whose they are, and how many.
//!
//! Nobody is known when a connection comes. Until a request on it carries a good credential it is a stranger's: there is room for
//! [`limits::STRANGERS_MAX`] of these, and when one more comes, the oldest of the address that has the most goes. So whoever opens many
//! and says nothing shuts out itself, and nobody who speaks at once. From then on it is its member's: each member has so many, each
//! party its share.

#[cfg(test)]
mod tests;

use plenary_shared::{
    id::{ConferenceId, MemberId, PartyId},
    limits,
    people::Member,
    wire::api::Whoami,
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Where a peer is, as far as it can choose freely: an IPv4 address, or the network of an IPv6 address, which is one line's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).into(),
        })
    }
}

/// All connections.
pub struct Connections {
    bounds: Bounds,
    open: Mutex<Open>,
}

/// How many may be open.
#[derive(Clone, Copy)]
struct Bounds {
    /// Of members and the administrator, in all.
    known: usize,
    each_party: usize,
    each_member: usize,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// The oldest first.
    strangers: BTreeMap<u64, Stranger>,
    known: usize,
    parties: HashMap<(ConferenceId, PartyId), usize>,
    members: HashMap<(ConferenceId, MemberId), usize>,
}

struct Stranger {
    from: Origin,
    since: Instant,
    goes: Arc<Notify>,
}

/// One connection, as long as it is open.
pub struct Connection {
    number: u64,
    origin: Origin,
    whose: Mutex<Option<Who>>,
    goes: Arc<Notify>,
    is_socket: AtomicBool,
    among: Arc<Connections>,
}

/// As many connections are open as may be.
#[derive(Debug)]
pub struct TooMany;

/// Who is known, whatever has become of its name or role.
#[derive(PartialEq, Eq)]
enum Who {
    Administrator,
    Member { party: (ConferenceId, PartyId), member: (ConferenceId, MemberId) },
}

impl From<&Whoami> for Who {
    fn from(who: &Whoami) -> Self {
        match who {
            Whoami::Administrator => Self::Administrator,
            Whoami::Member(Member { conference, party, member, .. }) => {
                Self::Member { party: (conference.clone(), party.clone()), member: (conference.clone(), member.clone()) }
            }
        }
    }
}

impl Connections {
    /// None is open yet, and there is room for so many sessions, in all and of each member.
    pub fn new(sessions: usize, sessions_per_member: usize) -> Arc<Self> {
        let known = sessions.saturating_add(limits::CONNECTIONS_BESIDE_SESSIONS);
        let each_member = sessions_per_member.saturating_add(limits::CONNECTIONS_BESIDE_SESSIONS_PER_MEMBER);
        let each_party = each_member.max(known / limits::PARTY_SHARE_OF_CONNECTIONS);
        Arc::new(Self { bounds: Bounds { known, each_party, each_member }, open: Mutex::default() })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a stranger in, and another go if there are too many. If that one came only now and may be about to speak, nobody comes in, and
    /// the error says how long to wait.
    pub fn admit(self: &Arc<Self>, from: IpAddr) -> Result<Arc<Connection>, Duration> {
        let (mut open, now, origin) = (self.open(), Instant::now(), Origin::from(from));
        if open.strangers.len() >= limits::STRANGERS_MAX {
            let oldest = open.oldest_of_most().ok_or(limits::STRANGER_GRACE)?;
            let stranger = &open.strangers[&oldest];
            let wait = limits::STRANGER_GRACE.saturating_sub(now.duration_since(stranger.since));
            if !wait.is_zero() {
                return Err(wait);
            }
            stranger.goes.notify_one();
            open.strangers.remove(&oldest);
        }
        let (number, goes) = (open.next, Arc::new(Notify::new()));
        open.next += 1;
        open.strangers.insert(number, Stranger { from: origin, since: now, goes: goes.clone() });
        let (whose, is_socket) = (Mutex::default(), AtomicBool::new(false));
        Ok(Arc::new(Connection { number, origin, whose, goes, is_socket, among: self.clone() }))
    }
}

impl Open {
    fn oldest_of_most(&self) -> Option<u64> {
        let mut origins: HashMap<Origin, (usize, u64)> = HashMap::new();
        for (number, stranger) in &self.strangers {
            origins.entry(stranger.from).or_insert((0, *number)).0 += 1;
        }
        origins.into_values().max_by_key(|(connections, oldest)| (*connections, u64::MAX - oldest)).map(|(_, oldest)| oldest)
    }

    fn take(&mut self, who: &Who, bounds: &Bounds) -> Result<(), TooMany> {
        if self.known >= bounds.known {
            return Err(TooMany);
        }
        if let Who::Member { party, member } = who {
            let has = |taken: Option<&usize>, most| taken.is_some_and(|taken| *taken >= most);
            if has(self.parties.get(party), bounds.each_party) || has(self.members.get(member), bounds.each_member) {
                return Err(TooMany);
            }
            *self.parties.entry(party.clone()).or_default() += 1;
            *self.members.entry(member.clone()).or_default() += 1;
        }
        self.known += 1;
        Ok(())
    }

    fn leave(&mut self, who: &Who) {
        self.known -= 1;
        if let Who::Member { party, member } = who {
            less(&mut self.parties, party);
            less(&mut self.members, member);
        }
    }
}

fn less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Connection {
    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// It is now the one's whose credential came last: a proxy sends the requests of many on one.
    ///
    /// # Errors
    /// If these have as many as they may; it stays whose it was.
    pub fn is_of(&self, who: &Whoami) -> Result<(), TooMany> {
        let (mut whose, who) = (self.whose.lock().unwrap_or_else(PoisonError::into_inner), Who::from(who));
        if whose.as_ref() == Some(&who) {
            return Ok(());
        }
        let mut open = self.among.open();
        open.take(&who, &self.among.bounds)?;
        open.strangers.remove(&self.number);
        if let Some(before) = whose.replace(who) {
            open.leave(&before);
        }
        Ok(())
    }

    /// Returns when it has to make room for another stranger's.
    pub async fn has_to_go(&self) {
        self.goes.notified().await;
    }

    /// From now on it is a socket, which knows by itself how long it waits for its peer.
    pub fn becomes_socket(&self) {
        self.is_socket.store(true, Ordering::Relaxed);
    }

    /// Whether it is a socket.
    pub fn is_socket(&self) -> bool {
        self.is_socket.load(Ordering::Relaxed)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let whose = self.whose.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let mut open = self.among.open();
        match whose {
            Some(who) => open.leave(&who),
            None => drop(open.strangers.remove(&self.number)),
        }
    }
}
