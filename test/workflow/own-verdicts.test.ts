/** Expressions, recorded verdicts and two metrics of one's own in the synthesized workflow: the bytes of the laptop. */
import { describe, expect, it } from 'vitest'
import { jsonataVerdicts } from '#adapters/jsonata-verdicts.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { memory, stocked } from '../steps/stores.ts'
import { anEvaluator, aSuite, aTarget, aWorld } from '../support/builders.ts'
import { journaled } from '../support/journaled.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { locks, twin } from '../support/workflow/twin.ts'

const v = (path: string) => ({ var: path })
const suite = aSuite({
  evaluators: [
    ...aSuite().evaluators.filter(({ dimension }) => dimension !== 'policy'),
    anEvaluator({
      evaluator_id: 'keeps',
      check: 'expression',
      expression: { some: [v('context.kept'), v('required')] },
    } as never),
    anEvaluator({
      evaluator_id: 'share',
      check: 'jsonata',
      role: 'report',
      metric: true,
      range: [0, 500],
      reads: ['context'],
      expression: 'context.tokens',
    } as never),
    anEvaluator({
      evaluator_id: 'keeps_by_jsonata',
      check: 'jsonata',
      reads: ['context', 'label'],
      expression: '$count(context.kept[required]) > 0 and label.passed',
    } as never),
    anEvaluator({
      evaluator_id: 'tone',
      check: 'recorded_verdict',
      kind: 'human',
      role: 'report',
      metric: true,
      name: 'tone',
      version: '1',
    } as never),
  ],
})
const target = aTarget({
  metric: 'score:share',
  not_measured: { ...aTarget().not_measured, economics: 'no prices here' },
})
const scores = [{ name: 'tone', kind: 'human' as const, version: '1', value: 1 }]
const world = aWorld({ search: 6, heldout: 100 }).map((r) => ({ ...r, outcome: { ...r.outcome, scores } }))

describe('a deployed run with a suite of one’s own', () => {
  it.each([1, 4])(
    'leaves the bytes of the embedded run with shards of %i cases',
    async (shardCases) => {
      const same = await twin(await stocked(journaled(memory()), world, { suite }), target, {
        engine: () => transcriptEngine(jsonataVerdicts),
      })
      expect(same.verdict).toBe('certified')
      const { store, execution } = await same.deployed({ shardCases })
      expect(execution.error).toBeNull()
      await same.expectSame(store)
    },
    120_000,
  )
})

it('proposers that cannot be asked are refused by a deployment before anything is taken or kept', async () => {
  const store = await stocked(journaled(memory()), world)
  const named = async (proposers: string[], more: object = {}) => {
    const target = aTarget({ proposers, ...more } as Parameters<typeof aTarget>[0])
    return JSON.stringify((await deploy(store).tune({ target, run_id: 'at_run' })).error)
  }
  expect(await named(['blocks'])).toMatch(/chooses from a reviewed library/)
  expect(await named(['neighbours'], { scoring: { replayer: 'module' } })).toMatch(/proposers go with recordings/)
  const proposed = (patch: object, origin?: string) => ({
    proposers: ['neighbours'],
    left_out: [],
    candidates: [{ patch, ...(origin && { origin }) }],
  })
  const handed = async (made: object) =>
    JSON.stringify((await deploy(store).tune({ target: aTarget(), run_id: 'at_run', proposed: made })).error)
  expect(await handed(proposed({ 'evidence.orders.top_k': 3 }, 'ana'))).toMatch(/its origin is none of the proposers/)
  expect(await handed(proposed({ 'evidence.orders.top_k': 99 }, 'neighbours'))).toMatch(/99 is outside 1\.\.5/)
  expect(await locks(store)).toBe(0)
})
