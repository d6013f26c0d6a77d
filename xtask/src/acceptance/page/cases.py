"""Cases of the page: `cases.py AXE OUT PAGE CASE...` prints a line of JSON for each: its name, facts (failures) and notes.

The cases of ANY hold for every page that `constrict compare --format html` writes: they read what is expected from the data in
the page. Those of KNOWN need the page that `sample.py` makes under that name.
"""

import base64
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

from selenium.webdriver.common.keys import Keys

from browser import Browser

CRUMBS = "#panel-0 .crumbs li"
FOLDER = "#panel-0 [role=treeitem][aria-expanded]"


def opens(b, page):
    b.look(page)
    names = [image["name"] for image in b.comparison()["images"]]
    b.same("maps", len(b.all(".map [role=treeitem]:first-child")), len(names))
    b.same("rows", len(b.all(".line")), len(b.comparison()["rows"]))
    b.same("headings", b.texts("h1, h2")[2:], ["Where the bytes are", "Bytes by kind", "Contents, attack surface, trust", "Layers", "Packages"])
    b.holds("few rectangles", 0 < len(b.all(".box")) < 400 * len(names))
    b.quiet()


def mouse(b, page):
    b.look(page)
    label = b.one(FOLDER).get_attribute("aria-label")
    b.click(FOLDER + " > .label")
    b.same("breadcrumb ends with", b.texts(CRUMBS)[-1], label.split(", ")[0].split("/")[-1])
    b.click(CRUMBS + " button")
    b.same("back at", b.texts(CRUMBS), ["all files"])
    b.quiet()


def keyboard(b, page):
    """From the address bar to a directory and back without a mouse; each stop shows that it has the focus."""
    b.look(page)
    role = "return document.activeElement.getAttribute('role')"
    for _ in range(60):
        b.press(Keys.TAB)
        outlined = b.js("const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1")
        b.holds("focus is seen on " + b.js("return document.activeElement.outerHTML.slice(0, 80)"), outlined)
        if b.js(role) == "treeitem":
            break
    label = "return document.activeElement.getAttribute('aria-label')"
    items = [item.get_attribute("aria-label") for item in b.all("#panel-0 [role=treeitem]")]
    b.same("first item", b.js(label), items[0])
    b.press(Keys.END)
    b.same("last item", b.js(label), items[-1])
    b.press(Keys.HOME)
    for index, item in enumerate(items):
        b.same("arrow", b.js(label), item)
        if b.js("return document.activeElement.matches(arguments[0])", FOLDER):
            break
        b.press(Keys.ARROW_RIGHT)
    left = b.js(label)
    if len(items) > index + 1:
        b.press(Keys.ARROW_DOWN)
        b.same("next", b.js(label), items[index + 1])
        b.press(Keys.ARROW_UP)
    for back in (Keys.ESCAPE, Keys.BACKSPACE):
        b.press(Keys.ENTER)
        b.holds("Enter zooms in", len(b.texts(CRUMBS)) > 1)
        b.same("an item has the focus", b.js(role), "treeitem")
        b.holds("the zoom is told", left.split(", ")[0] in b.js("return document.getElementById('live').textContent"))
        b.press(back)
        b.same("out again", b.js(label), left)
    b.same("one stop for the tab key", b.js("return document.querySelectorAll('#panel-0 [role=treeitem][tabindex=\"0\"]').length"), 1)
    b.quiet()


