// Follows the system's dark setting on a page of Voilà's whose theme nobody has chosen. JupyterLab
// has a theme of its own, which the style sheet reads; so has a page that was given one.

function followSystem(theme, signal) {
  const { body } = document;
  const isGiven = new URLSearchParams(location.search).has("theme");
  const isDark = body.dataset.jpThemeLight === "false" && !body.dataset.qlSystem;
  if (!body.dataset.voila || theme !== "auto" || isGiven || isDark) return;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    body.dataset.qlSystem = system.matches ? "dark" : "light";
    body.dataset.jpThemeLight = String(!system.matches);
  };
  system.addEventListener("change", follow, { signal });
  follow();
}
