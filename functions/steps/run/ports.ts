/** The pipeline's ports over a store. */
import { baselinePins } from '#core/baseline/baseline.ts'
import type { Reproduction } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { canonical } from '#core/canonical.ts'
import type { AutotunePorts } from '#core/run-autotune.ts'
import type { SearchResult } from '#core/search/search.ts'
import { writtenIn } from '#core/search/search-set.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { asText, digestOfPut } from '../../streams/groups.ts'
import { askGate } from '../heldout/gate.ts'
import { gather } from '../replay/reproduce.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { pinnedLines } from './pinned-input.ts'

/** Those ports of the pipeline that replay nothing. */
export function recordPorts(store: Store): Pick<AutotunePorts, 'pin' | 'ledgerItem'> {
  return {
    async pin(run) {
      await store.objects.put(keys.autotuneRun(run.run_id, 'target.json'), `${canonical(run)}\n`)
    },
    async ledgerItem({ intent, version }) {
      return (await store.table.get<LedgerItem>(...rowKeys.version(intent, version)))?.body ?? null
    },
  }
}

/** The pipeline's ports over a store; `reproduced` where the baseline was replayed already; `heads`: where those of its cases are put else. */
export function portsOf(
  store: Store,
  engine: ReplayEngine,
  reproduced: () => Reproduction | null,
  heads: Records,
): AutotunePorts {
  return {
    ...recordPorts(store),
    reproduce: async (run) =>
      reproduced() ??
      gather(
        engine.reproduce(await pinnedLines(store, run), baselinePins(run), 'search'),
        run.draw,
        writtenIn(run),
        heads,
      ),
    async search(run, input) {
      const put = (file: AutotuneFile) => (text: AsyncIterable<string>) =>
        store.objects.put(keys.autotuneRun(run.run_id, file), text)
      const searched = await keepReplays(engine.search(input), put('replay-results.jsonl'))
      if (!engine.replies) return searched
      return { ...searched, replies: await digestOfPut(asText(engine.replies.lines()), put('harness-replies.jsonl')) }
    },
    async ask(run, commit, found) {
      engine.live?.afford(found.committed.length, run.heldout_test_set!.cases)
      return await askGate(store, run, commit, found.committed, engine)
    },
  }
}

/** Keeps the replays of a search as they come, and returns the digest of the file that they make. */
export async function keepReplays(
  searching: AsyncGenerator<string, SearchResult>,
  put: (text: AsyncIterable<string>) => Promise<unknown>,
): ReturnType<AutotunePorts['search']> {
  let found: SearchResult | null = null
  const lines = async function* () {
    found = yield* searching
  }
  const results = await digestOfPut(asText(lines()), put)
  return { found: found!, results }
}
