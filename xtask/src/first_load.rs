//! The bench row `first-load`: bytes over the wire, brotli 11, until the sign-in works (shell) and until the first
//! tile is drawn (live map, shell included), what the room fetches behind that, and those of the partner desk, which is a
//! bundle of its own. Weighed from `dist/` by following what a page and its modules load.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::failure::{Failure, Outcome, at};
use crate::{bench, compress, dist, machine, paths, step};

/// Gates and goals in bytes: a phone on a bad network signs in within a second, sees the map within four.
const SHELL_GATE: u64 = 200_000;
const SHELL_GOAL: u64 = 140_000;
const MAP_GATE: u64 = 700_000;
const MAP_GOAL: u64 = 550_000;

/// The room's second file, in bytes: fetched behind the first picture, it is there before anybody reaches for a key.
const ASIDE_GATE: u64 = 200_000;
const ASIDE_GOAL: u64 = 120_000;
/// Its name, by a part.
const ASIDE: &str = "split_aside";

/// The partner desk with its chart, in bytes: an office opens it at a desk, a technician at a cabinet by the road.
const PARTNER_GATE: u64 = 400_000;
const PARTNER_GOAL: u64 = 300_000;
/// What the room must not carry, by a part of the file's name.
const PARTNER_ONLY: [&str; 6] =
    ["talaia-partner", "partner.mjs", "partner.css", "device.css", "chart.mjs", "uPlot"];

/// worldmonitor's gzip entry script and its cold transfer, as published in its issue 8115; not run beside ours.
const PEER_SHELL: f64 = 142_069.0;
const PEER_MAP: f64 = 1_430_000.0;

/// What only the map needs, by a part of the file's name: MapLibre with its worker and style, the map's facade and what it imports.
/// The app itself belongs here too: the door is a plain page, and the app is fetched while somebody types there.
const MAP_ONLY: [&str; 14] = [
    "maplibre",
    "/map",
    "/layer.mjs",
    "/atlas.mjs",
    "/shaders.mjs",
    "/slots.mjs",
    "/placing.mjs",
    "/still.mjs",
    "/style.mjs",
    "/symbols.mjs",
    "pmtiles",
    "topojson",
    "terra-draw",
    "/talaia-app",
];

/// Basemap data and documentation, which the definition leaves out.
const LEFT_OUT: [&str; 3] = ["fallback/", "basemap/", "docs/"];

/// Files a browser fetches without a reference the walk below can see: none is loaded before the first tile.
const ENDS: [&str; 7] = ["js", "mjs", "css", "wasm", "svg", "html", "json"];

/// What one phase loads.
struct Weighed {
    files: Vec<(String, u64)>,
}

impl Weighed {
    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// Weighs `dist/`, writes `target/bench/first-load.json`, and fails over the gates.
pub(crate) fn weigh() -> Outcome<()> {
    let dist = dist::ensure()?;
    let (shell, map) = step::timed("weighing the first load", || phases(&dist, "index.html"))?;
    carries_no_partner_desk(&[&shell, &map])?;
    let (partner, _) = phases(&dist, "partner.html")?;
    let aside = behind(&dist)?;
    for (title, phase) in [
        ("shell", &shell),
        ("live map, beyond the shell", &map),
        ("behind the live map", &aside),
        ("partner desk", &partner),
    ] {
        println!("  {title}: {} bytes", phase.bytes());
        for (name, bytes) in &phase.files {
            println!("    {bytes:>8}  {name}");
        }
    }
    let rows = [
        row("first-load shell", shell.bytes(), PEER_SHELL, SHELL_GATE, SHELL_GOAL),
        row("first-load map", shell.bytes() + map.bytes(), PEER_MAP, MAP_GATE, MAP_GOAL),
        row("first-load aside", aside.bytes(), PEER_MAP, ASIDE_GATE, ASIDE_GOAL),
        row("first-load partner", partner.bytes(), PEER_MAP, PARTNER_GATE, PARTNER_GOAL),
    ];
    let report = json!({
        "date": machine::date(),
        "commit": step::ask(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(paths::root())),
        "machine": machine::probes(),
        "rows": rows,
    });
    bench::write("first-load", &report)?;
    let all = shell.bytes() + map.bytes();
    if shell.bytes() > SHELL_GATE || all > MAP_GATE {
        return Err(Failure::new(format!(
            "the first load is over its budget: shell {} B (at most {SHELL_GATE}), live map {all} B (at most {MAP_GATE})",
            shell.bytes()
        )));
    }
    if aside.bytes() > ASIDE_GATE {
        return Err(Failure::new(format!(
            "what the room fetches behind the live map is over its budget: {} B (at most {ASIDE_GATE})",
            aside.bytes()
        )));
    }
    if partner.bytes() > PARTNER_GATE {
        return Err(Failure::new(format!(
            "the partner desk is over its budget: {} B (at most {PARTNER_GATE})",
            partner.bytes()
        )));
    }
    Ok(())
}

/// The room's bundle must not grow by a desk that it never opens.
fn carries_no_partner_desk(phases: &[&Weighed]) -> Outcome<()> {
    let files = phases.iter().flat_map(|phase| &phase.files).map(|(name, _)| name);
    let carried: Vec<&String> =
        files.filter(|name| PARTNER_ONLY.iter().any(|part| name.contains(part))).collect();
    if carried.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("the room's page loads files of the partner desk: {carried:?}")))
}

