/** What hostile code tries: statements that read a file, write one, or leave the machine. Each returns what it got. */
import { dirname } from 'node:path'

type Attempts = readonly (readonly [what: string, statement: string])[]

/** Ways to a file that may not be read. */
export function reads(secret: string): Attempts {
  const quoted = JSON.stringify(secret)
  /** Makes another way to the vault in the temporary folder, which is writable behind a wall, and reads through it. */
  const inTemporary = (make: string) =>
    `const fs = await import('node:fs'); const way = (await import('node:os')).tmpdir() + '/way'; fs.${make}(${quoted}, way); return fs.readFileSync(way, 'utf8')`
  return [
    ['an absolute path', `return (await import('node:fs')).readFileSync(${quoted}, 'utf8')`],
    ['a relative path', `return (await import('node:fs')).readFileSync('vault/test.jsonl', 'utf8')`],
    ['a file URL', `return (await import('node:fs')).readFileSync(new URL('file://' + ${quoted}), 'utf8')`],
    [
      'a descriptor of its parent',
      `return (await import('node:fs')).readFileSync('/proc/self/cwd/vault/test.jsonl', 'utf8')`,
    ],
    ['a stream', `for await (const c of (await import('node:fs')).createReadStream(${quoted})) return String(c)`],
    ['a listing', `return (await import('node:fs')).readdirSync(${JSON.stringify(dirname(secret))})`],
    ['an import', `return await import(${quoted}, { with: { type: 'json' } })`],
    ['a symbolic link', inTemporary('symlinkSync')],
    ['a hard link', inTemporary('linkSync')],
    ['a copy', inTemporary('copyFileSync')],
    [
      'a child process',
      `return (await import('node:child_process')).execFileSync('cat', [${quoted}], { encoding: 'utf8' })`,
    ],
    ['a worker', `return new (await import('node:worker_threads')).Worker('1', { eval: true })`],
    ['SQLite', `const { DatabaseSync } = await import('node:sqlite'); return new DatabaseSync(${quoted})`],
    ['an addon', `return process.dlopen({ exports: {} }, ${quoted})`],
    [
      'WASI',
      `const { WASI } = await import('node:wasi'); return new WASI({ version: 'preview1', preopens: { '/': '/' } })`,
    ],
    ['a blob', `return await (await (await import('node:fs')).openAsBlob(${quoted})).text()`],
    ['an environment file', `process.loadEnvFile(${quoted}); return process.env`],
    ['another program in its place', `process.execve('/bin/cat', ['cat', ${quoted}])`],
    ['foreign functions', `return (await import('node:ffi')).dlopen('libc.so.6', {})`],
    ['an import as text', `return (await import(${quoted}, { with: { type: 'text' } })).default`],
    [
      'a hook of the loader',
      `(await import('node:module')).registerHooks({ load: (u, c, next) => next('file://' + ${quoted}, { format: 'json', importAttributes: { type: 'json' } }) }); return (await import('data:application/json,1', { with: { type: 'json' } })).default`,
    ],
    ['a debugger of its own', `(await import('node:inspector')).open(0); return 'open'`],
  ]
}

export const WRITES: Attempts = [
  ['a flag of V8', `(await import('node:v8')).setFlagsFromString('--trace-turbo'); return 'set'`],
  [
    'a flag of V8 by another door',
    `(await import('node:vm')); const v8 = (await import('node:module')).createRequire('/')('v8'); v8.setFlagsFromString('--prof'); return 'set'`,
  ],
  ['a heap snapshot', `return (await import('node:v8')).writeHeapSnapshot('snapshot')`],
  ['a snapshot near the limit', `return (await import('node:v8')).setHeapSnapshotNearHeapLimit(1)`],
  ['a report', `return process.report.writeReport('report.json')`],
  ['trace events', `(await import('node:trace_events')).createTracing({ categories: ['v8'] }).enable(); return 'on'`],
  [
    'rights and times of what it may read',
    `const fs = await import('node:fs'); const file = fs.openSync(import.meta.filename, 'r'); fs.fchmodSync(file, 0o777); fs.futimesSync(file, 1, 1); return 'changed'`,
  ],
  [
    'a report for a signal',
    `process.report.directory = '.'; process.report.reportOnSignal = true; process.kill(process.pid, 'SIGUSR2'); await new Promise((r) => setTimeout(r, 200)); throw new Error('nothing came')`,
  ],
  ['a file', `(await import('node:fs')).writeFileSync('written', '1'); return 'written'`],
  [
    'a socket with a name',
    `const s = (await import('node:net')).createServer(); await new Promise((r, j) => { s.on('error', j); s.listen('named.sock', r) }); s.close(); return 'listening'`,
  ],
]

export const NETWORK: Attempts = [
  ['a request', `return (await fetch('http://127.0.0.1:9')).status`],
  ['a look-up of a name', `return await (await import('node:dns')).promises.lookup('localhost.')`],
  [
    'a listening port',
    `const s = (await import('node:net')).createServer(); await new Promise((r, j) => { s.on('error', j); s.listen(0, '0.0.0.0', r) }); return (await fetch('http://127.0.0.1:' + s.address().port)).status`,
  ],
  [
    'a datagram',
    `const s = (await import('node:dgram')).createSocket('udp4'); await new Promise((r, j) => { s.on('error', j); s.send('x', 9, '192.0.2.1', (e) => (e ? j(e) : r())) }); return 'sent'`,
  ],
  [
    'a socket of the system',
    `const c = (await import('node:net')).connect('/var/run/docker.sock'); await new Promise((r, j) => { c.on('error', j); c.on('connect', r) }); return 'connected'`,
  ],
]
