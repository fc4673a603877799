// What htmx leaves to us: focus and announcements after a swap, the visitor's time zone, arrow
// keys in the month table, times that went meanwhile. Nothing here is needed to book.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const MINUTE = 60000;
  const words = JSON.parse(one("#live").dataset.words);
  const forward = document.documentElement.dir === "rtl" ? -1 : 1;
  let inside = false;
  let wanted = null;
  let holdTimer = 0;
  let seen = Date.now();

  const say = (sentence) => {
    const live = one("#live");
    if (!live || !sentence) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = sentence; }, 60);
  };

  // The month table: one tab stop; arrows move between days that can be opened.
  const days = () => all(".month td a");
  const rove = (chosen) => {
    const links = days();
    const stop = chosen || one(".month td a[aria-current]") || links[0];
    links.forEach((link) => { link.tabIndex = link === stop ? 0 : -1; });
    return stop;
  };
  const number = (link) => parseInt(link.textContent, 10);
  const turn = (id, day) => {
    const link = one("a#" + id);
    if (link) { wanted = day; link.click(); }
  };
  const move = (event) => {
    const here = event.target.closest(".month td a");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const links = days();
    const at = number(here);
    const later = (by) => links.find((link) => number(link) >= at + by) || turn("later", 1);
    const earlier = (by) =>
      links.filter((link) => number(link) <= at - by).pop() || turn("earlier", 31);
    const week = all("a", here.closest("tr"));
    const aside = (by) => (by > 0 ? later(1) : earlier(1));
    const keys = {
      ArrowRight: () => aside(forward),
      ArrowDown: () => later(7),
      ArrowLeft: () => aside(-forward),
      ArrowUp: () => earlier(7),
      Home: () => week[0],
      End: () => week[week.length - 1],
      PageDown: () => turn("later", at),
      PageUp: () => turn("earlier", at),
      ".": () => one("#day"),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    const next = keys[event.key]();
    if (!next) return;
    if (next.id !== "day") rove(next);
    next.focus();
  };

  // A day is a plain link; said once here, the part with a full month stays small.
  const open = (event) => {
    const day = event.target.closest(".month td a");
    if (!day || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const where = { source: day, target: "#times", swap: "outerHTML" };
    window.htmx.ajax("GET", day.getAttribute("href"), where);
  };

  // The visitor's own zone: taken when the address names none, offered when it names another.
  const zone = () => {
    const times = one("#times");
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!times || !times.dataset.url || !own || own === times.dataset.zone || "locked" in times.dataset) return;
    const url = new URL(times.dataset.url, location.href);
    url.searchParams.set("tz", own);
    const link = one("#own");
    if ("chosen" in times.dataset) {
      link.href = url.pathname + url.search;
      link.textContent = words.own.replace("{}", own.split("/").pop().replace(/_/g, " "));
      link.hidden = false;
    } else {
      url.searchParams.set("auto", "1");
      url.searchParams.set("was", times.dataset.zone);
      window.htmx.ajax("GET", url.pathname + url.search, { target: "#times", swap: "outerHTML" });
    }
  };

  // Times that somebody else took while this page was open: marked, never moved.
  const refresh = async () => {
    const times = one("#times");
    if (!times || !times.dataset.url || document.hidden) return;
    seen = Date.now();
    try {
      const answer = await fetch(times.dataset.url, { headers: { "HX-Request": "true" } });
      if (!answer.ok || !times.isConnected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const free = new Set(all("button[name=start]", fresh).map((button) => button.value));
      all("button[name=start]", times).forEach((button) => {
        if (button.disabled || free.has(button.value)) return;
        button.disabled = true;
        const note = document.createElement("small");
        note.textContent = words.taken;
        button.append(" ", note);
      });
    } catch { /* offline: the next round tries again */ }
  };

  const hold = () => {
    clearTimeout(holdTimer);
    const part = one("[data-until]");
    if (!part) return;
    const left = part.dataset.until * 1000 - Date.now() - 2 * MINUTE;
    if (left < 0) return;
    holdTimer = setTimeout(() => {
      one("#hold").classList.add("warn");
      say(words.ending + (one("#keep") ? " " + words.keep : ""));
    }, left);
  };

  const arrive = () => { rove(); hold(); };

  document.addEventListener("htmx:beforeSwap", (event) => {
    inside = event.detail.target.contains(document.activeElement);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const whole = event.detail.target.id === "main";
    const part = one(whole ? "#main > *" : "#times");
    if (!part) return;
    if (whole && part.dataset.title) document.title = part.dataset.title;
    one("#flash").textContent = "";
    let stop = rove();
    if (wanted) {
      stop = days().filter((link) => number(link) <= wanted).pop() || days()[0];
      if (stop) { rove(stop); stop.focus(); }
      wanted = null;
    } else if (whole || (inside && !part.contains(document.activeElement))) {
      (one("[data-focus]", part) || one("#day", part) || one("#main")).focus();
    }
    // An alert speaks for itself.
    if (!one("[role=alert]", part)) say(part.dataset.say || part.dataset.title);
    hold();
    if ("chosen" in part.dataset) zone();
  });
  ["htmx:sendError", "htmx:timeout"].forEach((name) =>
    document.addEventListener(name, () => {
      one("#flash").innerHTML = '<p class="note warn" role="alert"></p>';
      one("#flash p").textContent = words.offline;
    }));
  document.addEventListener("keydown", move);
  document.addEventListener("click", open);
  // The foot stays while parts come and go: another language means the page as it is now.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".langs a");
    if (!link) return;
    const url = new URL(location);
    url.searchParams.set("lang", link.hreflang);
    link.href = url.pathname + url.search;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - seen > 2 * MINUTE) refresh();
  });
  setInterval(refresh, MINUTE);
  arrive();
  zone();
})();