fn row(name: &str, bytes: u64, peer: f64, gate: u64, goal: u64) -> Value {
    let ratio = peer / bytes as f64;
    json!({
        "row": name,
        "work": "bytes over the wire, brotli 11; /api and basemap data excluded",
        "ours": bytes, "peer": peer, "peer_version": "worldmonitor, as published, not run side by side", "unit": "B",
        "ratio": {"median": ratio, "min": ratio, "max": ratio, "rounds": 1},
        "gate": peer / gate as f64, "goal": peer / goal as f64,
        "holds": bytes <= gate,
        "note": format!("budget {gate} B, goal {goal} B: {}", if bytes <= goal { "goal met" } else if bytes <= gate { "budget met" } else { "over budget" }),
    })
}

/// The files of a page's shell, and those the map adds.
fn phases(dist: &Path, page: &str) -> Outcome<(Weighed, Weighed)> {
    let mut files = Vec::new();
    crate::stamp::collect(dist, &mut files)?;
    files.sort();
    let known: Vec<String> = files
        .iter()
        .filter_map(|file| Some(file.strip_prefix(dist).ok()?.to_string_lossy().into_owned()))
        .collect();
    let mut seen = BTreeSet::from([page.to_owned()]);
    let mut queue = vec![page.to_owned()];
    while let Some(name) = queue.pop() {
        let bytes = at(&name, fs::read(dist.join(&name)))?;
        // WASM names nothing a browser loads by itself, but the map's facade may be named in it.
        let text = String::from_utf8_lossy(&bytes);
        for other in referenced(&text, &known) {
            let waits = other.contains(ASIDE) || LEFT_OUT.iter().any(|part| other.contains(part));
            if !waits && seen.insert(other.clone()) {
                queue.push(other);
            }
        }
    }
    if seen.len() < 3 {
        return Err(Failure::new(format!(
            "dist/{page} names no script and no style: nothing was weighed"
        )));
    }
    let (mut shell, mut map) = (Weighed { files: Vec::new() }, Weighed { files: Vec::new() });
    for name in seen {
        let bytes = on_the_wire(&dist.join(&name))?;
        let rooted = format!("/{name}");
        let phase =
            if MAP_ONLY.iter().any(|part| rooted.contains(part)) { &mut map } else { &mut shell };
        phase.files.push((name, bytes));
    }
    Ok((shell, map))
}

/// What the room fetches once its first picture stands. That there is nothing would mean that nothing was cut off.
fn behind(dist: &Path) -> Outcome<Weighed> {
    let mut files = Vec::new();
    crate::stamp::collect(dist, &mut files)?;
    let is_aside = |name: &str| {
        name.contains(ASIDE) && Path::new(name).extension().is_some_and(|end| end == "wasm")
    };
    let mut found = Weighed { files: Vec::new() };
    for file in files {
        let name =
            file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_aside(&name) {
            found.files.push((name, on_the_wire(&file)?));
        }
    }
    if found.files.is_empty() {
        return Err(Failure::new(format!("dist/ holds no {ASIDE}: the room was not cut in two")));
    }
    Ok(found)
}

