//! The database: one schema and one folder of migrations for both, and SQLite under many writers.

use autio::db::{self, Conn, Db, Direction, conversations, users};
use diesel::prelude::*;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

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
                    let now = db::now();
                    let row = conversations::Conversation {
                        id: db::new_id(),
                        user_id: user.id,
                        title,
                        head_id: None,
                        created_at: now,
                        updated_at: now,
                        is_titled: true,
                        deleted_at: None,
                    };
                    conversations::insert(conn, &row)
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
            let now = db::now();
            let row = conversations::Conversation {
                id: db::new_id(),
                user_id,
                title: number.to_string(),
                head_id: None,
                created_at: now,
                updated_at: now,
                is_titled: true,
                deleted_at: None,
            };
            conversations::insert(conn, &row)?;
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
            let row: Pragma = value.get_result(conn)?;
            Ok(row.value)
        }
    };
    let db = &site.app.db;
    assert_eq!(db.write(pragma("journal_mode")).await.unwrap(), "wal");
    assert_eq!(db.write(pragma("synchronous")).await.unwrap(), "2");
    for name in ["foreign_keys"] {
        assert_eq!(db.write(pragma(name)).await.unwrap(), "1");
        assert_eq!(db.read(pragma(name)).await.unwrap(), "1");
    }
    let refused = db.read(|conn| users::set_active(conn, "x", true)).await;
    assert!(refused.is_err(), "a reader can't write");
}

#[derive(diesel::QueryableByName)]
struct Pragma {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

async fn count_conversations(db: &Db) -> i64 {
    let count = db.read(|conn| {
        use autio::db::schema::conversations;
        Ok(conversations::table.count().get_result(conn)?)
    });
    count.await.unwrap()
}
