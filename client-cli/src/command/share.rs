//! `plan share`: what a party may write into a plan's logs, and what one's own has used of it.

use plenary_shared::{
    id::{PartyId, PlanId},
    share::ShareKind,
    wire::shares::{NewShare, Share},
};
use std::str::FromStr;

use crate::{
    answer::{ShareRaised, Shares},
    context::Context,
    error::CliError,
};

/// Show what your party has used of its shares of a plan's logs, or raise a party's shares (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The logs keep every edit for ever. Each party has a share of each, so that none takes away what the
others may write. The chair does not see how much a party has used.

Examples:
  plenary plan share plan
  plenary plan share plan arv --text 128MiB
  plenary plan share plan arv --public 64MiB --opened 64MiB --private 64MiB")]
pub struct ShareVerb {
    /// The plan
    plan: PlanId,
    /// The party whose shares are raised
    #[arg(requires = "new")]
    party: Option<PartyId>,
    #[command(flatten)]
    new: New,
}

#[derive(Debug, clap::Args)]
#[group(id = "new", multiple = true, requires = "party")]
struct New {
    /// Its share of the text's log
    #[arg(long, value_name = "SIZE")]
    text: Option<Size>,
    /// Its share of the log of its public layer, and of that of its positions
    #[arg(long, value_name = "SIZE")]
    public: Option<Size>,
    /// Its share of the log of each layer that it opened
    #[arg(long, value_name = "SIZE")]
    opened: Option<Size>,
    /// Its share of the log of its private layer
    #[arg(long, value_name = "SIZE")]
    private: Option<Size>,
}

/// `128MiB`; GiB, KiB and bytes without a unit are sizes too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Size(u64);

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => return Err("use a whole number and KiB, MiB or GiB, as in 128MiB"),
        };
        let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << unit));
        size.map(Size).ok_or("use a whole number and KiB, MiB or GiB, as in 128MiB")
    }
}

impl ShareVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let path = session.plan_path(&self.plan, "/shares")?;
        let Some(party) = self.party else {
            let shares: Vec<Share> = session.api.get(&path)?;
            return context.output.result(&Shares { plan: &self.plan, shares: &shares }, || {
                shares.iter().map(used).collect::<Vec<_>>().join("\n")
            });
        };
        let New { text, public, opened, private } = self.new;
        let kinds =
            [(ShareKind::Text, text), (ShareKind::Public, public), (ShareKind::Opened, opened), (ShareKind::Private, private)];
        let mut raised = Vec::new();
        for (kind, size) in kinds {
            let Some(Size(bytes)) = size else { continue };
            let new = NewShare { party: party.clone(), kind, bytes };
            let new: NewShare = session.api.put(&path, &new)?;
            raised.push(new);
        }
        context.output.result(&ShareRaised { plan: &self.plan, shares: &raised }, || {
            raised
                .iter()
                .map(|new| format!("{}: {} {}", new.party, name(new.kind), in_units(new.bytes)))
                .collect::<Vec<_>>()
                .join("\n")
        })
    }
}

fn used(Share { layer, kind: _, used, share }: &Share) -> String {
    let of = layer.as_ref().map_or_else(|| "text".to_owned(), |layer| format!("layer {layer}"));
    format!("{of}: {} of {} used", in_units(*used), in_units(*share))
}

fn name(kind: ShareKind) -> &'static str {
    match kind {
        ShareKind::Text => "text",
        ShareKind::Public => "public",
        ShareKind::Opened => "opened",
        ShareKind::Private => "private",
    }
}

/// `64 MiB`, `0.1 MiB`: of anything at least a tenth.
fn in_units(bytes: u64) -> String {
    let tenths = (u128::from(bytes) * 10).div_ceil(1 << 20);
    match tenths % 10 {
        0 => format!("{} MiB", tenths / 10),
        tenth => format!("{}.{tenth} MiB", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sizes_are_shown_in_one_unit() {
        let shown = [0, 1, 12 << 10, 1 << 20, (5 << 20) + (1 << 19), u64::MAX].map(in_units);
        assert_eq!(shown, ["0 MiB", "0.1 MiB", "0.1 MiB", "1 MiB", "5.5 MiB", "17592186044416 MiB"]);
    }

    #[test]
    fn a_size_is_a_whole_number_with_or_without_a_unit() {
        for (text, bytes) in [("12", 12), ("3KiB", 3 << 10), ("128MiB", 128 << 20), ("1GiB", 1 << 30)] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for bad in ["", "MiB", "-1", "1.5MiB", "12MB", "99999999999GiB", "1 MiB", "1 é"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
