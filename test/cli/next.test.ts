/** Commands that are named to be given next: each can be pasted as it stands, also where a path has spaces. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { build } from '../../bin/autotune.ts'
import { keptText } from '../../functions/cli/run.ts'
import { inColumns, placeOfEachTest, ready } from './command-line.ts'

const place = placeOfEachTest()

/** Command lines of a text, as the words that a shell makes of them. */
function commandsOf(text: string): string[][] {
  const lines = text.replaceAll(/ \\\n\s*/g, ' ').split('\n')
  return lines.flatMap((line) => {
    const [, command] = /(?:^|\s{2})npm run -s autotune -- (.*)$/.exec(line) ?? []
    if (command === undefined) return []
    const words = execFileSync('bash', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    return [words.split('\0').slice(0, -1)]
  })
}

/** Does the parser take these words? Nothing is done. */
async function taken(words: readonly string[]): Promise<boolean> {
  const program = build({ code: 0 })
  let isTaken = false
  for (const verb of program.commands.flatMap((c) => [c, ...c.commands]))
    verb.configureOutput({ writeErr: () => {} }).action(() => {
      isTaken = true
    })
  await program.parseAsync(words, { from: 'user' })
  return isTaken
}

describe('in a folder with a space in its name', () => {
  test('what the demo names next is taken by the parser, and works on its store', async () => {
    const store = join(place.dir, "my demo's store")
    const { code, out } = await inColumns(null, 'demo', '--store', store)
    expect(code).toBe(0)
    const commands = commandsOf(out)
    expect(commands.map(([verb]) => verb)).toEqual(['explain', 'verify', 'review'])
    for (const words of commands) {
      expect(await taken(words)).toBe(true)
      expect(words[words.indexOf('--store') + 1]).toBe(store)
    }
    expect(existsSync(join(store, 'ledger.sqlite'))).toBe(true)
    expect(await inColumns(null, ...commands[0]!)).toMatchObject({ code: 0 })
  }, 120_000)

  test('what a run that is ended with Ctrl-C names: going on, looking, giving up', async () => {
    const asked = { store: join(place.dir, 'a b'), target: "it's.json", limitMs: 500, json: false }
    const commands = commandsOf(keptText(asked))
    expect(commands).toEqual([
      ['run', '--store', asked.store, '--target', "it's.json", '--limit-ms', '500'],
      ['list', '--store', asked.store],
      ['run', '--abandon', 'RUN', '--store', asked.store],
    ])
    for (const words of commands) expect(await taken(words)).toBe(true)
  })

  test('what run, doctor, explain, init and a refused doctor name next is taken by the parser', async () => {
    const { target } = await ready(place)
    const at = async (...words: string[]) => (await inColumns(null, ...words, '--store', place.store)).out
    const texts = [
      await at('doctor', '--target', target),
      await at('run', '--target', target, '--run-id', 'r'),
      await at('explain', 'r'),
      await at('doctor', '--target', target),
      await at('init', '--dir', join(place.dir, 'a b')),
    ]
    for (const text of texts) {
      const commands = commandsOf(text)
      expect(commands.length).toBeGreaterThan(0)
      for (const words of commands) expect([words, await taken(words)]).toEqual([words, true])
    }
  })
})
