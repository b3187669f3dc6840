/** Opens sealed versions. */
import { Gathered, reproducedLine, type SealedLine } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import type { CaseHead, Panel } from '#core/evaluate/panel.ts'
import { caseHolds, sealHolds } from '#core/gate/seal.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, streamLines } from '../../streams/read-object.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** A sealed version: its panel, and its lines as often as they are asked for. */
export interface SealedSet {
  readonly panel: Panel
  lines(): AsyncIterable<string>
}

/**
 * Opens a sealed version. Read by the gate after OPEN, and by anybody after retirement. Throws UserError when it changed.
 * @param heads as `Gathered` takes it
 */
export async function openSealed(store: Store, intent: string, version: string, heads?: Records): Promise<SealedSet> {
  const lines = () => streamLines(store.vault, keys.sealed(intent, version))
  const read = async function* () {
    for await (const text of lines()) yield sealedLineOf(text)
  }
  return { panel: await sealedPanel(store, intent, version, read(), heads), lines }
}

/** A text as the sealed line that it is; null: it was changed, or is none. */
export function sealedLineOf(text: string): SealedLine | null {
  const line = jsonOf(text)
  return caseHolds(line) ? line : null
}

/** Panel of a sealed version from all its lines, each of which holds, or from their heads. Throws UserError when it changed. */
export async function sealedPanel(
  store: Store,
  intent: string,
  version: string,
  lines: AsyncIterable<SealedLine<CaseHead> | null>,
  heads?: Records,
): Promise<Panel> {
  const opened = new Gathered(heads)
  let holds = true
  for await (const line of lines) {
    holds = line !== null
    // What is no sealed line any more cannot be put together with those that are.
    if (line === null) break
    opened.add(reproducedLine(line))
  }
  const item = await store.table.get<LedgerItem>(...rowKeys.version(intent, version))
  const { panel } = opened.reproduction(item?.body.draw)
  if (!item || !holds || !sealHolds(panel, item.body))
    throw new UserError(
      `vault/${keys.sealed(intent, version)} was changed after it was sealed: restore it. A question that is open on it stays spent; "autotune run --abandon RUN" answers it "no"`,
    )
  return panel
}
