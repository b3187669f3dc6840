/** `autotune verify` without a run: everything that a store holds, against its journal of heads and the anchors of it. */
import { storeSigner } from '#adapters/local/store-signer.ts'
import { anchorOf, anchorProblem } from '#core/heads/head-line.ts'
import type { Anchor, HeadLine } from '#schemas/head-line.ts'
import type { HeadProblem } from '../steps/heads/check.ts'
import { verifyWholeStore } from '../steps/release/verify-store.ts'
import { readAnchors } from './anchor.ts'
import { isLocal, openForAudit } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly anchor?: string
}

/** Exit code: 0 the store is what its journal says, 2 something is missing, changed, older than known or not of this program. */
export async function verifyStore({ json, anchor, ...o }: Options): Promise<number> {
  const store = await openForAudit(o, terminalProgress())
  try {
    if (isLocal(store)) await store.unlockVault()
    const anchors = anchor === undefined ? [] : await readAnchors(anchor)
    const signer = isLocal(store) ? storeSigner(store.vaultDir, 'release') : store.releaseSigner!
    const checked = (await verifyWholeStore(store, signer))!
    const place = isLocal(store) ? store.dir : `s3://${store.deployment.bucket}`
    const { lines } = checked
    const { erasures } = checked.claims
    const problems = [...anchorProblems(anchors, lines), ...checked.problems]
    const end = lines.at(-1)
    const head = end ? anchorOf(end) : null
    const result = {
      store: place,
      holds: problems.length === 0,
      head,
      anchors,
      found: checked.found,
      uncoded_decisions: checked.uncoded,
      erased: erasures.count,
      problems,
    }
    print(json, result, () => [
      problems.length === 0
        ? `the store is what its journal says: ${place}`
        : `THE STORE IS NOT WHAT ITS JOURNAL SAYS: ${place}`,
      ...problems.map(({ what, why }) => `   ${what} ${why}`),
      head
        ? `journal  ${head.n} lines, the last of ${head.at}`
        : `journal  none yet: the next ${isLocal(store) ? 'command that writes' : 'import'} begins it`,
      ...(checked.found === 0
        ? []
        : [`   ${checked.found} things stood there before it began: they were found, not seen to be decided`]),
      ...(checked.uncoded === 0
        ? []
        : [
            `   ${checked.uncoded} decisions carry no code of their own: ${isLocal(store) ? 'an earlier version wrote them' : 'in a deployment the functions sign them'}`,
          ]),
      ...(erasures.count === 0
        ? []
        : [`   ${erasures.count} erased (tombstones): recorded runs that people had taken out`]),
      ...(isLocal(store)
        ? []
        : [
            'sealed   held-out runs, sealed cases and lists of imports: no auditor sees them; every run and import compares them',
          ]),
      anchors.length > 0
        ? `anchors  ${anchors.length} looked at; whoever writes this store cannot reach them`
        : 'anchors  none given: whoever can write this store can put all of it back to an older copy ("autotune anchor publish --help")',
    ])
    return problems.length === 0 ? 0 : 2
  } finally {
    store.close()
  }
}

const anchorProblems = (anchors: readonly Anchor[], lines: readonly HeadLine[]): HeadProblem[] =>
  anchors.flatMap((anchor) => {
    const why = anchorProblem(lines, anchor)
    return why === null ? [] : [{ what: `anchor of line ${anchor.n}:`, why }]
  })
