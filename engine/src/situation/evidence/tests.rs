//! What weighs, and what does not.

use wire::geo::LngLat;
use wire::time::Timestamp;

use super::*;

fn voice(n: u128, kind: Kind, basis: Basis, severity: Severity) -> (Voice, ReportId) {
    let voice = Voice {
        id: ReportId(n),
        observed_at: Timestamp(0),
        place: LngLat::new(2.17, 41.4).expect("a place"),
        radius_m: 30,
        is_sensor: false,
        kind,
        basis,
        hazard: Hazard::Flood,
        heard: None,
        severity,
    };
    (voice, ReportId(n))
}

fn post(n: u128, severity: Severity) -> (Voice, ReportId) {
    voice(n, Kind::Post, Basis::Seen, severity)
}

fn of(hazard: Hazard, voices: Vec<(Voice, ReportId)>) -> Evidence {
    let voices: Vec<_> =
        voices.into_iter().map(|(voice, source)| (Voice { hazard, ..voice }, source)).collect();
    weigh(&voices)
}

#[test]
fn ten_thousand_copies_weigh_as_one() {
    let one = vec![post(1, Severity::Extreme), post(2, Severity::Minor)];
    let mut many = one.clone();
    many.extend((100..10_100).map(|n| (post(n, Severity::Extreme).0, ReportId(1))));
    let (few, many) = (weigh(&one), weigh(&many));
    assert_eq!((few.n_reports, many.n_reports), (2, 10_002));
    assert_eq!(many, Evidence { n_reports: 10_002, ..few });
}

#[test]
fn how_bad_it_is_takes_one_who_knows_or_two_who_say_so() {
    let posts =
        vec![post(1, Severity::Extreme), post(2, Severity::Moderate), post(3, Severity::Unknown)];
    assert_eq!(weigh(&posts).severity, Severity::Moderate, "two say at least so");
    for (kind, basis) in [
        (Kind::Unit, Basis::Unknown),
        (Kind::Camera, Basis::Unknown),
        (Kind::Official, Basis::Unknown),
        (Kind::Call, Basis::Seen),
        (Kind::Citizen, Basis::Seen),
    ] {
        let mut voices = posts.clone();
        voices.push(voice(9, kind, basis, Severity::Severe));
        assert_eq!(weigh(&voices).severity, Severity::Severe, "{kind} {basis}");
    }
    let heard = voice(9, Kind::Call, Basis::Heard, Severity::Unknown);
    assert_eq!(weigh(&[heard]).severity, Severity::Unknown);
    assert_eq!(weigh(&[post(1, Severity::Extreme)]).severity, Severity::Unknown, "a claim alone");
}

#[test]
fn rumours_are_never_supported_without_somebody_who_was_there() {
    for hazard in [Hazard::Violence, Hazard::Explosion, Hazard::Chemical] {
        let mut rumours: Vec<_> = (0..500).map(|n| post(n, Severity::Extreme)).collect();
        rumours.extend((500..520).map(|n| voice(n, Kind::Press, Basis::Seen, Severity::Extreme)));
        rumours.extend((520..540).map(|n| voice(n, Kind::Call, Basis::Heard, Severity::Extreme)));
        rumours.push(voice(600, Kind::Official, Basis::Heard, Severity::Extreme));
        assert!(!of(hazard, rumours.clone()).supported, "{hazard}");
        rumours.push(voice(601, Kind::Call, Basis::Seen, Severity::Severe));
        assert!(of(hazard, rumours).supported, "{hazard}");
    }
}

#[test]
fn posts_alone_support_nothing_and_two_calls_or_an_authority_do_what_is_no_hearsay() {
    let posts: Vec<_> = (0..50).map(|n| post(n, Severity::Severe)).collect();
    assert!(!weigh(&posts).supported);
    let calls = [7, 8].map(|n| voice(n, Kind::Call, Basis::Unknown, Severity::Severe));
    assert!(weigh(&calls).supported);
    assert!(!weigh(&calls[..1]).supported);
    let mut official = posts;
    official.push(voice(9, Kind::Official, Basis::Unknown, Severity::Minor));
    assert!(weigh(&official).supported);
    let unit = voice(1, Kind::Unit, Basis::Seen, Severity::Severe);
    assert!(!weigh(&[unit]).supported, "nobody supports themselves");
}

#[test]
fn callers_and_authorities_who_only_heard_of_it_support_nothing() {
    let heard = [7, 8, 9].map(|n| voice(n, Kind::Call, Basis::Heard, Severity::Severe));
    assert!(!weigh(&heard).supported, "a dam that is said to have broken is a flood to most");
    let mut official = heard.to_vec();
    official.push(voice(10, Kind::Official, Basis::Heard, Severity::Severe));
    assert!(!weigh(&official).supported);
    official.push(voice(11, Kind::Citizen, Basis::Seen, Severity::Minor));
    assert!(weigh(&official).supported);
}

#[test]
fn who_saw_something_else_beside_a_rumour_does_not_support_it() {
    let mut rumour: Vec<_> = (0..9).map(|n| post(n, Severity::Extreme)).collect();
    for (voice, _) in &mut rumour {
        voice.hazard = Hazard::Explosion;
    }
    let (mut bin, of) = voice(20, Kind::Call, Basis::Seen, Severity::Minor);
    bin.hazard = Hazard::Fire;
    rumour.push((bin, of));
    assert!(!weigh(&rumour).supported, "a bin burns");
    rumour.last_mut().expect("the call").0.hazard = Hazard::Explosion;
    assert!(weigh(&rumour).supported);
}

#[test]
fn what_nobody_knows_is_said() {
    use Unknown::*;
    assert_eq!(
        weigh(&[post(1, Severity::Minor)]).unknown,
        [NobodyOnScene, NothingFirstHand, NoCamera, NoCalls]
    );
    let voices = [
        voice(1, Kind::Call, Basis::Heard, Severity::Minor),
        voice(2, Kind::Camera, Basis::Unknown, Severity::Minor),
    ];
    assert_eq!(weigh(&voices).unknown, [NobodyOnScene]);
    assert_eq!(
        weigh(&[voice(3, Kind::Unit, Basis::Seen, Severity::Minor)]).unknown,
        [NoCamera, NoCalls]
    );
}

#[test]
fn the_sources_are_listed_by_weight_and_what_most_say_happens() {
    let mut voices = vec![
        post(1, Severity::Minor),
        voice(2, Kind::Unit, Basis::Seen, Severity::Minor),
        voice(3, Kind::Call, Basis::Seen, Severity::Minor),
        post(4, Severity::Minor),
    ];
    voices[0].0.hazard = Hazard::Storm;
    // The same source by a post and by a call is what weighs more.
    voices.push((voice(5, Kind::Call, Basis::Heard, Severity::Minor).0, ReportId(4)));
    let evidence = weigh(&voices);
    let sources: Vec<_> = evidence.sources.into_iter().collect();
    assert_eq!(
        sources,
        [(Weight::Unit, 1), (Weight::CallSeen, 1), (Weight::Call, 1), (Weight::Post, 1)]
    );
    assert_eq!((evidence.hazard, evidence.n_sources, evidence.n_first_hand), (Hazard::Flood, 4, 2));
}
