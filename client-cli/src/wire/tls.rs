//! Whom an encrypted connection trusts: the public authorities, or those of the file that `PLENARY_CA_FILE` names instead.

use std::{env, path::PathBuf};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::error::CliError;

/// For HTTP.
pub fn for_http() -> Result<TlsConfig, CliError> {
    let roots = match own_authorities()? {
        None => RootCerts::WebPki,
        Some(own) => RootCerts::new_with_certs(&own),
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn own_authorities() -> Result<Option<Vec<Certificate<'static>>>, CliError> {
    let Some(path) = env::var_os("PLENARY_CA_FILE").filter(|v| !v.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    let pem = std::fs::read(&path).map_err(|source| CliError::File { path: path.clone(), source })?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    };
    let found: Result<Vec<_>, _> = parse_pem(&pem).filter_map(certificate).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        _ => Err(CliError::Usage(format!("PLENARY_CA_FILE {} holds no certificate in PEM", path.display()))),
    }
}
