// The XTS adapter, in a running gateway, against the real socket.io 2 server.
// usage: node adapter.mjs WORKDIR GATEWAY_BINARY [CHECK...]     WORKDIR: where socket.io and ws are installed
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Gateway } from './gateway.mjs';
import { Program, run } from './support.mjs';
import { Published } from './values.mjs';

const [work, binary, ...chosen] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const PING_CYCLES = 5;

/// A gateway on a deployment of its own, and the wishes of one subscriber: every channel of one share, some of other instruments.
class Scene {
  static async start(name, { packed = false, ...options } = {}) {
    const scene = new Scene();
    scene.lite = options.ticker_code === 'last_price';
    const root = packed ? '/apibinarymarketdata' : '/apimarketdata';
    const times = ['--updates', '20', '--ping-interval', '300ms', '--ping-timeout', '2000ms'];
    const args = [path.join(here, 'server.mjs'), work, ...times, ...(packed ? ['--binary-root', root] : [])];
    scene.server = await new Program('server', 'node', args).listening();
    const rest_url = `http://${scene.server.address}${root}`;
    scene.gateway = await Gateway.start(binary, work, name, { rest_url, broadcast_mode: 'full', ...options });
    await scene.gateway.subscribe(['ticker', 'trade', 'quote', 'orderbook', 'candle_1m'], ['NSE:RELIANCE']);
    await scene.gateway.subscribe(['trade', 'quote'], ['NSE:TCS']);
    await scene.gateway.subscribe(['ticker'], ['NSE:TCS', 'NSE:INFY', 'NSE:NIFTY 50', 'NFO:NIFTY99DECFUT']);
    await scene.gateway.flows(5);
    return scene;
  }

  get connects() { return this.server.of('connect'); }
  get logins() { return this.server.of('login').length; }
  get subscriptions() { return this.server.of('subscriptions').at(-1); }

  /// The socket's query, and pings that keep the first connection for several cycles.
  async checkConnection(broadcastMode) {
    const [{ sid, query }] = this.connects;
    const expected = { userID: 'CHECK1', publishFormat: 'JSON', EIO: '3', broadcastMode };
    assert.deepEqual({ ...query, ...expected }, query);
    await this.server.until('pings have come', () => this.server.of('ping').filter((each) => each.sid === sid).length >= PING_CYCLES);
    assert.deepEqual([this.connects.length, this.logins, this.server.of('closed').length], [1, 1, 0]);
  }

  checkSubscriptions(expected = ['1501 1_11536', '1501 1_1594', '1501 1_26000', '1501 2_53001', '1502 1_2885', '1505 1_2885', '1510 2_53001']) {
    const { login, subscriptions } = this.subscriptions;
    assert.deepEqual([login, subscriptions], [this.logins, expected]);
  }

