/** Every kind of bad evidence that was once certified, by the worlds of `npm run bench -- validity`. */
import { describe, expect, test } from 'vitest'
import { draws } from '../../../bench/bench.ts'
import { evidenceRows, HARM } from '../../../bench/validity-evidence.ts'
import { HARNESS_WORLDS } from '../../../bench/validity-harness.ts'
import { RECORD_WORLDS } from '../../../bench/validity-records.ts'
import { SETTING_WORLDS } from '../../../bench/validity-settings.ts'
import { STORE_WORLDS } from '../../../bench/validity-stores.ts'

const WORLDS = [...RECORD_WORLDS, ...SETTING_WORLDS, ...STORE_WORLDS, ...HARNESS_WORLDS]

describe.each(WORLDS.map((world) => [world.name, world] as const))('%s', (_name, { life, rates }) => {
  test('certifies where the records are good and nothing is harmed: its refusals say something', async () => {
    expect(await life({ harm: 0, bad: 0, onSearch: true, draw: draws(1) })).toMatchObject({ verdict: 'certified' })
  })

  test.each([true, false])('certifies no harm at the worst rate (search side bad too: %s)', async (onSearch) => {
    const ended = await life({ harm: HARM, bad: rates.at(-1)!, onSearch, draw: draws(2) })
    expect(ended.verdict).not.toBe('certified')
    expect(ended.says).not.toBe('')
  })
})

test('a world that certifies whatever happens is counted, in every life and at every rate', async () => {
  const blind = { name: 'blind', rates: [0.1, 1], life: async () => ({ verdict: 'certified' as const, says: '' }) }
  const fair = { ...blind, name: 'right', life: async () => ({ ...(await blind.life()), isWrong: false }) }
  expect(await evidenceRows([blind, fair])).toMatchObject([
    { world: 'blind', wrong: [8, 8], lives: 8, harmless: 1 },
    { world: 'right', wrong: [0, 0], lives: 8, harmless: 1 },
  ])
})
