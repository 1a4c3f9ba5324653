//! The release binary carries `dist/`: it is rebuilt when a file appears there, not only when a known one changes.
//! A debug binary reads the folder as it runs, and needs no rebuilding. Migrations are embedded in both.

fn main() {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if release {
        println!("cargo::rerun-if-changed=../dist");
    }
    println!("cargo::rerun-if-changed=../migrations");
    println!("cargo::rerun-if-changed=build.rs");
}
