// One image's treemap: its boxes as elements, its breadcrumb, its keys. The boxes at the top are the items of a tree for
// the keyboard and for screen readers; what is nested in them is a preview for the eye and the mouse.

class FileMap {
  constructor(index, zoomed) {
    this.image = images[index];
    this.root = trees[index];
    this.node = this.root; // null: the place that the other map shows is not in this image
    this.zoomed = zoomed;
    this.nodes = new WeakMap();
    this.crumbs = make("ol", { class: "crumbs" });
    this.trail = make("nav", { "aria-label": `Place in ${shown(this.image.name)}` }, this.crumbs);
    this.tree = make("div", { class: "map" });
    this.frame = make("div", { class: "frame" }, this.tree);
    this.facts = make("p", { class: "facts" });
    this.element = make("div", { class: "map-view" }, this.trail, this.frame, this.facts);
    this.tree.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.tree.addEventListener("mouseover", (event) => this.describe(this.nodes.get(event.target.closest(".box")) ?? this.node));
    this.tree.addEventListener("mouseleave", () => this.describe(this.node));
    this.tree.addEventListener("focusin", (event) => this.focused(event.target));
  }

  /** Draws again; `scale` is the side of the map as a share of its frame. */
  draw({ scale = 1, colour = "kind", searching = false } = {}) {
    this.tree.classList.toggle("searching", searching);
    this.tree.style.width = this.tree.style.height = `${scale * 100}%`;
    this.colour = colour;
    this.drawCrumbs();
    this.describe(this.node);
    const { clientWidth: width, clientHeight: height } = this.tree;
    const boxes = this.node ? layout(this.node, width, height) : [];
    this.size = { width, height };
    const elements = new Map();
    const top = boxes.filter((box) => box.depth === 1);
    const held = this.tree.contains(document.activeElement);
    for (const box of boxes) elements.set(box, this.box(box, top, width, height));
    for (const box of boxes) if (box.inside) elements.get(box.inside).append(elements.get(box));
    this.tree.replaceChildren(...top.map((box) => elements.get(box)));
    this.name(top);
    if (held) this.focus(null);
  }

  /** A tree needs items: an empty directory is a sentence instead. */
  name(top) {
    const label = this.node ? `Files of ${shown(this.image.name)}, ${pathOf(this.node) ? "in " + shown(pathOf(this.node)) : "all"}` : undefined;
    for (const [name, value] of [["role", "tree"], ["aria-label", label]]) {
      if (top.length) this.tree.setAttribute(name, value);
      else this.tree.removeAttribute(name);
    }
    if (!top.length) {
      const said = this.node ? "Nothing is in this directory." : `Nothing is at this place in ${shown(this.image.name)}.`;
      this.tree.append(make("p", { class: "empty" }, said));
    }
  }

  box(box, top, width, height) {
    const { node, label, inside } = box;
    const place = inside ?? { x: 0, y: 0, w: width, h: height };
    const element = make("div", { class: ["box", ...this.look(box)].join(" ") });
    element.style.left = `${((box.x - place.x) / place.w) * 100}%`;
    element.style.top = `${((box.y - place.y) / place.h) * 100}%`;
    element.style.width = `calc(${(box.w / place.w) * 100}% - 1px)`;
    element.style.height = `calc(${(box.h / place.h) * 100}% - 1px)`;
    if (box.w > 40 && box.h > 15) element.append(this.label(box));
    if (inside) element.setAttribute("aria-hidden", "true");
    else {
      element.setAttribute("role", "treeitem");
      element.setAttribute("aria-label", this.words(box));
      element.setAttribute("aria-posinset", top.indexOf(box) + 1);
      element.setAttribute("aria-setsize", top.length);
      if (node.children) element.setAttribute("aria-expanded", "false");
      element.tabIndex = box === top[0] ? 0 : -1;
    }
    this.nodes.set(element, node);
    return element;
  }

  label({ node, label, w, h, open }) {
    const name = node.more && w < 110 ? "+" + number(node.files) : label;
    const size = bytes(node.bytes);
    const room = size.length * 6.9 + 12; // half a number would be a wrong number
    const fits = open ? w > room + 34 : h > 31 && w > room;
    return make("span", { class: "label", "aria-hidden": "true" }, make("span", { class: "name" }, name), fits ? make("span", { class: "size" }, size) : "");
  }

