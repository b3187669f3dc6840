/** Does what is printed hold? Bad evidence of every kind that was once certified, and checked bounds at their limit. */

import { MOST_DENIED_BY_CHANCE } from '#core/baseline/third-look.ts'
import { type Bench, percent } from './bench.ts'
import { type Cell, CHECKED_CONDITIONS, CHECKED_HEAD, checkedCells } from './validity-checked.ts'
import { EVIDENCE_CONDITIONS, evidenceRows } from './validity-evidence.ts'
import { HARNESS_WORLDS, RARE_LIVES, rareErrors } from './validity-harness.ts'
import { RECORD_WORLDS } from './validity-records.ts'
import { SETTING_WORLDS } from './validity-settings.ts'
import { STORE_WORLDS } from './validity-stores.ts'

export async function run(): Promise<Bench> {
  const evidence = await evidenceRows([...RECORD_WORLDS, ...SETTING_WORLDS, ...STORE_WORLDS, ...HARNESS_WORLDS])
  const rare = await rareErrors()
  const cells = checkedCells()
  const worst = Math.max(...cells.map((c) => c.lower99))
  const worlds = [...Map.groupBy(cells, (c) => c.world)]
  const sum = (of: (row: (typeof evidence)[number]) => number) => evidence.reduce((total, row) => total + of(row), 0)
  return {
    name: 'validity',
    conditions: { evidence: EVIDENCE_CONDITIONS, ...CHECKED_CONDITIONS },
    figures: {
      harmful_certified: sum((row) => row.wrong.reduce((a, b) => a + b, 0)),
      harmful_lives: sum((row) => row.wrong.length * row.lives),
      harmless_certified: sum((row) => row.harmless),
      harmless_lives: evidence.length,
      ...Object.fromEntries(
        evidence.map((row) => [`harmful_certified: ${row.world}`, row.wrong.reduce((a, b) => a + b, 0)]),
      ),
      certified_then_denied: rare.reduce((all, row) => all + row.denied, 0),
      certified_then_denied_at_most: MOST_DENIED_BY_CHANCE,
      third_look_differs: rare.reduce((all, row) => all + row.differing, 0),
      checked_false_accept: Math.max(...cells.map((c) => c.accepted)),
      checked_false_accept_lower99: worst,
      bootstrap_false_accept: Math.max(...cells.map((c) => c.bootstrapAccepts)),
    },
    peers: Object.fromEntries(
      worlds.map(([world, row]) => [`percentile bootstrap, ${world}`, row.map((c) => c.bootstrapAccepts)]),
    ),
    table: [
      ['a harmful change on bad records', 'bad, %', 'certified', 'lives a rate', 'good records, no harm'],
      ...evidence.map(({ world, rates, wrong, lives, harmless }) => [
        world,
        rates.map((rate) => 100 * rate).join(' / '),
        wrong.join(' / '),
        String(lives),
        harmless === 1 ? 'certified' : 'NOT certified',
      ]),
      ['a harness that errs, of all its replays', 'errors expected', 'certified', 'third look differs', 'denied'],
      ...rare.map(({ expected, certified, differing, denied }) => [
        `${RARE_LIVES} lives`,
        String(expected),
        String(certified),
        String(differing),
        String(denied),
      ]),
      CHECKED_HEAD,
      ...worlds.map(([world, row]) => {
        const shares = (of: (c: Cell) => number) => row.map((c) => (100 * of(c)).toFixed(1)).join(' / ')
        return [
          world,
          shares((c) => c.accepted),
          shares((c) => c.bootstrapAccepts),
          shares((c) => c.power),
          shares((c) => c.bootstrapPower),
        ]
      }),
      [`in per cent; largest lower 99 % limit of ours: ${percent(worst, 2)}`],
    ],
    bars: [
      { figure: 'harmful_certified', atMost: 0 },
      { figure: 'harmless_certified', atLeast: evidence.length },
      { figure: 'certified_then_denied', atMost: 0 },
      { figure: 'checked_false_accept_lower99', atMost: CHECKED_CONDITIONS.level },
    ],
  }
}
