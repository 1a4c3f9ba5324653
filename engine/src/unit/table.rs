//! The table: each unit with its UCUM code, its quantity, and its way to the canonical unit of that quantity.

/// What a unit measures. Of one quantity are units between which a number may be converted and still mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Levels, depths, distances, rain that has fallen.
    Length,
    /// Wind, water and vehicles.
    Speed,
    /// Rain that falls. Of speed's dimension, and no speed.
    Precipitation,
    /// Water by time.
    Flow,
    /// Reservoirs.
    Volume,
    /// Of air, water and ground.
    Temperature,
    /// Of air and in pipes.
    Pressure,
    /// Mass in a volume: dust, gases, salts.
    Concentration,
    /// Shares: humidity, filling, gases by volume.
    Share,
    /// Sound weighted as the ear hears it.
    SoundA,
    /// Sound weighted for loud noises.
    SoundC,
    /// Sound without a weighting.
    Sound,
    /// Radio signals.
    Signal,
    /// How many.
    Count,
    /// How many in a time.
    CountRate,
    /// Voltage.
    Voltage,
    /// Current.
    Current,
    /// Power.
    Power,
    /// Energy.
    Energy,
    /// Power on an area: sun, fire.
    Irradiance,
    /// Light on an area.
    Illuminance,
    /// Dose of radiation in a time.
    DoseRate,
    /// Salts in water, by how it conducts.
    Conductivity,
    /// How dim water is.
    Turbidity,
    /// How sour water is.
    Acidity,
    /// Mass.
    Mass,
    /// Area.
    Area,
    /// Time.
    Time,
    /// Directions and slopes.
    Angle,
    /// Vibrations, the mains.
    Frequency,
    /// Shaking.
    Acceleration,
}

impl Quantity {
    /// Its name, for answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Speed => "speed",
            Self::Precipitation => "precipitation",
            Self::Flow => "flow",
            Self::Volume => "volume",
            Self::Temperature => "temperature",
            Self::Pressure => "pressure",
            Self::Concentration => "concentration",
            Self::Share => "share",
            Self::SoundA => "sound level, A-weighted",
            Self::SoundC => "sound level, C-weighted",
            Self::Sound => "sound level",
            Self::Signal => "signal strength",
            Self::Count => "count",
            Self::CountRate => "count by time",
            Self::Voltage => "voltage",
            Self::Current => "current",
            Self::Power => "power",
            Self::Energy => "energy",
            Self::Irradiance => "irradiance",
            Self::Illuminance => "illuminance",
            Self::DoseRate => "dose rate",
            Self::Conductivity => "conductivity",
            Self::Turbidity => "turbidity",
            Self::Acidity => "acidity",
            Self::Mass => "mass",
            Self::Area => "area",
            Self::Time => "time",
            Self::Angle => "angle",
            Self::Frequency => "frequency",
            Self::Acceleration => "acceleration",
        }
    }
}

/// A unit. A number in it, times `factor` and plus `offset`, is one in the canonical unit of its quantity.
#[derive(Debug, PartialEq)]
pub struct Unit {
    /// UCUM's code, or ours where UCUM has none.
    pub code: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// How many of the canonical unit it is.
    pub factor: f64,
    /// Where its zero lies in the canonical unit.
    pub offset: f64,
    /// How else it is written, beside the code.
    pub spellings: &'static [&'static str],
}

impl Unit {
    /// The canonical unit of its quantity: the first of the table.
    pub fn canonical(&self) -> &'static Self {
        UNITS.iter().find(|unit| unit.quantity == self.quantity).unwrap_or(&UNITS[0])
    }

    /// A number of this unit in another of the same quantity.
    pub fn to(&self, other: &Self, number: f64) -> f64 {
        if self == other {
            return number;
        }
        let exact = (number * self.factor + self.offset - other.offset) / other.factor;
        twelve_digits(exact)
    }
}

/// Factors such as a hundredth have no exact binary form: 0.29 m is 29 cm, and must reach a level of 29. Through the decimal
/// form, which is the same on every machine, as a logarithm is not.
fn twelve_digits(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

const fn unit(
    code: &'static str,
    quantity: Quantity,
    factor: f64,
    spellings: &'static [&'static str],
) -> Unit {
    Unit { code, quantity, factor, offset: 0.0, spellings }
}

