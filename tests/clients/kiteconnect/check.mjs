// The official client against the simulator. One check per process, since the client keeps its connection in its module.
// usage: node check.mjs recording|live|refused SIM_BINARY WORKDIR     WORKDIR: where kiteconnect is installed
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { body, message, sample, tick } from './packets.mjs';

const [check, simulator, work] = process.argv.slice(2);
const { KiteTicker } = createRequire(path.resolve(work, 'package.json'))('kiteconnect');

const RELIANCE = 738561, NIFTY = 256265, USDINR = 12001 * 256 + 3, EURINR = 1095001 * 256 + 6, NIFTY_CALL = 66011 * 256 + 2;
const DEADLINE_MS = 120_000;

let simulation;
function finish(code, text) {
  simulation?.kill();
  console.log(`${check}: ${text}`);
  process.exit(code);
}
const fail = (text) => finish(1, `FAILED: ${text}`);
process.on('uncaughtException', (error) => fail(error.stack));
process.on('unhandledRejection', (error) => fail(error.stack ?? String(error)));

/// Starts the simulator and gives its address.
function simulate(...options) {
  simulation = spawn(simulator, ['zerodha', '--port', '0', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => simulation.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    simulation.on('error', reject);
    simulation.on('exit', (code) => reject(new Error(`the simulator ended with ${code}: ${said}`)));
    simulation.stderr.on('data', (bytes) => {
      said += bytes;
      const found = /listening on (\S+)\n/.exec(said);
      if (found) resolve(`ws://${found[1]}`);
    });
  });
}

/// What a client saw, and promises that wait for more of it.
class Watched {
  constructor(root, params = {}) {
    this.ticks = [];
    this.batches = 0;
    this.heartbeats = 0;
    this.connects = 0;
    this.disconnects = 0;
    this.errors = [];
    this.orders = [];
    this.waiting = [];
    this.subscribe = () => {};
    this.ticker = new KiteTicker({ api_key: 'key', access_token: 'token', root, ...params });
    const on = (event, work) => this.ticker.on(event, (...args) => (work(...args), this.look()));
    on('connect', () => (this.connects++, this.subscribe()));
    on('disconnect', () => this.disconnects++);
    on('error', (event) => this.errors.push(event.message ?? String(event)));
    on('message', (bytes) => bytes.byteLength === 1 && this.heartbeats++);
    on('ticks', (ticks) => (this.batches++, this.ticks.push(...ticks)));
    on('order_update', (order) => this.orders.push(order));
    this.ticker.connect();
  }
  look() {
    this.waiting = this.waiting.filter((each) => !each.done() || each.resolve());
  }
  until(what, done) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain until ${what}; errors: ${this.errors.join('; ') || 'none'}`)), DEADLINE_MS);
      this.waiting.push({ done, resolve: () => (clearTimeout(timer), resolve()) });
      this.look();
    });
  }
  /// The first tick of this instrument and mode that comes from now on.
  async next(token, mode) {
    const from = this.ticks.length;
    const find = () => this.ticks.slice(from).find((each) => each.instrument_token === token && each.mode === mode);
    await this.until(`a ${mode} tick of ${token} comes`, () => find() !== undefined);
    return find();
  }
}

function near(price, expected) {
  assert.ok(Math.abs(price - expected) < expected * 0.2, `a price of ${price}, where about ${expected} was expected`);
}

const checks = {
  /// Self-made bytes, played as recorded: the ticks are the expected ones, to the digit.
  async recording() {
    const reliance = sample(RELIANCE, 294_070, 5), nifty = sample(NIFTY, 2_434_390, 5), call = sample(NIFTY_CALL, 21_335, 5);
    const dollar = sample(USDINR, 831_250_000, 25_000), euro = sample(EURINR, 901_250, 25);
    const untraded = {
      ...sample(NIFTY_CALL, 105, 5), lastQuantity: 0, average: 0, volume: 0, buy: 0, sell: 0, open: 0, high: 0, low: 0, tradeTime: 0,
      bids: Array(5).fill({ quantity: 0, price: 0, orders: 0 }), asks: Array(5).fill({ quantity: 0, price: 0, orders: 0 }),
    };
    const plan = [
      [['quote', reliance], ['quote', nifty], ['ltp', dollar]],
      [['full', reliance], ['full', nifty], ['full', call], ['full', euro], ['full', dollar]],
      [['ltp', nifty], ['ltp', euro]],
      [['full', untraded]],
    ];
    const lines = plan.map((packets) => {
      const bytes = message(packets.map(([mode, values]) => body(mode, values)));
      return JSON.stringify({ rx_ns: null, kind: 'ws', hex: bytes.toString('hex') });
    });
    const frames = path.resolve(work, 'frames.jsonl');
    writeFileSync(frames, lines.join('\n') + '\n');

    const client = new Watched(await simulate('--frames', frames, '--start-after', '300ms', '--credentials', 'key:token'));
    client.subscribe = () => client.ticker.subscribe([RELIANCE, NIFTY, NIFTY_CALL, USDINR, EURINR]);
    const expected = plan.flat().map(([mode, values]) => tick(mode, values));
    await client.until('all ticks of the recording have come', () => client.ticks.length >= expected.length);
    assert.deepEqual(client.ticks, expected);
    assert.equal(client.batches, plan.length);
    finish(0, `${expected.length} ticks of ${plan.length} messages, as expected`);
  },

  /// The generated market: modes, heartbeats alone, a drop.
  async live() {
    const root = await simulate('--updates', '8', '--credentials', 'key:token', '--fault', 'order@1', '--fault', 'drop@25');
    const client = new Watched(root);
    const tokens = [RELIANCE, NIFTY, USDINR];
    client.subscribe = () => client.ticker.subscribe(tokens);

    const quote = await client.next(RELIANCE, 'quote');
    near(quote.last_price, 2940.7);
    assert.ok(quote.volume_traded > 0 && quote.depth === undefined, 'a quote tick has volume and no depth');
    await client.next(RELIANCE, 'quote');

    client.ticker.setMode(client.ticker.modeFull, tokens);
    const [full, index, dollar] = await Promise.all(tokens.map((token) => client.next(token, 'full')));
    near(full.last_price, 2940.7);
    near(index.last_price, 24343.9);
    near(dollar.last_price, 83.125);
    assert.equal(index.tradable, false);
    assert.equal(full.depth.buy.length, 5);
    assert.ok(full.depth.buy[0].price < full.depth.sell[0].price, 'the best bid lies below the best ask');
    const age = Date.now() - full.exchange_timestamp.getTime();
    assert.ok(age >= 0 && age < 60_000, `the exchange's time is ${age} ms old`);
    assert.ok(full.last_trade_time <= full.exchange_timestamp, 'the last trade is not younger than the packet');

