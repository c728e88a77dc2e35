//! The traps of the joined files.
