//! The database: one schema and one folder of migrations for both, and SQLite under many writers.

use autio::config::DatabaseUrl;
use autio::db::{self, Conn, Db, Direction, conversations, users};
use autio::error::Error;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use secrecy::ExposeSecret;

use crate::copies::autio;
use crate::process::start;
use crate::site::{Database, Site};

/// The folder as `diesel migration run` and `diesel migration redo` read it.
#[test]
fn the_migrations_run_and_revert_on_either_database() {
    let database = Database::new();
    let folder = FileBasedMigrations::from_path("migrations").unwrap();
    let url = &database.url;
    fn up_down_up<DB: diesel::backend::Backend>(
        conn: &mut impl MigrationHarness<DB>,
        folder: &FileBasedMigrations,
    ) {
        let count = conn.run_pending_migrations(folder.clone()).unwrap().len();
        assert_eq!(
            conn.revert_all_migrations(folder.clone()).unwrap().len(),
            count
        );
        assert_eq!(
            conn.run_pending_migrations(folder.clone()).unwrap().len(),
            count
        );
    }
    if url.starts_with("postgres") {
        up_down_up(&mut PgConnection::establish(url).unwrap(), &folder);
    } else {
        up_down_up(&mut SqliteConnection::establish(url).unwrap(), &folder);
    }
    // What the program carries inside is the same folder: nothing is left to run.
    let config = database.settings(&[]);
    assert!(
        db::migrate(&config.database, Direction::Up)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        db::migrate(&config.database, Direction::Down)
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        db::migrate(&config.database, Direction::Up).unwrap().len(),
        1
    );
}

#[test]
fn what_a_newer_program_brought_isnt_taken_back_and_nothing_is_nothing() {
    let database = Database::new();
    let url = database.settings(&[]).database;
    let back = || db::migrate(&url, Direction::Down);
    assert!(matches!(back(), Ok(versions) if versions.is_empty()));
    db::migrate(&url, Direction::Up).unwrap();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
    if database.url.starts_with("postgres") {
        let mut conn = PgConnection::establish(&database.url).unwrap();
        conn.batch_execute(insert).unwrap();
    } else {
        let mut conn = SqliteConnection::establish(&database.url).unwrap();
        conn.batch_execute(insert).unwrap();
    }
    assert!(db::migrate(&url, Direction::Up).unwrap().is_empty());
    let Err(Error::Internal(cause)) = back() else {
        panic!("it was taken back")
    };
    assert!(cause.to_string().contains("20991231000000"), "{cause}");
    let known = db::migrations(&url).unwrap();
    assert!(known.iter().all(|migration| migration.is_applied));
}

#[tokio::test]
async fn nothing_is_taken_back_under_a_server_and_one_that_lacks_a_step_says_so() {
    let database = Database::new();
    let down = async || autio(&database, &["migrate", "--down"], &[]).await;
    if !database.url.starts_with("postgres") {
        let nothing = down().await;
        assert!(
            nothing.code == 1 && nothing.err.contains("there is no database"),
            "{nothing:?}"
        );
    }
    let process = start(&database, &[]).await;
    let refused = down().await;
    assert!(
        refused.code == 1 && refused.err.contains("is using the database"),
        "{refused:?}"
    );
    let ready = async || {
        let ready = reqwest::get(format!("{}/readyz", process.base)).await;
        let ready = ready.unwrap();
        (ready.status().as_u16(), ready.text().await.unwrap())
    };
    assert_eq!(ready().await.0, 200);
    // Somebody who doesn't ask.
    let url = database.settings(&[]).database;
    tokio::task::spawn_blocking(move || db::migrate(&url, Direction::Down))
        .await
        .unwrap()
        .unwrap();
    let (status, text) = ready().await;
    assert!(status == 503 && text.contains("autio migrate"), "{text}");
    let said = autio(&database, &["migrate"], &[]).await;
    assert!(said.code == 0 && said.out.starts_with("ran 20"), "{said:?}");
    assert_eq!(ready().await.0, 200);
}

#[tokio::test]
async fn instances_that_start_at_once_migrate_once() {
    let database = Database::new();
    let config = database.settings(&[]);
    let starts = (0..16).map(|_| {
        let url = config.database.clone();
        tokio::task::spawn_blocking(move || db::migrate(&url, Direction::Up))
    });
    for start in futures_util::future::join_all(starts).await {
        start.unwrap().unwrap();
    }
}

