//! `plan create`, `plan list`, `plan access`, `plan consent`, and [`share`](super::share).

use clap::Subcommand;
use plenary_shared::{
    access::Access,
    id::{IdError, PartyId, PlanId},
    limits,
    wire::api::{AccessList, ConsentList, NewPlan, Plan},
};
use std::{collections::BTreeMap, fs, io::Read as _, path::PathBuf, str::FromStr};

use super::share::ShareVerb;
use crate::{
    answer::{Consents, Plans},
    context::Context,
    error::CliError,
    output::{in_words, inline},
};

/// Create plans, list them, say which party may do what and which must consent
#[derive(Debug, clap::Args)]
#[command(
    name = "plan",
    after_help = "\
Examples:
  plenary plan create plan --from plan20.md --access arv=draft bel=read
  plenary plan list
  plenary plan access plan arv=propose bel=none
  plenary plan consent plan arv bel
  plenary plan share plan"
)]
pub struct PlanVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
    List(List),
    Access(AccessVerb),
    Consent(Consent),
    Share(ShareVerb),
}

/// Create a plan, empty or from Markdown (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Headings and numbered points of the Markdown become points of the plan.

Examples:
  plenary plan create plan --from plan20.md --access arv=draft bel=draft cas=read
  plenary export old | plenary plan create new --title 'Second reading' --from -")]
struct Create {
    /// The plan's id: a-z, 0-9 and '-'
    id: PlanId,
    /// Its title; the one that the Markdown holds, or the id, if left out
    #[arg(long)]
    title: Option<String>,
    /// The Markdown to begin with; '-' is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// What a party may do: PARTY=draft, PARTY=propose or PARTY=read; a party left out does not learn of the plan
    #[arg(long, value_name = "PARTY=ACCESS", num_args = 1.., value_delimiter = ',')]
    access: Vec<Grant>,
}

/// List the plans that you may see
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary plan list --json")]
struct List {}

/// Show or change what each party may do with a plan (only the chair may); parties not named keep what they have
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary plan access plan
  plenary plan access plan arv=draft bel=read cas=none")]
struct AccessVerb {
    /// The plan
    plan: PlanId,
    /// PARTY=draft, PARTY=propose, PARTY=read or PARTY=none
    #[arg(value_name = "PARTY=ACCESS")]
    grants: Vec<Grant>,
}

/// Show or choose which parties must consent to the words of a plan (only the chair chooses)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Unless the chair chooses, all must that have draft or propose on the plan.

Examples:
  plenary plan consent plan
  plenary plan consent plan arv bel
  plenary plan consent plan default")]
struct Consent {
    /// The plan
    plan: PlanId,
    /// All the parties that must; 'default' for all with draft or propose
    #[arg(value_name = "PARTY")]
    parties: Vec<Consenter>,
}

/// A party, or `default`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Consenter(Option<PartyId>);

impl FromStr for Consenter {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == "default" { Ok(Consenter(None)) } else { text.parse().map(|party| Consenter(Some(party))) }
    }
}

/// `arv=draft`; `none` takes the party off the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Grant {
    party: PartyId,
    access: Option<Access>,
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (party, access) = text.split_once('=').ok_or("use PARTY=draft, PARTY=propose, PARTY=read or PARTY=none")?;
        let party = party.parse().map_err(|e: IdError| e.to_string())?;
        let access = match access {
            "none" => None,
            word => Some(word.parse().map_err(|_| format!("{word:?} is not an access: use draft, propose, read or none"))?),
        };
        Ok(Grant { party, access })
    }
}

/// The list with the grants laid over it.
fn changed(mut list: BTreeMap<PartyId, Access>, grants: Vec<Grant>) -> BTreeMap<PartyId, Access> {
    for Grant { party, access } in grants {
        match access {
            Some(access) => list.insert(party, access),
            None => list.remove(&party),
        };
    }
    list
}

impl PlanVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self.verb {
            Verb::Create(verb) => verb.run(context),
            Verb::List(_) => list(context),
            Verb::Access(verb) => verb.run(context),
            Verb::Consent(verb) => verb.run(context),
            Verb::Share(verb) => verb.run(context),
        }
    }
}

