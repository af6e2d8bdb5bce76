//! Pages in a real browser: nothing overflows, at any width, and no error is reported.
//!
//! Needs Chromium as `chromium`, `chromium-browser` or `google-chrome`; says so and passes without.

use std::path::Path;
use std::process::Command;

use crate::pages::pages;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// From a small phone to a desk.
const WIDTHS: [u32; 4] = [360, 390, 768, 1280];

fn browser() -> Option<&'static str> {
    let answers = |name: &&str| {
        let output = Command::new(name).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    NAMES.into_iter().find(|name| answers(name))
}

/// Opens a page and returns its document as it is after loading, and what the browser complained of.
fn open(browser: &str, page: &Path, profile: &Path) -> (String, String) {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--enable-logging=stderr",
            "--window-size=1400,1000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let words = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let log = words(output.stderr);
    let complaints: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    (words(output.stdout), complaints.join("\n"))
}

/// A page that shows another one in frames of several widths and measures it; the page itself has
/// no script.
fn harness(html: &str) -> String {
    let srcdoc = html.replace('&', "&amp;").replace('"', "&quot;");
    let mut harness = String::from("<!DOCTYPE html><meta charset=utf-8><body>");
    for width in WIDTHS {
        harness += &format!(
            "<iframe style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{srcdoc}\"></iframe>"
        );
    }
    harness + MEASURE
}

/// Writes what sticks out, and how many panels were drawn, where `--dump-dom` shows it.
const MEASURE: &str = r#"<pre id="said"></pre><script>
addEventListener("load", () => {
  const said = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, root = page.documentElement, width = root.clientWidth;
    if (root.scrollWidth > width) said.push(`OVERFLOW ${width}: ${root.scrollWidth}`);
    for (const element of page.body.querySelectorAll("h1,h2,p,td,pre,li,figure,svg,table")) {
      const box = element.getBoundingClientRect();
      if (box.right > width + 1 && !element.closest(".equation")) said.push(`OVERFLOW ${width}: ${element.tagName} ${element.className}`);
    }
    let panels = 0;
    for (const svg of page.querySelectorAll("figure svg[role=img]")) {
      const outer = svg.getBoundingClientRect();
      if (outer.width > 100 && outer.height > 80) panels++;
      for (const text of svg.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        if (box.left < outer.left - 3 || box.right > outer.right + 3 || box.bottom > outer.bottom + 3 || box.top < outer.top - 3)
          said.push(`OVERFLOW ${width}: text "${text.textContent}"`);
        if (parseFloat(getComputedStyle(text).fontSize) * outer.width / svg.viewBox.baseVal.width < 8.5)
          said.push(`SMALL ${width}: text "${text.textContent}"`);
      }
    }
    said.push(`PANELS ${panels}`);
  }
  document.querySelectorAll("iframe").forEach(frame => frame.remove());
  document.getElementById("said").textContent = "MEASURED\n" + said.join("\n");
});
</script>"#;

#[test]
fn nothing_overflows_and_nothing_is_reported() {
    let Some(browser) = browser() else {
        eprintln!("skipped: none of {} is installed", NAMES.join(", "));
        return;
    };
    let place = tempfile::tempdir().unwrap();
    for (kind, page) in pages() {
        let html = page.to_html();
        let panels = html.matches("role=\"img\"").count();
        let path = place.path().join("harness.html");
        std::fs::write(&path, harness(&html)).unwrap();
        let (document, complaints) = open(browser, &path, &place.path().join("profile"));
        let said = document.split("</pre>").next().unwrap_or_default();
        let said = said.split("MEASURED\n").nth(1).unwrap_or(&document);
        let expected = vec![format!("PANELS {panels}"); WIDTHS.len()];
        assert_eq!(said, expected.join("\n"), "{kind}");
        assert_eq!(complaints, "", "{kind}");
    }
}
