// A client that uploads one file with the documented snippet, in a browser or in Node.
//
// The stage (tests/support/client_stage.py) says what to upload, hears the outcome, and gives
// orders meanwhile: to move the clock, to reload the page.
const inBrowser = typeof document !== 'undefined';
const stage = inBrowser ? location.origin : process.argv[2];

// The waits of the snippet pass a hundred times as fast.
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = (run, wait, ...rest) => setTimer(run, wait >= 500 ? wait / 100 : wait, ...rest);

let offset = 0;
const now = Date.now;
Date.now = () => now() + offset;

if (!inBrowser) { // Node has none; this one outlives the process, as a browser's does a reload
  const { existsSync, readFileSync, writeFileSync } = await import('node:fs');
  const file = process.argv[3];
  const held = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const keep = () => writeFileSync(file, JSON.stringify(held));
  globalThis.sessionStorage = {
    getItem: (name) => held[name] ?? null,
    setItem: (name, value) => { held[name] = String(value); keep(); },
    removeItem: (name) => { delete held[name]; keep(); },
  };
}

const ask = async (path) => (await fetch(stage + path)).json();
const report = (outcome) => fetch(`${stage}/outcome`, { method: 'POST', body: JSON.stringify(outcome) });

async function follow() {
  let seen = Number(sessionStorage.getItem('orders') ?? 0);
  for (;;) {
    const order = await ask(`/order?seen=${seen}`);
    seen = order.number;
    offset = order.offset;
    sessionStorage.setItem('orders', seen);
    if (order.reload) {
      localStorage.clear(); // what the SDK remembers
      location.reload();
      return;
    }
  }
}

async function fileOf({ name, path }) {
  const about = { type: 'application/pdf', lastModified: 1700000000000 };
  const bytes = await (await fetch(`${stage}/file`)).arrayBuffer();
  return inBrowser ? new File([bytes], name, about) : { name, path, size: bytes.byteLength, ...about };
}

async function tryUpload(upload, task, file) {
  try {
    return { courseware: await upload(task.classroom, file, () => {}, task.cos) };
  } catch (error) {
    return { error: { status: error.status, reason: error.reason, message: error.message } };
  }
}

async function main() {
  const { session, upload } = await import('./classgate.mjs');
  const task = await ask('/task');
  follow().catch(() => {}); // the stage is over
  session.accessToken = task.token;
  const file = await fileOf(task);
  let outcome = await tryUpload(upload, task, file);
  for (let more = task.tries; more > 1 && outcome.error; more -= 1) {
    outcome = await tryUpload(upload, task, file);
  }
  await report(outcome);
  if (!inBrowser) process.exit(0);
}

if (inBrowser) addEventListener('unhandledrejection', ({ reason }) => report({ unhandled: String(reason) }));
main().catch((error) => report({ unhandled: String(error) }));
