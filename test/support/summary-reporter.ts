/** Counts what vitest's own summary hides: failed tests, broken files and unhandled errors, as one line for CI. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    let failed = unhandled.length
    for (const module of modules) {
      let inModule = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        inModule++
        if (state === 'passed') passed++
        if (state === 'failed') failed++
      }
      if (module.errors().length > 0 || (inModule === 0 && module.state() === 'failed')) failed++
    }
    if (modules.length === 0) failed++
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
    const folder = process.env.AUTOTUNE_TEST_SUMMARY
    const projects = [...new Set(modules.map((module) => module.project.name))].sort()
    if (folder) writeFileSync(join(folder, projects.join('+') || 'none'), `${passed} ${failed}\n`)
    if (failed > 0) process.exitCode = 1
  }
}
