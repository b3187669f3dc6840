/** Documents of a store that are JSON of another shape: a sample. The soak (`--only shapes`) tries every kind of key under every shape and verb. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drawFrom } from '../../functions/demo/draw.ts'
import { autotune, type Printed, ran, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { SHAPES, wrongWords } from '../soak/shapes.ts'

let place: Workplace
let target: string
beforeAll(async () => {
  place = workplace()
  target = (await ready(place)).target
  await ran(place, 'r')
})
afterAll(() => place.dispose())

const RUN = 'autotune/runs/r'
const listed = () => `ingest/listed/${readdirSync(join(place.store, 'ingest/listed'))[0]}`
const newest = () => {
  const days = join(place.store, 'autotune/newest')
  const day = readdirSync(days)[0]!
  return `autotune/newest/${day}/${readdirSync(join(days, day))[0]}`
}

/** What each is read by, and one verb that it does not concern. */
const KINDS: readonly (readonly [file: () => string, verbs: readonly string[]])[] = [
  [listed, ['verify', 'doctor --target T']],
  [() => `${RUN}/manifest.json`, ['show r', 'done', 'list']],
  [() => `${RUN}/target.json`, ['verify r', 'explain r', 'history --target T']],
  [() => `${RUN}/gate.json`, ['verify r', 'explain r']],
  [() => `${RUN}/candidates.jsonl`, ['explain r', 'done']],
  [() => `${RUN}/selected-proposal.json`, ['show r', 'verify']],
  [newest, ['list', 'done']],
  [() => 'packs/ctxpack.support@1.0.0/pack.json', ['list', 'verify']],
  [() => 'heads/00000001.json', ['verify', 'anchor publish']],
]

const unspoiled = new Map<string, Printed>()

describe.each(SHAPES)('%s', (name, spoil) => {
  test('is told of in words that name the document', async () => {
    // Every third document under each shape, all of them over all shapes.
    const at = SHAPES.findIndex(([other]) => other === name)
    for (const [i, [of, verbs]] of KINDS.entries()) {
      if (i % 3 !== at % 3) continue
      const file = of()
      const path = join(place.store, file)
      const text = readFileSync(path, 'utf8')
      const other = readFileSync(join(place.store, `${RUN}/audit.jsonl`), 'utf8')
      for (const verb of verbs) {
        const argv = verb.split(' ').map((word) => (word === 'T' ? target : word))
        const before = unspoiled.get(verb) ?? (await autotune(...argv, '--store', place.store))
        unspoiled.set(verb, before)
        writeFileSync(path, spoil(text, other, drawFrom(at)))
        try {
          const said = await autotune(...argv, '--store', place.store)
          expect([verb, file, wrongWords(argv, said, before, [file, name])]).toEqual([verb, file, null])
        } finally {
          writeFileSync(path, text)
        }
      }
    }
  })
})

test('a list of imports that is the decision record of a run is named, and verify goes on', async () => {
  const path = join(place.store, listed())
  const text = readFileSync(path, 'utf8')
  const runs = join(place.store, 'experience/runs')
  const record = join(runs, readdirSync(runs)[0]!, 's0/decision-record.json')
  writeFileSync(path, readFileSync(record))
  const { code, out, err } = await autotune('verify', '--store', place.store)
  writeFileSync(path, text)
  expect([code, err.replace(/.*…\n/g, '')]).toEqual([2, ''])
  expect(out).toContain(`${listed()} is not what its name says: it was changed`)
})
