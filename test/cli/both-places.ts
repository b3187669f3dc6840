/** A folder and a deployment side by side: the same command on both. */
import { afterAll, beforeAll, expect } from 'vitest'
import { type Account, account } from '../support/aws/account.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'

/** Options that name the deployment. */
export const stack = ['--stack', 'Autotune']

/** What `bothPlaces` makes before the first test of a file. */
export interface BothPlaces {
  readonly aws: Account
  readonly place: Workplace
  /** The same command on a folder and on the deployment; what it says in JSON. */
  readonly both: (...argv: string[]) => Promise<unknown[]>
}

/** Makes a folder and a deployment for the tests of a file. */
export function bothPlaces(): BothPlaces {
  let aws: Account
  let place: Workplace
  beforeAll(async () => {
    aws = await account()
    place = workplace()
  }, 120_000)
  afterAll(async () => {
    place.dispose()
    await aws.stop()
  })
  return {
    get aws() {
      return aws
    },
    get place() {
      return place
    },
    async both(...argv) {
      const told: unknown[] = []
      for (const where of [['--store', place.store], stack]) {
        const { err, json } = await autotune(...argv, ...where, '--json')
        // A slow machine tells of its progress there.
        expect(err).not.toMatch(/^autotune:/m)
        told.push(json())
      }
      return told
    },
  }
}
