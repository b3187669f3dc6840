/**
 * Puts together what became of the pieces of a search set, in their order: a panel without its cases, and the limits of
 * checked rows. A set on which nothing could be certified, or a harness that gives a case two answers, ends the run here,
 * before anything is sealed.
 */
import { Gathered } from '#core/baseline/reproduce.ts'
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import { searchProblems } from '#core/search/search-set.ts'
import { Scopes } from '#core/space/scopes.ts'
import { type GatheredSet, GatherInput, type ObjectRef } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { endedAs, endRun } from '../lambda/end-run.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { LaidCase, LaidHead, LayoutPins } from '../lambda/search-layout.ts'
import type { Step } from '../lambda/step.ts'
import { drawsLine, needJson, type PanelFile, putJson, putWork } from '../lambda/work.ts'
import { keepRefusal } from '../steps/run/refusal.ts'
import { asText } from '../streams/groups.ts'
import { streamLines } from '../streams/read-object.ts'

export const gatherSearchFunction: Step<GatherInput, GatheredSet> = {
  name: 'gather-search',
  input: GatherInput,
  about: ({ run, pieces }) => ({ run: run.run_id, intent: run.intent, pieces }),
  outcome: (gathered) => ('refused' in gathered ? endedAs('refused') : {}),
  async work({ run, pins: ref, pieces }, { store }) {
    const { pins, target, resolved, changes } = await needJson<LayoutPins>(store, ref)
    const gathered = new Gathered()
    const records = new SearchRecords(pins.settings, pins.suite)
    const scopes = new Scopes(changes)
    const shards: PanelFile['shards'][number][] = []
    const replies: ObjectRef[] = []
    const aside = store.scratch()
    try {
      for (let piece = 0; piece < pieces; piece++) {
        const key = workKeys.laid(run.run_id, piece)
        const lines = streamLines(store.objects, key)[Symbol.asyncIterator]()
        const first = await lines.next()
        if (first.done) throw new UserError(`${key} is missing: start the run again`)
        const head = JSON.parse(first.value) as LaidHead
        if ('problem' in head) {
          // Somebody has mended it since, and redrives the execution.
          if (head.begun !== (run.begun ?? null)) return { again: true }
          throw new UserError(head.problem)
        }
        const { replies: replied, ...shard } = head
        shards.push(shard)
        if (replied) replies.push(replied)
        for await (const text of { [Symbol.asyncIterator]: () => lines }) {
          const { looked, hold, ...one } = JSON.parse(text) as LaidCase
          gathered.add(one)
          if (looked) records.add(looked)
          if (hold) scopes.count(one.case.family_id, hold)
          if (one.draws) aside.records.append(JSON.stringify(drawsLine(one.case.case_id, [one.result, ...one.draws])))
        }
      }
      const reproduced = { ...gathered.reproduction(pins.draw, { withExamples: true }), ...scopes.counts() }
      const problems = searchProblems(reproduced, resolved, pins.suite, (pins.replayer ?? { kind: 'transcript' }).kind)
      if (problems.length > 0) {
        await keepRefusal(store, run.run_id, target, problems)
        await endRun(store, run, 'refused', problems)
        return { refused: true }
      }
      const draws =
        aside.records.count === 0
          ? null
          : await putWork(store, workKeys.draws(run.run_id), asText(aside.records.texts()))
      const { panel: _, live: _drawn, ...rest } = reproduced
      const file: PanelFile = { shards, ...(draws && { draws }), ...(replies.length > 0 && { replies }), ...rest }
      return { limits: records.pinned(), panel: await putJson(store, workKeys.panel(run.run_id), file) }
    } finally {
      aside.close()
    }
  },
}

export const handler = makeHandler(gatherSearchFunction)
