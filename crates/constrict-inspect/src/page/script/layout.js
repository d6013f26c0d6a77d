// Which rectangles a treemap draws, and where: squarified, nested as deep as there is room. Touches no element.

/** Rectangles in one map. */
const MOST = 320;
/** Children of one directory that are drawn by themselves. */
const MOST_CHILDREN = 60;
/** Square pixels below which a rectangle joins the rest. */
const SMALLEST = 130;
/** Square pixels that the rest gets at the top, so that it can be seen and clicked. */
const REST = 420;
/** Height of a directory's name. */
const HEAD = 19;

/** Boxes of `root` in `width` × `height` pixels: `{node, label, x, y, w, h, depth, inside, open}`, those on top of others later. */
function layout(root, width, height) {
  const boxes = [];
  const queue = [{ node: root, x: 0, y: 0, w: width, h: height, depth: 0, box: null }];
  while (queue.length && boxes.length < MOST) {
    const next = queue.reduce((best, one) => (one.w * one.h > best.w * best.h ? one : best));
    queue.splice(queue.indexOf(next), 1);
    if (next.box) next.box.open = true;
    for (const box of place(next)) {
      boxes.push(box);
      const inner = { x: box.x + 3, y: box.y + HEAD, w: box.w - 6, h: box.h - HEAD - 3 };
      if (box.node.children && !box.node.more && inner.w > 26 && inner.h > 20) {
        queue.push({ node: box.node, ...inner, depth: box.depth, box });
      }
    }
  }
  return boxes.sort((a, b) => a.depth - b.depth);
}

function place({ node, x, y, w, h, depth, box }) {
  const { nodes, weights } = crowd(node, w * h, depth === 0);
  return squarify(weights, x, y, w, h).map((where, index) => {
    const { node: end, label } = follow(nodes[index]);
    return { node: end, label, ...where, depth: depth + 1, inside: box && (box.inside ?? box), open: false };
  });
}

/** What has room among the children of `node`, and one node for the rest. */
function crowd(node, area, top) {
  const all = sorted(node);
  const scale = node.bytes ? area / node.bytes : 0;
  const room = node.bytes ? all.findIndex((child) => child.bytes * scale < SMALLEST) : -1;
  let fit = Math.min(room < 0 ? all.length : room, MOST_CHILDREN);
  if (fit === all.length - 1 && (top || all[fit].bytes)) fit = all.length;
  const nodes = all.slice(0, fit);
  const weights = nodes.map((child) => child.bytes * scale || area / all.length);
  if (fit < all.length) {
    const rest = remaining(all.slice(fit), node);
    nodes.push(rest);
    weights.push(Math.max(rest.bytes * scale, top ? Math.min(REST, area / 20) : 0));
  }
  if (top) weights.forEach((weight, index) => (weights[index] = Math.max(weight, Math.min(REST, area / 200))));
  return { nodes, weights };
}

/** A directory whose only child is a directory is drawn as that child, with both names. */
function follow(node) {
  let label = node.more ? node.name : shown(node.name);
  while (!node.more && node.children?.length === 1 && node.children[0].children) {
    node = node.children[0];
    label += "/" + shown(node.name);
  }
  return { node, label };
}

/** Rectangles with areas in the proportion of `weights`, as square as they come. Bruls, Huizing, van Wijk: Squarified treemaps (2000). */
function squarify(weights, x, y, w, h) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const areas = weights.map((weight) => (total ? (weight / total) * w * h : 0));
  const placed = [];
  let from = 0;
  while (from < areas.length) {
    const side = Math.min(w, h);
    let sum = 0, least = Infinity, greatest = 0, worst = Infinity, to = from;
    while (to < areas.length) {
      const next = sum + areas[to];
      least = Math.min(least, areas[to]);
      greatest = Math.max(greatest, areas[to]);
      const ratio = Math.max((side * side * greatest) / (next * next), (next * next) / (side * side * least));
      if (ratio > worst) break;
      [sum, worst] = [next, ratio];
      to += 1;
    }
    if (to === from) to += 1;
    const thick = side ? sum / side : 0;
    let along = 0;
    for (const area of areas.slice(from, to)) {
      const long = thick ? area / thick : 0;
      placed.push(w >= h ? { x, y: y + along, w: thick, h: long } : { x: x + along, y, w: long, h: thick });
      along += long;
    }
    if (w >= h) [x, w] = [x + thick, Math.max(0, w - thick)];
    else [y, h] = [y + thick, Math.max(0, h - thick)];
    from = to;
  }
  return placed;
}