def filters(b, page):
    b.look(page)
    data = b.comparison()
    row, item = next((row, item) for row in data["rows"] for value in row["values"] for item in value["items"] if item["name"] not in row["title"] + row["why"])
    said = b.filter(item["name"])
    b.holds(f"the row of {item['name']!r} is left", row["name"] in shown_rows(b))
    b.holds("it is open, with the file", item["name"] in b.texts(f"[data-row='{row['name']}'] + .detail .items .mono"))
    needle = item["name"].lower()
    for name in shown_rows(b):
        held = json.dumps(next(row for row in data["rows"] if row["name"] == name), ensure_ascii=False).lower()
        b.holds(f"row {name} has the text", json.dumps(needle, ensure_ascii=False)[1:-1] in held)
    b.holds("the rest of the map is pale", bool(b.all(".searching .miss")))
    b.holds(f"told: {said!r}", f"{len(shown_rows(b))} of " in said)
    b.one("#filter").send_keys(Keys.ESCAPE)
    b.same("all rows are back", shown_rows(b), [row["name"] for row in data["rows"] if row["name"] in shown_rows(b)])
    b.same("number of rows", len(shown_rows(b)), len(data["rows"]))
    b.same("nothing is left open", b.texts(".detail"), [])
    b.quiet()


def differences(b, page):
    b.look(page)
    data = b.comparison()
    if len(data["images"]) == 1:
        b.same("a box for differences", [box.is_displayed() for box in b.all("#different")], [False])
        return
    b.click("#different")
    b.same("rows", sorted(shown_rows(b)), sorted(row["name"] for row in data["rows"] if row["differs"]))
    b.holds("no package is the same", "same" not in b.texts(".packages .state"))
    b.click("#different")
    b.same("all rows", len(shown_rows(b)), len(data["rows"]))
    b.quiet()


def sorts(b, page):
    b.look(page)
    data = b.comparison()
    sizes = {}
    for package in data["images"][0]["packages"]:
        key = (package["ecosystem"], package["name"])
        sizes[key] = sizes.get(key, 0) + package["bytes"]
    if b.all("#all-packages:not([hidden])"):
        b.click("#all-packages")
    head = "[data-column=size0]"
    for direction, down in (("descending", True), ("ascending", False)):
        b.click(head + " button")
        b.same("aria-sort", b.one(head).get_attribute("aria-sort"), direction)
        lines = b.js("return [...document.querySelectorAll('#package-rows tr')].map(r => [r.children[1].textContent, r.children[0].textContent])")
        found = [sizes[tuple(line)] for line in lines if tuple(line) in sizes]
        b.same(direction, found, sorted(sizes.values(), reverse=down))
    b.click("[data-column=name] button")
    b.same("one column sorts", len(b.all("[aria-sort]")), 1)
    b.quiet()


def accessible(b, page):
    """axe-core at two widths in both themes; at the end with everything open, a filter, and the other colours."""
    for width in (1280, 360):
        for theme in ("light", "dark"):
            b.look(page, width, theme)
            b.judge(f"{theme} {width}")
            b.click("#surface-body .controls button")
            if b.all("#colour"):
                b.js("colour.value = 'unlike'; colour.dispatchEvent(new Event('change'))")
            b.judge(f"{theme} {width}, open")
            b.filter("lib")
            b.judge(f"{theme} {width}, filtered")
    b.quiet()


def themes(b, page):
    ground = "return getComputedStyle(document.body).backgroundColor"
    b.look(page, theme="light")
    light = b.js(ground)
    b.click("#theme")
    dark = b.js(ground)
    b.holds("the button changes colours", light != dark)
    b.driver.refresh()
    b.same("kept for the session", b.js(ground), dark)
    b.click("#theme")
    b.same("and back", b.js(ground), light)
    b.js("sessionStorage.clear()")
    b.look(page, theme="dark")
    b.same("the system's choice", b.js(ground), dark)


def still(b, page):
    """Nothing moves where the system asks for no motion."""
    moves = "return getComputedStyle(document.querySelector('#panel-0 .map')).animationName"
    b.look(page)
    b.click(FOLDER + " > .label")
    b.same("with motion", b.js(moves), "arrive")
    b.look(page, motion="reduce")
    b.click(FOLDER + " > .label")
    b.same("without", b.js(moves), "none")


