//! Shopper requests with checkable answers, and the oracle that judges an advisor by them.

pub mod cases;
pub mod oracle;
pub mod table;
