//! A small plan, whole, in both formats.

use super::*;

fn talks() -> Talks {
    let mut talks = Talks::over("# Talks & terms\n\n1. **Range.** to [30][50] km\n2. two\n", &["arv", "bor"]);
    for (who, quote, stance) in
        [("bor", "[30]", Stance::Accept), ("arv", "[30]", Stance::Oppose), ("arv", "[50]", Stance::Accept)]
    {
        let stand = talks.stand("1", quote, stance);
        talks.put(who, POSITIONS, stand);
    }
    let note = talks.note("1", "[30]", "# not <a heading>\n\n1. nor *an* item");
    talks.put("bor", PUBLIC, note);
    let proposal = talks.proposal("1", "[30][50]", "40");
    talks.put("med", "shared", proposal);
    talks.accept(&["arv", "bor"], "2");
    talks
}

const MARKDOWN: &str = r#"# Talks & terms

**Annotated version.** 1 of 2 points agreed; 2 brackets open.

A point is agreed when all of these accept it as it stands: **ARV, BOR**.

**Confidential:** holds 1 entry that not all who see the plan may read.

- [words (BOR; res CEL; opp ARV)] are not agreed: BOR holds them, CEL reserves on them, ARV opposes them. What was said on other words does not count for these. Brackets side by side are alternatives.

- ~~old words~~ are struck or would go, **new words** came or would come in their place.

- **ad referendum**: subject to the capital.

- **Lapsed**: a party accepted words that have changed since; shown is what it accepted against what stands now.

---

- 1\. **Range.** to [30 (BOR; opp ARV)][50 (ARV)] km

  > - **Open:** no positions; 2 open brackets
  >
  > - **BOR** · note · on “\[30\]”\
  >   \# not \<a heading>\
  >   \
  >   1\. nor \*an\* item
  >
  > - **MED** · proposal · shared with MED\
  >   to ~~\[30\]\[50\]~~**40** km

- 2\. two

  > - **Agreed:** ARV, BOR
"#;

const PAGE: &str = r#"<main>
<header>
<h1 dir="auto">Talks &amp; terms</h1>
<p><b>Annotated version.</b> 1 of 2 points agreed; 2 brackets open.</p>
<p dir="auto">A point is agreed when all of these accept it as it stands: <b>ARV, BOR</b>.</p>
<p><b>Confidential:</b> holds 1 entry that not all who see the plan may read.</p>
<aside class="legend" aria-label="How to read the marks">
<ul>
<li>[words <bdi class="by">(BOR; res CEL; opp ARV)</bdi>] are not agreed: BOR holds them, CEL reserves on them, ARV opposes them. What was said on other words does not count for these. Brackets side by side are alternatives.</li>
<li><del dir="auto">old words</del> are struck or would go, <ins dir="auto">new words</ins> came or would come in their place.</li>
<li><b>ad referendum</b>: subject to the capital.</li>
<li><b>Lapsed</b>: a party accepted words that have changed since; shown is what it accepted against what stands now.</li>
</ul>
</aside>
</header>
<section class="point" id="p-p1">
<h2 dir="auto"><bdi class="label">1.</bdi> Range</h2>
<p class="words" dir="auto">to [30 <bdi class="by">(BOR; opp ARV)</bdi>][50 <bdi class="by">(ARV)</bdi>] km</p>
<ul class="remarks">
<li class="standing open"><p class="head"><b>Open:</b> <bdi>no positions; 2 open brackets</bdi></p>
</li>
<li><p class="head"><b>BOR</b> · note · on “<bdi>[30]</bdi>”</p>
<p dir="auto"># not &lt;a heading&gt;

1. nor *an* item</p>
</li>
<li><p class="head"><b>MED</b> · proposal · shared with MED</p>
<p dir="auto">to <del dir="auto">[30][50]</del><ins dir="auto">40</ins> km</p>
</li>
</ul>
</section>
<div class="point" id="p-p2">
<p class="words" dir="auto"><bdi class="label">2.</bdi> two</p>
<ul class="remarks">
<li class="standing agreed"><p class="head"><b>Agreed:</b> <bdi>ARV, BOR</bdi></p>
</li>
</ul>
</div>
</main>
</body>
</html>
"#;

#[test]
fn an_annotated_plan_in_markdown_reads_so() {
    assert_eq!(annotated(&talks().dossier(), Format::Markdown), MARKDOWN);
}

#[test]
fn an_annotated_plan_as_a_page_reads_so() {
    let page = annotated(&talks().dossier(), Format::Html);
    let main = page.find("<main>").unwrap();
    assert_eq!(&page[main..], PAGE);
    let head = &page[..main];
    assert!(head.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"));
    assert!(head.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\">"));
    assert!(head.contains("<title>Talks &amp; terms</title>"));
    assert!(!head.contains("url(") && !head.contains("@import") && !head.contains("http://") && !head.contains("https://"));
}

#[test]
fn a_clean_plan_reads_so() {
    let expected = "# Talks & terms\n\n- 1\\. **Range.** to … km\n\n- 2\\. two\n\n---\n\n1 place is open and left out (…).\n";
    assert_eq!(clean(&talks().dossier(), Format::Markdown), expected);
}
