// Keeps what the page shows in its address, so that a reload, also the one that the page does by
// itself, shows it again. Only in Voilà: JupyterLab's address is its own.

const CHOICES = ["y", "x", "every", "bars", "refresh", "hedge", "z", "correlation", "threshold"];

function keepAddress(model, send, signal) {
  if (!document.body.dataset.voila) return;
  send({ kind: "address", query: location.search.slice(1) });
  const write = () => {
    const query = new URLSearchParams(location.search);
    for (const name of CHOICES) query.delete(name);
    for (const [name, value] of new URLSearchParams(model.get("address"))) query.set(name, value);
    const text = query.toString();
    history.replaceState(history.state, "", `${location.pathname}${text && "?" + text}${location.hash}`);
  };
  model.on("change:address", write);
  signal.addEventListener("abort", () => model.off("change:address", write));
}
