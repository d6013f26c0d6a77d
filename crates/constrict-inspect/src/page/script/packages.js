// The packages of all images in one table that can be sorted and filtered.

/** Packages shown before one asks for all. */
const FIRST_PACKAGES = 30;
const packages = gatherPackages();
const order = { column: "state", down: false, all: false };

/** One entry for each ecosystem and name; in each image its versions, or null. */
function gatherPackages() {
  const found = new Map();
  images.forEach((image, index) => {
    for (const { ecosystem, name, version, bytes: size, files } of image.packages) {
      const key = ecosystem + "\n" + name;
      if (!found.has(key)) found.set(key, { ecosystem, name, at: images.map(() => null) });
      const here = (found.get(key).at[index] ??= { versions: [], bytes: 0, files: 0 });
      here.versions.push(version);
      here.bytes += size;
      here.files += files;
    }
  });
  const all = [...found.values()];
  for (const one of all) {
    one.state = stateOf(one);
    one.bytes = Math.max(...one.at.map((here) => here?.bytes ?? 0));
    one.words = [one.name, one.ecosystem, one.state, ...one.at.flatMap((here) => here?.versions ?? [])].join("\n").toLowerCase();
  }
  return all;
}

function stateOf({ at: here }) {
  if (images.length === 1) return "";
  if (here.some((one) => one === null)) return images.length > 2 ? "in some" : here[0] ? "removed" : "added";
  const versions = here.map((one) => one.versions.toSorted().join("\n"));
  return versions.every((one) => one === versions[0]) ? "same" : "changed";
}

const STATES = ["changed", "added", "removed", "in some", "same", ""];
const ORDER = {
  name: (a, b) => compareNames(a.name, b.name),
  ecosystem: (a, b) => compareNames(a.ecosystem, b.ecosystem) || compareNames(a.name, b.name),
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || b.bytes - a.bytes || compareNames(a.name, b.name),
};

function compareNames(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}

function packageColumns() {
  const sizes = images.map((image, index) => ({ key: "size" + index, title: "size", of: shown(image.name), end: true }));
  const versions = images.map((image, index) => ({ key: "version" + index, title: shown(image.name) }));
  const state = images.length > 1 ? [{ key: "state", title: "Change" }] : [];
  return [{ key: "name", title: "Package" }, { key: "ecosystem", title: "From" }, ...versions.flatMap((one, index) => [one, sizes[index]]), ...state];
}

function comparePackages(a, b) {
  const [, what, index] = /^(size|version)(\d+)$/.exec(order.column) ?? [];
  const sign = order.down ? -1 : 1;
  if (!what) return sign * ORDER[order.column](a, b);
  const [x, y] = [a.at[index], b.at[index]];
  if (!x || !y) return !x - !y || compareNames(a.name, b.name); // what is not there comes last
  return sign * (what === "size" ? x.bytes - y.bytes : compareNames(x.versions[0], y.versions[0])) || compareNames(a.name, b.name);
}

function showPackages() {
  if (images.length === 1) order.column = "name";
  const heads = packageColumns().map((column) => {
    const button = make("button", { type: "button", class: "sorts", click: () => sortBy(column.key) },
      column.of ? make("span", { class: "hidden" }, column.of + ": ") : "", make("span", {}, column.title), make("span", { class: "arrow", "aria-hidden": "true" }));
    return make("th", { scope: "col", "data-column": column.key, class: column.end ? "end" : "" }, button);
  });
  const table = make("table", { class: "packages" }, make("caption", { class: "hidden" }, "Packages and their versions; the heads of columns sort"),
    make("thead", {}, make("tr", {}, heads)), make("tbody", { id: "package-rows" }));
  const more = make("button", { type: "button", class: "quiet", id: "all-packages", click: () => { order.all = true; drawPackages(); } });
  document.getElementById("packages-body").append(make("p", { class: "soft small", id: "unowned" }, unowned()), scrolling(table, "Packages"), more);
  drawPackages();
}

function unowned() {
  const parts = images.map((image) => `${shown(image.name)}: ${counted(image.unowned.files, "file")}, ${bytes(image.unowned.bytes)}`);
  return "In no package: " + parts.join("; ") + ".";
}

function sortBy(column) {
  order.down = order.column === column ? !order.down : column.startsWith("size");
  order.column = column;
  drawPackages();
  announce(`Packages sorted by ${column.replace(/\d+$/, "")}, ${order.down ? "descending" : "ascending"}`);
}

/** Fills the table; the number of packages that match. */
function drawPackages() {
  const wanted = packages
    .filter((one) => (!filter.different || one.state !== "same") && (!filter.needle || one.words.includes(filter.needle)))
    .sort(comparePackages);
  const few = order.all ? wanted : wanted.slice(0, FIRST_PACKAGES);
  document.getElementById("package-rows").replaceChildren(...few.map((one) => {
    const changed = one.state === "changed";
    return make("tr", { class: one.state.replace(" ", "-") }, make("th", { scope: "row" }, shown(one.name)), make("td", { class: "soft" }, one.ecosystem),
      one.at.map((here) => here
        ? [make("td", { class: changed ? "version changed" : "version" }, shown(here.versions.join(", "))), make("td", { class: "end soft" }, bytes(here.bytes))]
        : [make("td", { class: "soft" }, glyph("–", "not in it")), make("td", { class: "end" })]),
      images.length > 1 ? make("td", { class: "state" }, make("span", { class: "mark", "aria-hidden": "true" }, { changed: "≠", added: "+", removed: "−", "in some": "≠" }[one.state] ?? ""), one.state) : "");
  }));
  for (const head of document.querySelectorAll("[data-column]")) {
    if (head.dataset.column === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  const more = document.getElementById("all-packages");
  more.hidden = few.length === wanted.length;
  more.textContent = `Show all ${number(wanted.length)} packages`;
  return wanted.length;
}
