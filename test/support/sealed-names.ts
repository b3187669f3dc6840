/** What of a sealed side may stand nowhere outside: ids of runs, cases and families, and words of its records. */
import { readFileSync } from 'node:fs'
import { fileStore } from '#adapters/local/files/file-store.ts'

/** Ids of everything that lies in a plain vault, in files or in segments, and where it lies. */
export async function sealedNames(vaultDir: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>([vaultDir])
  const vault = fileStore(vaultDir)
  for await (const key of vault.list('')) {
    if (!/trace\.json$|^(experience\/index|goldens)\/.*\.jsonl$/.test(key)) continue
    const lines = Buffer.from((await vault.get(key))!)
      .toString()
      .split('\n')
    for (const line of lines.filter((one) => one !== '')) namesOf(JSON.parse(line) as Named, names)
  }
  return names
}

/** A record, a line of an index, or a sealed case with its recordings. */
interface Named {
  readonly run_id?: string
  readonly case_id?: string
  readonly family_id?: string
  readonly case?: Named
  readonly recordings?: readonly Named[]
}

function namesOf({ run_id, case_id, family_id, case: sealed, recordings = [] }: Named, names: Set<string>): void {
  for (const name of [run_id, case_id, family_id]) if (name) names.add(name)
  for (const one of [...(sealed ? [sealed] : []), ...recordings]) namesOf(one, names)
}

/** Names that stand in a text as a word of their own: `h1` does not stand in `h12`. */
export const namesIn = (text: string, names: ReadonlySet<string>): string[] =>
  [...names].filter((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(text))

/** Text of a file. */
export const textOf = (path: string): string => readFileSync(path, 'utf8')
