// The files of an image as nodes with sums. A node: name, bytes, files, kind (of a file) or kinds (bytes of each, of a
// directory), owner, parent, children. A node with `more` stands for the files too small to draw beside their siblings.

const KINDS = ["native", "bytecode", "source", "metadata", "data", "cache", "documentation"];
/** How a file compares with the other images; `unlike` holds bytes of each. */
const UNLIKE = ["the same", "another size", "only here"];

function grow(entry, parent) {
  const [name, second, kind, owner] = entry;
  if (!Array.isArray(second)) {
    return { name, bytes: second, files: 1, kind, kinds: null, unlike: 0, owner, parent, children: null, more: false, hits: 0 };
  }
  const node = folder(name, parent);
  node.children = second.map((child) => grow(child, node));
  return summed(node);
}

function folder(name, parent) {
  return { name, bytes: 0, files: 0, kind: -1, kinds: null, unlike: null, owner: -1, parent, children: [], more: false, hits: 0 };
}

/** Adds up what the children hold. */
function summed(node) {
  node.kinds = new Array(KINDS.length).fill(0);
  for (const child of node.children) {
    node.bytes += child.bytes;
    node.files += child.files;
    if (child.kinds) child.kinds.forEach((size, kind) => (node.kinds[kind] += size));
    else node.kinds[child.kind] += child.bytes;
  }
  return node;
}

/** The node that stands for `rest`, children of `parent`. */
function remaining(rest, parent) {
  const node = folder("", parent);
  node.children = rest;
  node.more = true;
  summed(node);
  node.name = counted(node.files, "more file");
  node.hits = rest.reduce((sum, child) => sum + child.hits, 0);
  if (parent.unlike) node.unlike = unlikeOf(rest);
  return node;
}

/** From the root's child down to `node`, without nodes that stand for others. */
function chain(node) {
  const nodes = [];
  for (let here = node; here.parent; here = here.parent) if (!here.more) nodes.unshift(here);
  return nodes;
}

function pathOf(node) {
  return chain(node).map((part) => part.name).join("/");
}

/** The node at the names of `path` below `root`, or null. */
function at(root, path) {
  return path.reduce((here, name) => (here?.children && named(here).get(name)) || null, root);
}

/** Children by name; made when first asked for. */
function named(node) {
  node.byName ??= new Map(node.children.map((child) => [child.name, child]));
  return node.byName;
}

/** Largest first; made when first asked for. */
function sorted(node) {
  node.bySize ??= node.children.toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  return node.bySize;
}

/** Counts in each node the files whose path holds `needle` (lower case); all count when the path of a directory does. */
function seek(node, needle, prefix = "") {
  const path = node.parent ? prefix + "/" + node.name.toLowerCase() : "";
  if (needle && path.includes(needle)) return mark(node, true);
  if (!node.children || !needle) return mark(node, false);
  node.hits = 0;
  for (const child of node.children) node.hits += seek(child, needle, path);
  return node.hits;
}

function mark(node, all) {
  node.hits = all ? node.files : 0;
  node.children?.forEach((child) => mark(child, all));
  return node.hits;
}

/** Notes in every node of `node` how it compares with what `others` have at its place. */
function tell(node, others) {
  if (!node.children) {
    const same = (other) => other && !other.children && other.bytes === node.bytes;
    const there = others.every((other) => other && !other.children);
    node.unlike = others.every(same) ? 0 : there ? 1 : 2;
    return;
  }
  for (const child of node.children) {
    tell(child, others.map((other) => (other?.children && named(other).get(child.name)) || null));
  }
  node.unlike = unlikeOf(node.children);
}

function unlikeOf(children) {
  const sums = [0, 0, 0];
  for (const child of children) {
    if (child.children) child.unlike.forEach((size, how) => (sums[how] += size));
    else sums[child.unlike] += child.bytes;
  }
  return sums;
}

/** Where a list is largest. */
function most(sums) {
  return sums.reduce((best, size, index) => (size > sums[best] ? index : best), 0);
}

/** What the reader asked to see. */
const filter = { needle: "", different: false };

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const comparison = read("comparison");
const { images, rows } = comparison;
const trees = [read("trees")].map((all) => all.trees ?? all)[0].map((tree) => grow(tree, null));
