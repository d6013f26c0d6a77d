// The heading, the key numbers and the bytes by kind.

const rowNamed = (name) => rows.find((row) => row.name === name);

function showTitle() {
  const names = images.map((image) => shown(image.name));
  document.title = names.join(" and ") + " · constrict compare";
  const title = document.getElementById("title");
  title.replaceChildren(...names.flatMap((name, index) => [index ? make("span", { class: "versus" }, index > 1 ? ", " : " against ") : "", make("span", {}, name)]));
}

/** What became better and worse from the first image to the others. */
function verdicts(index) {
  const all = rows.map((row) => verdict(row, index)).filter(Boolean);
  return { better: all.filter((one) => one === "better").length, worse: all.filter((one) => one === "worse").length };
}

/** Whether image `index` is better or worse in `row` than the first one. */
function verdict(row, index) {
  const [before, after] = [row.values[0].value, row.values[index].value];
  if (index === 0 || before === null || after === null || before === after || row.aim === "none") return null;
  return (after < before) === (row.aim === "less") ? "better" : "worse";
}

function card(image, index) {
  const { unpacked, visible, compressed } = image.size;
  const files = image.kinds.reduce((sum, kind) => sum + kind.files, 0);
  const facts = [
    ["compressed", compressed === null ? "unknown" : bytes(compressed)], ["files", number(files)],
    ["packages", number(image.packages.length)], ["layers", number(image.layers.length)], ["hidden", bytes(unpacked - visible)],
  ];
  const runs = rowNamed("runs")?.values[index];
  const difference = index ? change(images[0].size.unpacked, unpacked) : "";
  const { better, worse } = verdicts(index);
  const judged = index && better + worse
    ? make("p", { class: "small judged" }, `Against ${shown(images[0].name)}: `, make("span", { class: "better" }, `better in ${better}`), ", ", make("span", { class: worse ? "worse" : "soft" }, `worse in ${worse}`), ` of ${rows.length} rows`)
    : "";
  return make("article", { class: "card", "aria-labelledby": "image-" + index },
    make("h3", { id: "image-" + index }, shown(image.name), make("span", { class: "beside" }, image.platform)),
    make("p", { class: "big" }, make("span", {}, bytes(unpacked)), make("span", { class: "unit" }, "unpacked"), difference ? make("span", { class: "chip" + (unpacked < images[0].size.unpacked ? " better" : " worse") }, difference) : ""),
    stack(image),
    make("dl", { class: "key" }, facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
      runs ? make("div", { class: runs.text.length > 12 ? "runs long" : "runs" }, make("dt", {}, "can run"), make("dd", { class: runs.value === 0 ? "worse" : "" }, ...prose(runs.text))) : ""),
    judged);
}

/** The kinds of an image as one bar, on the scale of the largest image. */
function stack(image) {
  const total = (one) => one.kinds.reduce((sum, kind) => sum + kind.bytes, 0);
  const largest = Math.max(...images.map(total), 1);
  const bar = make("div", { class: "stack" });
  for (const kind of image.kinds) {
    if (!kind.bytes) continue;
    const part = make("span", { class: "k" + KINDS.indexOf(kind.kind), title: `${kind.kind}: ${bytes(kind.bytes)}` });
    part.style.width = `${(kind.bytes / largest) * 100}%`;
    bar.append(part);
  }
  return make("div", { class: "stack-frame", role: "img", "aria-label": `${shown(image.name)}: ${image.kinds.map((kind) => `${kind.kind} ${bytes(kind.bytes)}`).join(", ")}` }, bar);
}

function showNumbers() {
  document.getElementById("numbers").append(make("div", { class: "cards" }, images.map(card)));
}

/** A table of kinds, each with a bar for each image. */
function showKinds() {
  const of = (image, name) => image.kinds.find((kind) => kind.kind === name) ?? { bytes: 0, files: 0 };
  const largest = Math.max(1, ...images.flatMap((image) => image.kinds.map((kind) => kind.bytes)));
  const head = make("tr", {}, make("th", { scope: "col" }, "Kind"), images.map((image, index) => [
    make("th", { scope: "col" }, shown(image.name)), make("th", { scope: "col", class: "end files" }, make("span", { class: "hidden" }, shown(image.name) + ": "), "files"),
    index ? make("th", { scope: "col", class: "end" }, "change") : "",
  ]));
  const lines = KINDS.map((name, index) => make("tr", {},
    make("th", { scope: "row" }, make("span", { class: "swatch k" + index, "aria-hidden": "true" }), name),
    images.map((image, at) => {
      const { bytes: size, files } = of(image, name);
      const bar = make("span", { class: "measure k" + index, "aria-hidden": "true", hidden: size === 0 });
      bar.style.width = `${(size / largest) * 100}%`;
      const before = of(images[0], name).bytes;
      return [
        make("td", {}, make("div", { class: "measured" }, make("span", { class: "amount" }, bytes(size)), make("span", { class: "track" }, bar))),
        make("td", { class: "end soft files" }, number(files)),
        at ? make("td", { class: "end" }, change(before, size) || (before === size ? "same" : "new")) : "",
      ];
    })));
  const table = make("table", { class: "kinds" }, make("caption", { class: "hidden" }, "Bytes and files by kind"), make("thead", {}, head), make("tbody", {}, lines));
  document.getElementById("kinds-body").append(scrolling(table, "Bytes by kind"));
}

function showFoot() {
  document.getElementById("foot").append(
    !images.some((image) => image.digest) ? "" : make("dl", {}, images.filter((image) => image.digest).map((image) => make("div", {}, make("dt", {}, shown(image.name)), make("dd", { class: "mono" }, image.digest)))),
    make("p", {}, `Made by constrict compare. 1${SPACE}MB is 10⁶ bytes. This page holds all it shows and asks no server for anything.`));
}
