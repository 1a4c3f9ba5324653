//! The precompressed twins of static files: `name.br` (brotli 11) and `name.gz`, so that the server compresses nothing.

use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::failure::{Failure, Outcome, at};
use crate::{paths, stamp};

/// What compresses well. Map archives are read by ranges, pictures and fonts are compressed already.
const EXTENSIONS: [&str; 8] = ["html", "js", "mjs", "css", "wasm", "json", "svg", "geojson"];

/// Brotli's highest quality and largest standard window: paid once at build, saved on every load.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;

/// Whether the file gets compressed twins.
pub(crate) fn compresses(file: &Path) -> bool {
    file.extension().and_then(|end| end.to_str()).is_some_and(|end| EXTENSIONS.contains(&end))
}

/// Brotli at the quality we serve.
pub(crate) fn brotli(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer =
        brotli::CompressorWriter::new(&mut out, 64 * 1024, BROTLI_QUALITY, BROTLI_WINDOW);
    at("brotli", writer.write_all(content))?;
    at("brotli", writer.flush())?;
    drop(writer);
    Ok(out)
}

fn gzip(content: &[u8]) -> Outcome<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    at("gzip", writer.write_all(content))?;
    at("gzip", writer.finish())
}

/// Writes the twins of every file under `folder`, reusing what was compressed before.
pub(crate) fn folder(folder: &Path) -> Outcome<usize> {
    let mut files = Vec::new();
    stamp::collect(folder, &mut files)?;
    files.retain(|file| compresses(file));
    // Largest first, so that the last thread does not end on a large file.
    files.sort_by_key(|file| std::cmp::Reverse(fs::metadata(file).map_or(0, |meta| meta.len())));
    let n_files = files.len();
    let queue = Mutex::new(VecDeque::from(files));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| drain(&queue))).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(Failure::new("a compressing thread stopped")))
        })
    })?;
    Ok(n_files)
}

fn drain(queue: &Mutex<VecDeque<PathBuf>>) -> Outcome<()> {
    loop {
        // A poisoned queue means that the other thread stopped, which the caller reports.
        let Ok(Some(file)) = queue.lock().map(|mut queue| VecDeque::pop_front(&mut queue)) else {
            return Ok(());
        };
        let content = at(file.display(), fs::read(&file))?;
        twin(&file, "br", &content, brotli)?;
        twin(&file, "gz", &content, gzip)?;
    }
}

fn twin(
    file: &Path,
    end: &str,
    content: &[u8],
    compress: impl Fn(&[u8]) -> Outcome<Vec<u8>>,
) -> Outcome<()> {
    let kept =
        paths::memory().join("compressed").join(format!("{}.{end}", stamp::of_bytes(content)));
    let small = if let Ok(found) = fs::read(&kept) {
        found
    } else {
        let small = compress(content)?;
        if let Some(parent) = kept.parent() {
            at(parent.display(), fs::create_dir_all(parent))?;
        }
        at(kept.display(), fs::write(&kept, &small))?;
        small
    };
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    let name = PathBuf::from(name);
    if small.len() < content.len() {
        at(name.display(), fs::write(&name, small))
    } else {
        let _ = fs::remove_file(&name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn what_is_compressed_reads_back_whole() {
        let content = "ninety-nine lines of a map ".repeat(4_000);
        let small = brotli(content.as_bytes()).unwrap();
        assert!(small.len() < content.len() / 50);
        let mut back = String::new();
        brotli::Decompressor::new(small.as_slice(), 4096).read_to_string(&mut back).unwrap();
        assert_eq!(back, content);
    }

    #[test]
    fn map_archives_are_left_alone() {
        assert!(compresses(Path::new("a/app-1f.wasm")));
        assert!(!compresses(Path::new("a/city.pmtiles")));
        assert!(!compresses(Path::new("a/app.wasm.br")));
    }
}