/// The program before is still at work while the next one migrates, so a migration only adds, and what it adds has a default.
#[test]
fn migrations_only_add() {
    let mut checked = 0;
    for folder in std::fs::read_dir("migrations").unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let file = folder.path().join("up.sql");
        let sql = std::fs::read_to_string(&file).unwrap();
        let lines = sql.lines().map(|line| line.split("--").next().unwrap());
        let sql = lines.collect::<Vec<_>>().join(" ");
        for statement in sql.split(';').map(str::trim).filter(|s| !s.is_empty()) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            let adds = match &words[..] {
                // Later ones can be made ahead, without keeping writers waiting.
                ["CREATE", "INDEX", rest @ ..] => {
                    name.as_str() < "2026-11-28" || rest.starts_with(&["IF", "NOT", "EXISTS"])
                }
                ["CREATE", "TABLE" | "UNIQUE" | "TRIGGER", ..] => true,
                ["ALTER", "TABLE", _, "ADD", "COLUMN", _, column @ ..] => {
                    !column.contains(&"NOT") || column.contains(&"DEFAULT")
                }
                ["UPDATE", ..] | ["INSERT", "INTO", ..] => true,
                _ => false,
            };
            assert!(adds, "{}: {statement}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} statements were found");
}

/// An instance of the version before that is started again while the newer ones run.
#[tokio::test]
async fn a_schema_that_is_newer_than_the_program_is_left_alone() {
    let database = std::sync::Arc::new(Database::new());
    let config = database.settings(&[]);
    db::migrate(&config.database, Direction::Up).unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
    match database.url.starts_with("postgres") {
        true => PgConnection::establish(&database.url)
            .unwrap()
            .batch_execute(newer)
            .unwrap(),
        false => SqliteConnection::establish(&database.url)
            .unwrap()
            .batch_execute(newer)
            .unwrap(),
    }
    let site = Site::start_on(database, &[]).await;
    site.sign_up("nia@example.com").await;
    let migrations = db::migrations(&config.database).unwrap();
    let (newest, known) = migrations.split_last().unwrap();
    assert!(newest.is_applied && !newest.is_known);
    assert!(known.iter().all(|one| one.is_applied && one.is_known));
}

