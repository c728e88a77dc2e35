//! The commands on a terminal of their own: what they ask there, and what is seen of the answers.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::operator::{OTHER_PASSWORD, log_in, start};
use crate::process;
use crate::site::{Database, PASSWORD};

/// A command on a terminal that `script` makes.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Terminal {
    fn run(database: &Database, arguments: &str) -> Self {
        let settings = process::command(database);
        let settings = settings.as_std().get_envs();
        // First its own name, so that its state can be looked at.
        let binary = env!("CARGO_BIN_EXE_autio");
        let line = format!("tty; exec {binary} users {arguments}");
        let mut child = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .envs(settings.filter_map(|(name, value)| Some((name, value?))))
            .env("SHELL", "/bin/sh")
            .current_dir(database.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            keys: child.stdin.take().unwrap(),
            screen: child.stdout.take().unwrap(),
            child,
            seen: String::new(),
        }
    }

    async fn wait_for(&mut self, words: &str) {
        while !self.seen.contains(words) {
            let mut part = [0; 256];
            let count = self.screen.read(&mut part).await.unwrap();
            assert!(count > 0, "{words:?} never came: {}", self.seen);
            self.seen += &String::from_utf8_lossy(&part[..count]);
        }
    }

    /// What is typed sooner the terminal shows by itself.
    async fn wait_for_no_echo(&self) {
        let name = self.seen.lines().next().unwrap().trim();
        loop {
            let state = Command::new("stty").args(["-F", name, "-a"]).output().await;
            let state = String::from_utf8(state.unwrap().stdout).unwrap();
            if state.contains("-echo ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn type_line(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.keys.write_all(line.as_bytes()).await.unwrap();
    }

    /// The exit code, and all that was seen.
    async fn end(mut self) -> (i32, String) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).await.unwrap();
        let code = self.child.wait().await.unwrap().code().unwrap();
        (code, self.seen + &String::from_utf8_lossy(&rest))
    }
}

#[tokio::test]
async fn a_password_is_asked_for_twice_without_an_echo() {
    let (database, site) = start(&[]).await;
    for (again, code, words) in [
        (OTHER_PASSWORD, 2, "differ"),
        (PASSWORD, 0, "has an account"),
    ] {
        let mut terminal = Terminal::run(&database, "create gil@example.com");
        for (prompt, typed) in [("Password: ", PASSWORD), ("The same again: ", again)] {
            terminal.wait_for(prompt).await;
            terminal.wait_for_no_echo().await;
            terminal.type_line(typed).await;
        }
        let (ended, seen) = terminal.end().await;
        assert!(ended == code && seen.contains(words), "{ended}: {seen}");
        assert!(!seen.contains(PASSWORD) && !seen.contains(again), "{seen}");
    }
    assert_eq!(log_in(&site, "gil@example.com", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn a_deletion_is_asked_about() {
    let (database, site) = start(&[]).await;
    site.sign_up("hal@example.com").await;
    for (answer, code, login) in [("y", 1, 200), ("yes", 0, 401)] {
        let mut terminal = Terminal::run(&database, "delete hal@example.com");
        terminal.wait_for("Type yes: ").await;
        terminal.type_line(answer).await;
        let (ended, seen) = terminal.end().await;
        assert!(ended == code && seen.contains("hal@example.com"), "{seen}");
        assert_eq!(log_in(&site, "hal@example.com", PASSWORD).await.0, login);
    }
}
