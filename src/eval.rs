//! Shopper requests with checkable answers, and the oracles that judge an advisor by them.

pub mod cases;
pub mod named;
pub mod oracle;
pub mod relaxation;
pub mod report;
pub mod run;
pub mod table;
