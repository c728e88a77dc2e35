//! `autio eval` against a model that obeys, breaks a need, invents a car and fails.

use std::time::Duration;

use autio::cars::Catalogue;
use autio::config::Config;
use autio::eval::cases;
use autio::eval::report::Report;
use autio::eval::run::{Options, run};
use serde_json::Value;
use tokio::process::Command;

use crate::upstream::{Script, Upstream};

const NOW: Duration = Duration::ZERO;

async fn report(scripts: impl IntoIterator<Item = Script>, runs: usize) -> Report {
    let upstream = Upstream::start(scripts).await;
    let config = Config::read(|name| match name {
        "OPENAI_API_KEY" => Some("sk-canary-of-the-tests".into()),
        "OPENAI_BASE_URL" => Some(upstream.base_url.clone()),
        "JWT_SECRET" => Some("0123456789abcdef0123456789abcdef".into()),
        _ => None,
    });
    let config = config.unwrap();
    let openai = config.openai.clone().unwrap();
    let cases = cases::parse("> a hybrid minivan\n= body=minivan; fuel=hybrid\n").unwrap();
    let options = Options {
        runs,
        limit: None,
        concurrency: 1,
    };
    let catalogue = Catalogue::built_in().unwrap();
    run(&config, &openai, catalogue, cases, options, |_| ())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_model_that_obeys_passes_and_one_that_invents_does_not() {
    let obeys = Script::Say("Take the 2025 Toyota Sienna 2WD.", NOW);
    let invents = Script::Say("Take the **2025 Toyota Moonbeam**.", NOW);
    let good = report([obeys], 4).await;
    for figures in &good.advisors {
        assert_eq!(
            (figures.pass_1, figures.pass_all),
            (1.0, 1.0),
            "{figures:?}"
        );
        assert_eq!(
            figures.constraints_violated + figures.cars_not_in_the_catalogue,
            0
        );
    }
    assert_eq!(good.advisors[0].needs, Some(1.0));
    assert_eq!(good.advisors[1].needs, None);

    let bad = report([invents], 4).await;
    for figures in &bad.advisors[..2] {
        assert_eq!((figures.pass_1, figures.pass_all), (0.0, 0.0));
        assert_eq!((figures.cars, figures.cars_not_in_the_catalogue), (4, 4));
        assert_eq!(figures.upstream_failures, 0);
    }
    assert_eq!(bad.advisors[2].pass_all, 1.0);
    let table = bad.to_string();
    assert!(
        table.contains(
            "| gpt-4o-mini without tools | 0 of 4 cars | 4 | – | 0.0 % | 0.0 % | 0 of 4 runs |"
        ),
        "{table}"
    );
    let why = r#"- "a hybrid minivan": 2025 Toyota Moonbeam isn't in the catalogue"#;
    assert!(table.contains(why), "{table}");
}

#[tokio::test]
async fn a_broken_need_and_a_failed_server_are_counted_apart() {
    let report = report(
        [
            Script::Say("The 2025 Toyota Sienna 2WD.", NOW),
            Script::Say(
                "The 2025 Toyota Sienna 2WD, or the 2025 Honda Odyssey.",
                NOW,
            ),
            Script::Say("Tell me more.", NOW),
            Script::Status(401, "", "{}"),
        ],
        2,
    )
    .await;
    let [tools, plain, _] = &report.advisors[..] else {
        panic!("three advisors")
    };
    assert_eq!((tools.cars, tools.constraints_violated), (3, 1));
    assert_eq!((tools.pass_1, tools.pass_all), (0.5, 0.0));
    // No car where some fit is no pass either.
    assert_eq!(
        (plain.cars, plain.pass_1, plain.upstream_failures),
        (0, 0.0, 1)
    );
    assert_eq!(report.failures.len(), 1);
    assert!(report.failures[0].contains("OPENAI_API_KEY"));
}

fn autio(settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autio"));
    command.env_clear().current_dir(std::env::temp_dir());
    command.env("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    command
        .envs(settings.iter().copied())
        .arg("eval")
        .args(arguments);
    command
}

#[tokio::test]
async fn the_command_says_what_to_set_and_prints_json() {
    let without = autio(&[], &[]).output().await.unwrap();
    let told = String::from_utf8(without.stderr).unwrap();
    assert_eq!(without.status.code(), Some(2));
    assert!(
        told.contains("OPENAI_API_KEY") && told.contains("OPENAI_BASE_URL"),
        "{told}"
    );

    let upstream = Upstream::start([Script::Say("Take the 2025 Toyota Moonbeam.", NOW)]).await;
    let settings = [
        ("OPENAI_API_KEY", "sk-canary-of-the-tests"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let arguments = [
        "--json",
        "--limit",
        "2",
        "--runs",
        "1",
        "--concurrency",
        "2",
    ];
    let done = autio(&settings, &arguments).output().await.unwrap();
    let progress = String::from_utf8(done.stderr).unwrap();
    assert!(
        progress.contains("gpt-4o-mini without tools: 2 of 2 runs"),
        "{progress}"
    );
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["advisors"][0]["requests"], 2);
    assert_eq!(json["advisors"][0]["pass_1"], 0.0);
}
