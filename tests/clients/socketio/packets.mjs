// The packed form of XTS, wide layout, written from docs/protocols/xts.md#packed.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { exchangeTime } from './market.mjs';

/// Fields one after the other, little-endian.
class Writer {
  parts = [];
  put(type, size, value) {
    const bytes = Buffer.alloc(size);
    bytes[`write${type}`](value, 0);
    this.parts.push(bytes);
    return this;
  }
  i8(value) { return this.put('Int8', 1, value); }
  u16(value) { return this.put('UInt16LE', 2, value); }
  i16(value) { return this.put('Int16LE', 2, value); }
  i32(value) { return this.put('Int32LE', 4, value); }
  u32(value) { return this.put('UInt32LE', 4, value); }
  i64(value) { return this.put('BigInt64LE', 8, BigInt(value)); }
  f64(value) { return this.put('DoubleLE', 8, value); }
  text(value) { this.parts.push(Buffer.from(value, 'latin1')); return this; }
  row([price, size, orders] = [0, 0, 0]) { return this.i64(size).f64(price).u32(orders).i16(0); }
  rows(list) { list.reduce((out, each) => out.row(each), this.i32(list.length)); return this; }
  touchline(state) {
    this.row(state.bids[0]).row(state.asks[0]).i64(exchangeTime(state.time)).f64(state.last);
    this.i64(state.quantity).i64(state.buy).i64(state.sell).i64(state.volume).f64(state.average);
    this.i64(exchangeTime(state.traded)).f64(state.percent).f64(state.open).f64(state.high).f64(state.low).f64(state.close);
    return this.f64(NaN).i16(0).i16(0).i16(1).i16(1); // no total value
  }
  bytes() { return Buffer.concat(this.parts); }
}

const contents = {
  1501: (out, { state }) => out.touchline(state),
  1502: (out, { state }) => out.rows(state.bids).rows(state.asks).touchline(state),
  1510: (out, { state }) => out.i16(1).i64(state.interest).i16(1).i64(26_000).i8(1).i8(8).text('NIFTY 50').i64(7 * state.interest),
};

export const isPacked = (code) => code in contents;

/// One packet of the attachment. Every other update is compressed.
export function packet(code, instrument) {
  const { segment, id, number, state } = instrument;
  const out = new Writer().u16(code).u16(4).u16(0).i64(0).i64(1_590_018_768_000_000 + number).i32(0);
  out.i16(segment).i32(id).i64(exchangeTime(state.time));
  const body = contents[code](out, instrument).bytes();
  const deflated = number % 2 ? deflateRawSync(body) : null;
  const header = new Writer().i8(deflated ? 1 : 0).u16(code).i16(segment).i32(id).i16(1).i16(1).u16(body.length);
  if (deflated) header.u16(deflated.length);
  return Buffer.concat([header.bytes(), deflated ?? body]);
}

/// Takes an attachment apart: code, segment, id and body of each packet. Throws when it does not add up.
export function readPackets(bytes) {
  const packets = [];
  for (let at = 0; at < bytes.length; ) {
    const compressed = bytes.readInt8(at) === 1, begin = at + (compressed ? 17 : 15), size = bytes.readUInt16LE(at + 13);
    const end = begin + (compressed ? bytes.readUInt16LE(at + 15) : size);
    const body = compressed ? inflateRawSync(bytes.subarray(begin, end)) : bytes.subarray(begin, end);
    if (end > bytes.length || body.length !== size) throw new Error(`a packet of ${size} bytes has ${body.length}`);
    packets.push({ code: bytes.readUInt16LE(at + 1), segment: bytes.readInt16LE(at + 3), id: bytes.readInt32LE(at + 5), body });
    at = end;
  }
  return packets;
}

/// The last price in the body of a 1501, of either width.
export const lastPrice = (body) => body.readDoubleLE(body.length === 204 ? 92 : 84);
