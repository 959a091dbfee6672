//! Keys as IndexedDB takes and gives them.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbKeyRange;

use super::{DiskError, Key};

/// The key as a JavaScript value.
pub fn to_js(key: &Key) -> JsValue {
    match key {
        Key::Number(number) => from_number(*number),
        Key::Text(text) => JsValue::from_str(text),
        Key::Place(conversation, seq) => {
            Array::of2(&JsValue::from_str(conversation), &from_number(*seq)).into()
        }
    }
}

/// The key that a JavaScript value is; `None` for one that this app never writes.
pub fn from_js(value: &JsValue) -> Option<Key> {
    if let Some(number) = value.as_f64() {
        return to_number(number).map(Key::Number);
    }
    if let Some(text) = value.as_string() {
        return Some(Key::Text(text));
    }
    let pair = value.dyn_ref::<Array>()?;
    let seq = to_number(pair.get(1).as_f64()?)?;
    Some(Key::Place(pair.get(0).as_string()?, seq))
}

/// All keys from one to another; `None` for an empty span, which IndexedDB takes for a mistake.
pub fn range(from: &Key, to: &Key) -> Result<Option<IdbKeyRange>, DiskError> {
    if from > to {
        return Ok(None);
    }
    IdbKeyRange::bound(&to_js(from), &to_js(to))
        .map(Some)
        .map_err(|error| super::request::failed(&error))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seqs and positions stay far below 2^53; what lies above only ends a range"
)]
fn from_number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked before"
)]
fn to_number(number: f64) -> Option<u64> {
    (number >= 0.0 && number < 2f64.powi(53) && number.fract() == 0.0).then_some(number as u64)
}
