//! What people say, in Catalan, Spanish and English. `{p}` is the place; words are ours, nobody real speaks.

use wire::grade::Hazard;

/// A language of the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    /// Catalan.
    Ca,
    /// Spanish.
    Es,
    /// English.
    En,
}

impl Lang {
    /// Its code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Es => "es",
            Self::En => "en",
        }
    }

    fn of<'a>(self, all: &'a [&'a [&'a str]; 3]) -> &'a [&'a str] {
        all[self as usize]
    }
}

/// What a witness says of a hazard: of a small matter, or a grave one.
#[rustfmt::skip]
pub(super) fn witness(hazard: Hazard, grave: bool, lang: Lang) -> &'static [&'static str] {
    lang.of(match (hazard, grave) {
        (Hazard::Flood, false) => &[
            &["Es fan bassals grans a {p}", "Comença a entrar aigua als baixos a {p}", "Els embornals no empassen a {p}", "L'aigua ja cobreix la vorera a {p}", "Surt aigua per una tapa de claveguera a {p}"],
            &["Se están formando balsas de agua en {p}", "Empieza a entrar agua en los bajos en {p}", "Las alcantarillas no tragan en {p}", "El agua ya cubre la acera en {p}", "Sale agua por una tapa en {p}"],
            &["Big puddles forming at {p}", "Water starting to come into the ground floor at {p}", "Drains are not coping at {p}", "The pavement is under water at {p}"],
        ],
        (Hazard::Flood, true) => &[
            &["Aigua fins al genoll a {p}", "Hi ha gent atrapada en un cotxe a {p}, l'aigua puja", "L'aparcament s'ha inundat del tot a {p}", "El carrer baixa com un riu a {p}, s'emporta contenidors", "No podem obrir la porta per la pressió de l'aigua a {p}", "Hi ha persones grans en un soterrani amb aigua a {p}"],
            &["Agua hasta la rodilla en {p}", "Hay gente atrapada en un coche en {p}, el agua sube", "El parking se ha inundado por completo en {p}", "La calle baja como un río en {p}, arrastra contenedores", "No podemos abrir la puerta por la presión del agua en {p}", "Hay personas mayores en un sótano con agua en {p}"],
            &["Water up to the knees at {p}", "People stuck in a car at {p}, water is rising", "The car park is completely flooded at {p}", "The street is a river at {p}, bins are floating away"],
        ],
        (Hazard::Storm, false) => &[
            &["Plou moltíssim a {p}", "Pedra petita a {p}", "Llamps molt a prop de {p}", "No es veu res de la pluja a {p}"],
            &["Llueve muchísimo en {p}", "Granizo pequeño en {p}", "Rayos muy cerca de {p}", "No se ve nada de la lluvia en {p}"],
            &["Raining very hard at {p}", "Small hail at {p}", "Lightning very close to {p}"],
        ],
        (Hazard::Storm, true) => &[
            &["Pedra com nous a {p}, vidres trencats", "Un llamp ha caigut en un edifici a {p}, fa olor de cremat", "Hi ha ferits per la pedra a {p}"],
            &["Granizo como nueces en {p}, cristales rotos", "Ha caído un rayo en un edificio en {p}, huele a quemado", "Hay heridos por el granizo en {p}"],
            &["Hail like walnuts at {p}, broken windows", "Lightning hit a building at {p}, smell of burning", "People hurt by hail at {p}"],
        ],
        (Hazard::Wind, false) => &[
            &["Branques al mig del carrer a {p}", "Un contenidor bolcat per la ventada a {p}", "Volen tendals i cadires de terrassa a {p}", "Un cartell penja i fa por a {p}"],
            &["Ramas en medio de la calle en {p}", "Un contenedor volcado por el viento en {p}", "Vuelan toldos y sillas de terraza en {p}", "Un cartel cuelga y da miedo en {p}"],
            &["Branches across the street at {p}", "A bin blown over at {p}", "Awnings and café chairs flying at {p}"],
        ],
        (Hazard::Wind, true) => &[
            &["Un arbre ha caigut sobre un cotxe a {p}, hi ha gent dins", "Ha caigut una bastida a {p}", "Un plàtan ha tallat el carrer i els cables a {p}", "Ha caigut una cornisa i hi ha una persona a terra a {p}"],
            &["Un árbol ha caído sobre un coche en {p}, hay gente dentro", "Se ha caído un andamio en {p}", "Un plátano ha cortado la calle y los cables en {p}", "Ha caído una cornisa y hay una persona en el suelo en {p}"],
            &["A tree fell on a car at {p}, people inside", "Scaffolding came down at {p}", "A tree took the street and the cables down at {p}"],
        ],
        (Hazard::Power, false) => &[
            &["S'ha fet fosc l'enllumenat a {p}", "Els semàfors no van a {p}", "Sense llum des de fa una estona a {p}"],
            &["El alumbrado se ha apagado en {p}", "Los semáforos no funcionan en {p}", "Sin luz desde hace un rato en {p}"],
            &["Street lights are out at {p}", "Traffic lights dead at {p}", "No electricity for a while at {p}"],
        ],
        (Hazard::Power, true) => &[
            &["Tota l'illa sense llum a {p} i una veïna amb oxigen a casa", "Atrapats a l'ascensor sense llum a {p}", "Espurnes i fum d'un transformador a {p}"],
            &["Toda la manzana sin luz en {p} y una vecina con oxígeno en casa", "Atrapados en el ascensor sin luz en {p}", "Chispas y humo de un transformador en {p}"],
            &["Whole block without power at {p}, a neighbour is on oxygen", "Stuck in a lift without power at {p}", "Sparks and smoke from a transformer at {p}"],
        ],
        (Hazard::Transport, false) => &[
            &["El metro passa sense parar a {p}", "Cues molt llargues a {p}", "Cap bus des de fa vint minuts a {p}", "Goteres a l'andana de {p}"],
            &["El metro pasa sin parar en {p}", "Colas muy largas en {p}", "Ningún bus desde hace veinte minutos en {p}", "Goteras en el andén de {p}"],
            &["The metro does not stop at {p}", "Very long queues at {p}", "No bus for twenty minutes at {p}", "Water dripping on the platform of {p}"],
        ],
        (Hazard::Transport, true) => &[
            &["Baixa aigua per les escales del metro a {p}", "Tren aturat entre estacions prop de {p}, sense llum i gent nerviosa", "Xoc de diversos cotxes a {p} per l'aigua, hi ha ferits", "Un autobús ple atrapat al pas inferior a {p}"],
            &["Baja agua por las escaleras del metro en {p}", "Tren parado entre estaciones cerca de {p}, sin luz y gente nerviosa", "Choque de varios coches en {p} por el agua, hay heridos", "Un autobús lleno atrapado en el paso inferior en {p}"],
            &["Water running down the metro stairs at {p}", "Train stopped between stations near {p}, dark, people getting nervous", "Several cars crashed at {p} in the water, people hurt"],
        ],
        (Hazard::Building, false) => &[
            &["Cauen trossos de façana a {p}", "Esquerdes noves al sostre a {p}", "Una teulada perd teules a {p}"],
            &["Caen trozos de fachada en {p}", "Grietas nuevas en el techo en {p}", "Un tejado pierde tejas en {p}"],
            &["Bits of a façade are falling at {p}", "New cracks in the ceiling at {p}", "A roof is losing tiles at {p}"],
        ],
        (Hazard::Building, true) => &[
            &["Ha cedit part del sostre a {p}, hi havia gent", "S'ha ensorrat un mur a {p}", "L'edifici ha cruixit i hem sortit tots al carrer a {p}"],
            &["Ha cedido parte del techo en {p}, había gente", "Se ha derrumbado un muro en {p}", "El edificio ha crujido y hemos salido todos a la calle en {p}"],
            &["Part of the roof gave way at {p}, there were people inside", "A wall collapsed at {p}", "The building creaked and we all went out at {p}"],
        ],
        (Hazard::Fire, _) => &[
            &["Surt fum d'un pis a {p}", "Crema un contenidor a {p}", "Olor de cremat a l'escala a {p}"],
            &["Sale humo de un piso en {p}", "Arde un contenedor en {p}", "Huele a quemado en la escalera en {p}"],
            &["Smoke from a flat at {p}", "A bin on fire at {p}", "Smell of burning on the stairs at {p}"],
        ],
        (Hazard::Health, _) => &[
            &["Una persona gran ha caigut a {p}", "Un home amb dolor al pit a {p}", "Una noia s'ha desmaiat a {p}"],
            &["Una persona mayor se ha caído en {p}", "Un hombre con dolor en el pecho en {p}", "Una chica se ha desmayado en {p}"],
            &["An elderly person fell at {p}", "A man with chest pain at {p}", "A girl fainted at {p}"],
        ],
        (Hazard::Crowd, _) => &[
            &["Massa gent a l'andana de {p}", "Aglomeració a les portes de {p}", "Es corre la veu i la gent surt corrent a {p}"],
            &["Demasiada gente en el andén de {p}", "Aglomeración en las puertas de {p}", "Corre la voz y la gente sale corriendo en {p}"],
            &["Too many people on the platform of {p}", "A crush at the doors of {p}"],
        ],
        _ => &[
            &["Soroll estrany a {p}", "Un gos perdut a {p}", "Un accident lleu a {p}", "Obres sense tancar a {p}"],
            &["Un ruido raro en {p}", "Un perro perdido en {p}", "Un accidente leve en {p}", "Obras sin cerrar en {p}"],
            &["A strange noise at {p}", "A lost dog at {p}", "A minor accident at {p}"],
        ],
    })
}

