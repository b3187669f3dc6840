/** `autotune plan`: what would have to be recorded to search what nobody recorded. Asks, seals and writes nothing but the plan. */
import { readFileSync } from 'node:fs'
import { isFileThere } from '#adapters/local/files/regular-file.ts'
import { planText } from '#core/plan/recording-plan.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { makePlan } from '../steps/plan/make-plan.ts'
import { changesOf } from './changes.ts'
import { writeNew } from './new-file.ts'
import { nextCommand } from './next.ts'
import { openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { planLines } from './text-plan.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly candidates?: string
  readonly out: string
}

export async function planVerb({ json, target: file, candidates, out, ...o }: Options): Promise<number> {
  const target = parseTarget(readInput(file), file)
  if (target.scoring?.replayer === 'module')
    throw new UserError(
      `${file} is scored by a harness of your own, which answers for other settings itself: no plan is made for it`,
    )
  const changes = candidates === undefined ? [] : changesOf(readInput(candidates), candidates)
  const store = await openExisting(o, terminalProgress())
  try {
    await soundDocuments(store.objects, target)
    const made = await makePlan(store, target, changes)
    const { plan } = made
    if (plan !== null && !isThere(out, planText(plan))) writeNew(out, planText(plan))
    print(json, { ...made, file: plan === null ? null : out }, () => [
      ...planLines(made),
      ...(plan === null
        ? []
        : [
            `file     ${out}`,
            `go on    ${nextCommand(o, ['record', out, '--with', 'module:RECORDER', '--calls', String(plan.recordings.length)])}`,
            `or       ${nextCommand(o, ['import', 'RUNS', '--plan', out])}`,
          ]),
    ])
    return 0
  } finally {
    store.close()
  }
}

/** The very same plan again. */
function isThere(file: string, text: string): boolean {
  try {
    return isFileThere(file) && readFileSync(file, 'utf8') === text
  } catch {
    return false
  }
}
