/** What somebody gets from the tarball: the command, the library with its types, the constructs, and nothing of CDK. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deskRuns } from '../../examples/own-harness/generate.ts'
import { LIBRARY, TYPED } from './consumers.ts'
import { CLONE, FLOOR, fetchNode, install, installGlobally, pack, start, succeed } from './package.ts'

const { version } = JSON.parse(readFileSync(join(CLONE, 'package.json'), 'utf8'))
const place = mkdtempSync(join(tmpdir(), 'autotune-install-'))
const project = join(place, 'project')
const installed = join(project, 'node_modules/contextos-autotune')
/** Node by its name here; null where there is none. */
const nodes = new Map<string, string | null>([['the Node of a clone', process.execPath]])
let command = ''

let tarball = ''
beforeAll(() => {
  tarball = pack(place)
})
beforeAll(() => {
  nodes.set(`Node ${FLOOR}`, fetchNode(join(place, 'floor'), FLOOR))
})
beforeAll(() => {
  install(project, tarball)
  command = installGlobally(join(place, 'global'), tarball)
})
beforeAll(async () => {
  cpSync(join(CLONE, 'examples/own-harness'), join(project, 'desk'), { recursive: true })
  const runs = await Array.fromAsync(deskRuns({ families: 300 }), (run) => `${JSON.stringify(run)}\n`)
  writeFileSync(join(project, 'runs.jsonl'), runs.join(''))
  writeFileSync(join(project, 'library.mjs'), LIBRARY)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

describe.each(['the Node of a clone', `Node ${FLOOR}`])('under %s', (name) => {
  /** The installed command, started by that Node; what it printed, and nothing may stand on stderr. */
  const autotune = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = start(
      nodes.get(name)!,
      [join(project, 'node_modules/.bin/autotune'), ...args],
      project,
    )
    // A slow machine is told how far it is; nothing else belongs there.
    expect({ status, complaints: stderr.match(/.*(?:warn|error|experimental|autotune:).*/gi) }).toEqual({
      status: 0,
      complaints: null,
    })
    return stdout
  }
  beforeEach(({ skip }) => {
    if (!nodes.get(name)) skip(`${name} could not be fetched`)
  })

  test('it tells its version', () => {
    expect(autotune('--version')).toBe(`${version}\n`)
  })

  test('the demo is certified and verifies, without the AWS half', () => {
    const libraries = ['@aws-sdk', '@aws', '@smithy', '@middy', '@aws-lambda-powertools']
    const own = ['lib', 'functions/handlers', 'functions/lambda', 'functions/adapters/aws']
    const parts = [
      ...libraries.map((name) => join(project, 'node_modules', name)),
      ...own.map((folder) => join(installed, 'dist', folder)),
    ]
    for (const part of parts) renameSync(part, `${part}-away`)
    try {
      const demo = JSON.parse(autotune('demo', '--json').trimEnd().split('\n').at(-1)!)
      expect(demo).toMatchObject({ run: 'demo_refund_cents', verdict: 'certified' })
      expect(autotune('verify', demo.run, '--store', demo.store)).toMatch(/^reproducible/)
      rmSync(demo.store, { recursive: true })
    } finally {
      for (const part of parts) renameSync(`${part}-away`, part)
    }
  })

  test('a shipped map is found, and the starter files name schemas that are there', () => {
    const folder = mkdtempSync(join(place, 'init-'))
    autotune('init', '--dir', folder)
    const pack = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'))
    expect(existsSync(join(folder, pack.$schema))).toBe(true)
    const record = { messages: [{ role: 'user', content: 'hi' }] }
    writeFileSync(join(folder, 'log.jsonl'), `${JSON.stringify(record)}\n`)
    const args = ['import', join(folder, 'log.jsonl'), '--map', 'chat-messages', '--store', join(folder, 'harness')]
    const { status, stderr } = start(nodes.get(name)!, [join(project, 'node_modules/.bin/autotune'), ...args], project)
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching('what map chat-messages makes of it'),
    })
  })

  test('the library imports, runs a harness in TypeScript, reads the proposal and verifies', () => {
    rmSync(join(project, 'store'), { recursive: true, force: true })
    const { status, stdout, stderr } = start(nodes.get(name)!, ['library.mjs'], project)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      stored: 300,
      verdict: 'certified',
      patch: { 'evidence.manual.top_k': { from: 10, to: 5 } },
      reproducible: true,
      refused: true,
      needed: 299,
      arm: 'baseline',
      client: ['function', 'function'],
    })
  })
})

