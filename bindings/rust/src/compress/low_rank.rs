//! PowerSGD: one step of power iteration a gradient, begun where the last one ended (Vogels, Karimireddy, Jaggi 2019,
//! "PowerSGD", algorithms 1 and 2).

use super::numbers;
use crate::dtype::Element;
use crate::layout::Tensor;

/// A column that loses this much of its length to those before it has no direction of its own.
const LEAST_SHARE: f64 = 1e-6;

/// Writes the factors of a matrix, and leaves the right one in `warm` for the next time.
pub(super) fn encode<R: Element>(matrix: &[R], tensor: &Tensor, rank: usize, warm: &mut [R], to: &mut [u8]) {
    let (m, n) = (tensor.rows(), tensor.row_elements());
    for (k, row) in warm.chunks_exact_mut(n).enumerate() {
        if row.iter().all(|value| value.to_f64() == 0.0) {
            seed(row, k as u64);
        }
    }
    let mut left = vec![0.0; m * rank];
    for (row, out) in matrix.chunks_exact(n).zip(left.chunks_exact_mut(rank)) {
        for (direction, product) in warm.chunks_exact(n).zip(out) {
            *product = row.iter().zip(direction).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
        }
    }
    orthonormal(&mut left, rank);
    // As they are sent, so that the right factor makes up for what rounding did to the left one.
    let sent: Vec<R> = left.iter().map(|&value| R::from_f64(value)).collect();
    let mut right = vec![0.0; rank * n];
    for (row, left) in matrix.chunks_exact(n).zip(sent.chunks_exact(rank)) {
        for (factor, out) in left.iter().zip(right.chunks_exact_mut(n)) {
            let factor = factor.to_f64();
            row.iter().zip(out).for_each(|(value, sum)| *sum += factor * value.to_f64());
        }
    }
    warm.iter_mut().zip(right).for_each(|(place, value)| *place = R::from_f64(value));
    let (u, v) = to.split_at_mut(m * rank * R::DTYPE.size());
    u.copy_from_slice(bytemuck::cast_slice(&sent));
    v.copy_from_slice(bytemuck::cast_slice(warm));
}

pub(super) fn add<R: Element>(from: &[u8], tensor: &Tensor, rank: usize, factor: f64, to: &mut [R]) {
    let n = tensor.row_elements();
    let (left, right) = from.split_at(tensor.rows() * rank * R::DTYPE.size());
    let right: Vec<f64> = numbers::<R>(right).collect();
    let mut left = numbers::<R>(left);
    for row in to.chunks_exact_mut(n) {
        for (direction, scale) in right.chunks_exact(n).zip(left.by_ref().take(rank)) {
            let scale = factor * scale;
            row.iter_mut().zip(direction).for_each(|(value, one)| *value = R::from_f64(value.to_f64() + scale * one));
        }
    }
}

/// A direction to begin with, the same on every machine.
fn seed<R: Element>(row: &mut [R], which: u64) {
    let mut state = which;
    for (j, value) in row.iter_mut().enumerate() {
        let step = state.wrapping_add(j as u64 + 1);
        state = step.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *value = R::from_f64((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0);
    }
}

/// Modified Gram-Schmidt over the columns; one without a direction of its own becomes 0.
fn orthonormal(left: &mut [f64], rank: usize) {
    let product =
        |left: &[f64], j: usize, k: usize| -> f64 { left.chunks_exact(rank).map(|row| row[j] * row[k]).sum() };
    for k in 0..rank {
        let before = product(left, k, k).sqrt();
        for j in 0..k {
            let along = product(left, j, k);
            left.chunks_exact_mut(rank).for_each(|row| row[k] -= along * row[j]);
        }
        let length = product(left, k, k).sqrt();
        let scale = if length > LEAST_SHARE * before { 1.0 / length } else { 0.0 };
        let scale = if scale.is_finite() { scale } else { 0.0 };
        left.chunks_exact_mut(rank).for_each(|row| row[k] *= scale);
    }
}
