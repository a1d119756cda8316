// Tells that the kernel is silent: the badge, the numbers and the charts turn, here in the browser,
// because nobody else can. It knows no data. It also asks Voilà for another kernel.

const STALE_MS = 8000; // the kernel beats every two to three seconds
const RENEW_MS = 30000;
const RETRY_MS = 5000;
const NAP_MS = 5000; // the page looks every second
const DRIFT = 2e-4;
const RENEWED = "ql-renewed";

function time(ms) {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}

// A kernel of Voilà's that is gone (its server was started anew, the laptop slept) does not come
// back, but whoever loads the page gets another one: once a minute at most, when the server is there.
function renewal() {
  let tried = 0;
  return async (silent) => {
    const now = Date.now();
    const last = Number(sessionStorage.getItem(RENEWED) || 0);
    if (!document.body.dataset.voila || silent < RENEW_MS) return;
    if (now - tried < RETRY_MS || now - last < 2 * RENEW_MS) return;
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

function advice() {
  if (!navigator.onLine) return "This browser is offline.";
  if (document.body.dataset.voila) return "The page loads itself again when the server answers.";
  return "Run its cell again.";
}

// The badge lies beside the kernel's own, which the style sheet hides while the page is silent.
function badge(root) {
  const made = element("ql-silence", root.querySelector(".ql-top"));
  made.innerHTML = '<span class="ql-state ql-state-stale" data-state="STALE"><i>◌</i> STALE</span> <span></span>';
  return (text) => {
    made.hidden = !text;
    made.lastChild.textContent = text;
    root.classList.toggle("ql-silent", Boolean(text));
  };
}

// How long ago what is heard now was sent. The two clocks need not agree, nor run at quite the same
// pace: the least delay counts as none. Who slept, or was hidden, begins to measure anew.
function delay() {
  let least = Infinity;
  let before = performance.now();
  let looked = before;
  return {
    look() {
      const now = performance.now();
      if (now - looked > NAP_MS) least = Infinity;
      looked = now;
    },
    of(sent) {
      const now = performance.now();
      least = Math.min(now - sent, least + DRIFT * (now - before));
      before = now;
      return now - sent - least;
    },
  };
}

// Calls `missed` when a beat of the kernel did not get here, so that what was sent with it is sent again.
function watch(root, model, missed, signal) {
  const banner = element("ql-stale", root);
  banner.setAttribute("role", "alert");
  const show = badge(root);
  const renew = renewal();
  const late = delay();
  const tell = (text) => {
    banner.textContent = text && `STALE: ${text}`;
    banner.hidden = !text;
  };
  let heard = Date.now();
  let visible = heard;
  let last = model.get("pulse");
  const pulse = () => {
    const now = model.get("pulse");
    if (now - last > 1) missed();
    last = now;
    heard = Date.now();
    const behind = late.of(model.get("sent_ms"));
    const since = behind > STALE_MS ? `what is shown was sent ${Math.round(behind / 1000)} s ago` : "";
    show(since);
    tell(since && `${since}. The line or the server is too slow; draw less often: Refresh ms.`);
  };
  const look = () => {
    late.look();
    const now = Date.now();
    if (document.visibilityState === "hidden" || now - heard < STALE_MS) return;
    show(`no word from the kernel since ${time(heard)}`);
    // A hidden page hears nothing: after its return the kernel has its time to answer.
    const silent = now - Math.max(heard, visible);
    if (silent < STALE_MS) return;
    renew(silent);
    tell(`no word from the kernel since ${time(heard)}. ${advice()}`);
  };
  const seen = () => {
    visible = Date.now();
    look();
  };
  model.on("change:pulse", pulse);
  document.addEventListener("visibilitychange", seen, { signal });
  const timer = setInterval(look, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    model.off("change:pulse", pulse);
    banner.remove();
  });
}
