//! An edition as Markdown. Points are headings or items, what is said of them stands in block quotes below.
//!
//! Labels are text: a numbered list would be numbered anew by whoever renders it.

mod inline;

use super::sheet::{Block, Line, Remark, Sheet, Span};
use inline::Inline;

pub(super) fn print(sheet: &Sheet) -> String {
    let mut page = Page { out: String::new() };
    page.paragraph("# ", "", |line| line.flat(&sheet.heading()));
    sheet.front.iter().for_each(|line| page.line("", "", line));
    for line in &sheet.legend {
        page.line("- ", "  ", line);
    }
    if !sheet.front.is_empty() {
        // So that the list above and the points are not one list.
        page.paragraph("---", "", |_| {});
    }
    let mut items = Vec::new();
    for block in &sheet.blocks {
        page.block(block, &mut items);
    }
    if !sheet.back.is_empty() || !sheet.astray.is_empty() {
        page.paragraph("---", "", |_| {});
    }
    if !sheet.astray.is_empty() {
        page.paragraph("", "", |line| line.own("On points that are not in the plan:"));
        page.remarks(&sheet.astray, 0);
    }
    sheet.back.iter().for_each(|line| page.line("", "", line));
    page.out
}

struct Page {
    out: String,
}

impl Page {
    /// Writes a paragraph after a blank line; `first` begins its first line, `next` the others.
    fn paragraph(&mut self, first: &str, next: &str, write: impl FnOnce(&mut Inline)) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(first);
        let mut line = Inline::new(&mut self.out, next);
        write(&mut line);
        line.finish();
        self.out.push('\n');
    }

    fn line(&mut self, first: &str, next: &str, line: &Line) {
        self.paragraph(first, next, |inline| inline.spans(line));
    }

    /// `items` tells for each point above, by depth, whether it is an item: what stands below one is indented.
    fn block(&mut self, block: &Block, items: &mut Vec<bool>) {
        items.truncate(block.depth);
        let indent = 2 * items.iter().filter(|item| **item).count();
        items.push(block.level.is_none());
        let inner = match block.level {
            Some(level) => {
                self.section(block, level);
                indent
            }
            None => {
                self.item(block, indent);
                indent + 2
            }
        };
        let pad = " ".repeat(inner);
        if !block.schedule.is_empty() {
            self.line(&pad, &pad, &block.schedule);
        }
        self.remarks(&block.remarks, inner);
    }

    fn section(&mut self, block: &Block, level: usize) {
        let marks = format!("{} ", "#".repeat(level));
        self.paragraph(&marks, "", |line| {
            line.flat(&[Span::Text(block.label.as_str().into())]);
            line.own(if block.struck { " (struck) " } else { " " });
            line.flat(&block.heading);
        });
        if !block.words.is_empty() {
            self.line("", "", &block.words);
        }
    }

    fn item(&mut self, block: &Block, indent: usize) {
        let (first, next) = (format!("{}- ", " ".repeat(indent)), " ".repeat(indent + 2));
        self.paragraph(&first, &next, |line| {
            line.flat(&[Span::Text(block.label.as_str().into())]);
            line.own(" ");
            if block.struck {
                line.own("(struck) ");
            }
            match block.heading.last() {
                Some(last) if !block.struck => line.bold(|line| {
                    line.flat(&block.heading);
                    let ends = last.text().trim_end().ends_with(['.', ':', ';', '?', '!', '…']);
                    line.own(if ends { "" } else { "." });
                }),
                _ => line.flat(&block.heading),
            }
            line.own(if block.heading.is_empty() { "" } else { " " });
            line.spans(&block.words);
            if line.is_empty() {
                line.own("(no words)");
            }
        });
    }

    /// A list in a quotation: each remark has a bullet, so that no line in one can pass for another.
    fn remarks(&mut self, remarks: &[Remark], indent: usize) {
        let quote = format!("{}>", " ".repeat(indent));
        for (at, remark) in remarks.iter().enumerate() {
            let pad = "  ".repeat(remark.depth);
            self.out.push_str(if at == 0 { "" } else { &quote });
            self.out.push_str(&format!("\n{quote} {pad}- "));
            let next = format!("{quote} {pad}  ");
            let mut line = Inline::new(&mut self.out, &next);
            for (n, spans) in remark.lines.iter().enumerate() {
                if n > 0 {
                    line.break_line();
                }
                line.spans(spans);
            }
            line.finish();
            self.out.push('\n');
        }
    }
}
