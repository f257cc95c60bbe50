// Steps through the page.  Every number is in the page already; this shows and hides, and picks what the graph shows.
(() => {
  const root = document.documentElement, svg = document.querySelector("svg"), box = document.querySelector(".graph");
  const stops = [...document.querySelectorAll("section[data-stop]")];
  const [back, next] = ["back", "next"].map((id) => document.getElementById(id));
  const place = document.getElementById("place"), said = document.getElementById("said");
  const places = [...svg.querySelectorAll(".place")].map((g) => [g, JSON.parse(g.dataset.shows)]);
  let now = -1;
  root.classList.add("js");
  document.querySelectorAll("[id^='step=']").forEach((one) => one.removeAttribute("id"));   // no jumping past the graph

  function asked() {                                    // #step=3.2, or #step=3 for the first stop of step 3
    const wanted = decodeURIComponent(location.hash).replace("#step=", "");
    const found = stops.findIndex((s) => s.dataset.stop === wanted || s.dataset.stop === wanted + ".1");
    return Math.max(found, 0);
  }

  const wide = (one) => one.scrollWidth > one.clientWidth;                                  // arrow keys scroll these

  function show(k) {
    if (k < 0 || k >= stops.length || k === now) return;
    const first = now < 0, stop = stops[now = k], step = stop.dataset.stop.split(".")[0];
    stops.forEach((s) => s.classList.toggle("now", s === stop));
    document.querySelectorAll("article").forEach((a) => a.classList.toggle("now", a.contains(stop)));
    document.querySelectorAll("nav a").forEach((a) => {
      if (a.dataset.step === step) a.setAttribute("aria-current", "step"); else a.removeAttribute("aria-current");
    });
    back.disabled = k === 0;
    next.disabled = k === stops.length - 1;
    place.textContent = `${stop.querySelector("h3").textContent} (${k + 1} of ${stops.length})`;
    const lit = stop.dataset.parts.split(" ");
    svg.querySelectorAll("[data-part]").forEach((g) => g.classList.toggle("on", lit.includes(g.dataset.part)));
    ["back", "weights"].forEach((way) => svg.classList.toggle(way, stop.dataset.way === way));
    for (const [g, shows] of places) {
      const known = shows.filter(([from]) => from <= k), shape = g.querySelector("circle, rect");
      const text = g.querySelector(".number");
      g.classList.toggle("empty", known.length === 0);
      if (known.length) shape.setAttribute("fill", known[known.length - 1][2]);
      if (text) text.textContent = known.length ? known[known.length - 1][1] : "";
    }
    inView();
    [box, ...stop.querySelectorAll(".scroll")].forEach((one) => { one.tabIndex = wide(one) ? 0 : -1; });
    if (!first) {
      said.textContent = `Step ${stop.querySelector("h3").textContent}`;
      history.replaceState(null, "", `#step=${stop.dataset.stop}`);
    }
  }

  function inView() {                                   // on a narrow screen: the lit part to the middle
    if (!wide(box)) return;
    const lit = [...svg.querySelectorAll(".on .place, .on > text")].map((g) => g.getBoundingClientRect());
    if (!lit.length) return;
    const left = Math.min(...lit.map((r) => r.left)), right = Math.max(...lit.map((r) => r.right));
    const from = box.getBoundingClientRect().left;
    box.scrollLeft += right - left > box.clientWidth ? left - from - 8 : (left + right - box.clientWidth) / 2 - from;
  }

  back.addEventListener("click", () => show(now - 1));
  next.addEventListener("click", () => show(now + 1));
  document.addEventListener("keydown", (event) => {
    const inside = event.target.closest(".scroll, .graph");
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || (inside && wide(inside))) return;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  addEventListener("hashchange", () => show(asked()));
  addEventListener("resize", inView);
  show(asked());
})();
