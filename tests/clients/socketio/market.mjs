// The market of the small deployment in server.mjs. An instrument's updates are numbered, and the number is in the values: last quantity, day's
// volume and the best rows' sizes occur in one update only (of an index, the price), so that whatever arrives elsewhere can be traced to its update.
// Forms of the messages: docs/protocols/xts.md#events

const OFFSET_1980 = 315_513_000; // seconds from 1970 UTC to 1980 in India's time
const OFFSET_INDIA = 19_800;
const STEP = 5; // paise

const share = (id, name, isin, paise) => ({
  segment: 1, id, symbol: `NSE:${name}`, paise,
  row: [
    'NSECM', id, 8, name, `${name}-EQ`, 'EQ', `${name}-EQ`, 1_100_100_000_000 + id, 5000, 1000, 100_000, 0.05, 1, 1, name, isin, 1, 1,
    `${name} LIMITED-EQ`, 0, -1, -1,
  ].join('|'),
});
const future = (id, name, paise) => ({
  segment: 2, id, symbol: `NFO:${name}`, paise,
  row: [
    'NSEFO', id, 1, 'NIFTY', name, 'FUTIDX', 'NIFTY-FUTIDX', 2_609_900_000_000 + id, 28_000, 22_000, 1801, 0.05, 75, 1, -1, 'Nifty 50',
    '2099-12-29T14:30:00', 'NIFTY 29DEC2099', 1, 1, name,
  ].join('|'),
});
const index = (id, name, paise) => ({ segment: 1, id, symbol: `NSE:${name}`, paise, index: true }); // in no master, but in the list of indices

const LIST = [
  share(2885, 'RELIANCE', 'INE002A01018', 294_070),
  share(11536, 'TCS', 'INE467B01029', 338_500),
  share(1594, 'INFY', 'INE009A01021', 151_225),
  index(26000, 'NIFTY 50', 2_434_390),
  future(53001, 'NIFTY99DECFUT', 2_441_000),
];

const rupees = (paise) => paise / 100;

/// Five rows of one side, best first: [price, size, orders]. Prices move with every fourth update, a row's size less often the lower it stands.
function side(best, direction, number) {
  return [0, 1, 2, 3, 4].map((at) => [
    rupees(best + direction * at * STEP),
    1_000 * (at + 1) + Math.floor(number / (at + 1)) + (direction > 0 ? 500_000 : 0),
    1 + ((Math.floor(number / 2) + at) % 9),
  ]);
}

const keyOf = ({ segment, id }) => `${segment}_${id}`;

export class Instrument {
  constructor(listed) {
    Object.assign(this, { index: false, ...listed, key: keyOf(listed), number: -1, volume: 1_000_000, bars: 0 });
    this.firstBar = Math.floor(Date.now() / 60_000) * 60 - 10_000 * 60;
    this.move();
  }
  move() {
    this.before = this.state;
    const number = ++this.number, { paise, index } = this;
    const time = Math.floor(Date.now() / 1000);
    const bid = index ? 0 : paise + STEP * (((Math.floor(number / 4) * 7) % 41) - 20), ask = bid + STEP;
    const last = index ? paise + STEP * number : number % 2 ? ask : bid;
    const quantity = index ? 0 : number + 1, close = paise + 3 * STEP;
    this.volume += quantity;
    this.state = {
      number,
      last: rupees(last),
      quantity,
      volume: index ? 0 : this.volume,
      average: rupees(index ? last : paise + STEP * (Math.floor(number / 8) % 5)),
      buy: index ? 0 : 900_000 + Math.floor(number / 3),
      sell: index ? 0 : 800_000 + Math.floor(number / 5),
      open: rupees(paise - 4 * STEP),
      high: rupees(paise + STEP * (30 + Math.floor(number / (index ? 1 : 16)))),
      low: rupees(paise - 30 * STEP),
      close: rupees(close),
      change: rupees(last - close),
      percent: ((last - close) * 100) / close,
      bids: index ? [] : side(bid, -1, number),
      asks: index ? [] : side(ask, 1, number),
      traded: time - 1,
      time,
      interest: 55_000 + number,
    };
  }
  /// The next finished minute.
  bar() {
    const begin = this.firstBar + this.bars * 60, shift = STEP * (this.bars % 30), paise = this.paise + shift;
    ++this.bars;
    const [open, high, low, close] = [0, 9, -7, 2].map((steps) => rupees(paise + steps * STEP));
    return { begin, open, high, low, close, volume: 10_000 * this.bars };
  }
}

export const makeInstruments = () => LIST.map((listed) => new Instrument(listed));
export const symbolOf = Object.fromEntries(LIST.map((listed) => [keyOf(listed), listed.symbol]));

