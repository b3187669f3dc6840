/** `autotune cadence weekly`: looks back on the week that is over, or shows one that was looked at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ContextPack } from '#schemas/pack.ts'
import { segment } from '#schemas/s3-keys.ts'
import { retiredPacks } from '../../steps/cadence/retired-packs.ts'
import { readWeek, reviewedWeeks, reviewWeekUntil, weekToReview } from '../../steps/cadence/weekly.ts'
import { writeNew } from '../new-file.ts'
import { nextCommand } from '../next.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { type CadenceOptions, dayOf } from './options.ts'
import { weekLines } from './text-week.ts'

interface Options extends CadenceOptions {
  readonly date?: string
  /** Folder for the packs without the surfaces that are to be retired. */
  readonly packs?: string
}

export async function weekly({ json, bands: file, date, packs, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const weeks = await reviewedWeeks(store)
    const due = weekToReview(weeks, store.clock.now(), asked)
    const week = due === null ? await readWeek(store, asked ?? weeks.at(-1)!) : await reviewWeekUntil(store, bands, due)
    const written = packs === undefined ? [] : writePacks(packs, await retiredPacks(store, week!))
    print(json, { reviewed: due, week, packs: written }, () => [
      ...weekLines(week!, due !== null, o),
      ...written.map(
        (path) =>
          `written  ${path}: review it as any change of the pack, then ${nextCommand(o, ['import', '--pack', path])}`,
      ),
    ])
    return 0
  } finally {
    store.close()
  }
}

function writePacks(folder: string, packs: readonly ContextPack[]): string[] {
  if (packs.length > 0) mkdirSync(folder, { recursive: true })
  return packs.map((pack) => {
    const path = join(folder, `${segment(pack.pack)}.json`)
    writeNew(path, `${JSON.stringify(pack, null, 2)}\n`)
    return path
  })
}
