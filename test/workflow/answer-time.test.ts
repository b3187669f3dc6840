import { beforeAll, describe, expect, it } from 'vitest'
import type { LedgerTable, ObjectStore } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { type Journaled, journaled } from '../support/journaled.ts'
import { type Deployed, deploy, type Faults } from '../support/workflow/deployed.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const RUN = 'at_run'
const small = { search: 6, heldout: 100 }
const yes = aWorld(small)
const no = aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] })

const killed =
  (...victims: string[]) =>
  (name: string) => {
    if (victims.includes(name)) throw new WorkflowError('Lambda.Unknown', 'killed')
  }
/** The account has no room for the first so many calls of a function. */
const throttled =
  (victim: string, calls = Number.POSITIVE_INFINITY) =>
  (name: string, call: number) => {
    if (name === victim && call <= calls) throw new WorkflowError('Lambda.TooManyRequestsException', 'Rate Exceeded.')
  }
const hanging = (victim: string) => (name: string) => (name === victim ? 10_000 : 1)

/** How a question may go, and what is answered. */
const COURSES: Readonly<Record<string, { runs?: typeof yes; faults?: Faults; certified?: true }>> = {
  'a yes': { runs: yes, certified: true },
  'a no': { runs: no },
  'a gate that is killed before it opens': { runs: no, faults: { before: killed('ReserveQuestion') } },
  'a gate that is killed after it opened': { faults: { after: killed('ReserveQuestion') } },
  'a shard that is killed each time': { runs: no, faults: { before: killed('ScoreShard') } },
  'an answer that is killed each time': { faults: { before: killed('SealAnswer') } },
  'a shard that never comes back': { runs: no, faults: { seconds: hanging('ScoreShard') } },
  'an answer that never comes back': { faults: { seconds: hanging('SealAnswer') } },
  // A quarter of an hour and more without room: a question that gave up after two minutes would be spent for nothing.
  'an account that is throttled while it opens': {
    faults: { before: throttled('ReserveQuestion', 20) },
    certified: true,
  },
  'an account that is throttled while it scores': { faults: { before: throttled('ScoreShard', 200) }, certified: true },
  'an account that is throttled while it answers': { faults: { before: throttled('SealAnswer', 20) }, certified: true },
  'an account that stays throttled': { runs: no, faults: { before: throttled('ScoreShard') } },
  'slow scoring': { faults: { seconds: (name) => (name === 'ScoreShard' ? 290 : 1) }, certified: true },
  // Each step within its limits, all of them past the hour: the answer that comes then is heard by nobody.
  'an answer that comes late': {
    faults: {
      seconds: (name, call) =>
        ({ ReserveQuestion: 890, ScoreShard: 290, SealAnswer: call < 3 ? 9_999 : 880 })[name] ?? 1,
    },
  },
}

/** A store that keeps the moment of every write that others than the gate can see. */
function watched(store: Journaled, now: () => number): { store: Journaled; moments: () => number[] } {
  const moments = new Map<string, number>()
  const seen = (what: string) => moments.set(what, now())
  const objects: ObjectStore = {
    ...store.objects,
    async put(key, bytes) {
      if (key === workKeys.answer(RUN)) seen(key)
      return store.objects.put(key, bytes)
    },
  }
  const { heads, ...bare } = store
  const table: LedgerTable = {
    ...heads.items,
    async spend(pk, sk, revision, body, what) {
      if ((body as { history?: { answer: boolean | null }[] }).history?.some((q) => q.answer !== null)) seen(pk)
      return heads.items.spend(pk, sk, revision, body, what)
    },
  }
  const lines: ObjectStore = {
    ...store.lines,
    async putIfAbsent(key, bytes) {
      // Opened is revision 1 of a version, answered 2.
      if (JSON.parse(String(bytes)).head.revision === 2) seen(key)
      return store.lines.putIfAbsent(key, bytes)
    },
  }
  return { store: journaled({ ...bare, objects, table }, lines), moments: () => [...moments.values()] }
}

