/** A program that is ended in the middle of its work says what is kept, and takes its processes with it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const href = JSON.stringify(new URL('../../functions/cli/terminal.ts', import.meta.url).href)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s: one line, and exit code %i', async (signal, code) => {
  const program = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { onInterrupt } = await import(${href}); onInterrupt('The same command goes on'); setInterval(() => {}, 1000); console.log('up')`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let told = ''
  program.stderr.on('data', (chunk) => {
    told += String(chunk)
  })
  await once(program.stdout, 'data')
  program.kill(signal)
  expect(await once(program, 'close')).toEqual([code, null])
  expect(told).toBe(`autotune: ended by ${signal}. The same command goes on\n`)
})

test('a second Ctrl-C, in the middle of work that does not look up, is answered by the same words once, and 130', async () => {
  const program = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { onInterrupt } = await import(${href}); onInterrupt('The same command goes on')
       process.on('exit', () => console.log('left'))
       console.log('up'); const until = Date.now() + 400; while (Date.now() < until);
       setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [told, out] = ['', '']
  program.stderr.on('data', (chunk) => {
    told += String(chunk)
  })
  program.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  await once(program.stdout, 'data')
  program.kill('SIGINT')
  program.kill('SIGINT')
  expect(await once(program, 'close')).toEqual([130, null])
  expect(told).toBe('autotune: ended by SIGINT. The same command goes on\n')
  expect(out).toBe('up\nleft\n')
})

const BIN = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))

/** A command as it was typed, ended at some moment. */
async function ended(args: readonly string[], signal: NodeJS.Signals, preload: string, input = '') {
  const program = spawn(process.execPath, [
    ...(preload ? ['--import', `data:text/javascript,${preload}`] : []),
    BIN,
    ...args,
  ])
  let told = ''
  program.stderr.on('data', (chunk) => {
    told += String(chunk)
  })
  // More than a pipe holds: what is written has been read when it says so.
  if (input !== '') program.stdin.write(input, () => program.kill(signal))
  const [code] = await once(program, 'close')
  return { code, told }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s while the program is still loading: the words, and exit code %i', async (signal, code) => {
  const atOnce = `process.on('newListener', (name) => name === 'SIGHUP' && setImmediate(() => process.kill(process.pid, '${signal}')))`
  expect(await ended(['list', '--store', 'nowhere'], signal, atOnce)).toEqual({
    code,
    told: `autotune: ended by ${signal}. What was written is whole: give the same command again\n`,
  })
})

test('a verb that only reads has the same words in the middle of its work', async () => {
  const half = `{"resourceSpans": "${'x'.repeat(300_000)}`
  const reading = await ended(['inspect', '-'], 'SIGINT', '', half)
  expect(reading).toEqual({
    code: 130,
    told: 'autotune: ended by SIGINT. What was written is whole: give the same command again\n',
  })
})

// Whoever holds the other end of a pipe may have made it one that does not wait; so does asking for `process.stdin`.
test.each([
  ['rows of an import', `for await (const part of descriptorBytes(0)) process.stdout.write(part)`],
  ['a document', `process.stdout.write(readInputBytes('-', 1e6))`],
])('a standard input that has nothing yet is waited for: %s', async (_, read) => {
  const from = (path: string) => JSON.stringify(new URL(`../../functions/adapters/local/${path}`, import.meta.url).href)
  const program = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `process.stdin; const { descriptorBytes } = await import(${from('carriers/bytes.ts')})
     const { readInputBytes } = await import(${from('files/open-input.ts')})
     process.stderr.write('up'); ${read}`,
  ])
  const closed = once(program, 'close')
  program.stdin.on('error', () => {}) // a program that gave up reads no more
  let out = ''
  program.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  await once(program.stderr, 'data')
  for (const part of ['first, ', 'second']) {
    await setTimeout(30)
    program.stdin.write(part)
  }
  program.stdin.end()
  expect(await closed).toEqual([0, null])
  expect(out).toBe('first, second')
})

test('work that is done leaves the signals as they were', async () => {
  const { onInterrupt } = await import('../../functions/cli/terminal.ts')
  const before = process.listenerCount('SIGINT')
  onInterrupt('kept')()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
