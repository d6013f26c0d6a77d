"""A headless Chromium that shows one page, and what the cases ask of it."""

import base64
import json
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


class Browser:
    """`look` opens the page; facts of what went wrong are added to `facts`, what is worth knowing to `notes`."""

    def __init__(self, axe, out):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.axe, self.out = Path(axe).read_text("utf-8"), Path(out)
        self.facts, self.notes, self.page = [], [], None

    def look(self, page, width=1280, theme="light", height=900, motion="no-preference"):
        """Opens `page` anew."""
        self.page = Path(page).resolve().as_uri()
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        media = {"prefers-color-scheme": theme, "prefers-reduced-motion": motion}
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in media.items()])
        self.driver.get("about:blank")
        self.requests(), self.driver.get_log("browser")
        self.driver.get(self.page)
        self.until("return performance.getEntriesByName('constrict-painted').length", "it is drawn")

    def cdp(self, command, **words):
        return self.driver.execute_cdp_cmd(command, words)

    def js(self, script, *words):
        return self.driver.execute_script(script, *words)

    def until(self, script, what, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.js(script):
                return True
            time.sleep(0.02)
        self.facts.append(f"never came: {what}")
        return False

    def same(self, what, found, expected):
        if found != expected:
            self.facts.append(f"{what}: found {found!r}, expected {expected!r}")

    def holds(self, what, true):
        if not true:
            self.facts.append(f"does not hold: {what}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        """With the mouse, at a place that nothing covers."""
        target = self.one(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", target)
        webdriver.ActionChains(self.driver).move_to_element(target).click().perform()

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def texts(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.textContent)", selector)

    def requests(self):
        """Addresses asked for since the last call, apart from the page and what is in it."""
        said = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [one["params"]["request"]["url"] for one in said if one["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if url not in (self.page, "about:blank") and not url.startswith("data:")]

    def quiet(self):
        """Nothing on the console, nothing asked for."""
        self.same("console", [entry["message"] for entry in self.driver.get_log("browser")], [])
        self.same("requests", self.requests(), [])

    def comparison(self):
        return json.loads(self.js("return document.getElementById('comparison').textContent"))

    def filter(self, text):
        field = self.one("#filter")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text or Keys.DELETE)
        time.sleep(0.3)  # the page waits for the next letter
        return self.js("return document.getElementById('live').textContent")

    def judge(self, state):
        """What axe-core says of the page as it is."""
        self.js("if (!window.axe) (0, eval)(arguments[0])", self.axe)
        found = self.driver.execute_async_script("axe.run(document, {resultTypes: ['violations']}).then(arguments[0], e => arguments[0]({violations: [{id: String(e), nodes: []}]}))")
        for violation in found["violations"]:
            nodes = [f"{node['target']} {node.get('failureSummary', '')}" for node in violation["nodes"][:3]]
            self.facts.append(f"{state}: {violation['id']}, {len(violation['nodes'])} nodes: {nodes}")
        self.notes.append(f"{state}: {len(found.get('passes', []))} rules of axe hold")

    def shoot(self, name):
        """Keeps the whole page as a picture."""
        width, height = self.js("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        taken = self.cdp("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        (self.out / name).write_bytes(base64.b64decode(taken["data"]))