def narrow(b, page):
    b.look(page, 360)
    b.holds("no sideways scrolling", b.js("return document.documentElement.scrollWidth <= innerWidth"))
    tabs = b.all("[role=tab]")
    if len(tabs) > 1:
        tabs[0].send_keys(Keys.ARROW_RIGHT)
        b.same("tab", [tab.get_attribute("aria-selected") for tab in tabs[:2]], ["false", "true"])
        b.same("panels", [panel.is_displayed() for panel in b.all(".panel")[:2]], [False, True])
        b.holds("its map is drawn", bool(b.all("#panel-1 .box")))
    b.quiet()


def prints(b, page):
    b.look(page)
    taken = b.cdp("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
    pdf = base64.b64decode(taken["data"])
    (b.out / "print.pdf").write_bytes(pdf)
    said = subprocess.run(["pdftotext", b.out / "print.pdf", "-"], check=True, capture_output=True, encoding="utf-8").stdout
    text, pages = "".join(said.split()), said.count("\f")
    for row in b.comparison()["rows"]:
        for part in (row["title"], row["why"]):
            b.holds(f"on paper: {part}", "".join(part.replace("`", "").split()) in text)
    b.holds("no controls on paper", "Onlydifferences" not in text and "Openall" not in text)
    b.notes.append(f"{pages} pages")
    b.same("closed again", b.texts(".detail"), [])


def pictures(b, page):
    for name, width, theme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 360, "light")):
        b.look(page, width, theme)
        b.shoot(name + ".png")
        b.holds(f"{name}.png is a picture", (b.out / f"{name}.png").stat().st_size > 20_000)


def small(b, page):
    """What is known of the page that `sample.py small` makes."""
    b.look(page)
    b.same("title", b.driver.title, "shop:single and shop:multi · constrict compare")
    b.same("sizes", b.texts(".big"), ["873.3\u00a0MBunpacked", "192.6\u00a0MBunpacked−78\u00a0%"])
    b.same("first item", b.one("#panel-0 [role=treeitem]").get_attribute("aria-label"), "usr, 739.5\u00a0MB, directory, 86\u00a0%")
    b.click("[data-row=shells] button")
    b.same("shells", b.texts("[data-row=shells] + .detail .items .mono"), ["/usr/bin/bash", "/usr/bin/dash", "/usr/bin/sh", "/usr/bin/perl"])
    b.same("why", b.texts("[data-row=shells] + .detail .why"), ["A shell turns one bug into a session. Source: CIS Docker Benchmark 1.7.0, 4.3"])
    b.same("in one image only", b.texts("[data-row=shells] + .detail .alone .hidden"), ["only here: "] * 4)
    b.same("first package", b.texts("#package-rows tr:first-child > *"), ["Django", "pypi", "5.1.4", "9.7\u00a0MB", "5.1.6", "5.1\u00a0MB", "≠changed"])
    b.filter("libmariadb-dev")
    b.same("packages", b.texts("#package-rows th"), ["libmariadb-dev"])
    b.same("found", b.texts("#found"), ["1 of 19\u00a0rows · 1\u00a0package · 4\u00a0files in shop:single · 0\u00a0files in shop:multi"])
    b.holds("files found are marked in the map", len(b.all("#panel-0 .hit")) > 3 and not b.all("#panel-1 .hit"))
    b.same("and told", b.one("#panel-0 [role=treeitem]").get_attribute("aria-label"), "usr, 739.5\u00a0MB, directory, 86\u00a0%, 3\u00a0matches")
    b.filter("")
    b.one(FOLDER).send_keys(Keys.ENTER)
    b.same("the other map goes along", b.texts("#panel-1 .crumbs li"), ["all files", "usr"])
    b.one("#panel-0 [role=treeitem]:not([aria-label^='usr/lib,'])").send_keys(Keys.ESCAPE)
    b.click("#map-toScale")
    area = "const m = document.querySelector(arguments[0]); return m.clientWidth * m.clientHeight"
    ratio = b.js(area, "#panel-1 .map") / b.js(area, "#panel-0 .map")
    b.holds(f"areas are in the proportion of bytes: {ratio:.3f}", abs(ratio - 192_643_290 / 855_431_279) < 0.01)
    b.js("colour.value = 'unlike'; colour.dispatchEvent(new Event('change'))")
    b.same("colours", b.texts("#legend li"), ["the same", "another size", "only here"])
    b.holds("each is in the map", all(b.all(f".box.u{how}") for how in range(3)))
    b.quiet()


