// The real socket.io-client 2 against an XTS deployment: the simulator, or server.mjs to prove this program itself.
// usage: node client.mjs WORKDIR COMMAND [ARG...]     WORKDIR: where the client is installed; COMMAND: starts a deployment, options are appended
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { exchangeTime } from './market.mjs';
import { lastPrice, readPackets } from './packets.mjs';
import { Program, changed, run, until } from './support.mjs';

const [work, command, ...args] = process.argv.slice(2);
const connect = createRequire(path.resolve(work, 'package.json'))('socket.io-client');

const CASH = 1, DERIVATIVES = 2;

/// A running deployment, its REST side, and the session of the last login.
class Deployment {
  static async start({ packed = false, options = [] } = {}) {
    const deployment = new Deployment();
    deployment.root = packed ? '/apibinarymarketdata' : '/apimarketdata';
    const market = ['--port', '0', packed ? '--binary-root' : '--root', deployment.root, '--credentials', 'key:secret', '--updates', '20'];
    const pings = ['--ping-interval', '300ms', '--ping-timeout', '2000ms'];
    deployment.program = new Program('deployment', command, [...args, ...market, ...pings, ...options]);
    await deployment.program.listening();
    deployment.url = `http://${deployment.program.address}`;
    await deployment.login();
    return deployment;
  }
  async rest(method, where, body) {
    const answer = await fetch(`${this.url}${this.root}${where}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(this.token ? { authorization: this.token } : {}) },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, ...(await answer.json()) };
  }
  async login() {
    const { status, type, result } = await this.rest('POST', '/auth/login', { appKey: 'key', secretKey: 'secret', source: 'WEBAPI' });
    assert.deepEqual([status, type], [200, 'success']);
    Object.assign(this, { token: result.token, userID: result.userID });
  }
  /// The id of the master's first row that `fits` takes.
  async find(segment, fits) {
    const name = segment === CASH ? 'NSECM' : 'NSEFO';
    const { result } = await this.rest('POST', '/instruments/master', { exchangeSegmentList: [name] });
    const row = result.split('\n').map((line) => line.split('|')).find(fits);
    assert.ok(row, `the master of ${name} has no such row`);
    return Number(row[1]);
  }
  share(name) {
    return this.find(CASH, (row) => row[4] === `${name}-EQ`);
  }
  otherShare(...names) {
    return this.find(CASH, (row) => row[5] === 'EQ' && !names.includes(row[3]));
  }
  subscription(method, code, segment, ids) {
    const instruments = ids.map((id) => ({ exchangeSegment: segment, exchangeInstrumentID: id }));
    return this.rest(method, '/instruments/subscription', { instruments, xtsMessageCode: code });
  }
  async subscribe(code, segment, ...ids) {
    const { type, description, result } = await this.subscription('POST', code, segment, ids);
    assert.equal(type, 'success', description);
    return result.listQuotes.map((text) => JSON.parse(text));
  }
  socket(options = {}) {
    return new Socket(this, options);
  }
}

/// A client's connection and all that it saw.
class Socket {
  constructor({ url, root, token, userID }, { transports, token: other = token, broadcastMode = 'Full' }) {
    Object.assign(this, { events: [], count: {}, upgrades: [], sids: new Set() });
    this.io = connect(url, {
      path: `${root}/socket.io`, query: { token: other, userID, publishFormat: 'JSON', broadcastMode }, reconnection: false, forceNew: true,
      ...(transports ? { transports } : {}),
    });
    for (const name of ['connect', 'disconnect', 'error', 'connect_error', 'ping', 'pong']) this.io.on(name, (what) => this.see(name, what));
    this.io.on('connect', () => this.sids.add(this.io.io.engine.id));
    this.transportFirst = this.io.io.engine.transport.name;
    this.io.io.engine.on('upgrade', (transport) => (this.upgrades.push(transport.name), changed()));
    // The client has no handler for every event there is.
    const { onevent } = this.io;
    this.io.onevent = (packet) => {
      this.events.push({ name: packet.data[0], argument: packet.data[1] });
      this.see(packet.data[0], packet.data[1]);
      return onevent.call(this.io, packet);
    };
  }
  see(name, what) {
    this.count[name] = (this.count[name] ?? 0) + 1;
    if (name === 'error' || name === 'connect_error') this.error = what;
    changed();
  }
  until(what, condition) {
    return until(`${what}; seen: ${JSON.stringify(this.count)}`, condition);
  }
  async joined() {
    await this.until('the server has said joined', () => this.count.joined);
    assert.equal(typeof this.events.find(({ name }) => name === 'joined').argument, 'string');
    return this;
  }
  /// The arguments of the next `count` events of this name that `fits` takes.
  async next(name, count, fits = () => true) {
    const from = this.events.length;
    const found = () => this.events.slice(from).filter((each) => each.name === name && fits(each.argument));
    await this.until(`${count} of ${name} have come`, () => found().length >= count);
    return found().map(({ argument }) => argument);
  }
  /// Several heartbeats were answered, and the connection is still the first one.
  async stays() {
    await this.until('four pings were answered', () => this.count.pong >= 4);
    assert.equal(this.sids.size, 1);
    assert.deepEqual([this.count.connect, this.count.joined, this.count.disconnect, this.count.error], [1, 1, undefined, undefined]);
  }
  close() {
    this.io.close();
  }
}

const near = (price, expected) =>
  assert.ok(Math.abs(price - expected) < expected * 0.2, `a price of ${price}, where about ${expected} was expected`);
const prices = (message) => message.Touchline ?? message;

function checkTime(seconds) {
  const age = exchangeTime(Date.now() / 1000) - seconds;
  assert.ok(age > -2 && age < 60, `the exchange's time is ${age} s old`);
}

/// Full JSON of three codes over a connection that is there already.
async function checkFull(deployment, socket) {
  const [reliance, infy] = [await deployment.share('RELIANCE'), await deployment.share('INFY')];
  const [quote] = await deployment.subscribe(1501, CASH, reliance);
  assert.deepEqual([quote.MessageCode, quote.ExchangeSegment, quote.ExchangeInstrumentID], [1501, CASH, reliance]);
  const last = prices(quote).LastTradedPrice;
  await deployment.subscribe(1502, CASH, infy);
  const [full, depth] = await Promise.all([socket.next('1501-json-full', 5), socket.next('1502-json-full', 5)]);
  for (const text of full) {
    assert.equal(typeof text, 'string');
    const message = JSON.parse(text);
    assert.deepEqual([message.MessageCode, message.ExchangeSegment, message.ExchangeInstrumentID], [1501, CASH, reliance]);
    const { LastTradedPrice, LastUpdateTime, BidInfo, AskInfo, High, Low } = prices(message);
    near(LastTradedPrice, last);
    checkTime(LastUpdateTime);
    assert.ok(BidInfo.Price < AskInfo.Price && Low <= LastTradedPrice && LastTradedPrice <= High, text);
  }
  for (const text of depth) {
    const { ExchangeInstrumentID, Bids, Asks, Touchline } = JSON.parse(text);
    assert.deepEqual([ExchangeInstrumentID, Bids.length, Asks.length], [infy, 5, 5]);
    assert.ok(Bids[0].Price < Asks[0].Price && Bids[1].Price < Bids[0].Price && Asks[1].Price > Asks[0].Price, text);
    assert.deepEqual([Touchline.BidInfo.Price, Touchline.AskInfo.Price], [Bids[0].Price, Asks[0].Price]);
  }
  return { reliance, infy };
}

const checks = {
  async websocket() {
    const deployment = await Deployment.start();
    const socket = await deployment.socket({ transports: ['websocket'] }).joined();
    const { reliance, infy } = await checkFull(deployment, socket);
    const future = await deployment.find(DERIVATIVES, (row) => row[2] === '1');
    await deployment.subscribe(1510, DERIVATIVES, future);
    await deployment.subscribe(1512, CASH, reliance);
    const [[interest], [lite]] = await Promise.all([socket.next('1510-json-full', 1), socket.next('1512-json-full', 1)]);
    assert.ok(JSON.parse(interest).OpenInterest > 0 && JSON.parse(lite).LastTradedPrice > 0);
    assert.deepEqual(socket.upgrades, []);
    await socket.stays();

    // All or nothing, and nothing more of what was unsubscribed.
    const other = await deployment.otherShare('RELIANCE', 'INFY');
    const refused = await deployment.subscription('POST', 1501, CASH, [reliance, other]);
    assert.deepEqual([refused.status, refused.type, refused.code], [400, 'error', 'e-session-0002']);
    assert.match(refused.description, /already subscribed/i);
    assert.equal((await deployment.subscription('PUT', 1502, CASH, [infy])).type, 'success');
    const from = socket.events.length;
    await socket.next('1501-json-full', 5);
    const later = socket.events.slice(from);
    assert.deepEqual(later.filter(({ name }) => name === '1502-json-full'), []);
    assert.deepEqual(later.filter(({ argument }) => argument.includes(`"ExchangeInstrumentID":${other},`)), []);
    await deployment.subscribe(1501, CASH, other);
    await socket.next('1501-json-full', 1, (text) => JSON.parse(text).ExchangeInstrumentID === other);
    return `${socket.events.length} events, ${socket.count.pong} pongs`;
  },

  async polling() {
    const deployment = await Deployment.start();
    const socket = deployment.socket();
    assert.equal(socket.transportFirst, 'polling');
    await socket.joined();
    await socket.until('the connection was upgraded', () => socket.upgrades.length > 0);
    assert.deepEqual(socket.upgrades, ['websocket']);
    await checkFull(deployment, socket);
    await socket.stays();
    socket.close();

    const slow = await deployment.socket({ transports: ['polling'] }).joined();
    const [text] = await slow.next('1501-json-full', 1);
    assert.ok(prices(JSON.parse(text)).LastTradedPrice > 0);
    return 'polling alone, and polling that becomes a WebSocket';
  },

  async partial() {
    const deployment = await Deployment.start();
    const socket = await deployment.socket({ transports: ['websocket'], broadcastMode: 'Partial' }).joined();
    const reliance = await deployment.share('RELIANCE');
    const [quote] = await deployment.subscribe(1501, CASH, reliance);
    const texts = await socket.next('1501-json-partial', 5);
    for (const text of texts) {
      assert.match(text, new RegExp(`^t:${CASH}_${reliance}(,[a-z]+:[^,:]*)+$`));
      const price = /,ltp:([^,]+)/.exec(text);
      if (price) near(Number(price[1]), prices(quote).LastTradedPrice);
    }
    assert.ok(texts.some((text) => !/,o:/.test(text)), 'what did not change is left out');
    return `${texts.length} texts such as ${texts[0]}`;
  },

  async packed() {
    const deployment = await Deployment.start({ packed: true });
    const reliance = await deployment.share('RELIANCE');
    let quote;
    // Over polling an attachment is base64; over a WebSocket it is a binary frame.
    for (const transports of [['websocket'], ['polling']]) {
      const socket = await deployment.socket({ transports }).joined();
      quote ??= (await deployment.subscribe(1501, CASH, reliance))[0];
      const attachments = await socket.next('xts-binary-packet', 3);
      for (const bytes of attachments) {
        assert.ok(Buffer.isBuffer(bytes), 'an attachment is a Buffer');
        for (const { code, segment, id, body } of readPackets(bytes)) {
          assert.deepEqual([code, segment, id], [1501, CASH, reliance]);
          near(lastPrice(body), prices(quote).LastTradedPrice);
        }
      }
      if (transports[0] === 'websocket') await socket.stays();
      socket.close();
    }
    return 'attachments over both transports';
  },

  async refused() {
    for (const refusal of ['http', 'middleware', 'after-connect']) {
      const deployment = await Deployment.start({ options: ['--refusal', refusal] });
      for (const transports of [['websocket'], ['polling']]) {
        const socket = deployment.socket({ transports, token: 'wrong' });
        await socket.until('an error has come', () => socket.error !== undefined);
        if (refusal !== 'http') assert.equal(socket.error, 'Invalid Token');
        if (refusal === 'after-connect') await socket.until('the server has disconnected', () => socket.count.disconnect);
        assert.deepEqual([socket.count.connect, socket.count.joined], [refusal === 'after-connect' ? 1 : undefined, undefined]);
        socket.close();
      }
      deployment.token = 'wrong';
      const { status, type, description } = await deployment.subscription('POST', 1501, CASH, [1]);
      assert.deepEqual([status, type, description], [400, 'error', 'Invalid Token']);
    }
    return 'in three ways';
  },

  async competing() {
    const deployment = await Deployment.start();
    const first = await deployment.socket({ transports: ['websocket'] }).joined();
    const reliance = await deployment.share('RELIANCE');
    await deployment.subscribe(1501, CASH, reliance);
    await first.next('1501-json-full', 1);
    const { token } = deployment;
    await deployment.login();
    assert.notEqual(deployment.token, token);
    await first.until('it hears of the other login', () => first.count.logout);

    // The new session begins with nothing, and the old connection gets nothing any more.
    const second = await deployment.socket({ transports: ['websocket'] }).joined();
    const from = first.events.length;
    await deployment.subscribe(1501, CASH, reliance);
    await second.next('1501-json-full', 3);
    assert.deepEqual(first.events.slice(from), []);
    const old = deployment.socket({ transports: ['websocket'], token });
    await old.until('the old token is refused', () => old.error !== undefined);
    return first.events.find(({ name }) => name === 'logout').argument;
  },
};

await run(checks, Object.keys(checks));