const fn degree(
    code: &'static str,
    factor: f64,
    offset: f64,
    spellings: &'static [&'static str],
) -> Unit {
    Unit { code, quantity: Quantity::Temperature, factor, offset, spellings }
}

use Quantity as Q;

/// All units, the canonical one of each quantity first.
pub(super) static UNITS: &[Unit] = &[
    unit(
        "m",
        Q::Length,
        1.0,
        &[
            "metre", "meter", "metres", "meters", "metro", "metros", "mètre", "mètres", "msnm",
            "mtr",
        ],
    ),
    unit(
        "cm",
        Q::Length,
        0.01,
        &["centimetre", "centimeter", "centimetres", "centimeters", "centímetros", "centimetros"],
    ),
    unit(
        "mm",
        Q::Length,
        0.001,
        &[
            "millimetre",
            "millimeter",
            "millimetres",
            "millimeters",
            "milímetros",
            "l/m2",
            "L/m2",
            "litres/m2",
        ],
    ),
    unit("dm", Q::Length, 0.1, &["decimetre", "decimeter"]),
    unit("um", Q::Length, 1e-6, &["micrometre", "micrometer", "micron"]),
    unit("km", Q::Length, 1_000.0, &["kilometre", "kilometer", "kilometres", "kilometers"]),
    unit("[ft_i]", Q::Length, 0.3048, &["ft", "foot", "feet"]),
    unit("[in_i]", Q::Length, 0.0254, &["in", "inch", "inches"]),
    unit("[yd_i]", Q::Length, 0.9144, &["yd", "yard", "yards"]),
    unit("[mi_i]", Q::Length, 1_609.344, &["mi", "mile", "miles"]),
    unit("[nmi_i]", Q::Length, 1_852.0, &["nmi", "NM", "nautical.miles"]),
    unit("m/s", Q::Speed, 1.0, &["mps", "ms-1", "metres/second", "meters/second", "m/sec"]),
    unit("km/h", Q::Speed, 1.0 / 3.6, &["kmh", "kph", "kmph", "km/hr", "kilometres/hour"]),
    unit("cm/s", Q::Speed, 0.01, &["cm/sec"]),
    unit("mm/s", Q::Speed, 0.001, &["mm/sec"]),
    unit("[kn_i]", Q::Speed, 1_852.0 / 3_600.0, &["kn", "kt", "kts", "knot", "knots", "nudos"]),
    unit("[mi_i]/h", Q::Speed, 0.447_04, &["mph", "mi/h", "miles/hour"]),
    unit("[ft_i]/s", Q::Speed, 0.3048, &["ft/s", "fps"]),
    unit(
        "mm/h",
        Q::Precipitation,
        1.0,
        &["mmh", "mm/hr", "mm/hour", "l/(m2.h)", "l/m2/h", "l/m2.h"],
    ),
    unit("mm/min", Q::Precipitation, 60.0, &[]),
    unit("mm/(5.min)", Q::Precipitation, 12.0, &["mm/5min"]),
    unit("mm/(10.min)", Q::Precipitation, 6.0, &["mm/10min"]),
    unit("mm/(15.min)", Q::Precipitation, 4.0, &["mm/15min"]),
    unit("mm/d", Q::Precipitation, 1.0 / 24.0, &["mm/day", "mm/24h"]),
    unit("[in_i]/h", Q::Precipitation, 25.4, &["in/h", "in/hr"]),
    unit("m3/s", Q::Flow, 1.0, &["cumec", "cumecs", "cms", "m3s-1", "m3/sec"]),
    unit("l/s", Q::Flow, 0.001, &["L/s", "lps", "litres/second", "l/sec"]),
    unit("l/min", Q::Flow, 0.001 / 60.0, &["L/min", "lpm"]),
    unit("l/h", Q::Flow, 0.001 / 3_600.0, &["L/h"]),
    unit("m3/h", Q::Flow, 1.0 / 3_600.0, &["m3/hr", "cmh"]),
    unit("m3/d", Q::Flow, 1.0 / 86_400.0, &["m3/day"]),
    unit("[cft_i]/s", Q::Flow, 0.028_316_846_592, &["cfs", "ft3/s", "cusec"]),
    unit("m3", Q::Volume, 1.0, &["metros.cúbicos", "cubic.metres", "cubic.meters"]),
    unit("l", Q::Volume, 0.001, &["L", "litre", "liter", "litres", "liters", "litros"]),
    unit("hm3", Q::Volume, 1e6, &["hectómetros.cúbicos"]),
    unit("dam3", Q::Volume, 1e3, &[]),
    unit(
        "Cel",
        Q::Temperature,
        1.0,
        &[
            "°C",
            "℃",
            "degC",
            "deg.C",
            "C",
            "celsius",
            "degree.celsius",
            "degrees.celsius",
            "grados.centígrados",
            "oC",
        ],
    ),
    degree("K", 1.0, -273.15, &["kelvin", "°K"]),
    degree(
        "[degF]",
        5.0 / 9.0,
        -160.0 / 9.0,
        &["°F", "℉", "degF", "deg.F", "fahrenheit", "degrees.fahrenheit"],
    ),
    unit("hPa", Q::Pressure, 1.0, &["hectopascal", "hectopascals"]),
    unit("Pa", Q::Pressure, 0.01, &["pascal", "pascals"]),
    unit("kPa", Q::Pressure, 10.0, &["kilopascal"]),
    unit("MPa", Q::Pressure, 10_000.0, &["megapascal"]),
    unit("mbar", Q::Pressure, 1.0, &["mb", "millibar", "millibars"]),
    unit("bar", Q::Pressure, 1_000.0, &["bars"]),
    unit("atm", Q::Pressure, 1_013.25, &[]),
    unit("mm[Hg]", Q::Pressure, 1.333_223_874_15, &["mmHg", "torr"]),
    unit("[in_i'Hg]", Q::Pressure, 33.863_886_403_41, &["inHg"]),
    unit("m[H2O]", Q::Pressure, 98.0665, &["mca", "m.c.a", "mH2O"]),
    unit("[psi]", Q::Pressure, 68.947_572_931_68, &["psi"]),
    unit(
        "ug/m3",
        Q::Concentration,
        1.0,
        &["ugm-3", "GQ", "mcg/m3", "microgram/m3", "micrograms/m3"],
    ),
    unit("ng/m3", Q::Concentration, 0.001, &[]),
    unit("mg/m3", Q::Concentration, 1e3, &["mgm-3"]),
    unit("g/m3", Q::Concentration, 1e6, &[]),
    unit("ug/l", Q::Concentration, 1e3, &["ug/L"]),
    unit("mg/l", Q::Concentration, 1e6, &["mg/L"]),
    unit("g/l", Q::Concentration, 1e9, &["g/L"]),
    unit("kg/m3", Q::Concentration, 1e9, &[]),
    unit(
        "%",
        Q::Share,
        1.0,
        &["percent", "per.cent", "pct", "percentage", "%RH", "%.RH", "%HR", "%.HR", "%vol", "P1"],
    ),
    unit("[ppth]", Q::Share, 0.1, &["‰", "ppth", "per.mille"]),
    unit("[ppm]", Q::Share, 1e-4, &["ppm", "ppmv", "umol/mol"]),
    unit("[ppb]", Q::Share, 1e-7, &["ppb", "ppbv", "nmol/mol"]),
    unit("dB(A)", Q::SoundA, 1.0, &["dBA", "dB.A", "dBa", "dB[A]", "LAeq", "decibel.A"]),
    unit("dB(C)", Q::SoundC, 1.0, &["dBC", "dB.C"]),
    unit("dB", Q::Sound, 1.0, &["dB[SPL]", "decibel", "decibels", "dBZ", "dB(Z)"]),
    unit("dB[mW]", Q::Signal, 1.0, &["dBm", "dB(m)"]),
    unit(
        "1",
        Q::Count,
        1.0,
        &[
            "count",
            "counts",
            "vehicles",
            "vehicle",
            "veh",
            "vehículos",
            "people",
            "persons",
            "person",
            "pers",
            "personas",
            "bikes",
            "units",
            "unit",
            "unitless",
            "ud",
            "uds",
            "unidades",
            "C62",
            "{count}",
        ],
    ),
    unit(
        "/h",
        Q::CountRate,
        1.0,
        &[
            "1/h",
            "h-1",
            "veh/h",
            "veh/hr",
            "vph",
            "vehicles/h",
            "vehicles/hour",
            "people/h",
            "persons/h",
        ],
    ),
    unit(
        "/min",
        Q::CountRate,
        60.0,
        &["1/min", "veh/min", "vehicles/min", "people/min", "persons/min"],
    ),
    unit("/(15.min)", Q::CountRate, 4.0, &["veh/15min", "vehicles/15min"]),
    unit("/(5.min)", Q::CountRate, 12.0, &["veh/5min", "vehicles/5min"]),
    unit("/d", Q::CountRate, 1.0 / 24.0, &["1/d", "veh/day", "vehicles/day", "veh/d"]),
    unit("V", Q::Voltage, 1.0, &["volt", "volts", "voltios"]),
    unit("mV", Q::Voltage, 0.001, &["millivolt", "millivolts"]),
    unit("kV", Q::Voltage, 1_000.0, &["kilovolt"]),
    unit("A", Q::Current, 1.0, &["amp", "amps", "ampere", "amperes"]),
    unit("mA", Q::Current, 0.001, &["milliampere"]),
    unit("W", Q::Power, 1.0, &["watt", "watts"]),
    unit("mW", Q::Power, 1e-3, &["milliwatt"]),
    unit("kW", Q::Power, 1e3, &["kilowatt", "kilowatts"]),
    unit("MW", Q::Power, 1e6, &["megawatt", "megawatts"]),
    unit("kW.h", Q::Energy, 1.0, &["kWh"]),
    unit("W.h", Q::Energy, 0.001, &["Wh"]),
    unit("MW.h", Q::Energy, 1e3, &["MWh"]),
    unit("J", Q::Energy, 1.0 / 3.6e6, &["joule", "joules"]),
    unit("MJ", Q::Energy, 1.0 / 3.6, &["megajoule"]),
    unit("W/m2", Q::Irradiance, 1.0, &["Wm-2"]),
    unit("kW/m2", Q::Irradiance, 1e3, &[]),
    unit("lx", Q::Illuminance, 1.0, &["lux", "lm/m2"]),
    unit("klx", Q::Illuminance, 1e3, &["klux"]),
    unit("uSv/h", Q::DoseRate, 1.0, &["microsievert/h"]),
    unit("nSv/h", Q::DoseRate, 1e-3, &["nanosievert/h"]),
    unit("mSv/h", Q::DoseRate, 1e3, &[]),
    unit("uS/cm", Q::Conductivity, 1.0, &[]),
    unit("mS/cm", Q::Conductivity, 1e3, &[]),
    unit("S/m", Q::Conductivity, 1e4, &[]),
    unit("{NTU}", Q::Turbidity, 1.0, &["NTU", "FNU", "{FNU}"]),
    unit("[pH]", Q::Acidity, 1.0, &["pH"]),
    unit("kg", Q::Mass, 1.0, &["kilogram", "kilograms", "kilos"]),
    unit("g", Q::Mass, 1e-3, &["gram", "grams"]),
    unit("t", Q::Mass, 1e3, &["tonne", "tonnes"]),
    unit("m2", Q::Area, 1.0, &["square.metres"]),
    unit("har", Q::Area, 1e4, &["ha", "hectare", "hectares", "hectáreas"]),
    unit("km2", Q::Area, 1e6, &[]),
    unit("s", Q::Time, 1.0, &["sec", "second", "seconds", "segundos"]),
    unit("ms", Q::Time, 1e-3, &["millisecond", "milliseconds"]),
    unit("min", Q::Time, 60.0, &["minute", "minutes", "minutos"]),
    unit("h", Q::Time, 3_600.0, &["hr", "hour", "hours", "horas"]),
    unit("d", Q::Time, 86_400.0, &["day", "days", "días"]),
    unit("deg", Q::Angle, 1.0, &["°", "degree", "degrees", "grados"]),
    unit("rad", Q::Angle, 57.295_779_513_082_32, &["radian", "radians"]),
    unit("Hz", Q::Frequency, 1.0, &["hertz"]),
    unit("kHz", Q::Frequency, 1e3, &[]),
    unit("m/s2", Q::Acceleration, 1.0, &["ms-2"]),
    unit("[g]", Q::Acceleration, 9.806_65, &[]),
];
