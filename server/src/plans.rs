//! Creating a plan: its entry in the registry and its first text, which becomes the first record of its log; the second says that it
//! was created, and how.

use plenary_shared::{
    id::DocAddress,
    log::{
        act::Act,
        record::{Provenance, Right},
    },
    people,
    script::NewIds,
    text::{
        markdown::{self, ImportError},
        plan,
    },
    wire::api,
};
use yrs::{ReadTxn, StateVector, Transact};

use crate::{
    clock::now_ms,
    ids::{self, Random},
    registry::{Registry, RegistryError, can_consent},
    room::{self, EditError},
};

/// Why a plan was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The text cannot be a plan.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The text is not taken.
    #[error(transparent)]
    Text(#[from] EditError),
}

/// Creates a plan for its chair, with the text that comes along.
pub async fn create(registry: &Registry, chair: &people::Member, new: api::NewPlan) -> Result<(), CreateError> {
    let mut draft = markdown::import(new.markdown.as_deref().unwrap_or_default())?;
    let title = new.title.or_else(|| Some(draft.title.clone()).filter(|title| !title.is_empty()));
    let title = title.unwrap_or_else(|| new.id.to_string());
    draft.title.clone_from(&title);
    let update = first_text(&draft)?;
    let address = DocAddress::Plan(chair.conference.clone(), new.id.clone());
    let author = chair.author();
    let access = new.access;
    let consent = new.consent.unwrap_or_else(|| can_consent(&access));
    let act = Act::Created { title: title.clone(), access: access.clone(), consent: consent.clone() };
    let log = room::state::first_records(&address, &Provenance::server(author, Right::Chair), update.into(), &act, now_ms())?;
    Ok(registry.create_plan(chair, new.id, title, access, consent, log).await?)
}

fn first_text(draft: &markdown::Draft) -> Result<Vec<u8>, CreateError> {
    let doc = plan::new_doc(ids::client());
    let mut txn = doc.transact_mut();
    let written = markdown::write_draft(&mut txn, draft, &mut || Random.point());
    written.map_err(|error: plan::EditError| RegistryError::Invalid(error.to_string()))?;
    Ok(txn.encode_state_as_update_v1(&StateVector::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::{Store, StoreError},
        testing::{Faulty, Table},
    };
    use std::sync::Arc;

    #[tokio::test]
    async fn a_plan_and_its_first_text_are_there_together_or_not_at_all() {
        let store = Arc::new(Faulty::default());
        let table = Table::on(store.clone()).await;
        let (chair, address) = (table.member("med"), "talks/second".parse().unwrap());
        let new = || {
            let markdown = Some("# Second\n\n1. The parties shall meet.\n".into());
            api::NewPlan { id: "second".parse().unwrap(), title: None, markdown, access: [].into(), consent: None }
        };
        let is_there = || table.registry.conference(chair, |entry| entry.plans.contains_key(&new().id)).unwrap();
        store.fail(StoreError::Full);
        assert!(matches!(create(&table.registry, chair, new()).await, Err(CreateError::Registry(_))));
        assert!(!is_there() && store.last_seq(&address).unwrap() == 0);
        store.work();
        let gate = store.shut(2);
        let (created, ()) = tokio::join!(create(&table.registry, chair, new()), async { gate.add_permits(1) });
        created.unwrap();
        assert_eq!(gate.available_permits(), 0, "both are one append");
        assert!(is_there() && store.last_seq(&address).unwrap() == 2);
        let text = table.rooms.read_at(&address).await.unwrap().1;
        assert!(String::from_utf8_lossy(&text).contains("The parties shall meet."));
    }
}
