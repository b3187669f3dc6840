/** `autotune example rule`: the walk from an insight of recorded runs to a rule that waits for its review. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ruleRuns } from '../../functions/demo/rule-example.ts'
import { autotune, placeOfEachTest } from '../cli/command-line.ts'

const place = placeOfEachTest()

test('walks from what recurs to a certified rule, with the very commands that it prints', async () => {
  const out = join(place.dir, 'rule')
  const { commands, files } = (await autotune('example', 'rule', '--out', out, '--json')).json() as {
    commands: string[]
    files: string[]
  }
  expect(files).toHaveLength(7)
  expect((await autotune('example', 'rule', '--out', out)).err).toContain('is there already: nothing was written')
  const said: string[] = []
  for (const command of commands.slice(0, 4)) {
    const printed = await place.at(...command.replace(/^.*?autotune(?: --)? /, '').split(' '))
    expect([command, printed.code, printed.code === 0 ? '' : printed.err]).toEqual([command, 0, ''])
    said.push(printed.out)
  }
  const [, insights, proposed, ran] = said
  expect(insights).toMatch(
    /ranked beyond top_k 6 \(try evidence\.order_history\.top_k = 7 where account is marketplace\)/,
  )
  expect(proposed).toMatch(/WITHIN ALL LIMITS[\s\S]*applies to \d+ of \d+ families; all others are the baseline/)
  expect(ran).toMatch(/CERTIFIED[\s\S]*top_k 6 -> 7 where account is "marketplace"/)
}, 90_000)

test('the same runs come each time, and the passage that some of them need stands one place behind what was read', () => {
  const runs = [...ruleRuns()]
  expect(runs).toEqual([...ruleRuns()])
  const unread = runs.filter(({ evidence }) => evidence.some(({ gold, ranks }) => gold && ranks.as_ranked === 7))
  expect(unread.length).toBeGreaterThan(150)
  expect(
    unread.filter(({ attributes }) => attributes?.account === 'marketplace').length / unread.length,
  ).toBeGreaterThan(0.9)
})
