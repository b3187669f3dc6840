/** Tables whose cells are lists and dictionaries as Python prints them. */
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { jsonOfPython, looksLikePython } from '#adapters/local/carriers/python-text.ts'
import { readTraceFiles } from '../../support/traces.ts'
import { Folder } from '../import/support.ts'

/** As `repr` of Python prints it. */
function repr(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') {
    const text = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  return `{${Object.entries(value as object)
    .map(([name, of]) => `${repr(name)}: ${repr(of)}`)
    .join(', ')}}`
}

const parsed = (text: string) => JSON.parse(jsonOfPython(text) ?? 'null')

test('whatever Python prints is what it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
      expect(parsed(repr({ value }))).toEqual(JSON.parse(JSON.stringify({ value })))
    }),
  )
})

test.each<[string, unknown]>([
  ["{'at': datetime.datetime(2025, 6, 1, 10, 0, 5, 20, tzinfo=datetime.timezone.utc)}", '2025-06-01T10:00:05.000020Z'],
  ["{'at': datetime.datetime(2025, 6, 1, 10, 0)}", '2025-06-01T10:00:00.000000Z'],
  ["{'at': datetime.datetime(2025, 6, 1, 10, 0, tzinfo=TzInfo(UTC))}", '2025-06-01T10:00:00.000000Z'],
  ["{'at': UUID('0a')}", '0a'],
  ["{'at': Decimal('1.5')}", '1.5'],
  ["{'at': <RunTypeEnum.llm: 'llm'>}", 'llm'],
  ["{'at': ('a', 1, -2.5e3, nan)}", ['a', 1, -2500, null]],
  ["{'at': array([{'a': 1}, {'a': 2}], dtype=object)}", [{ a: 1 }, { a: 2 }]],
  ["{'at': [{'a': 1}\n {'a': 2}]}", [{ a: 1 }, { a: 2 }]],
  ["{'at': '\\x41\\u00e9\\U0001f600\\t'}", 'Aé😀\t'],
  [
    "{'at': HumanMessage(content='hi', additional_kwargs={})}",
    { type: 'HumanMessage', content: 'hi', additional_kwargs: {} },
  ],
])('%s', (text, value) => {
  expect(parsed(text)).toEqual({ at: value })
})

test.each(["{'a': 1", "{'a' 1}", "{'a': b}", "{'a': f(1, 2)}", "{'a': 1} and more", "{'a': '", "{'a', 'b': 1}"])(
  '%s is none',
  (text) => {
    expect(jsonOfPython(text)).toBeNull()
  },
)

test('what nests without end is none', () => {
  expect(jsonOfPython("{'a':".repeat(300))).toBeNull()
})

test.each(['{"a": 1}', '[1, 2]', 'it is {', "'a'", '', '{}', '[["a"]]'])('%s is left as it is', (text) => {
  expect(looksLikePython(text)).toBe(false)
})

describe('a table of runs', () => {
  const folder = new Folder()
  afterAll(() => folder[Symbol.dispose]())
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
  const run = (outputs: string) =>
    folder.write(
      'runs.csv',
      [
        'id,trace_id,run_type,name,start_time,end_time,inputs,outputs,extra,error',
        ['r', 't', 'llm', 'chat', '2025-06-01 10:00:00', '2025-06-01 10:00:02']
          .concat(
            cell(`{'messages': [{'role': 'user', 'content': "Don't"}]}`),
            cell(outputs),
            cell(`{'metadata': {'thread_id': 'th-1'}}`),
            'None',
          )
          .join(','),
      ].join('\n'),
    )

  test('is read as what its cells say', async () => {
    const { runs } = await readTraceFiles([run(`{'generations': [[{'text': 'say "no"'}]]}`)])
    expect(runs).toMatchObject([{ family_id: 'th-1', outcome: { outputs: 'say "no"' } }])
    expect(runs[0]!.steps).toMatchObject([
      { role: 'user', content: "Don't" },
      { kind: 'model_call' },
      { kind: 'message' },
    ])
    expect(runs[0]!.steps[1]).not.toHaveProperty('error')
  })

  test('whose cell ends in the middle is refused by its row and column', async () => {
    await expect(readTraceFiles([run(`{'generations': [[{'text': 'sa`)])).rejects.toThrow(
      /row 1.*column "outputs" holds a value as Python prints it.*json\.dumps/s,
    )
  })
})
