// The picture: lines of medians, bars of counts beneath, one x axis.
const make = create => (tag, attributes, ...children) => {
  const node = create(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  node.append(...children);
  return node;
};
const html = make(tag => document.createElement(tag));
const svg = make(tag => document.createElementNS('http://www.w3.org/2000/svg', tag));
const path = (d, of, more) => svg('path', { d, class: of, ...more });

const MARKS = ['M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z', 'M-3.5-3.5h7v7h-7z', 'M0-5L4.5 3.5h-9z', 'M0-5L5 0L0 5L-5 0z', 'M0 5L4.5-3.5h-9z'];
const style = (of, i, open) => `${of} c${i % 6}${open ? ' open' : ''}`;
const mark = (i, x, y, open, size = 1) => path(MARKS[i % 5], style('mark', i, open), { transform: `translate(${x} ${y}) scale(${size})` });
const swatch = i => svg('svg', { width: 26, height: 14, 'aria-hidden': true }, path('M1 7H25', style('line', i)), mark(i, 13, 7));
const textWidth = text => [...text].reduce((sum, sign) => sum + (sign > '\u2000' ? 12 : 7.5), 0);

function layout({ series, months, all }, width) {
  const narrow = width < 480, { step, prices } = ticks(all.map(point => point[metric]).filter(value => value !== null), narrow ? 3 : 5);
  const busiest = Math.max(1, ...months.map(month => series.reduce((sum, one) => sum + (one.points[month]?.deals ?? 0), 0)));
  const unit = 10 ** Math.floor(Math.log10(busiest)), most = Math.ceil(busiest / unit) * unit;
  const left = 10 + Math.max(...[...prices.map(value => scaleMoney(value, step)), number(most), word('deals')].map(textWidth));
  const right = width - 8, band = (right - left) / months.length, top = 10, bottom = narrow ? 190 : 250, barTop = bottom + 26, base = barTop + 60;
  return {
    left, right, band, top, barTop, base, most, prices, step,
    x: i => left + band * (i + 0.5),
    y: value => bottom - ((value - prices[0]) / (prices.at(-1) - prices[0])) * (bottom - top),
    tall: deals => Math.max(0, deals / most) * (base - barTop),
  };
}

function axes(months, at) {
  const text = (words, x, y, anchor) => svg('text', { x, y, 'text-anchor': anchor }, words), beside = at.left - 8;
  const rule = (y, of) => path(`M${at.left} ${y}H${at.right}`, of);
  const parts = at.prices.flatMap(value => [rule(at.y(value), 'grid'), text(scaleMoney(value, at.step), beside, at.y(value) + 4, 'end')]);
  parts.push(rule(at.base, 'base'), text(number(at.most), beside, at.barTop + 8, 'end'), text(word('deals'), beside, at.base, 'end'));
  const step = [1, 2, 3, 6, 12, 24, 60, 120].find(count => count * at.band >= 44) ?? 240;
  let year;
  months.forEach((month, i) => {
    if (since(month) % step) return;
    parts.push(path(`M${at.x(i)} ${at.base}v5`, 'base'));
    if (step < 12) parts.push(text(monthName(month, { month: 'short' }), at.x(i), at.base + 18, 'middle'));
    if (year !== (year = month.slice(0, 4))) parts.push(text(year, at.x(i), at.base + (step < 12 ? 34 : 18), 'middle'));
  });
  return parts;
}

function bars({ series, months }, at) {
  const width = Math.max(1, Math.min(24, at.band * 0.66));
  return months.flatMap((month, i) => {
    let y = at.base;
    return series.map(({ points }, index) => {
      const { deals, open } = points[month] ?? {}, height = at.tall(deals ?? 0);
      return svg('rect', { x: at.x(i) - width / 2, y: (y -= height), width, height, class: style('bar', index, open) });
    });
  });
}

function line({ points }, index, months, at) {
  const every = Math.ceil(16 / at.band), marks = [], parts = [];
  let before;
  months.forEach((month, i) => {
    const value = valueOf(points, month), x = at.x(i), y = at.y(value), open = points[month]?.open;
    if (value === null) return void (before = null);
    if (before) parts.push(path(`M${before.x} ${before.y}L${x} ${y}`, style('line', index, open || before.open)));
    if (open || (i + index) % every === 0 || (!before && valueOf(points, months[i + 1]) === null)) marks.push(mark(index, x, y, open));
    before = { x, y, open };
  });
  return [...parts, ...marks];
}

function picture(model, width) {
  const at = layout(model, width), { months, series } = model;
  return [at, [...axes(months, at), ...bars(model, at), ...series.flatMap((one, i) => line(one, i, months, at))]];
}
