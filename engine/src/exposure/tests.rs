//! Exposure through its public face.

use proptest::prelude::*;

use super::*;

fn place(lng: f64, lat: f64) -> LngLat {
    LngLat::new(lng, lat).expect("a place")
}

fn site(kind: SiteKind, name: &str, lng: f64, lat: f64, n_people: Option<u32>) -> Site {
    Site { kind, name: name.to_owned(), place: place(lng, lat), n_people }
}

fn cell(west: f64, south: f64, side: f64, n_people: u32) -> GridCell {
    GridCell { bounds: Bbox::new(west, south, west + side, south + side).expect("a box"), n_people }
}

fn ring(corners: &[(f64, f64)]) -> Vec<LngLat> {
    corners.iter().chain(corners.first()).map(|(lng, lat)| place(*lng, *lat)).collect()
}

fn square(west: f64, south: f64, side: f64) -> Vec<LngLat> {
    ring(&[(west, south), (west + side, south), (west + side, south + side), (west, south + side)])
}

fn town() -> Register {
    let sites = vec![
        site(SiteKind::School, "Escola B", 2.105, 41.405, None),
        site(SiteKind::Underpass, "Gran Via", 2.103, 41.401, None),
        site(SiteKind::School, "Escola A", 2.10, 41.40, Some(300)),
        site(SiteKind::CareHome, "Residència", 2.2, 41.40, Some(80)),
    ];
    Register::new(sites, vec![cell(2.10, 41.40, 0.01, 1_000), cell(2.11, 41.40, 0.01, 401)])
        .expect("a register")
}

#[test]
fn sites_are_counted_by_kind_with_the_list_behind_each_number() {
    let town = town();
    // The corner of the ring is the place of a school.
    let corners = square(2.10, 41.40, 0.01);
    let exposed = town.within(&Extent::Ring(&corners)).expect("an extent");
    let told: Vec<_> = exposed
        .kinds
        .iter()
        .map(|kind| {
            let names: Vec<&str> = kind.sites.iter().map(|site| site.name.as_str()).collect();
            (kind.kind, kind.n_sites(), kind.n_people, kind.n_unknown, names)
        })
        .collect();
    let expected = [
        (SiteKind::School, 2, 300, 1, vec!["Escola A", "Escola B"]),
        (SiteKind::Underpass, 1, 0, 1, vec!["Gran Via"]),
    ];
    assert_eq!(told, expected);
    assert_eq!((town.n_sites(), town.n_cells()), (4, 2));
}

#[test]
fn people_are_counted_by_the_share_of_a_cell_and_add_up() {
    let town = town();
    let corners = square(2.105, 41.39, 0.03);
    let exposed = town.within(&Extent::Ring(&corners)).expect("an extent");
    let told: Vec<_> = exposed.cells.iter().map(|lives| lives.n_people).collect();
    assert_eq!((told, exposed.n_people), (vec![500, 401], 901));
    assert!((exposed.cells[0].share - 0.5).abs() < 1e-6, "{}", exposed.cells[0].share);
    let nobody = square(3.0, 41.0, 0.1);
    let exposed = town.within(&Extent::Ring(&nobody)).expect("an extent");
    assert_eq!((exposed.n_people, exposed.cells.len(), exposed.kinds.len()), (0, 0, 0));
}

#[test]
fn a_circle_reaches_as_far_as_it_says() {
    let town = town();
    let from = place(2.19, 41.40);
    let metres = crate::place::distance_m(from, place(2.2, 41.40));
    let n_sites = |radius_m| {
        let exposed = town.within(&Extent::Circle { centre: from, radius_m }).expect("an extent");
        exposed.kinds.iter().map(KindCount::n_sites).sum::<usize>()
    };
    assert_eq!((n_sites(metres - 0.1), n_sites(metres + 0.1), n_sites(50_000.0)), (0, 1, 4));
    let all = Extent::Circle { centre: from, radius_m: 50_000.0 };
    assert_eq!(town.within(&all).expect("an extent").n_people, 1_401);
}

