//! The coordinator from afar: the model's parameters, and gradients over control.

use gradmq::{Dtype, Element, Layout, Part, Push, Settings, Stream};

use crate::daemon::{near, numbers, refused, set, small, text, Daemon, ELEMENTS};

pub const CASES: &[crate::Case] = &[
    ("set_model_parameters", set_model_parameters),
    ("get_model_parameters", get_model_parameters),
    ("get_model_newer_than", get_model_newer_than),
    ("get_model_streams", get_model_streams),
    ("add_gradients", add_gradients),
    ("add_gradients_ascent", add_gradients_ascent),
    ("add_gradients_dry_run", add_gradients_dry_run),
];

fn ramp() -> Vec<f32> {
    (0..ELEMENTS).map(|at| (at as f32 - 7.3) * 0.37).collect()
}

fn set_model_parameters() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let first = coordinator.set_model_parameters(&small(), &ramp()).unwrap();
    assert_eq!((coordinator.position().epoch, coordinator.position().version), (first, 0));
    coordinator.start().unwrap();
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    let second = coordinator.set_model_parameters(&small(), &ramp()).unwrap();
    assert!(second > first);
    assert_eq!(coordinator.position().version, 0);
    assert_eq!(coordinator.layout().unwrap().tensors().len(), 2);
}

fn get_model_parameters() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let layout = Layout::new(Dtype::F64, [("w", vec![2, 2]), ("scalar", vec![]), ("bias", vec![3])]).unwrap();
    let values = [1.0 / 3.0, -0.0, 5e-324, 1e17, std::f64::consts::PI, 1.0, 2.0, 3.0];
    coordinator.set_model_parameters(&layout, &values).unwrap();
    let back = coordinator.get_model_parameters(None).unwrap();
    assert_eq!(back.dtype(), Dtype::F64);
    assert_eq!(back.layout().tensor("w").unwrap().shape(), [2, 2]);
    assert!(back.layout().tensor("scalar").unwrap().shape().is_empty());
    let bits = |numbers: &[f64]| numbers.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(back.tensor("w").unwrap()), bits(&values[..4]));
    assert_eq!(bits(back.tensor("scalar").unwrap()), bits(&values[4..5]));
    assert_eq!(bits(back.tensor("bias").unwrap()), bits(&values[5..]));
    assert_eq!(back.tensor::<f64>("nothing").unwrap_err().name(), "ARGUMENT");
    assert_eq!(back.as_slice::<f32>().unwrap_err().name(), "UNSUPPORTED");
}

fn get_model_newer_than() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let at = (coordinator.position().epoch, 0);
    assert!(coordinator.get_model_parameters_newer(at, None).unwrap().is_none());
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    let newer = coordinator.get_model_parameters_newer(at, None).unwrap().expect("a newer one");
    assert_eq!(newer.version(), 1);
    assert!(coordinator.get_model_parameters_newer((at.0, 1), None).unwrap().is_none());
}

fn get_model_streams() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let values = ramp();
    coordinator.set_model_parameters(&small(), &values).unwrap();
    let mut get = |stream| coordinator.get_model_parameters(Some(stream)).unwrap();
    assert_eq!(get(Stream::F32).as_slice::<f32>().unwrap(), values);
    let f64s = get(Stream::F64);
    assert!(f64s.as_slice::<f64>().unwrap().iter().zip(&values).all(|(a, &b)| *a == f64::from(b)));
    for (stream, dtype, share) in
        [(Stream::F16, Dtype::F16, 2f64.powi(-11)), (Stream::Bf16, Dtype::Bf16, 2f64.powi(-8))]
    {
        let got = get(stream);
        assert_eq!(got.dtype(), dtype);
        let near = |(is, should): (&f64, &f32)| (is - f64::from(*should)).abs() <= share * f64::from(should.abs());
        assert!(got.to_vec::<f64>().iter().zip(&values).all(near), "{stream:?}");
    }
    let int8 = get(Stream::Int8);
    let most = values.iter().fold(0f32, |most, value| most.max(value.abs()));
    near(int8.as_slice().unwrap(), &values, most / 127.0 / 2.0 * 1.001);
}

fn add_gradients() {
    let daemon = Daemon::start(&["settings/learning_rate=0.5"]);
    let mut coordinator = daemon.loaded(1.0);
    let gradient = ramp();
    coordinator.add_gradients(&gradient, &Push::default()).unwrap();
    let wanted: Vec<f32> = gradient.iter().map(|g| 1.0 - 0.5 * g).collect();
    assert_eq!(numbers(&mut coordinator), wanted);
    coordinator.add_gradient_parts(&[Part::tensor("b", &[2f32; 4])], &Push::default()).unwrap();
    let is = numbers(&mut coordinator);
    assert_eq!(is[..12], wanted[..12]);
    assert!(is[12..].iter().zip(&wanted[12..]).all(|(is, before)| *is == before - 1.0));
}

fn add_gradients_ascent() {
    let daemon = Daemon::start(&["settings/learning_rate=0.5"]);
    let mut coordinator = daemon.loaded(1.0);
    set(&mut coordinator, Settings { mode: text("ascent"), ..Settings::default() });
    coordinator.add_gradients(&[3f64; ELEMENTS], &Push::default()).unwrap();
    assert_eq!(numbers(&mut coordinator), [2.5; ELEMENTS]);
}

fn add_gradients_dry_run() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.check_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    let mut wrong = [f32::from_f64(1.0); ELEMENTS];
    wrong[3] = f32::NAN;
    refused(coordinator.check_gradients(&wrong, &Push::default()), "NON_FINITE");
    assert_eq!(numbers(&mut coordinator), [1.0; ELEMENTS]);
    assert_eq!(coordinator.position().version, 0);
    assert_eq!(crate::daemon::counter(&mut coordinator, "gradients_received"), 0);
}
