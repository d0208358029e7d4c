//! Signed octets, and a scale for each block of them (section 5 of PROTOCOL.md).

use crate::dtype::{self, Dtype, Element};
use crate::wire::part::{HEAD_UNIT, INT8_BLOCK};

const MOST: f64 = 127.0;

/// The least F32 whose 127-fold is not below `most`; 127 times an F32 is exact in F64.
fn scale_of(most: f64) -> f32 {
    if most >= MOST * f64::from(f32::MAX) {
        return f32::MAX;
    }
    let scale = (most / MOST) as f32;
    if MOST * f64::from(scale) < most {
        f32::from_bits(scale.to_bits() + 1)
    } else {
        scale
    }
}

/// Writes scales and octets that stand for finite `numbers`.
pub(super) fn encode<R: Element>(numbers: &[R], to: &mut [u8]) {
    let (scales, octets) = to.split_at_mut(numbers.len().div_ceil(INT8_BLOCK) * HEAD_UNIT);
    let blocks = numbers.chunks(INT8_BLOCK).zip(octets.chunks_mut(INT8_BLOCK));
    for ((numbers, octets), place) in blocks.zip(scales.chunks_exact_mut(HEAD_UNIT)) {
        let most = numbers.iter().map(|value| value.to_f64().abs()).fold(0.0, f64::max);
        let scale = scale_of(most);
        place.copy_from_slice(&scale.to_le_bytes());
        for (value, octet) in numbers.iter().zip(octets) {
            let units = if scale > 0.0 { value.to_f64() / f64::from(scale) } else { 0.0 };
            *octet = units.clamp(-MOST, MOST).round_ties_even() as i8 as u8;
        }
    }
}

pub(super) fn add<R: Element>(from: &[u8], factor: f64, to: &mut [R]) {
    let (scales, octets) = from.split_at(to.len().div_ceil(INT8_BLOCK) * HEAD_UNIT);
    let blocks = to.chunks_mut(INT8_BLOCK).zip(octets.chunks(INT8_BLOCK));
    for ((to, octets), scale) in blocks.zip(scales.chunks_exact(HEAD_UNIT)) {
        let scale = dtype::read(Dtype::F32, scale);
        for (value, &octet) in to.iter_mut().zip(octets) {
            // The product as the coordinator computes it, in the master dtype.
            let product = R::from_f64(scale * f64::from(octet as i8)).to_f64();
            *value = R::from_f64(value.to_f64() + factor * product);
        }
    }
}
