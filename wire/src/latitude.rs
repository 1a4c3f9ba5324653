//! Latitudes on Mercator's square.
//!
//! A browser has sines; a library of our own would be sent to every screen before the map. Back from the square, which is
//! asked for every cluster that changes, is worth its kilobyte: a call out of the app takes as long as the answer.

/// How far north a latitude (degrees) lies on the square, in radians of longitude at its scale; 0 is the equator.
#[must_use]
pub fn northing(latitude: f64) -> f64 {
    let sin = math::sin(latitude.to_radians());
    0.5 * math::ln((1.0 + sin) / (1.0 - sin))
}

/// The latitude (degrees) that lies so far north.
#[must_use]
pub fn latitude(northing: f64) -> f64 {
    northing.sinh().atan().to_degrees()
}

/// How wide a degree of longitude is at a latitude (degrees), beside a degree of latitude.
#[must_use]
pub fn width(latitude: f64) -> f64 {
    let sin = math::sin(latitude.to_radians());
    (1.0 - sin * sin).max(0.0).sqrt()
}

#[cfg(target_arch = "wasm32")]
mod math {
    pub(super) use js_sys::Math::{log as ln, sin};
}

#[cfg(not(target_arch = "wasm32"))]
mod math {
    pub(super) fn sin(angle: f64) -> f64 {
        angle.sin()
    }

    pub(super) fn ln(of: f64) -> f64 {
        of.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_and_back_is_where_one_was_and_a_degree_grows_narrow_towards_the_pole() {
        for tenth in -850..=850 {
            let degrees = f64::from(tenth) / 10.0;
            assert!((latitude(northing(degrees)) - degrees).abs() < 1e-9, "{degrees}");
            assert!((width(degrees) - degrees.to_radians().cos()).abs() < 1e-12, "{degrees}");
        }
        assert!(northing(41.4) > 0.0 && northing(-41.4) < 0.0);
        // The square ends where it is as high as it is wide.
        assert!((northing(85.051_128_78) - std::f64::consts::PI).abs() < 1e-8);
    }
}
