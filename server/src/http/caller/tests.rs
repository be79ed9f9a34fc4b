//! What is not there and what is not for the one who asks.

use axum::{
    body::{self, Body},
    http::Request,
    response::Response,
};
use plenary_shared::{
    access::{Access, Role},
    wire::api::NewMember,
};
use serde_json::json;
use std::collections::BTreeMap;
use tower::ServiceExt;

use crate::{
    http::tests::{request, served},
    testing::Table,
};

/// All that is asked of a plan, some of it wrongly: whatever else is wrong with a request, nothing is said of it.
const ASKED: [(&str, &str); 23] = [
    ("GET", ""),
    ("PUT", "/access"),
    ("PUT", "/consent"),
    ("GET", "/layers"),
    ("POST", "/layers"),
    ("PUT", "/layers/public/audience"),
    ("PUT", "/layers/No%20Layer/audience"),
    ("GET", "/annotations"),
    ("GET", "/standing"),
    ("GET", "/brackets"),
    ("GET", "/schedule"),
    ("GET", "/export"),
    ("GET", "/export?form=nonsense"),
    ("GET", "/log"),
    ("GET", "/log?since=99"),
    ("GET", "/log?since=nonsense"),
    ("GET", "/state"),
    ("GET", "/state?seq=99"),
    ("GET", "/state?seq=nonsense"),
    ("POST", "/edits"),
    ("POST", "/push"),
    ("POST", "/pull"),
    ("POST", "/compare"),
];

/// All of an answer that its reader sees.
async fn seen(answer: Response) -> String {
    let (parts, body) = answer.into_parts();
    format!("{} {:?} {:?}", parts.status, parts.headers, body::to_bytes(body, 1 << 20).await.unwrap())
}

#[tokio::test]
async fn what_one_may_not_see_answers_as_what_does_not_exist_whatever_is_asked_of_it() {
    let table = Table::new().await;
    let access: BTreeMap<_, _> = [("arv".parse().unwrap(), Access::Draft)].into();
    table.give(access).await;
    let router = served(&table);
    let ask = async |request: Request<Body>| seen(router.clone().oneshot(request).await.unwrap()).await;
    let mut answers = Vec::new();
    for (method, what) in ASKED {
        for plan in ["plan", "none", "No%20Plan", "%ff"] {
            answers.push(ask(request(&table, method, &format!("/plans/{plan}{what}"), "bor", json!("nonsense"))).await);
        }
    }
    for address in ["talks/plan", "talks/none", "other/plan", "talks/plan/arv/private", "No%20Plan"] {
        let request = Request::get(format!("/sync/{address}")).header("Authorization", format!("Bearer {}", table.tokens["bor"]));
        answers.push(ask(request.body(Body::empty()).unwrap()).await);
    }
    assert!(answers[0].starts_with("404"), "{}", answers[0]);
    answers.iter().for_each(|answer| assert_eq!(*answer, answers[0]));
    // The same request of who may see the plan is answered otherwise.
    assert!(ask(request(&table, "GET", "/plans/plan/standing", "arv", json!(null))).await.starts_with("200"));
}

#[tokio::test]
async fn whoever_is_not_of_a_conference_is_told_nothing_of_it_and_who_is_no_chair_or_head_that_only_these_may() {
    let mut table = Table::new().await;
    let new = NewMember { party: "bor".parse().unwrap(), role: Role::Delegate, name: "Ana".into(), expires_s: None };
    let invited = table.registry.invite(table.member("bor"), new).await.unwrap();
    let joined = table.registry.join(&invited.invitation).await.unwrap();
    table.tokens.insert("a delegate", joined.token.unwrap());
    let router = served(&table);
    let status = async |method: &str, path: &str, party: &str| {
        let answer = router.clone().oneshot(request(&table, method, path, party, json!("nonsense"))).await.unwrap();
        answer.status().as_u16()
    };
    let chairs = [("POST", "/parties"), ("POST", "/parties/arv/head"), ("POST", "/plans"), ("DELETE", "/members/arv-1")];
    for (method, path) in chairs {
        assert_eq!(status(method, path, "bor").await, 403, "{path}");
    }
    let heads = [("POST", "/members"), ("PUT", "/members/bor-1"), ("POST", "/members/bor-1/grant"), ("DELETE", "/members/bor-1")];
    for (method, path) in heads {
        assert_eq!(status(method, path, "a delegate").await, 403, "{path}");
    }
    for path in ["/parties/arv/seats", "/parties/absent/seats", "/parties/No%20Party/seats"] {
        assert_eq!(status("GET", path, "bor").await, 404, "{path}");
    }
    for path in ["/plans/plan/access", "/plans/plan/consent"] {
        assert_eq!((status("PUT", path, "bor").await, status("PUT", path, "med").await), (403, 422), "{path}");
    }
    for (method, what) in [("GET", ""), ("GET", "/plans"), ("POST", "/plans"), ("POST", "/parties"), ("DELETE", "/members/arv-1")]
    {
        for conference in ["other", "No%20Conference"] {
            let request = Request::builder().method(method).uri(format!("/api/conferences/{conference}{what}"));
            let request = request.header("Authorization", format!("Bearer {}", table.tokens["med"]));
            let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status().as_u16(), 404, "{conference}{what}");
        }
    }
}
