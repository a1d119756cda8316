"""What stands before Voilà's page while it loads: dark setting, farewell, and a sign of life.

This file knows no kernel and no market. Where a page begins in another way, nothing is put there.
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
"""Voilà's light page would be white until its widgets are there."""
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
"""Whoever leaves before Voilà's scripts run gives the kernel back too."""
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
    """A part of Voilà's page; if it is the first, with what stands before the rest.

    Parameters
    ----------
    is_system : bool
        Whether nobody has chosen a theme.

    Examples
    --------
    >>> prefaced("<div>", is_system=True)
    '<div>'
    """
    return html.replace(HEAD, HEAD + (DARK if is_system else "") + FAREWELL + PATIENCE, 1)
