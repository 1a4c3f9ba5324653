//! A whole server in this process: a free port, a directory of its own, a clock moved by hand.

use std::time::Duration;

use server::clock::Clock;
use server::config::Config;
use server::control::{self, Request};
use server::runtime::{self, Running};
use server::state::App;
use server::store::KeyTerms;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::live::{Dial, Encoding, LiveClient};
use crate::operator::Operator;
use crate::partner::Partner;

/// Where a town's clock starts: a fixed moment near the machine's, so that cookies do not end at once.
fn morning() -> Timestamp {
    Clock::System.now()
}

/// A server and its directory. The directory goes with it.
#[derive(Debug)]
pub struct Town {
    /// `http://127.0.0.1:PORT`; the same after a restart.
    pub base: String,
    /// The clock of the server.
    pub clock: Clock,
    config: Config,
    running: Option<Running>,
    dir: tempfile::TempDir,
}

impl Town {
    /// A server with the default settings on an SQLite file.
    pub async fn start() -> Self {
        Self::with(|_config| {}).await
    }

    /// A server with settings of its own.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        crate::crypto();
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data_dir: dir.path().to_path_buf(),
            ..Config::default()
        };
        change(&mut config);
        let clock = Clock::manual(morning());
        let running =
            runtime::start(config.clone(), clock.clone()).await.expect("the server starts");
        // The same address after a restart, as a browser expects it.
        config.listen = running.addr;
        let base = format!("http://{}", running.addr);
        Self { base, clock, config, running: Some(running), dir }
    }

    /// What the server's handlers share.
    pub fn app(&self) -> &App {
        &self.running.as_ref().expect("a running server").app
    }

    /// The data directory.
    pub fn data_dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Stops in order and starts again on the same directory and address.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    /// Ends as by a kill and starts again on the same directory and address.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.run().await;
    }

    /// Stops in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("an orderly end");
        }
    }

    /// Ends as by a kill.
    pub async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill().await;
        }
    }

    /// Starts again after [`Town::stop`] or [`Town::kill`].
    pub async fn run(&mut self) {
        let started = runtime::start(self.config.clone(), self.clock.clone()).await;
        self.running = Some(started.expect("the server starts again"));
    }

    /// Does an act as the command line does, on the running server; gives the secret, if there is one.
    pub async fn act(&self, request: Request) -> Option<String> {
        let app = self.app();
        let done = control::act(&app.store, &app.clock, Some(&app.hub), request).await;
        done.expect("the act is done").secret
    }

    /// A partner with a new key.
    pub async fn partner(&self, name: &str, scopes: &str, mode: Mode) -> Partner {
        self.partner_bound(name, scopes, mode, KeyTerms::default()).await
    }

    /// A partner with a new key that is bound to more than scopes and mode.
    pub async fn partner_bound(
        &self,
        name: &str,
        scopes: &str,
        mode: Mode,
        terms: KeyTerms,
    ) -> Partner {
        let (name, scopes) = (name.to_owned(), scopes.to_owned());
        let request = Request::PartnerAdd { name, scopes, mode, terms };
        let key = self.act(request).await.expect("a key");
        Partner::new(&self.base, &key)
    }

    /// A new operator and the password.
    pub async fn operator(&self, name: &str, role: &str) -> String {
        let request = Request::OperatorAdd { name: name.to_owned(), role: role.to_owned() };
        self.act(request).await.expect("a password")
    }

    /// A new operator, signed in.
    pub async fn signed_in(&self, name: &str, role: &str) -> Operator {
        let password = self.operator(name, role).await;
        Operator::sign_in(&self.base, name, &password).await
    }

    /// A partner that may send reports and observations and read, in live.
    pub async fn dispatch(&self) -> Partner {
        self.partner("dispatch", "reports observations read", Mode::Live).await
    }

    /// A duty officer, signed in.
    pub async fn duty_officer(&self) -> Operator {
        self.signed_in("montse", "duty-officer").await
    }

    /// Somebody at the wall, signed in.
    pub async fn viewer(&self) -> Operator {
        self.signed_in("wall", "viewer").await
    }

    /// Moves the clock.
    pub fn pass(&self, time: Duration) {
        self.clock.advance_ms(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    }

    /// The partner's live session.
    pub async fn live(&self, partner: &Partner, encoding: Encoding) -> LiveClient {
        Dial::partner(partner).encoding(encoding).connect().await
    }
}
