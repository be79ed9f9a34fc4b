//! A plan as a document to keep: plain, clean or annotated, as Markdown or as a page.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use plenary_shared::{
    out::{self, Edition, Format},
    talk::{dossier::Dossier, view::Needs},
    text::markdown,
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
    reader: Reader,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let form = wanted.form.as_deref().unwrap_or("plain").parse().map_err(|error| invalid(&error))?;
    let format = wanted.format.as_deref().unwrap_or("markdown").parse().map_err(|error| invalid(&error))?;
    let text = match (form, format) {
        (Edition::Plain, Format::Markdown) => {
            view::dossier(&app, &reader, Needs::Plan, |d| markdown::export(&d.text.outline)).await?
        }
        (Edition::Plain, Format::Html) => {
            return Err(ApiError::invalid("a plain export is Markdown: ask for clean or annotated"));
        }
        (Edition::Clean, _) => view::dossier(&app, &reader, Needs::Plan, move |d: &Dossier| out::clean(d, format)).await?,
        (Edition::Annotated, _) => view::dossier(&app, &reader, Needs::All, move |d| out::annotated(d, format)).await?,
    };
    let text = app.counted(reader.member(), text.into_bytes().into_boxed_slice())?;
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
