/** `autotune demo`: the whole loop on the bundled synthetic example, told step by step. */

import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisProcess } from '#adapters/local/holder.ts'
import { isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { publishRefund, publishWholeTuple } from '../demo/documents.ts'
import { refundRuns } from '../demo/generate.ts'
import { openStore } from '../embedded/open-store.ts'
import { UserError } from '../errors.ts'
import { ingest } from '../steps/experience/ingest.ts'
import { fixSplit } from '../steps/experience/split-rule.ts'
import { runTarget } from '../steps/run/run.ts'
import { readJson } from '../streams/read-object.ts'
import { nextCommand } from './next.ts'
import { readerOf } from './open.ts'
import { terminalProgress } from './progress.ts'
import { onInterrupt, print, say } from './terminal.ts'
import { patchLine, runLines } from './text.ts'

// The key decides who is sealed away, and with it every figure that README shows.
const SPLIT = { by: 'hash', key: 'examples/refund', heldout_share: 0.5 } as const
const RUN_ID = 'demo_refund_cents'
const DEMONSTRATION = 'synthetic runs in a new store: this is a demonstration, not a certificate for anybody’s harness'

const REVIEWERS = ['reliability=ana', 'policy=ben', 'domain_owner=cleo'].flatMap((seat) => [
  '--reviewer',
  `${seat}@example.com`,
])

interface Options {
  /** null: a fresh temporary folder. */
  readonly store: string | null
  readonly seed: number
  readonly json: boolean
}

export async function demo({ store: dir, seed, json }: Options): Promise<number> {
  const told = (line: string) => {
    if (!json) say([line])
  }
  if (dir !== null && existsSync(join(dir, 'ledger.sqlite')))
    throw new UserError(`${dir} is a store already; the demo wants a fresh one (a pass retires its held-out set)`)
  const store = openStore(dir ?? mkdtempSync(join(tmpdir(), 'autotune-demo-')), {
    durable: dir !== null,
    progress: terminalProgress(),
  })
  const ended = onInterrupt(`What stands in ${store.dir} is whole, and begun: throw it away, a demo wants a fresh one`)
  const engine = isolatedEngine(store.vaultDir, { progress: store.progress, verdicts: store.verdicts })
  try {
    const pack = await publishRefund(store)
    const target = await publishWholeTuple(store)
    told(
      `1. harness   ${pack.pack}: ${pack.tunable_surfaces.length} tunable fields; target: ${target.direction} ${target.metric} on ${target.intent}`,
    )
    const source = async function* () {
      yield* refundRuns({ seed })
    }
    const report = await ingest(store, source, await fixSplit(store, SPLIT))
    told(
      `2. import    ${report.stored} synthetic recorded runs: ${report.search_families} families for the search, ${report.heldout_families} sealed away before anything is stored where the search reads`,
    )
    told(`3. run       replay the baseline, search the lattice, commit, ask the sealed set once`)
    const summary = await runTarget(
      store,
      { target, candidates: null, runId: RUN_ID, demonstration: DEMONSTRATION },
      thisProcess(),
      engine,
    )
    const proposal = await readJson<TuningProposal>(store.objects, keys.autotuneRun(RUN_ID, 'selected-proposal.json'))
    const path = proposal && join(store.dir, 'autotune/runs', RUN_ID, 'selected-proposal.json')
    const { line } = await readerOf(store)
    const place = { store: store.dir }
    print(json, { ...summary, proposal: path, store: store.dir }, () => [
      ...runLines(summary, proposal, path),
      line,
      ...(proposal ? ['', `In one line: ${patchLine(proposal.candidate_change.patch)}`] : []),
      `look further  ${nextCommand(place, ['explain', RUN_ID])}`,
      `              ${nextCommand(place, ['verify', RUN_ID])}`,
      `review it     ${nextCommand(place, ['review', RUN_ID, ...REVIEWERS])}`,
    ])
    return summary.verdict === 'certified' ? 0 : 3
  } finally {
    ended()
    engine.close()
    store.close()
  }
}