/// Which of the known files a text names, by file name: built names carry a hash, so a name is a reference.
fn referenced(text: &str, known: &[String]) -> Vec<String> {
    known
        .iter()
        .filter(|name| {
            let path = Path::new(name.as_str());
            let loaded = path
                .extension()
                .and_then(|end| end.to_str())
                .is_some_and(|end| ENDS.contains(&end));
            let file = path.file_name().and_then(|file| file.to_str()).unwrap_or(name);
            loaded && names(text, file)
        })
        .cloned()
        .collect()
}

/// Whether `file` stands in `text` as a whole name: `map.mjs` is not named by `sitemap.mjs`.
fn names(text: &str, file: &str) -> bool {
    text.match_indices(file).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + file.len()..].chars().next();
        let part = |found: Option<char>| {
            found.is_some_and(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign))
        };
        // A dot or a quote may follow in prose and code; a letter may not. `./name` has a slash before it.
        !part(before)
            && !after.is_some_and(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_')
    })
}

/// What the server sends for a file: its brotli twin where there is one.
fn on_the_wire(file: &Path) -> Outcome<u64> {
    let mut twin = file.as_os_str().to_owned();
    twin.push(".br");
    let twin = PathBuf::from(twin);
    if twin.is_file() {
        return Ok(at(twin.display(), fs::metadata(&twin))?.len());
    }
    let content = at(file.display(), fs::read(file))?;
    if compress::compresses(file) {
        return Ok(content.len().min(compress::brotli(&content)?.len()) as u64);
    }
    Ok(content.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_follows_modules_and_splits_shell_from_map() {
        let dist = std::env::temp_dir().join(format!("talaia-first-load-{}", std::process::id()));
        fs::create_dir_all(dist.join("fallback")).unwrap();
        let write = |name: &str, text: &str| fs::write(dist.join(name), text).unwrap();
        write("index.html", "<script src=\"/boot.mjs\"></script>");
        write("boot.mjs", "import './app-1f.js'; import('./maplibre-gl.mjs')");
        write("app-1f.js", "fetch('app-1f_bg.wasm'); import('app-1f-parts.js')");
        write("app-1f-parts.js", "fetch('app-1f-split_aside.wasm')");
        write("app-1f_bg.wasm", "\0asm fallback/world.json");
        write("maplibre-gl.mjs", "new Worker('maplibre-gl-worker.mjs?v=6')");
        write("maplibre-gl-worker.mjs", "");
        write("unused.mjs", "nobody names it");
        write("fallback/world.json", "{}");
        let (shell, map) = phases(&dist, "index.html").unwrap();
        assert!(behind(&dist).is_err(), "a room in one piece is told");
        write("app-1f-split_aside.wasm", "\0asm of cards and dialogs");
        assert_eq!(phases(&dist, "index.html").unwrap().0.files, shell.files, "it waits");
        assert_eq!(behind(&dist).unwrap().files.len(), 1);
        write("index.html", "<script src=\"/boot.mjs\"></script><a href=\"/partner.mjs\">");
        write("partner.mjs", "");
        let (grown, _) = phases(&dist, "index.html").unwrap();
        fs::remove_dir_all(&dist).unwrap();
        assert!(carries_no_partner_desk(&[&shell, &map]).is_ok());
        assert!(carries_no_partner_desk(&[&grown]).is_err(), "the guard sees it");
        let names =
            |phase: &Weighed| phase.files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
        assert_eq!(
            names(&shell),
            ["app-1f-parts.js", "app-1f.js", "app-1f_bg.wasm", "boot.mjs", "index.html"]
        );
        assert_eq!(names(&map), ["maplibre-gl-worker.mjs", "maplibre-gl.mjs"]);
    }

    #[test]
    fn a_row_over_its_budget_does_not_hold() {
        assert_eq!(
            row("first-load shell", SHELL_GATE, PEER_SHELL, SHELL_GATE, SHELL_GOAL)["holds"],
            true
        );
        assert_eq!(
            row("first-load shell", SHELL_GATE + 1, PEER_SHELL, SHELL_GATE, SHELL_GOAL)["holds"],
            false
        );
    }
}
