/**
 * The own-harness example from end to end: a small repair-desk harness (harness.ts) is recorded at work on SYNTHETIC
 * requests, and tuned by running that same harness against the recordings.
 *
 *     npx node examples/own-harness/main.ts [STORE]
 *
 * The same by hand, with E=examples/own-harness:
 *
 *     npx node $E/generate.ts > runs.jsonl
 *     npm run -s autotune -- import runs.jsonl --pack $E/pack.json --suite $E/suite.json --prices $E/prices.json
 *     npm run -s autotune -- run --target $E/target.json --replayer module:$E/harness.ts
 *
 * What it shows: the manual offers twelve passages and the desk reads ten. The safety note is required evidence and stands
 * at rank five in one case of a hundred, never below: five is as low as `top_k` may go. Thirteen passages were never
 * offered, so nobody knows what they would do. And a third of the token budget cuts the note away in some cases.
 */
import { mkdtempSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../../bin/autotune.ts'
import { deskRuns } from './generate.ts'

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'own-harness-'))
const store = process.argv[2] ?? join(folder, 'harness')
const runs = join(folder, 'runs.jsonl')
await writeFile(runs, (await Array.fromAsync(deskRuns(), (run) => `${JSON.stringify(run)}\n`)).join(''))

const documents = ['pack', 'suite', 'prices'].flatMap((name) => [`--${name}`, file(`./${name}.json`)])
const imported = await main(['import', runs, ...documents, '--split-key', 'repair-desk-example', '--store', store])
process.exitCode =
  imported ||
  (await main([
    'run',
    '--target',
    file('./target.json'),
    '--replayer',
    `module:${file('./harness.ts')}`,
    '--store',
    store,
  ]))
