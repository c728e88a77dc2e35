//! The needs of a conversation as chips: shown, edited and dropped.

use std::collections::HashMap;

use crate::advisor::needs::Edit;
use crate::db::need_edits::NeedEdit;
use crate::error::Error;

/// The changes by the message that they follow.
///
/// # Errors
/// When what is stored can't be read, which is a fault of ours.
pub fn by_message(rows: Vec<NeedEdit>) -> Result<HashMap<String, Vec<Edit>>, Error> {
    let mut edits: HashMap<String, Vec<Edit>> = HashMap::new();
    for row in rows {
        let need = row.need.map(|need| serde_json::from_str(&need));
        edits.entry(row.message_id).or_default().push(Edit {
            id: row.need_id,
            need: need.transpose().map_err(Error::internal)?,
        });
    }
    Ok(edits)
}
