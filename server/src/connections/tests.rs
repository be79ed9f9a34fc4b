//! Who comes in, who goes, and who has too many.

use futures_util::future::poll_immediate;
use plenary_shared::{access::Role, people::Member};
use std::net::Ipv4Addr;
use tokio::time::advance;

use super::*;

fn v4(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn member(party: &str, number: usize) -> Whoami {
    let (conference, member) = ("talks".parse().unwrap(), format!("{party}-{number}").parse().unwrap());
    Whoami::Member(Member {
        conference,
        party: party.parse().unwrap(),
        member,
        role: Role::Delegate,
        generation: Default::default(),
        name: party.into(),
    })
}

async fn goes(connection: &Connection) -> bool {
    poll_immediate(Box::pin(connection.has_to_go())).await.is_some()
}

#[tokio::test(start_paused = true)]
async fn who_opens_many_and_says_nothing_makes_room_for_whoever_else_comes() {
    let connections = Connections::new(10, 10);
    let honest = connections.admit(v4(1)).unwrap();
    let silent: Vec<_> = (1..limits::STRANGERS_MAX).map(|_| connections.admit(v4(2)).unwrap()).collect();
    assert_eq!(connections.admit(v4(3)).err(), Some(limits::STRANGER_GRACE), "they may be about to speak");
    advance(limits::STRANGER_GRACE).await;
    let newcomer = connections.admit(v4(3)).unwrap();
    assert!(goes(&silent[0]).await && !goes(&silent[1]).await, "the oldest of who has the most");
    assert!(!goes(&honest).await && !goes(&newcomer).await, "although one is older");
    let again = connections.admit(v4(2)).unwrap();
    assert!(goes(&silent[1]).await && !goes(&again).await, "also for the next of its own");
}

#[tokio::test(start_paused = true)]
async fn who_is_known_takes_no_stranger_s_room_and_goes_for_none() {
    let connections = Connections::new(10, 10);
    let known = connections.admit(v4(1)).unwrap();
    known.is_of(&member("arv", 1)).unwrap();
    let strangers: Vec<_> = (0..limits::STRANGERS_MAX).map(|_| connections.admit(v4(1)).unwrap()).collect();
    advance(limits::STRANGER_GRACE).await;
    let _one_more = connections.admit(v4(1)).unwrap();
    assert!(!goes(&known).await && goes(&strangers[0]).await);
    // It went before it was known: what it says then changes nothing for others.
    drop(strangers);
    assert_eq!(connections.open().strangers.len(), 1);
    drop(known);
    let open = connections.open();
    assert!(open.known == 0 && open.members.is_empty() && open.parties.is_empty());
}

#[test]
fn a_member_and_a_party_have_their_shares_and_a_connection_is_whose_credential_came_last() {
    let connections = Connections::new(limits::CONNECTIONS_BESIDE_SESSIONS, 2);
    let Bounds { each_party, each_member, .. } = connections.bounds;
    assert!(each_member < each_party);
    let open = |number| {
        let connection = connections.admit(v4(1)).unwrap();
        connection.is_of(&member("arv", number)).map(|()| connection)
    };
    let mut arv: Vec<_> = (0..each_member).map(|_| open(1).unwrap()).collect();
    assert!(open(1).is_err() && arv[0].is_of(&member("arv", 1)).is_ok());
    arv.extend((each_member..each_party).map(|at| open(2 + at / each_member).unwrap()));
    assert!(open(999).is_err(), "the party has its share");
    let bor = connections.admit(v4(1)).unwrap();
    bor.is_of(&member("bor", 1)).unwrap();
    assert!(bor.is_of(&member("arv", 998)).is_err());
    arv[0].is_of(&member("bor", 1)).unwrap();
    assert_eq!(connections.open().members[&("talks".parse().unwrap(), "bor-1".parse().unwrap())], 2);
    assert!(open(999).is_ok());
}

#[test]
fn an_origin_is_an_address_or_the_network_that_one_line_has() {
    let origin = |text: &str| Origin::from(text.parse::<IpAddr>().unwrap());
    assert_eq!(origin("2001:db8:1:2:3:4:5:6"), origin("2001:db8:1:2:ffff::1"));
    assert_ne!(origin("2001:db8:1:2::1"), origin("2001:db8:1:3::1"));
    assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
    assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
}
