"""A partner's program as its author would write it: the library frost-sta-client against the server, nothing of it changed.

SERVER and KEY come from the environment. Each step asserts what the library understood; the last line is what it leaves behind.
"""

import json
import os

import frost_sta_client as fsc
import requests

server = fsc.SensorThingsService(
    os.environ["SERVER"] + "/sta/v1.1", auth_handler=fsc.AuthHandler("partner", os.environ["KEY"])
)
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


def refused(act, status):
    """Runs what must fail, and gives what the library was told."""
    try:
        act()
    except requests.exceptions.HTTPError as error:
        assert error.response.status_code == status, error.response.text
        return error.response.json()["message"]
    raise AssertionError("it was taken")


# One by one, each tied to those before it.
thing = fsc.Thing("Besòs at Sant Adrià", "A gauge", {"externalId": "besos"})
thing.locations = [
    fsc.Location(
        "The bridge", "Above the weir", "application/geo+json", location={"type": "Point", "coordinates": [2.22, 41.42]}
    )
]
server.create(thing)
assert isinstance(thing.id, int)
sensor = fsc.Sensor("Vega C22", "Radar", "application/pdf", metadata="https://example.org/c22.pdf")
server.create(sensor)
level = fsc.ObservedProperty("Level", "urn:x:level", "Height above the gauge's zero")
server.create(level)
stream = fsc.Datastream(
    "Level",
    "Each minute",
    MEASUREMENT,
    fsc.UnitOfMeasurement("centimetre", "cm", "ucum:cm"),
    thing=fsc.Thing(id=thing.id),
    sensor=fsc.Sensor(id=sensor.id),
    observed_property=fsc.ObservedProperty(id=level.id),
)
server.create(stream)
one = fsc.Observation(
    phenomenon_time="2026-11-23T10:00:00Z", result=60.0, datastream=fsc.Datastream(id=stream.id)
)
server.create(one)

# Many at once.
rows = fsc.DataArrayValue()
Column = fsc.DataArrayValue.Property
rows.datastream = stream
rows.components = {Column.PHENOMENON_TIME, Column.RESULT}
for minute in range(1, 25):
    rows.add_observation(
        fsc.Observation(phenomenon_time=f"2026-11-23T10:{minute:02}:00Z", result=60.0 + minute)
    )
document = fsc.DataArrayDocument()
document.add_data_array_value(rows)
taken = server.observations().create(document)
assert len(taken) == 24 and all("/Observations(" in row.self_link for row in taken), taken

# With all that is nested in it, Observations too, in one request.
deep = fsc.Thing("Rec Comtal", "A ditch", {"externalId": "rec"})
deep.locations = [
    fsc.Location("The sluice", "By the mill", "application/geo+json", location={"type": "Point", "coordinates": [2.19, 41.43]})
]
deep.datastreams = [
    fsc.Datastream(
        "Level",
        "Once a day",
        MEASUREMENT,
        fsc.UnitOfMeasurement("metre", "m", "ucum:m"),
        sensor=fsc.Sensor("Staff", "Read by hand", "text/plain", metadata="none"),
        observed_property=fsc.ObservedProperty("Level", "urn:x:level", "Above the sill"),
        observations=[fsc.Observation(phenomenon_time="2026-11-23T10:00:00Z", result=0.4)],
    )
]
server.create(deep)

# Read: by number, by filter, nested, in order, page by page.
found = server.things().find(thing.id)
assert (found.name, found.properties["externalId"]) == ("Besòs at Sant Adrià", "besos")
named = server.datastreams().query().filter("Thing/name eq 'Rec Comtal'").expand("Thing,Observations($top=1)").list()
assert len(named.entities) == 1, named.entities
assert named.get(0).thing.id == deep.id
assert named.get(0).unit_of_measurement.symbol == "m"
assert [row.result for row in named.get(0).observations] == [0.4]
own = fsc.Datastream(id=stream.id)
own.service = server
assert own.get_observations().query().count().top(1).list().count == 25
high = own.get_observations().query().filter("result gt 80").orderby("phenomenonTime", "asc").list()
assert [row.result for row in high] == [81.0, 82.0, 83.0, 84.0], high.entities
paged = own.get_observations().query().orderby("result", "desc").top(10).list()
assert paged.next_link and len(paged.entities) == 10
assert [row.result for row in paged] == [84.0 - n for n in range(25)]
assert len(server.things().query().skip(1).list().entities) == 1

# Changed in part, by operations, and as a whole; refused where it must be, in words that the library shows.
server.patch(found, [{"op": "replace", "path": "/description", "value": "A radar gauge"}])
assert server.things().find(thing.id).description == "A radar gauge"
found.description = "A gauge of ACA"
server.update(found)
assert server.things().find(thing.id).description == "A gauge of ACA"
bad = fsc.Observation(phenomenon_time="2026-11-23T11:00:00Z", result="high", datastream=fsc.Datastream(id=stream.id))
assert "finite number" in refused(lambda: server.create(bad), 400)
refused(lambda: server.things().find(4_000_000), 404)

# Deleted with what cannot be without it.
server.delete(deep)
refused(lambda: server.things().find(deep.id), 404)
assert len(server.datastreams().query().list().entities) == 1

print(json.dumps({"thing": thing.id, "datastream": stream.id, "newest": paged.get(0).result}))
