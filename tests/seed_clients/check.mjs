// One client of an existing system against the gateway. The client's text is read from CLIENTS, with host, port and token replaced and nothing else.
// usage: node check.mjs dashboard|python|platform GATEWAY_BINARY SIM_BINARY CLIENTS WORKDIR     WORKDIR: where ws is installed
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { startSystem, until } from './system.mjs';

const [check, gateway, simulator, clients, work] = process.argv.slice(2);
const WebSocket = createRequire(path.resolve(work, 'package.json'))('ws');

function finish(code, text) {
  console.log(`${check}: ${text}`);
  process.exit(code);
}
const fail = (error) => finish(1, `FAILED: ${error.stack ?? error}${error.cause ? `; ${error.cause.stack ?? error.cause}` : ''}`);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

/// The client's text; each replacement must occur.
function read(file, replacements) {
  let text = readFileSync(path.join(clients, file), 'utf8');
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `${file} does not hold ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const system = await startSystem(gateway, simulator, work);
const order = { order_id: 'o-1', status: 'FILLED', filled: '1.50', remaining: '0', average: '65432.10' };
const printed = [];
const console_of_client = { log: (...words) => printed.push(words), error: (...words) => printed.push(words) };

const checks = {
  /// A browser's dashboard: prices, orders, alerts, pongs; and all of it again after its connection was cut.
  async dashboard() {
    const seen = { orders: [], alerts: [], prices: [] };
    const context = vm.createContext({ WebSocket, setTimeout, userToken: system.userToken, seen, console: console_of_client });
    vm.runInContext(read('trading-dashboard.js', [['localhost:8000', system.way.address]]), context);
    vm.runInContext(`
      TradingWebSocket.prototype.updateOrderStatus = (message) => seen.orders.push(message);
      TradingWebSocket.prototype.showRiskAlert = (message) => seen.alerts.push(message);
      TradingWebSocket.prototype.updatePriceDisplay = (message) => seen.prices.push(message);
    `, context);

    await until('a price comes', () => seen.prices.some((price) => price.price !== null));
    const price = seen.prices.find((each) => each.price !== null);
    assert.match(price.price, /^[0-9]+(\.[0-9]+)?$/, 'a price is a decimal in a text');
    assert.match(price.symbol, /^BINANCE:/);
    for (const key of ['price_change', 'price_change_percent', 'high_price', 'low_price', 'volume', 'timestamp']) assert.ok(key in price, key);
    await system.publishUntil('user:42:orders', order, () => seen.orders.length > 0);
    assert.equal(seen.orders[0].order_id, 'o-1');
    assert.equal(seen.orders[0].filled, '1.50');
    await system.publish('user:7:orders', { ...order, order_id: 'not for user 42' });
    await system.publishUntil('risk_alerts', { alert_type: 'drawdown', severity: 'high' }, () => seen.alerts.length > 0);
    assert.equal(seen.alerts[0].alert_type, 'drawdown');
    await system.publish('bot_status', { id: 'bot-1', status: 'running' });  // the dashboard has no place for it
    vm.runInContext(`tradingWS.send({ type: 'ping' })`, context);
    const pongs = () => printed.filter((words) => words[0] === 'Received pong').length;
    await until('a pong is printed', () => pongs() === 1);

    const connected = () => printed.filter((words) => words[0] === 'Connected to trading WebSocket').length;
    assert.equal(connected(), 1);
    system.way.drop();
    await until('the dashboard has connected again', () => connected() === 2);
    const before = { prices: seen.prices.length, orders: seen.orders.length };
    await until('prices go on', () => seen.prices.length > before.prices);
    await system.publishUntil('user:42:orders', { ...order, status: 'CANCELLED' }, () => seen.orders.length > before.orders);
    assert.equal(seen.orders.at(-1).status, 'CANCELLED');
    assert.ok(seen.orders.every((each) => each.order_id === 'o-1'), "another user's orders stay away");
    return `${seen.prices.length} prices, ${seen.orders.length} orders, ${seen.alerts.length} alerts, ${pongs()} pong, one drop`;
  },

  /// Orders and alerts are printed.
  async python() {
    const text = read('trading_client.py', [['localhost:8000', system.way.address], ['your_jwt_token', system.userToken]]);
    const client = spawn('/usr/bin/python3', ['-u', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    process.on('exit', () => client.kill());
    let said = '', complained = '';
    client.stdout.on('data', (bytes) => (said += bytes));
    client.stderr.on('data', (bytes) => (complained += bytes));
    client.on('exit', (code) => fail(new Error(`the client ended with ${code}: ${complained}`)));
    client.stdin.end(text);
    const lines = (type) => said.split('\n').filter((line) => line.startsWith('Received: ') && line.includes(`'type': '${type}'`));
    await system.publishUntil('user:42:orders', order, () => lines('order_update').length > 0);
    assert.match(lines('order_update')[0], /'order_id': 'o-1'/);
    await system.publishUntil('risk_alerts', { alert_type: 'drawdown' }, () => lines('risk_alert').length > 0);
    client.removeAllListeners('exit');
    return `${lines('order_update').length} orders, ${lines('risk_alert').length} alerts printed`;
  },

  /// The topics of a platform, payloads as texts. The fragments send at once; a browser's page would do so once the socket is open.
  async platform() {
    class PatientSocket extends WebSocket {
      send(text) {
        if (this.readyState === WebSocket.OPEN) return super.send(text);
        this.once('open', () => super.send(text));
      }
    }
    const replacements = [['wss://api.trading-platform.com', `ws://${system.way.address}`], ['YOUR_TOKEN', `${system.userToken}&payload=string`]];
    vm.runInContext(read('platform-topics.js', replacements), vm.createContext({ WebSocket: PatientSocket, console: console_of_client }));
    const updates = () => printed.filter((words) => words[0] === 'Order update:').map((words) => words[1]);
    await system.publishUntil('orders', order, () => updates().length > 0);
    assert.equal(updates()[0].order_id, 'o-1');
    assert.equal(updates()[0].average, '65432.10');
    assert.equal(updates()[0].topic, 'orders');
    assert.equal(updates()[0].origin, 'publisher:order-service');
    return `${updates().length} orders printed`;
  },
};

finish(0, await checks[check]());
