/** Lines on a terminal: as wide as it is, in its colours, and commands that can be pasted. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folded, table } from '../../functions/cli/layout.ts'
import { nearNames } from '../../functions/cli/near.ts'
import { nextCommand } from '../../functions/cli/next.ts'
import { painted } from '../../functions/cli/terminal.ts'
import { inColumns, ran, ready, type Workplace, workplace } from './command-line.ts'

describe('a line that is too long', () => {
  const word = fc.stringMatching(/^[a-z:/.0-9]{1,14}$/)
  const line = fc.tuple(fc.constantFrom('', '   ', 'note     ', '   ready         '), fc.array(word, { minLength: 1 }))

  test('is left whole where it is a document to paste', () => {
    const entry = JSON.stringify({ key: `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(60)}\n-----END PUBLIC KEY-----\n` })
    expect(folded(entry, 80)).toEqual([entry])
  })

  test('goes on below, loses no word, and is no wider than it may be', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 60, max: 120 }), ([head, words], width) => {
        const text = head + words.join(' ')
        const lines = folded(text, width)
        expect(
          lines
            .join(' ')
            .split(/ +/)
            .filter((w) => w !== ''),
        ).toEqual(text.split(/ +/).filter((w) => w !== ''))
        for (const one of lines) expect(one.length).toBeLessThanOrEqual(width)
      }),
    )
  })

  test('stands under its last cell', () => {
    expect(folded('   ready         policy   one two three four five six seven', 48)).toEqual([
      '   ready         policy   one two three four',
      '                          five six seven',
    ])
  })

  test('is one command of a shell still, quotes and all', () => {
    const command = nextCommand({ store: "./my store's" }, ['run', '--target', 'a file.json', '--run-id', 'x'])
    const lines = folded(`go on    ${command.replace('npm run -s autotune --', 'autotune')}`, 50)
    expect(lines.length).toBeGreaterThan(1)
    const typed = lines
      .join('\n')
      .slice('go on    '.length)
      .replace(/^autotune/, 'printf "%s|"')
    expect(execFileSync('bash', ['-c', typed], { encoding: 'utf8' })).toBe(
      "run|--target|a file.json|--run-id|x|--store|./my store's|",
    )
  })
})

test('a table aligns its columns, and leaves the last one as it comes', () => {
  expect(
    table(
      [
        ['name', 'n', 'says'],
        ['a', '12', 'more'],
      ],
      ['left', 'right', 'left'],
    ),
  ).toEqual(['   name   n  says', '   a     12  more'])
})

test('names near one that is not known: what begins with it, then what is a few letters off', () => {
  expect(nearNames('refund-00005', ['refund-000057', 'refund-000061', 'other'])).toEqual([
    'refund-000057',
    'refund-000061',
  ])
  expect(nearNames('rolout', ['rollout', 'run', 'verify'])).toEqual(['rollout'])
  expect(nearNames('zzzz', ['rollout'])).toEqual([])
})

describe('colour', () => {
  const stream = (isTTY: boolean) =>
    Object.assign(new Writable(), {
      isTTY,
      getColorDepth: WriteStream.prototype.getColorDepth,
    }) as unknown as NodeJS.WriteStream
  // Under CI a terminal is taken for one without colour.
  const { CI, NO_COLOR, FORCE_COLOR, TERM } = process.env
  const kept = { CI, NO_COLOR, FORCE_COLOR, TERM }
  const given = (env: Partial<typeof kept>, isTTY: boolean): string => {
    for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR'] as const) {
      delete process.env[name]
      if (env[name] !== undefined) process.env[name] = env[name]
    }
    try {
      process.env.TERM = 'xterm-256color'
      return painted('verdict  CERTIFIED: a proposal waits for review', stream(isTTY))
    } finally {
      for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'TERM'] as const) {
        delete process.env[name]
        if (kept[name] !== undefined) process.env[name] = kept[name]
      }
    }
  }

  test('stands on a terminal and nowhere else, unless somebody asks for it', () => {
    expect(given({}, true)).toContain('\u001b[32mCERTIFIED\u001b[39m')
    expect(given({}, false)).not.toContain('\u001b')
    expect(given({ NO_COLOR: '1' }, true)).not.toContain('\u001b')
    expect(given({ FORCE_COLOR: '1' }, false)).toContain('\u001b[32mCERTIFIED')
  })
})

describe('what a pipe is given', () => {
  let place: Workplace
  let target: string
  beforeAll(async () => {
    place = workplace()
    target = (await ready(place)).target
    await ran(place, 'r')
  })
  afterAll(() => rmSync(place.dir, { recursive: true, force: true }))

  test.each([
    ['list'],
    ['show', 'r'],
    ['explain', 'r'],
    ['explain', 'r', '--all'],
    ['verify', 'r'],
    ['case', 's0'],
    ['case', 's0', '--run', 'r'],
    ['doctor', '--target', 'TARGET'],
    ['doctor', '--target', 'TARGET', '--verbose'],
  ])('is 80 columns wide but for a word that is longer: %s', async (...argv) => {
    const words = argv.map((w) => (w === 'TARGET' ? target : w))
    const { out } = await inColumns(null, ...words, '--store', place.store)
    expect(out).not.toContain('\u001b')
    for (const line of out.split('\n')) if (line.length > 80) expect(line.trim()).not.toMatch(/ .* /)
  })

  test('is one line where it is --json, however long', async () => {
    const { out } = await inColumns(null, 'explain', 'r', '--json', '--store', place.store)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(() => JSON.parse(out)).not.toThrow()
  })
})