    client.ticker.setMode(client.ticker.modeLTP, tokens);
    const ltp = await client.next(RELIANCE, 'ltp');
    assert.deepEqual(Object.keys(ltp).sort(), ['instrument_token', 'last_price', 'mode', 'tradable']);
    await client.until('the order update has come', () => client.orders.length === 1);
    assert.equal(client.orders[0].status, 'COMPLETE');

    // The client looks every 5 s whether a message came within 5 s; four heartbeats and nothing else take longer than two looks.
    client.ticker.unsubscribe(tokens);
    const { heartbeats } = client, since = Date.now();
    await client.until('a heartbeat has come', () => client.heartbeats > heartbeats);
    const silent = client.ticks.length;
    await client.until('four heartbeats have come', () => client.heartbeats >= heartbeats + 4 && Date.now() - since > 10_500);
    assert.equal(client.disconnects, 0, 'heartbeats keep the connection');
    await client.until('the connection was dropped', () => client.disconnects === 1);
    assert.equal(client.ticks.length, silent, 'nothing is sent of what was unsubscribed');
    const again = await client.next(RELIANCE, 'quote');
    near(again.last_price, 2940.7);
    assert.equal(client.connects, 2);
    finish(0, `three modes, ${client.heartbeats} heartbeats, a drop and ${client.ticks.length} ticks`);
  },

  /// Wrong credentials: the client is told 403.
  async refused() {
    const root = await simulate('--credentials', 'key:token');
    const client = new Watched(root, { access_token: 'stale', reconnect: false });
    await client.until('an error has come', () => client.errors.length > 0);
    assert.match(client.errors[0], /403/);
    assert.equal(client.connects, 0);
    finish(0, `a stale token is refused: ${client.errors[0]}`);
  },
};

if (!(check in checks)) fail('usage: node check.mjs recording|live|refused SIM_BINARY WORKDIR');
await checks[check]();
