// Messages of the ticker, written from docs/protocols/zerodha.md, and the ticks that the official client must make of them.

const DIVISORS = { 3: 10_000_000, 6: 10_000 };
const divisor = (token) => DIVISORS[token & 0xff] ?? 100;
const isIndex = (token) => (token & 0xff) === 9;

function numbers(values) {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeInt32BE(value | 0, i * 4));
  return bytes;
}

function levels(list) {
  return Buffer.concat(
    list.map(({ quantity, price, orders }) => {
      const bytes = Buffer.alloc(12);
      bytes.writeInt32BE(quantity, 0);
      bytes.writeInt32BE(price, 4);
      bytes.writeUInt16BE(orders, 8);
      return bytes;
    }),
  );
}

/// One packet's body. `p` holds raw integers.
export function body(mode, p) {
  if (mode === 'ltp') return numbers([p.token, p.last]);
  if (isIndex(p.token)) {
    const quote = [p.token, p.last, p.high, p.low, p.open, p.close, p.last - p.close];
    return numbers(mode === 'full' ? [...quote, p.time] : quote);
  }
  const quote = numbers([p.token, p.last, p.lastQuantity, p.average, p.volume, p.buy, p.sell, p.open, p.high, p.low, p.close]);
  if (mode === 'quote') return quote;
  return Buffer.concat([quote, numbers([p.tradeTime, p.oi, p.oiHigh, p.oiLow, p.time]), levels(p.bids), levels(p.asks)]);
}

export function message(bodies) {
  const parts = [Buffer.from([bodies.length >> 8, bodies.length & 0xff])];
  for (const each of bodies) parts.push(Buffer.from([each.length >> 8, each.length & 0xff]), each);
  return Buffer.concat(parts);
}

const date = (seconds) => (seconds === 0 ? null : new Date(seconds * 1000));

/// The tick of the same packet, in the client's words.
export function tick(mode, p) {
  const d = divisor(p.token);
  const out = { tradable: !isIndex(p.token), mode, instrument_token: p.token, last_price: p.last / d };
  if (mode === 'ltp') return out;
  const close = p.close / d;
  const ohlc = { open: p.open / d, high: p.high / d, low: p.low / d, close };
  const change = ((out.last_price - close) * 100) / close;
  if (isIndex(p.token)) return { ...out, ohlc, change, ...(mode === 'full' ? { exchange_timestamp: date(p.time) } : {}) };
  const quote = {
    ...out,
    last_traded_quantity: p.lastQuantity,
    average_traded_price: p.average / d,
    volume_traded: p.volume,
    total_buy_quantity: p.buy,
    total_sell_quantity: p.sell,
    ohlc,
    change,
  };
  if (mode === 'quote') return quote;
  const side = (list) => list.map(({ quantity, price, orders }) => ({ quantity, price: price / d, orders }));
  return {
    ...quote,
    last_trade_time: date(p.tradeTime),
    exchange_timestamp: date(p.time),
    oi: p.oi,
    oi_day_high: p.oiHigh,
    oi_day_low: p.oiLow,
    depth: { buy: side(p.bids), sell: side(p.asks) },
  };
}

/// A made-up instrument of this token, its prices around `price` in steps of `step`.
export function sample(token, price, step) {
  const depth = (sign) => [1, 2, 3, 4, 5].map((n) => ({ quantity: 10 * n, price: price + sign * n * step, orders: n }));
  return {
    token, last: price, lastQuantity: 7, average: price - step, volume: 1_234_567, buy: 9_000, sell: 8_000,
    open: price - 4 * step, high: price + 6 * step, low: price - 9 * step, close: price + 3 * step,
    tradeTime: 1_790_000_000, oi: 55_000, oiHigh: 56_000, oiLow: 54_000, time: 1_790_000_001, bids: depth(-1), asks: depth(1),
  };
}
