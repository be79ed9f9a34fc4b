//! From a request to the credential in it. Secrets are compared as digests and never kept, logged or echoed.

use axum::http::{HeaderMap, Uri, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use plenary_shared::limits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The cookie that holds a member's token.
pub const COOKIE: &str = "plenary";
/// The WebSocket subprotocol that carries a token behind it.
pub const TOKEN_PROTOCOL: &str = "plenary.token.";
/// The subprotocol that the server answers with, so that the token is not sent back.
pub const PROTOCOL: &str = "plenary";

/// A token, an invitation or a recovery code: 32 random bytes as text. It has no `Debug`, so that no log can show it.
pub struct Secret(String);

/// The letters of recovery codes, five bits each: none that is taken for another when it is copied from paper.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters that stand together in a recovery code.
const GROUP: usize = 4;

impl Secret {
    /// A new one, from the operating system's randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A new one to be written down, in short groups: `7m3k-...`.
    pub fn to_write_down() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
        for byte in bytes {
            (held, bits) = (held << 8 | u32::from(byte), bits + 8);
            while bits >= 5 {
                bits -= 5;
                text.push(LETTERS[(held >> bits & 31) as usize].into());
            }
            held &= (1 << bits) - 1;
        }
        text.push(LETTERS[(held << (5 - bits) & 31) as usize].into());
        let groups = text.as_bytes().chunks(GROUP).map(String::from_utf8_lossy);
        Ok(Self(groups.collect::<Vec<_>>().join("-")))
    }

    /// The text to hand to its owner, once.
    pub fn reveal(self) -> String {
        self.0
    }

    /// What the registry keeps.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

/// The digest of a secret: it finds the secret's owner and cannot be turned back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Of a secret as text.
    pub fn of(secret: &str) -> Self {
        Self(blake3::derive_key("plenary credential 2026", secret.as_bytes()))
    }

    /// Of a recovery code as somebody types it: capitals and the parting of the groups count for nothing, and letters that look like
    /// digits are those.
    pub fn of_written_down(code: &str) -> Self {
        let letters = code.chars().filter(char::is_ascii_alphanumeric).map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        });
        let letters: Vec<char> = letters.take(limits::HTTP_HEAD_BYTES_MAX).collect();
        let groups = letters.chunks(GROUP).map(String::from_iter);
        Self::of(&groups.collect::<Vec<_>>().join("-"))
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(..)")
    }
}

impl Serialize for SecretDigest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for SecretDigest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.try_into().map_err(|_| serde::de::Error::custom("a digest has 32 bytes"))?))
    }
}

/// The digest of the credential that a request carries, wherever it stands: the `Authorization` header, a WebSocket
/// subprotocol, the cookie, or the query parameter `token` that stock Yjs clients have.
pub fn credential(headers: &HeaderMap, uri: &Uri) -> Option<SecretDigest> {
    bearer(headers)
        .or_else(|| subprotocol(headers))
        .or_else(|| cookie(headers))
        .or_else(|| query(uri))
        .filter(|token| !token.is_empty())
        .map(SecretDigest::of)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    subprotocols(headers).find_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL))
}

/// The WebSocket subprotocols that a request offers.
pub fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn query(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

/// Whether a request may come from the page it claims: browsers send `Origin`, and it must be this server's own; other
/// programs send none.
pub fn origin_is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(header::HOST).map(|host| host.to_str())) else {
        return false;
    };
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).is_some_and(|origin| origin == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_credential_is_found_in_all_four_places() {
        let plain: Uri = "/sync/a/b".parse().unwrap();
        let want = Some(SecretDigest::of("abc"));
        assert_eq!(credential(&headers(&[(header::AUTHORIZATION, "Bearer abc")]), &plain), want);
        assert_eq!(credential(&headers(&[(header::AUTHORIZATION, "bearer abc")]), &plain), want);
        assert_eq!(credential(&headers(&[(header::COOKIE, "a=b; plenary=abc; c=d")]), &plain), want);
        assert_eq!(credential(&headers(&[(header::SEC_WEBSOCKET_PROTOCOL, "x, plenary.token.abc")]), &plain), want);
        assert_eq!(credential(&HeaderMap::new(), &"/sync/a/b?x=1&token=abc".parse().unwrap()), want);
        for (name, value) in
            [(header::AUTHORIZATION, "Basic abc"), (header::COOKIE, "plenaryx=abc"), (header::COOKIE, "plenary=")]
        {
            assert_eq!(credential(&headers(&[(name, value)]), &plain), None, "{value}");
        }
    }

    #[test]
    fn an_origin_must_be_the_host_itself() {
        let request = |origin: &str| headers(&[(header::HOST, "talks.example:8080"), (header::ORIGIN, origin)]);
        assert!(origin_is_ours(&headers(&[(header::HOST, "talks.example")])));
        assert!(origin_is_ours(&request("https://talks.example:8080")));
        for bad in ["https://talks.example", "https://evil.example", "null", "https://talks.example:8080.evil.example", "file://"]
        {
            assert!(!origin_is_ours(&request(bad)), "{bad}");
        }
    }

    #[test]
    fn secrets_are_long_random_and_hidden() {
        let (a, b) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert!(a.digest() != b.digest());
        assert_eq!(format!("{:?}", a.digest()), "SecretDigest(..)");
        assert_eq!(a.reveal().len(), 43);
        let code = Secret::to_write_down().unwrap();
        let (digest, code) = (code.digest(), code.reveal());
        assert_eq!(
            (code.len(), code.split('-').map(str::len).max()),
            (64, Some(4)),
            "52 letters of five bits, and what parts them"
        );
        let typed = code.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
        assert!(SecretDigest::of_written_down(&typed) == digest && SecretDigest::of_written_down(&code[1..]) != digest);
    }
}
