//! Code that a partner pastes: sends a value of one of its own sensors, by its own ids, in three forms and three languages.
//!
//! The key is never in it: it is read from the environment, as a program that goes into a repository should.

use std::fmt::Write as _;

use wire::geo::LngLat;

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// `POST /api/v1/observations` with JSON.
    #[default]
    Json,
    /// The same with a table.
    Csv,
    /// OGC SensorThings 1.1.
    SensorThings,
}

/// What it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// A shell with curl.
    #[default]
    Curl,
    /// Python 3, its own library alone.
    Python,
    /// JavaScript, Node 18 or a browser's fetch.
    JavaScript,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Json, Self::Csv, Self::SensorThings];

    /// Its name, which is the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "REST JSON",
            Self::Csv => "CSV",
            Self::SensorThings => "SensorThings",
        }
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Curl, Self::Python, Self::JavaScript];

    /// Its name, which is the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        }
    }
}

/// Whose value is sent, and where to.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The server's address, without a slash at its end.
    pub base: String,
    /// The datastream, as the partner names it.
    pub datastream: String,
    /// Its readable name.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Where it stands.
    pub place: Option<LngLat>,
    /// The number it gave last: pasted as it stands, the code says nothing new.
    pub result: f64,
    /// It was described in SensorThings already.
    pub is_described: bool,
}

/// The code.
pub fn snippet(form: Form, language: Language, subject: &Subject) -> String {
    match (form, language) {
        (Form::SensorThings, Language::Curl) => things_curl(subject),
        (Form::SensorThings, Language::Python) => {
            python(subject, &things_steps(subject, Language::Python))
        }
        (Form::SensorThings, Language::JavaScript) => {
            javascript(subject, &things_steps(subject, Language::JavaScript))
        }
        (_, Language::Curl) => curl(form, subject),
        (_, Language::Python) => python(subject, &[step(form, subject, Language::Python)]),
        (_, Language::JavaScript) => {
            javascript(subject, &[step(form, subject, Language::JavaScript)])
        }
    }
}

/// One request of a program.
struct Step {
    path: String,
    content_type: &'static str,
    /// An expression of the language.
    body: String,
}

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const HEADER: &str = "datastream,phenomenon_time,result,unit,name,lng,lat";

/// A text as JSON, Python and JavaScript write it alike.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // JSON knows no other way, and both languages know this one.
            c if u32::from(c) < 0x20 || c == '\u{2028}' || c == '\u{2029}' => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A cell of a table.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A text between the single quotes of a shell.
fn shell(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// The members of an observation but its time.
fn members(subject: &Subject) -> Vec<(&'static str, String)> {
    let mut members = vec![("datastream", quoted(&subject.datastream))];
    members.push(("name", quoted(&subject.name)));
    if let Some(unit) = &subject.unit {
        members.push(("unit", quoted(unit)));
    }
    if let Some(place) = subject.place {
        let point =
            format!(r#"{{"type": "Point", "coordinates": [{}, {}]}}"#, place.lng(), place.lat());
        members.push(("geometry", point));
    }
    members.push(("result", subject.result.to_string()));
    members
}

/// The row of a table before and after its time.
fn row(subject: &Subject) -> (String, String) {
    let place = subject.place.map_or((String::new(), String::new()), |place| {
        (place.lng().to_string(), place.lat().to_string())
    });
    let after = [
        subject.result.to_string(),
        cell(subject.unit.as_deref().unwrap_or_default()),
        cell(&subject.name),
        place.0,
        place.1,
    ];
    (cell(&subject.datastream), after.join(","))
}

/// The address of a datastream's observations: by its own id, or by the number that stands for one without.
fn observations(subject: &Subject) -> String {
    let number = subject.datastream.strip_prefix("sta-").filter(|rest| {
        subject.is_described && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
    });
    let key = match number {
        Some(number) => number.to_owned(),
        // A quote is doubled, as OData has it; the rest is escaped as a path is.
        None => format!(
            "'{}'",
            crate::address::encode(&subject.datastream.replace('\'', "''")).replace('/', "%2F")
        ),
    };
    format!("/sta/v1.1/Datastreams({key})/Observations")
}

/// The Thing with its Datastream: the same ids again are the same entities, so a program may send it at each start.
fn thing(subject: &Subject) -> String {
    let (id, name) = (quoted(&subject.datastream), quoted(&subject.name));
    let unit = quoted(subject.unit.as_deref().unwrap_or_default());
    let place = subject.place.map_or(String::new(), |place| {
        format!(
            r#"
  "Locations": [{{"name": {name}, "description": "", "encodingType": "application/geo+json",
    "location": {{"type": "Point", "coordinates": [{}, {}]}}}}],"#,
            place.lng(),
            place.lat()
        )
    });
    format!(
        r#"{{"name": {name}, "description": "", "properties": {{"externalId": {id}}},{place}
  "Datastreams": [{{"name": {id}, "description": "", "properties": {{"externalId": {id}}},
    "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    "unitOfMeasurement": {{"name": {unit}, "symbol": {unit}, "definition": ""}},
    "ObservedProperty": {{"name": {name}, "definition": "urn:x:property", "description": ""}},
    "Sensor": {{"name": {name}, "description": "", "encodingType": "text/plain", "metadata": ""}}}}]}}"#
    )
}

