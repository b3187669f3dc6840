import { describe, expect, test } from 'vitest'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { checkMap, loadMap, shippedMaps } from '#adapters/local/import/map-source.ts'
import { Folder } from './support.ts'

describe('loadMap', () => {
  test('every shipped map is accepted', () => {
    const names = ['chat-messages', 'customer-records', 'gated-writes', 'harness-arms', 'ranked-offers']
    expect(shippedMaps()).toEqual(names)
    for (const name of names) expect(loadMap(name).name).toBe(name)
  })

  test('a path names a map of one’s own', () => {
    using folder = new Folder()
    const path = folder.write('mine.jsonata', '{ "run_id": id }')
    expect(loadMap(path)).toEqual({ name: path, text: '{ "run_id": id }' })
  })

  test('fails on a name that is neither, and lists the names', () => {
    expect(() => loadMap('chat')).toThrow(/chat: no such map .*chat-messages, customer-records/)
  })
})

describe('checkMap', () => {
  test.each([
    ['$now()'],
    ['{ "a": $millis() }'],
    ['items.$random()'],
    ['$map(items, $shuffle)'],
    ['($f := $eval; $f("1"))'],
    ['"x" ~> $now'],
    ['$now(?)'],
    ['function($x) { $x[$random() > 0.5] }'],
  ])('fails on %s', (text) => {
    expect(() => checkMap({ name: 'm', text })).toThrow(ImportError)
  })

  test('fails at the line of the mention', () => {
    expect(() => checkMap({ name: 'm', text: '{\n  "a": 1,\n  "b": $now()\n}' })).toThrow(
      /^m:3: a map may not use \$now/,
    )
  })

  test('fails on what is no expression, at its line', () => {
    expect(() => checkMap({ name: 'm', text: '{ "a":\n  }' })).toThrow(/^m:2: not a JSONata expression/)
  })

  test('fields may have the names of refused functions', () => {
    expect(() => checkMap({ name: 'm', text: '{ "now": now, "eval": random.eval }' })).not.toThrow()
  })
})
