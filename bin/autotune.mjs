#!/usr/bin/env node
/** The command: starts the program, or says which Node it needs. */

// In syntax and imports that old Nodes understand, so that they can say what is missing.
const ENTRY = './autotune.ts'

// A clone runs TypeScript as it is; the built package does not.
const CLONE = /\.ts$/.test(ENTRY)

/** What is needed and missing, or null. */
function missing() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 15) || (major === 23 && minor < 8))
    return 'Node 22.15 or newer (of the 23s, 23.8)'
  return CLONE && !process.features.typescript ? 'a Node that runs TypeScript' : null
}

/** Whoever ends the program hears what is kept, from its first moment on; a verb that knows more than this says it in its own listener. */
function answerSignals() {
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return
      const clear = process.stderr.isTTY ? '\r\u001b[K' : ''
      process.stderr.write(
        `${clear}autotune: ended by ${signal}. What was written is whole: give the same command again\n`,
      )
      process.exit(code)
    })
}

/** A folder for what is read as code: nobody but this account writes into it. Null: there is none, or somebody else made it. */
function ownFolder(name) {
  const { lstatSync, mkdirSync } = process.getBuiltinModule('node:fs')
  const uid = process.getuid?.()
  const folder = process
    .getBuiltinModule('node:path')
    .join(process.getBuiltinModule('node:os').tmpdir(), `${name}-${uid ?? 'own'}`)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (error.code !== 'EEXIST') return null
  }
  const found = lstatSync(folder, { throwIfNoEntry: false })
  // Where accounts have no numbers, each has a folder for what is temporary.
  const isOwn = found?.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o077) === 0))
  return isOwn ? folder : null
}

/**
 * Verbs that go through stores of any size, and the kilobytes from which on each gives back what it has freed. The smaller, the
 * less is held by nothing, and the more time it takes: of a run on a million 50 MB for a twentieth.
 */
const GIVEN_BACK = { import: 1024, run: 64, pack: 1024, verify: 64 }

/** glibc keeps what is freed below this for itself, and raises it to 32 MB by itself where large blocks are freed. */
const THRESHOLD = 'MALLOC_MMAP_THRESHOLD_'

/** Megabytes of heap for what is young: V8's own 32 are touched from end to end, three times over. */
const YOUNG_HEAP = '--max-semi-space-size=16'

/**
 * Begins again in its own place, with what Node and glibc read at their start alone: a large import takes 70 MB less of a machine.
 * It costs the start of a bare Node, so it is for verbs that work for long.
 */
function holdLess() {
  const [node, script, verb] = process.argv
  // Set where it has begun again, or where somebody wants another one.
  if (process.env[THRESHOLD] !== undefined || !Object.hasOwn(GIVEN_BACK, verb ?? '')) return
  if (process.platform !== 'linux' || !process.execve) return
  process.execve(node, [node, ...process.execArgv, YOUNG_HEAP, script, ...process.argv.slice(2)], {
    ...process.env,
    [THRESHOLD]: String(GIVEN_BACK[verb] * 1024),
  })
}

function start() {
  holdLess()
  // `... | head` closes the pipe early; that is no error of ours.
  process.stdout.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`autotune: the output cannot be written (${error.code}). Write it to another place\n`)
    process.exit(2)
  })
  // Nobody is left to be told that nobody can be told.
  process.stderr.on('error', () => {})
  // A signal would open a debugger in this process, and a debugger reads everything: a listener takes its place.
  process.on('SIGUSR1', () => {})
  answerSignals()
  // What lived once is looked through when it has doubled, not when it is four times as much: an import keeps 100 MB of garbage less.
  process.getBuiltinModule('node:v8').setFlagsFromString('--heap-growing-percent=100')
  // The first rows of a file, which say its dialect, live long: V8 would put all rows after them where garbage lies longest.
  process.getBuiltinModule('node:v8').setFlagsFromString('--no-allocation-site-pretenuring')
  // Compiled code is cached between starts: a hundred small files load in a third of the time.
  const compiled = ownFolder('autotune-compiled')
  if (compiled !== null) process.getBuiltinModule('node:module').enableCompileCache(compiled)
  return import(ENTRY)
    .then(({ main, told }) => {
      const argv = process.argv.slice(2)
      // What the system says of a file or process while nobody waits for it.
      process.on('uncaughtException', (error) => process.exit(told(error, argv)))
      return main(argv)
    })
    .then((code) => {
      process.exitCode = code
    })
}

const needed = missing()
if (needed === null) start()
else {
  const way = CLONE ? '. In a clone, "npm ci" brings the right one for "npm run -s autotune -- VERB"' : ''
  process.stderr.write(`autotune needs ${needed}; this is ${process.version}${way}\n`)
  process.exitCode = 2
}
