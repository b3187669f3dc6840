/** What `rollout show` prints: every part of the story, in 80 columns. */
import { describe, expect, test } from 'vitest'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { type RolloutStory, storyOf } from '#core/release/story.ts'
import { storyLines } from '../../functions/cli/rollout/text.ts'
import { afterDwell, inStage, passing, runsIn, step } from '../core/release/builders.ts'
import { aProposal } from '../core/review/builders.ts'

const linesOf = (story: RolloutStory) =>
  storyLines({
    ...story,
    failed_runs: story.failures.map(({ rule, runs }) => ({
      rule,
      runs: runs.slice(0, 20).map((run_id) => ({ run_id, recorded: false })),
      more: Math.max(0, runs.length - 20),
      withheld: 0,
    })),
  })

const { rollout: monitored, runs: good } = inStage('25%_monitored')
const paused = step(monitored, good, afterDwell(monitored))
const drops = passing(0.3, 4)
const bad = [
  ...good,
  ...runsIn(monitored, '25%_monitored', 150, (arm) => {
    const { utility_score } = drops(arm)
    return { utility_score, utility_passed: utility_score === 1 }
  }),
]
const back = step(paused, bad, afterDwell(monitored))

describe('the story of a rollout on a terminal', () => {
  test('says for which cases a change is', () => {
    const story = storyOf(paused, null, { runs: good }, aProposal())
    const [path, change] = Object.entries(story.patch!)[0]!
    const when = { '==': [{ var: 'attributes.region' }, 'EU'] }
    const text = linesOf({ ...story, patch: { [path]: { ...change, when } } }).join(' ')
    expect(text.replaceAll(/\s+/g, ' ')).toContain('where region is "EU"')
  })

  test('fits 80 columns, paused and rolled back', () => {
    const latest = evaluateStage({ rollout: paused, runs: good, now: afterDwell(monitored) })
    const all = [
      ...linesOf(storyOf(paused, latest, { runs: good }, aProposal())),
      ...linesOf(storyOf(back, null, { runs: bad }, aProposal())),
    ]
    expect(all.filter((line) => line.length > 80)).toEqual([])
  })

  test('says what fails first and counts what holds', () => {
    const latest = evaluateStage({ rollout: paused, runs: good, now: afterDwell(monitored) })
    const text = linesOf(storyOf(paused, latest, { runs: good }, aProposal())).join('\n')
    expect(text).toContain('   missing  min_runs.candidate')
    expect(text).toMatch(/ {3}\d+ rules hold, 1 not measured/)
    expect(text).not.toContain('lineage')
  })

  test('says after a rollback how bad it was, with the numbers of the log', () => {
    const failed = bad.filter((run) => run.measures.utility_passed === false)
    const of = (arm: string) => failed.filter((run) => run.arm === arm).length
    const text = linesOf(storyOf(back, null, { runs: bad }, aProposal())).join('\n')
    expect(text).toContain('harm: sequential.utility in 25%_monitored')
    expect(text).toContain(`${of('candidate')} of 150 failed, baseline ${of('baseline')} of 450`)
    expect(text).toContain('no declared attribute says for whom')
    expect(text).toContain(failed.find((run) => run.arm === 'candidate')!.run_id)
  })
})
