/** Writes schemas/json/*.schema.json from the zod contracts: what an editor completes a pack or a target with. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { CONTRACTS, jsonSchemaText } from './contracts.ts'

const folder = new URL('./json/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const name of Object.keys(CONTRACTS)) writeFileSync(new URL(`${name}.schema.json`, folder), jsonSchemaText(name))
process.stdout.write(`${Object.keys(CONTRACTS).length} JSON Schemas written\n`)
