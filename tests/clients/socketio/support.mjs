// Programs under test, and promises that wait for what they do. Nothing here waits for time to pass: `until` looks whenever somebody calls `changed`.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const DEADLINE_MS = 30_000;
const LINES_KEPT = 40;

const waiting = new Set();
const programs = new Set();

/// Something happened that a condition may have waited for.
export function changed() {
  for (const look of waiting) look();
}

/// Resolves with what `condition` gives once that is true. `what` completes "waited in vain until ...".
export function until(what, condition) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      waiting.delete(look);
      clearTimeout(timer);
      settle(value);
    };
    const look = () => {
      try {
        const value = condition();
        if (value) end(resolve, value);
      } catch (error) {
        end(reject, error);
      }
    };
    const timer = setTimeout(() => end(reject, new Error(`waited in vain until ${what}`)), DEADLINE_MS);
    waiting.add(look);
    look();
  });
}

/// A program that prints `listening on HOST:PORT` on stdout or stderr. JSON objects, one a line, become `events`.
export class Program {
  constructor(name, command, args) {
    Object.assign(this, { name, events: [], lines: [], exit: null, address: null });
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.on('error', (error) => (this.see(error.message), (this.exit = { code: error.message }), changed()));
    this.process.on('exit', (code, signal) => ((this.exit = { code, signal }), programs.delete(this), changed()));
    this.process.stdin.on('error', () => {}); // told by its exit
    for (const stream of [this.process.stdout, this.process.stderr]) createInterface({ input: stream }).on('line', (line) => this.see(line));
    programs.add(this);
  }
  see(line) {
    const found = /listening on (\S+)/.exec(line);
    if (line.startsWith('{')) this.events.push(JSON.parse(line));
    else if (found) this.address = found[1];
    if (!line.startsWith('{"event":"published"')) this.lines.push(line);
    if (this.lines.length > LINES_KEPT) this.lines.shift();
    changed();
  }
  /// Rejects when the program ends first.
  until(what, condition) {
    return until(`${what} (${this.name})`, () => {
      if (this.exit) throw new Error(`${this.name} ended with ${this.exit.code ?? this.exit.signal}`);
      return condition();
    });
  }
  async listening() {
    await this.until('it listens', () => this.address !== null);
    return this;
  }
  of(event) {
    return this.events.filter((each) => each.event === event);
  }
  command(line) {
    this.process.stdin.write(`${line}\n`);
  }
  /// Everything that happened so far has been read after this.
  async stats() {
    const from = this.of('stats').length;
    this.command('stats');
    return this.until('its figures have come', () => this.of('stats')[from]);
  }
  async end() {
    if (!this.exit) this.process.kill('SIGTERM');
    await until(`${this.name} has ended`, () => this.exit);
    return this.exit;
  }
}

/// Runs the named checks one after the other, and ends this process and what it started.
export async function run(checks, names) {
  const finish = (code) => {
    for (const { process: child } of programs) child.kill('SIGKILL');
    process.exit(code);
  };
  const fail = (name, error) => {
    console.log(`${name}: FAILED: ${error?.stack ?? error}`);
    for (const { name: program, lines } of programs) console.log(`--- last lines of ${program}:\n${lines.join('\n')}`);
    finish(1);
  };
  let current = 'start';
  process.on('uncaughtException', (error) => fail(current, error));
  process.on('unhandledRejection', (error) => fail(current, error));
  for (const name of names) {
    current = name;
    if (!(name in checks)) fail(name, new Error(`no such check; there are ${Object.keys(checks).join(', ')}`));
    const begin = Date.now();
    const said = await checks[name]();
    for (const program of [...programs]) await program.end();
    console.log(`${name}: ${said} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  }
  finish(0);
}
