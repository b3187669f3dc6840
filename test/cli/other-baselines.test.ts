/** What was rejected under another baseline is told of by each verb that would go on with it, or that says what memory holds. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aTarget, aWorld } from '../support/builders.ts'
import { textOf } from '../support/sealed-names.ts'
import { placeOfEachTest, ran, ready } from './command-line.ts'

const place = placeOfEachTest()

test('run, doctor and brief tell of it, with what differs', async () => {
  await ready(place, aWorld({ search: 6, heldout: 100 }))
  await ran(place, 'r')
  const seats = ['reliability', 'policy'].flatMap((role) => ['--reviewer', `${role}=${role}@example.com`])
  await place.at('review', 'r', ...seats, '--no-serve', '--port', '8080')
  const no = ['--role', 'policy', '--reviewer', 'policy@example.com', '--reject', '--reason', 'hides old orders']
  expect((await place.at('decide', 'r', ...no)).code).toBe(0)

  const tuple = { ...aTarget().baseline_tuple!, model_profile: 'models.support@1.0.0' }
  const target = ['--target', place.file('other.json', aTarget({ baseline_tuple: tuple }))]
  const differs = 'other: model_profile (then not named, now models.support@1.0.0)'
  const said = 'forbids? nothing here'
  const { out } = await place.at('run', ...target, '--run-id', 'q')
  expect(out).toMatch(
    /memory {3}evidence\.orders\.top_k 4 -> \d: reviewer rejected the same values in r .*hides old orders/,
  )
  expect(out).toContain(differs)
  const checks = await place.at('doctor', ...target)
  expect(checks.out).toMatch(new RegExp(`memory +\\d+ rejections? (was|were) made under another baseline and ${said}`))
  await place.at('brief', ...target, '--out', join(place.dir, 'brief'))
  expect(textOf(join(place.dir, 'brief', 'README.md'))).toContain(differs)
})