  look({ node, open }) {
    const classes = [node.children ? "folder" : "file"];
    if (open) classes.push("open");
    else if (this.colour === "kind") classes.push("k" + (node.kinds ? most(node.kinds) : node.kind));
    else classes.push("u" + (node.children ? most(node.unlike) : node.unlike));
    if (node.more) classes.push("more");
    classes.push(node.hits ? "hit" : "miss");
    return classes;
  }

  /** `usr/lib, 120 MB, directory, 31 %`. */
  words({ node, label }) {
    const kind = node.more ? "small files together" : node.children ? "directory" : KINDS[node.kind];
    const path = node.more ? label : shown(pathOf(node));
    const words = [path, bytes(node.bytes), kind, share(node.bytes, this.root.bytes)];
    if (this.colour !== "kind" && !node.children) words.push(UNLIKE[node.unlike]);
    if (this.tree.classList.contains("searching") && node.hits) words.push(counted(node.hits, "match", "matches"));
    return words.join(", ");
  }

  /** The line below the map: what the pointer or the focus is on. */
  describe(node) {
    if (!node) return this.facts.replaceChildren("\u00a0");
    const path = node.more ? `${node.name} in /${shown(pathOf(node.parent))}` : "/" + shown(pathOf(node));
    const facts = [bytes(node.bytes), share(node.bytes, this.root.bytes)];
    if (node.children) facts.push(counted(node.files, "file"));
    else facts.push(KINDS[node.kind]);
    if (this.colour !== "kind" && !node.children) facts.push(UNLIKE[node.unlike]);
    const owner = this.image.packages[node.owner];
    if (owner) facts.push(`${shown(owner.name)} ${shown(owner.version)}`);
    this.facts.replaceChildren(make("span", { class: "path" }, path), make("span", {}, facts.join(" · ")));
  }

  drawCrumbs() {
    const nodes = [];
    for (let here = this.node ?? this.root; here; here = here.parent) nodes.unshift(here);
    this.crumbs.replaceChildren(...nodes.map((node, index) => {
      const name = node === this.root ? "all files" : node.more ? node.name : shown(node.name);
      const last = index === nodes.length - 1;
      const inner = last && this.node ? make("span", { "aria-current": "location" }, name) : make("button", { type: "button", click: () => this.go(node) }, name);
      return make("li", {}, inner);
    }));
  }

  items() {
    return [...this.tree.querySelectorAll("[role=treeitem]")];
  }

  /** Focuses the item that is `node` or holds it, or the first one. */
  focus(node) {
    const items = this.items();
    const holds = (item) => {
      for (let here = node; here; here = here.parent) if (here === this.nodes.get(item)) return true;
      return false;
    };
    (items.find(holds) ?? items[0])?.focus();
  }

  focused(item) {
    if (!this.nodes.has(item)) return;
    for (const other of this.items()) other.tabIndex = other === item ? 0 : -1;
    this.describe(this.nodes.get(item));
  }

  clicked(event) {
    const node = this.nodes.get(event.target.closest(".box"));
    if (!node) return;
    const into = node.children ? node : node.parent;
    if (into !== this.node && into) this.go(into);
  }

  pressed(event) {
    const items = this.items();
    const here = items.indexOf(event.target);
    const node = this.nodes.get(event.target);
    const move = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    const back = event.key === "Escape" || event.key === "Backspace";
    if (event.altKey || event.ctrlKey || event.metaKey || (!node && !back)) return;
    if (back) this.out();
    else if (move !== undefined) items[Math.max(0, Math.min(items.length - 1, move))]?.focus();
    else if (event.key === "Enter" || event.key === " ") {
      if (node?.children) this.go(node, true);
    } else return;
    event.preventDefault();
  }

  out() {
    const left = this.node;
    if (left === this.root) return;
    this.go(left?.parent ?? this.root, true);
    this.focus(left);
  }

  /** Shows `node`, and tells the other maps. */
  go(node, byKey = false) {
    this.node = node;
    this.zoomed(this);
    if (byKey) this.focus(null);
    const entries = counted(node.children.length, "entry", "entries");
    announce(`${node.parent ? shown(node.more ? node.name : pathOf(node)) : shown(this.image.name)}: ${bytes(node.bytes)}, ${share(node.bytes, this.root.bytes)}, ${entries}`);
  }
}
