//! The shape of the code: imports go down only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// From the street down to the cellar; modules on one line don't import each other.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["server", "eval"],
    &["api"],
    &["home", "health"],
    &["chat", "showroom"],
    &["auth"],
    &["web", "card"],
    &["state"],
    &["feed", "hashing", "room"],
    &["limit", "queue", "db", "advisor"],
    &["cars", "openai", "redis"],
    &["error", "trace"],
    &["config", "metrics"],
];

#[test]
fn imports_go_down_only() {
    let floor: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(number, names)| names.iter().map(move |name| (*name, number)))
        .collect();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for file in rust_files(&src) {
        let inside = file.strip_prefix(&src).unwrap();
        let module = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = module.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let from = floor
            .get(module)
            .unwrap_or_else(|| panic!("{module} has no floor"));
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for (_, rest) in line
                .match_indices("crate::")
                .map(|(at, m)| (at, &line[at + m.len()..]))
            {
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let Some(to) = floor.get(name.as_str()) else {
                    panic!(
                        "{}: crate::{name} is on no floor: import it by its module",
                        inside.display()
                    );
                };
                let fine = name == module || to > from;
                assert!(
                    fine,
                    "{}: {module} must not import {name}: {line}",
                    inside.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} imports were found");
}

#[test]
fn every_file_says_what_lives_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("//! "),
            "{} has no opening sentence",
            file.display()
        );
    }
}

pub fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}
