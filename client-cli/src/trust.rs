//! Where an invitation leads, shown before anything is sent there: a link says whose it is only by its host.

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::IpAddr,
};

use crate::{error::CliError, output::Output, wire::server::ServerUrl};

/// Says to which server the user is about to give what the link holds, and asks on a terminal, unless that was agreed to.
///
/// # Errors
/// If the user does not agree; nothing was sent then.
pub fn in_server(output: &Output, server: &ServerUrl, agreed: bool) -> Result<(), CliError> {
    output.remark(|| described(server));
    let asks = !agreed && !output.is_json() && io::stdin().is_terminal() && io::stderr().is_terminal();
    if !asks {
        return Ok(());
    }
    // Nobody can be asked without standard error; then nothing that is read means yes.
    let _ = write!(io::stderr(), "plenary: join there? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    match read {
        Ok(_) if is_yes(&answer) => Ok(()),
        _ => Err(CliError::Refused("nothing was sent: ask whoever invited you for the server's address".into())),
    }
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

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
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

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes(" YES \n"));
        assert!(!["", "\n", "n\n", "yesterday\n"].into_iter().any(is_yes));
    }
}
