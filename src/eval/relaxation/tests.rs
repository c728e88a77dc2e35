//! The oracle over the built-in catalogue, and an oracle of the oracle over small ones.

use super::*;

#[test]
fn only_the_smallest_changes_are_offered() {
    let counts = check(&Catalogue::built_in().unwrap(), 1, 300);
    assert_eq!(
        (counts.checked, counts.minimal),
        (300, 300),
        "{:#?}",
        counts.wrong
    );
}
