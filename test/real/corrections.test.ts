/** Corrections that came later, of recorded support runs: people found the gold of 14 tasks against policy, after 72 runs were scored under it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { utilityPairs } from '#core/evaluate/pairs.ts'
import { makePanel, type Panel } from '#core/evaluate/panel.ts'
import { drawOf } from '#core/experience/split.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { contextBudgets } from '../../examples/real/cases/context-budgets.ts'
import type { Domain } from '../../examples/real/prepare/chat-traces.ts'
import { runReal } from '../../examples/real/run-case.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { fixedSplit } from '../../functions/steps/experience/split-rule.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { autotune } from '../cli/command-line.ts'
import { measuresLike } from '../support/builders.ts'
import { allRuns, DATA, describeReal, runOf, TemporaryFolder, TIMEOUT, verify } from './support.ts'

interface TaskCorrection {
  readonly domain: string
  readonly task_id: string
  readonly task_version: string
  readonly changed: readonly string[]
  readonly trace_ids: readonly string[]
}

const taskCorrections = (): TaskCorrection[] =>
  gunzipSync(readFileSync(join(DATA, 'traces/corrections.jsonl.gz')))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TaskCorrection)

/** A line for each run of a corrected task: its label is disputed where the gold actions changed, else a note says what did. */
function linesOf(domain: string): {
  readonly text: string
  readonly disputed: ReadonlySet<string>
  readonly noted: number
} {
  const disputed = new Set<string>()
  let noted = 0
  const lines = taskCorrections()
    .filter((one) => one.domain === domain)
    .flatMap(({ task_id, task_version, changed, trace_ids }) =>
      trace_ids.map((run_id) => {
        const isGold = changed.includes('gold_actions')
        if (isGold) disputed.add(run_id)
        else noted++
        return JSON.stringify({
          run_id,
          at: '2026-02-01T00:00:00Z',
          by: 'tau2-bench-verified',
          ...(isGold && { label_disputed: true }),
          note: `task ${task_id} (${task_version}): ${changed.join(' and ')} corrected`,
        })
      }),
    )
  return { text: lines.join('\n'), disputed, noted }
}

const headOf = ({ case_id, family_id }: ExperienceRun) => ({ case_id, family_id, digest: '' })
const labels = ({ run_id, outcome: { passed } }: ExperienceRun, disputed: ReadonlySet<string>) =>
  measuresLike(
    passed === null || disputed.has(run_id)
      ? { utility_passed: null, utility_score: null }
      : { utility_passed: passed, utility_score: Number(passed) },
  )
const labelledOf = (panel: Panel) => utilityPairs(panel, panel.baseline).labelled

/** Families and labels as this program's rules count them, from the records alone. */
async function counted(domain: string, disputed: ReadonlySet<string>) {
  const sealed = (await allRuns(runOf(contextBudgets, domain))).filter((run) => run.split === 'heldout')
  const stands = sealed.filter((run) => run.outcome.passed !== null && !disputed.has(run.run_id))
  return {
    families: new Set(sealed.map((run) => run.family_id)).size,
    n: new Set(stands.map((run) => run.family_id)).size,
    /** As version 0.2.0 counted: a case was drawn first, and then found to be disputed. */
    drawnFirst: labelledOf(
      makePanel(
        sealed.map(headOf),
        sealed.map((run) => labels(run, disputed)),
      ),
    ),
    disputed: sealed.filter((run) => disputed.has(run.run_id)).length,
    onSearch: [...disputed].length - sealed.filter((run) => disputed.has(run.run_id)).length,
  }
}

describeReal('corrections of recorded runs', () => {
  test('45 task versions, 14 of them with other gold actions, touch 72 runs', () => {
    const all = taskCorrections()
    expect(all).toHaveLength(45)
    const gold = all.filter((one) => one.changed.includes('gold_actions'))
    expect(gold).toHaveLength(14)
    expect(new Set(gold.flatMap((one) => one.trace_ids)).size).toBe(72)
  })

  test.each<Domain>(['airline', 'retail'])(
    '%s: corrected after a version was sealed, they change what the next one counts, and no family falls out whose other labels stand',
    async (domain) => {
      using folder = new TemporaryFolder()
      const place = folder.at('store')
      const one = runOf(contextBudgets, domain)
      const sealedBy = async (run: string): Promise<HeldoutVersion> => {
        const store = openStore(place, { durable: false })
        const pinned = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(run, 'target.json'))
        store.close()
        return pinned!.heldout_test_set!
      }
      const { summary: first } = await runReal(one, DATA, place, () => {})
      const before = await sealedBy(first.run)
      const { text, disputed, noted } = linesOf(domain)
      const nobody = await counted(domain, new Set())
      expect(before).toMatchObject({ labelled: nobody.n, labels: { disputed: 0 } })

      const file = folder.at('corrections.jsonl')
      writeFileSync(file, text)
      const stored = (await autotune('correct', file, '--store', place, '--json')).json()
      expect(stored).toEqual({ stored: disputed.size + noted, unchanged: 0, runs: disputed.size + noted })
      const expected = await counted(domain, disputed)
      expect((await autotune('list', '--store', place, '--json')).json()).toMatchObject({
        corrections: { search: expected.onSearch, sealed: expected.disputed },
      })

      const { summary: second } = await runReal(one, DATA, place, () => {})
      const after = await sealedBy(second.run)
      expect(after).toMatchObject({
        families: expected.families,
        labelled: expected.n,
        labels: { disputed: expected.disputed },
      })
      if (expected.disputed > 0) {
        expect(after).toMatchObject({ corrections: expected.disputed })
        expect(after.version).not.toBe(before.version)
      }
      const store = openStore(place, { durable: false })
      expect(after.draw).toBe(drawOf((await fixedSplit(store))!))
      const rows = await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(domain)))
      expect(rows.filter(({ body }) => body.retired === null).map(({ body }) => body.version)).toEqual([after.version])
      store.close()
      for (const run of [first.run, second.run])
        expect(await verify(place, run)).toMatchObject({ reproducible: true, differences: [] })
      expect(expected.drawnFirst).toBeLessThan(after.labelled)
      console.info(
        `${domain}: ${disputed.size} labels disputed later, ${expected.disputed} of them sealed; n ${before.labelled} -> ${after.labelled} of ${after.families} families (${expected.drawnFirst} where a case is drawn first), labels by a rule ${before.labels!.kinds.rule} -> ${after.labels!.kinds.rule}`,
      )
    },
    TIMEOUT,
  )
})
