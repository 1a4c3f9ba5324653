//! Turns `locales/*.json` into typed keys: a key that a language lacks is an error of the build, not a gap on screen.

use std::path::PathBuf;

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR for build scripts")?;
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        // Whoever cuts the program in two reads from these what each function needs.
        println!("cargo::rustc-link-arg-bin=talaia-app=--emit-relocs");
    }
    // The words of a language are one table in the bundle that uses any of them: the partner desk has its own.
    for (locales, module) in [("./locales", "i18n"), ("./locales/partner", "partner-i18n")] {
        let options = ParseOptions::new().interpolate_display(true);
        let languages =
            Config::new("en")?.add_locale("ca")?.locales_path(locales).parse_options(options);
        let translations = TranslationsInfos::parse(languages)?;
        translations.emit_diagnostics();
        translations.rerun_if_locales_changed();
        translations.generate_i18n_module(PathBuf::from(&out).join(module))?;
    }
    Ok(())
}
