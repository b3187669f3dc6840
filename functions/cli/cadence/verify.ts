/** `autotune verify --cadence DATE`: are the judged day and the week of that date what their records come to? */
import { UserError } from '../../errors.ts'
import { judgedDays } from '../../steps/cadence/daily.ts'
import { verifyQuarter } from '../../steps/cadence/quarterly.ts'
import { verifyResplit } from '../../steps/cadence/resplit.ts'
import { type CadenceVerification, verifyDay } from '../../steps/cadence/verify.ts'
import { verifyWeek, type WeekVerification } from '../../steps/cadence/verify-week.ts'
import { intentsOf } from '../../steps/experience/documents.ts'
import { openExisting } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import type { StoreOptions } from '../store-options.ts'
import { print } from '../terminal.ts'
import { readBands } from './bands.ts'
import { dayOf } from './options.ts'

export async function verifyCadence(
  date: string,
  { json, bands: file, ...o }: StoreOptions & { readonly json: boolean; readonly bands: string | undefined },
): Promise<number> {
  const bands = file === undefined ? null : readBands(file)
  const asked = dayOf(date)
  const store = await openExisting(o, terminalProgress())
  try {
    const day = (await judgedDays(store)).includes(asked) ? await verifyDay(store, asked, bands) : null
    const week = await verifyWeek(store, asked, bands)
    const quarter = await verifyQuarter(store, asked, bands)
    const resplits: { intent: string; problems: readonly string[] }[] = []
    for (const intent of await intentsOf(store)) {
      const problems = await verifyResplit(store, intent, asked)
      if (problems !== null) resplits.push({ intent, problems })
    }
    if (day === null && week === null && quarter === null && resplits.length === 0)
      throw new UserError(
        `${asked} was not judged, and no week or quarter that was looked at ends on it: "autotune cadence daily" judges days in order`,
      )
    const holds = [day, week, quarter, ...resplits].every((one) => one === null || one.problems.length === 0)
    print(json, { date, reproducible: holds, day, week, quarter, resplits }, () => [
      ...(day ? dayLines(day) : []),
      ...(week ? weekLines(week, bands !== null) : []),
      ...(quarter
        ? [
            `${head(quarter.problems)}: quarter until ${date}, ${quarter.intents} intents${bands ? ', recomputed from ledger, runs and recorded cases' : '; chain only: with --bands FILE it is recomputed'}`,
            ...quarter.problems.map((line) => `   ${line}`),
          ]
        : []),
      ...resplits.flatMap(({ intent, problems }) => [
        `${head(problems)}: ${intent} split anew on ${date}, held against the ledger`,
        ...problems.map((line) => `   ${line}`),
      ]),
    ])
    return holds ? 0 : 2
  } finally {
    store.close()
  }
}

const head = (problems: readonly string[]): string => (problems.length === 0 ? 'reproducible' : 'NOT REPRODUCIBLE')

const dayLines = ({ date, intents, runs, problems, erased, recomputed }: CadenceVerification): string[] => [
  `${head(problems)}: ${date}, ${intents} intents, ${runs} runs${recomputed ? ', recomputed from the recorded runs' : '; chain and rows only: with --bands FILE it is recomputed'}`,
  ...[...problems, ...erased].map((line) => `   ${line}`),
]

const weekLines = ({ date, intents, proposals, problems }: WeekVerification, withBands: boolean): string[] => [
  `${head(problems)}: week until ${date}, ${intents} intents, ${proposals} proposals${withBands ? ', recomputed from runs, reviews and rollouts' : '; chain only: with --bands FILE it is recomputed'}`,
  ...problems.map((line) => `   ${line}`),
]
