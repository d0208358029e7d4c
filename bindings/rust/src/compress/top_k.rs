//! The elements of the greatest magnitude, of equal ones those with the lower index.

use super::numbers;
use crate::dtype::Element;
use crate::wire::part::HEAD_UNIT;

/// Writes indices and elements of the `count` greatest of finite `from`.
pub(super) fn encode<R: Element>(from: &[R], count: usize, to: &mut [u8]) {
    // The bits of magnitudes are ordered as they are.
    let mut magnitudes: Vec<u64> = from.iter().map(|value| value.to_f64().abs().to_bits()).collect();
    let (_, &mut threshold, above) = magnitudes.select_nth_unstable(from.len() - count);
    let greater = above.iter().filter(|&&one| one > threshold).count();
    let mut equals = count - greater;
    let (indices, values) = to.split_at_mut(count * HEAD_UNIT);
    let places = indices.chunks_exact_mut(HEAD_UNIT).zip(values.chunks_exact_mut(R::DTYPE.size()));
    let chosen = from.iter().enumerate().filter(|(_, value)| {
        let bits = value.to_f64().abs().to_bits();
        let taken = bits > threshold || (bits == threshold && equals > 0);
        equals -= usize::from(taken && bits == threshold);
        taken
    });
    for ((at, value), (index, place)) in chosen.zip(places) {
        index.copy_from_slice(&(at as u32).to_le_bytes());
        place.copy_from_slice(bytemuck::bytes_of(value));
    }
}

pub(super) fn add<R: Element>(from: &[u8], count: usize, factor: f64, to: &mut [R]) {
    let (indices, values) = from.split_at(count * HEAD_UNIT);
    for (index, value) in indices.chunks_exact(HEAD_UNIT).zip(numbers::<R>(values)) {
        let at = bytemuck::pod_read_unaligned::<u32>(index) as usize;
        to[at] = R::from_f64(to[at].to_f64() + factor * value);
    }
}
