/** Counts what vitest's own summary hides: failed tests, broken files and unhandled errors, as one line for CI. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    let failed = unhandled.length
    for (const module of modules) {
      const before = failed
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        if (state === 'failed') failed++
      }
      // A file that could not be read, or whose set-up failed: its tests were skipped, and none of them says so.
      if (module.errors().length > 0 || (failed === before && module.state() === 'failed')) failed++
    }
    if (modules.length === 0) failed++
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
    const folder = process.env.AUTOTUNE_TEST_SUMMARY
    const projects = [...new Set(modules.map((module) => module.project.name))].sort()
    if (folder) writeFileSync(join(folder, projects.join('+') || 'none'), `${passed} ${failed}\n`)
    if (failed > 0) process.exitCode = 1
  }
}
