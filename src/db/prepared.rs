//! Writes whose statements are prepared once for each connection, as diesel does for reads by itself.

use diesel::connection::Connection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;

use super::Conn;

type Backend = <Conn as Connection>::Backend;

/// A statement that stays prepared under its text. Diesel doesn't keep an UPDATE, a plain statement, or an INSERT in which a
/// value may be left out, since their texts could be any; then PostgreSQL is asked twice each time, and both databases plan anew.
///
/// For statements with few texts alone: one for each set of values that may be left out, none for a list of any length.
pub(super) struct Prepared<Q>(Q);

/// Gives statements [`Prepare::prepared`].
pub(super) trait Prepare: Sized {
    /// The same statement, to be prepared once. See [`Prepared`].
    fn prepared(self) -> Prepared<Self>;
}

impl<Q: QueryFragment<Backend>> Prepare for Q {
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<Q> Prepared<Q> {
    /// Runs a statement that returns the keys of its rows, and says how many they were.
    ///
    /// In the place of diesel's own, which looks past [`Prepared`] where nothing is returned.
    pub(super) fn execute<'query>(self, conn: &mut Conn) -> QueryResult<usize>
    where
        Self: LoadQuery<'query, Conn, String>,
    {
        Ok(self.load::<String>(conn)?.len())
    }
}

impl<Q: QueryFragment<Backend>> QueryFragment<Backend> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Backend) -> QueryResult<bool> {
        Ok(true)
    }
}

/// None that is known before it runs: the text tells statements apart.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<Conn> for Prepared<Q> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use diesel::sqlite::SqliteConnection;

    use super::*;
    use crate::db::schema::need_edits::{dsl, table};

    #[test]
    fn what_is_prepared_is_kept_under_each_of_its_texts() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE need_edits (id TEXT, user_id TEXT, need TEXT)")
            .unwrap();
        let mut conn = Conn::Sqlite(conn);
        let kept = Arc::new(AtomicUsize::new(0));
        let counted = kept.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        for need in [Some("a"), Some("b"), None] {
            let new = (
                dsl::id.eq("x"),
                dsl::user_id.eq("u"),
                need.map(|need| dsl::need.eq(need)),
            );
            let insert = diesel::insert_into(table).values(new);
            let insert = insert.returning(dsl::id);
            insert.prepared().execute(&mut conn).unwrap();
        }
        // With a need and without one.
        assert_eq!(kept.load(Ordering::Relaxed), 2);
        for need in ["c", "d"] {
            let update = diesel::update(table.filter(dsl::id.eq("x")));
            let update = update.set(dsl::need.eq(need)).returning(dsl::id);
            let rows = update.prepared().execute(&mut conn).unwrap();
            assert_eq!(rows, 3);
        }
        assert_eq!(kept.load(Ordering::Relaxed), 3);
        let needs: Vec<Option<String>> = table.select(dsl::need).load(&mut conn).unwrap();
        assert_eq!(needs, vec![Some("d".to_owned()); 3]);
    }
}
