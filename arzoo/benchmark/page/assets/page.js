"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const models = new Map(data.models.map((model) => [model.id, model]));
  const boards = new Map(data.boards.map((board) => [board.slug, board]));
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const controls = all("[data-filter]");
  const initial = {};
  for (const control of controls) initial[control.dataset.filter] = valueOf(control);
  const state = { ...initial, sort: "", dir: "", model: "" };

  // The address: everything that is not as the page opens, so that a link shows the same view.

  function readAddress() {
    const text = location.hash.slice(1);
    if (text.startsWith("m-")) return { model: text.slice(2) };
    if (!text.includes("=")) return null;
    return Object.fromEntries([...new URLSearchParams(text)].filter(([key]) => Object.hasOwn(state, key)));
  }

  function address(changes = {}) {
    const wanted = { ...state, ...changes };
    const kept = Object.entries(wanted).filter(([key, value]) => value !== (initial[key] ?? ""));
    return "#" + new URLSearchParams(kept).toString();
  }

  function writeAddress() {
    const text = address();
    history.replaceState(null, "", text === "#" ? location.pathname + location.search : text);
    const view = address({ model: "" });
    const base = view === "#" ? view : `${view}&`;
    for (const link of all("a[data-open]")) link.href = `${base}model=${link.dataset.open}`;
  }

  function valueOf(control) {
    return control.type === "checkbox" ? (control.checked ? "1" : "0") : control.value;
  }

  function showControls() {
    for (const control of controls) {
      const value = state[control.dataset.filter];
      if (control.type === "checkbox") control.checked = value === "1";
      else if ([...(control.options || [{ value }])].some((option) => option.value === value)) control.value = value;
      else if (control.dataset.filter !== "board") state[control.dataset.filter] = control.value = initial[control.dataset.filter];
    }
  }

  // Filter and order of the tables.

  function matches(model) {
    const size = Number(state.size) || Infinity;
    return (!state.dataset || model.dataset === state.dataset) && (!state.task || model.task === state.task)
      && (!state.architecture || model.architecture === state.architecture) && (model.parameters ?? 0) <= size
      && (!state.q || model.id.includes(state.q.trim().toLowerCase()));
  }

  let shown = new Set();
  function filter() {
    shown = new Set(data.models.filter(matches).map((model) => model.id));
    for (const row of all("[data-id]")) row.hidden = !shown.has(row.dataset.id);
    for (const board of all(".board")) board.hidden = !board.querySelector("tbody tr:not([hidden])");
    for (const option of document.getElementById("p-board").options)
      option.hidden = !Object.keys(boards.get(option.value).values).some((id) => shown.has(id));
    document.getElementById("nothing").hidden = shown.size > 0;
    const some = shown.size === models.size ? "" : `${shown.size} of `;
    document.getElementById("count").textContent = `${some}${models.size} model${models.size === 1 ? "" : "s"}`;
  }

  function compare(one, other) {
    if (one === "" || other === "") return one === other ? 0 : one === "" ? 1 : -1;  // what is missing comes last
    const numbers = [Number(one), Number(other)];
    const order = numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
    return state.dir === "desc" ? -order : order;
  }

  function sort() {
    for (const table of all("table")) {
      const heads = all("thead th[data-key]", table);
      if (state.sort && !heads.some((head) => head.dataset.key === state.sort)) continue;
      for (const head of heads) {
        const order = state.dir === "desc" ? "descending" : "ascending";
        head.setAttribute("aria-sort", head.dataset.key === state.sort ? order : "none");
      }
      if (!state.sort || !heads.length) continue;
      const body = table.tBodies[0];
      const keyed = [...body.rows].map((row) => [row.querySelector(`[data-k="${state.sort}"]`).dataset.v, row]);
      keyed.sort((one, other) => compare(one[0], other[0]));
      body.append(...keyed.map(([, row]) => row));
    }
  }

  // Speeds, those of one machine at a time.

  const TIMED = ["sampling1", "sampling16", "training"];
  const PREFIXES = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
  function quantity(value) {
    const found = PREFIXES.find(([size]) => Math.abs(value) >= size);
    return found ? `${Number((value / found[0]).toPrecision(3))} ${found[1]}` : `${Number(value.toPrecision(3))}`;
  }

  function speedOf(model, key) {
    return (model.speeds[Number(state.machine)] || {})[key] ?? null;
  }

  function fillSpeeds() {
    const keys = [...TIMED, "memory"].map((key) => `td[data-k="${key}"]`).join(",");
    for (const cell of all(keys)) {
      const value = speedOf(models.get(cell.parentElement.dataset.id), cell.dataset.k);
      cell.dataset.v = value ?? "";
      cell.textContent = value === null ? "–" : quantity(value);
    }
  }

  // Sheets of samples, from the sections, so that the page holds each once.

  function fillGallery() {
    for (const sample of all(".sheet > :first-child")) {
      const id = sample.closest("details").dataset.id, link = document.createElement("a");
      const figure = document.createElement("figure"), caption = document.createElement("figcaption");
      figure.dataset.id = link.dataset.open = link.textContent = id;
      link.href = `#m-${id}`;
      caption.append(link);
      figure.append(sample.cloneNode(true), caption);
      document.getElementById("gallery").append(figure);
    }
  }

  // The chart of one board: different questions never share axes.

  const AXES = {
    sampling1: "a second, batch 1", sampling16: "a second, batch 16", training: "a second, training",
    parameters: "parameters", bytes: "bytes of the file", flops: "operations of the training, FLOP",
  };
  const axisOf = (board) => (isTimed() ? `${board.item} ${AXES[state.x]}` : AXES[state.x]);
  const isTimed = () => TIMED.includes(state.x);  // then more is better, and of one machine
  const COLOURS = ["#4e79a7", "#e15759", "#59a14f", "#f28e2b", "#b07aa1", "#2a9d9d", "#9c755f", "#d37295", "#8a8f98", "#b6992d"];
  const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right", "triangle-left"];

  function points(board) {
    if (board.several && state.x.startsWith("sampling")) return [];  // its speed is not that of one of its members
    return Object.entries(board.values).filter(([id]) => shown.has(id)).map(([id, y]) => {
      const model = models.get(id);
      const x = isTimed() ? speedOf(model, state.x) : model[state.x];
      return { id, x, y, title: model.title, told: `${id}, ${y.toFixed(4)} ${board.unit}, ${quantity(x ?? 0)} ${axisOf(board)}` };
    }).filter((point) => point.x > 0 && point.y > 0);
  }

  function front(found) {
    const ordered = [...found].sort((one, other) => (isTimed() ? other.x - one.x : one.x - other.x) || one.y - other.y);
    let best = Infinity;
    return ordered.filter((point) => point.y < best && ((best = point.y), true));
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function axisColours() {
    const line = colour("--line"), ink = colour("--ink"), soft = colour("--soft");
    return {
      axis: { labelColor: soft, titleColor: ink, gridColor: line, domainColor: soft, tickColor: soft, grid: true,
        labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal", gridOpacity: 0.6, titlePadding: 10 },
      legend: { labelColor: ink, titleColor: ink, labelFontSize: 12 }, background: "transparent",
    };
  }

  function padded(values, log) {
    const low = Math.min(...values), high = Math.max(...values);
    const room = log ? Math.max(1.15, (high / low) ** 0.08) : Math.max((high - low) * 0.1, high * 0.01);
    return log ? [low / room, high * room] : [low - room, high + room];
  }

  function scatter(board, found) {
    const titles = [...new Set(found.map((point) => point.title))].sort();
    const label = axisOf(board), logy = state.logy === "1";
    const narrow = document.getElementById("chart").clientWidth < 560;
    const text = colour("--ink");
    return {
      $schema: "https://vega.github.io/schema/vega/v6.json",
      width: Math.max(200, document.getElementById("chart").clientWidth - (narrow ? 70 : 90)),
      height: narrow ? 260 : 360, padding: 5, autosize: { type: "pad", contains: "padding" },
      description: `Scatter plot of ${board.unit} against ${label}, ${board.title}`,
      config: axisColours(),
      data: [{ name: "points", values: found }, { name: "front", values: state.front === "1" ? front(found) : [] }],
      scales: [
        { name: "x", type: "log", range: "width", domain: padded(found.map((p) => p.x), true), nice: false },
        { name: "y", type: logy ? "log" : "linear", range: "height", zero: false, nice: false,
          domain: padded(found.map((p) => p.y), logy) },
        { name: "fill", type: "ordinal", domain: titles, range: COLOURS },
        { name: "shape", type: "ordinal", domain: titles, range: SHAPES },
      ],
      axes: [
        { orient: "bottom", scale: "x", title: `${label} (${isTimed() ? "more is better →" : "← less is better"})`, format: "~s", tickCount: narrow ? 4 : 8 },
        { orient: "left", scale: "y", title: `${board.unit} (less is better ↓)`, format: ".3~f", tickCount: 6 },
      ],
      legends: [{ fill: "fill", shape: "shape", orient: "bottom", columns: narrow ? 2 : 5, symbolSize: 90 }],
      marks: [
        { type: "line", name: "front-line", from: { data: "front" }, interactive: false, aria: false, encode: { enter: {
          x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, stroke: { value: colour("--soft") },
          strokeDash: { value: [5, 4] }, interpolate: { value: "step-after" } } } },
        { type: "symbol", name: "models", from: { data: "points" }, encode: { enter: {
          x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, size: { value: 130 }, cursor: { value: "pointer" },
          fill: { scale: "fill", field: "title" }, shape: { scale: "shape", field: "title" },
          stroke: { value: colour("--card") }, strokeWidth: { value: 1 },
          tooltip: { signal: "datum" }, ariaRoleDescription: { value: "model" },
          description: { field: "told" } } } },
        { type: "text", from: { data: "models" }, interactive: false, aria: false,
          encode: { enter: { text: { field: "datum.id" }, fill: { value: text }, fontSize: { value: 11 } } },
          transform: [{ type: "label", size: [{ signal: "width + 60" }, { signal: "height" }], offset: [5], avoidMarks: ["front-line"],
            anchor: ["right", "top", "bottom", "left", "top-right", "bottom-right"] }] },
      ],
    };
  }

  const tip = document.getElementById("tip");
  function tell(place, lines) {
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(place.x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(place.y + 14, innerHeight - height - 8))}px`;
  }

  function draw(box, spec, told) {
    const tooltip = (handler, event, item, value) => {
      if (value) tell({ x: event.clientX, y: event.clientY }, told(value));
      else tip.hidden = true;
    };
    return drawChart(box, spec, { mode: "vega", ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip });
  }

  /** A question that the filter leaves something of: the one asked for, else the one with most models. */
  function asked() {
    const counts = data.boards.map((board) => [points(board).length, board.slug]).sort((one, other) => other[0] - one[0]);
    const chosen = boards.get(state.board);
    const slug = chosen && points(chosen).length ? state.board : (counts[0] || [])[1];
    document.getElementById("p-board").value = slug;
    return boards.get(slug);
  }

  let drawn = null;
  async function plot() {
    const box = document.getElementById("chart"), says = document.getElementById("chart-says");
    const board = asked();
    const found = board ? points(board) : [];
    if (drawn) drawn.finalize();
    drawn = null;
    box.replaceChildren();
    tip.hidden = true;
    if (!found.length) {
      says.textContent = "Of this question nothing that the filter leaves was measured so.";
      return;
    }
    const told = (point) => [point.id, point.title, `${point.y.toFixed(4)} ${board.unit}`, `${quantity(point.x)} ${axisOf(board)}`];
    drawn = await draw(box, scatter(board, found), told);
    for (const mark of all('path[aria-roledescription="model"]', box)) {
      const point = mark.__data__.datum;
      mark.setAttribute("tabindex", "0");
      mark.setAttribute("role", "link");
      mark.addEventListener("focus", () => { const at = mark.getBoundingClientRect(); tell({ x: at.right, y: at.bottom }, told(point)); });
      mark.addEventListener("blur", () => { tip.hidden = true; });
      mark.addEventListener("click", () => open(point.id));
      mark.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();  // else the key would close again what now has the focus
        open(point.id);
      });
    }
    const names = front(found).map((point) => point.id);
    says.textContent = `${found.length} model${found.length > 1 ? "s" : ""}; on the front: ${names.join(", ")}.`
      + (isTimed() ? ` Measured on ${data.settings[Number(state.machine)]}.` : "");
  }

  // Model by model: charts are drawn when a section opens.

  function lines(title, groups, x, y) {
    const values = groups.flatMap(([name, found]) => found.map(([at, value]) => ({ name, x: at, y: value })));
    return {
      $schema: "https://vega.github.io/schema/vega/v6.json", width: 290, height: 160, padding: 5, description: title,
      config: axisColours(), data: [{ name: "points", values }],
      scales: [
        { name: "x", type: "log", range: "width", domain: { data: "points", field: "x" } },
        { name: "y", type: y.log ? "log" : "linear", range: "height", zero: false, nice: true, domain: y.domain || { data: "points", field: "y" } },
        { name: "stroke", type: "ordinal", domain: groups.map(([name]) => name), range: [COLOURS[0], COLOURS[1]] },
      ],
      axes: [
        { orient: "bottom", scale: "x", title: x, format: "~s", tickCount: 5, labelOverlap: true },
        { orient: "left", scale: "y", title: y.title, tickCount: 5, format: y.log ? ".0e" : "~g" },
      ],
      legends: groups.length > 1 ? [{ stroke: "stroke", orient: "top", symbolType: "stroke", direction: "horizontal" }] : [],
      marks: [{ type: "group", from: { facet: { name: "one", data: "points", groupby: "name" } }, aria: false, marks: [
        { type: "line", from: { data: "one" }, encode: { enter: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" },
          stroke: { scale: "stroke", field: "name" }, strokeWidth: { value: 2 } } } },
        { type: "symbol", from: { data: "one" }, encode: { enter: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" },
          fill: { scale: "stroke", field: "name" }, size: { value: 24 }, tooltip: { signal: "datum" } } } },
      ] }],
    };
  }

  function fill(details) {
    for (const box of all("[data-curve], [data-distances]", details)) {
      if (box.dataset.drawn) continue;
      box.dataset.drawn = "1";
      const model = models.get(box.dataset.curve || box.dataset.distances);
      const unit = model.symbol === "dim" ? "bits/dim" : `bits/${model.symbol}`;
      const spec = box.dataset.curve
        ? lines(`Training curve of ${model.id}`, Object.entries(model.curve), "step", { title: unit })
        : lines(`Influence by distance of ${model.id}`, [["influence", model.distances.filter((pair) => pair[1] > 1e-6)]],
          "symbols back", { title: "relative influence", log: true });
      draw(box, spec, (point) => [`${point.name}: ${Number(point.y.toPrecision(4))}`, `at ${quantity(point.x)}`]);
    }
  }

  function open(id, move = true) {
    const details = document.getElementById(`m-${id}`);
    if (!details) return;
    details.open = true;
    state.model = id;
    writeAddress();
    if (!move) return;
    details.scrollIntoView({ block: "start" });
    details.querySelector("summary").focus({ preventScroll: true });
  }

  // What happens.

  function apply() {
    showControls();
    fillSpeeds();
    filter();
    sort();
    plot();
    writeAddress();
  }

  for (const control of controls) {
    control.addEventListener("input", () => {
      state[control.dataset.filter] = valueOf(control);
      if (["board", "x", "front", "logy"].includes(control.dataset.filter)) { plot(); writeAddress(); }
      else apply();
    });
  }
  document.querySelector("form.filters").addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("form.filters").addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(state, initial, { sort: "", dir: "", board: state.board, x: state.x });
    apply();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("th[data-key] button");
    const link = event.target.closest("a[data-open]");
    const plotted = event.target.closest("a[data-plot]");
    if (button) {
      const key = button.parentElement.dataset.key;
      state.dir = state.sort === key && state.dir !== "desc" ? "desc" : "";
      state.sort = key;
      sort();
      writeAddress();
    } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link.dataset.open);
    } else if (plotted) {
      event.preventDefault();
      state.board = plotted.dataset.plot;
      showControls();
      writeAddress();
      plot();
      document.getElementById("tradeoffs").scrollIntoView();
      document.getElementById("p-board").focus({ preventScroll: true });
    }
  });
  for (const details of all("details.model")) {
    details.addEventListener("toggle", () => {
      if (details.open) fill(details);
      else if (state.model === details.dataset.id) { state.model = ""; writeAddress(); }
    });
  }
  function follow() {
    const found = readAddress();
    if (found) Object.assign(state, initial, { sort: "", dir: "", model: "" }, found);
    return found;
  }
  function show() {
    apply();
    if (state.model) open(state.model);
  }
  addEventListener("hashchange", () => { if (follow()) show(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot();
    for (const box of all("[data-drawn]")) { delete box.dataset.drawn; box.replaceChildren(); }
    for (const details of all("details.model[open]")) fill(details);
  });
  let width = innerWidth, waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (innerWidth !== width) { width = innerWidth; plot(); } }, 150);
  });
  state.board = initial.board = "";  // the page's own choice is not part of an address
  fillGallery();
  follow();
  show();
})();
