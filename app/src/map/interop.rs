//! The only file that knows JavaScript: the typed faces of `public/map.mjs` and `public/chart.mjs`, one line a call.

use js_sys::{Array, BigUint64Array, Float64Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// Loads `map.mjs` (defined by `boot.mjs`, so that the file is fetched once, whoever asks first).
    #[wasm_bindgen(js_name = talaiaMap)]
    pub fn load_map() -> Promise;

    /// The module `map.mjs`.
    pub type MapModule;

    /// Makes the map; resolves to a [`Facade`].
    #[wasm_bindgen(method, js_name = createMap)]
    pub fn create_map(
        this: &MapModule,
        element: &HtmlElement,
        options: &JsValue,
        basemap: &str,
    ) -> Promise;

    /// The map.
    pub type Facade;

    /// lng, lat, zoom, west, south, east, north.
    #[wasm_bindgen(method)]
    pub fn camera(this: &Facade) -> Float64Array;

    /// Puts and drops clusters. `separator` stands between thousands.
    #[wasm_bindgen(method, js_name = setClusters)]
    pub fn set_clusters(
        this: &Facade,
        ids: &BigUint64Array,
        numbers: &Float64Array,
        dropped: &BigUint64Array,
        separator: &str,
    );

    /// Replaces the areas of the warnings in force: pages of `GeoJSON` as text.
    #[wasm_bindgen(method, js_name = setWarnings)]
    pub fn set_warnings(this: &Facade, pages: &Array);

    /// Rings these places: longitude and latitude by turns.
    #[wasm_bindgen(method, js_name = setFound)]
    pub fn set_found(this: &Facade, numbers: &Float64Array);

    /// Replaces the circles of doubt.
    #[wasm_bindgen(method, js_name = setDoubt)]
    pub fn set_doubt(this: &Facade, ids: &Array, numbers: &Float64Array);

    /// Replaces the sensors.
    #[wasm_bindgen(method, js_name = setSensors)]
    pub fn set_sensors(
        this: &Facade,
        ids: &Array,
        numbers: &Float64Array,
        states: &Array,
        labels: &Array,
    );

    /// Says which situations there are: of each id lng, lat and the corners of the outline in one array of numbers, and its tile; `undefined`
    /// where it is as it was.
    #[wasm_bindgen(method, js_name = setIncidents)]
    pub fn set_incidents(this: &Facade, ids: &Array, places: &Array, tiles: &Array);

    /// Rings a place (lng, lat), or none.
    #[wasm_bindgen(method, js_name = setSelected)]
    pub fn set_selected(this: &Facade, places: &Float64Array);

    /// `night` or `day`.
    #[wasm_bindgen(method, js_name = setTheme)]
    pub fn set_theme(this: &Facade, theme: &str);

    /// Moves the camera.
    #[wasm_bindgen(method, js_name = goTo)]
    pub fn go_to(this: &Facade, lng: f64, lat: f64, zoom: f64);

    /// Fits the canvas to its element.
    #[wasm_bindgen(method)]
    pub fn resize(this: &Facade);

    /// Frees everything.
    #[wasm_bindgen(method)]
    pub fn remove(this: &Facade);

    /// Loads `chart.mjs` (defined by `partner.mjs`): no chart, no bytes.
    #[wasm_bindgen(js_name = talaiaChart)]
    pub fn load_chart() -> Promise;

    /// Copies a text (defined by `partner.mjs`); where the browser does not let it, the text of the element is marked. Resolves to
    /// whether it was copied.
    #[wasm_bindgen(js_name = talaiaCopy)]
    pub fn copy_text(text: &str, element: &HtmlElement) -> Promise;

    /// The module `chart.mjs`.
    pub type ChartModule;

    /// Draws a chart into an element; resolves to a [`Chart`]. Times are seconds, values are NaN where there is none.
    #[wasm_bindgen(method, js_name = draw)]
    pub fn draw(
        this: &ChartModule,
        element: &HtmlElement,
        times: &Float64Array,
        least: &Float64Array,
        mean: &Float64Array,
        greatest: &Float64Array,
        unit: &str,
        levels: &Float64Array,
        tones: &Array,
        language: &str,
    ) -> Promise;

    /// A chart on the page.
    pub type Chart;

    /// Frees it.
    #[wasm_bindgen(method, js_name = remove)]
    pub fn remove_chart(this: &Chart);
}
