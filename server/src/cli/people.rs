//! `talaia operator …` and `talaia partner …`: acts on a running server through its socket, else on its database.

use std::io::Read as _;

use clap::Subcommand;

use super::{Failed, keys, say, words};
use crate::auth::{Role, Scopes};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::{self, Done, Refused, Request};
use crate::store::{KeyKind, Store};
use wire::view::Mode;

/// Acts on operators.
#[derive(Debug, Subcommand)]
pub(super) enum OperatorAct {
    /// Adds an operator; a generated password is the last line.
    Add {
        /// The name to sign in with
        name: String,
        /// viewer, contributor, analyst, duty-officer or administrator
        #[arg(long)]
        role: String,
    },
    /// Lists all operators.
    List,
    /// Changes a role.
    Role {
        /// Whose
        name: String,
        /// viewer, contributor, analyst, duty-officer or administrator
        role: String,
    },
    /// Makes a new password; it is the last line.
    Password {
        /// Whose
        name: String,
    },
    /// Ends an operator's logins and lets them sign in no more.
    Disable {
        /// Whose
        name: String,
        /// Lets them sign in again
        #[arg(long)]
        undo: bool,
    },
}

/// Acts on partners.
#[derive(Debug, Subcommand)]
pub(super) enum PartnerAct {
    /// Adds a partner; its key is the last line, shown this once.
    Add {
        /// The organisation's name
        name: String,
        /// reports, observations, advisories, read, authority
        #[arg(long, default_value = "reports,observations")]
        scope: String,
        /// live or exercise
        #[arg(long, default_value = "live")]
        mode: String,
        #[command(flatten)]
        terms: keys::Terms,
    },
    /// Lists all keys, without their secrets.
    List,
    /// Makes a new key with the same rights and revokes the old; the new one is the last line.
    Rotate {
        /// Whose
        name: String,
        /// Lets the old key go on for so long, such as 7d or 12h, so that both open while the partner changes over
        #[arg(long, value_name = "TIME", value_parser = keys::span)]
        keep_old: Option<i64>,
        /// The partner's test key, and not the one for the room
        #[arg(long)]
        test: bool,
    },
    /// Says how a partner is reached when its feed falls silent.
    Contact {
        /// Whose
        name: String,
        /// An address that is sent a POST when the feed goes late or silent; "" takes it away
        #[arg(long)]
        webhook: Option<String>,
        /// Who is called, as the partner desk shows it; "" takes it away
        #[arg(long)]
        phone: Option<String>,
    },
    /// Revokes every key of a partner, within a second, also on open connections.
    Revoke {
        /// Whose
        name: String,
    },
}

fn role(text: &str) -> Result<Role, Failed> {
    text.parse().map_err(|unknown: crate::auth::UnknownRole| Failed::Usage(unknown.to_string()))
}

impl OperatorAct {
    pub(super) fn request(self) -> Result<Request, Failed> {
        Ok(match self {
            Self::Add { name, role: word } => {
                Request::OperatorAdd { name, role: role(&word)?.word().to_owned() }
            }
            Self::List => Request::OperatorList,
            Self::Role { name, role: word } => {
                Request::OperatorRole { name, role: role(&word)?.word().to_owned() }
            }
            Self::Password { name } => Request::OperatorPassword { name },
            Self::Disable { name, undo } => Request::OperatorDisable { name, disabled: !undo },
        })
    }
}

impl PartnerAct {
    pub(super) fn request(self) -> Result<Request, Failed> {
        Ok(match self {
            Self::Add { name, scope, mode, terms } => {
                let scopes: Scopes =
                    scope.parse().map_err(|unknown: crate::auth::UnknownScope| {
                        Failed::Usage(unknown.to_string())
                    })?;
                if scopes.is_empty() {
                    return Err(Failed::Usage("--scope needs at least one scope".to_owned()));
                }
                let mode: Mode = mode
                    .parse()
                    .map_err(|_unknown| Failed::Usage("--mode is live or exercise".to_owned()))?;
                Request::PartnerAdd { name, scopes: scopes.to_string(), mode, terms: terms.terms() }
            }
            Self::List => Request::PartnerList,
            Self::Rotate { name, keep_old, test } => Request::PartnerRotate {
                name,
                kind: if test { KeyKind::Test } else { KeyKind::Full },
                keep_old_ms: keep_old.unwrap_or_default(),
            },
            Self::Revoke { name } => Request::PartnerRevoke { name },
            Self::Contact { name, webhook, phone } => {
                Request::PartnerContact { name, webhook, phone }
            }
        })
    }
}

