"use strict";
const FIRST = 200;
const MORE = 1000;
const FEW = 3;
const byId = (id) => document.getElementById(id);
const every = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));
const element = (name, text = "", className = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};
document.documentElement.classList.add("js");

// Times: the reader's own on screen, UTC on paper, which others read elsewhere.
let onPaper = false;
const digits = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const zones = new Intl.DateTimeFormat(undefined, {hour: "2-digit", timeZoneName: "short"});
const part = (format, when, type) => format.formatToParts(when).find((one) => one.type === type).value;
const moment = (iso) => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(iso)) return iso;
  if (onPaper) return iso.slice(0, 10) + " " + iso.slice(11, 16) + " UTC";
  const when = new Date(iso);
  const [year, month, day, hour, minute] = ["year", "month", "day", "hour", "minute"]
    .map((type) => part(digits, when, type));
  return `${year}-${month}-${day} ${hour}:${minute} ${part(zones, when, "timeZoneName")}`;
};
const time = (iso) => {
  const made = element("time", moment(iso));
  made.dateTime = iso;
  return made;
};
const retime = () => { for (const one of every("time")) one.textContent = moment(one.dateTime); };

// What is looked for.
const search = byId("search");
const attention = byId("attention");
const words = () => search.value.toLowerCase().split(/\s+/).filter(Boolean);
const has = (text, wanted) => wanted.every((word) => text.includes(word));

// Names, the first few of many, linked where they are disks of this page.
let disks = null;
const address = (place, name) => "disk/" + (place ? place + "/" : "") + name;
const link = (name, to) => {
  const made = element("a", name);
  made.href = "#" + to.split("/").map(encodeURIComponent).join("/");
  return made;
};
const named = (name) => {
  const made = disks && disks.find(name, true) >= 0 ? link(name, name) : element("span", name);
  made.className = "name";
  return made;
};
const names = (all, few = FEW) => {
  const made = all.slice(0, few).map(named);
  if (all.length > few) {
    const more = element("details", "", "more");
    more.append(element("summary", `… and ${all.length - few} more`), element("p", all.slice(few).join("\n"), "names"));
    more.open = onPaper;
    made.push(more);
  }
  return made;
};

const small = (text) => text ? [" ", element("small", text)] : [];
const CELLS = {
  disk: (name, place) => [link(name, address(place, name)), ...small(place)],
  badge: (state, why) => [element("span", state, "badge " + state), ...small(why)],
  said: (code, said, hint) => [...(code ? [element("code", code), " "] : []), said, ...small(hint)],
  names: (all) => names(all),
  time: (iso, age) => [...(iso ? [time(iso)] : []), ...small(age)],
  pair: (value, aside) => value ? [value, ...small(aside)] : [aside],
};

