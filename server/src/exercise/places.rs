//! Real places of Barcelona, as facts: names, the district, and where they are to about a hundred metres.

/// A place of the city.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// Its district, as an index into [`DISTRICTS`].
    pub district: usize,
    /// Longitude.
    pub lng: f64,
    /// Latitude.
    pub lat: f64,
    /// What there is.
    pub site: Site,
}

/// What there is at a place: it decides what can happen there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// A metro or train station.
    Station,
    /// A square or a street among houses.
    Street,
    /// Trees.
    Park,
    /// The shore and the harbour.
    Shore,
    /// A hospital, a market, a stadium.
    House,
    /// An underpass, a tunnel, a ring road.
    Underpass,
}

/// The ten districts in their official order.
pub const DISTRICTS: [&str; 10] = [
    "Ciutat Vella",
    "Eixample",
    "Sants-Montjuïc",
    "Les Corts",
    "Sarrià-Sant Gervasi",
    "Gràcia",
    "Horta-Guinardó",
    "Nou Barris",
    "Sant Andreu",
    "Sant Martí",
];

const fn at(district: usize, name: &'static str, lng: f64, lat: f64, site: Site) -> Place {
    Place { name, district, lng, lat, site }
}

use Site::{House, Park, Shore, Station, Street, Underpass};

