//! Texts in, what they are about out.

use super::*;
use crate::gazetteer::table;

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent,line
bcn,Barcelona,Barcelone,city,2.17,41.39,8000,1600000,,
bcv,Barcelona,,city,-64.7,10.13,8000,815000,,
gir,Girona,Gerona,city,2.82,41.98,4000,100000,,
gra,Gràcia,,neighbourhood,2.157,41.403,700,,bcn,
sants,Sants,,neighbourhood,2.135,41.375,800,,bcn,
mont,Montjuïc,,poi,2.159,41.364,900,,bcn,
vic,Victoria,,city,-123.3,48.43,4000,92000,,
cen,Centre,,neighbourhood,2.82,41.98,600,,gir,
cen2,Centre,,neighbourhood,2.10,41.45,600,,bcn,
puj,Carrer de Pujades,,street,2.195,41.398,900,,bcn,
bil,Carrer de Bilbao,,street,2.203,41.401,500,,bcn,
x,Carrer de Pujades / Carrer de Bilbao,,crossing,2.2031,41.4012,,,bcn,
y,Carrer de Pujades / Carrer de Llacuna,,crossing,2.1990,41.3990,,,bcn,
clinic,Carrer de Villarroel 170,Hospital Clínic,address,2.1521,41.3896,,,bcn,
pob,el Poblenou,,neighbourhood,2.2010,41.4020,800,,bcn,
fac,Can Felipa,,poi,2.2030,41.4010,100,,bcn,
prat,el Prat de Llobregat,,city,2.095,41.326,3000,64000,,
corts1,Les Corts,,district,2.118,41.387,1800,,bcn,
corts2,les Corts,,neighbourhood,2.131,41.384,700,,bcn,
";

fn about(text: &str) -> Option<Placing> {
    let places = Gazetteer::new("v1", table::read(PLACES).unwrap()).unwrap();
    let area = wire::geo::Bbox::new(2.0, 41.3, 2.3, 41.5).ok();
    places.locate(Said { text, ..Said::default() }, &Context { area })
}

fn id(text: &str) -> String {
    about(text).and_then(|placing| placing.about).map(|spot| spot.id).unwrap_or_default()
}

#[test]
fn from_and_about_are_kept_apart() {
    let placing = about("Des de Sants es veu el fum a Montjuïc").unwrap();
    assert_eq!(
        (placing.about.unwrap().id.as_str(), placing.from.unwrap().id.as_str()),
        ("mont", "sants")
    );
    let placing = about("Greetings from Girona, stay safe everyone").unwrap();
    assert_eq!((placing.about, placing.from.unwrap().id.as_str()), (None, "gir"));
    assert_eq!(id("Talls de trànsit des de Sants fins a Montjuïc"), "sants", "a stretch of road");
    assert_eq!(id("evacuated from Gràcia an hour ago"), "gra");
}

#[test]
fn what_is_seen_is_told_of_and_who_sees_it_is_elsewhere() {
    for text in [
        "Des del terrat, a Sants, veig una fumera a Montjuïc",
        "Desde mi balcón en Sants oigo explosiones en Montjuïc",
        "I'm stuck in Sants and Montjuïc is on fire",
        "Je suis à Sants et on voit des flammes à Montjuïc",
    ] {
        let placing = about(text).unwrap();
        let ids = (placing.about.unwrap().id, placing.from.map(|from| from.id));
        assert_eq!(ids, ("mont".to_owned(), Some("sants".to_owned())), "{text}");
    }
    let placing = about("Estem a Sants sense llum").unwrap();
    assert_eq!(placing.about.unwrap().id, "sants", "who tells of no other place tells of this");
}

#[test]
fn a_namesake_is_told_by_its_region() {
    for text in [
        "Barcelona (Anzoátegui): sin agua",
        "Apagón en Barcelona, Venezuela",
        "Barcelona, estado Anzoátegui, sin luz",
    ] {
        assert_eq!(id(text), "bcv", "{text}");
    }
    assert_eq!(id("Barcelona, Catalunya: molta pluja"), "bcn");
    assert_eq!(
        id("Barcelona, ME asusta"),
        "bcn",
        "a code is of a state only where the name has a place there"
    );
}

#[test]
fn a_name_that_heads_a_text_counts_though_it_is_a_plain_word() {
    assert_eq!(id("El Prat: aigua a les aules"), "prat");
    assert_eq!(id("El Prat sense llum"), "prat");
    assert_eq!(id("El prat verd de sempre"), "");
}

