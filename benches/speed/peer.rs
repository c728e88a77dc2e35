//! The peer's own Python, with what it is made of in the versions that benches/peers names.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs it once for each list of versions; None where that can't be done.
pub fn python() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/requirements.txt");
    let wanted = std::fs::read_to_string(&here).expect("benches/peers/requirements.txt");
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peer");
    let (python, kept) = (venv.join("bin/python"), venv.join("installed.txt"));
    if std::fs::read_to_string(&kept).is_ok_and(|kept| kept == wanted) {
        return Some(python);
    }
    println!("Installing the peer ...");
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&venv);
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ]);
    install.arg(&here);
    for mut command in [make, install] {
        if !command.status().is_ok_and(|status| status.success()) {
            println!("The peer can't be installed ({command:?}): it is left out.");
            return None;
        }
    }
    std::fs::write(kept, wanted).expect("it can be written");
    Some(python)
}
