"""HTML before Voilà's page while it loads: the dark mode, and a handler for an early leave.

Nothing is inserted if the page does not start as expected.
"""

__all__ = ["prefaced"]

HEAD = "<head>"
DARK = """
<meta name="color-scheme" content="light dark">
<style>
@media (prefers-color-scheme: dark) {
  html, body[data-voila] { --jp-layout-color0: #111; background: #111; color-scheme: dark; }
  body[data-voila] #loading { color: #9aa5af; }
}
</style>
<script>
new MutationObserver((_, watching) => {
  if (!document.body) return;
  watching.disconnect();
  if (!matchMedia("(prefers-color-scheme: dark)").matches) return;
  document.body.dataset.qlSystem = "dark"; // theme.js goes on from there
  document.body.dataset.jpThemeLight = "false";
}).observe(document.documentElement, { childList: true });
</script>"""
"""Without it, Voilà's page would be white until its widgets are drawn."""
FAREWELL = """
<script>
{
let isMade = false; // until then the server sees by itself that nobody waits for it
addEventListener("DOMContentLoaded", () => { isMade = true; });
addEventListener("pagehide", ({ persisted }) => {
  const told = document.getElementById("jupyter-config-data");
  if (persisted || !told || !isMade) return;
  if (document.querySelector(".ql-root")) return; // Voilà's own scripts run, and say it
  const { baseUrl, kernelId } = JSON.parse(told.textContent);
  navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`);
});
}
</script>"""
"""Releases the kernel of a visitor who leaves before Voilà's scripts run."""
PATIENCE = """
<script>
{
const asking = setInterval(async () => {
  if (document.querySelector(".ql-root")) return clearInterval(asking);
  const told = document.getElementById("jupyter-config-data");
  if (!told) return;
  const { baseUrl, kernelId } = JSON.parse(told.textContent);
  const place = `${baseUrl}api/kernels/${kernelId}`;
  const answer = await fetch(place, { cache: "no-store" }).catch(() => null);
  const last = Number(sessionStorage.getItem("ql-renewed") || 0);
  if (answer?.status !== 404 || Date.now() - last < 60000) return;
  sessionStorage.setItem("ql-renewed", Date.now());
  location.reload();
}, 3000);
}
</script>"""
"""A browser that takes long to load Voilà's scripts asks for its kernel meanwhile, so that the
server knows that it is there; where the kernel is gone, the page is loaded anew, once a minute."""


def prefaced(html: str, *, is_system: bool) -> str:
    """A part of Voilà's page; the first one gets the preface.

    Parameters
    ----------
    is_system : bool
        Whether no theme was chosen.

    Examples
    --------
    >>> prefaced("<div>", is_system=True)
    '<div>'
    """
    return html.replace(HEAD, HEAD + (DARK if is_system else "") + FAREWELL + PATIENCE, 1)
