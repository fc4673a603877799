// Extras of the profile editor's "Who": names can be dragged from the list of people or a group
// into another, or sent there by a button. Both tick and untick the boxes of the form, so that
// nothing here is needed: every box can be ticked by hand.
(() => {
  "use strict";
  const form = document.getElementById("editor");
  const people = document.getElementById("accounts");
  if (!form || !people) return;
  const groups = [...form.querySelectorAll(".pf-group")];
  if (!groups.length) return;
  const FAR = 6;      // pixels that make a press a drag
  const EDGE = 72;    // pixels from the window's edge where it begins to scroll

  const say = (sentence) => {
    const live = document.getElementById("live");
    if (live) { live.textContent = ""; setTimeout(() => { live.textContent = sentence; }, 60); }
  };
  const boxes = (place) => [...place.querySelectorAll(".pf-members input[type=checkbox]")];
  const boxOf = (place, person) => boxes(place).find((box) => box.value === person);
  const typedName = (group) => group.querySelector("input[name$='-name']").value.trim();
  const placeName = (place) => place === people ? "People" : typedName(place) || "New group";
  const personName = (box) => box.labels[0].textContent.trim().replace(/\s+/g, " ");
  const gripOf = (box) => box.parentElement.querySelector(".pf-grip");

  // What is shown beside the boxes: sizes of groups, and a grip where there is somebody to move.
  const refresh = () => {
    groups.forEach((group) => {
      const number = boxes(group).filter((box) => box.checked).length;
      const used = group.querySelector("input[name$='-used']").checked;
      const size = number ? `${number} ${number === 1 ? "person" : "people"}` : "nobody yet";
      group.querySelector(".pf-group-size").textContent = size + (used ? "" : ", not in this profile");
      group.querySelector("summary bdi").textContent = placeName(group);
      boxes(group).forEach((box) => { gripOf(box).hidden = !box.checked; });
    });
  };

  // ---------------------------------------------------------------------------------- moving
  const send = (box, from, to, keep = false) => {
    const there = boxOf(to, box.value);
    const name = personName(box);
    const leaves = box.checked && !keep;
    if (there.checked && !leaves) { say(`${name} is in ${placeName(to)} already.`); return; }
    there.checked = true;
    if (leaves) box.checked = false;
    there.dispatchEvent(new Event("change", { bubbles: true }));
    to.classList.remove("pf-landed");
    void to.offsetWidth; // so that the mark shows again
    to.classList.add("pf-landed");
    say(leaves ? `${name} moved from ${placeName(from)} to ${placeName(to)}.`
      : `${name} added to ${placeName(to)}.`);
  };

  // ------------------------------------------------------------------------------ by buttons
  let menu = null;
  const close = (focus) => {
    if (!menu) return;
    const grip = menu.grip;
    menu.list.remove();
    menu = null;
    grip.setAttribute("aria-expanded", "false");
    if (focus) grip.focus();
  };
  const choice = (words, chosen) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn quiet";
    button.textContent = words;
    button.addEventListener("click", chosen);
    return button;
  };
  const openMenu = (grip, box, place) => {
    close(false);
    const list = document.createElement("div");
    list.className = "pf-places";
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", `Where should ${personName(box)} be?`);
    [people, ...groups].filter((to) => to !== place).forEach((to) => {
      const go = (keep) => () => {
        close(false);
        send(box, place, to, keep);
        if (to.matches("details")) to.open = true;
        const lands = keep || !grip.hidden ? grip : gripOf(boxOf(to, box.value));
        lands.focus();
      };
      if (box.checked) list.append(choice(`Move to ${placeName(to)}`, go(false)));
      if (!boxOf(to, box.value).checked) list.append(choice(`Add to ${placeName(to)}`, go(true)));
    });
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); close(true); }
    });
    list.addEventListener("focusout", (event) => {
      if (menu && event.relatedTarget && !list.contains(event.relatedTarget)) close(false);
    });
    box.parentElement.after(list);
    grip.setAttribute("aria-expanded", "true");
    menu = { grip, list };
    list.querySelector("button").focus();
  };

  // ------------------------------------------------------------------------------ by pointer
  let drag = null;
  const targetAt = (x, y) => {
    const under = document.elementFromPoint(x, y);
    const place = under && under.closest(".pf-group, #accounts");
    return place && place !== drag.from ? place : null;
  };
  const begin = () => {
    close(false);
    const ghost = document.createElement("div");
    ghost.className = "pf-ghost";
    ghost.setAttribute("aria-hidden", "true");
    ghost.textContent = personName(drag.box);
    document.body.append(ghost);
    drag.ghost = ghost;
    form.classList.add("pf-dragging");
    [people, ...groups].forEach((place) => {
      if (place !== drag.from) place.classList.add("pf-droppable");
    });
  };
  const scroll = () => {
    if (!drag || !drag.ghost) return;
    const low = window.innerHeight - EDGE;
    const by = drag.y < EDGE ? drag.y - EDGE : drag.y > low ? drag.y - low : 0;
    if (by) { window.scrollBy({ top: by / 6, behavior: "instant" }); mark(); }
    drag.frame = requestAnimationFrame(scroll);
  };
  const mark = () => {
    const over = targetAt(drag.x, drag.y);
    if (over === drag.over) return;
    if (drag.over) drag.over.classList.remove("pf-over");
    if (over) over.classList.add("pf-over");
    drag.over = over;
  };
  const move = (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (!drag.ghost) {
      if (Math.hypot(drag.x - drag.x0, drag.y - drag.y0) < FAR) return;
      begin();
      drag.frame = requestAnimationFrame(scroll);
    }
    event.preventDefault();
    drag.ghost.style.transform = `translate(${drag.x + 12}px, ${drag.y + 8}px)`;
    mark();
  };
  const end = (event, drops) => {
    if (!drag || (event.pointerId !== undefined && event.pointerId !== drag.pointer)) return;
    const { box, from, over, ghost, frame } = drag;
    drag = null;
    if (!ghost) return;
    cancelAnimationFrame(frame);
    ghost.remove();
    form.classList.remove("pf-dragging");
    [people, ...groups].forEach((place) => place.classList.remove("pf-droppable", "pf-over"));
    // The press was no click on the name or the grip.
    const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
    document.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
    if (drops && over) send(box, from, over);
  };
  const press = (event, box, place, byGrip) => {
    // A finger on a name scrolls the page; on the grip it takes the name along.
    if (event.button !== 0 || (!byGrip && event.pointerType !== "mouse")) return;
    if (!box.checked && place !== people) return;
    drag = { box, from: place, pointer: event.pointerId, x0: event.clientX, y0: event.clientY };
  };
  document.addEventListener("pointermove", move, { passive: false });
  document.addEventListener("pointerup", (event) => end(event, true));
  document.addEventListener("pointercancel", (event) => end(event, false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) end({}, false);
  });

  // --------------------------------------------------------------------------------- set-up
  [people, ...groups].forEach((place) => boxes(place).forEach((box) => {
    const grip = document.createElement("button");
    grip.type = "button";
    grip.className = "pf-grip";
    grip.setAttribute("aria-expanded", "false");
    const words = document.createElement("span");
    words.className = "vh";
    words.textContent = `Move or add ${personName(box)}${place === people ? "" : ` of ${placeName(place)}`}`;
    grip.append(words);
    grip.addEventListener("click", () => {
      if (menu && menu.grip === grip) close(true);
      else openMenu(grip, box, place);
    });
    grip.addEventListener("pointerdown", (event) => press(event, box, place, true));
    box.labels[0].addEventListener("pointerdown", (event) => press(event, box, place, false));
    box.parentElement.append(grip);
    box.parentElement.classList.add("pf-movable");
  }));
  document.getElementById("pf-moving").hidden = false;
  form.addEventListener("change", refresh);
  refresh();
})();
