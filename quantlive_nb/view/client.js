// Runs in the browser: beats, follows the mouse over the charts, saves files, tells when the
// kernel is silent, and asks Voilà for another one. One render a view; files are saved once a model.

const BEAT_MS = 5000;
const STALE_MS = 12000;
const RENEW_MS = 30000;
const RENEWED = "ql-renewed";

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

// A kernel of Voilà's that is gone (its server was started anew, the laptop slept) does not come
// back, but whoever loads the page gets another one: once a minute at most, when the server is there.
function renewal() {
  let tried = 0;
  return async (silent) => {
    const now = Date.now();
    const last = Number(sessionStorage.getItem(RENEWED) || 0);
    if (!document.body.dataset.voila || silent < RENEW_MS) return;
    if (now - tried < BEAT_MS || now - last < 2 * RENEW_MS) return;
    tried = now;
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      if (answer.status >= 500) return;
    } catch {
      return;
    }
    sessionStorage.setItem(RENEWED, now);
    location.reload();
  };
}

function watch(root, model, beat, signal) {
  const banner = element("ql-stale", root);
  banner.setAttribute("role", "alert");
  let seen = Date.now();
  let last = model.get("pulse");
  const pulse = () => {
    const now = model.get("pulse");
    const missed = now - last > 1;
    last = now;
    seen = Date.now();
    banner.hidden = true;
    if (missed) beat(true);
  };
  model.on("change:pulse", pulse);
  document.addEventListener("visibilitychange", () => (seen = Date.now()), { signal });
  const renew = renewal();
  const timer = setInterval(() => {
    if (document.visibilityState === "hidden" || Date.now() - seen < STALE_MS) return;
    renew(Date.now() - seen);
    const time = new Date(seen).toISOString().slice(11, 19);
    banner.textContent = `STALE: no word from the kernel since ${time} UTC. Reload the page, or run its cell again.`;
    banner.hidden = false;
  }, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    model.off("change:pulse", pulse);
    banner.remove();
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
    beat();
    ancestor(el).then((root) => {
      if (signal.aborted) return;
      crosshair(root, model, send, signal);
      watch(root, model, beat, signal);
    });
    return () => {
      ending.abort();
      send({ kind: "gone" });
    };
  },
};
