/** A program that is ended in the middle of its work says what is kept, and takes its processes with it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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

test('work that is done leaves the signals as they were', async () => {
  const { onInterrupt } = await import('../../functions/cli/terminal.ts')
  const before = process.listenerCount('SIGINT')
  onInterrupt('kept')()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
