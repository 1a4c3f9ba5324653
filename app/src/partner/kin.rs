//! Which other datastreams of a source speak of the same device: its battery and its signal, by the names that people give them.
//!
//! `besos-level`, `besos-battery` and `besos-rssi` are one device by their first part; `Besòs · LAeq` and `Besòs · battery` too, as
//! SensorThings names them.

/// What a datastream tells of its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    /// How full the battery is, or its voltage.
    Battery,
    /// How well it is heard.
    Signal,
}

const PARTS: [char; 7] = ['-', '_', '.', '/', ':', ' ', '·'];
const BATTERY: [&str; 6] = ["battery", "batt", "bat", "vbat", "bateria", "pila"];
const SIGNAL: [&str; 5] = ["rssi", "snr", "signal", "lqi", "senyal"];

/// The first part of a name and the last: the device, and what is measured there.
fn halves(name: &str) -> Option<(&str, &str)> {
    let (device, what) = name.rsplit_once(PARTS)?;
    let device = device.trim_end_matches(PARTS);
    (!device.is_empty() && !what.is_empty()).then_some((device, what))
}

/// What the datastream `other` tells of the device that `own` is of, if anything.
pub fn kin(own: &str, other: &str) -> Option<Kin> {
    let (device, what) = halves(other)?;
    let what = what.to_lowercase();
    let kin = if BATTERY.contains(&&*what) {
        Kin::Battery
    } else if SIGNAL.contains(&&*what) {
        Kin::Signal
    } else {
        return None;
    };
    // A number at the end counts devices, and is nothing that one of them measures.
    let of_own = halves(own).filter(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()));
    let is_same = device == own || of_own.is_some_and(|(own, _)| own == device);
    (is_same && own != other).then_some(kin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn battery_and_signal_are_those_of_the_same_device() {
        assert_eq!(kin("besos-level", "besos-battery"), Some(Kin::Battery));
        assert_eq!(kin("besos", "besos_RSSI"), Some(Kin::Signal));
        assert_eq!(kin("Besòs · LAeq", "Besòs · battery"), Some(Kin::Battery));
        assert_eq!(kin("urn:dev:7:level", "urn:dev:7:snr"), Some(Kin::Signal));
        assert_eq!(kin("ripoll-level", "besos-battery"), None);
        assert_eq!(kin("besos-level", "besos-rain"), None);
        assert_eq!(kin("besos-battery", "besos-battery"), None, "it is itself");
        assert_eq!(kin("city-1", "city-battery"), None, "1 is a device, and no quantity");
        assert_eq!(kin("city-1", "city-1-battery"), Some(Kin::Battery));
        assert_eq!(kin("", "-battery"), None);
    }
}
