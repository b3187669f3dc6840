/**
 * Replays the baseline of one piece of a compiled search set, and lays out what reproduces as a shard. Idempotent: the same
 * piece writes the same bytes. What a person must mend is written too: a map that fails says no words.
 */
import { sealedLine } from '#core/baseline/reproduce.ts'
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import { isCode } from '#core/replay/cage.ts'
import { Scopes } from '#core/space/scopes.ts'
import { LayOutItem, type RunRef } from '#schemas/payloads.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { withReplays } from '../lambda/replays.ts'
import type { LaidCase, LaidHead, LayoutPins } from '../lambda/search-layout.ts'
import type { Step } from '../lambda/step.ts'
import { needJson, putWork } from '../lambda/work.ts'
import type { World } from '../lambda/world.ts'
import type { Store } from '../ports.ts'
import { judgedLines } from '../steps/replay/reproduce.ts'
import { judgingWith } from '../steps/replay/verdicts.ts'
import { asText } from '../streams/groups.ts'
import { streamLines } from '../streams/read-object.ts'

/** Writes the shard of a piece. What is said of the piece, line by line. */
async function layOut({ run, pins: ref, piece, piece_version }: LayOutItem, world: World): Promise<string[]> {
  const { store } = world
  const { pins, target, changes } = await needJson<LayoutPins>(store, ref)
  const lines = await Array.fromAsync(streamLines(store.objects, workKeys.piece(run.run_id, piece), piece_version))
  if (lines.length === 0) throw new UserError(`${workKeys.piece(run.run_id, piece)} is missing: start the run again`)
  const records = new SearchRecords(pins.settings, pins.suite)
  const judge = judgingWith(verdictsOf(world, 'shard'), 'search')
  const look = (line: string) => records.look(JSON.parse(line) as ReplayCase)
  const looked = await Array.fromAsync(judgedLines(lines, pins.suite, judge, look))
  const scopes = new Scopes(changes)
  const replaying = {
    replayer: pins.replayer ?? { kind: 'transcript' },
    target,
    candidates: changes,
    prices: pins.prices,
    ...(piece > 0 && isCode(pins.replayer) && { tried: () => problemOfFirst(store, run) }),
    keeps: true,
  } as const
  return await withReplays(world, replaying, async (replays) => {
    const [shard, said]: [string[], string[]] = [[], []]
    for await (const { line, arm, ...one } of replays.reproduce(lines, pins, 'search')) {
      const reproduces = 'measures' in one.result
      if ('measures' in one.result) shard.push(sealedLine(line, one.result, arm))
      const laid: LaidCase = {
        ...one,
        looked: looked[said.length]!,
        ...(reproduces && !scopes.isEmpty && { hold: scopes.look(JSON.parse(line) as ReplayCase) }),
      }
      said.push(JSON.stringify(laid))
    }
    const { version_id } = await putWork(store, workKeys.shard(run.run_id, piece), asText(shard))
    const replied = replays.replies && asText(replays.replies.lines())
    const replies = replied && (await putWork(store, workKeys.replies(run.run_id, piece), replied))
    const head: LaidHead = { cases: shard.length, version_id, ...(replies && { replies }) }
    return [JSON.stringify(head), ...said]
  })
}

/** Why the first piece could not be laid out since this execution began; null: it was, or is not yet. Then the run ends, whatever the others say. */
async function problemOfFirst({ objects }: Store, { run_id, begun }: RunRef): Promise<string | null> {
  for await (const line of streamLines(objects, workKeys.laid(run_id, 0))) {
    const head = JSON.parse(line) as LaidHead
    return 'problem' in head && head.begun === (begun ?? null) ? head.problem : null
  }
  return null
}

export const layOutSearchFunction: Step<LayOutItem, Record<string, never>> = {
  name: 'lay-out-search',
  input: LayOutItem,
  about: ({ run, piece }) => ({ run: run.run_id, intent: run.intent, piece }),
  async work(item, world) {
    const { run, piece } = item
    const said = await layOut(item, world).catch((error) => {
      if (!(error instanceof UserError)) throw error
      const head: LaidHead = { problem: error.message, begun: run.begun ?? null }
      return [JSON.stringify(head)]
    })
    await putWork(world.store, workKeys.laid(run.run_id, piece), asText(said))
    return {}
  },
}

export const handler = makeHandler(layOutSearchFunction)