const HEAD: &str = "curl --silent --show-error --fail-with-body";

fn curl(form: Form, subject: &Subject) -> String {
    let base = &subject.base;
    let (content_type, body) = if form == Form::Csv {
        let (before, after) = row(subject);
        (CSV, format!("{HEADER}\n{},'\"$NOW\"',{}\n", shell(&before), shell(&after)))
    } else {
        let members: Vec<_> = members(subject)
            .into_iter()
            .map(|(name, value)| format!("  \"{name}\": {}", shell(&value)))
            .collect();
        let members = members.join(",\n");
        (JSON, format!("{{\n{members},\n  \"phenomenon_time\": \"'\"$NOW\"'\"}}"))
    };
    let data = if form == Form::Csv { "--data-binary" } else { "-d" };
    format!(
        "NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)\n{HEAD} \"{base}/api/v1/observations\" \\\n  -H \"Authorization: Bearer $TALAIA_KEY\" -H 'Content-Type: {content_type}' {data} '{body}'\n"
    )
}

fn things_curl(subject: &Subject) -> String {
    let base = &subject.base;
    // Nothing of an address means something to a shell: what could is escaped, as in any path.
    let head = |path: &str| {
        format!(
            "{HEAD} \"{base}{path}\" \\\n  -H \"Authorization: Bearer $TALAIA_KEY\" -H 'Content-Type: {JSON}' -d '"
        )
    };
    let mut out = String::new();
    if !subject.is_described {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}{}'", head("/sta/v1.1/Things"), shell(&thing(subject)));
    }
    out += "NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)\n";
    let (head, result) = (head(&observations(subject)), subject.result);
    let _ = writeln!(out, "{head}{{\"phenomenonTime\": \"'\"$NOW\"'\", \"result\": {result}}}'");
    out
}

/// The request of the plain API.
fn step(form: Form, subject: &Subject, language: Language) -> Step {
    let path = "/api/v1/observations".to_owned();
    if form == Form::Csv {
        let (before, after) = row(subject);
        let (before, after) =
            (quoted(&format!("{HEADER}\n{before},")), quoted(&format!(",{after}\n")));
        return Step { path, content_type: CSV, body: format!("{before} + now + {after}") };
    }
    let indent = if language == Language::Python { "    " } else { "  " };
    let members: Vec<_> = members(subject)
        .into_iter()
        .map(|(name, value)| format!("{indent}\"{name}\": {value},\n"))
        .collect();
    let object = format!("{{\n{}{indent}\"phenomenon_time\": now,\n}}", members.concat());
    Step { path, content_type: JSON, body: written(language, &object) }
}