#[test]
fn an_extent_may_cross_the_antimeridian() {
    let sites = vec![
        site(SiteKind::School, "west", 179.95, -17.0, None),
        site(SiteKind::School, "east", -179.95, -17.0, None),
        site(SiteKind::School, "far", 0.0, -17.0, None),
    ];
    let cells = vec![cell(179.95, -17.02, 0.05, 10), cell(-180.0, -17.02, 0.05, 30)];
    let fiji = Register::new(sites, cells).expect("a register");
    let corners = ring(&[(179.9, -17.1), (-179.9, -17.1), (-179.9, -16.9), (179.9, -16.9)]);
    let mut turned = corners.clone();
    turned.rotate_left(2);
    turned.push(turned[0]);
    let circle = Extent::Circle { centre: place(-179.99, -17.0), radius_m: 20_000.0 };
    for extent in [Extent::Ring(&corners), Extent::Ring(&turned), circle] {
        let exposed = fiji.within(&extent).expect("an extent");
        let names: Vec<&str> =
            exposed.kinds[0].sites.iter().map(|site| site.name.as_str()).collect();
        assert_eq!((names, exposed.n_people), (vec!["east", "west"], 40), "{extent:?}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let fields = |flaws: Vec<Flaw>| -> Vec<String> {
        assert!(flaws.iter().all(|flaw| flaw.remedy.len() > 10), "{flaws:?}");
        flaws.into_iter().map(|flaw| flaw.field).collect()
    };
    let nameless = site(SiteKind::School, " ", 0.0, 0.0, Some(limits::PEOPLE_MAX + 1));
    let huge = cell(0.0, 0.0, 0.2, 5);
    let flat = cell(0.0, 0.0, 0.0, limits::PEOPLE_MAX + 1);
    let good = || site(SiteKind::School, "A", 0.0, 0.0, None);
    let wrong = Register::new(vec![good(), nameless], vec![huge]).expect_err("flaws");
    assert_eq!(fields(wrong), ["sites[1].name", "sites[1].n_people", "cells[0].bounds"]);
    assert_eq!(fields(flat.check().expect_err("flaws")), ["bounds", "n_people"]);
    let many = Register::new(vec![good(); limits::SITES_MAX + 1], Vec::new()).expect_err("flaws");
    assert_eq!(fields(many), ["sites"]);
    let many = vec![cell(0.0, 0.0, 0.01, 5); limits::CELLS_MAX + 1];
    assert_eq!(fields(Register::new(Vec::new(), many).expect_err("flaws")), ["cells"]);
    let town = town();
    let wrong = |extent: Extent<'_>| fields(town.within(&extent).expect_err("flaws"));
    let centre = place(0.0, 0.0);
    for radius_m in [0.0, -1.0, f64::NAN, 200_001.0] {
        assert_eq!(wrong(Extent::Circle { centre, radius_m }), ["circle.radius_m"]);
    }
    assert_eq!(wrong(Extent::Ring(&[])), ["ring"]);
    assert_eq!(wrong(Extent::Ring(&square(0.0, 0.0, 1.0)[..4])), ["ring"]);
    assert_eq!(wrong(Extent::Ring(&vec![centre; limits::CORNERS_MAX + 1])), ["ring"]);
}

proptest! {
    #[test]
    fn what_is_told_is_what_a_look_at_everything_finds(
        sites in proptest::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 0..80),
        middle in (-0.5..0.5f64, -0.5..0.5f64),
        radius_m in 100.0..60_000.0f64,
    ) {
        let sites: Vec<Site> = sites
            .iter()
            .enumerate()
            .map(|(i, (lng, lat))| site(SiteKind::Hospital, &format!("{i:03}"), *lng, *lat, Some(i as u32)))
            .collect();
        let centre = place(middle.0, middle.1);
        let near: Vec<&Site> = sites
            .iter()
            .filter(|site| crate::place::distance_m(centre, site.place) <= radius_m)
            .collect();
        let register = Register::new(sites.clone(), Vec::new()).expect("a register");
        let exposed = register.within(&Extent::Circle { centre, radius_m }).expect("an extent");
        let found: Vec<&Site> =
            exposed.kinds.iter().flat_map(|kind| kind.sites.iter().copied()).collect();
        prop_assert_eq!(found, near);
    }

    #[test]
    fn a_city_cut_in_two_has_as_many_people_as_the_whole(
        cells in proptest::collection::vec(0..5_000u32, 25),
        cut in 0.001..0.049f64,
    ) {
        let grid = cells.iter().zip(0u8..).map(|(n_people, i)| {
            cell(f64::from(i % 5) * 0.01, f64::from(i / 5) * 0.01, 0.01, *n_people)
        });
        let register = Register::new(Vec::new(), grid.collect()).expect("a register");
        let n_people = |west: f64, east: f64| {
            let corners = ring(&[(west, -0.01), (east, -0.01), (east, 0.06), (west, 0.06)]);
            register.within(&Extent::Ring(&corners)).expect("an extent").n_people
        };
        let (whole, parts) = (n_people(-0.01, 0.06), n_people(-0.01, cut) + n_people(cut, 0.06));
        prop_assert_eq!(whole, cells.iter().map(|n_people| u64::from(*n_people)).sum::<u64>());
        // Each of the five cells that are cut is rounded twice.
        prop_assert!(whole.abs_diff(parts) <= 5, "{} and {}", whole, parts);
    }
}
