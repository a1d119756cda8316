// The table of a scan, sorted by a click on its head, and its heat map; a click on a row or on a
// cell asks for that pair. Drawn anew when the rows change, and only then.

const HEADS = [
  ["pair", "Pair", "Y explained by X"],
  ["stat", "Statistic", "Engle-Granger: t of the spread's lagged level; the more negative, the further from H0"],
  ["p", "p", "If there were one pair: chance of this statistic without cointegration"],
  ["q", "q", "In view of all pairs tested (Benjamini-Hochberg); judge by this"],
  ["half_life", "Half-life", "Time in which half of a deviation goes; withheld where p is not below 5 %"],
  ["correlation", "Correlation", "Of the returns"],
  ["beta", "Hedge ratio", "Percent of Y per percent of X"],
  ["hurdle", "Hurdle", "What a return to the mean earns, over the cost of the round trip; below 1 it does not pay"],
  ["holdout_p", "Holdout p", "The same test on the last bars alone, which chose nothing"],
];
const MOST_SYMBOLS = 24;

function made(name, attributes, ...children) {
  const el = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") el.className = value;
    else if (value !== null && value !== undefined) el.setAttribute(key, value);
  }
  el.append(...children);
  return el;
}

function sorted(rows, key, sign) {
  const value = (row) => (key === "pair" ? `${row.y} ${row.x}` : row[key]);
  return [...rows].sort((a, b) => {
    const [u, v] = [value(a), value(b)];
    if (u === null || v === null) return (u === null) - (v === null); // what is absent comes last
    return sign * (typeof u === "string" ? u.localeCompare(v) : u - v);
  });
}

function table(rows, order, sort, pick) {
  const heads = HEADS.map(([key, label, title]) => {
    const how = order.key === key ? (order.sign > 0 ? "ascending" : "descending") : "none";
    const head = made("button", { type: "button", title, "data-key": key }, label);
    head.onclick = () => sort(key);
    return made("th", { "aria-sort": how, scope: "col" }, head);
  });
  const lines = sorted(rows, order.key, order.sign).map((row) => {
    const name = made("button", { type: "button", title: `Show ${row.y} on ${row.x}` }, `${row.y} on ${row.x}`);
    name.onclick = () => pick(row);
    const cells = HEADS.slice(1).map(([key]) => made("td", { "data-key": key, "data-value": row[key] }, row.text[key]));
    const kind = row.q !== null && row.q <= 0.05 ? "ql-scan-row ql-scan-found" : "ql-scan-row";
    return made("tr", { class: kind, "data-y": row.y, "data-x": row.x }, made("th", { scope: "row" }, name), ...cells);
  });
  return made("div", { class: "ql-scan-table" }, made("table", {}, made("thead", {}, made("tr", {}, ...heads)), made("tbody", {}, ...lines)));
}

function heat(rows, pick) {
  const symbols = [...new Set(rows.flatMap((row) => [row.y, row.x]))].sort();
  if (symbols.length < 2 || symbols.length > MOST_SYMBOLS) return made("div", { class: "ql-scan-heat" });
  const by = new Map(rows.map((row) => [`${row.y} ${row.x}`, row]));
  const top = made("tr", {}, made("th", {}), ...symbols.map((x) => made("th", { scope: "col" }, made("span", {}, x))));
  const lines = symbols.map((y) => {
    const cells = symbols.map((x) => {
      const row = by.get(`${y} ${x}`);
      if (!row) return made("td", { class: "ql-scan-none" });
      // From p = 1 (nothing) to p = 1e-6 (all), by its logarithm.
      const depth = row.p === null ? 0 : Math.min(Math.max(-Math.log10(Math.max(row.p, 1e-6)) / 6, 0), 1);
      const look = { style: `--depth:${(100 * depth).toFixed(0)}%`, class: depth > 0.45 ? "ql-scan-deep" : "" };
      const cell = made("button", { type: "button", title: `${y} on ${x}: p ${row.text.p}, q ${row.text.q}`, ...look }, row.text.p);
      cell.setAttribute("aria-label", cell.title);
      cell.onclick = () => pick(row);
      return made("td", { "data-y": y, "data-x": x, "data-value": row.p }, cell);
    });
    return made("tr", {}, made("th", { scope: "row" }, y), ...cells);
  });
  const caption = made("caption", {}, "p of each pair, Y down, X across: the darker, the smaller");
  return made("div", { class: "ql-scan-heat" }, made("table", {}, caption, made("thead", {}, top), made("tbody", {}, ...lines)));
}

function render({ model, el }) {
  let order = { key: "p", sign: 1 };
  const pick = (row) => model.send({ kind: "pair", y: row.y, x: row.x });
  const sort = (key) => {
    order = { key, sign: order.key === key ? -order.sign : 1 };
    draw();
  };
  const draw = () => {
    const rows = model.get("rows");
    el.replaceChildren(...(rows.length ? [table(rows, order, sort, pick), heat(rows, pick)] : []));
  };
  model.on("change:rows", draw);
  draw();
  return () => model.off("change:rows", draw);
}

export default { render };
