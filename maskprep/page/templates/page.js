// The page: languages, light and dark, filters, order, ticks, and viewers as they are opened.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "role") made.setAttribute("role", value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

const Page = {
  root: document.documentElement,
  table: JSON.parse(document.getElementById("words").textContent),
  set: JSON.parse(document.getElementById("of-set").textContent),
  pairs: [...document.querySelectorAll(".pair")],
  viewers: new Map(),

  words: (key) => Page.table[Page.root.lang][key],

  speak(language) {
    Page.root.lang = language;
    document.getElementById("language").value = language;
    for (const each of document.querySelectorAll("[data-w]")) each.textContent = Page.words(each.dataset.w);
    for (const each of document.querySelectorAll("[data-w-label]")) each.ariaLabel = Page.words(each.dataset.wLabel);
    for (const details of document.querySelectorAll("details[open]")) Page.look(details, true);
  },

  async look(details, again = false) {
    const pair = details.closest(".pair"), data = details.querySelector(".data");
    if (!data || (Page.viewers.has(pair) && !again)) return;
    const place = details.querySelector(".viewer");
    clearInterval(Page.viewers.get(pair)?.timer);
    Page.viewers.set(pair, null);
    place.replaceChildren();
    Page.viewers.set(pair, await Viewer.open(place, JSON.parse(data.textContent), Page.words));
  },

  filter(rule) {
    for (const chip of document.querySelectorAll(".chip")) chip.ariaPressed = String(chip.dataset.rule === rule);
    let shown = 0;
    for (const pair of Page.pairs) {
      const rules = pair.dataset.rules.split(" ").filter(Boolean);
      pair.hidden = Boolean(rule) && !(rule === "none" ? !rules.length : rules.includes(rule));
      shown += !pair.hidden;
    }
    document.getElementById("shown").textContent = shown;
  },

  sort(key) {
    const upward = key === "worst" || key === "coverage", by = key === "worst" ? "place" : key;
    const order = [...Page.pairs].sort((one, other) => {
      const difference = Number(one.dataset[by]) - Number(other.dataset[by]);
      return (upward ? difference : -difference) || Number(one.dataset.place) - Number(other.dataset.place);
    });
    document.getElementById("grid").append(...order);
  },

  // Ticks are kept by the browser where it lets files keep anything.
  ticks: {
    key: (pair) => `maskprep:${Page.set.name}:${pair.dataset.name}`,
    read(pair) {
      try { return localStorage.getItem(Page.ticks.key(pair)) ?? ""; } catch { return ""; }
    },
    keep(pair, tick) {
      try {
        if (tick) localStorage.setItem(Page.ticks.key(pair), tick);
        else localStorage.removeItem(Page.ticks.key(pair));
      } catch { /* they last as long as the page then */ }
    },
    set(pair, tick) {
      for (const each of ["accepted", "rejected"]) pair.classList.toggle(each, each === tick);
      pair.querySelector(".accept").checked = tick === "accepted";
      pair.querySelector(".reject").checked = tick === "rejected";
      for (const each of ["accepted", "rejected"]) {
        document.getElementById(each).textContent = Page.ticks.list(each).length;
      }
    },
    list: (tick) => Page.pairs.filter((pair) => pair.classList.contains(tick)).map((pair) => pair.dataset.name),
    save(tick) {
      const lines = Page.ticks.list(tick).map((name) => name + "\n");
      const link = element("a", { href: URL.createObjectURL(new Blob(lines, { type: "text/plain" })), download: `${tick}.txt` });
      link.click();
      URL.revokeObjectURL(link.href);
    },
  },

  async copy(button) {
    const text = button.closest(".command").querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(button.closest(".command").querySelector("code"));
      document.execCommand("copy");
    }
    button.textContent = Page.words("copied");
    setTimeout(() => (button.textContent = Page.words("copy")), 1500);
  },

  start() {
    Page.root.classList.add("scripted");
    const spoken = navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in Page.table);
    if ("byBrowser" in Page.root.dataset && spoken && spoken !== Page.root.lang) Page.speak(spoken);
    document.getElementById("language").onchange = (event) => Page.speak(event.target.value);
    document.getElementById("theme").onclick = () => {
      const dark = Page.root.dataset.theme ? Page.root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      Page.root.dataset.theme = dark ? "light" : "dark";
    };
    document.getElementById("sort").onchange = (event) => Page.sort(event.target.value);
    for (const tick of ["accepted", "rejected"]) {
      document.getElementById(`save-${tick}`).onclick = () => Page.ticks.save(tick);
    }
    for (const chip of document.querySelectorAll(".chip")) chip.onclick = () => Page.filter(chip.dataset.rule);
    document.addEventListener("click", (event) => {
      const button = event.target.closest?.(".copy");
      if (button) Page.copy(button);
    });
    for (const pair of Page.pairs) {
      const tick = Page.ticks.read(pair), details = pair.querySelector("details");
      if (tick) Page.ticks.set(pair, tick);
      details.addEventListener("toggle", () => details.open && Page.look(details));
      pair.querySelector(".ticks").onchange = ({ target }) => {
        const chosen = target.checked ? (target.className === "accept" ? "accepted" : "rejected") : "";
        Page.ticks.set(pair, chosen);
        Page.ticks.keep(pair, chosen);
      };
    }
  },
};

// A page that `maskprep watch` writes anew: it looks whether it has been, and stays where one was.
const Follow = {
  key: "maskprep:here",
  // What lies beside a file on disk can be seen, and not be read: the picture is as wide as the revision.
  look() {
    if (document.hidden) return;
    const mark = new Image();
    mark.onload = () => {
      if (mark.naturalWidth === Number(Page.root.dataset.revision)) return;
      Follow.keep();
      location.reload();
    };
    mark.src = `${encodeURIComponent(Page.root.dataset.mark)}?${Date.now()}`;
  },
  keep() {
    const open = Page.pairs.filter((pair) => pair.querySelector("details").open);
    const here = {
      page: location.pathname,
      language: Page.root.lang,
      theme: Page.root.dataset.theme,
      rule: document.querySelector(".chip[aria-pressed=true]").dataset.rule,
      sort: document.getElementById("sort").value,
      open: open.map((pair) => pair.dataset.name),
      top: scrollY,
    };
    try { sessionStorage.setItem(Follow.key, JSON.stringify(here)); } catch { /* it begins at its top then */ }
  },
  restore() {
    let here;
    try { here = JSON.parse(sessionStorage.getItem(Follow.key)); } catch { return; }
    if (here?.page !== location.pathname) return;
    sessionStorage.removeItem(Follow.key);
    if (here.language !== Page.root.lang) Page.speak(here.language);
    if (here.theme) Page.root.dataset.theme = here.theme;
    document.getElementById("sort").value = here.sort;
    Page.sort(here.sort);
    if (document.querySelector(`.chip[data-rule="${here.rule}"]`)) Page.filter(here.rule);
    for (const pair of Page.pairs) pair.querySelector("details").open = here.open.includes(pair.dataset.name);
    scrollTo(0, here.top);
  },
  start() {
    if (!("revision" in Page.root.dataset)) return;
    Follow.restore();
    setInterval(Follow.look, 500);
    document.addEventListener("visibilitychange", Follow.look);
  },
};

Page.start();
Follow.start();
