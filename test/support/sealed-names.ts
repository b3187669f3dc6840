/** What of a sealed side may stand nowhere outside: ids of runs, cases and families, and words of its records. */
import { readFileSync } from 'node:fs'
import { fileStore } from '#adapters/local/files/file-store.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'

/** Ids of everything that lies in a plain vault, and where it lies. */
export async function sealedNames(vaultDir: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>([vaultDir])
  const vault = fileStore(vaultDir)
  for await (const key of vault.list('experience/runs/')) {
    if (!key.endsWith('trace.json')) continue
    const run = JSON.parse(Buffer.from((await vault.get(key))!).toString()) as Partial<ExperienceRun>
    for (const name of [run.run_id, run.case_id, run.family_id]) if (name) names.add(name)
  }
  return names
}

/** Names that stand in a text as a word of their own: `h1` does not stand in `h12`. */
export const namesIn = (text: string, names: ReadonlySet<string>): string[] =>
  [...names].filter((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(text))

/** Text of a file. */
export const textOf = (path: string): string => readFileSync(path, 'utf8')
