//! The release binary carries `dist/`: it is rebuilt when a file appears there, not only when a known one changes.
//! A debug binary reads the folder as it runs, and needs no rebuilding. Migrations are embedded in both.

fn main() {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // Cargo's own protocol: these lines are for cargo, not for a reader.
    let watched = if release { "../dist" } else { "build.rs" };
    #[expect(clippy::print_stdout, reason = "a build script speaks to cargo through stdout")]
    {
        println!("cargo::rerun-if-changed={watched}");
        println!("cargo::rerun-if-changed=build.rs");
        println!("cargo::rerun-if-changed=../migrations");
    }
}