/// Asks the running server, or does it in the database, and tells the outcome.
pub(super) async fn act(config: Config, request: Request) -> Result<(), Failed> {
    let socket = config.socket();
    let done = match control::ask(&socket, &request).await {
        Ok(answer) => answer,
        Err(control::AskError::NoServer) => {
            let url = config.database_url();
            let store = Store::open(&url, &config.data_dir).await.map_err(|cause| {
                Failed::Work(format!(
                    "the database cannot be opened ({cause}): name it with --data-dir or --database"
                ))
            })?;
            let done = control::act(&store, &Clock::System, None, request).await;
            store.close().await;
            done
        }
        Err(control::AskError::Broken(cause)) => {
            return Err(Failed::Work(format!(
                "the server's socket {} failed: {cause}",
                socket.display()
            )));
        }
    };
    let Done { said, rows, secret } = match done {
        Ok(done) => done,
        Err(Refused::Usage(text)) => return Err(Failed::Usage(text)),
        Err(Refused::Failed(text) | Refused::Conflict(text)) => return Err(Failed::Work(text)),
    };
    if !rows.is_empty() {
        say(&words::table(&rows))?;
    }
    if let Some(text) = said {
        say(&text)?;
    }
    if let Some(secret) = secret {
        say(&secret)?;
    }
    Ok(())
}

/// Keeps an import of the gazetteer in the database, and tells the server that runs on it.
pub(super) async fn import_gazetteer(config: Config, file: &std::path::Path) -> Result<(), Failed> {
    let bytes = taken(file, crate::gazette::IMPORT_BYTES_MAX)?;
    let failed = |cause: &dyn std::fmt::Display| Failed::Work(cause.to_string());
    let store = crate::store::Store::open(&config.database_url(), &config.data_dir)
        .await
        .map_err(|cause| failed(&cause))?;
    let now = crate::clock::Clock::System.now();
    let kept = crate::gazette::import(&store, now, &bytes).await;
    store.close().await;
    let kept = kept.map_err(|cause| failed(&cause))?;
    say(&format!("{} places are kept, version {}.", kept.len(), kept.version()))?;
    told(&config, &Request::GazetteerReload).await
}

/// Keeps the areas of codes in the database, and tells the server that runs on it.
pub(super) async fn import_geocodes(config: Config, file: &std::path::Path) -> Result<(), Failed> {
    let bytes = taken(file, crate::geocodes::IMPORT_BYTES_MAX)?;
    let failed = |cause: &dyn std::fmt::Display| Failed::Work(cause.to_string());
    let store = crate::store::Store::open(&config.database_url(), &config.data_dir)
        .await
        .map_err(|cause| failed(&cause))?;
    let now = crate::clock::Clock::System.now();
    let kept = crate::geocodes::import(&store, now, &bytes).await;
    store.close().await;
    for (scheme, n) in kept.map_err(|cause| failed(&cause))? {
        say(&format!("{n} codes of {scheme} are kept."))?;
    }
    told(&config, &Request::GeocodesReload).await
}

/// A file up to so many bytes, and one more if it is larger: that is refused, not read.
fn taken(file: &std::path::Path, bytes_max: usize) -> Result<Vec<u8>, Failed> {
    let unread = |cause| Failed::Work(format!("{} cannot be read: {cause}", file.display()));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unread)?;
    opened.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}

/// Keeps an import in the data directory, and tells the server that runs on it.
pub(super) async fn import_exposure(config: Config, file: &std::path::Path) -> Result<(), Failed> {
    let bytes = taken(file, crate::exposure::IMPORT_BYTES_MAX)?;
    let register = crate::exposure::import_into(&config.data_dir, &bytes)
        .map_err(|cause| Failed::Work(cause.to_string()))?;
    say(&format!(
        "{n_sites} sites and {n_cells} cells are kept.",
        n_sites = register.n_sites(),
        n_cells = register.n_cells()
    ))?;
    told(&config, &Request::ExposureReload).await
}

/// Tells the running server what changed.
async fn told(config: &Config, request: &Request) -> Result<(), Failed> {
    match control::ask(&config.socket(), request).await {
        // The next start reads it.
        Err(control::AskError::NoServer) => Ok(()),
        Err(control::AskError::Broken(cause)) => Err(Failed::Work(format!(
            "it is kept, but the running server was not told: {cause}; restart it"
        ))),
        Ok(Err(refused)) => Err(Failed::Work(refused.to_string())),
        Ok(Ok(done)) => done.said.map_or(Ok(()), |told| say(&told)),
    }
}
