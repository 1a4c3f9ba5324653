//! Rows in, names found, places found.

use super::*;
use wire::geo::LngLat;

const TOWN: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent,line
bcn,Barcelona,Barcelone,city,2.17,41.39,8000,1600000,,
gra,Gràcia,Vila de Gràcia,neighbourhood,2.157,41.403,700,,bcn,
pob,el Poblenou,Pueblo Nuevo,neighbourhood,2.20,41.40,800,,bcn,
ara,Carrer d'Aragó,Calle Aragón,street,2.166,41.394,1500,,bcn,2.14 41.379|2.195 41.412
pdg,Passeig de Gràcia,Paseo de Gracia,street,2.165,41.392,700,,bcn,2.170 41.387|2.160 41.397
ara250,Carrer d'Aragó 250,,address,2.1650,41.3930,,,bcn,
ara270,Carrer d'Aragó 270,,address,2.1670,41.3945,,,bcn,
puj,Carrer de Pujades,,street,2.195,41.398,900,,bcn,
bil,Carrer de Bilbao,,street,2.203,41.401,500,,bcn,
x,Carrer de Pujades / Carrer de Bilbao,,crossing,2.2031,41.4012,,,bcn,
km10,C-31 km 10,,road_km,2.10,41.33,,,,
km14,C-31 km 14,,road_km,2.14,41.35,,,,
";

fn town() -> Gazetteer {
    Gazetteer::new("town", table::read(TOWN).unwrap()).unwrap()
}

fn names(gazetteer: &Gazetteer, text: &str) -> Vec<String> {
    let scan = gazetteer.scan(text);
    let name = |mention: &Mention<'_>| {
        mention.whole().find_map(|at| gazetteer.place(at)).map(|place| place.id.to_string())
    };
    scan.mentions.iter().filter_map(name).collect()
}

#[test]
fn names_are_whole_words_longest_first_whatever_accents_kinds_and_languages() {
    let town = town();
    assert_eq!(names(&town, "Foc a gracia, BARCELONA"), ["gra", "bcn"]);
    assert_eq!(names(&town, "al Pg. de Gràcia"), ["pdg"]);
    assert_eq!(names(&town, "paseo Gracia y c/ Aragon"), ["pdg", "ara"]);
    assert_eq!(names(&town, "#PasseigDeGràcia #Poblenou"), ["pdg", "pob"]);
    assert_eq!(names(&town, "Pujades Street"), ["puj"]);
    assert_eq!(names(&town, "barcelonauta, gracias, c Aragó. Gràcia"), ["gra"]);
    assert_eq!(names(&town, "carrer d’Aragó"), ["ara"]);
    assert_eq!(names(&town, ""), [""; 0]);
}

#[test]
fn a_place_is_found_by_street_crossing_number_kilometre_and_coordinates() {
    let town = town();
    let first = |said: &str| {
        town.find(said, None, 10).into_iter().next().unwrap_or_else(|| panic!("{said} is found"))
    };
    assert_eq!(first("pujades").name, "Carrer de Pujades");
    assert_eq!(first("Pujades amb Bilbao").id, None);
    assert_eq!(first("Pujades amb Bilbao").at, LngLat::new(2.2031, 41.4012).unwrap());
    // From the lines of both, where no row says it.
    let crossing = first("Aragó / Passeig de Gràcia");
    assert_eq!(crossing.kind, HitKind::Place(PlaceKind::Crossing));
    assert!(
        crate::place::distance_m(crossing.at, LngLat::new(2.1635, 41.3929).unwrap()) < 150.0,
        "{crossing:?}"
    );
    assert_eq!(first("Aragó 260").kind, HitKind::Place(PlaceKind::Address));
    assert_eq!(first("C-31 km 12,5").at, LngLat::new(2.125, 41.3425).unwrap());
    assert_eq!(first("punt quilomètric 12 de la C31").kind, HitKind::Place(PlaceKind::RoadKm));
    assert!(town.find("C-31 km 40", None, 10).is_empty());
    let coordinates = first("41,4030 2,1570");
    assert_eq!(coordinates.kind.word(), "coordinates");
    assert!(coordinates.within.contains("Gràcia, Barcelona"), "{coordinates:?}");
    assert_eq!(first("gra").name, "Gràcia", "by its beginning");
    assert!(town.find("", None, 10).is_empty() && town.find("Xyz", None, 10).is_empty());
}

#[test]
fn a_point_is_called_by_its_street_its_neighbourhood_and_its_city() {
    let town = town();
    let at = LngLat::new(2.1949, 41.3981).unwrap();
    assert_eq!(town.called(at), "Carrer de Pujades, el Poblenou, Barcelona");
    assert_eq!(town.called(LngLat::new(-70.0, -33.0).unwrap()), "");
}

#[test]
fn rows_that_make_no_sense_are_refused_with_the_remedy() {
    let told =
        |table: &str| Gazetteer::new("v", table::read(table).unwrap()).unwrap_err().to_string();
    assert!(
        told("id,name,lng,lat\na,A,1,1\na,B,1,1").contains("row 2 (a): another row has this id")
    );
    assert!(told("id,name,lng,lat,parent\na,A,1,1,b").contains("no row has the id b"));
    assert!(told("id,name,lng,lat,parent\na,A,1,1,b\nb,B,1,1,a").contains("or in itself"));
}

#[test]
fn whoever_imports_one_city_looks_there_and_who_imports_two_looks_nowhere() {
    let home = town().home().expect("one city");
    assert!(home.contains(LngLat::new(2.203, 41.401).unwrap()));
    assert!(!home.contains(LngLat::new(2.8, 41.98).unwrap()));
    let two = format!("{TOWN}far,Calle Mayor,,street,-0.38,39.47,500,0,,\n");
    assert_eq!(Gazetteer::new("two", table::read(&two).unwrap()).unwrap().home(), None);
    let cities = "id,name,kind,lng,lat\na,Barcelona,city,2.17,41.39\n";
    assert_eq!(Gazetteer::new("a", table::read(cities).unwrap()).unwrap().home(), None);
}
