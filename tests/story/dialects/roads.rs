//! The roads by which one and the same value is sent over HTTP.

/// Where the gauge stands.
pub(super) const HERE: [f64; 2] = [2.22, 41.42];

/// A dialect, and the address where it is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    /// `POST /api/v1/observations` as JSON.
    Json,
    /// The same as NDJSON.
    Lines,
    /// The same as CSV.
    Table,
    /// `POST /sta/v1.1/Observations`.
    Observations,
    /// `POST /sta/v1.1/Datastreams(…)/Observations`.
    Nested,
    /// `POST /sta/v1.1/CreateObservations`.
    Array,
}

/// A value as a partner would write it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Empty where it names none.
    pub(super) datastream: &'static str,
    pub(super) time: String,
    /// As JSON has it, or should.
    pub(super) result: &'static str,
    pub(super) unit: &'static str,
    pub(super) place: [f64; 2],
}

impl Row {
    pub(super) fn good() -> Self {
        Self {
            datastream: "besos",
            time: "2026-11-23T10:00:00Z".to_owned(),
            result: "61.5",
            unit: "cm",
            place: HERE,
        }
    }

    fn object(&self) -> String {
        let Self { datastream, time, result, unit, place: [lng, lat] } = self;
        let named = if datastream.is_empty() {
            String::new()
        } else {
            format!(r#""datastream":"{datastream}","#)
        };
        format!(
            r#"{{{named}"phenomenon_time":"{time}","result":{result},"unit":"{unit}","geometry":{{"type":"Point","coordinates":[{lng},{lat}]}}}}"#
        )
    }

    fn cells(&self) -> String {
        let Self { datastream, time, result, unit, place: [lng, lat] } = self;
        format!("{datastream},{time},{},{unit},{lng},{lat}\n", result.trim_matches('"'))
    }

    /// The place is the Thing's, unless it is another: then it is a feature's.
    fn observation(&self, has_datastream: bool) -> String {
        let Self { datastream, time, result, place: [lng, lat], .. } = self;
        let named = if has_datastream {
            format!(r#","Datastream":{{"@iot.id":"{datastream}"}}"#)
        } else {
            String::new()
        };
        let feature = if self.place == HERE {
            String::new()
        } else {
            format!(
                r#","FeatureOfInterest":{{"name":"f","description":"","encodingType":"application/geo+json","feature":{{"type":"Point","coordinates":[{lng},{lat}]}}}}"#
            )
        };
        format!(r#"{{"phenomenonTime":"{time}","result":{result}{named}{feature}}}"#)
    }

    fn table(&self) -> String {
        let Self { datastream, time, result, .. } = self;
        format!(
            r#"{{"Datastream":{{"@iot.id":"{datastream}"}},"components":["phenomenonTime","result"],"dataArray":[["{time}",{result}]]}}"#
        )
    }
}

impl Road {
    pub(super) const ALL: [Self; 6] =
        [Self::Json, Self::Lines, Self::Table, Self::Observations, Self::Nested, Self::Array];

    pub(super) fn is_sensorthings(self) -> bool {
        matches!(self, Self::Observations | Self::Nested | Self::Array)
    }

    /// Whether one request of it brings many rows, of which each stands alone.
    pub(super) fn has_rows(self) -> bool {
        !matches!(self, Self::Observations | Self::Nested)
    }

    /// Address, media type and body of a request with these rows and then this one; roads of a single value have it alone.
    pub(super) fn request(self, before: &[Row], row: &Row) -> (String, &'static str, String) {
        let rows: Vec<&Row> = before.iter().chain([row]).collect();
        let joined = |one: fn(&Row) -> String, between: &str| {
            rows.iter().map(|row| one(row)).collect::<Vec<_>>().join(between)
        };
        let plain = "/api/v1/observations".to_owned();
        match self {
            Self::Json => (plain, "application/json", format!("[{}]", joined(Row::object, ","))),
            Self::Lines => (plain, "application/x-ndjson", joined(Row::object, "\n")),
            Self::Table => {
                let head = "datastream,phenomenon_time,result,unit,lng,lat\n";
                (plain, "text/csv", format!("{head}{}", joined(Row::cells, "")))
            }
            Self::Observations => {
                ("/sta/v1.1/Observations".to_owned(), "application/json", row.observation(true))
            }
            Self::Nested => {
                let path = format!("/sta/v1.1/Datastreams('{}')/Observations", row.datastream);
                (path, "application/json", row.observation(false))
            }
            Self::Array => {
                let path = "/sta/v1.1/CreateObservations".to_owned();
                (path, "application/json", format!("[{}]", joined(Row::table, ",")))
            }
        }
    }
}
