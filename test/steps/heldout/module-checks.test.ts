/** A module check judges what a harness of one's own did: asked on both sides, twice, and its word blocks like any floor's. */
import { describe, expect, test } from 'vitest'
import type { VerdictSource } from '#ports'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { judgedTwice } from '../../../functions/steps/replay/verdicts.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { anEvaluator, aSuite, aTarget, aWorld } from '../../support/builders.ts'
import { desk, inProcess, type Replay, TOP_K } from '../../support/harness-engine.ts'
import { holder, memory, stocked } from '../stores.ts'

const target = aTarget({ scoring: { replayer: 'module' } })
const suite = aSuite({
  evaluators: [
    ...aSuite().evaluators.filter(({ dimension }) => dimension !== 'policy'),
    anEvaluator({
      evaluator_id: 'mine',
      check: 'module',
      module: './judge.mjs',
      digest: `sha256:${'a'.repeat(64)}`,
      reads: ['context', 'outputs'],
    } as never),
  ],
})

interface View {
  readonly context: { readonly kept: readonly { readonly required: boolean }[] }
  readonly outputs: { readonly refund?: boolean }
}
type Judge = (view: View) => boolean | number | null

/** The source of a module whose process is this one, begun anew for each pass, and the sides that it was asked about. */
function judgedBy(start: () => Judge) {
  const sides = new Set<string>()
  const source: VerdictSource = {
    cage: 'wall',
    problem: async () => null,
    judge: async ({ views }, side) =>
      await judgedTwice('the module ./judge.mjs', views, side, async (some) => {
        const judge = start()
        sides.add(side)
        return some.map((view) => ({ returned: judge(JSON.parse(view) as View) }))
      }),
  }
  return { source, sides }
}

/** A whole run whose policy a module judges, and what `verify` says of it where another one judges. */
async function ended(start: () => Judge, replay: Replay = desk()) {
  const { source, sides } = judgedBy(start)
  const store = { ...(await stocked(memory(), aWorld({ search: 20, heldout: 100 }), { suite })), verdicts: source }
  const engine = (verdicts = source) => inProcess(store, () => replay, verdicts)
  const summary = await runTarget(
    store,
    { target, candidates: null, runId: 'r', demonstration: null },
    holder(),
    engine(),
  )
  return {
    store,
    summary,
    sides,
    verified: async (other = start) => {
      const verdicts = judgedBy(other).source
      return await verifyRun({ ...store, verdicts }, 'r', engine(verdicts))
    },
  }
}

const keepsRequired: Judge = ({ context }) => context.kept.some(({ required }) => required)
const said = ({ reasons }: RunSummary): string => reasons.join('\n')

describe('a floor of policy by a module, under a harness of one’s own', () => {
  test('is certified where it could have failed, on both sides, and verifies by the same module alone', async () => {
    const { summary, sides, verified } = await ended(() => keepsRequired)
    expect(summary.verdict).toBe('certified')
    expect(sides).toEqual(new Set(['search', 'vault']))
    expect(await verified()).toMatchObject({ reproducible: true, differences: [] })
    expect(await verified(() => () => true)).toMatchObject({ reproducible: false })
  })

  test('is shown what the harness put out, not what was recorded', async () => {
    const shown = new Set<boolean | undefined>()
    const { summary } = await ended(() => (view) => {
      shown.add(view.outputs.refund)
      return keepsRequired(view)
    })
    expect(summary.verdict).toBe('certified')
    expect([...shown]).toEqual([true])
  })

  test('blocks by what the harness did: one that reads nothing under any change breaks it under every change', async () => {
    const drops = desk((recorded, settings, pinned) =>
      settings[TOP_K] === 4 ? null : desk()(recorded, { ...settings, [TOP_K]: 0 }, pinned),
    )
    const { summary, store } = await ended(() => keepsRequired, drops)
    expect(summary.verdict).toBe('no_candidate')
    const lines = (await readLines<CandidateScore>(store.objects, keys.autotuneRun('r', 'candidates.jsonl')))!
    expect(lines.length).toBeGreaterThan(0)
    for (const { guardrails } of lines)
      expect(guardrails.find(({ guardrail }) => guardrail === 'policy')).toMatchObject({ verdict: 'block' })
  })

  test('that never fails certifies nothing: it is blind', async () => {
    const { summary } = await ended(() => () => true)
    expect([summary.verdict, said(summary)]).toEqual(['inconclusive', expect.stringMatching(/policy/)])
  })

  test('that gives no verdict blocks, and names nothing certified', async () => {
    const { summary } = await ended(() => () => null)
    expect(summary.verdict).not.toBe('certified')
  })

  test('that gives two answers to one view ends the run before anything is spent', async () => {
    let passes = 0
    const drawn = () => {
      const odd = passes++ % 2 === 1
      return () => odd
    }
    await expect(ended(drawn)).rejects.toThrow(
      /the module \.\/judge\.mjs gave two answers to one view: false, then true/,
    )
  })
})
