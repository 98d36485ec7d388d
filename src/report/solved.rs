//! The page of a run as HTML: the answer, tables, pictures, what to try, the case.

use frame::{Sheet, Verdict};

use super::Page;
use super::page::{document, escape, list, pictures, section, table};
use crate::cases::Family;

/// The page; `case` is the text of the complete case.
pub(super) fn html(page: &Page, case: &str) -> String {
    let parts = [
        summary(page),
        page.tables.first().map(table).unwrap_or_default(),
        page.tables.get(1).map(table).unwrap_or_default(),
        page.error.as_ref().map(table).unwrap_or_default(),
        page.tables.iter().skip(2).map(table).collect(),
        pictures(&page.figures),
        next(page),
        again(page, case),
        made(page),
    ];
    document(&page.title, &parts)
}

/// The answer, what its verdict means, what it rests on and its errors: for a notebook.
pub(super) fn top(page: &Page) -> String {
    let error = page.error.as_ref().map(table).unwrap_or_default();
    let parts = format!("{}{error}", summary(page));
    // Headings of a notebook are its own.
    let smaller = [("h1>", "h4>"), ("h2>", "h5>")].iter();
    let parts = smaller.fold(parts, |text, (there, here)| text.replace(there, here));
    format!("<div class=\"esperance\">\n{parts}</div>")
}

/// Title, the one sentence, and what the verdict means.
fn summary(page: &Page) -> String {
    let verdict = escape(&page.verdict);
    let answer = match (&page.answer, &page.interval) {
        (Some(answer), Some(interval)) => {
            format!("<strong>{}</strong>, 95 % interval {}", escape(answer), escape(interval))
        }
        _ => "<strong>no answer</strong>".to_owned(),
    };
    let mut text = format!(
        "<h1>{}</h1>\n<p class=\"sentence\">{answer}, <span class=\"verdict {verdict}\">{verdict}\
         </span></p>\n<p>{}</p>\n",
        escape(&page.title),
        escape(&page.meaning)
    );
    if !page.reasons.is_empty() {
        text.push_str(&list("reasons", page.reasons.iter().map(|reason| escape(reason))));
    }
    text
}

/// What a verdict means.
pub(super) fn meaning(verdict: &Verdict, family: Family) -> &'static str {
    match verdict {
        Verdict::Converged if family == Family::Atoms => {
            "Converged: the training has settled. The answer is the error of forces on frames that were \
             not learned from, where there are any; the interval holds the noise of finitely many \
             frames. How far labels themselves are off is not in it."
        }
        Verdict::Converged if family == Family::Control => {
            "Converged: the training has settled, and nothing without learning does as well. The regret \
             says what is lost against the exact optimum, where that is known."
        }
        Verdict::Converged if family == Family::Program => {
            "Done: the program ended well and printed a number. What that number is worth only it can say."
        }
        Verdict::Converged if family == Family::Lab => {
            "Converged: what was asked for was reached, and no check contradicts the answer. The error budget \
             below says what is known of its error."
        }
        Verdict::Converged => {
            "Converged: the training has settled, and no check contradicts the answer. The interval \
             holds the noise of the paths, the learning error and what the limit of the levels may \
             miss, as the error budget below says them."
        }
        Verdict::NotSettled { .. } => {
            "Not settled: there is an answer, but there are signs that it may be off by more than \
             its interval says:"
        }
        Verdict::Contradicted { .. } => "Contradicted: the answer cannot be right, because:",
        Verdict::Interrupted { .. } => "Interrupted: the run was stopped before it had an answer:",
        Verdict::NonFinite { .. } => "The run ended without an answer:",
    }
}

fn next(page: &Page) -> String {
    let one = |advice: &super::Advice| {
        let command = advice.command.as_ref().map_or_else(String::new, |command| {
            format!("<pre><code>{}</code></pre>", escape(command))
        });
        format!("{}{command}", escape(&advice.words))
    };
    section("next", "What to try next", &list("next", page.next.iter().map(one)))
}

fn again(page: &Page, case: &str) -> String {
    let body = format!(
        "<p>This solves it again, to the same digits on the same kind of machine. A second run folder \
         is made.</p>\n<pre><code>{}</code></pre>\n<details open=\"open\"><summary>The complete case, \
         every default filled in</summary>\n<pre><code>{}</code></pre></details>\n",
        escape(&page.again),
        escape(case.trim_end())
    );
    section("case", "The case, and how to run it again", &body)
}

fn made(page: &Page) -> String {
    let rows = page.made.iter().map(|(topic, fact)| vec![topic.clone(), fact.clone()]).collect();
    let facts = Sheet {
        name: "made".to_owned(),
        title: "How this page came about".to_owned(),
        caption:
            "Written by esperance, which solves problems in high dimension by drawing, averaging and \
                  descending."
                .to_owned(),
        head: Vec::new(),
        rows,
    };
    let cite =
        |(key, words): &(String, String)| format!("<b>{}</b> {}", escape(key), escape(words));
    let rest = section(
        "references",
        "What it rests on",
        &format!(
            "<p>BibTeX of these: <code>esperance cite</code> and the name of the case.</p>\n{}",
            list("cites", page.cites.iter().map(cite))
        ),
    );
    table(&facts) + &rest
}
