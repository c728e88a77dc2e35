//! The operator's catalogue: imported while servers run, all of it or nothing.

use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use autio::cars::{Catalogue, table};
use serde_json::Value;

use crate::site::{Database, Site};

fn autio(database: &Database, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autio"));
    command.args(arguments).env("DATABASE_URL", &database.url);
    command.env("JWT_SECRET", "a secret of the tests, longer than 32 bytes");
    command.current_dir(database.dir()).output().unwrap()
}

/// The built-in catalogue's Hondas alone, under another version.
fn hondas() -> Catalogue {
    let whole = Catalogue::built_in().unwrap();
    let mut builder = Catalogue::builder("EPA 2030-01-02");
    for row in whole.rows() {
        let entry = whole.entry(row);
        if entry.make == "Honda" {
            builder.add(&entry);
        }
    }
    builder.finish()
}

async fn in_use(sites: &[&Site], version: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while sites
        .iter()
        .any(|site| site.app.catalogue().version != version)
    {
        assert!(Instant::now() < deadline, "{version} is not taken up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn running_instances_take_up_another_catalogue_and_old_answers_stay() {
    let database = Arc::new(Database::new());
    let one = Site::start_on(database.clone(), &[]).await;
    let other = Site::start_on(database.clone(), &[]).await;
    let program = one.new_program().await;
    let before = program.say("a hybrid sedan", None).await;
    let built_in = one.app.catalogue().version.clone();

    let file = database.dir().join("hondas.tsv.gz");
    table::write(&hondas(), std::fs::File::create(&file).unwrap()).unwrap();
    let used = autio(&database, &["catalogue", "use", file.to_str().unwrap()]);
    assert!(used.status.success(), "{used:?}");
    in_use(&[&one, &other], "EPA 2030-01-02").await;
    let conversation = before["conversation_id"].as_str().unwrap();
    let after = program.say("an SUV instead", Some(conversation)).await;
    for car in after["cars"].as_array().unwrap() {
        assert_eq!(car["make"], "Honda");
    }
    // Each answer keeps the cars that it was given with, and says which catalogue they were in.
    let open: Value = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(open["messages"][1]["cars"], before["cars"]);
    assert_eq!(open["messages"][1]["catalogue"], built_in);
    assert_eq!(open["messages"][3]["catalogue"], "EPA 2030-01-02");
    // Whoever starts now has it as well.
    let third = Site::start_on(database.clone(), &[]).await;
    assert_eq!(third.app.catalogue().version, "EPA 2030-01-02");

    // What can't be read says where, and changes nothing.
    let broken = database.dir().join("broken.csv");
    std::fs::write(&broken, "id,year\n1,2024\n").unwrap();
    let path = broken.to_str().unwrap();
    let import = ["catalogue", "import", "--epa", path, "--date", "2030-02-03"];
    let refused = autio(&database, &import);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(
        words.contains("broken.csv") && words.contains("column"),
        "{words}"
    );
    std::fs::write(&file, "no table").unwrap();
    let refused = autio(&database, &["catalogue", "use", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(one.app.catalogue().version, "EPA 2030-01-02");

    let back = autio(&database, &["catalogue", "use", "--built-in"]);
    assert!(back.status.success(), "{back:?}");
    in_use(&[&one, &other, &third], &built_in).await;
}
