//! The images: which are trained on, and in what order.

use std::error::Error;

pub const PIXELS: usize = 64;
pub const CLASSES: usize = 10;
/// Number of the darkest pixel.
const DARKEST: f32 = 16.0;
/// One image in so many is held out of each class.
const HELD_OUT: usize = 5;
/// By how much a pixel is moved at most, so that no image comes twice and the network does not learn them by heart.
const NOISE: f64 = 0.35;

/// An image, 8 x 8 from the top left, and what it shows.
#[derive(Clone)]
pub struct Image {
    pub pixels: [f32; PIXELS],
    pub label: usize,
}

/// Random numbers that are the same everywhere for the same seed: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From -1 up to 1.
    fn signed(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for left in (2..=items.len()).rev() {
            items.swap(left - 1, (self.next() % left as u64) as usize);
        }
    }
}

fn image(line: &str) -> Option<Image> {
    let numbers: Vec<u8> = line.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let (&label, pixels) = numbers.split_last()?;
    let good = pixels.len() == PIXELS && pixels.iter().all(|&pixel| f32::from(pixel) <= DARKEST);
    if !good || usize::from(label) >= CLASSES {
        return None;
    }
    let mut image = Image { pixels: [0.0; PIXELS], label: usize::from(label) };
    image.pixels.iter_mut().zip(pixels).for_each(|(to, &from)| *to = f32::from(from) / DARKEST);
    Some(image)
}

/// The images to train on: by class, within a class in an order that is the same in every process and language, and
/// without every fifth of them.
pub fn training(path: &str) -> Result<Vec<Image>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let image = image(line.trim_end());
        all.push(image.ok_or_else(|| format!("{path}:{}: not {PIXELS} numbers from 0 to 16 and a digit", at + 1))?);
    }
    let mut random = Random(1);
    let mut order = Vec::new();
    for label in 0..CLASSES {
        let mut class: Vec<_> = all.iter().filter(|image| image.label == label).cloned().collect();
        random.shuffle(&mut class);
        order.append(&mut class);
    }
    let kept = order.into_iter().enumerate().filter(|(at, _)| at % HELD_OUT != 0);
    Ok(kept.map(|(_, image)| image).collect())
}

/// Batches of one worker's part of the images: all of them in a random order, then again in another.
pub struct Batches {
    images: Vec<Image>,
    at: usize,
    size: usize,
    random: Random,
    batch: Vec<Image>,
}

impl Batches {
    pub fn new(images: &[Image], part: usize, parts: usize, size: usize) -> Result<Batches, String> {
        let images: Vec<Image> = images.iter().skip(part).step_by(parts).cloned().collect();
        if images.len() < size {
            return Err(format!("a part of {} images has no batch of {size}", images.len()));
        }
        let at = images.len();
        Ok(Batches { images, at, size, random: Random(1001 + part as u64), batch: Vec::new() })
    }

    pub fn next(&mut self) -> &[Image] {
        if self.images.len() - self.at < self.size {
            self.random.shuffle(&mut self.images);
            self.at = 0;
        }
        self.batch.clear();
        self.batch.extend_from_slice(&self.images[self.at..self.at + self.size]);
        self.at += self.size;
        for pixel in self.batch.iter_mut().flat_map(|image| &mut image.pixels) {
            *pixel += (NOISE * self.random.signed()) as f32;
        }
        &self.batch
    }
}