/// What is added now and then, so that two witnesses rarely use the same words.
#[rustfmt::skip]
pub(super) fn tail(lang: Lang) -> &'static [&'static str] {
    lang.of(&[
        &["", "", "", ", ara mateix", ", des de fa deu minuts", ", cada cop pitjor", ", i no ve ningú", ", vigileu si hi passeu", ", no sé si algú ha trucat", ", just davant de casa", ", a la cantonada"],
        &["", "", "", ", ahora mismo", ", desde hace diez minutos", ", cada vez peor", ", y no viene nadie", ", cuidado si pasáis", ", no sé si alguien ha llamado", ", justo delante de casa", ", en la esquina"],
        &["", "", "", ", right now", ", for ten minutes", ", getting worse", ", nobody is coming", ", be careful if you pass", ", right outside my door"],
    ])
}

/// How a post begins.
#[rustfmt::skip]
pub(super) fn post_head(lang: Lang) -> &'static [&'static str] {
    lang.of(&[
        &["", "", "Ull: ", "Al loro: ", "Quina tempesta! ", "Ostres. ", "Algú més? "],
        &["", "", "Ojo: ", "Cuidado: ", "¡Vaya tormenta! ", "Madre mía. ", "¿Alguien más? "],
        &["", "", "Heads up: ", "What a storm! ", "Anyone else? ", "Wow. "],
    ])
}

