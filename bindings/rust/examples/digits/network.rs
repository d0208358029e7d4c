//! A network of one hidden layer, 64 - 128 - 10: rectified linear, then softmax, trained on cross entropy.
//!
//! Its parameters are packed: hidden.weight (128 x 64), hidden.bias, output.weight (10 x 128), output.bias.

use crate::data::{Image, CLASSES, PIXELS};

const HIDDEN: usize = 128;
const HIDDEN_BIAS: usize = HIDDEN * PIXELS;
const OUTPUT_WEIGHT: usize = HIDDEN_BIAS + HIDDEN;
const OUTPUT_BIAS: usize = OUTPUT_WEIGHT + CLASSES * HIDDEN;
pub const PARAMETERS: usize = OUTPUT_BIAS + CLASSES;

/// Room for the layers of a batch.
pub struct Network {
    hidden: Vec<[f32; HIDDEN]>,
    scores: Vec<[f32; CLASSES]>,
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// to += factor x from
fn add(to: &mut [f32], factor: f32, from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

/// Each of a layer's outputs: its bias, and its row of the weights times the inputs.
fn layer(out: &mut [f32], inputs: &[f32], weight: &[f32], bias: &[f32]) {
    for ((out, row), bias) in out.iter_mut().zip(weight.chunks_exact(inputs.len())).zip(bias) {
        *out = bias + dot(row, inputs);
    }
}

impl Network {
    pub fn new(images: usize) -> Network {
        Network { hidden: vec![[0.0; HIDDEN]; images], scores: vec![[0.0; CLASSES]; images] }
    }

    /// The gradient of the mean loss over these images, packed as the parameters are, and that loss.
    pub fn gradient(&mut self, parameters: &[f32], images: &[Image]) -> (Vec<f32>, f64) {
        let (first, second) = parameters.split_at(OUTPUT_WEIGHT);
        let (hidden_weight, hidden_bias) = first.split_at(HIDDEN_BIAS);
        let (output_weight, output_bias) = second.split_at(CLASSES * HIDDEN);
        let mut loss = 0.0;
        for ((image, hidden), scores) in images.iter().zip(&mut self.hidden).zip(&mut self.scores) {
            layer(hidden, &image.pixels, hidden_weight, hidden_bias);
            hidden.iter_mut().for_each(|value| *value = value.max(0.0));
            layer(scores, hidden, output_weight, output_bias);
            loss += softmax(scores, image.label, images.len());
        }
        (self.backward(output_weight, images), loss / images.len() as f64)
    }

    fn backward(&self, output_weight: &[f32], images: &[Image]) -> Vec<f32> {
        let mut gradient = vec![0.0; PARAMETERS];
        let (first, second) = gradient.split_at_mut(OUTPUT_WEIGHT);
        let (hidden_weight, hidden_bias) = first.split_at_mut(HIDDEN_BIAS);
        let (weight, bias) = second.split_at_mut(CLASSES * HIDDEN);
        for ((image, hidden), slopes) in images.iter().zip(&self.hidden).zip(&self.scores) {
            let mut back = [0.0; HIDDEN];
            for (class, &slope) in slopes.iter().enumerate() {
                let row = class * HIDDEN..(class + 1) * HIDDEN;
                add(&mut weight[row.clone()], slope, hidden);
                add(&mut back, slope, &output_weight[row]);
                bias[class] += slope;
            }
            for (unit, &slope) in back.iter().enumerate().filter(|(unit, _)| hidden[*unit] > 0.0) {
                add(&mut hidden_weight[unit * PIXELS..(unit + 1) * PIXELS], slope, &image.pixels);
                hidden_bias[unit] += slope;
            }
        }
        gradient
    }
}

/// Of scores makes the loss's derivative by them, for a mean over `images`; returns the image's loss.
fn softmax(scores: &mut [f32; CLASSES], label: usize, images: usize) -> f64 {
    let most = scores.iter().fold(f32::MIN, |most, &score| most.max(score));
    let sum: f64 = scores.iter().map(|&score| f64::from(score - most).exp()).sum();
    let loss = sum.ln() + f64::from(most - scores[label]);
    for (class, score) in scores.iter_mut().enumerate() {
        let share = f64::from(*score - most).exp() / sum;
        *score = ((share - f64::from(u8::from(class == label))) / images as f64) as f32;
    }
    loss
}