/// The requests of SensorThings.
fn things_steps(subject: &Subject, language: Language) -> Vec<Step> {
    let value = format!(r#"{{"phenomenonTime": now, "result": {}}}"#, subject.result);
    let value =
        Step { path: observations(subject), content_type: JSON, body: written(language, &value) };
    if subject.is_described {
        return vec![value];
    }
    let body = written(language, &thing(subject));
    vec![Step { path: "/sta/v1.1/Things".to_owned(), content_type: JSON, body }, value]
}

/// An object as the text of a body.
fn written(language: Language, object: &str) -> String {
    match language {
        Language::Python => format!("json.dumps({object})"),
        Language::Curl | Language::JavaScript => format!("JSON.stringify({object})"),
    }
}

fn python(subject: &Subject, steps: &[Step]) -> String {
    let mut out = String::from(
        "import json, os, urllib.request\nfrom datetime import datetime, timezone\n\n",
    );
    let _ = write!(
        out,
        "SERVER = {}\nKEY = os.environ[\"TALAIA_KEY\"]\n\ndef send(path, kind, body):\n    request = urllib.request.Request(SERVER + path, body.encode(), {{\n        \"Authorization\": \"Bearer \" + KEY, \"Content-Type\": kind}})\n    with urllib.request.urlopen(request) as answer:\n        print(answer.status, answer.read().decode())\n\nnow = datetime.now(timezone.utc).isoformat(timespec=\"milliseconds\")\n",
        quoted(&subject.base)
    );
    for Step { path, content_type, body } in steps {
        let _ = writeln!(out, "send({}, \"{content_type}\", {body})", quoted(path));
    }
    out
}

fn javascript(subject: &Subject, steps: &[Step]) -> String {
    let mut out = format!(
        "// Node 18 or newer, saved as send.mjs\nconst SERVER = {};\nconst KEY = process.env.TALAIA_KEY;\n\nasync function send(path, kind, body) {{\n  const answer = await fetch(SERVER + path, {{\n    method: \"POST\",\n    headers: {{ Authorization: `Bearer ${{KEY}}`, \"Content-Type\": kind }},\n    body,\n  }});\n  console.log(answer.status, await answer.text());\n  if (!answer.ok) process.exitCode = 1;\n}}\n\nconst now = new Date().toISOString();\n",
        quoted(&subject.base)
    );
    for Step { path, content_type, body } in steps {
        let _ = writeln!(out, "await send({}, \"{content_type}\", {body});", quoted(path));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            base: "https://talaia.example".to_owned(),
            datastream: "urn:dev/1 'a'".to_owned(),
            name: "Besòs, \"Sant Adrià\"".to_owned(),
            unit: Some("cm".to_owned()),
            place: LngLat::new(2.2211, 41.4203).ok(),
            result: 61.5,
            is_described: false,
        }
    }

    #[test]
    fn no_code_holds_a_key_and_all_of_it_names_the_own_id() {
        for form in Form::ALL {
            for language in Language::ALL {
                let code = snippet(form, language, &subject());
                assert!(code.contains("TALAIA_KEY") && !code.contains("tal_"), "{code}");
                assert!(code.contains("https://talaia.example"), "{code}");
                assert!(code.contains("urn:dev"), "{code}");
            }
        }
    }

    #[test]
    fn a_name_leaves_no_quote_open() {
        let code = snippet(Form::Json, Language::Curl, &subject());
        assert!(code.contains(r#""datastream": "urn:dev/1 '\''a'\''""#), "{code}");
        let code = snippet(Form::Csv, Language::Python, &subject());
        assert!(code.contains(r#"\"Besòs, \"\"Sant Adrià\"\"\""#), "{code}");
        let code = snippet(Form::SensorThings, Language::JavaScript, &subject());
        assert!(code.contains("Datastreams('urn:dev%2F1%20%27%27a%27%27')/Observations"), "{code}");
    }

    #[test]
    fn what_was_described_is_not_described_again() {
        let known = Subject { is_described: true, datastream: "sta-12".to_owned(), ..subject() };
        let code = snippet(Form::SensorThings, Language::Curl, &known);
        assert!(code.contains("/sta/v1.1/Datastreams(12)/Observations"), "{code}");
        assert!(!code.contains("Things\""), "{code}");
        let own = Subject { is_described: false, ..known };
        assert!(
            snippet(Form::SensorThings, Language::Curl, &own).contains("Datastreams('sta-12')")
        );
    }
}
