// Asks this server alone: /about once, then /recommend or /explain as the person chooses.  What comes enters as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const signed = (x) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(2);
  const chance = (p) => (p < 0.0005 ? "below 0.001" : p > 0.9995 ? "above 0.999" : p.toFixed(3));
  let about, latest = 0, trained = new Map();

  function make(tag, facts = {}, ...inside) {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(facts)) {
      if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
      else if (name === "class") one.className = value;
      else if (value !== null && value !== false) one.setAttribute(name, value === true ? "" : value);
    }
    one.append(...inside);
    return one;
  }

  async function ask(path, body) {
    let reply, data;
    try {
      reply = await fetch(path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      data = await reply.json();
    } catch {
      throw { message: "The server does not answer. Is it still running?" };
    }
    if (!reply.ok) throw data.error || { message: `The server answers ${reply.status}.` };
    return data;
  }

  function wrong(error, marked) {                         // the message, and the field it is about
    document.querySelectorAll("[aria-invalid]").forEach((one) => { one.removeAttribute("aria-invalid"); one.removeAttribute("aria-errormessage"); });
    $("alert").textContent = error ? (error.field ? `${error.field.replace(/^rows\[0\]\./, "").replace(/^about\./, "")}: ` : "") + error.message : "";
    const one = error && (marked || field(error.field));
    if (one) { one.setAttribute("aria-invalid", "true"); one.setAttribute("aria-errormessage", "alert"); }
  }
  const field = (where) => where && document.querySelector(`[data-name="${CSS.escape(where.replace(/^(rows\[0\]|about)\./, ""))}"]`);

  // Forms made from columns

  function control(of, id) {
    const facts = { id, "data-name": of.name, "data-kind": of.kind };
    const label = make("label", { for: id }, of.name.replaceAll("_", " "));
    const usual = of.usual === null ? "" : of.usual;
    if (of.kind === "number")
      return make("p", { class: "field" }, label, make("input", { ...facts, type: "number", step: of.whole ? "1" : "any", value: usual, inputmode: of.whole ? "numeric" : "decimal" }));
    if (of.kind === "category" && of.values.length && of.values.length <= 60) {
      const options = of.values.map((value, n) => make("option", { value: n }, String(value)));
      if (of.optional) options.push(make("option", { value: "" }, "(missing)"));
      return make("p", { class: "field" }, label, make("select", facts, ...options));
    }
    const known = of.values.map((value) => make("option", { value: String(value) }));
    const text = of.kind === "bag" ? usual.join(", ") : usual;
    const more = of.kind === "bag" ? [make("span", { class: "small", id: `${id}-help` }, "several, with commas between")] : [];
    return make("p", { class: "field" }, label, make("input", { ...facts, list: `${id}-list`, value: text, autocomplete: "off", "aria-describedby": more.length ? `${id}-help` : null }),
      make("datalist", { id: `${id}-list` }, ...known), ...more);
  }

  function value(of, id) {
    const text = $(id).value.trim();
    if ($(id).tagName === "SELECT") return text === "" ? null : of.values[Number(text)];
    if (of.kind === "number") return text === "" ? null : Number(text);
    const read = (part) => { const found = of.values.find((one) => String(one) === part); return found === undefined ? part : found; };
    if (of.kind === "bag") return text.split(",").map((part) => part.trim()).filter(Boolean).map(read);
    return text === "" && of.optional ? null : read(text);
  }

  const amount = (x) => (Math.abs(x) >= 1e15 || (x !== 0 && Math.abs(x) < 1e-4) ? x.toPrecision(5) : Number(x.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 6 }));

  function terms(reasons, sum, most, unit = "log-odds", told = signed) {                     // the heaviest, and one row for the rest
    const parts = [["deep part (generalized)", reasons.deep], ...Object.entries(reasons.others || {}).map(([name, x]) => [`${name} part (generalized)`, x]),
      ...reasons.wide.slice(0, most).map((one) => [one.feature, one.weight])];
    const rest = reasons.wide.slice(most);
    if (rest.length) parts.push([`${rest.length} more wide terms`, rest.reduce((all, one) => all + one.weight, 0)]);
    parts.push(["bias", reasons.bias]);
    const row = ([name, x]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, told(x)));
    return make("table", {}, make("caption", {}, sum),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "term"), make("th", { scope: "col" }, unit))),
      make("tbody", {}, ...parts.map(row)), make("tfoot", {}, row(["together", reasons.logit])));
  }

  // One row of a table

  async function explain() {
    const mine = ++latest, row = {};
    about.fields.forEach((of, n) => { row[of.name] = value(of, `field-${n}`); });
    try {
      const { explained: [found] } = await ask("/explain", { rows: [row] });
      if (mine !== latest) return;
      wrong(null);
      $("answer").replaceChildren(...answered(found));
      const { kind, names } = about.head;
      $("terms").replaceChildren(...(kind === "classes" ? [shares(names, found.probabilities)] : []), kind === "number" ?
        terms(found.reasons, "The terms that add up to the number", 12, "adds", (x) => (x < 0 ? "−" : "+") + amount(Math.abs(x))) :
        terms(found.reasons, kind === "classes" ? `The terms that add up to the log-odds of ${found.class}` : "The terms that add up to the log-odds", 12));
    } catch (error) {
      if (mine !== latest) return;
      $("answer").replaceChildren();
      $("terms").replaceChildren();
      wrong(error);
    }
  }

  function answered(found) {                               // the answer in a line, by the model's head
    const { kind, label, names } = about.head;
    if (kind === "number") return [make("b", {}, amount(found.prediction)), label ? ` ${label}` : ""];
    if (kind === "classes")
      return [make("b", {}, String(found.class)), ` is the most probable ${label || "class"}: log-odds ${signed(found.reasons.logit)} against the mean of all`];
    return [make("b", {}, chance(found.probability)), `that ${label ? `${label} is ${names[1]}` : "the answer is yes"}: log-odds ${signed(found.reasons.logit)}`];
  }

  function shares(names, probabilities) {
    const order = names.map((name, n) => n).sort((a, b) => probabilities[b] - probabilities[a]);
    const row = (n) => make("tr", {}, make("th", { scope: "row" }, String(names[n])), make("td", {}, chance(probabilities[n])));
    return make("table", {}, make("caption", {}, "Every class"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, about.head.label || "class"), make("th", { scope: "col" }, "probability"))), make("tbody", {}, ...order.map(row)));
  }

  // Recommendations

  const likes = [];
  const mode = () => document.querySelector("[name=mode]:checked").value;
  const people = () => about.people;

  function asked() {                                       // whom, as the server wants it; null: nobody yet
    if (mode() === "user") {
      const text = $("user").value.trim();
      return text === "" ? null : { user: people().some_users.some((one) => typeof one === "number") && /^\d+$/.test(text) ? Number(text) : text };
    }
    if (!likes.length && !(about.head.kind === "ranking" && people().asked.length)) return null;
    const known = {};
    people().asked.forEach((of, n) => { known[of.name] = value(of, `asked-${n}`); });
    return { likes: [...likes], about: known };
  }

  function bars(one, most) {
    const line = (name, kind, x) => {
      const fill = make("i"), width = most ? 50 * Math.abs(x) / most : 0;
      fill.style.width = `${width}%`;
      fill.style.left = `${x < 0 ? 50 - width : 50}%`;
      return [make("span", {}, name), make("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill), make("span", { class: "n" }, signed(x))];
    };
    return make("div", { class: "bars" }, ...line("memory", "wide", one.memory), ...line("generalization", "deep", one.generalization));
  }

  async function recommend() {
    const who = asked(), s = Number($("mix").value), mine = ++latest;
    $("mix").setAttribute("aria-valuetext", s === 0 ? "only memory" : s === 1 ? "only generalization" : s === 0.5 ? "the trained model" : `${Math.round(100 * s)} % generalization`);
    $("formula").textContent = `log-odds = ${(2 - 2 * s).toFixed(1)} × memory + ${(2 * s).toFixed(1)} × generalization + bias`;
    if (!who) {
      $("found").replaceChildren();
      $("liked").textContent = "";
      $("said").textContent = mode() === "user" ? "Type a user." : "Add something they like.";
      wrong(null);
      return;
    }
    try {
      const key = JSON.stringify(who);
      if (!trained.has(key)) {                             // where each stands in the trained model, to compare with
        const { recommendations } = await ask("/recommend", { ...who, k: 100 });
        trained.set(key, new Map(recommendations.map((one, n) => [one.item, n + 1])));
      }
      const data = await ask("/recommend", { ...who, k: 10, mix: s });
      if (mine !== latest) return;
      wrong(null);
      const most = Math.max(...data.recommendations.flatMap((one) => [Math.abs(one.memory), Math.abs(one.generalization)]));
      const open = new Set([...$("found").querySelectorAll("details[open]")].map((one) => one.dataset.item));
      $("found").replaceChildren(...data.recommendations.map((one, n) => item(one, n + 1, s, trained.get(key), most, open)));
      $("liked").textContent = data.read_as === null && data.n_liked ? `Likes ${data.liked.join(", ")}${data.n_liked > data.liked.length ? `, and ${data.n_liked - data.liked.length} more` : ""}.` : "";
      $("said").textContent = `${data.recommendations.length} for ${mode() === "user" ? `user ${who.user}` : "them"}, ${$("mix").getAttribute("aria-valuetext")}. ` +
        (data.read_as === null ? "" : `The model knows people by name only: they are read as user ${data.read_as}, who likes the most similar things. `) +
        (s === 0.5 ? "" : "Away from the middle the numbers order the list, and are no probabilities.");
    } catch (error) {
      if (mine !== latest) return;
      $("found").replaceChildren();
      $("liked").textContent = $("said").textContent = "";
      wrong(error, error.field === "user" ? $("user") : (error.field || "").startsWith("likes") ? $("like") : null);
    }
  }

  function item(one, rank, s, before, most, open) {
    const was = before.get(one.item), moved = s === 0.5 || was === rank ? "" : was ? `was ${was}` : "was beyond 100";
    const reasons = one.reasons ? terms(one.reasons, "The terms that add up to the log-odds", 6) :      // a ranker's
      make("p", { class: "small" }, one.because === null ? "Nothing of their list speaks for it." : `Without ${one.because} its log-odds would be ${one.difference.toFixed(2)} lower.`);
    return make("li", {},
      make("div", { class: "head" }, make("span", { class: "rank" }, `${rank}`), make("span", { class: "name" }, one.title),
        make("span", { class: "moved" }, moved), make("span", { class: "p" }, about.head.kind === "ranking" ? `${(100 * one.probability).toPrecision(2)} %` : chance(one.probability))),
      bars(one, most),
      make("details", { "data-item": String(one.item), open: open.has(String(one.item)) }, make("summary", {}, "Why", make("span", { class: "unseen" }, ` ${one.title}?`)), reasons));
  }

  function add() {
    const title = $("like").value.trim();
    if (!title) return;
    if (!people().titles.includes(title)) return wrong({ message: `“${title}” is not among the ${people().titles.length} titles; pick one of the list.` }, $("like"));
    if (!likes.includes(title)) likes.push(title);
    $("like").value = "";
    showLikes();
  }

  function showLikes() {
    $("likes").replaceChildren(...likes.map((title, n) => make("li", {}, make("button", { type: "button", "aria-label": `Remove ${title}`, onclick: () => {
      likes.splice(n, 1);
      showLikes();
      ($("likes").querySelectorAll("button")[Math.min(n, likes.length - 1)] || $("like")).focus();
    } }, `${title} ×`))));
    recommend();
  }

  function soon(what) {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(what, 120); };
  }

  async function start() {
    about = await ask("/about");
    document.title = `widedeep: ${about.name}`;
    $("title").textContent = `A wide & deep model: ${about.name}`;
    const many = about.towers.filter((name) => /^deep \d+$/.test(name)).length;       // of a mean of models
    const towers = about.towers.filter((name) => !/^deep \d+$/.test(name)).map((name) => (name === "deep" && many ? `${many + 1} deep ones` : name));
    $("model").textContent = `Towers: ${towers.join(", ")}. Version ${about.model}.`;
    if (!people()) {
      $("table").hidden = false;
      if (about.head.kind !== "binary") $("answer-title").textContent = about.head.kind === "number" ? "Number" : "Class";
      $("fields").append(...about.fields.map((of, n) => control(of, `field-${n}`)));
      $("row").addEventListener("submit", (event) => { event.preventDefault(); explain(); });
      $("row").addEventListener("input", soon(explain));
      return explain();
    }
    $("people").hidden = false;
    const { some_users: some, n_users: n, titles } = people();
    $("users").append(...some.map((one) => make("option", { value: String(one) })));
    $("titles").append(...titles.map((one) => make("option", { value: one })));
    $("user").value = some.length ? String(some[0]) : "";
    $("user-help").textContent = `One of ${n.toLocaleString("en")}, such as ${some.slice(1, 4).join(", ")}`;
    if (!n) {                                              // a ranker without people: newcomers alone
      document.querySelector("[name=mode][value=likes]").checked = true;
      document.querySelector(".choice").hidden = $("by-user").hidden = true;
      $("by-likes").hidden = false;
    }
    $("asked").append(...people().asked.map((of, k) => control(of, `asked-${k}`)));
    document.querySelectorAll("[name=mode]").forEach((one) => one.addEventListener("change", () => {
      $("by-user").hidden = mode() !== "user";
      $("by-likes").hidden = mode() === "user";
      recommend();
    }));
    $("add").addEventListener("click", add);
    $("like").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
    $("who").addEventListener("submit", (event) => { event.preventDefault(); recommend(); });
    for (const one of [$("user"), $("mix"), $("asked")]) one.addEventListener("input", soon(recommend));
    if (!about.towers.includes("wide") || about.towers.length < 2) $("mix").closest(".slider").hidden = true;
    recommend();
  }

  start().catch(wrong);
})();
