//! Positions that claim more than their party has accepted.

use plenary_shared::talk::layer::{Annotation, Kept, Position, Stance, What};

use super::{Scene, cell, note};

fn keeps(digest: &str, json: &str) -> What {
    let words =
        Some(Kept { digest: digest.parse().unwrap(), json: json.to_owned(), weave: "x".repeat(100), around: String::new() });
    What::Position(Position { stance: Stance::Accept, ad_referendum: false, words })
}

#[tokio::test]
async fn an_acceptance_holds_for_the_words_of_its_digest_and_no_others() {
    let scene = Scene::begin().await;
    let (own, other) = (scene.exact("p1").await, scene.exact("p2").await);
    let (own_digest, other_digest) = (own.digest.to_string(), other.digest.to_string());
    let nonsense = "[".repeat(100_000);
    for (digest, kept, stance, shows) in [
        (own_digest.as_str(), own.json.as_str(), "accept", false),
        // The words as they are, under a digest that is not theirs; another point's words; what is no words.
        (&"0".repeat(64), &own.json, "lapsed", false),
        (&other_digest, &own.json, "lapsed", false),
        (&other_digest, &other.json, "lapsed", true),
        (&"0".repeat(64), "{\"heading\":\"\",\"words\":\"\"}", "lapsed", false),
        (&"f".repeat(64), &nonsense, "lapsed", false),
        // The digest alone is what is accepted: what is kept beside it is shown only where it fits.
        (&own_digest, &other.json, "accept", false),
        (&own_digest, &nonsense, "accept", false),
    ] {
        let claim = Annotation { what: keeps(digest, kept), ..note("claim", "p1") };
        scene.put("arv/positions", &scene.arv, &[claim]).await;
        let standing = scene.view(&scene.cel, "standing");
        let cell = cell(&standing, "p1", "arv");
        assert_eq!((cell["stance"].as_str(), cell["difference"].is_array()), (Some(stance), shows), "{cell}");
        scene.undisturbed();
    }
}

#[tokio::test]
async fn an_acceptance_of_a_point_that_is_not_there_counts_nowhere() {
    let scene = Scene::begin().await;
    let digest = scene.exact("p1").await.digest.to_string();
    let claims = ["absent", "p-1", "P1", &"p".repeat(32)]
        .map(|point| Annotation { what: keeps(&digest, "{}"), ..note(&format!("on-{}", &point[..2]), point) });
    scene.put("arv/positions", &scene.arv, &claims).await;
    let standing = scene.view(&scene.cel, "standing");
    for point in ["p1", "p2", "p3"] {
        assert_eq!(super::stance(&standing, point, "arv"), "none");
    }
    scene.undisturbed();
}
