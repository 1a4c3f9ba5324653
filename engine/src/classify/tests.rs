//! Texts in, what their words say out.

use std::sync::OnceLock;

use wire::grade::Hazard::{self, *};
use wire::grade::{Kind, Urgency};

use super::*;

fn bundled() -> &'static Classifier {
    static BUNDLED: OnceLock<Classifier> = OnceLock::new();
    BUNDLED.get_or_init(|| Classifier::new(Lexicon::bundled().unwrap(), true))
}

fn read(text: &str) -> Option<Reading> {
    bundled().read(Kind::Post, &Plain::of(text), None)
}

fn hazards(text: &str) -> Vec<Hazard> {
    read(text).map(|reading| reading.hazards).unwrap_or_default()
}

/// Every text says these hazards, in this order.
fn say(cases: &[(&str, &[Hazard])]) {
    let classifier = bundled();
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let reading = classifier.read(Kind::Post, &Plain::of(text), None);
        let said = reading.map(|reading| reading.hazards).unwrap_or_default();
        if said != *expected {
            wrong.push(format!("{text:?}: {said:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_language_says_what_happens() {
    say(&[
        ("Aigua fins al genoll al carrer", &[Flood]),
        ("La riera s'ha desbordat a Sants", &[Flood]),
        ("El agua nos llega a la cintura en el garaje", &[Flood]),
        ("Water up to our knees in Mill Road", &[Flood]),
        ("De l'eau jusqu'aux genoux dans la rue", &[Flood]),
        ("Foc al pis de dalt, surt molt fum", &[Fire]),
        ("Incendi forestal a Collserola", &[Wildfire]),
        ("Arde el monte detrás de la urbanización", &[Wildfire]),
        ("The moor is on fire again", &[Wildfire]),
        ("Feu de garrigue près de l'autoroute", &[Wildfire]),
        ("Fa olor de gas a l'escala", &[Chemical]),
        ("strong smell of gas in the stairwell", &[Chemical]),
        ("Ha caigut un balcó al carrer Gran", &[Building]),
        ("Se ha ido la luz en todo el barrio", &[Power]),
        ("Tremblement de terre à Perpignan, tout a tremblé", &[Earthquake]),
        ("un home amb un ganivet al metro", &[Violence]),
        ("mon père ne respire plus", &[Health]),
    ]);
}

#[test]
fn words_of_two_hazards_give_both_and_most_words_come_first() {
    say(&[
        ("Explosion then flames in the kitchen, house on fire", &[Fire, Explosion]),
        ("Accidente, hay heridos graves y un muerto", &[Health, Transport]),
        // As many words each: the one named first.
        ("Foc i explosió", &[Fire, Explosion]),
        ("Explosió i foc", &[Explosion, Fire]),
    ]);
}

#[test]
fn the_longest_expression_decides() {
    // `fire` and `incendi` alone would be a fire in a building.
    say(&[
        ("forest fire", &[Wildfire]),
        ("Incendio de pastos", &[Wildfire]),
        ("coulée de boue", &[Landslide]),
        ("Allau humana a la plaça", &[Crowd]),
        ("gas explosion", &[Explosion]),
    ]);
}

#[test]
fn a_word_inside_another_word_says_nothing() {
    say(&[
        ("a fireplace, fireworks and firewood", &[]),
        ("ceasefire", &[]),
        ("focs artificials", &[]),
        ("bombardino", &[]),
    ]);
}

#[test]
fn a_denied_hazard_is_none() {
    say(&[
        ("No hi ha foc", &[]),
        ("no hi ha cap incendi", &[]),
        ("No fire here", &[]),
        ("There is no sign of a fire", &[]),
        ("it's not a flood", &[]),
        ("Pas de feu", &[]),
        ("Il n'y a pas d'incendie", &[]),
        ("Aucun blessé", &[]),
        ("No hay fuego", &[]),
        ("no es un incendio", &[]),
        ("Sin heridos", &[]),
        ("Sense ferits ni morts", &[]),
        ("falsa alarma de incendio", &[]),
        ("no fire or smoke", &[]),
        ("Nobody injured", &[]),
        ("No hi ha ningú ferit", &[]),
        ("no hay nadie herido", &[]),
        ("personne n'est blessé", &[]),
        ("pas de fumée ni de feu", &[]),
    ]);
    assert_eq!(read("No hi ha foc"), None);
}

#[test]
fn a_denial_reaches_no_further_than_its_hazard() {
    say(&[
        ("No fire, but a gas leak", &[Chemical]),
        ("No hi ha foc. Inundació al metro", &[Flood]),
        ("No podemos salir, hay fuego", &[Fire]),
        ("no hay heridos pero sigue el incendio", &[Fire]),
        ("Pas de blessés malgré l'incendie", &[Fire]),
        ("no answer, fire", &[Fire]),
    ]);
}

#[test]
fn what_reads_like_a_denial_and_is_none() {
    say(&[
        ("no para de llover", &[Storm]),
        ("No hi ha llum", &[Power]),
        ("there is no power", &[Power]),
        ("sin luz desde las seis", &[Power]),
        ("il n'y a plus d'électricité", &[Power]),
        ("no respira", &[Health]),
        ("he can't breathe", &[Health]),
    ]);
}

#[test]
fn a_figure_of_speech_says_nothing() {
    say(&[
        ("Fire drill at ten", &[]),
        ("simulacro de incendio mañana en el cole", &[]),
        ("pluja d'idees", &[]),
        ("this song is fire", &[]),
        ("he's on fire tonight", &[]),
        ("a storm in a teacup", &[]),
        ("jugar con fuego", &[]),
        ("coup de foudre", &[]),
        ("explosion de joie au stade", &[]),
        ("power nap", &[]),
        ("contrato temporal", &[]),
    ]);
}

#[test]
fn a_false_friend_counts_in_its_own_language_alone() {
    // `feu` is fire in French and a form of "to do" in Catalan; `sin` is without, or a sin.
    say(&[
        ("Sense aigua calenta no hi ha ferits", &[]),
        ("it makes no sense, fire everywhere", &[Fire]),
        ("such a sin, fire in the church", &[Fire]),
        ("Smoke and fumes in the tunnel", &[Fire, Chemical]),
        ("Per què fumes tant a casa", &[]),
        ("Dana is at the station with her friends", &[]),
        ("La DANA arriba aquesta tarda", &[Storm]),
        ("Temporal en la costa, olas de seis metros", &[Storm]),
    ]);
}

#[test]
fn a_stated_language_weighs_as_much_as_a_word() {
    let langs = |lang| bundled().read(Kind::Post, &Plain::of("Explosion"), lang).unwrap().langs;
    assert_eq!(langs(None), [Lang::Es, Lang::En, Lang::Fr]);
    assert_eq!(langs(Some("fr-FR")), [Lang::Fr]);
    assert_eq!(langs(Some("de")), [Lang::Es, Lang::En, Lang::Fr]);
}

#[test]
fn the_language_of_most_words_is_told() {
    let langs = |text| read(text).unwrap().langs;
    assert_eq!(langs("Hi ha foc al carrer, veniu ràpid si us plau"), [Lang::Ca]);
    assert_eq!(langs("Hay fuego en la calle, vengan ya por favor"), [Lang::Es]);
    assert_eq!(langs("There is a fire in our street please"), [Lang::En]);
    assert_eq!(langs("Il y a le feu dans la rue, vite"), [Lang::Fr]);
}

#[test]
fn urgency_is_the_most_pressing_that_is_said() {
    let urgency = |text| read(text).and_then(|reading| reading.urgency);
    assert_eq!(urgency("Ajuda! Estem atrapats"), Some(Urgency::Immediate));
    assert_eq!(urgency("we are trapped, help"), Some(Urgency::Immediate));
    assert_eq!(urgency("Flood warning for tomorrow"), Some(Urgency::Future));
    assert_eq!(urgency("The fire is out, back to normal"), Some(Urgency::Past));
    assert_eq!(urgency("Incendio ayer, y ahora otra vez"), Some(Urgency::Immediate));
    assert_eq!(urgency("no es urgente, hay humo"), None);
    assert_eq!(urgency("Foc al pis"), None);
}

#[test]
fn an_expression_may_say_what_and_when() {
    say(&[
        ("Flood warning for tomorrow", &[Flood]),
        ("The fire is out", &[Fire]),
        ("incendi controlat", &[Fire]),
        ("l'incendie est maîtrisé", &[Fire]),
    ]);
    let words = read("incendio extinguido").unwrap().words;
    let told: Vec<_> = words.iter().map(|word| (word.range.clone(), word.says)).collect();
    assert_eq!(told, [(0..19, Says::Hazard(Fire)), (0..19, Says::Urgency(Urgency::Past)),]);
}

#[test]
fn the_words_that_decided_are_named_where_they_stand() {
    let text = "¡Ajuda! L'aigua… INUNDACIÓ a Sants, no hi ha foc";
    let words = read(text).unwrap().words;
    let told: Vec<_> =
        words.iter().map(|word| (&text[word.range.clone()], word.says, word.denied)).collect();
    assert_eq!(
        told,
        [
            ("Ajuda", Says::Urgency(Urgency::Immediate), false),
            ("INUNDACIÓ", Says::Hazard(Flood), false),
            ("foc", Says::Hazard(Fire), true),
        ]
    );
}

#[test]
fn the_words_named_have_a_limit_and_the_count_has_none() {
    let text = format!("{} {}", "flood, ".repeat(100), "fire, ".repeat(101));
    let reading = read(&text).unwrap();
    assert_eq!(reading.words.len(), crate::limits::EVIDENCE_MAX);
    assert_eq!(reading.hazards, [Fire, Flood]);
}

#[test]
fn nothing_found_is_none() {
    for text in
        ["", "…", "Bon dia a tothom", "Buenos días", "Lovely morning", "Bonne journée", "🔥🔥"]
    {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn calls_and_units_are_never_read() {
    for kind in Kind::ALL {
        let reading = bundled().read(*kind, &Plain::of("Foc! We are trapped"), None);
        let spared = matches!(kind, Kind::Call | Kind::Unit);
        assert_eq!(reading.is_none(), spared, "{kind}");
        assert_eq!(reads(*kind), !spared, "{kind}");
    }
}

#[test]
fn the_switch_turns_it_off() {
    let off = Classifier::new(Lexicon::bundled().unwrap(), false);
    assert_eq!(off.read(Kind::Post, &Plain::of("Foc al pis"), None), None);
}

#[test]
fn a_hashtag_and_a_repost_say_what_their_words_say() {
    assert_eq!(hazards("RT @veina: #IncendiForestal a Begues"), [Wildfire]);
    assert_eq!(hazards("@bombers https://example.org/fire bon dia"), []);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_it_and_every_range_is_of_the_text(text in "\\PC{0,80}|([a-zà-ü'· .,#@]|foc|no |feu|fire){0,40}") {
        if let Some(reading) = bundled().read(Kind::Post, &Plain::of(&text), None) {
            for word in reading.words {
                proptest::prop_assert!(text.get(word.range.clone()).is_some_and(|word| !word.is_empty()));
            }
        }
    }
}
