// The table of what an image can be attacked with: a row opens to show why it matters, its source and what was counted.

const GROUPS = { size: "Size", contents: "Contents", surface: "Attack surface", trust: "Trust" };
/** Files listed before one asks for more. */
const FIRST_ITEMS = 12;
/** Rows as elements, in the order of the document. */
const surface = [];

function showSurface() {
  const head = make("tr", {}, make("th", { scope: "col" }, "What"),
    images.map((image) => make("th", { scope: "col" }, shown(image.name))));
  const table = make("table", { class: "surface" },
    make("caption", { class: "hidden" }, "Rows of the comparison; each opens to show why it matters and what was counted"), make("thead", {}, head));
  table.style.minWidth = `${8 + 5.6 * images.length}rem`;
  for (const group of new Set([...Object.keys(GROUPS), ...rows.map((row) => row.group)])) {
    const members = rows.filter((row) => row.group === group);
    if (!members.length) continue;
    const made = members.map((row) => surfaceRow(row));
    const body = make("tbody", {}, make("tr", { class: "group" }, make("th", { scope: "rowgroup", colspan: images.length + 1 }, GROUPS[group] ?? shown(group))), made.flatMap((one) => [one.line, one.detail]));
    made.forEach((one) => (one.body = body));
    surface.push(...made);
    table.append(body);
  }
  const every = make("button", { type: "button", class: "quiet", click: () => {
    const open = surface.some((one) => !one.line.hidden && !one.open);
    surface.forEach((one) => setOpen(one, open));
    every.textContent = open ? "Close all" : "Open all";
  } }, "Open all");
  document.getElementById("surface-body").append(
    make("div", { class: "controls" }, make("p", { class: "soft small" }, make("span", { class: "mark", "aria-hidden": "true" }, "≠"), " differs between the images"), every),
    scrolling(table, "Attack surface"));
}

function surfaceRow(row) {
  const id = "row-" + rows.indexOf(row);
  const button = make("button", { type: "button", class: "opens", "aria-expanded": "false", "aria-controls": id, click: () => setOpen(one, !one.open) },
    make("span", { class: "arrow", "aria-hidden": "true" }), make("span", {}, ...prose(row.title)));
  const mark = row.differs ? make("span", { class: "mark" }, glyph("≠", " (differs)")) : "";
  const line = make("tr", { class: row.differs ? "line differs" : "line", "data-row": row.name },
    make("th", { scope: "row" }, make("div", { class: "title" }, button, mark)), row.values.map((value, index) => surfaceValue(row, value, index)));
  const cell = make("td", { colspan: images.length + 1 });
  const detail = make("tr", { class: "detail", id, hidden: true }, cell);
  const one = { row, line, detail, cell, button, open: false, all: new Set(), filter: "", drawn: null };
  return one;
}

function surfaceValue(row, value, index) {
  const judged = verdict(row, index);
  const before = row.values[0].value;
  const by = judged ? difference(row.unit, before, value.value) : "";
  const chip = judged ? make("span", { class: "chip " + judged }, by, by ? " " : "", make("span", { class: "word" }, judged)) : "";
  return make("td", {}, make("span", { class: value.missing ? "value soft" : "value", title: value.missing ?? undefined }, ...prose(value.text)), chip ? " " : "", chip);
}

function difference(unit, before, after) {
  switch (unit) {
    case "bytes": return change(before, after);
    case "percent": return `${signed(after - before)}${SPACE}points`;
    case "count": return signed(after - before);
    default: return "";
  }
}

function setOpen(one, open) {
  one.open = open;
  one.button.setAttribute("aria-expanded", open);
  one.detail.hidden = !open || one.line.hidden;
  if (open) drawDetail(one);
}

/** Writes what is behind a row, unless it is there already. */
function drawDetail(one) {
  const state = JSON.stringify([one.filter, filter.different, [...one.all]]);
  if (one.drawn === state) return;
  one.drawn = state;
  const { row } = one;
  const safe = /^https?:\/\//.test(row.url ?? "");
  const source = safe ? make("a", { href: row.url, rel: "noopener noreferrer" }, row.source) : shown(row.source);
  const listed = row.values.some((value) => value.items.length || value.missing);
  const lists = listed ? row.values.map((value, index) => itemList(one, value, index)) : [];
  one.cell.replaceChildren(make("p", { class: "why" }, ...prose(row.why), " ", make("span", { class: "source" }, "Source: ", source)),
    make("div", { class: "lists" }, lists));
}

function itemList(one, value, index) {
  const others = one.row.values.filter((_, other) => other !== index).map((other) => (other.names ??= new Set(other.items.map((item) => item.name))));
  const alone = (item) => others.length > 0 && !others.every((names) => names.has(item.name));
  const wanted = value.items.filter((item) => (!filter.different || alone(item)) && (!one.filter || matches(item, one.filter)));
  const shownItems = one.all.has(index) ? wanted : wanted.slice(0, FIRST_ITEMS);
  const lines = shownItems.map((item) => make("li", { class: alone(item) ? "alone" : "" },
    alone(item) ? make("span", { class: "mark" }, glyph("≠", "only here: ")) : make("span", { class: "mark", "aria-hidden": "true" }),
    make("span", { class: "mono" }, shown(item.name)), item.detail ? make("span", { class: "soft" }, shown(item.detail)) : ""));
  const left = wanted.length - shownItems.length;
  const more = left > 0 ? make("button", { type: "button", class: "quiet more-items", click: () => { one.all.add(index); drawDetail(one); } }, `Show ${number(left)} more`) : "";
  const said = left > 0 ? make("p", { class: "left soft small only-print" }, `and ${number(left)} more`) : "";
  const none = value.missing ? shown(value.missing) : value.items.length ? "nothing that matches" : "nothing to list";
  return make("div", {}, make("h3", {}, shown(images[index].name)), lines.length ? make("ul", { class: "items" }, lines) : make("p", { class: "soft small" }, none), more, said);
}

function matches(item, needle) {
  return item.name.toLowerCase().includes(needle) || (item.detail ?? "").toLowerCase().includes(needle);
}

/** Shows the rows that hold what the filter asks for; one that holds it only among its files opens. The number of rows left. */
function filterSurface() {
  const { needle } = filter;
  for (const one of surface) {
    const { row } = one;
    const words = [row.title, row.name, row.why, row.source, ...row.values.map((value) => value.text)].join("\n").toLowerCase();
    const named = !needle || words.includes(needle);
    const behind = !named && row.values.some((value) => value.items.some((item) => matches(item, needle)));
    one.filter = behind ? needle : "";
    one.line.hidden = !(named || behind) || (filter.different && !row.differs);
    one.own ??= false;
    if (behind && !one.open) one.own = true;
    const open = behind || (one.open && !one.own);
    if (!behind && one.own) one.own = false;
    setOpen(one, open);
  }
  for (const body of new Set(surface.map((one) => one.body))) {
    body.hidden = surface.every((one) => one.body !== body || one.line.hidden);
  }
  return surface.filter((one) => !one.line.hidden).length;
}
