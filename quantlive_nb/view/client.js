// Runs in the browser: beats, follows the mouse over the charts and saves files. One render a view;
// files are saved once a model. silence.js, theme.js and address.js are read before it.

const BEAT_MS = 5000;

function save(message, buffers) {
  const parts = buffers.map((b) => (b.buffer ? new Uint8Array(b.buffer, b.byteOffset, b.byteLength) : b));
  const url = URL.createObjectURL(new Blob(parts, { type: message.mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = message.name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function ancestor(el) {
  return new Promise((resolve) => {
    const look = (left) => {
      const root = el.closest(".ql-root");
      if (root && root.isConnected) resolve(root);
      else if (left > 0) setTimeout(() => look(left - 1), 50);
    };
    look(600);
  });
}

function element(name, parent) {
  const made = document.createElement("div");
  made.className = name;
  made.hidden = true;
  parent.appendChild(made);
  return made;
}

function spelled(ms, every) {
  const text = new Date(ms).toISOString();
  const time = every < 1000 ? text.slice(11, 23) : every < 86400000 ? text.slice(11, 19) : "";
  return `${every >= 60000 ? text.slice(0, 10) + " " : ""}${time} UTC`;
}

function crosshair(root, model, send, signal) {
  const charts = root.querySelector(".ql-charts");
  const line = element("ql-cross", charts);
  const label = element("ql-cross-time", charts);
  let scale = null;
  let at = null;
  const name = model.get("scale");
  if (typeof name === "string")
    model.widget_manager.get_model(name.slice("IPY_MODEL_".length)).then((found) => (scale = found));
  else scale = name;

  const tell = (ms) => {
    if (ms === at) return;
    at = ms;
    send({ kind: "hover", at: ms });
  };
  const leave = () => {
    line.hidden = label.hidden = true;
    tell(null);
  };
  const move = (event) => {
    const chart = event.target.closest(".ql-chart");
    const area = chart && chart.querySelector(".plotarea_events");
    if (!area || !scale || scale.get("min") == null) return leave();
    const box = area.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    if (part < 0 || part > 1) return leave();
    const low = new Date(scale.get("min")).getTime();
    const high = new Date(scale.get("max")).getTime();
    const every = model.get("every_ms");
    const open = Math.floor((low + part * (high - low)) / every) * every;
    const middle = (open + every / 2 - low) / (high - low);
    const frame = charts.getBoundingClientRect();
    const x = box.left - frame.left + Math.min(Math.max(middle, 0), 1) * box.width;
    line.style.left = label.style.left = `${x}px`;
    label.textContent = spelled(open, every);
    line.hidden = label.hidden = false;
    tell(open);
  };
  // Pointer events: those of the mouse do not get here while the axis is dragged.
  charts.addEventListener("pointermove", move, { signal });
  charts.addEventListener("pointerup", move, { signal });
  charts.addEventListener("pointerleave", leave, { signal });
  signal.addEventListener("abort", () => {
    line.remove();
    label.remove();
  });
}

export default {
  initialize({ model }) {
    model.on("msg:custom", (message, buffers) => {
      if (message.kind === "download") save(message, buffers);
    });
  },

  render({ model, el }) {
    el.style.display = "none";
    const ending = new AbortController();
    const signal = ending.signal;
    const view = Math.random().toString(36).slice(2);
    const send = (message) => {
      try {
        model.send({ view, ...message });
      } catch {
        // The kernel is gone: the banner says so.
      }
    };
    const beat = (resync = false) =>
      send({ kind: "beat", visible: document.visibilityState !== "hidden", resync });
    document.addEventListener("visibilitychange", () => beat(), { signal });
    const timer = setInterval(beat, BEAT_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    keepAddress(model, send, signal);
    beat();
    followSystem(model.get("theme"), signal);
    ancestor(el).then((root) => {
      if (signal.aborted) return;
      crosshair(root, model, send, signal);
      watch(root, model, () => beat(true), signal);
    });
    return () => {
      ending.abort();
      send({ kind: "gone" });
    };
  },
};
