use super::*;
use crate::wire::payload;

fn layout(dtype: Dtype) -> Arc<Layout> {
    Arc::new(Layout::new(dtype, [("w", vec![40, 30]), ("b", vec![300]), ("s", vec![])]).unwrap())
}

/// Numbers that look random and are the same each time.
fn gradient(layout: &Layout, turn: u32) -> Vec<f64> {
    (0..layout.elements()).map(|at| ((at as u32 * 7919 + turn * 104_729) % 1009) as f64 / 504.5 - 1.0).collect()
}

fn decoded(compressor: &dyn Compress, octets: &[u8]) -> Vec<f64> {
    compressor.parts().iter().flat_map(|part| payload::decode(compressor.layout(), part, octets)).collect()
}

/// Of 20 pushes: what was sent, and what remains, come to the sum of the gradients.
fn sums_come_to_the_same<R: Element>(how: Compression) {
    let layout = layout(R::DTYPE);
    let mut compressor = Compressor::<R>::new(how, true, &layout).unwrap();
    let bytes = compressor.parts.last().map_or(0, |part| part.offset + part.bytes());
    let mut octets = vec![0; bytes];
    let (mut wanted, mut sent) = (vec![0.0; layout.elements()], vec![0.0; layout.elements()]);
    for turn in 0..20 {
        let gradient = gradient(&layout, turn);
        let numbers: Vec<R> = gradient.iter().map(|&value| R::from_f64(value)).collect();
        compressor.encode(bytemuck::cast_slice(&numbers), 0.5, &mut octets).unwrap();
        compressor.sent();
        wanted.iter_mut().zip(&gradient).for_each(|(sum, value)| *sum += 0.5 * value);
        sent.iter_mut().zip(decoded(&compressor, &octets)).for_each(|(sum, value)| *sum += value);
    }
    for (at, wanted) in wanted.iter().enumerate() {
        let is = sent[at] + compressor.residual[at].to_f64();
        assert!((is - wanted).abs() < 1e-4, "element {at}: {is} instead of {wanted}");
    }
}

#[test]
fn error_feedback_keeps_the_sum() {
    for how in [Compression::Int8, Compression::TopK(0.05), Compression::LowRank(2)] {
        sums_come_to_the_same::<f32>(how);
        sums_come_to_the_same::<f64>(how);
    }
}

#[test]
fn what_was_not_used_remains_once() {
    let layout = layout(Dtype::F32);
    let mut compressor = Compressor::<f32>::new(Compression::TopK(0.05), true, &layout).unwrap();
    let numbers: Vec<f32> = gradient(&layout, 1).iter().map(|&value| value as f32).collect();
    let mut octets = vec![0; compressor.parts.last().map_or(0, |part| part.offset + part.bytes())];
    compressor.encode(bytemuck::cast_slice(&numbers), 1.0, &mut octets).unwrap();
    compressor.sent();
    compressor.give_back(&octets);
    assert_eq!(compressor.residual, numbers);
}

#[test]
fn nothing_is_kept_of_a_gradient_that_is_not_finite() {
    let layout = layout(Dtype::F32);
    let mut compressor = Compressor::<f32>::new(Compression::Int8, true, &layout).unwrap();
    let mut numbers = vec![0f32; layout.elements()];
    numbers[7] = f32::NAN;
    let mut octets = vec![0; 4096];
    let error = compressor.encode(bytemuck::cast_slice(&numbers), 1.0, &mut octets).unwrap_err();
    assert_eq!(error.name(), "NON_FINITE");
    assert!(compressor.residual.iter().all(|&value| value == 0.0));
}

#[test]
fn int8_errs_by_half_a_scale_at_most() {
    let mut octets = vec![0; 2 * 4 + 300];
    let numbers: Vec<f32> = (0..300).map(|at| (at as f32 - 150.0) * 1e-39).collect();
    int8::encode(&numbers, &mut octets);
    let mut rest = numbers.clone();
    int8::add(&octets, -1.0, &mut rest);
    for (block, rest) in rest.chunks(256).enumerate() {
        let scale = f32::from_le_bytes(octets[block * 4..block * 4 + 4].try_into().unwrap());
        assert!(rest.iter().all(|value| value.abs() <= scale / 2.0));
    }
    let greatest = [f32::MAX, -f32::MAX, 0.0];
    let mut octets = vec![0; 4 + 3];
    int8::encode(&greatest, &mut octets);
    assert_eq!(&octets[4..], [127, 129, 0]);
}

#[test]
fn of_equal_magnitudes_the_lower_index_is_taken() {
    let mut octets = vec![0; 3 * 8];
    top_k::encode(&[1.0f32, -2.0, 2.0, -1.0, 1.0], 3, &mut octets);
    let index = |at: usize| u32::from_le_bytes(octets[at * 4..at * 4 + 4].try_into().unwrap());
    assert_eq!([index(0), index(1), index(2)], [0, 1, 2]);
}

#[test]
fn a_tensor_that_would_not_become_shorter_goes_whole() {
    let layout = layout(Dtype::F32);
    let encodings = |how| {
        let compressor = Compressor::<f32>::new(how, true, &layout).unwrap();
        compressor.parts.iter().map(|part| part.encoding).collect::<Vec<_>>()
    };
    assert_eq!(encodings(Compression::TopK(0.5)), [Encoding::Dense; 3]);
    assert_eq!(encodings(Compression::LowRank(4)), [Encoding::LowRank, Encoding::Dense, Encoding::Dense]);
    assert_eq!(encodings(Compression::LowRank(30)), [Encoding::Dense; 3]);
    assert!(compressor(Compression::TopK(0.0), true, &layout).is_err());
    assert!(compressor(Compression::LowRank(0), true, &layout).is_err());
}

#[test]
fn a_matrix_of_low_rank_is_sent_exactly_after_some_steps() {
    let layout = Arc::new(Layout::new(Dtype::F64, [("w", vec![8, 9])]).unwrap());
    let mut compressor = Compressor::<f64>::new(Compression::LowRank(1), true, &layout).unwrap();
    let matrix: Vec<f64> = (0..72).map(|at| f64::from(at / 9 + 1) * f64::from(at % 9 - 4)).collect();
    let mut octets = vec![0; (8 + 9) * 8];
    compressor.encode(bytemuck::cast_slice(&matrix), 1.0, &mut octets).unwrap();
    let sent = decoded(&compressor, &octets);
    assert!(sent.iter().zip(&matrix).all(|(sent, wanted)| (sent - wanted).abs() < 1e-9));
}
