import { tmpdir } from 'node:os'
import { build, type Metafile } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { ENV } from '#schemas/env-names.ts'
import { esbuildOptions, handlerNames } from '../../lib/bundling.ts'
import { templatesOf } from '../support/infra/deployment.ts'

/** AdvanceRun holds the whole search, the sampler, the negative control, the rules of suites, the wording of a certificate, the settings of each case, draws of a live baseline and what a harness answered: 285 KB; StartRun the spellings of a prompt block and the year's error budget: 281 KB; all others are below 235. */
const LIMIT = 286_000
/** Functions that judge a suite, and with it in JSONata and by the functions of modules; what that takes. The optimiser only reads what they said. */
const JUDGING = new Set([
  'lay-out-sealed.ts',
  'lay-out-search.ts',
  'open-review.ts',
  'replay-shard.ts',
  'score-shard.ts',
  'slice-intent.ts',
  'start-rollout.ts',
])
const JSONATA = 88 * 1024
/** Functions that hold a prompt block to its bounds, once a run or a release: they bring the table of a tokenizer, and read it where a pack names it; StartRun also the rules of a suite, to say which of them a live run cannot be judged by. */
const COUNTING = new Set(['start-rollout.ts', 'start-run.ts'])
const TOKENS = 2_083_000
/** They read lines of runs and weeks under their whole contracts, once a week or a quarter. */
const LOOKING_BACK = 327_000
const limitOf = (file: string): number => {
  if (/^review-(week|quarter)\./.test(file)) return LOOKING_BACK
  return LIMIT + (JUDGING.has(file) ? JSONATA : 0) + (COUNTING.has(file) ? TOKENS : 0)
}

describe('the bundle of each handler', () => {
  let outputs: [string, Metafile['outputs'][string]][]
  beforeAll(async () => {
    // As they are deployed, built in one go and written nowhere.
    const { metafile } = await build({ ...esbuildOptions(handlerNames(), tmpdir()), write: false, metafile: true })
    outputs = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint)
  })
  const named = <T>(of: (output: Metafile['outputs'][string]) => T) =>
    Object.fromEntries(outputs.map(([, o]) => [o.entryPoint!.replace(/^.*\//, ''), of(o)]))

  it('exists for every file, and exports its handler', () => {
    expect(outputs).toHaveLength(handlerNames().length)
    for (const [file, { exports }] of outputs)
      expect([file, exports]).toEqual([file, expect.arrayContaining(['handler'])])
  })

  it('is at most 286 KB, 88 KB more where JSONata and modules judge, 2 MB where tokens are counted, and 327 KB where it looks back', () => {
    const holding = (library: string) =>
      outputs.flatMap(([, { entryPoint, inputs }]) =>
        Object.keys(inputs).some((file) => file.includes(`node_modules/${library}/`))
          ? [entryPoint!.replace(/^.*\//, '')]
          : [],
      )
    expect(holding('jsonata').sort()).toEqual([...JUDGING])
    expect(holding('gpt-tokenizer').sort()).toEqual([...COUNTING])
    expect(Object.entries(named((o) => o.bytes)).filter(([file, bytes]) => bytes > limitOf(file))).toEqual([])
  })

  it('holds the journal of heads where the deployment names it, and nowhere else', () => {
    const named = Object.entries(
      templatesOf({ auditsql: 'on', attestations: 'on' }).AutotuneWorkflow!.Resources!,
    ).flatMap(([id, { Type, Properties }]) => {
      const name =
        /^(?:Attestations(?:Gate|Decisions|Promotions)|AuditSql|AutotuneFunctions|Cadence|Review|Rollouts)(\w+?)Function/.exec(
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
