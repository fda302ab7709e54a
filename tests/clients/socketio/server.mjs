// A small XTS deployment: the socket side is the real socket.io 2 server, the REST side (rest.mjs) as small as an adapter needs. Prints
// `listening on HOST:PORT`, then one JSON object a line for everything that happens. Commands come on stdin, one a line:
//   disconnect   every socket leaves its namespace, connections stay open           close    every connection is closed
//   logout       every socket hears that another login took the session             revoke   the token is dead, nobody is told
//   silence      nothing moves until `resume`: a quiet market                        stall    sockets open now get no data any more, new ones do
//   stats        prints the event `stats`
//   refusal HOW  sockets with a wrong token are refused from now on in this way: http, middleware or after-connect
// usage: node server.mjs WORKDIR [OPTION]...     WORKDIR: where socket.io is installed; options as those of `tidegate-sim xts` of the same names
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { fullText, makeInstruments, partialText } from './market.mjs';
import { isPacked, packet } from './packets.mjs';
import { Rest } from './rest.mjs';

const { values: options, positionals: [work] } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    root: { type: 'string', default: '/apimarketdata' },
    'binary-root': { type: 'string' }, // instead of the other root
    credentials: { type: 'string', default: 'key:secret' },
    updates: { type: 'string', default: '20' },
    'ping-interval': { type: 'string', default: '25000ms' },
    'ping-timeout': { type: 'string', default: '60000ms' },
    refusal: { type: 'string', default: 'http' },
  },
});
const socketIo = createRequire(path.resolve(work, 'package.json'))('socket.io');
const packed = options['binary-root'] !== undefined;
const root = packed ? options['binary-root'] : options.root;
const [appKey, secretKey] = options.credentials.split(':');
const ROUNDS_PER_BAR = 5;
const LOGOUT_TEXT = 'You have been logged out by another user.';
const INVALID_TOKEN = 'Invalid Token';

const told = (event, fields) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const instruments = makeInstruments();
const rest = new Rest({ root, appKey, secretKey, instruments, told, replaced: tellLogout });
const http = createServer((request, response) => rest.handle(request, response));

let { refusal } = options;
const io = socketIo(http, {
  path: `${root}/socket.io`,
  serveClient: false,
  cookie: false,
  pingInterval: Number.parseInt(options['ping-interval'], 10),
  pingTimeout: Number.parseInt(options['ping-timeout'], 10),
  allowRequest(request, answer) {
    if (sessionOf(request._query) || refusal !== 'http') return answer(null, true);
    told('socket_refused', { how: 'http' });
    answer(INVALID_TOKEN, false);
  },
});
io.use((socket, next) => {
  if (sessionOf(socket.handshake.query) || refusal !== 'middleware') return next();
  told('socket_refused', { how: 'middleware' });
  next(new Error(INVALID_TOKEN));
});

function sessionOf({ token, userID }) {
  const session = rest.find(token);
  return session?.userID === userID ? session : undefined;
}

/// What a client sends beneath Socket.IO: a well-behaved one sends pings, and nothing else but a disconnect packet as it goes.
io.engine.on('connection', (connection) => {
  connection.on('packet', ({ type, data }) => {
    if (type === 'ping') told('ping', { sid: connection.id });
    else told('client_packet', { sid: connection.id, type, data: String(data) });
  });
  connection.on('upgrade', (transport) => told('upgrade', { sid: connection.id, transport: transport.name }));
  connection.on('close', (reason) => told('closed', { sid: connection.id, reason }));
});

const sockets = new Set();
io.on('connection', (socket) => {
  const { token, ...query } = socket.handshake.query;
  const session = sessionOf(socket.handshake.query);
  if (!session) {
    told('socket_refused', { how: 'after-connect' });
    socket.error(INVALID_TOKEN);
    socket.disconnect(true);
    return;
  }
  told('connect', { sid: socket.conn.id, login: session.number, transport: socket.conn.transport.name, query });
  socket.emit('joined', `Welcome ${session.userID} to the market data stream`);
  const listener = { socket, session, partial: query.broadcastMode === 'Partial', stalled: false };
  sockets.add(listener);
  socket.on('disconnect', (reason) => {
    sockets.delete(listener);
    told('disconnect', { sid: socket.conn.id, reason });
  });
});

const of = (session) => [...sockets].filter((each) => each.session === session);
function tellLogout(session) {
  for (const { socket } of of(session)) socket.emit('logout', LOGOUT_TEXT);
}

let rounds = 0, silent = false;

/// One update of everything that the live session is subscribed to.
function publish() {
  const { session } = rest;
  if (silent || !session?.live) return;
  ++rounds;
  const listeners = of(session).filter((each) => !each.stalled);
  for (const instrument of instruments) {
    let codes = [1501, 1502, 1505, 1510, 1512].filter((code) => session.subscriptions.has(`${code} ${instrument.key}`));
    if (rounds % ROUNDS_PER_BAR !== 0) codes = codes.filter((code) => code !== 1505);
    if (codes.length === 0) continue;
    instrument.move();
    const bar = codes.includes(1505) ? instrument.bar() : undefined;
    told('published', { instrument: instrument.key, codes, state: instrument.state, bar });
    for (const listener of listeners) send(listener, codes, instrument, bar);
  }
  // What no deployment spares its clients: properties of instruments that nobody asked for.
  for (const { socket } of listeners) socket.emit('1105-json-partial', `t:1_9309,51:${rounds},110:1.05`);
}

function send({ socket, partial }, codes, instrument, bar) {
  const packets = packed ? codes.filter(isPacked).map((code) => packet(code, instrument)) : [];
  // Several packets share one attachment now and then.
  for (const bytes of instrument.number % 3 === 0 && packets.length > 0 ? [Buffer.concat(packets)] : packets) socket.emit('xts-binary-packet', bytes);
  for (const code of codes) {
    if (packed && isPacked(code)) continue;
    if (partial) socket.emit(`${code}-json-partial`, partialText(code, instrument, bar));
    else socket.emit(`${code}-json-full`, fullText(code, instrument, bar));
  }
}

const commands = {
  disconnect: () => Object.values(io.sockets.sockets).forEach((socket) => socket.disconnect()),
  close: () => Object.values(io.engine.clients).forEach((connection) => connection.close()),
  logout: () => {
    rest.session.live = false;
    tellLogout(rest.session);
  },
  revoke: () => (rest.session.live = false),
  silence: () => (silent = true),
  stall: () => sockets.forEach((each) => (each.stalled = true)),
  resume: () => (silent = false),
  stats: () => told('stats', { logins: rest.logins, rounds, connections: io.engine.clientsCount }),
  refusal: (how) => (refusal = how),
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, argument] = line.split(' ');
    if (!(name in commands)) throw new Error(`no command: ${line}`);
    commands[name](argument);
  })
  .on('close', () => process.exit(0));

http.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${http.address().port}`);
  for (const { key, state } of instruments) told('published', { instrument: key, codes: [], state }); // what listQuotes hold at first
  setInterval(publish, 1000 / Number(options.updates));
});
