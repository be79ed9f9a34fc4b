//! Where an invitation leads, shown before anything is sent there: a link says whose it is only by its host.

use std::net::IpAddr;

use crate::{ask, error::CliError, output::Output, wire::server::ServerUrl};

/// Says to which server the user is about to give what the link holds, and asks on a terminal, unless that was agreed to.
///
/// # Errors
/// If the user does not agree; nothing was sent then.
pub fn in_server(output: &Output, server: &ServerUrl, agreed: bool) -> Result<(), CliError> {
    output.remark(|| described(server));
    if agreed || !ask::is_there(output) || ask::agrees("join there?") {
        return Ok(());
    }
    Err(CliError::Refused("nothing was sent: ask whoever invited you for the server's address".into()))
}

fn described(server: &ServerUrl) -> String {
    let is_here = server.host == "localhost" || server.host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let way = match (is_here, server.secure) {
        (true, _) => "this computer",
        (false, true) => "encrypted",
        (false, false) => "in the clear: whoever is on the way can read and change all of it",
    };
    format!("the invitation leads to {} ({server}), {way}", server.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_stands_first_whatever_the_link_makes_of_it() {
        let server = "https://talks.example.evil.example:8443/talks.example".parse().expect("a server");
        let shown = "the invitation leads to talks.example.evil.example (https://talks.example.evil.example:8443/talks.example), encrypted";
        assert_eq!(described(&server), shown);
        assert!(described(&"http://talks.example".parse().expect("a server")).contains("in the clear"));
        assert!(described(&"http://[::1]:8080".parse().expect("a server")).ends_with("this computer"));
    }
}
