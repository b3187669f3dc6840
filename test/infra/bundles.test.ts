import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { ENV } from '#schemas/env-names.ts'
import { bundleHandler, esbuildOptions, handlerNames } from '../../lib/bundling.ts'
import { templatesOf } from '../support/infra/deployment.ts'

/**
 * Bytes that are read before the first call: AdvanceRun holds the whole search, OpenReview what a page shows.
 */
const LIMIT = 302_000
/** Once a run, a week or a quarter: they read a person's target and pack, or lines of runs and weeks, under their whole contracts. */
const WHOLE_CONTRACTS = 337_000
const limitOf = (file: string): number =>
  /^(ask-proposers|start-run|review-week|review-quarter)\./.test(file) ? WHOLE_CONTRACTS : LIMIT
/** Functions that judge a suite, and with it in JSONata: they load it where the suite has such a rule. */
const JUDGING = [
  'ask-proposers.ts',
  'lay-out-sealed.ts',
  'lay-out-search.ts',
  'open-review.ts',
  'replay-shard.ts',
  'score-shard.ts',
  'slice-intent.ts',
  'start-rollout.ts',
]
/** Functions that hold a prompt block to its bounds, once a run or a release: they load the table of a tokenizer where a pack names it. */
const COUNTING = ['ask-proposers.ts', 'start-rollout.ts', 'start-run.ts']

type Output = Metafile['outputs'][string]

describe('the bundle of each handler', () => {
  let outputs: [string, Output][]
  let files: Metafile['inputs']
  beforeAll(async () => {
    // In one go, each in one file, written nowhere: what is deployed is the same in two parts.
    const { metafile } = await build({ ...esbuildOptions(handlerNames(), tmpdir()), write: false, metafile: true })
    files = metafile.inputs
    outputs = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint)
  })
  const named = <T>(of: (output: Metafile['outputs'][string]) => T) =>
    Object.fromEntries(outputs.map(([, o]) => [o.entryPoint!.replace(/^.*\//, ''), of(o)]))

  it('exists for every file, and exports its handler', () => {
    expect(outputs).toHaveLength(handlerNames().length)
    for (const [file, { exports }] of outputs)
      expect([file, exports]).toEqual([file, expect.arrayContaining(['handler'])])
  })

  /** Files that importing a handler reads; the others wait until a call asks for them. */
  const atStart = ({ entryPoint }: Output): ReadonlySet<string> => {
    const read = new Set([entryPoint!])
    for (const file of read)
      for (const { path, kind, external } of files[file]!.imports)
        if (kind !== 'dynamic-import' && !external) read.add(path)
    return read
  }
  const later = (output: Output): [file: string, bytes: number][] => {
    const start = atStart(output)
    return Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) =>
      start.has(file) ? [] : [[file, bytesInOutput]],
    )
  }

  it('is at most 302 KB before its first call, and 337 KB where it reads whole contracts', () => {
    const bytes = named((o) => o.bytes - later(o).reduce((sum, [, part]) => sum + part, 0))
    expect(Object.entries(bytes).filter(([file, size]) => size > limitOf(file))).toEqual([])
  })

  it('loads JSONata and the table of a tokenizer when they are asked for, where suites are judged and tokens counted', () => {
    const holding = (library: string, parts: (output: Output) => Iterable<string>) =>
      outputs.flatMap(([, output]) =>
        [...parts(output)].some((file) => file.includes(`node_modules/${library}/`))
          ? [output.entryPoint!.replace(/^.*\//, '')]
          : [],
      )
    for (const library of ['jsonata', 'gpt-tokenizer']) expect(holding(library, atStart)).toEqual([])
    const asked = (output: Output) => later(output).map(([file]) => file)
    expect(holding('jsonata', asked).sort()).toEqual(JUDGING)
    expect(holding('gpt-tokenizer', asked).sort()).toEqual(COUNTING)
  })

  it('is deployed with what it loads later in files beside it, which work there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'autotune-bundle-'))
    try {
      const { outputs } = bundleHandler('start-rollout', folder).metafile
      const [index, ...beside] = readdirSync(folder)
        .filter((file) => file.endsWith('.mjs') && /^index|o200k|jsonata/.test(file))
        .sort()
      expect([index, beside]).toEqual([
        'index.mjs',
        [expect.stringMatching(/^jsonata-/), expect.stringMatching(/^o200k_base-/)],
      ])
      const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint?.endsWith('handlers/start-rollout.ts'))!
      expect(entry.exports).toContain('handler')
      expect(entry.bytes).toBeLessThan(LIMIT)
      const { countTokens } = await import(/* @vite-ignore */ pathToFileURL(join(folder, beside[1]!)).href)
      expect(countTokens('hello world')).toBe(2)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('holds the journal of heads where the deployment names it, and nowhere else', () => {
    const named = Object.entries(
      templatesOf({ auditsql: 'on', attestations: 'on' }).AutotuneWorkflow!.Resources!,
    ).flatMap(([id, { Type, Properties }]) => {
      const name =
        /^(?:Attestations(?:Gate|Decisions|Promotions)|AuditSql|AutotuneFunctions|Autotune(?=EraseRuns)|Cadence|Review|Rollouts)(\w+?)Function/.exec(
          id,
        )?.[1]
      const { Variables = {} } = (Properties?.Environment ?? {}) as { Variables?: object }
      if (Type !== 'AWS::Lambda::Function' || !name || !(ENV.heads in Variables)) return []
      return [`${name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase()}.ts`]
    })
    const holding = outputs.flatMap(([, { entryPoint, inputs }]) =>
      inputs['functions/lambda/signed-store.ts']?.bytesInOutput ? [entryPoint!.replace(/^.*\//, '')] : [],
    )
    expect(holding.sort()).toEqual([...new Set(named)].sort())
    expect(holding).toContain('finish-run.ts')
    expect(holding).not.toContain('advance-run.ts')
  })

  it('leaves the SDK to the runtime, and nothing else', () => {
    for (const [file, { imports }] of outputs)
      for (const { path } of imports) expect([file, path]).toEqual([file, expect.stringMatching(/^(@aws-sdk\/|node:)/)])
  })

  it('holds no infrastructure code, and nothing of a laptop but what puts things aside on a disk', () => {
    const aside =
      /^functions\/adapters\/local\/(files\/(at-path|file-disk|file-scratch|passing-file|unfinished)|holder)\.ts$/
    for (const [file, { inputs }] of outputs)
      expect([
        file,
        Object.keys(inputs).filter(
          (path) =>
            !aside.test(path) &&
            /node_modules\/(@aws-sdk|@smithy|aws-cdk-lib|constructs)\/|^lib\/|adapters\/local\//.test(path),
        ),
      ]).toEqual([file, []])
  })
})