describe('the moment of an answer', () => {
  const ended: Record<string, { answered: number[]; ended: number; answer: string; gate: string; used: number }> = {}
  const calls: Record<string, Readonly<Record<string, number>>> = {}
  beforeAll(async () => {
    for (const [course, { runs = yes, faults = {} }] of Object.entries(COURSES)) {
      let workflow: Deployed | undefined
      const { store, moments } = watched(await stocked(journaled(memory()), runs), () =>
        Date.parse(workflow!.clock.now()),
      )
      workflow = deploy(store, { shardCases: 25, faults })
      const execution = await workflow.tune({ target: aTarget(), run_id: RUN })
      expect([course, execution.error]).toEqual([course, null])
      const [row] = await Array.fromAsync(store.table.query<{ used: number }>(rowKeys.versions(aTarget().intent!)))
      ended[course] = {
        answered: moments(),
        ended: execution.time.now,
        answer: (await readText(store.objects, workKeys.answer(RUN)))!,
        gate: (await readText(store.objects, keys.autotuneRun(RUN, 'gate.json')))!,
        used: row!.body.used,
      }
      calls[course] = workflow.calls
    }
  }, 300_000)

  it('is one and the same, an hour after the question was opened, whatever is answered', () => {
    const [first] = Object.values(ended)
    expect(first!.answered).toHaveLength(3)
    for (const [course, { answered, ended: last }] of Object.entries(ended))
      expect({ course, answered, ended: last }).toEqual({ course, answered: first!.answered, ended: first!.ended })
  })

  it('cuts what still works then: an answer that Lambda finishes afterwards stands nowhere', () => {
    expect(calls['an answer that comes late']).toMatchObject({ SealAnswer: 1, PublishAnswer: 1 })
    expect(JSON.parse(ended['an answer that comes late']!.gate)).toMatchObject({ certified: false })
  })

  it('comes with the same bytes for every "no", and spends one question each time', () => {
    const certified = Object.entries(ended).filter(([, { gate }]) => JSON.parse(gate).certified)
    expect(certified.map(([course]) => course)).toEqual(Object.keys(COURSES).filter((c) => COURSES[c]!.certified))
    // Two worlds, two sealed versions: within each, what lies in the open is the same to the byte.
    for (const world of [yes, no]) {
      const [first, ...others] = Object.entries(ended).filter(([course]) => {
        const { runs = yes, certified } = COURSES[course]!
        return runs === world && !certified
      })
      expect(others.length).toBeGreaterThan(2)
      for (const [course, { answer, gate, used }] of others)
        expect({ course, answer, gate, used }).toEqual({
          course,
          answer: first![1].answer,
          gate: first![1].gate,
          used: 1,
        })
    }
  })
})

describe('an account with little concurrency', () => {
  it('opens no question, says why, and asks when there is more', async () => {
    let left = 9
    const store = await stocked(journaled(memory()), yes)
    const workflow = deploy(store, { shardCases: 25, faults: { concurrency: () => left } })
    const failed = await workflow.tune({ target: aTarget(), run_id: RUN })
    expect(failed.error?.cause).toMatch(/fewer than 10 concurrent executions .* no question was opened/)
    expect(workflow.calls.ReserveQuestion).toBeUndefined()
    const used = async () =>
      (await Array.fromAsync(store.table.query<{ used: number }>(rowKeys.versions(aTarget().intent!)))).map(
        ({ body }) => body.used,
      )
    expect(await used()).toEqual([0])
    left = 10
    expect((await workflow.redrive(failed)).output).toEqual({ run_id: RUN, verdict: 'certified' })
    expect(await used()).toEqual([1])
  })
})

describe('a gate that could not publish', () => {
  it('publishes the answer that it had sealed when the run is redriven, and scores nothing again', async () => {
    let broken = true
    const before = (name: string) => {
      if (broken) killed('PublishAnswer')(name)
    }
    const store = await stocked(journaled(memory()), yes)
    const workflow = deploy(store, { shardCases: 25, faults: { before } })
    const failed = await workflow.tune({ target: aTarget(), run_id: RUN })
    expect([failed.status, await readText(store.objects, workKeys.answer(RUN))]).toEqual(['FAILED', null])
    const { ScoreShard, SealAnswer } = workflow.calls
    broken = false
    const redriven = await workflow.redrive(failed)
    expect(redriven.output).toEqual({ run_id: RUN, verdict: 'certified' })
    expect(workflow.calls).toMatchObject({ ScoreShard, SealAnswer })
  })

  it('answers "no" when the hour is over and nothing was sealed: a later gate scores nothing any more', async () => {
    let broken = true
    const before = (name: string) => {
      if (broken) killed('ScoreShard', 'PublishAnswer')(name)
    }
    const store = await stocked(journaled(memory()), yes)
    const workflow = deploy(store, { shardCases: 25, faults: { before } })
    const failed = await workflow.tune({ target: aTarget(), run_id: RUN })
    expect(failed.status).toBe('FAILED')
    broken = false
    expect((await workflow.redrive(failed)).output).toEqual({ run_id: RUN, verdict: 'not_certified' })
    expect(workflow.calls.SealAnswer).toBeUndefined()
    const [row] = await Array.fromAsync(store.table.query<object>(rowKeys.versions(aTarget().intent!)))
    expect(row!.body).toMatchObject({ used: 1, open: null, history: [{ answer: false }] })
  })
})
