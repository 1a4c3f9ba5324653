//! What a form says.

use wasm_bindgen::JsCast as _;
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlSelectElement};

/// What the field of this name says, without the spaces around it; empty where there is none.
pub fn value(form: &HtmlFormElement, name: &str) -> String {
    let fields = form.elements();
    let field = fields.named_item(name);
    let text = field.as_ref().and_then(|field| {
        let input = field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
        input.or_else(|| field.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value))
    });
    text.unwrap_or_default().trim().to_owned()
}
