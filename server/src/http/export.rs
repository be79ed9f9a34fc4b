//! A plan as a document to keep: plain, clean or annotated, as Markdown or as a page.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use plenary_shared::{
    out::{self, Edition, Format},
    talk::{dossier::Dossier, view::Needs},
};
use serde::Deserialize;
use std::sync::Arc;

use super::{app::App, caller::Reader, error::ApiError, view};

/// What is asked for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// `plain` (if absent), `clean` or `annotated`.
    form: Option<String>,
    /// `markdown` (if absent) or `html`.
    #[serde(rename = "as")]
    format: Option<String>,
}

pub(super) async fn export(
    State(app): State<Arc<App>>,
    mut reader: Reader,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let form = wanted.form.as_deref().unwrap_or("plain").parse().map_err(|error| invalid(&error))?;
    let format = wanted.format.as_deref().unwrap_or("markdown").parse().map_err(|error| invalid(&error))?;
    let name = format!("export {form} {format}");
    let make = move |dossier: &Dossier| {
        let text = match form {
            Edition::Plain => out::plain(&dossier.text.outline),
            Edition::Clean => out::clean(dossier, format),
            Edition::Annotated => out::annotated(dossier, format),
        };
        Some(text.into_bytes())
    };
    let needs = match (form, format) {
        (Edition::Plain, Format::Html) => {
            return Err(ApiError::invalid("a plain export is Markdown: ask for clean or annotated"));
        }
        (Edition::Plain | Edition::Clean, _) => Needs::Plan,
        (Edition::Annotated, _) => Needs::All,
    };
    let (_, text) = view::answer(&app, &mut reader, needs, &name, make).await?;
    let (kind, ending) = match format {
        Format::Markdown => ("text/markdown; charset=utf-8", "md"),
        Format::Html => ("text/html; charset=utf-8", "html"),
    };
    // It holds what people wrote: a browser keeps it as a file and runs nothing of it as a page of this server.
    let keep = format!("attachment; filename=\"{}-{form}.{ending}\"", reader.plan);
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, keep)], text).into_response())
}

fn invalid(error: &impl ToString) -> ApiError {
    ApiError::invalid(error.to_string())
}
