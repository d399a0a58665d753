// Fills the page around the picture, and moves the tooltip. Text enters the document as text nodes only.
const part = id => document.getElementById(id);
const inlined = part('data'), plot = part('plot'), tip = part('tip'), chart = part('chart');
let model = null, width = 0, now = -1, at;

const or = (value, write, otherwise = '–') => (value === null ? otherwise : write(value));
const full = value => money(value) + (metric === 'sqm' ? '/㎡' : '');

// One region in one month: in the legend, in the tooltip, aloud.
function entry({ name, points }, i, month, ...facts) {
  const point = points[month], yoy = n => word('yoy') + percent(n) + word('year');
  if (point) facts.push(`${word('deals')} ${or(point.deals, n => number(n) + word('each'))}`, or(point.yoy, yoy, ''), point.open && word('open'));
  return [html('span', {}, swatch(i), html('span', {}, name)), ' ',
    html('b', {}, or(valueOf(points, month), full, word('none'))), ' ', html('small', {}, facts.filter(Boolean).join(' · '))];
}

function body({ name, points }) {
  const rows = Object.keys(points).sort().map(month => {
    const { price, sqm, deals, yoy, open } = points[month];
    return html('tr', {}, html('th', { scope: 'row' }, monthName(month), html('small', {}, open ? ` ${word('open')}` : '')),
      ...[or(price, money), or(sqm, money), or(deals, number), or(yoy, percent)].map(text => html('td', {}, text)));
  });
  if (model.series.length > 1) rows.unshift(html('tr', {}, html('th', { scope: 'rowgroup', colspan: 5 }, name)));
  return html('tbody', {}, ...rows);
}

function draw() {
  width = plot.clientWidth;
  const room = Math.max(240, width), [placed, drawn] = picture(model, room);
  at = placed;
  chart.setAttribute('viewBox', `0 0 ${room} ${at.base + 38}`);
  part('drawing').replaceChildren(...drawn);
  move(-1);
}

function render() {
  document.documentElement.lang = lang;
  if (!model) return;
  if (!model[metric]) metric = model.sqm ? 'sqm' : 'price';
  part('view').dataset.state = model[metric] ? 'chart' : 'empty';
  if (!inlined) part('sample').hidden = model.sample !== true;
  if (!model[metric]) return;
  const { months, series } = model, write = (id, text) => { part(id).textContent = text; };
  const period = [...new Set([months[0], months.at(-1)])].map(month => monthName(month)).join(' – ');
  const kind = [word(model.house_type), word(model.deal === 'jeonse' ? 'jeonse' : 'sale')].filter(Boolean).join(' · ');
  const title = metric === 'sqm' ? `${kind} · ${word('sqm')}` : kind;
  part('legend').replaceChildren(...series.map((one, i) => {
    const month = newest(one.points);
    return html('li', {}, ...entry(one, i, month, month && monthName(month)));
  }));
  write('heading', title);
  write('period', period);
  write('title', `${title}: ${series.map(one => one.name).join(', ')}, ${period}`);
  write('desc', [...part('legend').children].map(item => item.textContent).join('; '));
  write('caption', `${kind}, ${period}`);
  write('source', model.source ?? '–');
  write('data_as_of', String(model.data_as_of ?? '–').replace(/^(\S{10})T(\d\d:\d\d)\S*\+09:00$/, '$1 $2 KST'));
  for (const one of ['price', 'sqm']) Object.assign(part(one), { checked: one === metric, disabled: !model[one] });
  part('note').hidden = !model.all.some(point => point.open);
  for (const old of [...part('table').tBodies]) old.remove();
  part('table').append(...series.map(body));
  draw();
}

function move(index, live) {
  const { months, series } = model;
  now = Math.min(months.length - 1, index);
  tip.ariaLive = live ? 'polite' : 'off';
  tip.replaceChildren();
  part('cursor').replaceChildren();
  if (now < 0) return;
  const month = months[now], x = at.x(now);
  tip.append(html('b', {}, monthName(month)), ' ', ...series.map((one, i) => html('div', {}, ...entry(one, i, month), ' ')));
  part('cursor').append(path(`M${x} ${at.top}V${at.base}`, 'base'), ...series.flatMap(({ points }, i) =>
    or(valueOf(points, month), value => [mark(i, x, at.y(value), points[month].open, 1.5)], [])));
  const left = x < width / 2 ? x + 14 : x - 14 - tip.offsetWidth;
  tip.style.left = `${Math.max(0, Math.min(width - tip.offsetWidth, left))}px`;
}

chart.onkeydown = event => {
  const to = { ArrowLeft: Math.max(0, now - 1), ArrowRight: now + 1, Home: 0, End: Infinity, Escape: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  move(to, true);
};
chart.onfocus = () => move(Infinity, true);
chart.onblur = plot.onpointerleave = () => move(-1);
plot.onpointermove = plot.onpointerdown = ({ clientX }) =>
  move(Math.max(0, Math.floor((clientX - plot.getBoundingClientRect().left - at.left) / at.band)));
part('view').onchange = ({ target }) => { metric = target.id; render(); };
onbeforeprint = () => { part('all').open = true; };
new ResizeObserver(() => requestAnimationFrame(() => { if (model?.[metric] && plot.clientWidth !== width) draw(); })).observe(plot);