/// A change to a table steps aside for whoever uses it, so that others don't wait behind it, and is made later.
#[tokio::test]
async fn a_migration_waits_for_a_busy_table_without_keeping_others_waiting() {
    let site = Site::start().await;
    if !site.is_postgres() {
        return;
    }
    let entered = site.sign_up("ivy@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let DatabaseUrl::Postgres(postgres) = &site.app.config.database else {
        unreachable!()
    };
    let mut holder = PgConnection::establish(postgres.url.expose_secret()).unwrap();
    // As a long report that reads every table does.
    let tables = "BEGIN; LOCK TABLE users, conversations, messages, sessions IN ACCESS SHARE MODE";
    holder.batch_execute(tables).unwrap();
    let url = site.app.config.database.clone();
    // Back as far as a change of the messages, which waits for the report.
    let steps = migrations_since("2026-11-25-000001_attempts_and_stops");
    let migration = tokio::task::spawn_blocking(move || {
        for _ in 0..steps {
            db::migrate(&url, Direction::Down)?;
        }
        db::migrate(&url, Direction::Up)
    });
    let mut answered = 0;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(4);
    while std::time::Instant::now() < until {
        // Refused at worst, with the time to come again, and never kept.
        let response = program.get("/auth/me").send().await.unwrap();
        let status = response.status().as_u16();
        assert!(matches!(status, 200 | 500 | 503), "{status}");
        answered += u32::from(status == 200);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(answered > 0 && !migration.is_finished());
    holder.batch_execute("ROLLBACK").unwrap();
    assert_eq!(migration.await.unwrap().unwrap().len(), steps);
}

fn migrations_since(name: &str) -> usize {
    let folders = std::fs::read_dir("migrations").unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    names.filter(|folder| folder.as_str() >= name).count()
}

/// As `sslmode=verify-full` has it: encrypted, with a server that the root vouches for, and with nobody else.
#[tokio::test]
#[ignore = "needs PostgreSQL with TLS: tests/run"]
async fn postgres_is_spoken_to_over_tls_that_is_verified() {
    let root = std::env::var("AUTIO_TEST_POSTGRES_ROOT").unwrap();
    let database = std::sync::Arc::new(Database::new());
    let verified = |root: &str| format!("{}?sslmode=verify-full&sslrootcert={root}", database.url);
    let settings = [("DATABASE_URL", &*verified(&root))];
    let site = Site::start_on(database.clone(), &settings).await;
    site.sign_up("tia@example.com").await;
    let encrypted = site.app.db.read(|conn| {
        let Conn::Postgres(conn) = conn else {
            unreachable!()
        };
        let row: Answer = diesel::sql_query(
            "SELECT version AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl",
        )
        .get_result(conn)?;
        Ok(row.value)
    });
    assert!(encrypted.await.unwrap().starts_with("TLSv1."));
    // Somebody else's root.
    let stranger = std::env::var("AUTIO_TEST_POSTGRES_STRANGER").unwrap();
    let settings = [("DATABASE_URL", &*verified(&stranger))];
    let refused = db::migrate(&database.settings(&settings).database, Direction::Up);
    let sentence = refused.unwrap_err().causes();
    assert!(sentence.contains("certificate verify failed"), "{sentence}");
}

/// A statement that would hold its connection for ever is ended by the server.
#[tokio::test]
async fn no_statement_holds_a_connection_for_ever() {
    let site = Site::start().await;
    if !site.is_postgres() {
        return;
    }
    let slept = site.app.db.read(|conn| {
        diesel::sql_query("SELECT pg_sleep(60)").execute(conn)?;
        Ok(())
    });
    let refused = slept.await.unwrap_err();
    assert!(matches!(refused, autio::error::Error::Unavailable));
}

/// Not even to whoever comes so soon after that it isn't asked whether it lives.
#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_given_to_nobody() {
    let site = Site::start().await;
    if !site.is_postgres() {
        return;
    }
    let (db, everybody) = (&site.app.db, 0..8);
    let ends = diesel::sql_query(
        "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS TEXT) AS value FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    for _ in 0..5 {
        let sleep =
            |_| db.read(|conn| Ok(diesel::sql_query("SELECT pg_sleep(0.1)").execute(conn)?));
        let slept = futures_util::future::join_all(everybody.clone().map(sleep)).await;
        assert!(slept.iter().all(Result::is_ok), "{slept:?}");
        let ends = ends.clone();
        let ended = db.read(move |conn| Ok(ends.get_result::<Answer>(conn)?.value));
        assert_ne!(ended.await.unwrap(), "0");
        // Until the kernel has passed on that they are closed.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn sixty_four_writers_at_once_see_no_locked_database() {
    let site = Site::start().await;
    let entered = site.sign_up("max@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap();
    let writers = (0..64).map(|writer| {
        let (db, user_id) = (site.app.db.clone(), user_id.to_owned());
        tokio::spawn(async move {
            for number in 0..20 {
                let (user_id, title) = (user_id.clone(), format!("{writer}-{number}"));
                // Read, then write: the pattern that deadlocks two deferred transactions.
                let written = db.write(move |conn| {
                    let user = users::get(conn, &user_id)?;
                    conversations::insert(conn, &conversation(&user.id, &title))
                });
                written.await.unwrap();
            }
        })
    });
    for writer in futures_util::future::join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(count_conversations(&site.app.db).await, 64 * 20);
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing_and_spares_its_neighbours() {
    let site = Site::start().await;
    let entered = site.sign_up("ned@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    let writes = (0..32).map(|number| {
        let user_id = user_id.clone();
        site.app.db.write(move |conn| {
            conversations::insert(conn, &conversation(&user_id, &number.to_string()))?;
            match number % 4 {
                0 => Err(autio::error::Error::NotFound),
                1 => panic!("a query that panics"),
                _ => Ok(()),
            }
        })
    });
    let kept = futures_util::future::join_all(writes).await;
    assert_eq!(kept.iter().filter(|result| result.is_ok()).count(), 16);
    assert_eq!(count_conversations(&site.app.db).await, 16);
}

/// On SQLite a transaction may be used before it is on disk, by who keeps it to themselves until they hear that it is.
#[tokio::test]
async fn what_runs_ahead_hears_whether_it_was_kept() {
    let site = Site::start().await;
    if site.is_postgres() {
        return;
    }
    let entered = site.sign_up("ida@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap();
    let db = &site.app.db;
    let insert = || {
        let row = conversation(user_id, "ahead");
        db.write_ahead(move |conn| conversations::insert(conn, &row))
    };
    for is_lost in [false, true] {
        // While the first is at it, what follows gathers in one group.
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let busy = db.clone();
        let busy = tokio::spawn(async move {
            let hold = |_: &mut Conn| {
                begun.send(()).ok();
                std::thread::sleep(std::time::Duration::from_millis(300));
                Ok(())
            };
            busy.write(hold).await
        });
        has_begun.await.unwrap();
        let ahead = async {
            let ((), kept) = insert().await.unwrap();
            (kept.clone().wait().await, kept.wait().await)
        };
        let neighbour = db.write(move |_| match is_lost {
            true => Err(autio::error::Error::Unavailable),
            false => Ok(()),
        });
        let (busy, (one, other), neighbour) = tokio::join!(busy, ahead, neighbour);
        busy.unwrap().unwrap();
        assert_eq!(one.is_err(), is_lost);
        assert_eq!(other.is_err(), is_lost);
        assert_eq!(neighbour.is_err(), is_lost);
        assert_eq!(count_conversations(db).await, 1);
    }
}

#[tokio::test]
async fn deleting_an_account_leaves_no_row() {
    let site = Site::start().await;
    let entered = site.sign_up("oda@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let chat = program.say("a wagon", None).await;
    assert_eq!(chat["status"], "done");
    let id = entered["user"]["id"].as_str().unwrap().to_owned();
    site.app
        .db
        .write(move |conn| users::delete(conn, &id))
        .await
        .unwrap();
    let left = site.app.db.read(|conn| {
        use autio::db::schema::{messages, sessions, users};
        let users: i64 = users::table.count().get_result(conn)?;
        let sessions: i64 = sessions::table.count().get_result(conn)?;
        let messages: i64 = messages::table.count().get_result(conn)?;
        Ok(users + sessions + messages)
    });
    assert_eq!(
        left.await.unwrap() + count_conversations(&site.app.db).await,
        0
    );
}

/// What section of the rules SQLite runs under, as the connections themselves say.
#[tokio::test]
async fn sqlite_is_opened_with_its_rules() {
    let site = Site::start().await;
    if site.is_postgres() {
        return;
    }
    let pragma = |name: &'static str| {
        move |conn: &mut Conn| {
            let Conn::Sqlite(conn) = conn else {
                unreachable!()
            };
            let value = diesel::sql_query(format!(
                "SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}"
            ));
            let row: Answer = value.get_result(conn)?;
            Ok(row.value)
        }
    };
    let db = &site.app.db;
    assert_eq!(db.write(pragma("journal_mode")).await.unwrap(), "wal");
    assert_eq!(db.write(pragma("synchronous")).await.unwrap(), "2");
    assert_eq!(db.write(pragma("temp_store")).await.unwrap(), "2");
    // Compiled as .cargo/config.toml has it.
    let is_planned_once = |conn: &mut Conn| {
        let used = "SELECT CAST(sqlite_compileoption_used('ENABLE_QPSG') AS TEXT) AS value";
        let row: Answer = diesel::sql_query(used).get_result(conn)?;
        Ok(row.value)
    };
    assert_eq!(db.read(is_planned_once).await.unwrap(), "1");
    for name in ["foreign_keys"] {
        assert_eq!(db.write(pragma(name)).await.unwrap(), "1");
        assert_eq!(db.read(pragma(name)).await.unwrap(), "1");
    }
    let refused = db.read(|conn| users::set_active(conn, "x", true)).await;
    assert!(refused.is_err(), "a reader can't write");
}

#[derive(diesel::QueryableByName)]
struct Answer {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// One without messages.
fn conversation(user_id: &str, title: &str) -> conversations::Conversation {
    let now = db::now();
    conversations::Conversation {
        id: db::new_id(),
        user_id: user_id.to_owned(),
        title: title.to_owned(),
        head_id: None,
        created_at: now,
        updated_at: now,
        is_titled: true,
        deleted_at: None,
        batch_id: None,
    }
}

async fn count_conversations(db: &Db) -> i64 {
    let count = db.read(|conn| {
        use autio::db::schema::conversations;
        Ok(conversations::table.count().get_result(conn)?)
    });
    count.await.unwrap()
}
