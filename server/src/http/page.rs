//! The page: `web`, embedded. What it loads stands below the digest of all of it and never changes there; only `/` is asked for anew.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

use super::{app::App, error::ApiError};

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// A file of the page, compressed when the server was built.
pub(super) struct Asset {
    kind: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// Only what comes from this server runs, styles or is asked for, and nothing in the markup itself does: what a document, a name or
/// presence brings in is text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A year, the longest that browsers heed: the path changes with the content.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The page and all that it loads. Where an invitation leads is the same page: its token behind `#` stays in the browser.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/", get(index)).route("/join", get(index)).route("/page/{digest}/{*path}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    let mut response = answer(&INDEX, &headers, "no-cache");
    // What it loads keeps the server's own policy, which lets in nothing at all: opened by itself it is text.
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

async fn asset(
    State(_): State<Arc<App>>,
    Path((digest, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let at = ASSETS.binary_search_by(|(name, _)| (*name).cmp(&path)).map_err(|_| ApiError::not_found())?;
    if digest == DIGEST { Ok(answer(&ASSETS[at].1, &headers, FOREVER)) } else { Err(ApiError::not_found()) }
}

fn answer(asset: &'static Asset, asked: &HeaderMap, cache: &'static str) -> Response {
    let (form, encoding) = match accepted(asked) {
        Some("br") => (asset.brotli, Some("br")),
        Some(gzip) => (asset.gzip, Some(gzip)),
        None => (asset.plain, None),
    };
    let tag = format!("\"{DIGEST}-{}\"", encoding.unwrap_or("plain"));
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { form.into_response() };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::CACHE_CONTROL, cache);
    set(header::CONTENT_TYPE, asset.kind);
    set(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding.filter(|_| !known) {
        set(header::CONTENT_ENCODING, encoding);
    }
    headers.extend(HeaderValue::try_from(tag).map(|tag| (header::ETAG, tag)));
    response
}

/// The best encoding that is accepted. A refusal by `q=0` is heeded; between the others the server chooses.
fn accepted(asked: &HeaderMap) -> Option<&'static str> {
    let listed = asked.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        let mut each = listed.split(',').map(|one| one.split(';').map(str::trim));
        each.any(|mut one| one.next() == Some(name) && !one.any(|quality| quality == "q=0"))
    };
    ["br", "gzip"].into_iter().find(|name| takes(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http::tests::served, testing::Table};
    use axum::{body::Body, extract::Request};
    use tower::ServiceExt;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_file_is_sent_in_the_best_form_that_is_accepted() {
        let encoding = |value| {
            let answer = answer(&INDEX, &asked(header::ACCEPT_ENCODING, value), "no-cache");
            answer.headers().get(header::CONTENT_ENCODING).map(|encoding| encoding.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br").as_deref(), Some("br"));
        assert_eq!(encoding("gzip;q=1.0, br;q=0").as_deref(), Some("gzip"));
        assert_eq!(encoding("identity"), None);
    }

    #[test]
    fn the_page_is_not_sent_again_to_who_has_it() {
        let first = answer(&INDEX, &HeaderMap::new(), "no-cache");
        let tag = first.headers()[header::ETAG].clone();
        let again = answer(&INDEX, &HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]), "no-cache");
        assert_eq!((first.status(), again.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
    }

    #[tokio::test]
    async fn the_page_keeps_its_own_policy_and_all_else_that_of_the_server() {
        let router = served(&Table::new().await);
        let headers = async |path: &str| {
            let answer = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
            let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
            let kept = [header::CONTENT_SECURITY_POLICY, header::CACHE_CONTROL].map(header);
            assert_eq!([header::X_CONTENT_TYPE_OPTIONS, header::REFERRER_POLICY].map(header), ["nosniff", "no-referrer"]);
            (answer.status().as_u16(), kept)
        };
        let page = (200, [POLICY.to_owned(), "no-cache".to_owned()]);
        assert_eq!([headers("/").await, headers("/join").await], [page.clone(), page]);
        let (status, [policy, cache]) = headers(&format!("/page/{DIGEST}/app.js")).await;
        assert!(status == 200 && policy.starts_with("default-src 'none'; base-uri") && cache == FOREVER);
        for path in
            [format!("/page/{DIGEST}/../Cargo.toml"), "/page/0123456789abcdef/app.js".to_owned(), "/api/whoami".to_owned()]
        {
            let (status, [policy, cache]) = headers(&path).await;
            assert!(status == 404 || status == 401, "{path}: {status}");
            assert!(policy.starts_with("default-src 'none'; base-uri") && cache == "no-store", "{path}");
        }
    }

    /// What is imported or linked is embedded, so that no browser asks for what is not there.
    #[test]
    fn all_that_the_page_names_is_embedded() {
        let index = std::str::from_utf8(INDEX.plain).unwrap();
        let named: Vec<&str> =
            index.split('"').filter_map(|part| part.strip_prefix("/page/")?.strip_prefix(DIGEST)?.strip_prefix('/')).collect();
        assert!(named.contains(&"app.js") && named.contains(&"vendor.js"), "{named:?}");
        for name in named {
            assert!(ASSETS.iter().any(|(path, _)| *path == name), "{name}");
        }
        assert!(!index.contains('{'), "nothing is left to be filled in");
    }
}