/// A message of an authority about a matter, begun or over.
#[rustfmt::skip]
pub(super) fn official(hazard: Hazard, over: bool, lang: Lang) -> &'static [&'static str] {
    lang.of(match (hazard, over) {
        (Hazard::Transport, false) => &[
            &["{p}: servei interromput per aigua a les instal·lacions", "{p}: accessos tancats, feu servir les estacions properes"],
            &["{p}: servicio interrumpido por agua en las instalaciones", "{p}: accesos cerrados, usen las estaciones próximas"],
            &["{p}: service suspended because of water", "{p}: entrances closed, use nearby stations"],
        ],
        (Hazard::Power, false) => &[
            &["{p}: avaria de mitjana tensió, equips en camí"], &["{p}: avería de media tensión, equipos en camino"],
            &["{p}: medium-voltage fault, crews on the way"],
        ],
        (_, false) => &[
            &["{p}: eviteu la zona, serveis d'emergència treballant-hi", "{p}: carrer tallat per seguretat"],
            &["{p}: eviten la zona, servicios de emergencia trabajando", "{p}: calle cortada por seguridad"],
            &["{p}: avoid the area, emergency services at work", "{p}: street closed for safety"],
        ],
        (_, true) => &[
            &["{p}: situació resolta, es restableix el pas", "{p}: es normalitza el servei"],
            &["{p}: situación resuelta, se restablece el paso", "{p}: se normaliza el servicio"],
            &["{p}: resolved, the way is open again", "{p}: service back to normal"],
        ],
    })
}

