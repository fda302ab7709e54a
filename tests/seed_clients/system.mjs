// The gateway on the Binance simulator, a way to it that can be cut, and what a trading platform's services publish.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const DEADLINE_MS = 120_000;
const children = [];
process.on('exit', () => children.forEach((child) => child.kill()));

export async function until(what, done) {
  const end = Date.now() + DEADLINE_MS;
  while (!done()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/// Starts a program of ours; resolves to HOST:PORT of its "listening on" line.
function start(binary, args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${binary} ended with ${code}: ${said}`)));
    child.stderr.on('data', (bytes) => {
      said += bytes;
      const found = /listening on (\S+)\n/.exec(said);
      if (found) resolve(found[1]);
    });
  });
}

/// Whatever connects here is connected to `to`, until drop() cuts what there is.
async function openWay(to) {
  const [host, port] = to.split(':');
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), host);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('data', (bytes) => other.write(bytes));
      one.on('error', () => {});
      one.on('close', () => (sockets.delete(one), other.destroy()));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    connections: () => sockets.size / 2,
    drop: () => sockets.forEach((socket) => socket.destroy()),
  };
}

export async function startSystem(gateway, simulator, work) {
  const venue = await start(simulator, ['binance', '--port', '0', '--symbols', '4', '--rate', '5']);
  const key = randomBytes(32).toString('hex');
  const config = path.resolve(work, 'seed-clients.yaml');
  writeFileSync(config, `
server:
  listen: 127.0.0.1:0
  auth: {jwt: {algorithm: HS256, key: "${key}"}}
  limits: {handshake_timeout: 60s}  # a machine that builds meanwhile may be slow
brokers:
  binance: {adapter: binance, ws_url: "ws://${venue}", rest_url: "http://${venue}"}
log: {level: warning}
`);
  const address = await start(gateway, ['run', '--config', config]);
  const way = await openWay(address);

  const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (claims) => {
    const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const service = token({ sub: 'order-service', publish: ['*'] });
  const publish = async (topic, data) => {
    const answer = await fetch(`http://${address}/v1/publish`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${service}` },
      body: JSON.stringify({ topic, data }),
    });
    const body = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(body));
    return body;
  };
  /// Publishes until `seen`: whoever is to get it may not have subscribed yet.
  const publishUntil = async (topic, data, seen) => {
    const end = Date.now() + DEADLINE_MS;
    for (let i = 0; !seen(); ++i) {
      if (Date.now() > end) throw new Error(`${topic} was published in vain`);
      if (i % 10 === 0) await publish(topic, data);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { address, way, userToken: token({ sub: '42' }), publish, publishUntil };
}
