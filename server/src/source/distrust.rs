//! Why a host is not trusted, in a sentence that names the host and says what its owner, or ours, does about it.

use std::error::Error;
use std::path::Path;

use rustls::CertificateError as Wrong;

/// The sentence for a certificate of this host that is not to be trusted, where it was that.
pub(super) fn distrusted(
    cause: &(dyn Error + 'static),
    host: &str,
    ca_file: Option<&Path>,
) -> Option<String> {
    let wrong = certificate(cause)?;
    if let Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } = wrong {
        let names = names(wrong);
        return Some(format!(
            "the certificate of {host} is made out to {names} and not to it: name in the address the host that it is made out to, or have it made out to {host}"
        ));
    }
    let is_of_another_time = matches!(
        wrong,
        Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. }
    );
    if is_of_another_time {
        return Some(format!(
            "the certificate of {host} does not hold at this time: its owner renews it, or this machine's clock is wrong"
        ));
    }
    let remedy = match ca_file {
        Some(file) => {
            format!("ca_file {} is not of the authority that vouches for it", file.display())
        }
        None => {
            "where the owner vouches for itself, name its authority's file in ca_file".to_owned()
        }
    };
    Some(format!("the certificate of {host} is not to be trusted ({wrong:?}): {remedy}"))
}

/// To whom it is made out. The library writes a name as `DnsName("met.example")`.
fn names(wrong: &Wrong) -> String {
    let presented = match wrong {
        Wrong::NotValidForNameContext { presented, .. } => presented.as_slice(),
        _ => &[],
    };
    let bare = |name: &String| {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inside.unwrap_or(name).trim_matches('"').to_owned()
    };
    let names: Vec<String> = presented.iter().take(5).map(bare).collect();
    if names.is_empty() { "another host".to_owned() } else { names.join(", ") }
}

/// What is wrong with a certificate, where it was that.
fn certificate<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a Wrong> {
    let mut cause: Option<&'a (dyn Error + 'static)> = Some(cause);
    while let Some(error) = cause {
        // An I/O error does not name what it wraps as its source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = match wrapped {
            Some(wrapped) => wrapped.downcast_ref::<rustls::Error>(),
            None => error.downcast_ref::<rustls::Error>(),
        };
        if let Some(rustls::Error::InvalidCertificate(wrong)) = tls {
            return Some(wrong);
        }
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
