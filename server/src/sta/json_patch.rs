//! JSON Patch (RFC 6902) of an entity's properties: `add`, `replace`, `remove` and `test`.

use serde_json::{Map, Value};

use super::fault;
use crate::http::problem::Fault;

/// Operations of one request: as many as an entity has places worth naming.
const OPERATIONS_MAX: usize = 200;

/// The members after the operations, all or none.
pub(super) fn applied(body: &Map<String, Value>, patch: &Value) -> Result<Value, Fault> {
    let operations = patch.as_array().filter(|all| all.len() <= OPERATIONS_MAX);
    let Some(operations) = operations else {
        let detail = format!("must be an array of at most {OPERATIONS_MAX} operations");
        return Err(fault::field("", "wrong-type", detail));
    };
    let mut whole = Value::Object(body.clone());
    for (index, operation) in operations.iter().enumerate() {
        let done = one(&mut whole, operation);
        done.map_err(|detail| fault::field(&format!("/{index}"), "bad-patch", detail))?;
    }
    Ok(whole)
}

fn one(whole: &mut Value, operation: &Value) -> Result<(), &'static str> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let path = text("path").ok_or("has no path")?;
    let (above, name) = path.rsplit_once('/').ok_or("path must begin with a slash")?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let value = operation.get("value");
    let parent = whole.pointer_mut(above).ok_or("path leads nowhere")?;
    match (text("op"), value) {
        (Some("add"), Some(value)) => add(parent, &name, value.clone()),
        (Some("replace"), Some(value)) => {
            *at(parent, &name).ok_or("path leads nowhere: use add")? = value.clone();
            Ok(())
        }
        (Some("remove"), _) => match parent {
            Value::Object(members) => {
                members.remove(&name).map(|_gone| ()).ok_or("path leads nowhere")
            }
            Value::Array(items) => {
                let index = name.parse::<usize>().ok().filter(|index| *index < items.len());
                items.remove(index.ok_or("path leads nowhere")?);
                Ok(())
            }
            _ => Err("path leads nowhere"),
        },
        (Some("test"), Some(value)) => {
            let is_so = at(parent, &name).is_some_and(|stands| *stands == *value);
            is_so.then_some(()).ok_or("something else stands there")
        }
        (Some("add" | "replace" | "test"), None) => Err("has no value"),
        _ => Err("op must be add, replace, remove or test"),
    }
}

fn at<'v>(parent: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    match parent {
        Value::Object(members) => members.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    }
}

fn add(parent: &mut Value, name: &str, value: Value) -> Result<(), &'static str> {
    match parent {
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
            Ok(())
        }
        Value::Array(items) if name == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => {
            let index = name.parse::<usize>().ok().filter(|index| *index <= items.len());
            items.insert(index.ok_or("path leads nowhere")?, value);
            Ok(())
        }
        _ => Err("path leads nowhere"),
    }
}
