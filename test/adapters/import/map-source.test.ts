import { describe, expect, test } from 'vitest'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { checkMap, describedMaps, loadMap, shippedMaps } from '#adapters/local/import/map-source.ts'
import { Folder } from './support.ts'

describe('loadMap', () => {
  test('every shipped map is accepted', () => {
    const names = [
      'bedrock-agent',
      'chat-messages',
      'claude-code',
      'codex',
      'customer-records',
      'gated-writes',
      'harness-arms',
      'inspect',
      'promptfoo',
      'ranked-offers',
      'tau-bench',
    ]
    expect(shippedMaps()).toEqual(names)
    for (const name of names) expect(loadMap(name).name).toBe(name)
  })

  test('every shipped map says on one line what it is for', () => {
    for (const { name, about } of describedMaps())
      expect([name, about.length > 20, about.length < 160]).toEqual([name, true, true])
  })

  test.each([
    ['/* Mine.\n\n  Group   trace.id   the span rows\n*/ { "run_id": id }', 'trace.id'],
    ['/* Mine. */ /*\n  Group   trace.id\n*/ { "run_id": id }', undefined],
    ['/* Grouped by nothing. */ { "run_id": "\n Group x" }', undefined],
    ['{ "run_id": id }', undefined],
  ])('the comment at the head of a map may say by what records are grouped: %j', (text, groupBy) => {
    using folder = new Folder()
    expect(loadMap(folder.write('mine.jsonata', text)).groupBy).toBe(groupBy)
  })

  test('a path names a map of one’s own', () => {
    using folder = new Folder()
    const path = folder.write('mine.jsonata', '{ "run_id": id }')
    expect(loadMap(path)).toEqual({ name: path, text: '{ "run_id": id }' })
  })

  test('fails on a name that is neither, and lists the names', () => {
    expect(() => loadMap('chat')).toThrow(/chat: no such map .*bedrock-agent, chat-messages, /)
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