def large(b, page):
    """50,000 files: from the start of the navigation to the first map on the screen in under a second; the best of three."""
    b.look(page)
    b.same("files", sum(kind["files"] for kind in b.comparison()["images"][0]["kinds"]), 50_000)
    times = []
    for _ in range(3):
        b.look(page)
        times.append(b.js("return performance.getEntriesByName('constrict-painted')[0].startTime"))
    b.notes.append(f"painted after {', '.join(f'{t:.0f} ms' for t in times)}")
    b.holds(f"painted in under 1000 ms: {times}", min(times) < 1000)
    start = time.monotonic()
    b.filter("file1")
    b.notes.append(f"typed and filtered in {time.monotonic() - start:.2f} s")
    b.quiet()


def hostile(b, page):
    b.look(page)
    b.click("#surface-body .controls button")
    folders = len(b.all(FOLDER))
    for index in range(folders):
        b.all(FOLDER)[index].send_keys(Keys.ENTER)
        b.press(Keys.ESCAPE)
    b.filter("</script>")
    b.filter("")
    time.sleep(0.2)
    b.same("nothing ran", b.js("return window.hurt ?? null"), None)
    b.same("no element came of a name", b.js("return document.querySelectorAll('img, iframe, object, svg, [onerror]').length"), 0)
    b.same("scripts", b.js("return document.scripts.length"), 3)
    b.same("links", b.js("return [...document.links].map(l => l.getAttribute('href')).filter(h => !h.startsWith('#'))"), [])
    names = [package["name"] for package in b.comparison()["images"][0]["packages"]]
    said = set(b.texts("#package-rows th"))
    plain = {name for name in names if name.isprintable() and name.isascii()}
    b.same("names as they are", plain - said, set())
    b.holds("unseen characters are spelled out", {"\\u{202e}gnp.exe", "a\\u{9}b\\u{a}c\\u{d}d", "\\u{0}\\u{1}\\u{1b}[31m\\u{7f}", "\U0001f4a9\U00020bb7", "b\ufffd\ufffd.txt"} <= said)
    b.holds("no sideways scrolling", b.js("return document.documentElement.scrollWidth <= innerWidth"))
    b.quiet()


def shown_rows(b):
    return b.js("return [...document.querySelectorAll('.line')].filter(e => e.checkVisibility()).map(e => e.dataset.row)")


ANY = [opens, mouse, keyboard, filters, differences, sorts, accessible, themes, still, narrow, prints, pictures]
KNOWN = [small, large, hostile]


def main():
    axe, out, page, *names = sys.argv[1:]
    if unknown := set(names) - {"any", *(case.__name__ for case in ANY + KNOWN)}:
        sys.exit(f"no case {unknown}")
    Path(out).mkdir(parents=True, exist_ok=True)
    browser = Browser(axe, out)
    try:
        for case in [case for case in ANY + KNOWN if case.__name__ in names or (case in ANY and "any" in names)]:
            browser.facts, browser.notes = [], []
            try:
                case(browser, page)
            except Exception:  # one that breaks is one failure, and the next is tried
                browser.facts.append(traceback.format_exc(limit=3))
            print(json.dumps({"case": case.__name__, "facts": browser.facts, "notes": browser.notes}), flush=True)
    finally:
        browser.driver.quit()


main()
