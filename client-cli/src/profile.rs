//! Who one is, kept between commands: one file for each (server, conference, member), readable by its user only.
//!
//! Each profile is a file of its own and every write replaces a whole file, so commands that run at once cannot spoil each other's.

use plenary_shared::{
    access::Role,
    id::{ConferenceId, MemberId, PartyId},
    people::{Generation, Member},
    wire::api::Whoami,
};
use serde::{Deserialize, Serialize};
use std::{
    env, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    error::CliError,
    wire::server::{ServerUrl, Token},
};

/// What `join` keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "ProfileKept", into = "ProfileKept")]
pub struct Profile {
    /// The server.
    pub server: ServerUrl,
    /// The credential.
    pub token: Token,
    /// Whom it stands for.
    pub who: Whoami,
    /// When the token expires, in milliseconds since 1970-01-01 UTC.
    pub expires_ms: u64,
}

/// A profile, as its file holds it.
#[derive(Serialize, Deserialize)]
struct ProfileKept {
    server: ServerUrl,
    token: Token,
    #[serde(flatten)]
    who: WhoKept,
    expires_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum WhoKept {
    Administrator,
    Member {
        conference: ConferenceId,
        party: PartyId,
        member: MemberId,
        role: Role,
        name: String,
        #[serde(default, skip_serializing_if = "Generation::is_first")]
        generation: Generation,
    },
}

impl From<Profile> for ProfileKept {
    fn from(Profile { server, token, who, expires_ms }: Profile) -> Self {
        let who = match who {
            Whoami::Administrator => WhoKept::Administrator,
            Whoami::Member(Member { conference, party, member, role, name, generation }) => {
                WhoKept::Member { conference, party, member, role, name, generation }
            }
        };
        ProfileKept { server, token, who, expires_ms }
    }
}

impl From<ProfileKept> for Profile {
    fn from(ProfileKept { server, token, who, expires_ms }: ProfileKept) -> Self {
        let who = match who {
            WhoKept::Administrator => Whoami::Administrator,
            WhoKept::Member { conference, party, member, role, name, generation } => {
                Whoami::Member(Member { conference, party, member, role, name, generation })
            }
        };
        Profile { server, token, who, expires_ms }
    }
}

/// A member of a conference on a server.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The server.
    pub server: ServerUrl,
    /// The conference.
    pub conference: ConferenceId,
    /// The member.
    pub member: MemberId,
    /// In a replica, which may show what the server does not have.
    pub in_replica: bool,
}

impl Whose {
    /// The name of the member's files, without the ending. Ids hold no dot, so two members never share one.
    pub fn stem(&self) -> String {
        let at = if self.in_replica { ".replica" } else { "" };
        format!("{}.{}.{}{at}", safe(&self.server), self.conference, self.member)
    }
}

fn safe(server: &ServerUrl) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' };
    server.to_string().chars().map(safe).collect()
}

impl Profile {
    /// The name of its file, without the ending.
    fn stem(&self) -> String {
        match &self.who {
            Whoami::Administrator => format!("{}.administrator", safe(&self.server)),
            Whoami::Member(Member { conference, member, .. }) => {
                Whose { server: self.server.clone(), conference: conference.clone(), member: member.clone(), in_replica: false }
                    .stem()
            }
        }
    }

    /// Whether `--as NAME` may mean it: a party or a member, or either behind its conference, or `administrator`.
    fn answers_to(&self, name: &str) -> bool {
        match &self.who {
            Whoami::Administrator => name == "administrator",
            Whoami::Member(Member { conference, party, member, .. }) => {
                let last = match name.split_once('/') {
                    Some((c, last)) if c == conference.as_str() => last,
                    Some(_) => return false,
                    None => name,
                };
                last == party.as_str() || last == member.as_str()
            }
        }
    }

    fn same_conference(&self, other: &Profile) -> bool {
        let conference = |p: &Profile| match &p.who {
            Whoami::Administrator => None,
            Whoami::Member(m) => Some(m.conference.clone()),
        };
        self.server == other.server && conference(self) == conference(other)
    }
}

/// The directory that holds the profiles.
#[derive(Clone, Debug)]
pub struct Profiles {
    home: PathBuf,
}

impl Profiles {
    /// `$PLENARY_HOME`, or `plenary` below `$XDG_CONFIG_HOME` or `~/.config`.
    pub fn from_environment() -> Result<Self, CliError> {
        let set = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = set("PLENARY_HOME")
            .or_else(|| set("XDG_CONFIG_HOME").map(|p| p.join("plenary")))
            .or_else(|| set("HOME").map(|p| p.join(".config").join("plenary")))
            .ok_or_else(|| CliError::Usage("there is no home directory: set PLENARY_HOME".into()))?;
        Ok(Profiles { home })
    }

    /// Keeps a profile and makes it the current one.
    pub fn save(&self, profile: &Profile) -> Result<(), CliError> {
        private_directory(&self.home).map_err(|source| file_error(&self.home, source))?;
        let json = serde_json::to_vec_pretty(profile).map_err(|e| file_error(&self.home, e.into()))?;
        self.replace(&format!("{}.json", profile.stem()), &json)?;
        self.replace("current", profile.stem().as_bytes())
    }