#[test]
fn corrections_journeys_and_scores_are_told_from_what_happens_there() {
    assert_eq!(id("No és de Sants, és a Montjuïc"), "mont");
    assert_eq!(id("Sants is fine, the fire is in Gràcia"), "gra");
    for text in [
        "Barcelona - Girona, 3 hores",
        "Barcelona to Girona in the rain",
        "Barcelona 3-1 and raining",
    ] {
        assert_eq!(id(text), "", "{text}");
    }
    assert_eq!(id("incendi a Barcelona"), "bcn");
}

#[test]
fn what_something_is_behind_says_it_no_closer_and_two_of_one_name_are_one_place() {
    assert_eq!(id("Foc al Poblenou, darrere de Can Felipa"), "pob");
    assert_eq!(id("Foc darrere de Can Felipa"), "fac");
    assert_eq!(id("Foc a Les Corts"), "corts2");
}

#[test]
fn a_crossing_or_an_address_needs_no_row_of_its_street() {
    assert_eq!(id("Accident a Pujades amb Llacuna"), "y");
    assert_eq!(id("Foc al c/ Villarroel 170"), "clinic");
    assert_eq!(id("Foc al Clínic"), "", "half a name is none");
    assert_eq!(id("Foc a l'Hospital Clínic"), "clinic");
    assert_eq!(id("Foc a Llacuna"), "", "half a crossing is none");
}

#[test]
fn a_city_is_a_label_and_the_one_that_the_room_looks_at_is_meant() {
    let spot = about("Molta pluja a Barcelona").unwrap().about.unwrap();
    assert_eq!((spot.id.as_str(), spot.is_label()), ("bcn", true));
}

#[test]
fn names_of_persons_and_plain_words_are_no_places() {
    for text in [
        "Victoria Beckham was seen",
        "Truca la Sra. Sants",
        "Joan Gràcia ho ha dit",
        "gràcies",
        "anem cap a Girona",
        "no és a Sants",
        "FC Barcelona 3 - 0",
    ] {
        assert_eq!(id(text), "", "{text}");
    }
}

#[test]
fn crossings_and_coordinates_are_exact_and_the_words_that_decided_are_told() {
    let text = "Accident a Pujades amb Bilbao ara";
    let placing = about(text).unwrap();
    let (start, end) = placing.words[0];
    assert_eq!(&text[start as usize..end as usize], "Pujades amb Bilbao");
    assert_eq!(placing.about.unwrap().kind, PlaceKind::Crossing);
    let placing = about("gent atrapada 41.40338, 2.17403 ajuda").unwrap();
    assert_eq!((placing.method, placing.about.unwrap().radius_m), (Method::Coordinates, 50));
}

#[test]
fn what_may_be_two_places_keeps_both_and_is_neither() {
    let places = Gazetteer::new("v1", table::read(PLACES).unwrap()).unwrap();
    let placing =
        places.locate(Said { text: "Fum al Centre", ..Said::default() }, &Context::default());
    assert!(placing.is_none_or(|placing| placing.about.is_none_or(|spot| spot.is_label())));
    assert_eq!(id("Fum a Barcelona, al Centre"), "cen2");
}

#[test]
fn the_field_for_the_place_and_the_home_are_read_as_what_they_are() {
    let places = Gazetteer::new("v1", table::read(PLACES).unwrap()).unwrap();
    let said = Said {
        text: "Aigua fins al genoll",
        place: Some("sants, barcelona"),
        home: Some("Girona"),
    };
    let placing = places.locate(said, &Context::default()).unwrap();
    assert!(placing.is_of_place);
    assert_eq!(
        (placing.about.unwrap().id.as_str(), placing.from.unwrap().id.as_str()),
        ("sants", "gir")
    );
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_it_and_every_range_is_of_the_text(text in "\\PC{0,80}|([a-zà-ü'· .,#@0-9°]|Sants|a |des de |km|C-31|Pujades|amb ){0,40}") {
        let places = Gazetteer::new("v1", table::read(PLACES).unwrap()).unwrap();
        let said = Said { text: &text, ..Said::default() };
        let placing = places.locate(said, &Context::default());
        proptest::prop_assert_eq!(&placing, &places.locate(said, &Context::default()));
        for (start, end) in placing.into_iter().flat_map(|placing| placing.words) {
            proptest::prop_assert!(text.get(start as usize..end as usize).is_some_and(|word| !word.is_empty()));
        }
    }
}
