// From a tool's result to months and series. What is missing or of the wrong type is a gap, never an error.
let metric = 'price'; // what is drawn: price, or sqm for the price per square metre
const valueOf = (points, month) => points[month]?.[metric] ?? null;
const finite = value => (Number.isFinite(value) ? value : null);
const since = month => month.slice(0, 4) * 12 + +month.slice(4) - 1;

function readSeries(region) {
  const points = {};
  for (const point of Array.isArray(region?.points) ? region.points : []) {
    if (!/^\d{4}(0[1-9]|1[0-2])$/.test(point?.year_month)) continue;
    points[point.year_month] = {
      price: finite(point.median_price_10k), sqm: finite(point.median_price_per_sqm_10k),
      deals: finite(point.sample_count), yoy: finite(point.yoy_pct), open: point.incomplete === true,
    };
  }
  return { name: String(region?.region_name || region?.region_code || '–'), points };
}

// Every month from the first to the last, so that a missing one is a gap; absurd spans keep only their own months.
function readMonths(seen) {
  const first = seen.length && since(seen[0]), count = seen.length && since(seen.at(-1)) - first + 1;
  if (count > 600) return seen;
  return Array.from({ length: count }, (_, i) =>
    `${Math.floor((first + i) / 12)}`.padStart(4, 0) + `${((first + i) % 12) + 1}`.padStart(2, 0));
}

function readData(data) {
  const series = (Array.isArray(data.regions) ? data.regions : [data]).map(readSeries);
  const all = series.flatMap(one => Object.values(one.points)), has = key => all.some(point => point[key] !== null);
  const months = readMonths([...new Set(series.flatMap(one => Object.keys(one.points)))].sort());
  return { ...data, series, all, months, price: has('price'), sqm: has('sqm') };
}

// The newest complete month with a value, or, when there is none, the newest with a value.
function newest(points) {
  const valued = Object.keys(points).sort().filter(month => valueOf(points, month) !== null);
  return valued.findLast(month => !points[month].open) ?? valued.at(-1);
}

function ticks(values, count) {
  let low = Math.min(...values), high = Math.max(...values);
  if (low === high) [low, high] = [low * 0.95 - 1, high * 1.05 + 1];
  if (low > 0 && low < high * 0.4) low = 0;
  const raw = (high - low) / count, unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find(factor => factor * unit >= raw * 0.999);
  const from = Math.floor(low / step + 1e-9), to = Math.ceil(high / step - 1e-9);
  return { step, prices: Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step) };
}
