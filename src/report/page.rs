//! A page as one HTML file: no network, no script, light and dark, well-formed as XML too.
//!
//! Not here: what stands on the page of a run ([`super::solved`]) or of a test.

use frame::{Figure, Sheet};

use super::{draw, style};

/// A page of this title; its parts are HTML.
pub(crate) fn document(title: &str, parts: &[String]) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n\
         </html>\n",
        escape(title),
        style::page(),
        parts.concat()
    )
}

/// A table under its title.
pub(crate) fn table(table: &Sheet) -> String {
    let cells = |tag: &str, row: &[String]| -> String {
        let one = |cell: &String| format!("<{tag}>{}</{tag}>", escape(cell));
        row.iter().map(one).collect::<Vec<_>>().concat()
    };
    let head = if table.head.is_empty() {
        String::new()
    } else {
        format!("<thead><tr>{}</tr></thead>\n", cells("th", &table.head))
    };
    let row = |row: &Vec<String>| match row.split_first() {
        Some((first, rest)) => {
            format!("<tr><th scope=\"row\">{}</th>{}</tr>\n", escape(first), cells("td", rest))
        }
        None => String::new(),
    };
    section(
        &table.name,
        &table.title,
        &format!(
            "<p>{}</p>\n<div class=\"wide\"><table>\n{head}<tbody>\n{}</tbody>\n</table></div>\n",
            escape(&table.caption),
            table.rows.iter().map(row).collect::<String>()
        ),
    )
}

/// All pictures under one title.
pub(crate) fn pictures(figures: &[Figure]) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let one = |figure: &Figure| {
        format!(
            "<figure id=\"figure-{}\">\n{}\n<figcaption>{}</figcaption>\n</figure>\n",
            escape(&figure.name),
            draw::inline(figure),
            escape(&figure.caption)
        )
    };
    section("pictures", "Pictures", &figures.iter().map(one).collect::<String>())
}

/// A part of a page; its body is HTML.
pub(crate) fn section(name: &str, title: &str, body: &str) -> String {
    format!("<section id=\"{}\">\n<h2>{}</h2>\n{body}</section>\n", escape(name), escape(title))
}

/// A list; its items are HTML already.
pub(crate) fn list(class: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<ul class=\"{class}\">\n{}</ul>\n", items.concat())
}

/// Text as it stands in HTML. What XML cannot hold at all becomes a sign that says so.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
