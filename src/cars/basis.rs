//! What a price is the price of: a car's lowest trim, or all its trims together. Prices of different bases can't be set
//! against each other.

use super::{Price, PriceKind};

/// How the source of a price ends, or goes on before a comma, that is a mean. [`super::join`] writes it.
const MEAN: &str = "(mean of its trims)";

/// Said where prices of both bases stand side by side.
pub const UNLIKE: &str = "one price is a base price, the other the mean of all trims, so they can't be set against each \
    other; enter your own prices";

/// What a price is the price of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The lowest trim, or what this site asks for.
    Base,
    /// The mean of all trims.
    Mean,
}

impl Basis {
    /// The basis of a price by its source. A site's own price may be called anything.
    pub fn of(kind: PriceKind, source: &str) -> Self {
        match kind {
            PriceKind::Msrp | PriceKind::Estimate if source.contains(MEAN) => Basis::Mean,
            _ => Basis::Base,
        }
    }
}

impl Price {
    pub fn basis(&self) -> Basis {
        Basis::of(self.kind, &self.source)
    }
}

/// Whether all of these are the same.
pub fn alike(bases: impl IntoIterator<Item = Basis>) -> bool {
    let mut bases = bases.into_iter();
    let first = bases.next();
    bases.all(|basis| Some(basis) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_the_basis_of_what_it_was_carried_from() {
        let carried = "EPA OMEGA MY2022 (mean of its trims), carried by BLS CPI-U new vehicles";
        assert_eq!(Basis::of(PriceKind::Estimate, carried), Basis::Mean);
        let base = "NHTSA vPIC 2026-10 (base price)";
        assert_eq!(Basis::of(PriceKind::Msrp, base), Basis::Base);
        assert_eq!(Basis::of(PriceKind::Operator, carried), Basis::Base);
        assert!(alike([Basis::Base, Basis::Base]) && alike([]));
        assert!(!alike([Basis::Base, Basis::Base, Basis::Mean]));
    }
}
