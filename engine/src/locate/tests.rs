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