impl Create {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let markdown = self.from.map(read_markdown).transpose()?;
        let request = NewPlan { id: self.id, title: self.title, markdown, access: changed(BTreeMap::new(), self.access) };
        let plan: Plan = session.api.post(&session.path("/plans")?, &request)?;
        context.output.result(&plan, || format!("created {}", text(&plan)))
    }
}

fn list(context: &Context) -> Result<(), CliError> {
    let session = context.session()?;
    let plans: Vec<Plan> = session.api.get(&session.path("/plans")?)?;
    context.output.result(&Plans { plans: &plans }, || match plans.is_empty() {
        true => "no plans".into(),
        false => plans.iter().map(text).collect::<Vec<_>>().join("\n"),
    })
}

impl AccessVerb {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let mut plan: Plan = session.api.get(&session.plan_path(&self.plan, "")?)?;
        if !self.grants.is_empty() {
            let before = plan
                .access
                .take()
                .ok_or_else(|| CliError::Refused("only the chair says what a party may do with a plan".into()))?;
            let list = AccessList { access: changed(before, self.grants) };
            plan = session.api.put(&session.plan_path(&self.plan, "/access")?, &list)?;
        }
        context.output.result(&plan, || text(&plan))
    }
}

impl Consent {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let list = consent_list(self.parties)?;
        let plan: Plan = match list {
            None => context.open(&self.plan)?.plan()?,
            Some(list) => {
                let session = context.session()?;
                session.api.put(&session.plan_path(&self.plan, "/consent")?, &list)?
            }
        };
        context.output.result(&Consents { plan: &plan.id, consent: &plan.consent }, || match &plan.consent[..] {
            [] => format!("{}: nobody must consent yet, since no party has draft or propose", plan.id),
            parties => format!("{}: {} must consent", plan.id, in_words(parties)),
        })
    }
}

/// What to choose; nothing, if it is only to be shown.
fn consent_list(parties: Vec<Consenter>) -> Result<Option<ConsentList>, CliError> {
    match &parties[..] {
        [] => Ok(None),
        [Consenter(None)] => Ok(Some(ConsentList { parties: None })),
        some if some.contains(&Consenter(None)) => {
            Err(CliError::Usage("name the parties that must consent, or 'default' by itself".into()))
        }
        _ => Ok(Some(ConsentList { parties: Some(parties.into_iter().filter_map(|Consenter(party)| party).collect()) })),
    }
}

fn text(plan: &Plan) -> String {
    let access = match (&plan.access, plan.yours) {
        (Some(list), _) if list.is_empty() => "no party".to_owned(),
        (Some(list), _) => list.iter().map(|(party, access)| format!("{party}={access}")).collect::<Vec<_>>().join(" "),
        (None, Some(yours)) => yours.to_string(),
        (None, None) => "read".to_owned(),
    };
    format!("{}  {}  ({access})", plan.id, inline(&plan.title))
}

fn read_markdown(path: PathBuf) -> Result<String, CliError> {
    let most = limits::BODY_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| CliError::File { path: path.clone(), source })?;
    if bytes.len() as u64 > most {
        return Err(CliError::Refused(format!("{} is larger than {} MiB", path.display(), most >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| CliError::Refused(format!("{} is not UTF-8 text", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_stands_alone() {
        let list = |words: &[&str]| consent_list(words.iter().map(|word| word.parse().expect("a word")).collect());
        assert!(list(&[]).expect("shown").is_none());
        assert_eq!(list(&["default"]).expect("all").expect("a choice").parties, None);
        assert_eq!(list(&["arv", "bel"]).expect("two").expect("a choice").parties.map(|parties| parties.len()), Some(2));
        assert_eq!(list(&["arv", "default"]).expect_err("not both").exit_code(), 2);
    }

    #[test]
    fn grants_change_what_they_name_and_keep_the_rest() {
        let grant = |text: &str| text.parse::<Grant>();
        let list = |texts: &[&str]| changed(BTreeMap::new(), texts.iter().map(|t| grant(t).expect("a grant")).collect());
        let before = list(&["arv=draft", "bel=read"]);
        let after = changed(before, vec![grant("bel=none").expect("a grant"), grant("cas=propose").expect("a grant")]);
        assert_eq!(after, list(&["arv=draft", "cas=propose"]));
        for bad in ["", "arv", "arv=", "=draft", "Arv=draft", "arv=all", "arv=draft=read"] {
            assert!(grant(bad).is_err(), "{bad}");
        }
    }
}