  /// Each value that came was published, nothing is missing in between, and the client's side of the socket was as it should be.
  async checkAll(flags) {
    await this.server.stats();
    const published = new Published(this.server.of('published'), this);
    const { data, errors } = this.gateway;
    assert.deepEqual(errors, []);
    for (const messages of data.values()) {
      for (const message of messages) {
        published.check(message);
        for (const flag of flags) assert.ok(message.flags?.includes(flag), `the flag ${flag} is missing in ${JSON.stringify(message)}`);
      }
    }
    assert.ok(data.get('NFO:NIFTY99DECFUT ticker').at(-1).open_interest, 'open interest is subscribed besides');
    const sids = this.connects.map(({ sid }) => sid);
    assert.equal(new Set(sids).size, sids.length, 'a client that sends 40 is connected twice');
    const sent = this.server.of('client_packet').map(({ type, data: text }) => (type === 'message' ? `4${text}` : type));
    assert.deepEqual(sent.filter((packet) => !['41', 'close'].includes(packet)), []);
    return [...data.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async end({ logouts = 1 } = {}) {
    assert.equal(await this.gateway.end(), 0);
    await this.server.stats();
    assert.equal(this.server.of('rest_logout').length, logouts);
    await this.server.end();
  }

  /// Breaks the connection with a command; the break is told, and all is as before on a new connection of the same login.
  async recoversFrom(command) {
    const before = { connects: this.connects.length, logins: this.logins, closed: this.server.of('closed').length };
    const stale = this.gateway.told('stale');
    this.server.command(command);
    await stale();
    await this.gateway.flows(3);
    await this.server.until('the old connection is gone', () => this.server.of('closed').length > before.closed);
    assert.deepEqual([this.connects.length, this.logins], [before.connects + 1, before.logins]);
    this.checkSubscriptions();
  }

  /// The token dies, and the next socket is refused in this way: one login, everything subscribed again.
  async logsInAfter(refusal) {
    const { logins } = this;
    this.server.command(`refusal ${refusal}`);
    this.server.command('revoke');
    await this.recoversWithLogin();
    assert.equal(this.logins, logins + 1);
    assert.ok(this.server.of('socket_refused').some(({ how }) => how === refusal));
    this.checkSubscriptions();
  }
  async recoversWithLogin() {
    const stale = this.gateway.told('stale');
    this.server.command('close');
    await stale();
    await this.gateway.flows(3);
  }
}

const checks = {
  async full() {
    const scene = await Scene.start('full');
    await scene.checkConnection('Full');
    assert.equal(scene.connects[0].transport, 'websocket');
    scene.checkSubscriptions();
    await scene.recoversFrom('disconnect');
    await scene.recoversFrom('close');
    const messages = await scene.checkAll(['float']);
    await scene.end();
    return `${messages} messages over ${scene.connects.length} connections`;
  },

  async revoked() {
    // Tokens that die one soon after the other would mean a competing session.
    const scene = await Scene.start('revoked', { relogin_interval: '1ms' });
    for (const refusal of ['http', 'middleware', 'after-connect']) await scene.logsInAfter(refusal);
    const messages = await scene.checkAll(['float']);
    await scene.end();
    return `${messages} messages, ${scene.logins} logins`;
  },

  async logout() {
    const scene = await Scene.start('logout');
    const { gateway } = scene, from = gateway.states.length;
    scene.server.command('logout');
    const competing = () => gateway.states.slice(from).filter(({ code }) => code === 4033);
    await gateway.program.until('every stream is told 4033', () => competing().length >= gateway.wanted.length);
    // A new wish, which would make a client that fights log in again.
    const told = new Set(gateway.wanted);
    await gateway.subscribe(['quote'], ['NSE:INFY']);
    await scene.checkAll(['float']);
    const streams = competing().map(({ symbol, channel }) => `${symbol} ${channel}`).filter((stream) => told.has(stream));
    assert.deepEqual(streams.sort(), [...told].sort(), 'each stream is told once');
    await scene.end({ logouts: 0 });
    assert.equal(scene.logins, 1);
    return competing()[0].reason;
  },

  /// A quiet market is asked about and left alone; a connection that data no longer comes on is replaced.
  async stalled() {
    const scene = await Scene.start('stalled', { data_timeout: '500ms', probe_timeout: '500ms' });
    const quotes = () => scene.server.of('rest').filter(({ request }) => request === 'POST /apimarketdata/instruments/quotes').length;
    scene.server.command('silence');
    const before = quotes();
    await scene.server.until('quotes were asked for twice', () => quotes() >= before + 2);
    assert.deepEqual([scene.connects.length, scene.server.of('closed').length], [1, 0]);
    scene.server.command('resume');
    await scene.gateway.flows(3);
    await scene.recoversFrom('stall');
    const messages = await scene.checkAll(['float']);
    await scene.end();
    return `${messages} messages`;
  },

  async partial() {
    const scene = await Scene.start('partial', { broadcast_mode: 'partial' });
    await scene.checkConnection('Partial');
    scene.checkSubscriptions();
    const messages = await scene.checkAll([]);
    await scene.end();
    return `${messages} messages`;
  },

  async last_price() {
    const scene = await Scene.start('last_price', { broadcast_mode: 'partial', ticker_code: 'last_price' });
    await scene.checkConnection('Partial');
    const lite = ['1512 1_11536', '1512 1_1594', '1512 1_26000', '1512 2_53001'];
    scene.checkSubscriptions(['1501 1_11536', '1502 1_2885', '1505 1_2885', '1510 2_53001', ...lite]);
    const messages = await scene.checkAll([]);
    await scene.end();
    return `${messages} messages`;
  },

  async packed() {
    const scene = await Scene.start('packed', { packed: true });
    await scene.checkConnection('Full');
    scene.checkSubscriptions();
    await scene.recoversFrom('close');
    const messages = await scene.checkAll(['float']);
    await scene.end();
    return `${messages} messages`;
  },

  async poll_first() {
    const scene = await Scene.start('poll_first', { poll_first: true });
    await scene.checkConnection('Full');
    await scene.recoversFrom('close');
    assert.deepEqual(scene.connects.map(({ transport }) => transport), ['polling', 'polling']);
    assert.deepEqual(scene.server.of('upgrade').map(({ sid, transport }) => [sid, transport]), scene.connects.map(({ sid }) => [sid, 'websocket']));
    const messages = await scene.checkAll(['float']);
    await scene.end();
    return `${messages} messages after an upgrade`;
  },
};

await run(checks, chosen.length > 0 ? chosen : Object.keys(checks));
