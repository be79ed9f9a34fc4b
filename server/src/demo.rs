//! A conference to try: `serve` runs the same code, the demo only seeds.

use plenary_shared::{
    access::{Access, Role},
    id::{ConferenceId, PartyId, PlanId},
    people,
    wire::api,
};
use serde::{Deserialize, Serialize};
use std::{fmt, fs, io, os::unix::fs::OpenOptionsExt, path::Path};

use crate::{
    Server,
    plans::{self, CreateError},
    registry::RegistryError,
};

/// How much to seed.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// Further delegates for each party.
    pub members: u32,
    /// Empty plans `p-1` ... besides.
    pub plans: u32,
}

/// How to join the demo, as it is printed and kept in `demo.json` beside the store.
#[derive(Serialize, Deserialize, Debug)]
pub struct Demo {
    /// The server's address.
    pub url: String,
    /// The conference.
    pub conference: ConferenceId,
    /// The twenty-point plan.
    pub plan: PlanId,
    /// A chair, and delegates.
    pub members: Vec<DemoMember>,
    /// The head of each delegation.
    #[serde(default)]
    pub heads: Vec<DemoMember>,
}

/// One seat of the demo.
#[derive(Serialize, Deserialize, Debug)]
pub struct DemoMember {
    /// The party.
    pub party: PartyId,
    /// The role.
    pub role: Role,
    /// The name.
    pub name: String,
    /// A token that is good at once.
    pub token: String,
    /// An invitation to the same delegation, good once.
    pub link: String,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A plan was not created.
    #[error(transparent)]
    Plan(#[from] CreateError),
    /// The file with the tokens cannot be read or written.
    #[error("demo.json: {0}")]
    File(#[from] io::Error),
    /// The directory holds something else, or an older demo's remains.
    #[error("the data directory holds no whole demo: choose an empty one ({0})")]
    Remains(String),
}

/// Beside the store: who joins the demo, and how.
pub(crate) const FILE: &str = "demo.json";

const PLAN20: &str = include_str!("demo/plan20.md");

/// The demo on this server: seeded on first use, found again later. Whatever `seed` asks for beyond what is there is added.
pub async fn prepare(server: &Server, data: &Path, url: &str, seed: Seed) -> Result<Demo, DemoError> {
    let file = data.join(FILE);
    match fs::read(&file) {
        Ok(bytes) => {
            let mut demo: Demo = serde_json::from_slice(&bytes).map_err(|error| DemoError::Remains(error.to_string()))?;
            let old = std::mem::replace(&mut demo.url, url.to_owned());
            for member in demo.members.iter_mut().chain(&mut demo.heads) {
                member.link = member.link.replacen(&old, url, 1);
            }
            Ok(demo)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let demo = plant(server, url, seed).await?;
            let bytes = serde_json::to_vec_pretty(&demo).map_err(io::Error::other)?;
            // Tokens: for the owner's eyes only.
            let options = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
            io::Write::write_all(&mut options?, &bytes)?;
            Ok(demo)
        }
        Err(error) => Err(error.into()),
    }
}

async fn plant(server: &Server, url: &str, seed: Seed) -> Result<Demo, DemoError> {
    let remains = |error: &dyn fmt::Display| DemoError::Remains(error.to_string());
    let conference: ConferenceId = "vale-talks".parse().map_err(|error| remains(&error))?;
    let plan: PlanId = "framework".parse().map_err(|error| remains(&error))?;
    let party = |id: &str, name: &str| -> Result<people::Party, DemoError> {
        Ok(people::Party { id: id.parse().map_err(|error| remains(&error))?, name: name.into() })
    };
    let opened = server.registry.open_conference(api::NewConference {
        id: conference.clone(),
        title: "Talks on the Lower Vale".into(),
        party: party("med", "Office of the Facilitator")?,
        chair: "Mara Ilen".into(),
    });
    let chair = opened.await?;
    let by = chair.member.clone();
    let (mut members, mut heads) = (vec![seat(server, url, None, chair).await?], Vec::new());
    let parties = [
        (party("arv", "Republic of Arvenia")?, "Lena Sorel", "Teo Varga"),
        (party("bor", "Federation of Boranth")?, "Marek Oslo", "Ilse Oran"),
        (party("cel", "Celune League")?, "Dara Venn", "Sami Deru"),
    ];
    // The chair holds the pen by being the chair; the office is no party to what is agreed.
    let mut access = std::collections::BTreeMap::new();
    for (party, head, name) in parties {
        access.insert(party.id.clone(), Access::Draft);
        server.registry.add_party(&by, party.clone()).await?;
        let new = api::NewMember { party: party.id.clone(), role: Role::Head, name: head.to_owned(), expires_s: None };
        let invitation = server.registry.invite(&by, new).await?;
        let head = invitation.member.clone();
        heads.push(seat(server, url, None, invitation).await?);
        for n in 0..=seed.members {
            let name = if n == 0 { name.to_owned() } else { format!("{} delegate {n}", party.id) };
            let new = api::NewMember { party: party.id.clone(), role: Role::Delegate, name, expires_s: None };
            let invitation = server.registry.invite(&head, new).await?;
            members.push(seat(server, url, Some(&head), invitation).await?);
        }
    }
    let new = |id, markdown| api::NewPlan { id, title: None, markdown, access: access.clone(), consent: None };
    plans::create(&server.registry, &by, new(plan.clone(), Some(PLAN20.to_owned()))).await?;
    for n in 1..=seed.plans {
        let id = format!("p-{n}").parse().map_err(|error| remains(&error))?;
        plans::create(&server.registry, &by, new(id, None)).await?;
    }
    Ok(Demo { url: url.into(), conference, plan, members, heads })
}

/// Takes a seat for scripts, and has its head, itself if none is named, make a link for a person in the same delegation.
async fn seat(
    server: &Server,
    url: &str,
    by: Option<&people::Member>,
    invitation: api::Invitation,
) -> Result<DemoMember, DemoError> {
    let member = invitation.member.clone();
    let joined = server.registry.join(&invitation.invitation).await?;
    let again = api::NewMember { party: member.party.clone(), role: member.role, name: member.name.clone(), expires_s: None };
    let invitation = server.registry.invite(by.unwrap_or(&member), again).await?;
    Ok(DemoMember {
        party: member.party,
        role: member.role,
        name: member.name,
        token: joined.token.unwrap_or_default(),
        link: format!("{url}/join#{}", invitation.invitation),
    })
}

impl fmt::Display for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Demo { url, conference, plan, members, heads } = self;
        writeln!(
            f,
            "Plenary's demo runs at {url}: conference {conference}, plan {plan}.\n\nJoin as any of them: open its link in a browser, or in another terminal:\n"
        )?;
        for DemoMember { party, role, name, link, .. } in members.iter().chain(heads) {
            writeln!(f, "  plenary join '{link}'   # {name}, {role} of {party}")?;
        }
        writeln!(f, "\nThen: plenary show {plan}      Stop with Ctrl-C.")
    }
}
