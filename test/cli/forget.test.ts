/** `autotune forget`: what it lifts, what still shows it, what it refuses, and that past runs stay what they were. */
import { describe, expect, test } from 'vitest'
import { rejection } from '#core/gate/rejections.ts'
import { RejectionLift, type RejectionRecord } from '#schemas/proposal.ts'
import type { RunSummary } from '#schemas/run.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { allRemembered, forget, shortId } from '../../functions/steps/run/forget.ts'
import { writeRejections } from '../../functions/steps/run/memory.ts'
import { pinnedRun } from '../../functions/steps/run/verify.ts'
import { run, stocked } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
const K = 'evidence.orders.top_k'
/** One family of the search loses its required passage under top_k 1; the sealed side says "no" and goes on. */
const world = aWorld({
  search: 6,
  heldout: 100,
  extra: [
    { side: 'search', required: 2, gold: 2 },
    { side: 'heldout', required: 3 },
  ],
})
const target = aTarget({ scoring: { replayer: 'transcript', questions: 2 } })
type Entry = RejectionRecord & { readonly lifted: RejectionLift | null }

async function within<T>(act: (store: ReturnType<typeof openStore>) => Promise<T>): Promise<T> {
  const store = openStore(place.store, { durable: false })
  return await act(store).finally(() => store.close())
}
const ran = (runId: string) => within((store) => run(store, { runId, target }))
const fateOf = ({ candidates }: RunSummary, to: number) => candidates.find((c) => c.patch[K]!.to === to)!
const listed = async () => ((await place.at('list', '--json')).json() as { memory: Entry[] }).memory

/** A store in which run_1 refused top_k 1 on its search set. */
async function refused(): Promise<Entry> {
  await within((store) => stocked(store, world))
  await ran('run_1')
  return (await listed()).find((r) => r.source === 'search_guardrail')!
}

describe('a rejection', () => {
  test('is shown, forgotten, shown as forgotten, and the next run may meet it again; past runs stay what they were', async () => {
    const entry = await refused()
    expect((await place.at('list')).out).toMatch(
      `limits on the search set ("autotune forget ID --reason TEXT" lifts one):\n   ${shortId(entry)}  evidence.orders.top_k 4 -> 1 (run_1)\n`,
    )
    const second = await ran('run_2')
    const { candidate_id } = fateOf(second, 1)
    expect(fateOf(second, 1).fate).toBe('remembered')
    const id = shortId(entry)
    const explained = await place.at('explain', 'run_2', candidate_id)
    expect(explained.out).toMatch(new RegExp(`memory now .*forget ID.*\\n {3}${id} {2}evidence.orders.top_k 4 -> 1\\n`))
    expect(explained.out).toMatch(/under policy \{.*\}, to decrease economics_tokens_per_decision/)

    const said = await place.at('forget', id, '--reason', 'the passage is archived', '--by', 'fay@example.com')
    expect([said.code, said.out]).toEqual([
      0,
      expect.stringMatching(/^forgotten {2}.*top_k 4 -> 1\nwas .*search guardrail in run_1.*\nby +fay@example.com at /),
    ])
    const lifted = (await listed()).find((r) => r.rejection_id === entry.rejection_id)!
    expect(lifted).toEqual({
      ...entry,
      lifted: expect.objectContaining({ person: 'fay@example.com', reason: 'the passage is archived' }),
    })
    expect(RejectionLift.parse(lifted.lifted)).toEqual(lifted.lifted)
    for (const argv of [['list'], ['explain', 'run_2', candidate_id]])
      expect((await place.at(...argv)).out).toMatch(/lifted by fay@example.com at \S+: the passage is archived/)

    expect(fateOf(await ran('run_3'), 1).fate).toBe('search_guardrail')
    expect(fateOf(await ran('run_4'), 1)).toMatchObject({
      fate: 'remembered',
      reason: expect.stringMatching('in run_3'),
    })
    for (const one of ['run_1', 'run_2', 'run_3']) expect((await place.at('verify', one)).code).toBe(0)
    expect((await place.at('verify')).code).toBe(0)
  })

  test('of a change that others refused too is forgotten with a word about those, and holds by them', async () => {
    const entry = await refused()
    const person = rejection((await within((store) => pinnedRun(store, 'run_1')))!, {
      patches: entry.patches,
      source: 'reviewer',
      reason: 'hides orders',
      under: { metric: target.metric!, direction: target.direction! },
    })
    await within((store) => writeRejections(store, [person]))
    const said = await place.at('forget', shortId(entry), '--reason', 'the passage is archived')
    expect(said.out).toMatch(new RegExp(`Still remembered of it: ${shortId(person)}\\. Where one holds`))
    expect(said.out).not.toMatch(/The next run may propose/)
    expect(fateOf(await ran('run_2'), 1)).toMatchObject({
      fate: 'remembered',
      reason: expect.stringMatching('reviewer'),
    })
    const last = await place.at('forget', shortId(person), '--reason', 'and so is this', '--json')
    expect(last.json()).toMatchObject({ others: [] })
    expect(fateOf(await ran('run_3'), 1).fate).toBe('search_guardrail')
  })

  test('is lifted once, by its whole id as well, and the terminal says who acts', async () => {
    const { rejection_id } = await refused()
    const { code, json } = await place.at('forget', rejection_id, '--reason', 'wrong rule', '--json')
    expect(code).toBe(0)
    expect(json()).toMatchObject({ forgotten: rejection_id, reason: 'wrong rule', person: expect.stringMatching(/./) })
    const before = place.listing()
    const again = await place.at('forget', rejection_id.slice(0, 20), '--reason', 'once more')
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/was lifted by .* at .*: wrong rule. Nothing/)])
    expect(place.listing()).toEqual(before)
  })

  test.each([
    [['ffffffffffff', '--reason', 'because'], /memory holds no rejection "ffffffffffff"/],
    [['abc', '--reason', 'because'], /named by its id, or by 6 characters of it or more/],
    [['run_1', '--reason', 'because'], /"autotune list" and "autotune explain RUN CANDIDATE" show them/],
    [['ffffffffffff', '--reason', ' x '], /--reason takes 3 to 2000 characters/],
    [['ffffffffffff', '--reason', 'because', '--by', ' '], /--by takes a person's name/],
    [['ffffffffffff'], /required option '--reason <text>'/],
  ])('is not forgotten by %j', async (argv, says) => {
    await refused()
    const before = place.listing()
    const { code, err } = await place.at('forget', ...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test('that two people forget at once has one who did', async () => {
    const { rejection_id } = await refused()
    await within(async (store) => {
      const both = await Promise.allSettled(
        ['ana', 'ben'].map((person) => forget(store, rejection_id, { person, reason: 'because' })),
      )
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect((await allRemembered(store)).filter(({ lift }) => lift !== null)).toHaveLength(1)
    })
  })
})
