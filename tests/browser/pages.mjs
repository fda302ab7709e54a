// Opens pages of several origins in Chromium, and compares what their scripts could do with what they should be able to do.
// usage: node pages.mjs TIDEGATE SIMULATOR WORKDIR
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

const [tidegate, simulator, work] = process.argv.slice(2);
const REBOUND = 'rebound.example'; // a foreign name that leads to this machine

const children = new Set();

function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/// HOST:PORT of a program that prints `listening on HOST:PORT`.
function listening(command, args) {
  return new Promise((resolve, reject) => {
    const child = start(command, args);
    const lines = [];
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${path.basename(command)} ended with ${code}:\n${lines.join('\n')}`)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const found = /listening on (\S+)/.exec(line);
        if (found) resolve(found[1]);
      });
    }
  });
}

/// What a page tries. Runs in the browser; each attempt comes to "blocked" or to what it could read.
async function attempts(gateway) {
  const socket = () =>
    new Promise((resolve) => {
      const opened = new WebSocket(`ws://${gateway}/ws`);
      opened.onmessage = (event) => resolve(`read ${JSON.parse(event.data).type}`);
      opened.onclose = () => resolve('blocked');
    });
  const page = async (target, options) => {
    try {
      return `read ${(await fetch(`http://${gateway}${target}`, options)).status}`;
    } catch {
      return 'blocked';
    }
  };
  const report = {
    socket: await socket(),
    brokers: await page('/v1/brokers'),
    metrics: await page('/metrics'),
    withToken: await page('/v1/brokers', { headers: { Authorization: 'Bearer nobody' } }), // the browser asks first
  };
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}

/// One page at an origin of its own.
class Page {
  static async open() {
    const page = new Page();
    page.report = new Promise((resolve) => (page.told = resolve));
    page.server = createServer((request, response) => page.answer(request, response));
    await new Promise((resolve) => page.server.listen(0, '127.0.0.1', resolve));
    page.origin = `http://127.0.0.1:${page.server.address().port}`;
    return page;
  }

  answer(request, response) {
    if (request.method !== 'POST') {
      response.setHeader('Content-Type', 'text/html');
      return response.end(`<!doctype html><title>page</title><script>(${attempts})(${JSON.stringify(this.gateway)})</script>`);
    }
    let body = '';
    request.on('data', (bytes) => (body += bytes));
    return request.on('end', () => (response.end(), this.told(JSON.parse(body))));
  }

  /// What the page's script could do, in a browser of its own.
  async visit(gateway) {
    this.gateway = gateway;
    const browser = new Browser(this.origin);
    const ended = browser.ended.then((text) => Promise.reject(new Error(`the browser ended without a report: ${text}`)));
    const report = await Promise.race([this.report, ended]);
    ended.catch(() => {});
    await browser.close();
    this.server.close();
    return report;
  }
}

class Browser {
  constructor(url, ...options) {
    this.profile = mkdtempSync(path.join(work, 'profile-'));
    this.process = start('chromium', [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
      `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`, `--user-data-dir=${this.profile}`, ...options, url,
    ]);
    let text = '';
    this.process.stdout.on('data', (bytes) => (text += bytes));
    this.process.stderr.resume();
    this.ended = new Promise((resolve, reject) => (this.process.on('error', reject), this.process.on('close', () => resolve(text))));
  }

  async close() {
    this.process.kill('SIGKILL');
    await this.ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

/// What a browser shows of a URL.
async function shown(url) {
  const browser = new Browser(url, '--dump-dom');
  const text = await browser.ended;
  await browser.close();
  return text;
}

async function check() {
  const sim = await listening(simulator, ['binance', '--port', '0']);
  const allowed = await Page.open(), foreign = await Page.open();
  const config = path.resolve(work, 'gateway.yaml');
  writeFileSync(config, `server: {listen: "127.0.0.1:0", origins: ["${allowed.origin}"]}
brokers: {binance: {adapter: binance, ws_url: "ws://${sim}", rest_url: "http://${sim}"}}
`);
  const gateway = await listening(tidegate, ['run', '--config', config]);

  assert.deepEqual(await allowed.visit(gateway), { socket: 'read welcome', brokers: 'read 200', metrics: 'read 200', withToken: 'read 401' });
  assert.deepEqual(await foreign.visit(gateway), { socket: 'blocked', brokers: 'blocked', metrics: 'blocked', withToken: 'blocked' });

  const port = gateway.split(':').at(-1);
  assert.match(await shown(`http://${gateway}/v1/brokers`), /"binance"/);
  assert.doesNotMatch(await shown(`http://${REBOUND}:${port}/v1/brokers`), /"binance"/);
}

let code = 0;
try {
  await check();
  console.log('an allowed page reads the gateway; a foreign page and a foreign name do not');
} catch (error) {
  console.log(error?.stack ?? error);
  code = 1;
}
for (const child of children) child.kill('SIGKILL');
process.exit(code);