    /// The profile that `name` means; without a name, the current one.
    pub fn choose(&self, name: Option<&str>) -> Result<Profile, CliError> {
        let current = self.current();
        let Some(name) = name else {
            return current.ok_or_else(|| CliError::Unauthorized("you have not joined anything: plenary join LINK".into()));
        };
        let mut found: Vec<Profile> = self.all()?.into_iter().filter(|p| p.answers_to(name)).collect();
        if let Some(current) = current {
            if current.answers_to(name) {
                return Ok(current);
            }
            if found.iter().any(|p| p.same_conference(&current)) {
                found.retain(|p| p.same_conference(&current));
            } else if found.iter().any(|p| p.server == current.server) {
                found.retain(|p| p.server == current.server);
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (Some(_), false) => {
                Err(CliError::Usage(format!("{name:?} could be several profiles: name it --as CONFERENCE/MEMBER")))
            }
            (None, _) => {
                Err(CliError::Unauthorized(format!("there is no profile {name:?}: join first, or see `plenary whoami --all`")))
            }
        }
    }

    /// The profile of a member of a conference on a server.
    pub fn of(&self, server: &ServerUrl, conference: &ConferenceId, member: &MemberId) -> Result<Profile, CliError> {
        let is = |profile: &Profile| {
            let who = matches!(&profile.who, Whoami::Member(m) if m.conference == *conference && m.member == *member);
            who && profile.server == *server
        };
        let join = || {
            format!("this computer has no credential of {conference}/{member} on {server}: join there first (plenary join LINK)")
        };
        self.all()?.into_iter().find(is).ok_or_else(|| CliError::Unauthorized(join()))
    }

    /// All profiles, by file name; what cannot be read is left out.
    pub fn all(&self) -> Result<Vec<Profile>, CliError> {
        let entries = match fs::read_dir(&self.home) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(file_error(&self.home, source)),
        };
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
        paths.sort();
        Ok(paths.iter().filter_map(|p| read(p)).collect())
    }

    fn current(&self) -> Option<Profile> {
        let stem = fs::read_to_string(self.home.join("current")).ok()?;
        read(&self.home.join(format!("{}.json", stem.trim())))
    }

    /// Where what a profile was shown is kept, by the name of its file.
    pub fn shown(&self, name: &str) -> PathBuf {
        self.home.join("shown").join(name)
    }

    /// Keeps what a profile was shown.
    pub fn keep_shown(&self, name: &str, json: &[u8]) -> Result<(), CliError> {
        let directory = self.home.join("shown");
        private_directory(&directory).map_err(|source| file_error(&directory, source))?;
        replace(&self.shown(name), json)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), CliError> {
        replace(&self.home.join(name), bytes)
    }
}

/// Replaces a file as a whole; temporary files are made with mode 0600.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(|source| file_error(path, source))
}

fn read(path: &Path) -> Option<Profile> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn file_error(path: &Path, source: io::Error) -> CliError {
    CliError::File { path: path.to_owned(), source }
}

#[cfg(unix)]
fn private_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(server: &str, conference: &str, party: &str, n: u8) -> Profile {
        let who = Whoami::Member(Member {
            conference: conference.parse().expect("an id"),
            party: party.parse().expect("an id"),
            member: format!("{party}-{n}").parse().expect("an id"),
            role: Role::Delegate,
            name: "A".into(),
            generation: Generation::default(),
        });
        Profile { server: server.parse().expect("a url"), token: Token::new("t").expect("a token"), who, expires_ms: 1 }
    }

    fn stem(result: Result<Profile, CliError>) -> String {
        result.expect("a profile").stem()
    }

    #[test]
    fn the_latest_joined_is_current_and_a_name_chooses_near_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let profiles = Profiles { home: directory.path().join("plenary") };
        assert_eq!(profiles.choose(None).expect_err("none yet").exit_code(), 1);
        let old = profile("http://old:1", "talks", "arv", 1);
        let arv = profile("http://new:1", "talks", "arv", 1);
        let bel = profile("http://new:1", "talks", "bel", 1);
        let other = profile("http://new:1", "other", "cas", 1);
        for p in [&old, &arv, &other, &bel] {
            profiles.save(p).expect("saved");
        }
        assert_eq!(stem(profiles.choose(None)), bel.stem());
        assert_eq!(stem(profiles.choose(Some("arv"))), arv.stem(), "the one of the current server");
        assert_eq!(stem(profiles.choose(Some("talks/arv-1"))), arv.stem());
        assert_eq!(stem(profiles.choose(Some("cas"))), other.stem());
        assert_eq!(profiles.choose(Some("other/arv")).expect_err("no such").exit_code(), 1);
        profiles.save(&profile("http://new:1", "talks", "arv", 2)).expect("saved");
        profiles.save(&bel).expect("saved");
        assert_eq!(profiles.choose(Some("arv")).expect_err("two delegates").exit_code(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_can_read_a_profile() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let profiles = Profiles { home: directory.path().join("a").join("b") };
        let p = profile("http://h", "talks", "arv", 1);
        profiles.save(&p).expect("saved");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(&profiles.home), 0o700);
        assert_eq!(mode(&profiles.home.join(format!("{}.json", p.stem()))), 0o600);
    }
}
