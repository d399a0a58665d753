// The live feed of the first page: takes up what the server tells, as text only, at most once a frame.
const box = document.getElementById("feed");
const dot = document.getElementById("dot");
const pause = document.getElementById("pause");
const body = document.getElementById("entries");
const MARKS = { ok: ["good", "●"], tool_error: ["warn", "▲"], denied: ["bad", "■"], refused: ["bad", "■"], error: ["warn", "▲"], cancelled: ["calm", "○"], gap: ["warn", "▲"] };
const KEPT = 100;
let waiting = [];
let missed = 0;
let seen = Number(box.dataset.last);
let paused = false;
let drawing = false;

function state(kind) {
  dot.className = kind === "on" ? "dot on" : "dot off";
  dot.textContent = box.dataset[kind];
}

function cell(row, text, kind) {
  const td = row.insertCell();
  if (kind) td.className = kind;
  const bdi = document.createElement("bdi");
  bdi.textContent = text;
  td.append(bdi);
  return td;
}

function link(text, id) {
  const a = document.createElement("a");
  a.href = `/admin/log/entry?id=${Number(id)}`;
  a.textContent = text;
  return a;
}

function local(seconds) {
  const at = new Date(seconds * 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function add(one) {
  const row = body.insertRow(0);
  row.className = "new";
  setTimeout(() => row.classList.remove("new"), 1500);
  const time = document.createElement("time");
  time.textContent = local(one.time);
  const first = row.insertCell();
  const a = link("", one.id);
  a.append(time);
  first.className = "at";
  first.append(a);
  cell(row, one.person, "who");
  cell(row, one.client, "wide");
  cell(row, one.tool, "what");
  const [kind, mark] = MARKS[one.outcome] ?? ["calm", "○"];
  const out = row.insertCell();
  out.className = "how";
  const span = document.createElement("span");
  span.className = `mark ${kind}`;
  span.textContent = `${mark} ${box.dataset[one.outcome] ?? one.outcome}`;
  out.append(span);
  if (one.reason && one.outcome !== "ok") {
    const why = link(one.reason, one.id);
    why.className = "why";
    out.append(" ", why);
  }
  cell(row, String(one.ms), "number wide");
}

function draw() {
  drawing = false;
  if (paused) return;
  document.getElementById("empty")?.remove();
  for (const one of waiting.splice(0)) add(one);
  while (body.rows.length > KEPT) body.deleteRow(-1);
  if (missed) {
    const row = body.insertRow(Math.min(1, body.rows.length));
    const td = row.insertCell();
    td.colSpan = 6;
    td.className = "empty";
    td.textContent = `+ ${missed} ${box.dataset.more}`;
    missed = 0;
  }
}

function told(event) {
  const { rows, more } = JSON.parse(event.data);
  const fresh = rows.filter((one) => one.id > seen);
  if (rows.length) seen = Math.max(seen, rows.at(-1).id);
  waiting.push(...fresh);
  missed += more + Math.max(0, waiting.length - KEPT);
  waiting = waiting.slice(-KEPT);
  if (paused) pause.textContent = `${box.dataset.go} (${waiting.length})`;
  else if (!drawing) {
    drawing = true;
    requestAnimationFrame(draw);
  }
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? box.dataset.go : box.dataset.pause;
  pause.setAttribute("aria-pressed", String(paused));
  if (!paused) draw();
});

for (const time of body.querySelectorAll("time[data-time]")) time.textContent = local(Number(time.dataset.time));

const source = new EventSource(`/admin/feed?last=${box.dataset.last}`);
source.addEventListener("open", () => state("on"));
source.addEventListener("error", () => state("off"));
source.addEventListener("message", told);
source.addEventListener("over", () => {
  source.close();
  state("over");
  location.reload();
});
