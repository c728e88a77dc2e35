//! Cars that another car of their kind matches or beats in everything that is compared.

use super::Filter;
use super::sort::{PRICE, UNKNOWN};
use crate::cars::Row;

/// Whether the one car leaves no reason to take the other: both have the same known body and fuel, both prices are known
/// and of one [basis](crate::cars::Basis), the same figures are known of both, and the one is as good in each of them and
/// better in at least one. The figures are those of [`Filter::merits`]; `docs/advice.md` lists them.
///
/// What isn't known beats nothing and is beaten by nothing: where one car has a figure that the other lacks, neither
/// dominates. So the relation is a strict order, and a car always stands after those that dominate it.
pub fn dominates(filter: &Filter, one: &Row, other: &Row) -> bool {
    if one.facts.body.is_none()
        || (one.facts.body, one.facts.fuel) != (other.facts.body, other.facts.fuel)
        || one.basis != other.basis
    {
        return false;
    }
    let (merits, others) = (filter.merits(one), filter.merits(other));
    let is_as_good =
        |(one, other): (&i32, &i32)| one <= other && (*one == UNKNOWN) == (*other == UNKNOWN);
    merits[PRICE] != UNKNOWN && merits != others && merits.iter().zip(&others).all(is_as_good)
}