/// The places of the exercise.
#[rustfmt::skip]
pub const PLACES: &[Place] = &[
    at(0, "Plaça de Sant Jaume", 2.1769, 41.3827, Street),
    at(0, "la Catedral", 2.1763, 41.3839, House),
    at(0, "Mercat de la Boqueria", 2.1717, 41.3817, House),
    at(0, "metro Liceu", 2.1733, 41.3808, Station),
    at(0, "metro Drassanes", 2.1757, 41.3768, Station),
    at(0, "Rambla del Raval", 2.1690, 41.3792, Street),
    at(0, "metro Jaume I", 2.1785, 41.3837, Station),
    at(0, "Santa Maria del Mar", 2.1820, 41.3838, House),
    at(0, "Pla de Palau", 2.1838, 41.3827, Street),
    at(0, "Estació de França", 2.1855, 41.3843, Station),
    at(0, "Parc de la Ciutadella", 2.1870, 41.3880, Park),
    at(0, "metro Barceloneta", 2.1856, 41.3815, Station),
    at(0, "Platja de Sant Sebastià", 2.1893, 41.3716, Shore),
    at(0, "Port Vell", 2.1822, 41.3765, Shore),
    at(0, "Via Laietana", 2.1772, 41.3858, Street),
    at(0, "Hospital del Mar", 2.1937, 41.3843, House),
    at(1, "Plaça de Catalunya", 2.1705, 41.3874, Station),
    at(1, "Passeig de Gràcia", 2.1650, 41.3917, Station),
    at(1, "metro Diagonal", 2.1600, 41.3953, Station),
    at(1, "Sagrada Família", 2.1744, 41.4036, House),
    at(1, "Hospital Clínic", 2.1520, 41.3890, House),
    at(1, "Plaça de la Universitat", 2.1640, 41.3858, Street),
    at(1, "Plaça de Tetuan", 2.1752, 41.3948, Street),
    at(1, "metro Girona", 2.1685, 41.3950, Station),
    at(1, "metro Verdaguer", 2.1680, 41.3990, Station),
    at(1, "Mercat de Sant Antoni", 2.1617, 41.3787, House),
    at(1, "metro Rocafort", 2.1545, 41.3793, Station),
    at(1, "la Monumental", 2.1806, 41.3997, House),
    at(1, "Arc de Triomf", 2.1803, 41.3912, Station),
    at(1, "Estació del Nord", 2.1830, 41.3940, Station),
    at(1, "Carrer d'Aragó", 2.1600, 41.3896, Street),
    at(1, "metro Urgell", 2.1590, 41.3824, Station),
    at(2, "Plaça d'Espanya", 2.1489, 41.3752, Station),
    at(2, "Estació de Sants", 2.1402, 41.3791, Station),
    at(2, "Plaça de Sants", 2.1341, 41.3756, Station),
    at(2, "Mercat de Sants", 2.1334, 41.3747, House),
    at(2, "Carrer de la Riera Blanca", 2.1272, 41.3733, Street),
    at(2, "Rambla de Badal", 2.1290, 41.3742, Underpass),
    at(2, "Plaça Cerdà", 2.1405, 41.3650, Underpass),
    at(2, "la Marina de Port", 2.1385, 41.3605, Street),
    at(2, "Passeig de la Zona Franca", 2.1430, 41.3570, Street),
    at(2, "Mercabarna", 2.1200, 41.3320, House),
    at(2, "Polígon de la Zona Franca", 2.1260, 41.3440, Street),
    at(2, "Castell de Montjuïc", 2.1663, 41.3634, Park),
    at(2, "Estadi Olímpic", 2.1557, 41.3648, House),
    at(2, "Palau Nacional", 2.1533, 41.3685, House),
    at(2, "Jardins de Joan Maragall", 2.1560, 41.3675, Park),
    at(2, "Avinguda del Paral·lel", 2.1622, 41.3748, Street),
    at(2, "metro Poble-sec", 2.1602, 41.3747, Station),
    at(2, "Mercat d'Hostafrancs", 2.1435, 41.3755, House),
    at(2, "Font de la Guatlla", 2.1460, 41.3705, Street),
    at(2, "Ronda Litoral, Morrot", 2.1690, 41.3600, Underpass),
    at(3, "Camp Nou", 2.1228, 41.3809, House),
    at(3, "metro Les Corts", 2.1306, 41.3842, Station),
    at(3, "Maria Cristina", 2.1264, 41.3880, Station),
    at(3, "Zona Universitària", 2.1115, 41.3845, Station),
    at(3, "Monestir de Pedralbes", 2.1122, 41.3956, House),
    at(3, "Parc de Cervantes", 2.1058, 41.3835, Park),
    at(3, "Travessera de les Corts", 2.1290, 41.3817, Street),
    at(4, "Plaça de Sarrià", 2.1207, 41.4003, Street),
    at(4, "Plaça de la Bonanova", 2.1345, 41.4033, Street),
    at(4, "Avinguda del Tibidabo", 2.1370, 41.4107, Station),
    at(4, "el Tibidabo", 2.1190, 41.4222, Park),
    at(4, "Vallvidrera", 2.1061, 41.4150, Street),
    at(4, "Plaça Molina", 2.1478, 41.4020, Station),
    at(4, "Turó Park", 2.1405, 41.3947, Park),
    at(4, "Ronda del General Mitre", 2.1380, 41.3995, Street),
    at(4, "Ronda de Dalt, Sarrià", 2.1170, 41.4020, Underpass),
    at(5, "Plaça del Sol", 2.1566, 41.4012, Street),
    at(5, "metro Fontana", 2.1523, 41.4026, Station),
    at(5, "Park Güell", 2.1527, 41.4143, Park),
    at(5, "Plaça de Lesseps", 2.1503, 41.4066, Station),
    at(5, "metro Vallcarca", 2.1447, 41.4115, Station),
    at(5, "Plaça d'en Joanic", 2.1625, 41.4060, Station),
    at(5, "Plaça de la Virreina", 2.1570, 41.4047, Street),
    at(5, "Plaça de Rovira i Trias", 2.1610, 41.4085, Street),
    at(6, "Plaça d'Eivissa, Horta", 2.1605, 41.4303, Street),
    at(6, "Hospital de la Vall d'Hebron", 2.1420, 41.4275, House),
    at(6, "metro Mundet", 2.1482, 41.4355, Station),
    at(6, "metro el Carmel", 2.1550, 41.4240, Station),
    at(6, "Turó de la Rovira", 2.1617, 41.4193, Park),
    at(6, "Túnel de la Rovira", 2.1660, 41.4165, Underpass),
    at(6, "metro Alfons X", 2.1655, 41.4122, Station),
    at(6, "Parc del Laberint", 2.1455, 41.4400, Park),
    at(6, "Hospital de Sant Pau", 2.1744, 41.4128, House),
    at(6, "Parc del Guinardó", 2.1665, 41.4195, Park),
    at(7, "Plaça de Virrei Amat", 2.1747, 41.4298, Station),
    at(7, "Via Júlia", 2.1795, 41.4420, Street),
    at(7, "metro Trinitat Nova", 2.1833, 41.4487, Station),
    at(7, "metro Canyelles", 2.1665, 41.4417, Station),
    at(7, "Ciutat Meridiana", 2.1745, 41.4605, Street),
    at(7, "Torre Baró", 2.1790, 41.4585, Street),
    at(7, "Parc Central de Nou Barris", 2.1755, 41.4365, Park),
    at(7, "Ronda de Dalt, Roquetes", 2.1730, 41.4440, Underpass),
    at(8, "Plaça d'Orfila, Sant Andreu", 2.1898, 41.4355, Street),
    at(8, "metro Fabra i Puig", 2.1835, 41.4302, Station),
    at(8, "Estació de la Sagrera", 2.1870, 41.4225, Station),
    at(8, "metro Bon Pastor", 2.2045, 41.4362, Station),
    at(8, "la Maquinista", 2.1985, 41.4412, House),
    at(8, "metro Trinitat Vella", 2.1925, 41.4492, Station),
    at(8, "Nus de la Trinitat", 2.1950, 41.4475, Underpass),
    at(8, "Baró de Viver", 2.1995, 41.4458, Street),
    at(8, "el Congrés", 2.1810, 41.4240, Street),
    at(8, "metro Navas", 2.1868, 41.4163, Station),
    at(9, "Port Olímpic", 2.2000, 41.3868, Shore),
    at(9, "Platja del Bogatell", 2.2068, 41.3947, Shore),
    at(9, "metro Bogatell", 2.1925, 41.3949, Station),
    at(9, "metro Marina", 2.1866, 41.3949, Station),
    at(9, "Plaça de les Glòries", 2.1871, 41.4034, Underpass),
    at(9, "metro Llacuna", 2.1978, 41.3993, Station),
    at(9, "Rambla del Poblenou", 2.2008, 41.4010, Street),
    at(9, "Carrer de Pujades, Poblenou", 2.1990, 41.4030, Street),
    at(9, "metro Selva de Mar", 2.2088, 41.4085, Station),
    at(9, "Parc del Fòrum", 2.2220, 41.4110, Shore),
    at(9, "el Maresme - Fòrum", 2.2165, 41.4112, Station),
    at(9, "Diagonal Mar", 2.2160, 41.4090, House),
    at(9, "el Clot", 2.1870, 41.4097, Station),
    at(9, "la Pau", 2.2050, 41.4230, Station),
    at(9, "metro Bac de Roda", 2.1950, 41.4147, Station),
    at(9, "Pont de Bac de Roda", 2.1930, 41.4185, Underpass),
    at(9, "Rambla Prim", 2.2120, 41.4150, Street),
    at(9, "Platja de la Mar Bella", 2.2115, 41.3990, Shore),
    at(9, "Ronda Litoral, Poblenou", 2.2080, 41.3975, Underpass),
    at(9, "Parc de Diagonal Mar", 2.2140, 41.4078, Park),
];
