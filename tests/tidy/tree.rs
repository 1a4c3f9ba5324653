//! The files of the repository: what git knows or would add, without what is built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// One text file of the repository.
pub(crate) struct File {
    /// Path from the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Whether it is Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|end| end == "rs")
    }
}

pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap()
}

/// Every text file that is committed or would be.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let files: Vec<File> = listed()
            .into_iter()
            .filter_map(|path| {
                let text = std::fs::read_to_string(root().join(&path)).ok()?;
                Some(File { path: path.to_string_lossy().replace('\\', "/"), text })
            })
            .collect();
        assert!(files.len() > 40, "only {} files found: the listing is broken", files.len());
        files
    })
}

/// Files with one of these endings.
pub(crate) fn ending(ends: &'static [&'static str]) -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| ends.iter().any(|end| file.path.ends_with(end)))
}

fn listed() -> Vec<PathBuf> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    match git {
        Ok(output) if output.status.success() => output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned()))
            .collect(),
        _ => walked(root()),
    }
}

/// An unpacked archive is no repository: walk it, leaving out what is built.
fn walked(folder: &Path) -> Vec<PathBuf> {
    const BUILT: [&str; 6] = ["target", "dist", "node_modules", "var", ".git", "test-results"];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !BUILT.contains(&name.as_str()) {
            found.extend(walked(&path));
        } else if path.is_file() {
            found.push(path.strip_prefix(root()).unwrap().to_path_buf());
        }
    }
    found
}

/// The lines of product code: numbered, without test modules, with comments and strings blanked.
pub(crate) fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    // Some((depth, opened)): inside an item that exists for tests only.
    let mut test_item: Option<(i32, bool)> = None;
    let mut blank = Blank::default();
    for (number, line) in text.lines().enumerate() {
        let code = blank.line(line);
        let trimmed = code.trim();
        if test_item.is_none()
            && (trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[test]"))
        {
            test_item = Some((0, false));
        }
        if let Some((depth, opened)) = &mut test_item {
            for sign in code.chars() {
                match sign {
                    '{' => (*depth, *opened) = (*depth + 1, true),
                    '}' => *depth -= 1,
                    _ => {}
                }
            }
            if (*opened && *depth <= 0) || (!*opened && trimmed.ends_with(';')) {
                test_item = None;
            }
            continue;
        }
        lines.push((number + 1, code));
    }
    lines
}

/// Whether we are in a string, and what ends it.
#[derive(Default, Clone, Copy)]
enum Within {
    #[default]
    Code,
    Text,
    /// A raw string, ended by a quote and so many `#`.
    Raw(usize),
}

/// Blanks comments and the insides of strings, across lines.
#[derive(Default)]
struct Blank {
    string: Within,
    comment: usize,
}

impl Blank {
    fn line(&mut self, line: &str) -> String {
        let signs: Vec<char> = line.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        while at < signs.len() {
            let rest = &signs[at..];
            at += self.take(rest, signs[..at].last().copied(), &mut out);
            if at == usize::MAX {
                break;
            }
        }
        out
    }

    /// Takes the next token, appends what is code of it, and returns its length.
    fn take(&mut self, rest: &[char], before: Option<char>, out: &mut String) -> usize {
        let starts =
            |text: &str| text.chars().enumerate().all(|(at, sign)| rest.get(at) == Some(&sign));
        if self.comment > 0 {
            if starts("*/") {
                self.comment -= 1;
                return 2;
            }
            self.comment += usize::from(starts("/*"));
            return if starts("/*") { 2 } else { 1 };
        }
        match self.string {
            Within::Text if rest[0] == '\\' => return 2,
            Within::Text if rest[0] == '"' => self.string = Within::Code,
            Within::Raw(marks)
                if rest[0] == '"'
                    && rest[1..].iter().take_while(|sign| **sign == '#').count() >= marks =>
            {
                self.string = Within::Code;
                return 1 + marks;
            }
            Within::Text | Within::Raw(_) => {}
            Within::Code => return self.take_code(rest, before, out),
        }
        1
    }

    fn take_code(&mut self, rest: &[char], before: Option<char>, out: &mut String) -> usize {
        let starts =
            |text: &str| text.chars().enumerate().all(|(at, sign)| rest.get(at) == Some(&sign));
        if starts("//") {
            return rest.len();
        }
        if starts("/*") {
            self.comment = 1;
            return 2;
        }
        let word_before = before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
        if rest[0] == 'r' && !word_before {
            let marks = rest[1..].iter().take_while(|sign| **sign == '#').count();
            if rest.get(1 + marks) == Some(&'"') {
                self.string = Within::Raw(marks);
                out.push_str("\"\"");
                return 2 + marks;
            }
        }
        if rest[0] == '"' {
            self.string = Within::Text;
            out.push_str("\"\"");
            return 1;
        }
        // A character literal, not a lifetime.
        if rest[0] == '\'' {
            if rest.get(1) == Some(&'\\') {
                let end = rest
                    .iter()
                    .skip(3)
                    .position(|sign| *sign == '\'')
                    .map_or(rest.len(), |end| end + 4);
                return end;
            }
            if rest.get(2) == Some(&'\'') {
                return 3;
            }
        }
        out.push(rest[0]);
        1
    }
}

#[test]
fn strings_comments_and_tests_are_no_code() {
    let text = "let a = \"x.unwrap()\"; // .unwrap()\nlet b = r#\"panic!\"#; /* one\n two */ let c = '\"';\n\
                #[cfg(test)]\nmod tests {\n    fn f() { x.unwrap() }\n}\nlet d = 1;\n";
    let code: Vec<String> = code(text).into_iter().map(|line| line.1.trim().to_owned()).collect();
    assert_eq!(code, ["let a = \"\";", "let b = \"\";", "let c = ;", "let d = 1;"]);
}
