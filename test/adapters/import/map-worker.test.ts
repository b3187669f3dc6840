import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { guardArguments } from '#adapters/local/import/map-worker.ts'

/** Runs a line of code as a map would run if it broke out of its engine. */
function guarded(code: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...guardArguments(96), '-e', code], { env: {} })
  return `${stdout}${stderr}`
}

describe('guardArguments', () => {
  test('the engine itself can be read', () => {
    const engine = guardArguments(96)[2]!.replace('--allow-fs-read=', '').replace('*', 'jsonata.js')
    expect(guarded(`console.log(require('fs').readFileSync(${JSON.stringify(engine)}).length > 0)`)).toContain('true')
  })

  test.each([
    ['reads a file', `require('fs').readFileSync('/etc/hosts')`, 'ERR_ACCESS_DENIED'],
    ['lists a folder', `require('fs').readdirSync('/')`, 'ERR_ACCESS_DENIED'],
    ['writes a file', `require('fs').writeFileSync('autotune-escaped', '')`, 'ERR_ACCESS_DENIED'],
    ['starts a process', `require('child_process').execSync('true')`, 'ERR_ACCESS_DENIED'],
    ['starts a worker', `new (require('worker_threads').Worker)('1', { eval: true })`, 'ERR_ACCESS_DENIED'],
    ['opens a database', `require('node:sqlite')`, 'ERR_UNKNOWN_BUILTIN_MODULE'],
    ['makes code of text', `Function('return 1')()`, 'EvalError'],
  ])('fails when the child %s', (_, code, error) => {
    expect(guarded(code)).toContain(error)
  })
})
