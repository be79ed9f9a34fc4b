//! An edition as one page: no script, nothing from elsewhere, readable on a telephone and on paper. What people wrote keeps the direction
//! of its own script.

use super::{
    sheet::{Block, Kind, Line, Remark, Sheet, Span},
    standing::word,
    text::{one_line, printable},
};

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>"#;

pub(super) fn print(sheet: &Sheet) -> String {
    let mut page = Page { out: String::from(HEAD) };
    let title: Line = sheet.heading().iter().map(flat).collect();
    // A title has no markup.
    title.iter().for_each(|span| page.escaped(span.text()));
    page.raw("</title>\n<style>\n");
    page.raw(include_str!("edition.css"));
    page.raw("</style>\n</head>\n<body>\n<main>\n<header>\n<h1 dir=\"auto\">");
    page.spans(&title);
    page.raw("</h1>\n");
    sheet.front.iter().for_each(|line| page.paragraph("", line));
    if !sheet.legend.is_empty() {
        page.raw("<aside class=\"legend\" aria-label=\"How to read the marks\">\n<ul>\n");
        for line in &sheet.legend {
            page.raw("<li>");
            page.spans(line);
            page.raw("</li>\n");
        }
        page.raw("</ul>\n</aside>\n");
    }
    page.raw("</header>\n");
    let mut open = Vec::new();
    for block in &sheet.blocks {
        page.close(&mut open, block.depth);
        page.block(block, &mut open);
    }
    page.close(&mut open, 0);
    page.back(sheet);
    page.raw("</main>\n</body>\n</html>\n");
    page.out
}

struct Page {
    out: String,
}

impl Page {
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn escaped(&mut self, text: &str) {
        for c in printable(text) {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                c => self.out.push(c),
            }
        }
    }

    /// Ends the points that are open down to `depth`.
    fn close(&mut self, open: &mut Vec<&'static str>, depth: usize) {
        for tag in open.drain(depth.min(open.len())..).rev() {
            self.out.push_str(tag);
        }
    }

    fn block(&mut self, block: &Block, open: &mut Vec<&'static str>) {
        let titled = block.level.is_some() || !block.heading.is_empty();
        let tag = if titled { "section" } else { "div" };
        open.push(if titled { "</section>\n" } else { "</div>\n" });
        let struck = if block.struck { " struck" } else { "" };
        // An id of a point is letters, digits, `-` and `_`.
        self.raw(&format!("<{tag} class=\"point{struck}\" id=\"p-{}\">\n", block.id));
        if titled {
            let level = block.level.unwrap_or((block.depth + 2).min(6));
            self.raw(&format!("<h{level} dir=\"auto\">"));
            self.label(block);
            self.spans(&block.heading.iter().map(flat).collect::<Vec<_>>());
            self.raw(&format!("</h{level}>\n"));
        }
        let bare = block.words.is_empty() && !titled;
        if !block.words.is_empty() || bare {
            self.raw("<p class=\"words\" dir=\"auto\">");
            if !titled {
                self.label(block);
            }
            self.spans(&block.words);
            if bare && block.label.is_empty() {
                self.raw("(no words)");
            }
            self.raw("</p>\n");
        }
        if !block.schedule.is_empty() {
            self.paragraph("schedule", &block.schedule);
        }
        self.remarks(&block.remarks);
    }

    fn label(&mut self, block: &Block) {
        let label = one_line(&block.label);
        if !label.is_empty() {
            self.raw("<bdi class=\"label\">");
            self.escaped(&label);
            self.raw("</bdi> ");
        }
        if block.struck {
            self.raw("<bdi class=\"tag\">struck</bdi> ");
        }
    }

    /// Lists within lists, as deep as replies go.
    fn remarks(&mut self, remarks: &[Remark]) {
        let mut open: Vec<&'static str> = Vec::new();
        for remark in remarks {
            match open.len() > remark.depth {
                true => {
                    self.close(&mut open, remark.depth + 1);
                    self.raw("</li>\n");
                }
                false => {
                    self.raw("<ul class=\"remarks\">\n");
                    open.push("</li>\n</ul>\n");
                }
            }
            match remark.kind {
                Kind::Standing(state) => self.raw(&format!("<li class=\"standing {}\">", word(state).to_lowercase())),
                Kind::Entry => self.raw("<li>"),
                Kind::Rest => self.raw("<li class=\"rest\">"),
            }
            for (at, line) in remark.lines.iter().enumerate() {
                self.paragraph(if at == 0 { "head" } else { "" }, line);
            }
        }
        self.close(&mut open, 0);
    }

    fn back(&mut self, sheet: &Sheet) {
        if sheet.back.is_empty() && sheet.astray.is_empty() {
            return;
        }
        self.raw("<footer>\n");
        if !sheet.astray.is_empty() {
            self.raw("<h2>On points that are not in the plan</h2>\n");
            self.remarks(&sheet.astray);
        }
        sheet.back.iter().for_each(|line| self.paragraph("", line));
        self.raw("</footer>\n");
    }

    /// Where we begin to speak, each stretch of people's text has its own direction; what is people's alone is a paragraph with one.
    fn paragraph(&mut self, class: &str, line: &Line) {
        let ours = matches!(line.first(), Some(Span::Strong(_)));
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let dir = if ours { "" } else { " dir=\"auto\"" };
        self.raw(&format!("<p{class}{dir}>"));
        match ours {
            true => self.isolated(line),
            false => self.spans(line),
        }
        self.raw("</p>\n");
    }

    fn isolated(&mut self, line: &[Span]) {
        for span in line {
            match span {
                Span::Words(_) | Span::Text(_) => {
                    self.raw("<bdi>");
                    self.span(span);
                    self.raw("</bdi>");
                }
                _ => self.span(span),
            }
        }
    }

    fn spans(&mut self, line: &[Span]) {
        line.iter().for_each(|span| self.span(span));
    }

    fn span(&mut self, span: &Span) {
        let (before, behind) = match span {
            Span::Own(_) | Span::Words(_) | Span::Text(_) => ("", ""),
            Span::Strong(_) => ("<b>", "</b>"),
            Span::Quote(_) => ("“<bdi>", "</bdi>”"),
            Span::Removed(_) => ("<del dir=\"auto\">", "</del>"),
            Span::Inserted(_) => ("<ins dir=\"auto\">", "</ins>"),
            Span::By(_) => ("<bdi class=\"by\">", "</bdi>"),
        };
        let text = span.text();
        let marked = matches!(span, Span::Removed(_) | Span::Inserted(_) | Span::By(_));
        // Blanks at its ends are not part of what is marked, unless there is nothing else.
        let (lead, rest) = text.split_at(if marked { text.len() - text.trim_start().len() } else { 0 });
        let (inner, trail) = rest.split_at(if marked { rest.trim_end().len() } else { rest.len() });
        match marked && inner.is_empty() {
            true => self.raw(&format!("{before}␣{behind}")),
            false => {
                self.escaped(lead);
                self.raw(before);
                self.escaped(inner);
                self.raw(behind);
                self.escaped(trail);
            }
        }
    }
}

/// The span without line breaks.
fn flat<'a>(span: &Span<'a>) -> Span<'a> {
    let line = |text: &str| printable(text).map(|c| if c == '\n' { ' ' } else { c }).collect::<String>().into();
    match span {
        Span::Words(text) => Span::Words(line(text)),
        Span::Text(text) => Span::Text(line(text)),
        Span::Removed(text) => Span::Removed(line(text)),
        other => other.clone(),
    }
}
