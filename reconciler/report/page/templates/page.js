"use strict";
const FIRST = 200;
const MORE = 1000;
const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};
const cell = (kind, value) => {
  const made = document.createElement(kind === "disk" ? "th" : "td");
  if (kind === "disk") { made.scope = "row"; made.title = value[2]; }
  if (kind === "disk" || kind === "aside") made.append(value[0] + " ", element("small", value[1]));
  else if (kind === "badge") made.append(element("span", value, "badge " + value));
  else if (kind === "code") made.append(element("code", value));
  else made.textContent = value;
  return made;
};
for (const form of document.querySelectorAll("form[data-filters]")) {
  const table = document.getElementById(form.dataset.filters);
  const kinds = Array.from(table.tHead.rows[0].cells, (head) => head.dataset.kind);
  const choices = Array.from(form.querySelectorAll("select"));
  const search = form.querySelector("input");
  const output = form.querySelector("output");
  const button = form.querySelector("button");
  let rows = null;
  let limit = FIRST;
  const show = () => {
    rows = rows || JSON.parse(document.getElementById(table.id + "-data").textContent)
      .map((values) => ({values, text: values.flat().join(" ").toLowerCase()}));
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => row.text.includes(wanted)
      && choices.every((choice) => !choice.value || row.values[choice.dataset.column] === choice.value));
    const body = document.createElement("tbody");
    for (const row of found.slice(0, limit)) {
      const line = body.insertRow();
      line.append(...row.values.map((value, number) => cell(kinds[number], value)));
    }
    table.tBodies[0].replaceWith(body);
    output.textContent = Math.min(found.length, limit) + " of " + found.length
      + (found.length < rows.length ? " (of " + rows.length + ")" : "");
    button.hidden = found.length <= limit;
  };
  let waiting = 0;
  form.addEventListener("input", () => { limit = FIRST; clearTimeout(waiting); waiting = setTimeout(show, 120); });
  form.addEventListener("submit", (event) => event.preventDefault());
  button.addEventListener("click", () => { limit += MORE; show(); });
  addEventListener("beforeprint", () => { limit = Infinity; show(); });
  addEventListener("afterprint", () => { limit = FIRST; show(); });
}
