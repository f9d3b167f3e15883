"use strict";
// Draws only the rows and the stretch of time that can be seen; all words go in as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const view = $("view"), box = $("rows"), panel = $("panel");
  const AXIS = 34, EDGE = 48, HEIGHT = { group: 26, place: 60, object: 28, told: 28 };
  const span = data.last - data.first;
  const objects = new Map(data.objects.map((each) => [each.id, each]));
  const shots = new Map(data.snapshots.map((each) => [each.r, each]));
  let zoom = 1, rows = [], drawn = new Map(), pending = false, returnTo = null;

  const el = (name, properties, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key === "style") Object.assign(made.style, value);
      else if (key.startsWith("aria-") || key === "role") made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.flat().filter((each) => each !== null && each !== undefined));
    return made;
  };
  const placeName = (p) => (p < 0 ? "somewhere" : data.places[p].name);
  const hue = (p) => (p < 0 ? "#9aa3b2" : `hsl(${(p * 137.5) % 360} 58% 74%)`);
  const clock = (tick) => {
    const s = Math.round(tick * data.seconds), two = (n) => String(n).padStart(2, "0");
    const head = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}` : Math.floor(s / 60);
    return `${head}:${two(s % 60)}`;
  };
  const until = (tick) => (tick === null ? "now" : tick);
  const percent = (tick) => `${(100 * (tick - data.first)) / span}%`;

  // -- rows -----------------------------------------------------------------------------------

  const wordsOf = (each) => {
    if (each.found === undefined) {
      const told = each.stays.flatMap((stay) => [placeName(stay.p), stay.state]);
      each.found = [each.id, each.name, each.category, ...told].join(" ").toLowerCase();
    }
    return each.found;
  };
  const toldWords = (row) => {
    if (row.found === undefined) {
      const told = row.items.map((item) => (data.records[item.r] || {}).words);
      row.found = [row.name, ...told].join(" ").toLowerCase();
    }
    return row.found;
  };
  const holds = (text, asked) => asked.every((word) => text.includes(word));

  const choose = () => {
    const asked = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const category = $("category").value, place = $("place").value, moved = $("moved").checked;
    const things = data.objects.filter((each) =>
      (!category || each.category === category) &&
      (place === "" || each.stays.some((stay) => stay.p === Number(place))) &&
      (!moved || each.stays.some((stay) => stay.moved || stay.back || stay.state === "missing")) &&
      holds(wordsOf(each), asked));
    const rooms = data.places.map((each, p) => ({ kind: "place", name: each.name, p }))
      .filter((row) => (place === "" || row.p === Number(place)));
    const told = category || moved ? [] : data.told.filter((row) => holds(toldWords(row), asked));
    const group = (name, list) => (list.length ? [{ kind: "group", name }, ...list] : []);
    rows = [
      ...group(`Places: pictures, and where the robot was (${rooms.length})`, rooms),
      ...group(`Things (${things.length})`, things.map((each) => ({ kind: "object", name: each.name, each }))),
      ...group(`Told, done and summed up (${told.length})`, told.map((each) => ({ kind: "told", name: each.name, each }))),
    ];
    let top = AXIS;
    for (const row of rows) {
      row.top = top;
      top += HEIGHT[row.kind];
    }
    box.style.height = `${top}px`;
    shade.style.height = `${top}px`;
    $("count").textContent = `${things.length} of ${data.objects.length} things`;
    clear();
    draw();
  };

  const clear = () => {
    for (const made of drawn.values()) made.remove();
    drawn.clear();
  };

  // -- drawing --------------------------------------------------------------------------------

  const axis = el("div", { id: "axis" }), shade = el("div", { id: "shade" });
  let left = 190, lane = 600;
  const pixel = (tick) => ((tick - data.first) / span) * lane;
  // Asked of the browser once a drawing: every time again would make it lay out the page anew.
  const measure = () => {
    left = parseFloat(getComputedStyle(box).getPropertyValue("--left")) || 190;
    lane = Math.max(view.clientWidth - left - EDGE, 60) * zoom;
    box.style.width = `${left + lane + EDGE}px`;
  };

  const draw = () => {
    pending = false;
    measure();
    const top = view.scrollTop - 200, bottom = view.scrollTop + view.clientHeight + 200;
    const wide = view.clientWidth, from = view.scrollLeft - wide, to = view.scrollLeft + 2 * wide;
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].top + HEIGHT[rows[middle].kind] < top) low = middle + 1;
      else high = middle;
    }
    const seen = new Set();
    for (let at = low; at < rows.length && rows[at].top < bottom; at++) {
      seen.add(at);
      if (!drawn.has(at)) {
        const made = row(rows[at], at);
        drawn.set(at, made);
        box.append(made);
      }
      fill(drawn.get(at), rows[at], from, to, `${zoom}:${Math.round(from / wide)}`);
    }
    for (const [at, made] of drawn) {
      if (!seen.has(at) && !made.contains(document.activeElement)) {
        made.remove();
        drawn.delete(at);
      }
    }
    drawAxis();
  };
  const soon = () => {
    if (!pending) {
      pending = true;
      requestAnimationFrame(draw);
    }
  };

  const row = (each, at) => {
    const parts = [];
    if (each.kind === "object") {
      parts.push(el("span", { className: "swatch", style: { background: each.each.colour } }));
      parts.push(el("span", {}, each.name, " ", el("small", {}, each.each.id)));
    } else parts.push(each.name);
    const label = each.kind === "group"
      ? el("div", { className: "label" }, parts)
      : el("button", { className: "label", type: "button", title: each.name, onclick: () => go(target(each)) }, parts);
    label.dataset.at = at;
    const made = el("div", { className: `tr ${each.kind}`, style: { top: `${each.top}px`, height: `${HEIGHT[each.kind]}px` } }, label);
    if (each.kind !== "group") made.append(el("div", { className: "lane" }));
    return made;
  };
  const target = (each) => {
    if (each.kind === "object") return `o=${each.each.id}`;
    return each.kind === "place" ? `p=${data.places[each.p].id}` : `t=${each.name}`;
  };

  // What of a row lies in a stretch is drawn anew when the stretch or the scale has changed.
  const fill = (made, each, from, to, key) => {
    if (each.kind === "group" || made.dataset.key === key) return;
    if (made.dataset.key && made.contains(document.activeElement) && made.dataset.zoom === String(zoom)) return;
    made.dataset.key = key;
    made.dataset.zoom = zoom;
    const inside = made.lastChild;
    inside.replaceChildren();
    const visible = (a, b) => pixel(b) >= from && pixel(a) <= to;
    if (each.kind === "object") inside.append(...stays(each.each, visible));
    else if (each.kind === "place") inside.append(...seenIn(each.p, visible));
    else inside.append(...dots(each.each.items, visible));
  };

  const item = (className, a, title, hash, properties, ...children) =>
    el("button", { className, type: "button", tabIndex: -1, title, "aria-label": title, onclick: () => go(hash), ...properties, style: { left: percent(a), ...(properties.style || {}) } }, children);

  const stays = (each, visible) => {
    const made = [], marks = [];
    let filled = -Infinity, marked = -Infinity;
    for (const stay of each.stays) {
      const end = stay.b === null ? data.last : stay.b;
      if (!visible(stay.a, end)) continue;
      const a = pixel(stay.a), wide = pixel(end) - a;
      if (a + wide < filled + 4) continue; // too narrow to be seen beside the one before
      filled = a + wide;
      const gone = stay.state === "missing";
      const title = `${each.name} ${gone ? "missing from" : "in"} ${placeName(stay.p)}, tick ${stay.a} to ${until(stay.b)}, last seen at ${stay.seen}`;
      const style = { width: `${(100 * (end - stay.a)) / span}%`, background: hue(stay.p) };
      const name = `stay${gone ? " missing" : ""}${stay.state === "unknown" ? " unsure" : ""}`;
      made.push(item(name, stay.a, title, `o=${each.id}`, { style }, wide > 44 ? (gone ? "missing" : placeName(stay.p)) : ""));
      const sign = stay.back ? "↩" : stay.moved ? "→" : "";
      if (sign && a >= marked + 12) {
        marked = a;
        const what = `${each.name} ${stay.back ? "is back" : "was moved"}, now in ${placeName(stay.p)}, tick ${stay.a}`;
        marks.push(item("mark", stay.a, what, `r=${stay.r[0]}`, {}, sign));
      }
    }
    return [...made, ...marks];
  };

  const seenIn = (p, visible) => {
    const made = [];
    let filled = -Infinity;
    for (const stay of data.stays) {
      if (stay.p !== p || !visible(stay.a, stay.b) || pixel(stay.b) < filled + 2) continue;
      filled = pixel(stay.b);
      const style = { width: `${(100 * (stay.b - stay.a)) / span}%`, minWidth: "2px" };
      made.push(item("stay robot", stay.a, `the robot was in ${placeName(p)}, tick ${stay.a} to ${stay.b}`, `r=${stay.r}`, { style }));
    }
    let free = -Infinity, thin = -Infinity;
    for (const shot of data.snapshots) {
      if (shot.p !== p || !visible(shot.t, shot.t)) continue;
      const wide = (44 * shot.w) / Math.max(shot.h, 1), at = pixel(shot.t);
      const title = `snapshot ${shot.r}, tick ${shot.t}`;
      const source = at >= free ? picture(shot.r) : null;
      if (source) {
        free = at + wide + 3;
        made.push(item("thumb", shot.t, title, `r=${shot.r}`, { style: { width: `${wide}px` } }, el("img", { src: source, alt: "", loading: "lazy" })));
      } else if (at >= thin) {
        thin = at + 6;
        made.push(item("thumb small", shot.t, title, `r=${shot.r}`, {}));
      }
    }
    return made;
  };

  const dots = (items, visible) => {
    const made = [];
    let free = -Infinity;
    for (const each of items) {
      const at = pixel(each.t);
      if (!visible(each.t, each.t) || at < free) continue;
      free = at + 6;
      const words = (data.records[each.r] || {}).words || "";
      made.push(item("dot", each.t, `tick ${each.t}: ${words}`, `r=${each.r}`, {}));
    }
    return made;
  };

  const picture = (name) => {
    const held = $(`picture-${name}`);
    return held ? `data:image/jpeg;base64,${held.textContent}` : null;
  };

  const drawAxis = () => {
    axis.replaceChildren();
    const step = [1, 2, 5].flatMap((n) => [...Array(15).keys()].map((p) => n * 10 ** p))
      .sort((a, b) => a - b).find((s) => (s / span) * lane > 92) || span;
    const low = data.first + ((view.scrollLeft - left) / lane) * span;
    const high = data.first + ((view.scrollLeft + view.clientWidth) / lane) * span;
    const first = Math.max(Math.ceil(data.first / step), Math.floor(low / step)) * step;
    const at = (tick) => `${left + pixel(tick)}px`;
    for (let tick = first; tick <= Math.min(data.last, high + step); tick += step) {
      axis.append(el("span", { style: { left: at(tick) } }, `${tick} · ${clock(tick)}`));
    }
    for (const visit of data.visits) {
      if (pixel(visit.b) - pixel(visit.a) > visit.name.length * 7) {
        axis.append(el("span", { className: "head", style: { left: at((visit.a + visit.b) / 2) } }, visit.name));
      }
    }
  };

  // -- the panel ------------------------------------------------------------------------------

  const go = (hash) => {
    returnTo = document.activeElement;
    const wanted = `#${hash.slice(0, 2)}${encodeURIComponent(hash.slice(2))}`;
    if (location.hash === wanted) show();
    else location.hash = wanted;
  };
  const close = () => {
    panel.hidden = true;
    history.replaceState(null, "", location.pathname + location.search);
    if (returnTo && returnTo.isConnected) returnTo.focus();
    else view.focus();
  };
  const ref = (text, hash) => el("button", { className: "ref", type: "button", onclick: () => go(hash) }, text);

  const show = () => {
    let key = "", name = "";
    try {
      key = location.hash.slice(1, 3);
      name = decodeURIComponent(location.hash.slice(3));
    } catch { return; }
    const row = data.told.find((each) => each.name === name);
    const p = data.places.findIndex((each) => each.id === name);
    let parts = null;
    if (key === "o=" && objects.has(name)) parts = ofObject(objects.get(name));
    else if (key === "p=" && p >= 0) parts = ofPlace(p);
    else if (key === "t=" && row) parts = [el("h2", {}, row.name), ...row.items.slice(0, 200).map((each) => version(each.r))];
    else if (key === "r=" && shots.has(name)) parts = ofShot(shots.get(name));
    else if (key === "r=" && Object.hasOwn(data.records, name)) parts = [el("h2", {}, `Record ${name}`), version(name)];
    if (!parts) return;
    panel.replaceChildren(el("button", { className: "x", type: "button", "aria-label": "close", onclick: close }, "×"), ...parts);
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus();
  };

  const shown = (shot, only) => {
    const source = picture(shot.r);
    if (!source) return el("p", { className: "note" }, "The picture is not in this page.");
    const made = el("div", { className: "shown" }, el("img", { src: source, alt: `snapshot ${shot.r}, tick ${shot.t}, ${placeName(shot.p)}` }));
    for (const [id, [x0, y0, x1, y1]] of Object.entries(shot.boxes)) {
      if (only && id !== only) continue;
      const across = (v) => `${(100 * v) / shot.w}%`, down = (v) => `${(100 * v) / shot.h}%`;
      const name = objects.has(id) ? objects.get(id).name : id;
      made.append(el("i", { title: name, style: { left: across(x0), top: down(y0), width: across(x1 - x0), height: down(y1 - y0) } }));
    }
    return made;
  };
  const facts = (pairs) => el("dl", {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value.length !== 0)
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

  const ofObject = (each) => {
    const versions = each.stays.flatMap((stay) => stay.r);
    const pictures = data.snapshots.filter((shot) => Object.hasOwn(shot.boxes, each.id)).slice(-6).reverse();
    const stays = each.stays.map((stay) => [`${stay.a} to ${until(stay.b)}`,
      `${stay.state === "missing" ? "missing from " : ""}${placeName(stay.p)}${stay.back ? ", back again" : stay.moved ? ", moved" : ""}`]);
    return [
      el("h2", {}, each.name),
      facts([["id", each.id], ["category", each.category]]),
      el("h3", {}, "Where it was, by tick"), facts(stays),
      ...(pictures.length ? [el("h3", {}, "Pictures of it, newest first")] : []),
      ...pictures.flatMap((shot) => [shown(shot, each.id), el("p", { className: "note" }, ref(`${shot.r}, tick ${shot.t}`, `r=${shot.r}`))]),
      el("h3", {}, `${versions.length} versions, newest first`),
      ...versions.slice(-100).reverse().map(version),
    ];
  };
  const ofPlace = (p) => {
    const inside = data.objects.filter((each) => {
      const last = each.stays[each.stays.length - 1];
      return last.p === p && last.state !== "missing" && last.b === null;
    });
    const pictures = data.snapshots.filter((shot) => shot.p === p).slice(-12).reverse();
    const last = Object.entries(data.records).filter(([, each]) => each.type === "place" && each.about[0] === data.places[p].id);
    return [
      el("h2", {}, placeName(p)),
      facts([["id", data.places[p].id], ["floor", String(data.places[p].floor)]]),
      el("h3", {}, `${inside.length} things in it now`),
      el("p", {}, inside.map((each) => ref(`${each.name} (${each.id})`, `o=${each.id}`))),
      ...(pictures.length ? [el("h3", {}, "Pictures, newest first")] : []),
      ...pictures.flatMap((shot) => [shown(shot, ""), el("p", { className: "note" }, ref(`${shot.r}, tick ${shot.t}`, `r=${shot.r}`))]),
      ...last.slice(-20).reverse().map(([name]) => version(name)),
    ];
  };
  const ofShot = (shot) => [
    el("h2", {}, `Snapshot ${shot.r}`),
    shown(shot, ""),
    el("h3", {}, "It shows"),
    el("p", {}, Object.keys(shot.boxes).map((id) => (objects.has(id) ? ref(`${objects.get(id).name} (${id})`, `o=${id}`) : null))),
    version(shot.r),
  ];
  const version = (name) => {
    const each = data.records[name];
    if (!each) return null;
    return el("article", {}, facts([
      ["record", ref(name, `r=${name}`)],
      ["says", each.words],
      ["what", `${each.kind}${each.type && each.type !== each.kind ? ` (${each.type})` : ""}, version ${each.version}, ${each.status}`],
      ["state", each.state],
      ["where", `${placeName(each.p)}${each.at ? `, at (${each.at.join(", ")}) m` : ""}`],
      ["seen from", each.pose && !each.at ? `(${each.pose.join(", ")}) m` : ""],
      ["about", each.about.map((id) => (objects.has(id) ? ref(id, `o=${id}`) : `${id} `))],
      ["held in the world", `tick ${each.from} to ${until(each.to)}`],
      ["was believed", `tick ${each.learnt} to ${until(each.dropped)}`],
      ["from", `${each.by}${each.session ? `, session ${each.session}` : ""}, ${each.open ? "open to all" : "private"}`],
      ["links", each.links.map(([type, other]) => ref(`${type} ${other}`, `r=${other}`))],
      ["drawn from", each.sources.map((other) => ref(other, `r=${other}`))],
    ]));
  };

  // -- hands ----------------------------------------------------------------------------------

  const scale = (factor, x) => {
    const at = x === undefined ? view.clientWidth / 2 : x;
    const share = (view.scrollLeft + at - left) / lane;
    zoom = Math.min(Math.max(zoom * factor, 1), 4000);
    measure();
    view.scrollLeft = share * lane + left - at;
    soon();
  };
  const fit = () => {
    zoom = 1;
    view.scrollLeft = 0;
    draw();
  };
  const walk = (event) => {
    const on = document.activeElement, made = on && on.closest(".tr");
    if (!made) return false;
    const inside = [...made.querySelectorAll("button")], at = inside.indexOf(on);
    const next = { ArrowRight: inside[at + 1], ArrowLeft: inside[at - 1] }[event.key];
    if (next) {
      next.focus();
      return true;
    }
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!way) return false;
    let number = Number(made.firstChild.dataset.at) + way;
    while (rows[number] && rows[number].kind === "group") number += way;
    if (!rows[number]) return true;
    const low = rows[number].top - AXIS, high = rows[number].top + HEIGHT[rows[number].kind] - view.clientHeight;
    view.scrollTop = Math.max(Math.min(view.scrollTop, low), high);
    draw();
    drawn.get(number).firstChild.focus();
    return true;
  };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = { "+": () => scale(1.5), "=": () => scale(1.5), "-": () => scale(1 / 1.5), 0: fit }[event.key];
    if (done) done();
    if (done || walk(event)) event.preventDefault();
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    scale(Math.exp(-event.deltaY / 300), event.clientX - view.getBoundingClientRect().left);
  }, { passive: false });
  view.addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", () => { clear(); soon(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden) close(); });
  addEventListener("hashchange", show);
  $("in").onclick = () => scale(1.6);
  $("out").onclick = () => scale(1 / 1.6);
  $("fit").onclick = fit;
  $("controls").onsubmit = (event) => event.preventDefault();
  for (const id of ["search", "category", "place", "moved"]) $(id).addEventListener("input", choose);
  for (const name of [...new Set(data.objects.map((each) => each.category))].sort()) {
    $("category").append(el("option", { value: name }, name));
  }
  data.places.forEach((each, p) => $("place").append(el("option", { value: String(p) }, each.name)));
  for (const visit of data.visits) {
    shade.append(el("i", { style: { left: percent(visit.a), width: `${(100 * (visit.b - visit.a)) / span}%` } }));
  }
  box.append(shade, axis);
  choose();
  show();
})();
