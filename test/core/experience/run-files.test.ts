/** The five files of a recorded run: the way back gives the run, and no byte of them changes unseen. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, canonicalLines, chainLink, digestOfBytes } from '#core/canonical.ts'
import { filesOf, type RunFiles, readRunFiles, TamperError } from '#core/experience/run-files.ts'
import { RUN_FILES, type RunFile } from '#schemas/s3-keys.ts'
import { anOffer, approval, aRun, modelCall, said, toolCall, toolResult } from '../../support/builders.ts'

const run = aRun('run_1', {
  evidence: [anOffer('order:1', { text: 'ORD-7 paid', gold: true }), anOffer('order:2', { rank: 2 })],
  steps: [
    said('user', 'refund ORD-7, bitte für Zoë'),
    modelCall(),
    toolCall('c1', { order: 'ORD-7', amount: 12.5 }, { writes: true, confirmed: true }),
    toolResult('c1', '{"ok":true}'),
    approval('c1', 12.5, { asked: true, granted: true }),
    said('assistant', 'done'),
  ],
  operator_corrections: [{ correction_id: 'k', kind: 'note', passed: null, operator: 'op_1', notes: 'kind' }],
})

describe('run files', () => {
  test('hold the whole run: the way back gives what was recorded', () => {
    expect(readRunFiles(run.run_id, filesOf(run)).run).toEqual(run)
  })

  test('are the same bytes for the same run', () => {
    expect(filesOf(structuredClone(run))).toEqual(filesOf(run))
  })

  test('keep tool calls and results in a transcript of their own, chained line by line', () => {
    const files = filesOf(run)
    const lines = files['tool-transcripts.jsonl'].trimEnd().split('\n')
    expect(lines.map((l) => JSON.parse(l).kind)).toEqual(['tool_call', 'tool_result'])
    expect(files['trace.json']).not.toContain('tool_result')
    let previous: string | null = null
    for (const line of lines) {
      const { chain, ...entry } = JSON.parse(line)
      expect(chain).toBe(chainLink(previous, entry))
      previous = chain
    }
  })

  test('list the admitted evidence by reference, source and hash', () => {
    expect(JSON.parse(filesOf(run)['evidence-manifest.json'])).toEqual([
      { evidence_ref: 'order:1', source_id: 'shop', hash: digestOfBytes('ORD-7 paid') },
      { evidence_ref: 'order:2', source_id: 'shop', hash: null },
    ])
  })

  test('hold approvals as they were recorded, whatever the settings would have asked', () => {
    const settings = { 'approval.refund.threshold': 100 }
    const record = (asked: boolean | null) =>
      JSON.parse(
        filesOf(aRun('r', { settings, steps: [toolCall('c'), approval('c', 500, { asked })] }))['decision-record.json'],
      ).approvals[0].asked
    expect([true, false, null].map(record)).toEqual([true, false, null])
  })
})

describe('a tampered run', () => {
  const change = (file: RunFile, text: (before: string) => string): RunFiles => {
    const files = filesOf(run)
    return { ...files, [file]: text(files[file]) }
  }
  const named = (files: RunFiles): string => {
    try {
      readRunFiles(run.run_id, files)
      return 'nothing'
    } catch (error) {
      expect(error).toBeInstanceOf(TamperError)
      return (error as Error).message
    }
  }

  test.each(RUN_FILES)('fails on any changed byte of %s, and names the file', (file) => {
    const { length } = filesOf(run)[file]
    fc.assert(
      fc.property(fc.nat(length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
        const changed = change(file, (text) => {
          const code = (text.charCodeAt(at) ^ flip) & 127
          return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
        })
        fc.pre(changed[file] !== filesOf(run)[file])
        expect(named(changed)).toContain(`run_1/${file} was changed`)
      }),
      { numRuns: 60 },
    )
  })

  test.each(RUN_FILES)('fails on %s when it is missing, empty or cut, and names the file', (file) => {
    for (const text of ['', 'null', '[]', filesOf(run)[file].slice(0, -2)])
      expect(named(change(file, () => text))).toContain(`run_1/${file} was changed`)
  })

  test('fails on a transcript whose lines were swapped and sealed again', () => {
    const transcript = change('tool-transcripts.jsonl', (text) => {
      const [first, second] = text.trimEnd().split('\n')
      return `${second}\n${first}\n`
    })
    const { record_hash: _, ...record } = JSON.parse(transcript['decision-record.json'])
    record.lineage.files['tool-transcripts.jsonl'] = digestOfBytes(transcript['tool-transcripts.jsonl'])
    const sealed = canonical({ ...record, record_hash: digestOfBytes(canonical(record)) })
    expect(named({ ...transcript, 'decision-record.json': sealed })).toContain('the hash chain breaks at line 1')
  })

  test('says what to do about it', () => {
    expect(named(change('scorecard.json', (text) => `${text} `))).toBe(
      'run_1/scorecard.json was changed after it was recorded: its digest differs from the one in decision-record.json. ' +
        'Import the same records again, which restores it, or take the file from a backup.',
    )
  })
})

test('a hash chain depends on every entry and on their order', () => {
  const link = (entries: readonly unknown[]) => entries.reduce<string | null>((chain, e) => chainLink(chain, e), null)
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 6 }), fc.nat(), (entries, at) => {
      const i = at % entries.length
      const swapped = entries.with(i, entries[(i + 1) % entries.length]!).with((i + 1) % entries.length, entries[i]!)
      expect(link(swapped)).not.toBe(link(entries))
      expect(link(entries.toSpliced(i, 1))).not.toBe(link(entries))
    }),
  )
})

test('canonical bytes do not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.infiniteStream(fc.nat()), (value, order) => {
      const shuffled = Object.fromEntries(
        Object.entries(value)
          .map((entry) => ({ entry, at: order.next().value! }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry }) => entry),
      )
      expect(canonical(shuffled)).toBe(canonical(value))
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  expect(canonicalLines([{ b: 1, a: 'é' }, []])).toBe('{"a":"é","b":1}\n[]\n')
})