// A long table: the page has its first rows, and the data of all.
class Table {
  constructor(form) {
    this.form = form;
    this.table = byId(form.dataset.table);
    this.noun = this.table.dataset.noun;
    this.state = Number(this.table.dataset.state);
    this.calm = this.table.dataset.calm.split(" ");
    this.heads = Array.from(this.table.tHead.rows[0].cells, (head) => ({
      title: head.textContent, kind: head.dataset.kind, fields: head.dataset.fields.split(" ").map(Number),
    }));
    this.named = this.heads.filter((head) => head.kind === "names").map((head) => head.fields[0])[0];
    this.isOfDisks = this.heads[0].kind === "disk";
    this.choices = every("select", form);
    this.button = form.querySelector("button");
    this.limit = FIRST;
    this.opened = -1;
    this.isAsMade = true;
    form.addEventListener("input", () => { this.limit = FIRST; this.show(); arrange(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    this.button.addEventListener("click", () => { this.limit += MORE; this.show(); });
  }

  get columns() {
    return this.read ||= JSON.parse(byId(this.table.id + "-data").textContent)
      .map((column) => column.all || column.at.map((number) => column.words[number]));
  }

  get texts() {
    return this.written ||= this.columns[0].map((_, row) => {
      const said = this.columns.filter((_, number) => number !== this.named).map((column) => column[row]);
      if (this.isOfDisks) said.push(this.address(row), this.id(row));
      return said.join(" ").toLowerCase();
    });
  }

  address(row) { return address(this.columns[1][row], this.columns[0][row]); }

  id(row) { return this.columns[10][row] + "/" + this.columns[0][row]; }

  // The row of a disk by its address, its id, or the end of its short name if only one has it; else -1.
  find(wanted, isWhole = false) {
    this.rowsByAddress ||= new Map(this.columns[0].map((_, row) => [this.address(row).toLowerCase(), row]));
    const text = wanted.toLowerCase();
    const found = this.rowsByAddress.get(text);
    if (found !== undefined || isWhole) return found ?? -1;
    const rest = text.slice("disk/".length);
    const ends = this.columns[0].map((_, row) => row).filter((row) =>
      this.id(row).toLowerCase() === rest || this.address(row).toLowerCase().endsWith("/" + rest));
    return ends.length === 1 ? ends[0] : -1;
  }

  get isChosen() { return this.choices.some((choice) => choice.value); }

  // What is about the names that match, and those names; null for a row that doesn't match.
  matching(row, wanted) {
    if (attention.checked && this.calm.includes(this.columns[this.state][row])) return null;
    if (!this.choices.every((one) => !one.value || this.columns[one.dataset.field][row] === one.value)) return null;
    const all = this.named === undefined ? [] : this.columns[this.named][row];
    if (!all.length) return !wanted.length || has(this.texts[row], wanted) ? {row, all} : null;
    const kept = wanted.length ? all.filter((name) => has(this.texts[row] + " " + name.toLowerCase(), wanted)) : all;
    return kept.length ? {row, all: kept} : null;
  }

  weight(rows) { return rows.reduce((sum, one) => sum + Math.max(one.all.length, 1), 0); }

  get found() {
    const wanted = words();
    const found = this.columns[0].map((_, row) => this.matching(row, wanted)).filter(Boolean);
    const place = found.findIndex((one) => one.row === this.opened);
    return place >= this.limit ? [found[place], ...found.slice(0, place), ...found.slice(place + 1)] : found;
  }

  get total() {
    return this.counted ||= this.weight(this.columns[0].map((_, row) => (
      {all: this.named === undefined ? [] : this.columns[this.named][row]})));
  }

  show() {
    this.isAsMade = false;
    const found = this.found;
    const shown = found.slice(0, this.limit);
    const body = document.createElement("tbody");
    for (const one of shown) body.append(...this.lines(one));
    this.table.tBodies[0].replaceWith(body);
    this.count = this.weight(found);
    this.form.querySelector("output").textContent = `${this.weight(shown)} of ${this.count}`
      + (this.count < this.total ? ` (of ${this.total})` : "");
    this.button.hidden = found.length <= this.limit;
  }

  lines({row, all}) {
    const line = document.createElement("tr");
    for (const {title, kind, fields} of this.heads) {
      const cell = document.createElement(kind === "disk" ? "th" : "td");
      if (kind === "disk") cell.scope = "row"; else cell.dataset.title = title;
      cell.append(...CELLS[kind](...fields.map((number) => number === this.named ? all : this.columns[number][row])));
      line.append(cell);
    }
    if (this.isOfDisks) line.id = this.address(row);
    return row === this.opened ? [line, this.detail(line, row)] : [line];
  }

  detail(line, row) {
    line.className = "opened";
    line.querySelector("a").setAttribute("aria-expanded", "true");
    const made = element("tr", "", "detail");
    const cell = made.insertCell();
    cell.colSpan = this.heads.length;
    const list = element("dl");
    const about = this.address(row);
    const protection = this.columns[6][row];
    const said = [
      ["protection", protection ? [protection] : []], ["what would change", changesOf(about)],
      ["findings and results", factsOf(about)], ["id", [element("code", this.id(row))]],
    ];
    for (const [title, values] of said) {
      if (!values.length) continue;
      const value = element("dd");
      value.append(...values);
      list.append(element("dt", title), value);
    }
    cell.append(list);
    return made;
  }
}

const tables = every("form[data-table]").map((form) => new Table(form));
disks = tables.find((one) => one.isOfDisks) || null;

// Changes, and all else that the page shows as it was made.
const items = every("[data-item]").map((item) => {
  const of = item.querySelector(":scope .of");
  const all = of ? [...every(".of > .name", item).map((one) => one.textContent),
    ...every(".names", of).flatMap((one) => one.textContent.split("\n"))] : [];
  const own = of && all.length > 1
    ? every(".reason, .action, .inside > :not(.of)", item).map((one) => one.textContent) : [item.textContent];
  for (let up = item.parentElement.closest("li[data-item]"); up; up = up.parentElement.closest("li[data-item]")) {
    own.push(up.querySelector(".name").textContent);
  }
  return {item, of, all, own: own.join(" ").toLowerCase(), wasOpen: item.open};
});
const boxes = every("[data-box]").map((box) => ({box, text: box.textContent.toLowerCase()}));
const changes = items.filter((one) => one.of);
const isSame = (one, other) => one.toLowerCase() === other.toLowerCase();
const changesOf = (about) => changes.filter((one) => one.all.some((name) => isSame(name, about))).map((one) => {
  const made = element("a", one.item.querySelector(".sign").textContent + " "
    + (one.item.querySelector(".reason")?.textContent || one.item.querySelector(".action").textContent), "line");
  made.href = "#" + one.item.id;
  return made;
});
const factsOf = (about) => tables.filter((one) => one.named !== undefined).flatMap((table) =>
  table.columns[table.named].flatMap((all, row) => all.some((name) => isSame(name, about)) ? [table.fact(row)] : []));
Table.prototype.fact = function fact(row) {
  const made = element("span", "", "line");
  for (const {kind, fields} of this.heads.filter((head) => head.kind !== "names")) {
    made.append(...CELLS[kind](...fields.map((number) => this.columns[number][row])), " ");
  }
  return made;
};

const narrow = (one, wanted) => {
  const {item, of, all, own} = one;
  const kept = all.length > 1 ? all.filter((name) => has(own + " " + name.toLowerCase(), wanted)) : all;
  item.hidden = (attention.checked && !("attention" in item.dataset))
    || (all.length > 1 ? !kept.length : !has(own, wanted));
  if (!of) return;
  if (all.length > 1 && of.dataset.kept !== String(kept.length)) {
    of.replaceChildren(...names(kept));
    of.dataset.kept = kept.length;
  }
  item.open = onPaper || one.wasOpen || (wanted.length > 0 && !item.hidden);
};

// Show what is left of sections, lists and tables, and say how much that is.
const arrange = () => {
  const isWhole = !words().length && !attention.checked;
  const isLeft = (inside) => isWhole || every("[data-item]", inside).some((one) => !one.hidden)
    || tables.some((one) => inside.contains(one.table) && (one.count > 0 || one.isChosen));
  for (const one of every("[data-group], main table, section:not(.stays)")) one.hidden = !isLeft(one);
  for (const one of tables) one.form.hidden = one.table.hidden;
  byId("nothing").hidden = every("section:not(.stays)").some((one) => !one.hidden);
  const counts = tables.map((one) => `${one.count ?? one.total} of ${one.total} ${one.noun}`);
  if (changes.length) counts.push(`${changes.filter((one) => !one.item.hidden).length} of ${changes.length} groups of changes`);
  byId("matches").textContent = isWhole ? "" : counts.join(", ");
  const only = [
    ...(attention.checked ? ["only what needs attention"] : []), ...(words().length ? [`only what matches “${search.value.trim()}”`] : []),
    ...tables.flatMap((one) => one.choices).filter((one) => one.value).map((one) => `only ${one.parentElement.firstChild.textContent.trim().toLowerCase()} ${one.value}`),
  ];
  byId("partial").textContent = only.length ? `Not the whole page: ${only.join(", ")}.` : "";
};
const update = () => {
  const wanted = words();
  const isWhole = !wanted.length && !attention.checked;
  for (const one of tables) if (!(isWhole && one.isAsMade)) one.show();
  for (const one of items) narrow(one, wanted);
  for (const {box, text} of boxes) box.classList.toggle("off", !has(text, wanted));
  arrange();
};
const restart = () => { for (const one of tables) one.limit = FIRST; update(); };
const clear = () => {
  search.value = "";
  attention.checked = false;
  for (const one of tables) for (const choice of one.choices) choice.value = "";
};

let waiting = 0;
search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(restart, 120); });
attention.addEventListener("change", restart);
byId("tools").addEventListener("submit", (event) => event.preventDefault());
for (const one of changes) {
  one.item.querySelector("summary").addEventListener("click", () => { one.wasOpen = !one.item.open; });
}
for (const one of every("a[data-state]")) {
  one.addEventListener("click", () => {
    clear();
    every("select", disks.form).find((choice) => Number(choice.dataset.field) === disks.state).value = one.dataset.state;
    disks.isAsMade = false;
    restart();
  });
}

// A disk by its link: `#disk/…` shows it with all that is known of it.
const follow = () => {
  let wanted = location.hash.slice(1);
  try { wanted = decodeURIComponent(wanted); } catch { return; }
  const target = byId(wanted);
  if (target instanceof HTMLDetailsElement) target.open = true;
  if (!disks) return;
  const row = wanted.startsWith("disk/") ? disks.find(wanted) : -1;
  if (row < 0) {
    if (wanted.startsWith("disk/")) byId("matches").textContent = `No such disk on this page: ${wanted}`;
    if (disks.opened < 0) return;
  }
  disks.opened = row;
  if (row >= 0 && !disks.matching(row, words())) { clear(); update(); }
  disks.show();
  arrange();
  if (row < 0) return;
  const line = byId(disks.address(row));
  line.scrollIntoView({block: "start"});
  line.querySelector("a").focus({preventScroll: true});
};
if (disks) {
  disks.table.addEventListener("click", (event) => {
    const line = event.target.closest("tr.opened");
    if (!line || !event.target.closest("th a")) return;
    event.preventDefault();
    history.replaceState(null, "", "#disks");
    disks.opened = -1;
    disks.show();
  });
}
addEventListener("hashchange", follow);

let closed = [];
addEventListener("beforeprint", () => {
  onPaper = true;
  for (const one of tables) { one.limit = Infinity; one.show(); }
  closed = every("details:not([open])");
  for (const one of closed) one.open = true;
  retime();
});
addEventListener("afterprint", () => {
  onPaper = false;
  for (const one of closed) one.open = false;
  restart();
  retime();
});
retime();
if (location.hash.length > 1) follow();
