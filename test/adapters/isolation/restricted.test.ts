import { spawn, spawnSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passingDescriptor } from '#adapters/local/files/passing-file.ts'
import { readableCode, refuseLinks, restrictedFlags } from '#adapters/local/isolation/restricted.ts'

let root: string
let secret: string
const SECRET = 'a sealed case that nobody may read'

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-isolation-')))
  mkdirSync(join(root, 'vault'))
  secret = join(root, 'vault', 'test.jsonl')
  writeFileSync(secret, SECRET)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Runs code as the search would run, and says whether the secret came out. */
function attack(
  code: string,
  readable: readonly string[] = readableCode(join(root, 'vault')),
  aside: number | 'ignore' = 'ignore',
): { leaked: boolean; output: string } {
  const child = spawnSync(process.execPath, [...restrictedFlags(readable), '--input-type=module', '-e', code], {
    env: {},
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe', aside],
    cwd: root,
    timeout: 30_000,
  })
  const output = `${child.stdout}${child.stderr}`
  return { leaked: output.includes(SECRET), output }
}

const read = (path: string) =>
  `import { readFileSync } from 'node:fs'; console.log(readFileSync(${JSON.stringify(path)}, 'utf8'))`

describe('the search process and the vault', () => {
  test('runs this program’s own code', () => {
    expect(attack(`console.log(1 + 1)`).output).toContain('2')
  })

  test.each([
    ['an absolute path', () => read(secret)],
    ['a relative path', () => read('vault/test.jsonl')],
    [
      'a path that climbs out of a readable folder',
      () => read(join(readableCode(join(root, 'vault'))[0]!, relative(readableCode(join(root, 'vault'))[0]!, secret))),
    ],
    [
      'a file URL',
      () => `import { readFileSync } from 'node:fs'; console.log(readFileSync(new URL('file://${secret}'), 'utf8'))`,
    ],
    [
      'a stream',
      () =>
        `import { createReadStream } from 'node:fs'; createReadStream(${JSON.stringify(secret)}).pipe(process.stdout)`,
    ],
    [
      'a listing',
      () =>
        `import { readdirSync, openSync } from 'node:fs'; console.log(readdirSync(${JSON.stringify(join(root, 'vault'))})); openSync(${JSON.stringify(secret)})`,
    ],
    ['an import', () => `await import(${JSON.stringify(secret)}, { with: { type: 'json' } })`],
    [
      'a symbolic link that it makes',
      () =>
        `import { symlinkSync, readFileSync } from 'node:fs'; symlinkSync(${JSON.stringify(secret)}, ${JSON.stringify(join(readableCode(join(root, 'vault'))[0]!, 'x'))}); console.log(readFileSync(${JSON.stringify(join(readableCode(join(root, 'vault'))[0]!, 'x'))}, 'utf8'))`,
    ],
    [
      'a hard link that it makes',
      () =>
        `import { linkSync, readFileSync } from 'node:fs'; linkSync(${JSON.stringify(secret)}, ${JSON.stringify(join(readableCode(join(root, 'vault'))[0]!, 'y'))}); console.log(readFileSync(${JSON.stringify(join(readableCode(join(root, 'vault'))[0]!, 'y'))}, 'utf8'))`,
    ],
    [
      'a child process',
      () =>
        `import { execFileSync } from 'node:child_process'; console.log(execFileSync('cat', [${JSON.stringify(secret)}], { encoding: 'utf8' }))`,
    ],
    [
      'a worker',
      () =>
        `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(`console.log(require('node:fs').readFileSync(${JSON.stringify(secret)}, 'utf8'))`)}, { eval: true })`,
    ],
    [
      'SQLite',
      () =>
        `const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(':memory:').exec("ATTACH '" + ${JSON.stringify(secret)} + "' AS v")`,
    ],
    ['an addon', () => `process.dlopen({ exports: {} }, ${JSON.stringify(secret)})`],
    [
      'WASI',
      () =>
        `const { WASI } = await import('node:wasi'); new WASI({ version: 'preview1', preopens: { '/': ${JSON.stringify(root)} } })`,
    ],
  ])('cannot read it by %s', (_, code) => {
    const { leaked, output } = attack(code())

    expect(leaked).toBe(false)
    expect(output).toMatch(
      /ERR_ACCESS_DENIED|ERR_UNKNOWN_BUILTIN_MODULE|ERR_DLOPEN_DISABLED|No such built-in module|ENOENT/,
    )
  })

  test('puts things aside in the one file that it was handed open, and finds no way from there', () => {
    const href = (path: string) => JSON.stringify(new URL(`../../../functions/${path}`, import.meta.url).href)
    const aside = passingDescriptor(join(root, 'vault'))
    const code = `
      const { Records } = await import(${href('core/bytes/records.ts')})
      const { fileDisk } = await import(${href('adapters/local/files/file-disk.ts')})
      const records = new Records(fileDisk(3))
      const positions = Array.from({ length: 1000 }, (_, i) => records.append(Buffer.alloc(9000, String(i))))
      console.log(records.read(positions[3]).toString().slice(0, 4))
      const { readFileSync, readlinkSync } = await import('node:fs')
      for (const look of [() => readlinkSync('/proc/self/fd/3'), () => readFileSync('/proc/self/fd/3/../test.jsonl'), () => readFileSync('/proc/self/cwd/vault/test.jsonl')])
        try { console.log(String(look())) } catch (error) { console.log(error.code) }`
    const { leaked, output } = attack(code, readableCode(join(root, 'vault')), aside.file)
    aside.close()
    expect(leaked).toBe(false)
    expect(output.trim().split('\n')).toEqual(['3333', ...Array(3).fill('ERR_ACCESS_DENIED')])
    expect(readdirSync(join(root, 'vault'))).toEqual(['test.jsonl'])
  })

  test('a planted symbolic link in a readable folder refuses the start', () => {
    const folder = mkdtempSync(join(root, 'readable-'))
    symlinkSync(secret, join(folder, 'innocent.ts'))

    expect(() => refuseLinks([folder], join(root, 'vault'))).toThrow(/innocent\.ts is a symbolic link/)
  })

  test('a planted hard link in a readable folder refuses the start', () => {
    const folder = mkdtempSync(join(root, 'readable-'))
    linkSync(secret, join(folder, 'innocent.ts'))

    expect(() => refuseLinks([folder], join(root, 'vault'))).toThrow(
      /innocent\.ts is the same file as .*test\.jsonl in the vault/,
    )
    rmSync(join(folder, 'innocent.ts'))
  })

  test('a signal to the program opens no debugger in it', async () => {
    const parent = spawn(
      process.execPath,
      ['-e', `process.on('SIGUSR1', () => {}); setInterval(() => {}, 1000); console.log('up')`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let stderr = ''
    parent.stderr.on('data', (chunk) => {
      stderr += String(chunk)
    })
    await new Promise((resolve) => parent.stdout.once('data', resolve))

    attack(`process.kill(${parent.pid}, 'SIGUSR1')`)
    await new Promise((resolve) => setTimeout(resolve, 300))
    parent.kill('SIGKILL')

    expect(stderr).not.toContain('Debugger')
  })
})
