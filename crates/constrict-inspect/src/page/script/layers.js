// The layers of each image, lowest first, with what each adds and what later ones take back.

function showLayers() {
  const largest = Math.max(1, ...images.flatMap((image) => image.layers.map((layer) => layer.unpacked)));
  document.getElementById("layers-body").append(make("div", { class: "columns" }, images.map((image) => {
    const lines = image.layers.map((layer, index) => {
      const bar = make("span", { class: "measure", "aria-hidden": "true" });
      bar.style.width = `${(layer.unpacked / largest) * 100}%`;
      const line = layer.line === null ? "" : make("span", { class: "soft small at" }, ` line ${layer.line}`);
      return make("tr", {}, make("td", { class: "end soft" }, number(index + 1)),
        make("th", { scope: "row" }, make("code", { class: "step" }, shown(layer.step || layer.diff_id || "files of a directory")), line, make("span", { class: "track" }, bar)),
        make("td", { class: "end" }, bytes(layer.unpacked)),
        make("td", { class: "end soft" }, number(layer.files)),
        make("td", { class: "end" }, layer.hidden ? bytes(layer.hidden) : make("span", { class: "soft" }, "–")));
    });
    const table = make("table", { class: "layers" }, make("caption", { class: "hidden" }, `Layers of ${shown(image.name)}`),
      make("thead", {}, make("tr", {}, ["#", "Step", "Unpacked", "Files", "Hidden"].map((name) => make("th", { scope: "col", class: name === "Step" ? "" : "end" }, name)))),
      make("tbody", {}, lines));
    return make("div", {}, make("h3", {}, shown(image.name)), scrolling(table, `Layers of ${shown(image.name)}`));
  })));
}