export const exchangeTime = (seconds) => seconds - OFFSET_1980;
const barTime = (begin) => begin + 59 + OFFSET_INDIA;

const row = ([price, size, orders] = [0, 0, 0]) => ({ Size: size, Price: price, TotalOrders: orders, BuyBackMarketMaker: 0 });

function touchline(state) {
  return {
    BidInfo: row(state.bids[0]), AskInfo: row(state.asks[0]),
    LastTradedPrice: state.last, LastTradedQunatity: state.quantity, TotalBuyQuantity: state.buy, TotalSellQuantity: state.sell,
    TotalTradedQuantity: state.volume, AverageTradedPrice: state.average, LastTradedTime: exchangeTime(state.traded),
    LastUpdateTime: exchangeTime(state.time), PercentChange: state.percent, Open: state.open, High: state.high, Low: state.low, Close: state.close,
    TotalValueTraded: null, BuyBackTotalBuy: 0, BuyBackTotalSell: 0,
  };
}

/// The argument of `<code>-json-full`, which is also what listQuotes holds. 1501 comes nested and flat in turn.
export function fullText(code, { segment, id, state, number }, bar) {
  const flat = { MessageCode: code, ExchangeSegment: segment, ExchangeInstrumentID: id };
  const head = { ...flat, MessageVersion: 4, ApplicationType: 0, TokenID: 0 };
  const time = { ExchangeTimeStamp: exchangeTime(state.time) };
  const tail = { BookType: 1, XMarketType: 1, SequenceNumber: 1_590_018_768_000_000 + number };
  const bodies = {
    1501: () =>
      number % 2 ? { ...head, ...time, Touchline: touchline(state), ...tail } : { ...flat, ...touchline(state), XMarketType: 1, BookType: 1 },
    1502: () => ({ ...head, ...time, Bids: state.bids.map(row), Asks: state.asks.map(row), Touchline: touchline(state), ...tail }),
    1505: () => ({
      ...head, MessageVersion: 1, BarTime: barTime(bar.begin), BarVolume: bar.volume, High: bar.high, Low: bar.low, Open: bar.open, Close: bar.close,
      OpenInterest: 0, SumOfQtyInToPrice: 0,
    }),
    1510: () => ({ ...head, ...time, XTSMarketType: 1, OpenInterest: state.interest }),
    1512: () => ({
      ...head, BookType: 1, XMarketType: 1, LastTradedPrice: state.last, LastTradedQunatity: state.quantity, LastUpdateTime: exchangeTime(state.time),
    }),
  };
  return JSON.stringify(bodies[code]());
}

/// `position|size|price|orders` of the rows that changed, what did not change left empty.
function changedRows(before, now) {
  return now
    .map((fields, at) => {
      const [price, size, orders] = fields.map((value, i) => (value === before?.[at]?.[i] ? '' : value));
      return price === '' && size === '' && orders === '' ? null : `${at}|${size}|${price}|${orders}`;
    })
    .filter((text) => text !== null)
    .join('|');
}

/// The argument of `<code>-json-partial`: only what the last update changed.
export function partialText(code, { segment, id, state, before }, bar) {
  const depth = code === 1502 ? 5 : 1;
  const fields = {
    1505: () => ({ o: bar.open, h: bar.high, l: bar.low, c: bar.close, bt: barTime(bar.begin), bv: bar.volume, pv: 0 }),
    1510: () => ({ o: state.interest }),
    1512: () => ({ ltp: state.last, ltq: state.quantity, lut: exchangeTime(state.time), bt: 1, mt: 1 }),
  };
  const quote = ({ last, quantity, buy, sell, volume, average, traded, time, percent, open, high, low, close }) => ({
    ltp: last, ltq: quantity, tb: buy, ts: sell, v: volume, ap: average, ltt: exchangeTime(traded), lut: exchangeTime(time), pc: percent,
    o: open, h: high, l: low, c: close,
  });
  if (fields[code]) return text(segment, id, Object.entries(fields[code]()));
  const old = before ? quote(before) : {};
  const changed = Object.entries(quote(state)).filter(([name, value]) => value !== old[name]);
  for (const [name, rows] of [['bi', 'bids'], ['ai', 'asks']]) {
    const value = changedRows(before?.[rows].slice(0, depth), state[rows].slice(0, depth));
    if (value !== '') changed.push([name, value]);
  }
  return text(segment, id, changed);
}
const text = (segment, id, fields) => [`t:${segment}_${id}`, ...fields.map(([name, value]) => `${name}:${value}`)].join(',');
