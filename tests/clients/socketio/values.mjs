// What the gateway must say of a published update, value for value.
import assert from 'node:assert/strict';
import { symbolOf } from './market.mjs';

/// A decimal without the zeros at its end. Numbers of JavaScript print as the shortest decimal that gives them back.
function plain(value) {
  const text = String(value);
  assert.match(text, /^-?\d+(\.\d+)?$/);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
const plainRows = (rows) => rows.map((row) => row.map(plain));
const seconds = (time) => Date.parse(time) / 1000;

/// Everything that was published, by symbol and what tells the updates apart.
export class Published {
  /// `lite`: tickers come from 1512 too, which has no percentage of its own: the gateway then works it out, to four decimals.
  constructor(events, { lite = false } = {}) {
    this.updates = new Map();
    this.interests = new Map(); // to their times: open interest comes by itself, so of an earlier or later update
    this.lite = lite;
    for (const { instrument, state, bar } of events) {
      const symbol = symbolOf[instrument];
      this.updates.set(`${symbol} number ${state.number}`, state);
      this.updates.set(`${symbol} price ${plain(state.last)}`, state);
      this.interests.set(`${symbol} ${state.interest}`, state.time);
      if (bar) this.updates.set(`${symbol} bar ${bar.begin}`, bar);
    }
  }

  /// The update that a data message came from. Throws when there is none, or when a value differs.
  check(message) {
    const mismatch = (why) => new Error(`${why}: ${JSON.stringify(message)}`);
    const [kind, mark] = this.mark(message);
    const update = this.updates.get(`${message.symbol} ${kind} ${mark}`);
    if (!update) throw mismatch('no such update was published');
    try {
      checks[message.type](message, update, this);
    } catch (error) {
      throw mismatch(`${error.message}\nin an update ${JSON.stringify(update)}`);
    }
  }

  mark({ type, price, last_quantity, quantity, bid_size, bids, open_time }) {
    if (type === 'candle') return ['bar', seconds(open_time)];
    if (type === 'ticker') return last_quantity === undefined || last_quantity === '0' ? ['price', plain(price)] : ['number', last_quantity - 1];
    if (type === 'trade') return ['number', quantity - 1];
    return ['number', (type === 'quote' ? bid_size : bids[0][1]) - 1000];
  }
}

/// Fields that the message has must have these values; those of `needed` must be there.
function fields(message, expected, needed) {
  for (const [name, value] of Object.entries(expected)) {
    const said = message[name];
    if (said === undefined || said === null) assert.ok(!needed.includes(name), `${name} is missing`);
    else assert.equal(plain(said), plain(value), name);
  }
}

const checks = {
  ticker(message, state, published) {
    const [[bid_price, bid_size] = [], [ask_price, ask_size] = []] = [state.bids[0], state.asks[0]];
    const derived = published.lite && /^-?\d+\.\d{1,4}$/.test(message.price_change_percent ?? '');
    if (derived) assert.ok(Math.abs(message.price_change_percent - state.percent) <= 0.000_051, 'price_change_percent');
    const price = { price: state.last };
    const day = {
      price_change: state.change, ...(derived ? {} : { price_change_percent: state.percent }), high_price: state.high, low_price: state.low,
      open_price: state.open, close_price: state.close,
    };
    const share = {
      volume: state.volume, average_price: state.average, total_buy_quantity: state.buy, total_sell_quantity: state.sell,
      bid_price, bid_size, ask_price, ask_size,
    };
    // 1512 has no day and no book, an index nothing that comes from trades.
    const index = bid_price === undefined, lite = message.close_price === undefined;
    const needed = { ...price, ...(lite ? {} : day), ...(index || lite ? {} : share) };
    fields(message, { ...price, last_quantity: state.quantity, ...day, ...(index ? {} : share) }, Object.keys(needed));
    const interest = published.interests.get(`${message.symbol} ${message.open_interest}`);
    if (message.open_interest !== undefined) assert.ok(interest, 'open_interest');
    if (message.timestamp !== null) assert.ok([state.time, interest].includes(seconds(message.timestamp)), 'timestamp');
    if (message.last_trade_time !== undefined) assert.equal(seconds(message.last_trade_time), state.traded, 'last_trade_time');
  },
  trade(message, state) {
    fields(message, { price: state.last, quantity: state.quantity }, ['price', 'quantity']);
    assert.equal(seconds(message.timestamp), state.traded, 'timestamp');
    assert.ok(message.flags.includes('derived'), 'derived');
  },
  quote(message, { bids: [bid], asks: [ask], time }) {
    const expected = { bid_price: bid[0], bid_size: bid[1], ask_price: ask[0], ask_size: ask[1] };
    fields(message, expected, Object.keys(expected));
    if (message.timestamp !== null) assert.equal(seconds(message.timestamp), time, 'timestamp');
  },
  orderbook(message, state) {
    assert.deepEqual([message.bids, message.asks].map(plainRows), [state.bids, state.asks].map(plainRows));
    assert.equal(seconds(message.timestamp), state.time, 'timestamp');
  },
  candle(message, bar) {
    const { begin: _, ...figures } = bar;
    fields(message, figures, Object.keys(figures));
    assert.deepEqual([message.interval, message.closed, message.origin], ['1m', true, 'broker']);
  },
};
