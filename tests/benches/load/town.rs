//! The server under load: the release binary, with a partner who reports into one street.

use std::path::Path;

use support::binary::Binary;
use support::partner::{GEOJSON, Partner, feature};

/// Lifted, since the rows measure the road and not the guards at its gate.
const LIMITS: &str = "[limits]\nrequests_per_s = 1000000\nreports_per_s = 100000000\nsessions_max = 20000\nlive_joins_per_s = 1000000\n";

/// A view of one tile, in which all reports fall into one cluster.
pub(crate) const VIEW: &str =
    r#"{"type":"view","bbox":[2.17,41.40,2.1701,41.4001],"zoom":14,"mode":"live","window":"all"}"#;

/// A folder on the disk of the build: `/tmp` may be memory.
pub(crate) fn place() -> tempfile::TempDir {
    let target = std::env::current_exe().unwrap();
    let folder = target.ancestors().nth(3).unwrap().join("bench");
    std::fs::create_dir_all(&folder).unwrap();
    tempfile::tempdir_in(folder).unwrap()
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) server: Binary,
    pub(crate) partner: Partner,
    n_sent: usize,
}

impl Town {
    pub(crate) fn start(place: &Path) -> Self {
        let config = place.join("talaia.toml");
        std::fs::write(&config, LIMITS).unwrap();
        let config = config.to_str().unwrap().to_owned();
        let server =
            Binary::start(&place.join("ours"), &["--config", &config, "--exercise", "off"]);
        let add = ["partner", "add", "bench", "--scope", "reports,read", "--mode", "live"];
        let key = server.command(&add);
        let partner = Partner::new(&server.base, &key);
        Self { server, partner, n_sent: 0 }
    }

    /// One more report in the street, acknowledged.
    pub(crate) async fn report(&mut self) {
        self.n_sent += 1;
        let report = feature(&format!("r-{}", self.n_sent), 2.17005, 41.40005, "flood", "Severe");
        let answer = self.partner.post("/api/v1/reports", GEOJSON, report.to_string()).await;
        answer.expect_status(201);
    }
}
