// Where the data comes from: the page itself, an MCP Apps host (SEP-1865, 2026-01-26), or ChatGPT's older globals.
const speakIn = locale => { lang = /^ko\b/i.test(locale) ? 'ko' : 'en'; };

function adopt(context) {
  const page = document.documentElement, given = context?.styles?.variables ?? {};
  for (const name in given) { // a value that is no colour might load something
    const kind = { '--color': 'color', '--font-': 'font-family' }[name.slice(0, 7)];
    if (kind && CSS.supports(kind, given[name])) page.style.setProperty(name, given[name]);
  }
  if (/^(light|dark)$/.test(context?.theme)) page.dataset.theme = context.theme;
  if (typeof context?.locale === 'string') speakIn(context.locale);
  render();
}

function show(data) {
  model = data && typeof data === 'object' ? readData(data) : null;
  if (!model) part('view').dataset.state = 'failed';
  render();
}

function connect() {
  let target = '*', ready = false;
  const send = message => parent.postMessage({ jsonrpc: '2.0', ...message }, target);
  const sizes = new ResizeObserver(() => {
    const params = { width: innerWidth, height: Math.ceil(document.documentElement.getBoundingClientRect().height) };
    send({ method: 'ui/notifications/size-changed', params });
  });
  const heard = {
    'ui/notifications/tool-result': result => show(result?.isError ? null : result?.structuredContent),
    'ui/notifications/tool-cancelled': () => show(null),
    'ui/notifications/host-context-changed': adopt,
  };
  const asked = { ping() {}, 'ui/resource-teardown': () => sizes.disconnect() };
  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return; // any window may post here
    const { id, method, params, result } = data;
    if (id === undefined) {
      if (Object.hasOwn(heard, method)) heard[method](params);
    } else if (method === undefined) {
      if (id !== 1 || !result || ready) return;
      ready = true;
      if (/^https?:/.test(origin)) target = origin; // of other schemes postMessage knows no origin
      adopt(result.hostContext);
      send({ method: 'ui/notifications/initialized' });
      sizes.observe(document.documentElement);
    } else if (Object.hasOwn(asked, method)) {
      asked[method]();
      send({ id, result: {} });
    } else {
      send({ id, error: { code: -32601, message: 'Method not found' } });
    }
  });
  const older = () => {
    if (ready || !window.openai) return;
    adopt(window.openai);
    if (window.openai.toolOutput) show(window.openai.toolOutput);
  };
  addEventListener('openai:set_globals', older);
  older();
  send({ id: 1, method: 'ui/initialize', params: {
    appInfo: { name: 'gatehouse-price-chart', version: '1' }, appCapabilities: { availableDisplayModes: ['inline'] }, protocolVersion: '2026-01-26',
  } });
}

speakIn(document.documentElement.lang || navigator.language);
if (inlined) show(JSON.parse(inlined.textContent));
else render();
if (!inlined && parent !== window) connect();
