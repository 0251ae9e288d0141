//! The HTML around the data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::data::{Catalog, Crate, Event, Operation};

const PAGE: &str = include_str!("catalog.html");
const STYLE: &str = include_str!("catalog.css");
const SCRIPT: &str = include_str!("catalog.js");

/// Returns the page, all in one.
pub fn render(catalog: &Catalog<'_>) -> Result<String, String> {
    let data = serde_json::to_string(catalog).map_err(|error| error.to_string())?;
    let (operations, events) = catalog.counts();
    let list: String = catalog.crates.iter().map(list).collect();
    Ok(fill(
        PAGE,
        &[
            ("policy", &policy()),
            ("style", STYLE),
            ("operations", &operations.to_string()),
            ("events", &events.to_string()),
            ("list", &list),
            // Nothing else ends a script, or begins a comment in one.
            ("data", &data.replace('<', r"\u003c")),
            ("script", SCRIPT),
        ],
    ))
}

/// Puts each value in the place of its name. A value is not looked into.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        page.push_str(value.map_or("", |(_, value)| value));
        page.push_str(rest);
    }
    page
}

/// Allows the page its own style and script, and nothing that it would have to fetch.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The list of what a crate has, which needs no script.
fn list(of: &Crate<'_>) -> String {
    let operations = of.operations();
    let counts = match of.events.len() {
        0 => format!("{operations} operations"),
        events => format!("{operations} operations, {events} events"),
    };
    let mut html = format!(
        "<section data-crate=\"{name}\">\n<h2>{name} <small>{counts}</small></h2>\n<p>{title}</p>\n",
        name = escape(of.name),
        title = escape(&of.title),
    );
    for module in &of.modules {
        html += &format!(
            "<h3>{} <small>{}</small></h3>\n<ul>\n",
            escape(module.name),
            text(module.doc)
        );
        html.extend(module.operations.iter().map(operation));
        html += "</ul>\n";
    }
    if !of.events.is_empty() {
        html +=
            "<h3>events <small>Events and callbacks that the platform pushes.</small></h3>\n<ul>\n";
        html.extend(of.events.iter().map(event));
        html += "</ul>\n";
    }
    html + "</section>\n"
}

fn operation(operation: &Operation<'_>) -> String {
    let Operation { id, name, doc, path, token, source, scopes, rate, .. } = operation;
    let method = operation.method.as_str();
    let mut facts = format!("<code>{method} {}</code>, token: {}", escape(path), escape(token));
    if !scopes.is_empty() {
        let scopes = scopes.iter().map(|scope| format!("<code>{}</code>", escape(scope)));
        facts += &format!(", scope: {}", scopes.collect::<Vec<_>>().join(" or "));
    }
    facts.extend(rate.map(|rate| format!(", rate limit: {}", escape(rate))));
    item(id, name, method, doc, source, &facts)
}

fn event(event: &Event<'_>) -> String {
    let kind = if event.answer.is_some() { "callback" } else { "event" };
    let envelope = match event.schema {
        "card" => "without an envelope".to_owned(),
        version => format!("schema {version}"),
    };
    let facts = format!("<code>{}</code>, {envelope}", escape(event.id));
    item(event.id, event.name, kind, &event.doc, event.source, &facts)
}

/// An entry of the list. What the script shows elsewhere is read without it alone.
fn item(id: &str, name: &str, kind: &str, doc: &str, source: &str, facts: &str) -> String {
    let summary = doc.split("\n\n").next().unwrap_or_default();
    format!(
        "<li id=\"{id}\"><a href=\"#{id}\"><b>{name}</b> <i data-kind=\"{kind}\">{kind}</i> \
         <span>{summary}</span></a><noscript><p><code>{id}</code>: {facts}, \
         <a href=\"{source}\">documentation</a></p></noscript></li>\n",
        id = escape(id),
        name = escape(name),
        summary = text(summary),
        source = escape(source),
    )
}

/// A sentence of the specs, in which code is between backticks.
fn text(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    parts.collect()
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_looked_into() {
        assert_eq!(fill("<{{a}}-{{b}}>", &[("a", "{{b}}"), ("b", "2")]), "<{{b}}-2>");
    }

    #[test]
    fn every_place_of_the_page_has_a_value() {
        let page = render(&Catalog::default()).unwrap_or_default();
        assert!(page.contains("default-src 'none'") && page.contains("0 operations and 0 events"));
        assert!(page.contains(STYLE) && page.contains(SCRIPT) && page.contains(r#"{"crates":[],"#));
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(text("A <b> & `a<b>\"`."), "A &lt;b&gt; &amp; <code>a&lt;b&gt;&quot;</code>.");
    }
}
