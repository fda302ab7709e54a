// The gateway with one XTS broker, and a subscriber of it that keeps whatever it is sent.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Program, changed, until } from './support.mjs';

const BROKER = {
  adapter: 'xts', app_key: 'key', secret_key: 'secret', segments: "'NSECM,NSEFO'", instruments_cache: 'none',
  subscribe_interval: '1ms', quotes_interval: '1ms', login_at: '""', credential_check: '10ms', relogin_interval: '2s',
  joined_timeout: '2s', data_timeout: '2s', linger: '200ms', reconnect: '{initial: 10ms, maximum: 200ms}',
};
const DATA = ['trade', 'quote', 'orderbook', 'ticker', 'candle'];

export class Gateway {
  static async start(binary, work, name, options) {
    const gateway = new Gateway();
    const keys = Object.entries({ ...BROKER, ...options }).map(([key, value]) => `    ${key}: ${value}\n`).join('');
    const config = path.resolve(work, `${name}.yaml`);
    writeFileSync(config, `server: {listen: 127.0.0.1:0}\nbrokers:\n  xts:\n${keys}`);
    gateway.program = await new Program('tidegate', binary, ['run', '--config', config]).listening();
    const WebSocket = createRequire(path.resolve(work, 'package.json'))('ws');
    gateway.socket = new WebSocket(`ws://${gateway.program.address}/ws`);
    gateway.socket.on('message', (text) => (gateway.see(JSON.parse(text)), changed()));
    await gateway.program.until('the subscriber is connected', () => gateway.welcome);
    return gateway;
  }

  data = new Map(); // messages by "SYMBOL CHANNEL"
  states = []; // state messages
  statuses = []; // status messages of the broker
  results = [];
  wanted = []; // "SYMBOL CHANNEL"
  gaps = new Map(); // "SYMBOL CHANNEL" to the number after the last gap
  errors = [];
  requests = 0;

  see(message) {
    const channel = message.type === 'candle' ? `candle_${message.interval}` : message.type, stream = `${message.symbol} ${channel}`;
    if (message.type === 'welcome') this.welcome = message;
    else if (message.type === 'result') this.results.push(message);
    else if (message.type === 'state') this.states.push(message);
    else if (message.type === 'status') this.statuses.push(message);
    else if (message.type === 'gap') this.gaps.set(`${message.symbol} ${message.channel}`, message.to_seq + 1);
    else if (DATA.includes(message.type)) this.take(stream, message);
    else if (message.type === 'error') this.errors.push(message);
  }

  take(stream, message) {
    if (!this.data.has(stream)) this.data.set(stream, []);
    const messages = this.data.get(stream), snapshot = message.flags?.includes('snapshot');
    const expected = this.gaps.get(stream) ?? (messages.length > 0 ? messages.at(-1).seq + 1 : message.seq);
    this.gaps.delete(stream);
    if (!snapshot && message.seq !== expected) this.errors.push({ stream, expected, message });
    messages.push(message);
  }

  async subscribe(channels, symbols) {
    const id = ++this.requests;
    this.socket.send(JSON.stringify({ op: 'subscribe', id, channels, symbols }));
    for (const symbol of symbols) for (const channel of channels) this.wanted.push(`${symbol} ${channel}`);
    return this.program.until('a subscription is answered', () => this.results.find((result) => result.id === id));
  }

  /// The last state that was told of a stream.
  state(stream) {
    return this.states.findLast(({ symbol, channel }) => `${symbol} ${channel}` === stream)?.state;
  }

  /// Every wanted stream is live, and so many messages came on it from now on.
  flows(count) {
    const came = (stream) => this.data.get(stream)?.length ?? 0;
    const from = new Map(this.wanted.map((stream) => [stream, came(stream)]));
    const missing = () => this.wanted.filter((stream) => came(stream) < from.get(stream) + count || this.state(stream) !== 'live');
    return this.program.until('every stream flows', () => missing().length === 0).catch((error) => {
      const those = missing().map((stream) => `${stream}: ${this.state(stream)}`).join(', ');
      throw new Error(`${error.message}; these do not: ${those}; ${JSON.stringify(this.statuses)}`);
    });
  }

  /// Resolves once each wanted stream was told to be in this state, after the state messages seen so far.
  told(state) {
    const from = this.states.length;
    return () => this.program.until(`every stream is told ${state}`, () =>
      this.wanted.every((stream) => this.states.slice(from).some((each) => each.state === state && `${each.symbol} ${each.channel}` === stream)));
  }

  async end() {
    const { code } = await this.program.end();
    await until('the subscriber was told the end', () => this.socket.readyState === 3 || this.errors.some((error) => error.code === 4050));
    return code;
  }
}
