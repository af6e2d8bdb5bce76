//! The sounds of the ten English digits, as far as a mel spectrum shows them.

/// A sound: where its resonances lie, how loud voice and noise are, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phone {
    /// The first three formants, in hertz.
    pub(super) formants: [f64; 3],
    /// Level of the voice, 0 to 1.
    pub(super) voice: f64,
    /// Level of noise, 0 to 1.
    pub(super) noise: f64,
    /// Where the noise lies, in hertz.
    pub(super) noise_from: f64,
    /// Steps of 10 ms.
    pub(super) steps: f64,
}

const fn vowel(formants: [f64; 3], steps: f64) -> Phone {
    Phone {
        formants,
        voice: 1.0,
        noise: 0.0,
        noise_from: 0.0,
        steps,
    }
}

const fn voiced(formants: [f64; 3], voice: f64, steps: f64) -> Phone {
    Phone {
        voice,
        ..vowel(formants, steps)
    }
}

const fn hiss(noise_from: f64, noise: f64, steps: f64) -> Phone {
    Phone {
        formants: [500.0, 1500.0, 2500.0],
        voice: 0.0,
        noise,
        noise_from,
        steps,
    }
}

// Formants of vowels: means of men in Peterson & Barney, *Control methods used in a study of the vowels*,
// JASA 24:175 (1952). Those of consonants are rough.
const EE: [f64; 3] = [270.0, 2290.0, 3010.0];
const I: [f64; 3] = [390.0, 1990.0, 2550.0];
const E: [f64; 3] = [530.0, 1840.0, 2480.0];
const A: [f64; 3] = [730.0, 1090.0, 2440.0];
const U: [f64; 3] = [640.0, 1190.0, 2390.0];
const O: [f64; 3] = [570.0, 840.0, 2410.0];
const OO: [f64; 3] = [300.0, 870.0, 2240.0];
const R: [f64; 3] = [490.0, 1350.0, 1690.0];
const N: [f64; 3] = [250.0, 1400.0, 2400.0];
const W: [f64; 3] = [300.0, 650.0, 2200.0];
const V: [f64; 3] = [250.0, 1100.0, 2100.0];

/// A pause before a stop is released.
const CLOSED: Phone = hiss(0.0, 0.0, 4.0);

/// The sounds of a digit.
pub(super) const DIGITS: [&[Phone]; 10] = [
    &[
        Phone {
            voice: 0.4,
            ..hiss(2600.0, 0.6, 7.0)
        },
        vowel(I, 6.0),
        voiced(R, 0.8, 6.0),
        vowel(O, 8.0),
        voiced(OO, 0.8, 6.0),
    ],
    &[voiced(W, 0.7, 7.0), vowel(U, 14.0), voiced(N, 0.6, 10.0)],
    &[CLOSED, hiss(2200.0, 0.8, 4.0), vowel(OO, 24.0)],
    &[
        hiss(1500.0, 0.35, 8.0),
        voiced(R, 0.8, 7.0),
        vowel(EE, 18.0),
    ],
    &[hiss(1200.0, 0.3, 8.0), vowel(O, 18.0), voiced(R, 0.8, 10.0)],
    &[
        hiss(1200.0, 0.3, 8.0),
        vowel(A, 12.0),
        vowel(I, 9.0),
        voiced(V, 0.5, 6.0),
    ],
    &[
        hiss(2600.0, 0.8, 10.0),
        vowel(I, 9.0),
        CLOSED,
        hiss(1600.0, 0.7, 3.0),
        hiss(2600.0, 0.8, 10.0),
    ],
    &[
        hiss(2600.0, 0.8, 9.0),
        vowel(E, 9.0),
        voiced(V, 0.5, 5.0),
        vowel(U, 6.0),
        voiced(N, 0.6, 8.0),
    ],
    &[
        vowel(E, 10.0),
        vowel(I, 9.0),
        CLOSED,
        hiss(2200.0, 0.7, 4.0),
    ],
    &[
        voiced(N, 0.6, 8.0),
        vowel(A, 11.0),
        vowel(I, 9.0),
        voiced(N, 0.6, 8.0),
    ],
];
