//! How many documents may be open, and who can tell.

mod durable;

use super::*;
use crate::store::MemoryStore;

/// Opens as many layers of this kind as may be; answers how many.
async fn fill(rooms: &Arc<Rooms>, layer: &str) -> usize {
    let mut open = 0;
    while rooms.read_at(&format!("talks/p-{open}/{layer}").parse().unwrap()).await.is_ok() {
        open += 1;
    }
    open
}

#[tokio::test]
async fn no_refusal_of_what_all_read_tells_what_a_party_has_open_in_private_or_with_some() {
    let rooms = Rooms::new(Arc::new(MemoryStore::default()), Arc::default());
    for layer in ["arv/private", "arv/talk"] {
        assert_eq!(fill(&rooms, layer).await, limits::LAYER_ROOMS_PER_PARTY_MAX);
        for free in ["", "/arv/public", "/arv/positions", "/bor/private", "/bor/talk"] {
            let address = format!("talks/{}{free}", layer.replace('/', "-")).parse().unwrap();
            assert!(rooms.read_at(&address).await.is_ok(), "{layer} took the place of {free:?}");
        }
    }
    // Nor does anybody who opens what all read keep the party from its own.
    let rooms = Rooms::new(Arc::new(MemoryStore::default()), Arc::default());
    assert_eq!(fill(&rooms, "arv/public").await, limits::LAYER_ROOMS_PER_PARTY_MAX);
    for own in ["arv/private", "arv/talk"] {
        assert!(rooms.read_at(&format!("talks/p/{own}").parse().unwrap()).await.is_ok());
    }
}
