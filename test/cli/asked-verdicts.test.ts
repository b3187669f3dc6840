/** Verdicts of a module and of JSONata, from import to a run that verifies; what does not answer blocks, by name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishSuite } from '../../functions/steps/experience/documents.ts'
import { anEvaluator, aSuite, aTarget } from '../support/builders.ts'
import { placeOfEachTest } from './command-line.ts'
import { ownSuite } from './own-suite.ts'

const place = placeOfEachTest()
const { at } = place

// A module is named from the folder that commands are given in.
const home = process.cwd()
beforeEach(() => process.chdir(place.dir))
afterEach(() => process.chdir(home))

const jsonata = (expression: string, over: object = {}) =>
  anEvaluator({ evaluator_id: 'mine', check: 'jsonata', reads: ['context'], expression, ...over } as never)

/** An evaluator over a module with this source. */
function judging(source: string, over: object = {}) {
  const path = place.file('judge.mjs', source)
  const { digest } = harnessFiles(path, home)
  return anEvaluator({
    evaluator_id: 'mine',
    check: 'module',
    module: './judge.mjs',
    digest,
    reads: ['context'],
    ...over,
  } as never)
}

const { stored, ranFor } = ownSuite(place)

const KEEPS = {
  jsonata: () => jsonata('$count(context.kept[required]) > 0'),
  module: () => judging('export const judge = ({ context }) => context.kept.some(({ required }) => required)'),
}

describe.each(['jsonata', 'module'] as const)('a floor of policy by %s', (kind) => {
  test('is certified where the records could have contradicted it, and the run verifies', async () => {
    const imported = await stored([KEEPS[kind]()])
    expect([imported.code, imported.err]).toEqual([0, expect.anything()])
    const { code, out, err } = await ranFor(aTarget())
    expect([code, out, err]).toEqual([0, expect.stringMatching(/CERTIFIED/), expect.anything()])
    expect(out).toMatch(/evidence\.orders\.top_k 4 -> 1/)
    expect(out).toMatch(/policy violations < 10 % \(0 of 100/)
    expect(/the modules that judge ran under (wall|belt|none)/.test(out)).toBe(kind === 'module')
    const id = /^run (\S+)/m.exec(out)![1]!
    const pinned = JSON.parse(readFileSync(join(place.store, 'autotune/runs', id, 'target.json'), 'utf8'))
    expect('verdict_cage' in pinned).toBe(kind === 'module')
    expect(await at('verify', id)).toMatchObject({ code: 0 })
    if (kind === 'jsonata') return
    place.file('judge.mjs', 'export const judge = () => true')
    const changed = await at('verify', id)
    expect([changed.code, changed.out + changed.err]).toEqual([
      2,
      expect.stringMatching(/not the one that the suite pins/),
    ])
    const again = await ranFor(aTarget())
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/publish the suite under a new version/)])
  })
})

test('a module that is not the one that the suite pins is refused at the import, with what to do', async () => {
  const evaluator = judging('export const judge = () => true')
  place.file('judge.mjs', 'export const judge = () => false')
  const { code, err } = await stored([evaluator])
  expect([code, err]).toEqual([2, expect.stringMatching(/judge\.mjs .*not the one that the suite pins/)])
})

test('an expression that could give no verdict about any case is refused at the import; one that lies there stays', async () => {
  const wrong = (check: string, rest: object) =>
    anEvaluator({ evaluator_id: `mine_${check}`, check, role: 'report', ...rest } as never)
  const evaluators = [
    wrong('expression', { expression: { '<=': [{ var: 'context.as_recorded' }, 4] } }),
    wrong('jsonata', { reads: ['context'], expression: 'context.as_recorded <= 4' }),
  ]
  const { code, err } = await stored(evaluators)
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/evaluators\[\d+\]\.expression: it gives no verdict about any/),
  ])
  expect(err.match(/suite\.json: evaluators/g)).toHaveLength(2)
  const store = openStore(place.store, { durable: false })
  await publishSuite(store, { ...aSuite(), evaluators: [...aSuite().evaluators, ...evaluators] })
  store.close()
  const suite = place.file('same.json', { ...aSuite(), evaluators: [...aSuite().evaluators, ...evaluators] })
  expect(await at('import', '--suite', suite)).toMatchObject({ code: 0, err: '' })
})
