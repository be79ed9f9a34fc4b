//! What is private, encrypted at rest in the age format: to an age identity that is itself kept encrypted under a passphrase. Writing
//! needs only the public half; the passphrase is asked for when something is to be read, once.

use age::{
    scrypt,
    secrecy::{ExposeSecret as _, SecretString},
    x25519,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{
    cell::OnceCell,
    env, fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    rc::Rc,
    str::FromStr as _,
};

use super::disk;
use crate::error::CliError;

/// The file with the encrypted identity; `age --decrypt` opens it too.
const KEY: &str = "key.age";
/// 128 MiB and some tenths of a second, for whoever opens a replica and for each guess at its passphrase. Not what the machine can do in a
/// second: a replica that was made on a fast or idle machine has to open on a slow or busy one.
const WORK_FACTOR: u8 = 17;
/// 1 GiB: more is not spent on a file that claims to need it. Earlier versions wrote what took their machine a second.
const WORK_FACTOR_MAX: u8 = 20;

/// Bytes as they are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sealed {
    /// As they are.
    Clear(Bytes),
    /// As an age file.
    Age(Bytes),
}

/// How a replica keeps what is private. Copies are unlocked together.
#[derive(Clone, Default)]
pub struct Cipher {
    keys: Option<Keys>,
}

#[derive(Clone)]
struct Keys {
    recipient: x25519::Recipient,
    path: PathBuf,
    identity: Rc<OnceCell<x25519::Identity>>,
}

impl Cipher {
    /// The cipher of a replica in `dir` that names this recipient; none: it encrypts nothing.
    pub fn of(dir: &Path, recipient: Option<&str>) -> Result<Self, CliError> {
        let Some(recipient) = recipient else { return Ok(Cipher::default()) };
        let recipient = x25519::Recipient::from_str(recipient)
            .map_err(|why| CliError::Refused(format!("the replica's public key cannot be read: {why}")))?;
        Ok(Cipher { keys: Some(Keys { recipient, path: dir.join(KEY), identity: Rc::default() }) })
    }

    /// Makes keys for a replica in `dir` under a passphrase that is asked for, and answers the recipient to be named.
    pub fn create(dir: &Path) -> Result<(Self, String), CliError> {
        let passphrase = new_passphrase()?;
        let identity = x25519::Identity::generate();
        let recipient = identity.to_public();
        let mut locked = scrypt::Recipient::new(passphrase);
        locked.set_work_factor(WORK_FACTOR);
        let encrypted = age::encrypt(&locked, identity.to_string().expose_secret().as_bytes());
        let path = dir.join(KEY);
        let encrypted = encrypted.map_err(|why| CliError::Refused(format!("the key cannot be encrypted: {why}")))?;
        disk::replace(&path, &encrypted).map_err(|source| CliError::File { path: path.clone(), source })?;
        let named = recipient.to_string();
        Ok((Cipher { keys: Some(Keys { recipient, path, identity: Rc::new(OnceCell::from(identity)) }) }, named))
    }

    /// Asks for the passphrase now, if one is needed: nobody should wait for a lock while somebody types.
    pub fn unlock(&self) -> Result<(), CliError> {
        self.keys.as_ref().map_or(Ok(()), |keys| keys.identity().map(drop))
    }

    /// Private bytes as they are to be kept.
    pub fn seal(&self, bytes: Bytes) -> Result<Sealed, CliError> {
        let Some(keys) = &self.keys else { return Ok(Sealed::Clear(bytes)) };
        let sealed = age::encrypt(&keys.recipient, &bytes);
        sealed
            .map(|sealed| Sealed::Age(sealed.into()))
            .map_err(|why| CliError::Refused(format!("nothing can be encrypted: {why}")))
    }

    /// What was sealed; asks for the passphrase if it is needed and not known yet. `what` is where it stands.
    pub fn open(&self, what: &str, sealed: Sealed) -> Result<Bytes, CliError> {
        let sealed = match sealed {
            Sealed::Clear(bytes) => return Ok(bytes),
            Sealed::Age(sealed) => sealed,
        };
        let keys =
            self.keys.as_ref().ok_or_else(|| CliError::Refused(format!("{what} is encrypted, and the replica names no key")))?;
        let opened = age::decrypt(keys.identity()?, &sealed);
        opened.map(Bytes::from).map_err(|why| CliError::Refused(format!("{what} cannot be decrypted: {why}")))
    }
}

impl Keys {
    fn identity(&self) -> Result<&x25519::Identity, CliError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let encrypted = fs::read(&self.path).map_err(|source| CliError::File { path: self.path.clone(), source })?;
        let passphrase = passphrase("Passphrase of this replica: ")?;
        let mut lock = scrypt::Identity::new(passphrase);
        lock.set_max_work_factor(WORK_FACTOR_MAX);
        let opened = age::decrypt(&lock, &encrypted)
            .map_err(|why| CliError::Refused(format!("{} does not open: {why}", self.path.display())))?;
        let identity = std::str::from_utf8(&opened).ok().and_then(|text| x25519::Identity::from_str(text.trim()).ok());
        let identity = identity.ok_or_else(|| CliError::Refused(format!("{} holds no key", self.path.display())))?;
        // Somebody may have put another key there: what is sealed to the recipient would be theirs to read, or nobody's.
        if identity.to_public() != self.recipient {
            return Err(CliError::Refused(format!("{}: the replica's key does not belong to it", self.path.display())));
        }
        Ok(self.identity.get_or_init(|| identity))
    }
}

fn new_passphrase() -> Result<SecretString, CliError> {
    let first = passphrase("New passphrase: ")?;
    if first.expose_secret().is_empty() {
        return Err(CliError::Usage("an empty passphrase protects nothing".into()));
    }
    if from_environment().is_none() && passphrase("The same again: ")?.expose_secret() != first.expose_secret() {
        return Err(CliError::Usage("the two passphrases differ".into()));
    }
    Ok(first)
}

fn from_environment() -> Option<SecretString> {
    env::var("PLENARY_PASSPHRASE").ok().filter(|set| !set.is_empty()).map(SecretString::from)
}

fn passphrase(prompt: &str) -> Result<SecretString, CliError> {
    if let Some(set) = from_environment() {
        return Ok(set);
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::Usage("this replica is encrypted: set PLENARY_PASSPHRASE, or run on a terminal".into()));
    }
    let asked = rpassword::prompt_password(prompt);
    asked.map(SecretString::from).map_err(|source| CliError::File { path: PathBuf::from("the terminal"), source })
}