/// What a unit on scene says; units speak Catalan and Spanish.
#[rustfmt::skip]
pub(super) fn unit(hazard: Hazard, grave: bool, lang: Lang) -> &'static [&'static str] {
    let lang = if lang == Lang::En { Lang::Ca } else { lang };
    lang.of(match (hazard, grave) {
        (Hazard::Flood, true) => &[
            &["Al lloc. 60 cm d'aigua a {p}, rescat de dues persones en curs", "Al lloc. Bombant a {p}, calen més mitjans"],
            &["En el lugar. 60 cm de agua en {p}, rescate de dos personas en curso", "En el lugar. Achicando en {p}, hacen falta más medios"], &[],
        ],
        (Hazard::Wind, true) => &[
            &["Al lloc. Arbre sobre vehicle a {p}, persones fora, sense ferits greus", "Al lloc. Zona acordonada a {p}, risc de més caigudes"],
            &["En el lugar. Árbol sobre vehículo en {p}, personas fuera, sin heridos graves", "En el lugar. Zona acordonada en {p}, riesgo de más caídas"], &[],
        ],
        (_, true) => &[
            &["Al lloc. Confirmat a {p}, assistint afectats", "Al lloc. Confirmat a {p}, demano ambulància"],
            &["En el lugar. Confirmado en {p}, asistiendo a afectados", "En el lugar. Confirmado en {p}, solicito ambulancia"], &[],
        ],
        (_, false) => &[
            &["Al lloc. Sense perill a {p}, netejant", "Al lloc. Menys del que deien a {p}, ho senyalitzem"],
            &["En el lugar. Sin peligro en {p}, limpiando", "En el lugar. Menos de lo que decían en {p}, lo señalizamos"], &[],
        ],
    })
}

/// What a camera sees.
#[rustfmt::skip]
pub(super) fn camera(hazard: Hazard) -> &'static [&'static str] {
    match hazard {
        Hazard::Flood => &["Làmina d'aigua a la calçada, {p}", "Aigua per sobre la vorera, {p}"],
        Hazard::Transport => &["Trànsit aturat, {p}", "Vehicles aturats en aigua, {p}"],
        Hazard::Wind => &["Obstacle a la calçada, {p}", "Branca gran sobre dos carrils, {p}"],
        Hazard::Power => &["Sense enllumenat, {p}"],
        _ => &["Visibilitat molt reduïda, {p}"],
    }
}

/// How a call is closed.
#[rustfmt::skip]
pub(super) fn closing(lang: Lang) -> &'static [&'static str] {
    lang.of(&[
        &["Resolt pels bombers.", "Resolt. Via neta.", "Tancat: ja no hi ha risc.", "Atès, sense ferits."],
        &["Resuelto por los bomberos.", "Resuelto. Vía limpia.", "Cerrado: ya no hay riesgo.", "Atendido, sin heridos."],
        &["Resolved by the fire brigade.", "Resolved. Road clear.", "Closed: no more risk."],
    ])
}

/// What is only heard of, and nobody has seen.
#[rustfmt::skip]
pub(super) const RUMOURS: &[(Lang, &str)] = &[
    (Lang::Ca, "Diuen que han obert les comportes del Besòs, marxeu de la llera!!"),
    (Lang::Es, "Dicen que han abierto las compuertas del Besòs, ¡salid del cauce!"),
    (Lang::Es, "Me han dicho que han abierto la presa y que el Besòs viene crecido"),
    (Lang::En, "Someone says they opened the dam gates on the Besòs, is that true?"),
    (Lang::Ca, "Un amic diu que el Besòs baixa desbordat, algú ho ha vist?"),
];

/// Headlines.
#[rustfmt::skip]
pub(super) const PRESS: &[(Lang, &str)] = &[
    (Lang::Ca, "Una forta tempesta entra a Barcelona pel port i es mou cap al Besòs"),
    (Lang::Es, "Una fuerte tormenta cruza Barcelona de sur a norte"),
    (Lang::Ca, "Desenes d'avisos per inundacions a Sants i la Marina"),
    (Lang::Es, "Decenas de avisos por inundaciones en Sants y la Marina"),
    (Lang::En, "Severe storm hits Barcelona, metro partly closed"),
    (Lang::Ca, "El metro tanca diverses estacions per l'aigua"),
    (Lang::Es, "El metro cierra varias estaciones por el agua"),
    (Lang::Ca, "Arbres caiguts i talls de llum a l'Eixample i Sant Martí"),
    (Lang::Es, "Árboles caídos y cortes de luz en el Eixample y Sant Martí"),
    (Lang::Ca, "La tempesta deixa la ciutat; els serveis encara treballen al Poblenou"),
];
