//! Shopper requests with checkable answers, and the oracles that judge an advisor by them.

pub mod cases;
pub mod oracle;
pub mod relaxation;
pub mod table;
