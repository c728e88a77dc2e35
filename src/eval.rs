//! Shopper requests with checkable answers, and the oracles that judge an advisor by them.

pub mod oracle;
pub mod relaxation;
