import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { aDesk } from './support.ts'

describe('the digest of a harness', () => {
  const digest = (sources: Record<string, string>) => {
    using desk = aDesk()
    for (const [name, source] of Object.entries(sources)) {
      mkdirSync(join(desk.folder, name, '..'), { recursive: true })
      desk.harness(source, name)
    }
    return harnessFiles(join(desk.folder, 'harness.mjs'), desk.store).digest
  }
  const SOURCES = {
    'harness.mjs': `import { a } from './lib/a.ts'\nimport fs from 'node:fs'\nfs.readFileSync(new URL('./data.json', import.meta.url))`,
    'lib/a.ts': `export * from '../b.js'`,
    'b.js': `require('./c')`,
    'c.js': '1',
    'data.json': '{}',
    'other.js': '1',
  }
  const whole = digest(SOURCES)

  test.each(['harness.mjs', 'lib/a.ts', 'b.js', 'c.js', 'data.json'])('changes with %s', (name) => {
    expect(digest({ ...SOURCES, [name]: `${SOURCES[name as 'b.js']} ` })).not.toBe(whole)
  })

  test('changes with where a link leads, and with a package that is changed while the program runs', () => {
    using desk = aDesk()
    for (const name of ['strict.json', 'loose.json']) writeFileSync(join(desk.folder, name), `"${name}"`)
    const modules = join(desk.folder, 'node_modules', 'used')
    mkdirSync(modules, { recursive: true })
    writeFileSync(join(modules, 'package.json'), '{}')
    writeFileSync(join(modules, 'index.js'), '1')
    const link = join(desk.folder, 'policy.json')
    symlinkSync('strict.json', link)
    const path = desk.harness(`import 'used'; './policy.json' + './strict.json' + './loose.json'`)
    const one = harnessFiles(path, desk.store).digest
    rmSync(link)
    symlinkSync('loose.json', link)
    const two = harnessFiles(path, desk.store).digest
    writeFileSync(join(modules, 'index.js'), '2')
    const three = harnessFiles(path, desk.store).digest

    expect(new Set([one, two, three]).size).toBe(3)
  })

  test('a link that leads out of a package refuses the start; a broken manifest is named', () => {
    using desk = aDesk()
    const modules = join(desk.folder, 'node_modules', 'used')
    mkdirSync(join(modules, 'sub'), { recursive: true })
    writeFileSync(join(modules, 'package.json'), '{}')
    writeFileSync(join(desk.store, 'vault', 'test.jsonl'), 'sealed')
    symlinkSync(join(desk.store, 'vault', 'test.jsonl'), join(modules, 'sub', 'leak'))
    const path = desk.harness(`import 'used'`)
    expect(() => harnessFiles(path, desk.store)).toThrow(/leak is a link that leads out/)
    rmSync(join(modules, 'sub', 'leak'))
    writeFileSync(join(modules, 'package.json'), '{')
    expect(() => harnessFiles(path, desk.store)).toThrow(/package\.json is no JSON/)
  })

  test('is that of the files it names, wherever they lie', () => {
    expect(digest({ ...SOURCES, 'other.js': '2' })).toBe(whole)
  })
})

describe('what a harness may read', () => {
  const readable = (desk: ReturnType<typeof aDesk>, path = desk.harness(''), store = desk.store) =>
    readableBy(harnessFiles(path, store), join(store, 'vault'))

  test('the files that it names, from file to file, and no other one beside them', () => {
    using desk = aDesk()
    for (const name of ['a.ts', 'b.json', 'private.json']) writeFileSync(join(desk.folder, name), `'./b.json'`)
    const paths = readable(desk, desk.harness(`import './a'`))

    for (const name of ['harness.mjs', 'a.ts', 'b.json']) expect(paths).toContain(join(desk.folder, name))
    for (const path of [join(desk.folder, 'private.json'), join(desk.store, 'x')])
      expect(paths.some((p) => path === p || path.startsWith(`${p}/`))).toBe(false)
  })

  test('all files of a folder that it names, but not of its own', () => {
    using desk = aDesk()
    mkdirSync(join(desk.folder, 'corpus'))
    for (const name of ['corpus/a.txt', 'corpus/b.txt', 'beside.txt']) writeFileSync(join(desk.folder, name), '')
    const paths = readable(desk, desk.harness(`const here = './'; const corpus = './corpus'`))

    for (const name of ['corpus/a.txt', 'corpus/b.txt']) expect(paths).toContain(join(desk.folder, name))
    expect(paths).not.toContain(join(desk.folder, 'beside.txt'))
  })

  test('a file that it names outside of its folder', () => {
    using desk = aDesk()
    const shared = join(desk.folder, '..', 'shared.mjs')
    writeFileSync(shared, '')

    expect(readable(desk, desk.harness(`import '../shared.mjs'`))).toContain(shared)
  })

  test.each([
    [
      'a symbolic link to a file of the vault',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, 'vault', 'test.jsonl'), 'sealed')
        symlinkSync(join(desk.store, 'vault', 'test.jsonl'), join(desk.folder, 'x'))
      },
      /lies in the store/,
    ],
    [
      'a package that is linked to what holds the store',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, '..', 'package.json'), '{}')
        mkdirSync(join(desk.folder, 'node_modules'), { recursive: true })
        symlinkSync(join(desk.store, '..'), join(desk.folder, 'node_modules', 'x'))
      },
      /lies in the store/,
    ],
    [
      'a second name of a file in the vault',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, 'vault', 'test.jsonl'), 'sealed')
        linkSync(join(desk.store, 'vault', 'test.jsonl'), join(desk.folder, 'x'))
      },
      /remove it, then start again/,
    ],
  ])('%s refuses the start', (_, plant, reason) => {
    using desk = aDesk()
    plant(desk)

    expect(() => readable(desk, desk.harness(`import 'x'; const named = './x'`))).toThrow(reason)
  })

  test.each([
    ['a folder', (desk: ReturnType<typeof aDesk>) => desk.folder, /is no file: name the file itself/],
    ['nothing', (desk: ReturnType<typeof aDesk>) => join(desk.folder, 'none.ts'), /does not exist/],
    [
      'a file in the store',
      (desk: ReturnType<typeof aDesk>) => {
        writeFileSync(join(desk.store, 'x.mjs'), '')
        return join(desk.store, 'x.mjs')
      },
      /lies in the store/,
    ],
  ])('%s is no harness', (_, path, reason) => {
    using desk = aDesk()

    expect(() => readable(desk, path(desk))).toThrow(reason)
  })
})
