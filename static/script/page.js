// What makes pages nicer where scripts run: theme switch, copy buttons, menus that close. Pages work without it.

const SUN = "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M3 13l1.1-1.1M11.9 4.1L13 3";
const MOON = "M13.5 9.6A6 6 0 1 1 6.4 2.5a4.8 4.8 0 0 0 7.1 7.1z";

// MLflow clients print addresses such as /#/experiments/1/runs/<id>. What stands behind # never reaches a server, so the
// page that opens there goes on to where the thing is.
const CLIENT_LINKS = [
  [/^#\/experiments\/\d+\/runs\/([0-9a-f]{32})/, "/runs/"],
  [/^#\/experiments\/(\d+)/, "/experiments/"],
];

function followClientLink() {
  for (const [pattern, place] of CLIENT_LINKS) {
    const found = location.hash.match(pattern);
    if (found) return location.replace(place + found[1]);
  }
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function drawIcon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { class: "icon", viewBox: "0 0 16 16", fill: "none", stroke: "currentColor", "stroke-width": "1.6" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", path);
  return svg;
}

function prepareThemeSwitch(button) {
  const show = () => {
    button.replaceChildren(drawIcon(isDark() ? SUN : MOON));
    button.setAttribute("aria-label", isDark() ? "Use the light theme" : "Use the dark theme");
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Then it holds for this page only.
    }
    show();
  });
  show();
  button.hidden = false;
}

function prepareCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

function preparePrintButtons() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.querySelector("span:not(.unseen)");
  const said = button.getAttribute("aria-label");
  if (words) words.textContent = "Copied";
  else button.setAttribute("aria-label", "Copied");
  button.classList.add("good");
  setTimeout(() => {
    if (words) words.textContent = "Copy";
    else button.setAttribute("aria-label", said);
    button.classList.remove("good");
  }, 1600);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// On a narrow screen the navigation and the tabs are wider than it: the present page stays in sight.
function showPresentPage() {
  for (const here of document.querySelectorAll(":is(.nav, .tabs) > [aria-current=page]")) {
    const strip = here.parentElement;
    strip.scrollLeft += Math.max(0, here.getBoundingClientRect().right - strip.getBoundingClientRect().right);
  }
}

followClientLink();
showPresentPage();
addEventListener("hashchange", followClientLink);
for (const button of document.querySelectorAll("[data-theme-switch]")) prepareThemeSwitch(button);
prepareCopyButtons(document);
preparePrintButtons();
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.querySelectorAll) prepareCopyButtons(node);
}).observe(document.body, { childList: true, subtree: true });
