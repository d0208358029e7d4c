//! Element types, and conversion between them (rule N-3): to the nearest, ties to even.

use std::fmt;

use bytemuck::Pod;

/// Type of a tensor's elements; the numbers are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// binary32, the default master type
    F32 = 1,
    /// binary64, the other master type
    F64 = 2,
    /// binary16
    F16 = 3,
    /// the upper half of binary32
    Bf16 = 4,
}

impl Dtype {
    /// The type with this number, if there is one.
    pub fn from_code(code: u32) -> Option<Dtype> {
        Some(match code {
            1 => Dtype::F32,
            2 => Dtype::F64,
            3 => Dtype::F16,
            4 => Dtype::Bf16,
            _ => return None,
        })
    }

    /// The type's number.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Dtype::F64 => 8,
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::Bf16 => 2,
        }
    }

    /// Whether parameters may be kept in it.
    pub fn is_master(self) -> bool {
        matches!(self, Dtype::F32 | Dtype::F64)
    }

    /// The name, such as `F32`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "F32",
            Dtype::F64 => "F64",
            Dtype::F16 => "F16",
            Dtype::Bf16 => "BF16",
        }
    }

    /// The stream that carries whole models in this type.
    pub(crate) fn stream(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
            Dtype::F16 => "f16",
            Dtype::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A binary16 number, by its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct F16(pub u16);

/// A bfloat16 number, by its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for super::F16 {}
    impl Sealed for super::Bf16 {}
}

/// A number that tensors are made of: `f32`, `f64`, [`F16`] or [`Bf16`].
pub trait Element: Pod + Send + Sync + sealed::Sealed + 'static {
    /// The type's number in the protocol.
    const DTYPE: Dtype;

    /// The nearest number of this type, of two equally near the even one. What is finite and too large for 16 bits
    /// becomes the greatest finite number of its sign (rule U-7).
    fn from_f64(value: f64) -> Self;

    /// The same number, exactly.
    fn to_f64(self) -> f64;
}

impl Element for f32 {
    const DTYPE: Dtype = Dtype::F32;
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Element for f64 {
    const DTYPE: Dtype = Dtype::F64;
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
}

impl Element for F16 {
    const DTYPE: Dtype = Dtype::F16;
    fn from_f64(value: f64) -> Self {
        F16(round(value, 10, 5))
    }
    fn to_f64(self) -> f64 {
        widen(self.0, 10, 5)
    }
}

impl Element for Bf16 {
    const DTYPE: Dtype = Dtype::Bf16;
    fn from_f64(value: f64) -> Self {
        Bf16(round(value, 7, 8))
    }
    fn to_f64(self) -> f64 {
        f64::from(f32::from_bits(u32::from(self.0) << 16))
    }
}

/// The nearest number with so many bits of fraction and exponent, 15 in all, and its sign.
fn round(value: f64, fraction: u32, exponent: u32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 48) & 0x8000) as u16;
    let all_ones = ((1u16 << exponent) - 1) << fraction;
    if value.is_nan() {
        return sign | all_ones | (1 << (fraction - 1));
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        return sign | all_ones;
    }
    let bias = (1i32 << (exponent - 1)) - 1;
    let least = 1 - bias; // exponent of the smallest normal number
    let power = (((bits >> 52) & 0x7ff) as i32 - 1023).max(least);
    // In units of the last place: exact, since both are powers of two and the quotient is small.
    let units = magnitude / 2f64.powi(power - fraction as i32);
    let whole = units.round_ties_even() as u32;
    // An exponent field of 1 or more counts from `least`; a carry out of the fraction moves into it.
    let bits = whole.saturating_add(((power - least) as u32) << fraction);
    sign | bits.min(u32::from(all_ones) - 1) as u16
}

/// The number that these bits stand for.
fn widen(bits: u16, fraction: u32, exponent: u32) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let bias = (1i32 << (exponent - 1)) - 1;
    let field = i32::from((bits & 0x7fff) >> fraction);
    let rest = f64::from(bits & ((1 << fraction) - 1));
    if field == (1 << exponent) - 1 {
        return if rest == 0.0 { sign * f64::INFINITY } else { f64::NAN };
    }
    let (field, whole) = if field == 0 { (1, rest) } else { (field, rest + f64::from(1u32 << fraction)) };
    sign * whole * 2f64.powi(field - bias - fraction as i32)
}

/// Converts elements of one type, as packed octets, to those of another.
pub fn convert(from: Dtype, to: Dtype, octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() / from.size() * to.size());
    for element in octets.chunks_exact(from.size()) {
        let value = read(from, element);
        match to {
            Dtype::F32 => out.extend_from_slice(&f32::from_f64(value).to_le_bytes()),
            Dtype::F64 => out.extend_from_slice(&value.to_le_bytes()),
            Dtype::F16 => out.extend_from_slice(&F16::from_f64(value).0.to_le_bytes()),
            Dtype::Bf16 => out.extend_from_slice(&Bf16::from_f64(value).0.to_le_bytes()),
        }
    }
    out
}

/// One element from its octets, of which there are as many as the type has.
pub(crate) fn read(dtype: Dtype, octets: &[u8]) -> f64 {
    let mut raw = [0; 8];
    raw[..dtype.size()].copy_from_slice(&octets[..dtype.size()]);
    let bits = u64::from_le_bytes(raw);
    match dtype {
        Dtype::F32 => f64::from(f32::from_bits(bits as u32)),
        Dtype::F64 => f64::from_bits(bits),
        Dtype::F16 => F16(bits as u16).to_f64(),
        Dtype::Bf16 => Bf16(bits as u16).to_f64(),
    }
}
