//! Whom an encrypted connection trusts: the public authorities, or those of the file that `PLENARY_CA_FILE` names instead.

use std::{env, path::PathBuf, sync::Arc};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, crypto,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::error::CliError;

/// For HTTP.
pub fn for_http() -> Result<TlsConfig, CliError> {
    let roots = match own_authorities()? {
        None => RootCerts::WebPki,
        Some(own) => RootCerts::new_with_certs(&own.iter().map(|c| Certificate::from_der(c).to_owned()).collect::<Vec<_>>()),
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

/// For the WebSocket.
pub fn for_socket() -> Result<Arc<ClientConfig>, CliError> {
    let mut roots = RootCertStore::empty();
    match own_authorities()? {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(own) => {
            for certificate in own {
                roots
                    .add(certificate)
                    .map_err(|e| CliError::Usage(format!("PLENARY_CA_FILE holds a certificate that cannot be used: {e}")))?;
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| CliError::Usage(format!("TLS is not available: {e}")))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn own_authorities() -> Result<Option<Vec<CertificateDer<'static>>>, CliError> {
    let Some(path) = env::var_os("PLENARY_CA_FILE").filter(|v| !v.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    let pem = std::fs::read(&path).map_err(|source| CliError::File { path: path.clone(), source })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        _ => Err(CliError::Usage(format!("PLENARY_CA_FILE {} holds no certificate in PEM", path.display()))),
    }
}
