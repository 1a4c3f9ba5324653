//! Latitudes on Mercator's square.
//!
//! Sines are eight kilobytes of a library that every screen would be sent before the map. In a browser the way to the square is
//! found from the way back, which is asked for every cluster that changes and so is there.

/// How far north a latitude (degrees) lies on the square, in radians of longitude at its scale; 0 is the equator.
#[must_use]
#[cfg(not(target_arch = "wasm32"))]
pub fn northing(latitude: f64) -> f64 {
    let sin = latitude.to_radians().sin();
    0.5 * ((1.0 + sin) / (1.0 - sin)).ln()
}

/// How far north a latitude (degrees) lies on the square, in radians of longitude at its scale; 0 is the equator.
#[must_use]
#[cfg(target_arch = "wasm32")]
pub fn northing(latitude: f64) -> f64 {
    by_steps(latitude)
}

/// Newton's method from the latitude itself: each step goes towards the answer and never past it.
#[cfg(any(test, target_arch = "wasm32"))]
fn by_steps(latitude: f64) -> f64 {
    let angle = latitude.to_radians();
    (0..16).fold(angle, |northing, _| {
        let sinh = northing.sinh();
        northing + (angle - sinh.atan()) * (1.0 + sinh * sinh).sqrt()
    })
}

/// The latitude (degrees) that lies so far north.
#[must_use]
pub fn latitude(northing: f64) -> f64 {
    northing.sinh().atan().to_degrees()
}

/// How wide a degree of longitude is at a latitude (degrees), beside a degree of latitude.
#[must_use]
pub fn width(latitude: f64) -> f64 {
    let sinh = northing(latitude).sinh();
    1.0 / (1.0 + sinh * sinh).sqrt()
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

    #[test]
    fn a_browser_finds_the_same_place_on_the_square() {
        for hundredth in -8_505..=8_505 {
            let degrees = f64::from(hundredth) / 100.0;
            let (there, here) = (northing(degrees), by_steps(degrees));
            // A step of the square is 2e-9 of these.
            assert!((there - here).abs() < 1e-13, "{degrees}: {there} {here}");
        }
    }
}
