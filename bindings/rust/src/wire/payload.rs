//! Payloads: how they are cut into frames, and what stands in them.

use super::part::{self, Encoding, Part, HEAD_UNIT, INT8_BLOCK};
use crate::dtype::{self, Dtype};
use crate::error::{refuse, Result};
use crate::layout::Layout;
use crate::{limits, proto};

/// Where the frames of a payload of these parts end: about 1 MiB apart, never inside an element (rules W-10, W-12).
pub fn cut<'a>(parts: impl IntoIterator<Item = &'a Part>, bytes: usize) -> Vec<usize> {
    let pieces = parts.into_iter().flat_map(|part| [(part.head, HEAD_UNIT), (part.body, part.element())]);
    cut_pieces(pieces, bytes)
}

/// The same of pieces: so many bytes, in units of so many.
pub(crate) fn cut_pieces(pieces: impl IntoIterator<Item = (usize, usize)>, bytes: usize) -> Vec<usize> {
    let frame = frame_bytes(bytes);
    let mut ends = Vec::with_capacity(bytes / frame + 2);
    let (mut at, mut begin) = (0, 0);
    for (mut left, unit) in pieces {
        while left > 0 {
            let room = begin + frame - at;
            let take = if left <= room { left } else { room / unit * unit };
            at += take;
            left -= take;
            if take == 0 || at == begin + frame || left > 0 || at == bytes {
                ends.push(at);
                begin = at;
            }
        }
    }
    ends
}

/// The usual length, or more where there would be too many frames.
fn frame_bytes(bytes: usize) -> usize {
    let least = bytes / (limits::PAYLOAD_FRAMES / 2) + 1;
    least.next_multiple_of(limits::USUAL_FRAME_BYTES).min(limits::FRAME_BYTES)
}

fn length<F: AsRef<[u8]>>(frames: &[F]) -> u64 {
    frames.iter().map(|frame| frame.as_ref().len() as u64).sum()
}

/// One piece of memory with all frames of a payload.
pub fn join<F: AsRef<[u8]>>(frames: &[F]) -> Vec<u8> {
    let mut all = Vec::with_capacity(length(frames) as usize);
    for frame in frames {
        all.extend_from_slice(frame.as_ref());
    }
    all
}

/// Holds a payload against its parts.
///
/// # Errors
/// `FRAMES`, `LENGTH`, `ALIGNMENT`, `ARGUMENT` (an index).
pub fn check<F: AsRef<[u8]>>(layout: &Layout, parts: &[Part], frames: &[F]) -> Result<()> {
    if frames.len() > limits::PAYLOAD_FRAMES {
        return Err(refuse!(
            Frames,
            "the payload has {} frames; {} are possible",
            frames.len(),
            limits::PAYLOAD_FRAMES
        ));
    }
    if frames.iter().any(|frame| frame.as_ref().is_empty()) {
        return Err(refuse!(Length, "a frame of the payload is empty"));
    }
    let wanted = parts.last().map_or(0, |last| last.offset + last.bytes());
    if length(frames) != wanted as u64 {
        return Err(refuse!(Length, "the payload has {} bytes, and its header says {wanted}", length(frames)));
    }
    check_alignment(parts, frames)?;
    if parts.iter().all(|part| !matches!(part.encoding, Encoding::Rows | Encoding::TopK)) {
        return Ok(());
    }
    let octets = join(frames);
    parts.iter().try_for_each(|part| check_indices(layout, part, &octets))
}

fn check_alignment<F: AsRef<[u8]>>(parts: &[Part], frames: &[F]) -> Result<()> {
    let mut end = 0;
    let mut at = 0;
    for frame in frames {
        end += frame.as_ref().len();
        while at < parts.len() && end > parts[at].offset + parts[at].bytes() {
            at += 1;
        }
        let Some(part) = parts.get(at) else { break };
        let inside = end - part.offset;
        let odd = if inside <= part.head { inside % HEAD_UNIT } else { (inside - part.head) % part.element() };
        if odd != 0 {
            return Err(refuse!(Alignment, "a frame ends inside an element, {end} bytes into the payload"));
        }
    }
    Ok(())
}

fn check_indices(layout: &Layout, part: &Part, octets: &[u8]) -> Result<()> {
    let tensor = &layout.tensors()[part.tensor];
    let most = match part.encoding {
        Encoding::Rows => tensor.rows(),
        Encoding::TopK => tensor.elements(),
        _ => return Ok(()),
    };
    let mut least = 0;
    for index in indices(part, octets) {
        if index < least || index >= most {
            return Err(refuse!(
                Argument,
                "index {index} in tensor {} is out of range or not above the one before",
                tensor.name()
            ));
        }
        least = index + 1;
    }
    Ok(())
}

fn indices<'a>(part: &Part, octets: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    octets[part.offset..part.offset + part.head].chunks_exact(HEAD_UNIT).map(|raw| {
        let mut index = [0; HEAD_UNIT];
        index.copy_from_slice(raw);
        u32::from_le_bytes(index) as usize
    })
}

/// The whole tensor that a checked part stands for, row-major; where ROWS and TOP_K have nothing it is 0.
pub fn decode(layout: &Layout, part: &Part, octets: &[u8]) -> Vec<f64> {
    let tensor = &layout.tensors()[part.tensor];
    let start = part.offset + part.head;
    let body = &octets[start..start + part.body];
    let mut values = vec![0.0; tensor.elements()];
    let read = |at: usize| dtype::read(part.dtype, &body[at * part.dtype.size()..]);
    match part.encoding {
        Encoding::Dense => values.iter_mut().enumerate().for_each(|(at, value)| *value = read(at)),
        Encoding::Rows => {
            let row = tensor.row_elements();
            for (place, index) in indices(part, octets).enumerate() {
                for at in 0..row {
                    values[index * row + at] = read(place * row + at);
                }
            }
        }
        Encoding::TopK => {
            for (place, index) in indices(part, octets).enumerate() {
                values[index] = read(place);
            }
        }
        Encoding::Int8 => {
            let scales = &octets[part.offset..start];
            for (at, value) in values.iter_mut().enumerate() {
                let scale = dtype::read(Dtype::F32, &scales[at / INT8_BLOCK * HEAD_UNIT..]);
                *value = scale * f64::from(body[at] as i8);
            }
        }
        Encoding::LowRank => {
            let (m, n, r) = (tensor.rows(), tensor.row_elements(), part.count);
            for i in 0..m {
                for k in 0..r {
                    let left = read(i * r + k);
                    for j in 0..n {
                        values[i * n + j] += left * read(m * r + k * n + j);
                    }
                }
            }
        }
    }
    values
}

/// Holds a gradient's header, which was read, and its payload against a layout (check 9 of G-2).
///
/// # Errors
/// `LAYOUT`, and those of [`plan`](part::plan) and [`check`].
pub fn check_gradient<F: AsRef<[u8]>>(layout: &Layout, gradient: &proto::Gradient, frames: &[F]) -> Result<()> {
    if gradient.kind == Some(super::check::KIND_SKIP) {
        if frames.is_empty() {
            return Ok(());
        }
        return Err(refuse!(Length, "a SKIP has no payload"));
    }
    if gradient.layout() != layout.id() {
        return Err(refuse!(Layout, "the gradient is for another layout than the model's"));
    }
    let parts = part::plan(layout, gradient.dtype, &gradient.parts)?;
    check(layout, &parts, frames)
}
