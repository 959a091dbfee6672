//! The description of the interface, for people to read: one page, without scripts.

use std::fmt::Write as _;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::openapi;

/// A program that answers what is said to its user.
const EXAMPLE: &str = include_str!("docs/echo.mjs");

/// `GET /api/docs`.
pub async fn page() -> Response {
    let document = serde_json::to_value(openapi::described()).unwrap_or_default();
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    (headers, render(&document)).into_response()
}

fn render(document: &Value) -> String {
    let mut html = String::from(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>zspchat: API</title></head><body>\
         <main><h1>zspchat: API</h1>",
    );
    let _ = write!(
        html,
        "<p>{}</p><p>For programs: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI {}).</p><h2>Requests</h2>",
        escaped(text(&document["info"]["description"])),
        escaped(text(&document["openapi"])),
    );
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item) {
            request(&mut html, method, path, operation);
        }
    }
    let _ = write!(
        html,
        "<h2>A program</h2><p>A token for it is made in the settings.</p><pre id=\"example\">{}</pre>",
        escaped(EXAMPLE),
    );
    html.push_str("<h2>Types</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = write!(html, "<h3 id=\"{0}\">{0}</h3>", escaped(name));
        kind(&mut html, schema);
    }
    html.push_str("</main></body></html>");
    html
}

fn request(html: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        html,
        "<h3><code>{} {}</code></h3><p>{}</p>",
        method.to_uppercase(),
        escaped(path),
        escaped(text(&operation["summary"])),
    );
    if !text(&operation["description"]).is_empty() {
        let _ = write!(
            html,
            "<pre>{}</pre>",
            escaped(text(&operation["description"]))
        );
    }
    html.push_str("<ul>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = write!(
            html,
            "<li>{} <code>{}</code>: {}</li>",
            escaped(text(&parameter["in"])),
            escaped(text(&parameter["name"])),
            escaped(text(&parameter["description"])),
        );
    }
    for (_, content) in entries(&operation["requestBody"]["content"]) {
        let _ = write!(html, "<li>takes {}</li>", named(&content["schema"]));
    }
    for (status, response) in entries(&operation["responses"]) {
        let _ = write!(
            html,
            "<li>{}: {}",
            escaped(status),
            escaped(text(&response["description"]))
        );
        for (_, content) in entries(&response["content"]) {
            let _ = write!(html, " {}", named(&content["schema"]));
        }
        html.push_str("</li>");
    }
    html.push_str("</ul>");
}

fn kind(html: &mut String, schema: &Value) {
    let _ = write!(html, "<p>{}</p>", escaped(text(&schema["description"])));
    let variants = ["oneOf", "allOf", "anyOf"];
    for variant in variants
        .iter()
        .flat_map(|key| schema[*key].as_array().into_iter().flatten())
    {
        if variant["properties"].is_object() {
            kind(html, variant);
        } else {
            let _ = write!(html, "<p>{}</p>", named(variant));
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().map(text).collect();
        let _ = write!(
            html,
            "<p>one of <code>{}</code></p>",
            escaped(&values.join(", "))
        );
    }
    if schema["properties"].is_object() {
        html.push_str("<ul>");
        for (name, property) in entries(&schema["properties"]) {
            let _ = write!(
                html,
                "<li><code>{}</code> {}: {}</li>",
                escaped(name),
                named(property),
                escaped(text(&property["description"])),
            );
        }
        html.push_str("</ul>");
    }
}

/// A type by its name, as a link where it has one.
fn named(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"]).strip_prefix("#/components/schemas/") {
        return format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema[key].as_array() {
            let options: Vec<String> = options.iter().map(named).collect();
            return options.join(" or ");
        }
    }
    if !schema["items"].is_null() {
        return format!("list of {}", named(&schema["items"]));
    }
    match &schema["type"] {
        Value::Array(types) => {
            let types: Vec<&str> = types.iter().map(text).collect();
            escaped(&types.join(" or "))
        }
        one => escaped(text(one)),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_path_and_escapes_what_it_shows() {
        let document = serde_json::to_value(openapi::described()).unwrap();
        let html = render(&document);
        for (path, _) in entries(&document["paths"]) {
            assert!(html.contains(path), "{path}");
        }
        let strange = serde_json::json!({"info": {"description": "<script>"}});
        assert!(render(&strange).contains("&lt;script&gt;"));
    }
}
