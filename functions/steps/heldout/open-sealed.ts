/** Opens sealed versions. */
import { Gathered, reproducedLine, type SealedLine } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { digestOfBytes } from '#core/canonical.ts'
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
    for await (const text of lines()) yield heldHead(text)
  }
  return { panel: await sealedPanel(store, intent, version, read(), heads), lines }
}

/**
 * Head of a sealed line whose case is the one that its digest names; null: it was changed, or is none. A case that lies as
 * it was written is held by its text, and not parsed: what hashes to the digest is what was digested.
 */
export function heldHead(text: string): SealedLine<CaseHead> | null {
  const written = asWritten(text)
  if (written !== null) return written
  const line = jsonOf(text)
  return caseHolds(line) ? line : null
}

const CASE = ',"case":'
const DIGEST = ',"digest":"'
const DIGEST_CHARS = 'sha256:'.length + 64
const FLOORS = ',"floors":"'
/** What follows the case in a line: nothing that a second case could stand in. */
const AFTER = /^(?:,"floors":"[^"\\]*")?\}$/

/** The same of a line as `sealedLine` writes it; null: it is none, and may hold all the same. */
function asWritten(text: string): SealedLine<CaseHead> | null {
  // No text inside a line holds a bare quotation mark: these are names of fields, and the first of their kind.
  const start = text.indexOf(`${CASE}{"case_id":`)
  const named = text.indexOf(DIGEST, start)
  const headEnd = text.indexOf(',"intent_id":', named)
  if (start < 0 || named < 0 || headEnd < 0) return null
  const floors = text.lastIndexOf(FLOORS)
  const end = floors > headEnd ? floors : text.length - 1
  const after = text.slice(end)
  const from = start + CASE.length
  const digestAt = named + DIGEST.length
  const body = text.slice(from, named) + text.slice(digestAt + DIGEST_CHARS + 1, end)
  if (!AFTER.test(after) || digestOfBytes(body) !== text.slice(digestAt, digestAt + DIGEST_CHARS)) return null
  const line = jsonOf(`${text.slice(0, headEnd)}}${after}`) as SealedLine<CaseHead> | undefined
  return line && typeof line.baseline === 'object' && line.baseline !== null ? line : null
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
