//! That something moved which the caller may read: one stream for a page, as events. What moved is not said: whoever hears an event asks
//! for its views with their tags.
//!
//! **Architecture invariant:** when something is sent follows from a clock and from what the caller may read, and from nothing else. So
//! there is no waking when anything is written: between two looks nobody's writing makes a difference, private writing least of all.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use plenary_shared::{limits, talk::view::Needs};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    app::App,
    caller::Reader,
    error::ApiError,
    lines::{Lines, answer},
    plan,
};

/// Between two looks: 2,000 pages cost 4,000 looks at a few ends of logs each second.
const LOOK: Duration = Duration::from_millis(500);
/// Looks between two beats, which show that the connection is alive: as often as the log's.
const BEAT: u32 = (limits::PING.as_millis() / 2 / LOOK.as_millis()) as u32;

/// Answers the events as they come, the first at once.
pub(super) async fn follow(State(app): State<Arc<App>>, mut reader: Reader) -> Result<Response, ApiError> {
    let place = app.place(reader.member()).ok_or_else(ApiError::too_many)?;
    let mut told = state(&app, &mut reader).await?;
    let (lines, events) = Lines::open(app.rooms.answers(), reader.member());
    tokio::spawn(async move {
        let _place = place;
        let mut clock = interval(LOOK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 0_u32.. {
            clock.tick().await;
            // The right is gone, or the store cannot tell: the stream ends, and whoever comes back is told which.
            let Ok(now) = state(&app, &mut reader).await else { return };
            let line = match now != told || look == 0 {
                true => "data: moved\n\n",
                false if look % BEAT == 0 => ":\n\n",
                false => continue,
            };
            told = now;
            if lines.send(Bytes::from_static(line.as_bytes())).await.is_none() {
                return;
            }
        }
    });
    let mut response = answer(events);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// A number that stands for all that the caller may read of the plan and do with it.
async fn state(app: &App, reader: &mut Reader) -> Result<u64, ApiError> {
    reader.again(app)?;
    let member = reader.member();
    let about = serde_json::to_string(&(plan::find(app, member, &reader.plan)?, member.role));
    let key = app.dossiers.key(member, &reader.plan, Needs::All).await?;
    let key = key.ok_or_else(|| ApiError::unavailable("the logs cannot be read: try again"))?;
    Ok(app.dossiers.tag(&(about.unwrap_or_default(), key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Limits,
        metrics::Figures,
        testing::{Table, note, plan},
    };
    use plenary_shared::{id::DocAddress, talk::layer};

    #[tokio::test]
    async fn what_another_party_keeps_to_itself_moves_nothing_and_what_it_shows_does() {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 32, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        let (member, token) = &table.seats["arv"];
        let mut reader = Reader::of(&app, *token, DocAddress::Plan(member.conference.clone(), plan())).unwrap();
        let before = state(&app, &mut reader).await.unwrap();
        table.write("bor/private", 7, |txn| layer::put(txn, &note("n1")).unwrap()).await;
        assert_eq!(state(&app, &mut reader).await.unwrap(), before);
        table.write("bor/public", 8, |txn| layer::put(txn, &note("n2")).unwrap()).await;
        let shown = state(&app, &mut reader).await.unwrap();
        assert_ne!(shown, before);
        table.write("arv/private", 9, |txn| layer::put(txn, &note("n3")).unwrap()).await;
        assert_ne!(state(&app, &mut reader).await.unwrap(), shown, "one's own moves it");
    }

    #[tokio::test]
    async fn a_stream_ends_with_the_right_to_read() {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 32, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        let (member, token) = &table.seats["arv"];
        let mut reader = Reader::of(&app, *token, DocAddress::Plan(member.conference.clone(), plan())).unwrap();
        assert!(state(&app, &mut reader).await.is_ok());
        table.give([("bor".parse().unwrap(), plenary_shared::access::Access::Draft)].into()).await;
        assert!(state(&app, &mut reader).await.is_err());
    }
}
