import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser'
import { expect, test } from 'vitest'
import { FLOORS, ROOMS, type Room } from './rings.ts'

const OWN = /^(schemas|functions|lib|bin)\//

const escaped = (path: string): string => path.replaceAll('.', '\\.')
const under = (paths: readonly string[]): string => `^(${paths.map(escaped).join('|')})`
const packageOf = (name: string): string =>
  name.startsWith('node:')
    ? name === 'node:*'
      ? '^node:'
      : `^${escaped(name)}(/|$)`
    : `^node_modules/(@types/)?${escaped(name).replaceAll('*', '[^/]+')}/`

function ringRules({ path, mayImport, packages, why }: Room): IFlattenedRuleSet['forbidden'] & object {
  return [
    {
      name: `rooms below ${path}`,
      severity: 'error',
      comment: why,
      from: { path: under([path]) },
      to: { path: '^(schemas|functions|lib|bin|test|bench|examples)/', pathNot: under([path, ...mayImport]) },
    },
    {
      name: `packages of ${path}`,
      severity: 'error',
      comment: why,
      from: { path: under([path]) },
      to: { path: '^(node:|node_modules/)', pathNot: packages.length > 0 ? packages.map(packageOf) : '^$' },
    },
  ]
}

const floorRules = (room: string, floors: readonly string[]) =>
  floors.map((floor, i) => ({
    name: `floor ${room}${floor}`,
    severity: 'error' as const,
    comment: 'data flows one way through the loop: a step knows those before it, never those after it',
    from: { path: under([room + floor]) },
    to: { path: under([room]), pathNot: under(floors.slice(0, i + 1).map((f) => room + f)) },
  }))

const forbidden = [
  ...ROOMS.flatMap(ringRules),
  ...Object.entries(FLOORS).flatMap(([room, floors]) => floorRules(room, floors)),
  {
    name: 'no circle',
    severity: 'error' as const,
    comment: 'files that need each other are one file',
    from: {},
    to: { circular: true },
  },
]

/** Every broken rule, with who breaks it and why the rule stands. */
async function broken(paths: string[], rules = forbidden): Promise<string[]> {
  const { output } = await cruise(
    paths,
    {
      validate: true,
      ruleSet: { forbidden: rules },
      tsPreCompilationDeps: true,

      doNotFollow: { path: 'node_modules' },
      tsConfig: { fileName: 'tsconfig.json' },
    },
    {
      conditionNames: ['import', 'types', 'node'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  )
  const { modules, summary } = output as ICruiseResult
  const homeless = modules
    .map((m) => m.source)
    .filter((file) => OWN.test(file) && !ROOMS.some((r) => file.startsWith(r.path)))
  expect(homeless, 'files that stand in no room of the table').toEqual([])
  expect(modules.length).toBeGreaterThan(paths.length)
  return summary.violations.map(({ rule, from, to }) => `${from} -> ${to}: ${rule.name}`)
}

test('every room imports only what the table allows it', async () => {
  expect(await broken(['schemas', 'functions', 'lib', 'bin'])).toEqual([])
})

test('an arrow that the table does not name is found, with both its ends', async () => {
  const closed = ROOMS.map((room) => (room.path === 'functions/cli/' ? { ...room, mayImport: [] } : room))
  const found = await broken(['functions/cli/report.ts'], closed.flatMap(ringRules))
  expect(found).toContain('functions/cli/report.ts -> functions/streams/read-object.ts: rooms below functions/cli/')
})
