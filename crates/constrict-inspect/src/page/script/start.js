// What concerns the whole page: filter, theme, print; then everything is shown.

function applyFilter() {
  filter.needle = document.getElementById("filter").value.trim().toLowerCase();
  filter.different = document.getElementById("different").checked;
  const searching = filter.needle !== "";
  const left = filterSurface();
  const many = drawPackages();
  for (const tree of trees) seek(tree, filter.needle);
  drawMaps();
  const found = document.getElementById("found");
  found.hidden = !searching && !filter.different;
  if (found.hidden) return announce("Everything is shown");
  const parts = [`${number(left)} of ${counted(rows.length, "row")}`, counted(many, "package")];
  if (searching) parts.push(...images.map((image, index) => `${counted(trees[index].hits, "file")} in ${shown(image.name)}`));
  found.textContent = parts.join(" · ");
  announce(parts.join(", "));
}

function listenToFilter() {
  let waiting = 0;
  const field = document.getElementById("filter");
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(applyFilter, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field.value) return;
    field.value = "";
    applyFilter();
    event.preventDefault();
  });
  document.getElementById("different").addEventListener("change", applyFilter);
  document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
  if (images.length < 2) document.getElementById("different").parentElement.hidden = true;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    field.focus();
    event.preventDefault();
  });
}

/** Light or dark as the system says, until the button says otherwise; kept for the session. */
function listenToTheme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return sessionStorage.getItem("constrict-theme"); } catch { return null; } };
  const show = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    button.textContent = (theme ?? (system.matches ? "dark" : "light")) === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} colours`);
  };
  button.addEventListener("click", () => {
    const theme = button.textContent.toLowerCase();
    try { sessionStorage.setItem("constrict-theme", theme); } catch { /* a page of a file may keep nothing: it lasts until it is closed */ }
    show(theme);
  });
  system.addEventListener("change", () => show(kept()));
  show(kept());
}

/** On paper nothing opens: all that matters is open, and closes again afterwards. */
function listenToPrint() {
  let before = null;
  addEventListener("beforeprint", () => {
    before = { open: surface.filter((one) => one.open), all: order.all };
    order.all = true;
    drawPackages();
    surface.forEach((one) => setOpen(one, true));
  });
  addEventListener("afterprint", () => {
    if (!before) return;
    surface.forEach((one) => setOpen(one, before.open.includes(one)));
    order.all = before.all;
    drawPackages();
    before = null;
  });
}

showTitle();
showNumbers();
showMaps();
performance.mark("constrict-drawn");
showKinds();
showSurface();
showLayers();
showPackages();
showFoot();
listenToFilter();
listenToTheme();
listenToPrint();
requestAnimationFrame(() => setTimeout(() => performance.mark("constrict-painted")));
