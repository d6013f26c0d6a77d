// The maps side by side, as tabs where the page is narrow, and what applies to all of them.

const maps = images.map((_, index) => new FileMap(index, zoomed));
const settings = { together: images.length > 1, toScale: false, colour: "kind" };

function drawMaps() {
  const largest = Math.max(...maps.map((map) => map.node?.bytes ?? 0));
  for (const map of maps) {
    if (!map.frame.clientWidth) continue;
    const scale = settings.toScale && largest && map.node ? Math.max(0.08, Math.sqrt(map.node.bytes / largest)) : 1;
    map.draw({ scale, colour: settings.colour, searching: filter.needle !== "" });
  }
}

/** A map went to another place: the others go there too, as far as they have it. */
function zoomed(map) {
  if (settings.together && !map.node.more) {
    const path = chain(map.node).map((node) => node.name);
    for (const other of maps) if (other !== map) other.node = at(other.root, path);
  }
  drawMaps();
  map.element.classList.remove("moved");
  void map.element.offsetWidth; // starts the animation again
  map.element.classList.add("moved");
}

function mapControls() {
  const box = (name, label) => {
    const input = make("input", { type: "checkbox", id: "map-" + name, change: () => { settings[name] = input.checked; drawMaps(); } });
    input.checked = settings[name];
    return make("label", { class: "check" }, input, " " + label);
  };
  if (images.length < 2) return [];
  const colour = make("select", { id: "colour", change: () => colourBy(colour.value) },
    make("option", { value: "kind" }, "kind"), make("option", { value: "unlike" }, "difference"));
  return [make("label", { class: "check" }, "Colour by ", colour), box("together", "Zoom together"), box("toScale", "Same scale")];
}

function colourBy(how) {
  settings.colour = how;
  if (how === "unlike" && !trees[0].unlike) {
    trees.forEach((tree, index) => tell(tree, trees.filter((_, other) => other !== index)));
  }
  drawLegend();
  drawMaps();
}

function drawLegend() {
  const entries = settings.colour === "kind" ? KINDS.map((name, index) => [name, "k" + index]) : UNLIKE.map((name, index) => [name, "u" + index]);
  const legend = document.getElementById("legend");
  legend.replaceChildren(...entries.map(([name, look]) => make("li", {}, make("span", { class: "swatch " + look, "aria-hidden": "true" }), name)));
}

/** Tabs of the images, for narrow pages. */
function tabs(panels) {
  const buttons = images.map((image, index) => make("button", {
    type: "button", role: "tab", id: "tab-" + index, "aria-controls": "panel-" + index, click: () => choose(index),
  }, shown(image.name)));
  const list = make("div", { class: "tabs", role: "tablist", "aria-label": "Images", keydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    choose((buttons.indexOf(event.target) + step + buttons.length) % buttons.length);
    buttons.find((button) => button.tabIndex === 0).focus();
    event.preventDefault();
  } }, buttons);
  const narrow = matchMedia("screen and (max-width: 760px)");
  let chosen = 0;
  const choose = (index) => {
    chosen = index;
    const few = narrow.matches && images.length > 1;
    list.hidden = !few;
    panels.forEach((panel, at) => {
      panel.hidden = few && at !== chosen;
      buttons[at].setAttribute("aria-selected", at === chosen);
      buttons[at].tabIndex = at === chosen ? 0 : -1;
      for (const [name, value] of [["role", "tabpanel"], ["aria-labelledby", "tab-" + at]]) {
        if (few) panel.setAttribute(name, value);
        else panel.removeAttribute(name);
      }
    });
    drawMaps();
  };
  narrow.addEventListener("change", () => choose(chosen));
  return { list, choose };
}

function showMaps() {
  const panels = images.map((image, index) => make("div", { class: "panel", id: "panel-" + index },
    make("h3", {}, shown(image.name), make("span", { class: "beside" }, bytes(trees[index].bytes))), maps[index].element));
  const { list, choose } = tabs(panels);
  const legend = make("ul", { class: "legend", id: "legend", "aria-label": "Colours" });
  const help = make("p", { class: "soft small keys" }, "Click a directory, or focus a map: ",
    ...[["arrows", "move"], ["Enter", "zooms in"], ["Esc", "goes back"]].flatMap(([key, does], index) => [index ? ", " : "", make("kbd", {}, key), " " + does]), ".");
  document.getElementById("maps").append(
    make("div", { class: "controls" }, legend, make("div", { class: "options" }, mapControls())),
    list, make("div", { class: "panels" }, panels), help);
  drawLegend();
  choose(0);
  new ResizeObserver(() => {
    const stale = maps.some((map) => map.frame.clientWidth && Math.abs((map.drawnAt ?? 0) - map.frame.clientWidth) > 1);
    if (!stale) return;
    maps.forEach((map) => (map.drawnAt = map.frame.clientWidth));
    drawMaps();
  }).observe(document.getElementById("maps"));
  maps.forEach((map) => (map.drawnAt = map.frame.clientWidth));
}