test('installed for everybody, the command runs from another folder', () => {
  const elsewhere = mkdtempSync(join(place, 'elsewhere-'))
  expect(succeed(process.execPath, [command, 'demo'], elsewhere)).toMatch('CERTIFIED')
})

test('so it does where a package manager links packages in place of copying them', () => {
  const packages = join(place, 'global/lib/node_modules/contextos-autotune/node_modules')
  const away = mkdtempSync(join(place, 'linked-'))
  for (const name of ['canonicalize', 'jsonata', 'pure-rand']) {
    renameSync(join(packages, name), join(away, name))
    symlinkSync(join(away, name), join(packages, name))
  }
  const args = ['demo', '--store', join(away, 'harness')]
  expect(succeed(process.execPath, [command, ...args], away)).toMatch('CERTIFIED')
  writeFileSync(join(away, 'log.jsonl'), '{ "messages": [] }\n')
  const imported = start(process.execPath, [command, 'import', 'log.jsonl', '--map', 'chat-messages'], away)
  expect(imported.stderr).toMatch('what map chat-messages makes of it')
})

test('a Node that is too old gets one clear line', (context) => {
  const old = (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .find((path) => /^v(1[2-9]|2[01])\./.test(start(path, ['--version'], place).stdout))
  if (!old) return context.skip('no Node on the PATH is too old')
  const { status, stdout, stderr } = start(old, [command, 'demo'], place)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^autotune needs Node 22\.15 or newer[^\n]*; this is v\d+\.\d+\.\d+\n$/)
})

test('no CDK comes with it, and only built files', () => {
  const packages = readdirSync(join(project, 'node_modules'))
  expect(packages).not.toContain('aws-cdk-lib')
  expect(packages).not.toContain('constructs')
  expect(packages).not.toContain('typescript')
  // Nor with `npm ci --omit=dev` in a clone.
  const lock = JSON.parse(readFileSync(join(CLONE, 'package-lock.json'), 'utf8'))
  for (const name of ['aws-cdk-lib', 'constructs', 'cdk-nag', 'typescript'])
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({ dev: true })
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
})

describe('with what a TypeScript and CDK project has', () => {
  beforeAll(() => {
    for (const part of ['aws-cdk-lib', 'constructs', 'esbuild', '@types', 'undici-types', '.bin/esbuild'])
      symlinkSync(join(CLONE, 'node_modules', part), join(project, 'node_modules', part))
    // The example as it is: the packed package is what it imports.
    for (const file of ['app.ts', 'target.json']) cpSync(join(CLONE, 'examples/cdk', file), join(project, file))
    writeFileSync(join(project, 'typed.ts'), TYPED)
  })
  const tsc = join(CLONE, 'node_modules/typescript/bin/tsc')
  const strict = [
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    'node',
    '--verbatimModuleSyntax',
    '--ignoreConfig',
  ]

  test('library, harness client and assignArm type-check, and so do their declarations', () => {
    succeed(process.execPath, [tsc, ...strict, '--noEmit', '--exactOptionalPropertyTypes', 'typed.ts'], project)
  })

  test('the example app with the constructs type-checks, synthesizes and bundles every handler', () => {
    succeed(process.execPath, [tsc, ...strict, '--skipLibCheck', '--resolveJsonModule', 'app.ts'], project)
    succeed(process.execPath, ['app.js'], project)
    const out = readdirSync(join(project, 'cdk.out'), { recursive: true, encoding: 'utf8' })
    expect(out).toContain('Support.template.json')
    expect(out.filter((file) => file.endsWith('index.mjs')).length).toBeGreaterThan(10)
  })
})
