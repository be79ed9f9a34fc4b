//! Shares of a plan's logs: the chair raises them and sees no use; a party reads its own.

use axum::{Json, extract::State};
use plenary_shared::{
    access::Role,
    id::{DocAddress, LayerId},
    people,
    share::{self, ShareKind},
    wire::shares::{NewShare, Share},
};
use std::sync::Arc;

use super::{
    app::App,
    caller::{Body, Chair, Reader},
    error::ApiError,
};

pub(super) async fn raise(
    State(app): State<Arc<App>>,
    // Whoever may not see the plan is told nothing else about it.
    Reader { plan, .. }: Reader,
    Chair(chair): Chair,
    Body(new): Body<NewShare>,
) -> Result<Json<NewShare>, ApiError> {
    app.registry.raise_share(&chair, plan.clone(), &new).await?;
    app.rooms.shares().raise((chair.conference.clone(), plan, new.party.clone(), new.kind), new.bytes);
    Ok(Json(new))
}

pub(super) async fn list(State(app): State<Arc<App>>, reader: Reader) -> Result<Json<Vec<Share>>, ApiError> {
    let member = reader.member();
    let mut shares = vec![share(&app, &reader.address, member, None).await?];
    let layers = app.registry.readable_layers(member, &reader.plan)?;
    for layer in layers.into_iter().filter(|layer| layer.party == member.party) {
        let address = reader.address.layer(&member.party, &layer.layer);
        shares.push(share(&app, &address, member, Some(layer.layer)).await?);
    }
    Ok(Json(shares))
}

async fn share(app: &App, address: &DocAddress, member: &people::Member, layer: Option<LayerId>) -> Result<Share, ApiError> {
    let used = app.rooms.written(address, &member.party).await?;
    Ok(Share { kind: ShareKind::of(layer.as_ref()), layer, used, share: app.rooms.shares().of(address, &member.party) })
}

/// What a member is told whose party's share of one of these logs is nearly used up.
pub(super) async fn notice(app: &App, member: &people::Member, addresses: &[DocAddress]) -> Option<String> {
    for address in addresses {
        let used = app.rooms.written(address, &member.party).await.ok()?;
        let whole = app.rooms.shares().of(address, &member.party);
        if share::is_nearly_used(used, whole) {
            let of = match address {
                DocAddress::Layer(_, _, _, layer) => format!("layer {layer}'s log"),
                DocAddress::Plan(..) | DocAddress::Registry | DocAddress::Seats(..) => "text's log".to_owned(),
            };
            let (used, whole) = (used >> 20, whole >> 20);
            let do_so = if member.role == Role::Chair { "raise it" } else { "ask the chair for more" };
            return Some(format!("your party has used {used} of its {whole} MiB of the {of}: {do_so} before it is full"));
        }
    }
    None
}
