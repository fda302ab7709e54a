// The REST side of the small deployment: one login session at a time, which its subscriptions belong to. Answers as in docs/protocols/xts.md#rest.
import { randomBytes } from 'node:crypto';
import { fullText } from './market.mjs';

const SUBSCRIPTIONS_MAX = 50;
const SEGMENTS = { NSECM: 1, NSEFO: 2 };
const CODES = [1501, 1502, 1505, 1510, 1512];

const base64 = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

/// What a login opens. `subscriptions`: "CODE SEGMENT_ID".
class Session {
  constructor(number, appKey) {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { userID: `CHECK1_${appKey}`, publicKey: appKey, iat, exp: iat + 86_400 };
    Object.assign(this, { number, userID: 'CHECK1', live: true, subscriptions: new Set() });
    this.token = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}.${randomBytes(32).toString('base64url')}`;
  }
}

const success = (code, description, result) => [200, { type: 'success', code, description, result }];
const error = (status, code, description, result = {}) => [status, { type: 'error', code, description, result }];

export class Rest {
  /// `told(event, fields)` hears what happens; `replaced(session)` is called when a login ends the one before.
  constructor({ root, appKey, secretKey, instruments, told, replaced }) {
    Object.assign(this, { root, appKey, secretKey, instruments, told, replaced, logins: 0, session: null });
    this.routes = {
      'POST /auth/login': this.login,
      'DELETE /auth/logout': this.logout,
      'GET /config/clientConfig': this.clientConfig,
      'POST /instruments/subscription': this.subscribe,
      'PUT /instruments/subscription': this.unsubscribe,
      'POST /instruments/quotes': this.quotes,
      'POST /instruments/master': this.master,
      'GET /instruments/indexlist': this.indexList,
    };
  }

  /// The live session of this token, or undefined.
  find(token) {
    return this.session?.live && this.session.token === token ? this.session : undefined;
  }

  async handle(request, response) {
    const parts = [];
    for await (const bytes of request) parts.push(bytes);
    const url = new URL(request.url, 'http://localhost');
    const path = url.pathname.startsWith(`${this.root}/`) ? url.pathname.slice(this.root.length) : null;
    const route = this.routes[`${request.method} ${path}`];
    let [status, answer] = [404, null];
    if (route) [status, answer] = this.answer(route, request, url, Buffer.concat(parts).toString());
    this.told('rest', { request: `${request.method} ${url.pathname}`, status, description: answer?.description });
    response.writeHead(status, { 'Content-Type': answer ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8' });
    response.end(answer ? JSON.stringify(answer) : '<html><body>Cannot serve this</body></html>');
  }

  answer(route, request, url, text) {
    if (route !== this.login) {
      const token = request.headers.authorization;
      if (!token) return error(401, 'e-token-0002', 'Please Provide token to Authenticate');
      if (!this.find(token)) return error(400, 'e-session-0007', 'Invalid Token');
    }
    try {
      return route.call(this, text === '' ? {} : JSON.parse(text), url.searchParams);
    } catch {
      return error(400, 'e-app-001', 'Bad Request', { errors: [] });
    }
  }

  login({ appKey, secretKey }) {
    if (appKey !== this.appKey || secretKey !== this.secretKey) return error(400, 'e-login-0001', 'Invalid credentials');
    const old = this.session;
    this.session = new Session(++this.logins, appKey);
    this.told('login', { login: this.logins });
    if (old?.live) {
      old.live = false;
      this.replaced(old);
    }
    const { token, userID } = this.session;
    return success('e-response-0010', 'Provided Valid Credentials', { token, userID, appVersion: '5.0.15', application_expiry_date: '31-12-2099' });
  }

  logout() {
    this.session.live = false;
    this.told('rest_logout', { login: this.session.number });
    return success('s-user-0001', 'User logged out successfully', {});
  }

  clientConfig() {
    return success('s-response-0001', 'Fetched configurations successfully', {
      exchangeSegments: SEGMENTS,
      xtsMessageCode: { touchlineEvent: 1501, marketDepthEvent: 1502, candleDataEvent: 1505, openInterestEvent: 1510, ltpEvent: 1512 },
      publishFormat: ['Binary', 'JSON'],
      broadCastMode: ['Full', 'Partial'],
    });
  }

  /// The instruments that a body names, or null when one is unknown. Throws when it is no such body.
  named({ instruments, xtsMessageCode }) {
    if (!CODES.includes(xtsMessageCode) || instruments.length === 0) throw new Error('bad request');
    const found = instruments.map(({ exchangeSegment, exchangeInstrumentID }) =>
      this.instruments.find(({ segment, id }) => segment === Number(exchangeSegment) && id === Number(exchangeInstrumentID)));
    return found.includes(undefined) ? null : found;
  }

  subscribe(body) {
    const { subscriptions } = this.session, code = body.xtsMessageCode, found = this.named(body);
    const refuse = (status, errorCode, description) => {
      this.told('refused', { description, instruments: body.instruments });
      return error(status, errorCode, description, { Remaining_Subscription_Count: SUBSCRIPTIONS_MAX - subscriptions.size, listQuotes: [] });
    };
    if (!found) return refuse(400, 'e-instrument-0001', 'Instrument not found');
    const keys = new Set(found.map(({ key }) => `${code} ${key}`));
    if ([...keys].some((key) => subscriptions.has(key))) return refuse(400, 'e-session-0002', 'Instrument Already Subscribed !');
    if (subscriptions.size + keys.size > SUBSCRIPTIONS_MAX) {
      return refuse(400, 'e-session-0003', `Exceeded Instrument Subscription Limit of ${SUBSCRIPTIONS_MAX}.You have already subscribed ` +
        `${subscriptions.size}/${SUBSCRIPTIONS_MAX} and you are trying subscribe ${keys.size} Instrument.`);
    }
    for (const key of keys) subscriptions.add(key);
    this.tellSubscriptions();
    return success('s-session-0001', 'Instrument subscribed successfully!', {
      mdp: code, quotesList: body.instruments, listQuotes: this.listQuotes(code, found),
      Remaining_Subscription_Count: SUBSCRIPTIONS_MAX - subscriptions.size,
    });
  }

  unsubscribe(body) {
    for (const { key } of this.named(body) ?? []) this.session.subscriptions.delete(`${body.xtsMessageCode} ${key}`);
    this.tellSubscriptions();
    return success('s-session-0001', 'Instrument unsubscribed successfully!', { mdp: body.xtsMessageCode, unsubList: body.instruments });
  }

  tellSubscriptions() {
    this.told('subscriptions', { login: this.session.number, subscriptions: [...this.session.subscriptions].sort() });
  }

  /// A candle has no snapshot.
  listQuotes(code, instruments) {
    return code === 1505 ? [] : instruments.map((instrument) => fullText(code, instrument));
  }

  quotes(body) {
    const found = this.named(body);
    if (body.publishFormat !== 'JSON' || !found) return error(400, 'e-app-001', 'Bad Request', { errors: ['publishFormat'] });
    return success('s-quotes-0001', 'Get quotes successfully!', {
      mdp: body.xtsMessageCode, quotesList: body.instruments, listQuotes: this.listQuotes(body.xtsMessageCode, found),
    });
  }

  master({ exchangeSegmentList }) {
    const numbers = exchangeSegmentList.map((name) => SEGMENTS[name]);
    const rows = this.instruments.filter(({ segment, row }) => row && numbers.includes(segment)).map(({ row }) => row);
    return success('s-instrument-0001', 'Master data', rows.join('\n'));
  }

  indexList(_, query) {
    const segment = Number(query.get('exchangeSegment'));
    const indices = this.instruments.filter((each) => each.index && each.segment === segment);
    return success('s-instrument-0002', 'Index List successfully retrieved', {
      exchangeSegment: String(segment), indexList: indices.map(({ symbol, id }) => `${symbol.split(':')[1]}_${id}`),
    });
  }
}
