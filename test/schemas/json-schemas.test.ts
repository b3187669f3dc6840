import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CONTRACTS, jsonSchemaText } from '#schemas/contracts.ts'

const folder = new URL('../../schemas/json/', import.meta.url)

describe('generated JSON Schemas', () => {
  test.each(Object.keys(CONTRACTS))('%s is fresh: run "npm run schemas" after changing a contract', (name) => {
    expect(readFileSync(new URL(`${name}.schema.json`, folder), 'utf8')).toBe(jsonSchemaText(name))
  })

  test('no file is left of a contract that is gone', () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(CONTRACTS)
        .map((name) => `${name}.schema.json`)
        .sort(),
    )
  })
})
