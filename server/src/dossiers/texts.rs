//! What follows from the texts of plans, kept for all who read them: the newest of each plan. A text is found by what stands in it, and
//! whoever asks has read that, so nobody is shown more than they may see.

use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits, talk::dossier::PlanText};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tokio::time::Instant;

/// A text, once somebody has read it: whoever asks meanwhile waits for that.
type Cell = Arc<OnceLock<Option<Arc<PlanText>>>>;

/// All that are kept, the one asked for last at the end.
#[derive(Default)]
pub(super) struct Texts(Mutex<VecDeque<Slot>>);

struct Slot {
    plan: DocAddress,
    /// The document that it was read from, encoded.
    state: Bytes,
    cell: Cell,
    asked: Instant,
}

impl Texts {
    /// What follows from the text of a plan in this state; `read` does it unless it is kept. Blocks.
    pub(super) fn of(&self, plan: &DocAddress, state: &Bytes, read: impl FnOnce() -> Option<PlanText>) -> Option<Arc<PlanText>> {
        let cell = self.cell(plan, state);
        cell.get_or_init(|| read().map(Arc::new)).clone()
    }

    fn cell(&self, plan: &DocAddress, state: &Bytes) -> Cell {
        let (mut slots, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        slots.retain(|slot| now.duration_since(slot.asked) < limits::DOSSIER_KEPT);
        let before = slots.iter().position(|slot| slot.plan == *plan).and_then(|at| slots.remove(at));
        let cell = before.filter(|slot| slot.state == *state).map(|slot| slot.cell).unwrap_or_default();
        slots.push_back(Slot { plan: plan.clone(), state: state.clone(), cell: cell.clone(), asked: now });
        while slots.iter().map(|slot| slot.state.len()).sum::<usize>() > limits::PLAN_TEXT_BYTES_MAX {
            slots.pop_front();
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &Texts, plan: &str, state: &'static [u8]) -> Arc<PlanText> {
        let plan = DocAddress::Plan("c".parse().unwrap(), plan.parse().unwrap());
        let read = || {
            let doc = plenary_shared::text::plan::new_doc(1);
            PlanText::read(&mut yrs::Transact::transact_mut(&doc), &[0, 0])
        };
        texts.of(&plan, &Bytes::from_static(state), read).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_newest_text_of_each_plan_is_kept_while_somebody_asks_for_it() {
        let texts = Texts::default();
        let first = read(&texts, "one", b"a");
        assert!(Arc::ptr_eq(&first, &read(&texts, "one", b"a")));
        assert!(!Arc::ptr_eq(&first, &read(&texts, "two", b"a")), "each plan has its own");
        assert!(Arc::ptr_eq(&first, &read(&texts, "one", b"a")));
        assert!(!Arc::ptr_eq(&first, &read(&texts, "one", b"b")));
        assert!(!Arc::ptr_eq(&first, &read(&texts, "one", b"a")), "what stood there before is gone");
        tokio::time::advance(limits::DOSSIER_KEPT).await;
        read(&texts, "two", b"a");
        assert_eq!(texts.0.lock().unwrap().len(), 1);
    }
}
