// Numbers and names as people read them, and elements that hold them. Text becomes text nodes only, never markup.

const SPACE = "\u00a0";

/** `1.4 MB`; cut, not rounded, as `quantity.rs` writes it in the rows. */
function bytes(count) {
  for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (count >= unit) return (Math.floor(count / (unit / 10)) / 10).toFixed(1) + SPACE + name;
  }
  return count + SPACE + (count === 1 ? "byte" : "bytes");
}

/** `31,204`. */
function number(count) {
  return count.toLocaleString("en");
}

/** `1 file`, `31,204 files`. */
function counted(count, one, many = one + "s") {
  return number(count) + SPACE + (count === 1 ? one : many);
}

/** `31 %`, and `under 1 %` for what is not nothing. */
function share(part, whole) {
  if (!whole || !part) return `0${SPACE}%`;
  const percent = Math.round((part / whole) * 100);
  return (percent || "under" + SPACE + 1) + SPACE + "%";
}

/** `−84 %`, or `×3.2` for what more than doubled; nothing when there is nothing to divide by. */
function change(before, after) {
  if (!before || before === after) return "";
  if (after / before >= 2) return "×" + (after / before).toFixed(after / before < 10 ? 1 : 0);
  const percent = Math.round((after / before - 1) * 100);
  return signed(percent) + SPACE + "%";
}

/** A number with its sign, the minus as typesetters write it. */
function signed(count) {
  return count < 0 ? "−" + number(-count) : count > 0 ? "+" + number(count) : "±0";
}

/** A name with what cannot be seen, or turns the direction of writing, spelled out. */
function shown(name) {
  const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  return name.replace(unseen, (sign) => "\\u{" + sign.codePointAt(0).toString(16) + "}");
}

/** An element; `attributes` that are undefined are left out, a function is a listener, children that are texts stay texts. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Text for eyes only, with its wording for ears. */
function glyph(sign, words) {
  return [make("span", { "aria-hidden": "true" }, sign), make("span", { class: "hidden" }, words)];
}

/** A sentence whose `backticks` become code. */
function prose(text) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return [shown(text)];
  return parts.map((part, index) => (index % 2 ? make("code", {}, shown(part)) : shown(part)));
}

/** Tells a screen reader what has just changed. */
function announce(text) {
  document.getElementById("live").textContent = text;
}

/** A table in a region that can be scrolled, also with the keyboard, where it is wider than the page. */
function scrolling(table, label) {
  const region = make("div", { class: "wide", role: "group", "aria-label": label }, table);
  new ResizeObserver(() => {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }).observe(region);
  return region;
}
