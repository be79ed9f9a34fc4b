//! Where the server is, and the links that lead into it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use ureq::http::Uri;

use crate::error::CliError;

/// The address of a server: scheme, host, port and perhaps a path before `/api`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl {
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// The host as it is dialled, without the brackets of an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `host[:port][/path]` as given, without a slash at the end.
    rest: String,
}

impl ServerUrl {
    /// The URL of a path below the server's; the path begins with a slash.
    pub fn http(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl FromStr for ServerUrl {
    type Err = CliError;

    fn from_str(given: &str) -> Result<Self, CliError> {
        let bad = || CliError::Usage(format!("server {given:?} is not valid: use http://HOST[:PORT] or https://HOST[:PORT]"));
        let uri: Uri = given.parse().map_err(|_| bad())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad()),
        };
        let authority = uri.authority().filter(|a| !a.as_str().contains('@')).ok_or_else(bad)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || uri.query().is_some() || given.contains('#') {
            return Err(bad());
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let rest = format!("{}{}", authority.as_str().to_ascii_lowercase(), uri.path().trim_end_matches('/'));
        Ok(ServerUrl { secure, host, port, rest })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.rest)
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = CliError;
    fn try_from(text: String) -> Result<Self, CliError> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> String {
        url.to_string()
    }
}

/// A secret: a member's token or an invitation. It is never shown by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Takes a secret that an `Authorization` header can carry.
    pub fn new(text: &str) -> Result<Self, CliError> {
        let good = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.is_empty() || text.len() > 512 || !text.bytes().all(good) {
            return Err(CliError::Usage("the token is not valid: copy it whole, without spaces".into()));
        }
        Ok(Token(text.to_owned()))
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// An invitation as it is sent to a person: `{server}/join#{token}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Where to join.
    pub server: ServerUrl,
    /// What admits, once.
    pub invitation: Token,
}

impl FromStr for Link {
    type Err = CliError;

    fn from_str(given: &str) -> Result<Self, CliError> {
        let bad = || {
            CliError::Usage(
                "the link is not an invitation: it looks like https://HOST/join#TOKEN (quote it, for the shell)".into(),
            )
        };
        let (page, token) = given.trim().split_once('#').ok_or_else(bad)?;
        let server = page.strip_suffix("/join").ok_or_else(bad)?.parse().map_err(|_| bad())?;
        Ok(Link { server, invitation: Token::new(token).map_err(|_| bad())? })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/join#{}", self.server, self.invitation.secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_gives_the_server_and_the_invitation() {
        let link: Link = "http://127.0.0.1:4400/join#abc_DEF-9".parse().expect("a link");
        assert_eq!(link.server.http("/api/join"), "http://127.0.0.1:4400/api/join");
        assert_eq!(link.invitation.secret(), "abc_DEF-9");
        assert_eq!(link.to_string(), "http://127.0.0.1:4400/join#abc_DEF-9");
        let link: Link = "https://Talks.example/un/join#t".parse().expect("a link");
        assert_eq!((link.server.host.as_str(), link.server.port), ("talks.example", 443));
        assert_eq!(link.server.to_string(), "https://talks.example/un");
        let link: Link = "http://[::1]:80/join#t".parse().expect("a link");
        assert_eq!(link.server.host, "::1");
    }

    #[test]
    fn what_is_no_link_is_a_usage_error_that_does_not_repeat_the_secret() {
        for bad in [
            "",
            "http://h/join",
            "http://h/join#",
            "http://h/#secret",
            "ftp://h/join#secret",
            "h/join#secret",
            "http://h/join#se cret",
            "http://u:p@h/join#secret",
            "http://h/x?y/join#secret",
            "http:///join#secret",
            "http://h/join#secret\r\nX: y",
        ] {
            let error = bad.parse::<Link>().expect_err(bad);
            assert_eq!(error.exit_code(), 2, "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_token_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Token::new("abc").expect("a token")), "Token(..)");
    }
}
